// Totals by what a rule is: over policies that come and go, a host that forgets, and a device that does not. The oracle
// is what was counted, added up by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "../tables/random_policy.h"
#include "device/policy_totals.h"
#include "fake_management.h"
#include "tables/compile.h"
#include "tables/image.h"

namespace portcullis::test {
namespace {

using device::Firmware;
using device::FirmwareLoadOptions;
using device::Management;
using device::PolicyTotals;
using device::RuleIdentity;
using device::Tally;
using ::testing::HasSubstr;

const tables::Geometry kSmall{"small", 64, 128, {64, 64, 32, 32, 16}};

class Totals : public ::testing::Test {
 protected:
  ~Totals() override { std::filesystem::remove(file); }

  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / ("portcullis-totals-test-" + std::to_string(::getpid()));
  std::mt19937_64 random{seed(5)};
  FakeDevice fake;
  FakeManagement managed{fake};
  Management management = *Management::find(managed, {.polls = 100});
  Firmware firmware{management, {.polls = 1000, .tries = 4}};
  std::map<std::string, std::uint64_t> counted;  ///< packets by service
  std::vector<std::string> in_force;

  void SetUp() override { std::filesystem::remove(file); }

  static policy::Policy of(const std::vector<std::string>& services) {
    policy::Policy policy;
    for (std::size_t i = 0; i < services.size(); ++i) {
      policy::Entry entry;
      entry.match = policy::Match::any();
      entry.match.destination_port = {{static_cast<std::uint32_t>(100 + i), static_cast<std::uint32_t>(100 + i)}};
      const auto line = static_cast<unsigned>(10 + i);
      entry.from = {.rule = "ports.md:" + std::to_string(line),
                    .document = "ports.md",
                    .line = line,
                    .role = "Servers",
                    .service = services[i],
                    .text = "| " + services[i] + "\t|"};
      policy.entries.push_back(entry);
    }
    policy.rows = static_cast<unsigned>(services.size());
    return policy;
  }

  void load(const std::vector<std::string>& services) {
    const tables::TableImage image = tables::compile(of(services), kSmall).image;
    PolicyTotals totals(file);
    FirmwareLoadOptions options;
    options.collected = totals.collect(firmware);
    options.nonce = totals.announce(image.entries);
    firmware.load(tables::encode(image), options);
    in_force = services;
  }
  void traffic() {
    for (std::size_t rule = 0; rule < in_force.size(); ++rule) {
      const std::uint64_t packets = random() % 1000;
      auto& [have, bytes] = fake.counters()[fake.active_bank() << 17U | static_cast<std::uint32_t>(rule)];
      have += packets;
      bytes += 100 * packets;
      counted[in_force[rule]] += packets;
    }
  }
  void expect_totals() {
    PolicyTotals totals(file);
    totals.collect(firmware);
    std::map<std::string, std::uint64_t> found;
    for (const auto& [rule, total] : totals.rules()) {
      found[rule.name.substr(2, rule.name.size() - 4)] += total.packets;
      EXPECT_EQ(total.bytes, 100 * total.packets);
    }
    EXPECT_EQ(found, counted);
  }
};

TEST_F(Totals, FollowRulesThroughPoliciesInWhichTheyMove) {
  const std::vector<std::string> all = {"http", "https", "dns", "ssh", "ntp", "smtp", "imap"};
  for (int round = 0; round < 30; ++round) {
    std::vector<std::string> services;
    for (const std::string& service : all)
      if (random() % 2 == 0) services.push_back(service);
    std::shuffle(services.begin(), services.end(), random);
    load(services);
    for (const std::string& service : services) counted.try_emplace(service, 0);
    traffic();
    if (random() % 3 == 0) expect_totals();
    if (random() % 4 == 0) {
      managed.start(1);  // the processor forgets nothing
      traffic();
    }
  }
  expect_totals();
}

TEST_F(Totals, RollbackCountsOnInTheSameRules) {
  load({"http", "dns"});
  traffic();
  load({"dns", "ssh"});
  traffic();
  expect_totals();
  firmware.rollback();
  in_force = {"http", "dns"};
  traffic();
  expect_totals();
  firmware.rollback();
  in_force = {"dns", "ssh"};
  traffic();
  expect_totals();
  load({"ntp"});
  counted.try_emplace("ntp", 0);
  expect_totals();
}

TEST_F(Totals, HostThatDiesAnywhereLosesAndDoublesNothing) {
  load({"http", "dns"});
  traffic();
  // Between reading and writing: the folder cannot be written.
  const std::filesystem::path blocked = file.string() + ".new";
  std::filesystem::create_directories(blocked / "x");
  {
    PolicyTotals totals(file);
    EXPECT_THROW(totals.collect(firmware), device::DeviceError);
  }
  std::filesystem::remove_all(blocked);
  expect_totals();
  expect_totals();
  // Announced, never loaded.
  traffic();
  {
    PolicyTotals totals(file);
    totals.collect(firmware);
    totals.announce(tables::compile(of({"never"}), kSmall).image.entries);
  }
  traffic();
  expect_totals();
  // A load that ends half-way.
  {
    PolicyTotals totals(file);
    FirmwareLoadOptions options;
    options.collected = totals.collect(firmware);
    options.nonce = totals.announce(tables::compile(of({"half"}), kSmall).image.entries);
    firmware.begin(5000, options);
  }
  traffic();
  expect_totals();
  load({"dns"});
  traffic();
  expect_totals();
}

TEST_F(Totals, FilesThatAreNoneAreRefusedWithLine) {
  std::ofstream(file) << "portcullis-counters\t1\ntotal\ta\tb\tc\trule\t1\tx\nend\n";
  EXPECT_THAT([&] { PolicyTotals totals(file); },
              ::testing::ThrowsMessage<device::DeviceError>(HasSubstr(":2: \"x\" is no number")));
  std::ofstream(file) << "portcullis-counters\t1\n";
  EXPECT_THAT([&] { PolicyTotals totals(file); },
              ::testing::ThrowsMessage<device::DeviceError>(HasSubstr("the last line is missing")));
  std::ofstream(file) << "anything\n";
  EXPECT_THROW(PolicyTotals totals(file), device::DeviceError);
}

TEST(Identity, IsTheRowNotItsLine) {
  policy::Provenance row{
      .rule = "ports.md:7", .document = "ports.md", .line = 7, .role = "Web", .service = "HTTP", .text = "| Web |"};
  policy::Provenance moved = row;
  moved.line = 9;
  moved.rule = "ports.md:9";
  EXPECT_EQ(RuleIdentity::of(row), RuleIdentity::of(moved));
  policy::Provenance reply = row;
  reply.reply = true;
  EXPECT_NE(RuleIdentity::of(row), RuleIdentity::of(reply));
  policy::Provenance hand;
  hand.rule = "block-telnet";
  hand.document = "site.yaml";
  hand.line = 7;
  hand.text = "{name: block-telnet}";
  EXPECT_EQ(RuleIdentity::of(hand).name, "block-telnet");
}

}  // namespace
}  // namespace portcullis::test
