// pcl_nic: interrupt lines, moderation, links, and the table-load queue.
#include "nic_fixture.h"

namespace portcullis::test {
namespace {

class NicInterrupts : public Nic {
 protected:
  static unsigned interrupt_reg(unsigned address, unsigned queue) { return address + queue * PCL_INTERRUPT_STRIDE; }
  /// Clocks until the line is as wanted; gives up at `most`.
  unsigned clocks_until(unsigned line, bool high, unsigned most = 5000) {
    unsigned clocks = 0;
    while ((bench_->interrupts() >> line & 1U) != (high ? 1U : 0U) && clocks < most) {
      bench_->clock();
      ++clocks;
    }
    return clocks;
  }
};

TEST_F(NicInterrupts, EveryEventRaisesItsOwnLineAtOnceWithoutModeration) {
  load_all(to_queue(1));
  Receive receive(*bench_, 1, 4, 2048);
  Transmit transmit(*bench_, 1, 4);
  receive.enable();
  receive.fill();
  transmit.enable();
  bench_->send(0, udp(100, 5000));
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->interrupts(), 0U) << "nothing is enabled";
  bench_->write(interrupt_reg(PCL_INTERRUPT_ENABLE, 1), 3);
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->interrupts(), 0U) << "what came before is not remembered";
  bench_->send(0, udp(100, 5000));
  bench_->run_until_quiet();
  EXPECT_EQ(receive.poll().size(), 2U);
  EXPECT_EQ(bench_->interrupts(), 2U);
  EXPECT_EQ(bench_->read(PCL_EVENT_PENDING), 2U);
  EXPECT_EQ(bench_->read(interrupt_reg(PCL_INTERRUPT_CAUSE, 1)), 1U);
  bench_->write(interrupt_reg(PCL_INTERRUPT_CAUSE, 1), 1);
  EXPECT_EQ(bench_->interrupts(), 0U);
  transmit.put(bench_->allocate(64), 60, 60, 0, true);
  transmit.ring();
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->interrupts(), 2U);
  EXPECT_EQ(bench_->read(interrupt_reg(PCL_INTERRUPT_CAUSE, 1)), 2U);
}

TEST_F(NicInterrupts, ACompletionIsInMemoryBeforeItsInterrupt) {
  load_all(to_queue(0));
  Receive receive(*bench_, 0, 8, 2048);
  receive.enable();
  receive.fill();
  bench_->write(interrupt_reg(PCL_INTERRUPT_ENABLE, 0), 1);
  bench_->axi().behaviour.write_latency = 50;
  bench_->axi().behaviour.rest_percent = 30;
  for (unsigned i = 0; i < 50; ++i) {
    bench_->send(0, udp(60 + 10 * i, 5000));
    ASSERT_LT(clocks_until(0, true), 5000U);
    ASSERT_EQ(receive.poll().size(), 1U);
    bench_->write(interrupt_reg(PCL_INTERRUPT_CAUSE, 0), 3);
  }
}

TEST_F(NicInterrupts, ModerationCollectsByNumberAndByTime) {
  load_all(to_queue(0));
  Receive receive(*bench_, 0, 8, 2048);
  receive.enable();
  receive.fill();
  bench_->write(interrupt_reg(PCL_INTERRUPT_ENABLE, 0), 1);
  bench_->write(interrupt_reg(PCL_INTERRUPT_MODERATION, 0), 4U << 24U);
  for (unsigned i = 0; i < 3; ++i) bench_->send(0, udp(100, 5000));
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->interrupts(), 0U);
  bench_->send(0, udp(100, 5000));
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->interrupts(), 1U);
  bench_->write(interrupt_reg(PCL_INTERRUPT_CAUSE, 0), 1);
  EXPECT_EQ(bench_->interrupts(), 0U);
  EXPECT_EQ(receive.poll().size(), 4U);

  // 3000 clocks after the first of two, or the fourth.
  bench_->write(interrupt_reg(PCL_INTERRUPT_MODERATION, 0), 4U << 24U | 3000);
  bench_->send(0, udp(100, 5000));
  while (receive.poll().empty()) bench_->clock();
  bench_->send(0, udp(100, 5000));
  const unsigned waited = clocks_until(0, true);
  EXPECT_GE(waited, 2990U);
  EXPECT_LE(waited, 3010U);
  bench_->write(interrupt_reg(PCL_INTERRUPT_CAUSE, 0), 1);
  for (unsigned i = 0; i < 4; ++i) bench_->send(0, udp(100, 5000));
  EXPECT_LT(clocks_until(0, true), 1000U);
}

