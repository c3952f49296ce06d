// The two ends of an AXI4-Stream of frames (AMBA IHI 0051A): a source that drives a filter's ingress, a sink that takes
// its egress.
//
// Each clock has three steps: drive() puts this clock's values on the pins, the model settles, sample() sees the
// handshake; then comes the clock edge.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>

#include "traffic/packets.h"

namespace portcullis::model {

static_assert(std::endian::native == std::endian::little, "pins are read as bytes, the lowest first");

/// Width of the streams unless the pins say another: 512 bits.
inline constexpr unsigned kBeatBytes = 64;
inline constexpr unsigned kBeatWords = kBeatBytes / 4;
/// Width of the widest stream: 1024 bits.
inline constexpr unsigned kMostBeatBytes = 128;
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

/// tkeep of a beat, one bit a byte; the lowest bits are in the first word.
using Keep = std::array<std::uint64_t, kMostBeatBytes / 64>;
/// The bits of the first `bytes` bytes.
inline Keep keep_of(std::size_t bytes) {
  const auto low = [](std::size_t bits) { return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; };
  return {low(bytes), bytes > 64 ? low(bytes - 64) : 0};
}

/// Pins of one ingress. Vectors of one bit per port share a byte. Vectors of several are bytes in memory, the lowest
/// first (little-endian hosts only).
struct IngressPins {
  void* data = nullptr;  ///< beat_bytes bytes
  void* keep = nullptr;  ///< beat_bytes bits
  std::uint8_t* valid = nullptr;
  std::uint8_t* last = nullptr;
  std::uint8_t* bad = nullptr;  ///< tuser
  const std::uint8_t* ready = nullptr;
  std::uint8_t bit = 1;              ///< this port's bit in the vectors
  unsigned beat_bytes = kBeatBytes;  ///< 8 to kMostBeatBytes
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
  unsigned beat_bytes() const { return pins_.beat_bytes; }

  void drive() {
    if (offered_) return;  // a beat that was not taken stays as it is
    const std::size_t rest = frame_.size() - offset_;
    const std::size_t beat = rest < pins_.beat_bytes ? rest : pins_.beat_bytes;
    if (rest == 0 || offset_ + beat > available_ || stalls_.rest()) {
      *pins_.valid = static_cast<std::uint8_t>(*pins_.valid & ~pins_.bit);
      return;
    }
    // Bytes that tkeep does not name hold what they held before: no filter may look at them.
    std::memcpy(pins_.data, frame_.data() + offset_, beat);
    const Keep keep = keep_of(beat);
    std::memcpy(pins_.keep, keep.data(), pins_.beat_bytes / 8);
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
  const void* data = nullptr;
  const void* keep = nullptr;
  const std::uint8_t* valid = nullptr;
  const std::uint8_t* last = nullptr;
  std::uint8_t* ready = nullptr;
  std::uint8_t bit = 1;
  unsigned beat_bytes = kBeatBytes;
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
    Keep keep{};
    std::memcpy(keep.data(), pins_.keep, pins_.beat_bytes / 8);
    const auto bytes = static_cast<std::size_t>(std::popcount(keep[0]) + std::popcount(keep[1]));
    // Bytes are packed: no gaps, and whole beats up to the last (docs/design.md asks for both).
    well_formed_ = well_formed_ && bytes != 0 && keep == keep_of(bytes) && (last || bytes == pins_.beat_bytes);
    if (size_ + kMostBeatBytes <= buffer_.size()) {
      std::memcpy(buffer_.data() + size_, pins_.data, pins_.beat_bytes);
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
