// What is at the far end of a simulated wire: the words of the driver's wire arguments.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "pmd/arguments.h"

namespace portcullis::pmd {

/// A wire argument that cannot be used. The message says what it is and what would do.
class CableError : public ArgumentError {
 public:
  using ArgumentError::ArgumentError;
};

class Cable {
 public:
  virtual ~Cable() = default;
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  /// The next frame that comes in (without FCS), or nothing now. It stays where it is until release().
  virtual std::optional<std::span<const std::uint8_t>> next() = 0;
  /// All frames that next() gave have been taken.
  virtual void release() {}
  /// A frame that left by the wire, `nanoseconds` of simulated time after the start.
  virtual void left(std::uint64_t nanoseconds, std::span<const std::uint8_t> frame) = 0;
  /// Something comes, or may come from elsewhere at any time.
  virtual bool has_more() = 0;

  /// Bits a second at which frames come; nothing: as fast as receive descriptors allow.
  std::optional<std::uint64_t> rate() const { return rate_; }
  /// True if frames wait for receive descriptors; otherwise they come when they come.
  virtual bool waits() const { return !rate_.has_value(); }
  /// Mbit/s, as the link tells it.
  std::uint32_t speed() const;

 protected:
  Cable() = default;
  std::optional<std::uint64_t> rate_;
};

/// The cable of a wire argument:
///   pcap:IN.pcap[:OUT.pcap]   frames of a capture in, what leaves into another; IN may be empty
///   gen:SIZE[:RATE]           UDP frames of SIZE bytes, FCS included, without end
///   tap:NAME                  a TAP interface of the kernel, made if it does not exist
///   af_packet:IFACE           an interface of the kernel, all its frames
///   peer:DEVICE               the wire of another device of this driver that names this device
///   none                      nothing comes, what leaves is lost
/// `device`: name of the device whose wire it is. `rate`: the wire's bit rate ("10G", "25G", ...), empty for none.
/// Throws CableError.
std::unique_ptr<Cable> make_cable(const std::string& argument, const std::string& rate, const std::string& device);

}  // namespace portcullis::pmd
