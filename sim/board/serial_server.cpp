#include "board/serial_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>

#include "device/serial_transport.h"

namespace portcullis::sim {
namespace {

constexpr std::size_t kRequestBytes = 8;
constexpr std::uint8_t kWrite = 0x57;
constexpr std::uint8_t kRead = 0x52;
constexpr std::uint8_t kDone = 0x00;
constexpr std::uint8_t kRefused = 0x01;
constexpr std::uint8_t kDamaged = 0x02;
/// A request that stops in the middle is forgotten after a silence; programs are silent for 20 ms when they begin.
constexpr std::chrono::milliseconds kSilence{10};

}  // namespace

SerialServer::SerialServer(device::Transport& registers)
    : registers_(registers), terminal_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  const char* name =
      terminal_ >= 0 && ::grantpt(terminal_) == 0 && ::unlockpt(terminal_) == 0 ? ::ptsname(terminal_) : nullptr;
  if (name != nullptr) {
    path_ = name;
    keeps_open_ = ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  if (keeps_open_ < 0) {
    const std::string why = std::strerror(errno);
    if (terminal_ >= 0) ::close(terminal_);
    throw device::TransportError("there is no pseudo terminal to be had: " + why);
  }
  termios line{};
  ::tcgetattr(keeps_open_, &line);
  ::cfmakeraw(&line);
  ::tcsetattr(keeps_open_, TCSANOW, &line);
}

SerialServer::~SerialServer() {
  ::close(keeps_open_);
  ::close(terminal_);
}

void SerialServer::answer() {
  const std::span<const std::uint8_t> bytes(request_);
  std::array<std::uint8_t, 6> reply{};
  if (device::crc8(bytes.first(7)) != bytes[7] || (bytes[0] != kWrite && bytes[0] != kRead)) {
    reply[0] = kDamaged;
  } else {
    const std::uint32_t address = bytes[1] | std::uint32_t{bytes[2]} << 8U;
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes[3 + i]} << (8 * i);
    reply[0] = kDone;
    try {
      if (bytes[0] == kWrite) {
        registers_.write32(address, value);
        value = 0;
      } else {
        value = registers_.read32(address);
      }
    } catch (const device::TransportError&) {
      reply[0] = kRefused;
      value = 0;
    }
    for (unsigned i = 0; i < 4; ++i) reply.at(1 + i) = static_cast<std::uint8_t>(value >> (8 * i));
  }
  reply[5] = device::crc8(std::span(reply).first(5));
  for (std::size_t sent = 0; sent < reply.size();) {
    const ssize_t written = ::write(terminal_, reply.data() + sent, reply.size() - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads; the program finds out by itself
    sent += static_cast<std::size_t>(written);
  }
}

void SerialServer::serve(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd wait{.fd = terminal_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min(left, kSilence).count()));
    if (ready < 0) return;
    if (ready == 0) {
      // The terminal itself was silent, not this program asleep.
      if (left >= kSilence) request_.clear();
      continue;
    }
    std::array<std::uint8_t, 512> bytes{};
    const ssize_t got = ::read(terminal_, bytes.data(), bytes.size());
    if (got <= 0) return;
    for (const std::uint8_t byte : std::span(bytes).first(static_cast<std::size_t>(got))) {
      request_.push_back(byte);
      if (request_.size() < kRequestBytes) continue;
      answer();
      request_.clear();
    }
  }
}

}  // namespace portcullis::sim
