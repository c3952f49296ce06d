// Two lookups a clock (pcl_engine_pair) against brute force: both lanes at full load, while tables are loaded, banks
// exchanged, counters read and cleared, and test lookups asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "VEnginePair.h"
#include "VEnginePairHardware.h"
#include "engine_bench.h"

namespace portcullis::rtl_test {
namespace {

constexpr unsigned kLanes = 2;
constexpr unsigned kFlipClocks = 4;  // FlipClocks of rtl/engine/pcl_engine_pkg.sv
constexpr unsigned kTagBits = 8;
constexpr unsigned kLengthBits = 32;  // so that byte counters carry at every other count

struct Fast {
  using Model = VEnginePair;
  static constexpr Geometry geometry{64, 32, 16, 32, 128, kLengthBits};
  static constexpr unsigned latency = 15;
};
struct Hardware {
  using Model = VEnginePairHardware;
  static constexpr Geometry geometry{64, 64, 64, 16, 32, kLengthBits};
  static constexpr unsigned latency = 19;
};

/// The pair and what it should say. Every lane is offered a lookup in each clock unless `offer` says otherwise.
template <class Variant>
class PairBench {
 public:
  using Model = typename Variant::Model;
  explicit PairBench(std::uint64_t seed) : random(seed) {
    top_->rst_i = 1;
    for (int i = 0; i < 4; ++i) edge();
    top_->rst_i = 0;
  }
  ~PairBench() { top_->final(); }
  PairBench(const PairBench&) = delete;
  PairBench& operator=(const PairBench&) = delete;

  void tick() {
    Model& m = *top_;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if (!lookups_[lane] && offer[lane] && policies[lookup_bank]) lookups_[lane] = draw(*policies[lookup_bank]);
      put(&m.lookup_valid_i, lane, 1, lookups_[lane] ? 1 : 0);
      if (!lookups_[lane]) continue;
      put_key(m.lookup_key_i.data(), lane, lookups_[lane]->key);
      put(&m.lookup_cause_i, lane * 4, 4, lookups_[lane]->cause);
      put(&m.lookup_length_i, lane * kLengthBits, kLengthBits, lookups_[lane]->length);
      put(&m.lookup_tag_i, lane * kTagBits, kTagBits, lookups_[lane]->tag);
    }
    m.verdict_ready_i = static_cast<std::uint8_t>((ready[0] ? 1U : 0U) | (ready[1] ? 2U : 0U));
    m.load_valid_i = !loads.empty();
    if (!loads.empty()) {
      m.load_target_i = static_cast<std::uint8_t>(loads.front().target);
      m.load_index_i = static_cast<std::uint16_t>(loads.front().index);
      for (std::size_t i = 0; i < loads.front().data.size(); ++i) m.load_data_i[i] = loads.front().data[i];
    }
    m.flip_i = flip;
    m.counter_clear_i = clear;
    m.counter_valid_i = counter.has_value();
    if (counter) {
      m.counter_bank_i = std::get<0>(*counter) != 0;
      m.counter_kind_i = std::get<1>(*counter) != 0;
      m.counter_index_i = static_cast<std::uint16_t>(std::get<2>(*counter));
    }
    m.test_valid_i = test.has_value();
    if (test) put_key(m.test_key_i.data(), 0, *test);
    m.clk_i = 0;
    m.eval();

    const bool busy = m.busy_o != 0;
    const unsigned active_before = active;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if (lookups_[lane] && bit(m.lookup_ready_o, lane)) {
        expected_[lane].push_back(
            {expected_verdict(*policies[lookup_bank], *lookups_[lane], lookup_bank), lookups_[lane]->length, clock});
        ++under_way_[lookup_bank];
        lookups_[lane].reset();
      } else if (lookups_[lane]) {
        ++refused[lane];
      }
      if (bit(m.verdict_valid_o, lane) && ready[lane]) take_verdict(lane);
    }
    if (m.load_valid_i && m.load_ready_o) loads.pop_front();
    if (m.counter_valid_i && m.counter_ready_o) counter.reset();
    if (m.test_valid_i && m.test_ready_o) test.reset();
    const bool taken = flip && !busy && !clear;
    const bool ignored = flip && !taken;
    if (taken) {
      active = 1 - active;
      until_flip_ = kFlipClocks;
    }
    if (until_flip_ != 0 && --until_flip_ == 0) lookup_bank = active;
    if (!busy) {
      EXPECT_EQ(under_way_[1 - active_before], 0U) << "not busy in clock " << clock;
    }
    flip = clear = false;

