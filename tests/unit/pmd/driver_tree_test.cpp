// rte_flow over a NIC with trees: rules come and go one by one, in bursts and in storms while packets pass, alone and
// beside a compiled image. The oracle is a list of rules in the test, kept in order, and the clock at which each packet
// was decided.
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <random>

#include "driver_fixture.h"
#include "pmd/rte_pmd_portcullis.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "tables/tree/compile.h"
#include "tables/tree/image_file.h"

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010000;
/// A frame leaves the filter so many clocks after its lookup, at most: nothing holds it up here.
constexpr std::uint64_t kLeaves = 400;

/// A rule as the test knows it: UDP to some ports of some addresses.
struct Known {
  std::uint32_t priority = 0;
  std::uint64_t order = 0;  ///< in which it came
  std::uint32_t prefix = 0, length = 0;
  std::uint16_t first = 0, last = 0;
  std::optional<std::uint32_t> mark;  ///< none: dropped
  rte_flow* flow = nullptr;

  bool matches(std::uint32_t to, std::uint16_t port) const {
    const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
    return (to & mask) == prefix && port >= first && port <= last;
  }
};

/// What happens to a packet: dropped, or delivered with a mark or without one.
struct Fate {
  bool delivered = true;
  std::uint32_t mark = 0;
  friend bool operator==(const Fate&, const Fate&) = default;
};

/// The rules in force in a span of clocks.
struct Epoch {
  std::uint64_t from = 0, to = ~std::uint64_t{0};
  std::vector<Known> rules;

  Fate of(std::uint32_t to_address, std::uint16_t port) const {
    const Known* best = nullptr;
    for (const Known& rule : rules) {
      if (!rule.matches(to_address, port)) continue;
      if (best == nullptr || std::pair(rule.priority, rule.order) < std::pair(best->priority, best->order))
        best = &rule;
    }
    if (best == nullptr) return {};
    return best->mark ? Fate{true, *best->mark} : Fate{false, 0};
  }
};

class DriverTreeTest : public DriverTest {
 protected:
  struct Packet {
    std::uint32_t to;
    std::uint16_t port;
  };

  /// `count` frames to addresses and ports that the rules are about, numbered, and a NIC with trees that gets them.
  void probe_with_frames(unsigned count, const std::string& more = {}) {
    std::vector<Frame> frames;
    for (unsigned i = 0; i < count; ++i) {
      packets_.push_back({kTo + below(64), static_cast<std::uint16_t>(5000 + below(400))});
      frames.push_back(udp_frame(packets_.back().to, 1, packets_.back().port, i));
    }
    write_frames(file("in.pcap"), frames);
    ASSERT_EQ(probe("net_portcullis0", "geometry=scale-small,wire0=pcap:" + file("in.pcap") + more), 0);
    id_ = port("net_portcullis0");
    ASSERT_EQ(rte_mbuf_dyn_rx_timestamp_register(&timestamp_, nullptr), 0);
    rte_eth_conf conf{};
    conf.rxmode.offloads = RTE_ETH_RX_OFFLOAD_TIMESTAMP;
    start(id_, 1, conf);
    epochs_.push_back({});
  }

