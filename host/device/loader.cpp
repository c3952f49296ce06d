#include "device/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "device/registers.h"

namespace portcullis::device {
namespace {

/// Stages and commits rows, writing only what differs from what the registers hold.
class RowWriter {
 public:
  explicit RowWriter(Device& device) : device_(device), staged_(device.row_words(), kUnknown) {}

  void write(const RowWrite& row, LoadReport& report) {
    for (std::size_t w = 0; w < row.words.size();) {
      if (staged_[w] == row.words[w]) {
        ++w;
        continue;
      }
      std::size_t end = w;
      while (end < row.words.size() && staged_[end] != row.words[end]) {
        staged_[end] = row.words[end];
        ++end;
      }
      device_.transport().write_block(PCL_LOAD_DATA + 4 * static_cast<std::uint32_t>(w),
                                      std::span(row.words).subspan(w, end - w));
      report.words += end - w;
      w = end;
    }
    set(target_, PCL_LOAD_TARGET, row.target);
    set(index_, PCL_LOAD_INDEX, row.index);
    set(count_, PCL_LOAD_COUNT, row.count);
    device_.transport().write32(PCL_LOAD_COMMIT, PCL_LOAD_COMMIT_GO_MASK);
    index_ = row.index + row.count;
    device_.wait_while(PCL_STATUS_LOAD_BUSY_MASK, fmt::format("writing {} rows from index {} of target 0x{:02x}",
                                                              row.count, row.index, row.target));
    ++report.commits;
    report.rows += row.count;
  }

 private:
  /// What a register holds before it is written for the first time: no 32-bit number.
  static constexpr std::uint64_t kUnknown = std::uint64_t{1} << 32U;

  void set(std::uint64_t& known, std::uint32_t offset, std::uint32_t value) {
    if (known == value) return;
    device_.transport().write32(offset, value);
    known = value;
  }

  Device& device_;
  std::vector<std::uint64_t> staged_;
  std::uint64_t target_ = kUnknown, index_ = kUnknown, count_ = kUnknown;
};

std::string to_string(const TestResult& result) {
  return result.hit ? fmt::format("rule {} with action 0x{:016x}", result.rule, result.action)
                    : fmt::format("no rule and action 0x{:016x}", result.action);
}

}  // namespace

void Loader::check_geometry(const tables::TableImage& image) const {
  const tables::Geometry& ours = device_.geometry();
  if (image.geometry.signature() != ours.signature())
    throw LoadRefused(
        fmt::format("the image is for another geometry: it needs {}, the device has {}; compile it for this device",
                    image.geometry.to_string(), ours.to_string()));
}

LoadReport Loader::stage(const tables::TableImage& image) {
  check_geometry(image);
  device_.wait_for_shadow();
  device_.clear_errors();
  device_.clear_shadow_counters();
  LoadReport report;
  RowWriter writer(device_);
  for (const RowWrite& row : load_sequence(image)) writer.write(row, report);
  device_.check_errors("while the tables were written; the old policy is in force");
  return report;
}

std::vector<ProbeFailure> Loader::self_test(const tables::TableImage& image) {
  std::vector<ProbeFailure> failures;
  for (std::size_t i = 0; i < image.probes.size(); ++i) {
    const tables::Probe& probe = image.probes[i];
    const TestResult expected{probe.hit, probe.hit ? probe.rule : 0, probe.action};
    const TestResult answered = device_.test(probe.key);
    if (!(answered == expected)) failures.push_back({i, expected, answered});
  }
  return failures;
}

LoadReport Loader::load(const tables::TableImage& image) {
  const unsigned before = device_.active_bank();
  LoadReport report = stage(image);
  std::vector<ProbeFailure> failures = self_test(image);
  if (!failures.empty()) {
    std::string list;
    constexpr std::size_t kShown = 5;
    for (std::size_t i = 0; i < std::min(failures.size(), kShown); ++i)
      list += fmt::format("\n  probe {}: expected {}, answered {}", failures[i].probe, to_string(failures[i].expected),
                          to_string(failures[i].answered));
    if (failures.size() > kShown) list += fmt::format("\n  and {} more", failures.size() - kShown);
    throw LoadRefused(fmt::format("{} of {} self-test probes failed; the old policy is in force{}", failures.size(),
                                  image.probes.size(), list),
                      std::move(failures));
  }
  if (device_.active_bank() != before)
    throw DeviceError("the banks were exchanged during the load; is other software using the device?");
  device_.check_errors("during the self-test; the old policy is in force");
  device_.flip();
  report.probes = image.probes.size();
  report.active_bank = device_.active_bank();
  return report;
}

}  // namespace portcullis::device
