// The match engine against brute force: verdicts, flow control, banks, counters, test lookups; in several geometries,
// and with the bodies of its primitives that simulate fast as well as those for synthesis.
#include <gtest/gtest.h>

#include <algorithm>

#include "VEngineCompact.h"
#include "VEngineDeep.h"
#include "VEngineEcp5.h"
#include "VEngineEdge.h"
#include "VEngineHardware.h"
#include "VEngineHardwareNarrow.h"
#include "VEngineNarrow.h"
#include "VEngineXilinx.h"
#include "engine_bench.h"

namespace portcullis::rtl_test {
namespace {

constexpr std::uint64_t kPermit = std::uint64_t{1} << 32U;
constexpr std::uint64_t kMonitor = std::uint64_t{1} << 63U;

struct Edge {
  using Model = VEngineEdge;
  static constexpr Geometry geometry{512, 128, 256, 256, 256};
  static constexpr unsigned latency = 24;
};
// Up to four RAM levels, last ones of four and of two children, addresses that are no whole words.
struct Deep {
  using Model = VEngineDeep;
  static constexpr Geometry geometry{1024, 100, 4096, 2048, 512};
  static constexpr unsigned latency = 33;
};
// One clock a comparison; tables without a RAM level, with one of two children, with one of four and one of two.
// Lengths of 32 bits, so that byte counters carry at every other count.
struct Narrow {
  using Model = VEngineNarrow;
  static constexpr Geometry geometry{64, 32, 16, 32, 128, 32};
  static constexpr unsigned latency = 15;
};
struct Hardware {
  using Model = VEngineHardware;
  static constexpr Geometry geometry{128, 128, 256, 64, 32};
  static constexpr unsigned latency = 24;
};
struct HardwareNarrow {
  using Model = VEngineHardwareNarrow;
  static constexpr Geometry geometry{64, 24, 1024, 16, 128};
  static constexpr unsigned latency = 18;
};

struct Ecp5 {
  using Model = VEngineEcp5;
  static constexpr Geometry geometry{64, 64, 128, 512, 64};
  static constexpr unsigned latency = 23;
};

// Other bodies in geometries from above: they must take the same clocks.
struct Compact : HardwareNarrow {
  using Model = VEngineCompact;
};
struct Xilinx : Hardware {
  using Model = VEngineXilinx;
};

template <class Variant>
class MatchEngine : public testing::Test {
 protected:
  using Bench = EngineBench<typename Variant::Model>;

  std::shared_ptr<RandomPolicy> random_policy() {
    return std::make_shared<RandomPolicy>(Variant::geometry, bench.random);
  }
  bool chance(unsigned one_in) { return bench.random() % one_in == 0; }

  /// A policy one of whose rules is certainly met by the key that comes with it.
  struct Meeting {
    std::shared_ptr<RandomPolicy> policy;
    std::vector<std::pair<unsigned, Key>> rules;
  };
  Meeting policy_with_meetings(std::size_t wanted) {
    for (;;) {
      Meeting meeting{random_policy(), {}};
      for (unsigned number = 0; number < Variant::geometry.rules && meeting.rules.size() < wanted; ++number) {
        const Key key = meeting.policy->key_of(number, bench.random);
        if (meeting.policy->first_match(key) == number) {
          meeting.rules.emplace_back(number, key);
        }
      }
      if (meeting.rules.size() >= wanted) {
        return meeting;
      }
    }
  }
  Lookup lookup_of(const Key& key) {
    return {key, 0, static_cast<unsigned>(bench.random()) & Variant::geometry.largest_length(),
            static_cast<unsigned>(bench.random() % 256)};
  }
  /// Keeps a lookup of the active policy waiting in every clock.
  void offer() {
    if (!bench.lookup) {
      bench.lookup = bench.random_lookup(*bench.policies[bench.active]);
    }
  }