  std::uint32_t below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
  }
  std::uint64_t clock() const {
    std::uint64_t now = 0;
    EXPECT_EQ(rte_eth_read_clock(id_, &now), 0);
    return now;
  }

  Known some_rule() {
    Known rule;
    rule.priority = below(3);
    rule.order = next_order_++;
    rule.length = 26 + below(7);
    rule.prefix = (kTo + below(64)) & (~std::uint32_t{0} << (32 - rule.length));
    rule.first = static_cast<std::uint16_t>(5000 + below(400));
    rule.last = static_cast<std::uint16_t>(std::min(5399U, rule.first + below(120)));
    if (below(3) != 0) rule.mark = static_cast<std::uint32_t>(rule.order + 1);
    return rule;
  }

  /// rte_flow_create of a rule; null if it is refused.
  rte_flow* ask_for(const Known& rule, Rule& asked) {
    rte_flow_item_ipv4 address{}, mask{};
    address.hdr.dst_addr = rte_cpu_to_be_32(rule.prefix);
    mask.hdr.dst_addr = rte_cpu_to_be_32(rule.length == 0 ? 0 : ~std::uint32_t{0} << (32 - rule.length));
    rte_flow_item_udp first{}, last{}, all{};
    first.hdr.dst_port = rte_cpu_to_be_16(rule.first);
    last.hdr.dst_port = rte_cpu_to_be_16(rule.last);
    all.hdr.dst_port = 0xFFFF;
    asked.priority(rule.priority)
        .item(RTE_FLOW_ITEM_TYPE_ETH)
        .item(RTE_FLOW_ITEM_TYPE_IPV4, &address, &mask)
        .item(RTE_FLOW_ITEM_TYPE_UDP, &first, &all, &last);
    const rte_flow_action_mark mark{rule.mark.value_or(0)};
    if (rule.mark) {
      asked.action(RTE_FLOW_ACTION_TYPE_MARK, &mark);
    } else {
      asked.action(RTE_FLOW_ACTION_TYPE_DROP);
    }
    return asked.action(RTE_FLOW_ACTION_TYPE_COUNT).create(id_);
  }

  /// A change by `change`, after which the rules are `after`: packets of its time meet the rules before or after.
  template <typename Change>
  void changes_to(std::vector<Known> after, Change&& change) {
    const std::uint64_t from = clock();
    change(after);
    const std::uint64_t to = clock();
    slowest_ = std::max(slowest_, to - from);
    epochs_.back().to = to;
    epochs_.push_back({from, ~std::uint64_t{0}, std::move(after)});
  }
  void add(const Known& rule) {
    std::vector<Known> after = epochs_.back().rules;
    after.push_back(rule);
    changes_to(std::move(after), [&](std::vector<Known>& rules) {
      Rule asked;
      rules.back().flow = ask_for(rule, asked);
      ASSERT_NE(rules.back().flow, nullptr) << asked.error.message;
    });
  }
  void remove_rule(std::size_t at) {
    std::vector<Known> after = epochs_.back().rules;
    rte_flow* flow = after[at].flow;
    after.erase(after.begin() + static_cast<std::ptrdiff_t>(at));
    changes_to(std::move(after), [&](std::vector<Known>&) {
      rte_flow_error error{};
      ASSERT_EQ(rte_flow_destroy(id_, flow, &error), 0) << error.message;
    });
  }

  /// Polls until so many packets more are decided, or until all that comes has come.
  void poll_some(std::uint32_t more) {
    const std::uint32_t wanted = next_ + more;
    for (unsigned polls = 0; next_ < wanted && polls < 200; ++polls) {
      rte_mbuf* received[kBurst];
      const std::uint16_t count = rte_eth_rx_burst(id_, 0, received, kBurst);
      for (std::uint16_t p = 0; p < count; ++p) take(received[p]);
    }
  }
  void poll_all() {
    poll({id_}, [&](rte_mbuf* packet) { take(packet); });
    expect_dropped(static_cast<std::uint32_t>(packets_.size()), clock());
  }

  /// Rules in force some time from clock `from` to clock `to`.
  bool may_be(const Packet& packet, const Fate& fate, std::uint64_t from, std::uint64_t to) const {
    return std::ranges::any_of(epochs_, [&](const Epoch& epoch) {
      return epoch.from <= to && epoch.to >= from && epoch.of(packet.to, packet.port) == fate;
    });
  }
  void take(rte_mbuf* packet) {
    const std::uint64_t at = *RTE_MBUF_DYNFIELD(packet, timestamp_, const std::uint64_t*);
    const Frame bytes = bytes_of(packet);
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + 42, sizeof(number));
    const Fate fate{true, (packet->ol_flags & RTE_MBUF_F_RX_FDIR_ID) != 0 ? packet->hash.fdir.hi : 0};
    rte_pktmbuf_free(packet);
    ASSERT_LT(number, packets_.size());
    EXPECT_TRUE(may_be(packets_[number], fate, at - kLeaves, at))
        << "packet " << number << ", decided at clock " << at << ", has mark " << fate.mark;
    expect_dropped(number, at);
    next_ = number + 1;
    before_ = at;
    ++marks_[fate.mark];
    ++received_;
  }
  /// Packets up to `number` have not come: rules dropped them between the one before and clock `until`.
  void expect_dropped(std::uint32_t number, std::uint64_t until) {
    ASSERT_GE(number, next_) << "packets are out of order";
    for (; next_ < number; ++next_) {
      EXPECT_TRUE(may_be(packets_[next_], {false, 0}, before_ < kLeaves ? 0 : before_ - kLeaves, until))
          << "packet " << next_ << " was dropped before clock " << until;
    }
  }
  /// Each rule with a mark has counted the packets that came with its mark.
  void expect_counters() {
    for (const Known& rule : epochs_.back().rules) {
      if (!rule.mark) continue;
      EXPECT_EQ(count_of(id_, rule.flow).hits, marks_[*rule.mark]) << "rule " << rule.order;
    }
  }

  std::mt19937 random_{20261};
  std::vector<Packet> packets_;
  std::vector<Epoch> epochs_;
  std::map<std::uint32_t, std::uint64_t> marks_;
  std::uint64_t next_order_ = 0, before_ = 0, slowest_ = 0, received_ = 0;
  std::uint32_t next_ = 0;
  int timestamp_ = -1;
  std::uint16_t id_ = 0;
};

