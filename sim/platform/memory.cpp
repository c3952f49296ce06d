#include "platform/memory.h"

namespace portcullis::platform {

Memory::Memory(const sc_core::sc_module_name& name, std::uint64_t base, std::size_t bytes,
               const sc_core::sc_time& latency)
    : sc_module(name), socket("socket"), base_(base), latency_(latency), bytes_(bytes) {
  socket.register_b_transport(this, &Memory::transport);
  socket.register_get_direct_mem_ptr(this, &Memory::direct);
  socket.register_transport_dbg(this, &Memory::debug);
}

bool Memory::inside(std::uint64_t address, std::size_t length) const {
  return address >= base_ && address - base_ < bytes_.size() && bytes_.size() - (address - base_) >= length;
}

void Memory::copy(tlm::tlm_generic_payload& payload) {
  unsigned char* memory = bytes_.data() + (payload.get_address() - base_);
  unsigned char* data = payload.get_data_ptr();
  const unsigned width = payload.get_streaming_width();
  const unsigned enables = payload.get_byte_enable_length();
  const unsigned char* enable = payload.get_byte_enable_ptr();
  for (unsigned i = 0; i < payload.get_data_length(); ++i) {
    if (enable != nullptr && enable[i % enables] != TLM_BYTE_ENABLED) continue;
    if (payload.is_read())
      data[i] = memory[i % width];
    else
      memory[i % width] = data[i];
  }
}

void Memory::transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!inside(payload.get_address(), payload.get_data_length())) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (payload.get_command() != tlm::TLM_IGNORE_COMMAND) copy(payload);
  delay += latency_;
  payload.set_dmi_allowed(true);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool Memory::direct(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  if (!inside(payload.get_address(), 1)) return false;
  dmi.set_dmi_ptr(bytes_.data());
  dmi.set_start_address(base_);
  dmi.set_end_address(base_ + bytes_.size() - 1);
  dmi.set_read_latency(latency_);
  dmi.set_write_latency(latency_);
  dmi.allow_read_write();
  return true;
}

unsigned Memory::debug(int, tlm::tlm_generic_payload& payload) {
  if (!inside(payload.get_address(), payload.get_data_length())) return 0;
  copy(payload);
  return payload.get_data_length();
}

}  // namespace portcullis::platform
