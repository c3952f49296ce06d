// The driver as a virtual device: --vdev net_portcullis0,wire0=...,wire1=...,geometry=edge,rate=...,image=...,mac=...
#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_kvargs.h>

#include <map>
#include <string>

#include "pmd/port.h"
#include "pmd/simulation.h"

namespace portcullis::pmd {

int log_type = -1;

namespace {

constexpr const char* kArguments[] = {"wire0", "wire1", "geometry", "rate", "image", "mac", nullptr};

std::map<std::string, std::string> arguments_of(rte_vdev_device* device) {
  std::map<std::string, std::string> values;
  rte_kvargs* list = rte_kvargs_parse(rte_vdev_device_args(device), kArguments);
  if (list == nullptr) {
    throw CableError("an argument is unknown; there are wire0, wire1, geometry, rate, image and mac");
  }
  rte_kvargs_process(
      list, nullptr,
      [](const char* key, const char* value, void* into) {
        (*static_cast<std::map<std::string, std::string>*>(into))[key] = value != nullptr ? value : "";
        return 0;
      },
      &values);
  rte_kvargs_free(list);
  return values;
}

int probe(rte_vdev_device* device) {
  const char* name = rte_vdev_device_name(device);
  if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
    log(RTE_LOG_ERR, "{}: the simulated NIC lives in the primary process; a secondary process cannot use its ports",
        name);
    return -ENOTSUP;
  }
  try {
    std::map<std::string, std::string> values = arguments_of(device);
    if (const auto geometry = values.find("geometry"); geometry != values.end() && geometry->second != "edge") {
      throw CableError(fmt::format("geometry={}: the simulated NIC has the geometry edge", geometry->second));
    }
    std::optional<rte_ether_addr> address;
    if (const std::string& mac = values["mac"]; !mac.empty()) {
      address.emplace();
      if (rte_ether_unformat_addr(mac.c_str(), &*address) != 0 || rte_is_valid_assigned_ether_addr(&*address) == 0) {
        throw CableError(fmt::format("mac={}: give the address of one station, as 02:00:00:00:00:10", mac));
      }
    }
    Simulation::Cables cables;
    for (unsigned wire = 0; wire < cables.size(); ++wire) {
      const auto found = values.find(fmt::format("wire{}", wire));
      cables[wire] = make_cable(found == values.end() ? "none" : found->second, values["rate"], name);
    }
    create_ports(std::make_shared<Adapter>(name, std::make_unique<Simulation>(std::move(cables)), values["image"]),
                 &device->device, address);
    return 0;
  } catch (const CableError& error) {
    log(RTE_LOG_ERR, "{}: {}", name, error.what());
    return -EINVAL;
  } catch (const std::exception& error) {
    log(RTE_LOG_ERR, "{}: {}", name, error.what());
    return -EIO;
  }
}

int remove(rte_vdev_device* device) {
  if (rte_eal_process_type() == RTE_PROC_PRIMARY) destroy_ports(rte_vdev_device_name(device));
  return 0;
}

// Constant-initialised: the constructor below may run before those of C++ objects.
rte_vdev_driver driver{};

}  // namespace
}  // namespace portcullis::pmd

RTE_INIT(portcullis_register_vdev) {
  using namespace portcullis::pmd;
  log_type = rte_log_register_type_and_pick_level("pmd.net.portcullis", RTE_LOG_NOTICE);
  driver.probe = probe;
  driver.remove = remove;
  driver.driver.name = "net_portcullis";
  rte_vdev_register(&driver);
}

RTE_PMD_EXPORT_NAME(net_portcullis, __COUNTER__);
RTE_PMD_REGISTER_PARAM_STRING(
    net_portcullis, "wire0=<cable> wire1=<cable> geometry=edge rate=<bits a second> image=<path> mac=<address>");
