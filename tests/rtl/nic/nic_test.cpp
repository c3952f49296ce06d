// pcl_nic: frames from the wires into host memory and back.
#include "nic_fixture.h"

namespace portcullis::test {
namespace {

TEST_F(Nic, TellsWhatItIs) {
  Bench& bench = *bench_;
  EXPECT_EQ(bench.read(PCL_NIC_MAGIC), PCL_NIC_MAGIC_VALUE_RESET);
  EXPECT_EQ(bench.read(PCL_NIC_VERSION), 0x10000U);
  EXPECT_EQ(bench.read(PCL_NIC_QUEUES), Bench::kQueues);
  EXPECT_EQ(bench.read(PCL_NIC_DMA_WIDTH), 8 * Bench::kBytes);
  EXPECT_EQ(bench.read(PCL_NIC_MAX_FRAME), 9728U);
  EXPECT_EQ(bench.read(PCL_MAGIC), PCL_MAGIC_VALUE_RESET);
  const std::uint64_t then = bench.read64(PCL_NIC_TIME_LO);
  bench.run(100);
  EXPECT_GT(bench.read64(PCL_NIC_TIME_LO), then + 100);
}

TEST_F(Nic, DeliversAFrameToHostMemory) {
  load_all(kPermit | mark(0xC0FFEE));
  set_endpoint(0);
  Receive queue(*bench_, 0, 3, 2048);
  queue.enable();
  queue.fill();
  const Frame frame = udp(100, 5000);
  bench_->send(0, frame);
  bench_->run_until_quiet();
  const auto packets = queue.poll();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].bytes, frame);
  EXPECT_EQ(packets[0].last.mark(), 0xC0FFEEU);
  EXPECT_EQ(packets[0].last.rule(), 5U);
  EXPECT_TRUE(packets[0].last.hit());
  EXPECT_TRUE(packets[0].last.permit());
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_DELIVERED_LO, 0), 1U);
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_DELIVERED_BYTES_LO, 0), 100U);
  EXPECT_EQ(bench_->read(queue.reg(PCL_RECEIVE_HEAD)), 1U);
}

TEST_F(Nic, SendsAPacketFromHostMemory) {
  Transmit queue(*bench_, 0, 3);
  queue.enable();
  const Frame frame = noise(100);
  queue.put_packet(frame, 0, {100}, bench_->allocate(4096) + 7, 0);
  queue.ring();
  bench_->run_until_quiet();
  ASSERT_EQ(bench_->received(0).size(), 1U);
  EXPECT_EQ(bench_->received(0)[0], frame);
  EXPECT_EQ(queue.head(), 1U);
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_TRANSMITTED_LO, 0), 1U);
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_TRANSMITTED_BYTES_LO, 0), 100U);
}

}  // namespace
}  // namespace portcullis::test