  Bench bench{Variant::geometry, test_seed()};
};

using Variants = testing::Types<Edge, Deep, Narrow, Hardware, HardwareNarrow, Ecp5, Compact, Xilinx>;
class VariantNames {
 public:
  template <class Variant>
  static std::string GetName(int) {
    if constexpr (std::is_same_v<Variant, Edge>) return "Edge";
    if constexpr (std::is_same_v<Variant, Deep>) return "Deep";
    if constexpr (std::is_same_v<Variant, Narrow>) return "Narrow";
    if constexpr (std::is_same_v<Variant, Hardware>) return "Hardware";
    if constexpr (std::is_same_v<Variant, HardwareNarrow>) return "HardwareNarrow";
    if constexpr (std::is_same_v<Variant, Ecp5>) return "Ecp5";
    if constexpr (std::is_same_v<Variant, Compact>) return "Compact";
    if constexpr (std::is_same_v<Variant, Xilinx>) return "Xilinx";
  }
};
TYPED_TEST_SUITE(MatchEngine, Variants, VariantNames);

TYPED_TEST(MatchEngine, BackToBackLookupsMatchBruteForceAtStatedLatency) {
  auto& bench = this->bench;
  for (int round = 0; round < 10; ++round) {
    bench.install(this->random_policy());
    bench.refused = 0;
    for (int i = 0; i < 3000; ++i) {
      this->offer();
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
    }
    EXPECT_EQ(bench.refused, 0U) << "lookups must be taken in every clock";
  }
  bench.check_counters();
  EXPECT_EQ(bench.latency_min, TypeParam::latency);
  EXPECT_EQ(bench.latency_max, TypeParam::latency);
  EXPECT_GT(bench.hits, bench.verdicts / 20);
  EXPECT_LT(bench.hits, bench.verdicts);
}

TYPED_TEST(MatchEngine, NothingIsLostOrReorderedUnderRandomStalls) {
  auto& bench = this->bench;
  for (int round = 0; round < 6; ++round) {
    bench.install(this->random_policy());
    const unsigned offered = 1 + static_cast<unsigned>(bench.random() % 4);
    const unsigned taken = 1 + static_cast<unsigned>(bench.random() % 4);
    for (int i = 0; i < 3000; ++i) {
      if (this->chance(offered)) {
        this->offer();
      }
      // Stalls of single clocks, and long ones that fill the result buffer.
      bench.verdict_ready = i % 500 > 200 && this->chance(taken);
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
    }
  }
  bench.check_counters();
  EXPECT_GT(bench.refused, 0U);
}

TYPED_TEST(MatchEngine, FlipChangesThePolicyBetweenTwoLookupsWithoutAStall) {
  auto& bench = this->bench;
  bench.install(this->random_policy());
  bench.refused = 0;
  for (int round = 0; round < 6; ++round) {
    bench.load(this->random_policy(), [&] {
      this->offer();
      bench.load_now = !this->chance(3);
    });
    ASSERT_FALSE(this->HasFatalFailure());
    // The flip comes in the clock after the last row at the earliest.
    for (std::uint64_t i = bench.random() % 3; i > 0; --i) {
      this->offer();
      bench.tick();
    }
    this->offer();
    bench.flip = true;
    const unsigned active = bench.active;
    bench.tick();
    ASSERT_NE(bench.active, active);
  }
  EXPECT_EQ(bench.refused, 0U) << "no lookup waits while tables are loaded or banks exchanged";
  bench.check_counters();
}

TYPED_TEST(MatchEngine, LastLoadedRowCountsForTheLookupRightBehindTheFlip) {
  auto& bench = this->bench;
  for (int round = 0; round < 8; ++round) {
    const auto policy = this->random_policy();
    bench.settle();
    std::vector<Row> rows = policy->rows(bench.random);
    bench.policies[1 - bench.active] = policy;
    // A row of each kind comes last in turn: boundary of the first level, of a RAM level, bitmap, action, default
    // action.
    const unsigned kind = static_cast<unsigned>(round) % 5;
    const auto last = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      const unsigned stride = TypeParam::geometry.address_intervals / 16;
      return kind == 0   ? row.target == 0 && row.index == 8 * stride
             : kind == 1 ? row.target == 0 && row.index == TypeParam::geometry.address_intervals / 2 + 1
             : kind == 2 ? row.target == 0x08 + 5
             : kind == 3 ? row.target == 0x18
                         : row.target == 0x19;
    });
    ASSERT_NE(last, rows.end());
    std::iter_swap(last, rows.end() - 1);
    bench.loads.assign(rows.begin(), rows.end());
    while (bench.loads.size() > 1) {
      bench.tick();
    }
    bench.flip = true;  // in the very clock that takes the last row
    bench.tick();
    ASSERT_TRUE(bench.loads.empty());
    for (int i = 0; i < 200; ++i) {
      bench.lookup = bench.random_lookup(*policy);
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
    }
  }
}

