// The match engine against brute force: verdicts, flow control, banks, counters.
#include <gtest/gtest.h>

#include "VEngineEdge.h"
#include "engine_bench.h"

namespace portcullis::rtl_test {
namespace {

struct Edge {
  using Model = VEngineEdge;
  static constexpr Geometry geometry{512, 128, 256, 256, 256};
  static constexpr unsigned latency = 24;
};

template <class Variant>
class MatchEngine : public testing::Test {
 protected:
  std::shared_ptr<RandomPolicy> random_policy() { return std::make_shared<RandomPolicy>(Variant::geometry, bench.random); }
  EngineBench<typename Variant::Model> bench{Variant::geometry, test_seed()};
};

using Variants = testing::Types<Edge>;
TYPED_TEST_SUITE(MatchEngine, Variants);

TYPED_TEST(MatchEngine, BackToBackLookupsMatchBruteForceAtStatedLatency) {
  auto& bench = this->bench;
  for (int round = 0; round < 4; ++round) {
    const auto policy = this->random_policy();
    bench.install(policy);
    bench.refused = 0;
    for (int i = 0; i < 5000; ++i) {
      bench.lookup = bench.random_lookup(*policy);
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
    }
    EXPECT_EQ(bench.refused, 0U) << "lookups must be taken in every clock";
  }
  bench.check_counters();
  EXPECT_EQ(bench.latency_min, TypeParam::latency);
  EXPECT_EQ(bench.latency_max, TypeParam::latency);
  EXPECT_GT(bench.hits, bench.verdicts / 10);
}

}  // namespace
}  // namespace portcullis::rtl_test
