// pcl_filter: where frames go, that they arrive whole and in order, and at what rate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "VFilter1x512.h"
#include "VFilter2x512.h"
#include "VFilter3x128.h"
#include "VFilter3x64.h"
#include "VFilterLanes.h"
#include "device/registers.h"
#include "filter_bench.h"
#include "port_policy.h"

namespace portcullis::test {
namespace {

constexpr unsigned kMaxFrame = 9728;
constexpr unsigned kEngineLatencyEdge = 24;
constexpr unsigned kTruncated = 1;

std::uint32_t seed_from_environment() {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint32_t seed = text != nullptr ? static_cast<std::uint32_t>(std::stoul(text)) : std::random_device{}();
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  return seed;
}

template <typename Bench, unsigned Intervals>
struct Setup {
  using BenchType = Bench;
  static constexpr unsigned kIntervals = Intervals;
};
using Filter3x64 = Setup<FilterBench<VFilter3x64, 3, 64>, 16>;  // one parser for three ports
using Filter3x128 = Setup<FilterBench<VFilter3x128, 3, 128>, 16>;
using Filter1x512 = Setup<FilterBench<VFilter1x512, 1, 512>, 16>;
using Filter2x512 = Setup<FilterBench<VFilter2x512, 2, 512>, 256>;

using FilterLanes = Setup<FilterBench<VFilterLanes, 2, 512>, 16>;  // a match engine for each of two ports

template <typename SetupType>
class Filter : public testing::Test {
 protected:
  using Bench = typename SetupType::BenchType;
  static constexpr unsigned kPorts = Bench::kPorts;
  static constexpr unsigned kHost = Bench::kHost;

  /// Loads the shadow bank and waits until it is written.
  void load(const Actions& actions, std::uint64_t default_action = kDrop, std::uint32_t rules = 0xFFFF) {
    for (const TableRow& row : policy_rows(actions, default_action, SetupType::kIntervals, rules)) bench_->load(row);
    bench_->run_until_loaded();
  }
  void flip() { bench_->write_register(PCL_CONTROL, PCL_CONTROL_FLIP_MASK); }
  void load_and_flip(const Actions& actions, std::uint64_t default_action = kDrop, std::uint32_t rules = 0xFFFF) {
    load(actions, default_action, rules);
    flip();
    actions_ = actions;
  }

  Frame udp(std::size_t size, unsigned port, unsigned ingress = 0) {
    return udp_frame(size, port, ingress, number_++, random_);
  }

  std::pair<std::uint64_t, std::uint64_t> counter(unsigned bank, unsigned kind, unsigned index) {
    bench_->write_register(PCL_COUNTER_REQUEST, (bank << 17U) | (kind << 16U) | index);
    for (int i = 0; i < 1000; ++i) {
      if (bench_->read_register(PCL_COUNTER_RESULT) == 1)
        return {bench_->read_register_pair(PCL_COUNTER_PACKETS_LO), bench_->read_register_pair(PCL_COUNTER_BYTES_LO)};
    }
    ADD_FAILURE() << "the counter was not read";
    return {};
  }
  std::uint64_t statistic(unsigned port, unsigned address) {
    bench_->write_register(PCL_STATISTICS_SNAPSHOT, port);
    return bench_->read_register_pair(address);
  }

