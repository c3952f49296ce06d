// Policies of a RuleTable that the firmware puts into force, between commits of the table's own. The oracle is the
// reference matcher, and what was counted added up by hand.
#include "device/rule_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <vector>

#include "../device/key_words.h"
#include "../tables/random_policy.h"
#include "device/firmware.h"
#include "device/mailbox_protocol.h"
#include "device/ownership.h"
#include "fake_management.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "tables/reference.h"

namespace portcullis::test {
namespace {

using device::RuleId;
using ::testing::HasSubstr;

constexpr std::uint32_t kPriority = 0x80000000;
const tables::Geometry kSmall{"small", 64, 128, {64, 64, 32, 32, 16}};

class RulesByFirmware : public ::testing::Test {
 protected:
  RandomPolicy random{seed(17)};
  FakeDevice fake;
  FakeManagement managed{fake};
  device::Device device{managed, device::Device::Options{.polls = 50}};
  device::RegisterRowSink sink{device};
  device::Ownership ownership{managed, {.polls = 50}};
  device::RuleTable table{device, sink, ownership, policy::Action{.permit = true}};
  unsigned flips_before_load = 0;

  tables::TableImage image_of(const policy::Policy& policy) const { return tables::compile(policy, kSmall).image; }
  policy::Policy make() {
    for (;;) {
      policy::Policy policy = random.policy(20);
      try {
        image_of(policy);
        return policy;
      } catch (const tables::DoesNotFit&) {
      }
    }
  }
  /// `meanwhile`: whenever the host would wait for the firmware, up to the flip.
  void by_firmware(const tables::TableImage& image, const std::function<void()>& meanwhile = {}) {
    device::Management management = *device::Management::find(managed, {.polls = 100});
    bool before_flip = true;
    device::Mailbox::Options mailbox{.polls = 1000, .tries = 4};
    if (meanwhile) {
      mailbox.between_looks = [&] {
        if (before_flip) meanwhile();
      };
    }
    device::Firmware firmware(management, mailbox);
    device::FirmwareLoadOptions options;
    options.discard_counters = true;
    options.before_activation = [&] {
      EXPECT_EQ(fake.flips, flips_before_load) << "told behind the flip";
      before_flip = false;
    };
    firmware.load(tables::encode(image), options);
  }
  std::vector<RuleId> load(const tables::TableImage& image, const std::function<void()>& meanwhile = {}) {
    std::vector<RuleId> ids = table.set_policy(image, kPriority);
    flips_before_load = fake.flips;
    table.commit_by(image, [&] { by_firmware(image, meanwhile); });
    return ids;
  }
  /// The rules of `ids` are those of the policy.
  void expect_in_force(const policy::Policy& policy, const std::vector<RuleId>& ids) {
    for (int i = 0; i < 200; ++i) {
      const policy::Key key = random.key();
      const FakeDevice::Answer answer = fake.lookup(words(key));
      const std::optional<std::size_t> expected = tables::first_match(policy, key);
      ASSERT_EQ(answer.hit, expected.has_value());
      if (expected) {
        ASSERT_EQ(table.rule_at(answer.rule), ids.at(*expected));
      }
    }
  }
  void count(RuleId rule, std::uint64_t packets) {
    fake.counters()[fake.active_bank() << 17U | *table.place_of(rule)] = {packets, 64 * packets};
    fake.statistics(0)[0] += packets;  // frames, without which nobody reads counters
  }
};

TEST_F(RulesByFirmware, AreThoseOfTheImageAndTheTableGoesOnBesideThem) {
  table.commit();
  const policy::Policy first = make(), second = make();
  const unsigned flips = fake.flips;
  std::vector<RuleId> ids = load(image_of(first));
  EXPECT_EQ(fake.flips, flips + 1);
  expect_in_force(first, ids);
  ownership.confirm();
  count(ids[3], 5);
  EXPECT_EQ(table.counters(ids[3]).packets, 5U);

  // A rule before it, by the table's own commit: the firmware does not see it, the counters go on.
  const RuleId rule = table.add(0, policy::Match::any(), policy::Action{.permit = true});
  table.commit();
  EXPECT_EQ(table.rule_at(fake.lookup(words(random.key())).rule), rule);
  count(ids[3], 7);
  EXPECT_EQ(table.counters(ids[3]).packets, 12U);
  EXPECT_TRUE(table.remove(rule));
  table.commit();
  expect_in_force(first, ids);

  ids = load(image_of(second));
  expect_in_force(second, ids);
  table.clear_policy();
  table.commit();
  EXPECT_FALSE(fake.lookup(words(random.key())).hit);
}

TEST_F(RulesByFirmware, CountOnWhileTheFirmwareLoadsOthersAndCanBeAskedInBetween) {
  const std::vector<RuleId> old = load(image_of(make()));
  count(old[3], 5);
  unsigned asked = 0;
  std::uint64_t counted = 5;
  const std::vector<RuleId> fresh = load(image_of(make()), [&] {
    if (++asked % 4 == 0) count(old[3], ++counted);
    ASSERT_EQ(table.counters(old[3]).packets, counted);
    ASSERT_EQ(table.counters(old[4]).packets, 0U);
  });
  EXPECT_GT(asked, 20U) << "once a request at least";
  // Those of the old policy stay as they are, those of the new one begin.
  count(fresh[3], 7);
  EXPECT_EQ(table.counters(old[3]).packets, counted);
  EXPECT_EQ(table.counters(fresh[3]).packets, 7U);
}

TEST_F(RulesByFirmware, StayAsTheyWereWhenTheFirmwareRefusesInItsWords) {
  const policy::Policy first = make();
  const std::vector<RuleId> ids = load(image_of(first));
  tables::TableImage wrong = image_of(make());
  ASSERT_FALSE(wrong.probes.empty());
  wrong.probes[0].action ^= 1;  // the tables are sound, and yet do not answer what the image expects
  const unsigned flips = fake.flips;
  EXPECT_THAT([&] { load(wrong); }, ::testing::ThrowsMessage<device::FirmwareRefused>(
                                        HasSubstr("the firmware refused: self-test probes were answered wrongly")));
  EXPECT_EQ(fake.flips, flips);
  EXPECT_FALSE(table.changed());
  expect_in_force(first, ids);
  table.add(0, policy::Match::any(), policy::Action{});
  table.commit();
  EXPECT_EQ(fake.lookup(words(random.key())).action, policy::Action{}.to_word());
}

TEST_F(RulesByFirmware, AreNotForTheFirmwareWithOthersBeside) {
  table.add(0, policy::Match::any(), policy::Action{});
  table.commit();
  const unsigned flips = fake.flips;
  EXPECT_THROW(load(image_of(make())), std::logic_error);
  EXPECT_EQ(fake.flips, flips);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(RulesByFirmware, AreLostToWhoTakesTheLockMeanwhile) {
  table.commit();
  const tables::TableImage image = image_of(make());
  table.set_policy(image, kPriority);
  EXPECT_THROW(table.commit_by(image, [&] { device::Management::find(managed)->claim(0x4711, 1'000'000'000); }),
               device::DeviceError);
  EXPECT_THAT([&] { ownership.confirm(); },
              ::testing::ThrowsMessage<device::DeviceError>(HasSubstr("open the device anew")));
  table.add(0, policy::Match::any(), policy::Action{});
  EXPECT_THROW(table.commit(), device::DeviceError);
}

}  // namespace
}  // namespace portcullis::test
