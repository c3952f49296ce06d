// pcl_nic, from the wires to host memory: data, spreading, what is told about packets, and what is dropped.
#include "nic_fixture.h"
#include "packet_builder.h"

namespace portcullis::test {
namespace {

class NicReceive : public Nic {
 protected:
  /// All queues, buffers of these sizes, with their descriptors handed over.
  void open_queues(unsigned log2, const std::vector<unsigned>& buffers, unsigned misalign = 0) {
    for (unsigned q = 0; q < Bench::kQueues; ++q) {
      queues_.push_back(std::make_unique<Receive>(*bench_, q, log2, buffers[q % buffers.size()], misalign * (q + 1)));
      queues_.back()->enable();
      queues_.back()->fill();
    }
  }
  void set_key(unsigned port, const std::array<std::uint8_t, 40>& key) {
    for (unsigned w = 0; w < 10; ++w) {
      std::uint32_t word;
      std::memcpy(&word, key.data() + 4 * w, 4);
      bench_->write(port_reg(PCL_PORT_RSS_KEY, port) + 4 * w, word);
    }
  }
  void set_rss(unsigned port, unsigned types) {
    bench_->write(port_reg(PCL_PORT_CONTROL, port), 0b11011);
    bench_->write(port_reg(PCL_PORT_RSS_TYPES, port), types);
  }
  /// Sends a frame and returns it as it was received, from whichever queue.
  ReceivedPacket through(const Frame& frame, unsigned port = 0) {
    bench_->send(port, frame);
    bench_->run_until_quiet();
    for (unsigned q = 0; q < queues_.size(); ++q) {
      auto packets = queues_[q]->poll();
      if (packets.empty()) continue;
      queues_[q]->fill();
      queue_ = q;
      EXPECT_EQ(packets.size(), 1U);
      EXPECT_EQ(packets[0].bytes, frame);
      return packets[0];
    }
    std::string counts;
    for (const unsigned fate : kFates) counts += " " + std::to_string(port_counter(fate, port));
    ADD_FAILURE() << "the frame of " << frame.size() << " bytes was not delivered; " << counts;
    return {};
  }
  Bytes random_bytes(std::size_t size) { return noise(size); }

  std::vector<std::unique_ptr<Receive>> queues_;
  unsigned queue_ = 0;
};

TEST_F(NicReceive, FramesOfAnySizeArriveWholeInOrderInScatteredBuffers) {
  random_.seed(seed_from_environment());
  Actions actions;
  for (unsigned r = 0; r < kPolicyRules; ++r) actions[r] = to_queue(r % Bench::kQueues) | mark(r);
  for (unsigned round = 0; round < 4; ++round) {
    bench_ = std::make_unique<Bench>(static_cast<std::uint32_t>(random_()));
    queues_.clear();
    for (unsigned p = 0; p < Bench::kPorts; ++p) bench_->write(port_reg(PCL_PORT_CONTROL, p), 1);
    load(actions);
    const unsigned misalign = round == 0 ? 0 : static_cast<unsigned>(random_() % 70);
    std::vector<unsigned> buffers;
    for (unsigned i = 0; i < 4; ++i)
      buffers.push_back(round == 0 ? 2048 : 64 + static_cast<unsigned>(random_() % 4000));
    open_queues(8, buffers, misalign);
    bench_->axi().behaviour.rest_percent = round * 15;
    bench_->axi().behaviour.mix_reads = round > 1;
    bench_->axi().behaviour.read_latency = 5 + 20 * round;
    std::map<std::pair<unsigned, unsigned>, std::deque<Frame>> expected;  // by queue and ingress
    std::size_t missing = 0;
    constexpr unsigned frames = 250;
    for (unsigned sent = 0; sent < frames || missing > 0;) {
      // No more under way than the receive buffer and the rings hold.
      if (sent < frames && missing < 1 + random_() % 2) {
        const unsigned port = static_cast<unsigned>(random_() % Bench::kPorts);
        const unsigned rule = static_cast<unsigned>(random_() % 15);
        const std::size_t size = random_() % 4 == 0 ? 60 + random_() % 9541 : 60 + random_() % 300;
        const Frame frame = udp(size, 1000 * rule, port);
        bench_->send(port, frame);
        expected[{rule % Bench::kQueues, port}].push_back(frame);
        ++sent;
        ++missing;
      }
      bench_->run(1 + random_() % 40);
      for (unsigned q = 0; q < Bench::kQueues; ++q) {
        for (const ReceivedPacket& packet : queues_[q]->poll()) {
          auto& waiting = expected[{q, packet.last.ingress()}];
          ASSERT_FALSE(waiting.empty());
          ASSERT_EQ(packet.bytes, waiting.front());
          ASSERT_TRUE(packet.last.queue_by_rule());
          waiting.pop_front();
          --missing;
        }
        queues_[q]->fill();
      }
      ASSERT_LT(bench_->clocks() - bench_->last_movement(), 2000U) << missing << " frames are missing";
    }
    std::uint64_t delivered = 0;
    for (unsigned p = 0; p < Bench::kPorts; ++p) {
      delivered += port_counter(PCL_PORT_COUNTERS_DELIVERED_LO, p);
      EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_FRAMES_LO, p), frames_accounted(p));
    }
    EXPECT_EQ(delivered, frames);
  }
}