  std::mt19937 random_{1};
  std::uint32_t number_ = 0;
  Actions actions_{};
  std::unique_ptr<Bench> bench_ = std::make_unique<Bench>();
};

using Setups = testing::Types<Filter3x64, Filter3x128, Filter1x512, Filter2x512, FilterLanes>;
TYPED_TEST_SUITE(Filter, Setups);

using FilterPair = Filter<Filter2x512>;
using FilterTriple = Filter<Filter3x128>;
using FilterSharedParser = Filter<Filter3x64>;
using FilterTwoLanes = Filter<FilterLanes>;

// Where frames go
// ------------------------------------------------------------------------------------------------------

TYPED_TEST(Filter, DropsEverythingUntilAPolicyIsLoaded) {
  this->bench_->send(0, this->udp(64, 80));
  this->bench_->run_until_quiet();
  ASSERT_EQ(this->bench_->reports().size(), 1U);
  EXPECT_FALSE(this->bench_->reports()[0].permit);
  EXPECT_FALSE(this->bench_->reports()[0].hit);
  for (unsigned e = 0; e <= TestFixture::kPorts; ++e) EXPECT_TRUE(this->bench_->received(e).empty());
}

TYPED_TEST(Filter, ForwardsToThePortThatRegistersName) {
  Actions actions;
  actions.fill(kPermit);
  this->load_and_flip(actions);
  for (unsigned to = 0; to <= TestFixture::kPorts; ++to) {
    this->bench_->write_register(PCL_FORWARD_TO_0, to);
    this->bench_->forget();
    const Frame frame = this->udp(64, 3123);
    this->bench_->send(0, frame);
    this->bench_->run_until_quiet();
    for (unsigned e = 0; e <= TestFixture::kPorts; ++e) EXPECT_EQ(this->bench_->received(e).size(), e == to ? 1U : 0U);
    ASSERT_EQ(this->bench_->received(to).size(), 1U);
    EXPECT_EQ(this->bench_->received(to)[0].bytes, frame);
    EXPECT_EQ(this->bench_->received(to)[0].metadata,
              (Metadata{true, false, true, false, false, 0, false, 0, 3, 0, 0, 64}));
  }
}

TEST_F(FilterPair, SendsFramesWhereTheirActionSays) {
  Actions actions{};
  actions[1] = kPermit;
  actions[2] = kDrop | mark(7);
  actions[3] = to_wire(0);
  actions[4] = to_queue(0xABC) | mark(0xCAFE0001);
  actions[5] = kPermit | kMirror | mark(5);
  actions[6] = kDrop | kMirror;
  actions[7] = to_queue(1) | kMirror;
  actions[8] = to_wire(0) | kMirror;
  actions[9] = to_wire(2);   // neither a wire port nor a queue
  actions[10] = to_wire(9);  // likewise
  load_and_flip(actions);
  // What each frame leaves: egress and metadata, as docs/design.md and the head of pcl_filter.sv have it. Port 0
  // forwards to port 1.
  struct Copy {
    unsigned egress;
    Metadata metadata;
  };
  const std::vector<std::vector<Copy>> expected = {
      {},
      {{1, {true, false, true, false, false, 0, false, 0, 1, 0, 0, 100}}},
      {},
      {{0, {true, false, true, false, false, 0, false, 0, 3, 0, 0, 100}}},
      {{2, {true, false, true, false, true, 0xABC, true, 0xCAFE0001, 4, 0, 0, 100}}},
      {{1, {true, false, true, false, false, 0, true, 5, 5, 0, 0, 100}},
       {2, {true, false, true, true, false, 0, true, 5, 5, 0, 0, 100}}},
      {{2, {false, false, true, true, false, 0, false, 0, 6, 0, 0, 100}}},
      {{2, {true, false, true, false, true, 1, false, 0, 7, 0, 0, 100}}},
      {{0, {true, false, true, false, false, 0, false, 0, 8, 0, 0, 100}},
       {2, {true, false, true, true, false, 0, false, 0, 8, 0, 0, 100}}},
      {},
      {}};
  for (unsigned rule = 0; rule < expected.size(); ++rule) {
    SCOPED_TRACE(rule);
    bench_->forget();
    const Frame frame = udp(100, 1000 * rule);
    bench_->send(0, frame);
    bench_->run_until_quiet();
    std::size_t copies = 0;
    for (unsigned e = 0; e <= kPorts; ++e) copies += bench_->received(e).size();
    ASSERT_EQ(copies, expected[rule].size());
    for (const Copy& copy : expected[rule]) {
      ASSERT_EQ(bench_->received(copy.egress).size(), 1U);
      const ReceivedFrame& received = bench_->received(copy.egress)[0];
      EXPECT_EQ(received.bytes, frame);
      Metadata metadata = received.metadata;
      if (!metadata.queue_valid) metadata.queue = 0;
      if (!metadata.mark_valid) metadata.mark = 0;
      EXPECT_EQ(metadata, copy.metadata);
    }
    ASSERT_EQ(bench_->reports().size(), 1U);
    EXPECT_EQ(bench_->reports()[0].action, actions[rule]);
    EXPECT_EQ(bench_->reports()[0].rule, rule);
    EXPECT_EQ(bench_->reports()[0].permit, (actions[rule] & kPermit) != 0);
  }
  EXPECT_EQ(statistic(0, PCL_STATISTICS_FRAMES_LO), 11U);
  EXPECT_EQ(statistic(0, PCL_STATISTICS_BYTES_LO), 1100U);
  EXPECT_EQ(statistic(0, PCL_STATISTICS_BAD_LO), 0U);
  EXPECT_EQ(statistic(0, PCL_STATISTICS_DROPPED_LO), 5U);
  EXPECT_EQ(statistic(0, PCL_STATISTICS_FORWARDED_LO), 6U);
  EXPECT_EQ(statistic(0, PCL_STATISTICS_MIRRORED_LO), 3U);
}

TEST_F(FilterPair, DropsMalformedFramesBeforeAnyRuleAndCountsTheirCause) {
  Actions actions;
  actions.fill(kPermit | kMirror);
  load_and_flip(actions, kPermit | kMirror);
  Frame truncated = udp(64, 80);
  truncated[16] = 1;  // total length beyond the frame
  bench_->send(0, truncated);
  bench_->run_until_quiet();
  ASSERT_EQ(bench_->reports().size(), 1U);
  EXPECT_FALSE(bench_->reports()[0].permit);
  EXPECT_EQ(bench_->reports()[0].cause, kTruncated);
  for (unsigned e = 0; e <= kPorts; ++e) EXPECT_TRUE(bench_->received(e).empty());
  EXPECT_EQ(counter(1, 1, kTruncated), std::pair(1UL, 64UL));
  EXPECT_EQ(statistic(0, PCL_STATISTICS_DROPPED_LO), 1U);
}

TEST_F(FilterPair, ForwardsInMonitorModeWhatThePolicyWouldDrop) {
  Actions actions{};
  actions[1] = kPermit;
  actions[2] = kDrop | (1ULL << 34);  // a redirect that a dropping rule should not have is not obeyed
  load_and_flip(actions, kMonitor, 0b110);
  Frame malformed = udp(64, 1000);
  malformed[14] = 0x55;
  for (const Frame& frame : {udp(64, 1000), udp(64, 2000), udp(64, 3000), malformed}) bench_->send(0, frame);
  bench_->run_until_quiet();
  ASSERT_EQ(bench_->received(1).size(), 4U);
  const std::array<bool, 4> would_drop = {false, true, true, true};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(bench_->received(1)[i].metadata.permit);
    EXPECT_EQ(bench_->received(1)[i].metadata.would_drop, would_drop[i]) << i;
  }
  EXPECT_EQ(statistic(0, PCL_STATISTICS_FORWARDED_LO), 4U);
}

// Bad frames
// -------------------------------------------------------------------------------------------------------------

TYPED_TEST(Filter, DiscardsBadAndOverlongFramesWithoutAVerdict) {
  Actions actions;
  actions.fill(kPermit);
  this->load_and_flip(actions);
  this->bench_->write_register(PCL_FORWARD_TO_0, TestFixture::kHost);
  // Overlong ones up to several times the frame buffer.
  std::vector<Frame> good;
  std::uint64_t bad = 0;
  for (const std::size_t size : {kMaxFrame, kMaxFrame + 1, 64U, 20000U, kMaxFrame, 70000U, 60U, kMaxFrame + 200}) {
    Frame frame = size <= 9000 ? this->udp(size, 80) : Frame(size, 0x11);
    if (size <= kMaxFrame) good.push_back(frame);
    bad += size > kMaxFrame ? 1 : 0;
    this->bench_->send(0, frame);
    this->bench_->send(0, this->udp(300, 80), true);
    ++bad;
  }
  this->bench_->run_until_quiet();
  const auto& received = this->bench_->received(TestFixture::kHost);
  ASSERT_EQ(received.size(), good.size());
  for (std::size_t i = 0; i < good.size(); ++i) EXPECT_EQ(received[i].bytes, good[i]);
  EXPECT_EQ(this->bench_->reports().size(), good.size());
  EXPECT_EQ(this->statistic(0, PCL_STATISTICS_BAD_LO), bad);
  EXPECT_EQ(this->statistic(0, PCL_STATISTICS_FRAMES_LO), bad + good.size());
}

// Streams
// --------------------------------------------------------------------------------------------------------------

/// Random frames at every port, all actions, and what has to leave at each egress, per ingress and in order.
TYPED_TEST(Filter, DeliversEveryFrameWholeAndInOrderUnderRandomStalls) {
  const std::uint32_t seed = seed_from_environment();
  this->random_.seed(seed);
  constexpr unsigned ports = TestFixture::kPorts;
  constexpr unsigned host = TestFixture::kHost;
  this->bench_ = std::make_unique<typename TestFixture::Bench>(seed);
  Actions actions{};
  for (unsigned rule = 0; rule < kPolicyRules; ++rule) {
    switch (rule % 6) {
      case 0:
        actions[rule] = kPermit;
        break;
      case 1:
        actions[rule] = kPermit | kMirror | mark(rule);
        break;
      case 2:
        actions[rule] = to_wire(rule % ports);
        break;
      case 3:
        actions[rule] = to_queue(rule);
        break;
      case 4:
        actions[rule] = kDrop;
        break;
      default:
        actions[rule] = to_wire((rule + 1) % ports) | kMirror;
        break;
    }
  }
  this->load_and_flip(actions);
  for (const Stalls stalls : {Stalls{0, 0}, Stalls{50, 0}, Stalls{0, 50}, Stalls{20, 70}, Stalls{30, 30}}) {
    this->bench_->forget();
    this->bench_->set_stalls(stalls);
    std::map<std::pair<unsigned, unsigned>, std::vector<Frame>> expected;  // egress, ingress
    for (unsigned i = 0; i < 600; ++i) {
      for (unsigned p = 0; p < ports; ++p) {
        const unsigned kind = static_cast<unsigned>(this->random_() % 100);
        const std::size_t size = kind < 60   ? 60 + this->random_() % 140
                                 : kind < 97 ? 60 + this->random_() % 1500
                                             : 60 + this->random_() % 8941;
        const bool bad = this->random_() % 20 == 0;
        const unsigned port = static_cast<unsigned>(this->random_() % 20000);
        const Frame frame = this->udp(size, port, p);
        this->bench_->send(p, frame, bad);
        if (bad) continue;
        const std::uint64_t action = actions[rule_of_port(port)];
        const unsigned forward = ports % 2 == 1 && p == ports - 1 ? p : p ^ 1U;
        if ((action & kPermit) != 0) {
          const bool redirect = (action >> 34U & 1U) != 0;
          const bool queue = (action >> 35U & 1U) != 0;
          expected[{redirect ? (queue ? host : static_cast<unsigned>(action >> 36U & 0xFFFU)) : forward, p}].push_back(
              frame);
        }
        if ((action & kMirror) != 0) expected[{host, p}].push_back(frame);
      }
    }
    this->bench_->run_until_quiet();
    std::map<std::pair<unsigned, unsigned>, std::vector<Frame>> received;
    for (unsigned e = 0; e <= ports; ++e) {
      for (const ReceivedFrame& frame : this->bench_->received(e)) {
        EXPECT_EQ(frame.metadata.length, frame.bytes.size());
        received[{e, frame.metadata.ingress}].push_back(frame.bytes);
      }
    }
    ASSERT_TRUE(received == expected) << "stalls " << stalls.source << " and " << stalls.sink;
  }
}

TYPED_TEST(Filter, PassesEverySizeOfASlowlyGrowingFrame) {
  Actions actions;
  actions.fill(kPermit);
  this->load_and_flip(actions);
  std::vector<Frame> frames;
  for (std::size_t size = 60; size < 400; ++size) frames.push_back(this->udp(size, 80));
  for (const Frame& frame : frames) this->bench_->send(0, frame);
  this->bench_->run_until_quiet();
  const auto& received = this->bench_->received(TestFixture::kPorts == 1 ? 0 : 1);
  ASSERT_EQ(received.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(received[i].bytes, frames[i]);
}

TYPED_TEST(Filter, StopsTakingFramesWhenNothingLeavesAndGoesOnAfterwards) {
  Actions actions;
  actions.fill(kPermit);
  this->load_and_flip(actions);
  this->bench_->write_register(PCL_FORWARD_TO_0, TestFixture::kHost);
  this->bench_->close_sink(TestFixture::kHost);
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 2000; ++i) frames.push_back(this->udp(60 + i % 200, 80));
  for (const Frame& frame : frames) this->bench_->send(0, frame);
  this->bench_->run(20000);
  EXPECT_TRUE(this->bench_->received(TestFixture::kHost).empty());
  EXPECT_GT(this->bench_->waiting(0), 1000U);
  this->bench_->close_sink(TestFixture::kHost, false);
  this->bench_->run_until_quiet();
  const auto& received = this->bench_->received(TestFixture::kHost);
  ASSERT_EQ(received.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(received[i].bytes, frames[i]);
}

TEST_F(FilterPair, AClosedHostHoldsUpOnlyPortsWithFramesForIt) {
  Actions actions{};
  actions[1] = kPermit;
  actions[2] = kPermit | kMirror;
  load_and_flip(actions);
  bench_->close_sink(kHost);
  // Port 0 mirrors and stands still; port 1 does not and goes on, more than engine and buffers could hold.
  for (unsigned i = 0; i < 2000; ++i) {
    bench_->send(0, udp(64, 2000, 0));
    bench_->send(1, udp(64, 1000, 1));
  }
  bench_->run(10000);
  EXPECT_EQ(bench_->received(0).size(), 2000U);
  EXPECT_LE(bench_->received(1).size(), 2U);
  bench_->close_sink(kHost, false);
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->received(1).size(), 2000U);
  EXPECT_EQ(bench_->received(kHost).size(), 2000U);
}

TEST_F(FilterTriple, AMirroredFrameIsNotStarvedByFramesForOneEgress) {
  Actions actions{};
  actions[1] = to_wire(1);
  actions[2] = to_queue(0);
  actions[3] = to_wire(1) | kMirror;
  load_and_flip(actions);
  // One port keeps wire 1 busy and one the host; the last needs both at once.
  for (unsigned i = 0; i < 400; ++i) {
    bench_->send(0, udp(1000, 1000, 0));
    bench_->send(1, udp(1000, 2000, 1));
    bench_->send(2, udp(1000, 3000, 2));
  }
  bench_->run_until_quiet();
  // While all three compete, any three frames in a row on wire 1 hold one of the mirrored ones.
  const auto& wire = bench_->received(1);
  ASSERT_EQ(wire.size(), 800U);
  unsigned since = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    since = wire[i].metadata.ingress == 2 ? 0 : since + 1;
    ASSERT_LE(since, 3U) << "at frame " << i;
  }
}

