// Rings in host memory: receive descriptors and completions, transmit descriptors, table-load descriptors, as
// docs/nic.md has them, and the registers that start and stop them. All words are little-endian, and so is this host.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "device/nic.h"
#include "device/row_sink.h"

namespace portcullis::device {

/// Memory that both sides reach: `at` for software, `bus` for the NIC.
struct DmaMemory {
  void* at = nullptr;
  std::uint64_t bus = 0;
  std::size_t bytes = 0;
};

/// Logarithms to base 2 of a ring's entries.
inline constexpr unsigned kSmallestRing = 3;
inline constexpr unsigned kLargestRing = 15;
/// Alignment of rings in host memory, in bytes.
inline constexpr std::size_t kRingAlignment = 64;
/// Bytes of a receive buffer.
inline constexpr unsigned kSmallestBuffer = 64;
inline constexpr unsigned kLargestBuffer = 16383;

struct ReceiveDescriptor {
  std::uint64_t address;
  std::uint64_t reserved;
};
static_assert(sizeof(ReceiveDescriptor) == 16);

/// What became of a receive descriptor. Fields of a packet are valid with END.
struct Completion {
  std::uint32_t words[8];

  unsigned packet_length() const { return words[0] & 0x3FFFU; }
  unsigned segment_length() const { return words[0] >> 16U & 0x3FFFU; }
  std::uint32_t mark() const { return words[1]; }
  std::uint32_t hash() const { return words[2]; }
  unsigned rule() const { return words[3] & 0xFFFFU; }
  unsigned vlan() const { return words[3] >> 16U; }
  std::uint64_t timestamp() const { return words[4] | std::uint64_t{words[5]} << 32U; }
  unsigned cause() const { return words[6] & 0xFU; }
  unsigned ingress() const { return words[6] >> 4U & 7U; }
  unsigned vlan_tags() const { return words[6] >> 8U & 3U; }
  unsigned l3() const { return words[6] >> 10U & 3U; }  ///< 0 not IP, 1 IPv4, 2 IPv6
  bool l3_more() const { return (words[6] >> 12U & 1U) != 0; }
  unsigned l4() const { return words[6] >> 13U & 7U; }  ///< 1 TCP, 2 UDP, 3 SCTP, 4 ICMP, 5 ICMPv6
  bool fragment() const { return (words[6] >> 16U & 1U) != 0; }
  unsigned ip_checksum() const { return words[6] >> 18U & 3U; }  ///< 0 not checked, 1 good, 2 bad
  unsigned l4_checksum() const { return words[6] >> 20U & 3U; }
  unsigned hash_type() const { return words[6] >> 24U & 7U; }
  unsigned index() const { return words[7] & 0xFFFFU; }
  bool hit() const { return (words[7] >> 16U & 1U) != 0; }
  bool mark_valid() const { return (words[7] >> 17U & 1U) != 0; }
  bool mirror() const { return (words[7] >> 18U & 1U) != 0; }
  bool permit() const { return (words[7] >> 19U & 1U) != 0; }
  bool would_drop() const { return (words[7] >> 20U & 1U) != 0; }
  bool queue_by_rule() const { return (words[7] >> 21U & 1U) != 0; }
  bool end() const { return (words[7] >> 30U & 1U) != 0; }
  bool phase() const { return words[7] >> 31U != 0; }
};
static_assert(sizeof(Completion) == 32);

struct TransmitDescriptor {
  std::uint64_t address;
  std::uint64_t control;

  /// `packet_bytes` and `port` count in a packet's first descriptor, `end` marks its last.
  static TransmitDescriptor segment(std::uint64_t address, unsigned bytes, unsigned packet_bytes, unsigned port,
                                    bool end) {
    return {address, std::uint64_t{bytes} | std::uint64_t{packet_bytes} << 16U | std::uint64_t{port} << 32U |
                         std::uint64_t{end ? 1U : 0U} << 40U};
  }
};
static_assert(sizeof(TransmitDescriptor) == 16);

/// A receive queue: software posts buffers and takes completions. One user at a time.
class ReceiveRing {
 public:
  /// Bytes of memory for 2^log2 descriptors, and for as many completions.
  static std::size_t descriptor_bytes(unsigned log2) { return sizeof(ReceiveDescriptor) << log2; }
  static std::size_t completion_bytes(unsigned log2) { return sizeof(Completion) << log2; }

  /// Both pieces of memory must outlive the ring.
  ReceiveRing(Nic& nic, unsigned queue, unsigned log2, const DmaMemory& descriptors, const DmaMemory& completions);

