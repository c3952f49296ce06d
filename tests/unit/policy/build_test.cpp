// Site and rows to entries: what a person expects of small site files, field by field.
#include "policy/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policy/fields.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Ports = IntervalSet<std::uint32_t>;
using Addresses = IntervalSet<Address>;

constexpr std::string_view kHead = R"(portcullis: 1
documents: [ports.md]
roles:
  Servers: [192.0.2.0/28, 2001:db8:1::/64]
  Clients: 10.0.0.0/8
  Elsewhere: none
essential: []
)";

const Addresses& servers() {
  static const Addresses set = unite(parse_prefix("192.0.2.0/28"), parse_prefix("2001:db8:1::/64"));
  return set;
}
const Addresses& clients() {
  static const Addresses set = parse_prefix("10.0.0.0/8");
  return set;
}

std::int16_t number_of(const std::string& protocol) {
  const auto number = parse_protocol(protocol);
  return number ? *number : spec::Protocol::kAny;
}
spec::PortUse use(const std::string& protocol, std::vector<spec::PortRange> ports = {},
                  std::vector<spec::IcmpMessage> icmp = {}) {
  return {{number_of(protocol), protocol}, std::move(ports), std::move(icmp)};
}

/// A row of table 1 of ports.md at the next free line, role "Servers".
struct Rows {
  spec::Extraction extraction;
  Rows() { extraction.tables = {{.number = 1, .line = 3, .title = "Server ports"}}; }
  spec::PortRow& add(std::vector<spec::PortUse> uses) {
    spec::PortRow& row = extraction.rows.emplace_back();
    row.document = "ports.md";
    row.line = static_cast<unsigned>(10 + extraction.rows.size() - 1);
    row.table = 1;
    row.role = "Servers";
    row.service = "Web";
    row.uses = std::move(uses);
    row.text = "Servers | Web";
    return row;
  }
};

Policy build(const Rows& rows, const std::string& keys = "") {
  return build_policy(parse_site("site.yaml", std::string(kHead) + keys), {rows.extraction});
}
/// The entries of rows: without the last one, which is for frames that are not IP.
std::vector<Entry> entries_of(const Rows& rows, const std::string& keys = "") {
  Policy policy = build(rows, keys);
  EXPECT_EQ(policy.entries.back().from.cause, Cause::non_ip);
  policy.entries.pop_back();
  return policy.entries;
}
std::string error_of(const Rows& rows, const std::string& text) {
  try {
    build_policy(parse_site("site.yaml", text), {rows.extraction});
  } catch (const SiteError& error) {
    return error.what();
  }
  return "no error";
}

/// What every packet of an IP rule has in common.
Match ip_match(const Addresses& source, const Addresses& destination, const Chunk& protocols) {
  Match match = Match::any();
  match.source = source;
  match.destination = destination;
  match.protocol = protocols;
  match.context.reset();
  for (unsigned value = 0; value < 256; ++value)
    match.context[value] = ((value >> 3) & 7) == 1 || ((value >> 3) & 7) == 2;
  return match;
}
Chunk protocols(std::initializer_list<unsigned> numbers) {
  Chunk chunk;
  for (const unsigned number : numbers) chunk.set(number);
  return chunk;
}
/// ACK or RST.
Chunk reply_flags() {
  Chunk chunk;
  for (unsigned flags = 0; flags < 256; ++flags) chunk[flags] = (flags & 0x10) != 0 || (flags & 0x04) != 0;
  return chunk;
}

