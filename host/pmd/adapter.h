// One NIC as the driver holds it: registers, tables, DMA memory, and what its ports share.
#pragma once

#include <rte_ethdev.h>
#include <rte_memzone.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "device/nic.h"
#include "device/ownership.h"
#include "device/rings.h"
#include "device/rule_table.h"
#include "device/tree_rules.h"
#include "pmd/backend.h"
#include "pmd/device_lock.h"
#include "pmd/image_entries.h"

namespace portcullis::pmd {

/// Memory from DPDK that the NIC reaches; given back with the object.
class DmaZone {
 public:
  DmaZone() = default;
  /// Zeroed. Throws DeviceError if DPDK has none left.
  DmaZone(const std::string& what, std::size_t bytes, int socket, bool bus_is_virtual);
  DmaZone(DmaZone&& other) noexcept;
  DmaZone& operator=(DmaZone&& other) noexcept;
  ~DmaZone();

  const device::DmaMemory& memory() const { return memory_; }
  /// The memory is gone already: somebody else gave it back.
  void forget() { zone_ = nullptr; }

 private:
  const rte_memzone* zone_ = nullptr;
  device::DmaMemory memory_;
};

/// True for what says that the tables have no room for a change.
bool lacks_room(const std::exception& error);

/// True if a piece of memory, or the beginning of an object, lies in `gone`.
inline bool lies_in(std::span<const std::uint8_t> gone, const void* at) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  const auto begin = reinterpret_cast<std::uintptr_t>(gone.data());
  return address >= begin && address - begin < gone.size();
}
inline bool lies_in(std::span<const std::uint8_t> gone, const device::DmaMemory& memory) {
  return memory.bytes != 0 &&
         (lies_in(gone, memory.at) || lies_in(gone, static_cast<const std::uint8_t*>(memory.at) + memory.bytes - 1));
}

/// All of it behind one lock: a NIC has one set of registers, and a simulated one a single clock. Memory is never taken
/// from DPDK or given back under the lock, since DPDK tells of changes of its memory while it holds a lock of its own.
class Adapter {
 public:
  /// Becomes the owner of the device's tables, stops whatever an earlier driver left running, puts an image, or empty
  /// tables that permit everything, into force with one flip, and the wires into endpoint mode. `name`: of the DPDK
  /// device; `image`: path of a table image, or empty. Throws DeviceError, TransportError, LoadRefused,
  /// tables::ImageError, and what lacks_room() knows.
  Adapter(std::string name, std::unique_ptr<Backend> backend, const std::string& image);
  ~Adapter();
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  DeviceLock lock;

  const std::string& name() const { return name_; }
  Backend& backend() { return *backend_; }
  device::Device& device() { return device_; }
  device::Nic& nic() { return nic_; }
  /// To be read; whoever changes them asks rules_to_change().
  device::Rules& rules() { return *rules_; }
  /// Waits until no image is on its way through the mailbox, so that a change comes behind it. Under the lock, which
  /// is given back meanwhile: what the caller knew before may have changed.
  device::Rules& rules_to_change();
  /// An image is on its way through the mailbox. Under the lock.
  bool loading() const { return loading_; }
  /// Of the match tables: `edge`, `scale`, or `device` for what has no name.
  std::string geometry() const;
  const ImageEntries& image_entries() const { return image_entries_; }
  /// Puts an image file's bytes into force, between the flow rules: through the mailbox, with the firmware's checks and
  /// the image's self-test, where firmware answers and there are no flow rules; else, and always on a NIC with trees,
  /// by the table-load queue. Waits for a load before it. Under the lock, which others have in turn while the firmware
  /// works; until the flip they meet the old rules and counters. `file` is for messages. Throws tables::ImageError,
  /// LoadRefused, DeviceError (FirmwareRefused, too), TransportError, and what lacks_room() knows.
  void load_image(std::span<const std::uint8_t> bytes, const std::string& file);

  /// Priority of the image's entries among the flow rules: smaller numbers come before it, this and larger ones behind.
  static constexpr std::uint32_t kImagePriority = 0x80000000;

  /// Not under the lock.
  DmaZone allocate(const std::string& what, std::size_t bytes, int socket);

  /// The ethdev port of a wire, while there is one.
  std::optional<std::uint16_t> port_of_wire(unsigned wire) const { return ports_.at(wire); }
  std::optional<unsigned> wire_of_port(std::uint16_t port_id) const;
  void set_port(unsigned wire, std::optional<std::uint16_t> port_id) { ports_.at(wire) = port_id; }
  bool has_ports() const;
  std::uint16_t switch_domain() const { return switch_domain_; }
  void set_switch_domain(std::uint16_t domain) { switch_domain_ = domain; }

  /// Queue pairs of a wire: the NIC's are dealt out evenly, in order.
  unsigned queues_per_wire() const { return nic_.queues() / nic_.ports(); }
  unsigned first_queue(unsigned wire) const { return wire * queues_per_wire(); }

  /// DPDK is about to give a piece of memory back: queues whose rings or buffers lie in it are stopped before it goes,
  /// and know it no more. Under the lock.
  void release_memory(std::span<const std::uint8_t> gone);

  /// Makes all of DPDK's memory reachable for the NIC, but for `gone`, a piece that is about to be given back. The lock
  /// is held by the caller, and DPDK's memory does not change meanwhile.
  void map_memory(std::span<const std::uint8_t> gone = {});

 private:
  /// Renews the owner lock again and again, in a thread of DPDK's.
  static void keep(void* adapter);
  void keep_later();
  /// Work that commits leave behind goes on in the same thread, a piece a millisecond.
  static void work(void* adapter);
  void work_later();
  void load_tables(const tables::TableImage& image);
  /// True if a whole image can go through the mailbox now: firmware answers, and it would be all that is in the tables.
  bool loads_by_firmware();
  void load_by_firmware(const tables::TableImage& image);
  /// Waits a moment until the retired bank has counted its last packet; an egress that is blocked is not waited for.
  void settle();

  std::string name_;
  std::unique_ptr<Backend> backend_;
  std::vector<void*> mapped_;
  std::uint16_t switch_domain_ = RTE_ETH_DEV_SWITCH_DOMAIN_ID_INVALID;
  device::Device device_;
  device::Nic nic_;
  device::Ownership ownership_;
  DmaZone descriptors_, head_, rows_;
  std::unique_ptr<device::TableRing> table_ring_;
  std::unique_ptr<device::Rules> rules_;
  device::RuleTable* table_ = nullptr;  ///< the same, of a bitmap engine
  device::TreeRules* trees_ = nullptr;  ///< the same, of trees
  bool work_waits_ = false;             ///< for its alarm
  bool loading_ = false;                ///< an image is on its way through the mailbox
  std::condition_variable_any loaded_;  ///< it is no more
  ImageEntries image_entries_;
  std::array<std::optional<std::uint16_t>, policy::kMaxIngressPorts> ports_;
};

}  // namespace portcullis::pmd
