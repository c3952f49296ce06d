#include "pmd/rte_pmd_portcullis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "device/loader.h"
#include "pmd/port.h"
#include "tables/image.h"

#define PORTCULLIS_EXPORT extern "C" __attribute__((visibility("default")))

namespace portcullis::pmd {

namespace {

rte_eth_dev* own_port(std::uint16_t port_id) {
  if (!rte_eth_dev_is_valid_port(port_id)) return nullptr;
  rte_eth_dev* dev = &rte_eth_devices[port_id];
  return dev->dev_ops == &ethdev_operations ? dev : nullptr;
}

template <typename Operation>
int for_port(std::uint16_t port_id, const char* what, Operation&& operation) {
  rte_eth_dev* dev = own_port(port_id);
  return dev == nullptr ? -ENODEV : guarded(dev, what, std::forward<Operation>(operation));
}

template <std::size_t size>
void put(char (&to)[size], const std::string& text) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

}  // namespace

PORTCULLIS_EXPORT int rte_pmd_portcullis_set_mode(std::uint16_t port_id, rte_pmd_portcullis_mode mode) {
  return for_port(port_id, "set the mode", [&](Port& port) {
    const unsigned host = port.adapter->device().ports();
    switch (mode) {
      case RTE_PMD_PORTCULLIS_ENDPOINT:
        return port.adapter->device().set_forward_to(port.wire, host);
      case RTE_PMD_PORTCULLIS_BUMP:
        if (host != 2) throw std::invalid_argument(fmt::format("with {} wires there is no other one", host));
        return port.adapter->device().set_forward_to(port.wire, 1 - port.wire);
    }
    throw std::invalid_argument(fmt::format("there is no mode {}", static_cast<int>(mode)));
  });
}

PORTCULLIS_EXPORT int rte_pmd_portcullis_load(std::uint16_t port_id, const void* image, std::size_t bytes) {
  return for_port(port_id, "load an image", [&](Port& port) {
    try {
      const std::span all(static_cast<const std::uint8_t*>(image), bytes);
      port.adapter->load_image(all, "the image");
    } catch (const tables::ImageError& error) {
      throw std::invalid_argument(error.what());
    } catch (const device::LoadRefused& error) {
      throw std::invalid_argument(error.what());
    }
  });
}

PORTCULLIS_EXPORT int rte_pmd_portcullis_count_entries(std::uint16_t port_id) {
  int count = 0;
  const int status = for_port(port_id, "count the entries", [&](Port& port) {
    count = static_cast<int>(port.adapter->image_entries().entries().size());
  });
  return status != 0 ? status : count;
}

PORTCULLIS_EXPORT int rte_pmd_portcullis_get_entry(std::uint16_t port_id, unsigned number,
                                                   rte_pmd_portcullis_entry* entry) {
  return for_port(port_id, "read an entry", [&](Port& port) {
    const auto& entries = port.adapter->image_entries().entries();
    if (number >= entries.size()) {
      throw std::invalid_argument(
          fmt::format("the image in force has {} entries; there is no entry {}", entries.size(), number));
    }
    const ImageEntries::Entry& of = entries[number];
    const device::Tally tally = ImageEntries::counters(port.adapter->rules(), of);
    put(entry->rule, of.from.rule);
    put(entry->document, of.from.document);
    put(entry->service, of.from.service);
    entry->line = of.from.line;
    entry->permit = of.permit ? 1 : 0;
    entry->packets = tally.packets;
    entry->bytes = tally.bytes;
  });
}

PORTCULLIS_EXPORT int rte_pmd_portcullis_get_totals(std::uint16_t port_id, rte_pmd_portcullis_totals* totals) {
  return for_port(port_id, "read the totals", [&](Port& port) {
    Adapter& adapter = *port.adapter;
    *totals = {};
    for (unsigned wire = 0; wire < adapter.device().ports(); ++wire) {
      const device::PortStatistics statistics = adapter.device().statistics(wire);
      totals->received += statistics.frames;
      totals->bad += statistics.bad;
      totals->forwarded += statistics.forwarded;
      totals->dropped += statistics.dropped;
    }
    totals->default_action = adapter.rules().cause_counters(0).packets;
    for (unsigned cause = 1; cause < device::kCauses; ++cause) {
      totals->malformed += adapter.rules().cause_counters(cause).packets;
    }
    const auto [all, dropped] = adapter.image_entries().removed();
    totals->removed_entries = all.packets;
    totals->removed_entries_dropped = dropped.packets;
  });
}

}  // namespace portcullis::pmd
