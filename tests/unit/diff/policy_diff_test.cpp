// Differences of sites that one can tell by hand: how many sets, what is in them, and which rows are behind them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/build.h"
#include "policy/diff.h"
#include "policy/site.h"
#include "policy/words.h"

namespace portcullis::policy {
namespace {

using ::testing::ElementsAre;

constexpr const char* kStart =
    "portcullis: 1\nroles:\n  Web: [192.0.2.0/24, 2001:db8:1::/64]\n  Clients: [10.0.0.0/8, 2001:db8:2::/64]\n";

Policy policy_of(const std::string& rest) { return build_policy(parse_site("site.yaml", kStart + rest), {}); }
std::string rules(const std::string& lines) { return "rules:\n" + lines; }

std::vector<std::string> sets(const PolicyDiff& diff) {
  const AddressNames names = AddressNames::of(parse_site("site.yaml", kStart));
  std::vector<std::string> out;
  for (const Change& change : diff.changes) {
    out.push_back(std::string(to_string(change.kind)) + ": " + in_words(change.box, names));
  }
  return out;
}

std::vector<std::string> between(const std::string& a, const std::string& b) {
  return sets(diff(policy_of(a), policy_of(b)));
}

TEST(PolicyDiff, ARuleForBothFamiliesIsOneSet) {
  EXPECT_THAT(between("", rules("  - {name: web, action: permit, source: Clients, destination: Web, protocol: tcp, "
                                "destination_port: 443}\n")),
              ElementsAre("drop-to-permit: tcp, Clients -> Web, to port 443"));
}

TEST(PolicyDiff, RowsOfOneRoleAreOneSetWithAllTheirPorts) {
  const PolicyDiff d =
      diff(policy_of(rules("  - {name: a, action: permit, destination: Web, protocol: tcp, destination_port: 80}\n"
                           "  - {name: b, action: permit, destination: Web, protocol: tcp, destination_port: 443}\n")),
           policy_of(""));
  EXPECT_THAT(sets(d), ElementsAre("permit-to-drop: tcp, any -> Web, to port 80, 443"));
  EXPECT_THAT(d.changes[0].before.entries, ElementsAre(4, 5));
  EXPECT_FALSE(d.changes[0].before.fallback);
  EXPECT_THAT(d.changes[0].after.entries, ElementsAre());
  EXPECT_TRUE(d.changes[0].after.fallback);
}

TEST(PolicyDiff, BothDirectionsOfChangeAreToldApart) {
  EXPECT_THAT(
      between(rules("  - {name: a, action: permit, destination: Web, protocol: tcp, destination_port: 80}\n"),
              rules("  - {name: a, action: permit, destination: Web, protocol: tcp, destination_port: 81}\n")),
      ElementsAre("permit-to-drop: tcp, any -> Web, to port 80", "drop-to-permit: tcp, any -> Web, to port 81"));
}

TEST(PolicyDiff, ACrossIsTwoSets) {
  // Web to anywhere, and anywhere to Web: no product holds both.
  EXPECT_EQ(between("", rules("  - {name: a, action: permit, source: Web, protocol: udp}\n"
                              "  - {name: b, action: permit, destination: Web, protocol: udp}\n"))
                .size(),
            2U);
}

TEST(PolicyDiff, ANotchIsTwoSetsAndNotFour) {
  // All but Clients to Web: sources other than Clients, or destinations other than Web.
  const std::string drop = "  - {name: no, action: drop, source: Clients, destination: Web}\n";
  const std::string open = "  - {name: all, action: permit, destination: any}\n";
  EXPECT_EQ(between("essential: []\n", "essential: []\n" + rules(drop + open)).size(), 2U);
}

TEST(PolicyDiff, MarksQueuesAndMirrorsAreATreatmentOfTheirOwn) {
  const auto web = [](const std::string& more) {
    return rules("  - {name: a, action: permit, destination: Web, protocol: tcp, destination_port: 80" + more + "}\n");
  };
  EXPECT_THAT(between(web(", mark: 1"), web(", mark: 2")), ElementsAre("other: tcp, any -> Web, to port 80"));
  EXPECT_THAT(between(web(", queue: 1"), web("")), ElementsAre("other: tcp, any -> Web, to port 80"));
  EXPECT_THAT(between(web(", mirror: true"), web("")), ElementsAre("other: tcp, any -> Web, to port 80"));
  EXPECT_THAT(between(web(", mark: 1"), web(", mark: 1")), ElementsAre());
}

TEST(PolicyDiff, TheMarkOfADroppedPacketThatNobodyGetsIsNoDifference) {
  EXPECT_THAT(between(rules("  - {name: a, action: drop, destination: Web, mark: 1}\n"),
                      rules("  - {name: a, action: drop, destination: Web, mark: 2}\n")),
              ElementsAre());
}

TEST(PolicyDiff, ArpFramesAreAFieldOfTheirOwn) {
  EXPECT_THAT(between("", "essential: [nd, pmtu]\n"), ElementsAre("permit-to-drop: ARP"));
}

TEST(PolicyDiff, OtherFramesThatAreNotIp) {
  EXPECT_THAT(between("", "non_ip: permit\n"), ElementsAre("drop-to-permit: other, LLDP, EAPOL, PTP, slow protocols"));
}

TEST(PolicyDiff, FragmentsAreOneSet) {
  const std::string open = rules("  - {name: all, action: permit, destination: any}\n");
  EXPECT_THAT(between("essential: []\n" + open, "essential: []\nfragments: drop\n" + open),
              ElementsAre("permit-to-drop: IPv4, IPv6, only first fragments, later fragments"));
}

TEST(PolicyDiff, AnotherDefaultIsEveryPacketThatNoRuleMatches) {
  EXPECT_THAT(between("essential: []\n", "essential: []\ndefault: permit\n"),
              ElementsAre("drop-to-permit: IPv4, IPv6"));
}

TEST(PolicyDiff, MonitorModePassesMalformedFramesToo) {
  const PolicyDiff d = diff(policy_of(""), policy_of("mode: monitor\n"));
  EXPECT_TRUE(d.malformed_differs);
  EXPECT_FALSE(d.none());
}

TEST(PolicyDiff, WhatNoPacketCanPresentIsNoDifference) {
  // Packets of UDP have no TCP flags, and a rule for ports never meets GRE.
  EXPECT_THAT(between(rules("  - {name: a, action: permit, protocol: udp, destination_port: 0-65535}\n"),
                      rules("  - {name: a, action: permit, protocol: udp}\n")),
              ElementsAre());
}

TEST(PolicyDiff, OrderMattersOnlyWhereRulesDisagree) {
  const std::string a = "  - {name: a, action: permit, destination: Web, protocol: tcp}\n";
  const std::string b = "  - {name: b, action: permit, destination: Web, destination_port: 80}\n";
  const std::string c = "  - {name: c, action: drop, source: Clients, protocol: tcp}\n";
  EXPECT_THAT(between(rules(a + b), rules(b + a)), ElementsAre());
  EXPECT_THAT(between(rules(a + c), rules(c + a)), ElementsAre("permit-to-drop: tcp, Clients -> Web"));
}

TEST(PolicyDiff, ARowHiddenByOthersIsNotNamed) {
  const PolicyDiff d = diff(
      policy_of(rules("  - {name: wide, action: permit, destination: Web, protocol: tcp}\n"
                      "  - {name: hidden, action: permit, destination: Web, protocol: tcp, destination_port: 80}\n")),
      policy_of(""));
  ASSERT_EQ(d.changes.size(), 1U);
  EXPECT_THAT(d.changes[0].before.entries, ElementsAre(4));
}

}  // namespace
}  // namespace portcullis::policy
