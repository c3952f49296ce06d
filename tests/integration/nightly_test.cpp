// A million random headers on each of twenty random policies, through the filter, against the reference matcher.
#include <gtest/gtest.h>

#include "random_policy.h"
#include "run/run.h"
#include "tables/compile.h"

namespace portcullis::integration {
namespace {

class RandomPolicies : public testing::TestWithParam<unsigned> {};

TEST_P(RandomPolicies, AMillionPacketsMeetTheReferencesVerdicts) {
  const std::uint64_t seed = test_seed(1) * 1000 + GetParam();
  sim::Subject subject;
  subject.policy = RandomPolicy(seed).make();
  subject.image = tables::compile(subject.policy, tables::Geometry::edge()).image;
  subject.name = "random policy";
  sim::RunOptions options;
  options.rate = 0;
  options.packets = 1'000'000;
  options.seed = seed;
  const sim::RunResult result = sim::run(subject, options);
  EXPECT_EQ(result.accepted, 1'000'000U);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
}

INSTANTIATE_TEST_SUITE_P(Twenty, RandomPolicies, testing::Range(0U, 20U));

}  // namespace
}  // namespace portcullis::integration