    m.clk_i = 1;
    m.eval();
    ++clock;
    EXPECT_EQ(m.flip_ignored_o, ignored);
    EXPECT_EQ(m.active_bank_o, active);
    if (m.counter_done_o) counter_answer = Totals{m.counter_packets_o, m.counter_bytes_o};
    if (m.test_done_o) {
      // While its bank is being loaded, a test lookup meets any mixture of old and new, of each lane another.
      EXPECT_TRUE(m.test_agrees_o || !test_bank_is_whole);
      test_answer = TestAnswer{m.test_hit_o != 0, m.test_rule_o, m.test_action_o};
    }
  }

  /// Everything of the policy into the shadow bank, once that is not busy.
  void load(const std::shared_ptr<const RandomPolicy>& policy) {
    while (lookup_bank != active || top_->busy_o) tick();
    const std::vector<Row> rows = policy->rows(random);
    loads.assign(rows.begin(), rows.end());
    policies[1 - active] = policy;
    while (!loads.empty()) tick();
  }
  void exchange() {
    flip = true;
    do tick();
    while (lookup_bank != active);
  }
  /// Until all verdicts have left and nothing is busy.
  void settle() {
    offer = {false, false};
    ready = {true, true};
    for (unsigned i = 0; i < 60 || (top_->busy_o && i < 5000); ++i) tick();
    EXPECT_TRUE(expected_[0].empty() && expected_[1].empty());
    offer = {true, true};
  }
  Totals read(unsigned bank, unsigned kind, unsigned index) {
    counter = {bank, kind, index};
    counter_answer.reset();
    for (unsigned i = 0; i < 2000 && !counter_answer; ++i) tick();
    EXPECT_TRUE(counter_answer) << "no answer to a counter read";
    return counter_answer.value_or(Totals{});
  }
  TestAnswer ask(const Key& key) {
    test = key;
    test_answer.reset();
    for (unsigned i = 0; i < 2000 && !test_answer; ++i) tick();
    EXPECT_TRUE(test_answer) << "no answer to a test lookup";
    return test_answer.value_or(TestAnswer{});
  }
  void expect_counters() {
    settle();
    offer = {false, false};
    for (unsigned bank = 0; bank < 2; ++bank) {
      for (unsigned kind = 0; kind < 2; ++kind) {
        for (unsigned index = 0; index < (kind == 0 ? Variant::geometry.rules : 16); ++index)
          ASSERT_EQ(read(bank, kind, index), (counted[{bank, kind, index}])) << bank << ' ' << kind << ' ' << index;
      }
    }
    offer = {true, true};
  }
  std::shared_ptr<RandomPolicy> random_policy() { return std::make_shared<RandomPolicy>(Variant::geometry, random); }
  /// Sends one lookup of each lane, of this cause and length.
  void send_both(unsigned cause, std::uint32_t length) {
    for (std::optional<Lookup>& lookup : lookups_) lookup = Lookup{{}, cause, length, 0};
    while (lookups_[0] || lookups_[1]) tick();
  }
  bool clearing() const { return top_->counter_clearing_o != 0; }
  bool load_ready() const { return top_->load_ready_o != 0; }

  Random random;
  std::array<bool, kLanes> offer{true, true}, ready{true, true};
  std::deque<Row> loads;
  bool flip = false, clear = false;
  std::optional<std::tuple<unsigned, unsigned, unsigned>> counter;
  std::optional<Key> test;
  bool test_bank_is_whole = true;
  std::optional<Totals> counter_answer;
  std::optional<TestAnswer> test_answer;
  std::array<std::shared_ptr<const RandomPolicy>, 2> policies;
  std::map<std::tuple<unsigned, unsigned, unsigned>, Totals> counted;
  unsigned active = 0, lookup_bank = 0;
  std::uint64_t clock = 0, verdicts = 0, hits = 0;
  std::array<std::uint64_t, kLanes> refused{};
  std::uint64_t latency_min = ~std::uint64_t{0}, latency_max = 0;

