// Device: a filter behind a Transport: what it is, its banks, test lookups, counters, wire ports. Loading is loader.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "device/transport.h"
#include "policy/key.h"
#include "tables/geometry.h"
#include "tables/tree/shape.h"

namespace portcullis::device {

/// A device that cannot be used, stopped answering, or refused a command. The message says which and what to do.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A device that is not there any more: its registers read as all ones. It does not touch host memory either.
class DeviceGone : public DeviceError {
 public:
  DeviceGone() : DeviceError("the device no longer answers: its registers read all ones") {}
};

/// What a register of a device that is gone reads as.
inline constexpr std::uint32_t kAllOnes = 0xFFFFFFFF;
/// What was read of a register that never holds all ones. Throws DeviceGone if it does.
inline std::uint32_t answered(std::uint32_t value) {
  if (value == kAllOnes) throw DeviceGone();
  return value;
}

/// Counters of kind cause: 0 is the default action, 1 to 8 are policy::Malformed.
inline constexpr unsigned kCauses = 9;

/// Packets and bytes (without FCS).
struct Tally {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  Tally& operator+=(const Tally& other) {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
  Tally& operator-=(const Tally& other) {
    packets -= other.packets;
    bytes -= other.bytes;
    return *this;
  }
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// All counters of a bank.
struct Counters {
  std::vector<Tally> rules;             ///< by rule number
  std::array<Tally, kCauses> causes{};  ///< by cause
  /// Sum over rules and causes: every packet with a verdict is counted exactly once.
  Tally total() const;
};

/// Statistics of a wire port since reset, all of one clock. Frames and copies unless said otherwise.
struct PortStatistics {
  std::uint64_t frames = 0;     ///< received, bad ones included
  std::uint64_t bytes = 0;      ///< received, without FCS
  std::uint64_t bad = 0;        ///< marked bad by the MAC, or too long
  std::uint64_t dropped = 0;    ///< by verdict
  std::uint64_t forwarded = 0;  ///< to a wire port or the host, redirected ones included
  std::uint64_t mirrored = 0;   ///< copies to the host
  friend bool operator==(const PortStatistics&, const PortStatistics&) = default;
};

/// Answer to a test lookup.
struct TestResult {
  bool hit = false;
  std::uint32_t rule = 0;    ///< 0 without a hit
  std::uint64_t action = 0;  ///< of the rule, or the default action
  friend bool operator==(const TestResult&, const TestResult&) = default;
};

enum class Bank : std::uint8_t {
  active,  ///< the one that new lookups use; its counters move
  shadow,  ///< the other one: the retired policy until it is loaded again
};

/// One filter. Not for use by several threads at the same time, nor by two processes. Every wait is bounded: a device
/// that does not answer ends in a DeviceError, never in a hang.
class Device {
 public:
  struct Options {
    /// How often a status bit is read before the device is given up; a read over PCI Express takes about a microsecond.
    unsigned polls = 1'000'000;
  };

  /// Checks magic number, version and the path to the registers (the SCRATCH register is overwritten), and reads the
  /// geometry. The transport must outlive the device. Throws DeviceError.
  explicit Device(Transport& transport) : Device(transport, Options{}) {}
  Device(Transport& transport, Options options);

  /// What fits; named `edge` or `large` if it is one of these, else `device`. Of a device with trees: their slice.
  const tables::Geometry& geometry() const { return geometry_; }
  /// The trees and their slice (docs/scale.md), if the device has any.
  const std::optional<tables::tree::Shape>& trees() const { return trees_; }
  /// Numbers of rules in verdicts and counters: the trees' first, then the slice's.
  unsigned rule_numbers() const { return trees_ ? trees_->numbers() : geometry_.rules; }
  unsigned ports() const { return ports_; }            ///< wire ports; egress ports() is the host
  unsigned data_width() const { return data_width_; }  ///< bits of a stream beat
  unsigned lanes() const { return lanes_; }            ///< lookups a clock
  unsigned latency() const { return latency_; }        ///< clocks from lookup to verdict in the engine
  unsigned header_bytes() const { return header_bytes_; }
  unsigned extension_headers() const { return extension_headers_; }
  unsigned row_words() const { return row_words_; }  ///< 32-bit words of a row
  Transport& transport() { return transport_; }

  /// The bank that new lookups use, 0 or 1.
  unsigned active_bank();
  /// Waits until the shadow bank takes rows: no lookup of its time is left, no commit, no clearing.
  void wait_for_shadow();
  /// True while lookups of the shadow bank's time may be left: its counters are not final yet.
  bool shadow_serves();
  /// Exchanges the banks, and makes sure that it happened. Throws DeviceError if the device refuses.
  void flip();
  /// The same for the slice of trees alone.
  unsigned active_slice_bank();
  void wait_for_slice_shadow();
  void flip_slice();
  /// Zeroes the counters of the shadow bank and waits for it.
  void clear_shadow_counters();

  /// Asks the shadow bank about a key; counts nothing. Ports outside 0 to 0x1FFFF and VLAN IDs above 4095 are refused.
  TestResult test(const policy::Key& key);

  /// One counter. `rule` below rule_numbers(), `cause` below kCauses.
  Tally rule_counter(Bank bank, unsigned rule);
  Tally cause_counter(Bank bank, unsigned cause);
  /// All counters of the first `rules` rules and all causes. Those of the shadow bank are read when its last packet has
  /// been counted.
  Counters counters(Bank bank, unsigned rules);

  PortStatistics statistics(unsigned port);
  /// Over all wire ports: frames that came in, and those whose fate is known. Equal ones mean that no lookup is under
  /// way.
  std::uint64_t frames_received();
  std::uint64_t frames_decided();
  /// Egress of permitted frames of a wire port: a wire port, or ports() for the host.
  unsigned forward_to(unsigned port);
  void set_forward_to(unsigned port, unsigned egress);

  /// Reads STATUS until none of `bits` is set; `what` completes "the device ... did not finish in time: ".
  void wait_while(std::uint32_t bits, const std::string& what);
  /// Throws DeviceError if an error bit is set, after clearing them all; `what` names what was being done.
  void check_errors(const std::string& what);
  void clear_errors();

 private:
  std::uint32_t status();
  void read_trees(std::uint32_t rules);
  /// A number in two consecutive words, the low one first.
  std::uint64_t read64(std::uint32_t low);
  Tally counter(unsigned bank, bool cause, unsigned index);
  unsigned number_of(Bank bank);
  void check_port(unsigned port) const;

  Transport& transport_;
  Options options_;
  tables::Geometry geometry_;
  std::optional<tables::tree::Shape> trees_;
  unsigned lanes_ = 1;
  unsigned ports_ = 0, data_width_ = 0, latency_ = 0, header_bytes_ = 0, extension_headers_ = 0, row_words_ = 0;
  /// Words of the last test lookup, as the device has them; kUnknown is no 32-bit number.
  static constexpr std::uint64_t kUnknown = std::uint64_t{1} << 32U;
  std::array<std::uint64_t, 12> key_words_;
};

}  // namespace portcullis::device
