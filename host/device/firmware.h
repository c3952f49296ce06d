// Firmware: what the management firmware does for a host, command by command (docs/mailbox.md).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "device/device.h"
#include "device/loader.h"
#include "device/mailbox.h"

namespace portcullis::device {

/// The firmware refused a command. The message says why and what to do.
class FirmwareRefused : public DeviceError {
 public:
  FirmwareRefused(const std::string& message, std::uint8_t status, std::vector<ProbeFailure> failures = {})
      : DeviceError(message), status_(status), failures_(std::move(failures)) {}
  /// PCL_ERROR_... of mailbox_protocol.h.
  std::uint8_t status() const { return status_; }
  /// Probes that the shadow bank answered wrongly; the first few of them. What was expected is in the image, not here.
  const std::vector<ProbeFailure>& failures() const { return failures_; }

 private:
  std::uint8_t status_;
  std::vector<ProbeFailure> failures_;
};

struct FirmwareVersion {
  unsigned protocol_major = 0, protocol_minor = 0;
  unsigned major = 0, minor = 0, patch = 0;
  std::uint32_t image_bytes = 0;
  std::uint32_t image_crc = 0;
  std::uint32_t geometry_signature = 0;
  std::uint32_t boots = 0;
  std::uint32_t reset_cause = 0;  ///< 0 power-up, 1 watchdog, 2 held by the host
  std::uint32_t clock_hz = 0;
};

/// What the firmware knows of a bank's policy.
struct BankPolicy {
  enum class State : std::uint32_t {
    unknown = 0,  ///< nothing that the firmware has loaded
    loading = 1,  ///< being written, or given up half-way
    tested = 2,   ///< complete, all probes answered as expected
    used = 3,     ///< that, and it is or has been in force
  };
  State state = State::unknown;
  std::uint32_t load = 0;         ///< number of the load
  std::uint64_t nonce = 0;        ///< what the host called that load
  std::uint32_t image_bytes = 0;  ///< of its image
  std::uint32_t image_crc = 0;    ///< of the image's header and directory
  std::uint32_t entries = 0;
  std::uint32_t probes = 0;
  friend bool operator==(const BankPolicy&, const BankPolicy&) = default;
};

/// A bitmap row of the tables.
struct TableRow {
  unsigned bank = 0;
  unsigned table = 0;
  unsigned row = 0;
  /// From a register such as SCRUB_MENDED_PLACE.
  static TableRow from_register(std::uint32_t value);
  std::string to_string() const;
  friend bool operator==(const TableRow&, const TableRow&) = default;
};

/// What the scrubber has found.
struct ScrubStatus {
  std::uint32_t rows = 0;  ///< read in a pass; 0: the device has no scrubber, or its firmware does not know of it
  std::uint32_t passes = 0;
  std::uint32_t pass_clocks = 0;  ///< of the last pass
  std::uint32_t mended = 0;       ///< rows in which one bit was wrong, since the device's reset
  /// Of each bank: rows with more wrong bits, the first four of them counted, until the bank is loaded again; and the
  /// first that was found.
  std::array<std::uint32_t, 2> damaged{};
  std::array<TableRow, 2> damaged_row{};
};

struct FirmwareStatus {
  unsigned active_bank = 0;
  bool loading = false;          ///< a load is under way
  bool ready = false;            ///< it is complete and tested, and waits for activate
  std::uint32_t load = 0;        ///< number of the last load
  std::uint32_t offset = 0;      ///< bytes of it that have been taken
  std::uint64_t uptime = 0;      ///< clocks since the processor's last reset
  unsigned watchdog_resets = 0;  ///< since power-up
  std::uint32_t boots = 0;
  std::uint32_t next_event = 0;
  std::array<BankPolicy, 2> banks{};
  ScrubStatus scrub;
};

struct FirmwareEvent {
  std::uint32_t number = 0;
  std::uint32_t code = 0;   ///< PCL_EVENT_...
  std::uint64_t clock = 0;  ///< since the processor's reset before it
  std::uint32_t a = 0, b = 0;
  friend bool operator==(const FirmwareEvent&, const FirmwareEvent&) = default;
  /// As a sentence, without time.
  std::string to_string() const;
};

/// Counters of one bank, and the load that they belong to.
struct BankCounters {
  std::uint64_t nonce = 0;  ///< 0: the firmware does not know
  Counters counters;
};

struct FirmwareLoadOptions {
  /// Between two commands of the load; after that the firmware gives it up and the shadow bank is free again.
  std::chrono::milliseconds patience{10'000};
  std::uint64_t nonce = 0;      ///< the host's name for this load; 0: a random one
  std::uint64_t collected = 0;  ///< nonce of the retired policy whose final counters the host has
  bool discard_counters = false;
  /// Told after every piece: bytes taken so far. May be empty.
  std::function<void(std::size_t taken)> progress;
  /// Told when the image is complete and tested, right before it comes into force. May be empty.
  std::function<void()> before_activation;
};

struct FirmwareLoadReport {
  std::uint32_t load = 0;
  std::uint64_t nonce = 0;
  std::size_t pieces = 0;
  std::uint32_t probes = 0;
  unsigned active_bank = 0;
};

class Firmware {
 public:
  explicit Firmware(Management& management) : Firmware(management, Mailbox::Options{}) {}
  /// Asks for its version. Throws DeviceError if it speaks another protocol, FirmwareGone if it does not answer.
  Firmware(Management& management, Mailbox::Options options);

  const FirmwareVersion& version() const { return version_; }
  FirmwareStatus status();

  /// The whole way: begin, pieces, end, activate. If anything throws, the old policy stays in force; the firmware is
  /// told to give up the load, and does so by itself where it cannot be told. Throws FirmwareRefused and DeviceError.
  FirmwareLoadReport load(std::span<const std::uint8_t> image) { return load(image, FirmwareLoadOptions{}); }
  FirmwareLoadReport load(std::span<const std::uint8_t> image, const FirmwareLoadOptions& options);

  /// The steps of load. begin gives the number of the load; piece_bytes() is then known.
  std::uint32_t begin(std::size_t bytes, const FirmwareLoadOptions& options);
  std::size_t piece_bytes() const { return piece_bytes_; }
  void piece(std::uint32_t load, std::uint32_t offset, std::span<const std::uint8_t> bytes);
  /// Gives the number of probes that were asked.
  std::uint32_t end(std::uint32_t load);
  /// The bank that is active now.
  unsigned activate(std::uint32_t load);
  void abandon();

  /// Back to the policy before; gives the bank that is active now.
  unsigned rollback();
  /// Of the first `rules` rules and of all causes.
  BankCounters counters(unsigned bank, unsigned rules);
  /// Events from this number on that are still there, the oldest first.
  std::vector<FirmwareEvent> log(std::uint32_t first = 0);
  /// What failed, as sentences; empty if nothing did.
  std::vector<std::string> self_test();

 private:
  MailboxAnswer ask(std::uint8_t command, const MessageWriter& data);
  MailboxAnswer ask(std::uint8_t command) { return ask(command, MessageWriter()); }

  Mailbox mailbox_;
  FirmwareVersion version_;
  std::size_t piece_bytes_ = 0;
};

/// A 64-bit number that is not 0 and never the same again, as far as chance goes.
std::uint64_t random_nonce();

}  // namespace portcullis::device
