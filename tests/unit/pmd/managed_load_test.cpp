// Images that the driver gives to the management firmware: whole, before there are packets or flow rules.
#include <gtest/gtest.h>

#include "device/firmware.h"
#include "device/management.h"
#include "device/registers.h"
#include "firmware/image.h"
#include "model/managed_nic.h"
#include "process_fixture.h"
#include "tables/compile.h"

namespace portcullis::test {
namespace {

constexpr std::uint64_t kLease = 4000 * 65'536ULL;

const std::vector<policy::Policy>& policies() {
  static const std::vector<policy::Policy> all = {random_policy(7), random_policy(8)};
  return all;
}

class ManagedLoad : public ProcessTest {
 protected:
  ManagedLoad() : ProcessTest(model::make_managed_nic(), policies()) {
    nic_.set_console([](char) {});
    const std::string_view image = firmware::image();
    management_.start(std::vector<std::uint8_t>(image.begin(), image.end()));
    server_.on_access = [this](std::uint32_t offset, bool write, std::uint32_t) {
      if (!write) return true;
      requests_ += offset == PCL_MAILBOX_REQUEST ? 1U : 0U;
      doorbells_ += offset == PCL_TABLE_QUEUE_TAIL ? 1U : 0U;
      return true;
    };
  }
  device::BankPolicy in_force() {
    const device::FirmwareStatus status = device::Firmware(management_).status();
    return status.banks.at(status.active_bank);
  }

  device::Management management_ = *device::Management::find(nic_);
  unsigned requests_ = 0, doorbells_ = 0;
};

TEST_F(ManagedLoad, GoesThroughTheMailboxAndTheLockIsTheDriversAfterwards) {
  Program program(kLease, [](std::unique_ptr<RemoteNic> nic) {
    RemoteNic& wire = *nic;
    Application application(std::move(nic), policies().data());
    wire.tell("attached");
    wire.wait();
    wire.tell(application.load(policies()[1]) == 0 ? "loaded" : "load refused");
    wire.wait();
    wire.tell(application.add_rule() ? "rule added" : "rule refused");
    wire.wait();
  });
  program.go();
  ASSERT_EQ(serve({&program}).text, "attached");
  EXPECT_GT(requests_, 50U) << "pieces of the image";
  EXPECT_EQ(doorbells_, 0U) << "not a row by the table-load queue";
  EXPECT_EQ(in_force().state, device::BankPolicy::State::used);
  EXPECT_EQ(in_force().entries, policies()[0].entries.size());
  EXPECT_NE(management_.owner().id, 0);
  EXPECT_FALSE(management_.owner().firmware);
  expect_in_force(policies()[0], "image=");
  const unsigned before = requests_;
  program.go();
  ASSERT_EQ(serve({&program}).text, "loaded");
  EXPECT_GT(requests_, before + 50);
  expect_in_force(policies()[1], "the driver's call, before its port is started");
  program.go();
  ASSERT_EQ(serve({&program}).text, "rule added");
  EXPECT_GT(doorbells_, 0U);
  expect_in_force(with_rule(policies()[1]), "a flow rule beside it, by the table-load queue");
  kill(program);
}

TEST_F(ManagedLoad, ThatTheFirmwareRefusesIsTheDriversErrorInItsWords) {
  load(policies()[1]);
  Program program(kLease, [](std::unique_ptr<RemoteNic> nic) {
    tables::TableImage image = tables::compile(policies()[0], tables::Geometry::edge()).image;
    image.probes[0].action ^= 1;
    const Application application(std::move(nic), image);
  });
  program.go();
  const std::string told = serve({&program}).text;
  EXPECT_NE(told.find("error: the firmware refused: self-test probes were answered wrongly"), std::string::npos)
      << told;
  expect_in_force(policies()[1], "as before");
  EXPECT_EQ(management_.owner().id, 0) << "the lock is free";
  kill(program);
}

}  // namespace
}  // namespace portcullis::test
