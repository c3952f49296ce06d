// The lock of a NIC: one at a time, in turn, and a holder for long lets everybody else in, again and again.
#include "pmd/device_lock.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace portcullis::test {
namespace {

using pmd::DeviceLock;

TEST(DeviceLock, IsHeldByOneAtATimeWhoeverGivesWay) {
  constexpr unsigned kRounds = 2000;
  DeviceLock lock;
  unsigned inside = 0, entered = 0;
  std::atomic<bool> two_inside = false;
  const auto enter = [&] {
    two_inside = two_inside || ++inside != 1;
    ++entered;
    --inside;
  };
  {
    std::array<std::jthread, 3> threads;
    for (std::jthread& thread : threads) {
      thread = std::jthread([&] {
        for (unsigned i = 0; i < kRounds; ++i) {
          const std::scoped_lock held(lock);
          enter();
        }
      });
    }
    const std::scoped_lock held(lock);
    for (unsigned i = 0; i < kRounds; ++i) {
      enter();
      lock.give_way();
    }
  }
  EXPECT_FALSE(two_inside);
  EXPECT_EQ(entered, 4 * kRounds);
}

TEST(DeviceLock, IsGivenInTurnThoughOthersAskInLoops) {
  DeviceLock lock;
  std::array<std::atomic<unsigned>, 2> turns{};
  std::atomic<unsigned> asking = 0;
  std::atomic<bool> over = false;
  std::array<std::jthread, 2> threads;
  lock.lock();
  for (unsigned t = 0; t < threads.size(); ++t) {
    threads[t] = std::jthread([&, t] {
      ++asking;
      while (!over) {
        const std::scoped_lock held(lock);
        ++turns[t];
      }
    });
  }
  while (asking < threads.size()) std::this_thread::yield();
  for (unsigned round = 1; round <= 100; ++round) {
    const std::array<unsigned, 2> before = {turns[0], turns[1]};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while ((turns[0] == before[0] || turns[1] == before[1]) && std::chrono::steady_clock::now() < end) {
      const unsigned all = turns[0] + turns[1];
      lock.give_way();
      EXPECT_LE(turns[0] + turns[1] - all, 2U) << "a turn each";
    }
    EXPECT_GT(turns[0], before[0]);
    EXPECT_GT(turns[1], before[1]);
    if (HasFailure()) break;  // the threads end before the test does
  }
  over = true;
  lock.unlock();
}

TEST(DeviceLock, GivesWayToNobodyWhenNobodyWaits) {
  DeviceLock lock;
  const std::scoped_lock held(lock);
  for (unsigned i = 0; i < 1000; ++i) lock.give_way();
}

}  // namespace
}  // namespace portcullis::test
