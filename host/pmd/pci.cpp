#include "pmd/pci.h"

#include <fmt/format.h>

#include "device/mmio_transport.h"
#include "pmd/arguments.h"
#include "pmd/port.h"

namespace portcullis::pmd {

namespace {

/// Bytes of the registers, BAR 0.
constexpr std::size_t kRegisterBytes = 0x10000;

constexpr const char* kArguments[] = {"image", "mac", nullptr};

/// A card: DPDK's memory is mapped for it by the IOMMU, or by nobody.
class Card final : public Backend {
 public:
  explicit Card(const rte_mem_resource& registers) : transport_(registers.addr, registers.len) {}

  device::Transport& transport() override { return transport_; }
  void map(void*, std::size_t) override {}
  void unmap(void*) override {}
  bool bus_is_virtual() const override { return false; }

 private:
  device::MmioTransport transport_;
};

}  // namespace

int probe_pci(rte_pci_driver*, rte_pci_device* device) {
  const char* name = device->device.name;
  if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
    log(RTE_LOG_ERR, "{}: one process drives a card; a secondary process cannot use its ports", name);
    return -ENOTSUP;
  }
  return probed(name, [&] {
    const DeviceArguments arguments(device->device.devargs, kArguments);
    const std::optional<rte_ether_addr> address = arguments.mac();
    const rte_mem_resource& registers = device->mem_resource[0];
    if (registers.addr == nullptr || registers.len < kRegisterBytes) {
      throw device::DeviceError(
          fmt::format("BAR 0 has {} bytes; the registers take {}", registers.len, kRegisterBytes));
    }
    create_ports(std::make_shared<Adapter>(name, std::make_unique<Card>(registers), arguments.image()), &device->device,
                 address);
  });
}

int remove_pci(rte_pci_device* device) {
  if (rte_eal_process_type() == RTE_PROC_PRIMARY) destroy_ports(device->device.name);
  return 0;
}

namespace {

constexpr rte_pci_id kCards[] = {{RTE_CLASS_ANY_ID, kVendor, kDevice, RTE_PCI_ANY_ID, RTE_PCI_ANY_ID}, {}};

// Constant-initialised: the constructor below may run before those of C++ objects.
rte_pci_driver driver{};

}  // namespace
}  // namespace portcullis::pmd

RTE_INIT(portcullis_register_pci) {
  using namespace portcullis::pmd;
  driver.driver.name = "net_portcullis_pci";
  driver.probe = probe_pci;
  driver.remove = remove_pci;
  driver.id_table = kCards;
  driver.drv_flags = RTE_PCI_DRV_NEED_MAPPING;
  rte_pci_register(&driver);
}

RTE_PMD_EXPORT_NAME(net_portcullis_pci, __COUNTER__);
RTE_PMD_REGISTER_PARAM_STRING(net_portcullis_pci, "image=<path> mac=<address>");
RTE_PMD_REGISTER_KMOD_DEP(net_portcullis_pci, "* vfio-pci");