// Rates
// ----------------------------------------------------------------------------------------------------------------

TEST_F(FilterPair, PassesFramesOf64BytesAtOneAClock) {
  Actions actions;
  actions.fill(kPermit);
  load_and_flip(actions);
  constexpr unsigned count = 5000;
  for (unsigned i = 0; i < count; ++i) bench_->send(0, udp(64, 80));
  bench_->run_until_quiet();
  EXPECT_EQ(bench_->refused(0), 0U);
  ASSERT_EQ(bench_->reports().size(), count);
  ASSERT_EQ(bench_->received(1).size(), count);
  const auto& beats = bench_->last_beats(0);
  for (unsigned i = 0; i < count; ++i) {
    ASSERT_EQ(beats[i], beats[0] + i);
    ASSERT_EQ(bench_->reports()[i].clock, bench_->reports()[0].clock + i);
    // 17 parser, 1 lookup register, engine, 3 decision and egress registers: the head of pcl_filter.sv.
    ASSERT_EQ(bench_->received(1)[i].first_clock - beats[i], 17 + 1 + kEngineLatencyEdge + 3);
  }
}

TEST_F(FilterPair, SharesTheEngineFairlyBetweenPortsOfFullRate) {
  Actions actions;
  actions.fill(kPermit);
  load_and_flip(actions);
  for (unsigned i = 0; i < 3000; ++i) {
    bench_->send(0, udp(64, 80, 0));
    bench_->send(1, udp(64, 80, 1));
  }
  bench_->run_until_quiet();
  const auto& reports = bench_->reports();
  ASSERT_EQ(reports.size(), 6000U);
  EXPECT_EQ(reports.back().clock - reports.front().clock, 5999U) << "a verdict every clock";
  for (std::size_t i = 1; i < reports.size(); ++i) ASSERT_NE(reports[i].ingress, reports[i - 1].ingress);
}

