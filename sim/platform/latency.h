// Latencies of frames in simulated time.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <systemc>
#include <unordered_map>
#include <vector>

namespace portcullis::platform {

class Latencies {
 public:
  void add(const sc_core::sc_time& time) { nanoseconds_.push_back(time.to_seconds() * 1e9); }
  std::size_t size() const { return nanoseconds_.size(); }
  /// The value that `part` (0 to 1) of all do not exceed, in ns; 0 without any.
  double quantile(double part) const;
  /// In ascending order, ns.
  std::vector<double> sorted() const;

 private:
  std::vector<double> nanoseconds_;
};

/// Recognises frames by their bytes: those that are alike are taken for one another in the order in which they came.
class FrameTimes {
 public:
  void came(std::span<const std::uint8_t> frame, const sc_core::sc_time& time) { times_[key(frame)].push_back(time); }
  /// When the frame came, or false if none like it is awaited.
  bool went(std::span<const std::uint8_t> frame, sc_core::sc_time& came);

 private:
  static std::string key(std::span<const std::uint8_t> frame) {
    return {reinterpret_cast<const char*>(frame.data()), frame.size()};
  }
  std::unordered_map<std::string, std::deque<sc_core::sc_time>> times_;
};

}  // namespace portcullis::platform
