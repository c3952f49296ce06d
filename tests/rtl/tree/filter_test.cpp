// A filter with trees, through its registers and its load port: images come into force between two packets, verdicts
// and counters are the reference's, and what does not fit or is damaged is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "../../unit/tables/random_policy.h"
#include "../../unit/tables/tree/rule_sets.h"
#include "device/registers.h"
#include "filter_bench.h"
#include "tables/compile.h"

namespace portcullis::rtl_test {
namespace {

using device::Bank;
using device::Device;
using device::ScaleLoader;
using tables::tree::ScaleImage;
using tables::tree::Shape;
using test::Kind;
using test::RuleSets;
using ::testing::HasSubstr;

/// Clocks from a lookup to its verdict: a tree of 9 levels, leaves of 8, two trees (the head of pcl_scale_engine.sv).
constexpr unsigned kLatency = 33;

class TreeFilter : public ::testing::Test {
 protected:
  const Shape shape = Shape::scale_small();
  RuleSets sets{test::seed(951)};
  model::Nic nic{model::make_filter_model(model::ModelGeometry::scale_small)};
  Device device{nic};
  model::NicRowSink rows{nic};

  /// Rules for trees, with some for the slice; half of them permit.
  policy::Policy policy(std::size_t count, std::uint32_t mark) {
    policy::Policy out = sets.random(Kind::access_list, count);
    for (std::size_t i = 0; i < count; ++i) {
      policy::Entry& entry = out.entries[i];
      entry.action = {};
      entry.action.permit = sets.below(2) == 0;
      entry.action.mark = mark + static_cast<std::uint32_t>(i);
      if (i % 11 == 5) entry.match.destination_port = {{22, 22}, {80, 90 + static_cast<std::uint32_t>(i)}};
      if (i % 16 == 7) entry.match.vlan = {{0, 99}};
    }
    out.default_action.permit = mark % 2 == 0;
    return out;
  }
  std::shared_ptr<const Judgement> judge(const policy::Policy& policy) {
    return std::make_shared<const Judgement>(Judgement{policy});
  }
  ScaleImage image(const policy::Policy& policy) { return tables::tree::compile_scale(policy, shape).image; }
  static traffic::PacketSet packets(const policy::Policy& policy, std::size_t count) {
    return traffic::make_traffic(policy, model::kWirePorts, test::seed(952), count).packets;
  }
};

TEST_F(TreeFilter, SaysWhatItWasBuiltWith) {
  ASSERT_TRUE(device.trees().has_value());
  EXPECT_EQ(*device.trees(), shape);
  EXPECT_EQ(device.trees()->name(), "scale-small");
  EXPECT_EQ(device.geometry().signature(), shape.slice.signature());
  EXPECT_EQ(device.latency(), kLatency);
  EXPECT_EQ(device.rule_numbers(), 320U);
  EXPECT_EQ(device.ports(), model::kWirePorts);
}

TEST_F(TreeFilter, LoadThroughRegistersComesIntoForceAndCountsExactly) {
  const policy::Policy rules = policy(240, 1000);
  const ScaleImage loaded = image(rules);
  const device::LoadReport report = ScaleLoader(device).load(loaded);
  EXPECT_GT(report.probes, 200U);
  TreeTraffic traffic(nic, packets(rules, 8000));
  traffic.first_slice_number = shape.rules;
  traffic.expect_in_bank(report.active_bank, judge(rules), device::entries_by_number(loaded));
  traffic.run(12000);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_GT(traffic.hits, 1500U);
  EXPECT_GT(traffic.slice_hits, 100U);
  const device::Counters counters = device.counters(Bank::active, device.rule_numbers());
  for (std::uint32_t number = 0; number < device.rule_numbers(); ++number)
    ASSERT_EQ(counters.rules[number], traffic.rules[report.active_bank][number]) << "rule number " << number;
  EXPECT_EQ(counters.causes, traffic.causes[report.active_bank]);
  std::cout << report.rows << " rows by " << report.commits << " commits, " << traffic.verdicts << " verdicts, "
            << traffic.slice_hits << " by the slice\n";
}

TEST_F(TreeFilter, PoliciesAreExchangedUnderFullLoadWithoutALostOrWronglyJudgedPacket) {
  std::array<policy::Policy, 3> rules = {policy(250, 1000), policy(60, 2001), policy(200, 3000)};
  std::array<ScaleImage, 3> images = {image(rules[0]), image(rules[1]), image(rules[2])};
  ScaleLoader loader(device, rows);
  unsigned bank = loader.load(images[0]).active_bank;
  traffic::PacketSet all = packets(rules[0], 3000);
  for (const policy::Policy& one : {rules[1], rules[2]}) {
    const traffic::PacketSet more = packets(one, 3000);
    for (std::size_t i = 0; i < more.size(); ++i) all.add(more.frame(i), more[i].ingress);
  }
  TreeTraffic traffic(nic, std::move(all));
  traffic.expect_in_bank(bank, judge(rules[0]), device::entries_by_number(images[0]));
  traffic.run(500);
  const std::uint64_t start = nic.now();
  const std::uint64_t before = traffic.verdicts;
  for (unsigned swap = 1; swap <= 7; ++swap) {
    const std::size_t next = swap % 3;
    traffic.expect_in_bank(1 - bank, judge(rules[next]), device::entries_by_number(images[next]));
    ASSERT_EQ(loader.load(images[next]).active_bank, 1 - bank);
    bank = 1 - bank;
    traffic.run(300);
  }
  // A lookup a clock, but for the clocks that test lookups take.
  EXPECT_GT(traffic.verdicts - before, (nic.now() - start) * 98 / 100);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_EQ(traffic.bank_changes, 7U) << "a bank was seen again after its flip";
  std::cout << traffic.verdicts << " verdicts over 7 exchanges\n";
}

TEST_F(TreeFilter, ImagesForAnythingElseAreRefused) {
  const policy::Policy rules = policy(20, 1000);
  EXPECT_THAT([&] { ScaleLoader(device).load(tables::tree::compile_scale(rules, Shape::small()).image); },
              ::testing::ThrowsMessage<device::LoadRefused>(HasSubstr("other trees")));
  EXPECT_THAT([&] { device::Loader(device).load(tables::compile(rules, shape.slice).image); },
              ::testing::ThrowsMessage<device::LoadRefused>(HasSubstr("the device has trees")));
}

/// The filter behind a management processor's registers, of which only the owner lock does anything: somebody else has
/// it and renews it, or gives it back.
class LockedFilter final : public device::Transport {
 public:
  explicit LockedFilter(device::Transport& filter) : filter_(filter) {}

