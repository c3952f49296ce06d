// What an application changes on a port while it runs: queues, what it accepts, RSS, its MTU, and the list of its
// rules.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "driver_fixture.h"

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010001;

class DriverOperationsTest : public DriverTest {
 protected:
  void create(const std::vector<Frame>& sent) {
    write_frames(file("in.pcap"), sent);
    ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
    id_ = port("net_portcullis0");
  }
  /// Frames with different flows.
  static std::vector<Frame> flows(unsigned count) {
    std::vector<Frame> frames;
    for (unsigned i = 0; i < count; ++i) frames.push_back(udp_frame(kTo + i, static_cast<std::uint16_t>(i + 1), 53, i));
    return frames;
  }
  /// Hashes by frame number.
  std::map<std::uint32_t, std::uint32_t> hashes() {
    std::map<std::uint32_t, std::uint32_t> found;
    poll({id_}, [&](rte_mbuf* packet) {
      std::uint32_t number = 0;
      std::memcpy(&number, rte_pktmbuf_mtod_offset(packet, const void*, 42), sizeof(number));
      EXPECT_NE(packet->ol_flags & RTE_MBUF_F_RX_RSS_HASH, 0U);
      found[number] = packet->hash.rss;
      rte_pktmbuf_free(packet);
    });
    return found;
  }
  std::uint16_t id_ = 0;
};

TEST_F(DriverOperationsTest, AStoppedQueueLosesItsPacketsAndTheOthersGoOn) {
  const std::vector<Frame> sent = flows(400);
  create(sent);
  rte_eth_conf conf{};
  conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
  start(id_, 2, conf);
  ASSERT_EQ(rte_eth_dev_rx_queue_stop(id_, 1), 0);
  const std::size_t received = receive({id_}).size();
  EXPECT_GT(received, 100U);
  EXPECT_LT(received, 300U);
  EXPECT_EQ(statistic(id_, "rx_stopped_queue_dropped_packets"), sent.size() - received);
  ASSERT_EQ(rte_eth_dev_rx_queue_start(id_, 1), 0);
  rte_eth_rxq_info info;
  ASSERT_EQ(rte_eth_rx_queue_info_get(id_, 1, &info), 0);
  EXPECT_EQ(info.queue_state, RTE_ETH_QUEUE_STATE_STARTED);
  ASSERT_EQ(rte_eth_dev_tx_queue_stop(id_, 0), 0);
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
  rte_pktmbuf_append(packet, 60);
  EXPECT_EQ(rte_eth_tx_burst(id_, 0, &packet, 1), 0);
  ASSERT_EQ(rte_eth_dev_tx_queue_start(id_, 0), 0);
  EXPECT_EQ(rte_eth_tx_burst(id_, 0, &packet, 1), 1);
}

