// Site files: what each key becomes, and what each mistake is answered with.
#include "policy/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "policy/build.h"
#include "policy/fields.h"

namespace portcullis::policy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Ports = IntervalSet<std::uint32_t>;

Site read(const std::string& text) { return parse_site("dir/site.yaml", "portcullis: 1\n" + text); }

std::string error_of(const std::string& text) {
  try {
    parse_site("site.yaml", text);
  } catch (const SiteError& error) {
    return error.what();
  }
  return "no error";
}
/// The file starts with "portcullis: 1", so `text` starts in line 2.
std::string error_in(const std::string& text) { return error_of("portcullis: 1\n" + text); }

TEST(Site, DefaultsAreThoseOfTheContract) {
  const Site site = read("");
  EXPECT_TRUE(site.unbound_is_error);
  EXPECT_EQ(site.peers.addresses, any_address());
  EXPECT_FALSE(site.default_permit);
  EXPECT_TRUE(site.replies);
  EXPECT_FALSE(site.monitor);
  EXPECT_FALSE(site.non_ip_permit);
  EXPECT_TRUE(site.essential_arp && site.essential_nd && site.essential_pmtu);
  EXPECT_EQ(site.fragments, FragmentPolicy::first);
}

TEST(Site, SwitchesHaveTheirOtherPosition) {
  const Site site = read(
      "unbound: none\npeers: [10.0.0.0/8, Clients]\ndefault: permit\nreplies: none\nmode: monitor\nnon_ip: permit\n"
      "essential: [nd]\nfragments: drop\nroles: {Clients: 192.0.2.0/24}\n");
  EXPECT_FALSE(site.unbound_is_error);
  EXPECT_EQ(site.peers.addresses, unite(parse_prefix("10.0.0.0/8"), parse_prefix("192.0.2.0/24")));
  EXPECT_EQ(site.peers.roles, std::vector<std::string>{"Clients"});
  EXPECT_TRUE(site.default_permit);
  EXPECT_FALSE(site.replies);
  EXPECT_TRUE(site.monitor);
  EXPECT_TRUE(site.non_ip_permit);
  EXPECT_FALSE(site.essential_arp);
  EXPECT_TRUE(site.essential_nd);
  EXPECT_FALSE(site.essential_pmtu);
  EXPECT_EQ(site.fragments, FragmentPolicy::drop);
  EXPECT_FALSE(read("essential: []\n").essential_nd);
  EXPECT_EQ(read("fragments: permit\n").fragments, FragmentPolicy::permit);
}

TEST(Site, RolesArePrefixesAnyOrNoneAndFoundInAnySpelling) {
  const Site site = read(
      "roles:\n  Front  End Servers: [192.0.2.0/26, 2001:db8:1::/64]\n  Clients: any\n  Mediation Servers: none\n"
      "  控制器: 10.0.0.1\n");
  ASSERT_EQ(site.roles.size(), 4U);
  EXPECT_EQ(site.roles[0].addresses, unite(parse_prefix("192.0.2.0/26"), parse_prefix("2001:db8:1::/64")));
  EXPECT_EQ(site.roles[1].addresses, any_address());
  EXPECT_TRUE(site.roles[2].none);
  EXPECT_EQ(site.find_role("FRONT end servers"), &site.roles[0]);
  EXPECT_EQ(site.find_role("Ｃｌｉｅｎｔｓ"), &site.roles[1]);
  EXPECT_EQ(site.find_role("控制器"), &site.roles[3]);
  EXPECT_EQ(site.find_role("Directors"), nullptr);
  EXPECT_EQ(site.roles[3].place, (Place{6, 3}));
}