TEST(Rows, RowIsOneEntryAndOneForReplies) {
  Rows rows;
  rows.add({use("tcp", {{443, 443}, {80, 80}, {444, 450}, {81, 90}}), use("udp", {{80, 90}, {443, 450}})});
  const auto entries = entries_of(rows);
  ASSERT_EQ(entries.size(), 2U);

  Match forward = ip_match(any_address(), servers(), protocols({6, 17}));
  forward.destination_port = {{80, 90}, {443, 450}};
  EXPECT_EQ(entries[0].match, forward);
  EXPECT_EQ(entries[0].action, Action{.permit = true});
  EXPECT_EQ(entries[0].from, (Provenance{.cause = Cause::rule,
                                         .rule = "ports.md:10",
                                         .document = "ports.md",
                                         .line = 10,
                                         .role = "Servers",
                                         .service = "Web",
                                         .text = "Servers | Web",
                                         .reply = false}));

  Match reply = ip_match(servers(), any_address(), protocols({6, 17}));
  reply.source_port = {{80, 90}, {443, 450}};
  reply.tcp_flags = reply_flags();
  EXPECT_EQ(entries[1].match, reply);
  EXPECT_TRUE(entries[1].from.reply);
  EXPECT_EQ(entries[1].from.rule, "ports.md:10");
  EXPECT_TRUE(build(rows).splits.empty());
}

TEST(Rows, PeersAreTheOtherEnd) {
  Rows rows;
  rows.add({use("tcp", {{22, 22}})});
  EXPECT_EQ(entries_of(rows, "peers: Clients\n")[0].match.source, clients());
}

TEST(Rows, NoRepliesWhereTheSiteAsksForNone) {
  Rows rows;
  rows.add({use("tcp", {{22, 22}})});
  EXPECT_EQ(entries_of(rows, "replies: none\n").size(), 1U);
}

TEST(Rows, RepliesOfUdpAndSctpComeFromTheServicePort) {
  Rows rows;
  rows.add({use("udp", {{53, 53}}), use("sctp", {{53, 53}})});
  const auto entries = entries_of(rows);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].match.source_port, (Ports{{53, 53}}));
  EXPECT_EQ(entries[1].match.destination_port, (Ports{{0, 0x10000}}));
  EXPECT_TRUE(entries[1].match.tcp_flags.all());
}

TEST(Rows, FromMeansThatTheRoleInitiatesTowardsThePort) {
  Rows rows;
  rows.add({use("tcp", {{389, 389}})}).direction = spec::Direction::from;
  const auto entries = entries_of(rows, "peers: Clients\n");
  Match forward = ip_match(servers(), clients(), protocols({6}));
  forward.destination_port = {{389, 389}};
  EXPECT_EQ(entries[0].match, forward);
  EXPECT_EQ(entries[1].match.source, clients());
  EXPECT_EQ(entries[1].match.source_port, (Ports{{389, 389}}));
}

TEST(Rows, BothDirectionsAreTwoEntries) {
  Rows rows;
  rows.add({use("udp", {{123, 123}})}).direction = spec::Direction::both;
  const Policy policy = build(rows, "peers: Clients\n");
  ASSERT_EQ(policy.entries.size(), 5U);
  EXPECT_EQ(policy.entries[0].match.destination, servers());
  EXPECT_EQ(policy.entries[0].match.destination_port, (Ports{{123, 123}}));
  EXPECT_EQ(policy.entries[1].match.destination, clients());
  EXPECT_EQ(policy.entries[1].match.destination_port, (Ports{{123, 123}}));
  EXPECT_FALSE(policy.entries[1].from.reply);
  EXPECT_EQ(policy.entries[2].match.source, servers());
  EXPECT_EQ(policy.entries[2].match.source_port, (Ports{{123, 123}}));
  EXPECT_TRUE(policy.entries[2].from.reply && policy.entries[3].from.reply);
  ASSERT_EQ(policy.splits.size(), 1U);
  EXPECT_EQ(policy.splits[0].entries, 2U);
  EXPECT_EQ(policy.splits[0].line, 10U);
  EXPECT_EQ(policy.splits[0].reason, "both directions");
}

