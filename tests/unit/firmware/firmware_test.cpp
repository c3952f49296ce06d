// The firmware's logic, compiled for this machine, against a device written from the register descriptions that does
// not do its part. What the firmware also meets on its own processor is load_cases.cpp.
#include "device/firmware.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "host_rig.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "tree_rig.h"

namespace portcullis::test {
namespace {

using device::Firmware;
using device::FirmwareLoadOptions;
using device::FirmwareRefused;
using ::testing::HasSubstr;

/// With a device that misbehaves on request, and a way that damages what passes.
class FirmwareOnFakeDevice : public FirmwareLoad {
 protected:
  FirmwareOnFakeDevice() : FirmwareLoad(std::make_unique<HostRig>()) {}
  FakeDevice& fake = static_cast<HostRig&>(*rig).fake;
  FakeManagement& managed = static_cast<HostRig&>(*rig).managed;
};

TEST_F(FirmwareOnFakeDevice, ProbesFindABoundaryThatIsOffByOne) {
  const policy::Policy old = make(5);
  firmware.load(image_of(old), discarding());
  const tables::TableImage image = tables::compile(make(6), geometry).image;
  // The probes at its sides tell.
  unsigned found = 0;
  for (unsigned boundary = 0; boundary < 5; ++boundary) {
    fake.faults.corrupts_commit = fake.commits + boundary;
    found += refusal([&] { firmware.load(tables::encode(image), discarding()); }) == PCL_ERROR_PROBES ? 1 : 0;
  }
  EXPECT_EQ(found, 5U);
  fake.faults = {};
  fake.faults.refuses_commit = fake.commits + 70;
  EXPECT_EQ(refusal([&] { firmware.load(tables::encode(image), discarding()); }), PCL_ERROR_DEVICE);
  fake.faults = {};
  EXPECT_EQ(fake.flips, 1U);
  expect_in_force(old);
}

/// The same with trees.
class FirmwareOnFakeTrees : public TreeLoad {
 protected:
  FakeTreeDevice& fake = static_cast<RigOn<FakeTreeDevice>&>(*rig).fake;
};

TEST_F(FirmwareOnFakeTrees, EveryRowOfTheMemoriesIsThatOfTheImage) {
  // Into memories that hold anything at first, and then another policy.
  for (const std::size_t rules : {200U, 30U, 0U, 100U}) {
    const TreePolicy policy = make_trees(rules);
    firmware.load(policy.bytes, discarding());
    EXPECT_EQ(fake.trees().trees, policy.image.trees.trees);
    EXPECT_EQ(fake.trees().predicates, policy.image.trees.predicates);
  }
}

TEST_F(FirmwareOnFakeTrees, RowsThatArriveWronglyAreFound) {
  const TreePolicy old = make_trees(50), next = make_trees(60);
  firmware.load(old.bytes, discarding());
  fake.faults.corrupts_commit = fake.commits;  // the first root compares another field
  EXPECT_EQ(refusal([&] { firmware.load(next.bytes, discarding()); }), PCL_ERROR_PROBES);
  fake.faults = {};
  fake.faults.refuses_commit = fake.commits + 70;
  EXPECT_EQ(refusal([&] { firmware.load(next.bytes, discarding()); }), PCL_ERROR_DEVICE);
  fake.faults = {};
  fake.faults.reads_as = {PCL_GEOMETRY_TREES, 0};
  EXPECT_EQ(refusal([&] { firmware.load(next.bytes, discarding()); }), PCL_ERROR_DEVICE) << "trees that cannot be";
  fake.faults = {};
  EXPECT_EQ(fake.flips, 1U);
  expect_trees(old);
}

TEST_F(FirmwareOnFakeDevice, ResetBetweenAFlipAndItsRecordLosesNoPolicy) {
  // The firmware's flip, without what it does behind it.
  const auto flip = [&] {
    while ((fake.read32(PCL_STATUS) & PCL_STATUS_BUSY_MASK) != 0) continue;
    fake.write32(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  };
  const policy::Policy old = make(4);
  const policy::Policy next = make(5);
  for (const unsigned cause : {0U, 1U}) {
    firmware.load(image_of(old), discarding());
    const std::vector<std::uint8_t> image = image_of(next);
    firmware.end(send(image, image.size(), 500));
    flip();
    managed.start(cause);
    expect_in_force(next);
    EXPECT_EQ(firmware.status().banks[fake.active_bank()].state, device::BankPolicy::State::used);
    firmware.rollback();
    expect_in_force(old);
    flip();
    managed.start(cause);
    expect_in_force(next);
    firmware.rollback();
    expect_in_force(old);
  }
}

TEST_F(FirmwareOnFakeDevice, BankWithHalfALoadIsNoPolicyAfterAResetEvenIfItIsActive) {
  firmware.load(image_of(make(4)), discarding());
  send(image_of(make(5)), 3000, 500);
  fake.write32(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  managed.start(0);
  for (const device::BankPolicy& bank : firmware.status().banks)
    EXPECT_EQ(bank.state, device::BankPolicy::State::unknown);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK);
  EXPECT_THAT(firmware.log(),
              ::testing::Contains(::testing::Field(&device::FirmwareEvent::code, PCL_EVENT_NOT_RESTORED)));
}

TEST_F(FirmwareOnFakeDevice, DeviceThatDoesNotDoItsPartIsReported) {
  const std::vector<std::uint8_t> image = image_of(make(5));
  fake.faults.swallows_flips = true;
  EXPECT_EQ(refusal([&] { firmware.load(image, discarding()); }), PCL_ERROR_FLIP);
  fake.faults = {};
  fake.faults.stuck_status = PCL_STATUS_BUSY_MASK;
  EXPECT_EQ(refusal([&] { firmware.load(image, discarding()); }), PCL_ERROR_BANK_BUSY);
  fake.faults.stuck_status = PCL_STATUS_CLEARING_MASK;
  EXPECT_EQ(refusal([&] { firmware.load(image, discarding()); }), PCL_ERROR_TIMEOUT);
  fake.faults.stuck_status = PCL_STATUS_TEST_BUSY_MASK;
  EXPECT_EQ(refusal([&] { firmware.load(image, discarding()); }), PCL_ERROR_TIMEOUT);
  fake.faults = {};
  EXPECT_EQ(management.owner().id, 0);
  firmware.load(image, discarding());
}

TEST_F(FirmwareOnFakeDevice, FinalCountersAreNotLostByTheNextLoad) {
  const std::vector<std::uint8_t> image = image_of(make(4));
  FirmwareLoadOptions first, second;
  first.nonce = 101;
  second.nonce = 102;
  firmware.load(image, first);
  firmware.load(image, second);
  const unsigned retired = 1 - fake.active_bank();
  fake.counters()[retired << 17U | 2U] = {7, 700};
  FirmwareLoadOptions third;
  third.nonce = 103;
  EXPECT_EQ(refusal([&] { firmware.load(image, third); }), PCL_ERROR_COUNTERS);
  const device::BankCounters counters = firmware.counters(retired, 64);
  EXPECT_EQ(counters.nonce, 101U);
  EXPECT_EQ(counters.counters.rules[2], (device::Tally{7, 700}));
  third.collected = counters.nonce;
  firmware.load(image, third);
}

TEST_F(FirmwareOnFakeDevice, RequestsAndAnswersDamagedOnTheWayAreRepeatedAndCarriedOutOnce) {
  const policy::Policy policy = make(5);
  const std::vector<std::uint8_t> image = image_of(policy);
  unsigned damaged = 0;
  managed.on_request_word = [&](std::uint32_t, std::uint32_t& value) {
    if (random.below(2000) == 0) {
      value ^= 1U << random.below(32);
      ++damaged;
    }
  };
  managed.on_response_word = [&](std::uint32_t& value) {
    if (random.below(10) == 0) {
      value ^= 0x100;
      ++damaged;
    }
  };
  Firmware patient(management, {.polls = 1000, .tries = 20});
  const device::FirmwareLoadReport report = patient.load(image, discarding());
  EXPECT_GT(damaged, 2U);
  EXPECT_GT(managed.requests, report.pieces + 4) << "nothing was repeated";
  managed.on_request_word = nullptr;
  managed.on_response_word = nullptr;
  EXPECT_EQ(fake.flips, 1U);
  expect_in_force(policy);
}

TEST_F(FirmwareOnFakeDevice, FirmwareThatDoesNotAnswerIsSaidToBeGone) {
  managed.stopped = true;
  EXPECT_THROW(firmware.status(), device::FirmwareGone);
  managed.stopped = false;
  firmware.status();
}

TEST_F(FirmwareOnFakeDevice, ADeviceWithTreesIsLeftAlone) {
  // An image that fits their slice, whose geometry such a device tells.
  const policy::Policy old = make(4);
  firmware.load(image_of(old), discarding());
  const unsigned commits = fake.commits;
  fake.faults.reads_as = {PCL_GEOMETRY_TREE_RULES, 256};
  try {
    firmware.load(image_of(make(5)), discarding());
    ADD_FAILURE() << "it was loaded";
  } catch (const device::FirmwareRefused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("trees"));
  }
  EXPECT_EQ(fake.commits, commits);
  EXPECT_EQ(fake.flips, 1U);
  fake.faults.reads_as.reset();
  expect_in_force(old);
  firmware.load(image_of(make(5)), discarding());
}

TEST_F(FirmwareOnFakeDevice, SelfTestFindsFirmwareThatHasChanged) {
  managed.firmware()[20] ^= 1;
  EXPECT_THAT(firmware.self_test(), ::testing::ElementsAre(HasSubstr("has changed")));
  managed.firmware()[20] ^= 1;
  fake.faults.reads_as = {PCL_MAGIC, 0};
  EXPECT_THAT(firmware.self_test(), ::testing::ElementsAre(HasSubstr("cannot be read")));
}

/// A place as the SCRUB registers have it.
std::uint32_t place(unsigned bank, unsigned table, unsigned row) { return bank << 24U | table << 16U | row; }

TEST_F(FirmwareOnFakeDevice, SwitchesAScrubberOnAndLeavesADeviceWithoutOneAlone) {
  EXPECT_EQ(fake.scrub.control, 0U);
  EXPECT_EQ(firmware.status().scrub.rows, 0U);
  fake.scrub.rows = 700;
  managed.start(1);
  EXPECT_EQ(fake.scrub.control, 1U);
  fake.scrub.passes = 3;
  fake.scrub.pass_clocks = 12345;
  const device::ScrubStatus scrub = firmware.status().scrub;
  EXPECT_EQ(scrub.rows, 700U);
  EXPECT_EQ(scrub.passes, 3U);
  EXPECT_EQ(scrub.pass_clocks, 12345U);
  EXPECT_EQ(scrub.damaged, (std::array<std::uint32_t, 2>{}));
}

TEST_F(FirmwareOnFakeDevice, LogsWhatTheScrubberMendsOnceForEachRow) {
  fake.scrub.rows = 700;
  fake.scrub.mended = 0xFFFFFFFF;  // it is a number modulo 2^32, and what was before the start is nothing new
  managed.start(1);
  const std::uint32_t first = firmware.log().back().number + 1;
  managed.turn(5);
  EXPECT_TRUE(firmware.log(first).empty());
  fake.scrub.mended_place = place(1, 3, 17);
  fake.scrub.mended = 0;
  managed.turn(5);
  fake.scrub.mended = 1;  // the same row again: a bit that is stuck
  managed.turn(5);
  fake.scrub.mended_place = place(0, 8, 255);
  fake.scrub.mended = 2;
  managed.turn(5);
  const std::vector<device::FirmwareEvent> events = firmware.log(first);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].to_string(), "bank 1, table 3, row 17: a wrong bit was mended, row 0 since the reset");
  EXPECT_EQ(events[1].to_string(), "bank 0, table 8, row 255: a wrong bit was mended, row 2 since the reset");
  EXPECT_EQ(firmware.status().scrub.mended, 2U);
}