TEST_F(FilterTwoLanes, PassesFramesOf64BytesAtOneAClockOnEachOfTwoPorts) {
  EXPECT_EQ(bench_->read_register(PCL_GEOMETRY_LANES), 2U);
  Actions actions;
  for (unsigned rule = 0; rule < kPolicyRules; ++rule) actions[rule] = kPermit | mark(rule);
  load_and_flip(actions);
  constexpr unsigned count = 3000;
  std::map<unsigned, std::pair<std::uint64_t, std::uint64_t>> expected;  // packets and bytes by rule
  for (unsigned i = 0; i < count; ++i) {
    for (unsigned p = 0; p < 2; ++p) {
      const unsigned port = static_cast<unsigned>(random_() % 16000);
      bench_->send(p, udp(64, port, p));
      auto& [packets, bytes] = expected[rule_of_port(port)];
      ++packets;
      bytes += 64;
    }
  }
  bench_->run_until_quiet();
  const auto& reports = bench_->reports();
  ASSERT_EQ(reports.size(), 2 * count);
  EXPECT_EQ(reports.back().clock - reports.front().clock, count - 1) << "two verdicts every clock";
  for (unsigned p = 0; p < 2; ++p) {
    EXPECT_EQ(bench_->refused(p), 0U);
    const auto& received = bench_->received(1 - p);
    ASSERT_EQ(received.size(), count);
    EXPECT_EQ(received.back().last_clock - received.front().first_clock, count - 1);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(reports[2 * i + p].ingress, p);
  }
  for (const auto& [rule, sum] : expected)
    EXPECT_EQ(counter(1, 0, rule), sum) << "rule " << rule << ", both lanes together";
}

