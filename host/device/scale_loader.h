// ScaleLoader: the image of a tree engine (docs/scale.md) into a device with trees, tested before it comes into force.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "device/loader.h"
#include "device/row_sink.h"
#include "tables/tree/compile.h"
#include "tables/tree/load_rows.h"

namespace portcullis::device {

/// Rows as the load port takes them, padded to `words` 32-bit words; equal rows at consecutive indices are one element.
std::vector<RowWrite> to_writes(std::vector<tables::tree::LoadRow> rows, unsigned words);

/// Rule of the image by the number that verdicts and counters give it: the trees' rules, then the slice's. Numbers
/// without a rule are -1.
std::vector<std::int32_t> rules_by_number(const tables::tree::ScaleImage& image);
/// The policy's entry instead. Several numbers are of one entry whose lists were split.
std::vector<std::int32_t> entries_by_number(const tables::tree::ScaleImage& image);
/// The other way round for one rule of the image: the number in verdicts and counters.
std::uint32_t number_in_device(const tables::tree::ScaleImage& image, std::uint32_t rule);

/// Headers for a self-test: the corners of boxes in the trees, `most` of them at most, spread evenly.
std::vector<policy::Key> probe_keys(const tables::tree::ScaleImage& image, std::size_t most);

/// Loads as Loader does, under the owner lock where there is one: if anything throws, the old policy stays in force and
/// untouched. A probe is answered as the
/// software walk of the image's bits says.
class ScaleLoader {
 public:
  /// Through registers.
  explicit ScaleLoader(Device& device);
  /// Rows by another way; `sink` must outlive the loader.
  ScaleLoader(Device& device, RowSink& sink) : device_(device), registers_(device), sink_(&sink) {}
  ScaleLoader(const ScaleLoader&) = delete;
  ScaleLoader& operator=(const ScaleLoader&) = delete;

  /// stage, self_test and flip. `ownership`: of whoever owns the tables already. Throws LoadRefused and DeviceError,
  /// and TransportError from below.
  LoadReport load(const tables::tree::ScaleImage& image, Ownership* ownership = nullptr);

  /// Throws LoadRefused if the image is for another shape, or the device has no trees.
  void check_shape(const tables::tree::ScaleImage& image) const;
  /// Waits for the shadow banks, clears their counters and writes the image into both.
  LoadReport stage(const tables::tree::ScaleImage& image);
  /// Asks the shadow banks for headers; gives those that they answer wrongly, numbered as in `keys`.
  std::vector<ProbeFailure> self_test(const tables::tree::ScaleImage& image, std::span<const policy::Key> keys);

 private:
  Device& device_;
  RegisterRowSink registers_;
  RowSink* sink_;
};

}  // namespace portcullis::device
