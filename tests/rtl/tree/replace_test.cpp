// Ten thousand rules in the filter of the geometry scale: policies are replaced, and rules come and go among them,
// under full load; no packet is lost, and every verdict is the reference's.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <set>

#include "../../unit/tables/random_policy.h"
#include "device/live_table.h"
#include "filter_bench.h"
#include "policy/classbench.h"

namespace portcullis::rtl_test {
namespace {

using device::LiveTable;

class TenThousand : public ::testing::Test {
 protected:
  model::Nic nic{model::make_filter_model(model::ModelGeometry::scale)};
  device::Device device{nic};
  model::NicRowSink rows{nic};

  /// A ClassBench set; every third rule drops, and every rule has a mark of its own.
  static policy::Policy set(const std::string& name, std::uint32_t first_mark) {
    policy::Policy out = policy::read_classbench(std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench" / name);
    for (std::size_t i = 0; i < out.entries.size(); ++i) {
      out.entries[i].action.permit = i % 3 != 0;
      out.entries[i].action.mark = first_mark + static_cast<std::uint32_t>(i);
    }
    return out;
  }
  static void add_packets(traffic::PacketSet& to, const policy::Policy& policy, std::size_t count) {
    const traffic::PacketSet more = traffic::make_traffic(policy, model::kWirePorts, test::seed(981), count).packets;
    for (std::size_t i = 0; i < more.size(); ++i) to.add(more.frame(i), more[i].ingress);
  }
  static std::shared_ptr<const Judgement> judge(const policy::Policy& policy) {
    return std::make_shared<const Judgement>(Judgement{policy});
  }
};

TEST_F(TenThousand, RulesAreReplacedUnderFullLoadWithoutALostPacket) {
  const std::array<policy::Policy, 3> policies = {set("acl1_10k", 100'000), set("fw1_10k", 200'000),
                                                  set("ipc1_10k", 300'000)};
  std::array<tables::tree::ScaleImage, 3> images;
  traffic::PacketSet packets;
  for (std::size_t i = 0; i < 3; ++i) {
    images[i] = tables::tree::compile_scale(policies[i], *device.trees()).image;
    add_packets(packets, policies[i], 2000);
  }
  device::ScaleLoader loader(device, rows);
  unsigned bank = loader.load(images[0]).active_bank;
  TreeTraffic traffic(nic, std::move(packets));
  traffic.expect_in_bank(bank, judge(policies[0]), device::entries_by_number(images[0]));
  traffic.run(1000);
  const std::uint64_t verdicts = traffic.verdicts;
  const std::uint64_t start = nic.now();
  std::size_t written = 0;
  std::uint64_t slowest = 0;
  for (std::size_t swap = 1; swap <= 3; ++swap) {
    const std::size_t next = swap % 3;
    traffic.expect_in_bank(1 - bank, judge(policies[next]), device::entries_by_number(images[next]));
    const std::uint64_t begin = nic.now();
    const device::LoadReport report = loader.load(images[next]);
    slowest = std::max(slowest, nic.now() - begin);
    written = std::max(written, report.rows);
    ASSERT_EQ(report.active_bank, 1 - bank);
    bank = report.active_bank;
    traffic.run(2000);
  }
  const std::uint64_t clocks = nic.now() - start;
  const std::uint64_t decided = traffic.verdicts - verdicts;
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_EQ(traffic.bank_changes, 3U);
  // A lookup a clock, but for the clocks that test lookups take.
  EXPECT_GT(decided, clocks * 98 / 100);
  EXPECT_GT(traffic.hits, decided / 2);
  std::cout << decided << " verdicts in " << clocks << " clocks, none lost, none wrong; a load of at most " << written
            << " rows took " << slowest << " clocks with its self-test\n";
}

TEST_F(TenThousand, RulesComeAmongThemAtOnceAndARebuildFoldsThem) {
  const policy::Policy all = set("acl1_10k", 100'000);
  // Every 160th rule comes later, at its place.
  policy::Policy first = all;
  first.entries.clear();
  std::vector<std::size_t> later;
  for (std::size_t i = 0; i < all.entries.size(); ++i) {
    if (i % 160 == 159) {
      later.push_back(i);
    } else {
      first.entries.push_back(all.entries[i]);
    }
  }
  LiveTable table(device, rows, first);
  std::vector<device::LiveRuleId> names;
  for (std::size_t i = 0; i < first.entries.size(); ++i) names.push_back(static_cast<device::LiveRuleId>(i));

  traffic::PacketSet packets;
  policy::Policy of_later = first;
  of_later.entries.clear();
  for (const std::size_t i : later) of_later.entries.push_back(all.entries[i]);
  add_packets(packets, of_later, 1000);
  add_packets(packets, first, 1000);
  TreeTraffic traffic(nic, std::move(packets));
  policy::Policy now = first;
  traffic.allow({judge(now)});
  traffic.run(500);
  std::uint64_t slowest = 0;
  for (const std::size_t rule : later) {
    // All rules before it are there.
    policy::Policy after = now;
    const auto place = static_cast<std::ptrdiff_t>(rule);
    after.entries.insert(after.entries.begin() + place, all.entries[rule]);
    traffic.allow({judge(now), judge(after)});
    const std::uint64_t waits = table.figures().waits;
    const std::uint64_t begin = nic.now();
    const bool last = rule >= names.size();
    names.insert(names.begin() + place, table.add(all.entries[rule], last ? std::nullopt : std::optional(names[rule])));
    if (table.figures().waits == waits) slowest = std::max(slowest, nic.now() - begin);
    traffic.run(kSettled);
    now = std::move(after);
    traffic.allow({judge(now)});
    table.work();
  }
  table.fold();
  traffic.run(1000);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_EQ(table.problem(), "");
  EXPECT_GE(table.figures().rebuilds, 2U);
  EXPECT_GE(traffic.bank_changes, 2U);
  std::cout << traffic.verdicts << " verdicts, " << later.size() << " rules added among " << first.entries.size()
            << ", " << table.figures().rebuilds << " rebuilds; an addition took at most " << slowest << " clocks\n";
}

}  // namespace
}  // namespace portcullis::rtl_test
