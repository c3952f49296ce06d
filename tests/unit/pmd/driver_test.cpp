// The driver through DPDK's own calls, over the Verilated NIC: what an application meets.
#include <rte_errno.h>
#include <rte_ip.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <map>

#include "driver_fixture.h"

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010001;

TEST_F(DriverTest, GivesAPortForEachWireInOneSwitchDomain) {
  ASSERT_EQ(probe("net_portcullis0", "wire0=none,wire1=none,geometry=edge,mac=02:00:00:00:10:ff"), 0);
  const std::uint16_t wires[] = {port("net_portcullis0"), port("net_portcullis0_wire1")};
  rte_eth_dev_info info[2];
  for (unsigned wire = 0; wire < 2; ++wire) {
    ASSERT_EQ(rte_eth_dev_info_get(wires[wire], &info[wire]), 0);
    EXPECT_STREQ(info[wire].driver_name, "net_portcullis");
    EXPECT_EQ(info[wire].switch_info.port_id, wire);
    EXPECT_GE(info[wire].max_mtu, 9600);
    EXPECT_EQ(info[wire].reta_size, 128);
  }
  EXPECT_EQ(info[0].switch_info.domain_id, info[1].switch_info.domain_id);
  rte_ether_addr address;
  ASSERT_EQ(rte_eth_macaddr_get(wires[1], &address), 0);
  EXPECT_EQ(std::vector(address.addr_bytes, address.addr_bytes + 6), (std::vector<std::uint8_t>{2, 0, 0, 0, 0x11, 0}));
  char version[64];
  EXPECT_EQ(rte_eth_dev_fw_version_get(wires[0], version, sizeof(version)), 0);
  EXPECT_NE(std::string(version).find("edge"), std::string::npos) << version;
  EXPECT_GT(rte_eth_dev_fw_version_get(wires[0], version, 3), 3) << "too small: the size that it takes";
  rte_dev_reg_info registers{};
  ASSERT_EQ(rte_eth_dev_get_reg_info(wires[0], &registers), 0);
  std::vector<std::uint32_t> words(registers.length);
  registers.data = words.data();
  ASSERT_EQ(rte_eth_dev_get_reg_info(wires[0], &registers), 0);
  EXPECT_EQ(words[0], 0x50434C53U) << "the filter's magic number";
}

TEST_F(DriverTest, ComesAgainAfterItWasRemoved) {
  for (unsigned round = 0; round < 3; ++round) {
    ASSERT_EQ(probe("net_portcullis0", "wire0=gen:64"), 0);
    start(port("net_portcullis0"));
    rte_mbuf* packets[kBurst];
    const std::uint16_t received = rte_eth_rx_burst(port("net_portcullis0"), 0, packets, kBurst);
    rte_pktmbuf_free_bulk(packets, received);
    remove("net_portcullis0");
    EXPECT_EQ(rte_eth_dev_count_avail(), 0);
  }
}

TEST_F(DriverTest, RefusesArgumentsThatMeanNothing) {
  std::ofstream(file("bad.pcap")) << "no capture";
  for (const std::string& arguments : std::initializer_list<std::string>{
           "wire0=string", std::string("wire0=pcap:/nowhere/x.pcap"), "wire0=pcap:" + file("bad.pcap"),
           std::string("wire0=gen:63"), std::string("wire0=gen:64:fast"), std::string("geometry=huge"),
           std::string("speed=10G"), std::string("image=/nowhere/x.pti"), "image=" + file("bad.pcap"),
           std::string("wire0=peer:net_portcullis0"), std::string("wire0=af_packet:nowhere0"),
           std::string("mac=01:00:00:00:00:01"), std::string("rate=0")}) {
    EXPECT_LT(probe("net_portcullis0", arguments), 0) << arguments;
    EXPECT_EQ(rte_eth_dev_count_avail(), 0) << arguments;
  }
}

TEST_F(DriverTest, DeliversEveryPacketOfACaptureInOrderAndUnchanged) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 3000; ++i)
    sent.push_back(udp_frame(kTo, 1000, static_cast<std::uint16_t>(2000 + i % 7), i, 18 + i % 1400));
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  start(id);
  EXPECT_EQ(receive({id}), sent);
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id, &stats), 0);
  EXPECT_EQ(stats.ipackets, sent.size());
  EXPECT_EQ(stats.imissed, 0U);
  std::uint64_t bytes = 0;
  for (const Frame& frame : sent) bytes += frame.size();
  EXPECT_EQ(stats.ibytes, bytes);
  EXPECT_EQ(stats.q_ipackets[0], sent.size());
  EXPECT_EQ(statistic(id, "rx_wire_packets"), sent.size());
  ASSERT_EQ(rte_eth_stats_reset(id), 0);
  ASSERT_EQ(rte_eth_stats_get(id, &stats), 0);
  EXPECT_EQ(stats.ipackets + stats.ibytes + stats.q_ipackets[0], 0U);
}

