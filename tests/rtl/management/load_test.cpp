// The firmware on its processor loads policies into the match engine while lookups go on in every clock: only whole and
// tested policies come into force, whatever becomes of host or processor on the way. The oracle is the reference
// matcher.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.h"
#include "device/firmware.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "firmware/image.h"
#include "managed_device.h"
#include "memory_map.h"
#include "tables/compile.h"
#include "tables/crc32c.h"
#include "tables/image.h"
#include "tables/reference.h"

namespace portcullis::test {
namespace {

using device::Firmware;
using device::FirmwareLoadOptions;
using device::FirmwareRefused;
using device::Management;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = device::BankPolicy::State;

const tables::Geometry kGeometry{"small", kRules, 128, {kIntervals, kIntervals, kIntervals, kIntervals, kIntervals}};

std::vector<std::uint8_t> firmware_bytes() {
  const std::string_view image = firmware::image();
  return {image.begin(), image.end()};
}

/// TCP to `ports` from anywhere is permitted, and one host is blocked before.
policy::Policy permitting(std::vector<std::uint32_t> ports) {
  policy::Policy policy;
  policy::Entry blocked;
  blocked.match = policy::Match::any();
  blocked.match.source = {{policy::from_ipv4(0xC6336407), policy::from_ipv4(0xC6336407)}};
  policy.entries.push_back(blocked);
  for (const std::uint32_t port : ports) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.destination_port = {{port, port}};
    entry.match.protocol.reset();
    entry.match.protocol.set(6);
    entry.action.permit = true;
    entry.from.rule = "port " + std::to_string(port);
    policy.entries.push_back(entry);
  }
  policy.rows = static_cast<unsigned>(policy.entries.size());
  return policy;
}

policy::Key key_to(std::uint32_t port) {
  policy::Key key;
  key.source = policy::from_ipv4(0x0A000001);
  key.destination = policy::from_ipv4(0x0A000002);
  key.source_port = 40000;
  key.destination_port = port;
  key.protocol = 6;
  key.tcp_flags = 2;
  key.context = 8;
  return key;
}

class ManagedLoad : public ::testing::Test {
 protected:
  ManagedLoad() { management.start(firmware_bytes()); }

  ManagedDevice managed;
  Management management = *Management::find(managed);
  const policy::Policy old = permitting({80, 443});
  const policy::Policy next = permitting({22, 443, 8080});

  static std::vector<std::uint8_t> image_of(const policy::Policy& policy) {
    return tables::encode(tables::compile(policy, kGeometry).image);
  }
  static FirmwareLoadOptions discarding() {
    FirmwareLoadOptions options;
    options.discard_counters = true;
    return options;
  }

  void expect_in_force(const policy::Policy& policy) {
    for (const std::uint32_t port : {22U, 80U, 443U, 444U, 8080U}) {
      const policy::Key key = key_to(port);
      const std::optional<std::size_t> expected = tables::first_match(policy, key);
      std::uint64_t answers = 0, wrong = 0;
      managed.set_lookup(&key);
      managed.run(60);  // those of the key before have left
      managed.on_verdict = [&](const Verdict& verdict) {
        ++answers;
        if (verdict.hit != expected.has_value() || (expected && verdict.rule != *expected)) ++wrong;
      };
      managed.run(40);
      managed.on_verdict = nullptr;
      managed.set_lookup(nullptr);
      EXPECT_GE(answers, 39U);  // the scrubber may have taken a slot
      EXPECT_EQ(wrong, 0U) << "port " << port;
    }
  }

  /// From now on a lookup of port 443, which both policies permit, and verdicts that deny it are counted.
  void watch() {
    managed.set_lookup(&watched_key);
    managed.run(60);
    managed.on_verdict = [this](const Verdict& verdict) {
      ++verdicts;
      denied += verdict.permit ? 0 : 1;
    };
    first_watched = managed.now();
  }
  void expect_never_denied() {
    EXPECT_EQ(denied, 0U);
    // All but those that a test lookup or the scrubber displaced.
    EXPECT_GT(verdicts, (managed.now() - first_watched) * 9 / 10);
    managed.set_lookup(nullptr);
    managed.on_verdict = nullptr;
  }
  const policy::Key watched_key = key_to(443);
  std::uint64_t verdicts = 0, denied = 0, first_watched = 0;

  /// Firmware that does nothing, with a sound CRC: a jump to itself.
  static std::vector<std::uint8_t> stuck() {
    device::MessageWriter image;
    image.u32(IMAGE_MAGIC).u32(28).u32(IMAGE_HEADER_BYTES).u32(0).u32(0x0000006F).u32(0);
    image.u32(tables::crc32c(image.data()));
    return image.data();
  }
};

TEST_F(ManagedLoad, PoliciesComeIntoForceWhileLookupsGoOn) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  expect_in_force(old);
  watch();
  const device::FirmwareLoadReport report = firmware.load(image_of(next), discarding());
  expect_never_denied();
  expect_in_force(next);
  EXPECT_GT(report.probes, 10U);
  EXPECT_EQ(device::Device(managed).active_bank(), report.active_bank);
  EXPECT_THAT(managed.console, HasSubstr("load ready 2"));

