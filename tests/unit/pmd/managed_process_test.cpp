// Programs over the driver on a NIC with a management processor, whose owner lock keeps them and the firmware apart.
#include <gtest/gtest.h>

#include "device/firmware.h"
#include "device/mailbox_protocol.h"
#include "device/management.h"
#include "device/registers.h"
#include "firmware/image.h"
#include "model/managed_nic.h"
#include "process_fixture.h"
#include "tables/compile.h"
#include "tables/image.h"

namespace portcullis::test {
namespace {

/// LOCK_UNIT of the NIC, clocks.
constexpr std::uint64_t kUnit = 65'536;
/// A lease that is soon over, and one that is not over while these tests run.
constexpr std::uint64_t kShort = 3 * kUnit, kLong = 4000 * kUnit;

const std::vector<policy::Policy>& policies() {
  static const std::vector<policy::Policy> all = {random_policy(5), random_policy(6)};
  return all;
}

class ManagedPrograms : public ProcessTest {
 protected:
  ManagedPrograms() : ProcessTest(model::make_managed_nic(), policies()) {}
};

/// Adds a rule, and loads the second policy beside it.
void work_beside_a_rule(std::unique_ptr<RemoteNic> nic) {
  RemoteNic& wire = *nic;
  Application application(std::move(nic), nullptr);
  wire.tell(application.add_rule() ? "attached" : "rule refused");
  wire.wait();
  wire.tell(application.load(policies()[1]) == 0 ? "loaded" : "load refused");
  wire.wait();
}

/// Loads both policies, one after the other.
void work(std::unique_ptr<RemoteNic> nic) {
  RemoteNic& wire = *nic;
  Application application(std::move(nic), policies().data());
  wire.tell("attached");
  wire.wait();
  wire.tell(application.load(policies()[1]) == 0 ? "loaded" : "load refused");
  wire.wait();
}

TEST_F(ManagedPrograms, WaitForTheLeaseOfOneThatWasKilledInALoadWhoseOldPolicyStaysInForce) {
  Program first(kShort, work), second(kShort, work);
  load(policies()[1]);
  // While the rows of its first policy are on their way.
  bool rung = false;
  server_.on_access = [&](std::uint32_t offset, bool write, std::uint32_t) {
    if (rung) return false;
    rung = write && offset == PCL_TABLE_QUEUE_TAIL;
    return true;
  };
  first.go();
  ASSERT_EQ(serve({&first}).text, "stopped");
  kill(first);
  server_.on_access = nullptr;
  std::optional<device::Management> management = device::Management::find(nic_);
  ASSERT_TRUE(management.has_value());
  EXPECT_NE(management->owner().id, 0) << "the dead program's lease is not over";
  expect_in_force(policies()[1], "as before");
  second.go();
  ASSERT_EQ(serve({&second}).text, "attached");
  expect_in_force(policies()[0], "the next program's");
  kill(second);
}

TEST_F(ManagedPrograms, AreRefusedWhileAnotherOneIsAliveWhichNoticesNothing) {
  Program first(kLong, work), second(kLong, work);
  first.go();
  ASSERT_EQ(serve({&first, &second}).text, "attached");
  second.go();
  const NicServer::Told told = serve({&first, &second});
  EXPECT_EQ(told.program, 1U);
  EXPECT_NE(told.text.find("error: the device is in use"), std::string::npos) << told.text;
  first.go();
  ASSERT_EQ(serve({&first}).text, "loaded");
  expect_in_force(policies()[1], "the first program's second policy");
  kill(first);
}

TEST_F(ManagedPrograms, GiveTheLockBackAtTheirEnd) {
  const auto body = [](std::unique_ptr<RemoteNic> nic) {
    RemoteNic& wire = *nic;
    { const Application application(std::make_unique<RemoteNic>(wire), policies().data()); }
    wire.tell("closed");
  };
  Program first(kLong, body);
  first.go();
  ASSERT_EQ(serve({&first}).text, "closed");
  kill(first);
  EXPECT_EQ(device::Management::find(nic_)->owner().id, 0);
  expect_in_force(policies()[0], "what it loaded stays");
}

TEST_F(ManagedPrograms, AndFirmwareTakeTurns) {
  Program program(kLong, work), late(kLong, work_beside_a_rule);
  nic_.set_console([](char) {});
  std::optional<device::Management> management = device::Management::find(nic_);
  const std::string_view image = firmware::image();
  management->start(std::vector<std::uint8_t>(image.begin(), image.end()));
  device::Firmware firmware(*management);
  const std::vector<std::uint8_t> bytes =
      tables::encode(tables::compile(policies()[0], tables::Geometry::edge()).image);
  device::FirmwareLoadOptions options;
  options.nonce = device::random_nonce();
  // A load through the mailbox is under way.
  firmware.begin(bytes.size(), options);
  program.go();
  EXPECT_NE(serve({&program}).text.find("error: the management firmware holds the owner lock"), std::string::npos);
  kill(program);
  firmware.abandon();
  late.go();
  ASSERT_EQ(serve({&late}).text, "attached");
  // And now the firmware is refused.
  try {
    firmware.begin(bytes.size(), options);
    ADD_FAILURE() << "the firmware took a load while the driver was there";
  } catch (const device::FirmwareRefused& refused) {
    EXPECT_EQ(refused.status(), PCL_ERROR_LOCKED) << refused.what();
  }
  late.go();
  ASSERT_EQ(serve({&late}).text, "loaded");
  expect_in_force(with_rule(policies()[1]), "the program's, by the table-load queue: the firmware knows no rules");
  kill(late);
}

}  // namespace
}  // namespace portcullis::test
