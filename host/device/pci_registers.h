// PciRegisters: the registers of a PCI Express device of this machine, mapped from sysfs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "device/mmio_transport.h"

namespace portcullis::device {

class PciRegisters final : public Transport {
 public:
  /// `address`: as lspci -D writes it, such as 0000:03:00.0; BAR 0 is mapped. Throws TransportError.
  explicit PciRegisters(const std::string& address, const std::string& sysfs = "/sys/bus/pci/devices");
  ~PciRegisters() override;
  PciRegisters(const PciRegisters&) = delete;
  PciRegisters& operator=(const PciRegisters&) = delete;

  std::uint32_t read32(std::uint32_t offset) override { return registers_->read32(offset); }
  void write32(std::uint32_t offset, std::uint32_t value) override { registers_->write32(offset, value); }

 private:
  void* mapping_ = nullptr;
  std::size_t bytes_ = 0;
  std::unique_ptr<MmioTransport> registers_;
};

}  // namespace portcullis::device
