// Made traffic against the policy it is made from, with the reference parser as the judge of frames.
#include "traffic/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "policy/packet.h"

namespace portcullis::traffic {
namespace {

using policy::Malformed;

policy::Policy small_policy() {
  policy::Policy policy;
  policy::Entry web;
  web.match = policy::Match::any();
  web.match.destination = {
      {policy::from_ipv4(0xC0000200), policy::from_ipv4(0xC00002FF)},
      {policy::make_address(0x20010db800010000, 0), policy::make_address(0x20010db800010000, ~0ULL)}};
  web.match.destination_port = {{80, 80}, {443, 443}, {5060, 5061}};
  web.match.protocol.reset();
  web.match.protocol.set(kTcp).set(kUdp);
  policy.entries.push_back(web);
  policy::Entry echo;
  echo.match = policy::Match::any();
  echo.match.protocol.reset();
  echo.match.protocol.set(kIcmp);
  echo.match.source_port = {{8, 8}};
  echo.match.vlan = {{100, 199}};
  policy.entries.push_back(echo);
  return policy;
}

TEST(BorderKeys, HoldEveryEndAndOuterNeighbourInBothFamilies) {
  const std::vector<policy::Key> keys = border_keys(small_policy(), 2);
  for (const bool v4 : {true, false}) {
    std::set<std::uint32_t> ports;
    for (const policy::Key& key : keys) {
      if (policy::is_ipv4(key.destination) == v4) ports.insert(key.destination_port);
    }
    for (const std::uint32_t port : {79U, 80U, 81U, 442U, 443U, 444U, 5059U, 5060U, 5061U, 5062U}) {
      EXPECT_TRUE(ports.contains(port)) << port << (v4 ? " over IPv4" : " over IPv6");
    }
  }
  std::set<policy::Address> destinations;
  std::set<unsigned> vlans;
  std::set<unsigned> fragments;
  std::set<unsigned> classes;
  for (const policy::Key& key : keys) {
    destinations.insert(key.destination);
    vlans.insert(key.vlan);
    fragments.insert(key.context >> 6U);
    classes.insert((key.context >> 3U) & 7U);
  }
  for (const std::uint32_t last : {0xC00001FFU, 0xC0000200U, 0xC00002FFU, 0xC0000300U}) {
    EXPECT_TRUE(destinations.contains(policy::from_ipv4(last))) << std::hex << last;
  }
  for (const unsigned vlan : {99U, 100U, 199U, 200U}) EXPECT_TRUE(vlans.contains(vlan)) << vlan;
  EXPECT_EQ(fragments, (std::set<unsigned>{0, 1, 2}));
  EXPECT_EQ(classes.size(), 8U);
}

TEST(RandomKeys, CanAllBePresented) {
  const RandomKeys keys(small_policy(), 2);
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const policy::Key key = keys.next(random);
    const auto frame = frame_presenting(key);
    ASSERT_TRUE(frame);
    const auto parsed = policy::parse_frame(build(*frame), key.context & 7U);
    ASSERT_EQ(parsed.cause, Malformed::none);
    ASSERT_EQ(parsed.key, key);
  }
}

TEST(MalformedFrames, MeetTheirCauseOnTheWire) {
  for (unsigned cause = 1; cause <= 8; ++cause) {
    const auto frames = malformed_frames(static_cast<Malformed>(cause));
    EXPECT_GE(frames.size(), 2U) << cause;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      PacketSet set;  // pads, as a MAC does
      set.add(build(frames[i]), 0);
      EXPECT_EQ(policy::parse_frame(set.frame(0), 0).cause, static_cast<Malformed>(cause))
          << policy::to_string(static_cast<Malformed>(cause)) << ", frame " << i;
    }
  }
}

TEST(MakeTraffic, IsTheSameForTheSameSeedAndNotForAnother) {
  const Traffic a = make_traffic(small_policy(), 2, 5, 3000);
  const Traffic b = make_traffic(small_policy(), 2, 5, 3000);
  const Traffic c = make_traffic(small_policy(), 2, 6, 3000);
  ASSERT_EQ(a.packets.size(), 3000U);
  ASSERT_EQ(b.packets.size(), 3000U);
  bool differs = false;
  for (std::size_t i = 0; i < 3000; ++i) {
    ASSERT_TRUE(std::ranges::equal(a.packets.frame(i), b.packets.frame(i))) << i;
    differs |= !std::ranges::equal(a.packets.frame(i), c.packets.frame(i));
  }
  EXPECT_TRUE(differs);
}

TEST(MakeTraffic, HoldsAllBordersEveryCauseAndRandomHeadersByDefault) {
  const policy::Policy policy = small_policy();
  const Traffic traffic = make_traffic(policy, 2, 1);
  EXPECT_EQ(traffic.mixture.border, border_keys(policy, 2).size());
  EXPECT_GE(traffic.mixture.random, 500U);
  std::set<Malformed> causes;
  for (std::size_t i = 0; i < traffic.packets.size(); ++i) {
    EXPECT_GE(traffic.packets[i].length, policy::kMinFrame);
    EXPECT_LT(traffic.packets[i].ingress, 2);
    causes.insert(policy::parse_frame(traffic.packets.frame(i), traffic.packets[i].ingress).cause);
  }
  EXPECT_EQ(causes.size(), 9U);
}

}  // namespace
}  // namespace portcullis::traffic
