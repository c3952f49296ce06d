// The NIC around the filter: what it is, its ports, its counters. Rings are rings.h; docs/nic.md is the specification.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "device/device.h"
#include "device/transport.h"

namespace portcullis::device {

/// Bytes of a MAC address.
using MacAddress = std::array<std::uint8_t, 6>;

/// Entries of the RSS redirection table, bytes of the Toeplitz key, and MAC addresses that a port can accept.
inline constexpr unsigned kRssTable = 128;
inline constexpr unsigned kRssKey = 40;
inline constexpr unsigned kMacAddresses = 16;

/// The key of Microsoft's "Verifying the RSS Hash Calculation", which most drivers begin with.
inline constexpr std::array<std::uint8_t, kRssKey> kDefaultRssKey = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

/// What a port accepts of frames that the filter sends to the host.
struct PortFilter {
  bool receive = false;
  bool promiscuous = false;
  bool allmulticast = false;
  bool broadcast = true;
  bool rss = false;
};

/// What became of a port's frames for the host, and what the host sent, since reset.
struct PortCounters {
  std::uint64_t frames = 0;  ///< from the filter; the sum of delivered and the reasons below
  std::uint64_t delivered = 0;
  std::uint64_t delivered_bytes = 0;
  std::uint64_t no_buffer = 0;
  std::uint64_t disabled = 0;
  std::uint64_t address = 0;
  std::uint64_t length = 0;
  std::uint64_t no_queue = 0;
  std::uint64_t stopped = 0;
  std::uint64_t no_descriptor = 0;
  std::uint64_t transmitted = 0;
  std::uint64_t transmitted_bytes = 0;
};

/// A queue pair's share.
struct QueueCounters {
  std::uint64_t received = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t no_descriptor = 0;
  std::uint64_t stopped = 0;
  std::uint64_t transmitted = 0;
  std::uint64_t transmitted_bytes = 0;
};

/// The registers of the NIC from 0x1000 on. As Device, for one user at a time.
class Nic {
 public:
  /// Reads what is there. Throws DeviceError if it is a bare filter, of another version, or gone. The device must
  /// outlive the NIC.
  explicit Nic(Device& device);

  Device& device() { return device_; }
  Transport& transport() { return device_.transport(); }
  unsigned ports() const { return device_.ports(); }
  unsigned queues() const { return queues_; }           ///< queue pairs
  unsigned max_frame() const { return max_frame_; }     ///< bytes without FCS
  std::uint32_t clock_hz() const { return clock_hz_; }  ///< of NIC_TIME and timestamps
  unsigned row_slot() const { return row_slot_; }       ///< bytes a row of the table-load queue takes in host memory
  std::uint64_t time();                                 ///< clocks since reset

  /// Disables all queues and waits until none has accesses to host memory under way.
  void stop_all();

  void set_filter(unsigned port, const PortFilter& filter);
  bool link(unsigned port);
  std::uint32_t speed(unsigned port);  ///< Mbit/s
  void set_max_frame(unsigned port, unsigned bytes);
  /// Entry 0 to kMacAddresses - 1; nothing makes it invalid.
  void set_address(unsigned port, unsigned entry, std::optional<MacAddress> address);
  void set_rss_key(unsigned port, std::span<const std::uint8_t, kRssKey> key);
  /// Kinds of packets that are hashed: bits PCL_PORT_RSS_TYPES_..._MASK.
  void set_rss_types(unsigned port, std::uint32_t types);
  void set_rss_table(unsigned port, unsigned entry, unsigned queue);

  PortCounters port_counters(unsigned port);
  QueueCounters queue_counters(unsigned queue);

 private:
  std::uint64_t read64(std::uint32_t low);
  void check_port(unsigned port) const;

  Device& device_;
  unsigned queues_ = 0, max_frame_ = 0, row_slot_ = 0;
  std::uint32_t clock_hz_ = 0;
};

}  // namespace portcullis::device
