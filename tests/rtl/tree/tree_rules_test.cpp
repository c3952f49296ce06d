// Rules of a device with trees that are added and removed by priority, alone, in batches and beside an image, under
// full load: every verdict is that of the rules before, between or after, and every rule counts what it decided, to the
// packet.
#include "device/tree_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "../../unit/tables/random_policy.h"
#include "../../unit/tables/tree/rule_sets.h"
#include "device/ownership.h"
#include "filter_bench.h"
#include "tables/compile.h"

namespace portcullis::rtl_test {
namespace {

using device::RuleId;
using device::TreeRules;
using test::RuleSets;

constexpr std::uint32_t kImagePriority = 50;

/// The reference: a list in order, which the test keeps itself.
struct Listed {
  std::uint64_t rank = 0;
  RuleId id = 0;
  policy::Entry entry;
};

class TreeRulesTest : public ::testing::Test {
 protected:
  RuleSets sets{test::seed(971)};
  model::Nic nic{model::make_filter_model(model::ModelGeometry::scale_small)};
  device::Device device{nic};
  model::NicRowSink sink{nic};
  device::Ownership ownership{nic};
  unsigned woken = 0;
  TreeRules rules{device, sink, ownership, policy::Action{.permit = true}, [this] { ++woken; }};
  std::vector<Listed> listed;
  policy::Action default_action{.permit = true};
  std::uint32_t next_mark = 1;

  policy::Policy some(std::size_t count) { return sets.marked(count, next_mark); }
  std::shared_ptr<const Judgement> judgement(const std::vector<Listed>& of) const {
    Judgement out;
    out.policy.default_action = default_action;
    for (const Listed& rule : of) out.policy.entries.push_back(rule.entry);
    return std::make_shared<const Judgement>(std::move(out));
  }
  std::size_t stage(const policy::Entry& entry, std::uint32_t priority, std::vector<Listed>& in) {
    const std::uint64_t rank = 2 * std::uint64_t{priority} + 1;
    const auto behind = std::ranges::upper_bound(in, rank, {}, &Listed::rank);
    const auto at = static_cast<std::size_t>(behind - in.begin());
    in.insert(behind, {rank, rules.add(priority, entry.match, entry.action), entry});
    return at;
  }
  /// Commits what is staged; `between` are the states that packets may meet besides.
  void commit(TreeTraffic& traffic, std::vector<Listed> after,
              std::vector<std::shared_ptr<const Judgement>> between = {}) {
    between.push_back(judgement(listed));
    between.push_back(judgement(after));
    traffic.allow(between);
    rules.commit();
    traffic.run(kSettled);
    listed = std::move(after);
    traffic.allow({judgement(listed)});
  }
  void expect_counters(TreeTraffic& traffic) {
    traffic.drain();
    for (const Listed& rule : listed)
      EXPECT_EQ(rules.counters(rule.id), traffic.marks[*rule.entry.action.mark]) << "mark " << *rule.entry.action.mark;
    device::Tally by_default;
    for (const auto& causes : traffic.causes) by_default += causes[0];
    EXPECT_EQ(rules.cause_counters(0), by_default);
  }
  static traffic::PacketSet packets_of(const policy::Policy& policy) {
    return traffic::make_traffic(policy, model::kWirePorts, test::seed(972), 2000).packets;
  }
};

TEST_F(TreeRulesTest, RulesComeAndGoByPriorityUnderFullLoadAndCountToThePacket) {
  const policy::Policy pool = some(200);
  TreeTraffic traffic(nic, packets_of(pool));
  rules.commit();
  traffic.allow({judgement({})});
  traffic.run(300);
  std::size_t next = 0;
  for (int step = 0; step < 130 && traffic.mismatches == 0; ++step) {
    std::vector<Listed> after = listed;
    if (after.empty() || (sets.below(3) != 0 && next < pool.entries.size())) {
      // Many of equal priority, so that they crowd in one place of the order.
      stage(pool.entries[next++], sets.below(2) == 0 ? 7 : static_cast<std::uint32_t>(sets.below(100)), after);
    } else {
      const std::size_t at = sets.below(after.size());
      EXPECT_TRUE(rules.remove(after[at].id));
      after.erase(after.begin() + static_cast<std::ptrdiff_t>(at));
    }
    commit(traffic, std::move(after));
    traffic.run(sets.below(60));
    if (sets.below(2) == 0) rules.work();
    if (step % 40 == 39) expect_counters(traffic);
  }
  traffic.run(500);
  expect_counters(traffic);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_GE(rules.figures().rebuilds, 2U);
  EXPECT_GT(woken, 0U);
  EXPECT_GT(traffic.marks.size(), 40U);
  std::cout << traffic.verdicts << " verdicts, " << rules.figures().additions << " rules added, "
            << rules.figures().removals << " removed, " << rules.figures().rebuilds << " rebuilds\n";
}

TEST_F(TreeRulesTest, ABatchIsInForceRuleByRuleOrAsAWholeWhereTheSliceHasNoRoom) {
  const policy::Policy pool = some(150);
  TreeTraffic traffic(nic, packets_of(pool));
  rules.commit();
  // A small batch: rules come one by one from behind, then others go.
  std::vector<Listed> after;
  for (std::size_t i = 0; i < 6; ++i) stage(pool.entries[i], 5, after);
  std::vector<std::shared_ptr<const Judgement>> between;
  for (std::size_t from = 5; from > 0; --from)
    between.push_back(judgement({after.begin() + static_cast<std::ptrdiff_t>(from), after.end()}));
  commit(traffic, after, between);
  // A burst beyond the slice: all with one flip. One of the rules in force goes with it.
  const std::uint64_t rebuilds = rules.figures().rebuilds;
  EXPECT_TRUE(rules.remove(after[2].id));
  after.erase(after.begin() + 2);
  for (std::size_t i = 6; i < 110; ++i) stage(pool.entries[i], static_cast<std::uint32_t>(sets.below(10)), after);
  commit(traffic, after);
  EXPECT_EQ(rules.figures().rebuilds, rebuilds);
  traffic.run(800);
  expect_counters(traffic);
  // A storm of removals, one batch.
  std::vector<Listed> few;
  between.clear();
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i % 20 == 0) {
      few.push_back(after[i]);
      continue;
    }
    EXPECT_TRUE(rules.remove(after[i].id));
    std::vector<Listed> left = few;
    left.insert(left.end(), after.begin() + static_cast<std::ptrdiff_t>(i) + 1, after.end());
    between.push_back(judgement(left));
  }
  commit(traffic, few, between);
  traffic.run(800);
  expect_counters(traffic);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
}

