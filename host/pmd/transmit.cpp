// Transmit bursts: mbufs to descriptors.
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "pmd/port.h"

namespace portcullis::pmd {

namespace {

/// Whether the NIC takes a packet; one that it does not take would stop its queue.
bool can_be_sent(const Port& port, const rte_mbuf* packet) {
  if (packet->pkt_len == 0 || packet->pkt_len > port.adapter->nic().max_frame()) return false;
  for (const rte_mbuf* segment = packet; segment != nullptr; segment = segment->next) {
    if (segment->data_len == 0) return false;
  }
  return true;
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
  queue.ring->start();
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
      if (!can_be_sent(port, packet)) {
        rte_pktmbuf_free(packet);
        ++queue.refused;
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
    if (offload || !can_be_sent(*queue.port, packets[i])) {
      rte_errno = offload ? ENOTSUP : EINVAL;
      return i;
    }
  }
  return count;
}

}  // namespace portcullis::pmd
