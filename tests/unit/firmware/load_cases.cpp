// Policies come into force only whole and tested, whatever the host does half-way: the cases that the firmware meets on
// this machine and again on its processor (firmware_rig.h). The oracle is the reference matcher.
#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device/registers.h"
#include "firmware_rig.h"
#include "tables/crc32c.h"

namespace portcullis::test {
namespace {

using device::FirmwareLoadOptions;
using device::FirmwareRefused;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = device::BankPolicy::State;

TEST_F(FirmwareLoad, PoliciesComeIntoForceOneAfterAnother) {
  for (int round = 0; round < (rig->simulated() ? 2 : 8); ++round) {
    const policy::Policy policy = make(1 + random.below(10));
    const std::vector<std::uint8_t> image = image_of(policy);
    const device::FirmwareLoadReport report = firmware.load(image, discarding());
    EXPECT_EQ(report.active_bank, rig->active_bank());
    EXPECT_EQ(report.probes, tables::decode(image, "image").probes.size());
    expect_in_force(policy);
    const device::FirmwareStatus status = firmware.status();
    const device::BankPolicy& bank = status.banks[status.active_bank];
    EXPECT_EQ(bank.state, State::used);
    EXPECT_EQ(bank.nonce, report.nonce);
    EXPECT_EQ(bank.entries, policy.entries.size());
    EXPECT_EQ(bank.image_bytes, image.size());
  }
  const policy::Policy none;
  firmware.load(image_of(none), discarding());
  expect_in_force(none);
}

TEST_F(FirmwareLoad, PiecesOfAnySizeGiveTheSameTables) {
  const policy::Policy policy = make(6);
  const std::vector<std::uint8_t> image = image_of(policy);
  for (const std::size_t size : {1U, 3U, 7U, 64U, 1001U, 1016U}) {
    if (rig->simulated() && size != 64 && size != 1016) continue;
    const std::uint32_t load = send(image, image.size(), size);
    firmware.end(load);
    firmware.activate(load);
    expect_in_force(policy, 40);
  }
}

TEST_F(FirmwareLoad, AnImageCutAtAnyByteIsRefusedAndTheOldPolicyStays) {
  const policy::Policy old = make(5);
  firmware.load(image_of(old), discarding());
  const unsigned bank = rig->active_bank();
  const std::vector<std::uint8_t> image = image_of(make(4));
  // Every byte of header and directory and around the ends of sections, and every 97th elsewhere; fewer where a clock
  // is simulated.
  const auto step = [&](std::size_t cut) {
    const bool dense = cut < 260 || cut + 90 > image.size();
    return rig->simulated() ? (dense ? 97U : 3001U) : (dense ? 1U : 97U);
  };
  for (std::size_t cut = 1; cut < image.size(); cut += step(cut)) {
    const std::uint32_t load = send(image, cut, 500);
    ASSERT_EQ(refusal([&] { firmware.end(load); }), PCL_ERROR_IMAGE_LENGTH) << "cut at " << cut;
    ASSERT_EQ(refusal([&] { firmware.activate(load); }), PCL_ERROR_NO_LOAD);
    ASSERT_EQ(rig->active_bank(), bank);
  }
  expect_in_force(old);
  const policy::Policy next = make(3);
  firmware.load(image_of(next), discarding());
  expect_in_force(next);
}

TEST_F(FirmwareLoad, AnImageWithAnyBitTurnedOverIsRefused) {
  const policy::Policy old = make(5);
  firmware.load(image_of(old), discarding());
  const unsigned bank = rig->active_bank();
  std::vector<std::uint8_t> image = image_of(make(4));
  for (std::size_t i = 0; i < 400; i += rig->simulated() ? 57 : 1) {
    const std::size_t at = i < 232 ? i : random.below(image.size());
    const auto bit = static_cast<std::uint8_t>(1U << random.below(8));
    image[at] ^= bit;
    EXPECT_NE(refusal([&] { firmware.load(image, discarding()); }), PCL_DONE) << "byte " << at << ", bit " << +bit;
    image[at] ^= bit;
    ASSERT_EQ(rig->active_bank(), bank);
  }
  expect_in_force(old);
}

/// The image with `change` made, and every checksum right again.
template <typename Change>
std::vector<std::uint8_t> forged(std::vector<std::uint8_t> image, Change&& change) {
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{image[at + i]} << (8 * i);
    return value;
  };
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) image[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  const auto section = [&](unsigned number) { return word(32 + 24 * number + 8); };
  change(word, put, section);
  const auto bytes = std::span<const std::uint8_t>(image);
  for (unsigned number = 0; number < 7; ++number)
    put(32 + 24 * number + 4, tables::crc32c(bytes.subspan(section(number), word(32 + 24 * number + 16))));
  put(28, tables::crc32c(bytes.subspan(32, 168), tables::crc32c(bytes.first(28))));
  return image;
}

TEST_F(FirmwareLoad, RefusesWhatAReaderMustRefuseThoughChecksumsAreRight) {
  policy::Policy policy;
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.source = {{policy::from_ipv4(0x0A000000), policy::from_ipv4(0x0A0000FF)}};
  entry.match.destination_port = {{80, 80}, {443, 443}};
  entry.action.permit = true;
  policy.entries.push_back(entry);
  const std::vector<std::uint8_t> sound = image_of(policy);
  const auto status = [&](auto&& change) {
    const std::vector<std::uint8_t> image = forged(sound, change);
    return refusal([&] { firmware.load(image, discarding()); });
  };
  enum { GEOM, BNDS, BITS, ACTS, ENTR, PROB, SRCS };
  EXPECT_EQ(status([](auto, auto, auto) {}), PCL_DONE) << "the forger spoils images";
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(GEOM), 65); }), PCL_ERROR_IMAGE_GEOMETRY);
  EXPECT_EQ(status([](auto, auto put, auto) { put(24, 1); }), PCL_ERROR_IMAGE_GEOMETRY);
  EXPECT_EQ(status([](auto, auto put, auto) { put(8, 0x00010001); }), PCL_ERROR_IMAGE_VERSION);
  EXPECT_EQ(status([](auto word, auto put, auto) { put(16, word(16) + 8); }), PCL_ERROR_IMAGE_LENGTH);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(BNDS), 64); }), PCL_ERROR_IMAGE_BOUNDARIES) << "too many";
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(BNDS) + 4, 4); }), PCL_ERROR_IMAGE_BOUNDARIES)
      << "of another size";
  // Two boundaries of source addresses, the second below the first.
  EXPECT_EQ(status([](auto word, auto put, auto at) {
              const std::uint32_t first = word(at(BNDS) + 8);
              put(at(BNDS) + 8, word(at(BNDS) + 24));
              put(at(BNDS) + 24, first);
            }),
            PCL_ERROR_IMAGE_BOUNDARIES);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(BITS), 1000); }), PCL_ERROR_IMAGE_ROWS);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(BITS) + 4, 2); }), PCL_ERROR_IMAGE_ROWS);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(BITS) + 8, 2); }), PCL_ERROR_IMAGE_ROWS)
      << "a rule without an entry";
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(ACTS), 65); }), PCL_ERROR_IMAGE_ACTIONS);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(ACTS) + 4, 1); }), PCL_ERROR_IMAGE_ACTIONS);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(ENTR), 2); }), PCL_ERROR_IMAGE_ENTRIES);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(ENTR) + 4, 6); }), PCL_ERROR_IMAGE_ENTRIES) << "cause 6";
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(ENTR) + 12, 0x7FFFFFFF); }), PCL_ERROR_IMAGE_ENTRIES)
      << "a long text";
  EXPECT_EQ(status([](auto word, auto put, auto at) { put(at(PROB), word(at(PROB)) + 1); }), PCL_ERROR_IMAGE_PROBES);
  EXPECT_EQ(status([](auto word, auto put, auto at) { put(at(PROB), word(at(PROB)) - 1); }), PCL_ERROR_IMAGE_PROBES);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(PROB) + 8 + 32, 0x10001); }), PCL_ERROR_IMAGE_PROBES)
      << "a port";
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(PROB) + 8 + 48, 1); }), PCL_ERROR_IMAGE_PROBES) << "a rule";
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(SRCS), 1); }), PCL_ERROR_IMAGE_SOURCES);
  EXPECT_EQ(status([](auto, auto put, auto at) { put(at(GEOM) + 28, 5000); }), PCL_ERROR_IMAGE_GEOMETRY)
      << "a long name";
  std::vector<std::uint8_t> padded = sound;
  const std::size_t padding = 32 + 168 + 28 + 4 + 5;  // behind the name "small"
  ASSERT_NE(padding % 8, 0U);
  padded[padding] = 1;
  EXPECT_EQ(refusal([&] { firmware.load(padded, discarding()); }), PCL_ERROR_IMAGE_PADDING);
  EXPECT_EQ(rig->active_bank(), 1U);
}