  bool taken = true;
  unsigned claims = 0, releases = 0;

  std::uint32_t read32(std::uint32_t offset) override {
    switch (offset) {
      case PCL_MANAGEMENT_MAGIC:
        return PCL_MANAGEMENT_MAGIC_VALUE_RESET;
      case PCL_MANAGEMENT_VERSION:
        return 1U << PCL_MANAGEMENT_VERSION_MAJOR_SHIFT;
      case PCL_MANAGEMENT_BUFFER_BYTES:
        return 1024;
      case PCL_MANAGEMENT_MEMORY_BYTES:
        return 32768;
      case PCL_LOCK_OWNER:
        return taken ? 0x1234 : owner_;
      case PCL_LOCK_UNIT:
        return 65'536;
      case PCL_LOCK_LEFT:
        return ++left_;
      default:
        return filter_.read32(offset);
    }
  }
  void write32(std::uint32_t offset, std::uint32_t value) override {
    if (offset != PCL_LOCK_CLAIM) return filter_.write32(offset, value);
    const std::uint32_t lease = (value & PCL_LOCK_CLAIM_LEASE_MASK) >> PCL_LOCK_CLAIM_LEASE_SHIFT;
    ++(lease == 0 ? releases : claims);
    if (!taken) owner_ = lease == 0 ? 0 : (value & PCL_LOCK_CLAIM_ID_MASK) >> PCL_LOCK_CLAIM_ID_SHIFT;
  }

 private:
  device::Transport& filter_;
  std::uint32_t owner_ = 0, left_ = 0;
};

TEST_F(TreeFilter, ALoadIsRefusedWhileSomebodyElseHoldsTheOwnerLockAndGivesItBackAtItsEnd) {
  LockedFilter locked(nic);
  Device behind(locked);
  const ScaleImage loaded = image(policy(40, 1000));
  const unsigned bank = device.active_bank();
  EXPECT_THAT([&] { ScaleLoader(behind, rows).load(loaded); },
              ::testing::ThrowsMessage<device::DeviceError>(HasSubstr("0x1234 holds the owner lock")));
  EXPECT_EQ(device.active_bank(), bank);
  EXPECT_EQ(locked.claims, 0U);
  locked.taken = false;
  EXPECT_EQ(ScaleLoader(behind, rows).load(loaded).active_bank, 1 - bank);
  EXPECT_EQ(locked.claims, 2U) << "taken, and renewed before the banks are exchanged";
  EXPECT_EQ(locked.releases, 1U);
}

/// Hands rows on, and another program opens the device meanwhile.
class IntrudedSink final : public device::RowSink {
 public:
  IntrudedSink(device::RowSink& below, device::Transport& transport) : below_(below), transport_(transport) {}
  void write(std::span<const device::RowWrite> rows) override {
    below_.write(rows);
    const Device other(transport_);
  }

