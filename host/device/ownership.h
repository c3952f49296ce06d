// Ownership: the right to change a device's tables, and to know when it was lost: the owner lock where there is a
// management processor (docs/mailbox.md, "Owner lock"), a stamp in the SCRATCH register elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "device/management.h"
#include "device/transport.h"

namespace portcullis::device {

/// With a management processor: holds the owner lock for as long as the object lives and is renewed, so that neither
/// the firmware nor another program changes the banks meanwhile. A lock whose owner died is free when its lease is
/// over, and is waited for; one that is renewed meanwhile belongs to somebody alive, and is not.
///
/// Without one nothing keeps programs apart. The last that begins (Device overwrites SCRATCH) is the owner, and those
/// before it are told as soon as they ask.
class Ownership {
 public:
  struct Options {
    /// Clocks of the device after which a lock that is not renewed is free: 10 seconds at 250 MHz.
    std::uint64_t lease = 2'500'000'000;
    /// Reads of the lock before a device whose lease does not pass is given up.
    unsigned polls = 100'000'000;
  };

  /// Throws DeviceError if the firmware, or another program that is alive, holds the lock. The transport must outlive
  /// the ownership.
  explicit Ownership(Transport& transport) : Ownership(transport, Options{}) {}
  Ownership(Transport& transport, Options options);
  /// Gives the lock back.
  ~Ownership();
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

  /// Renews the lock, or looks at the stamp. Throws DeviceError if it was lost in between, now and ever after: other
  /// software may then have changed the tables.
  void confirm();
  /// Gives the lock back while `operation` runs and takes it again: for what the firmware does under the lock itself.
  /// Throws what `operation` throws, and DeviceError if the lock was lost before, or went to somebody else meanwhile.
  void lend(const std::function<void()>& operation);
  /// True if there is a lock, which has to be renewed.
  bool has_lease() const { return management_.has_value(); }
  std::uint64_t lease() const { return options_.lease; }  ///< clocks

 private:
  void take();

  Transport& transport_;
  Options options_;
  std::optional<Management> management_;
  std::uint32_t name_;  ///< by chance; its low half is the lock's number for us
  bool lost_ = false;
};

}  // namespace portcullis::device
