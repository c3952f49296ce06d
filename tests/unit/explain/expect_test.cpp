// What a site expects of packets: how it is written, and whether the answer is that of every packet, one by one.
#include "policy/expect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_sites.h"

namespace portcullis::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kRules =
    "rules:\n"
    "  - {name: telnet, action: drop, protocol: tcp, destination_port: 23}\n"
    "  - {name: web, action: permit, source: Clients, destination: Web Servers, protocol: tcp, destination_port: "
    "[80, 443]}\n";

std::vector<Checked> check(const std::string& text, std::uint64_t limit = kRegionWork) {
  return check_expectations(parse_expectations("site.yaml", text), build_policy(parse_site("site.yaml", text), {}),
                            limit);
}

std::vector<std::string> outcomes(const std::string& expectations) {
  std::vector<std::string> out;
  for (const Checked& checked : check(std::string(kSmallRoles) + kRules + "expect:\n" + expectations)) {
    out.push_back(std::string(to_string(checked.outcome)) + (checked.message.empty() ? "" : ": " + checked.message));
  }
  return out;
}

TEST(Expect, EveryPacketOfASetHasTheVerdict) {
  EXPECT_THAT(
      outcomes("  - {name: a, source: Clients, destination: Web Servers, protocol: tcp, destination_port: 443, "
               "verdict: permit}\n"
               "  - {name: b, source: Databases, protocol: tcp, verdict: drop}\n"
               "  - {name: c, destination: Web Servers, protocol: tcp, destination_port: 443, verdict: permit}\n"
               "  - {name: d, source: Clients, destination: Web Servers, protocol: tcp, verdict: permit}\n"),
      ElementsAre("met", "met", HasSubstr("missed: expected permit, but drop by the default action"),
                  HasSubstr("missed: expected permit, but drop by")));
}

TEST(Expect, WhatDecidesMayBeNamed) {
  const std::string telnet = ", protocol: tcp, destination_port: 23, verdict: drop";
  EXPECT_THAT(
      outcomes("  - {name: a, by: telnet" + telnet + "}\n  - {name: b, by: default" + telnet +
               "}\n  - {name: c, by: [default, telnet]" + telnet + "}\n  - {name: d, by: telnett" + telnet +
               "}\n  - {name: e, by: rule" + telnet + "}\n"),
      ElementsAre("met", "missed: drop as expected, but by site.yaml:9 telnet instead of default", "met",
                  "missed: no rule and no row with an entry is called \"telnett\": did you mean telnet?", "met"));
}

TEST(Expect, NobodyIsNoAnswer) {
  EXPECT_THAT(outcomes("  - {name: a, source: Nobody, verdict: drop}\n"
                       "  - {name: b, source: 10.0.0.1, destination: '2001:db8::1', verdict: drop}\n"),
              ElementsAre(HasSubstr("nobody: no packet is like this"), HasSubstr("nobody: no packet is like this")));
}

TEST(Expect, WhatCannotBeDecidedSaysSo) {
  const std::string text = std::string(kSmallRoles) + kRules + "expect: [{name: a, source: Clients, verdict: drop}]\n";
  EXPECT_EQ(check(text, 1).front().outcome, Outcome::undecided);
}

TEST(Expect, MistakesHaveAPlaceAndAWayOut) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      parse_site("site.yaml", "portcullis: 1\n" + text);
      return {};
    } catch (const SiteError& e) {
      return e.what();
    }
  };
  EXPECT_THAT(error("expect: drop\n"), HasSubstr("site.yaml:2:9: expect must be a list, not a single value"));
  EXPECT_THAT(error("expect: [{verdict: drop}]\n"), HasSubstr("site.yaml:2:10: an expectation without name"));
  EXPECT_THAT(error("expect: [{name: a}]\n"), HasSubstr("site.yaml:2:10: an expectation without verdict"));
  EXPECT_THAT(error("expect: [{name: a, verdict: deny}]\n"), HasSubstr("2:29: verdict \"deny\" is not known"));
  EXPECT_THAT(error("expect: [{name: a, verdict: drop, port: 1}]\n"), HasSubstr("unknown key \"port\""));
  EXPECT_THAT(error("expect: [{name: a, verdict: drop}, {name: a, verdict: drop}]\n"),
              HasSubstr("site.yaml:2:43: expectation \"a\" is named as the one in line 2"));
  EXPECT_THAT(error("expect: [{name: a, verdict: drop, source: Clients}]\n"), HasSubstr("neither a role"));
  EXPECT_EQ(error("expect:\n"), "");
}

TEST(Expect, AgreesWithEveryPacket) {
  SmallSites sites(test_seed(13));
  unsigned met = 0;
  unsigned missed = 0;
  for (int round = 0; round < 40; ++round) {
    std::string text = sites.site(6) + "expect:\n";
    for (int i = 0; i < 4; ++i) {
      text += "  - {name: e" + std::to_string(i) + sites.packets() +
              ", verdict: " + (sites.below(2) == 0 ? "permit" : "drop") +
              (sites.below(4) == 0 ? ", by: [rule-1, rule-2, default]" : "") + "}\n";
    }
    const std::vector<Expectation> expectations = parse_expectations("site.yaml", text);
    const Policy policy = build_policy(parse_site("site.yaml", text), {});
    const std::vector<Checked> answers = check_expectations(expectations, policy);
    ASSERT_EQ(answers.size(), expectations.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const Expectation& expected = expectations[i];
      const auto wrong = [&](const Key& key) {
        const bool meant = std::any_of(expected.matches.begin(), expected.matches.end(),
                                       [&](const Match& match) { return match.contains(key); });
        if (!meant) return false;
        if (permits(policy, key) != expected.permit) return true;
        if (expected.by.empty()) return false;
        const auto entry = first_match(policy, key);
        const std::string by = entry ? policy.entries[*entry].from.rule : "default";
        return std::find(expected.by.begin(), expected.by.end(), by) == expected.by.end();
      };
      const bool any_wrong = std::any_of(packets().begin(), packets().end(), wrong);
      ASSERT_EQ(answers[i].outcome, any_wrong ? Outcome::missed : Outcome::met) << text << expected.name;
      if (any_wrong) {
        ASSERT_TRUE(answers[i].packet && wrong(*answers[i].packet)) << text << expected.name;
      }
      ++(any_wrong ? missed : met);
    }
  }
  EXPECT_GT(met, 10U);
  EXPECT_GT(missed, 10U);
}

}  // namespace
}  // namespace portcullis::policy
