#include "tables/reference.h"

#include <gtest/gtest.h>

namespace portcullis::tables {
namespace {

policy::Policy two_entries() {
  policy::Policy policy;
  policy::Entry web;
  web.match = policy::Match::any();
  web.match.destination_port = {{80, 80}, {443, 443}};
  web.action.permit = false;
  web.from.cause = policy::Cause::rule;
  policy::Entry all;
  all.match = policy::Match::any();
  all.match.protocol.reset().set(6);
  all.action.permit = true;
  all.action.mark = 7;
  all.from.cause = policy::Cause::essential;
  policy.entries = {web, all};
  return policy;
}

policy::Key tcp(std::uint32_t port) {
  policy::Key key;
  key.protocol = 6;
  key.destination_port = port;
  return key;
}

TEST(Reference, TheFirstEntryThatMatchesDecides) {
  const policy::Policy policy = two_entries();
  EXPECT_EQ(first_match(policy, tcp(443)), 0U);
  EXPECT_EQ(first_match(policy, tcp(444)), 1U);
  policy::Key udp = tcp(444);
  udp.protocol = 17;
  EXPECT_EQ(first_match(policy, udp), std::nullopt);
  EXPECT_FALSE(decide(policy, tcp(443)).permit);
  EXPECT_EQ(decide(policy, tcp(444)).action.mark, 7U);
  EXPECT_EQ(decide(policy, tcp(444)).cause, policy::Cause::essential);
  EXPECT_EQ(decide(policy, udp).cause, policy::Cause::default_action);
  EXPECT_EQ(decide(policy, udp).entry, std::nullopt);
}

TEST(Reference, MonitorModePassesWhatItWouldHaveDropped) {
  policy::Policy policy = two_entries();
  policy.monitor = true;
  EXPECT_TRUE(decide(policy, tcp(80)).permit);
  EXPECT_TRUE(decide(policy, tcp(80)).would_drop);
  EXPECT_TRUE(decide(policy, tcp(81)).permit);
  EXPECT_FALSE(decide(policy, tcp(81)).would_drop);
}

TEST(Reference, MalformedFramesAreDroppedBeforeAnyRule) {
  policy::ParsedFrame frame;
  frame.key = tcp(444);
  EXPECT_TRUE(decide(two_entries(), frame).permit);
  frame.cause = policy::Malformed::bad_length;
  const Verdict verdict = decide(two_entries(), frame);
  EXPECT_FALSE(verdict.permit);
  EXPECT_EQ(verdict.entry, std::nullopt);
  EXPECT_EQ(verdict.cause, policy::Cause::malformed);
  EXPECT_EQ(verdict.malformed, policy::Malformed::bad_length);

  policy::Policy watched = two_entries();
  watched.monitor = true;
  EXPECT_TRUE(decide(watched, frame).permit);
  EXPECT_TRUE(decide(watched, frame).would_drop);
}

}  // namespace
}  // namespace portcullis::tables
