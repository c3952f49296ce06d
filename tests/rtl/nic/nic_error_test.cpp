// pcl_nic when software or host memory gets something wrong: the queue that met it stops, everything else goes on.
#include "nic_fixture.h"

namespace portcullis::test {
namespace {

enum : std::uint32_t {
  kConfiguration = 1,
  kIndex = 2,
  kDescriptorRead = 4,
  kData = 8,
  kReport = 16,
  kLength = 32,
  kPort = 64,
  kPartial = 128
};
constexpr std::uint64_t kNowhere = 0x7FFF'0000'0000;

class NicErrors : public Nic {
 protected:
  NicErrors() {
    Actions actions;
    for (unsigned r = 0; r < kPolicyRules; ++r) actions[r] = to_queue(r % Bench::kQueues);
    load(actions);
    for (unsigned q = 0; q < 2; ++q) {
      receive_.push_back(std::make_unique<Receive>(*bench_, q, 4, 512));
      transmit_.push_back(std::make_unique<Transmit>(*bench_, q, 4));
      restart(q);
    }
    area_ = bench_->allocate(16384, 4096);
  }
  void restart(unsigned q) {
    receive_[q]->disable();
    transmit_[q]->disable();
    receive_[q]->enable();
    receive_[q]->fill();
    transmit_[q]->enable();
  }
  std::uint32_t receive_error(unsigned q) { return bench_->read(receive_[q]->reg(PCL_RECEIVE_ERROR)); }
  std::uint32_t transmit_error(unsigned q) { return bench_->read(transmit_[q]->reg(PCL_TRANSMIT_ERROR)); }
  /// A frame to the queue and a packet from it get through.
  void expect_working(unsigned q) {
    SCOPED_TRACE(q);
    receive_[q]->poll();
    receive_[q]->fill();
    const Frame frame = udp(700, 1000 * q);
    bench_->send(0, frame);
    bench_->run_until_quiet();
    const auto packets = receive_[q]->poll();
    ASSERT_EQ(packets.size(), 1U);
    EXPECT_EQ(packets[0].bytes, frame);
    bench_->received(0).clear();
    const Frame out = noise(123);
    transmit_[q]->put_packet(out, 0, {100, 23}, area_, 5);
    transmit_[q]->ring();
    bench_->run_until_quiet();
    EXPECT_THAT(bench_->received(0), testing::ElementsAre(out));
    EXPECT_EQ(receive_error(q), 0U);
    EXPECT_EQ(transmit_error(q), 0U);
  }
  /// The error stopped queue 1 alone, it is told as an event, and the queue starts again.
  void expect_stopped_and_restart(bool of_receive, std::uint32_t error) {
    bench_->run_until_quiet();
    if (of_receive) {
      EXPECT_EQ(receive_error(1), error);
      EXPECT_EQ(bench_->read(receive_[1]->reg(PCL_RECEIVE_CONTROL)), 0U);
      EXPECT_EQ(bench_->read(receive_[1]->reg(PCL_RECEIVE_STATUS)), 0U);
    } else {
      EXPECT_EQ(transmit_error(1), error);
      EXPECT_EQ(bench_->read(transmit_[1]->reg(PCL_TRANSMIT_CONTROL)), 0U);
      EXPECT_EQ(bench_->read(transmit_[1]->reg(PCL_TRANSMIT_STATUS)), 0U);
    }
    EXPECT_EQ(bench_->read(PCL_EVENT_CAUSE), of_receive ? 1U << 8U : 1U << 9U);
    bench_->write(PCL_EVENT_CAUSE, 0xFFFFFFFF);
    EXPECT_EQ(bench_->read(PCL_EVENT_CAUSE), 0U);
    expect_working(0);
    restart(1);
    expect_working(1);
  }

  std::vector<std::unique_ptr<Receive>> receive_;
  std::vector<std::unique_ptr<Transmit>> transmit_;
  std::uint64_t area_ = 0;
};

TEST_F(NicErrors, ReceiveBufferThatIsNotThere) {
  receive_[1]->disable();
  receive_[1]->enable();
  receive_[1]->post(4, kNowhere);
  for (unsigned i = 0; i < 3; ++i) bench_->send(0, udp(600, 1000));
  bench_->send(0, udp(600, 0));
  bench_->run_until_quiet();
  EXPECT_EQ(receive_[0]->poll().size(), 1U);
  EXPECT_TRUE(receive_[1]->poll().empty());
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_STOPPED_LO, 1), 3U);
  EXPECT_EQ(frames_accounted(0), 4U);
  expect_stopped_and_restart(true, kData);
}

TEST_F(NicErrors, ReceiveRingThatIsNotThere) {
  receive_[1]->disable();
  bench_->write64(receive_[1]->reg(PCL_RECEIVE_RING_BASE_LO), kNowhere);
  receive_[1]->enable();
  receive_[1]->post(4);
  bench_->run_until_quiet();
  EXPECT_EQ(receive_error(1), std::uint32_t{kDescriptorRead});
  bench_->write64(receive_[1]->reg(PCL_RECEIVE_RING_BASE_LO), receive_[1]->ring());
  expect_stopped_and_restart(true, kDescriptorRead);
}