  /// Starts with an empty ring. `buffer_bytes`: of each buffer that will be posted. Throws DeviceError.
  void start(unsigned buffer_bytes);
  /// Waits until the NIC has no access under way. Throws DeviceError.
  void stop();

  unsigned size() const { return mask_ + 1; }
  /// Buffers that can be posted: at most size() - 1 are the NIC's.
  unsigned room() const { return mask_ - (tail_ - head_); }
  /// Buffers posted whose completion has not been taken.
  unsigned posted() const { return tail_ - head_; }
  /// Puts a buffer behind those posted; the NIC learns of it with ring().
  void post(std::uint64_t bus_address) { descriptors_[tail_++ & mask_] = {bus_address, 0}; }
  void ring();

  /// The oldest completion, if it is there.
  const Completion* peek() const {
    const Completion& entry = completions_[head_ & mask_];
    const auto word = std::atomic_ref(const_cast<std::uint32_t&>(entry.words[7])).load(std::memory_order_acquire);
    const bool expected = (head_ & size()) == 0;
    return head_ != tail_ && (word >> 31U != 0) == expected ? &entry : nullptr;
  }
  /// Goes on to the next one; its place in the ring, and so its buffer, is place().
  void take() { ++head_; }
  unsigned place() const { return head_ & mask_; }
  /// The place of the next buffer that is posted.
  unsigned next_place() const { return tail_ & mask_; }
  /// Whether the completion `offset` behind the oldest is there; `offset` below size().
  bool done(unsigned offset) const;
  /// Bits of RECEIVE_ERROR.
  std::uint32_t error();

 private:
  std::uint32_t reg(std::uint32_t offset) const;

  Nic& nic_;
  unsigned queue_, log2_, mask_;
  DmaMemory descriptor_memory_, completion_memory_;
  ReceiveDescriptor* descriptors_;
  Completion* completions_;
  unsigned head_ = 0, tail_ = 0;  // count on; places are these modulo size
};

/// A transmit queue: software puts descriptors, the NIC writes how far it has read. One user at a time.
class TransmitRing {
 public:
  static std::size_t descriptor_bytes(unsigned log2) { return sizeof(TransmitDescriptor) << log2; }
  /// Bytes of memory for the head that the NIC writes.
  static constexpr std::size_t kHeadBytes = 8;

  TransmitRing(Nic& nic, unsigned queue, unsigned log2, const DmaMemory& descriptors, const DmaMemory& head);

  void start();
  void stop();

  unsigned size() const { return mask_ + 1; }
  unsigned room() const { return mask_ - (tail_ - head_); }
  void put(const TransmitDescriptor& descriptor) { descriptors_[tail_++ & mask_] = descriptor; }
  unsigned next_place() const { return tail_ & mask_; }
  /// Hands over all that was put; only at the end of a packet.
  void ring();
  /// Descriptors that the NIC has finished since the last call; their places begin at done_from().
  unsigned collect();
  unsigned done_from() const { return done_from_ & mask_; }
  /// Whether the descriptor `offset` places behind next_place() is software's; `offset` below size().
  bool done(unsigned offset) const;
  std::uint32_t error();

 private:
  std::uint32_t reg(std::uint32_t offset) const;
  unsigned head_in_memory() const;

  Nic& nic_;
  unsigned queue_, log2_, mask_;
  DmaMemory descriptor_memory_, head_memory_;
  TransmitDescriptor* descriptors_;
  unsigned head_ = 0, tail_ = 0, done_from_ = 0;
};

/// Rows through the table-load queue: the NIC fetches them from host memory, a row a clock at best.
class TableRing final : public RowSink {
 public:
  static constexpr unsigned kLog2 = 8;
  static constexpr std::size_t kDescriptorBytes = std::size_t{16} << kLog2;
  static constexpr std::size_t kHeadBytes = 8;

  /// `rows`: memory for as many rows as fit, each `nic.row_slot()` bytes; the more, the fewer doorbells.
  TableRing(Nic& nic, const DmaMemory& descriptors, const DmaMemory& head, const DmaMemory& rows);
  ~TableRing() override;
  TableRing(const TableRing&) = delete;
  TableRing& operator=(const TableRing&) = delete;

  void write(std::span<const RowWrite> rows) override;
  /// Disables the queue, so that others may write tables; the next write() starts it again. Throws DeviceError.
  void stop();

 private:
  void start();
  /// Rings the doorbell and waits until all descriptors are done.
  void flush();

  Nic& nic_;
  DmaMemory descriptors_, head_, rows_;
  unsigned tail_ = 0, done_ = 0;
  std::size_t used_slots_ = 0;
  bool running_ = false;
};

}  // namespace portcullis::device
