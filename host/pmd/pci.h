// The driver as a PCI driver: the NIC's registers in BAR 0 of a card.
#pragma once

#include <bus_pci_driver.h>

#include <cstdint>

namespace portcullis::pmd {

/// PCI numbers of the card. The vendor is AMD (Xilinx), whose PCI Express blocks let a design choose its device number;
/// this one is not registered with anybody.
inline constexpr std::uint16_t kVendor = 0x10EE;
inline constexpr std::uint16_t kDevice = 0x5043;

/// Makes the ports of a card. 0, or a negative errno value after logging what is wrong.
int probe_pci(rte_pci_driver* driver, rte_pci_device* device);
int remove_pci(rte_pci_device* device);

}  // namespace portcullis::pmd
