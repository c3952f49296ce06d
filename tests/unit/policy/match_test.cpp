// Matches and action words.
#include <gtest/gtest.h>

#include "policy/policy.h"

namespace portcullis::policy {
namespace {

TEST(Match, AnyHoldsEveryKey) {
  const Match any = Match::any();
  EXPECT_FALSE(any.empty());
  Key key;
  EXPECT_TRUE(any.contains(key));
  key = {.source = ~Address{0},
         .destination = ~Address{0},
         .source_port = kNoPort,
         .destination_port = 65535,
         .vlan = kMaxVlan,
         .protocol = 255,
         .tcp_flags = 255,
         .dscp_tags = 255,
         .context = 255};
  EXPECT_TRUE(any.contains(key));
}

TEST(Match, NeedsEveryField) {
  Key key{.source = 7,
          .destination = 9,
          .source_port = 1000,
          .destination_port = 443,
          .vlan = 12,
          .protocol = 6,
          .tcp_flags = 2,
          .dscp_tags = 46,
          .context = 8};
  Match exact;
  exact.source = {{7, 7}};
  exact.destination = {{9, 9}};
  exact.source_port = {{1000, 1000}};
  exact.destination_port = {{443, 443}};
  exact.vlan = {{12, 12}};
  exact.protocol.set(6);
  exact.tcp_flags.set(2);
  exact.dscp_tags.set(46);
  exact.context.set(8);
  EXPECT_TRUE(exact.contains(key));

  for (unsigned field = 0; field < kTables; ++field) {
    Key other = key;
    switch (static_cast<Table>(field)) {
      case Table::source:
        ++other.source;
        break;
      case Table::destination:
        ++other.destination;
        break;
      case Table::source_port:
        ++other.source_port;
        break;
      case Table::destination_port:
        ++other.destination_port;
        break;
      case Table::vlan:
        ++other.vlan;
        break;
      case Table::protocol:
        ++other.protocol;
        break;
      case Table::tcp_flags:
        ++other.tcp_flags;
        break;
      case Table::dscp_tags:
        ++other.dscp_tags;
        break;
      case Table::context:
        ++other.context;
        break;
    }
    EXPECT_FALSE(exact.contains(other)) << kTableNames[field];
  }
  Match without = exact;
  without.tcp_flags.reset();
  EXPECT_TRUE(without.empty());
  EXPECT_FALSE(exact.empty());
}

// The bits as docs/design.md lists them.
TEST(Action, WordHasTheDocumentedBits) {
  EXPECT_EQ(Action{}.to_word(), 0U);
  EXPECT_EQ(Action{.permit = true}.to_word(), 0x0000'0001'0000'0000U);
  EXPECT_EQ((Action{.mark = 0xDEADBEEF}.to_word()), 0x0000'0002'DEAD'BEEFU);
  EXPECT_EQ((Action{.permit = true, .queue = 0xABC}.to_word()), 0x0000'ABCD'0000'0000U);
  EXPECT_EQ((Action{.permit = true, .wire = 3}.to_word()), 0x0000'0035'0000'0000U);
  EXPECT_EQ((Action{.mirror = true}.to_word()), 0x0001'0000'0000'0000U);
}

TEST(Action, WordReadsBack) {
  for (const Action& action :
       {Action{}, Action{.permit = true}, Action{.permit = true, .mirror = true, .mark = 0, .queue = 0},
        Action{.permit = true, .wire = 0}, Action{.mirror = true, .mark = 0xFFFFFFFF, .wire = 4095}}) {
    EXPECT_EQ(Action::from_word(action.to_word()), action);
  }
}

}  // namespace
}  // namespace portcullis::policy
