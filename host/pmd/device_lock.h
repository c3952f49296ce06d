// The lock of a NIC: in the order in which threads ask for it, and its holder can let the others in between.
#pragma once

#include <rte_pause.h>

#include <atomic>

namespace portcullis::pmd {

/// A mutex that is given in turn, so that a thread which takes it in a loop, as one that polls does, keeps nobody out.
/// Not recursive.
class DeviceLock {
 public:
  DeviceLock() = default;
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;

  void lock() { wait_for(next_.fetch_add(1)); }
  void unlock() {
    served_.fetch_add(1);
    served_.notify_all();
  }
  /// By the holder: whoever waits for the lock has it once, then it is held again. Next to nothing when nobody waits.
  void give_way() {
    if (next_.load() - served_.load() == 1) return;
    const unsigned mine = next_.fetch_add(1);  // before the others go on, so that none of them asks again before this
    unlock();
    wait_for(mine);
  }

 private:
  void wait_for(unsigned mine) {
    for (unsigned look = 0;; ++look) {
      const unsigned served = served_.load();
      if (served == mine) return;
      if (look < kLooks) {
        rte_pause();
      } else {
        served_.wait(served);
      }
    }
  }

  /// Looks before a thread sleeps: some microseconds, as long as a burst takes.
  static constexpr unsigned kLooks = 200;
  std::atomic<unsigned> next_ = 0;    ///< number for who comes next
  std::atomic<unsigned> served_ = 0;  ///< number of the holder; next_ when it is free
};

}  // namespace portcullis::pmd