TEST_F(FirmwareLoad, GarbageIsRefused) {
  for (int round = 0; round < (rig->simulated() ? 3 : 50); ++round) {
    std::vector<std::uint8_t> garbage(1 + random.below(3000));
    for (auto& byte : garbage) byte = static_cast<std::uint8_t>(random.below(256));
    EXPECT_NE(refusal([&] { firmware.load(garbage, discarding()); }), PCL_DONE);
  }
  EXPECT_EQ(rig->active_bank(), 0U);
}

TEST_F(FirmwareLoad, PiecesTwiceOrOutOfOrderEndTheLoad) {
  const policy::Policy old = make(5);
  firmware.load(image_of(old), discarding());
  const policy::Policy policy = make(5);
  const std::vector<std::uint8_t> image = image_of(policy);
  const std::span<const std::uint8_t> bytes(image);
  {
    const std::uint32_t load = send(image, 1000, 500);
    EXPECT_EQ(refusal([&] { firmware.piece(load, 500, bytes.subspan(500, 500)); }), PCL_ERROR_ORDER) << "twice";
    EXPECT_EQ(refusal([&] { firmware.piece(load, 1000, bytes.subspan(1000, 500)); }), PCL_ERROR_NO_LOAD);
  }
  {
    const std::uint32_t load = send(image, 1000, 500);
    EXPECT_EQ(refusal([&] { firmware.piece(load, 1500, bytes.subspan(1500, 500)); }), PCL_ERROR_ORDER) << "a gap";
  }
  {
    const std::uint32_t before = send(image, 1000, 500);
    const std::uint32_t load = send(image, 1000, 500);
    EXPECT_EQ(refusal([&] { firmware.piece(before, 1000, bytes.subspan(1000, 500)); }), PCL_ERROR_NO_LOAD)
        << "of the load before";
    firmware.piece(load, 1000, bytes.subspan(1000, 500));
  }
  {
    const std::uint32_t load = send(image, image.size(), 500);
    EXPECT_EQ(refusal([&] { firmware.piece(load, static_cast<std::uint32_t>(image.size()), bytes.first(1)); }),
              PCL_ERROR_IMAGE_LENGTH);
  }
  EXPECT_EQ(rig->active_bank(), 1U);
  expect_in_force(old);
  firmware.load(image, discarding());
  expect_in_force(policy);
}