TEST(Site, DocumentsAreRelativeToTheSiteFile) {
  const Site site = read(
      "documents:\n  - a.md\n  - file: b.md\n    tables:\n      3: {direction: from}\n      5: {action: ignore}\n"
      "      Client ports: {direction: both, role: Clients, action: permit}\n");
  ASSERT_EQ(site.documents.size(), 2U);
  EXPECT_EQ(site.documents[0].name, "a.md");
  EXPECT_EQ(site.documents[0].path, "dir/a.md");
  EXPECT_EQ(site.documents[1].place, (Place{4, 11}));
  ASSERT_EQ(site.documents[1].tables.size(), 3U);
  EXPECT_EQ(site.documents[1].tables[0].number, 3U);
  EXPECT_EQ(site.documents[1].tables[0].direction, TableDirection::from);
  EXPECT_EQ(site.documents[1].tables[1].action, TableAction::ignore);
  EXPECT_EQ(site.documents[1].tables[2].title, "Client ports");
  EXPECT_EQ(site.documents[1].tables[2].role, "Clients");
  EXPECT_EQ(site.documents[1].tables[2].direction, TableDirection::both);
  EXPECT_EQ(site.documents[1].tables[2].action, TableAction::permit);
}

const SiteRule& only_rule(const Site& site) {
  EXPECT_EQ(site.rules.size(), 1U);
  EXPECT_EQ(site.rules[0].matches.size(), 1U);
  return site.rules[0];
}

TEST(SiteRule, EveryKeyBecomesItsField) {
  const Site site = read(
      "roles: {Clients: 10.0.0.0/8}\nrules:\n"
      "  - name: everything\n    action: permit\n    mark: 46\n    queue: 7\n    mirror: true\n    source: Clients\n"
      "    destination: [192.0.2.0/24, 2001:db8::/32]\n    source_port: 1024-65535\n    destination_port: [80, "
      "\"443,8443\"]\n"
      "    protocol: [tcp, udp]\n    vlan: [100, 200-299]\n    ingress: 1\n    dscp: [ef, 0]\n    ethertype: ipv4\n"
      "    place: after\n");
  const SiteRule& rule = only_rule(site);
  EXPECT_EQ(rule.name, "everything");
  EXPECT_EQ(rule.place, (Place{4, 5}));
  EXPECT_EQ(rule.action, (Action{.permit = true, .mirror = true, .mark = 46, .queue = 7}));
  EXPECT_TRUE(rule.after);
  const Match& match = rule.matches[0];
  EXPECT_EQ(match.source, parse_prefix("10.0.0.0/8"));
  EXPECT_EQ(match.destination, unite(parse_prefix("192.0.2.0/24"), parse_prefix("2001:db8::/32")));
  EXPECT_EQ(match.source_port, (Ports{{1024, 65535}}));
  EXPECT_EQ(match.destination_port, (Ports{{80, 80}, {443, 443}, {8443, 8443}}));
  EXPECT_EQ(match.protocol, Chunk().set(6).set(17));
  EXPECT_EQ(match.vlan, (IntervalSet<std::uint16_t>{{100, 100}, {200, 299}}));
  EXPECT_TRUE(match.tcp_flags.all());
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(match.dscp_tags[value], (value & 63) == 46 || (value & 63) == 0);
    EXPECT_EQ(match.context[value], (value & 7) == 1 && ((value >> 3) & 7) == 1);
  }
}

TEST(SiteRule, WithoutKeysIsForAllOfIpv4AndIpv6) {
  const Site site = read("rules: [{name: all, action: drop}]\n");
  const Match& match = only_rule(site).matches[0];
  Match expected = Match::any();
  expected.context = context_chunk({EtherClass::ipv4, EtherClass::ipv6});
  EXPECT_EQ(match, expected);
}

TEST(SiteRule, PortsWithoutProtocolAreForTcpUdpAndSctp) {
  const Site site = read("rules: [{name: a, action: drop, destination_port: 23}]\n");
  EXPECT_EQ(only_rule(site).matches[0].protocol, Chunk().set(6).set(17).set(132));
}

TEST(SiteRule, EveryPortAsksForNone) {
  const Site site =
      read("rules: [{name: a, action: drop, protocol: tcp, destination_port: 0-65535, source_port: any}]\n");
  EXPECT_EQ(only_rule(site).matches[0].destination_port, (Ports{{0, 65536}}));
  EXPECT_EQ(only_rule(site).matches[0].source_port, (Ports{{0, 65536}}));
}

TEST(SiteRule, TcpFlagsImplyTcp) {
  const Site site = read("rules: [{name: a, action: drop, tcp_flags: +syn-ack}]\n");
  EXPECT_EQ(only_rule(site).matches[0].protocol, Chunk().set(6));
  EXPECT_EQ(only_rule(site).matches[0].tcp_flags, parse_tcp_flags("initial"));
}