TEST_F(FilterPair, TakesTwoPortsOfFramesOfTwoBeatsAtFullRate) {
  Actions actions;
  actions.fill(kPermit);
  load_and_flip(actions);
  for (unsigned i = 0; i < 3000; ++i) {
    bench_->send(0, udp(65 + i % 64, 80, 0));
    bench_->send(1, udp(65 + i % 64, 80, 1));
  }
  bench_->run_until_quiet();
  for (unsigned p = 0; p < 2; ++p) {
    EXPECT_EQ(bench_->refused(p), 0U);
    const auto& received = bench_->received(p);
    ASSERT_EQ(received.size(), 3000U);
    EXPECT_EQ(received.back().last_clock - received.front().first_clock, 5999U) << "no bubble on the way out";
  }
}

TEST_F(FilterSharedParser, HoldsAPortUpForTwoOtherTurnsAFrameAtMost) {
  Actions actions;
  actions.fill(kPermit);
  load_and_flip(actions);
  constexpr unsigned count = 1000;
  for (unsigned p = 0; p < kPorts; ++p) bench_->write_register(PCL_FORWARD_TO_0 + 4 * p, (p + 1) % kPorts);
  for (unsigned i = 0; i < count; ++i)
    for (unsigned p = 0; p < kPorts; ++p) bench_->send(p, udp(64, 80, p));
  bench_->run_until_quiet();
  unsigned refused = 0;
  for (unsigned p = 0; p < kPorts; ++p) {
    ASSERT_EQ(bench_->received((p + 1) % kPorts).size(), count);
    EXPECT_LE(bench_->refused(p), 2 * count);
    const auto& beats = bench_->last_beats(p);
    for (unsigned i = 1; i < count; ++i)
      ASSERT_LE(beats[i] - beats[i - 1], 8U + 2) << "frame " << i << " of port " << p;
    refused += static_cast<unsigned>(bench_->refused(p));
  }
  EXPECT_GT(refused, 0U) << "nobody waited: there is more than one parser";
}

