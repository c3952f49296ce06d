// Transmit bursts: mbufs to descriptors.
#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include "pmd/port.h"

namespace portcullis::pmd {

namespace {

/// Whether the NIC can read a segment. Only buffers that were attached to their mbuf may lie elsewhere.
bool is_reachable(const Port& port, const rte_mbuf* segment) {
  if (!RTE_MBUF_HAS_EXTBUF(segment)) return true;
  if (!port.adapter->backend().bus_is_virtual()) return segment->buf_iova != RTE_BAD_IOVA;
  const auto is_mapped = [](const void* at) {
    const rte_memseg_list* list = rte_mem_virt2memseg_list(at);
    return list != nullptr && list->external == 0;
  };
  const auto* data = rte_pktmbuf_mtod(segment, const std::uint8_t*);
  return is_mapped(data) && is_mapped(data + segment->data_len - 1);
}

/// Why the NIC would not take a packet, which would stop its queue; null: it takes it.
const char* why_not_sent(const Port& port, const rte_mbuf* packet) {
  if (packet->pkt_len == 0) return "it is empty";
  if (packet->pkt_len > port.adapter->nic().max_frame()) return "it is longer than the NIC's largest frame";
  for (const rte_mbuf* segment = packet; segment != nullptr; segment = segment->next) {
    if (segment->data_len == 0) return "one of its segments is empty";
    if (!is_reachable(port, segment)) {
      return "it has an external buffer outside of DPDK's memory, which the NIC does not reach: take such buffers from "
             "rte_malloc, or copy the packet (rte_pktmbuf_copy)";
    }
  }
  return nullptr;
}

void check_running(TransmitQueue& queue) {
  const std::uint32_t error = device::answered(queue.ring->error());
  if (error != 0) {
    throw device::DeviceError(
        fmt::format("error bits 0x{:x} (docs/registers.md, TRANSMIT_ERROR); stop and start the port", error));
  }
}

}  // namespace

unsigned free_sent(TransmitQueue& queue) {
  const unsigned done = queue.ring->collect();
  const unsigned mask = queue.ring->size() - 1;
  for (unsigned i = 0; i < done; ++i) {
    rte_mbuf*& segment = queue.buffers[(queue.ring->done_from() + i) & mask];
    if (segment != nullptr) rte_pktmbuf_free_seg(segment);
    segment = nullptr;
  }
  return done;
}

void start_transmit(TransmitQueue& queue) {
  if (queue.ring == nullptr) {
    throw std::invalid_argument(
        fmt::format("transmit queue {}: the memory of its rings was freed while the queue was in use; set the queue up "
                    "anew (rte_eth_tx_queue_setup)",
                    queue.index));
  }
  queue.ring->start();
  queue.full_polls = 0;
  queue.started = true;
}

void stop_transmit(TransmitQueue& queue) {
  queue.started = false;
  try {
    queue.ring->stop();
  } catch (const device::DeviceGone&) {
    // It will not read the segments any more.
  }
  for (rte_mbuf*& segment : queue.buffers) {
    if (segment != nullptr) rte_pktmbuf_free_seg(segment);
    segment = nullptr;
  }
}

bool release_memory_of(TransmitQueue& queue, std::span<const std::uint8_t> gone) {
  const bool rings = lies_in(gone, queue.descriptors.memory()) || lies_in(gone, queue.head.memory());
  bool buffers = false;
  for (rte_mbuf*& segment : queue.buffers) {
    if (segment == nullptr || !(lies_in(gone, segment) || lies_in(gone, segment->pool))) continue;
    segment = nullptr;
    buffers = true;
  }
  if (!rings && !buffers) return false;
  log(RTE_LOG_ERR, "port {} transmit queue {} stopped: the memory of its {} is being freed while the queue is in use",
      queue.port->dev->data->port_id, queue.index, rings ? "rings" : "packets");
  try {
    stop_transmit(queue);
  } catch (const std::exception& error) {
    log(RTE_LOG_ERR, "port {} transmit queue {}: {}", queue.port->dev->data->port_id, queue.index, error.what());
  }
  if (rings) {
    queue.ring.reset();
    queue.descriptors.forget();
    queue.head.forget();
  }
  return true;
}

std::uint16_t transmit_burst(void* transmit_queue, rte_mbuf** packets, std::uint16_t count) {
  auto& queue = *static_cast<TransmitQueue*>(transmit_queue);
  if (!queue.started) return 0;
  Port& port = *queue.port;
  const std::scoped_lock lock(port.adapter->lock);
  try {
    free_sent(queue);
    std::uint16_t sent = 0;
    for (; sent < count; ++sent) {
      rte_mbuf* packet = packets[sent];
      if (packet->nb_segs > queue.ring->room()) {
        port.adapter->backend().give_time();
        free_sent(queue);
        if (packet->nb_segs > queue.ring->room()) break;
      }
      if (const char* reason = why_not_sent(port, packet)) {
        // The first one is told; all are counted.
        if (queue.refused++ == 0) {
          log(RTE_LOG_WARNING, "port {} transmit queue {} drops a packet: {}", port.dev->data->port_id, queue.index,
              reason);
        }
        rte_pktmbuf_free(packet);
        continue;
      }
      const std::uint32_t bytes = packet->pkt_len;
      bool first = true;
      for (rte_mbuf* segment = packet; segment != nullptr;) {
        rte_mbuf* next = segment->next;
        const std::uint64_t address =
            port.adapter->backend().bus_is_virtual()
                ? reinterpret_cast<std::uint64_t>(rte_pktmbuf_mtod(segment, const std::uint8_t*))
                : rte_mbuf_data_iova(segment);
        queue.buffers[queue.ring->next_place()] = segment;
        queue.ring->put(device::TransmitDescriptor::segment(address, segment->data_len, first ? bytes : 0,
                                                            first ? port.wire : 0, next == nullptr));
        first = false;
        segment = next;
      }
    }
    if (sent > 0) {
      queue.ring->ring();
      port.adapter->backend().give_time();
      queue.full_polls = 0;
    } else if (count > 0 && ++queue.full_polls == kPollsUntilAsked) {
      queue.full_polls = 0;
      check_running(queue);
    }
    return sent;
  } catch (const std::exception& error) {
    queue.started = false;
    log(RTE_LOG_ERR, "port {} transmit queue {} stopped: {}", port.dev->data->port_id, queue.index, error.what());
    return 0;
  }
}

std::uint16_t prepare_burst(void* transmit_queue, rte_mbuf** packets, std::uint16_t count) {
  const auto& queue = *static_cast<TransmitQueue*>(transmit_queue);
  for (std::uint16_t i = 0; i < count; ++i) {
    const bool offload = (packets[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0;
    if (offload || why_not_sent(*queue.port, packets[i]) != nullptr) {
      rte_errno = offload ? ENOTSUP : EINVAL;
      return i;
    }
  }
  return count;
}

}  // namespace portcullis::pmd