  watch();
  firmware.rollback();
  expect_never_denied();
  expect_in_force(old);
  EXPECT_THAT(firmware.self_test(), IsEmpty());
  EXPECT_EQ(firmware.status().watchdog_resets, 0U);
}

TEST_F(ManagedLoad, FaultyTablesNeverComeIntoForce) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  watch();
  managed.set_damage(true);
  try {
    firmware.load(image_of(next), discarding());
    ADD_FAILURE() << "damaged tables came into force";
  } catch (const FirmwareRefused& refused) {
    EXPECT_EQ(refused.status(), PCL_ERROR_PROBES);
    EXPECT_THAT(refused.failures(), ::testing::Not(IsEmpty()));
  }
  managed.set_damage(false);
  expect_never_denied();
  expect_in_force(old);
  firmware.load(image_of(next), discarding());
  expect_in_force(next);
}

TEST_F(ManagedLoad, HostThatStopsHalfWayChangesNothing) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  const std::vector<std::uint8_t> image = image_of(next);
  watch();
  {
    Firmware dies(management);
    FirmwareLoadOptions options = discarding();
    options.nonce = 3;
    options.patience = std::chrono::milliseconds(1);  // 250,000 clocks
    const std::uint32_t load = dies.begin(image.size(), options);
    dies.piece(load, 0, std::span(image).first(1000));
    dies.piece(load, 1000, std::span(image).subspan(1000, 1000));
    // And a request of which only the data came.
    managed.write32(PCL_MAILBOX_REQUEST_DATA, 0x12345678);
  }
  EXPECT_TRUE(management.owner().firmware);
  managed.run(260'000);
  EXPECT_EQ(management.owner().id, 0);
  EXPECT_FALSE(firmware.status().loading);
  firmware.load(image, discarding());
  expect_never_denied();
  expect_in_force(next);
}

TEST_F(ManagedLoad, ProcessorThatIsResetHalfWayChangesNothingAndKnowsItsBanks) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  firmware.load(image_of(old), discarding());
  const device::FirmwareStatus before = firmware.status();
  const std::vector<std::uint8_t> image = image_of(next);
  watch();
  FirmwareLoadOptions options = discarding();
  options.nonce = 4;
  const std::uint32_t load = firmware.begin(image.size(), options);
  firmware.piece(load, 0, std::span(image).first(1000));
  // In the middle of the work on a piece.
  EXPECT_THROW(
      {
        device::Mailbox mailbox(management, {.polls = 20, .tries = 1});
        mailbox.request(PCL_COMMAND_LOAD_DATA,
                        device::MessageWriter().u32(load).u32(1000).bytes(std::span(image).subspan(1000, 1000)).data());
      },
      device::FirmwareGone);
  management.hold(true);
  EXPECT_EQ(management.owner().id, 0) << "a dead processor owns the lock";
  EXPECT_NE(managed.read32(PCL_MAILBOX_STATE) & PCL_MAILBOX_STATE_LOST_MASK, 0U);
  management.hold(false);
  while (management.state().boot != device::Boot::running) managed.run(1000);
  const device::FirmwareStatus after = firmware.status();
  EXPECT_EQ(after.banks[before.active_bank], before.banks[before.active_bank]);
  EXPECT_EQ(after.banks[1 - before.active_bank].state, State::loading);
  EXPECT_EQ(after.boots, before.boots + 1);
  firmware.load(image, discarding());
  expect_never_denied();
  expect_in_force(next);
}

TEST_F(ManagedLoad, WatchdogResetsAStuckProcessorWhileTheEngineGoesOn) {
  {
    Firmware firmware(management);
    firmware.load(image_of(old), discarding());
  }
  watch();
  management.hold(true);
  management.write_memory(0, stuck());
  management.hold(false);
  managed.run(3 * kWatchdogClocks);
  EXPECT_GE(management.state().watchdog_resets, 2U);
  device::Mailbox mailbox(management, {.polls = 20, .tries = 1});
  EXPECT_THROW(mailbox.request(PCL_COMMAND_STATUS), device::FirmwareGone);
  management.start(firmware_bytes());
  Firmware firmware(management);
  EXPECT_EQ(firmware.status().banks[device::Device(managed).active_bank()].state, State::used)
      << "what it knew of the banks is lost";
  firmware.load(image_of(next), discarding());
  expect_never_denied();
  expect_in_force(next);
}