TEST_F(DriverTest, RegisterAccessesDoNotLetTheCaptureBegin) {
  write_frames(file("in.pcap"), {udp_frame(kTo, 1, 2)});
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  start(id);
  for (unsigned i = 0; i < 100; ++i) EXPECT_EQ(statistic(id, "rx_wire_packets"), 0U);
  EXPECT_EQ(receive({id}).size(), 1U);
}

TEST_F(DriverTest, TellsTypesChecksumsAndTheRulesMark) {
  traffic::Frame tcp6;
  tcp6.ether_type = traffic::kEtherIpv6;
  tcp6.from = policy::Address{1};
  tcp6.to = policy::Address{2};
  tcp6.protocol = traffic::kTcp;
  tcp6.tags = {{5}};
  traffic::Frame udp;
  udp.from = policy::from_ipv4(0x0A000001);
  udp.to = policy::from_ipv4(kTo);
  udp.protocol = traffic::kUdp;
  udp.destination_port = 5060;
  udp.payload = 40;
  Frame damaged = traffic::build(udp);
  damaged.back() ^= 1U;
  write_frames(file("in.pcap"), {traffic::build(udp), damaged, traffic::build(tcp6)});
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  std::uint64_t metadata = RTE_ETH_RX_METADATA_USER_MARK | RTE_ETH_RX_METADATA_TUNNEL_ID;
  ASSERT_EQ(rte_eth_rx_metadata_negotiate(id, &metadata), 0);
  EXPECT_EQ(metadata, RTE_ETH_RX_METADATA_USER_MARK);
  start(id);
  const rte_flow_action_mark mark{77};
  ASSERT_NE(Rule().udp_to(5060, 5061).action(RTE_FLOW_ACTION_TYPE_MARK, &mark).create(id), nullptr);
  std::vector<rte_mbuf> seen;
  poll({id}, [&](rte_mbuf* packet) {
    seen.push_back(*packet);
    rte_pktmbuf_free(packet);
  });
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].packet_type, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP);
  EXPECT_EQ(seen[0].ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
  EXPECT_EQ(seen[0].ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, RTE_MBUF_F_RX_IP_CKSUM_GOOD);
  EXPECT_NE(seen[0].ol_flags & RTE_MBUF_F_RX_FDIR_ID, 0U);
  EXPECT_EQ(seen[0].hash.fdir.hi, 77U);
  EXPECT_EQ(seen[1].ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_BAD);
  EXPECT_EQ(seen[2].packet_type, RTE_PTYPE_L2_ETHER_VLAN | RTE_PTYPE_L3_IPV6 | RTE_PTYPE_L4_TCP);
  EXPECT_EQ(seen[2].ol_flags & RTE_MBUF_F_RX_FDIR, 0U);
}

TEST_F(DriverTest, JumboFramesComeInSegmentsAndNeedLeaveToDoSo) {
  std::vector<Frame> sent;
  for (const unsigned payload : {9000U, 20U, 9558U, 3000U}) sent.push_back(udp_frame(kTo, 1, 2, payload, payload));
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  rte_eth_conf conf{};
  conf.rxmode.mtu = 9600;
  ASSERT_EQ(rte_eth_dev_configure(id, 1, 1, &conf), 0);
  EXPECT_EQ(rte_eth_rx_queue_setup(id, 0, 512, 0, nullptr, pool_), -EINVAL) << "buffers of 2 KB, no SCATTER";
  conf.rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER;
  start(id, 1, conf);
  std::vector<Frame> received;
  std::vector<unsigned> segments;
  poll({id}, [&](rte_mbuf* packet) {
    EXPECT_EQ(rte_mbuf_check(packet, 1, nullptr), 0);
    received.push_back(bytes_of(packet));
    segments.push_back(packet->nb_segs);
    rte_pktmbuf_free(packet);
  });
  EXPECT_EQ(received, sent);
  EXPECT_EQ(segments, (std::vector<unsigned>{5, 1, 5, 2}));
}