TYPED_TEST(MatchEngine, OldBankIsBusyUntilItsLastVerdictHasLeft) {
  auto& bench = this->bench;
  bench.install(this->random_policy());
  const auto next = this->random_policy();
  bench.load(next);
  bench.verdict_ready = false;
  for (int i = 0; i < 5; ++i) {
    this->offer();
    bench.tick();
  }
  bench.lookup.reset();
  bench.flip = true;
  bench.tick();
  const unsigned active = bench.active;
  const auto third = this->random_policy();
  const std::vector<Row> rows = third->rows(bench.random);
  bench.loads.assign(rows.begin(), rows.end());
  for (int i = 0; i < 300; ++i) {
    bench.flip = i % 7 == 0;  // ignored; tick() checks that this is said
    bench.tick();
    ASSERT_TRUE(bench.busy) << "clock " << i;
    ASSERT_EQ(bench.active, active);
    ASSERT_EQ(bench.loads.size(), rows.size()) << "a row was taken while the shadow bank was busy";
  }
  bench.verdict_ready = true;
  for (int i = 0; i < 40 && bench.busy; ++i) {
    bench.tick();
  }
  EXPECT_FALSE(bench.busy) << "still busy 40 clocks after the last verdict could leave";
  while (!bench.loads.empty()) {
    bench.tick();
  }
  bench.policies[1 - bench.active] = third;
  bench.flip = true;
  bench.tick();
  for (int i = 0; i < 500; ++i) {
    this->offer();
    bench.tick();
    ASSERT_FALSE(this->HasFatalFailure());
  }
  bench.check_counters();
}

TYPED_TEST(MatchEngine, CountersKeepEveryHitOfOneRuleBackToBack) {
  auto& bench = this->bench;
  const auto meeting = this->policy_with_meetings(1);
  bench.install(meeting.policy);
  for (int i = 0; i < 2000; ++i) {
    bench.lookup = this->lookup_of(meeting.rules[0].second);
    bench.tick();
  }
  bench.check_counters();
  EXPECT_EQ((bench.counted[{bench.active, 0, meeting.rules[0].first}].packets), 2000U);
}

TYPED_TEST(MatchEngine, CountersKeepEveryHitOfFewRulesAtAnyDistance) {
  auto& bench = this->bench;
  const auto meeting = this->policy_with_meetings(4);
  bench.install(meeting.policy);
  for (int i = 0; i < 10000; ++i) {
    // Runs, alternations and gaps: two accesses of a rule at every distance up to a dozen clocks.
    const std::size_t rules = 1 + static_cast<std::size_t>(i / 500) % 4;
    if (!this->chance(8)) {
      bench.lookup = this->lookup_of(meeting.rules[bench.random() % rules].second);
    }
    bench.tick();
    ASSERT_TRUE(!bench.lookup);
  }
  bench.check_counters();
}

TYPED_TEST(MatchEngine, ByteCountersCarryIntoTheirUpperHalf) {
  auto& bench = this->bench;
  const auto meeting = this->policy_with_meetings(1);
  bench.install(meeting.policy);
  const std::uint32_t length = TypeParam::geometry.largest_length();
  for (std::uint64_t i = 0; i < (std::uint64_t{1} << 32U) / length + 100; ++i) {
    bench.lookup = Lookup{meeting.rules[0].second, 0, length, 0};
    bench.tick();
  }
  bench.check_counters();
  EXPECT_GT((bench.counted[{bench.active, 0, meeting.rules[0].first}].bytes), std::uint64_t{1} << 32U);
}