// Banks
// ----------------------------------------------------------------------------------------------------------------

class Hitless : public FilterPair {
 protected:
  /// Policy n permits rule r if (r + n) is even and marks it with n.
  static Actions policy(std::uint32_t n) {
    Actions actions{};
    for (unsigned rule = 0; rule < kPolicyRules; ++rule)
      actions[rule] = ((rule + n) % 2 == 0 ? kPermit : kDrop) | mark(n);
    return actions;
  }

  void keep_busy(unsigned ports) {
    for (unsigned p = 0; p < ports; ++p) {
      while (bench_->waiting(p) < 4) {
        const unsigned port = static_cast<unsigned>(random_() % 16000);
        const Frame frame = udp(64, port, p);
        bench_->send(p, frame);
        sent_[p].push_back(frame);
        rules_[p].push_back(rule_of_port(port));
      }
    }
  }
  void step(unsigned ports) {
    keep_busy(ports);
    bench_->clock();
  }

  /// Loads and flips to policies 1 to `flips` under traffic at `ports` ports.
  void run(unsigned flips, unsigned ports) {
    load_and_flip(policy(0));
    bench_->run_until_quiet();
    bench_->forget();
    for (std::uint32_t n = 1; n <= flips; ++n) {
      for (const TableRow& row : policy_rows(policy(n), mark(n), 256)) bench_->load(row);
      while (!bench_->rows_loaded()) step(ports);
      for (unsigned i = 0; i < 5; ++i) step(ports);
      bench_->model().s_axil_awaddr_i = PCL_CONTROL;
      bench_->model().s_axil_wdata_i = PCL_CONTROL_FLIP_MASK;
      bench_->model().s_axil_wstrb_i = 15;
      bench_->model().s_axil_bready_i = 1;
      bench_->model().s_axil_awvalid_i = 1;
      bench_->model().s_axil_wvalid_i = 1;
      for (unsigned i = 0; i < 200; ++i) step(ports);
    }
    bench_->run_until_quiet();
    EXPECT_EQ(bench_->read_register(PCL_ERRORS), 0U);
  }

