#include "fake_card.h"

#include <bus_pci_driver.h>
#include <rte_memory.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>
#include <stdexcept>

#include "pmd/pci.h"

namespace portcullis::test {
namespace {

constexpr std::size_t kPage = 4096;
/// What stands in registers before a store, so that a store of more than its 32 bits is seen.
constexpr std::uint8_t kUntouched = 0xA5;
/// Of the page fault's error code and of EFLAGS (Intel SDM, volume 3: 4.7 and 2.3).
constexpr greg_t kFaultOfStore = 2;
constexpr greg_t kTrapFlag = 0x100;

FakeCard* in_slot = nullptr;

struct Listener {
  std::string name;
  rte_mem_event_callback_t call;
  void* argument;
};
std::vector<Listener> listeners;

void on_fault(int signal, siginfo_t* fault, void* interrupted) {
  auto* context = static_cast<ucontext_t*>(interrupted);
  const auto address = reinterpret_cast<std::uintptr_t>(fault->si_addr);
  if (in_slot == nullptr || !in_slot->has(address)) {
    std::signal(signal, SIG_DFL);  // a real one
    return;
  }
  in_slot->fault(address, (context->uc_mcontext.gregs[REG_ERR] & kFaultOfStore) != 0);
  context->uc_mcontext.gregs[REG_EFL] |= kTrapFlag;
}

void on_step(int, siginfo_t*, void* interrupted) {
  static_cast<ucontext_t*>(interrupted)->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
  if (in_slot != nullptr) in_slot->after_fault();
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = handler;
  if (::sigaction(signal, &action, nullptr) != 0) throw std::runtime_error("a signal cannot be handled");
}

void write_text(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text << "\n"; }

}  // namespace

void tell_of_memory(rte_mem_event event, const void* at, std::size_t bytes) {
  for (const Listener& listener : listeners) listener.call(event, at, bytes, listener.argument);
}

FakeCard::FakeCard(const std::filesystem::path& bus) : slot_(bus / kAddress) {
  std::filesystem::create_directory(slot_);
  write_text(slot_ / "vendor", "0x10ee");
  write_text(slot_ / "device", "0x5043");
  write_text(slot_ / "subsystem_vendor", "0x0000");
  write_text(slot_ / "subsystem_device", "0x0000");
  write_text(slot_ / "class", "0x020000");
  write_text(slot_ / "numa_node", "0");
  std::string resources = "0x00000000fe000000 0x00000000fe00ffff 0x0000000000040200";
  for (unsigned i = 1; i < PCI_MAX_RESOURCE; ++i)
    resources += "\n0x0000000000000000 0x0000000000000000 0x0000000000000000";
  write_text(slot_ / "resource", resources);
  std::filesystem::create_symlink("../drivers/vfio-pci", slot_ / "driver");

  const int file = ::memfd_create("registers", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, kBytes) != 0) throw std::runtime_error("there is no memory for registers");
  void* bar = ::mmap(nullptr, kBytes, PROT_NONE, MAP_SHARED, file, 0);
  void* behind = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (bar == MAP_FAILED || behind == MAP_FAILED) throw std::runtime_error("registers cannot be mapped");
  bar_ = static_cast<std::uint8_t*>(bar);
  behind_ = static_cast<std::uint8_t*>(behind);

  // What vfio maps for a card, before the driver is there.
  rte_memseg_contig_walk(
      [](const rte_memseg_list*, const rte_memseg* segment, std::size_t bytes, void* card) {
        memory_changed(RTE_MEM_EVENT_ALLOC, segment->addr, bytes, card);
        return 0;
      },
      this);
  rte_mem_event_callback_register(kAddress, memory_changed, this);
  in_slot = this;
  handle(SIGSEGV, on_fault);
  handle(SIGTRAP, on_step);
}