TEST_F(FirmwareLoad, AHostThatFallsSilentLosesTheLoadAndTheLock) {
  const policy::Policy old = make(5);
  firmware.load(image_of(old), discarding());
  const std::vector<std::uint8_t> image = image_of(make(5));
  FirmwareLoadOptions options = discarding();
  options.nonce = 5;
  options.patience = std::chrono::milliseconds(2);
  const std::uint32_t load = firmware.begin(image.size(), options);
  firmware.piece(load, 0, std::span(image).first(300));
  EXPECT_TRUE(management.owner().firmware);
  rig->pass(std::chrono::milliseconds(3));
  EXPECT_EQ(management.owner().id, 0);
  EXPECT_FALSE(firmware.status().loading);
  EXPECT_EQ(refusal([&] { firmware.piece(load, 300, std::span(image).subspan(300, 300)); }), PCL_ERROR_NO_LOAD);
  EXPECT_THAT(firmware.log(), Contains(Field(&device::FirmwareEvent::code, PCL_EVENT_LOAD_TIMEOUT)));
  expect_in_force(old);
  const policy::Policy next = make(5);
  firmware.load(image_of(next), discarding());
  expect_in_force(next);
}

TEST_F(FirmwareLoad, ProbesThatFailKeepTheOldPolicyAndAreNamed) {
  const policy::Policy old = make(5);
  firmware.load(image_of(old), discarding());
  const tables::TableImage image = tables::compile(make(6), geometry).image;
  tables::TableImage wrong = image;
  wrong.probes[2].action ^= 1;
  wrong.probes[4].action ^= 1;
  try {
    firmware.load(tables::encode(wrong), discarding());
    FAIL() << "an image with wrong probes came into force";
  } catch (const FirmwareRefused& refused) {
    EXPECT_EQ(refused.status(), PCL_ERROR_PROBES);
    ASSERT_EQ(refused.failures().size(), 2U);
    EXPECT_EQ(refused.failures()[0].probe, 2U);
    EXPECT_EQ(refused.failures()[0].answered.action, image.probes[2].action);
    EXPECT_EQ(refused.failures()[1].probe, 4U);
    EXPECT_THAT(refused.what(), HasSubstr("2 of"));
  }
  expect_in_force(old);
}

