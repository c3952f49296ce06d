// Telemetry: /portcullis/tables and /portcullis/counters, JSON objects by device.
#include <fmt/format.h>
#include <rte_telemetry.h>

#include "pmd/port.h"
#include "policy/packet.h"

namespace portcullis::pmd {

namespace {

void add_number(rte_tel_data* object, const char* name, std::uint64_t value) {
  rte_tel_data_add_dict_u64(object, name, value);
}

/// Calls `describe` for each adapter with an object of its own in the answer.
template <typename Describe>
int answer(rte_tel_data* data, Describe&& describe) {
  rte_tel_data_start_dict(data);
  for (const auto& adapter : adapters()) {
    rte_tel_data* object = rte_tel_data_alloc();
    if (object == nullptr) return -ENOMEM;
    rte_tel_data_start_dict(object);
    const std::scoped_lock lock(adapter->lock);
    try {
      describe(*adapter, object);
    } catch (const std::exception& error) {
      rte_tel_data_add_dict_string(object, "error", error.what());
    }
    rte_tel_data_add_dict_container(data, adapter->name().c_str(), object, 0);
  }
  return 0;
}

int tables(const char*, const char*, rte_tel_data* data) {
  return answer(data, [](Adapter& adapter, rte_tel_data* object) {
    rte_tel_data_add_dict_string(object, "geometry", adapter.geometry().c_str());
    add_number(object, "rules", adapter.rules().capacity());
    add_number(object, "rules_used", adapter.rules().size());
    add_number(object, "active_bank", adapter.device().active_bank());
    add_number(object, "latency_clocks", adapter.device().latency());
  });
}

int counters(const char*, const char*, rte_tel_data* data) {
  return answer(data, [](Adapter& adapter, rte_tel_data* object) {
    for (unsigned wire = 0; wire < adapter.nic().ports(); ++wire) {
      const device::PortStatistics statistics = adapter.device().statistics(wire);
      const auto add = [&](const char* what, std::uint64_t value) {
        add_number(object, fmt::format("wire{}_{}", wire, what).c_str(), value);
      };
      add("frames", statistics.frames);
      add("bytes", statistics.bytes);
      add("bad", statistics.bad);
      add("dropped", statistics.dropped);
      add("forwarded", statistics.forwarded);
      add("mirrored", statistics.mirrored);
    }
    add_number(object, "default_action", adapter.rules().cause_counters(0).packets);
    for (unsigned cause = 1; cause < device::kCauses; ++cause) {
      std::string name = fmt::format("malformed_{}", policy::to_string(static_cast<policy::Malformed>(cause)));
      for (char& letter : name) {
        if (letter == ' ' || letter == '-') letter = '_';
      }
      add_number(object, name.c_str(), adapter.rules().cause_counters(cause).packets);
    }
  });
}

}  // namespace
}  // namespace portcullis::pmd

RTE_INIT(portcullis_register_telemetry) {
  rte_telemetry_register_cmd("/portcullis/tables", portcullis::pmd::tables,
                             "Match tables of each Portcullis NIC: geometry, rules used, active bank. No parameters");
  rte_telemetry_register_cmd("/portcullis/counters", portcullis::pmd::counters,
                             "Counters of each Portcullis NIC's wires and causes, since its reset. No parameters");
}
