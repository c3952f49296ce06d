// SerialServer: registers behind a pseudo terminal, as a board's serial bridge offers them
// (rtl/boards/serial/pcl_serial_bridge.sv has the protocol), so that programs for boards work on a simulated device.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "device/transport.h"

namespace portcullis::sim {

class SerialServer {
 public:
  /// Throws device::TransportError if there is no pseudo terminal to be had.
  explicit SerialServer(device::Transport& registers);
  ~SerialServer();
  SerialServer(const SerialServer&) = delete;
  SerialServer& operator=(const SerialServer&) = delete;

  /// What a program opens: /dev/pts/N.
  const std::string& path() const { return path_; }
  /// Carries out the requests that come within `time`.
  void serve(std::chrono::milliseconds time);

 private:
  void answer();

  device::Transport& registers_;
  int terminal_ = -1;
  int keeps_open_ = -1;  ///< the other end, so that the terminal outlives each program that opens it
  std::string path_;
  std::vector<std::uint8_t> request_;
};

}  // namespace portcullis::sim
