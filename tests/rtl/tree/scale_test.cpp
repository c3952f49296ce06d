// The tree engine's RTL against brute force: one lookup a clock, policies exchanged under load, counters, test lookups.
#include <VScale.h>
#include <VScaleWide.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "../../unit/tables/random_policy.h"
#include "../../unit/tables/tree/classbench_sets.h"
#include "policy/classbench.h"
#include "scale_bench.h"

namespace portcullis::rtl_test {
namespace {

using policy::Policy;
using tables::tree::Shape;
using test::Kind;
using test::RuleSets;

/// The shape of scale_wide_model: other primitives, both families, leaves of four, two trees.
Shape wide() {
  Shape shape = Shape::small();
  shape.address_bits = 128;
  return shape;
}

/// Rules with lists and other fields among the others, so that the slice has something to do.
void add_lists(Policy& policy, RuleSets& sets, std::size_t every) {
  for (std::size_t i = every / 2; i < policy.entries.size(); i += every) {
    policy::Match& match = policy.entries[i].match;
    if (i % 2 == 0) match.destination_port = {{22, 22}, {80, 90}, {443, 443}};
    if (i % 3 == 0) match.protocol.set(6).set(17);
    if (i % 5 == 0) match.source = policy::Match::any().source;
    if (sets.below(4) == 0) match.vlan = {{0, 99}};
  }
}

/// Offers a lookup in every clock and expects each to be taken; verdicts are compared by the bench.
template <class Bench>
void run_at_line_rate(Bench& bench, RuleSets& sets, const Policy& policy, std::uint64_t lookups) {
  const std::uint64_t refused = bench.refused;
  for (std::uint64_t i = 0; i < lookups && !testing::Test::HasFatalFailure(); ++i) {
    if (!bench.lookup) bench.lookup = ScaleLookup{sets.header(policy)};
    bench.tick();
  }
  EXPECT_EQ(bench.refused, refused) << "lookups were refused although every verdict was taken";
}

template <class Bench>
void check_policy(Bench& bench, RuleSets& sets, const std::shared_ptr<Loaded>& loaded, std::uint64_t lookups) {
  bench.install(loaded, [] {});
  run_at_line_rate(bench, sets, loaded->policy, lookups);
  bench.settle();
}

TEST(ScaleEngine, TenThousandRulesOneLookupAClock) {
  RuleSets sets(test::seed(931));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  for (const Kind kind : {Kind::access_list, Kind::firewall, Kind::ip_chain}) {
    Policy policy = sets.random(kind, 10000);
    add_lists(policy, sets, 500);
    check_policy(bench, sets, std::make_shared<Loaded>(policy, shape), 4000);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(bench.latency_min, bench.latency_max);
  EXPECT_EQ(bench.latency_max, 44U);
  EXPECT_GT(bench.from_slice, 0U);
  std::cout << bench.verdicts << " verdicts, " << bench.hits << " hits, " << bench.from_slice << " of the slice, "
            << bench.latency_max << " clocks\n";
}

TEST(ScaleEngine, HostileSets) {
  RuleSets sets(test::seed(932));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  for (const Policy& policy : {sets.all_alike(shape.overlap_bound()), sets.all_overlap(40),
                               sets.nested_prefixes(1, true), sets.nested_prefixes(6, false), sets.ends(200)}) {
    check_policy(bench, sets, std::make_shared<Loaded>(policy, shape), 2000);
    if (HasFatalFailure()) return;
  }
}

TEST(ScaleEngine, PoliciesAreExchangedUnderFullLoad) {
  RuleSets sets(test::seed(933));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  std::vector<std::shared_ptr<Loaded>> policies;
  for (const std::size_t rules : {300, 2000, 700}) {
    Policy policy = sets.random(rules == 700 ? Kind::firewall : Kind::access_list, rules);
    add_lists(policy, sets, rules / 15);
    policies.push_back(std::make_shared<Loaded>(policy, shape));
  }
  bench.install(policies[0], [] {});
  for (int round = 0; round < 9 && !HasFatalFailure(); ++round) {
    // Headers of the old and of the new policy, while the new one is loaded and while the banks are exchanged.
    const auto& next = policies[static_cast<std::size_t>(round + 1) % policies.size()];
    const auto between = [&] {
      if (!bench.lookup)
        bench.lookup = ScaleLookup{sets.header(sets.below(2) == 0 ? bench.active->policy : next->policy)};
    };
    bench.install(next, between);
    for (int i = 0; i < 300; ++i) {
      between();
      bench.tick();
    }
  }
  EXPECT_EQ(bench.refused, 0U);
  EXPECT_EQ(bench.flips, 10U);
  bench.settle();
}

TEST(ScaleEngine, TheSliceFlipsAlone) {
  RuleSets sets(test::seed(934));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  Policy policy = sets.random(Kind::access_list, 500);
  add_lists(policy, sets, 20);
  const auto loaded = std::make_shared<Loaded>(policy, shape);
  check_policy(bench, sets, loaded, 500);
  // The same slice into its other bank, then one with other actions: the trees stay.
  for (unsigned mark = 1; mark < 5 && !HasFatalFailure(); ++mark) {
    const auto next = std::make_shared<Loaded>(*loaded);
    for (const auto& [rule, entry] : next->slice_entry) {
      next->policy.entries[rule].action.mark = mark * 1000 + entry;
      next->compiled.image.slice.actions[entry] &= ~std::uint64_t{0xFFFF'FFFF};
      next->compiled.image.slice.actions[entry] |= mark * 1000 + entry;
    }
    for (auto& row : tables::tree::slice_rows(next->compiled.image)) bench.loads.push_back(std::move(row));
    const auto between = [&] {
      if (!bench.lookup) bench.lookup = ScaleLookup{sets.header(policy)};
    };
    while (!bench.loads.empty()) {
      between();
      bench.tick();
    }
    const std::uint64_t before = bench.slice_flips;
    for (int i = 0; i < 1000 && bench.slice_flips == before; ++i) {
      between();
      bench.slice_flip = true;
      bench.tick();
    }
    ASSERT_EQ(bench.slice_flips, before + 1);
    bench.active = next;
    run_at_line_rate(bench, sets, policy, 1000);
  }
  bench.settle();
  EXPECT_GT(bench.from_slice, 50U);
  EXPECT_EQ(bench.refused, 0U);
}

TEST(ScaleEngine, RulesComeAndGoUnderFullLoad) {
  RuleSets sets(test::seed(939));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  Policy policy = sets.random(Kind::firewall, 800);
  add_lists(policy, sets, 60);
  const auto loaded = std::make_shared<Loaded>(policy, shape);
  bench.install(loaded, [] {});
  tables::tree::LiveRules live(policy, loaded->compiled.image);
  std::vector<std::uint32_t> numbers;
  std::uint64_t most = 0;
  for (int step = 0; step < 60 && !HasFatalFailure(); ++step) {
    // Headers of the rule that comes or goes, more than of others.
    const Policy now = live.policy(&numbers);
    policy::Entry changed = now.entries[sets.below(now.entries.size())];
    tables::tree::Change change;
    if (step % 4 == 0) {
      change = live.add(std::make_shared<const policy::Entry>(changed), static_cast<std::uint32_t>(sets.below(801)));
    } else {
      const std::size_t entry = sets.below(now.entries.size());
      changed = now.entries[entry];
      change = live.remove(numbers[entry]);
    }
    Policy one;
    one.entries = {changed};
    const auto between = [&] {
      if (!bench.lookup) bench.lookup = ScaleLookup{sets.header(sets.below(3) == 0 ? now : one)};
    };
    for (int i = 0; i < 50; ++i) {
      between();
      bench.tick();
    }
    const std::uint64_t start = bench.clock;
    bench.apply(change, std::make_shared<Loaded>(live), between);
    most = std::max(most, bench.clock - start);
    for (int i = 0; i < 100; ++i) {
      between();
      bench.tick();
    }
  }
  bench.settle();
  EXPECT_EQ(bench.refused, 0U);
  std::cout << bench.verdicts << " verdicts, a change takes at most " << most << " clocks\n";
}

TEST(ScaleEngine, CountsEveryVerdictOnce) {
  RuleSets sets(test::seed(935));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  Policy policy = sets.random(Kind::firewall, 400);
  add_lists(policy, sets, 30);
  const auto loaded = std::make_shared<Loaded>(policy, shape);
  bench.install(loaded, [] {});
  for (int i = 0; i < 5000 && !HasFatalFailure(); ++i) {
    if (!bench.lookup && sets.below(4) != 0) {
      bench.lookup = ScaleLookup{sets.header(policy), sets.below(16) == 0 ? static_cast<unsigned>(sets.below(9)) : 0,
                                 static_cast<unsigned>(sets.below(16384))};
    }
    bench.verdict_ready = sets.below(8) != 0;
    bench.tick();
  }
  bench.settle();
  ASSERT_GT(bench.counted.size(), 100U);
  for (const auto& [place, totals] : bench.counted)
    ASSERT_EQ(bench.read_counter(std::get<0>(place), std::get<1>(place), std::get<2>(place)), totals);
}

TEST(ScaleEngine, TestLookupsAskTheShadowBank) {
  RuleSets sets(test::seed(936));
  const Shape shape = Shape::scale();
  ScaleBench<VScale> bench(shape);
  Policy policy = sets.random(Kind::access_list, 600);
  Policy other = sets.random(Kind::firewall, 400);
  add_lists(policy, sets, 30);
  add_lists(other, sets, 20);
  bench.install(std::make_shared<Loaded>(policy, shape), [] {});
  const auto shadow = std::make_shared<Loaded>(other, shape);
  bench.load(shadow, [] {});
  for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
    const policy::Key key = sets.header(other);
    bench.test = key;
    bench.test_answer.reset();
    // Under full load a test lookup waits, and then takes one slot.
    for (int c = 0; c < 600 && !bench.test_answer; ++c) {
      if (!bench.lookup && (i % 8 == 0 || sets.below(2) == 0)) bench.lookup = ScaleLookup{sets.header(policy)};
      bench.tick();
    }
    ASSERT_TRUE(bench.test_answer.has_value());
    ASSERT_EQ(*bench.test_answer, bench.expected(*shadow, key)) << tables::describe(key);
  }
  bench.settle();
}

TEST(ScaleEngine, WideAddressesSmallTreesOtherPrimitives) {
  RuleSets sets(test::seed(937));
  const Shape shape = wide();
  ScaleBench<VScaleWide> bench(shape);
  for (int round = 0; round < 12 && !HasFatalFailure(); ++round) {
    Policy policy = sets.random(round % 2 == 0 ? Kind::firewall : Kind::access_list, 70);
    for (std::size_t i = 0; i < policy.entries.size(); i += 3) {
      policy::Match& match = policy.entries[i].match;
      const unsigned bits = static_cast<unsigned>(sets.below(129));
      const policy::Address host = bits == 0     ? ~policy::Address{0}
                                   : bits == 128 ? 0
                                                 : (policy::Address{1} << (128 - bits)) - 1;
      const policy::Address address = policy::make_address(0x20010DB8'00000000U + sets.below(3), sets.below(1000));
      match.source = {{address & ~host, address | host}};
      match.context.set();
    }
    add_lists(policy, sets, 25);
    check_policy(bench, sets, std::make_shared<Loaded>(policy, shape), 2000);
  }
  EXPECT_EQ(bench.latency_min, bench.latency_max);
}

class ScaleEngineClassbench : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(ScaleEngineClassbench, AnswersAsBruteForce) {
  const std::filesystem::path& file = GetParam();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  RuleSets sets(test::seed(938));
  ScaleBench<VScale> bench(Shape::scale());
  check_policy(bench, sets, std::make_shared<Loaded>(policy::read_classbench(file), Shape::scale()),
               PORTCULLIS_LOOKUPS);
  std::cout << bench.verdicts << " verdicts, " << bench.hits << " hits, " << bench.from_slice << " of the slice\n";
}

#ifdef PORTCULLIS_ALL_SETS
INSTANTIATE_TEST_SUITE_P(All, ScaleEngineClassbench, ::testing::ValuesIn(test::classbench_sets()),
                         [](const auto& info) { return test::name_of_set(info.param); });
#else
INSTANTIATE_TEST_SUITE_P(Some, ScaleEngineClassbench,
                         ::testing::Values(test::classbench_folder() / "fw1_1k",
                                           test::classbench_folder() / "ipc1_10k"),
                         [](const auto& info) { return test::name_of_set(info.param); });
#endif

}  // namespace
}  // namespace portcullis::rtl_test
