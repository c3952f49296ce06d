// The ethdev operations of a port: life cycle, queues, link, addresses, RSS.
#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "device/registers.h"
#include "pmd/port.h"
#include "tables/compile.h"

namespace portcullis::pmd {

namespace {

/// What a frame has besides its MTU: Ethernet's header and two VLAN tags; the FCS does not count.
constexpr unsigned kOverhead = RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN;
constexpr std::uint16_t kDefaultRing = 512;
constexpr std::uint16_t kDefaultBurst = 32;

constexpr std::uint64_t kReceiveOffloads = RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_RSS_HASH |
                                           RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_TIMESTAMP;
constexpr std::uint64_t kTransmitOffloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;

/// RSS types of DPDK and of the NIC. Packets without a layer 4 that is hashed, fragments included, are hashed by their
/// addresses, so these types are one to the NIC. The types with EX ask for addresses that stand in extension headers
/// where there are any: as in other drivers, the addresses of the IPv6 header are taken.
constexpr std::pair<std::uint64_t, std::uint32_t> kRssTypes[] = {
    {RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER, PCL_PORT_RSS_TYPES_IPV4_MASK},
    {RTE_ETH_RSS_NONFRAG_IPV4_TCP, PCL_PORT_RSS_TYPES_IPV4_TCP_MASK},
    {RTE_ETH_RSS_NONFRAG_IPV4_UDP, PCL_PORT_RSS_TYPES_IPV4_UDP_MASK},
    {RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER | RTE_ETH_RSS_IPV6_EX,
     PCL_PORT_RSS_TYPES_IPV6_MASK},
    {RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_IPV6_TCP_EX, PCL_PORT_RSS_TYPES_IPV6_TCP_MASK},
    {RTE_ETH_RSS_NONFRAG_IPV6_UDP | RTE_ETH_RSS_IPV6_UDP_EX, PCL_PORT_RSS_TYPES_IPV6_UDP_MASK},
};
constexpr std::uint64_t kAllRssTypes = [] {
  std::uint64_t all = 0;
  for (const auto& [type, mask] : kRssTypes) all |= type;
  return all;
}();

std::mutex adapters_mutex;
std::vector<std::weak_ptr<Adapter>> known_adapters;

// Log2 of the ring that has room for `wanted` descriptors.
unsigned ring_log2(std::uint16_t wanted) {
  const auto log2 = static_cast<unsigned>(std::bit_width(std::max(1U, wanted - 1U)));
  return std::clamp(log2, device::kSmallestRing, device::kLargestRing);
}

// ---- What the NIC is told

void write_filter(Port& port) {
  device::PortFilter filter = port.filter;
  filter.receive = filter.receive && port.up;
  port.adapter->nic().set_filter(port.wire, filter);
}

void write_rss(Port& port) {
  std::uint32_t types = 0;
  for (const auto& [type, mask] : kRssTypes) types |= (port.rss_types & type) != 0 ? mask : 0;
  device::Nic& nic = port.adapter->nic();
  nic.set_rss_key(port.wire, port.rss_key);
  nic.set_rss_types(port.wire, types);
  for (unsigned i = 0; i < device::kRssTable; ++i) {
    const std::uint16_t queue = port.rss_table[i] < port.nic_queues.size() ? port.rss_table[i] : std::uint16_t{0};
    if (!port.nic_queues.empty()) nic.set_rss_table(port.wire, i, port.nic_queues[queue]);
  }
  port.filter.rss = !port.nic_queues.empty();
}

device::MacAddress mac_of(const rte_ether_addr& address) {
  device::MacAddress bytes;
  std::ranges::copy(address.addr_bytes, bytes.begin());
  return bytes;
}

ReceiveQueue* receive_queue(const rte_eth_dev* dev, unsigned index) {
  return static_cast<ReceiveQueue*>(dev->data->rx_queues[index]);
}

TransmitQueue* transmit_queue(const rte_eth_dev* dev, unsigned index) {
  return static_cast<TransmitQueue*>(dev->data->tx_queues[index]);
}

// ---- Life cycle

int configure(rte_eth_dev* dev) {
  return guarded(dev, "configure", [dev](Port& port) {
    const rte_eth_conf& wanted = dev->data->dev_conf;
    if (wanted.intr_conf.rxq != 0)
      throw std::invalid_argument("the driver polls and has no receive interrupts; set intr_conf.rxq to 0");
    port.nic_queues.clear();
    for (unsigned i = 0; i < dev->data->nb_rx_queues; ++i) {
      port.nic_queues.push_back(static_cast<std::uint16_t>(port.adapter->first_queue(port.wire) + i));
    }
    const bool spread = (wanted.rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG) != 0;
    port.rss_types = spread ? wanted.rx_adv_conf.rss_conf.rss_hf & kAllRssTypes : 0;
    const std::uint8_t* key = wanted.rx_adv_conf.rss_conf.rss_key;
    if (key != nullptr) {
      std::copy_n(key, device::kRssKey, port.rss_key.begin());
    } else {
      port.rss_key = device::kDefaultRssKey;
    }
    for (unsigned i = 0; i < device::kRssTable; ++i) {
      port.rss_table[i] = spread && dev->data->nb_rx_queues != 0
                              ? static_cast<std::uint16_t>(i % dev->data->nb_rx_queues)
                              : std::uint16_t{0};
    }
  });
}

void check_buffers(const rte_eth_dev* dev, const ReceiveQueue& queue, unsigned mtu) {
  const bool scatter = (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
  if (!scatter && mtu + kOverhead > queue.buffer_bytes) {
    throw std::invalid_argument(
        fmt::format("frames of {} bytes do not fit buffers of {} bytes: give the mempool larger ones, "
                    "or set RTE_ETH_RX_OFFLOAD_SCATTER",
                    mtu + kOverhead, queue.buffer_bytes));
  }
}

/// A port may be started without having set up all the queues that it was configured with; ethdev does not check it.
void check_queues(const rte_eth_dev* dev) {
  const auto check = [](const char* direction, unsigned index, const void* queue) {
    if (queue == nullptr) {
      throw std::invalid_argument(
          fmt::format("the port was configured with {0} queue {1}, which has not been set up: call "
                      "rte_eth_{2}_queue_setup, or configure fewer queues",
                      direction, index, direction[0] == 'r' ? "rx" : "tx"));
    }
  };
  for (unsigned i = 0; i < dev->data->nb_rx_queues; ++i) check("receive", i, receive_queue(dev, i));
  for (unsigned i = 0; i < dev->data->nb_tx_queues; ++i) check("transmit", i, transmit_queue(dev, i));
}

void stop_queues(rte_eth_dev* dev) {
  for (unsigned i = 0; i < dev->data->nb_rx_queues; ++i) {
    if (ReceiveQueue* queue = receive_queue(dev, i); queue != nullptr && queue->ring) stop_receive(*queue);
    dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
  }
  for (unsigned i = 0; i < dev->data->nb_tx_queues; ++i) {
    if (TransmitQueue* queue = transmit_queue(dev, i); queue != nullptr && queue->ring) stop_transmit(*queue);
    dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
  }
}

int update_link(rte_eth_dev* dev, int) {
  rte_eth_link link{};
  const int status = guarded(dev, "read the link", [&](Port& port) {
    link.link_status = port.up && dev->data->dev_started != 0 && port.adapter->nic().link(port.wire)
                           ? RTE_ETH_LINK_UP
                           : RTE_ETH_LINK_DOWN;
    link.link_speed =
        link.link_status == RTE_ETH_LINK_UP ? port.adapter->nic().speed(port.wire) : RTE_ETH_SPEED_NUM_NONE;
    link.link_duplex = RTE_ETH_LINK_FULL_DUPLEX;
    link.link_autoneg = RTE_ETH_LINK_FIXED;
  });
  if (status != 0) return status;
  return rte_eth_linkstatus_set(dev, &link);
}

int start(rte_eth_dev* dev) {
  const int status = guarded(dev, "start the port", [dev](Port& port) {
    check_queues(dev);
    device::Nic& nic = port.adapter->nic();
    try {
      for (unsigned i = 0; i < dev->data->nb_rx_queues; ++i) {
        ReceiveQueue& queue = *receive_queue(dev, i);
        check_buffers(dev, queue, dev->data->mtu);
        if (dev->data->rx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED) continue;
        start_receive(queue);
        dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
      }
      for (unsigned i = 0; i < dev->data->nb_tx_queues; ++i) {
        start_transmit(*transmit_queue(dev, i));
        dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
      }
      nic.set_max_frame(port.wire, dev->data->mtu + kOverhead);
      nic.set_address(port.wire, 0, mac_of(dev->data->mac_addrs[0]));
      write_rss(port);
      port.filter.receive = true;
      write_filter(port);
    } catch (...) {
      port.filter.receive = false;
      stop_queues(dev);
      throw;
    }
  });
  if (status != 0) return status;
  dev->data->dev_started = 1;
  update_link(dev, 0);
  return 0;
}

int stop(rte_eth_dev* dev) {
  const int status = guarded(dev, "stop the port", [dev](Port& port) {
    port.filter.receive = false;
    write_filter(port);
    stop_queues(dev);
  });
  dev->data->dev_started = 0;
  update_link(dev, 0);
  return status;
}

void release_receive_queue(rte_eth_dev* dev, std::uint16_t index) {
  ReceiveQueue* queue = receive_queue(dev, index);
  if (queue == nullptr) return;
  guarded(dev, "stop a receive queue", [&](Port&) {
    dev->data->rx_queues[index] = nullptr;
    if (queue->ring) stop_receive(*queue);
  });
  delete queue;
}

void release_transmit_queue(rte_eth_dev* dev, std::uint16_t index) {
  TransmitQueue* queue = transmit_queue(dev, index);
  if (queue == nullptr) return;
  guarded(dev, "stop a transmit queue", [&](Port&) {
    dev->data->tx_queues[index] = nullptr;
    if (queue->ring) stop_transmit(*queue);
  });
  delete queue;
}

int close(rte_eth_dev* dev) {
  // Ports of another process are that one's.
  if (rte_eal_process_type() != RTE_PROC_PRIMARY) return 0;
  auto** cell = static_cast<Port**>(dev->data->dev_private);
  if (cell == nullptr || *cell == nullptr) return 0;
  if (dev->data->dev_started != 0) stop(dev);
  for (std::uint16_t i = 0; i < dev->data->nb_rx_queues; ++i) release_receive_queue(dev, i);
  for (std::uint16_t i = 0; i < dev->data->nb_tx_queues; ++i) release_transmit_queue(dev, i);
  guarded(dev, "remove the port's flow rules", [](Port& port) {
    flush_flows(port);
    if (port.isolation) {
      device::Rules& rules = port.adapter->rules_to_change();
      rules.remove(*std::exchange(port.isolation, std::nullopt));
      rules.commit();
    }
  });
  Port* port = std::exchange(*cell, nullptr);
  const std::shared_ptr<Adapter> adapter = port->adapter;
  {
    const std::scoped_lock lock(adapter->lock);
    adapter->set_port(port->wire, std::nullopt);
    delete port;
  }
  if (!adapter->has_ports()) rte_eth_switch_domain_free(adapter->switch_domain());
  return 0;
}

// ---- Queues

int set_up_receive_queue(rte_eth_dev* dev, std::uint16_t index, std::uint16_t descriptors, unsigned socket,
                         const rte_eth_rxconf* conf, rte_mempool* pool) {
  release_receive_queue(dev, index);
  Port& port = port_of(dev);
  try {
    if (pool == nullptr) throw std::invalid_argument("a receive queue needs a mempool");
    if ((rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0) {
      throw std::invalid_argument(
          "the mempool's mbufs have external buffers, which this driver does not receive into; take one of "
          "rte_pktmbuf_pool_create");
    }
    const unsigned log2 = ring_log2(descriptors);
    auto queue = std::make_unique<ReceiveQueue>();
    queue->port = &port;
    queue->index = index;
    queue->pool = pool;
    queue->buffer_bytes =
        std::min<unsigned>(rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM, device::kLargestBuffer);
    check_buffers(dev, *queue, dev->data->mtu);
    const std::uint64_t offloads = conf->offloads | dev->data->dev_conf.rxmode.offloads;
    queue->timestamps = (offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0;
    if (queue->timestamps && timestamp_offset() < 0) throw std::invalid_argument("mbufs have no room for timestamps");
    const unsigned nic_queue = port.adapter->first_queue(port.wire) + index;
    queue->descriptors = port.adapter->allocate("receive descriptors", device::ReceiveRing::descriptor_bytes(log2),
                                                static_cast<int>(socket));
    queue->completions =
        port.adapter->allocate("completions", device::ReceiveRing::completion_bytes(log2), static_cast<int>(socket));
    queue->ring = std::make_unique<device::ReceiveRing>(port.adapter->nic(), nic_queue, log2,
                                                        queue->descriptors.memory(), queue->completions.memory());
    queue->buffers.assign(queue->ring->size(), nullptr);
    const std::scoped_lock lock(port.adapter->lock);
    dev->data->rx_queues[index] = queue.release();
    return 0;
  } catch (const std::exception& error) {
    return report(error, port, "set up a receive queue");
  }
}

int set_up_transmit_queue(rte_eth_dev* dev, std::uint16_t index, std::uint16_t descriptors, unsigned socket,
                          const rte_eth_txconf*) {
  release_transmit_queue(dev, index);
  Port& port = port_of(dev);
  try {
    const unsigned log2 = ring_log2(descriptors);
    auto queue = std::make_unique<TransmitQueue>();
    queue->port = &port;
    queue->index = index;
    const unsigned nic_queue = port.adapter->first_queue(port.wire) + index;
    queue->descriptors = port.adapter->allocate("transmit descriptors", device::TransmitRing::descriptor_bytes(log2),
                                                static_cast<int>(socket));
    queue->head = port.adapter->allocate("a transmit head", device::TransmitRing::kHeadBytes, static_cast<int>(socket));
    queue->ring = std::make_unique<device::TransmitRing>(port.adapter->nic(), nic_queue, log2,
                                                         queue->descriptors.memory(), queue->head.memory());
    queue->buffers.assign(queue->ring->size(), nullptr);
    const std::scoped_lock lock(port.adapter->lock);
    dev->data->tx_queues[index] = queue.release();
    return 0;
  } catch (const std::exception& error) {
    return report(error, port, "set up a transmit queue");
  }
}

int start_receive_queue(rte_eth_dev* dev, std::uint16_t index) {
  const int status = guarded(dev, "start a receive queue", [&](Port&) { start_receive(*receive_queue(dev, index)); });
  if (status == 0) dev->data->rx_queue_state[index] = RTE_ETH_QUEUE_STATE_STARTED;
  return status;
}

int stop_receive_queue(rte_eth_dev* dev, std::uint16_t index) {
  const int status = guarded(dev, "stop a receive queue", [&](Port&) { stop_receive(*receive_queue(dev, index)); });
  if (status == 0) dev->data->rx_queue_state[index] = RTE_ETH_QUEUE_STATE_STOPPED;
  return status;
}

int start_transmit_queue(rte_eth_dev* dev, std::uint16_t index) {
  const int status =
      guarded(dev, "start a transmit queue", [&](Port&) { start_transmit(*transmit_queue(dev, index)); });
  if (status == 0) dev->data->tx_queue_state[index] = RTE_ETH_QUEUE_STATE_STARTED;
  return status;
}

int stop_transmit_queue(rte_eth_dev* dev, std::uint16_t index) {
  const int status = guarded(dev, "stop a transmit queue", [&](Port&) { stop_transmit(*transmit_queue(dev, index)); });
  if (status == 0) dev->data->tx_queue_state[index] = RTE_ETH_QUEUE_STATE_STOPPED;
  return status;
}

void receive_queue_info(rte_eth_dev* dev, std::uint16_t index, rte_eth_rxq_info* info) {
  const ReceiveQueue& queue = *receive_queue(dev, index);
  info->mp = queue.pool;
  info->nb_desc = static_cast<std::uint16_t>(queue.buffers.size());
  info->rx_buf_size = static_cast<std::uint16_t>(queue.buffer_bytes);
  info->scattered_rx = dev->data->mtu + kOverhead > queue.buffer_bytes;
  info->conf.offloads = dev->data->dev_conf.rxmode.offloads;
}

void transmit_queue_info(rte_eth_dev* dev, std::uint16_t index, rte_eth_txq_info* info) {
  info->nb_desc = static_cast<std::uint16_t>(transmit_queue(dev, index)->buffers.size());
  info->conf.offloads = dev->data->dev_conf.txmode.offloads;
}

int burst_mode(rte_eth_dev*, std::uint16_t, rte_eth_burst_mode* mode) {
  std::strncpy(mode->info, "Scalar", sizeof(mode->info) - 1);
  return 0;
}

std::uint32_t receive_queue_count(void* receive_queue) {
  const auto& queue = *static_cast<const ReceiveQueue*>(receive_queue);
  std::uint32_t count = 0;
  if (queue.ring == nullptr) return 0;
  while (count < queue.ring->size() && queue.ring->done(count)) ++count;
  return count;
}

int receive_descriptor_status(void* receive_queue, std::uint16_t offset) {
  const auto& queue = *static_cast<const ReceiveQueue*>(receive_queue);
  if (queue.ring == nullptr || offset >= queue.ring->size()) return -EINVAL;
  const device::ReceiveRing& ring = *queue.ring;
  if (offset >= ring.posted()) return RTE_ETH_RX_DESC_UNAVAIL;
  return ring.done(offset) ? RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}

int transmit_descriptor_status(void* transmit_queue, std::uint16_t offset) {
  const auto& queue = *static_cast<const TransmitQueue*>(transmit_queue);
  if (queue.ring == nullptr || offset >= queue.ring->size()) return -EINVAL;
  return queue.ring->done(offset) ? RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL;
}

int clean_up_transmitted(void* transmit_queue, std::uint32_t) {
  auto& queue = *static_cast<TransmitQueue*>(transmit_queue);
  const std::scoped_lock lock(queue.port->adapter->lock);
  return queue.ring == nullptr ? 0 : static_cast<int>(free_sent(queue));
}

// ---- Port

int port_info(rte_eth_dev* dev, rte_eth_dev_info* info) {
  return guarded(dev, "describe the port", [&](Port& port) {
    Adapter& adapter = *port.adapter;
    const auto queues = static_cast<std::uint16_t>(adapter.queues_per_wire());
    info->min_rx_bufsize = device::kSmallestBuffer;
    info->max_rx_pktlen = adapter.nic().max_frame();
    info->min_mtu = RTE_ETHER_MIN_MTU;
    info->max_mtu = static_cast<std::uint16_t>(adapter.nic().max_frame() - kOverhead);
    info->max_rx_queues = info->max_tx_queues = queues;
    info->max_mac_addrs = device::kMacAddresses;
    info->rx_offload_capa = kReceiveOffloads;
    info->tx_offload_capa = kTransmitOffloads;
    info->reta_size = device::kRssTable;
    info->hash_key_size = device::kRssKey;
    info->flow_type_rss_offloads = kAllRssTypes;
    info->rx_desc_lim.nb_min = info->tx_desc_lim.nb_min = 1U << device::kSmallestRing;
    info->rx_desc_lim.nb_max = info->tx_desc_lim.nb_max = 1U << device::kLargestRing;
    info->rx_desc_lim.nb_align = info->tx_desc_lim.nb_align = 8;
    info->speed_capa = RTE_ETH_LINK_SPEED_1G | RTE_ETH_LINK_SPEED_10G | RTE_ETH_LINK_SPEED_25G |
                       RTE_ETH_LINK_SPEED_40G | RTE_ETH_LINK_SPEED_50G | RTE_ETH_LINK_SPEED_100G;
    info->dev_capa = RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP;
    info->default_rxportconf = {.burst_size = kDefaultBurst, .ring_size = kDefaultRing, .nb_queues = 1};
    info->default_txportconf = {.burst_size = kDefaultBurst, .ring_size = kDefaultRing, .nb_queues = 1};
    info->switch_info.name = adapter.name().c_str();
    info->switch_info.domain_id = adapter.switch_domain();
    info->switch_info.port_id = static_cast<std::uint16_t>(port.wire);
  });
}

const std::uint32_t* packet_types(rte_eth_dev*) {
  static constexpr std::uint32_t kTypes[] = {
      RTE_PTYPE_L2_ETHER, RTE_PTYPE_L2_ETHER_VLAN, RTE_PTYPE_L2_ETHER_QINQ, RTE_PTYPE_L3_IPV4, RTE_PTYPE_L3_IPV4_EXT,
      RTE_PTYPE_L3_IPV6,  RTE_PTYPE_L3_IPV6_EXT,   RTE_PTYPE_L4_FRAG,       RTE_PTYPE_L4_TCP,  RTE_PTYPE_L4_UDP,
      RTE_PTYPE_L4_SCTP,  RTE_PTYPE_L4_ICMP,       RTE_PTYPE_UNKNOWN};
  return kTypes;
}

int set_link(rte_eth_dev* dev, bool up) {
  const int status = guarded(dev, "set the link", [&](Port& port) {
    port.up = up;
    write_filter(port);
  });
  if (status == 0) update_link(dev, 0);
  return status;
}

int set_filter_bit(rte_eth_dev* dev, bool device::PortFilter::*bit, bool on) {
  return guarded(dev, "set what the port accepts", [&](Port& port) {
    port.filter.*bit = on;
    write_filter(port);
  });
}

int set_mtu(rte_eth_dev* dev, std::uint16_t mtu) {
  return guarded(dev, "set the MTU", [&](Port& port) {
    for (unsigned i = 0; i < dev->data->nb_rx_queues; ++i) {
      if (const ReceiveQueue* queue = receive_queue(dev, i)) check_buffers(dev, *queue, mtu);
    }
    port.adapter->nic().set_max_frame(port.wire, mtu + kOverhead);
  });
}

int add_address(rte_eth_dev* dev, rte_ether_addr* address, std::uint32_t index, std::uint32_t) {
  return guarded(dev, "add a MAC address",
                 [&](Port& port) { port.adapter->nic().set_address(port.wire, index, mac_of(*address)); });
}

void remove_address(rte_eth_dev* dev, std::uint32_t index) {
  guarded(dev, "remove a MAC address",
          [&](Port& port) { port.adapter->nic().set_address(port.wire, index, std::nullopt); });
}

int set_address(rte_eth_dev* dev, rte_ether_addr* address) { return add_address(dev, address, 0, 0); }

int update_rss_table(rte_eth_dev* dev, rte_eth_rss_reta_entry64* entries, std::uint16_t size) {
  return guarded(dev, "set the RSS table", [&](Port& port) {
    if (size != device::kRssTable)
      throw std::invalid_argument(fmt::format("the RSS table has {} entries", device::kRssTable));
    for (unsigned i = 0; i < size; ++i) {
      const auto& group = entries[i / RTE_ETH_RETA_GROUP_SIZE];
      if ((group.mask >> i % RTE_ETH_RETA_GROUP_SIZE & 1U) == 0) continue;
      port.rss_table[i] = group.reta[i % RTE_ETH_RETA_GROUP_SIZE];
    }
    write_rss(port);
  });
}

int query_rss_table(rte_eth_dev* dev, rte_eth_rss_reta_entry64* entries, std::uint16_t size) {
  return guarded(dev, "read the RSS table", [&](Port& port) {
    if (size != device::kRssTable)
      throw std::invalid_argument(fmt::format("the RSS table has {} entries", device::kRssTable));
    for (unsigned i = 0; i < size; ++i) {
      auto& group = entries[i / RTE_ETH_RETA_GROUP_SIZE];
      if ((group.mask >> i % RTE_ETH_RETA_GROUP_SIZE & 1U) != 0)
        group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = port.rss_table[i];
    }
  });
}

int update_rss(rte_eth_dev* dev, rte_eth_rss_conf* conf) {
  return guarded(dev, "set RSS", [&](Port& port) {
    if ((conf->rss_hf & ~kAllRssTypes) != 0) throw std::invalid_argument("these RSS types are not supported");
    if (conf->rss_key != nullptr && conf->rss_key_len != device::kRssKey) {
      throw std::invalid_argument(fmt::format("the RSS key has {} bytes", device::kRssKey));
    }
    port.rss_types = conf->rss_hf;
    if (conf->rss_key != nullptr) std::copy_n(conf->rss_key, device::kRssKey, port.rss_key.begin());
    write_rss(port);
  });
}

int query_rss(rte_eth_dev* dev, rte_eth_rss_conf* conf) {
  return guarded(dev, "read RSS", [&](Port& port) {
    conf->rss_hf = port.rss_types;
    if (conf->rss_key != nullptr && conf->rss_key_len >= device::kRssKey)
      std::ranges::copy(port.rss_key, conf->rss_key);
    conf->rss_key_len = device::kRssKey;
  });
}

int negotiate_metadata(rte_eth_dev* dev, std::uint64_t* features) {
  return guarded(dev, "negotiate metadata", [&](Port& port) {
    *features &= RTE_ETH_RX_METADATA_USER_FLAG | RTE_ETH_RX_METADATA_USER_MARK;
    port.metadata = *features;
  });
}

int firmware_version(rte_eth_dev* dev, char* text, std::size_t size) {
  std::string version;
  const int status = guarded(dev, "read the version", [&](Port& port) {
    device::Transport& transport = port.adapter->backend().transport();
    const std::uint32_t nic = transport.read32(PCL_NIC_VERSION);
    const std::uint32_t filter = transport.read32(PCL_VERSION);
    const auto words = [](std::uint32_t v) {
      return fmt::format("{}.{}", v >> PCL_NIC_VERSION_MAJOR_SHIFT, v & PCL_NIC_VERSION_MINOR_MASK);
    };
    version = fmt::format("nic {} filter {} {}", words(nic), words(filter), port.adapter->geometry());
  });
  if (status != 0) return status;
  if (size <= version.size()) return static_cast<int>(version.size() + 1);
  std::memcpy(text, version.c_str(), version.size() + 1);
  return 0;
}

int read_clock(rte_eth_dev* dev, std::uint64_t* clocks) {
  return guarded(dev, "read the clock", [&](Port& port) { *clocks = port.adapter->nic().time(); });
}

/// Registers that can be read without doing anything: what the device is, and the port's own.
int dump_registers(rte_eth_dev* dev, rte_dev_reg_info* info) {
  static constexpr std::uint32_t kOfNic[] = {PCL_MAGIC,        PCL_VERSION,      PCL_STATUS,     PCL_ERRORS,
                                             PCL_NIC_MAGIC,    PCL_NIC_VERSION,  PCL_NIC_QUEUES, PCL_NIC_MAX_FRAME,
                                             PCL_NIC_CLOCK_HZ, PCL_NIC_ROW_SLOT, PCL_NIC_STATUS};
  static constexpr std::uint32_t kOfPort[] = {PCL_PORT_CONTROL, PCL_PORT_STATUS, PCL_PORT_SPEED, PCL_PORT_MAX_FRAME,
                                              PCL_PORT_RSS_TYPES};
  info->width = sizeof(std::uint32_t);
  info->length = static_cast<std::uint32_t>(std::size(kOfNic) + std::size(kOfPort));
  if (info->data == nullptr) return 0;
  return guarded(dev, "read the registers", [&](Port& port) {
    device::Transport& transport = port.adapter->backend().transport();
    auto* words = static_cast<std::uint32_t*>(info->data);
    for (const std::uint32_t at : kOfNic) *words++ = transport.read32(at);
    for (const std::uint32_t at : kOfPort) *words++ = transport.read32(at + port.wire * PCL_PORT_STRIDE);
    info->version = transport.read32(PCL_NIC_VERSION);
  });
}

int is_removed(rte_eth_dev* dev) {
  Port& port = port_of(dev);
  const std::scoped_lock lock(port.adapter->lock);
  try {
    return port.adapter->backend().transport().read32(PCL_NIC_MAGIC) == PCL_NIC_MAGIC_VALUE_RESET ? 0 : 1;
  } catch (const std::exception&) {
    return 1;
  }
}

int flow_operations_of(rte_eth_dev*, const rte_flow_ops** operations) {
  *operations = &flow_operations;
  return 0;
}

eth_dev_ops make_operations() {
  eth_dev_ops ops{};
  ops.dev_configure = configure;
  ops.dev_start = start;
  ops.dev_stop = stop;
  ops.dev_close = close;
  ops.dev_set_link_up = [](rte_eth_dev* dev) { return set_link(dev, true); };
  ops.dev_set_link_down = [](rte_eth_dev* dev) { return set_link(dev, false); };
  ops.is_removed = is_removed;
  ops.link_update = update_link;
  ops.promiscuous_enable = [](rte_eth_dev* dev) { return set_filter_bit(dev, &device::PortFilter::promiscuous, true); };
  ops.promiscuous_disable = [](rte_eth_dev* dev) {
    return set_filter_bit(dev, &device::PortFilter::promiscuous, false);
  };
  ops.allmulticast_enable = [](rte_eth_dev* dev) {
    return set_filter_bit(dev, &device::PortFilter::allmulticast, true);
  };
  ops.allmulticast_disable = [](rte_eth_dev* dev) {
    return set_filter_bit(dev, &device::PortFilter::allmulticast, false);
  };
  ops.mac_addr_add = add_address;
  ops.mac_addr_remove = remove_address;
  ops.mac_addr_set = set_address;
  ops.mtu_set = set_mtu;
  ops.dev_infos_get = port_info;
  ops.dev_supported_ptypes_get = packet_types;
  ops.rxq_info_get = receive_queue_info;
  ops.txq_info_get = transmit_queue_info;
  ops.rx_burst_mode_get = burst_mode;
  ops.tx_burst_mode_get = burst_mode;
  ops.rx_queue_start = start_receive_queue;
  ops.rx_queue_stop = stop_receive_queue;
  ops.tx_queue_start = start_transmit_queue;
  ops.tx_queue_stop = stop_transmit_queue;
  ops.rx_queue_setup = set_up_receive_queue;
  ops.rx_queue_release = release_receive_queue;
  ops.tx_queue_setup = set_up_transmit_queue;
  ops.tx_queue_release = release_transmit_queue;
  ops.tx_done_cleanup = clean_up_transmitted;
  ops.reta_update = update_rss_table;
  ops.reta_query = query_rss_table;
  ops.rss_hash_update = update_rss;
  ops.rss_hash_conf_get = query_rss;
  ops.fw_version_get = firmware_version;
  ops.get_reg = dump_registers;
  ops.read_clock = read_clock;
  ops.rx_metadata_negotiate = negotiate_metadata;
  ops.flow_ops_get = flow_operations_of;
  add_statistics_operations(ops);
  return ops;
}

std::string port_name(const std::string& device, unsigned wire) {
  return wire == 0 ? device : fmt::format("{}_wire{}", device, wire);
}

void create_port(const std::shared_ptr<Adapter>& adapter, rte_device* device, unsigned wire,
                 const std::optional<rte_ether_addr>& address) {
  const std::string name = port_name(adapter->name(), wire);
  rte_eth_dev* dev = rte_eth_dev_allocate(name.c_str());
  if (dev == nullptr) throw device::DeviceError(fmt::format("DPDK has no room for the port {}", name));
  dev->data->dev_private = rte_zmalloc_socket(name.c_str(), sizeof(Port*), 0, device->numa_node);
  dev->data->mac_addrs = static_cast<rte_ether_addr*>(
      rte_zmalloc_socket(name.c_str(), sizeof(rte_ether_addr) * device::kMacAddresses, 0, device->numa_node));
  if (dev->data->dev_private == nullptr || dev->data->mac_addrs == nullptr) {
    rte_eth_dev_release_port(dev);
    throw device::DeviceError(fmt::format("no memory for the port {}", name));
  }
  auto port = std::make_unique<Port>(adapter);
  port->dev = dev;
  port->wire = wire;
  port->rss_key = device::kDefaultRssKey;
  if (address) {
    dev->data->mac_addrs[0] = *address;
    for (unsigned i = 0, carry = wire; i < RTE_ETHER_ADDR_LEN && carry != 0; ++i) {
      std::uint8_t& byte = dev->data->mac_addrs[0].addr_bytes[RTE_ETHER_ADDR_LEN - 1 - i];
      carry += byte;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8U;
    }
  } else {
    rte_eth_random_addr(dev->data->mac_addrs[0].addr_bytes);
  }
  *static_cast<Port**>(dev->data->dev_private) = port.release();
  dev->device = device;
  dev->intr_handle = nullptr;
  dev->data->numa_node = device->numa_node;
  dev->data->dev_flags |= RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS | RTE_ETH_DEV_FLOW_OPS_THREAD_SAFE;
  dev->dev_ops = &ethdev_operations;
  dev->rx_pkt_burst = receive_burst;
  dev->tx_pkt_burst = transmit_burst;
  dev->tx_pkt_prepare = prepare_burst;
  dev->rx_queue_count = receive_queue_count;
  dev->rx_descriptor_status = receive_descriptor_status;
  dev->tx_descriptor_status = transmit_descriptor_status;
  adapter->set_port(wire, dev->data->port_id);
  rte_eth_dev_probing_finish(dev);
}

}  // namespace

const eth_dev_ops ethdev_operations = make_operations();

std::uint64_t supported_rss_types() { return kAllRssTypes; }

int report(const std::exception& error, const Port& port, const char* what) {
  log(RTE_LOG_ERR, "port {} of {} cannot {}: {}", port.wire, port.adapter->name(), what, error.what());
  if (dynamic_cast<const std::invalid_argument*>(&error) != nullptr) return -EINVAL;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return -ENOMEM;
  if (lacks_room(error)) return -ENOSPC;
  return -EIO;
}

std::vector<std::shared_ptr<Adapter>> adapters() {
  const std::scoped_lock lock(adapters_mutex);
  std::vector<std::shared_ptr<Adapter>> found;
  for (const auto& known : known_adapters) {
    if (auto adapter = known.lock()) found.push_back(std::move(adapter));
  }
  return found;
}

void create_ports(const std::shared_ptr<Adapter>& adapter, rte_device* device,
                  const std::optional<rte_ether_addr>& address) {
  std::uint16_t domain = 0;
  if (rte_eth_switch_domain_alloc(&domain) != 0) throw device::DeviceError("DPDK has no switch domain left");
  adapter->set_switch_domain(domain);
  try {
    for (unsigned wire = 0; wire < adapter->nic().ports(); ++wire) create_port(adapter, device, wire, address);
  } catch (...) {
    destroy_ports(adapter->name());
    throw;
  }
  const std::scoped_lock lock(adapters_mutex);
  std::erase_if(known_adapters, [](const std::weak_ptr<Adapter>& known) { return known.expired(); });
  known_adapters.push_back(adapter);
}

void destroy_ports(const std::string& name) {
  for (unsigned wire = 0; wire < policy::kMaxIngressPorts; ++wire) {
    rte_eth_dev* dev = rte_eth_dev_allocated(port_name(name, wire).c_str());
    if (dev == nullptr) continue;
    close(dev);
    rte_eth_dev_release_port(dev);
  }
}

}  // namespace portcullis::pmd