TYPED_TEST(MatchEngine, CountersOfTheActiveBankAreReadAtFullLoad) {
  auto& bench = this->bench;
  const auto meeting = this->policy_with_meetings(1);
  bench.install(meeting.policy);
  const unsigned rule = meeting.rules[0].first;
  const auto full_load = [&] {
    if (!bench.lookup) {
      bench.lookup = Lookup{meeting.rules[0].second, 0, 100, 0};
    }
  };
  for (int i = 0; i < 100; ++i) {
    full_load();
    bench.tick();
  }
  bench.refused = 0;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t start = bench.clock;
    const std::uint64_t least = (bench.counted[{bench.active, 0, rule}].packets);
    const Totals answer = bench.read_counter(bench.active, 0, rule, full_load);
    EXPECT_GE(answer.packets, least);
    EXPECT_LE(answer.packets, bench.lookups);
    EXPECT_EQ(answer.bytes, answer.packets * 100) << "packets and bytes of one moment";
    EXPECT_LE(bench.clock - start, 256 + 64U);
  }
  EXPECT_GT(bench.refused, 0U) << "the load was not full";
  EXPECT_LE(bench.refused, 20U) << "a read withholds at most one slot";
  bench.check_counters();
}

TYPED_TEST(MatchEngine, CountersOfTheShadowBankAreReadAtOnceAtFullLoad) {
  auto& bench = this->bench;
  bench.install(this->random_policy());
  for (int i = 0; i < 1000; ++i) {
    this->offer();
    bench.tick();
  }
  bench.install(this->random_policy());
  for (int i = 0; i < 50; ++i) {
    this->offer();
    bench.tick();
  }
  bench.refused = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const unsigned kind = i % 2;
    const unsigned index = static_cast<unsigned>(bench.random() % (kind == 0 ? TypeParam::geometry.rules : 16));
    const std::uint64_t start = bench.clock;
    EXPECT_EQ(bench.read_counter(1 - bench.active, kind, index, [&] { this->offer(); }),
              (bench.counted[{1 - bench.active, kind, index}]));
    EXPECT_LE(bench.clock - start, 12U);
  }
  EXPECT_EQ(bench.refused, 0U);
}

TYPED_TEST(MatchEngine, CounterBeyondTheTableReadsZero) {
  auto& bench = this->bench;
  const auto meeting = this->policy_with_meetings(1);
  bench.install(meeting.policy);
  for (unsigned cause = 0; cause < 16; ++cause) {
    bench.lookup = Lookup{meeting.rules[0].second, cause, 100, 0};
    bench.tick();
  }
  bench.settle();
  EXPECT_EQ(bench.read_counter(bench.active, 0, meeting.rules[0].first), (Totals{1, 100}));
  EXPECT_EQ(bench.read_counter(bench.active, 0, TypeParam::geometry.rules + meeting.rules[0].first), Totals{});
  EXPECT_EQ(bench.read_counter(bench.active, 1, 5), (Totals{1, 100}));
  EXPECT_EQ(bench.read_counter(bench.active, 1, 16 + 5), Totals{});
}

TYPED_TEST(MatchEngine, ClearingZeroesTheShadowBankOnly) {
  auto& bench = this->bench;
  for (int bank = 0; bank < 2; ++bank) {
    bench.install(this->random_policy());
    for (int i = 0; i < 2000; ++i) {
      this->offer();
      bench.tick();
    }
  }
  bench.counter_clear = true;
  bench.tick();
  const unsigned active = bench.active;
  unsigned clocks = 0;
  while (bench.model().counter_clearing_o && clocks < 5000) {
    bench.flip = clocks % 50 == 0;  // ignored
    this->offer();
    bench.tick();
    ++clocks;
  }
  EXPECT_GE(clocks, TypeParam::geometry.rules);
  EXPECT_LE(clocks, TypeParam::geometry.rules + 50);
  EXPECT_EQ(bench.active, active);
  bench.check_counters();
  std::uint64_t shadow = 0;
  std::uint64_t kept = 0;
  for (const auto& [place, totals] : bench.counted) {
    (std::get<0>(place) == active ? kept : shadow) += totals.packets;
  }
  EXPECT_EQ(shadow, 0U);
  EXPECT_GT(kept, 2000U);
}

TYPED_TEST(MatchEngine, ClearingWaitsForLookupsOfTheOldBank) {
  auto& bench = this->bench;
  const auto meeting = this->policy_with_meetings(1);
  bench.install(meeting.policy);
  bench.load(this->random_policy());
  for (int i = 0; i < 20; ++i) {
    bench.lookup = this->lookup_of(meeting.rules[0].second);
    bench.tick();
  }
  bench.flip = true;
  bench.tick();
  bench.counter_clear = true;  // lookups of the bank to be cleared are under way
  bench.tick();
  bench.check_counters();
}

