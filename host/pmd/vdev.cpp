// The driver as a virtual device: --vdev net_portcullis0,wire0=...,wire1=...,geometry=...,rate=...,image=...,mac=...
#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "model/scale_nic.h"
#include "pmd/arguments.h"
#include "pmd/port.h"
#include "pmd/simulation.h"

namespace portcullis::pmd {

int log_type = -1;

namespace {

constexpr const char* kArguments[] = {"wire0", "wire1", "geometry", "rate", "image", "mac", nullptr};

std::unique_ptr<model::VerilatedNic> make_nic(const std::string& geometry) {
  try {
    if (geometry == "edge") return model::make_verilated_nic();
    if (geometry == "scale-small") return model::make_tree_nic(model::TreeGeometry::scale_small);
    if (geometry == "scale") return model::make_tree_nic(model::TreeGeometry::scale);
  } catch (const std::invalid_argument& error) {
    throw ArgumentError(error.what());
  }
  throw ArgumentError(
      fmt::format("geometry={}: a simulated NIC has the geometry edge, scale-small or scale", geometry));
}

int probe(rte_vdev_device* device) {
  const char* name = rte_vdev_device_name(device);
  if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
    log(RTE_LOG_ERR, "{}: the simulated NIC lives in the primary process; a secondary process cannot use its ports",
        name);
    return -ENOTSUP;
  }
  return probed(name, [&] {
    const DeviceArguments arguments(device->device.devargs, kArguments);
    std::unique_ptr<model::VerilatedNic> nic = make_nic(arguments.value("geometry").value_or("edge"));
    const std::optional<rte_ether_addr> address = arguments.mac();
    Simulation::Cables cables;
    for (unsigned wire = 0; wire < cables.size(); ++wire) {
      const std::string cable = arguments.value(fmt::format("wire{}", wire)).value_or("none");
      cables[wire] = make_cable(cable, arguments.value("rate").value_or(""), name);
    }
    create_ports(std::make_shared<Adapter>(name, std::make_unique<Simulation>(std::move(cables), std::move(nic)),
                                           arguments.image()),
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
    net_portcullis,
    "wire0=<cable> wire1=<cable> geometry=edge|scale-small|scale rate=<bits a second> image=<path> mac=<address>");
