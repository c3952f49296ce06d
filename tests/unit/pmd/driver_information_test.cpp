// What the driver tells of itself and negotiates, what it does with memory that is not DPDK's, and what it refuses.
#include <fmt/format.h>
#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "device/registers.h"
#include "driver_fixture.h"

namespace {

/// What this process is taken for; the definition below stands before DPDK's.
rte_proc_type_t process_type = RTE_PROC_PRIMARY;

}  // namespace

extern "C" rte_proc_type_t rte_eal_process_type() { return process_type; }

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010001;

class DriverInformationTest : public DriverTest {
 protected:
  /// Wire 0 brings `sent`, wire 1's frames go to a file.
  void create(const std::vector<Frame>& sent) {
    write_frames(file("in.pcap"), sent);
    ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap") + ",wire1=pcap::" + file("out.pcap")), 0);
    id_ = port("net_portcullis0");
    other_ = port("net_portcullis0_wire1");
  }
  std::uint16_t id_ = 0, other_ = 0;
};

TEST_F(DriverInformationTest, VersionsAndRegistersAreThoseOfTheNic) {
  create({});
  char version[64];
  ASSERT_EQ(rte_eth_dev_fw_version_get(id_, version, sizeof(version)), 0);
  const std::string text = version;
  EXPECT_EQ(text.rfind("nic ", 0), 0U) << text;
  EXPECT_NE(text.find(" edge"), std::string::npos) << text;
  EXPECT_EQ(rte_eth_dev_fw_version_get(id_, version, 4), static_cast<int>(text.size() + 1)) << "the room it takes";
  rte_dev_reg_info about{};
  ASSERT_EQ(rte_eth_dev_get_reg_info(id_, &about), 0);
  ASSERT_EQ(about.width, 4U);
  std::vector<std::uint32_t> words(about.length);
  about.data = words.data();
  ASSERT_EQ(rte_eth_dev_get_reg_info(id_, &about), 0);
  EXPECT_EQ(words.front(), PCL_MAGIC_VALUE_RESET);
  EXPECT_NE(std::ranges::find(words, PCL_NIC_MAGIC_VALUE_RESET), words.end());
  EXPECT_EQ(fmt::format("nic {}.{}", about.version >> 16U, about.version & 0xFFFFU),
            text.substr(0, text.find(" filter")));
  std::uint64_t earlier = 0, later = 0;
  ASSERT_EQ(rte_eth_read_clock(id_, &earlier), 0);
  ASSERT_EQ(rte_eth_read_clock(id_, &later), 0);
  EXPECT_GT(later, earlier);
}

TEST_F(DriverInformationTest, ModesAndPacketTypesAreNamed) {
  create({});
  start(id_);
  rte_eth_burst_mode mode{};
  ASSERT_EQ(rte_eth_rx_burst_mode_get(id_, 0, &mode), 0);
  EXPECT_STREQ(mode.info, "Scalar");
  ASSERT_EQ(rte_eth_tx_burst_mode_get(id_, 0, &mode), 0);
  EXPECT_STREQ(mode.info, "Scalar");
  std::array<std::uint32_t, 32> types{};
  EXPECT_EQ(rte_eth_dev_get_supported_ptypes(id_, RTE_PTYPE_L4_MASK, types.data(), types.size()), 5)
      << "fragments, TCP, UDP, SCTP, ICMP";
}

TEST_F(DriverInformationTest, MarksComeOnlyWhereTheyWereNegotiated) {
  for (const bool wanted : {true, false}) {
    create({udp_frame(kTo, 1, 7)});
    std::uint64_t features = RTE_ETH_RX_METADATA_TUNNEL_ID | (wanted ? RTE_ETH_RX_METADATA_USER_MARK : 0);
    ASSERT_EQ(rte_eth_rx_metadata_negotiate(id_, &features), 0);
    EXPECT_EQ(features, wanted ? RTE_ETH_RX_METADATA_USER_MARK : 0) << "what it does not have it gives back";
    start(id_);
    const rte_flow_action_mark mark{.id = 4711};
    ASSERT_NE(Rule().udp_to(7, 7).action(RTE_FLOW_ACTION_TYPE_MARK, &mark).create(id_), nullptr);
    unsigned received = 0;
    poll({id_}, [&](rte_mbuf* packet) {
      ++received;
      EXPECT_EQ((packet->ol_flags & RTE_MBUF_F_RX_FDIR_ID) != 0, wanted);
      rte_pktmbuf_free(packet);
    });
    EXPECT_EQ(received, 1U);
    remove("net_portcullis0");
  }
}

