// Transport: how software reaches the registers of a device, be it a simulated one, a mapped PCI BAR or a debug bridge.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>

namespace portcullis::device {

/// What a transport throws when an access cannot be carried out (the mapping is gone, the simulation has stopped).
class TransportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// 32-bit accesses at byte offsets, 0 to 0xFFFC and multiples of 4 (host/device/registers.h).
///
/// Ordering: accesses reach the device one by one in the order of the calls. A write may still be on its way when
/// write32 returns; read32 returns what the device answers after all writes before it have taken effect. A device that
/// is gone typically reads as all ones (PCI Express); a transport hands that on and leaves the judgement to Device.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::uint32_t read32(std::uint32_t offset) = 0;
  virtual void write32(std::uint32_t offset, std::uint32_t value) = 0;
  /// Writes words to consecutive offsets, ascending; as many write32, unless the transport knows something faster.
  virtual void write_block(std::uint32_t offset, std::span<const std::uint32_t> words) {
    for (const std::uint32_t word : words) {
      write32(offset, word);
      offset += 4;
    }
  }
};

}  // namespace portcullis::device