TEST_F(NicErrors, CompletionRingThatIsNotThere) {
  receive_[1]->disable();
  const std::uint64_t right = bench_->read64(receive_[1]->reg(PCL_RECEIVE_COMPLETION_BASE_LO));
  bench_->write64(receive_[1]->reg(PCL_RECEIVE_COMPLETION_BASE_LO), kNowhere);
  receive_[1]->enable();
  receive_[1]->fill();
  for (unsigned i = 0; i < 3; ++i) bench_->send(0, udp(600, 1000));
  bench_->run_until_quiet();
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_STOPPED_LO, 1), 3U);
  bench_->write64(receive_[1]->reg(PCL_RECEIVE_COMPLETION_BASE_LO), right);
  expect_stopped_and_restart(true, kReport);
}

TEST_F(NicErrors, DoorbellBeyondTheRing) {
  bench_->write(receive_[1]->reg(PCL_RECEIVE_TAIL), 16);
  expect_stopped_and_restart(true, kIndex);
  bench_->write(transmit_[1]->reg(PCL_TRANSMIT_TAIL), 0x10001);
  expect_stopped_and_restart(false, kIndex);
}

TEST_F(NicErrors, SetUpOutOfRange) {
  receive_[1]->disable();
  bench_->write(receive_[1]->reg(PCL_RECEIVE_RING_SIZE), 2);
  bench_->write(receive_[1]->reg(PCL_RECEIVE_CONTROL), 1);
  EXPECT_EQ(receive_error(1), std::uint32_t{kConfiguration});
  EXPECT_EQ(bench_->read(receive_[1]->reg(PCL_RECEIVE_STATUS)), 0U);
  bench_->write(receive_[1]->reg(PCL_RECEIVE_RING_SIZE), 4);
  bench_->write(receive_[1]->reg(PCL_RECEIVE_BUFFER_SIZE), 63);
  bench_->write(receive_[1]->reg(PCL_RECEIVE_CONTROL), 1);
  EXPECT_EQ(receive_error(1), std::uint32_t{kConfiguration});
  bench_->write(receive_[1]->reg(PCL_RECEIVE_BUFFER_SIZE), 512);
  expect_stopped_and_restart(true, kConfiguration);
  // Set-up of a queue that runs is not written.
  bench_->write(receive_[1]->reg(PCL_RECEIVE_BUFFER_SIZE), 64);
  EXPECT_EQ(bench_->read(receive_[1]->reg(PCL_RECEIVE_BUFFER_SIZE)), 512U);
}

TEST_F(NicErrors, TransmitDataThatIsNotThere) {
  const Frame good = noise(200);
  transmit_[1]->put_packet(good, 0, {200}, area_, 0);
  transmit_[1]->put(area_, 100, 200, 0, false);
  transmit_[1]->put(kNowhere, 100, 0, 0, true);
  transmit_[1]->put_packet(noise(200), 0, {200}, area_ + 4096, 0);
  transmit_[1]->ring();
  bench_->run_until_quiet();
  EXPECT_THAT(bench_->received(0), testing::ElementsAre(good)) << "what is behind the bad packet does not leave";
  EXPECT_EQ(transmit_[1]->head(), 1U);
  expect_stopped_and_restart(false, kData);
}

TEST_F(NicErrors, TransmitLengthsThatDoNotAgree) {
  struct Try {
    unsigned first, second, packet;
  };
  for (const Try& lengths : {Try{100, 50, 151}, Try{100, 50, 149}, Try{100, 0, 100}, Try{0, 100, 100}, Try{100, 100, 0},
                             Try{5000, 4729, 9729}, Try{200, 1, 100}}) {
    SCOPED_TRACE(lengths.packet);
    transmit_[1]->put(area_, lengths.first, lengths.packet, 0, false);
    transmit_[1]->put(area_, lengths.second, 0, 0, true);
    transmit_[1]->ring();
    bench_->run_until_quiet();
    EXPECT_TRUE(bench_->received(0).empty());
    expect_stopped_and_restart(false, kLength);
    bench_->received(0).clear();
  }
}

TEST_F(NicErrors, TransmitPortThatDoesNotExistAndPacketThatIsCutOff) {
  transmit_[1]->put(area_, 100, 100, Bench::kPorts, true);
  transmit_[1]->ring();
  expect_stopped_and_restart(false, kPort);
  transmit_[1]->put(area_, 100, 200, 0, false);
  transmit_[1]->ring();
  expect_stopped_and_restart(false, kPartial);
  transmit_[1]->disable();
  const std::uint64_t right = bench_->read64(transmit_[1]->reg(PCL_TRANSMIT_HEAD_ADDRESS_LO));
  bench_->write64(transmit_[1]->reg(PCL_TRANSMIT_HEAD_ADDRESS_LO), kNowhere);
  transmit_[1]->enable();
  transmit_[1]->put(area_, 100, 100, 0, true);
  transmit_[1]->ring();
  bench_->run_until_quiet();
  bench_->write64(transmit_[1]->reg(PCL_TRANSMIT_HEAD_ADDRESS_LO), right);
  expect_stopped_and_restart(false, kReport);
}

