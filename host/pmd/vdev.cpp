// The driver as a virtual device: --vdev net_portcullis0,wire0=...,wire1=...,geometry=edge,rate=...,image=...,mac=...
#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>

#include <string>

#include "pmd/arguments.h"
#include "pmd/port.h"
#include "pmd/simulation.h"

namespace portcullis::pmd {

int log_type = -1;

namespace {

constexpr const char* kArguments[] = {"wire0", "wire1", "geometry", "rate", "image", "mac", nullptr};

int probe(rte_vdev_device* device) {
  const char* name = rte_vdev_device_name(device);
  if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
    log(RTE_LOG_ERR, "{}: the simulated NIC lives in the primary process; a secondary process cannot use its ports",
        name);
    return -ENOTSUP;
  }
  return probed(name, [&] {
    const DeviceArguments arguments(device->device.devargs, kArguments);
    if (const std::string geometry = arguments.value("geometry").value_or("edge"); geometry != "edge")
      throw ArgumentError(fmt::format("geometry={}: the simulated NIC has the geometry edge", geometry));
    const std::optional<rte_ether_addr> address = arguments.mac();
    Simulation::Cables cables;
    for (unsigned wire = 0; wire < cables.size(); ++wire) {
      const std::string cable = arguments.value(fmt::format("wire{}", wire)).value_or("none");
      cables[wire] = make_cable(cable, arguments.value("rate").value_or(""), name);
    }
    create_ports(std::make_shared<Adapter>(name, std::make_unique<Simulation>(std::move(cables)), arguments.image()),
                 &device->device, address);
  });
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
