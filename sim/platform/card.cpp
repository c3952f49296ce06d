#include "platform/card.h"

#include <bit>
#include <cstring>
#include <utility>

namespace portcullis::platform {

Card::Card(const sc_core::sc_module_name& name, std::unique_ptr<model::VerilatedNic> nic)
    : sc_module(name), nic_(std::move(nic)), registers("registers"), dma("dma", nic_.host_pins()) {
  registers.register_b_transport(this, &Card::access);
  nic_.attach(dma);
  nic_.reset();
  SC_HAS_PROCESS(Card);
  SC_METHOD(tick);
}

void Card::set_port(unsigned port, const PortOptions& options) {
  ports_[port].options = options;
  std::optional<traffic::ByteClock> rate;
  if (options.rate) rate.emplace(*options.rate, kClockHz);
  nic_.set_rate(port, rate);
  if (options.rate) nic_.set_link(port, true, static_cast<std::uint32_t>(*options.rate / 1'000'000));
}

void Card::set_arrivals(unsigned port, Arrival arrival, Taken taken) {
  ports_[port].arrival = std::move(arrival);
  ports_[port].taken = std::move(taken);
}

void Card::feed(unsigned number) {
  Port& port = ports_[number];
  if (!port.arrival) return;
  model::Wire& wire = nic_.wire(number);
  if (port.options.pause) {
    const bool full = wire.buffered() * (port.paused ? 4 : 2) > model::kReceiveBuffer;
    if (full && !port.paused) ++port.pauses;
    port.paused = full;
    if (port.paused) return;
  }
  if (!wire.free(nic_.now())) return;
  const std::optional<std::span<const std::uint8_t>> frame = port.arrival();
  if (!frame) return;
  wire.rest_until(nic_.now());
  const bool taken = wire.put(*frame);
  if (port.taken) port.taken(*frame, !taken);
}

void Card::tick() {
  for (unsigned port = 0; port < model::kWirePorts; ++port) feed(port);
  nic_.clock();
  if (accessing_ && !nic_.registers().busy()) {
    accessing_ = false;
    access_over_.notify();
  }
  const std::uint32_t lines = nic_.interrupts();
  for (std::uint32_t rising = lines & ~interrupts_; rising != 0; rising &= rising - 1) {
    const auto line = static_cast<std::uint32_t>(std::countr_zero(rising));
    dma.send_message(kMessageBase + 4ULL * line, line);
  }
  interrupts_ = lines;
  next_trigger(period());
}

void Card::wait_for_register_edge() {
  const sc_core::sc_time past = sc_core::sc_time_stamp() % *register_period_;
  if (past != sc_core::SC_ZERO_TIME) wait(*register_period_ - past);
}

void Card::access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t address = payload.get_address();
  const unsigned length = payload.get_data_length();
  payload.set_dmi_allowed(false);
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if (length == 0 || length % 4 != 0 || payload.get_streaming_width() < length) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (address % 4 != 0 || address >= kRegisterBytes || kRegisterBytes - address < length) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  // The time that has been counted and not passed passes before the device is touched.
  wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  register_port_.lock();
  bool good = true;
  for (unsigned offset = 0; offset < length && good; offset += 4) {
    if (register_period_) {
      wait_for_register_edge();
      wait(2 * period());
    }
    model::AxiLiteMaster& master = nic_.registers();
    const auto at = static_cast<std::uint16_t>(address + offset);
    std::uint32_t word = 0;
    if (payload.is_write()) {
      std::memcpy(&word, payload.get_data_ptr() + offset, sizeof word);
      master.start_write(at, word);
    } else {
      master.start_read(at);
    }
    accessing_ = true;
    wait(access_over_);
    if (register_period_) {
      wait_for_register_edge();
      wait(2 * *register_period_);
    }
    good = master.response() == 0;
    if (payload.is_read()) {
      word = master.value();
      std::memcpy(payload.get_data_ptr() + offset, &word, sizeof word);
    }
  }
  register_port_.unlock();
  payload.set_response_status(good ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE);
}

}  // namespace portcullis::platform