TEST_F(NicInterrupts, LinksAreToldWithTheirSpeed) {
  const unsigned line = Bench::kQueues;
  bench_->write(PCL_EVENT_ENABLE, 0xFF);
  EXPECT_EQ(bench_->read(PCL_PORT_STATUS), 1U);
  EXPECT_EQ(bench_->read(PCL_PORT_SPEED), 10000U);
  bench_->set_link(0, false, 0);
  bench_->run(10);
  EXPECT_EQ(bench_->interrupts(), 1U << line);
  EXPECT_EQ(bench_->read(PCL_EVENT_PENDING), 1U << 16U);
  EXPECT_EQ(bench_->read(PCL_EVENT_CAUSE), 1U);
  EXPECT_EQ(bench_->read(PCL_PORT_STATUS), 0U);
  bench_->write(PCL_EVENT_CAUSE, 1);
  bench_->run(4);
  EXPECT_EQ(bench_->interrupts(), 0U);
  bench_->set_link(0, true, 25000);
  bench_->run(10);
  EXPECT_EQ(bench_->interrupts(), 1U << line);
  EXPECT_EQ(bench_->read(PCL_PORT_SPEED), 25000U);
}

class NicTableLoad : public NicInterrupts {
 protected:
  static constexpr unsigned kLog2 = 6;
  NicTableLoad()
      : ring_(bench_->allocate(16U << kLog2)), head_(bench_->allocate(8, 8)), slot_(bench_->read(PCL_NIC_ROW_SLOT)) {
    bench_->write(PCL_TABLE_QUEUE_RING_SIZE, kLog2);
    bench_->write64(PCL_TABLE_QUEUE_RING_BASE_LO, ring_);
    bench_->write64(PCL_TABLE_QUEUE_HEAD_ADDRESS_LO, head_);
    start();
  }
  void start() {
    bench_->store(head_, std::uint64_t{0});
    tail_ = 0;
    bench_->write(PCL_TABLE_QUEUE_CONTROL, 1);
  }
  unsigned head() { return static_cast<unsigned>(bench_->load<std::uint64_t>(head_)); }
  void put(std::uint64_t address, unsigned target, unsigned index, unsigned count, bool repeat) {
    bench_->store(ring_ + 16ULL * tail_, address);
    bench_->store(ring_ + 16ULL * tail_ + 8, std::uint64_t{index} | std::uint64_t{count} << 16U |
                                                 std::uint64_t{target} << 32U | std::uint64_t{repeat} << 40U);
    tail_ = (tail_ + 1) % (1U << kLog2);
  }
  void ring() { bench_->write(PCL_TABLE_QUEUE_TAIL, tail_); }
  /// The policy's rows, a descriptor per run of indices; equal rows of a run as one that is repeated if `repeat`. Waits
  /// for the head.
  void load_by_dma(const Actions& actions, std::uint64_t default_action, bool repeat) {
    const std::vector<TableRow> rows = policy_rows(actions, default_action, kIntervals);
    const std::uint64_t area = bench_->allocate(rows.size() * slot_, 64);
    std::memset(bench_->at(area), 0, rows.size() * slot_);
    for (std::size_t i = 0; i < rows.size(); ++i)
      std::memcpy(bench_->at(area + i * slot_), rows[i].low_words.data(), 16);
    for (std::size_t i = 0; i < rows.size();) {
      std::size_t end = i + 1;
      const bool equal =
          repeat && end < rows.size() && rows[end].target == rows[i].target && rows[end].low_words == rows[i].low_words;
      while (end < rows.size() && rows[end].target == rows[i].target &&
             (!equal || rows[end].low_words == rows[i].low_words) &&
             (equal || !repeat || end + 1 == rows.size() || rows[end].low_words != rows[end + 1].low_words ||
              rows[end].target != rows[end + 1].target))
        ++end;
      put(area + i * slot_, rows[i].target, rows[i].index, static_cast<unsigned>(end - i), equal);
      i = end;
      if ((tail_ + 1) % (1U << kLog2) == head()) throw std::runtime_error("the ring is too short for the policy");
    }
    ring();
    for (unsigned i = 0; head() != tail_; ++i) {
      if (i > 20000) throw std::runtime_error("the table load did not end");
      bench_->clock();
    }
  }

