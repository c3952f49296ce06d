// A card in a PCI slot: a device of DPDK's PCI bus, found in a sysfs of the test's own, whose BAR 0 is the registers of
// the Verilated NIC and whose DMA reaches DPDK's memory by IOVA, as behind an IOMMU.
//
// The BAR is memory that nobody may touch. Every load and store of the driver faults, is carried out by the model, and
// is then let through for that one instruction, so that the driver's own loads and stores are what the card meets.
// DPDK maps BARs through vfio-pci, which needs a kernel with the device: rte_pci_map_device() is the test's.
// For x86-64, whose flag register lets one instruction through.
#pragma once

#include <rte_memory.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/nic_model.h"

namespace portcullis::test {

/// Tells everybody who asked for it that a piece of memory has come to DPDK or is about to go. DPDK itself does so only
/// where it has hugepages; here rte_mem_event_callback_register() is the test's.
void tell_of_memory(rte_mem_event event, const void* at, std::size_t bytes);

class FakeCard {
 public:
  static constexpr const char* kAddress = "0000:01:00.0";

  /// In a slot of the folder that is DPDK's PCI bus, for rte_eal_hotplug_add(). One at a time.
  explicit FakeCard(const std::filesystem::path& bus);
  ~FakeCard();
  FakeCard(const FakeCard&) = delete;
  FakeCard& operator=(const FakeCard&) = delete;

  /// What its IOMMU lets it reach: DPDK's memory, as it comes and goes, but for what is hidden from it.
  void hide(const void* at);
  void show(const void* at);

  /// A card's time goes on by itself; this one's does in the test's calls of clock() and run(), and in accesses.
  model::NicModel& nic() { return nic_; }
  /// Register accesses so far.
  std::uint64_t loads() const { return loads_; }
  std::uint64_t stores() const { return stores_; }
  /// Accesses that a card would not understand, and AXI4 rules that it broke.
  const std::vector<std::string>& violations() const { return violations_; }
  /// Out of its slot while it is in use: registers read as all ones.
  bool gone = false;

  /// For the fault handler and for rte_pci_map_device().
  bool has(std::uintptr_t address) const;
  void fault(std::uintptr_t address, bool store);
  void after_fault();
  void* registers() const { return bar_; }

 private:
  static constexpr std::size_t kBytes = 0x10000;
  static void memory_changed(enum rte_mem_event event, const void* address, std::size_t bytes, void* card);
  void protect(int rights);

  std::filesystem::path slot_;
  model::NicModel nic_;
  std::map<std::uint64_t, std::span<std::uint8_t>> reachable_;  ///< by IOVA
  std::uint8_t *bar_ = nullptr, *behind_ = nullptr;  ///< the same memory, as the driver sees it and as the card does
  std::uint32_t offset_ = 0;                         ///< of the access under way
  bool store_ = false;
  std::uint64_t loads_ = 0, stores_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace portcullis::test
