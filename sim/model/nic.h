// The filter with everything around it: wires, sinks, registers and a clock. A call of clock() is one period of the
// core clock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "device/transport.h"
#include "model/axi_lite.h"
#include "model/filter_model.h"
#include "model/report.h"
#include "model/stream.h"
#include "model/wire.h"

namespace portcullis::model {

/// The filter did not do what its interfaces promise: a register access or a row unanswered, a frame that never came
/// out.
class ModelError : public device::TransportError {
 public:
  using device::TransportError::TransportError;
};

/// Told of what happens in a clock, in this order: before_clock, then any number of frame_taken, decided and left.
class NicListener {
 public:
  virtual ~NicListener() = default;
  /// The time to put frames on the wires.
  virtual void before_clock(std::uint64_t clock) = 0;
  /// The last beat of the frame under way at this ingress was taken.
  virtual void frame_taken(unsigned ingress) = 0;
  virtual void decided(const Report& report) = 0;
  /// A frame's last beat was taken at an egress, 0 to kWirePorts (the host).
  virtual void left(unsigned egress, const StreamSink& sink, const EgressMetadata& metadata) = 0;
};

class Nic final : public device::Transport {
 public:
  /// Out of reset, and the registers answer.
  explicit Nic(std::unique_ptr<FilterModel> filter);

  /// Clock periods since reset was released.
  std::uint64_t now() const { return clock_; }
  void clock();
  /// Lets `clocks` periods pass without evaluating them. Only right when nothing moves inside the filter nor would.
  void skip(std::uint64_t clocks) { clock_ += clocks; }

  /// The last clock in which a beat was offered or taken anywhere, a verdict came, or an access or a row was under way.
  std::uint64_t last_activity() const { return last_activity_; }

  /// Nobody listens at first; the listener must outlive its last clock().
  void set_listener(NicListener* listener) { listener_ = listener; }
  /// Wires at line rate from now on, in use for `load` millionths of the time; nothing: as fast as the filter takes
  /// frames.
  void set_rate(std::optional<traffic::ByteClock> rate, std::uint64_t load = traffic::kFullLoad);
  /// Random rests of sources (between beats) and sinks, in per cent of the clocks; 0: none.
  void set_stalls(unsigned source_percent, unsigned sink_percent, std::uint64_t seed);

  Wire& wire(unsigned ingress) { return wires_[ingress]; }
  FilterModel& filter() { return *filter_; }

  /// Register access, as a driver makes it; clocks pass, and frames with them. Throws ModelError without an answer, or
  /// with an error response.
  std::uint32_t read32(std::uint32_t address) override;
  void write32(std::uint32_t address, std::uint32_t value) override;

  /// A row through the row-wide load port; `data` has as many words as a row, or fewer, then the rest is 0. Clocks pass
  /// until it is taken.
  void load_row(unsigned target, unsigned index, std::span<const std::uint32_t> data);

 private:
  void finish_access();

  std::unique_ptr<FilterModel> filter_;
  const FilterPins* pins_;
  std::vector<StreamSource> sources_;
  std::vector<StreamSink> sinks_;
  std::vector<Wire> wires_;
  AxiLiteMaster registers_;
  NicListener* listener_ = nullptr;
  std::uint64_t clock_ = 0;
  std::uint64_t last_activity_ = 0;
};

}  // namespace portcullis::model