TEST_F(ManagedLoad, FirmwareWhoseMemoryWasOverwrittenIsNotStartedAgain) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  watch();
  management.hold(true);
  management.write_memory(256, std::vector<std::uint8_t>{1, 2, 3, 4});
  management.write_memory(0x7800, std::vector<std::uint8_t>(64, 0x55));
  management.hold(false);
  while (management.state().boot == device::Boot::starting) managed.run(1000);
  EXPECT_EQ(management.state().boot, device::Boot::crc_wrong);
  management.start(firmware_bytes());
  Firmware again(management);
  EXPECT_EQ(again.status().banks[0].state, State::unknown);
  EXPECT_EQ(again.log().front().code, PCL_EVENT_MEMORY_LOST);
  expect_never_denied();
  expect_in_force(old);
}

TEST_F(ManagedLoad, HostCannotWriteTheShadowBankWhileTheFirmwareDoes) {
  Firmware firmware(management);
  const std::vector<std::uint8_t> image = image_of(next);
  FirmwareLoadOptions options = discarding();
  options.nonce = 6;
  const std::uint32_t load = firmware.begin(image.size(), options);
  for (std::size_t at = 0; at < image.size(); at += 1000) {
    firmware.piece(load, static_cast<std::uint32_t>(at),
                   std::span(image).subspan(at, std::min<std::size_t>(1000, image.size() - at)));
    managed.write32(PCL_LOAD_TARGET, 0x08);
    managed.write32(PCL_LOAD_DATA, 0xFFFFFFFF);
    managed.write32(PCL_LOAD_COMMIT, PCL_LOAD_COMMIT_GO_MASK);
    managed.write32(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  }
  EXPECT_NE(managed.read32(PCL_LOCK_EVENTS) & PCL_LOCK_EVENTS_REFUSED_MASK, 0U);
  firmware.end(load);
  firmware.activate(load);
  expect_in_force(next);
  // When the firmware has let go, the registers are the host's again.
  const unsigned bank = device::Device(managed).active_bank();
  device::Device(managed).flip();
  EXPECT_NE(device::Device(managed).active_bank(), bank);
  EXPECT_EQ(firmware.status().banks[bank].state, State::unknown)
      << "the firmware trusts banks that the host has exchanged";
}

TEST_F(ManagedLoad, PolicyFiltersFromTheFirstClockBehindAResetOfTheWholeDevice) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  // Half a load stands in the other bank.
  const std::vector<std::uint8_t> image = image_of(next);
  FirmwareLoadOptions options = discarding();
  options.nonce = 1;
  const std::uint32_t load = firmware.begin(image.size(), options);
  firmware.piece(load, 0, std::span(image).first(512));
  const policy::Key key = key_to(80);  // which only the old one has a rule for
  const std::size_t rule = tables::first_match(old, key).value();
  std::uint64_t met = 0, wrong = 0;
  managed.set_lookup(nullptr);
  managed.reset();
  managed.on_verdict = [&](const Verdict& verdict) {
    ++met;
    wrong += verdict.hit && verdict.rule == rule ? 0 : 1;
  };
  managed.set_lookup(&key);
  while (management.state().boot != device::Boot::running) managed.run(100);
  managed.run(1000);
  EXPECT_GT(met, 10'000U);
  EXPECT_EQ(wrong, 0U);
  managed.on_verdict = nullptr;
  managed.set_lookup(nullptr);
  expect_in_force(old);
}

TEST_F(ManagedLoad, FirmwareWrittenAnewBehindAResetKnowsItsBanksUnlessTheHostHasWrittenToThem) {
  for (const bool written : {false, true}) {
    {
      Firmware firmware(management);
      firmware.load(image_of(old), discarding());
    }
    managed.reset();
    if (written) managed.write32(PCL_LOAD_TARGET, 0);
    management.start(firmware_bytes());
    Firmware firmware(management);
    const unsigned active = device::Device(managed).active_bank();
    EXPECT_EQ(firmware.status().banks[active].state, written ? State::unknown : State::used);
    expect_in_force(old);
    firmware.load(image_of(next), discarding());
    expect_in_force(next);
  }
}

TEST_F(ManagedLoad, CountersAreExact) {
  Firmware firmware(management);
  firmware.load(image_of(old), discarding());
  std::uint64_t met = 0;
  managed.on_verdict = [&](const Verdict&) { ++met; };
  managed.set_lookup(&watched_key);
  managed.run(500);
  managed.set_lookup(nullptr);
  managed.run(100);
  EXPECT_GT(met, 490U);
  const unsigned bank = device::Device(managed).active_bank();
  const device::BankCounters counters = firmware.counters(bank, kRules);
  const device::Counters direct = device::Device(managed).counters(device::Bank::active, kRules);
  EXPECT_EQ(counters.counters.rules, direct.rules);
  EXPECT_EQ(counters.counters.causes, direct.causes);
  EXPECT_EQ(counters.counters.rules[2], (device::Tally{met, met * 60}));
}

}  // namespace
}  // namespace portcullis::test
