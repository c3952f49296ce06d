// A small driver for tests: rings in the bench's memory, as docs/nic.md describes them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "device/registers.h"
#include "nic_bench.h"

namespace portcullis::test {

/// A completion, field by field (docs/nic.md, Completion).
struct Completion {
  std::array<std::uint32_t, 8> words{};
  unsigned field(unsigned word, unsigned low, unsigned width) const {
    return words[word] >> low & (width == 32 ? ~0U : (1U << width) - 1);
  }
  unsigned packet_length() const { return field(0, 0, 14); }
  unsigned segment_length() const { return field(0, 16, 14); }
  unsigned mark() const { return words[1]; }
  unsigned hash() const { return words[2]; }
  unsigned rule() const { return field(3, 0, 16); }
  unsigned vlan() const { return field(3, 16, 16); }
  std::uint64_t timestamp() const { return words[4] | std::uint64_t{words[5]} << 32U; }
  unsigned cause() const { return field(6, 0, 4); }
  unsigned ingress() const { return field(6, 4, 3); }
  unsigned vlan_tags() const { return field(6, 8, 2); }
  unsigned l3() const { return field(6, 10, 2); }
  bool l3_more() const { return field(6, 12, 1) != 0; }
  unsigned l4() const { return field(6, 13, 3); }
  bool fragment() const { return field(6, 16, 1) != 0; }
  unsigned ip_checksum() const { return field(6, 18, 2); }
  unsigned l4_checksum() const { return field(6, 20, 2); }
  unsigned hash_type() const { return field(6, 24, 3); }
  unsigned index() const { return field(7, 0, 16); }
  bool hit() const { return field(7, 16, 1) != 0; }
  bool mark_valid() const { return field(7, 17, 1) != 0; }
  bool mirror() const { return field(7, 18, 1) != 0; }
  bool permit() const { return field(7, 19, 1) != 0; }
  bool would_drop() const { return field(7, 20, 1) != 0; }
  bool queue_by_rule() const { return field(7, 21, 1) != 0; }
  bool end() const { return field(7, 30, 1) != 0; }
  bool phase() const { return field(7, 31, 1) != 0; }
};

struct ReceivedPacket {
  Frame bytes;
  Completion last;  ///< the completion with END
  unsigned segments = 0;
};

template <typename Bench>
class ReceiveQueue {
 public:
  /// `misalign`: buffers begin that many bytes behind a 64-byte border; 64 bytes on either side are theirs.
  ReceiveQueue(Bench& bench, unsigned number, unsigned log2, unsigned buffer, unsigned misalign = 0)
      : bench_(bench), number_(number), size_(1U << log2), buffer_(buffer) {
    ring_ = bench.allocate(16 * size_);
    completions_ = bench.allocate(32 * size_);
    for (unsigned i = 0; i < size_; ++i) buffers_.push_back(bench.allocate(buffer + 128 + misalign) + 64 + misalign);
    bench.write(reg(PCL_RECEIVE_RING_SIZE), log2);
    bench.write64(reg(PCL_RECEIVE_RING_BASE_LO), ring_);
    bench.write64(reg(PCL_RECEIVE_COMPLETION_BASE_LO), completions_);
    bench.write(reg(PCL_RECEIVE_BUFFER_SIZE), buffer);
  }
  unsigned reg(unsigned address) const { return address + number_ * PCL_RECEIVE_STRIDE; }
  std::uint64_t ring() const { return ring_; }

  void enable() {
    std::memset(bench_.at(completions_), 0, 32 * size_);
    head_ = tail_ = 0;
    phase_ = true;
    packet_ = {};
    bench_.write(reg(PCL_RECEIVE_CONTROL), 1);
  }
  /// Until STATUS.ACTIVE is 0.
  void disable() {
    bench_.write(reg(PCL_RECEIVE_CONTROL), 0);
    for (int i = 0; bench_.read(reg(PCL_RECEIVE_STATUS)) != 0; ++i) {
      if (i > 1000) throw std::runtime_error("a receive queue did not stop");
    }
  }
  /// Hands over `count` more descriptors.
  void post(unsigned count, std::uint64_t bad_address = 0) {
    for (unsigned i = 0; i < count; ++i) {
      const std::uint64_t address = bad_address != 0 ? bad_address : buffers_[tail_];
      if (bad_address == 0) std::memset(bench_.at(address - 64), 0xEE, buffer_ + 128);
      bench_.store(ring_ + 16ULL * tail_, address);
      tail_ = (tail_ + 1) % size_;
    }
    bench_.write(reg(PCL_RECEIVE_TAIL), tail_);
  }
  unsigned posted() const { return (tail_ + size_ - head_) % size_; }
  void fill() { post(size_ - 1 - posted()); }