TEST_F(NicReceive, HashesTheVerificationVectorsOfTheRssSpecification) {
  load_all(kPermit);
  set_endpoint(0);
  set_key(0, kVerificationKey);
  set_rss(0, 0x3F);
  for (unsigned i = 0; i < 128; ++i) bench_->write(port_reg(PCL_PORT_RSS_TABLE, 0) + 4 * i, (i * 7) % Bench::kQueues);
  open_queues(3, {2048});
  struct Vector {
    Bytes source, destination;
    unsigned source_port, destination_port;
    std::uint32_t addresses, tcp;
  };
  const std::vector<Vector> vectors = {
      {{66, 9, 149, 187}, {161, 142, 100, 80}, 2794, 1766, 0x323e8fc2, 0x51ccc178},
      {{199, 92, 111, 2}, {65, 69, 140, 83}, 14230, 4739, 0xd718262a, 0xc626b0ea},
      {{24, 19, 198, 95}, {12, 22, 207, 184}, 12898, 38024, 0xd2d0a5de, 0x5c2b394a},
      {{38, 27, 205, 30}, {209, 142, 163, 6}, 48228, 2217, 0x82989176, 0xafc7327f},
      {{153, 39, 163, 191}, {202, 188, 127, 2}, 44251, 1303, 0x5d1809c5, 0x10e828a2},
      {{0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 7},
       {0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1},
       2794,
       1766,
       0x2cc18cd5,
       0x40207d3d},
      {{0x3f, 0xfe, 0x05, 0x01, 0, 8, 0, 0, 0x02, 0x60, 0x97, 0xff, 0xfe, 0x40, 0xef, 0xab},
       {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
       14230,
       4739,
       0x0f0c461c,
       0xdde51bbf},
      {{0x3f, 0xfe, 0x19, 0x00, 0x45, 0x45, 0, 3, 0x02, 0x00, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf},
       {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x02, 0x00, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf},
       44251,
       38024,
       0x4b61e985,
       0x02d1feef}};
  for (const Vector& vector : vectors) {
    PacketPlan plan;
    plan.v6 = vector.source.size() == 16;
    plan.source = vector.source;
    plan.destination = vector.destination;
    plan.source_port = vector.source_port;
    plan.destination_port = vector.destination_port;
    plan.protocol = 6;
    const ReceivedPacket tcp = through(build(plan, random_));
    EXPECT_EQ(tcp.last.hash(), vector.tcp);
    EXPECT_EQ(tcp.last.hash_type(), plan.v6 ? 5U : 2U);
    EXPECT_EQ(queue_, ((vector.tcp & 127) * 7) % Bench::kQueues);
    plan.protocol = 47;  // no ports
    plan.payload = random_bytes(40);
    const ReceivedPacket other = through(build(plan, random_));
    EXPECT_EQ(other.last.hash(), vector.addresses);
    EXPECT_EQ(other.last.hash_type(), plan.v6 ? 4U : 1U);
    EXPECT_EQ(queue_, ((vector.addresses & 127) * 7) % Bench::kQueues);
  }
}

// As close as a bus can bring them: IPv4 headers alone, whose hash takes a narrow bus as many clocks as they have
// beats, and between them frames of one beat or two that have no hash.
TEST_F(NicReceive, HashesTheSmallestFramesBackToBack) {
  random_.seed(seed_from_environment());
  load_all(kPermit);
  set_endpoint(0);
  set_key(0, kVerificationKey);
  set_rss(0, 0x3F);
  for (unsigned i = 0; i < 128; ++i) bench_->write(port_reg(PCL_PORT_RSS_TABLE, 0) + 4 * i, 0);
  open_queues(6, {256});
  std::vector<Frame> frames;
  std::vector<std::uint32_t> hashes;
  for (unsigned i = 0; i < 40; ++i) {
    PacketPlan plan;
    plan.protocol = 47;
    plan.source = random_bytes(4);
    plan.destination = random_bytes(4);
    Frame frame = build(plan, random_);
    frame.resize(34);
    hashes.push_back(0);
    if (i % 4 == 3) {
      frame.resize(14 + random_() % 10);
      frame[12] = 0x88;  // LLDP
      frame[13] = 0xCC;
    } else {
      Bytes input = plan.source;
      append(input, plan.destination);
      hashes.back() = toeplitz(kVerificationKey, input);
    }
    frames.push_back(frame);
  }
  for (const Frame& frame : frames) bench_->send(0, frame);
  bench_->run_until_quiet();
  const auto packets = queues_[0]->poll();
  ASSERT_EQ(packets.size(), frames.size());
  for (unsigned i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(packets[i].bytes, frames[i]) << i;
    EXPECT_EQ(packets[i].last.hash(), hashes[i]) << i;
    EXPECT_EQ(packets[i].last.hash_type(), i % 4 == 3 ? 0U : 1U) << i;
  }
}

TEST_F(NicReceive, TellsKindHashAndChecksumsOfRandomPackets) {
  random_.seed(seed_from_environment());
  load_all(kPermit);
  set_endpoint(0);
  std::array<std::uint8_t, 40> key;
  for (auto& byte : key) byte = static_cast<std::uint8_t>(random_());
  set_key(0, key);
  open_queues(4, {1000}, 3);
  for (unsigned i = 0; i < 300; ++i) {
    const unsigned types = static_cast<unsigned>(random_() % 64);
    set_rss(0, types);
    PacketPlan plan;
    plan.v6 = random_() % 2;
    plan.source = random_bytes(plan.v6 ? 16 : 4);
    plan.destination = random_bytes(plan.v6 ? 16 : 4);
    if (plan.v6) plan.source[0] = plan.destination[0] = 0x20;
    plan.source_port = static_cast<unsigned>(random_() % 65536);
    plan.destination_port = static_cast<unsigned>(random_() % 65536);
    plan.protocol = std::array<std::uint8_t, 3>{6, 17, 47}[random_() % 3];
    for (unsigned t = static_cast<unsigned>(random_() % 3); t > 0; --t)
      plan.tags.push_back(static_cast<unsigned>(random_() % 65536));
    plan.options = plan.v6 ? 0 : static_cast<unsigned>(random_() % 11);
    plan.fragment = !plan.v6 && random_() % 8 == 0 ? 0x2000 : 0;
    plan.payload = random_bytes(random_() % 3 == 0 ? random_() % 9000 : random_() % 120);
    plan.padding = static_cast<unsigned>(random_() % 4) * static_cast<unsigned>(random_() % 30);
    plan.zero_udp_checksum = !plan.v6 && plan.protocol == 17 && random_() % 8 == 0;
    Frame frame = build(plan, random_);
    const bool ports = plan.protocol != 47;
    const bool whole = plan.fragment == 0;
    const std::size_t l3 = 14 + 4 * plan.tags.size();
    const std::size_t l4 = l3 + (plan.v6 ? 40 : 20 + 4 * plan.options);
    const bool bad_ip = !plan.v6 && random_() % 4 == 0;
    if (bad_ip) frame[l3 + 8] = static_cast<std::uint8_t>(frame[l3 + 8] ^ (1U << random_() % 8));
    const bool bad_l4 = ports && random_() % 4 == 0;
    if (bad_l4) frame[l4 + random_() % 4] ^= 1;  // a port: the parser does not mind
    if (bad_l4) {
      plan.source_port = frame[l4] << 8U | frame[l4 + 1];
      plan.destination_port = frame[l4 + 2] << 8U | frame[l4 + 3];
    }

    const ReceivedPacket packet = through(frame);
    const Completion& told = packet.last;
    EXPECT_EQ(told.vlan_tags(), plan.tags.size());
    EXPECT_EQ(told.vlan(), plan.tags.empty() ? 0 : plan.tags[0]);
    EXPECT_EQ(told.l3(), plan.v6 ? 2U : 1U);
    EXPECT_EQ(told.l3_more(), plan.options != 0);
    EXPECT_EQ(told.fragment(), !whole);
    EXPECT_EQ(told.l4(), !whole || !ports ? 0U : plan.protocol == 6 ? 1U : 2U);
    EXPECT_EQ(told.ip_checksum(), plan.v6 ? 0U : bad_ip ? 2U : 1U);
    EXPECT_EQ(told.l4_checksum(), !whole || !ports || plan.zero_udp_checksum ? 0U : bad_l4 ? 2U : 1U) << "packet " << i;
    const bool tcp_on = types & (plan.v6 ? 16 : 2), udp_on = types & (plan.v6 ? 32 : 4),
               addresses_on = types & (plan.v6 ? 8 : 1);
    const bool with_ports = whole && ((plan.protocol == 6 && tcp_on) || (plan.protocol == 17 && udp_on));
    unsigned type = 0;
    std::uint32_t hash = 0;
    if (with_ports || addresses_on) {
      Bytes input = plan.source;
      append(input, plan.destination);
      if (with_ports) {
        append(input, big16(plan.source_port));
        append(input, big16(plan.destination_port));
      }
      hash = toeplitz(key, input);
      type = (plan.v6 ? 4U : 1U) + (!with_ports ? 0U : plan.protocol == 6 ? 1U : 2U);
    }
    EXPECT_EQ(told.hash_type(), type);
    EXPECT_EQ(told.hash(), hash);
    ASSERT_FALSE(HasFailure()) << "packet " << i;
  }
}

TEST_F(NicReceive, TellsRuleMarkIngressAndTime) {
  Actions actions{};
  actions[1] = kPermit | mark(0xABCD1234);
  actions[2] = to_queue(Bench::kQueues - 1);
  actions[3] = kDrop | kMirror | mark(7);
  actions[4] = kPermit | kMirror;
  load(actions);
  for (unsigned p = 0; p < Bench::kPorts; ++p) set_endpoint(p);
  open_queues(3, {2048});
  const unsigned port = Bench::kPorts - 1;
  std::uint64_t before = bench_->read64(PCL_NIC_TIME_LO);
  const ReceivedPacket marked = through(udp(100, 1000), port);
  EXPECT_EQ(marked.last.mark(), 0xABCD1234U);
  EXPECT_TRUE(marked.last.mark_valid());
  EXPECT_TRUE(marked.last.hit());
  EXPECT_EQ(marked.last.rule(), 1U);
  EXPECT_EQ(marked.last.ingress(), port);
  EXPECT_EQ(marked.last.cause(), 0U);
  EXPECT_EQ(queue_, 0U);
  EXPECT_GT(marked.last.timestamp(), before);
  EXPECT_LT(marked.last.timestamp(), bench_->read64(PCL_NIC_TIME_LO));
  const ReceivedPacket steered = through(udp(100, 2000), port);
  EXPECT_TRUE(steered.last.queue_by_rule());
  EXPECT_FALSE(steered.last.mark_valid());
  EXPECT_EQ(queue_, Bench::kQueues - 1);
  EXPECT_GT(steered.last.timestamp(), marked.last.timestamp());
  const ReceivedPacket dropped = through(udp(100, 3000), port);
  EXPECT_TRUE(dropped.last.mirror());
  EXPECT_FALSE(dropped.last.permit());
  EXPECT_EQ(dropped.last.mark(), 7U);
  const ReceivedPacket delivered_once = through(udp(100, 4000), port);
  EXPECT_FALSE(delivered_once.last.mirror());
  // The same in bump-in-the-wire: the copy comes, the frame goes on.
  bench_->write(PCL_FORWARD_TO_0 + 4 * port, 0);
  const ReceivedPacket copy = through(udp(100, 4000), port);
  EXPECT_TRUE(copy.last.mirror());
  EXPECT_TRUE(copy.last.permit());
  EXPECT_EQ(bench_->received(0).size(), 1U);
}

TEST_F(NicReceive, AcceptsByDestinationAddress) {
  Actions actions;
  actions.fill(kPermit);
  actions[9] = to_queue(0);
  load(actions);
  set_endpoint(0);
  open_queues(5, {2048});
  const Bytes ours = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55}, other = {0x02, 0x11, 0x22, 0x33, 0x44, 0x54};
  const Bytes group = {0x33, 0x33, 0, 0, 0, 1}, other_group = {0x33, 0x33, 0, 0, 0, 2}, everybody(6, 0xFF);
  const auto accept = [&](unsigned entry, const Bytes& mac, bool valid) {
    bench_->write(port_reg(PCL_PORT_ADDRESS_LO, 0) + 4 * entry,
                  mac[0] | mac[1] << 8U | mac[2] << 16U | static_cast<unsigned>(mac[3]) << 24U);
    bench_->write(port_reg(PCL_PORT_ADDRESS_HI, 0) + 4 * entry, mac[4] | mac[5] << 8U | (valid ? 1U << 31U : 0U));
  };
  accept(0, ours, true);
  accept(15, group, true);
  accept(3, other, false);
  std::uint64_t refused = 0;
  const auto arrives = [&](const Bytes& mac, unsigned port = 5000) {
    Frame frame = udp(80, port);
    std::copy(mac.begin(), mac.end(), frame.begin());
    bench_->send(0, frame);
    bench_->run_until_quiet();
    const bool came = !queues_[0]->poll().empty();
    if (!came) ++refused;
    EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_ADDRESS_LO, 0), refused);
    return came;
  };
  bench_->write(PCL_PORT_CONTROL, 0b01001);  // broadcast
  EXPECT_TRUE(arrives(ours));
  EXPECT_FALSE(arrives(other));
  EXPECT_TRUE(arrives(group));
  EXPECT_FALSE(arrives(other_group));
  EXPECT_TRUE(arrives(everybody));
  EXPECT_TRUE(arrives(other, 9000)) << "the rule names the queue";
  bench_->write(PCL_PORT_CONTROL, 0b00101);  // allmulticast
  EXPECT_TRUE(arrives(other_group));
  EXPECT_TRUE(arrives(everybody)) << "broadcast is multicast";
  EXPECT_FALSE(arrives(other));
  bench_->write(PCL_PORT_CONTROL, 0b00001);
  EXPECT_FALSE(arrives(everybody));
  bench_->write(PCL_PORT_CONTROL, 0b00011);  // promiscuous
  EXPECT_TRUE(arrives(other));
}