TEST(SiteRule, TcpFlagsListsAreAlternativesAndMapsAreSetAndClear) {
  const Chunk alternatives =
      only_rule(read("rules: [{name: a, action: drop, tcp_flags: [rst, +syn-ack]}]\n")).matches[0].tcp_flags;
  EXPECT_EQ(alternatives, parse_tcp_flags("rst") | parse_tcp_flags("+syn-ack"));
  const Chunk both = only_rule(read("rules: [{name: a, action: drop, tcp_flags: {set: [syn, fin], clear: ack}}]\n"))
                         .matches[0]
                         .tcp_flags;
  EXPECT_EQ(both, parse_tcp_flags("+syn+fin-ack"));
}

TEST(SiteRule, IcmpTypesAndCodesAreThePortFields) {
  const Match match = only_rule(read("rules: [{name: a, action: drop, icmp: 3/4}]\n")).matches[0];
  EXPECT_EQ(match.protocol, Chunk().set(1));
  EXPECT_EQ(match.source_port, (Ports{{3, 3}}));
  EXPECT_EQ(match.destination_port, (Ports{{4, 4}}));
  const Match map = only_rule(read("rules: [{name: a, action: drop, protocol: icmpv6, icmp: {type: 1}}]\n")).matches[0];
  EXPECT_EQ(map.protocol, Chunk().set(58));
  EXPECT_EQ(map.source_port, (Ports{{1, 1}}));
  EXPECT_EQ(map.destination_port, any_port());
  const Site ping = read("rules: [{name: a, action: drop, protocol: [icmp, icmpv6], icmp: echo-request}]\n");
  ASSERT_EQ(ping.rules[0].matches.size(), 2U);
  EXPECT_EQ(ping.rules[0].matches[1].source_port, (Ports{{128, 128}}));
  EXPECT_NE(ping.rules[0].split_reason, "");
}

TEST(SiteRule, RedirectNamesAWirePort) {
  const Site site = read("rules: [{name: a, action: permit, redirect: 1}]\n");
  EXPECT_EQ(only_rule(site).action, (Action{.permit = true, .wire = 1}));
}

TEST(SiteRule, TextIsTheRuleAsItStands) {
  EXPECT_EQ(read("rules:\n  - {name: a,  action: drop}\n").rules[0].text, "{name: a, action: drop}");
  const Site site =
      read("rules:\n  - name: a\n    action: drop\n    destination_port:\n      - 22\n  - {name: b, action: drop}\n");
  EXPECT_EQ(site.rules[0].text, "name: a action: drop destination_port: - 22");
  EXPECT_EQ(site.rules[1].text, "{name: b, action: drop}");
}

TEST(Site, OverridesNameARowAndItsPorts) {
  const Site site = read(
      "documents: [ports.md]\noverrides:\n  - {document: ports.md, line: 23, port: [57501-65535, 80], reason: a typing "
      "error}\n");
  ASSERT_EQ(site.overrides.size(), 1U);
  EXPECT_EQ(site.overrides[0].line, 23U);
  EXPECT_EQ(site.overrides[0].ports, (std::vector<spec::PortRange>{{80, 80}, {57501, 65535}}));
  EXPECT_EQ(site.overrides[0].reason, "a typing error");
}

TEST(Site, SilencedFindingsHaveARuleAndAReason) {
  const Site site = read(
      "documents: [ports.md]\nlint:\n  - {rule: hidden-row, reason: rows are there for their notes}\n"
      "  - {rule: duplicate-row, document: ports.md, line: 23, reason: as the vendor has it}\n"
      "  - {rule: unused-role, document: site.yaml, reason: its servers come next month}\n");
  ASSERT_EQ(site.silences.size(), 3U);
  EXPECT_EQ(site.silences[0].rule, "hidden-row");
  EXPECT_EQ(site.silences[0].document, "");
  EXPECT_EQ(site.silences[1].document, "ports.md");
  EXPECT_EQ(site.silences[1].line, 23U);
  EXPECT_EQ(site.silences[1].reason, "as the vendor has it");
  EXPECT_EQ(site.silences[2].place, (Place{6, 5}));
}