TEST_F(DriverTreeTest, RulesComeAndGoBetweenPacketsAndCountThemToTheLast) {
  probe_with_frames(3000);
  for (unsigned step = 0; step < 90; ++step) {
    const std::vector<Known>& rules = epochs_.back().rules;
    if (rules.empty() || below(3) != 0) {
      add(some_rule());
    } else {
      remove_rule(below(static_cast<std::uint32_t>(rules.size())));
    }
    poll_some(25);
  }
  poll_all();
  expect_counters();
  EXPECT_GT(received_, 500U);
  EXPECT_LT(received_, 2900U);
  EXPECT_GT(marks_.size(), 20U);
  std::cout << received_ << " of " << packets_.size() << " packets delivered; a change took at most " << slowest_
            << " clocks\n";
}

TEST_F(DriverTreeTest, ABurstBeyondTheSliceAndAStormOfRemovalsAreInForceWhenTheyReturn) {
  probe_with_frames(1500);
  poll_some(100);
  // The slice has 64 places and room for 31 rules that share no boundaries.
  for (unsigned i = 0; i < 70; ++i) add(some_rule());
  poll_some(600);
  while (epochs_.back().rules.size() > 5) remove_rule(below(static_cast<std::uint32_t>(epochs_.back().rules.size())));
  poll_all();
  expect_counters();
  EXPECT_GT(received_, 500U);
  rte_flow_error error{};
  EXPECT_EQ(rte_flow_flush(id_, &error), 0) << error.message;
}

TEST_F(DriverTreeTest, ARuleThatHasNoRoomIsRefusedAndTheOthersStay) {
  probe_with_frames(400);
  unsigned created = 0;
  for (; created < 300; ++created) {
    // A few in the way of nothing, of VLANs, which only the slice holds.
    rte_flow_item_vlan vlan{}, mask{};
    vlan.hdr.vlan_tci = rte_cpu_to_be_16(static_cast<std::uint16_t>(2 * created + 1));
    mask.hdr.vlan_tci = rte_cpu_to_be_16(0x0FFF);
    Rule rule;
    if (rule.item(RTE_FLOW_ITEM_TYPE_ETH)
            .item(RTE_FLOW_ITEM_TYPE_VLAN, &vlan, &mask)
            .action(RTE_FLOW_ACTION_TYPE_DROP)
            .create(id_) == nullptr) {
      EXPECT_EQ(rte_errno, ENOSPC);
      EXPECT_GT(std::string(rule.error.message).size(), 10U);
      break;
    }
  }
  EXPECT_GT(created, 3U);
  EXPECT_LT(created, 64U);
  for (unsigned i = 0; i < 10; ++i) add(some_rule());
  poll_all();
  expect_counters();
}

