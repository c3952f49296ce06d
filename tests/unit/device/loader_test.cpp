// Loader against a fake filter that looks up what was really loaded: loads come into force whole or not at all.
#include "device/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_device.h"
#include "key_words.h"
#include "random_policy.h"
#include "tables/compile.h"
#include "tables/reference.h"

namespace portcullis::test {
namespace {

using device::Device;
using device::DeviceError;
using device::Loader;
using device::LoadRefused;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const tables::Geometry kSmall{"small", 64, 128, {64, 64, 32, 32, 16}};

/// The default action as loaded, monitor bit included.
std::uint64_t default_word(const policy::Policy& policy) {
  return policy.default_action.to_word() | (policy.monitor ? tables::kMonitorBit : 0);
}

class Loading : public ::testing::Test {
 protected:
  RandomPolicy random{seed(7)};
  FakeDevice fake;
  Device device{fake, Device::Options{.polls = 50}};
  Loader loader{device};

  policy::Policy make(std::size_t entries) {
    // Policies that do not fit the small geometry are of no use here.
    for (;;) {
      policy::Policy policy = random.policy(entries);
      try {
        tables::compile(policy, kSmall);
        return policy;
      } catch (const tables::DoesNotFit&) {
      }
    }
  }
  tables::TableImage image_of(const policy::Policy& policy) { return tables::compile(policy, kSmall).image; }

