// A wire at line rate in front of a stream source: frames arrive byte by byte with preamble, FCS and gap around them,
// whether the filter is ready or not; a receive buffer, as a MAC has one, takes what the filter does not take at once,
// and a frame that finds no place in it is lost.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <span>

#include "model/stream.h"
#include "policy/packet.h"
#include "traffic/line_rate.h"

namespace portcullis::model {

/// Bytes of the receive buffer: the longest frame besides one under way.
inline constexpr std::size_t kReceiveBuffer = 2 * traffic::kMaxFrame;

class Wire {
 public:
  /// Byte time 0 of the wire is clock `origin`. Without a rate, frames come as fast as the source takes them; with one,
  /// the wire is in use for `load` millionths of the time: a longer gap follows each frame.
  Wire(StreamSource& source, std::optional<traffic::ByteClock> rate, std::uint64_t origin,
       std::uint64_t load = traffic::kFullLoad)
      : source_(&source), rate_(rate), load_(load), origin_(origin), free_at_(origin) {}

  /// The next frame may be put on the wire in `clock`: the one before it is through with its gap, or, without a rate,
  /// taken.
  bool free(std::uint64_t clock) const { return rate_ ? clock >= free_at_ : buffered_ == 0; }
  /// The first clock in which free() holds; only with a rate.
  std::uint64_t free_at() const { return free_at_; }

  /// The wire was idle up to `clock`, in which it is free(): the next frame begins then, and not right behind the one
  /// before.
  void rest_until(std::uint64_t clock) {
    if (!rate_ || clock <= free_at_) return;
    origin_ += clock - free_at_;
    free_at_ = clock;
  }

  /// Puts a frame on the wire, right behind the one before; it must stay where it is until it is taken. False: lost.
  bool put(std::span<const std::uint8_t> frame) {
    const std::uint64_t start = next_start_;
    if (rate_) {
      millionths_ += traffic::wire_bytes(frame.size()) * traffic::kFullLoad;
      next_start_ += millionths_ / load_;
      millionths_ %= load_;
      free_at_ = origin_ + rate_->clock_of(next_start_);
      arrived_at_ = origin_ + rate_->clock_of(start + traffic::kPreamble + frame.size());
    }
    if (buffered_ + frame.size() > kReceiveBuffer) return false;
    buffered_ += frame.size();
    assert(waiting_ < arrivals_.size());
    arrivals_[(head_ + waiting_) % arrivals_.size()] = {frame, origin_, start + traffic::kPreamble};
    ++waiting_;
    return true;
  }

  /// The clock in which the last byte of the frame put last is there (its FCS not counted); only with a rate.
  std::uint64_t arrived_at() const { return arrived_at_; }

  /// Before the source drives its pins: hands it the next frame, and those of its bytes that have come.
  void drive(std::uint64_t clock) {
    if (source_->idle()) {
      if (waiting_ == 0) return;
      current_ = arrivals_[head_];
      head_ = (head_ + 1) % arrivals_.size();
      --waiting_;
      source_->send(current_.frame);
      find_next_beat();
    }
    if (rate_) source_->set_available(clock >= beat_at_ ? beat_end_ : 0);
  }

  /// After the source's sample, with what it returned.
  void taken(StreamSource::Event event) {
    if (event == StreamSource::Event::nothing) return;
    buffered_ -= beat_end_ - beat_begin_;
    if (event == StreamSource::Event::beat_taken) find_next_beat();
  }

  /// Bytes in the receive buffer, of kReceiveBuffer.
  std::size_t buffered() const { return buffered_; }
  /// Nothing waits and nothing is under way.
  bool empty() const { return buffered_ == 0; }
  /// No beat is on offer, nor due, before this clock: free_at() or the arrival of the next beat.
  std::uint64_t quiet_until(bool more_to_put) const {
    const std::uint64_t put = more_to_put ? free_at_ : ~std::uint64_t{0};
    if (!rate_) return empty() && !more_to_put ? put : 0;
    if (empty()) return put;
    return source_->idle() ? 0 : std::min(put, beat_at_);
  }

 private:
  struct Arrival {
    std::span<const std::uint8_t> frame;
    std::uint64_t origin = 0;      ///< clock of byte time 0 when it was put
    std::uint64_t first_byte = 0;  ///< byte time at which its first byte begins
  };

  void find_next_beat() {
    beat_begin_ = source_->offset();
    beat_end_ = std::min<std::size_t>(beat_begin_ + source_->beat_bytes(), current_.frame.size());
    if (rate_) beat_at_ = current_.origin + rate_->clock_of(current_.first_byte + beat_end_);
  }

  StreamSource* source_;
  std::optional<traffic::ByteClock> rate_;
  std::uint64_t load_;
  std::uint64_t origin_;
  std::uint64_t next_start_ = 0;  ///< byte time at which the next frame's preamble may begin
  std::uint64_t millionths_ = 0;  ///< of byte times times load_, carried over to the next frame
  std::uint64_t free_at_;
  std::uint64_t arrived_at_ = 0;
  /// Frames put and not yet handed over; shorter ones than kMinFrame do not come.
  std::array<Arrival, kReceiveBuffer / policy::kMinFrame + 1> arrivals_;
  std::size_t head_ = 0;
  std::size_t waiting_ = 0;
  std::size_t buffered_ = 0;
  Arrival current_;
  std::size_t beat_begin_ = 0;
  std::size_t beat_end_ = 0;
  std::uint64_t beat_at_ = 0;
};

}  // namespace portcullis::model
