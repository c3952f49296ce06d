#include "device/rings.h"

#include <fmt/format.h>

#include <cstring>

#include "device/registers.h"

namespace portcullis::device {

namespace {

constexpr unsigned kPolls = 1'000'000;

void check_ring(unsigned log2, const DmaMemory& memory, std::size_t bytes, std::size_t alignment, const char* what) {
  if (log2 < kSmallestRing || log2 > kLargestRing) {
    throw DeviceError(fmt::format("a ring has {} to {} entries, a power of two; {} were asked for", 1U << kSmallestRing,
                                  1U << kLargestRing, 1U << log2));
  }
  if (memory.at == nullptr || memory.bytes < bytes || memory.bus % alignment != 0) {
    throw DeviceError(fmt::format("the memory for {} has {} bytes at 0x{:x}; it must have {}, aligned to {}", what,
                                  memory.bytes, memory.bus, bytes, alignment));
  }
}

void write64(Transport& transport, std::uint32_t low, std::uint64_t value) {
  transport.write32(low, static_cast<std::uint32_t>(value));
  transport.write32(low + 4, static_cast<std::uint32_t>(value >> 32U));
}

// Enables a queue whose other registers are written, and sees that it took it.
void enable(Transport& transport, std::uint32_t control, std::uint32_t error, const std::string& queue) {
  transport.write32(control, 1);
  if (const std::uint32_t bits = answered(transport.read32(error)); bits != 0) {
    throw DeviceError(fmt::format("{} does not start: error bits 0x{:x}", queue, bits));
  }
}

void disable(Transport& transport, std::uint32_t control, std::uint32_t status, const std::string& queue) {
  transport.write32(control, 0);
  for (unsigned i = 0;; ++i) {
    if ((answered(transport.read32(status)) & 1U) == 0) return;
    if (i == kPolls) {
      throw DeviceError(queue + " does not stop: host memory does not answer, or the device is gone");
    }
  }
}

}  // namespace

// ---- Receive

ReceiveRing::ReceiveRing(Nic& nic, unsigned queue, unsigned log2, const DmaMemory& descriptors,
                         const DmaMemory& completions)
    : nic_(nic),
      queue_(queue),
      log2_(log2),
      mask_((1U << log2) - 1),
      descriptor_memory_(descriptors),
      completion_memory_(completions),
      descriptors_(static_cast<ReceiveDescriptor*>(descriptors.at)),
      completions_(static_cast<Completion*>(completions.at)) {
  if (queue >= nic.queues()) throw DeviceError(fmt::format("the NIC has no receive queue {}", queue));
  check_ring(log2, descriptors, descriptor_bytes(log2), kRingAlignment, "receive descriptors");
  check_ring(log2, completions, completion_bytes(log2), kRingAlignment, "completions");
}

std::uint32_t ReceiveRing::reg(std::uint32_t offset) const { return offset + queue_ * PCL_RECEIVE_STRIDE; }

void ReceiveRing::start(unsigned buffer_bytes) {
  if (buffer_bytes < kSmallestBuffer || buffer_bytes > kLargestBuffer) {
    throw DeviceError(fmt::format("receive buffers have {} to {} bytes; {} were asked for", kSmallestBuffer,
                                  kLargestBuffer, buffer_bytes));
  }
  stop();
  Transport& transport = nic_.transport();
  transport.write32(reg(PCL_RECEIVE_RING_SIZE), log2_);
  write64(transport, reg(PCL_RECEIVE_RING_BASE_LO), descriptor_memory_.bus);
  write64(transport, reg(PCL_RECEIVE_COMPLETION_BASE_LO), completion_memory_.bus);
  transport.write32(reg(PCL_RECEIVE_BUFFER_SIZE), buffer_bytes);
  std::memset(completion_memory_.at, 0, completion_bytes(log2_));
  head_ = tail_ = 0;
  enable(transport, reg(PCL_RECEIVE_CONTROL), reg(PCL_RECEIVE_ERROR), fmt::format("receive queue {}", queue_));
}

void ReceiveRing::stop() {
  disable(nic_.transport(), reg(PCL_RECEIVE_CONTROL), reg(PCL_RECEIVE_STATUS), fmt::format("receive queue {}", queue_));
}

void ReceiveRing::ring() {
  std::atomic_thread_fence(std::memory_order_release);
  nic_.transport().write32(reg(PCL_RECEIVE_TAIL), tail_ & mask_);
}

bool ReceiveRing::done(unsigned offset) const {
  if (offset >= tail_ - head_) return false;
  const unsigned at = head_ + offset;
  const auto word = std::atomic_ref(completions_[at & mask_].words[7]).load(std::memory_order_acquire);
  return (word >> 31U != 0) == ((at & size()) == 0);
}

std::uint32_t ReceiveRing::error() { return nic_.transport().read32(reg(PCL_RECEIVE_ERROR)); }

// ---- Transmit

TransmitRing::TransmitRing(Nic& nic, unsigned queue, unsigned log2, const DmaMemory& descriptors, const DmaMemory& head)
    : nic_(nic),
      queue_(queue),
      log2_(log2),
      mask_((1U << log2) - 1),
      descriptor_memory_(descriptors),
      head_memory_(head),
      descriptors_(static_cast<TransmitDescriptor*>(descriptors.at)) {
  if (queue >= nic.queues()) throw DeviceError(fmt::format("the NIC has no transmit queue {}", queue));
  check_ring(log2, descriptors, descriptor_bytes(log2), kRingAlignment, "transmit descriptors");
  check_ring(log2, head, kHeadBytes, kHeadBytes, "a transmit queue's head");
}

std::uint32_t TransmitRing::reg(std::uint32_t offset) const { return offset + queue_ * PCL_TRANSMIT_STRIDE; }

unsigned TransmitRing::head_in_memory() const {
  return static_cast<unsigned>(
             std::atomic_ref(*static_cast<std::uint64_t*>(head_memory_.at)).load(std::memory_order_acquire)) &
         mask_;
}

void TransmitRing::start() {
  stop();
  Transport& transport = nic_.transport();
  transport.write32(reg(PCL_TRANSMIT_RING_SIZE), log2_);
  write64(transport, reg(PCL_TRANSMIT_RING_BASE_LO), descriptor_memory_.bus);
  write64(transport, reg(PCL_TRANSMIT_HEAD_ADDRESS_LO), head_memory_.bus);
  std::memset(head_memory_.at, 0, kHeadBytes);
  head_ = tail_ = done_from_ = 0;
  enable(transport, reg(PCL_TRANSMIT_CONTROL), reg(PCL_TRANSMIT_ERROR), fmt::format("transmit queue {}", queue_));
}

void TransmitRing::stop() {
  disable(nic_.transport(), reg(PCL_TRANSMIT_CONTROL), reg(PCL_TRANSMIT_STATUS),
          fmt::format("transmit queue {}", queue_));
}

void TransmitRing::ring() {
  std::atomic_thread_fence(std::memory_order_release);
  nic_.transport().write32(reg(PCL_TRANSMIT_TAIL), tail_ & mask_);
}

unsigned TransmitRing::collect() {
  const unsigned finished = (head_in_memory() - head_) & mask_;
  // A device that is gone, or lies, finishes no more than was put.
  if (finished > tail_ - head_) return 0;
  done_from_ = head_;
  head_ += finished;
  return finished;
}

bool TransmitRing::done(unsigned offset) const {
  const unsigned waiting = (tail_ - head_in_memory()) & mask_;
  return offset < size() - waiting;
}

std::uint32_t TransmitRing::error() { return nic_.transport().read32(reg(PCL_TRANSMIT_ERROR)); }

// ---- Table load

TableRing::TableRing(Nic& nic, const DmaMemory& descriptors, const DmaMemory& head, const DmaMemory& rows)
    : nic_(nic), descriptors_(descriptors), head_(head), rows_(rows) {
  check_ring(kLog2, descriptors, kDescriptorBytes, kRingAlignment, "table-load descriptors");
  check_ring(kLog2, head, kHeadBytes, kHeadBytes, "the table-load queue's head");
  check_ring(kLog2, rows, nic.row_slot(), kRingAlignment, "rows");
}

TableRing::~TableRing() {
  try {
    disable(nic_.transport(), PCL_TABLE_QUEUE_CONTROL, PCL_TABLE_QUEUE_STATUS, "the table-load queue");
  } catch (const std::exception&) {
    // The device is gone; it will not touch the memory any more.
  }
}

void TableRing::stop() {
  running_ = false;
  disable(nic_.transport(), PCL_TABLE_QUEUE_CONTROL, PCL_TABLE_QUEUE_STATUS, "the table-load queue");
}

void TableRing::start() {
  stop();
  Transport& transport = nic_.transport();
  transport.write32(PCL_TABLE_QUEUE_RING_SIZE, kLog2);
  write64(transport, PCL_TABLE_QUEUE_RING_BASE_LO, descriptors_.bus);
  write64(transport, PCL_TABLE_QUEUE_HEAD_ADDRESS_LO, head_.bus);
  std::memset(head_.at, 0, kHeadBytes);
  tail_ = done_ = 0;
  used_slots_ = 0;
  enable(transport, PCL_TABLE_QUEUE_CONTROL, PCL_TABLE_QUEUE_ERROR, "the table-load queue");
  running_ = true;
}

void TableRing::flush() {
  if (tail_ == done_) return;
  constexpr unsigned mask = (1U << kLog2) - 1;
  std::atomic_thread_fence(std::memory_order_release);
  nic_.transport().write32(PCL_TABLE_QUEUE_TAIL, tail_ & mask);
  const std::atomic_ref head(*static_cast<std::uint64_t*>(head_.at));
  for (unsigned i = 0; (head.load(std::memory_order_acquire) & mask) != (tail_ & mask); ++i) {
    // The register read also gives a simulated NIC the time it needs.
    const std::uint32_t error = answered(nic_.transport().read32(PCL_TABLE_QUEUE_ERROR));
    if (error != 0 || i == kPolls) {
      running_ = false;
      throw DeviceError(error != 0
                            ? fmt::format("the table-load queue stopped with error bits 0x{:x}; the old tables are "
                                          "in force",
                                          error)
                            : std::string("the table-load queue does not finish; the old tables are in force"));
    }
  }
  done_ = tail_;
  used_slots_ = 0;
}

void TableRing::write(std::span<const RowWrite> rows) {
  if (!running_) start();
  constexpr unsigned mask = (1U << kLog2) - 1;
  const std::size_t slots = rows_.bytes / nic_.row_slot();
  // Rows of consecutive indices share a descriptor; a repeated row has its own.
  std::uint64_t* open = nullptr;
  unsigned next_target = 0, next_index = 0, count = 0;
  const auto control = [](unsigned target, unsigned index, unsigned rows_of, bool repeat) {
    return std::uint64_t{index} | std::uint64_t{rows_of} << 16U | std::uint64_t{target} << 32U |
           std::uint64_t{repeat ? 1U : 0U} << 40U;
  };
  unsigned first_index = 0;
  for (const RowWrite& row : rows) {
    if (used_slots_ == slots || (tail_ - done_) == mask) {
      flush();
      open = nullptr;
    }
    const std::size_t offset = used_slots_++ * nic_.row_slot();
    std::memcpy(static_cast<std::uint8_t*>(rows_.at) + offset, row.words.data(), 4 * row.words.size());
    if (open != nullptr && row.count == 1 && row.target == next_target && row.index == next_index) {
      open[1] = control(row.target, first_index, ++count, false);
      ++next_index;
      continue;
    }
    std::uint64_t* descriptor = static_cast<std::uint64_t*>(descriptors_.at) + std::size_t{2} * (tail_++ & mask);
    descriptor[0] = rows_.bus + offset;
    descriptor[1] = control(row.target, row.index, row.count, row.count > 1);
    open = row.count == 1 ? descriptor : nullptr;
    first_index = row.index;
    count = 1;
    next_target = row.target;
    next_index = row.index + 1;
  }
  flush();
}

}  // namespace portcullis::device