 private:
  struct Expectation {
    Verdict verdict;
    unsigned length;
    std::uint64_t clock;
  };

  static bool bit(std::uint64_t vector, unsigned place) { return (vector >> place & 1U) != 0; }
  template <class Port>
  static void put(Port* port, unsigned low, unsigned width, std::uint64_t value) {
    const std::uint64_t mask = ((std::uint64_t{1} << width) - 1) << low;
    *port = static_cast<Port>((*port & ~mask) | (value << low));
  }
  static std::uint64_t get(std::uint64_t vector, unsigned low, unsigned width) {
    return vector >> low & ((std::uint64_t{1} << width) - 1);
  }
  /// Bits of pcl_pkg::key_t, whose first member is the highest, at element `element` of an array of keys.
  static void put_key(std::uint32_t* words, unsigned element, const Key& key) {
    constexpr unsigned kKeyBits = 334;
    unsigned place = element * kKeyBits;
    const auto field = [&](Wide value, unsigned width) {
      for (unsigned i = 0; i < width; ++i, ++place) {
        const std::uint32_t one = std::uint32_t{1} << place % 32;
        words[place / 32] = (value >> i & 1) != 0 ? words[place / 32] | one : words[place / 32] & ~one;
      }
    };
    for (std::size_t i = 0; i < kRangeFields; ++i) field(key.range[i], i < 2 ? 128 : i < 4 ? 17 : 12);
    for (const std::uint8_t chunk : key.chunk) field(chunk, 8);
  }
  Lookup draw(const RandomPolicy& policy) {
    Lookup lookup{policy.random_key(random), 0, 0, 0};
    lookup.cause = random() % 16 == 0 ? static_cast<unsigned>(random() % 16) : 0;
    lookup.length = static_cast<std::uint32_t>(random());
    lookup.tag = static_cast<unsigned>(random() % (1U << kTagBits));
    return lookup;
  }
  void take_verdict(unsigned lane) {
    const Model& m = *top_;
    constexpr unsigned kRuleBits = 6;
    Verdict verdict;
    verdict.permit = bit(m.verdict_permit_o, lane);
    verdict.would_drop = bit(m.verdict_would_drop_o, lane);
    verdict.hit = bit(m.verdict_hit_o, lane);
    verdict.rule = static_cast<unsigned>(get(m.verdict_rule_o, lane * kRuleBits, kRuleBits));
    verdict.action = m.verdict_action_o[2 * lane] | std::uint64_t{m.verdict_action_o[2 * lane + 1]} << 32U;
    verdict.cause = static_cast<unsigned>(get(m.verdict_cause_o, lane * 4, 4));
    verdict.bank = bit(m.verdict_bank_o, lane) ? 1 : 0;
    verdict.tag = static_cast<unsigned>(get(m.verdict_tag_o, lane * kTagBits, kTagBits));
    ASSERT_FALSE(expected_[lane].empty()) << "lane " << lane << ": a verdict without a lookup";
    const Expectation expected = expected_[lane].front();
    expected_[lane].pop_front();
    ASSERT_EQ(verdict, expected.verdict) << "lane " << lane << ", clock " << clock;
    latency_min = std::min(latency_min, clock - expected.clock);
    latency_max = std::max(latency_max, clock - expected.clock);
    Totals& totals = counted[{verdict.bank, verdict.hit ? 0U : 1U, verdict.hit ? verdict.rule : verdict.cause}];
    ++totals.packets;
    totals.bytes += expected.length;
    --under_way_[verdict.bank];
    ++verdicts;
    hits += verdict.hit ? 1 : 0;
  }
  void edge() {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }

  VerilatedContext context_;
  std::unique_ptr<Model> top_ = std::make_unique<Model>(&context_);
  std::array<std::optional<Lookup>, kLanes> lookups_;
  std::array<std::deque<Expectation>, kLanes> expected_;
  std::array<unsigned, 2> under_way_{};
  unsigned until_flip_ = 0;
};

