// The tree engine of 20,480 rules against brute force: rule numbers of 15 bits, and slice rules among the last of them.
#include <VScaleMost.h>
#include <gtest/gtest.h>

#include "../../unit/tables/random_policy.h"
#include "scale_bench.h"

namespace portcullis::rtl_test {
namespace {

using tables::tree::Shape;
using test::Kind;
using test::RuleSets;

TEST(MostRules, TwentyThousandRulesOneLookupAClock) {
  RuleSets sets(test::seed(941));
  const Shape shape = Shape::scale(20480);
  ScaleBench<VScaleMost> bench(shape);
  for (const Kind kind : {Kind::access_list, Kind::ip_chain}) {
    policy::Policy policy = sets.random(kind, 20000);
    policy::Policy listed;  // goes to the slice
    for (std::size_t i = 16400; i < policy.entries.size(); i += 180) {
      policy.entries[i].match.destination_port = {{22, 22}, {80, 90}, {443, 443}};
      listed.entries.push_back(policy.entries[i]);
    }
    const auto loaded = std::make_shared<Loaded>(policy, shape);
    ASSERT_GT(loaded->compiled.image.slice_rules.back(), 16384U);
    bench.install(loaded, [] {});
    const std::uint64_t refused = bench.refused;
    for (int i = 0; i < 20000 && !HasFatalFailure(); ++i) {
      if (!bench.lookup) bench.lookup = ScaleLookup{sets.header(sets.below(4) == 0 ? listed : policy)};
      bench.tick();
    }
    bench.settle();
    EXPECT_EQ(bench.refused, refused);
  }
  EXPECT_GT(bench.from_slice, 100U);
  EXPECT_EQ(bench.latency_min, bench.latency_max);
  std::cout << bench.verdicts << " verdicts, " << bench.hits << " hits, " << bench.from_slice << " of the slice, "
            << bench.latency_max << " clocks\n";
}

}  // namespace
}  // namespace portcullis::rtl_test
