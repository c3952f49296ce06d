// The backend without hardware: the Verilated NIC in the process, with cables at its wires.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "model/nic_model.h"
#include "pmd/backend.h"
#include "pmd/cable.h"

namespace portcullis::pmd {

class Simulation final : public Backend {
 public:
  using Cables = std::array<std::unique_ptr<Cable>, model::kWirePorts>;

  explicit Simulation(Cables cables, std::unique_ptr<model::VerilatedNic> nic = model::make_verilated_nic());

  device::Transport& transport() override { return nic_; }
  void map(void* at, std::size_t bytes) override;
  void unmap(void* at) override;
  bool bus_is_virtual() const override { return true; }
  void give_time() override;
  void set_credit(unsigned wire, unsigned frames) override;

 private:
  /// Puts frames of a cable on its wire, as many as may come now.
  void put_frames(unsigned wire);

  model::NicModel nic_;
  Cables cables_;
  bool started_ = false;
  std::array<unsigned, model::kWirePorts> credit_{};
  std::array<std::uint64_t, model::kWirePorts> next_frame_at_{};  ///< clock; of wires that wait for descriptors
};

}  // namespace portcullis::pmd
