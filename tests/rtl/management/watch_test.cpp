// The firmware on its processor watches the tables of the match engine: bits are turned over in its memories, the
// scrubber finds them, and the host is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "device/firmware.h"
#include "device/mailbox_protocol.h"
#include "firmware/image.h"
#include "managed_device.h"
#include "rtl/engine/table_rows.h"
#include "unit/firmware/firmware_rig.h"

namespace portcullis::test {
namespace {

using rtl_test::Place;
using rtl_test::TableRows;

/// Clocks in which every row has been read, and the firmware has looked.
constexpr std::uint64_t kPass = 150'000;

class ManagedScrubber : public ::testing::Test {
 protected:
  ManagedScrubber() {
    const std::string_view image = firmware::image();
    management.start(std::vector<std::uint8_t>(image.begin(), image.end()));
  }
  std::vector<std::uint8_t> image(std::size_t entries) {
    const tables::Geometry geometry{"small", kRules, 128, {kIntervals, kIntervals, kIntervals, kIntervals, kIntervals}};
    for (;;) {
      try {
        return tables::encode(tables::compile(random.policy(entries), geometry).image);
      } catch (const tables::DoesNotFit&) {
      }
    }
  }
  static device::FirmwareLoadOptions discarding() {
    device::FirmwareLoadOptions options;
    options.discard_counters = true;
    return options;
  }
  static device::TableRow row(const Place& place) { return {place.bank, place.table, place.row}; }

  RandomPolicy random{seed(5)};
  ManagedDevice managed;
  TableRows rows{managed.context()};
  device::Management management = *device::Management::find(managed);
};

TEST_F(ManagedScrubber, SingleFaultsAreMendedAndLogged) {
  device::Firmware firmware(management);
  firmware.load(image(4), discarding());
  firmware.load(image(5), discarding());
  const auto before = rows.all();
  const std::uint32_t first = firmware.log().back().number + 1;
  const std::vector<Place> places = {{0, 0, 0}, {1, 4, 15}, {0, 5, 6}, {1, 8, 255}};
  for (std::size_t i = 0; i < places.size(); ++i) rows.flip(places[i], static_cast<unsigned>(23 * i));
  managed.run(2 * kPass);
  EXPECT_EQ(rows.all(), before);
  const device::FirmwareStatus status = firmware.status();
  EXPECT_EQ(status.scrub.rows, 2208U);
  EXPECT_EQ(status.scrub.mended, places.size());
  EXPECT_GT(status.scrub.passes, 1U);
  EXPECT_LT(status.scrub.pass_clocks, kPass);
  EXPECT_EQ(status.scrub.damaged, (std::array<std::uint32_t, 2>{}));
  const std::vector<device::FirmwareEvent> events = firmware.log(first);
  ASSERT_FALSE(events.empty());
  for (const device::FirmwareEvent& event : events) {
    EXPECT_EQ(event.code, PCL_EVENT_MENDED);
    const device::TableRow at = device::TableRow::from_register(event.a);
    EXPECT_TRUE(std::any_of(places.begin(), places.end(), [&](const Place& place) { return row(place) == at; }))
        << at.to_string();
  }
  EXPECT_EQ(events.back().b, places.size());
}

TEST_F(ManagedScrubber, DoubleFaultsAreReportedUntilTheirBankIsLoadedAgain) {
  device::Firmware firmware(management);
  firmware.load(image(4), discarding());
  firmware.load(image(5), discarding());
  const unsigned active = firmware.status().active_bank;
  // One in force, one beside; neither in rows that every image writes.
  const Place in_force{active, 2, 13};
  const Place beside{1 - active, 0, 12};
  for (const Place& place : {in_force, beside}) {
    rows.flip(place, 3);
    rows.flip(place, 70);  // a check bit
  }
  managed.run(2 * kPass);
  device::ScrubStatus scrub = firmware.status().scrub;
  EXPECT_EQ(scrub.damaged, (std::array<std::uint32_t, 2>{1, 1}));
  EXPECT_EQ(scrub.damaged_row[active], row(in_force));
  EXPECT_EQ(scrub.damaged_row[1 - active], row(beside));
  EXPECT_EQ(scrub.mended, 0U);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_DAMAGED);

  // A reset of the processor forgets it, and finds it again.
  management.hold(true);
  management.hold(false);
  while (management.state().boot != device::Boot::running) managed.run(1000);
  managed.run(2 * kPass);
  EXPECT_EQ(firmware.status().scrub.damaged, (std::array<std::uint32_t, 2>{1, 1}));

  firmware.load(image(6), discarding());
  managed.run(2 * kPass);
  scrub = firmware.status().scrub;
  EXPECT_EQ(scrub.damaged[1 - active], 0U);
  EXPECT_EQ(scrub.damaged[active], 1U);
  firmware.load(image(6), discarding());
  managed.run(2 * kPass);
  EXPECT_EQ(firmware.status().scrub.damaged, (std::array<std::uint32_t, 2>{}));
}

}  // namespace
}  // namespace portcullis::test
