#include "platform/pcie_link.h"

#include <algorithm>

#include "platform/card.h"

namespace portcullis::platform {

PcieLink::PcieLink(const sc_core::sc_module_name& name, const PcieOptions& options)
    : sc_module(name),
      from_card("from_card"),
      to_memory("to_memory"),
      to_host("to_host"),
      from_host("from_host"),
      to_card("to_card"),
      options_(options) {
  from_card.register_nb_transport_fw(this, &PcieLink::receive);
  from_card.register_b_transport(this, &PcieLink::receive_blocking);
  from_host.register_b_transport(this, &PcieLink::access);
  SC_HAS_PROCESS(PcieLink);
  SC_THREAD(accesses);
}

sc_core::sc_time PcieLink::send(Direction& direction, std::size_t bytes) {
  const std::size_t packets = std::max<std::size_t>(1, (bytes + options_.payload - 1) / options_.payload);
  const std::size_t total = bytes + packets * options_.overhead;
  direction.traffic.packets += packets;
  direction.traffic.data += bytes;
  direction.traffic.total += total;
  direction.free_at = std::max(direction.free_at, sc_core::sc_time_stamp()) +
                      sc_core::sc_time(8 * static_cast<double>(total) / options_.bandwidth, sc_core::SC_SEC);
  return direction.free_at;
}

tlm::tlm_sync_enum PcieLink::receive(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
  // The answer is the end of a transaction; nothing waits for END_RESP.
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
  payload.acquire();
  if (idle_.empty()) {
    carriers_.push_back(std::make_unique<Carrier>());
    Carrier* made = carriers_.back().get();
    sc_core::sc_spawn_options options;
    options.dont_initialize();
    options.set_sensitivity(&made->start);
    sc_core::sc_spawn([this, made] { carrier(made); }, sc_core::sc_gen_unique_name("carrier"), &options);
    idle_.push_back(made);
  }
  Carrier* carrier = idle_.back();
  idle_.pop_back();
  carrier->payload = &payload;
  carrier->sent = send(up_, payload.is_write() ? payload.get_data_length() : 0);
  carrier->start.notify(delay);
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void PcieLink::receive_blocking(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  carry(payload, send(up_, payload.is_write() ? payload.get_data_length() : 0), false);
}

void PcieLink::carrier(Carrier* self) {
  for (;;) {
    carry(*self->payload, self->sent, true);
    self->payload->release();
    idle_.push_back(self);
    sc_core::wait(self->start);
  }
}

void PcieLink::carry(tlm::tlm_generic_payload& payload, const sc_core::sc_time& sent, bool answer) {
  const auto respond = [&] {
    if (!answer) return;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    from_card->nb_transport_bw(payload, phase, delay);
  };
  sc_core::wait(sent - sc_core::sc_time_stamp());
  if (payload.is_write()) {
    // Posted: what becomes of it, the card does not learn.
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    respond();
    sc_core::wait(options_.latency);
    forward(payload);
    return;
  }
  sc_core::wait(options_.latency);
  forward(payload);
  const bool good = payload.get_response_status() == tlm::TLM_OK_RESPONSE;
  const sc_core::sc_time returned = send(down_, good ? payload.get_data_length() : 0);
  sc_core::wait(returned + options_.latency - sc_core::sc_time_stamp());
  respond();
}

void PcieLink::forward(tlm::tlm_generic_payload& payload) {
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const std::uint64_t address = payload.get_address();
  if (address >= kMessageBase && address - kMessageBase < kMessageBytes) {
    payload.set_address(address - kMessageBase);
    to_host->b_transport(payload, delay);
    payload.set_address(address);
  } else {
    to_memory->b_transport(payload, delay);
  }
  sc_core::wait(delay);
}

void PcieLink::access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  payload.set_dmi_allowed(false);
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  const sc_core::sc_time sent = send(down_, payload.is_write() ? payload.get_data_length() : 0);
  RegisterAccess access{&payload, {}, payload.get_address(), sent + options_.latency, nullptr};
  if (payload.is_write()) {
    access.bytes.assign(payload.get_data_ptr(), payload.get_data_ptr() + payload.get_data_length());
    access.payload = nullptr;
    accesses_.push_back(std::move(access));
    access_waits_.notify();
    wait(sent - sc_core::sc_time_stamp());
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  sc_core::sc_event over;
  access.over = &over;
  accesses_.push_back(std::move(access));
  access_waits_.notify();
  wait(over);
  const sc_core::sc_time returned = send(up_, payload.get_data_length());
  wait(returned + options_.latency - sc_core::sc_time_stamp());
}

void PcieLink::accesses() {
  for (;;) {
    while (accesses_.empty()) wait(access_waits_);
    RegisterAccess access = std::move(accesses_.front());
    accesses_.pop_front();
    if (access.due > sc_core::sc_time_stamp()) wait(access.due - sc_core::sc_time_stamp());
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (access.payload != nullptr) {
      to_card->b_transport(*access.payload, delay);
      wait(delay);
      access.over->notify();
      continue;
    }
    tlm::tlm_generic_payload write;
    write.set_command(tlm::TLM_WRITE_COMMAND);
    write.set_address(access.address);
    write.set_data_ptr(access.bytes.data());
    write.set_data_length(static_cast<unsigned>(access.bytes.size()));
    write.set_streaming_width(static_cast<unsigned>(access.bytes.size()));
    write.set_byte_enable_ptr(nullptr);
    write.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    to_card->b_transport(write, delay);
    wait(delay);
  }
}

}  // namespace portcullis::platform
