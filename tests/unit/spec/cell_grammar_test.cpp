// What single port and protocol cells say.
#include "spec/cell_grammar.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/report.h"

namespace portcullis::spec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A port cell as "6,17:80,443-444 | :53"; a trailing "!" for each problem.
std::string ports(std::string_view cell) {
  const PortCell read = read_port_cell(Vocabulary::built_in(), cell);
  std::string text;
  if (read.any) {
    text += "any ";
  }
  for (std::size_t g = 0; g < read.groups.size(); ++g) {
    const PortGroup& group = read.groups[g];
    std::vector<std::string> names;
    for (const std::int16_t protocol : group.protocols) {
      names.push_back(std::to_string(protocol));
    }
    std::vector<std::string> ranges;
    for (const PortRange& range : group.ranges) {
      ranges.push_back(to_string(range));
    }
    text += fmt::format("{}{}:{}", g == 0 ? "" : " | ", fmt::join(names, ","), fmt::join(ranges, ","));
  }
  return text + std::string(read.problems.size(), '!');
}

std::vector<std::int16_t> protocols(std::string_view cell) {
  return read_protocol_cell(Vocabulary::built_in(), cell).protocols;
}

TEST(PortCell, RangesAreWrittenInManyWays) {
  for (const char* cell :
       {"1024-2048", "1024 - 2048", "1024–2048", "1024—2048", "1024~2048", "1024:2048", "1024 to 2048",
        "1024 through 2048", "1024至2048", "1024到2048", "１０２４～２０４８", "1024..2048", "port 1024 to port 2048",
        "between 1024 and 2048", "1,024-2,048", "1024 bis 2048", "1024 à 2048"}) {
    EXPECT_EQ(ports(cell), ":1024-2048") << cell;
  }
}

TEST(PortCell, ListsAreWrittenInManyWays) {
  for (const char* cell : {"80, 443", "80,443", "80;443", "80/443", "80 and 443", "80 & 443", "80\n443", "80、443",
                           "80，443", "80和443", "80 或 443", "80 443", "80 + 443", "ports 80 and 443"}) {
    EXPECT_EQ(ports(cell), ":80,443") << cell;
  }
}

TEST(PortCell, RangesStayInTheOrderOfTheCellUnmerged) { EXPECT_EQ(ports("443, 80-90, 85, 443"), ":443,80-90,85,443"); }

TEST(PortCell, ThousandsSeparatorsAreToldFromLists) {
  EXPECT_EQ(ports("1,433"), ":1433");
  EXPECT_EQ(ports("49,152-65,535"), ":49152-65535");
  EXPECT_EQ(ports("49.152–65.535"), ":49152-65535");
  EXPECT_EQ(ports("49 152"), ":49152");
  EXPECT_EQ(ports("80,443"), ":80,443");
  EXPECT_EQ(ports("22,443"), ":22,443");
  EXPECT_EQ(ports("53,123"), ":53,123");
  EXPECT_EQ(ports("25,110,143"), ":25,110,143");
  EXPECT_EQ(ports("1, 433"), ":1,433");
  EXPECT_EQ(ports("443,444,8443"), ":443,444,8443");
}

TEST(PortCell, ProtocolsStandBeforeOrBehindTheirPorts) {
  EXPECT_EQ(ports("1194/UDP"), "17:1194");
  EXPECT_EQ(ports("TCP port 1433"), "6:1433");
  EXPECT_EQ(ports("uses ports 80 and 443 (TCP)"), "6:80,443");
  EXPECT_EQ(ports("TCP 80, 443; UDP 53"), "6:80,443 | 17:53");
  EXPECT_EQ(ports("80/tcp, 53/udp"), "6:80 | 17:53");
  EXPECT_EQ(ports("53 TCP/UDP"), "6,17:53");
  EXPECT_EQ(ports("1194/UDP, TCP 443"), "17:1194 | 6:443");
  EXPECT_EQ(ports("tcp443"), "6:443");
  EXPECT_EQ(ports("HTTPS (443)"), "6:443");
  EXPECT_EQ(ports("All TCP ports"), "any 6:0-65535");
}

TEST(PortCell, RemarksAndFootnotesAreNoPorts) {
  for (const char* cell :
       {"443", "443 *", "443\\*", "443 (default)", "443 [1]", "443 (1)", "443¹", "443 †", "443 (HTTPS only)"}) {
    EXPECT_THAT(ports(cell), testing::HasSubstr(":443")) << cell;
    EXPECT_THAT(ports(cell), testing::Not(testing::HasSubstr("!"))) << cell;
  }
  EXPECT_EQ(ports("1024-65535 (minimum of 20 ports required)"), ":1024-65535");
}