TEST_F(NicErrors, QueuesStopAndStartAmongTraffic) {
  random_.seed(seed_from_environment());
  std::uint64_t sent = 0, received = 0;
  for (unsigned round = 0; round < 30; ++round) {
    for (unsigned i = 0; i < 12; ++i) bench_->send(0, udp(60 + random_() % 1200, 1000 * (i % 2)));
    sent += 12;
    bench_->run(random_() % 400);
    // Nothing of a stopped queue's memory is written any more: the pattern behind its completions stays.
    receive_[1]->disable();
    received += receive_[1]->poll().size();
    receive_[1]->enable();
    receive_[1]->fill();
    received += receive_[0]->poll().size();
    receive_[0]->fill();
  }
  bench_->run_until_quiet();
  received += receive_[0]->poll().size() + receive_[1]->poll().size();
  EXPECT_EQ(frames_accounted(0), sent);
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_DELIVERED_LO, 0), received);
  EXPECT_EQ(receive_error(0) | receive_error(1), 0U);
}

TEST_F(NicErrors, RandomWritesAndRandomErrorsNeverStopTheWires) {
  if (Bench::kPorts < 2) GTEST_SKIP() << "needs two ports";
  random_.seed(seed_from_environment());
  load_all(kPermit);
  set_endpoint(0);  // port 1 forwards to port 0
  bench_->axi().behaviour.mix_reads = true;
  std::size_t forwarded = 0;
  for (unsigned round = 0; round < 150; ++round) {
    bench_->axi().behaviour.read_error_percent = static_cast<unsigned>(random_() % 3) * 10;
    bench_->axi().behaviour.write_error_percent = static_cast<unsigned>(random_() % 3) * 10;
    bench_->axi().behaviour.rest_percent = static_cast<unsigned>(random_() % 50);
    for (unsigned i = 0; i < 20; ++i) {
      // Anywhere in the NIC's own blocks, more often in the rings, with values that mean something there now and then.
      static constexpr std::array<unsigned, 8> kBlocks = {0x1000, 0x1080, 0x1400, 0x1800,
                                                          0x3000, 0x3100, 0x4000, 0x4200};
      const unsigned address = kBlocks[random_() % 8] + 4 * static_cast<unsigned>(random_() % 128);
      const auto value = std::array<std::uint32_t, 6>{0,
                                                      1,
                                                      4,
                                                      static_cast<std::uint32_t>(random_() % 64),
                                                      static_cast<std::uint32_t>(area_ + random_() % 8192),
                                                      static_cast<std::uint32_t>(random_())}[random_() % 6];
      bench_->write(address, value);
      if (random_() % 4 == 0) bench_->read(0x1000 + 4 * static_cast<unsigned>(random_() % 0x1C00));
    }
    // Queues that work as far as they can, so that there is something to go wrong.
    for (unsigned q = 0; q < 2; ++q) {
      if (random_() % 3 == 0) bench_->write(receive_[q]->reg(PCL_RECEIVE_CONTROL), 1);
      if (random_() % 3 == 0) bench_->write(transmit_[q]->reg(PCL_TRANSMIT_CONTROL), 1);
      bench_->write(receive_[q]->reg(PCL_RECEIVE_TAIL), static_cast<std::uint32_t>(random_() % 16));
      bench_->write(transmit_[q]->reg(PCL_TRANSMIT_TAIL), static_cast<std::uint32_t>(random_() % 16));
    }
    bench_->received(0).clear();
    for (unsigned i = 0; i < 10; ++i) {
      bench_->send(0, udp(60 + random_() % 500, 5000));
      bench_->send(1, udp(60 + random_() % 500, 5000, 1));
      ++forwarded;
    }
    for (unsigned i = 0; bench_->waiting(0) + bench_->waiting(1) > 0; ++i) {
      ASSERT_LT(i, 5000U) << "a wire is held up";
      bench_->run(10);
    }
  }
  bench_->run(2000);
  bench_->axi().behaviour = {};
  // Then everything stops when asked to, and starts again.
  bench_->write(PCL_NIC_CONTROL, 1);
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->read(PCL_NIC_STATUS), 0U);
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_FRAMES_LO, 0), frames_accounted(0));
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_FRAMES_LO, 0), forwarded);
  EXPECT_GT(bench_->axi().errors_given(), 0U);
  for (unsigned p = 0; p < 2; ++p) bench_->write(port_reg(PCL_PORT_CONTROL, p), 3);
  bench_->write(PCL_PORT_MAX_FRAME, 9728);
  Actions actions;
  for (unsigned r = 0; r < kPolicyRules; ++r) actions[r] = to_queue(r % Bench::kQueues);
  load(actions);
  receive_.clear();
  transmit_.clear();
  for (unsigned q = 0; q < 2; ++q) {
    receive_.push_back(std::make_unique<Receive>(*bench_, q, 4, 512));
    transmit_.push_back(std::make_unique<Transmit>(*bench_, q, 4));
    restart(q);
    expect_working(q);
  }
}

}  // namespace
}  // namespace portcullis::test
