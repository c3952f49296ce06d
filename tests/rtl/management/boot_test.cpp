// The management processor boots: the boot ROM starts sound firmware and nothing else, the firmware answers, the
// watchdog resets what does not.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.h"
#include "device/firmware.h"
#include "device/loader.h"
#include "device/mailbox.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "firmware/image.h"
#include "managed_device.h"
#include "memory_map.h"
#include "tables/compile.h"
#include "tables/crc32c.h"

namespace portcullis::test {
namespace {

using device::Boot;
using device::Management;
using ::testing::HasSubstr;

std::vector<std::uint8_t> firmware_bytes() {
  const std::string_view image = firmware::image();
  return {image.begin(), image.end()};
}

class ManagementBoot : public ::testing::Test {
 protected:
  ManagedDevice managed;
  Management management = *Management::find(managed);
};

TEST_F(ManagementBoot, SaysThatThereIsNoFirmwareAfterPowerUp) {
  managed.run(1000);
  EXPECT_EQ(management.state().boot, Boot::no_firmware);
  device::Mailbox mailbox(management);
  try {
    mailbox.request(PCL_COMMAND_VERSION);
    FAIL() << "a request without firmware was answered";
  } catch (const device::FirmwareGone& gone) {
    EXPECT_THAT(gone.what(), HasSubstr("has no firmware"));
  }
  // The watchdog has nothing to do with it.
  managed.run(3 * kWatchdogClocks);
  EXPECT_EQ(management.state().watchdog_resets, 0U);
}

TEST_F(ManagementBoot, FirmwareAnswersItsVersion) {
  management.start(firmware_bytes());
  EXPECT_THAT(managed.console, HasSubstr("portcullis"));
  device::Mailbox mailbox(management);
  const device::MailboxAnswer answer = mailbox.request(PCL_COMMAND_VERSION);
  EXPECT_EQ(answer.status, PCL_DONE);
  ASSERT_EQ(answer.data.size(), PCL_VERSION_BYTES);
  EXPECT_EQ(answer.u32(PCL_VERSION_PROTOCOL), PCL_PROTOCOL_MAJOR << 16U | PCL_PROTOCOL_MINOR);
  EXPECT_EQ(answer.u32(PCL_VERSION_IMAGE_BYTES), firmware::image().size());
  device::Device device(managed);
  EXPECT_EQ(answer.u32(PCL_VERSION_GEOMETRY), device.geometry().signature());
  EXPECT_EQ(mailbox.request(0xEE).status, PCL_ERROR_COMMAND);
}

TEST_F(ManagementBoot, RefusesFirmwareWithAnyWordChanged) {
  const std::vector<std::uint8_t> sound = firmware_bytes();
  for (std::size_t at = 0; at < sound.size(); at += sound.size() / 7) {
    std::vector<std::uint8_t> damaged = sound;
    damaged[at] ^= 0x10;
    EXPECT_THROW(management.start(damaged), device::DeviceError) << "byte " << at;
    const Boot boot = management.state().boot;
    EXPECT_TRUE(boot == Boot::crc_wrong || boot == Boot::no_firmware) << "byte " << at;
  }
  management.start(sound);
  EXPECT_EQ(management.state().boot, Boot::running);
}

TEST_F(ManagementBoot, WatchdogLeavesFirmwareThatTurnsAlone) {
  management.start(firmware_bytes());
  const std::uint32_t before = management.state().heartbeat;
  managed.run(2 * kWatchdogClocks);
  EXPECT_EQ(management.state().watchdog_resets, 0U);
  EXPECT_GT(management.state().heartbeat, before);
}

TEST_F(ManagementBoot, WatchdogStartsStuckFirmwareAgainAndTheHostCanGiveItAnother) {
  device::MessageWriter stuck;
  constexpr std::uint32_t kBytes = 7 * 4;
  stuck.u32(IMAGE_MAGIC).u32(kBytes).u32(IMAGE_HEADER_BYTES).u32(0);
  stuck.u32(0x0000006F).u32(0);  // jal zero, 0: a jump to itself
  stuck.u32(tables::crc32c(stuck.data()));
  management.hold(true);
  management.write_memory(0, stuck.data());
  management.hold(false);
  managed.run(3 * kWatchdogClocks);
  EXPECT_GE(management.state().watchdog_resets, 2U);
  EXPECT_EQ(management.state().boot, Boot::starting);
  EXPECT_EQ(device::Device(managed).geometry().rules, kRules) << "the registers do not answer";

  management.start(firmware_bytes());
  device::Mailbox mailbox(management);
  EXPECT_EQ(mailbox.request(PCL_COMMAND_VERSION).status, PCL_DONE);
}

/// A device whose processor's memory begins with this image, as CMake's tool writes it for $readmemh.
std::unique_ptr<ManagedDevice> preloaded(const std::vector<std::uint8_t>& image) {
  namespace fs = std::filesystem;
  std::string folder = ::testing::TempDir() + "portcullis_preloaded_XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder for the image");
  std::ofstream hex(fs::path(folder) / "firmware.hex");
  for (std::size_t at = 0; at < image.size(); at += 4)
    hex << fmt::format("{:02x}{:02x}{:02x}{:02x}\n", image[at + 3], image[at + 2], image[at + 1], image[at]);
  hex.close();
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  auto managed = std::make_unique<ManagedDevice>();
  fs::current_path(before);
  fs::remove_all(folder);
  return managed;
}

TEST(PreloadedFirmware, OfTheBuildIsWhatTheHostWouldWrite) {
  std::ifstream hex(PORTCULLIS_FIRMWARE_HEX);
  std::vector<std::uint8_t> bytes;
  for (std::string line; std::getline(hex, line);) {
    ASSERT_EQ(line.size(), 8U);
    const unsigned long word = std::stoul(line, nullptr, 16);
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  }
  EXPECT_EQ(bytes, firmware_bytes());
}

TEST(PreloadedFirmware, StartsWithoutAHost) {
  const auto managed = preloaded(firmware_bytes());
  managed->run(kWatchdogClocks);  // and not a register access
  EXPECT_THAT(managed->console, HasSubstr("portcullis: management firmware\n"));
  Management management = *Management::find(*managed);
  EXPECT_EQ(management.state().boot, Boot::running);
  EXPECT_EQ(management.state().watchdog_resets, 0U);
  EXPECT_EQ(managed->writes, 0U);
  const device::FirmwareVersion version = device::Firmware(management).version();
  EXPECT_EQ(version.image_bytes, firmware::image().size());
  EXPECT_EQ(version.reset_cause, 0U) << "power-up";
}

TEST(PreloadedFirmware, ThatIsDamagedIsRefusedAndTheEngineFiltersOnUntilTheHostWritesASoundOne) {
  std::vector<std::uint8_t> damaged = firmware_bytes();
  damaged[damaged.size() / 2] ^= 0x04;
  const auto managed = preloaded(damaged);
  Management management = *Management::find(*managed);
  EXPECT_EQ(management.wait_for_boot().boot, Boot::crc_wrong);
  EXPECT_EQ(managed->console, "");

  policy::Policy policy;
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.destination_port = {{443, 443}};
  entry.action.permit = true;
  policy.entries.push_back(entry);
  device::Device device(*managed);
  device::Loader(device).load(tables::compile(policy, device.geometry()).image);
  const auto expect_in_force = [&] {
    for (const std::uint32_t port : {442U, 443U}) {
      policy::Key key;
      key.destination_port = port;
      managed->set_lookup(&key);
      managed->run(60);  // those of the key before have left
      unsigned answers = 0, permitted = 0;
      managed->on_verdict = [&](const Verdict& verdict) {
        ++answers;
        permitted += verdict.permit ? 1U : 0U;
      };
      managed->run(40);
      managed->on_verdict = nullptr;
      managed->set_lookup(nullptr);
      EXPECT_GE(answers, 39U);
      EXPECT_EQ(permitted, port == 443 ? answers : 0U) << "port " << port;
    }
  };
  expect_in_force();
  managed->run(2 * kWatchdogClocks);
  EXPECT_EQ(management.state().boot, Boot::crc_wrong);
  EXPECT_EQ(management.state().watchdog_resets, 0U) << "there is nothing to start again";
  management.start(firmware_bytes());
  expect_in_force();
}

TEST(PreloadedFirmware, GivesWayToANewerOneOverTheRegistersWhichStaysBehindResets) {
  const auto managed = preloaded(firmware_bytes());
  Management management = *Management::find(*managed);
  ASSERT_EQ(management.wait_for_boot().boot, Boot::running);
  std::vector<std::uint8_t> newer = firmware_bytes();
  ASSERT_EQ(newer[IMAGE_VERSION_OFFSET + 1], device::Firmware(management).version().minor);
  newer[IMAGE_VERSION_OFFSET + 1] = static_cast<std::uint8_t>(newer[IMAGE_VERSION_OFFSET + 1] + 7);
  newer.resize(newer.size() - 4);
  newer = device::MessageWriter().bytes(newer).u32(tables::crc32c(newer)).data();
  management.start(newer);
  const auto minor = [&] { return device::Firmware(management).version().minor; };
  EXPECT_EQ(minor(), newer[IMAGE_VERSION_OFFSET + 1]);
  managed->reset();
  EXPECT_EQ(management.wait_for_boot().boot, Boot::running);
  EXPECT_EQ(minor(), newer[IMAGE_VERSION_OFFSET + 1]);
}

TEST(ManagementRegisters, DamagedRequestsAreRefusedAndRepeated) {
  ManagedDevice managed;
  Management management = *Management::find(managed);
  management.start(firmware_bytes());
  device::Mailbox mailbox(management);
  unsigned damaged = 0;
  managed.before_write = [&](std::uint32_t address, std::uint32_t& value) {
    if (address == PCL_MAILBOX_REQUEST_DATA && damaged < 2) {
      value ^= 4;
      ++damaged;
    }
  };
  const std::vector<std::uint8_t> data(9, 0x5A);
  EXPECT_EQ(mailbox.request(PCL_COMMAND_VERSION, data).status, PCL_ERROR_LENGTH);
  EXPECT_EQ(damaged, 2U);
}

TEST(ManagementLock, OneSideAtATimeAndFreeWhenItsTimeIsOver) {
  ManagedDevice managed;
  Management management = *Management::find(managed);
  EXPECT_TRUE(management.claim(7, 10 * kLockUnit));
  EXPECT_FALSE(management.claim(8, 10 * kLockUnit));
  EXPECT_TRUE(management.claim(7, 10 * kLockUnit));
  EXPECT_EQ(management.owner().id, 7);
  EXPECT_FALSE(management.owner().firmware);
  managed.run(11 * kLockUnit);
  EXPECT_EQ(management.owner().id, 0);
  EXPECT_NE(managed.read32(PCL_LOCK_EVENTS) & PCL_LOCK_EVENTS_EXPIRED_MASK, 0U);
  EXPECT_TRUE(management.claim(8, kLockUnit));
  management.release(7);
  EXPECT_EQ(management.owner().id, 8);
  management.release(8);
  EXPECT_EQ(management.owner().id, 0);
}

TEST(ManagementRegisters, AreNotThereWithoutAProcessor) {
  class Nothing final : public device::Transport {
   public:
    std::uint32_t read32(std::uint32_t) override { return 0; }
    void write32(std::uint32_t, std::uint32_t) override {}
  } nothing;
  EXPECT_FALSE(Management::find(nothing).has_value());
}

}  // namespace
}  // namespace portcullis::test
