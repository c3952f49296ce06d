#include "run/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace portcullis::sim {
namespace {

constexpr std::chrono::seconds kQuiet{2};
constexpr std::chrono::milliseconds kStep{200};
constexpr unsigned kWidth = 40;

}  // namespace

Progress::Progress(bool enabled, std::string what, std::uint64_t total) : what_(std::move(what)), total_(total) {
  if (enabled && total > 0) thread_ = std::jthread([this](std::stop_token stop) { show(std::move(stop)); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (drawn_) fmt::print(stderr, "\r\033[K");
}

void Progress::show(std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(kQuiet);
  while (!stop.stop_requested()) {
    wake.wait_for(lock, stop, wait, [] { return false; });
    wait = kStep;
    if (!stop.stop_requested()) draw(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
}

void Progress::draw(double seconds) {
  const std::uint64_t done = std::min(done_.load(), total_);
  const double part = static_cast<double>(done) / static_cast<double>(total_);
  const auto filled = static_cast<std::size_t>(part * kWidth);
  const std::string left = part > 0.01 ? fmt::format(", {:.0f} s left", seconds * (1 - part) / part) : "";
  fmt::print(stderr, "\r[{}{}] {:3.0f} %  {} of {} {}{}\033[K", std::string(filled, '#'),
             std::string(kWidth - filled, '.'), 100 * part, done, total_, what_, left);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace portcullis::sim
