// Rules that come and go one by one through the device library, under full load: every verdict is that of the rules
// before or after the change under way, and of no others once it has returned; rebuilds change no verdict.
#include "device/live_table.h"

#include <gtest/gtest.h>

#include <iostream>

#include "../../unit/tables/random_policy.h"
#include "../../unit/tables/tree/rule_sets.h"
#include "filter_bench.h"

namespace portcullis::rtl_test {
namespace {

using device::LiveRuleId;
using device::LiveTable;
using test::RuleSets;

class Live : public ::testing::Test {
 protected:
  RuleSets sets{test::seed(961)};
  model::Nic nic{model::make_filter_model(model::ModelGeometry::scale_small)};
  device::Device device{nic};
  model::NicRowSink rows{nic};
  std::uint32_t next_mark = 1;

  policy::Policy some(std::size_t count) { return sets.marked(count, next_mark); }
  std::shared_ptr<const Judgement> now(const LiveTable& table) {
    return std::make_shared<const Judgement>(Judgement{table.policy()});
  }
};

/// A list that the test keeps itself: the reference applies the same changes.
struct Reference {
  std::vector<std::pair<LiveRuleId, policy::Entry>> rules;
  policy::Policy head;

  std::shared_ptr<const Judgement> judgement() const {
    Judgement out{head};
    out.policy.entries.clear();
    for (const auto& rule : rules) out.policy.entries.push_back(rule.second);
    return std::make_shared<const Judgement>(std::move(out));
  }
};

/// Rebuilds from nothing or not.
class LiveRebuilds : public Live, public ::testing::WithParamInterface<bool> {};

INSTANTIATE_TEST_SUITE_P(Both, LiveRebuilds, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "FromNothing" : "IntoTheTreesThatAreThere"; });

TEST_P(LiveRebuilds, RulesComeAndGoUnderFullLoad) {
  policy::Policy first = some(120);
  policy::Policy more = some(160);  // to be added
  traffic::PacketSet packets = traffic::make_traffic(first, model::kWirePorts, test::seed(962), 2000).packets;
  const traffic::PacketSet of_more = traffic::make_traffic(more, model::kWirePorts, test::seed(963), 2000).packets;
  for (std::size_t i = 0; i < of_more.size(); ++i) packets.add(of_more.frame(i), of_more[i].ingress);

  LiveTable::Options options;
  options.rows_a_step = 50;  // many changes fall into each rebuild
  options.always_whole = GetParam();
  LiveTable table(device, rows, first, options);
  Reference reference;
  reference.head = first;
  for (std::size_t i = 0; i < first.entries.size(); ++i)
    reference.rules.emplace_back(static_cast<LiveRuleId>(i), first.entries[i]);

  TreeTraffic traffic(nic, std::move(packets));
  traffic.first_slice_number = device.trees()->rules;
  traffic.allow({reference.judgement()});
  traffic.run(500);
  std::uint64_t slowest_add = 0;
  std::uint64_t slowest_removal = 0;
  std::uint64_t slowest_in_trees = 0;  ///< removals that no slice had to be written for
  std::size_t added = 0;
  for (int step = 0; step < 240 && traffic.mismatches == 0; ++step) {
    Reference after = reference;
    const bool add = (sets.below(3) != 0 && added < more.entries.size()) || reference.rules.empty();
    if (add) {
      const std::size_t place = sets.below(reference.rules.size() + 1);
      const bool last = place == reference.rules.size();
      const policy::Entry& entry = more.entries[added++];
      // The name is known before: they are given one after the other.
      const auto name = static_cast<LiveRuleId>(first.entries.size() + added - 1);
      after.rules.insert(after.rules.begin() + static_cast<std::ptrdiff_t>(place), {name, entry});
      traffic.allow({reference.judgement(), after.judgement()});
      const std::uint64_t waits = table.figures().waits;
      const std::uint64_t start = nic.now();
      ASSERT_EQ(table.add(entry, last ? std::nullopt : std::optional(reference.rules[place].first)), name);
      if (table.figures().waits == waits) slowest_add = std::max(slowest_add, nic.now() - start);
    } else {
      const std::size_t place = sets.below(reference.rules.size());
      after.rules.erase(after.rules.begin() + static_cast<std::ptrdiff_t>(place));
      traffic.allow({reference.judgement(), after.judgement()});
      const std::uint64_t start = nic.now();
      const std::uint64_t rows_before = table.figures().rows;
      table.remove(reference.rules[place].first);
      std::uint64_t& slowest = table.figures().rows - rows_before < 16 ? slowest_in_trees : slowest_removal;
      slowest = std::max(slowest, nic.now() - start);
    }
    traffic.run(kSettled);
    reference = std::move(after);
    traffic.allow({reference.judgement()});
    traffic.run(sets.below(40));
    table.work();
  }
  table.fold();
  traffic.run(500);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_EQ(table.problem(), "");
  EXPECT_GT(slowest_in_trees, 0U);
  EXPECT_LT(slowest_in_trees, 64U);
  EXPECT_GE(table.figures().rebuilds, 2U);
  if (GetParam()) {
    EXPECT_EQ(table.figures().whole, table.figures().rebuilds);
  } else {
    EXPECT_LT(table.figures().whole, table.figures().rebuilds);
  }
  EXPECT_GT(traffic.slice_hits, 100U);
  EXPECT_GT(traffic.bank_changes, 2U);
  std::vector<LiveRuleId> names;
  const policy::Policy left = table.policy(&names);
  ASSERT_EQ(names.size(), reference.rules.size());
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(names[i], reference.rules[i].first) << "rule " << i;
  const LiveTable::Figures& figures = table.figures();
  std::cout << traffic.verdicts << " verdicts; " << figures.additions << " rules added, " << figures.removals
            << " removed, " << figures.rebuilds << " rebuilds, " << figures.waits
            << " additions waited for one; clocks: an addition at most " << slowest_add << ", a removal "
            << slowest_in_trees << " in trees and " << slowest_removal << " in the slice" << '\n';
}

TEST_F(Live, AFullSliceMakesAnAdditionWaitForARebuildAndARefusedRuleChangesNothing) {
  LiveTable::Options options;
  options.mark = 1;
  LiveTable table(device, rows, some(60), options);
  const std::size_t room = device.trees()->slice.rules;
  const policy::Policy more = some(room + 10);
  for (const policy::Entry& entry : more.entries) table.add(entry, 0);
  EXPECT_GE(table.figures().rebuilds, 1U);
  EXPECT_EQ(table.policy().entries.size(), 60 + room + 10);
  // Rules that only the slice holds, until it is full of them: then no rebuild helps.
  const auto listed = [&](std::uint32_t i) {
    policy::Entry entry = more.entries[0];
    entry.match.vlan = {{0, 1}, {4, static_cast<std::uint16_t>(4 + i % 3)}};
    return entry;
  };
  const auto fill = [&] {
    for (std::uint32_t i = 0; i < 100; ++i) table.add(listed(i));
  };
  EXPECT_THROW(fill(), tables::tree::SliceIsFull);
  TreeTraffic traffic(nic, traffic::make_traffic(table.policy(), model::kWirePorts, test::seed(964), 2000).packets);
  traffic.allow({now(table)});
  traffic.run(2500);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_THROW(table.remove(100000), std::out_of_range);
  EXPECT_THROW(table.add(more.entries[0], 100000), std::out_of_range);
}

TEST(LiveTable, NeedsADeviceWithTrees) {
  model::Nic nic(model::make_filter_model(model::ModelGeometry::edge));
  device::Device device(nic);
  model::NicRowSink rows(nic);
  EXPECT_THROW(LiveTable(device, rows, policy::Policy{}), device::DeviceError);
}

}  // namespace
}  // namespace portcullis::rtl_test
