// The whole platform: a policy loaded by software on the host, traffic on both wires, every frame where the reference
// has it.
#include "platform/platform.h"

#include <gtest/gtest.h>

#include "platform/plot.h"
#include "run/expected.h"
#include "tables/compile.h"
#include "traffic/generate.h"

namespace portcullis::test {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::SC_US;

/// UDP and TCP services; some marked, mirrored, or with a place of their own.
policy::Policy services(bool copies) {
  policy::Policy policy;
  for (unsigned i = 0; i < 30; ++i) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    const std::uint32_t network = 0x0A000000U + i * 0x100U;
    entry.match.source = {{policy::from_ipv4(network), policy::from_ipv4(network + 0xFF)}};
    entry.match.destination_port = {{1000 + i * 100, 1049 + i * 100}};
    entry.action.permit = i % 4 != 0;
    entry.action.mirror = copies && i % 5 == 0;
    if (copies && i == 7) entry.action.queue = 2;
    if (copies && i == 9) entry.action.wire = 0;
    policy.entries.push_back(entry);
  }
  return policy;
}

class PlatformTest : public testing::Test {
 protected:
  /// `copies`: with rules that mirror, and that name a queue or a wire.
  void make(bool endpoint, std::size_t packets, bool copies = true) {
    policy_ = services(copies);
    image_ = tables::compile(policy_, tables::Geometry::edge()).image;
    packets_ = traffic::make_traffic(policy_, model::kWirePorts, 11, packets).packets;
    traffic_.packets = &packets_;
    traffic_.fates.resize(packets_.size());
    const std::vector<sim::Expected> expected = sim::expect(policy_, packets_, 1);
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      const auto action = policy::Action::from_word(expected[i].action);
      auto& copies = traffic_.fates[i].copies;
      if (expected[i].permit) {
        const unsigned place = endpoint ? 2U : 1U - packets_[i].ingress;
        ++copies[action.queue ? 2U : action.wire ? *action.wire : place];
      }
      if (action.mirror) copies[2] = 1;
      permitted_ += expected[i].permit ? 1 : 0;
    }
    options_.endpoint = endpoint;
    for (platform::PortOptions& port : options_.ports) port.rate = 10'000'000'000;
  }
  platform::Result run() { return platform::Platform(options_, image_, traffic_).run(); }

  policy::Policy policy_;
  tables::TableImage image_;
  traffic::PacketSet packets_;
  platform::Traffic traffic_;
  platform::Options options_;
  std::size_t permitted_ = 0;
};

TEST_F(PlatformTest, ForwardsBetweenTheWiresWhatThePolicyPermits) {
  make(false, 3000);
  const platform::Result result = run();
  EXPECT_TRUE(result.good());
  EXPECT_EQ(result.unexpected, 0U);
  EXPECT_EQ(result.missing, 0U);
  EXPECT_EQ(result.ports[0].frames + result.ports[1].frames, packets_.size());
  EXPECT_EQ(result.ports[0].lost + result.ports[1].lost, 0U);
  EXPECT_GT(result.wire_to_wire.size(), 100U);
  EXPECT_GT(result.delivered, 10U) << "mirror copies, and the rule that names a queue";
  // Store and forward is not: the verdict comes while a long frame is still under way. The engine alone takes 23
  // clocks.
  EXPECT_GT(result.wire_to_wire.quantile(1), 23 * 4.0);
  EXPECT_LT(result.wire_to_wire.quantile(0.5), 400);
}

TEST_F(PlatformTest, DeliversToTheHostWhatThePolicyPermits) {
  make(true, 3000);
  const platform::Result result = run();
  EXPECT_EQ(result.unexpected, 0U);
  EXPECT_EQ(result.missing, 0U);
  EXPECT_EQ(result.refused, 0U);
  EXPECT_GE(result.delivered, permitted_ / 2);
  // A posted write and its latency lie between the wire and software.
  EXPECT_GT(result.wire_to_host.quantile(0), 250);
  EXPECT_GT(result.dma_written, result.delivered * 60);
}

TEST_F(PlatformTest, CountsWhatASlowLinkCannotTake) {
  make(true, 3000);
  options_.pcie.bandwidth = 0.5e9;
  options_.descriptors = 8;
  const platform::Result result = run();
  EXPECT_EQ(result.unexpected, 0U);
  EXPECT_GT(result.refused, 0U);
  EXPECT_EQ(result.missing, result.refused) << "what is missing, the NIC has counted";
}

TEST_F(PlatformTest, NonBlockingAccessesAndRegisterLoadsDoTheSame) {
  make(true, 1000);
  options_.timing = platform::Timing::approximately;
  options_.load = platform::LoadWay::registers;
  const platform::Result result = run();
  EXPECT_EQ(result.unexpected + result.missing, 0U);
  EXPECT_GT(result.delivered, 100U);
}