TEST_F(NicReceive, CountsEveryFrameThatItDropsByCause) {
  Actions actions;
  actions.fill(kPermit);
  actions[1] = to_queue(0xFFF);
  actions[2] = to_queue(Bench::kQueues - 1);
  load(actions);
  set_endpoint(0);
  Receive queue(*bench_, 0, 3, 256);
  queue.enable();
  const auto counts = [&] {
    std::vector<std::uint64_t> values;
    for (const unsigned fate : kFates) values.push_back(port_counter(fate, 0));
    return values;
  };
  // {delivered, no buffer, disabled, address, length, no queue, stopped, no descriptor}
  const auto send = [&](std::size_t size, unsigned port) {
    bench_->send(0, udp(size, port));
    bench_->run_until_quiet();
  };
  send(100, 5000);
  EXPECT_THAT(counts(), testing::ElementsAre(0, 0, 0, 0, 0, 0, 0, 1)) << "no descriptor yet";
  queue.post(3);
  send(769, 5000);  // needs four
  EXPECT_THAT(counts(), testing::ElementsAre(0, 0, 0, 0, 0, 0, 0, 2));
  EXPECT_EQ(bench_->read(queue.reg(PCL_RECEIVE_HEAD)), 0U) << "none is used";
  send(768, 5000);  // needs three
  EXPECT_THAT(counts(), testing::ElementsAre(1, 0, 0, 0, 0, 0, 0, 2));
  send(100, 1000);
  EXPECT_THAT(counts(), testing::ElementsAre(1, 0, 0, 0, 0, 1, 0, 2));
  send(100, 2000);  // a queue that was never started
  EXPECT_THAT(counts(), testing::ElementsAre(1, 0, 0, 0, 0, 1, 1, 2));
  bench_->write(PCL_PORT_MAX_FRAME, 1514);
  send(1515, 5000);
  EXPECT_THAT(counts(), testing::ElementsAre(1, 0, 0, 0, 1, 1, 1, 2));
  bench_->write(PCL_PORT_CONTROL, 0);
  send(100, 5000);
  EXPECT_THAT(counts(), testing::ElementsAre(1, 0, 1, 0, 1, 1, 1, 2));
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_FRAMES_LO, 0), 7U);
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_NO_DESCRIPTOR_LO, 0), 2U);
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_STOPPED_LO, Bench::kQueues - 1), 1U);
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_RECEIVED_LO, 0), 1U);
  EXPECT_EQ(queue_counter(PCL_QUEUE_COUNTERS_RECEIVED_BYTES_LO, 0), 768U);
}

