#include "pmd/simulation.h"

#include <utility>

#include "traffic/line_rate.h"

namespace portcullis::pmd {

namespace {

/// Clocks that pass in a call: some thirty packets at most.
constexpr unsigned kSlice = 64;
/// Clocks from one frame to the next on a wire that waits for descriptors: what the way to host memory takes when both
/// wires send, so that no frame is lost for want of room in the NIC.
std::uint64_t clocks_for(std::size_t bytes) { return 4 + 2 * (bytes + model::kBeatBytes - 1) / model::kBeatBytes; }

}  // namespace

Simulation::Simulation(Cables cables, std::unique_ptr<model::VerilatedNic> nic)
    : nic_(std::move(nic)), cables_(std::move(cables)) {
  constexpr std::uint64_t clock_hz = model::NicModel::kClockHz;
  nic_.set_console([](char) {});  // of a management processor; nobody reads it
  for (unsigned wire = 0; wire < cables_.size(); ++wire) {
    Cable* cable = cables_[wire].get();
    nic_.set_link(wire, true, cable->speed());
    nic_.set_departure(wire, [this, cable](std::span<const std::uint8_t> frame) {
      constexpr std::uint64_t kSecond = 1'000'000'000;
      cable->left(nic_.now() / clock_hz * kSecond + nic_.now() % clock_hz * kSecond / clock_hz, frame);
    });
  }
}

void Simulation::map(void* at, std::size_t bytes) {
  nic_.memory().add(reinterpret_cast<std::uint64_t>(at), {static_cast<std::uint8_t*>(at), bytes});
}

void Simulation::unmap(void* at) { nic_.memory().remove(reinterpret_cast<std::uint64_t>(at)); }

void Simulation::put_frames(unsigned wire) {
  Cable& cable = *cables_[wire];
  if (nic_.wire(wire).empty()) cable.release();
  while (nic_.wire(wire).free(nic_.now())) {
    if (cable.waits() && (credit_[wire] == 0 || nic_.now() < next_frame_at_[wire])) return;
    const auto frame = cable.next();
    if (!frame) return;
    nic_.wire(wire).put(*frame);
    if (cable.waits()) {
      --credit_[wire];
      next_frame_at_[wire] = nic_.now() + clocks_for(frame->size());
    }
  }
}

void Simulation::give_time() {
  if (!std::exchange(started_, true)) {
    // Wires with a rate are in time from here on.
    for (unsigned wire = 0; wire < cables_.size(); ++wire) {
      if (const auto rate = cables_[wire]->rate())
        nic_.set_rate(wire, traffic::ByteClock(*rate, model::NicModel::kClockHz));
    }
  }
  bool busy = !nic_.settled();
  for (unsigned wire = 0; wire < cables_.size(); ++wire) {
    put_frames(wire);
    const bool waiting = cables_[wire]->waits() && credit_[wire] > 0;
    busy = busy || !nic_.wire(wire).empty() || ((cables_[wire]->rate() || waiting) && cables_[wire]->has_more());
  }
  if (!busy) return;
  for (unsigned i = 0; i < kSlice; ++i) {
    for (unsigned wire = 0; wire < cables_.size(); ++wire) put_frames(wire);
    nic_.clock();
  }
}

void Simulation::set_credit(unsigned wire, unsigned frames) {
  // Frames under way have descriptors of their own among those that software counts as free.
  if (nic_.settled()) credit_[wire] = frames;
}

}  // namespace portcullis::pmd
