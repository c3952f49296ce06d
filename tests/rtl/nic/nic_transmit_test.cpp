// pcl_nic, from host memory to the wires; both directions at once.
#include "nic_fixture.h"

namespace portcullis::test {
namespace {

class NicTransmit : public Nic {
 protected:
  /// Cuts `size` bytes into at most `most` segments.
  std::vector<unsigned> cut(std::size_t size, unsigned most) {
    std::vector<unsigned> segments;
    while (size > 0) {
      const auto next = segments.size() + 1 == most ? size : 1 + random_() % std::min<std::size_t>(size, 3000);
      segments.push_back(static_cast<unsigned>(next));
      size -= next;
    }
    return segments;
  }
  static Frame padded(Frame frame) {
    if (frame.size() < 60) frame.resize(60);
    return frame;
  }
};

TEST_F(NicTransmit, PacketsOfAnySizeAndAnySegmentsLeaveWholeAndInOrder) {
  random_.seed(seed_from_environment());
  for (unsigned round = 0; round < 3; ++round) {
    bench_ = std::make_unique<Bench>(static_cast<std::uint32_t>(random_()));
    bench_->axi().behaviour.rest_percent = round * 20;
    bench_->axi().behaviour.mix_reads = round > 0;
    bench_->axi().behaviour.read_latency = 6 + 15 * round;
    bench_->set_stalls(0, round * 20);
    std::vector<std::unique_ptr<Transmit>> queues;
    std::vector<std::uint64_t> areas;
    std::vector<std::uint64_t> used(Bench::kQueues);
    for (unsigned q = 0; q < Bench::kQueues; ++q) {
      queues.push_back(std::make_unique<Transmit>(*bench_, q, 5));
      queues.back()->enable();
      areas.push_back(bench_->allocate(6U << 20U, 4096));
    }
    std::vector<std::map<unsigned, std::deque<Frame>>> expected(Bench::kPorts);  // by port, by queue
    std::vector<std::size_t> seen(Bench::kPorts);
    std::size_t left = 0, packets = 0, bytes = 0;
    constexpr unsigned wanted = 250;
    while (packets < wanted || left > 0) {
      const unsigned q = static_cast<unsigned>(random_() % Bench::kQueues);
      bool rung = false;
      while (packets < wanted && queues[q]->free() >= 8 && random_() % 3 != 0) {
        Frame frame = noise(random_() % 5 == 0 ? 1 + random_() % 9728 : 20 + random_() % 200);
        frame[0] = static_cast<std::uint8_t>(q);
        const unsigned port = static_cast<unsigned>(random_() % Bench::kPorts);
        const unsigned gap = static_cast<unsigned>(random_() % 100);
        if (used[q] > (5U << 20U)) used[q] = random_() % 64;
        queues[q]->put_packet(frame, port, cut(frame.size(), 8), areas[q] + used[q], gap);
        used[q] += frame.size() + 8 * gap + random_() % 64;
        bytes += frame.size();
        expected[port][q].push_back(padded(frame));
        ++packets;
        ++left;
        rung = true;
      }
      if (rung) queues[q]->ring();
      bench_->run(1 + random_() % 60);
      for (unsigned p = 0; p < Bench::kPorts; ++p) {
        auto& frames = bench_->received(p);
        // The last one may still be growing.
        while (seen[p] < frames.size()) {
          auto& waiting = expected[p][frames[seen[p]][0] % Bench::kQueues];
          if (frames[seen[p]].size() < (waiting.empty() ? 0 : waiting.front().size())) break;
          ASSERT_FALSE(waiting.empty());
          ASSERT_EQ(frames[seen[p]], waiting.front());
          waiting.pop_front();
          ++seen[p];
          --left;
        }
      }
      ASSERT_LT(bench_->clocks() - bench_->last_movement(), 3000U) << left << " packets are missing";
    }
    bench_->run_until_quiet();
    std::uint64_t sent = 0, sent_bytes = 0, by_port = 0;
    for (unsigned q = 0; q < Bench::kQueues; ++q) {
      sent += queue_counter(PCL_QUEUE_COUNTERS_TRANSMITTED_LO, q);
      sent_bytes += queue_counter(PCL_QUEUE_COUNTERS_TRANSMITTED_BYTES_LO, q);
      EXPECT_EQ(queues[q]->head(), queues[q]->tail());
      EXPECT_EQ(bench_->read(queues[q]->reg(PCL_TRANSMIT_HEAD)), queues[q]->tail());
      EXPECT_EQ(bench_->read(queues[q]->reg(PCL_TRANSMIT_ERROR)), 0U);
    }
    for (unsigned p = 0; p < Bench::kPorts; ++p) by_port += port_counter(PCL_PORT_COUNTERS_TRANSMITTED_LO, p);
    EXPECT_EQ(sent, packets);
    EXPECT_EQ(by_port, packets);
    EXPECT_EQ(sent_bytes, bytes);
  }
}

TEST_F(NicTransmit, ForwardedFramesAndPacketsOfTheHostShareAWireInTurn) {
  if (Bench::kPorts < 2) GTEST_SKIP() << "needs two ports";
  load_all(kPermit);
  Transmit queue(*bench_, 0, 8);
  queue.enable();
  constexpr unsigned frames = 100;
  const std::uint64_t area = bench_->allocate(frames * 512);
  for (unsigned i = 0; i < frames; ++i) {
    Frame frame = noise(300);
    frame[0] = 0xAA;
    queue.put_packet(frame, 0, {300}, area + 512 * i, 0);
    Frame forwarded = udp(300, 5000, 1);
    forwarded[0] = 0xBB;
    bench_->send(1, forwarded);
  }
  queue.ring();
  bench_->run_until_quiet();
  const auto& out = bench_->received(0);
  ASSERT_EQ(out.size(), 2 * frames);
  unsigned changes = 0;
  for (std::size_t i = 1; i < out.size(); ++i) changes += out[i][0] != out[i - 1][0];
  EXPECT_GT(changes, frames) << "they alternate while both have frames";
}

TEST_F(NicTransmit, AWireThatIsHeldUpHoldsUpOnlyItsOwnPackets) {
  if (Bench::kPorts < 2) GTEST_SKIP() << "needs two ports";
  Transmit stuck(*bench_, 0, 8), free(*bench_, 1, 8);
  stuck.enable();
  free.enable();
  bench_->close_sink(0);
  const std::uint64_t area = bench_->allocate(2U << 20U);
  for (unsigned i = 0; i < 100; ++i) {
    stuck.put_packet(noise(1500), 0, {1500}, area + 4096 * i, 0);
    free.put_packet(noise(1500), 1, {1500}, area + 4096 * i + 2048, 0);
  }
  stuck.ring();
  free.ring();
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->received(1).size(), 100U);
  EXPECT_LT(stuck.head(), 100U);
  bench_->close_sink(0, false);
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->received(0).size(), 100U);
}