template <class Variant>
class EnginePair : public testing::Test {
 protected:
  void install(const std::shared_ptr<const RandomPolicy>& policy) {
    bench.load(policy);
    bench.exchange();
  }
  PairBench<Variant> bench{test_seed()};
};
class VariantNames {
 public:
  template <class Variant>
  static std::string GetName(int) {
    return std::is_same_v<Variant, Fast> ? "Fast" : "Hardware";
  }
};
using Variants = testing::Types<Fast, Hardware>;
TYPED_TEST_SUITE(EnginePair, Variants, VariantNames);

TYPED_TEST(EnginePair, TwoLookupsAClockWhilePoliciesAreLoadedAndExchanged) {
  auto& bench = this->bench;
  this->install(bench.random_policy());
  for (unsigned i = 0; i < 2 * TypeParam::latency; ++i) bench.tick();
  bench.refused = {};
  const std::uint64_t first_clock = bench.clock, first_verdict = bench.verdicts;
  for (int round = 0; round < 8; ++round) {
    this->install(bench.random_policy());
    ASSERT_FALSE(this->HasFatalFailure());
  }
  EXPECT_EQ(bench.refused[0] + bench.refused[1], 0U) << "no lookup waits";
  EXPECT_EQ(bench.verdicts - first_verdict, 2 * (bench.clock - first_clock));
  EXPECT_EQ(bench.latency_min, TypeParam::latency);
  EXPECT_EQ(bench.latency_max, TypeParam::latency);
  EXPECT_GT(bench.hits, bench.verdicts / 20);
  bench.expect_counters();
}

TYPED_TEST(EnginePair, ALaneThatStallsHoldsUpNeitherTheOtherNorTheOrder) {
  auto& bench = this->bench;
  this->install(bench.random_policy());
  bench.refused = {};
  bench.ready[1] = false;
  for (int i = 0; i < 500; ++i) bench.tick();
  EXPECT_EQ(bench.refused[0], 0U);
  EXPECT_GT(bench.refused[1], 400U);
  for (int i = 0; i < 3000; ++i) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      bench.ready[lane] = bench.random() % 3 != 0;
      bench.offer[lane] = bench.random() % 3 != 0;
    }
    bench.tick();
    ASSERT_FALSE(this->HasFatalFailure());
  }
  bench.expect_counters();
}

// A verdict of one lane that has not left keeps the old bank of both: no row, no flip, no clearing reaches either.
TYPED_TEST(EnginePair, TheOldBankIsBusyUntilBothLanesHaveLeftIt) {
  auto& bench = this->bench;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    this->install(bench.random_policy());
    bench.load(bench.random_policy());
    bench.ready[lane] = false;
    for (int i = 0; i < 60; ++i) bench.tick();
    bench.exchange();
    const unsigned active = bench.active;
    const auto next = bench.random_policy();
    const std::vector<Row> rows = next->rows(bench.random);
    bench.loads.assign(rows.begin(), rows.end());
    for (int i = 0; i < 200; ++i) {
      bench.flip = i % 5 == 0;  // ignored; tick() checks that this is said
      bench.tick();
      ASSERT_EQ(bench.active, active);
      ASSERT_EQ(bench.loads.size(), rows.size()) << "a row was taken";
    }
    bench.ready[lane] = true;
    while (!bench.loads.empty()) bench.tick();
    bench.policies[1 - bench.active] = next;
    bench.exchange();
    for (int i = 0; i < 300; ++i) bench.tick();
    ASSERT_FALSE(this->HasFatalFailure());
  }
}

TYPED_TEST(EnginePair, CountersOfABankThatCountsAreReadUnderFullLoadOfBothLanes) {
  auto& bench = this->bench;
  this->install(bench.random_policy());
  for (int i = 0; i < 500; ++i) bench.tick();
  for (int i = 0; i < 10; ++i) {
    const unsigned cause = static_cast<unsigned>(i) % 3;
    const std::tuple<unsigned, unsigned, unsigned> place{bench.active, 1U, cause};
    const Totals before = bench.counted[place];
    const Totals answer = bench.read(bench.active, 1, cause);
    for (unsigned clocks = 0; clocks < 2 * TypeParam::latency; ++clocks) bench.tick();
    EXPECT_GE(answer.packets, before.packets);
    EXPECT_LE(answer.packets, bench.counted[place].packets);
  }
  EXPECT_LE(bench.refused[0], 10U) << "a read withholds at most one slot of a lane";
  EXPECT_LE(bench.refused[1], 10U);
  bench.expect_counters();
}

