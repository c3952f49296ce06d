// The driver in DPDK in this process: EAL without hugepages, and devices that are probed and removed case by case.
#pragma once

#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_mbuf.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "traffic/frame.h"

namespace portcullis::test {

using Frame = std::vector<std::uint8_t>;

/// A UDP frame over IPv4 from 10.0.0.1, `number` in its payload.
Frame udp_frame(std::uint32_t to, std::uint16_t from_port, std::uint16_t to_port, unsigned number = 0,
                unsigned payload = 26);
std::vector<Frame> read_frames(const std::string& pcap);
void write_frames(const std::string& pcap, const std::vector<Frame>& frames);

/// The folder in which DPDK's PCI bus looks for devices.
const std::filesystem::path& pci_bus();

class DriverTest : public testing::Test {
 protected:
  static constexpr std::uint16_t kBurst = 32;

  DriverTest();
  ~DriverTest() override;

  /// A file of this case.
  static std::string file(const std::string& name);
  /// Probes a device; gives what rte_eal_hotplug_add() gives.
  int probe(const std::string& name, const std::string& arguments);
  void remove(const std::string& name);
  static std::uint16_t port(const std::string& name);
  /// Configures and starts a port with `queues` receive queues and one transmit queue.
  void start(std::uint16_t port_id, std::uint16_t queues = 1, const rte_eth_conf& conf = {});
  /// Polls all receive queues of the ports until nothing has come for a while; gives each packet to `take`, which owns
  /// it.
  void poll(std::initializer_list<std::uint16_t> ports, const std::function<void(rte_mbuf*)>& take);
  /// The frames that come, freed.
  std::vector<Frame> receive(std::initializer_list<std::uint16_t> ports);
  /// Called between polls: simulated NICs need nothing, a card's time goes on.
  virtual void pass_time() {}
  std::uint64_t statistic(std::uint16_t port_id, const std::string& name);

  rte_mempool* pool_ = nullptr;
  std::vector<std::string> devices_;
};

Frame bytes_of(const rte_mbuf* packet);

/// Items and actions of rules, written down in order.
class Rule {
 public:
  Rule() { attributes_.ingress = 1; }
  Rule& priority(std::uint32_t value);
  Rule& item(rte_flow_item_type type, const void* spec = nullptr, const void* mask = nullptr,
             const void* last = nullptr);
  /// ETH / IPV4 / UDP with destination ports first to last.
  Rule& udp_to(std::uint16_t first, std::uint16_t last);
  Rule& action(rte_flow_action_type type, const void* conf = nullptr);
  rte_flow* create(std::uint16_t port_id);

  rte_flow_error error{};

 private:
  rte_flow_attr attributes_{};
  std::vector<rte_flow_item> items_;
  std::vector<rte_flow_action> actions_;
  rte_flow_item_udp udp_[3]{};
};

rte_flow_query_count count_of(std::uint16_t port_id, rte_flow* flow, bool reset = false);

}  // namespace portcullis::test