TEST(Site, PrefixesWithHostBitsAreTheirNetworkWhereTheyAreMended) {
  std::vector<SiteError> mended;
  const Site site = parse_site("site.yaml",
                               "portcullis: 1\nroles:\n  Web: [192.0.2.9/26, 10.0.0.0/8]\n  Mail: 2001:db8::1/64\n"
                               "peers: 10.1.2.3/16\n",
                               &mended);
  ASSERT_EQ(mended.size(), 3U);
  EXPECT_EQ(mended[0].place(), (Place{3, 9}));
  EXPECT_THAT(mended[0].what(), HasSubstr("192.0.2.9/26 has bits set behind its length: write 192.0.2.0/26"));
  EXPECT_EQ(site.find_role("Web")->addresses, unite(parse_prefix("192.0.2.0/26"), parse_prefix("10.0.0.0/8")));
  EXPECT_EQ(site.find_role("Mail")->addresses, parse_prefix("2001:db8::/64"));
  EXPECT_EQ(site.peers.addresses, parse_prefix("10.1.0.0/16"));
}

TEST(Site, AnchorsShareLists) {
  const Site site = read("roles:\n  A: &lan [10.0.0.0/8, 192.0.2.0/24]\n  B: [*lan, 2001:db8::/32]\n");
  EXPECT_EQ(site.roles[1].addresses, unite(site.roles[0].addresses, parse_prefix("2001:db8::/32")));
}

