// Device against a fake filter: what it refuses to open, counters, statistics, wire ports, bounded waits.
#include "device/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "fake_device.h"

namespace portcullis::test {
namespace {

using device::Bank;
using device::Device;
using device::DeviceError;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr Device::Options kImpatient{.polls = 50};

TEST(Device, ReadsWhatTheHardwareWasBuiltWith) {
  FakeDevice fake;
  Device device(fake);
  EXPECT_EQ(device.geometry().rules, 64U);
  EXPECT_EQ(device.geometry().intervals, (std::array<unsigned, 5>{64, 64, 32, 32, 16}));
  EXPECT_EQ(device.geometry().name, "device");
  EXPECT_EQ(device.ports(), 3U);
  EXPECT_EQ(device.latency(), 21U);
  EXPECT_EQ(device.data_width(), 512U);
  EXPECT_EQ(device.header_bytes(), 160U);
  EXPECT_EQ(device.extension_headers(), 4U);
  EXPECT_EQ(device.row_words(), 4U);
}

TEST(Device, KnowsTheGeometriesByName) {
  FakeDevice edge({512, {256, 256, 256, 256, 256}, 2});
  EXPECT_EQ(Device(edge).geometry(), tables::Geometry::edge());
  FakeDevice large({1024, {2048, 2048, 1024, 1024, 256}, 2});
  EXPECT_EQ(Device(large).geometry(), tables::Geometry::large());
}

struct Unfit {
  std::uint32_t offset, value;
  const char* message;
};

class DeviceThatIsUnfit : public ::testing::TestWithParam<Unfit> {};

TEST_P(DeviceThatIsUnfit, IsRefusedWithAReason) {
  FakeDevice fake;
  fake.faults.reads_as = {GetParam().offset, GetParam().value};
  EXPECT_THAT([&] { Device{fake}; }, ThrowsMessage<DeviceError>(HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(Registers, DeviceThatIsUnfit,
                         ::testing::Values(Unfit{PCL_MAGIC, 0xFFFFFFFF, "no device answers"},
                                           Unfit{PCL_MAGIC, 0x12345678, "MAGIC reads 0x12345678"},
                                           Unfit{PCL_VERSION, 0x00020003,
                                                 "register map 2.3, this software knows version 1"},
                                           Unfit{PCL_SCRATCH, 0, "reads back as 0x00000000"},
                                           Unfit{PCL_GEOMETRY_RULES, 0, "geometry that cannot be"},
                                           Unfit{PCL_GEOMETRY_RULES, 0xFFFFFFFF, "geometry that cannot be"},
                                           Unfit{PCL_GEOMETRY_VLAN_INTERVALS, 1, "geometry that cannot be"},
                                           Unfit{PCL_GEOMETRY_ROW_WORDS, 3, "rows of 3 words for 64 rules"},
                                           Unfit{PCL_GEOMETRY_ROW_WORDS, 0xFFFFFFFF, "rows of 4294967295 words"},
                                           Unfit{PCL_GEOMETRY_PORTS, 9, "9 wire ports"},
                                           Unfit{PCL_GEOMETRY_CAUSES, 12, "counts 12 causes"}));

TEST(Device, HigherMinorVersionIsAccepted) {
  FakeDevice fake;
  fake.faults.reads_as = {PCL_VERSION, 0x00010007};
  EXPECT_NO_THROW(Device{fake});
}

TEST(Device, FlipExchangesTheBanks) {
  FakeDevice fake;
  Device device(fake);
  EXPECT_EQ(device.active_bank(), 0U);
  device.flip();
  EXPECT_EQ(device.active_bank(), 1U);
  EXPECT_EQ(fake.active_bank(), 1U);
}

TEST(Device, FlipThatDoesNotHappenIsAnError) {
  FakeDevice fake;
  Device device(fake);
  fake.faults.ignores_flips = true;
  EXPECT_THAT([&] { device.flip(); }, ThrowsMessage<DeviceError>(HasSubstr("a flip was ignored")));
  fake.faults = {};
  fake.faults.swallows_flips = true;
  EXPECT_THAT([&] { device.flip(); }, ThrowsMessage<DeviceError>(HasSubstr("did not do it")));
  fake.faults = {};
  EXPECT_NO_THROW(device.flip());
}

TEST(Device, ReadsCountersOfEitherBank) {
  FakeDevice fake;
  Device device(fake);
  for (std::uint32_t bank = 0; bank < 2; ++bank) {
    for (std::uint32_t rule = 0; rule < 64; ++rule)
      fake.counters()[bank << 17U | rule] = {(1ULL << 40U) + bank * 1000 + rule, 7 * rule};
    for (std::uint32_t cause = 0; cause < 9; ++cause)
      fake.counters()[bank << 17U | 1U << 16U | cause] = {cause, (1ULL << 33U) * bank};
  }
  for (int round = 0; round < 2; ++round) {
    for (const Bank bank : {Bank::active, Bank::shadow}) {
      const std::uint64_t number = bank == Bank::active ? device.active_bank() : 1 - device.active_bank();
      const device::Counters counters = device.counters(bank, 64);
      device::Tally total;
      for (unsigned rule = 0; rule < 64; ++rule) {
        const device::Tally expected{(1ULL << 40U) + number * 1000 + rule, 7 * rule};
        EXPECT_EQ(counters.rules[rule], expected);
        EXPECT_EQ(device.rule_counter(bank, rule), expected);
        total.packets += expected.packets;
        total.bytes += expected.bytes;
      }
      for (unsigned cause = 0; cause < 9; ++cause) {
        const device::Tally expected{cause, (1ULL << 33U) * number};
        EXPECT_EQ(counters.causes[cause], expected);
        EXPECT_EQ(device.cause_counter(bank, cause), expected);
        total.packets += expected.packets;
        total.bytes += expected.bytes;
      }
      EXPECT_EQ(counters.total(), total);
    }
    device.flip();
  }
}

TEST(Device, ClearsCountersOfTheShadowBankOnly) {
  FakeDevice fake;
  Device device(fake);
  fake.counters()[0] = {5, 500};
  fake.counters()[1U << 17U] = {6, 600};
  device.clear_shadow_counters();
  EXPECT_EQ(device.rule_counter(Bank::active, 0), (device::Tally{5, 500}));
  EXPECT_EQ(device.rule_counter(Bank::shadow, 0), (device::Tally{0, 0}));
}

TEST(Device, CounterThatDoesNotExistIsRefused) {
  FakeDevice fake;
  Device device(fake);
  EXPECT_THROW(device.rule_counter(Bank::active, 64), DeviceError);
  EXPECT_THROW(device.cause_counter(Bank::active, 9), DeviceError);
  EXPECT_THROW(device.counters(Bank::active, 65), DeviceError);
  fake.faults.never_counts = true;
  EXPECT_THAT([&] { device.rule_counter(Bank::active, 3); },
              ThrowsMessage<DeviceError>(HasSubstr("counter 3 of rules in bank 0 was not read")));
}

TEST(Device, ReadsStatisticsOfAPort) {
  FakeDevice fake;
  Device device(fake);
  fake.statistics(2) = {(1ULL << 35U) + 1, (1ULL << 45U) + 2, 3, 4, 5, 6};
  EXPECT_EQ(device.statistics(2), (device::PortStatistics{(1ULL << 35U) + 1, (1ULL << 45U) + 2, 3, 4, 5, 6}));
  EXPECT_EQ(device.statistics(0), device::PortStatistics{});
  EXPECT_THAT([&] { device.statistics(3); }, ThrowsMessage<DeviceError>(HasSubstr("no wire port 3")));
}

TEST(Device, ChoosesTheEgressOfAPort) {
  FakeDevice fake;
  Device device(fake);
  EXPECT_EQ(device.forward_to(0), 1U);
  EXPECT_EQ(device.forward_to(2), 2U);
  device.set_forward_to(0, 3);
  EXPECT_EQ(fake.forward()[0], 3U);
  EXPECT_THROW(device.set_forward_to(0, 4), DeviceError);
  EXPECT_THROW(device.set_forward_to(3, 0), DeviceError);
  EXPECT_EQ(fake.forward()[0], 3U);
}

TEST(Device, TestLookupWritesOnlyWhatChanged) {
  FakeDevice fake;
  Device device(fake);
  policy::Key key;
  key.source = policy::make_address(0x0102030405060708ULL, 0x090A0B0C0D0E0F10ULL);
  device.test(key);
  const std::uint64_t before = fake.accesses;
  device.test(key);
  // One STATUS before, START, STATUS until idle, RESULT and two words of action, one STATUS after.
  EXPECT_EQ(fake.accesses - before, 1U + 1U + (fake.slow + 1U) + 3U + 1U);
}

TEST(Device, TestLookupOutsideTheFieldsIsRefused) {
  FakeDevice fake;
  Device device(fake);
  policy::Key key;
  key.vlan = 4096;
  EXPECT_THROW(device.test(key), DeviceError);
  key.vlan = 0;
  key.source_port = 0x20000;
  EXPECT_THROW(device.test(key), DeviceError);
}

TEST(Device, TestLookupThatIsNeverAnsweredIsAnError) {
  FakeDevice fake;
  Device device(fake, kImpatient);
  fake.faults.never_answers_tests = true;
  EXPECT_THAT([&] { device.test({}); }, ThrowsMessage<DeviceError>(HasSubstr("a test lookup was not answered")));
}

TEST(Device, LanesThatAnswerDifferentlyAreAnError) {
  FakeDevice fake;
  Device device(fake);
  fake.faults.reads_as = {PCL_TEST_RESULT, PCL_TEST_RESULT_DONE_MASK | PCL_TEST_RESULT_LANES_DIFFER_MASK};
  EXPECT_THAT([&] { device.test({}); },
              ThrowsMessage<DeviceError>(HasSubstr("lanes answer a test lookup differently")));
}

class DeviceThatHangs : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(DeviceThatHangs, EndsEveryWaitWithAnError) {
  FakeDevice fake;
  Device device(fake, kImpatient);
  fake.faults.stuck_status = GetParam();
  // What waits for the bit throws, and nothing waits for ever.
  const std::uint64_t before = fake.accesses;
  unsigned thrown = 0;
  for (const std::function<void()>& use : std::vector<std::function<void()>>{
           [&] { device.wait_for_shadow(); }, [&] { device.clear_shadow_counters(); }, [&] { device.test({}); },
           [&] { device.rule_counter(Bank::active, 0); }, [&] { device.counters(Bank::shadow, 1); }}) {
    try {
      use();
    } catch (const DeviceError& error) {
      ++thrown;
      EXPECT_THAT(error.what(), HasSubstr("did not finish in time"));
      EXPECT_THAT(error.what(), HasSubstr("after 50 reads"));
    }
  }
  EXPECT_GE(thrown, 1U);
  EXPECT_LT(fake.accesses - before, 2000U);
}

INSTANTIATE_TEST_SUITE_P(StatusBits, DeviceThatHangs,
                         ::testing::Values(PCL_STATUS_BUSY_MASK, PCL_STATUS_LOAD_BUSY_MASK, PCL_STATUS_TEST_BUSY_MASK,
                                           PCL_STATUS_COUNTER_BUSY_MASK, PCL_STATUS_CLEARING_MASK));

TEST(Device, DeviceThatIsGoneIsToldFromOneThatIsBusy) {
  FakeDevice fake;
  Device device(fake);
  fake.faults.dies_after = fake.accesses;
  const auto gone = ThrowsMessage<DeviceError>(HasSubstr("no longer answers"));
  EXPECT_THAT([&] { device.active_bank(); }, gone);
  EXPECT_THAT([&] { device.wait_for_shadow(); }, gone);
  EXPECT_THAT([&] { device.flip(); }, gone);
  EXPECT_THAT([&] { device.test({}); }, gone);
  EXPECT_THAT([&] { device.counters(Bank::active, 1); }, gone);
  EXPECT_THAT([&] { device.statistics(0); }, gone);
  EXPECT_THAT([&] { device.forward_to(0); }, gone);
  EXPECT_THAT([&] { device.set_forward_to(0, 0); }, gone);
}

}  // namespace
}  // namespace portcullis::test
