// An ethdev port of the driver: a wire of the NIC with the queue pairs that are dealt to it.
#pragma once

#include <ethdev_driver.h>

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <set>
#include <vector>

#include "pmd/adapter.h"
#include "pmd/log.h"

/// A flow rule of an application; rte_flow's handle.
struct rte_flow {
  portcullis::device::RuleId rule = 0;
  std::uint32_t priority = 0;
  bool count = false;
  rte_flow_template_table* table = nullptr;  ///< of a rule that came through a flow queue
  portcullis::device::Tally at_reset;        ///< what the rule had counted when its counter was last reset
};

namespace portcullis::pmd {

struct Port;
class FlowQueues;

struct ReceiveQueue {
  Port* port = nullptr;
  std::uint16_t index = 0;      ///< of the port
  rte_mempool* pool = nullptr;  ///< null once its memory is gone
  unsigned buffer_bytes = 0;
  bool timestamps = false;
  DmaZone descriptors, completions;
  std::unique_ptr<device::ReceiveRing> ring;  ///< null once its memory is gone
  std::vector<rte_mbuf*> buffers;             ///< by place in the ring; null: none
  rte_mbuf* first = nullptr;                  ///< of a packet whose last segment has not come
  rte_mbuf* last = nullptr;
  unsigned empty_polls = 0;  ///< since the last packet, or since the queue was asked whether it runs
  bool started = false;
};

struct TransmitQueue {
  Port* port = nullptr;
  std::uint16_t index = 0;
  DmaZone descriptors, head;
  std::unique_ptr<device::TransmitRing> ring;  ///< null once its memory is gone
  std::vector<rte_mbuf*> buffers;              ///< segments under way, by place
  std::uint64_t refused = 0;                   ///< packets that cannot be sent: empty, or longer than the NIC takes
  unsigned full_polls = 0;                     ///< bursts in a row that found no room
  bool started = false;
};

/// An ethdev's private data.
struct Port {
  explicit Port(std::shared_ptr<Adapter> of) : adapter(std::move(of)), queues_at_reset(adapter->queues_per_wire()) {}
  ~Port() {
    for (rte_flow* flow : flows) delete flow;
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  /// Counters of a queue pair since the statistics were last reset. Under the adapter's lock.
  device::QueueCounters queue_counters(unsigned index);

  std::shared_ptr<Adapter> adapter;
  rte_eth_dev* dev = nullptr;
  unsigned wire = 0;
  device::PortFilter filter;
  bool up = true;                                            ///< as the application wants the link
  std::vector<std::uint16_t> nic_queues;                     ///< of each receive queue
  std::array<std::uint16_t, device::kRssTable> rss_table{};  ///< queue of the port by table entry
  std::array<std::uint8_t, device::kRssKey> rss_key{};
  std::uint64_t rss_types = 0;                     ///< RTE_ETH_RSS_...
  std::uint64_t metadata = ~std::uint64_t{0};      ///< RTE_ETH_RX_METADATA_... that are delivered
  std::vector<std::uint64_t> statistics_at_reset;  ///< by number of the extended statistic
  std::vector<device::QueueCounters> queues_at_reset;
  std::set<rte_flow*> flows;
  std::optional<device::RuleId> isolation;  ///< drops what no rule wants
  std::shared_ptr<FlowQueues> flow_queues;  ///< once rte_flow_configure() was called
};

inline Port& port_of(rte_eth_dev* dev) { return **static_cast<Port**>(dev->data->dev_private); }

/// Bursts (receive.cpp, transmit.cpp).
std::uint16_t receive_burst(void* queue, rte_mbuf** packets, std::uint16_t count);
std::uint16_t transmit_burst(void* queue, rte_mbuf** packets, std::uint16_t count);
/// Gives packets that the NIC would refuse back to the caller, with rte_errno.
std::uint16_t prepare_burst(void* queue, rte_mbuf** packets, std::uint16_t count);
/// Under the adapter's lock; throw DeviceError and TransportError.
void start_receive(ReceiveQueue& queue);
void stop_receive(ReceiveQueue& queue);
void start_transmit(TransmitQueue& queue);
void stop_transmit(TransmitQueue& queue);
/// Frees what the NIC has sent; gives the number of segments.
unsigned free_sent(TransmitQueue& queue);
/// A piece of DPDK's memory is about to go: stops a queue whose rings or buffers lie in it, and forgets them. True if
/// there were any. They are not touched any more, for the application has freed them.
bool release_memory_of(ReceiveQueue& queue, std::span<const std::uint8_t> gone);
bool release_memory_of(TransmitQueue& queue, std::span<const std::uint8_t> gone);
/// Polls without a result after which a queue is asked whether it has stopped: a register read takes long.
inline constexpr unsigned kPollsUntilAsked = 4096;
/// Where timestamps stand in an mbuf; registers the place with the first call. Negative: DPDK has no room for it.
int timestamp_offset();

/// RTE_ETH_RSS_... that the NIC can hash by.
std::uint64_t supported_rss_types();

/// The operations of ports (ethdev.cpp), their statistics (statistics.cpp), and rte_flow's (flow.cpp).
extern const eth_dev_ops ethdev_operations;
void add_statistics_operations(eth_dev_ops& operations);
extern const rte_flow_ops flow_operations;
/// Removes all flow rules of a port, under the adapter's lock. Throws DeviceError and TransportError.
void flush_flows(Port& port);

/// Creates the ethdev of each wire of an adapter. Wire 0's has the device's name, wire n's the name with "_wire<n>"
/// behind it. `address`: wire 0's MAC address, wire n's is n more; without it they are random. Throws DeviceError; then
/// none is left.
void create_ports(const std::shared_ptr<Adapter>& adapter, rte_device* device,
                  const std::optional<rte_ether_addr>& address = std::nullopt);
/// Closes the ports of the device `name`, those that there are.
void destroy_ports(const std::string& name);

/// The adapters of this process, for telemetry.
std::vector<std::shared_ptr<Adapter>> adapters();

/// What `error` is as a negative errno value; logs it. `what` completes "cannot".
int report(const std::exception& error, const Port& port, const char* what);

/// Runs an operation under the adapter's lock; gives 0, or the negative errno value of what it threw.
template <typename Operation>
int guarded(rte_eth_dev* dev, const char* what, Operation&& operation) {
  Port& port = port_of(dev);
  const std::scoped_lock lock(port.adapter->lock);
  try {
    operation(port);
    return 0;
  } catch (const std::exception& error) {
    return report(error, port, what);
  }
}

}  // namespace portcullis::pmd