TEST(SiteErrors, NamePlaceAndWayOut) {
  const std::pair<std::string, std::string> cases[] = {
      {"peer: any\n", "site.yaml:2:1: unknown key \"peer\": did you mean peers?"},
      {"color: red\n", "site.yaml:2:1: unknown key \"color\": known keys are portcullis, documents"},
      {"roles: {A: [10.1.0.0/33]}\n", "site.yaml:2:13: prefix 10.1.0.0/33: length must be 0 to 32"},
      {"roles:\n  控制器: [10.0.0.0/8, 10.1.0.0/33]\n", "site.yaml:3:21: prefix 10.1.0.0/33"},
      {"roles: {A: []}\n", "site.yaml:2:12: role \"A\" has no prefixes"},
      {"roles: {A: }\n", "site.yaml:2:12: role \"A\" has no prefixes"},
      {"roles: {A: {b: c}}\n", "site.yaml:2:12: role \"A\" holds keys and values"},
      {"roles: {A: any, ａ: none}\n", "site.yaml:2:17: role \"ａ\" is the same as \"A\" in line 2"},
      {"roles: [A]\n", "site.yaml:2:8: roles must be keys and values, not a list"},
      {"documents: {file: a.md}\n", "site.yaml:2:12: documents must be a list, not keys and values"},
      {"documents: [{tables: {}}]\n", "site.yaml:2:13: a document without a file"},
      {"documents: [a.md, a.md]\n", "site.yaml:2:19: document \"a.md\" is listed twice"},
      {"documents: [{file: a.md, tables: {0: {}}}]\n", "site.yaml:2:35: table 0"},
      {"documents: [{file: a.md, tables: {1: from}}]\n", "site.yaml:2:38: table 1 must be keys and values"},
      {"documents: [{file: a.md, tables: {1: {dir: from}}}]\n", "site.yaml:2:39: unknown key \"dir\" in a table"},
      {"unbound: maybe\n", "site.yaml:2:10: unbound \"maybe\" is not known: write none or error"},
      {"peers: []\n", "site.yaml:2:8: peers is empty"},
      {"peers: Clients\n", "site.yaml:2:8: peers \"Clients\" is neither a role"},
      {"default: [drop]\n", "site.yaml:2:10: default is a list"},
      {"essential: [arp, dhcp]\n", "site.yaml:2:18: essential \"dhcp\" is not known"},
      {"rules: {name: a}\n", "site.yaml:2:8: rules must be a list"},
      {"rules: [{action: drop}]\n", "site.yaml:2:9: a rule without a name"},
      {"rules: [{name: a}]\n", "site.yaml:2:9: a rule without an action"},
      {"rules: [{name: a, action: drop}, {name: a, action: drop}]\n",
       "site.yaml:2:41: rule \"a\" is named as the one in line 2"},
      {"rules: [{name: a, action: drop, queue: 1}]\n", "site.yaml:2:40: a packet that is dropped goes nowhere"},
      {"rules: [{name: a, action: permit, queue: 1, redirect: 1}]\n", "site.yaml:2:55: redirect and queue"},
      {"rules: [{name: a, action: permit, queue: 4096}]\n", "site.yaml:2:42: queue 4096 is too large"},
      {"rules: [{name: a, action: permit, mark: 1-2}]\n", "site.yaml:2:41: mark \"1-2\" is not one number"},
      {"rules: [{name: a, action: permit, mirror: maybe}]\n",
       "site.yaml:2:43: mirror \"maybe\" is neither true nor false"},
      {"rules: [{name: a, action: drop, vlan: 4096}]\n", "site.yaml:2:39: vlan 4096 is too large"},
      {"rules: [{name: a, action: drop, ingress: 8}]\n", "site.yaml:2:42: ingress 8 is too large"},
      {"rules: [{name: a, action: drop, dscp: gold}]\n", "site.yaml:2:39: DSCP \"gold\""},
      {"rules: [{name: a, action: drop, ethertype: mpls}]\n", "site.yaml:2:44: EtherType \"mpls\""},
      {"rules: [{name: a, action: drop, ethertype: arp, destination_port: 1}]\n",
       "site.yaml:2:67: destination_port asks for an IP packet"},
      {"rules: [{name: a, action: drop, protocol: icmp, destination_port: 1}]\n",
       "site.yaml:2:67: destination_port with protocol icmp"},
      {"rules: [{name: a, action: drop, protocol: udp, tcp_flags: syn}]\n",
       "site.yaml:2:59: tcp_flags with another protocol"},
      {"rules: [{name: a, action: drop, tcp_flags: [syn, syn-ack]}]\n", "site.yaml:2:50: TCP flags \"syn-ack\""},
      {"rules: [{name: a, action: drop, protocol: tcp, icmp: 8}]\n", "site.yaml:2:54: icmp beside protocol tcp"},
      {"rules: [{name: a, action: drop, icmp: 8, destination_port: 8}]\n",
       "site.yaml:2:60: destination_port beside icmp"},
      {"rules: [{name: a, action: drop, destination_port: [22, 500-400]}]\n",
       "site.yaml:2:56: port range 500-400 is reversed"},
      {"rules: [{name: a, action: drop, source: 10.1.2.3/8}]\n", "site.yaml:2:41: prefix 10.1.2.3/8 has bits set"},
      {"overrides: [{document: a.md, line: 1, port: 1}]\n", "site.yaml:2:13: an override without reason"},
      {"overrides: [{document: a.md, line: 1, port: 1, reason: x}]\n",
       "site.yaml:2:24: document \"a.md\" is not listed"},
      {"lint: [{rule: hidden-row}]\n", "site.yaml:2:8: a silenced rule without reason"},
      {"lint: [{rule: hiden-row, reason: x}]\n",
       "site.yaml:2:15: rule \"hiden-row\" is not known: did you mean hidden-row?"},
      {"lint: [{rule: hidden-row, document: b.md, reason: x}]\n", "document \"b.md\" is not listed"},
      {"lint: [{rule: hidden-row, line: 3, reason: x}]\n", "a line without its document"},
      {"documents: [a.md]\noverrides: [{document: a.md, line: 1, port: 1, reason: x}, {document: a.md, line: 1, port: "
       "2, reason: x}]\n",
       "site.yaml:3:60: a.md:1 is overridden twice"},
      {"default: drop\ndefault: drop\n", "site.yaml:3:1: key \"default\" is given twice"},
      {"? [a]\n: b\n", "site.yaml:2:3: a key must be a word"},
      {"--- \nportcullis: 1\n", "site.yaml:2:1: a second YAML document"},
      {"peers: &a [*a]\n", "site.yaml:2:12: an alias inside its own anchor"},
      {"peers: *nowhere\n", "site.yaml:2:8: not YAML"},
      {"roles: {A: any\n", "not YAML"},
      {"roles:\n\tA: any\n", "site.yaml:3:1: a tab in the indentation"},
      {std::string("peers: a\x04 b\n"), "site.yaml:2:9: control character U+0004"},
      {"peers: \xff\n", "site.yaml:2:8: bytes that are not UTF-8"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(error_in(text), HasSubstr(message)) << text;
}

TEST(SiteErrors, VersionIsAskedFor) {
  EXPECT_THAT(error_of(""), HasSubstr("start it with \"portcullis: 1\""));
  EXPECT_THAT(error_of("- a\n"), HasSubstr("start it with \"portcullis: 1\""));
  EXPECT_THAT(error_of("peers: any\n"), StartsWith("site.yaml:1:1: key portcullis is missing"));
  EXPECT_THAT(error_of("portcullis: 2\n"), StartsWith("site.yaml:1:13: portcullis: version 2"));
}

TEST(SiteErrors, LongWordsAreCutInMessages) {
  for (const std::string& text : {"peers: " + std::string(100'000, 'a') + "\n", std::string(100'000, 'k') + ": 1\n",
                                  "roles: {A: 10.0.0.0/" + std::string(100'000, '1') + "}\n"}) {
    EXPECT_LT(error_in(text).size(), 500U);
  }
}

TEST(SiteErrors, FilesThatAreNone) {
  EXPECT_THROW(read_site("/nowhere/site.yaml"), SiteError);
  EXPECT_THROW(read_site("/"), SiteError);
  EXPECT_THAT(error_of(std::string(5U << 20U, ' ')), HasSubstr("larger than 4 MiB"));
}

/// Processor time, so that a busy machine does not matter. What grows worse than linearly takes hours here.
double seconds_of(const std::string& text) {
  const std::clock_t start = std::clock();
  EXPECT_NE(error_of(text), "no error");
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

TEST(SiteErrors, HostileTextEndsQuickly) {
  std::string nested(100'000, '[');
  EXPECT_LT(seconds_of(nested), 20);
  // Ten lists, each ten aliases to the one before: 10^10 values if they were written out.
  std::string bomb = "portcullis: 1\nroles:\n  r0: &r0 [10.0.0.0/8, 10.0.0.0/8, 10.0.0.0/8, 10.0.0.0/8]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += "  r" + std::to_string(i) + ": &r" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "*r" : " , *r") + std::to_string(i - 1);
    bomb += " ]\n";
  }
  EXPECT_LT(seconds_of(bomb), 20);
  std::string wide = "portcullis: 1\npeers: [";
  for (int i = 0; i < 100'000; ++i) wide += "10.0.0.0/8, ";
  EXPECT_LT(seconds_of(wide + "x]"), 20);
  std::string keys = "portcullis: 1\nroles:\n";
  for (int i = 0; i < 50'000; ++i) keys += "  role " + std::to_string(i) + ": none\n";
  EXPECT_LT(seconds_of(keys + "  role 7: none\n"), 20);
}

/// tests/data/sites: bad-NAME.yaml with bad-NAME.expect (line:column, where * is any, and words of the message).
TEST(SiteErrors, BadSitesOfTheTestDataAreAnsweredAtTheirPlace) {
  const std::filesystem::path folder = std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "tests/data/sites";
  unsigned sites = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".expect") continue;
    ++sites;
    std::filesystem::path site = file.path();
    site.replace_extension(".yaml");
    SCOPED_TRACE(site.filename().string());
    std::ifstream expect(file.path());
    std::string place;
    std::string words;
    std::getline(expect, place);
    std::getline(expect, words);
    const std::string line = place.substr(0, place.find(':'));
    const std::string column = place.substr(place.find(':') + 1);
    try {
      load_policy(site);
      ADD_FAILURE() << "no error";
    } catch (const SiteError& error) {
      EXPECT_THAT(error.what(), HasSubstr(words));
      EXPECT_THAT(error.what(), StartsWith(site.string() + ":"));
      EXPECT_NE(error.place().line, 0U);
      if (line != "*") {
        EXPECT_EQ(std::to_string(error.place().line), line) << error.what();
      }
      if (column != "*") {
        EXPECT_EQ(std::to_string(error.place().column), column) << error.what();
      }
    }
  }
  EXPECT_GE(sites, 29U);
}

}  // namespace
}  // namespace portcullis::policy
