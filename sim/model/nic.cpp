#include "model/nic.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/bits.h"

namespace portcullis::model {
namespace {

constexpr unsigned kResetClocks = 8;
/// More clocks than any register access or row may take: pcl_control answers within a few, a row waits at most until a
/// retired bank's last lookup has left the engine.
constexpr unsigned kPatience = 100'000;

}  // namespace

Nic::Nic(std::unique_ptr<FilterModel> filter)
    : filter_(std::move(filter)), pins_(&filter_->pins()), registers_(pins_->registers) {
  for (const IngressPins& pins : pins_->ingress) sources_.emplace_back(pins);
  for (const EgressPins& pins : pins_->egress) sinks_.emplace_back(pins);
  for (StreamSource& source : sources_) wires_.emplace_back(source, std::nullopt, 0);
  *pins_->rows.valid = 0;
  *pins_->reset = 1;
  for (unsigned i = 0; i < kResetClocks; ++i) clock();
  *pins_->reset = 0;
  clock_ = 0;
}

void Nic::set_rate(std::optional<traffic::ByteClock> rate, std::uint64_t load) {
  for (std::size_t i = 0; i < wires_.size(); ++i) wires_[i] = Wire(sources_[i], rate, clock_, load);
}

void Nic::set_stalls(unsigned source_percent, unsigned sink_percent, std::uint64_t seed) {
  for (StreamSource& source : sources_) source.set_stalls(Stalls(source_percent, ++seed));
  for (StreamSink& sink : sinks_) sink.set_stalls(Stalls(sink_percent, ++seed));
}

void Nic::clock() {
  if (listener_ != nullptr) listener_->before_clock(clock_);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    wires_[i].drive(clock_);
    sources_[i].drive();
  }
  for (StreamSink& sink : sinks_) sink.drive();

  // All outputs but those of rows and registers are registers, and have their values from the edge before.
  if (registers_.busy() || *pins_->rows.valid != 0) filter_->settle();

  // The ports' valid bits share a vector; a beat that waits at a resting sink is activity too.
  const bool active = *pins_->ingress[0].valid != 0 || *pins_->egress[0].valid != 0 || *pins_->report_valid != 0 ||
                      *pins_->rows.valid != 0 || registers_.busy();
  if (active) last_activity_ = clock_;
  for (unsigned i = 0; i < sources_.size(); ++i) {
    const StreamSource::Event event = sources_[i].sample();
    wires_[i].taken(event);
    if (event == StreamSource::Event::frame_taken && listener_ != nullptr) listener_->frame_taken(i);
  }
  if (*pins_->report_valid != 0 && listener_ != nullptr) {
    for (unsigned lane = 0; lane < pins_->lanes; ++lane) {
      if ((*pins_->report_valid >> lane & 1U) != 0) listener_->decided(unpack_report(pins_->report, lane));
    }
  }
  for (unsigned i = 0; i < sinks_.size(); ++i) {
    if (sinks_[i].sample(clock_) && listener_ != nullptr) {
      listener_->left(i, sinks_[i], unpack_metadata(pins_->egress_user, i));
    }
  }
  registers_.sample();
  const bool row_taken = *pins_->rows.valid != 0 && *pins_->rows.ready != 0;

  filter_->edge();
  registers_.advance();
  if (row_taken) *pins_->rows.valid = 0;
  ++clock_;
}

void Nic::finish_access() {
  for (unsigned i = 0; registers_.busy(); ++i) {
    if (i == kPatience) throw ModelError(fmt::format("a register access was not answered within {} clocks", kPatience));
    clock();
  }
}

std::uint32_t Nic::read32(std::uint32_t address) {
  registers_.start_read(static_cast<std::uint16_t>(address));
  finish_access();
  if (registers_.response() != 0) {
    throw ModelError(fmt::format("reading register 0x{:04x}: error response {}", address, registers_.response()));
  }
  return registers_.value();
}

void Nic::write32(std::uint32_t address, std::uint32_t value) {
  registers_.start_write(static_cast<std::uint16_t>(address), value);
  finish_access();
  if (registers_.response() != 0) {
    throw ModelError(fmt::format("writing register 0x{:04x}: error response {}", address, registers_.response()));
  }
}

void Nic::load_row(unsigned target, unsigned index, std::span<const std::uint32_t> data) {
  const RowPins& rows = pins_->rows;
  *rows.target = static_cast<std::uint8_t>(target);
  *rows.index = static_cast<std::uint16_t>(index);
  for (unsigned i = 0; i < rows.words; ++i) rows.data[i] = i < data.size() ? data[i] : 0;
  *rows.valid = 1;
  for (unsigned i = 0; *rows.valid != 0; ++i) {
    if (i == kPatience) throw ModelError(fmt::format("a row was not taken within {} clocks", kPatience));
    clock();
  }
}

}  // namespace portcullis::model
