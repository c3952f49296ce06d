// How long a frame occupies a wire: preamble, frame, FCS and gap in byte times, in clocks of the core, without rounding
// drift.
#pragma once

#include <cstdint>
#include <numeric>

namespace portcullis::traffic {

/// Preamble and start delimiter (IEEE 802.3, 3.1.1), frame check sequence (3.2.9), inter-packet gap (4A.4.2), in byte
/// times.
inline constexpr unsigned kPreamble = 8;
inline constexpr unsigned kFcs = 4;
inline constexpr unsigned kGap = 12;

/// Share of a line that is in use, in millionths: all of it, a frame behind the other with the smallest gap.
inline constexpr std::uint64_t kFullLoad = 1'000'000;

/// Byte times that a frame of `length` bytes without FCS takes on the wire.
constexpr std::uint64_t wire_bytes(std::uint64_t length) { return kPreamble + length + kFcs + kGap; }

/// Frames per second of a line of `rate` bits per second, for frames that take `mean_wire_bytes` each.
constexpr double line_frames_per_second(double rate, double mean_wire_bytes) { return rate / (8 * mean_wire_bytes); }

/// Byte times to clocks: exact, whatever the ratio of line rate and clock.
class ByteClock {
 public:
  /// `rate` in bits per second, `clock_hz` of the core; both > 0.
  ByteClock(std::uint64_t rate, std::uint64_t clock_hz) {
    const std::uint64_t common = std::gcd(8 * clock_hz, rate);
    numerator_ = 8 * clock_hz / common;
    denominator_ = rate / common;
  }

  /// The first clock that is not before byte time `byte`.
  std::uint64_t clock_of(std::uint64_t byte) const {
    // Whole periods first, so that the product stays small for any length of run.
    const std::uint64_t periods = byte / denominator_;
    const std::uint64_t rest = byte % denominator_;
    return periods * numerator_ + (rest * numerator_ + denominator_ - 1) / denominator_;
  }

 private:
  std::uint64_t numerator_ = 1;
  std::uint64_t denominator_ = 1;
};

}  // namespace portcullis::traffic