TYPED_TEST(MatchEngine, TestLookupsMeetTheShadowBankAndCountNowhere) {
  auto& bench = this->bench;
  const auto active = this->random_policy();
  bench.install(active);
  const auto shadow = this->random_policy();
  bench.load(shadow);
  for (int i = 0; i < 300; ++i) {
    const bool full = i % 30 == 0;
    const Key key = shadow->random_key(bench.random);
    const TestAnswer answer = bench.run_test(key, [&] {
      if (full || this->chance(2)) {
        this->offer();
      }
    });
    const auto rule = shadow->first_match(key);
    TestAnswer expected{rule.has_value(), rule.value_or(0),
                        rule ? shadow->rule(*rule).action : shadow->default_action()};
    ASSERT_EQ(answer, expected);
  }
  bench.check_counters();
}

TYPED_TEST(MatchEngine, MonitorModePermitsEverythingAndFlagsWhatWouldDrop) {
  auto& bench = this->bench;
  for (const std::uint64_t default_action : {kMonitor, kMonitor | kPermit}) {
    const auto policy = this->random_policy();
    policy->set_default_action(default_action | 0x1234);
    bench.install(policy);
    bench.would_drops = 0;
    const std::uint64_t before = bench.verdicts;
    std::uint64_t permits = 0;
    for (int i = 0; i < 3000; ++i) {
      this->offer();
      bench.tick();
      permits += bench.model().verdict_valid_o && bench.model().verdict_permit_o ? 1U : 0U;
      ASSERT_FALSE(this->HasFatalFailure());
    }
    bench.settle();
    EXPECT_GT(bench.would_drops, 0U);  // malformed ones at the least
    EXPECT_GE(permits + 64, bench.verdicts - before);
  }
}

TYPED_TEST(MatchEngine, EngineThatWasNeverLoadedDropsEverything) {
  auto& bench = this->bench;
  const auto keys = this->random_policy();
  for (int i = 0; i < 500; ++i) {
    bench.lookup = bench.random_lookup(*keys);
    bench.tick();
    ASSERT_FALSE(this->HasFatalFailure());
  }
  bench.check_counters();
  EXPECT_EQ(bench.hits, 0U);
}

TYPED_TEST(MatchEngine, ResetForgetsWhatIsUnderWay) {
  auto& bench = this->bench;
  bench.install(this->random_policy());
  bench.verdict_ready = false;
  for (int i = 0; i < 200; ++i) {
    this->offer();
    bench.tick();
  }
  bench.reset();
  for (int i = 0; i < 200; ++i) {
    bench.tick();
    ASSERT_FALSE(this->HasFatalFailure()) << "a verdict from before the reset";
  }
  EXPECT_FALSE(bench.busy);
  bench.install(this->random_policy());
  for (int i = 0; i < 1000; ++i) {
    this->offer();
    bench.tick();
    ASSERT_FALSE(this->HasFatalFailure());
  }
  EXPECT_GT(bench.verdicts, 900U);
}

TYPED_TEST(MatchEngine, PolicyInForceIsInForceBehindAResetWhateverWasUnderWay) {
  auto& bench = this->bench;
  bench.install(this->random_policy());
  std::array<unsigned, 2> behind{};  // resets behind which bank 0, bank 1 was in force
  for (unsigned round = 0; round < 24; ++round) {
    // Every other time in the middle of a load, else right behind a flip.
    const auto next = this->random_policy();
    if (round % 2 == 0) {
      std::vector<Row> rows = next->rows(bench.random);
      rows.resize(1 + bench.random() % rows.size());
      bench.loads.assign(rows.begin(), rows.end());
      while (!bench.loads.empty()) {
        this->offer();
        bench.tick();
        ASSERT_FALSE(this->HasFatalFailure());
      }
    } else {
      bench.load(next, [&] { this->offer(); });
      bench.flip = true;
      for (unsigned clocks = 0; clocks <= round / 2 % 6; ++clocks) {
        this->offer();
        bench.tick();
        ASSERT_FALSE(this->HasFatalFailure());
      }
    }
    bench.reset(2 + round % 3);
    ++behind[bench.active];
    const std::uint64_t before = bench.verdicts;
    for (int i = 0; i < 200; ++i) {
      bench.lookup = bench.random_lookup(*bench.policies[bench.active]);
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure()) << "round " << round;
    }
    bench.settle();
    ASSERT_GT(bench.verdicts, before + 150);
  }
  EXPECT_GT(behind[0], 0U);
  EXPECT_GT(behind[1], 0U);
}

