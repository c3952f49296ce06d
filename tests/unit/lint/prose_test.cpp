// Ports that running text names, and numbers that are none.
#include "policy/lint/prose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/report.h"

namespace portcullis::policy::lint {
namespace {

/// "tcp?443", "80-90": protocol number and range of each mention.
std::vector<std::string> mentions(std::string_view line) {
  std::vector<std::string> out;
  for (const PortMention& mention : port_mentions(line)) {
    out.push_back((mention.protocol ? std::to_string(*mention.protocol) + "/" : "") + spec::to_string(mention.range));
  }
  return out;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PortMentions, AreFoundInTheWaysPeopleWriteThem) {
  EXPECT_THAT(mentions("encrypted using SSL on port 443."), ElementsAre("443"));
  EXPECT_THAT(mentions("from a dynamic source port to port TLS/TCP/5061 of it"), ElementsAre("6/5061"));
  EXPECT_THAT(mentions("NTLM over RPC (TCP Port 135)"), ElementsAre("6/135"));
  EXPECT_THAT(mentions("open UDP port 137, and 53/udp"), ElementsAre("17/137", "17/53"));
  EXPECT_THAT(mentions("ports 80, 443 and 8080-8090 must be open"), ElementsAre("80", "443", "8080-8090"));
  EXPECT_THAT(mentions("on `tcp/8443` or **port number 9443**"), ElementsAre("6/8443", "9443"));
  EXPECT_THAT(mentions("在埠3478上 STUN/TURN 以 UDP 協商"), ElementsAre("3478"));
  EXPECT_THAT(mentions("不再使用 TCP 端口 5060，但是"), ElementsAre("6/5060"));
}

TEST(PortMentions, AreNotEveryNumber) {
  EXPECT_THAT(mentions("Windows events 4776, 4732 and 4757 of 2016"), IsEmpty());
  EXPECT_THAT(mentions("a minimum of 20 ports is required"), IsEmpty());
  EXPECT_THAT(mentions("a TCP 3-way handshake over TLS 1.2, TCP 1.1"), IsEmpty());
  EXPECT_THAT(mentions("switch port 3 and serial port 12"), IsEmpty());
  EXPECT_THAT(mentions("port 70000 is none, and port 0 neither"), IsEmpty());
  EXPECT_THAT(mentions("<td>443</td><td>TCP</td>"), IsEmpty());
}

TEST(PortMentions, KnowWhatTheirSentenceSaysOfThem) {
  const auto both = port_mentions("The server no longer uses TCP port 5060. Block port 23. Open port 443.");
  ASSERT_EQ(both.size(), 3U);
  EXPECT_TRUE(both[0].unused);
  EXPECT_FALSE(both[0].closed);
  EXPECT_TRUE(both[1].closed);
  EXPECT_FALSE(both[2].unused || both[2].closed);
}

}  // namespace
}  // namespace portcullis::policy::lint
