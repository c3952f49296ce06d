// Why packets meet their verdicts, and who can reach whom, against every packet of a small world.
#include "policy/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_sites.h"

namespace portcullis::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Policy policy_of(const std::string& text) { return build_policy(parse_site("site.yaml", text), {}); }

Policy with_rules(const std::string& rules) { return policy_of(std::string(kSmallRoles) + "rules:\n" + rules); }

Key tcp(const char* source, std::uint32_t source_port, const char* destination, std::uint32_t port) {
  Key key;
  key.source = parse_address(source);
  key.destination = parse_address(destination);
  key.source_port = source_port;
  key.destination_port = port;
  key.protocol = 6;
  key.tcp_flags = 2;
  key.context = make_context(0, is_ipv4(key.source) ? EtherClass::ipv4 : EtherClass::ipv6, Fragment::whole);
  return key;
}

TEST(Explain, NamesTheRuleAndWhatItHides) {
  const Policy policy = with_rules(
      "  - {name: telnet, action: drop, protocol: tcp, destination_port: 23}\n"
      "  - {name: low, action: permit, destination: Web Servers, protocol: tcp, destination_port: 1-1023}\n"
      "  - {name: web, action: permit, destination: Web Servers, protocol: tcp, destination_port: [80, 443]}\n"
      "  - {name: all, action: drop}\n");
  const Explanation why = explain(policy, tcp("10.0.0.1", 1024, "192.0.2.1", 443));
  ASSERT_TRUE(why.entry);
  EXPECT_EQ(policy.entries[*why.entry].from.rule, "low");
  EXPECT_TRUE(why.permit);
  std::vector<std::string> hidden;
  for (const std::size_t entry : why.hidden) hidden.push_back(policy.entries[entry].from.rule);
  EXPECT_THAT(hidden, ElementsAre("web", "all"));
  EXPECT_THAT(why.nearest, IsEmpty()) << "a rule decides it";
}

TEST(Explain, NamesTheFieldThatTheNearestRuleMissesBy) {
  const Policy policy = with_rules(
      "  - {name: media, action: permit, destination: Databases, protocol: udp, destination_port: 5062}\n"
      "  - {name: sip, action: permit, destination: Web Servers, protocol: tcp, destination_port: 5061}\n"
      "  - {name: web, action: permit, destination: Web Servers, protocol: tcp, destination_port: [80, 443]}\n");
  const Explanation why = explain(policy, tcp("10.0.0.1", 1024, "192.0.2.1", 5062));
  EXPECT_FALSE(why.entry);
  ASSERT_THAT(why.nearest, ::testing::SizeIs(2)) << "those that miss by one field alone";
  EXPECT_EQ(policy.entries[why.nearest[0].entry].from.rule, "sip");
  EXPECT_THAT(why.nearest[0].misses, ElementsAre("destination port 5062, permitted: 5061"));
  EXPECT_THAT(why.nearest[1].misses, ElementsAre("destination port 5062, permitted: 80, 443"));
}

TEST(Explain, SaysThatARuleAdmitsAnswersOnly) {
  const Policy policy = with_rules(
      "  - {name: answers, action: permit, source: Web Servers, protocol: tcp, source_port: 443, tcp_flags: "
      "established}\n");
  const Explanation why = explain(policy, tcp("192.0.2.1", 443, "10.0.0.1", 40000));
  ASSERT_THAT(why.nearest, ::testing::SizeIs(1));
  EXPECT_THAT(why.nearest[0].misses, ElementsAre(HasSubstr("it admits answers only")));
}

/// Fields of the rule that do not hold the packet's value, one by one.
std::size_t fields_missed(const Match& match, const Key& key) {
  return std::size_t{!match.source.contains(key.source)} + std::size_t{!match.destination.contains(key.destination)} +
         std::size_t{!match.source_port.contains(key.source_port)} +
         std::size_t{!match.destination_port.contains(key.destination_port)} +
         std::size_t{!match.vlan.contains(key.vlan)} + std::size_t{!match.protocol[key.protocol]} +
         std::size_t{!match.tcp_flags[key.tcp_flags]} + std::size_t{!match.dscp_tags[key.dscp_tags]} +
         std::size_t{!match.context[key.context]};
}

TEST(Explain, AgreesWithTheRulesOneAfterTheOther) {
  SmallSites sites(test_seed(7));
  for (int round = 0; round < 30; ++round) {
    const std::string text = sites.site(8);
    const Policy policy = policy_of(text);
    for (std::size_t at = sites.below(50); at < packets().size(); at += 1 + sites.below(60)) {
      const Key& key = packets()[at];
      const Explanation why = explain(policy, key);
      ASSERT_EQ(why.entry, first_match(policy, key)) << text;
      ASSERT_EQ(why.permit, permits(policy, key)) << text;
      std::vector<std::size_t> hidden;
      std::size_t fewest = 9;
      for (std::size_t i = 0; i < policy.entries.size(); ++i) {
        const Entry& entry = policy.entries[i];
        if (entry.match.contains(key) && why.entry != i) hidden.push_back(i);
        if (entry.from.cause == Cause::rule && entry.action.permit) {
          fewest = std::min(fewest, fields_missed(entry.match, key));
        }
      }
      ASSERT_EQ(why.hidden, hidden) << text;
      for (const NearMiss& near : why.nearest) {
        ASSERT_TRUE(policy.entries[near.entry].action.permit);
        ASSERT_EQ(near.misses.size(), fewest) << text;
        ASSERT_EQ(fields_missed(policy.entries[near.entry].match, key), fewest) << text;
      }
      const bool by_default = !why.entry || policy.entries[*why.entry].from.cause != Cause::rule;
      ASSERT_EQ(why.nearest.empty(), why.permit || !by_default || fewest == 9) << text;
    }
  }
}

