#include "pmd/adapter.h"

#include <fmt/format.h>
#include <rte_alarm.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "device/firmware.h"
#include "device/management.h"
#include "device/scale_loader.h"
#include "pmd/port.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "tables/tree/image_file.h"

namespace portcullis::pmd {

namespace {

/// Rows on their way to the tables: the more, the fewer doorbells.
constexpr std::size_t kRowSlots = 1024;

void memory_changed(enum rte_mem_event event, const void* address, size_t bytes, void* argument) {
  auto* adapter = static_cast<Adapter*>(argument);
  const std::scoped_lock lock(adapter->lock);
  const std::span changed(static_cast<const std::uint8_t*>(address), bytes);
  if (event == RTE_MEM_EVENT_FREE) adapter->release_memory(changed);
  adapter->map_memory(event == RTE_MEM_EVENT_FREE ? changed : changed.first(0));
}

}  // namespace

bool lacks_room(const std::exception& error) {
  return dynamic_cast<const tables::DoesNotFit*>(&error) != nullptr ||
         dynamic_cast<const tables::tree::DoesNotFitTrees*>(&error) != nullptr ||
         dynamic_cast<const tables::tree::SliceIsFull*>(&error) != nullptr;
}

DmaZone::DmaZone(const std::string& what, std::size_t bytes, int socket, bool bus_is_virtual) {
  // Names of zones are short, and all processes share them.
  static std::atomic<unsigned> number = 0;
  const std::string name = fmt::format("portcullis_{}", number++);
  zone_ = rte_memzone_reserve_aligned(name.c_str(), bytes, socket, bus_is_virtual ? 0 : RTE_MEMZONE_IOVA_CONTIG,
                                      device::kRingAlignment);
  if (zone_ == nullptr) {
    throw device::DeviceError(fmt::format("no memory for {} ({} bytes): {}; give DPDK more with -m or --socket-mem",
                                          what, bytes, rte_strerror(rte_errno)));
  }
  std::memset(zone_->addr, 0, bytes);
  memory_ = {zone_->addr, bus_is_virtual ? reinterpret_cast<std::uint64_t>(zone_->addr) : zone_->iova, bytes};
}

DmaZone::DmaZone(DmaZone&& other) noexcept
    : zone_(std::exchange(other.zone_, nullptr)), memory_(std::exchange(other.memory_, {})) {}

DmaZone& DmaZone::operator=(DmaZone&& other) noexcept {
  std::swap(zone_, other.zone_);
  std::swap(memory_, other.memory_);
  return *this;
}

DmaZone::~DmaZone() {
  if (zone_ != nullptr) rte_memzone_free(zone_);
}

Adapter::Adapter(std::string name, std::unique_ptr<Backend> backend, const std::string& image)
    : name_(std::move(name)),
      backend_(std::move(backend)),
      device_(backend_->transport()),
      nic_(device_),
      ownership_(backend_->transport(), {.lease = backend_->lease(nic_.clock_hz())}),
      descriptors_(allocate("table-load descriptors", device::TableRing::kDescriptorBytes, SOCKET_ID_ANY)),
      head_(allocate("the table-load head", device::TableRing::kHeadBytes, SOCKET_ID_ANY)),
      rows_(allocate("rows", kRowSlots * nic_.row_slot(), SOCKET_ID_ANY)) {
  rte_mcfg_mem_read_lock();
  map_memory();
  rte_mcfg_mem_read_unlock();
  nic_.stop_all();
  table_ring_ = std::make_unique<device::TableRing>(nic_, descriptors_.memory(), head_.memory(), rows_.memory());
  constexpr policy::Action kPermit{.permit = true};
  if (device_.trees()) {
    auto trees =
        std::make_unique<device::TreeRules>(device_, *table_ring_, ownership_, kPermit, [this] { work_later(); });
    trees_ = trees.get();
    rules_ = std::move(trees);
  } else {
    auto table = std::make_unique<device::RuleTable>(device_, *table_ring_, ownership_, kPermit);
    table_ = table.get();
    rules_ = std::move(table);
  }
  // The first commit is all that packets see: the policy of an earlier driver is in force until then.
  {
    const std::scoped_lock held(lock);
    if (image.empty()) {
      rules_->commit();
    } else {
      load_image(tables::read_image_bytes(image), image);
    }
  }
  for (unsigned wire = 0; wire < nic_.ports(); ++wire) device_.set_forward_to(wire, device_.ports());
  rte_mem_event_callback_register(name_.c_str(), memory_changed, this);
  if (ownership_.has_lease()) keep_later();
}

Adapter::~Adapter() {
  rte_eal_alarm_cancel(keep, this);
  rte_eal_alarm_cancel(work, this);
  rte_mem_event_callback_unregister(name_.c_str(), this);
}

void Adapter::keep_later() {
  // Four times in a lease, so that a thread that is late once does not lose the lock.
  const std::uint64_t microseconds = ownership_.lease() / 4 * 1'000'000 / nic_.clock_hz();
  if (rte_eal_alarm_set(std::max<std::uint64_t>(microseconds, 1000), keep, this) != 0)
    log(RTE_LOG_ERR, "{}: DPDK has no alarm left, so the owner lock will be lost when its lease ends", name_);
}

void Adapter::keep(void* adapter) {
  auto& self = *static_cast<Adapter*>(adapter);
  const std::scoped_lock lock(self.lock);
  try {
    // While the firmware loads, the owner lock is the firmware's.
    if (!self.loading_) self.ownership_.confirm();
    self.keep_later();
  } catch (const std::exception& error) {
    log(RTE_LOG_ERR, "{}: {}", self.name_, error.what());
  }
}

void Adapter::work_later() {
  constexpr std::uint64_t kMicroseconds = 1000;
  if (std::exchange(work_waits_, true)) return;
  if (rte_eal_alarm_set(kMicroseconds, work, this) == 0) return;
  work_waits_ = false;
  log(RTE_LOG_ERR, "{}: DPDK has no alarm left: rules are folded into the trees with the next changes only", name_);
}

void Adapter::work(void* adapter) {
  auto& self = *static_cast<Adapter*>(adapter);
  const std::scoped_lock lock(self.lock);
  self.work_waits_ = false;
  try {
    if (self.rules_->work()) self.work_later();
  } catch (const std::exception& error) {
    log(RTE_LOG_ERR, "{}: {}", self.name_, error.what());
  }
}

std::string Adapter::geometry() const { return device_.trees() ? device_.trees()->name() : device_.geometry().name; }

bool Adapter::loads_by_firmware() {
  if (rules_->size() != image_entries_.entries().size()) return false;  // flow rules
  std::optional<device::Management> management = device::Management::find(backend_->transport());
  return management && management->state().problem().empty();
}

device::Rules& Adapter::rules_to_change() {
  loaded_.wait(lock, [this] { return !loading_; });
  return *rules_;
}

void Adapter::settle() {
  constexpr unsigned kReads = 10'000;
  for (unsigned read = 0; read < kReads && device_.shadow_serves(); ++read) {
  }
}

void Adapter::load_image(std::span<const std::uint8_t> bytes, const std::string& file) {
  rules_to_change();
  if (!tables::tree::is_scale_image(bytes)) {
    load_tables(tables::decode(bytes, file));
    return;
  }
  const tables::tree::ScaleImage image = tables::tree::decode_scale(bytes, file);
  device::ScaleLoader(device_, *table_ring_).check_shape(image);
  image_entries_.load(
      *rules_, image.entries, image.actions, [&] { return trees_->set_policy(image, kImagePriority); },
      [&] { rules_->commit(); });
}

void Adapter::load_tables(const tables::TableImage& image) {
  device::Loader(device_).check_geometry(image);
  const auto set = [&] { return table_->set_policy(image, kImagePriority); };
  if (!loads_by_firmware()) {
    image_entries_.load(*rules_, image.entries, image.actions, set, [&] {
      rules_->commit();
      settle();
    });
    return;
  }
  loading_ = true;
  const std::unique_ptr<Adapter, void (*)(Adapter*)> end(this, [](Adapter* self) {
    self->loading_ = false;
    self->loaded_.notify_all();
  });
  image_entries_.load(*rules_, image.entries, image.actions, set, [&] {
    table_ring_->stop();
    table_->commit_by(image, [&] { load_by_firmware(image); });
    settle();
  });
}

void Adapter::load_by_firmware(const tables::TableImage& image) {
  device::Management management = *device::Management::find(backend_->transport());
  bool gives_way = true;
  device::Mailbox::Options mailbox;
  mailbox.between_looks = [&] {
    if (gives_way) lock.give_way();
  };
  device::Firmware firmware(management, mailbox);
  device::FirmwareLoadOptions options;
  // The driver's tables have counted what the retired bank did.
  options.discard_counters = true;
  // From the flip on rules have other numbers: nobody asks before the tables know them.
  options.before_activation = [&] { gives_way = false; };
  firmware.load(tables::encode(image), options);
}

DmaZone Adapter::allocate(const std::string& what, std::size_t bytes, int socket) {
  return DmaZone(fmt::format("{} of {}", what, name_), bytes, socket, backend_->bus_is_virtual());
}

std::optional<unsigned> Adapter::wire_of_port(std::uint16_t port_id) const {
  for (unsigned wire = 0; wire < ports_.size(); ++wire) {
    if (ports_[wire] == port_id) return wire;
  }
  return std::nullopt;
}

bool Adapter::has_ports() const {
  for (const auto& port : ports_) {
    if (port) return true;
  }
  return false;
}

void Adapter::release_memory(std::span<const std::uint8_t> gone) {
  for (const auto& port : ports_) {
    if (!port) continue;
    rte_eth_dev_data& data = *rte_eth_devices[*port].data;
    for (unsigned i = 0; i < data.nb_rx_queues; ++i) {
      auto* queue = static_cast<ReceiveQueue*>(data.rx_queues[i]);
      if (queue != nullptr && release_memory_of(*queue, gone)) data.rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
    }
    for (unsigned i = 0; i < data.nb_tx_queues; ++i) {
      auto* queue = static_cast<TransmitQueue*>(data.tx_queues[i]);
      if (queue != nullptr && release_memory_of(*queue, gone)) data.tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
    }
  }
}

void Adapter::map_memory(std::span<const std::uint8_t> gone) {
  for (void* at : mapped_) backend_->unmap(at);
  mapped_.clear();
  struct Walk {
    Adapter* adapter;
    const std::uint8_t *gone_begin, *gone_end;
  } walk{this, gone.data(), gone.data() + gone.size()};
  rte_memseg_contig_walk_thread_unsafe(
      [](const rte_memseg_list*, const rte_memseg* segment, size_t bytes, void* argument) {
        const auto& [adapter, gone_begin, gone_end] = *static_cast<Walk*>(argument);
        auto* begin = static_cast<std::uint8_t*>(segment->addr);
        std::uint8_t* end = begin + bytes;
        const auto map = [&](std::uint8_t* from, const std::uint8_t* to) {
          if (from >= to) return;
          adapter->backend_->map(from, static_cast<std::size_t>(to - from));
          adapter->mapped_.push_back(from);
        };
        if (gone_begin == gone_end || gone_end <= begin || gone_begin >= end) {
          map(begin, end);
        } else {
          map(begin, gone_begin);
          map(begin + (gone_end - begin), end);
        }
        return 0;
      },
      &walk);
}

}  // namespace portcullis::pmd
