#include "platform/uart.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <iostream>
#include <stdexcept>
#include <system_error>

namespace portcullis::platform {
namespace {

constexpr std::string_view kTcp = "tcp:";

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Uart::Uart(const std::string& where) {
  if (where == "terminal") return;
  std::uint16_t port = 0;
  const char* const end = where.data() + where.size();
  const bool tcp = where.starts_with(kTcp);
  const auto [last, error] = std::from_chars(where.data() + (tcp ? kTcp.size() : 0), end, port);
  if (!tcp || error != std::errc() || last != end)
    throw std::invalid_argument(
        fmt::format("--uart {}: there is no such place; it is terminal, or tcp:PORT with a port of 0 to 65535", where));
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("--uart: no socket");
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 1) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    const int reason = errno;
    ::close(listener_);
    errno = reason;
    fail(fmt::format("--uart {}: the port cannot be had; choose another one, or 0 for any that is free", where));
  }
  port_ = ntohs(address.sin_port);
}

Uart::~Uart() {
  if (peer_ >= 0) ::close(peer_);
  if (listener_ >= 0) ::close(listener_);
}

void Uart::accept() {
  if (listener_ < 0) return;
  do peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  while (peer_ < 0 && errno == EINTR);
  if (peer_ < 0) fail("--uart: nobody could connect");
}

void Uart::put(char character) {
  if (listener_ < 0) {
    std::cerr.put(character);
    return;
  }
  if (peer_ < 0 || ::send(peer_, &character, 1, MSG_NOSIGNAL) == 1) return;
  ::close(peer_);
  peer_ = -1;
}

}  // namespace portcullis::platform
