// Programs over the driver that are killed, or that come while another one is there, on a NIC that goes on.
#include <gtest/gtest.h>

#include "device/registers.h"
#include "process_fixture.h"

namespace portcullis::test {
namespace {

constexpr std::uint64_t kLease = 1;  // this NIC has no owner lock

const std::vector<policy::Policy>& policies() {
  static const std::vector<policy::Policy> all = {random_policy(1), random_policy(2), random_policy(3),
                                                  random_policy(4)};
  return all;
}

class Programs : public ProcessTest {
 protected:
  Programs() : ProcessTest(model::make_verilated_nic(), policies()) {}
};

/// Loads an image as it attaches, adds a rule, and loads another image beside it: three flips.
void work(std::unique_ptr<RemoteNic> nic, const policy::Policy& first, const policy::Policy& second) {
  RemoteNic& wire = *nic;
  Application application(std::move(nic), &first);
  wire.tell("attached");
  wire.wait();
  wire.tell(application.add_rule() ? "rule added" : "rule refused");
  wire.wait();
  wire.tell(application.load(second) == 0 ? "loaded" : "load refused");
  wire.wait();
}

/// Where a program is killed: before its access number `access`, or before its flip number `flip`, or just after.
struct Death {
  std::uint64_t access = ~std::uint64_t{0};
  unsigned flip = ~0U;
  bool after = false;
};

TEST_F(Programs, KilledAnywhereInALoadLeaveTheOldPolicyInForceAndTheNextOneGoesOnFromThere) {
  // How many accesses it takes is seen from the first one, which is left alone.
  constexpr unsigned kSpread = 14;
  std::vector<Death> deaths(1 + kSpread);
  for (unsigned flip = 0; flip < 3; ++flip) {
    deaths.push_back({.flip = flip});
    deaths.push_back({.flip = flip, .after = true});
  }
  deaths.push_back({});
  std::vector<std::unique_ptr<Program>> programs;
  for (std::size_t i = 0; i < deaths.size(); ++i) {
    const std::size_t first = i % 2 == 0 ? 0 : 2;
    programs.push_back(std::make_unique<Program>(kLease, [first](std::unique_ptr<RemoteNic> nic) {
      work(std::move(nic), policies()[first], policies()[first + 1]);
    }));
  }
  policy::Policy in_force = policies()[3];
  load(in_force);
  std::uint64_t whole = 0;
  for (std::size_t i = 0; i < deaths.size(); ++i) {
    if (i >= 1 && i <= kSpread) deaths[i].access = whole * i / (kSpread + 1);
    const Death& death = deaths[i];
    const std::size_t first = i % 2 == 0 ? 0 : 2;
    std::uint64_t accesses = 0;
    unsigned flips = 0;
    server_.on_access = [&](std::uint32_t offset, bool write, std::uint32_t value) {
      if (death.after && flips == death.flip + 1) return false;
      const bool flip = write && offset == PCL_CONTROL && (value & PCL_CONTROL_FLIP_MASK) != 0;
      if (accesses++ == death.access || (flip && !death.after && flips == death.flip)) return false;
      flips += flip ? 1 : 0;
      return true;
    };
    Program& program = *programs[i];
    std::string last;
    for (;;) {
      program.go();
      const NicServer::Told told = serve({&program});
      last = told.text;
      if (last != "attached" && last != "rule added") break;
    }
    const bool survives = death.access == ~std::uint64_t{0} && death.flip == ~0U;
    ASSERT_EQ(last, survives ? "loaded" : "stopped") << "program " << i;
    kill(program);
    if (i == 0) whole = accesses;
    if (flips == 1) in_force = policies()[first];
    if (flips == 2) in_force = with_rule(policies()[first]);
    if (flips == 3) in_force = with_rule(policies()[first + 1]);
    expect_in_force(in_force, "after program " + std::to_string(i) + ", killed at access " + std::to_string(accesses) +
                                  " of " + std::to_string(whole) + " behind " + std::to_string(flips) + " flips");
  }
}

TEST_F(Programs, TheSecondOfTwoAtOnceTakesTheDeviceOverAndTheFirstOneIsToldSo) {
  const auto body = [](std::unique_ptr<RemoteNic> nic) {
    RemoteNic& wire = *nic;
    Application application(std::move(nic), policies().data());
    wire.tell("attached");
    wire.wait();
    wire.tell(application.add_rule() ? "rule added" : "rule refused");
    wire.wait();
    wire.tell(application.load(policies()[1]) == 0 ? "loaded" : "load refused");
    wire.wait();
  };
  Program one(kLease, body), two(kLease, body);
  one.go();
  ASSERT_EQ(serve({&one, &two}).text, "attached");
  two.go();
  ASSERT_EQ(serve({&one, &two}).text, "attached");
  one.go();
  EXPECT_EQ(serve({&one, &two}).text, "rule refused");
  expect_in_force(policies()[0], "the second program's");
  two.go();
  EXPECT_EQ(serve({&one, &two}).text, "rule added");
  one.go();
  EXPECT_EQ(serve({&one, &two}).text, "load refused");
  expect_in_force(with_rule(policies()[0]), "the second program's, changed by it");
  kill(one);
  kill(two);
}

}  // namespace
}  // namespace portcullis::test