TEST_F(FirmwareOnFakeDevice, DamagedRowsAreSaidUntilTheirBankIsLoadedAndNoDamagedBankComesIntoForce) {
  fake.scrub.rows = 700;
  managed.start(1);
  firmware.load(image_of(make(4)), discarding());
  firmware.load(image_of(make(5)), discarding());
  const unsigned active = fake.active_bank();
  const auto meet = [&](unsigned bank, unsigned row) {
    fake.scrub.damaged_place = place(bank, 2, row);
    ++fake.scrub.damaged;
    managed.turn(1);
  };
  const std::uint32_t first = firmware.log().back().number + 1;
  for (int pass = 0; pass < 3; ++pass)
    for (unsigned row = 0; row < 6; ++row) meet(active, row);
  device::ScrubStatus scrub = firmware.status().scrub;
  EXPECT_EQ(scrub.damaged[active], 4U) << "more are not told apart";
  EXPECT_EQ(scrub.damaged[1 - active], 0U);
  EXPECT_EQ(scrub.damaged_row[active], (device::TableRow{active, 2, 0}));
  EXPECT_EQ(firmware.log(first).size(), 4U) << "a row is logged once";
  EXPECT_THAT(firmware.log(first)[0].to_string(), HasSubstr("the bank is in force, load the policy again"));

  firmware.rollback();
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_DAMAGED);
  const std::vector<std::uint8_t> image = image_of(make(4));
  firmware.load(image, discarding());
  EXPECT_EQ(firmware.status().scrub.damaged, (std::array<std::uint32_t, 2>{}));

  // A row that is damaged between its load and its coming into force.
  const std::uint32_t load = send(image, image.size(), 500);
  firmware.end(load);
  meet(1 - fake.active_bank(), 7);
  EXPECT_EQ(refusal([&] { firmware.activate(load); }), PCL_ERROR_DAMAGED);
  firmware.load(image, discarding());
  EXPECT_EQ(firmware.status().scrub.damaged, (std::array<std::uint32_t, 2>{}));
}

}  // namespace
}  // namespace portcullis::test
