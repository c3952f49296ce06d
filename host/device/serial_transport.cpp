#include "device/serial_transport.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

namespace portcullis::device {

namespace {

constexpr std::uint8_t kWrite = 0x57;
constexpr std::uint8_t kRead = 0x52;
constexpr std::uint8_t kDone = 0x00;
constexpr std::uint8_t kRefused = 0x01;
constexpr std::chrono::milliseconds kPatience{1000};
// The bridge forgets half a request after 1,024 bit times, about a millisecond.
constexpr std::chrono::milliseconds kSilence{20};

std::string reason() { return std::strerror(errno); }

}  // namespace

std::uint8_t crc8(std::span<const std::uint8_t> bytes) {
  unsigned crc = 0xFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc << 1U) ^ ((crc & 0x80U) != 0 ? 0x07U : 0U)) & 0xFFU;
  }
  return static_cast<std::uint8_t>(crc);
}

SerialPort::SerialPort(const std::filesystem::path& path) : path_(path) {
  file_ = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (file_ < 0) throw TransportError(fmt::format("{}: cannot be opened: {}", path.string(), reason()));
  termios line{};
  if (::tcgetattr(file_, &line) != 0) {
    const std::string why = reason();
    ::close(file_);
    throw TransportError(fmt::format("{}: is no serial port: {}", path.string(), why));
  }
  ::cfmakeraw(&line);
  line.c_cflag |= CLOCAL | CREAD;
  line.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS | CSTOPB);
  line.c_cc[VMIN] = 0;
  line.c_cc[VTIME] = 0;
  if (::cfsetspeed(&line, B1000000) != 0 || ::tcsetattr(file_, TCSANOW, &line) != 0) {
    const std::string why = reason();
    ::close(file_);
    throw TransportError(fmt::format("{}: does not take {} baud: {}", path.string(), kBaud, why));
  }
}

SerialPort::~SerialPort() { ::close(file_); }

void SerialPort::send(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw TransportError(fmt::format("{}: cannot be written: {}", path_.string(), reason()));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void SerialPort::receive(std::span<std::uint8_t> bytes, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!bytes.empty()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd wait{.fd = file_, .events = POLLIN, .revents = 0};
    const int ready = left.count() > 0 ? ::poll(&wait, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      throw TransportError(fmt::format("{}: no answer within {} ms; is the board configured, and is this its line?",
                                       path_.string(), patience.count()));
    }
    const ssize_t got = ready > 0 ? ::read(file_, bytes.data(), bytes.size()) : -1;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw TransportError(fmt::format("{}: cannot be read; was it unplugged?", path_.string()));
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

void SerialPort::quieten(std::chrono::milliseconds time) {
  ::tcdrain(file_);
  std::this_thread::sleep_for(time);
  ::tcflush(file_, TCIFLUSH);
}

SerialTransport::SerialTransport(ByteLine& line) : line_(line) { line_.quieten(kSilence); }

std::uint32_t SerialTransport::read32(std::uint32_t offset) {
  request(kRead, offset, 0);
  flush();
  return reply(offset);
}

void SerialTransport::write32(std::uint32_t offset, std::uint32_t value) {
  request(kWrite, offset, value);
  unanswered_.push_back(offset);
  if (unanswered_.size() >= kAhead) flush();
}

void SerialTransport::flush() {
  while (!unanswered_.empty()) {
    const std::uint32_t offset = unanswered_.front();
    unanswered_.pop_front();
    reply(offset);
  }
}

void SerialTransport::request(std::uint8_t operation, std::uint32_t offset, std::uint32_t value) {
  if (broken_) throw TransportError("serial line: an access before has failed; the line must be opened again");
  std::array<std::uint8_t, 8> bytes{operation, static_cast<std::uint8_t>(offset),
                                    static_cast<std::uint8_t>(offset >> 8U)};
  for (unsigned i = 0; i < 4; ++i) bytes.at(3 + i) = static_cast<std::uint8_t>(value >> (8 * i));
  bytes[7] = crc8(std::span(bytes).first(7));
  try {
    line_.send(bytes);
  } catch (...) {
    broken_ = true;
    throw;
  }
}

std::uint32_t SerialTransport::reply(std::uint32_t offset) {
  std::array<std::uint8_t, 6> bytes{};
  broken_ = true;  // until the reply is known to be whole
  line_.receive(bytes, kPatience);
  if (crc8(std::span(bytes).first(5)) != bytes[5]) {
    throw TransportError(
        fmt::format("serial line: the reply to an access to 0x{:04X} is damaged; open the line again", offset));
  }
  if (bytes[0] == kRefused) {
    throw TransportError(fmt::format("serial line: the registers refused an access to 0x{:04X}", offset));
  }
  if (bytes[0] != kDone) {
    throw TransportError(fmt::format(
        "serial line: an access to 0x{:04X} arrived damaged and was not carried out; open the line again", offset));
  }
  broken_ = false;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes.at(1 + i)) << (8 * i);
  return value;
}

}  // namespace portcullis::device