TEST_F(NicReceive, DropsAndCountsExactlyWhatARingThatRunsEmptyCannotTake) {
  random_.seed(seed_from_environment());
  load_all(kPermit);
  set_endpoint(0);
  open_queues(4, {600});
  std::uint64_t sent = 0, received = 0;
  for (unsigned round = 0; round < 40; ++round) {
    for (unsigned i = 0; i < 30; ++i) bench_->send(0, udp(60 + random_() % 1500, 5000));
    sent += 30;
    bench_->run(random_() % 300);
    for (auto& queue : queues_) {
      received += queue->poll().size();
      if (random_() % 2)
        queue->post(
            std::min(queue->posted() == 15 ? 0U : 15U - queue->posted(), static_cast<unsigned>(random_() % 10)));
    }
  }
  bench_->run_until_quiet();
  for (auto& queue : queues_) received += queue->poll().size();
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_FRAMES_LO, 0), sent);
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_DELIVERED_LO, 0), received);
  EXPECT_EQ(frames_accounted(0), sent);
  EXPECT_GT(received, 0U);
  EXPECT_LT(received, sent);
}

TEST_F(NicReceive, MemoryThatNeverAnswersLetsTheWiresGoOn) {
  if (Bench::kPorts < 2) GTEST_SKIP() << "needs two ports";
  load_all(kPermit);
  set_endpoint(0);  // port 1 forwards to port 0
  open_queues(9, {2048});
  bench_->axi().behaviour.dead = true;
  for (unsigned i = 0; i < 400; ++i) {
    bench_->send(0, udp(200, 5000));
    bench_->send(1, udp(200, 5000, 1));
  }
  bench_->run(6000);
  EXPECT_EQ(bench_->waiting(0), 0U);
  EXPECT_EQ(bench_->received(0).size(), 400U);
  EXPECT_GT(port_counter(PCL_PORT_COUNTERS_NO_BUFFER_LO, 0), 100U);
  // And when it answers at last, nothing has been forgotten.
  bench_->axi().behaviour.dead = false;
  bench_->run_until_quiet();
  EXPECT_EQ(port_counter(PCL_PORT_COUNTERS_FRAMES_LO, 0), 400U);
  EXPECT_EQ(frames_accounted(0), 400U);
  EXPECT_EQ(queues_[0]->poll().size(), port_counter(PCL_PORT_COUNTERS_DELIVERED_LO, 0));
}