TEST(Rows, TheSitesDirectionOverridesTheRows) {
  Rows rows;
  rows.add({use("tcp", {{389, 389}})}).direction = spec::Direction::from;
  const std::string head = "portcullis: 1\nessential: []\nroles: {Servers: 192.0.2.0/28}\n";
  const auto build_with = [&](const std::string& tables) {
    return build_policy(parse_site("site.yaml", head + "documents: [{file: ports.md, tables: {" + tables + "}}]\n"),
                        {rows.extraction});
  };
  EXPECT_EQ(build_with("1: {direction: to}").entries[0].match.destination, parse_prefix("192.0.2.0/28"));
  EXPECT_EQ(build_with("SERVER  ports: {direction: to}").entries[0].match.destination, parse_prefix("192.0.2.0/28"));
  EXPECT_EQ(build_with("1: {}").entries[0].match.source, parse_prefix("192.0.2.0/28"));
  for (const char* ignore : {"1: {direction: ignore}", "1: {action: ignore}"}) {
    const Policy policy = build_with(ignore);
    EXPECT_EQ(policy.entries.size(), 1U);
    EXPECT_EQ(policy.rows, 1U);
    EXPECT_EQ(policy.rows_without_entry, 1U);
    EXPECT_EQ(policy.splits[0].reason, "its table is ignored");
  }
}