  std::uint64_t ring_, head_;
  unsigned slot_, tail_ = 0;
};

TEST_F(NicTableLoad, RowsFromHostMemoryMakeThePolicy) {
  for (const bool repeat : {false, true}) {
    SCOPED_TRACE(repeat);
    Actions actions;
    for (unsigned r = 0; r < kPolicyRules; ++r) actions[r] = to_queue(repeat ? r % 2 : (r / 2) % 2) | mark(1000 + r);
    const std::uint64_t start = bench_->clocks();
    load_by_dma(actions, kDrop, repeat);
    std::cout << "table load: " << bench_->clocks() - start << " clocks for "
              << policy_rows(actions, kDrop, kIntervals).size() << " rows\n";
    EXPECT_EQ(bench_->read(PCL_ERRORS), 0U);
    EXPECT_EQ(bench_->read(PCL_EVENT_CAUSE) & 1U << 11U, 1U << 11U);
    bench_->write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
    Receive first(*bench_, 0, 6, 2048), second(*bench_, 1, 6, 2048);
    first.enable();
    first.fill();
    second.enable();
    second.fill();
    for (unsigned r = 0; r < 15; ++r) bench_->send(0, udp(80, 1000 * r));
    bench_->run_until_quiet();
    unsigned seen = 0;
    for (Receive* queue : {&first, &second}) {
      for (const ReceivedPacket& packet : queue->poll()) {
        EXPECT_EQ(packet.last.mark(), 1000 + packet.last.rule());
        seen |= 1U << packet.last.rule();
      }
      queue->disable();
    }
    EXPECT_EQ(seen, 0x7FFFU);
  }
}

TEST_F(NicTableLoad, RowsThatDoNotExistAreToldByTheFilterAndErrorsStopTheQueue) {
  const std::uint64_t rows = bench_->allocate(64 * slot_, 4096);
  put(rows, 0x3F, 0, 4, false);
  ring();
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->read(PCL_ERRORS), std::uint32_t{PCL_ERRORS_LOAD_TARGET_MASK});
  EXPECT_EQ(head(), 1U);
  put(rows, 0x18, 0, 0, false);
  ring();
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->read(PCL_TABLE_QUEUE_ERROR), 1U << 5U);
  EXPECT_EQ(bench_->read(PCL_TABLE_QUEUE_STATUS), 0U);
  start();
  put(0x7FFF'0000'0000, 0x18, 0, 16, false);
  ring();
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->read(PCL_TABLE_QUEUE_ERROR), 1U << 3U);
  EXPECT_EQ(bench_->read(PCL_TABLE_QUEUE_STATUS), 0U);
  EXPECT_EQ(head(), 0U);
  start();
  put(rows, 0x18, 0, 16, true);
  ring();
  bench_->run_until_quiet();
  EXPECT_EQ(head(), 1U);
  EXPECT_EQ(bench_->read(PCL_TABLE_QUEUE_ERROR), 0U);
}

}  // namespace
}  // namespace portcullis::test