FakeCard::~FakeCard() {
  rte_mem_event_callback_unregister(kAddress, this);
  std::signal(SIGSEGV, SIG_DFL);
  std::signal(SIGTRAP, SIG_DFL);
  in_slot = nullptr;
  ::munmap(bar_, kBytes);
  ::munmap(behind_, kBytes);
  std::filesystem::remove_all(slot_);
}

void FakeCard::memory_changed(enum rte_mem_event event, const void* address, std::size_t bytes, void* card) {
  auto& self = *static_cast<FakeCard*>(card);
  auto* at = static_cast<std::uint8_t*>(const_cast<void*>(address));
  if (event == RTE_MEM_EVENT_ALLOC) {
    self.reachable_[rte_mem_virt2iova(at)] = {at, bytes};
    self.show(at);
  } else {
    self.hide(at);
    self.reachable_.erase(rte_mem_virt2iova(at));
  }
}

void FakeCard::hide(const void* at) { nic_.memory().remove(rte_mem_virt2iova(at)); }

void FakeCard::show(const void* at) {
  const std::uint64_t iova = rte_mem_virt2iova(at);
  nic_.memory().add(iova, reachable_.at(iova));
}

bool FakeCard::has(std::uintptr_t address) const {
  const auto begin = reinterpret_cast<std::uintptr_t>(bar_);
  return address >= begin && address - begin < kBytes;
}

void FakeCard::protect(int rights) {
  if (::mprotect(bar_ + offset_ / kPage * kPage, kPage, rights) != 0) std::abort();
}

void FakeCard::fault(std::uintptr_t address, bool store) {
  offset_ = static_cast<std::uint32_t>(address - reinterpret_cast<std::uintptr_t>(bar_));
  store_ = store;
  if (offset_ % 4 != 0) {
    violations_.push_back("an access at offset " + std::to_string(offset_));
    offset_ = offset_ / 4 * 4;
  }
  if (store) {
    ++stores_;
    std::memset(behind_, kUntouched, kBytes);
  } else {
    ++loads_;
    std::uint32_t value = 0xFFFFFFFF;
    try {
      if (!gone) value = nic_.read32(offset_);
    } catch (const device::TransportError&) {
      // A card completes with an error then, and the processor reads all ones.
    } catch (const std::exception& error) {
      violations_.emplace_back(error.what());
    }
    std::memcpy(behind_ + offset_, &value, sizeof(value));
  }
  protect(store ? PROT_READ | PROT_WRITE : PROT_READ);
}

void FakeCard::after_fault() {
  protect(PROT_NONE);
  if (!store_) return;
  std::uint32_t value = 0;
  std::memcpy(&value, behind_ + offset_, sizeof(value));
  std::memset(behind_ + offset_, kUntouched, sizeof(value));
  if (std::ranges::any_of(std::span(behind_, kBytes), [](std::uint8_t byte) { return byte != kUntouched; }))
    violations_.push_back("a store of more than 32 bits at offset " + std::to_string(offset_));
  try {
    if (!gone) nic_.write32(offset_, value);
  } catch (const device::TransportError&) {
    // A posted write has no answer.
  } catch (const std::exception& error) {
    violations_.emplace_back(error.what());
  }
}

}  // namespace portcullis::test

// In the place of DPDK's own.
extern "C" int rte_mem_event_callback_register(const char* name, rte_mem_event_callback_t call, void* argument) {
  portcullis::test::listeners.push_back({name, call, argument});
  return 0;
}

extern "C" int rte_mem_event_callback_unregister(const char* name, void* argument) {
  std::erase_if(portcullis::test::listeners, [&](const portcullis::test::Listener& listener) {
    return listener.name == name && listener.argument == argument;
  });
  return 0;
}

// In the place of DPDK's own, which the PCI bus calls before a driver's probe().
extern "C" int rte_pci_map_device(rte_pci_device* device) {
  using portcullis::test::in_slot;
  if (in_slot == nullptr) return 1;
  device->mem_resource[0].addr = in_slot->registers();
  return 0;
}

extern "C" void rte_pci_unmap_device(rte_pci_device* device) { device->mem_resource[0].addr = nullptr; }