TYPED_TEST(MatchEngine, KeysAtTheEndsOfFieldsBelongToTheOutermostIntervals) {
  auto& bench = this->bench;
  for (int round = 0; round < 6; ++round) {
    const auto policy = this->random_policy();
    bench.install(policy);
    for (int i = 0; i < 400; ++i) {
      Lookup lookup = bench.random_lookup(*policy);
      for (std::size_t field = 0; field < kRangeFields; ++field) {
        if (this->chance(2)) {
          lookup.key.range[field] = this->chance(3) ? 0 : TypeParam::geometry.largest(field);
        }
      }
      bench.lookup = lookup;
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
    }
  }
}

TYPED_TEST(MatchEngine, RowsBeyondTheTablesAreIgnored) {
  auto& bench = this->bench;
  const auto policy = this->random_policy();
  bench.settle();
  bench.load(policy);
  const std::size_t words = std::max(TypeParam::geometry.rules, 128U) / 32;
  for (unsigned target = 0; target < 64; ++target) {
    const unsigned rows = target < 5                      ? TypeParam::geometry.intervals(target)
                          : target >= 8 && target < 8 + 9 ? TypeParam::geometry.intervals(target - 8)
                          : target == 0x18                ? TypeParam::geometry.rules
                          : target == 0x19                ? 1
                                                          : 0;
    std::vector<unsigned> indices{rows, rows + 1, 2 * rows, 0x8000, 0xFFFF};
    if (target < 5) {
      indices.push_back(0);  // there is no boundary 0
    }
    for (const unsigned index : indices) {
      Row row{target, index & 0xFFFFU, std::vector<std::uint32_t>(words)};
      for (std::uint32_t& word : row.data) {
        word = static_cast<std::uint32_t>(bench.random());
      }
      bench.loads.push_back(std::move(row));
    }
  }
  while (!bench.loads.empty()) {
    bench.tick();
  }
  bench.flip = true;
  bench.tick();
  for (int i = 0; i < 2000; ++i) {
    bench.lookup = bench.random_lookup(*policy);
    bench.tick();
    ASSERT_FALSE(this->HasFatalFailure());
  }
}

TYPED_TEST(MatchEngine, EverythingAtOnceForALongTime) {
  auto& bench = this->bench;
  bench.install(this->random_policy());
  unsigned flips = 0;
  for (int round = 0; round < 6; ++round) {
    const unsigned offered = 1 + static_cast<unsigned>(bench.random() % 3);
    const unsigned stalls = 2 + static_cast<unsigned>(bench.random() % 100);
    const auto between = [&] {
      if (this->chance(offered)) {
        this->offer();
      }
      bench.verdict_ready = !this->chance(stalls);
      bench.load_now = !this->chance(8);
      if (!bench.counter && bench.model().counter_ready_o && this->chance(20)) {
        bench.counter = {static_cast<unsigned>(bench.random() % 2), static_cast<unsigned>(bench.random() % 2),
                         static_cast<unsigned>(bench.random() % 1100)};
      }
      if (!bench.test && this->chance(50)) {
        bench.test = bench.policies[bench.active]->random_key(bench.random);
      }
    };
    for (int i = 0; i < 2000; ++i) {
      between();
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
    }
    bench.counter_clear = this->chance(2);
    bench.load(this->random_policy(), between);
    ASSERT_FALSE(this->HasFatalFailure());
    for (int i = 0; i < 500; ++i) {
      between();
      bench.flip = i == 100 || this->chance(100);
      const unsigned active = bench.active;
      bench.tick();
      ASSERT_FALSE(this->HasFatalFailure());
      flips += active != bench.active ? 1 : 0;
    }
  }
  EXPECT_GT(flips, 6U);
  bench.check_counters();
}

}  // namespace
}  // namespace portcullis::rtl_test
