// MmioTransport: registers mapped into the process's memory, as a PCI BAR is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "device/transport.h"

namespace portcullis::device {

class MmioTransport final : public Transport {
 public:
  /// `registers`: aligned to 4; must stay mapped while the transport is in use.
  MmioTransport(volatile void* registers, std::size_t bytes)
      : words_(static_cast<volatile std::uint32_t*>(registers)), bytes_(bytes) {}

  std::uint32_t read32(std::uint32_t offset) override { return words_[index(offset)]; }
  void write32(std::uint32_t offset, std::uint32_t value) override { words_[index(offset)] = value; }

 private:
  std::size_t index(std::uint32_t offset) const {
    if (offset % 4 != 0 || offset + 4 > bytes_) {
      throw TransportError("register " + std::to_string(offset) + " is not in the mapped registers, " +
                           std::to_string(bytes_) + " bytes");
    }
    return offset / 4;
  }

  volatile std::uint32_t* words_;
  std::size_t bytes_;
};

}  // namespace portcullis::device