  /// Every verdict is that of the policy its mark names, and policies follow one another without a way back.
  void check(unsigned flips, unsigned ports) {
    std::array<std::size_t, 2> seen{};
    std::uint32_t current = 0;
    for (const Report& report : bench_->reports()) {
      const auto n = static_cast<std::uint32_t>(report.action);
      ASSERT_TRUE(n == current || n == current + 1) << "policy " << n << " after " << current;
      current = n;
      const unsigned rule = rules_[report.ingress].at(seen[report.ingress]++);
      ASSERT_EQ(report.rule, rule);
      ASSERT_TRUE(report.hit);
      ASSERT_EQ(report.action, policy(n)[rule]);
      ASSERT_EQ(report.permit, (rule + n) % 2 == 0);
      ASSERT_EQ(report.bank, (n + 1) % 2);
    }
    EXPECT_EQ(current, flips);
    for (unsigned p = 0; p < ports; ++p) {
      EXPECT_EQ(seen[p], sent_[p].size());
      // What was permitted left, in order and whole.
      std::size_t next = 0;
      std::vector<Frame> permitted;
      std::size_t at = 0;
      for (const Report& report : bench_->reports()) {
        if (report.ingress != p) continue;
        if (report.permit) permitted.push_back(sent_[p][at]);
        ++at;
      }
      const auto& received = bench_->received(p ^ 1U);
      ASSERT_EQ(received.size(), permitted.size());
      for (; next < received.size(); ++next) ASSERT_EQ(received[next].bytes, permitted[next]);
    }
  }

