// Rules that come and go, against the reference matcher on a plain list of them.
#include "device/rule_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "device/loader.h"
#include "fake_device.h"
#include "key_words.h"
#include "random_policy.h"
#include "tables/compile.h"
#include "tables/reference.h"

namespace portcullis::test {
namespace {

using device::Device;
using device::DeviceError;
using device::Ownership;
using device::RegisterRowSink;
using device::RuleId;
using device::RuleTable;
using device::Tally;

constexpr policy::Action kPermit{.permit = true};
constexpr policy::Action kDrop{};

/// A rule for one destination port.
policy::Match port(std::uint32_t number) {
  policy::Match match = policy::Match::any();
  match.destination_port = {{number, number}};
  return match;
}

class Rules : public ::testing::Test {
 protected:
  RandomPolicy random{seed(11)};
  FakeDevice fake;
  Device device{fake, Device::Options{.polls = 50}};
  RegisterRowSink sink{device};
  Ownership ownership{fake};
  RuleTable table{device, sink, ownership, kPermit};

  policy::Key key_of_port(std::uint32_t number) {
    policy::Key key;
    key.destination_port = number;
    return key;
  }
  FakeDevice::Answer ask(const policy::Key& key) { return fake.lookup(words(key)); }
  bool permits(std::uint32_t number) { return policy::Action::from_word(ask(key_of_port(number)).action).permit; }
};

TEST_F(Rules, WithoutRulesEveryPacketMeetsTheDefaultAction) {
  table.commit();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ask(random.key()).action, kPermit.to_word());
}

TEST_F(Rules, ChangesTakeEffectTogetherAtTheCommit) {
  table.commit();
  const RuleId telnet = table.add(0, port(23), kDrop);
  table.add(0, port(80), kDrop);
  EXPECT_TRUE(permits(23));
  const unsigned flips = fake.flips;
  table.commit();
  EXPECT_EQ(fake.flips, flips + 1);
  EXPECT_FALSE(permits(23));
  EXPECT_FALSE(permits(80));
  EXPECT_TRUE(table.remove(telnet));
  EXPECT_FALSE(table.remove(telnet));
  table.commit();
  EXPECT_TRUE(permits(23));
  EXPECT_FALSE(permits(80));
}

TEST_F(Rules, SmallerPriorityNumbersComeFirstAndEqualOnesInOrder) {
  for (const std::uint32_t last : {0U, 1U, std::numeric_limits<std::uint32_t>::max()}) {
    RuleTable rules(device, sink, ownership, kPermit);
    const RuleId second = rules.add(last, port(5), kDrop);
    const RuleId third = rules.add(last, port(5), kPermit);
    rules.commit();
    EXPECT_EQ(rules.rule_at(ask(key_of_port(5)).rule), second);
    rules.remove(second);
    rules.commit();
    EXPECT_EQ(rules.rule_at(ask(key_of_port(5)).rule), third);
    if (last > 0) {
      const RuleId first = rules.add(last - 1, port(5), kDrop);
      rules.commit();
      EXPECT_EQ(rules.rule_at(ask(key_of_port(5)).rule), first);
    }
  }
}

TEST_F(Rules, RandomChangesDecideAsTheReferenceMatcherOnTheListOfRules) {
  struct Wanted {
    RuleId id;
    std::uint32_t priority;
    policy::Entry entry;
  };
  std::vector<Wanted> wanted;
  unsigned checked = 0, refused = 0;
  for (int round = 0; round < 120; ++round) {
    const std::vector<Wanted> before = wanted;
    const std::uint64_t changes = 1 + random.below(4);
    bool fits = true;
    for (std::uint64_t change = 0; change < changes; ++change) {
      if (!wanted.empty() && random.below(5) < 2) {
        const auto victim = wanted.begin() + static_cast<std::ptrdiff_t>(random.below(wanted.size()));
        EXPECT_TRUE(table.remove(victim->id));
        wanted.erase(victim);
      } else {
        const policy::Entry entry = random.policy(1).entries.front();
        const auto priority = static_cast<std::uint32_t>(random.below(3) * 1000);
        try {
          const RuleId id = table.add(priority, entry.match, entry.action, entry.from);
          const auto behind = std::ranges::upper_bound(wanted, priority, {}, &Wanted::priority);
          wanted.insert(behind, {id, priority, entry});
        } catch (const tables::DoesNotFit&) {
        }
      }
    }
    try {
      table.commit();
    } catch (const tables::DoesNotFit&) {
      fits = false;
      wanted = before;
      ++refused;
    }
    policy::Policy expected;
    for (const Wanted& rule : wanted) expected.entries.push_back(rule.entry);
    for (int i = 0; i < 60; ++i) {
      const policy::Key key = random.key();
      const FakeDevice::Answer answer = ask(key);
      const std::optional<std::size_t> first = tables::first_match(expected, key);
      ASSERT_EQ(answer.hit, first.has_value()) << "round " << round << (fits ? "" : ", after a refused commit");
      if (!first) continue;
      ASSERT_EQ(table.rule_at(answer.rule), wanted[*first].id);
      ASSERT_EQ(answer.action, wanted[*first].entry.action.to_word());
      ++checked;
    }
  }
  EXPECT_GT(checked, 500U);
  RecordProperty("refused", static_cast<int>(refused));
}

TEST_F(Rules, OneMoreRuleWritesFewRows) {
  for (std::uint32_t p = 100; p < 110; ++p) table.add(0, port(p), kDrop);
  table.commit();
  table.add(0, port(200), kDrop);
  table.commit();  // both banks are known now
  table.add(0, port(300), kDrop);
  const RuleTable::CommitReport report = table.commit();
  EXPECT_FALSE(report.moved_rules);
  // Port 300 makes two boundaries behind those of all others, in one of five range tables; the nine bitmaps get a bit
  // in every row that matches. That is less than a full load by far.
  std::size_t all = 0;
  for (const device::RowWrite& row : device::load_sequence(tables::compile_tables(table.policy(), device.geometry())))
    all += row.count;
  EXPECT_LT(report.rows, all);
  EXPECT_FALSE(permits(300));
  EXPECT_FALSE(permits(100));
  EXPECT_TRUE(permits(301));
}

TEST_F(Rules, PolicyStandsBetweenRulesByPriority) {
  policy::Policy policy;
  policy.default_action = kDrop;
  policy.entries.push_back({port(443), kPermit, {}});
  policy.entries.push_back({port(22), kPermit, {}});
  const tables::Geometry small{"small", 64, 128, {64, 64, 32, 32, 16}};
  const std::vector<RuleId> entries = table.set_policy(tables::compile(policy, small).image, 1000);
  ASSERT_EQ(entries.size(), 2U);
  const RuleId before = table.add(999, port(22), kDrop);
  const RuleId behind = table.add(1000, port(443), kDrop);
  table.add(1000, port(8080), kPermit);
  table.commit();
  EXPECT_EQ(table.rule_at(ask(key_of_port(22)).rule), before);
  EXPECT_EQ(table.rule_at(ask(key_of_port(443)).rule), entries[0]);
  EXPECT_TRUE(permits(8080));
  EXPECT_FALSE(permits(1));
  table.clear_policy();
  table.commit();
  EXPECT_EQ(table.rule_at(ask(key_of_port(443)).rule), behind);
  EXPECT_TRUE(permits(1));
}

TEST_F(Rules, PolicyForAnotherGeometryIsRefused) {
  table.add(0, port(1), kDrop);
  EXPECT_THROW(table.set_policy(tables::compile({}, tables::Geometry::edge()).image, 0), device::LoadRefused);
  table.commit();
  EXPECT_FALSE(permits(1));
}

TEST_F(Rules, MoreRulesThanTheDeviceHoldsAreRefusedAndTheOthersStay) {
  for (std::uint32_t p = 0; p < 64; ++p) {
    policy::Match match = policy::Match::any();
    match.protocol.reset();
    match.protocol.set(p);
    table.add(0, match, kDrop);
  }
  EXPECT_THROW(table.add(0, port(1), kDrop), tables::DoesNotFit);
  table.commit();
  policy::Key key;
  key.protocol = 63;
  EXPECT_EQ(ask(key).rule, 63U);
}

TEST_F(Rules, TooManyIntervalsFailTheCommitAndTheOldRulesStay) {
  table.add(0, port(7), kDrop);
  table.commit();
  for (std::uint32_t p = 0; p < 40; ++p) table.add(0, port(1000 + 2 * p), kDrop);  // 80 boundaries, 31 fit
  EXPECT_THROW(table.commit(), tables::DoesNotFit);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_FALSE(permits(7));
  EXPECT_TRUE(permits(1000));
  table.add(0, port(1000), kDrop);
  table.commit();
  EXPECT_FALSE(permits(1000));
}

TEST_F(Rules, RefusedRowLeavesTheOldRulesAndTheNextCommitWritesEverything) {
  table.add(0, port(7), kDrop);
  table.commit();
  fake.faults.refuses_commit = fake.commits + 2;
  table.add(0, port(9), kDrop);
  EXPECT_THROW(table.commit(), DeviceError);
  EXPECT_TRUE(permits(9));
  EXPECT_FALSE(permits(7));
  table.add(0, port(9), kDrop);
  table.commit();
  EXPECT_FALSE(permits(9));
  EXPECT_FALSE(permits(7));
}

TEST_F(Rules, DeviceThatIsGoneAtAnyAccessLeavesTheOldRulesInForce) {
  table.add(0, port(7), kDrop);
  table.commit();
  const std::uint64_t start = fake.accesses;
  table.add(0, port(9), kDrop);
  table.commit();
  const std::uint64_t needed = fake.accesses - start;
  for (std::uint64_t after = 0; after < needed; after += 7) {
    FakeDevice dying;
    Device device2{dying, Device::Options{.polls = 50}};
    RegisterRowSink sink2{device2};
    Ownership ownership2(dying);
    RuleTable rules(device2, sink2, ownership2, kPermit);
    rules.add(0, port(7), kDrop);
    rules.commit();
    dying.faults.dies_after = dying.accesses + after;
    rules.add(0, port(9), kDrop);
    const unsigned flips = dying.flips;
    bool refused = false;
    try {
      rules.commit();
    } catch (const DeviceError&) {
      refused = true;
    }
    const auto seven = policy::Action::from_word(dying.lookup(words(key_of_port(7))).action);
    const auto nine = policy::Action::from_word(dying.lookup(words(key_of_port(9))).action);
    ASSERT_FALSE(seven.permit) << after;
    ASSERT_EQ(nine.permit, dying.flips == flips) << after;
    ASSERT_TRUE(refused || dying.flips != flips) << after;
  }
}

TEST_F(Rules, CountersOfARuleGoOnWhileOthersComeAndGo) {
  const RuleId kept = table.add(5, port(7), kDrop);
  table.commit();
  const auto count = [&](Tally tally) {
    // Request word of a rule's counter: bank in bit 17, place in bits 15:0.
    auto& counter = fake.counters()[fake.active_bank() << 17U | *table.place_of(kept)];
    counter.first += tally.packets;
    counter.second += tally.bytes;
    fake.statistics(0)[0] += tally.packets;  // frames
    fake.statistics(0)[3] += tally.packets;  // dropped
  };
  count({10, 640});
  EXPECT_EQ(table.counters(kept), (Tally{10, 640}));
  for (std::uint32_t round = 0; round < 4; ++round) {
    table.add(round, port(100 + round), kDrop);
    table.commit();
    count({1, 100});
  }
  EXPECT_EQ(table.counters(kept), (Tally{14, 1040}));
  EXPECT_EQ(table.counters(kept), (Tally{14, 1040}));
}

TEST_F(Rules, CountersHaveTheLastPacketsOfARetiredBank) {
  const RuleId kept = table.add(5, port(7), kDrop);
  table.commit();
  const auto counter_of = [&](unsigned bank) -> auto& { return fake.counters()[bank << 17U | *table.place_of(kept)]; };
  const unsigned retired = fake.active_bank();
  counter_of(retired) = {10, 640};
  fake.statistics(0)[0] = 12;  // frames; two of them not decided yet
  fake.statistics(0)[3] = 10;  // dropped
  table.add(6, port(100), kDrop);
  table.commit();
  fake.faults.stuck_status = PCL_STATUS_BUSY_MASK;
  EXPECT_EQ(table.counters(kept), (Tally{10, 640}));
  counter_of(retired) = {12, 768};
  EXPECT_EQ(table.counters(kept), (Tally{12, 768}));
  counter_of(fake.active_bank()) = {1, 64};
  fake.faults.stuck_status = 0;
  EXPECT_EQ(table.counters(kept), (Tally{13, 832}));
  EXPECT_EQ(table.counters(kept), (Tally{13, 832}));
}

TEST_F(Rules, AreNotChangedAnyMoreOnceAnotherProgramHasBegunToUseTheDevice) {
  const RuleId seven = table.add(0, port(7), kDrop);
  table.commit();
  Device other(fake);
  const unsigned flips = fake.flips;
  table.add(0, port(9), kDrop);
  EXPECT_THAT([&] { table.commit(); }, testing::ThrowsMessage<DeviceError>(testing::HasSubstr("another program")));
  EXPECT_EQ(fake.flips, flips);
  EXPECT_TRUE(table.place_of(seven).has_value());
  // Nor later, when that program is gone.
  table.remove(seven);
  EXPECT_THROW(table.commit(), DeviceError);
}

TEST_F(Rules, AreNotChangedAnyMoreOnceOtherSoftwareHasExchangedTheBanks) {
  table.add(0, port(7), kDrop);
  table.commit();
  device.wait_for_shadow();
  device.flip();
  const unsigned flips = fake.flips;
  table.add(0, port(9), kDrop);
  EXPECT_THROW(table.commit(), DeviceError);
  EXPECT_EQ(fake.flips, flips);
}

}  // namespace
}  // namespace portcullis::test