TEST_F(DriverInformationTest, StatisticsByIdAreThoseByNameAndBeginAnewWithAReset) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 50; ++i) sent.push_back(udp_frame(kTo, 1, 2, i));
  create(sent);
  start(id_);
  EXPECT_EQ(receive({id_}).size(), sent.size());
  const int count = rte_eth_xstats_get_names(id_, nullptr, 0);
  ASSERT_GT(count, 0);
  std::vector<rte_eth_xstat_name> names(static_cast<std::size_t>(count));
  std::vector<rte_eth_xstat> all(names.size());
  ASSERT_EQ(rte_eth_xstats_get_names(id_, names.data(), static_cast<unsigned>(count)), count);
  ASSERT_EQ(rte_eth_xstats_get(id_, all.data(), static_cast<unsigned>(count)), count);
  std::map<std::string, std::uint64_t> by_name;
  for (const rte_eth_xstat& one : all) {
    std::uint64_t id = one.id;
    rte_eth_xstat_name name{};
    std::uint64_t value = 0;
    ASSERT_EQ(rte_eth_xstats_get_names_by_id(id_, &name, 1, &id), 1);
    ASSERT_EQ(rte_eth_xstats_get_by_id(id_, &id, &value, 1), 1);
    EXPECT_STREQ(name.name, names[id].name);
    EXPECT_EQ(value, one.value) << name.name;
    EXPECT_TRUE(by_name.emplace(name.name, value).second) << name.name << " comes twice";
  }
  EXPECT_EQ(by_name["rx_wire_packets"], sent.size());
  EXPECT_EQ(by_name["rx_wire_packets"], by_name["rx_wire_bad_packets"] + by_name["rx_filter_dropped_packets"] +
                                            by_name["rx_filter_forwarded_packets"]);
  EXPECT_EQ(by_name["rx_delivered_packets"], sent.size());
  ASSERT_EQ(rte_eth_xstats_reset(id_), 0);
  EXPECT_EQ(statistic(id_, "rx_wire_packets"), 0U);
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id_, &stats), 0);
  EXPECT_EQ(stats.ipackets + stats.ibytes + stats.q_ipackets[0], 0U);
}

/// An mbuf whose data stands in memory of somebody else.
rte_mbuf* attached(rte_mempool* pool, void* memory, std::uint16_t bytes, rte_mbuf_ext_shared_info& shared) {
  shared.free_cb = [](void*, void* count) { ++*static_cast<unsigned*>(count); };
  rte_mbuf_ext_refcnt_set(&shared, 1);
  rte_mbuf* packet = rte_pktmbuf_alloc(pool);
  rte_pktmbuf_attach_extbuf(packet, memory, rte_mem_virt2iova(memory), bytes, &shared);
  rte_pktmbuf_append(packet, bytes);
  return packet;
}

TEST_F(DriverInformationTest, ExternalBuffersAreSentFromDpdksMemoryAndRefusedFromElsewhere) {
  create({});
  start(id_);
  start(other_);
  const Frame frame = udp_frame(kTo, 1, 2, 3);
  unsigned freed = 0;
  rte_mbuf_ext_shared_info shared{};
  shared.fcb_opaque = &freed;

  void* inside = rte_malloc("frame", frame.size(), 64);
  ASSERT_NE(inside, nullptr);
  std::memcpy(inside, frame.data(), frame.size());
  rte_mbuf* packet = attached(pool_, inside, static_cast<std::uint16_t>(frame.size()), shared);
  ASSERT_EQ(rte_eth_tx_prepare(other_, 0, &packet, 1), 1);
  ASSERT_EQ(rte_eth_tx_burst(other_, 0, &packet, 1), 1);
  receive({other_});
  ASSERT_GE(rte_eth_tx_done_cleanup(other_, 0, 0), 0);
  EXPECT_EQ(freed, 1U);
  rte_free(inside);

  Frame outside = frame;
  packet = attached(pool_, outside.data(), static_cast<std::uint16_t>(frame.size()), shared);
  EXPECT_EQ(rte_eth_tx_prepare(other_, 0, &packet, 1), 0);
  EXPECT_EQ(rte_errno, EINVAL);
  EXPECT_EQ(rte_eth_tx_burst(other_, 0, &packet, 1), 1) << "dropped";
  EXPECT_EQ(freed, 2U);
  EXPECT_EQ(statistic(other_, "tx_refused_packets"), 1U);

  // The queue goes on.
  packet = rte_pktmbuf_alloc(pool_);
  std::memcpy(rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
  ASSERT_EQ(rte_eth_tx_burst(other_, 0, &packet, 1), 1);
  receive({other_});
  remove("net_portcullis0");
  EXPECT_EQ(read_frames(file("out.pcap")), (std::vector<Frame>{frame, frame}));
}

TEST_F(DriverInformationTest, MempoolsOfExternalBuffersAreRefusedForReceiving) {
  create({});
  std::vector<std::uint8_t> memory(64 * 2048);
  rte_pktmbuf_extmem piece{
      .buf_ptr = memory.data(), .buf_iova = RTE_BAD_IOVA, .buf_len = memory.size(), .elt_size = 2048};
  rte_mempool* pinned = rte_pktmbuf_pool_create_extbuf("pinned", 63, 0, 0, 2048, 0, &piece, 1);
  ASSERT_NE(pinned, nullptr) << rte_strerror(rte_errno);
  const rte_eth_conf conf{};
  ASSERT_EQ(rte_eth_dev_configure(id_, 1, 1, &conf), 0);
  EXPECT_EQ(rte_eth_rx_queue_setup(id_, 0, 512, 0, nullptr, pinned), -EINVAL);
  rte_mempool_free(pinned);
}

TEST_F(DriverInformationTest, ReceiveInterruptsAreRefused) {
  create({});
  rte_eth_conf conf{};
  conf.intr_conf.rxq = 1;
  EXPECT_EQ(rte_eth_dev_configure(id_, 1, 1, &conf), -EINVAL);
  start(id_);
  EXPECT_EQ(rte_eth_dev_rx_intr_enable(id_, 0), -ENOTSUP);
}

TEST_F(DriverInformationTest, SecondaryProcessesAreRefused) {
  process_type = RTE_PROC_SECONDARY;
  EXPECT_EQ(probe("net_portcullis0", "wire0=none"), -ENOTSUP);
  process_type = RTE_PROC_PRIMARY;
  EXPECT_EQ(probe("net_portcullis0", "wire0=none"), 0);
}

}  // namespace
}  // namespace portcullis::test
