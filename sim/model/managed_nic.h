// The NIC with a management processor, Verilated.
#pragma once

#include <memory>

#include "model/nic_model.h"

namespace portcullis::model {

/// In reset: as make_verilated_nic(), with the processor before its registers and no firmware in its memory.
std::unique_ptr<VerilatedNic> make_managed_nic();

}  // namespace portcullis::model