  std::array<std::vector<Frame>, 2> sent_;
  std::array<std::vector<unsigned>, 2> rules_;
};

TEST_F(Hitless, FlipsBetweenTwoFramesOfAStreamAtOneAClock) {
  run(6, 1);
  check(6, 1);
  EXPECT_EQ(bench_->refused(0), 0U);
  const auto& reports = bench_->reports();
  EXPECT_EQ(reports.back().clock - reports.front().clock, reports.size() - 1)
      << "a verdict every clock, flips and loading included";
}

TEST_F(Hitless, FlipsBetweenTwoFramesUnderRandomBackpressure) {
  const std::uint32_t seed = seed_from_environment();
  random_.seed(seed);
  bench_ = std::make_unique<Bench>(seed);
  bench_->set_stalls({20, 60});
  run(6, 2);
  check(6, 2);
}

// Counters
// -----------------------------------------------------------------------------------------------------------------

TEST_F(FilterPair, CountsEveryPacketAndByteOfBackToBackHits) {
  const std::uint32_t seed = seed_from_environment();
  random_.seed(seed);
  Actions actions;
  actions.fill(kPermit);
  load_and_flip(actions, kDrop, 0x7FFF);  // rule 15 is not there: what has no port meets the default action
  std::array<std::uint64_t, 16> packets{}, bytes{};
  std::uint64_t malformed = 0, malformed_bytes = 0, default_packets = 0, default_bytes = 0;
  std::array<std::uint64_t, 2> port_frames{}, port_bytes{};
  unsigned port = 0;
  for (unsigned i = 0; i < 20000; ++i) {
    if (random_() % 50 == 0) port = static_cast<unsigned>(random_() % 3000);  // runs of hits on one rule
    const std::size_t size = random_() % 4 == 0 ? 60 + random_() % 300 : 64;
    const unsigned ingress = static_cast<unsigned>(random_() % 2);
    Frame frame = udp(size, port, ingress);
    ++port_frames[ingress];
    port_bytes[ingress] += size;
    if (random_() % 20 == 0) {
      frame[17] = 3;
      frame[16] = 0;  // total length 3
      ++malformed;
      malformed_bytes += size;
    } else if (random_() % 20 == 0) {
      frame[12] = 0x12;  // an unknown EtherType
      ++default_packets;
      default_bytes += size;
    } else {
      ++packets[rule_of_port(port)];
      bytes[rule_of_port(port)] += size;
    }
    bench_->send(ingress, frame);
  }
  bench_->run_until_quiet();
  for (unsigned rule = 0; rule < 16; ++rule)
    EXPECT_EQ(counter(1, 0, rule), std::pair(packets[rule], bytes[rule])) << "rule " << rule;
  EXPECT_EQ(counter(1, 1, 0), std::pair(default_packets, default_bytes));
  EXPECT_EQ(counter(1, 1, 3), std::pair(malformed, malformed_bytes));
  for (unsigned p = 0; p < 2; ++p) {
    EXPECT_EQ(statistic(p, PCL_STATISTICS_FRAMES_LO), port_frames[p]);
    EXPECT_EQ(statistic(p, PCL_STATISTICS_BYTES_LO), port_bytes[p]);
  }
  EXPECT_EQ(statistic(0, PCL_STATISTICS_DROPPED_LO) + statistic(1, PCL_STATISTICS_DROPPED_LO),
            malformed + default_packets);
  EXPECT_EQ(statistic(0, PCL_STATISTICS_FORWARDED_LO) + statistic(1, PCL_STATISTICS_FORWARDED_LO),
            20000 - malformed - default_packets);
}

}  // namespace
}  // namespace portcullis::test