TYPED_TEST(EnginePair, ClearingZeroesTheShadowBankOfBothLanes) {
  auto& bench = this->bench;
  for (int bank = 0; bank < 2; ++bank) {
    this->install(bench.random_policy());
    for (int i = 0; i < 1000; ++i) bench.tick();
  }
  bench.settle();
  bench.clear = true;
  bench.tick();
  while (bench.clearing()) {
    bench.flip = bench.random() % 8 == 0;
    bench.tick();
  }
  std::uint64_t kept = 0;
  for (auto& [place, totals] : bench.counted) {
    if (std::get<0>(place) != bench.active) totals = {};
    kept += totals.packets;
  }
  EXPECT_GT(kept, 1000U);
  bench.expect_counters();
}

TYPED_TEST(EnginePair, SumsCarryFromTheLowerHalfIntoTheUpper) {
  auto& bench = this->bench;
  this->install(bench.random_policy());
  bench.settle();
  bench.offer = {false, false};
  const Totals before = bench.read(bench.active, 1, 9);
  const Totals other = bench.read(bench.active, 1, 10);
  bench.send_both(9, 0x8000'0000);
  bench.send_both(10, 0x7FFF'FFFF);
  for (unsigned i = 0; i < 2 * TypeParam::latency; ++i) bench.tick();
  EXPECT_EQ(bench.read(bench.active, 1, 9), (Totals{before.packets + 2, before.bytes + 0x1'0000'0000}));
  EXPECT_EQ(bench.read(bench.active, 1, 10), (Totals{other.packets + 2, other.bytes + 0xFFFF'FFFE}));
  bench.expect_counters();
}

TYPED_TEST(EnginePair, TestLookupsMeetTheShadowBankOfBothLanesAndCountNowhere) {
  auto& bench = this->bench;
  this->install(bench.random_policy());
  const auto shadow = bench.random_policy();
  bench.load(shadow);
  for (int i = 0; i < 60; ++i) {
    bench.offer = {i % 2 == 0, i % 3 == 0};
    const Key key = shadow->random_key(bench.random);
    const auto rule = shadow->first_match(key);
    ASSERT_EQ(bench.ask(key), (TestAnswer{rule.has_value(), rule.value_or(0),
                                          rule ? shadow->rule(*rule).action : shadow->default_action()}));
  }
  bench.expect_counters();
}

TYPED_TEST(EnginePair, EverythingAtOnce) {
  auto& bench = this->bench;
  bench.test_bank_is_whole = false;
  this->install(bench.random_policy());
  unsigned flips = 0;
  for (int round = 0; round < 5; ++round) {
    const auto between = [&] {
      for (unsigned lane = 0; lane < kLanes; ++lane) {
        bench.offer[lane] = bench.random() % 8 != 0;
        bench.ready[lane] = bench.random() % 16 != 0;
      }
      if (!bench.counter && bench.random() % 20 == 0)
        bench.counter = {static_cast<unsigned>(bench.random() % 2), static_cast<unsigned>(bench.random() % 2),
                         static_cast<unsigned>(bench.random() % 70)};
      if (!bench.test && bench.random() % 50 == 0) bench.test = bench.policies[bench.active]->random_key(bench.random);
      bench.tick();
    };
    for (int i = 0; i < 500; ++i) between();
    const auto next = bench.random_policy();
    while (!bench.load_ready() || bench.lookup_bank != bench.active) between();
    const std::vector<Row> rows = next->rows(bench.random);
    bench.loads.assign(rows.begin(), rows.end());
    bench.policies[1 - bench.active] = next;
    while (!bench.loads.empty()) between();
    for (int i = 0; i < 300; ++i) {
      bench.flip = i == 20 || bench.random() % 60 == 0;
      const unsigned before = bench.active;
      between();
      ASSERT_FALSE(this->HasFatalFailure());
      flips += before != bench.active ? 1U : 0U;
    }
  }
  EXPECT_GT(flips, 5U);
  bench.expect_counters();
}

}  // namespace
}  // namespace portcullis::rtl_test
