// A progress bar on standard error, for what takes more than two seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace portcullis::sim {

/// Shows how far `done` has come, from its own thread, until it is destroyed.
class Progress {
 public:
  /// `enabled`: standard error is a terminal. `what` is counted, "packets" for instance.
  Progress(bool enabled, std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  std::atomic<std::uint64_t>& done() { return done_; }

 private:
  void show(std::stop_token stop);
  void draw(double seconds);

  std::string what_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> done_{0};
  bool drawn_ = false;
  std::jthread thread_;
};

}  // namespace portcullis::sim
