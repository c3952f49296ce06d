#include "platform/host.h"

#include <fmt/format.h>

#include <cstring>
#include <new>
#include <utility>

namespace portcullis::platform {

Host::Host(const sc_core::sc_module_name& name, Timing timing, const sc_core::sc_time& word,
           std::function<void(Host&)> software)
    : sc_module(name),
      registers("registers"),
      memory("memory"),
      messages("messages"),
      timing_(timing),
      word_(word),
      software_(std::move(software)) {
  registers.register_nb_transport_bw(this, &Host::answer);
  messages.register_b_transport(this, &Host::message);
  SC_HAS_PROCESS(Host);
  SC_THREAD(run);
  set_stack_size(1U << 20U);
}

void Host::run() { software_(*this); }

void Host::transport(tlm::tlm_command command, std::uint32_t offset, void* data, unsigned bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(offset);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = word_;
  if (timing_ == Timing::loosely) {
    registers->b_transport(payload, delay);
    wait(delay);
  } else {
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    answer_there_ = false;
    const tlm::tlm_sync_enum status = registers->nb_transport_fw(payload, phase, delay);
    if (status == tlm::TLM_COMPLETED) {
      wait(delay);
    } else if (status == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
      wait(delay);
      phase = tlm::END_RESP;
      delay = sc_core::SC_ZERO_TIME;
      registers->nb_transport_fw(payload, phase, delay);
    } else {
      while (!answer_there_) wait(answered_);
    }
  }
  if (payload.get_response_status() != tlm::TLM_OK_RESPONSE) {
    throw device::TransportError(fmt::format("{} register 0x{:04x}: {}",
                                             command == tlm::TLM_READ_COMMAND ? "reading" : "writing", offset,
                                             payload.get_response_string()));
  }
}

tlm::tlm_sync_enum Host::answer(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
  answer_there_ = true;
  answered_.notify(delay);
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

std::uint32_t Host::read32(std::uint32_t offset) {
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  std::uint32_t value = 0;
  transport(tlm::TLM_READ_COMMAND, offset, &value, sizeof value);
  ++reads_;
  read_time_ += sc_core::sc_time_stamp() - begin;
  return value;
}

void Host::write32(std::uint32_t offset, std::uint32_t value) {
  transport(tlm::TLM_WRITE_COMMAND, offset, &value, sizeof value);
  ++writes_;
}

void Host::write_block(std::uint32_t offset, std::span<const std::uint32_t> words) {
  // As a processor's write-combining buffer does it: up to a cache line in a packet.
  constexpr std::size_t kLine = 16;
  for (std::size_t i = 0; i < words.size(); i += kLine) {
    const std::span<const std::uint32_t> line = words.subspan(i, std::min(kLine, words.size() - i));
    std::array<std::uint32_t, kLine> copy{};
    std::copy(line.begin(), line.end(), copy.begin());
    transport(tlm::TLM_WRITE_COMMAND, offset + static_cast<std::uint32_t>(4 * i), copy.data(),
              static_cast<unsigned>(4 * line.size()));
    writes_ += line.size();
  }
}

void Host::map() {
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_READ_COMMAND);
  tlm::tlm_dmi dmi;
  // DMI tells where memory begins by telling where the piece around an address does; memory.h has one piece.
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{1} << 32U, std::uint64_t{1} << 40U}) {
    payload.set_address(address);
    if (memory->get_direct_mem_ptr(payload, dmi) && dmi.is_read_write_allowed()) {
      mapped_ = dmi.get_dmi_ptr();
      base_ = next_ = dmi.get_start_address();
      end_ = dmi.get_end_address() + 1;
      return;
    }
  }
  throw std::bad_alloc();
}

device::DmaMemory Host::allocate(std::size_t bytes, std::size_t alignment) {
  if (mapped_ == nullptr) map();
  const std::uint64_t address = (next_ + alignment - 1) / alignment * alignment;
  if (address > end_ || end_ - address < bytes) throw std::bad_alloc();
  next_ = address + bytes;
  return {mapped_ + (address - base_), address, bytes};
}

void Host::message(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::uint64_t line = payload.get_address() / 4;
  if (!payload.is_write() || payload.get_data_length() != 4 || line >= interrupts_.size()) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  ++interrupts_[line];
  interrupt_.notify();
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace portcullis::platform
