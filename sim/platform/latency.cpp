#include "platform/latency.h"

#include <algorithm>
#include <cmath>

namespace portcullis::platform {

std::vector<double> Latencies::sorted() const {
  std::vector<double> all = nanoseconds_;
  std::ranges::sort(all);
  return all;
}

double Latencies::quantile(double part) const {
  if (nanoseconds_.empty()) return 0;
  const std::vector<double> all = sorted();
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(all.size())));
  return all[rank == 0 ? 0 : rank - 1];
}

bool FrameTimes::went(std::span<const std::uint8_t> frame, sc_core::sc_time& came) {
  const auto found = times_.find(key(frame));
  if (found == times_.end() || found->second.empty()) return false;
  came = found->second.front();
  found->second.pop_front();
  if (found->second.empty()) times_.erase(found);
  return true;
}

}  // namespace portcullis::platform
