#include "device/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "device/row_sink.h"

namespace portcullis::device {
namespace {

std::string to_string(const TestResult& result) {
  return result.hit ? fmt::format("rule {} with action 0x{:016x}", result.rule, result.action)
                    : fmt::format("no rule and action 0x{:016x}", result.action);
}

void refuse(std::size_t probes, std::vector<ProbeFailure> failures) {
  std::string list;
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < std::min(failures.size(), kShown); ++i)
    list += fmt::format("\n  probe {}: expected {}, answered {}", failures[i].probe, to_string(failures[i].expected),
                        to_string(failures[i].answered));
  if (failures.size() > kShown) list += fmt::format("\n  and {} more", failures.size() - kShown);
  throw LoadRefused(
      fmt::format("{} of {} self-test probes failed; the old policy is in force{}", failures.size(), probes, list),
      std::move(failures));
}

}  // namespace

LoadReport load_and_flip(Device& device, const std::function<LoadReport()>& stage,
                         const std::function<std::vector<ProbeFailure>()>& self_test) {
  Ownership ownership(device.transport());
  return load_and_flip(device, ownership, stage, self_test);
}

LoadReport load_and_flip(Device& device, Ownership& ownership, const std::function<LoadReport()>& stage,
                         const std::function<std::vector<ProbeFailure>()>& self_test) {
  const unsigned before = device.active_bank();
  LoadReport report = stage();
  if (std::vector<ProbeFailure> failures = self_test(); !failures.empty()) refuse(report.probes, std::move(failures));
  if (device.active_bank() != before)
    throw DeviceError("the banks were exchanged during the load; is other software using the device?");
  device.check_errors("during the self-test; the old policy is in force");
  ownership.confirm();
  device.flip();
  report.active_bank = device.active_bank();
  return report;
}

void Loader::check_geometry(const tables::TableImage& image) const {
  const tables::Geometry& ours = device_.geometry();
  if (device_.trees())
    throw LoadRefused(fmt::format("the image is for {}, the device has trees ({}); compile it for these",
                                  image.geometry.to_string(), device_.trees()->to_string()));
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
  RegisterRowSink sink(device_);
  sink.write(load_sequence(image));
  device_.check_errors("while the tables were written; the old policy is in force");
  LoadReport report;
  report.rows = sink.rows();
  report.commits = sink.commits();
  report.words = sink.words();
  report.probes = image.probes.size();
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
  return load_and_flip(
      device_, [&] { return stage(image); }, [&] { return self_test(image); });
}

}  // namespace portcullis::device