TEST(PortCell, OpenEndsReachTheLastPort) {
  EXPECT_EQ(ports("1024+"), ":1024-65535");
  EXPECT_EQ(ports("1024 and above"), ":1024-65535");
  EXPECT_EQ(ports(">1023"), ":1024-65535");
  EXPECT_EQ(ports("≥ 1024"), ":1024-65535");
}

TEST(PortCell, WhatIsNoPortIsAProblem) {
  EXPECT_EQ(ports("65536"), "!");
  EXPECT_EQ(ports("2048-1024"), "!");
  EXPECT_EQ(ports("443 -> 8443"), "!");
  EXPECT_EQ(ports("1-2-3"), "!");
  EXPECT_EQ(ports("443 (or 8443)"), ":443!");
  EXPECT_EQ(ports("99999999999999999999"), "!");
}

TEST(PortCell, BlankNoneAndAnyAreToldApart) {
  const Vocabulary& words = Vocabulary::built_in();
  for (const char* cell : {"", " ", "\u00A0", "*\n", "†"}) {
    EXPECT_TRUE(read_port_cell(words, cell).blank || read_port_cell(words, cell).any) << cell;
  }
  for (const char* cell : {"-", "–", "N/A", "NA", "n/a", "none", "不适用", "無"}) {
    EXPECT_TRUE(read_port_cell(words, cell).none) << cell;
  }
  for (const char* cell : {"Any", "all", "*", "任何", "任意", "any port", "beliebig"}) {
    EXPECT_TRUE(read_port_cell(words, cell).any) << cell;
  }
}

TEST(ProtocolCell, MeansTheIpLayer) {
  for (const char* cell :
       {"TCP", "TCP (TLS)", "TCP(TLS)", "HTTPS", "HTTP", "MTLS", "DCOM and RPC", "SMB/TCP", "TCP (PSOM/TLS)",
        "HTTPS\nTCP", "TCP and HTTP", "SIP/TLS", "ＴＣＰ", "HTTP(S)", "TCP/IP", "RTP/TCP", "6"}) {
    EXPECT_THAT(protocols(cell), ElementsAre(6)) << cell;
  }
  for (const char* cell : {"UDP", "DHCP", "SRTP", "UDP (STUN/MSTURN)", "DNS (UDP)", "17"}) {
    EXPECT_THAT(protocols(cell), ElementsAre(17)) << cell;
  }
  EXPECT_THAT(protocols("TCP/UDP"), ElementsAre(6, 17));
  EXPECT_THAT(protocols("UDP and TCP"), ElementsAre(17, 6));
  EXPECT_THAT(protocols("TCP 或 UDP"), ElementsAre(6, 17));
  EXPECT_THAT(protocols("UDP and HTTPS"), ElementsAre(17, 6));
  EXPECT_THAT(protocols("IPENCAP / IPIP"), ElementsAre(4));
  EXPECT_THAT(protocols("ESP"), ElementsAre(50));
  EXPECT_THAT(protocols("IP protocol 47"), ElementsAre(47));
  EXPECT_THAT(protocols("VRRP"), ElementsAre(112));
  EXPECT_THAT(protocols("任何"), ElementsAre(Protocol::kAny));
}

TEST(ProtocolCell, WhatNamesNoProtocolIsAProblem) {
  for (const char* cell : {"Frobnication", "DNS", "SIP", "Secure channel"}) {
    const ProtocolCell read = read_protocol_cell(Vocabulary::built_in(), cell);
    EXPECT_THAT(read.protocols, IsEmpty()) << cell;
    EXPECT_FALSE(read.problems.empty()) << cell;
  }
  const ProtocolCell part = read_protocol_cell(Vocabulary::built_in(), "TCP/UPS/TLS (configurable)");
  EXPECT_THAT(part.protocols, ElementsAre(6));
  ASSERT_EQ(part.problems.size(), 1U);
  EXPECT_EQ(part.problems[0].text, "UPS");
}

TEST(ProtocolCell, NotesKeepTheirCase) {
  EXPECT_EQ(read_protocol_cell(Vocabulary::built_in(), "TCP - Client and Device, and others").note,
            "Client and Device, and others");
}

TEST(IcmpMessages, AreNumbersOrNames) {
  const Vocabulary& words = Vocabulary::built_in();
  EXPECT_THAT(read_icmp_messages(words, "type 3 code 4", 4, false), ElementsAre(IcmpMessage{3, 4}));
  EXPECT_THAT(read_icmp_messages(words, "8/0, 0/0", 4, true), ElementsAre(IcmpMessage{8, 0}, IcmpMessage{0, 0}));
  EXPECT_THAT(read_icmp_messages(words, "Echo Request", 4, false), ElementsAre(IcmpMessage{8, -1}));
  EXPECT_THAT(read_icmp_messages(words, "echo request", 6, false), ElementsAre(IcmpMessage{128, -1}));
  EXPECT_THAT(read_icmp_messages(words, "300", 4, true), IsEmpty());
}

}  // namespace
}  // namespace portcullis::spec
