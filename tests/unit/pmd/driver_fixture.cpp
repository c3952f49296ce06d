#include "driver_fixture.h"

#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "traffic/pcap.h"

namespace portcullis::test {

namespace {

std::filesystem::path& pci_folder() {
  static std::filesystem::path folder;
  return folder;
}

/// EAL can be started once in a process; not when cases are only listed.
class Eal final : public testing::Environment {
 public:
  void SetUp() override {
    // DPDK's PCI bus has an empty folder in place of the machine's devices.
    std::string folder = testing::TempDir() + "portcullis_pci_XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    pci_folder() = folder;
    ASSERT_EQ(::setenv("SYSFS_PCI_DEVICES", folder.c_str(), 1), 0);
    std::vector<std::string> words = {"pmd_driver_test",      "--no-huge", "-m", "256", "--no-shconf", "--no-telemetry",
                                      "--log-level=lib.eal:4"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    // EAL ties this thread to a core; cases that run side by side must not share one.
    cpu_set_t cores;
    sched_getaffinity(0, sizeof(cores), &cores);
    ASSERT_GE(rte_eal_init(static_cast<int>(arguments.size()), arguments.data()), 0) << rte_strerror(rte_errno);
    sched_setaffinity(0, sizeof(cores), &cores);
  }
  void TearDown() override {
    rte_eal_cleanup();
    std::filesystem::remove_all(pci_folder());
  }
};

const testing::Environment* const eal = testing::AddGlobalTestEnvironment(new Eal);

/// Empty polls after which nothing is expected any more: each lets 64 clocks pass, and the NIC is through with
/// everything in less than a thousand.
constexpr unsigned kEmptyPolls = 64;

}  // namespace

Frame udp_frame(std::uint32_t to, std::uint16_t from_port, std::uint16_t to_port, unsigned number, unsigned payload) {
  traffic::Frame frame;
  frame.from = policy::from_ipv4(0x0A000001);
  frame.to = policy::from_ipv4(to);
  frame.source_port = from_port;
  frame.destination_port = to_port;
  frame.protocol = traffic::kUdp;
  frame.payload = payload;
  Frame bytes = traffic::build(frame);
  // Behind the headers, so that checksums over the payload are no longer good; these tests do not look at them.
  std::memcpy(bytes.data() + 42, &number, sizeof(number));
  return bytes;
}

std::vector<Frame> read_frames(const std::string& pcap) {
  const traffic::PacketSet packets = traffic::read_pcap(pcap, 0).packets;
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < packets.size(); ++i)
    frames.emplace_back(packets.frame(i).begin(), packets.frame(i).end());
  return frames;
}

void write_frames(const std::string& pcap, const std::vector<Frame>& frames) {
  traffic::PcapWriter writer(pcap);
  for (std::size_t i = 0; i < frames.size(); ++i) writer.write(1000 * i, frames[i]);
  writer.close();
}

Frame bytes_of(const rte_mbuf* packet) {
  Frame bytes;
  for (; packet != nullptr; packet = packet->next) {
    const auto* data = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    bytes.insert(bytes.end(), data, data + packet->data_len);
  }
  return bytes;
}

const std::filesystem::path& pci_bus() { return pci_folder(); }

DriverTest::DriverTest() { pool_ = rte_pktmbuf_pool_create("packets", 8191, 64, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0); }

DriverTest::~DriverTest() {
  for (const std::string& name : devices_) rte_vdev_uninit(name.c_str());
  EXPECT_EQ(rte_mempool_in_use_count(pool_), 0U) << "mbufs were not given back";
  rte_mempool_free(pool_);
}

std::string DriverTest::file(const std::string& name) {
  const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
  return testing::TempDir() + "portcullis_" + info->name() + "_" + std::to_string(getpid()) + "_" + name;
}

int DriverTest::probe(const std::string& name, const std::string& arguments) {
  const int status = rte_vdev_init(name.c_str(), arguments.c_str());
  if (status == 0) devices_.push_back(name);
  return status;
}

void DriverTest::remove(const std::string& name) {
  EXPECT_EQ(rte_vdev_uninit(name.c_str()), 0);
  std::erase(devices_, name);
}

std::uint16_t DriverTest::port(const std::string& name) {
  std::uint16_t id = RTE_MAX_ETHPORTS;
  EXPECT_EQ(rte_eth_dev_get_port_by_name(name.c_str(), &id), 0) << name;
  return id;
}

void DriverTest::start(std::uint16_t port_id, std::uint16_t queues, const rte_eth_conf& conf) {
  ASSERT_EQ(rte_eth_dev_configure(port_id, queues, 1, &conf), 0);
  for (std::uint16_t queue = 0; queue < queues; ++queue) {
    ASSERT_EQ(rte_eth_rx_queue_setup(port_id, queue, 512, 0, nullptr, pool_), 0);
  }
  ASSERT_EQ(rte_eth_tx_queue_setup(port_id, 0, 512, 0, nullptr), 0);
  ASSERT_EQ(rte_eth_dev_start(port_id), 0);
  ASSERT_EQ(rte_eth_promiscuous_enable(port_id), 0);
}

void DriverTest::poll(std::initializer_list<std::uint16_t> ports, const std::function<void(rte_mbuf*)>& take) {
  for (unsigned empty = 0; empty < kEmptyPolls; ++empty) {
    pass_time();
    for (const std::uint16_t port_id : ports) {
      rte_eth_dev_info info;
      rte_eth_dev_info_get(port_id, &info);
      for (std::uint16_t queue = 0; queue < info.nb_rx_queues; ++queue) {
        rte_mbuf* packets[kBurst];
        const std::uint16_t received = rte_eth_rx_burst(port_id, queue, packets, kBurst);
        for (std::uint16_t i = 0; i < received; ++i) take(packets[i]);
        if (received > 0) empty = 0;
      }
    }
  }
}

std::vector<Frame> DriverTest::receive(std::initializer_list<std::uint16_t> ports) {
  std::vector<Frame> frames;
  poll(ports, [&](rte_mbuf* packet) {
    frames.push_back(bytes_of(packet));
    rte_pktmbuf_free(packet);
  });
  return frames;
}

std::uint64_t DriverTest::statistic(std::uint16_t port_id, const std::string& name) {
  std::uint64_t id = 0, value = 0;
  EXPECT_EQ(rte_eth_xstats_get_id_by_name(port_id, name.c_str(), &id), 0) << name;
  EXPECT_EQ(rte_eth_xstats_get_by_id(port_id, &id, &value, 1), 1) << name;
  return value;
}

Rule& Rule::priority(std::uint32_t value) {
  attributes_.priority = value;
  return *this;
}

Rule& Rule::item(rte_flow_item_type type, const void* spec, const void* mask, const void* last) {
  items_.push_back({type, spec, last, mask});
  return *this;
}

Rule& Rule::udp_to(std::uint16_t first, std::uint16_t last) {
  udp_[0].hdr.dst_port = rte_cpu_to_be_16(first);
  udp_[1].hdr.dst_port = rte_cpu_to_be_16(last);
  udp_[2].hdr.dst_port = 0xFFFF;
  return item(RTE_FLOW_ITEM_TYPE_ETH)
      .item(RTE_FLOW_ITEM_TYPE_IPV4)
      .item(RTE_FLOW_ITEM_TYPE_UDP, &udp_[0], &udp_[2], &udp_[1]);
}

Rule& Rule::action(rte_flow_action_type type, const void* conf) {
  actions_.push_back({type, conf});
  return *this;
}

rte_flow* Rule::create(std::uint16_t port_id) {
  item(RTE_FLOW_ITEM_TYPE_END).action(RTE_FLOW_ACTION_TYPE_END);
  const int validated = rte_flow_validate(port_id, &attributes_, items_.data(), actions_.data(), &error);
  rte_flow* flow = rte_flow_create(port_id, &attributes_, items_.data(), actions_.data(), &error);
  // validate() never accepts what create() refuses for another reason than space or a broken device.
  EXPECT_TRUE((validated == 0) == (flow != nullptr) || rte_errno == ENOSPC || rte_errno == EIO);
  return flow;
}

rte_flow_query_count count_of(std::uint16_t port_id, rte_flow* flow, bool reset) {
  rte_flow_query_count count{};
  count.reset = reset ? 1 : 0;
  const rte_flow_action asked[] = {{RTE_FLOW_ACTION_TYPE_COUNT, nullptr}, {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  rte_flow_error error{};
  EXPECT_EQ(rte_flow_query(port_id, flow, asked, &count, &error), 0) << error.message;
  return count;
}

}  // namespace portcullis::test