TEST_F(DriverTest, SendsWhatItIsGivenSegmentsAndAll) {
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap::" + file("out.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  rte_eth_conf conf{};
  conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  start(id, 1, conf);
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 1500; ++i) {
    const Frame frame = udp_frame(kTo, 1, 2, i, 18 + i % 3000);
    rte_mbuf* head = nullptr;
    // Pieces of odd sizes.
    for (std::size_t at = 0; at < frame.size();) {
      const std::size_t bytes = std::min<std::size_t>({frame.size() - at, 1 + (i * 37 + at) % 1999, 2000});
      rte_mbuf* piece = rte_pktmbuf_alloc(pool_);
      ASSERT_NE(piece, nullptr);
      std::memcpy(rte_pktmbuf_append(piece, static_cast<std::uint16_t>(bytes)), frame.data() + at, bytes);
      if (head == nullptr) {
        head = piece;
      } else {
        ASSERT_EQ(rte_pktmbuf_chain(head, piece), 0);
      }
      at += bytes;
    }
    for (unsigned tries = 0; rte_eth_tx_burst(id, 0, &head, 1) == 0; ++tries) ASSERT_LT(tries, 1000U);
    sent.push_back(frame);
  }
  EXPECT_TRUE(receive({id}).empty());
  EXPECT_GE(rte_eth_tx_done_cleanup(id, 0, 0), 0);
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id, &stats), 0);
  EXPECT_EQ(stats.opackets, sent.size());
  remove("net_portcullis0");
  EXPECT_EQ(read_frames(file("out.pcap")), sent);
}

TEST_F(DriverTest, PacketsTheNicWouldRefuseDoNotStopTheQueue) {
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap::" + file("out.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  start(id);
  rte_mbuf* packets[2] = {rte_pktmbuf_alloc(pool_), rte_pktmbuf_alloc(pool_)};
  const Frame frame = udp_frame(kTo, 1, 2);
  std::memcpy(rte_pktmbuf_append(packets[1], static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
  EXPECT_EQ(rte_eth_tx_prepare(id, 0, packets, 2), 0) << "the first one is empty";
  EXPECT_EQ(rte_errno, EINVAL);
  EXPECT_EQ(rte_eth_tx_burst(id, 0, packets, 2), 2);
  receive({id});
  EXPECT_EQ(statistic(id, "tx_refused_packets"), 1U);
  remove("net_portcullis0");
  EXPECT_EQ(read_frames(file("out.pcap")), std::vector<Frame>{frame});
}

TEST_F(DriverTest, TwoDevicesTalkOverACableBetweenThem) {
  ASSERT_EQ(probe("net_portcullis0", "wire0=peer:net_portcullis1"), 0);
  ASSERT_EQ(probe("net_portcullis1", "wire0=peer:net_portcullis0"), 0);
  const std::uint16_t a = port("net_portcullis0"), b = port("net_portcullis1");
  start(a);
  start(b);
  std::vector<Frame> sent, received;
  for (unsigned i = 0; i < 200; ++i) {
    rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
    sent.push_back(udp_frame(kTo, 1, 2, i));
    std::memcpy(rte_pktmbuf_append(packet, static_cast<std::uint16_t>(sent.back().size())), sent.back().data(),
                sent.back().size());
    ASSERT_EQ(rte_eth_tx_burst(a, 0, &packet, 1), 1);
  }
  poll({a, b}, [&](rte_mbuf* packet) {
    EXPECT_EQ(packet->port, b);
    received.push_back(bytes_of(packet));
    rte_pktmbuf_free(packet);
  });
  EXPECT_EQ(received, sent);
}

TEST_F(DriverTest, InterfacesOfTheKernelAreWires) {
  // One device is the far end of a TAP interface, another sits on that interface with a packet socket.
  const std::string name = "pcl" + std::to_string(getpid() % 1000000);
  if (probe("net_portcullis0", "wire0=tap:" + name) != 0) GTEST_SKIP() << "no right to make TAP interfaces";
  ASSERT_EQ(probe("net_portcullis1", "wire0=af_packet:" + name), 0);
  const std::uint16_t tap = port("net_portcullis0"), socket = port("net_portcullis1");
  start(tap);
  start(socket);
  for (const auto& [from, to] : {std::pair(tap, socket), std::pair(socket, tap)}) {
    std::vector<Frame> sent, received;
    for (unsigned i = 0; i < 40; ++i) {
      rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
      ASSERT_NE(packet, nullptr);
      sent.push_back(udp_frame(kTo, 4711, 2, i, 26 + 30 * i));
      std::memcpy(rte_pktmbuf_append(packet, static_cast<std::uint16_t>(sent.back().size())), sent.back().data(),
                  sent.back().size());
      while (rte_eth_tx_burst(from, 0, &packet, 1) == 0) {
      }
    }
    poll({tap, socket}, [&](rte_mbuf* packet) {
      // The kernel sends packets of its own by a new interface.
      Frame frame = bytes_of(packet);
      if (packet->port == to && frame.size() > 36 && frame[34] == 4711 >> 8 && frame[35] == (4711 & 0xFF)) {
        received.push_back(std::move(frame));
      }
      rte_pktmbuf_free(packet);
    });
    EXPECT_EQ(received, sent);
  }
}

TEST_F(DriverTest, SpreadsByTheRedirectionTable) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 800; ++i) sent.push_back(udp_frame(kTo + i, static_cast<std::uint16_t>(1000 + i), 53, i));
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  rte_eth_conf conf{};
  conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
  start(id, 4, conf);
  rte_eth_rss_reta_entry64 table[2]{};
  table[0].mask = table[1].mask = ~std::uint64_t{0};
  for (unsigned i = 0; i < 128; ++i) table[i / 64].reta[i % 64] = static_cast<std::uint16_t>(i % 3 + 1);
  ASSERT_EQ(rte_eth_dev_rss_reta_update(id, table, 128), 0);
  std::map<unsigned, unsigned> by_queue;
  unsigned total = 0;
  for (unsigned empty = 0; empty < 100; ++empty) {
    for (std::uint16_t queue = 0; queue < 4; ++queue) {
      rte_mbuf* packets[kBurst];
      const std::uint16_t received = rte_eth_rx_burst(id, queue, packets, kBurst);
      for (unsigned i = 0; i < received; ++i) {
        EXPECT_NE(packets[i]->ol_flags & RTE_MBUF_F_RX_RSS_HASH, 0U);
        EXPECT_EQ(queue, packets[i]->hash.rss % 128 % 3 + 1);
        ++by_queue[queue];
        ++total;
        rte_pktmbuf_free(packets[i]);
        empty = 0;
      }
    }
  }
  EXPECT_EQ(total, sent.size());
  EXPECT_EQ(by_queue.count(0), 0U);
  for (unsigned queue = 1; queue < 4; ++queue) EXPECT_GT(by_queue[queue], 150U);
}