TEST_F(PlatformTest, ReloadsUnderTrafficCostNoFrame) {
  make(false, 1500, false);
  options_.reloads = 2;
  const platform::Result result = run();
  EXPECT_EQ(result.unexpected + result.missing, 0U);
  ASSERT_EQ(result.reloads.size(), 2U);
  EXPECT_GT(result.ports[0].frames + result.ports[1].frames, 3 * packets_.size())
      << "the traffic is repeated while software loads";
  EXPECT_GT(result.reloads[1].flip, sc_core::SC_ZERO_TIME);
}

TEST_F(PlatformTest, AHostThatDiesInTheMiddleOfALoadDisturbsNoFrame) {
  make(false, 1500, false);
  options_.reloads = 1;
  options_.load = platform::LoadWay::registers;
  options_.crash_at = 100;
  const platform::Result result = run();
  EXPECT_TRUE(result.crashed);
  EXPECT_TRUE(result.reloads.empty());
  EXPECT_EQ(result.unexpected + result.missing, 0U);
  EXPECT_GT(result.ports[0].frames, 500U);
}

/// Frames of 69 bytes take two beats of 512 bits: more than 250 MHz give at 100 Gbit/s (docs/running.md).
void worst_frames(const traffic::PacketSet& like, traffic::PacketSet& packets) {
  for (unsigned i = 0; i < 3000; ++i) {
    std::vector<std::uint8_t> frame(like.frame(i % like.size()).begin(), like.frame(i % like.size()).end());
    frame.resize(65, 0);
    packets.add(frame, i % 2);
  }
}

TEST_F(PlatformTest, WithoutPauseABusTooNarrowLosesFrames) {
  make(false, 10);
  traffic::PacketSet packets;
  worst_frames(packets_, packets);
  traffic_ = {&packets, std::vector<platform::Fate>(packets.size())};
  // Nothing is looked at here but the receive buffers.
  for (platform::PortOptions& port : options_.ports) port.rate = 200'000'000'000;
  const platform::Result result = run();
  EXPECT_GT(result.ports[0].lost, 0U);
  EXPECT_EQ(result.ports[0].pauses, 0U);
}

TEST_F(PlatformTest, WithPauseThePeerWaitsAndNothingIsLost) {
  make(false, 10);
  traffic::PacketSet packets;
  worst_frames(packets_, packets);
  traffic_ = {&packets, std::vector<platform::Fate>(packets.size())};
  for (platform::PortOptions& port : options_.ports) port = {.rate = 200'000'000'000, .pause = true};
  const platform::Result result = run();
  EXPECT_EQ(result.ports[0].lost + result.ports[1].lost, 0U);
  EXPECT_EQ(result.ports[0].frames + result.ports[1].frames, packets.size());
  EXPECT_GT(result.ports[0].pauses, 0U);
}

TEST(Latencies, QuantilesAreValuesThatOccurred) {
  platform::Latencies latencies;
  EXPECT_EQ(latencies.quantile(0.5), 0);
  for (const int ns : {30, 10, 20, 40}) latencies.add(sc_time(ns, SC_NS));
  EXPECT_DOUBLE_EQ(latencies.quantile(0), 10);
  EXPECT_DOUBLE_EQ(latencies.quantile(0.5), 20);
  EXPECT_DOUBLE_EQ(latencies.quantile(0.51), 30);
  EXPECT_DOUBLE_EQ(latencies.quantile(1), 40);
  EXPECT_EQ(platform::to_csv({{"a", &latencies}}),
            "series,rank,nanoseconds\na,0,10.000\na,1,20.000\na,2,30.000\na,3,40.000\n");
  EXPECT_NE(platform::to_svg({{"a<b", &latencies}}, "t").find("a&lt;b"), std::string::npos);
}

TEST(FrameTimes, AlikeFramesAreTakenInTurn) {
  platform::FrameTimes times;
  const std::uint8_t frame[] = {1, 2, 3}, other[] = {1, 2, 4};
  times.came(frame, sc_time(1, SC_US));
  times.came(frame, sc_time(2, SC_US));
  sc_time came;
  EXPECT_FALSE(times.went(other, came));
  ASSERT_TRUE(times.went(frame, came));
  EXPECT_EQ(came, sc_time(1, SC_US));
  ASSERT_TRUE(times.went(frame, came));
  EXPECT_EQ(came, sc_time(2, SC_US));
  EXPECT_FALSE(times.went(frame, came));
}

}  // namespace
}  // namespace portcullis::test