/// Toeplitz over source and destination address and ports, bit by bit as Microsoft's specification has it.
std::uint32_t toeplitz(const Frame& frame, const std::array<std::uint8_t, 40>& key) {
  std::uint32_t hash = 0;
  for (unsigned bit = 0; bit < 96; ++bit) {
    if ((frame[26 + bit / 8] >> (7 - bit % 8) & 1U) == 0) continue;
    std::uint32_t window = 0;
    for (unsigned i = 0; i < 32; ++i) window = window << 1U | (key[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1U);
    hash ^= window;
  }
  return hash;
}

TEST_F(DriverOperationsTest, RssTakesAnotherKeyAndTellsItsSettings) {
  const std::vector<Frame> sent = flows(50);
  create(sent);
  rte_eth_conf conf{};
  conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4;
  start(id_, 2, conf);
  std::array<std::uint8_t, 40> key{};
  for (unsigned i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(37 * i + 11);
  rte_eth_rss_conf rss{.rss_key = key.data(), .rss_key_len = 40, .rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP};
  ASSERT_EQ(rte_eth_dev_rss_hash_update(id_, &rss), 0);
  std::array<std::uint8_t, 40> told{};
  rte_eth_rss_conf asked{.rss_key = told.data(), .rss_key_len = 40, .rss_hf = 0};
  ASSERT_EQ(rte_eth_dev_rss_hash_conf_get(id_, &asked), 0);
  EXPECT_EQ(told, key);
  EXPECT_EQ(asked.rss_hf, RTE_ETH_RSS_NONFRAG_IPV4_UDP);
  const auto found = hashes();
  ASSERT_EQ(found.size(), sent.size());
  for (const auto& [number, hash] : found) EXPECT_EQ(hash, toeplitz(sent[number], key)) << "frame " << number;

  std::array<rte_eth_rss_reta_entry64, 2> table{};
  table[0].mask = 1U << 4U;
  table[0].reta[4] = 1;
  ASSERT_EQ(rte_eth_dev_rss_reta_update(id_, table.data(), 128), 0);
  table[0].mask = table[1].mask = ~std::uint64_t{0};
  ASSERT_EQ(rte_eth_dev_rss_reta_query(id_, table.data(), 128), 0);
  for (unsigned i = 0; i < 64; ++i) EXPECT_EQ(table[0].reta[i], i == 4 ? 1 : i % 2) << "entry " << i;
  rss.rss_key_len = 16;
  EXPECT_EQ(rte_eth_dev_rss_hash_update(id_, &rss), -EINVAL);
}

TEST_F(DriverOperationsTest, AcceptsMulticastAndFurtherAddressesWhileToldTo) {
  std::vector<Frame> sent(3, udp_frame(kTo, 1, 2));
  const std::array<std::uint8_t, 6> multicast = {1, 0, 0x5E, 1, 2, 3}, second = {2, 0, 0, 0, 0, 0x22};
  std::ranges::copy(multicast, sent[0].begin());
  std::ranges::copy(second, sent[1].begin());
  create(sent);
  start(id_);
  ASSERT_EQ(rte_eth_promiscuous_disable(id_), 0);
  ASSERT_EQ(rte_eth_allmulticast_enable(id_), 0);
  rte_ether_addr address;
  std::ranges::copy(second, address.addr_bytes);
  ASSERT_EQ(rte_eth_dev_mac_addr_add(id_, &address, 0), 0);
  EXPECT_EQ(receive({id_}), (std::vector<Frame>{sent[0], sent[1]}));
  remove("net_portcullis0");
  create(sent);
  start(id_);
  ASSERT_EQ(rte_eth_promiscuous_disable(id_), 0);
  ASSERT_EQ(rte_eth_allmulticast_enable(id_), 0);
  ASSERT_EQ(rte_eth_allmulticast_disable(id_), 0);
  ASSERT_EQ(rte_eth_dev_mac_addr_add(id_, &address, 0), 0);
  ASSERT_EQ(rte_eth_dev_mac_addr_remove(id_, &address), 0);
  EXPECT_TRUE(receive({id_}).empty());
  EXPECT_EQ(statistic(id_, "rx_address_dropped_packets"), 3U);
}

TEST_F(DriverOperationsTest, FramesBeyondTheMtuAreDroppedAndCounted) {
  // The longest frame of an MTU of 1000 has 14 bytes of header before it, and two VLAN tags at most.
  const std::vector<Frame> sent = {udp_frame(kTo, 1, 2, 0, 1000 - 28), udp_frame(kTo, 1, 2, 1, 1009 - 28)};
  create(sent);
  start(id_);
  ASSERT_EQ(rte_eth_dev_set_mtu(id_, 1000), 0);
  EXPECT_EQ(receive({id_}), std::vector<Frame>{sent[0]});
  EXPECT_EQ(statistic(id_, "rx_too_long_dropped_packets"), 1U);
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id_, &stats), 0);
  EXPECT_EQ(stats.ierrors, 1U);
  EXPECT_EQ(rte_eth_dev_set_mtu(id_, 9000), -EINVAL) << "buffers are too small for it, without scatter";
}

TEST_F(DriverOperationsTest, TheDumpHasALineForEachRule) {
  create({});
  start(id_);
  ASSERT_NE(Rule().udp_to(1, 2).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  ASSERT_NE(Rule().priority(7).udp_to(3, 4).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  std::FILE* out = std::tmpfile();
  ASSERT_NE(out, nullptr);
  rte_flow_error error;
  ASSERT_EQ(rte_flow_dev_dump(id_, nullptr, out, &error), 0);
  std::rewind(out);
  std::vector<std::string> lines;
  for (char line[256]; std::fgets(line, sizeof(line), out) != nullptr;) lines.emplace_back(line);
  std::fclose(out);
  EXPECT_EQ(
      std::ranges::count_if(lines, [](const std::string& line) { return line.find("priority") != std::string::npos; }),
      2)
      << testing::PrintToString(lines);
}

}  // namespace
}  // namespace portcullis::test