TEST(Queries, HoldEveryPacketOfTheVerdictAndNoOther) {
  SmallSites sites(test_seed(11));
  for (int round = 0; round < 60; ++round) {
    const std::string text = sites.site(7);
    const Site site = parse_site("site.yaml", text);
    const Policy policy = build_policy(site, {});
    Match question = Match::any();
    const char* const names[] = {"Web Servers", "databases", "CLIENTS", "Everybody", "192.0.2.4", "10.0.0.0/9", "any"};
    question.destination = addresses_of(site, names[sites.below(std::size(names))]);
    if (sites.below(2) == 0) question.source = addresses_of(site, names[sites.below(std::size(names))]);
    if (sites.below(2) == 0) question.destination_port = parse_numbers("80-443", "port", 65535);
    const bool permit = sites.below(3) != 0;
    const VerdictRegions answer = packets_with_verdict(policy, question, permit);
    ASSERT_TRUE(answer.decided);
    for (const VerdictRegions::Set& set : answer.sets) {
      EXPECT_TRUE(set.box.contains(set.example));
      EXPECT_EQ(permits(policy, set.example), permit);
      EXPECT_TRUE(set.by.complete);
    }
    for (const Key& key : packets()) {
      const bool wanted = question.contains(key) && permits(policy, key) == permit;
      bool held = false;
      for (const VerdictRegions::Set& set : answer.sets) {
        if (!set.box.contains(key)) continue;
        held = true;
        const auto entry = first_match(policy, key);
        ASSERT_TRUE(entry ? std::count(set.by.entries.begin(), set.by.entries.end(), *entry) == 1 : set.by.fallback)
            << text;
      }
      ASSERT_EQ(held, wanted) << text;
    }
  }
}

TEST(Queries, TellAnswersFromWhatRowsPermit) {
  SmallSites sites(test_seed(17));
  std::size_t answers = 0;
  for (int round = 0; round < 40; ++round) {
    const std::string text = sites.site(8);
    Policy policy = policy_of(text);
    for (Entry& entry : policy.entries) entry.from.reply = entry.action.permit && sites.below(2) == 0;
    Policy rows = policy;
    std::erase_if(rows.entries, [](const Entry& entry) { return entry.from.reply; });
    Match question = Match::any();
    question.destination = parse_prefix("192.0.2.0/28");
    const Permitted answer = permitted_packets(policy, question);
    ASSERT_TRUE(answer.decided);
    const auto holds = [](const std::vector<VerdictRegions::Set>& sets, const Key& key) {
      return std::any_of(sets.begin(), sets.end(), [&](const auto& set) { return set.box.contains(key); });
    };
    for (const Key& key : packets()) {
      const bool asked = question.contains(key);
      ASSERT_EQ(holds(answer.by_rows, key), asked && permits(rows, key)) << text;
      ASSERT_EQ(holds(answer.answers, key), asked && permits(policy, key) && !permits(rows, key)) << text;
    }
    for (const VerdictRegions::Set& set : answer.by_rows) {
      for (const std::size_t entry : set.by.entries) EXPECT_FALSE(policy.entries[entry].from.reply) << text;
    }
    answers += answer.answers.size();
  }
  EXPECT_GT(answers, 10U);
}

TEST(Queries, TakeRolesPrefixesAndAny) {
  const Site site = parse_site("site.yaml", kSmallRoles);
  EXPECT_EQ(addresses_of(site, "web  SERVERS"), site.find_role("Web Servers")->addresses);
  EXPECT_EQ(addresses_of(site, "192.0.2.0/28"), parse_prefix("192.0.2.0/28"));
  EXPECT_EQ(addresses_of(site, "any"), any_address());
  const auto error = [&](const char* text) -> std::string {
    try {
      addresses_of(site, text);
      return {};
    } catch (const FieldError& e) {
      return e.what();
    }
  };
  EXPECT_THAT(error("Nobody"), HasSubstr("bound to none"));
  EXPECT_THAT(error("Web Server"), HasSubstr("did you mean Web Servers?"));
  EXPECT_THAT(error("Printers"), HasSubstr("its roles are Web Servers, Databases"));
  EXPECT_THAT(error("10.0.0.1/8"), HasSubstr("bits set"));
}

}  // namespace
}  // namespace portcullis::policy
