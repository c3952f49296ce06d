// Management: the processor before a device's registers that runs the firmware (docs/mailbox.md, docs/firmware.md): is
// there one, what does it do, and giving it firmware. What the firmware answers is mailbox.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "device/device.h"
#include "device/transport.h"

namespace portcullis::device {

/// MANAGEMENT_STATUS.BOOT.
enum class Boot : std::uint8_t {
  starting = 0,     ///< in reset, or in the boot ROM
  running = 1,      ///< the firmware answers
  no_firmware = 2,  ///< there is none in memory
  crc_wrong = 3,    ///< the boot ROM refused what is in memory
};

struct ManagementState {
  Boot boot = Boot::starting;
  bool held = false;             ///< in reset by the host
  bool trapped = false;          ///< met something that it cannot carry out; the watchdog will reset it
  unsigned watchdog_resets = 0;  ///< since power-up, at most 255
  std::uint32_t heartbeat = 0;   ///< turns of the firmware's main loop
  /// Why the firmware does not answer, and what to do; empty if it should.
  std::string problem() const;
};

/// How busy the processor is: what two readings differ by, modulo 2^32.
struct ManagementWork {
  std::uint32_t clocks = 0;  ///< since the reset of the whole device
  std::uint32_t busy = 0;    ///< of these, in which it started or worked on a request
};

/// Who may write the shadow bank.
struct LockOwner {
  std::uint16_t id = 0;   ///< 0: nobody
  bool firmware = false;  ///< the firmware, else software of the host
};

class Management {
 public:
  struct Options {
    unsigned polls = 1'000'000;  ///< reads of a status register before it is given up
  };

  /// Nothing if the device has no management processor. Throws DeviceError if it is one of another major version, or
  /// the device is gone. The transport must outlive it.
  static std::optional<Management> find(Transport& transport) { return find(transport, Options{}); }
  static std::optional<Management> find(Transport& transport, Options options);

  unsigned buffer_bytes() const { return buffer_bytes_; }  ///< data of a request or response
  unsigned memory_bytes() const { return memory_bytes_; }
  Transport& transport() { return *transport_; }
  const Options& options() const { return options_; }

  ManagementState state();
  ManagementWork work();
  /// Waits until the boot ROM has started the firmware in memory, or said what is wrong with it: the state then.
  ManagementState wait_for_boot();
  /// Holds the processor, writes `firmware` into its memory from address 0 on, lets it go and waits until the firmware
  /// runs. Throws DeviceError with the boot ROM's reason if it does not. The filter goes on meanwhile.
  void start(std::span<const std::uint8_t> firmware);
  /// Holds the processor in reset, or lets it go.
  void hold(bool held);
  /// Writes `bytes` (rounded up to words with zeros) into its memory; it must be held.
  void write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes);

  LockOwner owner();
  /// Clocks until the owner's claim ends; 0 without an owner.
  std::uint64_t lock_left();
  /// Claims or renews the owner lock for `clocks` clocks, rounded up to units; false if somebody else holds it. `id` is
  /// not 0.
  bool claim(std::uint16_t id, std::uint64_t clocks);
  void release(std::uint16_t id);

 private:
  Management(Transport& transport, Options options) : transport_(&transport), options_(options) {}

  Transport* transport_;
  Options options_;
  unsigned buffer_bytes_ = 0;
  unsigned memory_bytes_ = 0;
};

}  // namespace portcullis::device