TEST_F(NicReceive, TakesSmallFramesInFewClocks) {
  load_all(kPermit);
  set_endpoint(0);
  Receive queue(*bench_, 0, 9, 2048);
  queue.enable();
  queue.fill();
  constexpr unsigned frames = 60;  // fewer than the receive buffer holds: none is lost, however slow it is
  for (unsigned i = 0; i < frames; ++i) bench_->send(0, udp(60, 5000));
  bench_->run_until_quiet();
  const auto packets = queue.poll();
  ASSERT_EQ(packets.size(), frames);
  const std::uint64_t first_clock = bench_->clocks();
  bench_->axi().behaviour.dead = true;  // fill the buffer, then see how fast it empties
  for (unsigned i = 0; i < frames; ++i) bench_->send(0, udp(60, 5000));
  bench_->run(400);
  bench_->axi().behaviour.dead = false;
  const std::uint64_t start = bench_->clocks();
  std::size_t came = 0;
  while (came < frames && bench_->clocks() < start + 4000) {
    bench_->clock();
    came += queue.poll().size();
  }
  const double clocks = static_cast<double>(bench_->clocks() - start) / frames;
  std::cout << "receive: " << clocks << " clocks per packet of 60 bytes\n";
  RecordProperty("clocks_per_packet", std::to_string(clocks));
  EXPECT_EQ(came, frames);
  EXPECT_LT(clocks, Bench::kBytes >= 64 ? 4.0 : 10.0);
  EXPECT_GT(start, first_clock);
}

}  // namespace
}  // namespace portcullis::test