  /// Packets whose last completion has come; checks what every completion must fulfil, and that no byte beside the
  /// buffers was written.
  std::vector<ReceivedPacket> poll() {
    std::vector<ReceivedPacket> packets;
    for (;;) {
      const auto completion = bench_.template load<Completion>(completions_ + 32ULL * head_);
      if (completion.phase() != phase_) return packets;
      if (completion.index() != head_) throw std::runtime_error("a completion has another index");
      const unsigned length = completion.segment_length();
      const std::uint8_t* data = bench_.at(buffers_[head_]);
      if (length == 0 || length > buffer_) throw std::runtime_error("a segment's length is not within its buffer");
      for (unsigned i = 0; i < 64; ++i) {
        if (data[-1 - static_cast<int>(i)] != 0xEE || data[length + i] != 0xEE)
          throw std::runtime_error("bytes beside a segment were written");
      }
      packet_.bytes.insert(packet_.bytes.end(), data, data + length);
      ++packet_.segments;
      if (++head_ == size_) {
        head_ = 0;
        phase_ = !phase_;
      }
      if (!completion.end()) continue;
      packet_.last = completion;
      if (packet_.bytes.size() != completion.packet_length())
        throw std::runtime_error("segments do not add up to the packet");
      packets.push_back(std::move(packet_));
      packet_ = {};
    }
  }

 private:
  Bench& bench_;
  unsigned number_, size_, buffer_;
  std::uint64_t ring_, completions_;
  std::vector<std::uint64_t> buffers_;
  unsigned head_ = 0, tail_ = 0;
  bool phase_ = true;
  ReceivedPacket packet_;
};

template <typename Bench>
class TransmitQueue {
 public:
  TransmitQueue(Bench& bench, unsigned number, unsigned log2) : bench_(bench), number_(number), size_(1U << log2) {
    ring_ = bench.allocate(16 * size_);
    head_address_ = bench.allocate(8, 8);
    bench.write(reg(PCL_TRANSMIT_RING_SIZE), log2);
    bench.write64(reg(PCL_TRANSMIT_RING_BASE_LO), ring_);
    bench.write64(reg(PCL_TRANSMIT_HEAD_ADDRESS_LO), head_address_);
  }
  unsigned reg(unsigned address) const { return address + number_ * PCL_TRANSMIT_STRIDE; }

  void enable() {
    tail_ = 0;
    bench_.store(head_address_, std::uint64_t{0});
    bench_.write(reg(PCL_TRANSMIT_CONTROL), 1);
  }
  void disable() {
    bench_.write(reg(PCL_TRANSMIT_CONTROL), 0);
    for (int i = 0; bench_.read(reg(PCL_TRANSMIT_STATUS)) != 0; ++i) {
      if (i > 1000) throw std::runtime_error("a transmit queue did not stop");
    }
  }
  unsigned head() { return static_cast<unsigned>(bench_.template load<std::uint64_t>(head_address_)); }
  unsigned tail() const { return tail_; }
  unsigned free() { return (head() + size_ - 1 - tail_) % size_; }

  /// A descriptor, without the doorbell.
  void put(std::uint64_t address, unsigned length, unsigned packet_length, unsigned port, bool end) {
    bench_.store(ring_ + 16ULL * tail_, address);
    bench_.store(ring_ + 16ULL * tail_ + 8, std::uint64_t{length} | std::uint64_t{packet_length} << 16U |
                                                std::uint64_t{port} << 32U | std::uint64_t{end} << 40U);
    tail_ = (tail_ + 1) % size_;
  }
  /// A packet in segments of these lengths, from memory at `address` on, each `gap` bytes behind the one before.
  void put_packet(const Frame& frame, unsigned port, const std::vector<unsigned>& segments, std::uint64_t address,
                  unsigned gap) {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      std::memcpy(bench_.at(address), frame.data() + offset, segments[i]);
      put(address, segments[i], i == 0 ? static_cast<unsigned>(frame.size()) : 0, i == 0 ? port : 0,
          i + 1 == segments.size());
      offset += segments[i];
      address += segments[i] + gap;
    }
  }
  void ring() { bench_.write(reg(PCL_TRANSMIT_TAIL), tail_); }

 private:
  Bench& bench_;
  unsigned number_, size_;
  std::uint64_t ring_, head_address_;
  unsigned tail_ = 0;
};

}  // namespace portcullis::test
