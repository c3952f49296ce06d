#include "model/nic_model.h"

#include <fmt/format.h>

#include <utility>

#include "PclNicEdge.h"
#include "model/verilated_nic.h"

namespace portcullis::model {
namespace {

constexpr unsigned kResetClocks = 8;
constexpr std::uint32_t kDefaultSpeed = 10'000;
/// More clocks than any register access may take.
constexpr unsigned kPatience = 10'000;

}  // namespace

std::unique_ptr<VerilatedNic> make_verilated_nic() { return std::make_unique<VerilatedTop<PclNicEdge>>(); }

ClockedNic::ClockedNic(std::unique_ptr<VerilatedNic> nic)
    : nic_(std::move(nic)), pins_(&nic_->pins()), registers_(pins_->registers) {
  for (const IngressPins& pins : pins_->ingress) sources_.emplace_back(pins);
  for (const EgressPins& pins : pins_->egress) sinks_.emplace_back(pins);
  for (StreamSource& source : sources_) wires_.emplace_back(source, std::nullopt, 0);
}

void ClockedNic::reset() {
  for (unsigned port = 0; port < kWirePorts; ++port) set_link(port, true, kDefaultSpeed);
  *pins_->reset = 1;
  for (unsigned i = 0; i < kResetClocks; ++i) step(false);
  *pins_->reset = 0;
  clock_ = 0;
  console_free_ = 0;
}

void ClockedNic::set_link(unsigned port, bool up, std::uint32_t mbit_per_second) {
  const auto bit = static_cast<std::uint8_t>(1U << port);
  *pins_->link = static_cast<std::uint8_t>(up ? *pins_->link | bit : *pins_->link & ~bit);
  const unsigned low = 32 * port;
  *pins_->speed = (*pins_->speed & ~(std::uint64_t{0xFFFFFFFF} << low)) | std::uint64_t{mbit_per_second} << low;
}

void ClockedNic::step(bool frames_begin) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (frames_begin || !sources_[i].idle()) wires_[i].drive(clock_);
    sources_[i].drive();
  }
  for (StreamSink& sink : sinks_) sink.drive();
  host_->drive();
  *pins_->console_ready = console_ && clock_ >= console_free_ ? 1 : 0;

  nic_->settle();

  // The ports' valid bits share a vector.
  if (*pins_->ingress[0].valid != 0 || *pins_->egress[0].valid != 0 || registers_.busy() || !host_->quiet())
    last_activity_ = clock_;
  for (std::size_t i = 0; i < sources_.size(); ++i) wires_[i].taken(sources_[i].sample());
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    if (sinks_[i].sample(clock_) && departures_[i]) departures_[i](sinks_[i].frame());
  }
  host_->sample();
  registers_.sample();
  if (*pins_->console_valid != 0 && *pins_->console_ready != 0) {
    console_free_ = clock_ + console_clocks_;
    console_(static_cast<char>(*pins_->console_data));
  }

  nic_->edge();
  registers_.advance();
  ++clock_;
}

NicModel::NicModel(std::unique_ptr<VerilatedNic> nic) : ClockedNic(std::move(nic)), axi_(host_pins(), memory_) {
  attach(axi_);
  reset();
}

void NicModel::finish_access() {
  for (unsigned i = 0; registers().busy(); ++i) {
    if (i == kPatience)
      throw device::TransportError(fmt::format("a register access was not answered within {} clocks", kPatience));
    step(false);
  }
}

std::uint32_t NicModel::read32(std::uint32_t address) {
  registers().start_read(static_cast<std::uint16_t>(address));
  finish_access();
  if (registers().response() != 0)
    throw device::TransportError(
        fmt::format("reading register 0x{:04x}: error response {}", address, registers().response()));
  return registers().value();
}

void NicModel::write32(std::uint32_t address, std::uint32_t value) {
  registers().start_write(static_cast<std::uint16_t>(address), value);
  finish_access();
  if (registers().response() != 0)
    throw device::TransportError(
        fmt::format("writing register 0x{:04x}: error response {}", address, registers().response()));
}

}  // namespace portcullis::model