TEST_F(DriverTreeTest, AnImageStandsBetweenTheRulesAndItsEntriesCountThroughChangesOfBoth) {
  // Entry n permits 5000 + 4 n to 5003 + 4 n; beyond 5199 all is dropped.
  policy::Policy policy;
  for (std::uint32_t n = 0; n < 50; ++n) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.protocol.reset();
    entry.match.protocol.set(17);
    entry.match.destination_port = {{5000 + 4 * n, 5003 + 4 * n}};
    entry.action.permit = true;
    entry.from.rule = "rule " + std::to_string(n);
    policy.entries.push_back(entry);
  }
  policy.default_action.permit = false;
  const std::vector<std::uint8_t> bytes =
      tables::tree::encode_scale(tables::tree::compile_scale(policy, tables::tree::Shape::scale_small()).image);
  std::ofstream(file("policy.pti"), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  probe_with_frames(1200, ",image=" + file("policy.pti"));
  ASSERT_EQ(rte_pmd_portcullis_count_entries(id_), 50);
  std::vector<std::uint64_t> decided(51);  // by entry; the last one: the default
  std::uint64_t before_the_image = 0;
  std::optional<std::uint16_t> dropped_first, dropped_last;
  std::uint32_t next = 0;
  // Drops of ports 5100 to 5119 come and go before the image; a rule behind it permits 5300 to 5319.
  const auto judge = [&](std::uint16_t to_port) {
    if (dropped_first && to_port >= *dropped_first && to_port <= *dropped_last) {
      ++before_the_image;
      return false;
    }
    if (to_port < 5200) {
      ++decided[(to_port - 5000U) / 4];
      return true;
    }
    if (to_port >= 5300 && to_port <= 5319) return true;
    ++decided[50];
    return false;
  };
  const rte_flow_action_queue queue{0};
  ASSERT_NE(Rule().priority(0x80000000).udp_to(5300, 5319).action(RTE_FLOW_ACTION_TYPE_QUEUE, &queue).create(id_),
            nullptr);
  // Packets that have come when nothing is under way: changes come between them.
  const auto take_all = [&] {
    poll({id_}, [&](rte_mbuf* packet) {
      std::uint32_t number = 0;
      std::memcpy(&number, rte_pktmbuf_mtod_offset(packet, void*, 42), sizeof(number));
      rte_pktmbuf_free(packet);
      for (; next < number; ++next) EXPECT_FALSE(judge(packets_[next].port)) << "packet " << next;
      EXPECT_TRUE(judge(packets_[next].port)) << "packet " << next;
      ++next;
    });
  };
  dropped_first = 5100;
  dropped_last = 5119;
  rte_flow* drop =
      Rule().udp_to(5100, 5119).action(RTE_FLOW_ACTION_TYPE_DROP).action(RTE_FLOW_ACTION_TYPE_COUNT).create(id_);
  ASSERT_NE(drop, nullptr);
  take_all();
  for (; next < packets_.size(); ++next) EXPECT_FALSE(judge(packets_[next].port)) << "packet " << next;
  EXPECT_EQ(count_of(id_, drop).hits, before_the_image);
  EXPECT_GT(before_the_image, 20U);
  const auto expect_entries = [&](const char* when) {
    for (unsigned n = 0; n < 50; ++n) {
      rte_pmd_portcullis_entry entry{};
      ASSERT_EQ(rte_pmd_portcullis_get_entry(id_, n, &entry), 0);
      EXPECT_EQ(entry.packets, decided[n]) << when << ": " << entry.rule;
    }
    rte_pmd_portcullis_totals totals{};
    ASSERT_EQ(rte_pmd_portcullis_get_totals(id_, &totals), 0);
    EXPECT_EQ(totals.default_action, decided[50]) << when;
  };
  expect_entries("under one image");
  // The same policy again, the flow rules being there, and rules enough for a rebuild: all count on.
  ASSERT_EQ(rte_pmd_portcullis_load(id_, bytes.data(), bytes.size()), 0);
  expect_entries("after a load");
  for (std::uint16_t i = 0; i < 40; ++i) {
    const auto to_port = static_cast<std::uint16_t>(6000 + 3 * i);
    ASSERT_NE(Rule().udp_to(to_port, to_port).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  }
  expect_entries("after a rebuild");
  EXPECT_EQ(count_of(id_, drop).hits, before_the_image);
  // What is no image for trees is refused, and nothing changes.
  const std::vector<std::uint8_t> other = tables::encode(tables::compile(policy, tables::Geometry::edge()).image);
  EXPECT_EQ(rte_pmd_portcullis_load(id_, other.data(), other.size()), -EINVAL);
  ASSERT_EQ(probe("net_portcullis1", "wire0=none"), 0);
  EXPECT_EQ(rte_pmd_portcullis_load(port("net_portcullis1"), bytes.data(), bytes.size()), -EINVAL);
  expect_entries("after refusals");
}

}  // namespace
}  // namespace portcullis::test
