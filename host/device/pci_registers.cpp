#include "device/pci_registers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace portcullis::device {
namespace {

/// Registers of a filter or NIC (docs/registers.md).
constexpr std::size_t kRegisterBytes = 0x10000;

}  // namespace

PciRegisters::PciRegisters(const std::string& address, const std::string& sysfs) {
  const std::string file = fmt::format("{}/{}/resource0", sysfs, address);
  const int opened = ::open(file.c_str(), O_RDWR | O_SYNC | O_CLOEXEC);
  if (opened < 0) {
    throw TransportError(
        fmt::format("PCI device {}: {} cannot be opened: {}; is the address that of `lspci -D`, and are you root?",
                    address, file, std::strerror(errno)));
  }
  struct stat about {};
  const bool large_enough = ::fstat(opened, &about) == 0 && static_cast<std::size_t>(about.st_size) >= kRegisterBytes;
  if (large_enough) {
    bytes_ = kRegisterBytes;
    mapping_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
  }
  const std::string reason = large_enough
                                 ? std::strerror(errno)
                                 : fmt::format("it has {} bytes, the registers {}", about.st_size, kRegisterBytes);
  ::close(opened);
  if (!large_enough || mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    throw TransportError(
        fmt::format("PCI device {}: {} cannot be mapped: {}; is it a Portcullis NIC?", address, file, reason));
  }
  registers_ = std::make_unique<MmioTransport>(mapping_, bytes_);
}

PciRegisters::~PciRegisters() {
  if (mapping_ != nullptr) ::munmap(mapping_, bytes_);
}

}  // namespace portcullis::device
