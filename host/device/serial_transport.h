// SerialTransport: the registers of a filter behind a serial line (rtl/boards/serial/pcl_serial_bridge.sv has the
// protocol).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>

#include "device/transport.h"

namespace portcullis::device {

/// A line that carries bytes both ways, in order.
class ByteLine {
 public:
  virtual ~ByteLine() = default;
  /// Throws TransportError.
  virtual void send(std::span<const std::uint8_t> bytes) = 0;
  /// Fills `bytes`; throws TransportError if they have not come in time.
  virtual void receive(std::span<std::uint8_t> bytes, std::chrono::milliseconds patience) = 0;
  /// Lets the line be silent for at least `time`, and forgets what has come until then.
  virtual void quieten(std::chrono::milliseconds time) = 0;
};

/// A serial port of this machine, such as /dev/ttyUSB1: 8 data bits, no parity, 1 stop bit, no flow control.
class SerialPort final : public ByteLine {
 public:
  static constexpr unsigned kBaud = 1'000'000;

  /// Throws TransportError.
  explicit SerialPort(const std::filesystem::path& path);
  ~SerialPort() override;
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  void send(std::span<const std::uint8_t> bytes) override;
  void receive(std::span<std::uint8_t> bytes, std::chrono::milliseconds patience) override;
  void quieten(std::chrono::milliseconds time) override;

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

/// Writes are sent without waiting for their replies, which are taken at the next read or after kAhead writes; a write
/// that was refused is reported then. After any TransportError requests and replies may be out of step: every later
/// access throws too, until a new SerialTransport begins afresh.
class SerialTransport final : public Transport {
 public:
  /// Replies that may be on their way.
  static constexpr std::size_t kAhead = 64;

  /// The line must outlive the transport. Waits for silence, so that the bridge forgets half a request.
  explicit SerialTransport(ByteLine& line);

  std::uint32_t read32(std::uint32_t offset) override;
  void write32(std::uint32_t offset, std::uint32_t value) override;
  /// Waits for the replies to all writes so far.
  void flush();

 private:
  void request(std::uint8_t operation, std::uint32_t offset, std::uint32_t value);
  std::uint32_t reply(std::uint32_t offset);

  ByteLine& line_;
  std::deque<std::uint32_t> unanswered_;  ///< offsets of writes
  bool broken_ = false;
};

/// CRC-8 of the protocol: polynomial 0x07, initial value 0xFF, highest bit first.
std::uint8_t crc8(std::span<const std::uint8_t> bytes);

}  // namespace portcullis::device