TEST(Rows, ProtocolsWithoutPortsHaveMirroredReplies) {
  Rows rows;
  rows.add({use("esp"), use("gre")});
  const auto entries = entries_of(rows, "peers: Clients\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].match, ip_match(clients(), servers(), protocols({50, 47})));
  EXPECT_EQ(entries[1].match, ip_match(servers(), clients(), protocols({50, 47})));
  EXPECT_TRUE(entries[1].from.reply);
}

TEST(Rows, ProtocolWithoutPortsInBothDirectionsIsItsOwnReply) {
  Rows rows;
  rows.add({use("esp")}).direction = spec::Direction::both;
  const auto entries = entries_of(rows, "peers: Clients\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_FALSE(entries[0].from.reply || entries[1].from.reply);
}

TEST(Rows, AnyPortAsksForNone) {
  Rows rows;
  rows.add({use("tcp", {{0, 65535}}), use("esp")});
  const auto entries = entries_of(rows);
  ASSERT_EQ(entries.size(), 2U) << "TCP on any port and ESP are one product";
  EXPECT_EQ(entries[0].match.destination_port, (Ports{{0, 0x10000}}));
  EXPECT_EQ(entries[0].match.protocol, protocols({6, 50}));
  EXPECT_EQ(entries[1].match.tcp_flags, reply_flags());
}

TEST(Rows, AnyProtocol) {
  Rows rows;
  rows.add({use("any")});
  rows.add({use("any", {{53, 53}})});
  const auto entries = entries_of(rows, "replies: none\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[0].match.protocol.all());
  EXPECT_EQ(entries[0].match.destination_port, (Ports{{0, 0x10000}}));
  EXPECT_EQ(entries[1].match.protocol, protocols({6, 17, 132}));
  EXPECT_EQ(entries[1].match.destination_port, (Ports{{53, 53}}));
}

TEST(Rows, PortsOfTheirOwnPerProtocolAreSplit) {
  Rows rows;
  rows.add({use("udp", {{1194, 1194}}), use("tcp", {{443, 443}})});
  const Policy policy = build(rows);
  ASSERT_EQ(policy.entries.size(), 5U);
  EXPECT_EQ(policy.entries[0].match.protocol, protocols({17}));
  EXPECT_EQ(policy.entries[0].match.destination_port, (Ports{{1194, 1194}}));
  EXPECT_EQ(policy.entries[1].match.protocol, protocols({6}));
  EXPECT_FALSE(policy.entries[1].from.reply);
  EXPECT_TRUE(policy.entries[2].from.reply);
  ASSERT_EQ(policy.splits.size(), 1U);
  EXPECT_EQ(policy.splits[0].entries, 2U);
  EXPECT_EQ(policy.splits[0].reason, "protocols with ports or types of their own (udp 1194; tcp 443)");
}

TEST(Rows, IcmpTypesAndTheirAnswers) {
  Rows rows;
  rows.add({use("icmp", {}, {{8, -1}})});
  const auto entries = entries_of(rows, "peers: Clients\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].match.source_port, (Ports{{8, 8}}));
  EXPECT_EQ(entries[0].match.destination_port, (Ports{{0, 0x10000}}));
  EXPECT_EQ(entries[0].match.protocol, protocols({1}));
  EXPECT_EQ(entries[1].match.source, servers());
  EXPECT_EQ(entries[1].match.source_port, (Ports{{0, 0}, {8, 8}}));
  EXPECT_EQ(entries[1].match.destination_port, (Ports{{0, 0x10000}}));
}

TEST(Rows, IcmpBesidePortsIsSplit) {
  Rows rows;
  rows.add({use("tcp", {{80, 80}}), use("icmp", {}, {{8, -1}, {3, 4}}), use("icmpv6")});
  const Policy policy = build(rows, "replies: none\n");
  ASSERT_EQ(policy.entries.size(), 5U);
  EXPECT_EQ(policy.entries[1].match.source_port, (Ports{{3, 3}}));
  EXPECT_EQ(policy.entries[1].match.destination_port, (Ports{{4, 4}}));
  EXPECT_EQ(policy.entries[2].match.source_port, (Ports{{8, 8}}));
  EXPECT_EQ(policy.entries[3].match.protocol, protocols({58}));
  EXPECT_EQ(policy.entries[3].match.source_port, (Ports{{0, 0x10000}}));
  EXPECT_EQ(policy.splits[0].entries, 4U);
}

TEST(Rows, EveryIcmpTypeIsOneProductWithOtherProtocolsWithoutPorts) {
  Rows rows;
  rows.add({use("icmp"), use("icmpv6"), use("esp")});
  EXPECT_EQ(entries_of(rows).size(), 2U);
}

TEST(Rows, SourcePortsAreThoseOfTheInitiator) {
  Rows rows;
  rows.add({use("udp", {{500, 500}})}).source_ports = {{500, 500}, {4500, 4500}};
  const auto entries = entries_of(rows);
  EXPECT_EQ(entries[0].match.source_port, (Ports{{500, 500}, {4500, 4500}}));
  EXPECT_EQ(entries[0].match.destination_port, (Ports{{500, 500}}));
  EXPECT_EQ(entries[1].match.source_port, (Ports{{500, 500}}));
  EXPECT_EQ(entries[1].match.destination_port, (Ports{{500, 500}, {4500, 4500}}));
}

TEST(Rows, SourcePortsThatAreNotUnderstoodMakeNoEntryInsteadOfAnyPort) {
  Rows rows;
  rows.add({use("udp", {{0, 65535}})}).source_ports_unknown = true;
  const Policy policy = build(rows);
  EXPECT_EQ(policy.rows_without_entry, 1U);
  ASSERT_EQ(policy.splits.size(), 1U);
  EXPECT_THAT(policy.splits[0].reason, HasSubstr("source ports"));
  for (const Entry& entry : policy.entries) EXPECT_NE(entry.from.cause, Cause::rule);
}

TEST(Rows, PortsThatTheParserDoesNotReadMakeNoEntry) {
  Rows rows;
  rows.add({use("dccp", {{5000, 5000}})});
  rows.add({use("dccp", {{5000, 5000}}), use("tcp", {{80, 80}})});
  const Policy policy = build(rows, "replies: none\n");
  ASSERT_EQ(policy.entries.size(), 2U);
  EXPECT_EQ(policy.entries[0].match.protocol, protocols({6}));
  EXPECT_EQ(policy.rows_without_entry, 1U);
  ASSERT_EQ(policy.splits.size(), 2U);
  EXPECT_EQ(policy.splits[0].entries, 0U);
  EXPECT_EQ(policy.splits[1].entries, 1U);
  EXPECT_THAT(policy.splits[1].reason, HasSubstr("dccp"));
}

// Who is at which end.

TEST(Ends, PeerColumnNamesARole) {
  Rows rows;
  spec::PortRow& row = rows.add({use("tcp", {{389, 389}})});
  row.peer = "clients";
  row.direction = spec::Direction::from;
  const auto entries = entries_of(rows);
  EXPECT_EQ(entries[0].match.source, servers());
  EXPECT_EQ(entries[0].match.destination, clients());
}

TEST(Ends, SourceAndDestinationColumnsComeBeforeRoleAndDirection) {
  Rows rows;
  spec::PortRow& row = rows.add({use("tcp", {{22, 22}})});
  row.source = "任何";
  row.destination = "198.51.100.0/24, 2001:db8:5::/48";
  row.direction = spec::Direction::from;
  const auto entries = entries_of(rows, "peers: Clients\n");
  EXPECT_EQ(entries[0].match.source, any_address());
  EXPECT_EQ(entries[0].match.destination, unite(parse_prefix("198.51.100.0/24"), parse_prefix("2001:db8:5::/48")));
  EXPECT_EQ(entries[0].match.destination_port, (Ports{{22, 22}}));
}

TEST(Ends, OneOfTheTwoColumnsLeavesTheOtherEndToTheRole) {
  Rows rows;
  rows.add({use("tcp", {{22, 22}})}).destination = "Clients";
  rows.add({use("tcp", {{22, 22}})}).source = "Clients; 10.0.0.0/7";
  const auto entries = entries_of(rows, "replies: none\n");
  EXPECT_EQ(entries[0].match.source, servers());
  EXPECT_EQ(entries[0].match.destination, clients());
  EXPECT_EQ(entries[1].match.source, parse_prefix("10.0.0.0/7"));
  EXPECT_EQ(entries[1].match.destination, servers());
}

TEST(Ends, DashesSayNothing) {
  Rows rows;
  spec::PortRow& row = rows.add({use("tcp", {{22, 22}})});
  row.source = "-";
  row.destination = "–";
  row.peer = "-";
  const auto entries = entries_of(rows, "peers: Clients\n");
  EXPECT_EQ(entries[0].match.source, clients());
  EXPECT_EQ(entries[0].match.destination, servers());
}

TEST(Ends, RolesBoundToNoneMakeNoEntry) {
  Rows rows;
  rows.add({use("tcp", {{22, 22}})}).role = "Elsewhere";
  rows.add({use("tcp", {{22, 22}})}).peer = "Elsewhere";
  rows.add({use("tcp", {{22, 22}})});
  const Policy policy = build(rows, "replies: none\n");
  EXPECT_EQ(policy.entries.size(), 2U);
  EXPECT_EQ(policy.rows, 3U);
  EXPECT_EQ(policy.rows_without_entry, 2U);
  ASSERT_EQ(policy.splits.size(), 2U);
  EXPECT_EQ(policy.splits[0].reason, "Elsewhere is bound to none");
}

TEST(Ends, EveryRoleWithoutABindingIsListedWithItsFirstRow) {
  Rows rows;
  rows.add({use("tcp", {{22, 22}})}).role = "Directors";
  rows.add({use("tcp", {{22, 22}})}).role = "DIRECTORS";
  rows.add({use("tcp", {{22, 22}})}).peer = "Domain controllers, Clients";
  spec::PortRow& row = rows.add({use("tcp", {{22, 22}})});
  row.source = "Phones";
  row.destination = "Gateways";
  const std::string error = error_of(rows, std::string(kHead));
  EXPECT_THAT(error, StartsWith("site.yaml:3:1: 4 roles without a binding"));
  EXPECT_THAT(
      error, HasSubstr("\n  ports.md:10: Directors\n  ports.md:12: Domain controllers, Clients\n  ports.md:13: Phones\n"
                       "  ports.md:13: Gateways"));
  EXPECT_THAT(error, Not(HasSubstr("DIRECTORS")));

  const Policy policy = build(rows, "unbound: none\n");
  EXPECT_EQ(policy.entries.size(), 1U);
  EXPECT_EQ(policy.rows_without_entry, 4U);
}

TEST(Ends, TablesWithoutRolesAreToldTheirs) {
  Rows rows;
  spec::PortRow& row = rows.add({use("tcp", {{22, 22}})});
  row.role = "";
  EXPECT_THAT(error_of(rows, std::string(kHead)),
              HasSubstr("ports.md:10: table 1 names no role: write tables: {1: {role: ...}}"));
  const Site site = parse_site("site.yaml",
                               "portcullis: 1\ndocuments: [{file: ports.md, tables: {1: {role: Center}}}]\nroles: "
                               "{Center: 192.0.2.1}\nessential: []\n");
  const Policy policy = build_policy(site, {rows.extraction});
  EXPECT_EQ(policy.entries[0].match.destination, parse_prefix("192.0.2.1"));
  EXPECT_EQ(policy.entries[0].from.role, "Center");
}

// Tables, overrides.

TEST(Tables, OtherActionsMustBeSettled) {
  Rows rows;
  rows.add({use("tcp", {{23, 23}})}).action = "Deny";
  rows.extraction.tables[0].has_action_column = rows.extraction.tables[0].other_action = true;
  const auto site = [](const std::string& tables) {
    return "portcullis: 1\ndocuments:\n  - file: ports.md\n" + tables +
           "roles: {Servers: 192.0.2.0/28}\nessential: []\n";
  };
  EXPECT_THAT(error_of(rows, site("")),
              StartsWith("site.yaml:3:11: table 1 \"Server ports\" at ports.md:3 has rows whose action is not permit"));
  EXPECT_THAT(error_of(rows, site("    tables: {1: {direction: to}}\n")), HasSubstr("action is not permit"));
  for (const char* settled : {"action: ignore", "direction: ignore", "action: permit", "action: drop"}) {
    EXPECT_EQ(error_of(rows, site(std::string("    tables: {1: {") + settled + "}}\n")), "no error");
  }
  const Policy drop =
      build_policy(parse_site("site.yaml", site("    tables: {1: {action: drop}}\n")), {rows.extraction});
  ASSERT_EQ(drop.entries.size(), 2U) << "what is dropped has no replies";
  EXPECT_FALSE(drop.entries[0].action.permit);
}

TEST(Tables, SettingsMustHitOneTable) {
  Rows rows;
  rows.extraction.tables.push_back({.number = 2, .line = 9, .title = "Twins"});
  rows.extraction.tables.push_back({.number = 3, .line = 19, .title = "Twins"});
  const auto error = [&](const std::string& tables) {
    return error_of(rows, "portcullis: 1\ndocuments: [{file: ports.md, tables: {" + tables + "}}]\n");
  };
  EXPECT_THAT(error("4: {}"),
              StartsWith("site.yaml:2:39: no table 4 in ports.md: its port tables are 1 \"Server ports\", 2"));
  EXPECT_THAT(error("Clients: {}"), HasSubstr("no table titled \"Clients\""));
  EXPECT_THAT(error("Twins: {}"), HasSubstr("tables 2, 3 of ports.md are all titled \"Twins\""));
  EXPECT_THAT(error("1: {}, Server ports: {}"), StartsWith("site.yaml:2:46: table 1 of ports.md is set twice"));
}

TEST(Overrides, ReplaceThePortsOfARow) {
  Rows rows;
  rows.add({use("tcp", {{57501, 65335}}), use("udp", {{57501, 65335}})});
  rows.add({use("tcp", {{80, 80}})});
  const auto entries = entries_of(
      rows, "overrides: [{document: ports.md, line: 10, port: 57501-65535, reason: typing error}]\nreplies: none\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].match.destination_port, (Ports{{57501, 65535}}));
  EXPECT_EQ(entries[0].match.protocol, protocols({6, 17}));
  EXPECT_EQ(entries[1].match.destination_port, (Ports{{80, 80}}));
}

TEST(Overrides, MustHitARowWithPorts) {
  Rows rows;
  rows.add({use("esp")});
  spec::Finding& finding = rows.extraction.findings.emplace_back();
  finding.line = 30;
  finding.reason = "a reversed range";
  const auto error = [&](const std::string& line) {
    return error_of(
        rows, std::string(kHead) + "overrides:\n  - {document: ports.md, line: " + line + ", port: 1, reason: x}\n");
  };
  EXPECT_THAT(error("9"), StartsWith("site.yaml:9:5: no row starts at ports.md:9: the next one starts at line 10"));
  EXPECT_THAT(error("10"), HasSubstr("has no ports to override"));
  EXPECT_THAT(error("30"), HasSubstr("was not understood (a reversed range)"));
  rows.add({use("tcp", {{1, 1}})}).line = 11;
  rows.add({use("tcp", {{1, 1}})}).line = 11;
  EXPECT_THAT(error("11"), HasSubstr("2 rows start at ports.md:11"));
}

// What is built in, and the order.

TEST(Policy, EntriesStandInTheDocumentedOrder) {
  Rows rows;
  rows.add({use("tcp", {{22, 22}})});
  const std::string text =
      "portcullis: 1\ndocuments: [ports.md]\nroles: {Servers: 192.0.2.0/28}\nfragments: drop\nrules:\n"
      "  - {name: last, action: permit, place: after}\n  - {name: first, action: drop, destination_port: 23}\n";
  const Policy policy = build_policy(parse_site("site.yaml", text), {rows.extraction});
  std::vector<std::string> names;
  for (const Entry& entry : policy.entries) names.push_back(entry.from.rule);
  EXPECT_THAT(names, ElementsAre("arp", "nd", "pmtu-ipv4", "pmtu-ipv6", "fragments-drop", "first", "ports.md:10",
                                 "ports.md:10", "last", "non-ip"));
  EXPECT_EQ(policy.entries[5].from, (Provenance{.cause = Cause::rule,
                                                .rule = "first",
                                                .document = "site.yaml",
                                                .line = 7,
                                                .role = "",
                                                .service = "",
                                                .text = "{name: first, action: drop, destination_port: 23}",
                                                .reply = false}));
}

TEST(Policy, EssentialsPassAndNothingElseOfTheirKind) {
  const Policy policy = build_policy(parse_site("site.yaml", "portcullis: 1\nnon_ip: drop\n"), {});
  const auto first = [&](const Key& key) -> std::string {
    for (const Entry& entry : policy.entries) {
      if (entry.match.contains(key))
        return std::string(to_string(entry.from.cause)) + (entry.action.permit ? " permit" : " drop");
    }
    return "default";
  };
  const auto icmp = [](unsigned protocol, EtherClass type, unsigned t, unsigned c) {
    return Key{.source_port = t,
               .destination_port = c,
               .protocol = static_cast<std::uint8_t>(protocol),
               .context = make_context(0, type, Fragment::whole)};
  };
  EXPECT_EQ(first({.context = make_context(7, EtherClass::arp, Fragment::whole)}), "essential permit");
  EXPECT_EQ(first({.context = make_context(0, EtherClass::lldp, Fragment::whole)}), "non-ip drop");
  EXPECT_EQ(first({.context = make_context(0, EtherClass::other, Fragment::whole)}), "non-ip drop");
  for (unsigned type = 0; type < 256; ++type) {
    EXPECT_EQ(first(icmp(58, EtherClass::ipv6, type, 0)),
              type == 2 || (type >= 133 && type <= 137) ? "essential permit" : "default");
    EXPECT_EQ(first(icmp(1, EtherClass::ipv4, type, 4)), type == 3 ? "essential permit" : "default");
    EXPECT_EQ(first(icmp(1, EtherClass::ipv4, type, 3)), "default");
    EXPECT_EQ(first(icmp(58, EtherClass::ipv4, type, 0)), "default");
  }
}

TEST(Policy, NonIpFramesMeetTheirEntryAlone) {
  const Policy policy = build_policy(parse_site("site.yaml",
                                                "portcullis: 1\nnon_ip: permit\nessential: []\ndefault: permit\n"
                                                "rules: [{name: all, action: drop, place: after}]\n"),
                                     {});
  ASSERT_EQ(policy.entries.size(), 2U);
  EXPECT_TRUE(policy.default_action.permit);
  for (unsigned type = 0; type < 8; ++type) {
    const bool ip = type == 1 || type == 2;
    const Key key{.context = make_context(3, static_cast<EtherClass>(type), Fragment::whole)};
    EXPECT_EQ(policy.entries[0].match.contains(key), ip);
    EXPECT_EQ(policy.entries[1].match.contains(key), !ip);
  }
  EXPECT_EQ(policy.entries[1].from.cause, Cause::non_ip);
  EXPECT_TRUE(policy.entries[1].action.permit);
}

TEST(Policy, FragmentPolicies) {
  const auto policy = [](const std::string& word) {
    return build_policy(parse_site("site.yaml", "portcullis: 1\nessential: []\nfragments: " + word + "\n"), {});
  };
  EXPECT_EQ(policy("first").entries.size(), 1U);
  for (EtherClass type : {EtherClass::ipv4, EtherClass::ipv6}) {
    const Key whole{.context = make_context(1, type, Fragment::whole)};
    const Key first{.context = make_context(1, type, Fragment::first)};
    const Key later{.context = make_context(1, type, Fragment::later)};
    const Policy permit = policy("permit");
    EXPECT_EQ(permit.entries[0].from.cause, Cause::fragment);
    EXPECT_TRUE(permit.entries[0].action.permit);
    EXPECT_FALSE(permit.entries[0].match.contains(whole));
    EXPECT_FALSE(permit.entries[0].match.contains(first)) << "a first fragment has ports for the rules to judge";
    EXPECT_TRUE(permit.entries[0].match.contains(later));
    const Policy drop = policy("drop");
    EXPECT_FALSE(drop.entries[0].action.permit);
    EXPECT_FALSE(drop.entries[0].match.contains(whole));
    EXPECT_TRUE(drop.entries[0].match.contains(first));
    EXPECT_TRUE(drop.entries[0].match.contains(later));
  }
}

TEST(Policy, MonitorModeIsCarried) {
  EXPECT_TRUE(build_policy(parse_site("site.yaml", "portcullis: 1\nmode: monitor\n"), {}).monitor);
  EXPECT_FALSE(build_policy(parse_site("site.yaml", "portcullis: 1\n"), {}).monitor);
}

TEST(Policy, RulesWithNobodyAtAnEndMakeNoEntry) {
  const Policy policy =
      build_policy(parse_site("site.yaml",
                              "portcullis: 1\nessential: []\nroles: {A: none, B: 10.0.0.0/8}\nrules:\n"
                              "  - {name: a, action: drop, source: A}\n  - {name: b, action: drop, source: [A, B]}\n"),
                   {});
  ASSERT_EQ(policy.entries.size(), 2U);
  EXPECT_EQ(policy.entries[0].match.source, clients());
  ASSERT_EQ(policy.splits.size(), 1U);
  EXPECT_EQ(policy.splits[0].reason, "rule a: its source is bound to none");
}

}  // namespace
}  // namespace portcullis::policy
