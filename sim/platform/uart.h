// Where the management processor's console goes: to standard error, or to whoever connects to a TCP port of this
// machine.
#pragma once

#include <cstdint>
#include <string>

namespace portcullis::platform {

class Uart {
 public:
  /// `where`: "terminal", or "tcp:PORT" (0: any free port), which listens at 127.0.0.1. Throws std::invalid_argument
  /// for anything else, std::system_error for a port that cannot be had.
  explicit Uart(const std::string& where);
  ~Uart();
  Uart(const Uart&) = delete;
  Uart& operator=(const Uart&) = delete;

  /// The port that it listens at; 0: it is the terminal.
  std::uint16_t port() const { return port_; }
  /// Waits until somebody has connected; the terminal is always there.
  void accept();
  /// A character; lost when the peer has gone.
  void put(char character);

 private:
  int listener_ = -1;
  int peer_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace portcullis::platform
