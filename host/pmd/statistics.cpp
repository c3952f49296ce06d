// Basic and extended statistics of a port. The NIC's counters run since its reset; a port's begin when they were last
// reset, so each number has what the NIC had counted then taken off.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "pmd/port.h"

namespace portcullis::pmd {

namespace {

/// Everything that is read for a port at once.
struct Readings {
  device::PortCounters host;
  device::PortStatistics wire;
  std::array<device::Tally, device::kCauses> causes;
  std::uint64_t refused = 0;  ///< by the driver, before the NIC saw them
};

Readings read(Port& port) {
  Readings readings;
  readings.host = port.adapter->nic().port_counters(port.wire);
  readings.wire = port.adapter->device().statistics(port.wire);
  for (unsigned cause = 0; cause < device::kCauses; ++cause) {
    readings.causes[cause] = port.adapter->rules().cause_counters(cause);
  }
  for (unsigned i = 0; i < port.dev->data->nb_tx_queues; ++i) {
    const auto* queue = static_cast<const TransmitQueue*>(port.dev->data->tx_queues[i]);
    if (queue != nullptr) readings.refused += queue->refused;
  }
  return readings;
}

struct Statistic {
  const char* name;
  std::uint64_t (*value)(const Readings&);
};

/// In the order of their numbers. Names as DPDK has them: direction, what, unit.
constexpr Statistic kStatistics[] = {
    {"rx_wire_packets", [](const Readings& r) { return r.wire.frames; }},
    {"rx_wire_bytes", [](const Readings& r) { return r.wire.bytes; }},
    {"rx_wire_bad_packets", [](const Readings& r) { return r.wire.bad; }},
    {"rx_filter_dropped_packets", [](const Readings& r) { return r.wire.dropped; }},
    {"rx_filter_forwarded_packets", [](const Readings& r) { return r.wire.forwarded; }},
    {"rx_filter_mirrored_packets", [](const Readings& r) { return r.wire.mirrored; }},
    {"rx_host_packets", [](const Readings& r) { return r.host.frames; }},
    {"rx_delivered_packets", [](const Readings& r) { return r.host.delivered; }},
    {"rx_delivered_bytes", [](const Readings& r) { return r.host.delivered_bytes; }},
    {"rx_no_buffer_dropped_packets", [](const Readings& r) { return r.host.no_buffer; }},
    {"rx_disabled_dropped_packets", [](const Readings& r) { return r.host.disabled; }},
    {"rx_address_dropped_packets", [](const Readings& r) { return r.host.address; }},
    {"rx_too_long_dropped_packets", [](const Readings& r) { return r.host.length; }},
    {"rx_no_queue_dropped_packets", [](const Readings& r) { return r.host.no_queue; }},
    {"rx_stopped_queue_dropped_packets", [](const Readings& r) { return r.host.stopped; }},
    {"rx_no_descriptor_dropped_packets", [](const Readings& r) { return r.host.no_descriptor; }},
    {"tx_packets", [](const Readings& r) { return r.host.transmitted; }},
    {"tx_bytes", [](const Readings& r) { return r.host.transmitted_bytes; }},
    {"tx_refused_packets", [](const Readings& r) { return r.refused; }},
    {"device_default_action_packets", [](const Readings& r) { return r.causes[0].packets; }},
    {"device_malformed_packets",
     [](const Readings& r) {
       std::uint64_t sum = 0;
       for (unsigned cause = 1; cause < device::kCauses; ++cause) sum += r.causes[cause].packets;
       return sum;
     }},
};
constexpr unsigned kCount = std::size(kStatistics);

/// Numbers of every statistic since the last reset.
std::array<std::uint64_t, kCount> numbers(Port& port) {
  const Readings readings = read(port);
  std::array<std::uint64_t, kCount> values{};
  for (unsigned i = 0; i < kCount; ++i) {
    values[i] = kStatistics[i].value(readings);
    if (!port.statistics_at_reset.empty()) values[i] -= port.statistics_at_reset[i];
  }
  return values;
}

constexpr unsigned number_of(std::string_view name) {
  for (unsigned i = 0; i < kCount; ++i) {
    if (name == kStatistics[i].name) return i;
  }
  throw "there is no such statistic";
}

int get(rte_eth_dev* dev, rte_eth_stats* stats) {
  return guarded(dev, "read the statistics", [&](Port& port) {
    const auto values = numbers(port);
    const auto value = [&](unsigned number) { return values[number]; };
    stats->ipackets = value(number_of("rx_delivered_packets"));
    stats->ibytes = value(number_of("rx_delivered_bytes"));
    stats->imissed = value(number_of("rx_no_descriptor_dropped_packets")) +
                     value(number_of("rx_no_buffer_dropped_packets")) +
                     value(number_of("rx_stopped_queue_dropped_packets"));
    stats->ierrors = value(number_of("rx_wire_bad_packets")) + value(number_of("rx_too_long_dropped_packets"));
    stats->opackets = value(number_of("tx_packets"));
    stats->obytes = value(number_of("tx_bytes"));
    stats->oerrors = value(number_of("tx_refused_packets"));
    stats->rx_nombuf = dev->data->rx_mbuf_alloc_failed;
    const auto shown = [](std::uint16_t queues) { return std::min<unsigned>(queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); };
    for (unsigned i = 0; i < shown(dev->data->nb_rx_queues); ++i) {
      const device::QueueCounters of = port.queue_counters(i);
      stats->q_ipackets[i] = of.received;
      stats->q_ibytes[i] = of.received_bytes;
      stats->q_errors[i] = of.no_descriptor + of.stopped;
    }
    for (unsigned i = 0; i < shown(dev->data->nb_tx_queues); ++i) {
      const device::QueueCounters of = port.queue_counters(i);
      stats->q_opackets[i] = of.transmitted;
      stats->q_obytes[i] = of.transmitted_bytes;
    }
  });
}

int reset(rte_eth_dev* dev) {
  return guarded(dev, "reset the statistics", [dev](Port& port) {
    const Readings readings = read(port);
    port.statistics_at_reset.resize(kCount);
    for (unsigned i = 0; i < kCount; ++i) port.statistics_at_reset[i] = kStatistics[i].value(readings);
    for (unsigned i = 0; i < port.queues_at_reset.size(); ++i) {
      port.queues_at_reset[i] = port.adapter->nic().queue_counters(port.adapter->first_queue(port.wire) + i);
    }
    dev->data->rx_mbuf_alloc_failed = 0;
  });
}

int get_extended(rte_eth_dev* dev, rte_eth_xstat* stats, unsigned count) {
  if (stats == nullptr || count < kCount) return static_cast<int>(kCount);
  const int status = guarded(dev, "read the extended statistics", [&](Port& port) {
    const auto values = numbers(port);
    for (unsigned i = 0; i < kCount; ++i) stats[i] = {i, values[i]};
  });
  return status != 0 ? status : static_cast<int>(kCount);
}

void set_name(rte_eth_xstat_name& name, unsigned number) {
  const auto end = fmt::format_to_n(name.name, sizeof(name.name) - 1, "{}", kStatistics[number].name).out;
  *end = '\0';
}

int get_names(rte_eth_dev*, rte_eth_xstat_name* names, unsigned count) {
  if (names != nullptr && count >= kCount) {
    for (unsigned i = 0; i < kCount; ++i) set_name(names[i], i);
  }
  return static_cast<int>(kCount);
}

int get_extended_by_id(rte_eth_dev* dev, const std::uint64_t* ids, std::uint64_t* values, unsigned count) {
  if (ids == nullptr) count = std::min(count, kCount);
  if (ids == nullptr && values == nullptr) return static_cast<int>(kCount);
  const int status = guarded(dev, "read the extended statistics", [&](Port& port) {
    const auto all = numbers(port);
    for (unsigned i = 0; i < count; ++i) {
      const std::uint64_t id = ids != nullptr ? ids[i] : i;
      if (id >= kCount) throw std::invalid_argument(fmt::format("there is no extended statistic {}", id));
      values[i] = all[id];
    }
  });
  return status != 0 ? status : static_cast<int>(count);
}

int get_names_by_id(rte_eth_dev* dev, const std::uint64_t* ids, rte_eth_xstat_name* names, unsigned count) {
  if (ids == nullptr || names == nullptr) return get_names(dev, names, count);
  for (unsigned i = 0; i < count; ++i) {
    if (ids[i] >= kCount) return -EINVAL;
    set_name(names[i], static_cast<unsigned>(ids[i]));
  }
  return static_cast<int>(count);
}

}  // namespace

device::QueueCounters Port::queue_counters(unsigned index) {
  device::QueueCounters counters = adapter->nic().queue_counters(adapter->first_queue(wire) + index);
  const device::QueueCounters& before = queues_at_reset.at(index);
  counters.received -= before.received;
  counters.received_bytes -= before.received_bytes;
  counters.no_descriptor -= before.no_descriptor;
  counters.stopped -= before.stopped;
  counters.transmitted -= before.transmitted;
  counters.transmitted_bytes -= before.transmitted_bytes;
  return counters;
}

void add_statistics_operations(eth_dev_ops& ops) {
  ops.stats_get = get;
  ops.stats_reset = reset;
  ops.xstats_get = get_extended;
  ops.xstats_reset = reset;
  ops.xstats_get_names = get_names;
  ops.xstats_get_by_id = get_extended_by_id;
  ops.xstats_get_names_by_id = get_names_by_id;
}

}  // namespace portcullis::pmd