TEST_F(DriverTest, GoesOnAfterItHadNoMbufs) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 2000; ++i) sent.push_back(udp_frame(kTo, 1, 2, i));
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  rte_mempool* small = rte_pktmbuf_pool_create("small", 255, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  rte_eth_conf conf{};
  ASSERT_EQ(rte_eth_dev_configure(id, 1, 1, &conf), 0);
  ASSERT_EQ(rte_eth_rx_queue_setup(id, 0, 512, 0, nullptr, small), 0);
  ASSERT_EQ(rte_eth_tx_queue_setup(id, 0, 512, 0, nullptr), 0);
  ASSERT_EQ(rte_eth_dev_start(id), 0);
  rte_eth_promiscuous_enable(id);
  std::vector<rte_mbuf*> held;
  std::vector<Frame> received;
  poll({id}, [&](rte_mbuf* packet) {
    received.push_back(bytes_of(packet));
    held.push_back(packet);
  });
  EXPECT_LE(received.size(), 255U);
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id, &stats), 0);
  EXPECT_GT(stats.rx_nombuf, 0U);
  rte_pktmbuf_free_bulk(held.data(), static_cast<unsigned>(held.size()));
  poll({id}, [&](rte_mbuf* packet) {
    received.push_back(bytes_of(packet));
    rte_pktmbuf_free(packet);
  });
  EXPECT_EQ(received, sent) << "a wire that waits for descriptors loses nothing";
  remove("net_portcullis0");
  rte_mempool_free(small);
}

TEST_F(DriverTest, CountsWhatFindsNoDescriptorOnAWireWithARate) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 2000; ++i) sent.push_back(udp_frame(kTo, 1, 2, i));
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap") + ",rate=100G"), 0);
  const std::uint16_t id = port("net_portcullis0"), other = port("net_portcullis0_wire1");
  start(id);
  start(other);
  // The application is slow: the NIC's time passes while it looks at the other port only.
  EXPECT_TRUE(receive({other}).empty());
  const std::size_t received = receive({id}).size();
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id, &stats), 0);
  EXPECT_EQ(stats.ipackets, received);
  EXPECT_GT(stats.imissed, 0U);
  EXPECT_EQ(stats.ipackets + stats.imissed, sent.size()) << "in = delivered + missed";
}

