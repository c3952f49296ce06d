// The NIC whose match engine has trees (docs/scale.md).
#pragma once

#include <cstdint>
#include <memory>

#include "model/nic_model.h"

namespace portcullis::model {

enum class TreeGeometry : std::uint8_t { scale_small, scale };

/// A NIC in reset: as that of make_verilated_nic(), but for its match engine. Throws std::invalid_argument for `scale`
/// in a build without it (PORTCULLIS_SCALE_NIC).
std::unique_ptr<VerilatedNic> make_tree_nic(TreeGeometry geometry);

}  // namespace portcullis::model
