// Loader: a table image into a device through its registers, tested before it comes into force.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "device/device.h"
#include "device/load_sequence.h"
#include "device/ownership.h"
#include "tables/image.h"

namespace portcullis::device {

/// A self-test probe that the loaded shadow bank answered wrongly.
struct ProbeFailure {
  std::size_t probe = 0;  ///< index in TableImage::probes
  TestResult expected;
  TestResult answered;
  friend bool operator==(const ProbeFailure&, const ProbeFailure&) = default;
};

/// The image was not put into force: it is for another geometry, or probes failed. The old policy is still active.
class LoadRefused : public DeviceError {
 public:
  explicit LoadRefused(const std::string& message, std::vector<ProbeFailure> failures = {})
      : DeviceError(message), failures_(std::move(failures)) {}
  /// Every probe that failed; empty if it never came to probes.
  const std::vector<ProbeFailure>& failures() const { return failures_; }

 private:
  std::vector<ProbeFailure> failures_;
};

/// What a load took.
struct LoadReport {
  std::size_t rows = 0;      ///< rows written, repeats counted
  std::size_t commits = 0;   ///< writes of LOAD_COMMIT
  std::size_t words = 0;     ///< words of LOAD_DATA that had to be written
  std::size_t probes = 0;    ///< probes that were asked
  unsigned active_bank = 0;  ///< the bank with the new policy
};

/// What every load is: takes ownership of the tables, writes the shadow bank by `stage`, asks it probes by `self_test`,
/// and exchanges the banks if none was answered wrongly and nobody else used the device meanwhile. If anything throws,
/// the old policy stays in force. Gives what `stage` gave with the active bank. Throws what both throw, LoadRefused and
/// DeviceError, the latter too while somebody else owns the tables.
LoadReport load_and_flip(Device& device, const std::function<LoadReport()>& stage,
                         const std::function<std::vector<ProbeFailure>()>& self_test);
/// The same for whoever owns the tables already.
LoadReport load_and_flip(Device& device, Ownership& ownership, const std::function<LoadReport()>& stage,
                         const std::function<std::vector<ProbeFailure>()>& self_test);

/// Loads through registers, under the owner lock where there is one. If anything throws, the old policy stays in force
/// and untouched, and the next load starts from scratch.
class Loader {
 public:
  explicit Loader(Device& device) : device_(device) {}

  /// stage, self_test and flip. Throws LoadRefused and DeviceError, and TransportError from below.
  LoadReport load(const tables::TableImage& image);

  /// The steps of load, for whoever writes rows by another way than registers.
  /// Throws LoadRefused, with the numbers, if the image is for another geometry.
  void check_geometry(const tables::TableImage& image) const;
  /// Waits for the shadow bank, clears its counters and writes the image into it.
  LoadReport stage(const tables::TableImage& image);
  /// Asks the shadow bank every probe of the image; gives those that it answers wrongly.
  std::vector<ProbeFailure> self_test(const tables::TableImage& image);

 private:
  Device& device_;
};

}  // namespace portcullis::device
