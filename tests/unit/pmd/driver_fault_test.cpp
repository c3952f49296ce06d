// The driver on devices that break: gone while it works, breaking off a change, or no Portcullis NIC at all.
#include <rte_errno.h>

#include <array>
#include <memory>

#include "device/registers.h"
#include "driver_fixture.h"
#include "pmd/pci.h"
#include "pmd/port.h"
#include "pmd/simulation.h"

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010001;

/// A simulated NIC that can be pulled out of its slot, or lose its bus after some writes.
class FragileBackend final : public pmd::Backend, public device::Transport {
 public:
  explicit FragileBackend(const std::string& wire) : nic_(cables(wire)) {}

  bool gone = false;
  long writes_left = -1;  ///< negative: no end

  device::Transport& transport() override { return *this; }
  void map(void* at, std::size_t bytes) override { nic_.map(at, bytes); }
  void unmap(void* at) override { nic_.unmap(at); }
  bool bus_is_virtual() const override { return true; }
  void give_time() override {
    if (!gone) nic_.give_time();
  }
  void set_credit(unsigned wire, unsigned frames) override { nic_.set_credit(wire, frames); }
  std::uint32_t read32(std::uint32_t offset) override { return gone ? 0xFFFFFFFF : nic_.transport().read32(offset); }
  void write32(std::uint32_t offset, std::uint32_t value) override {
    if (writes_left == 0) throw device::TransportError("the bus does not answer");
    if (writes_left > 0) --writes_left;
    if (!gone) nic_.transport().write32(offset, value);
  }

 private:
  static pmd::Simulation::Cables cables(const std::string& wire) {
    pmd::Simulation::Cables made;
    made[0] = pmd::make_cable(wire, "", "fragile");
    made[1] = pmd::make_cable("none", "", "fragile");
    return made;
  }
  pmd::Simulation nic_;
};

class DriverFaultTest : public DriverTest {
 protected:
  void create(const std::string& wire) {
    auto backend = std::make_unique<FragileBackend>(wire);
    nic_ = backend.get();
    device_.name = "fragile";
    device_.driver = &driver_;
    pmd::create_ports(std::make_shared<pmd::Adapter>("fragile", std::move(backend), ""), &device_);
    id_ = port("fragile");
    start(id_);
  }
  ~DriverFaultTest() override { pmd::destroy_ports("fragile"); }

  rte_driver driver_{.next = {}, .name = "net_portcullis", .alias = nullptr};
  rte_device device_{};
  FragileBackend* nic_ = nullptr;
  std::uint16_t id_ = 0;
};

TEST_F(DriverFaultTest, ADeviceThatIsGoneIsReportedAndNothingHangs) {
  create("gen:64");
  rte_flow* flow = Rule().udp_to(1, 2).action(RTE_FLOW_ACTION_TYPE_DROP).action(RTE_FLOW_ACTION_TYPE_COUNT).create(id_);
  ASSERT_NE(flow, nullptr);
  EXPECT_EQ(rte_eth_dev_is_removed(id_), 0);
  nic_->gone = true;
  EXPECT_EQ(rte_eth_dev_is_removed(id_), 1);
  EXPECT_LT(receive({id_}).size(), 512U) << "what it had written before";
  rte_eth_stats stats;
  EXPECT_LT(rte_eth_stats_get(id_, &stats), 0);
  Rule next;
  EXPECT_EQ(next.udp_to(3, 4).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  rte_flow_error error;
  EXPECT_LT(rte_flow_destroy(id_, flow, &error), 0);
  EXPECT_EQ(rte_eth_dev_stop(id_), 0) << "it does not touch memory any more";
}

TEST_F(DriverFaultTest, AChangeThatBreaksOffAnywhereLeavesTheOldRulesInForce) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 60; ++i) sent.push_back(udp_frame(kTo, 1, static_cast<std::uint16_t>(5000 + i % 2), i));
  write_frames(file("in.pcap"), sent);
  create("pcap:" + file("in.pcap"));
  ASSERT_NE(Rule().udp_to(5000, 5000).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  std::vector<Frame> received;
  unsigned broken = 0;
  for (long writes = 0; writes < 12; ++writes) {
    nic_->writes_left = writes;
    // It would drop the other half.
    rte_flow* flow = Rule().udp_to(5001, 5001).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_);
    nic_->writes_left = -1;
    rte_flow_error error;
    if (flow != nullptr) {
      ASSERT_EQ(rte_flow_destroy(id_, flow, &error), 0);
      continue;
    }
    ++broken;
    rte_mbuf* packets[4];
    for (unsigned polls = 0; polls < 20; ++polls) {
      const std::uint16_t count = rte_eth_rx_burst(id_, 0, packets, 1);
      for (unsigned i = 0; i < count; ++i) received.push_back(bytes_of(packets[i]));
      rte_pktmbuf_free_bulk(packets, count);
    }
  }
  EXPECT_GT(broken, 3U);
  for (Frame& frame : receive({id_})) received.push_back(std::move(frame));
  std::vector<Frame> expected;
  for (unsigned i = 1; i < 60; i += 2) expected.push_back(sent[i]);
  EXPECT_EQ(received, expected);
}

TEST_F(DriverFaultTest, AStoppedQueueIsReportedAndStartsAgain) {
  std::vector<Frame> sent;
  for (unsigned i = 0; i < 40; ++i) sent.push_back(udp_frame(kTo, 1, 2, i));
  write_frames(file("in.pcap"), sent);
  create("pcap:" + file("in.pcap"));
  // A doorbell beyond the ring, as broken software writes it.
  nic_->write32(PCL_RECEIVE_TAIL, 5000);
  rte_mbuf* packets[kBurst];
  for (unsigned i = 0; i < 5000; ++i) ASSERT_EQ(rte_eth_rx_burst(id_, 0, packets, kBurst), 0);
  ASSERT_EQ(rte_eth_dev_stop(id_), 0);
  ASSERT_EQ(rte_eth_dev_start(id_), 0);
  const std::size_t received = receive({id_}).size();
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id_, &stats), 0);
  EXPECT_EQ(received + stats.imissed, sent.size());
}

TEST_F(DriverFaultTest, CardsThatAreNoneAreRefused) {
  alignas(64) static std::array<std::uint32_t, 0x4000> registers;
  rte_pci_device card{};
  card.device.name = "0000:01:00.0";
  EXPECT_LT(pmd::probe_pci(nullptr, &card), 0) << "no BAR";
  card.mem_resource[0].addr = registers.data();
  card.mem_resource[0].len = 0x1000;
  EXPECT_LT(pmd::probe_pci(nullptr, &card), 0) << "too small";
  card.mem_resource[0].len = sizeof(registers);
  registers.fill(0);
  EXPECT_LT(pmd::probe_pci(nullptr, &card), 0) << "another device";
  registers.fill(0xFFFFFFFF);
  EXPECT_LT(pmd::probe_pci(nullptr, &card), 0) << "gone";
  EXPECT_EQ(rte_eth_dev_count_avail(), 0);
  EXPECT_EQ(pmd::remove_pci(&card), 0);
}

}  // namespace
}  // namespace portcullis::test