TEST_F(FirmwareLoad, RollbackGoesBackAndForthButNotToWhatWasGivenUp) {
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK);
  const policy::Policy first = make(4);
  const policy::Policy second = make(5);
  firmware.load(image_of(first), discarding());
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK) << "to a bank that was never loaded";
  firmware.load(image_of(second), discarding());
  expect_in_force(second);
  const unsigned active = firmware.rollback();
  EXPECT_EQ(active, rig->active_bank());
  expect_in_force(first);
  firmware.rollback();
  expect_in_force(second);
  send(image_of(first), 600, 300);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK) << "during a load";
  firmware.abandon();
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK) << "to half a policy";
  expect_in_force(second);
}

TEST_F(FirmwareLoad, KnowsItsBanksAfterTheProcessorWasReset) {
  const policy::Policy first = make(4);
  const policy::Policy second = make(5);
  firmware.load(image_of(first), discarding());
  firmware.load(image_of(second), discarding());
  const device::FirmwareStatus before = firmware.status();
  rig->reset_processor();
  const device::FirmwareStatus after = firmware.status();
  EXPECT_EQ(after.banks, before.banks);
  EXPECT_EQ(after.boots, before.boots + 1);
  expect_in_force(second);
  firmware.rollback();
  expect_in_force(first);
  // In the middle of a load: what was being written is no policy, the other one goes on.
  send(image_of(second), 3000, 500);
  rig->reset_processor();
  EXPECT_EQ(management.owner().id, 0);
  expect_in_force(first);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK);
  firmware.load(image_of(second), discarding());
  expect_in_force(second);
}

