// ClassBench filters and traces.
#include "policy/classbench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace portcullis::policy {
namespace {

using testing::HasSubstr;
using Ports = IntervalSet<std::uint32_t>;
using Addresses = IntervalSet<Address>;

TEST(Classbench, ReadsTheFiveTuple) {
  const Policy policy =
      parse_classbench("set",
                       "@192.0.2.1/32\t198.51.100.0/24\t0 : 65535\t1521 : 1530\t0x06/0xFF\t0x1000/0x1000\t\n"
                       "\n"
                       "@10.1.2.3/8 0.0.0.0/0 53 : 53 0 : 65535 0x00/0x00\r\n");
  ASSERT_EQ(policy.entries.size(), 2U);
  const Entry& first = policy.entries[0];
  EXPECT_EQ(first.match.source, (Addresses{{from_ipv4(0xC0000201), from_ipv4(0xC0000201)}}));
  EXPECT_EQ(first.match.destination, (Addresses{{from_ipv4(0xC6336400), from_ipv4(0xC63364FF)}}));
  EXPECT_EQ(first.match.source_port, (Ports{{0, 0x10000}}));
  EXPECT_EQ(first.match.destination_port, (Ports{{1521, 1530}}));
  EXPECT_EQ(first.match.protocol.count(), 1U);
  EXPECT_TRUE(first.match.protocol[6]);
  EXPECT_TRUE(first.match.tcp_flags.all());
  EXPECT_TRUE(first.action.permit);
  EXPECT_EQ(first.from.line, 1U);
  EXPECT_EQ(first.from.rule, "set:1");

  const Entry& second = policy.entries[1];
  EXPECT_EQ(second.match.source, (Addresses{{from_ipv4(0x0A000000), from_ipv4(0x0AFFFFFF)}}));
  EXPECT_EQ(second.match.destination, (Addresses{{from_ipv4(0), from_ipv4(0xFFFFFFFF)}}));
  EXPECT_TRUE(second.match.protocol.all());
  EXPECT_EQ(second.from.line, 3U);
  EXPECT_FALSE(policy.default_action.permit);
}

TEST(Classbench, MaskedProtocolMatchesEveryValueUnderTheMask) {
  const Policy policy = parse_classbench("set", "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x06/0xFE");
  EXPECT_EQ(policy.entries[0].match.protocol.count(), 2U);
  EXPECT_TRUE(policy.entries[0].match.protocol[6]);
  EXPECT_TRUE(policy.entries[0].match.protocol[7]);
}

TEST(Classbench, ErrorsNameTheLine) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"192.0.2.1/32 0.0.0.0/0 0 : 1 0 : 1 0x06/0xFF", "'@'"},
      {"@192.0.2.1/33 0.0.0.0/0 0 : 1 0 : 1 0x06/0xFF", "length of the source address"},
      {"@192.0.256.1/32 0.0.0.0/0 0 : 1 0 : 1 0x06/0xFF", "0 to 255"},
      {"@192.0.2.1/32 0.0.0.0/0 9 : 1 0 : 1 0x06/0xFF", "reversed"},
      {"@192.0.2.1/32 0.0.0.0/0 0 : 65536 0 : 1 0x06/0xFF", "0 to 65535"},
      {"@192.0.2.1/32 0.0.0.0/0 0 - 1 0 : 1 0x06/0xFF", "':'"},
      {"@192.0.2.1/32 0.0.0.0/0 0 : 1 0 : 1 6/0xFF", "0x"},
      {"@192.0.2.1/32 0.0.0.0/0 0 : 1", "destination port"},
      {"@1.2.3.4", "'/'"}};
  const std::string good = "@192.0.2.1/32 0.0.0.0/0 0 : 1 0 : 1 0x06/0xFF\n";
  for (const auto& [line, message] : cases) {
    try {
      parse_classbench("filters", good + std::string(line));
      ADD_FAILURE() << "read: " << line;
    } catch (const ClassbenchError& error) {
      EXPECT_THAT(error.what(), HasSubstr("filters:2: ")) << line;
      EXPECT_THAT(error.what(), HasSubstr(message)) << line;
    }
  }
  EXPECT_THROW(parse_classbench("filters", "\n \n"), ClassbenchError);
  EXPECT_THROW(read_classbench("/nowhere/at/all"), ClassbenchError);
}

TEST(Classbench, TraceGivesKeysOfWholeIpv4PacketsWithPorts) {
  const auto keys = parse_trace("trace", "3221225985\t3325256711\t1024\t80\t6\t17\n0 4294967295 0 65535 1\n");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0], (Key{.source = from_ipv4(0xC0000201),
                          .destination = from_ipv4(0xC6336407),
                          .source_port = 1024,
                          .destination_port = 80,
                          .vlan = 0,
                          .protocol = 6,
                          .tcp_flags = 0xFF,
                          .dscp_tags = 0,
                          .context = 1 << 3}));
  EXPECT_EQ(keys[1].protocol, 1);
  EXPECT_EQ(keys[1].destination_port, 65535U);
  EXPECT_THROW(parse_trace("trace", "1 2 3 4\n"), ClassbenchError);
  EXPECT_THROW(parse_trace("trace", "4294967296 2 3 4 6\n"), ClassbenchError);
  EXPECT_THROW(parse_trace("trace", "1.2.3.4 2 3 4 6\n"), ClassbenchError);
}

TEST(Classbench, ReadsTheSharedSets) {
  const std::filesystem::path folder = std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const std::pair<const char*, std::size_t> sets[] = {
      {"acl1_1k", 942}, {"fw1_1k", 857}, {"fw4_1k", 847}, {"ipc1_1k", 974}, {"acl1_10k", 9774}};
  for (const auto& [name, filters] : sets) {
    const Policy policy = read_classbench(folder / name);
    EXPECT_EQ(policy.entries.size(), filters) << name;
    for (const Entry& entry : policy.entries) ASSERT_FALSE(entry.match.empty());
  }
}

}  // namespace
}  // namespace portcullis::policy
