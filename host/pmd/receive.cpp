// Receive bursts: completions to mbufs.
#include <fmt/format.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <algorithm>
#include <utility>

#include "pmd/flow_actions.h"
#include "pmd/log.h"
#include "pmd/port.h"

namespace portcullis::pmd {

namespace {

/// Buffers that are given back at once: a doorbell for each would cost a register write.
constexpr unsigned kRefill = 32;

std::uint64_t bus_address(const Port& port, const rte_mbuf* buffer) {
  return port.adapter->backend().bus_is_virtual()
             ? reinterpret_cast<std::uint64_t>(rte_pktmbuf_mtod(buffer, const std::uint8_t*))
             : rte_mbuf_data_iova_default(buffer);
}

std::uint32_t packet_type(const device::Completion& done) {
  std::uint32_t type = done.vlan_tags() == 0   ? RTE_PTYPE_L2_ETHER
                       : done.vlan_tags() == 1 ? RTE_PTYPE_L2_ETHER_VLAN
                                               : RTE_PTYPE_L2_ETHER_QINQ;
  if (done.l3() == 1) type |= done.l3_more() ? RTE_PTYPE_L3_IPV4_EXT : RTE_PTYPE_L3_IPV4;
  if (done.l3() == 2) type |= done.l3_more() ? RTE_PTYPE_L3_IPV6_EXT : RTE_PTYPE_L3_IPV6;
  if (done.l3() == 0) return type;
  if (done.fragment()) return type | RTE_PTYPE_L4_FRAG;
  switch (done.l4()) {
    case 1:
      return type | RTE_PTYPE_L4_TCP;
    case 2:
      return type | RTE_PTYPE_L4_UDP;
    case 3:
      return type | RTE_PTYPE_L4_SCTP;
    case 4:
    case 5:
      return type | RTE_PTYPE_L4_ICMP;
    default:
      return type;
  }
}

struct Timestamp {
  int offset = -1;
  std::uint64_t flag = 0;
};

const Timestamp& timestamp() {
  static const Timestamp registered = [] {
    Timestamp found;
    if (rte_mbuf_dyn_rx_timestamp_register(&found.offset, &found.flag) < 0) found.offset = -1;
    return found;
  }();
  return registered;
}

std::uint64_t flags_of(const device::Completion& done, std::uint64_t metadata) {
  std::uint64_t flags = 0;
  if (done.hash_type() != 0) flags |= RTE_MBUF_F_RX_RSS_HASH;
  const std::uint64_t wanted = done.mark() == kFlagMark ? RTE_ETH_RX_METADATA_USER_FLAG : RTE_ETH_RX_METADATA_USER_MARK;
  if (done.mark_valid() && (metadata & wanted) != 0) {
    flags |= RTE_MBUF_F_RX_FDIR | (done.mark() != kFlagMark ? RTE_MBUF_F_RX_FDIR_ID : 0);
  }
  constexpr std::uint64_t kIp[] = {RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN, RTE_MBUF_F_RX_IP_CKSUM_GOOD,
                                   RTE_MBUF_F_RX_IP_CKSUM_BAD, RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN};
  constexpr std::uint64_t kL4[] = {RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN, RTE_MBUF_F_RX_L4_CKSUM_GOOD,
                                   RTE_MBUF_F_RX_L4_CKSUM_BAD, RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN};
  return flags | kIp[done.ip_checksum()] | kL4[done.l4_checksum()];
}

/// Frames of the longest kind that every started queue of the port can still take.
unsigned credit_of(const Port& port) {
  unsigned credit = ~0U;
  for (unsigned q = 0; q < port.dev->data->nb_rx_queues; ++q) {
    const auto* queue = static_cast<const ReceiveQueue*>(port.dev->data->rx_queues[q]);
    if (queue == nullptr || !queue->started) continue;
    const unsigned per_frame = (port.dev->data->mtu + 22U + queue->buffer_bytes - 1) / queue->buffer_bytes;
    credit = std::min(credit, queue->ring->posted() / per_frame);
  }
  return credit == ~0U ? 0 : credit;
}

/// Fills the ring with fresh buffers, as far as there are any.
void refill(ReceiveQueue& queue) {
  bool posted = false;
  while (queue.ring->room() > 0) {
    rte_mbuf* buffer = rte_mbuf_raw_alloc(queue.pool);
    if (buffer == nullptr) {
      ++queue.port->dev->data->rx_mbuf_alloc_failed;
      break;
    }
    rte_pktmbuf_reset(buffer);
    queue.buffers[queue.ring->next_place()] = buffer;
    queue.ring->post(bus_address(*queue.port, buffer));
    posted = true;
  }
  if (posted) queue.ring->ring();
}

void check_running(ReceiveQueue& queue) {
  const std::uint32_t error = device::answered(queue.ring->error());
  if (error != 0) {
    throw device::DeviceError(
        fmt::format("error bits 0x{:x} (docs/registers.md, RECEIVE_ERROR); stop and start the port", error));
  }
}

}  // namespace

int timestamp_offset() { return timestamp().offset; }

void start_receive(ReceiveQueue& queue) {
  if (queue.ring == nullptr || queue.pool == nullptr) {
    throw std::invalid_argument(
        fmt::format("receive queue {}: the memory of its {} was freed while the queue was in use; set the queue up "
                    "anew (rte_eth_rx_queue_setup)",
                    queue.index, queue.ring == nullptr ? "rings" : "mempool"));
  }
  queue.ring->start(queue.buffer_bytes);
  queue.started = true;
  refill(queue);
}

void stop_receive(ReceiveQueue& queue) {
  queue.started = false;
  try {
    queue.ring->stop();
  } catch (const device::DeviceGone&) {
    // It will not write into the buffers any more.
  }
  for (rte_mbuf*& buffer : queue.buffers) {
    if (buffer != nullptr) rte_pktmbuf_free(buffer);
    buffer = nullptr;
  }
  if (queue.first != nullptr) rte_pktmbuf_free(queue.first);
  queue.first = queue.last = nullptr;
}

bool release_memory_of(ReceiveQueue& queue, std::span<const std::uint8_t> gone) {
  const bool rings = lies_in(gone, queue.descriptors.memory()) || lies_in(gone, queue.completions.memory());
  bool buffers = lies_in(gone, queue.pool);
  for (const rte_mbuf* buffer : queue.buffers) buffers = buffers || lies_in(gone, buffer);
  for (const rte_mbuf* segment = queue.first; segment != nullptr && !buffers; segment = segment->next)
    buffers = lies_in(gone, segment);
  if (!rings && !buffers) return false;
  log(RTE_LOG_ERR, "port {} receive queue {} stopped: the memory of its {} is being freed while the queue is in use",
      queue.port->dev->data->port_id, queue.index, rings ? "rings" : "mempool");
  if (buffers) {
    // A pool that has lost a part cannot take back the rest.
    std::ranges::fill(queue.buffers, nullptr);
    queue.first = queue.last = nullptr;
    queue.pool = nullptr;
  }
  try {
    stop_receive(queue);
  } catch (const std::exception& error) {
    log(RTE_LOG_ERR, "port {} receive queue {}: {}", queue.port->dev->data->port_id, queue.index, error.what());
  }
  if (rings) {
    queue.ring.reset();
    queue.descriptors.forget();
    queue.completions.forget();
  }
  return true;
}

std::uint16_t receive_burst(void* receive_queue, rte_mbuf** packets, std::uint16_t count) {
  auto& queue = *static_cast<ReceiveQueue*>(receive_queue);
  if (!queue.started) return 0;
  Port& port = *queue.port;
  const std::scoped_lock lock(port.adapter->lock);
  std::uint16_t received = 0;
  try {
    if (queue.ring->peek() == nullptr) {
      if (queue.ring->room() >= kRefill) refill(queue);
      port.adapter->backend().set_credit(port.wire, credit_of(port));
      port.adapter->backend().give_time();
      if (++queue.empty_polls == kPollsUntilAsked) {
        queue.empty_polls = 0;
        check_running(queue);
      }
    }
    while (received < count) {
      const device::Completion* done = queue.ring->peek();
      if (done == nullptr) break;
      queue.empty_polls = 0;
      if (done->segment_length() > queue.buffer_bytes) {
        throw device::DeviceError(fmt::format("a completion tells of {} bytes in a buffer of {}: the device is broken",
                                              done->segment_length(), queue.buffer_bytes));
      }
      rte_mbuf* buffer = std::exchange(queue.buffers[queue.ring->place()], nullptr);
      buffer->data_len = static_cast<std::uint16_t>(done->segment_length());
      buffer->next = nullptr;
      if (queue.first == nullptr) {
        queue.first = buffer;
        buffer->pkt_len = buffer->data_len;
      } else {
        queue.last->next = buffer;
        ++queue.first->nb_segs;
        queue.first->pkt_len += buffer->data_len;
      }
      queue.last = buffer;
      if (done->end()) {
        rte_mbuf* packet = std::exchange(queue.first, nullptr);
        packet->port = port.dev->data->port_id;
        packet->packet_type = packet_type(*done);
        packet->ol_flags = flags_of(*done, port.metadata);
        packet->hash.rss = done->hash();
        if (done->mark_valid()) packet->hash.fdir.hi = done->mark();
        if (queue.timestamps) {
          *RTE_MBUF_DYNFIELD(packet, timestamp().offset, rte_mbuf_timestamp_t*) = done->timestamp();
          packet->ol_flags |= timestamp().flag;
        }
        packets[received++] = packet;
      }
      queue.ring->take();
    }
    if (queue.ring->room() >= kRefill) refill(queue);
  } catch (const std::exception& error) {
    queue.started = false;
    log(RTE_LOG_ERR, "port {} receive queue {} stopped: {}", port.dev->data->port_id, queue.index, error.what());
  }
  return received;
}

}  // namespace portcullis::pmd
