// The engine's key port against the reference matcher, 100,000 random headers.
#include <gtest/gtest.h>

#include "model/engine_model.h"
#include "random_policy.h"
#include "tables/compile.h"
#include "tables/reference.h"

namespace portcullis::integration {
namespace {

TEST(EngineModel, RandomHeadersMeetTheReferencesEntries) {
  constexpr unsigned kPolicies = 5;
  constexpr std::size_t kHeaders = 20'000;
  const std::uint64_t seed = test_seed(20);
  RandomPolicy policies(seed);
  model::EngineModel engine;
  traffic::Random random(seed);
  for (unsigned p = 0; p < kPolicies; ++p) {
    const policy::Policy policy = policies.make();
    // Both an image made for this engine and one for a smaller geometry.
    engine.load(tables::compile(policy, p % 2 == 0 ? tables::Geometry::edge() : tables::Geometry::large()).image);
    const traffic::RandomKeys source(policy, 8);
    std::vector<policy::Key> keys(kHeaders);
    for (policy::Key& key : keys) key = source.next(random);
    std::vector<model::EngineVerdict> verdicts(kHeaders);
    engine.look_up(keys, verdicts);
    for (std::size_t i = 0; i < kHeaders; ++i) {
      const tables::Verdict expected = tables::decide(policy, keys[i]);
      ASSERT_EQ(verdicts[i].rule, expected.entry ? static_cast<int>(*expected.entry) : -1)
          << "policy " << p << ", header " << i;
      ASSERT_EQ(verdicts[i].permit, expected.permit) << "policy " << p << ", header " << i;
    }
  }
}

}  // namespace
}  // namespace portcullis::integration