  /// What packets meet is what the policy says, by the reference matcher.
  void expect_in_force(const policy::Policy& policy) {
    for (int i = 0; i < 300; ++i) {
      const policy::Key key = random.key();
      const FakeDevice::Answer answer = fake.lookup(words(key));
      const std::optional<std::size_t> expected = tables::first_match(policy, key);
      ASSERT_EQ(answer.hit, expected.has_value());
      if (expected) {
        ASSERT_EQ(answer.rule, *expected);
        ASSERT_EQ(answer.action, policy.entries[*expected].action.to_word());
      } else {
        ASSERT_EQ(answer.action, default_word(policy));
      }
    }
  }
};

TEST_F(Loading, LoadedPolicyIsInForce) {
  for (int round = 0; round < 10; ++round) {
    const policy::Policy policy = make(1 + random.below(10));
    const tables::TableImage image = image_of(policy);
    const device::LoadReport report = loader.load(image);
    EXPECT_EQ(report.probes, image.probes.size());
    EXPECT_GT(report.probes, 0U);
    EXPECT_EQ(report.active_bank, fake.active_bank());
    EXPECT_EQ(fake.flips, static_cast<unsigned>(round + 1));
    expect_in_force(policy);
  }
}

TEST_F(Loading, EmptyPolicyLoads) {
  const policy::Policy policy;
  loader.load(image_of(policy));
  expect_in_force(policy);
}

TEST_F(Loading, StagesOnlyWordsThatChanged) {
  const tables::TableImage image = image_of(make(8));
  const std::vector<device::RowWrite> sequence = device::load_sequence(image);
  const device::LoadReport report = loader.load(image);
  std::size_t changed = 4;  // the first row
  for (std::size_t i = 1; i < sequence.size(); ++i)
    for (unsigned w = 0; w < 4; ++w) changed += sequence[i].words[w] != sequence[i - 1].words[w];
  EXPECT_EQ(report.words, changed);
  EXPECT_EQ(fake.writes_to_load_data.size(), changed);
  EXPECT_EQ(report.commits, sequence.size());
  EXPECT_LT(report.commits, report.rows);
}

TEST_F(Loading, NewBankStartsCountingFromZero) {
  fake.counters()[1U << 17U | 3U] = {9, 900};
  fake.counters()[3U] = {8, 800};
  loader.load(image_of(make(4)));
  EXPECT_EQ(device.rule_counter(device::Bank::active, 3), (device::Tally{0, 0}));
  EXPECT_EQ(device.rule_counter(device::Bank::shadow, 3), (device::Tally{8, 800}));
}

TEST_F(Loading, ImageForAnotherGeometryIsRefusedWithNumbers) {
  const policy::Policy old = make(4);
  loader.load(image_of(old));
  const unsigned commits = fake.commits;
  const tables::TableImage image = tables::compile(policy::Policy{}, tables::Geometry::edge()).image;
  try {
    loader.load(image);
    FAIL() << "loaded";
  } catch (const LoadRefused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("512 rules"));
    EXPECT_THAT(refused.what(), HasSubstr("64 rules"));
    EXPECT_THAT(refused.failures(), IsEmpty());
  }
  EXPECT_EQ(fake.commits, commits);
  expect_in_force(old);
}

TEST_F(Loading, RowThatArrivesWrongIsFoundByTheProbesAndNotPutIntoForce) {
  const policy::Policy old = make(4);
  loader.load(image_of(old));
  const unsigned flips = fake.flips;

  // The default action is the last row; probes that meet no rule find it.
  policy::Policy changed;
  changed.entries.resize(1);
  changed.entries[0].match = policy::Match::any();
  changed.entries[0].match.destination_port = {{80, 80}};
  changed.entries[0].action.permit = true;
  const tables::TableImage image = image_of(changed);
  std::size_t misses = 0;
  for (const tables::Probe& probe : image.probes) misses += !probe.hit;
  ASSERT_GT(misses, 0U);
  fake.faults.corrupts_commit = fake.commits + static_cast<unsigned>(device::load_sequence(image).size()) - 1;
  try {
    loader.load(image);
    FAIL() << "loaded";
  } catch (const LoadRefused& refused) {
    EXPECT_EQ(refused.failures().size(), misses);
    for (const device::ProbeFailure& failure : refused.failures()) {
      EXPECT_FALSE(image.probes.at(failure.probe).hit);
      EXPECT_EQ(failure.expected.action, image.default_action);
      EXPECT_EQ(failure.answered.action, image.default_action ^ 1U);
    }
    EXPECT_THAT(refused.what(), HasSubstr("self-test probes failed; the old policy is in force"));
    EXPECT_THAT(refused.what(), HasSubstr("expected no rule"));
  }
  EXPECT_EQ(fake.flips, flips);
  expect_in_force(old);

  fake.faults = {};
  loader.load(image);
  expect_in_force(changed);
}

TEST_F(Loading, LoadErrorOfTheDeviceRefusesTheLoad) {
  const policy::Policy old = make(4);
  loader.load(image_of(old));
  const policy::Policy next = make(6);
  for (const unsigned commit : {0U, 5U, 20U}) {
    fake.faults.refuses_commit = fake.commits + commit;
    EXPECT_THAT([&] { loader.load(image_of(next)); },
                ::testing::ThrowsMessage<DeviceError>(HasSubstr("a row was outside its table")));
    expect_in_force(old);
  }
  fake.faults = {};
  loader.load(image_of(next));
  expect_in_force(next);
}

TEST_F(Loading, FlipThatIsRefusedLeavesTheOldPolicy) {
  const policy::Policy old = make(4);
  loader.load(image_of(old));
  fake.faults.ignores_flips = true;
  EXPECT_THROW(loader.load(image_of(make(5))), DeviceError);
  expect_in_force(old);
  fake.faults = {};
  const policy::Policy next = make(5);
  loader.load(image_of(next));
  expect_in_force(next);
}

TEST_F(Loading, DeviceThatHangsEndsTheLoadInBoundedTime) {
  const policy::Policy old = make(4);
  loader.load(image_of(old));
  for (const std::uint32_t bit :
       {PCL_STATUS_BUSY_MASK, PCL_STATUS_LOAD_BUSY_MASK, PCL_STATUS_TEST_BUSY_MASK, PCL_STATUS_CLEARING_MASK}) {
    fake.faults.stuck_status = bit;
    EXPECT_THAT([&] { loader.load(image_of(make(5))); },
                ::testing::ThrowsMessage<DeviceError>(HasSubstr("did not finish in time")));
    expect_in_force(old);
  }
  fake.faults = {};
  const policy::Policy next = make(5);
  loader.load(image_of(next));
  expect_in_force(next);
}

TEST_F(Loading, DeviceThatDiesAtAnyPointKeepsTheOldPolicyAndTakesTheNextLoad) {
  policy::Policy old = make(4);
  loader.load(image_of(old));
  const policy::Policy next = make(6);
  const tables::TableImage image = image_of(next);
  // How many accesses a whole load takes.
  const std::uint64_t start = fake.accesses;
  loader.load(image);
  const std::uint64_t whole = fake.accesses - start;
  expect_in_force(next);
  loader.load(image_of(old));

  for (int round = 0; round < 40; ++round) {
    // The last accesses are the flip and what follows it; dying there may leave either policy, whole.
    const std::uint64_t after = random.below(whole - 12);
    fake.faults.dies_after = fake.accesses + after;
    EXPECT_THAT([&] { loader.load(image); }, ::testing::ThrowsMessage<DeviceError>(HasSubstr("no longer answers")))
        << "after " << after;
    fake.faults = {};
    expect_in_force(old);
  }
  loader.load(image);
  expect_in_force(next);
}

TEST_F(Loading, TransportThatFailsIsHandedOnAndTheNextLoadWorks) {
  class Flaky : public device::Transport {
   public:
    explicit Flaky(FakeDevice& device) : device_(device) {}
    std::optional<std::uint64_t> fails_after;
    std::uint32_t read32(std::uint32_t offset) override { return check(), device_.read32(offset); }
    void write32(std::uint32_t offset, std::uint32_t value) override { check(), device_.write32(offset, value); }

   private:
    void check() {
      if (fails_after && (*fails_after)-- == 0) throw device::TransportError("the cable is out");
    }
    FakeDevice& device_;
  } flaky(fake);
  Device behind(flaky, Device::Options{.polls = 50});
  Loader own(behind);
  const policy::Policy old = make(4), next = make(6);
  own.load(image_of(old));
  for (const std::uint64_t after : {0U, 1U, 10U, 100U, 300U}) {
    flaky.fails_after = after;
    EXPECT_THROW(own.load(image_of(next)), device::TransportError);
    flaky.fails_after.reset();
    expect_in_force(old);
  }
  own.load(image_of(next));
  expect_in_force(next);
}

}  // namespace
}  // namespace portcullis::test