 private:
  device::RowSink& below_;
  device::Transport& transport_;
};

TEST_F(TreeFilter, ALoadWithoutALockIsGivenUpWhenAnotherProgramBeginsMeanwhile) {
  IntrudedSink intruded(rows, nic);
  const unsigned bank = device.active_bank();
  EXPECT_THAT([&] { ScaleLoader(device, intruded).load(image(policy(40, 1000))); },
              ::testing::ThrowsMessage<device::DeviceError>(HasSubstr("another program has begun to use the device")));
  EXPECT_EQ(device.active_bank(), bank);
}

/// Hands rows on, but flips a bit of one of them.
class BadSink final : public device::RowSink {
 public:
  BadSink(device::RowSink& below, unsigned target) : below_(below), target_(target) {}
  void write(std::span<const device::RowWrite> writes) override {
    std::vector<device::RowWrite> damaged(writes.begin(), writes.end());
    for (device::RowWrite& row : damaged) {
      if (row.target != target_ || done_) continue;
      row.words[0] ^= 1U;
      done_ = true;
    }
    below_.write(damaged);
  }

 private:
  device::RowSink& below_;
  unsigned target_;
  bool done_ = false;
};

TEST_F(TreeFilter, ADamagedEntryRecordOrActionIsRefusedAndTheOldPolicyStays) {
  const policy::Policy rules = policy(120, 1000);
  const ScaleImage loaded = image(rules);
  const unsigned bank = ScaleLoader(device, rows).load(loaded).active_bank;
  for (const unsigned target : {tables::tree::kTargetEntry, tables::tree::kTargetRecord, device::kTargetAction,
                                tables::tree::kTargetEntry + 1}) {
    BadSink bad(rows, target);
    EXPECT_THROW(ScaleLoader(device, bad).load(loaded), device::LoadRefused) << "target " << target;
    EXPECT_EQ(device.active_bank(), bank);
  }
  TreeTraffic traffic(nic, packets(rules, 1000));
  traffic.expect_in_bank(bank, judge(rules), device::entries_by_number(loaded));
  traffic.run(1500);
  traffic.drain();
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
}

TEST_F(TreeFilter, RowsOutsideTheTreesAreRefused) {
  const std::vector<std::uint32_t> row(5, 0);
  const auto errors_after = [&](unsigned target, unsigned index) {
    device.clear_errors();
    nic.load_row(target, index, row);
    nic.clock();
    return nic.read32(PCL_ERRORS);
  };
  using namespace tables::tree;
  EXPECT_EQ(errors_after(kTargetEntry + 2, 0), PCL_ERRORS_LOAD_TARGET_MASK);
  EXPECT_EQ(errors_after(kTargetEntry + 1, 95), 0U);
  EXPECT_EQ(errors_after(kTargetEntry + 1, 96), PCL_ERRORS_LOAD_INDEX_MASK);
  EXPECT_EQ(errors_after(kTargetRecord, 3U << 12U | 7U), 0U);
  EXPECT_EQ(errors_after(kTargetRecord, 3U << 12U | 8U), PCL_ERRORS_LOAD_INDEX_MASK);
  EXPECT_EQ(errors_after(kTargetRecord + 1, 8U << 12U), PCL_ERRORS_LOAD_TARGET_MASK) << "a level that is not there";
  EXPECT_EQ(errors_after(kTargetPredicate + 3, 3), 0U);
  EXPECT_EQ(errors_after(kTargetPredicate + 3, 4), PCL_ERRORS_LOAD_INDEX_MASK);
  EXPECT_EQ(errors_after(device::kTargetAction, 319), 0U);
  EXPECT_EQ(errors_after(device::kTargetAction, 320), PCL_ERRORS_LOAD_INDEX_MASK);
  device.clear_errors();
  nic.write32(PCL_CONTROL, PCL_CONTROL_FLIP_MASK | PCL_CONTROL_FLIP_SLICE_MASK);
  EXPECT_EQ(nic.read32(PCL_ERRORS), PCL_ERRORS_FLIP_IGNORED_MASK) << "both flips at once";
}

}  // namespace
}  // namespace portcullis::rtl_test
