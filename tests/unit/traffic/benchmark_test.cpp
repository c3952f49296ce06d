// Frames for measurements have the sizes that were asked for, and meet the rules that they were made for.
#include "traffic/benchmark.h"

#include <gtest/gtest.h>

#include <map>

#include "policy/packet.h"
#include "tables/reference.h"
#include "traffic/line_rate.h"

namespace portcullis::traffic {
namespace {

class BenchmarkFrames : public testing::TestWithParam<Family> {};

TEST_P(BenchmarkFrames, HaveTheSizesAskedForAndAreDecidedByManyRules) {
  constexpr unsigned kRules = 100;
  for (const unsigned size : {64U, 65U, 66U, 69U, 1518U, 9000U}) {
    const PacketSet packets = benchmark_frames(GetParam(), kRules, {size}, 2, 1000, 1);
    ASSERT_EQ(packets.size(), 2000U);
    std::map<std::size_t, unsigned> met;
    unsigned unruled = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      ASSERT_EQ(packets[i].length + kFcs, size);
      ASSERT_EQ(packets[i].ingress, i % 2);
      const policy::ParsedFrame parsed = policy::parse_frame(packets.frame(i), packets[i].ingress);
      ASSERT_EQ(parsed.cause, policy::Malformed::none);
      const auto entry = tables::first_match(benchmark_policy(kRules), parsed.key);
      entry ? ++met[*entry] : ++unruled;
    }
    EXPECT_NEAR(unruled, 2000.0 / kUnruled, 50);
    // Without ports only the first rule of each prefix is met.
    EXPECT_EQ(met.size(), size >= least_udp_frame(GetParam()) ? kRules : 32U) << size;
  }
}

TEST_P(BenchmarkFrames, MeetAnotherEntryAndMarkInTheSecondPolicyButTheSameVerdict) {
  const policy::Policy first = benchmark_policy(64), second = benchmark_policy(64, true);
  const PacketSet packets = benchmark_frames(GetParam(), 64, {128}, 1, 500, 2);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const policy::Key key = policy::parse_frame(packets.frame(i), 0).key;
    const auto a = tables::first_match(first, key), b = tables::first_match(second, key);
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) {
      EXPECT_EQ(*a + *b, 63U);
      EXPECT_NE(first.entries[*a].action.mark, second.entries[*b].action.mark);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, BenchmarkFrames, testing::Values(Family::ipv4, Family::ipv6));

TEST(BenchmarkFrames, MixHasTheUsualShares) {
  std::map<unsigned, unsigned> shares;
  for (const unsigned size : internet_mix(Family::ipv4)) ++shares[size];
  EXPECT_EQ(shares, (std::map<unsigned, unsigned>{{64, 7}, {594, 4}, {1518, 1}}));
  EXPECT_EQ(least_udp_frame(Family::ipv6), 66U);
}

TEST(BenchmarkFrames, RefusesSizesThatNoFrameHas) {
  EXPECT_THROW(benchmark_frames(Family::ipv4, 1, {63}, 1, 1, 1), std::invalid_argument);
  EXPECT_THROW(benchmark_frames(Family::ipv4, 1, {9733}, 1, 1, 1), std::invalid_argument);
  EXPECT_THROW(benchmark_policy(0), std::invalid_argument);
  EXPECT_THROW(benchmark_policy(kMostBenchmarkRules + 1), std::invalid_argument);
}

}  // namespace
}  // namespace portcullis::traffic
