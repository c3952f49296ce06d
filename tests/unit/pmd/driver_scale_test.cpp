// The driver on a simulated NIC of the geometry scale: an image of ten thousand rules judges every frame, while rules
// of rte_flow come and go around it.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>

#include "driver_fixture.h"
#include "pmd/rte_pmd_portcullis.h"
#include "tables/tree/compile.h"
#include "tables/tree/image_file.h"

namespace portcullis::test {
namespace {

constexpr unsigned kRules = 10000;
constexpr unsigned kFrames = 6000;
constexpr unsigned kFlows = 100;
constexpr std::uint16_t kFlowPort = 60000;  ///< and above: of no frame

/// UDP to some ports of a prefix in 10.0.0.0/8; dropped, or delivered with the rule's number + 1 as mark.
struct Known {
  std::uint32_t first_address = 0, last_address = 0;
  std::uint16_t first = 0, last = 0;
  bool permit = false;

  bool matches(std::uint32_t to, std::uint16_t port) const {
    return to >= first_address && to <= last_address && port >= first && port <= last;
  }
};

class DriverScaleTest : public DriverTest {
 protected:
  struct Packet {
    std::uint32_t to = 0;
    std::uint16_t port = 0;
    std::optional<unsigned> rule;  ///< the first that matches
  };

  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

  void make_rules() {
    for (unsigned n = 0; n < kRules; ++n) {
      Known rule;
      const unsigned host = below(7);  // bits
      rule.first_address = (0x0A000000U + below(1U << 20U)) & ~((1U << host) - 1);
      rule.last_address = rule.first_address + (1U << host) - 1;
      rule.first = static_cast<std::uint16_t>(1024 + below(40000));
      rule.last = static_cast<std::uint16_t>(rule.first + below(200));
      rule.permit = below(4) != 0;
      rules_.push_back(rule);
    }
  }
  policy::Policy policy() const {
    policy::Policy out;
    for (unsigned n = 0; n < kRules; ++n) {
      const Known& rule = rules_[n];
      policy::Entry entry;
      entry.match = policy::Match::any();
      entry.match.destination = {{policy::from_ipv4(rule.first_address), policy::from_ipv4(rule.last_address)}};
      entry.match.destination_port = {{rule.first, rule.last}};
      entry.match.protocol.reset();
      entry.match.protocol.set(17);
      entry.action.permit = rule.permit;
      entry.action.mark = n + 1;
      entry.from.rule = "rule " + std::to_string(n);
      out.entries.push_back(entry);
    }
    return out;
  }
  void make_packets() {
    for (unsigned i = 0; i < kFrames; ++i) {
      const Known& rule = rules_[below(kRules)];
      Packet packet;
      packet.to = rule.first_address + below(rule.last_address - rule.first_address + 1);
      packet.port = static_cast<std::uint16_t>(rule.first + below(rule.last - rule.first + 1U));
      if (i % 20 == 0) packet.port = static_cast<std::uint16_t>(below(1024));  // of no rule
      for (unsigned n = 0; n < kRules && !packet.rule; ++n)
        if (rules_[n].matches(packet.to, packet.port)) packet.rule = n;
      packets_.push_back(packet);
    }
  }

  std::mt19937 random_{20264};
  std::vector<Known> rules_;
  std::vector<Packet> packets_;
};

TEST_F(DriverScaleTest, TenThousandRulesJudgeEveryFrameWhileFlowRulesComeAndGo) {
  make_rules();
  make_packets();
  const std::vector<std::uint8_t> bytes =
      tables::tree::encode_scale(tables::tree::compile_scale(policy(), tables::tree::Shape::scale()).image);
  std::ofstream(file("policy.pti"), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  std::vector<Frame> frames;
  for (unsigned i = 0; i < kFrames; ++i) frames.push_back(udp_frame(packets_[i].to, 1, packets_[i].port, i));
  write_frames(file("in.pcap"), frames);
  ASSERT_EQ(probe("net_portcullis0", "geometry=scale,wire0=pcap:" + file("in.pcap") + ",image=" + file("policy.pti")),
            0);
  const std::uint16_t id = port("net_portcullis0");
  ASSERT_EQ(rte_pmd_portcullis_count_entries(id), static_cast<int>(kRules));
  start(id);

  std::vector<std::uint64_t> decided(kRules);
  std::uint64_t by_default = 0;
  unsigned next = 0;
  const auto judge = [&](const Packet& packet, bool delivered, std::uint32_t mark) {
    const bool permit = packet.rule && rules_[*packet.rule].permit;
    EXPECT_EQ(delivered, permit) << "packet " << next;
    if (delivered && packet.rule) {
      EXPECT_EQ(mark, *packet.rule + 1) << "packet " << next;
    }
    ++(packet.rule ? decided[*packet.rule] : by_default);
    ++next;
  };
  const auto take = [&](rte_mbuf* packet) {
    std::uint32_t number = 0;
    std::memcpy(&number, rte_pktmbuf_mtod_offset(packet, void*, 42), sizeof(number));
    const std::uint32_t mark = (packet->ol_flags & RTE_MBUF_F_RX_FDIR_ID) != 0 ? packet->hash.fdir.hi : 0;
    rte_pktmbuf_free(packet);
    ASSERT_LT(number, kFrames);
    while (next < number) judge(packets_[next], false, 0);
    judge(packets_[next], true, mark);
  };
  // More flow rules than the slice takes, so that the trees are rebuilt, between the polls of some frames each.
  std::vector<rte_flow*> flows;
  for (unsigned i = 0; i < 2 * kFlows; ++i) {
    if (i % 2 == 0 || flows.empty()) {
      const auto to_port = static_cast<std::uint16_t>(kFlowPort + 5 * i);
      Rule rule;
      flows.push_back(rule.udp_to(to_port, to_port).action(RTE_FLOW_ACTION_TYPE_DROP).create(id));
      ASSERT_NE(flows.back(), nullptr) << rule.error.message;
    } else if (i % 6 == 1) {
      rte_flow_error error{};
      ASSERT_EQ(rte_flow_destroy(id, flows.front(), &error), 0) << error.message;
      flows.erase(flows.begin());
    }
    rte_mbuf* received[kBurst];
    const std::uint16_t count = rte_eth_rx_burst(id, 0, received, kBurst);
    for (std::uint16_t p = 0; p < count; ++p) take(received[p]);
  }
  poll({id}, take);
  while (next < kFrames) judge(packets_[next], false, 0);

  unsigned rules_met = 0;
  for (unsigned n = 0; n < kRules; ++n) {
    rte_pmd_portcullis_entry entry{};
    ASSERT_EQ(rte_pmd_portcullis_get_entry(id, n, &entry), 0);
    ASSERT_EQ(entry.packets, decided[n]) << entry.rule;
    rules_met += decided[n] != 0 ? 1U : 0U;
  }
  rte_pmd_portcullis_totals totals{};
  ASSERT_EQ(rte_pmd_portcullis_get_totals(id, &totals), 0);
  EXPECT_EQ(totals.default_action, by_default);
  EXPECT_GT(rules_met, 3000U);
  std::cout << kFrames << " frames by " << rules_met << " of " << kRules << " rules, " << by_default
            << " by none; flow rules came and went " << 2 * kFlows << " times\n";
}

}  // namespace
}  // namespace portcullis::test
