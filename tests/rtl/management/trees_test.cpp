// A device with trees, loaded by the firmware on its processor while lookups enter in every clock: each verdict is that
// of the policy whose bank was active, and each bank's counters are the verdicts that it gave. The oracle is brute
// force over the policies.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string_view>

#include "device/firmware.h"
#include "firmware/image.h"
#include "managed_device.h"
#include "unit/firmware/tree_rig.h"

namespace portcullis::test {
namespace {

constexpr unsigned kSettled = 200;  // clocks, more than a lookup takes until it is counted

/// Lookups of random headers, and what comes of them.
class Traffic {
 public:
  Traffic(ManagedTrees& managed, RuleSets& sets, std::size_t rules)
      : managed_(managed), sets_(sets), counted(2, std::vector<device::Tally>(rules)) {
    managed.on_lookup = [this] {
      under_way_.push_back(next_);
      next_ = header();
      return &next_;
    };
    managed.on_verdict = [this](const Verdict& verdict) { judge(verdict); };
  }
  ~Traffic() {
    managed_.on_lookup = nullptr;
    managed_.on_verdict = nullptr;
  }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void start() {
    next_ = header();
    managed_.set_lookup(&next_);
  }
  void stop() {
    managed_.set_lookup(nullptr);
    managed_.run(kSettled);
    EXPECT_TRUE(under_way_.empty());
  }
  /// What is in each bank.
  std::array<const TreePolicy*, 2> in_bank{};

 private:
  /// Of the policies' rules, in turn.
  policy::Key header() {
    const TreePolicy* from = in_bank[sets_.below(2)];
    if (from == nullptr) from = in_bank[0] != nullptr ? in_bank[0] : in_bank[1];
    policy::Key key = sets_.header(from->policy);
    if (sets_.below(4) == 0) key.vlan = 7;
    return key;
  }
  void judge(const Verdict& verdict) {
    ++verdicts;
    ASSERT_FALSE(under_way_.empty());
    const policy::Key key = under_way_.front();
    under_way_.pop_front();
    ASSERT_NE(in_bank[verdict.bank], nullptr) << "a verdict of a bank that was never loaded";
    const FirmwareRig::Answer expected = in_bank[verdict.bank]->expected(key);
    if (verdict.hit != expected.hit || verdict.permit != *expected.permit ||
        (verdict.hit && verdict.rule != expected.rule))
      ++wrong;
    if (!verdict.hit) return;
    ++counted[verdict.bank].at(verdict.rule).packets;
    counted[verdict.bank].at(verdict.rule).bytes += 60;
  }

  ManagedTrees& managed_;
  RuleSets& sets_;
  policy::Key next_;
  std::deque<policy::Key> under_way_;

 public:
  std::vector<std::vector<device::Tally>> counted;  ///< by bank and rule
  std::uint64_t verdicts = 0, wrong = 0;
};

TEST(ManagedTreesUnderTraffic, PoliciesReplaceOneAnotherAndEveryPacketIsCountedOnce) {
  ManagedTrees managed;
  device::Management management = *device::Management::find(managed);
  const std::string_view image = firmware::image();
  management.start(std::vector<std::uint8_t>(image.begin(), image.end()));
  device::Firmware firmware(management);

  const auto shape = tables::tree::Shape::scale_small();
  RuleSets sets(seed(21));
  const auto make = [&](std::size_t rules) {
    policy::Policy policy = sets.random(Kind::access_list, rules);
    for (std::size_t i = 0; i < rules; i += 9) policy.entries[i].match.vlan = {{7, 7}};
    return TreePolicy(policy, shape);
  };
  const TreePolicy first = make(60), second = make(40), third = make(20);
  device::FirmwareLoadOptions options;
  options.nonce = 1;
  const unsigned bank = firmware.load(first.bytes, options).active_bank;

  Traffic traffic(managed, sets, shape.numbers());
  traffic.in_bank[bank] = &first;
  traffic.start();
  managed.run(1000);
  traffic.in_bank[1 - bank] = &second;
  options.nonce = 2;
  EXPECT_EQ(firmware.load(second.bytes, options).active_bank, 1 - bank);
  managed.run(1000);
  // The first one's counters are final, and are read while packets pass.
  EXPECT_EQ(firmware.counters(bank, shape.numbers()).counters.rules, traffic.counted[bank]);
  // What is no image for it is refused; what began with it has cleared the counters.
  device::FirmwareLoadOptions discarding;
  discarding.discard_counters = true;
  EXPECT_EQ(
      refusal([&] { firmware.load(tables::encode(tables::compile(policy::Policy(), shape.slice).image), discarding); }),
      PCL_ERROR_TREES);

  traffic.counted[bank].assign(shape.numbers(), {});
  traffic.in_bank[bank] = &third;
  options.nonce = 3;
  options.discard_counters = true;
  EXPECT_EQ(firmware.load(third.bytes, options).active_bank, bank);
  managed.run(1000);
  // A processor that is reset half-way through an image leaves the policy in force.
  device::FirmwareLoadOptions half = discarding;
  half.nonce = 4;
  const std::uint32_t load = firmware.begin(first.bytes.size(), half);
  for (std::uint32_t at = 0; at < 4000; at += 1000) firmware.piece(load, at, std::span(first.bytes).subspan(at, 1000));
  traffic.counted[1 - bank].assign(shape.numbers(), {});  // cleared when the load began
  management.hold(true);
  management.hold(false);
  managed.run(1000);
  traffic.stop();
  while (management.state().boot != device::Boot::running) managed.run(1000);
  for (const unsigned of : {0U, 1U})
    EXPECT_EQ(firmware.counters(of, shape.numbers()).counters.rules, traffic.counted[of]) << "bank " << of;
  EXPECT_EQ(traffic.wrong, 0U);
  EXPECT_GT(traffic.verdicts, 100'000U);
  RecordProperty("verdicts", static_cast<int>(traffic.verdicts));
  std::cout << traffic.verdicts << " verdicts in " << managed.now() << " clocks\n";
}

}  // namespace
}  // namespace portcullis::test
