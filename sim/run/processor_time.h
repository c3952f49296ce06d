// The clock of the measurements.
#pragma once

#include <ctime>

namespace portcullis::sim {

/// Processor time of this thread, in seconds: what one core does, whatever else the machine is busy with.
inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace portcullis::sim