TEST_F(TreeRulesTest, AnImageComesIntoForceAmongRulesAndWhatDoesNotFitChangesNothing) {
  const policy::Policy pool = some(60);
  policy::Policy of_image = some(70);
  of_image.default_action.permit = false;
  policy::Policy all = pool;
  all.entries.insert(all.entries.end(), of_image.entries.begin(), of_image.entries.end());
  TreeTraffic traffic(nic, packets_of(all));
  rules.commit();
  std::vector<Listed> after;
  for (std::size_t i = 0; i < 8; ++i) stage(pool.entries[i], i % 2 == 0 ? 10 : 90, after);
  std::vector<std::shared_ptr<const Judgement>> between;
  for (std::size_t from = after.size() - 1; from > 0; --from)
    between.push_back(judgement({after.begin() + static_cast<std::ptrdiff_t>(from), after.end()}));
  commit(traffic, after, between);
  traffic.run(300);

  const tables::tree::ScaleImage image = tables::tree::compile_scale(of_image, *device.trees()).image;
  const std::vector<RuleId> ids = rules.set_policy(image, kImagePriority);
  ASSERT_EQ(ids.size(), of_image.entries.size());
  const auto before = judgement(listed);
  const auto at = std::ranges::upper_bound(after, 2 * std::uint64_t{kImagePriority}, {}, &Listed::rank);
  std::vector<Listed> entries;
  for (std::size_t i = 0; i < ids.size(); ++i)
    entries.push_back({2 * std::uint64_t{kImagePriority}, ids[i], of_image.entries[i]});
  after.insert(at, entries.begin(), entries.end());
  default_action = of_image.default_action;
  traffic.allow({before, judgement(after)});
  rules.commit();
  traffic.run(kSettled);
  listed = after;
  traffic.allow({judgement(listed)});
  traffic.run(1000);
  expect_counters(traffic);

  // More rules of VLANs than the slice holds: refused as a batch, and nothing has changed.
  for (std::uint16_t i = 0; i < 70; ++i) {
    policy::Entry entry = pool.entries[0];
    entry.match.vlan = {{static_cast<std::uint16_t>(3 * i + 1), static_cast<std::uint16_t>(3 * i + 1)}};
    rules.add(1, entry.match, entry.action);
  }
  EXPECT_THROW(rules.commit(), tables::tree::DoesNotFitTrees);
  EXPECT_EQ(rules.size(), listed.size());
  EXPECT_FALSE(rules.changed());
  traffic.run(500);
  std::vector<Listed> again = listed;
  stage(pool.entries[20], 3, again);
  commit(traffic, again);
  traffic.run(500);
  // The image goes, and its rules can be asked once more.
  std::vector<Listed> without;
  for (const Listed& rule : listed)
    if (rule.rank % 2 == 1) without.push_back(rule);
  expect_counters(traffic);
  const device::Tally first = rules.counters(ids[0]);
  rules.clear_policy();
  const auto with = judgement(listed);
  default_action = {.permit = true};
  traffic.allow({with, judgement(without)});
  rules.commit();
  EXPECT_EQ(rules.counters(ids[0]), first);
  listed = without;
  traffic.allow({judgement(listed)});
  traffic.run(500);
  expect_counters(traffic);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;

  // Whoever lost the ownership changes nothing.
  device::Ownership other(nic);
  EXPECT_TRUE(rules.remove(listed[0].id));
  EXPECT_THROW(rules.commit(), device::DeviceError);
  traffic.run(300);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
}

}  // namespace
}  // namespace portcullis::rtl_test