TEST_F(NicTransmit, BothDirectionsAtOnceLoseNothing) {
  random_.seed(seed_from_environment());
  load_all(kPermit);
  set_endpoint(0);
  Receive receive(*bench_, 0, 8, 1024, 5);
  receive.enable();
  receive.fill();
  Transmit transmit(*bench_, 0, 8);
  transmit.enable();
  bench_->axi().behaviour.rest_percent = 10;
  const std::uint64_t area = bench_->allocate(4U << 20U);
  std::deque<Frame> expected_up;
  std::vector<Frame> sent_down;
  std::size_t up = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const Frame frame = udp(60 + random_() % 3000, 5000);
    bench_->send(0, frame);
    expected_up.push_back(frame);
    Frame down = noise(60 + random_() % 3000);
    if (transmit.free() >= 2) {
      const auto first = static_cast<unsigned>(1 + random_() % (down.size() - 1));
      transmit.put_packet(down, 0, {first, static_cast<unsigned>(down.size()) - first}, area + 16384 * i, 11);
      transmit.ring();
      sent_down.push_back(down);
    }
    while (bench_->waiting(0) > 0) bench_->run(20);
    bench_->run(60 + 3000 / Bench::kBytes * 2);
    for (const ReceivedPacket& packet : receive.poll()) {
      ASSERT_EQ(packet.bytes, expected_up.front());
      expected_up.pop_front();
      ++up;
    }
    receive.fill();
  }
  bench_->run_until_quiet();
  up += receive.poll().size();
  EXPECT_EQ(up, 200U);
  EXPECT_EQ(bench_->received(0), sent_down);
}

TEST_F(NicTransmit, SendsSmallPacketsInFewClocks) {
  Transmit queue(*bench_, 0, 9);
  queue.enable();
  constexpr unsigned packets = 400;
  const std::uint64_t area = bench_->allocate(packets * 64);
  for (unsigned i = 0; i < packets; ++i) queue.put_packet(noise(60), 0, {60}, area + 64 * i, 0);
  queue.ring();
  const std::uint64_t start = bench_->clocks();
  while (bench_->received(0).size() < packets && bench_->clocks() < start + 20000) bench_->clock();
  const double clocks = static_cast<double>(bench_->clocks() - start) / packets;
  std::cout << "transmit: " << clocks << " clocks per packet of 60 bytes\n";
  RecordProperty("clocks_per_packet", std::to_string(clocks));
  EXPECT_EQ(bench_->received(0).size(), packets);
  EXPECT_LT(clocks, 10.0);
}

}  // namespace
}  // namespace portcullis::test
