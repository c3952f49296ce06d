// Counts of Verilator's coverage points, summed over models. A file of them is what `verilator_coverage` reads: a line
// C 'point' count for each point, in the order of the points' names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

class VerilatedContext;

namespace portcullis::coverage {

class CoverageCounts {
 public:
  /// Adds what the model of `context` has counted. If that cannot be had, write() throws.
  void add(VerilatedContext& context) noexcept;
  /// Writes `file` beside itself and renames it, so that it is whole or not there. Throws std::runtime_error.
  void write(const std::filesystem::path& file) const;

 private:
  std::map<std::string, std::uint64_t> counts_;
  std::string lost_;  ///< why counts of a model are missing
};

}  // namespace portcullis::coverage