TEST_F(FirmwareLoad, ThePolicyInForceOutlivesAResetOfTheWholeDevice) {
  policy::Policy first = make(4), second = make(5), third = make(3);
  first.default_action.permit = true;
  second.default_action.permit = false;
  third.default_action.permit = true;
  rig->reset_device();
  EXPECT_EQ(firmware.status().banks[0].state, State::unknown) << "there was none";
  // In bank 1, before which there was none.
  firmware.load(image_of(first), discarding());
  rig->reset_device();
  EXPECT_EQ(rig->active_bank(), 1U);
  expect_in_force(first);
  // In bank 0; rollback works behind it.
  firmware.load(image_of(second), discarding());
  rig->reset_device();
  EXPECT_EQ(rig->active_bank(), 0U);
  expect_in_force(second);
  EXPECT_THAT(firmware.log(), Contains(Field(&device::FirmwareEvent::code, PCL_EVENT_RESTORED)));
  firmware.rollback();
  expect_in_force(first);
  // In the middle of a load into bank 0: it stays half a policy, bank 1 goes on.
  send(image_of(third), 3000, 1000);
  rig->reset_device();
  EXPECT_EQ(management.owner().id, 0);
  expect_in_force(first);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK);
  // In bank 0 with a default action that lets pass.
  firmware.load(image_of(third), discarding());
  rig->reset_device();
  EXPECT_EQ(rig->active_bank(), 0U);
  expect_in_force(third);
  firmware.rollback();
  expect_in_force(first);
}

TEST_F(FirmwareLoad, ADriverThatOwnsTheLockKeepsTheFirmwareOut) {
  const std::vector<std::uint8_t> image = image_of(make(4));
  ASSERT_TRUE(management.claim(9, 1000));
  EXPECT_EQ(refusal([&] { firmware.load(image, discarding()); }), PCL_ERROR_LOCKED);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_LOCKED);
  management.release(9);
  firmware.load(image, discarding());
  // And the firmware keeps a driver out while it loads.
  send(image, 500, 500);
  EXPECT_FALSE(management.claim(9, 1000));
  const unsigned bank = rig->active_bank();
  management.transport().write32(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  EXPECT_EQ(rig->active_bank(), bank);
}

TEST_F(FirmwareLoad, BanksThatTheHostTouchedAreNotTrusted) {
  firmware.load(image_of(make(4)), discarding());
  firmware.load(image_of(make(4)), discarding());
  management.transport().write32(PCL_LOAD_TARGET, 0);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK);
  EXPECT_EQ(firmware.status().banks[0].state, State::unknown);
  EXPECT_THAT(firmware.log(), Contains(Field(&device::FirmwareEvent::code, PCL_EVENT_TOUCHED)));
}

TEST_F(FirmwareLoad, EventsAreReadInOrderAndOldOnesFallOff) {
  const std::uint32_t before = firmware.status().next_event;
  for (int i = 0; i < 60; ++i) {
    send(image_of(policy::Policy()), 32, 32);
    firmware.abandon();
  }
  const std::vector<device::FirmwareEvent> events = firmware.log();
  EXPECT_EQ(events.size(), 48U);
  EXPECT_EQ(events.back().number, before + 119);
  for (std::size_t i = 1; i < events.size(); ++i) EXPECT_EQ(events[i].number, events[i - 1].number + 1);
  EXPECT_EQ(firmware.log(events[40].number).size(), 8U);
  EXPECT_THAT(firmware.log(events.back().number + 1), IsEmpty());
  EXPECT_THAT(events.back().to_string(), HasSubstr("given up by the host"));
}

TEST_F(FirmwareLoad, RequestsOfAnyKindAndLengthAreAnswered) {
  device::Mailbox mailbox(management, {.polls = 100'000, .tries = 2});
  for (unsigned command = 0; command < 256; command += rig->simulated() && command > 0x45 ? 31 : 1) {
    for (const std::size_t length : {0U, 1U, 4U, 5U, 16U, 28U, 1024U}) {
      std::vector<std::uint8_t> data(length);
      for (auto& byte : data) byte = static_cast<std::uint8_t>(random.below(4) == 0 ? random.below(256) : 0);
      const device::MailboxAnswer answer = mailbox.request(static_cast<std::uint8_t>(command), data);
      EXPECT_LE(answer.data.size(), 1024U);
      EXPECT_THAT(device::mailbox_status_text(answer.status), ::testing::Not(HasSubstr("unknown")));
    }
  }
  EXPECT_EQ(rig->active_bank(), 0U);
}

TEST_F(FirmwareLoad, SelfTestFindsNothing) { EXPECT_THAT(firmware.self_test(), IsEmpty()); }

}  // namespace
}  // namespace portcullis::test