TEST_F(DriverTest, DescriptorsTellTheirState) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 20; ++i) sent.push_back(udp_frame(kTo, 1, 2, i));
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  start(id);
  EXPECT_EQ(rte_eth_rx_descriptor_status(id, 0, 0), RTE_ETH_RX_DESC_AVAIL);
  EXPECT_EQ(rte_eth_rx_descriptor_status(id, 0, 511), RTE_ETH_RX_DESC_UNAVAIL);
  EXPECT_EQ(rte_eth_rx_descriptor_status(id, 0, 512), -EINVAL);
  EXPECT_EQ(rte_eth_tx_descriptor_status(id, 0, 0), RTE_ETH_TX_DESC_DONE);
  rte_mbuf* packets[kBurst];
  unsigned received = rte_eth_rx_burst(id, 0, packets, 1);
  for (unsigned i = 0; received == 0 && i < 100; ++i) received = rte_eth_rx_burst(id, 0, packets, 1);
  ASSERT_EQ(received, 1U);
  rte_pktmbuf_free(packets[0]);
  EXPECT_EQ(rte_eth_rx_queue_setup(id, 0, 512, 0, nullptr, pool_), -EBUSY) << "the port is started";
  const int waiting = rte_eth_rx_queue_count(id, 0);
  ASSERT_GE(waiting, 0);
  EXPECT_EQ(rte_eth_rx_descriptor_status(id, 0, static_cast<std::uint16_t>(waiting)), RTE_ETH_RX_DESC_AVAIL);
  EXPECT_EQ(receive({id}).size(), sent.size() - 1);
}

TEST_F(DriverTest, LinkFollowsThePort) {
  ASSERT_EQ(probe("net_portcullis0", "wire0=none,rate=25G"), 0);
  const std::uint16_t id = port("net_portcullis0");
  rte_eth_link link;
  ASSERT_EQ(rte_eth_link_get_nowait(id, &link), 0);
  EXPECT_EQ(link.link_status, RTE_ETH_LINK_DOWN);
  start(id);
  ASSERT_EQ(rte_eth_link_get_nowait(id, &link), 0);
  EXPECT_EQ(link.link_status, RTE_ETH_LINK_UP);
  EXPECT_EQ(link.link_speed, RTE_ETH_SPEED_NUM_25G);
  ASSERT_EQ(rte_eth_dev_set_link_down(id), 0);
  ASSERT_EQ(rte_eth_link_get_nowait(id, &link), 0);
  EXPECT_EQ(link.link_status, RTE_ETH_LINK_DOWN);
  ASSERT_EQ(rte_eth_dev_set_link_up(id), 0);
  ASSERT_EQ(rte_eth_link_get_nowait(id, &link), 0);
  EXPECT_EQ(link.link_status, RTE_ETH_LINK_UP);
}

TEST_F(DriverTest, AcceptsItsOwnAddressesOnly) {
  traffic::Frame frame;
  frame.from = policy::from_ipv4(0x0A000001);
  frame.to = policy::from_ipv4(kTo);
  frame.protocol = traffic::kUdp;
  frame.payload = 40;
  std::vector<Frame> sent;
  const std::array<traffic::MacAddress, 4> to = {
      {{2, 0, 0, 0, 0, 0x10}, {2, 0, 0, 0, 0, 0x11}, {2, 0, 0, 0, 0, 0x12}, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}}};
  for (const traffic::MacAddress& address : to) {
    frame.destination = address;
    sent.push_back(traffic::build(frame));
  }
  write_frames(file("in.pcap"), sent);
  ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap")), 0);
  const std::uint16_t id = port("net_portcullis0");
  start(id);
  ASSERT_EQ(rte_eth_promiscuous_disable(id), 0);
  rte_ether_addr own{{2, 0, 0, 0, 0, 0x10}}, second{{2, 0, 0, 0, 0, 0x11}};
  ASSERT_EQ(rte_eth_dev_default_mac_addr_set(id, &own), 0);
  ASSERT_EQ(rte_eth_dev_mac_addr_add(id, &second, 0), 0);
  EXPECT_EQ(receive({id}), (std::vector<Frame>{sent[0], sent[1], sent[3]}));
  EXPECT_EQ(statistic(id, "rx_address_dropped_packets"), 1U);
}

}  // namespace
}  // namespace portcullis::test
