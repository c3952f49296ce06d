// The two ends of an AXI4-Stream of frames (AMBA IHI 0051A): a source that drives a filter's ingress, a sink that takes
// its egress.
//
// Each clock has three steps: drive() puts this clock's values on the pins, the model settles, sample() sees the
// handshake; then comes the clock edge.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>

#include "traffic/packets.h"

namespace portcullis::model {

/// Width of the model's streams: 512 bits.
inline constexpr unsigned kBeatBytes = 64;
inline constexpr unsigned kBeatWords = kBeatBytes / 4;
/// Longest frame that a sink can hold, in bytes; more than any source sends.
inline constexpr unsigned kSinkBytes = 16384;

/// Decides clock by clock whether an end rests. The same decisions for the same seed.
class Stalls {
 public:
  /// Never.
  Stalls() = default;
  /// In `percent` of the clocks.
  Stalls(unsigned percent, std::uint64_t seed) : percent_(percent), random_(seed) {}
  bool rest() { return percent_ != 0 && random_() % 100 < percent_; }

 private:
  unsigned percent_ = 0;
  std::minstd_rand random_;
};

/// Pins of one ingress. Vectors of one bit per port share a byte.
struct IngressPins {
  std::uint32_t* data = nullptr;  ///< kBeatWords words
  std::uint32_t* keep = nullptr;  ///< 2 words
  std::uint8_t* valid = nullptr;
  std::uint8_t* last = nullptr;
  std::uint8_t* bad = nullptr;  ///< tuser
  const std::uint8_t* ready = nullptr;
  std::uint8_t bit = 1;  ///< this port's bit in the vectors
};

/// Sends frames, one after the other, without bubbles unless told to stall or to wait for bytes still on the wire.
class StreamSource {
 public:
  explicit StreamSource(const IngressPins& pins) : pins_(pins) {}

  void set_stalls(const Stalls& stalls) { stalls_ = stalls; }

  /// No frame is under way: send() may be called.
  bool idle() const { return frame_.empty(); }
  /// The next frame; it must stay where it is until it is taken. `bad`: marked as damaged with its last beat.
  void send(std::span<const std::uint8_t> frame, bool bad = false) {
    frame_ = frame;
    offset_ = 0;
    available_ = frame.size();
    bad_ = bad;
  }
  /// Bytes of the frame under way that have arrived; a beat is offered once all of its bytes have. send() makes all
  /// available.
  void set_available(std::size_t bytes) { available_ = bytes; }
  std::size_t offset() const { return offset_; }
  std::size_t frame_size() const { return frame_.size(); }

  void drive() {
    if (offered_) return;  // a beat that was not taken stays as it is
    const std::size_t rest = frame_.size() - offset_;
    const std::size_t beat = rest < kBeatBytes ? rest : kBeatBytes;
    if (rest == 0 || offset_ + beat > available_ || stalls_.rest()) {
      *pins_.valid = static_cast<std::uint8_t>(*pins_.valid & ~pins_.bit);
      return;
    }
    // Bytes that tkeep does not name hold what they held before: no filter may look at them.
    std::memcpy(pins_.data, frame_.data() + offset_, beat);
    const std::uint64_t keep = beat == kBeatBytes ? ~std::uint64_t{0} : (std::uint64_t{1} << beat) - 1;
    pins_.keep[0] = static_cast<std::uint32_t>(keep);
    pins_.keep[1] = static_cast<std::uint32_t>(keep >> 32U);
    const bool last = beat == rest;
    set(pins_.last, last);
    set(pins_.bad, last && bad_);
    set(pins_.valid, true);
    offered_ = true;
    beat_ = beat;
  }

  enum class Event : std::uint8_t { nothing, beat_taken, frame_taken };
  Event sample() {
    if (!offered_ || (*pins_.ready & pins_.bit) == 0) return Event::nothing;
    offered_ = false;
    offset_ += beat_;
    if (offset_ < frame_.size()) return Event::beat_taken;
    frame_ = {};
    offset_ = 0;
    return Event::frame_taken;
  }

 private:
  void set(std::uint8_t* vector, bool value) const {
    *vector = static_cast<std::uint8_t>(value ? *vector | pins_.bit : *vector & ~pins_.bit);
  }

  IngressPins pins_;
  Stalls stalls_;
  std::span<const std::uint8_t> frame_;
  std::size_t offset_ = 0;
  std::size_t available_ = 0;
  std::size_t beat_ = 0;
  bool bad_ = false;
  bool offered_ = false;
};

/// Pins of one egress.
struct EgressPins {
  const std::uint32_t* data = nullptr;
  const std::uint32_t* keep = nullptr;
  const std::uint8_t* valid = nullptr;
  const std::uint8_t* last = nullptr;
  std::uint8_t* ready = nullptr;
  std::uint8_t bit = 1;
};

/// Takes frames, every clock unless told to stall.
class StreamSink {
 public:
  explicit StreamSink(const EgressPins& pins) : pins_(pins) {}

  void set_stalls(const Stalls& stalls) { stalls_ = stalls; }

  void drive() {
    const bool ready = !stalls_.rest();
    *pins_.ready = static_cast<std::uint8_t>(ready ? *pins_.ready | pins_.bit : *pins_.ready & ~pins_.bit);
  }

  /// True when a frame's last beat was taken: frame() then holds it until the next call. `clock` is noted for
  /// first_beat().
  bool sample(std::uint64_t clock) {
    if ((*pins_.valid & *pins_.ready & pins_.bit) == 0) return false;
    if (done_) {
      size_ = 0;
      done_ = false;
      well_formed_ = true;
    }
    if (size_ == 0) first_beat_ = clock;
    const bool last = (*pins_.last & pins_.bit) != 0;
    const std::uint64_t keep = (std::uint64_t{pins_.keep[1]} << 32U) | pins_.keep[0];
    // Bytes are packed: no gaps, and whole beats up to the last (docs/design.md asks for both).
    const bool packed = keep != 0 && (keep & (keep + 1)) == 0;
    well_formed_ = well_formed_ && packed && (last || keep == ~std::uint64_t{0});
    const auto bytes = static_cast<std::size_t>(__builtin_popcountll(keep));
    if (size_ + kBeatBytes <= buffer_.size()) {
      std::memcpy(buffer_.data() + size_, pins_.data, kBeatBytes);
      size_ += bytes;
    } else {
      well_formed_ = false;
    }
    done_ = last;
    return last;
  }

  std::span<const std::uint8_t> frame() const { return {buffer_.data(), size_}; }
  /// Clock in which the frame's first beat was taken.
  std::uint64_t first_beat() const { return first_beat_; }
  /// tkeep was as it must be in every beat, and the frame not longer than kSinkBytes.
  bool well_formed() const { return well_formed_; }
  /// Some beats of a frame were taken, and its last is still to come.
  bool inside_frame() const { return !done_; }

 private:
  EgressPins pins_;
  Stalls stalls_;
  std::array<std::uint8_t, kSinkBytes> buffer_;
  std::size_t size_ = 0;
  std::uint64_t first_beat_ = 0;
  bool done_ = true;
  bool well_formed_ = true;
};

}  // namespace portcullis::model
