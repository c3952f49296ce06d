// Host memory as a TLM-2.0 target: one piece at a bus address, with DMI and debug access.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

namespace portcullis::platform {

class Memory final : public sc_core::sc_module {
 public:
  /// For any number of initiators; b_transport adds the latency to its delay and does not wait.
  tlm_utils::multi_passthrough_target_socket<Memory, 512> socket;

  Memory(const sc_core::sc_module_name& name, std::uint64_t base, std::size_t bytes, const sc_core::sc_time& latency);

 private:
  void transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool direct(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug(int initiator, tlm::tlm_generic_payload& payload);
  bool inside(std::uint64_t address, std::size_t length) const;
  void copy(tlm::tlm_generic_payload& payload);

  std::uint64_t base_;
  sc_core::sc_time latency_;
  std::vector<unsigned char> bytes_;
};

}  // namespace portcullis::platform
