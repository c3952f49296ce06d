// The same simulation driven by our C++ model and by cocotb: the filter in geometry `edge`, the same frames as fast as
// it takes them, every verdict and every frame that leaves compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace portcullis::sim {

struct CocotbBenchOptions {
  std::filesystem::path repository;  ///< of Portcullis: bench/cocotb, tests/cocotb, .venv-nightly
  std::filesystem::path work;  ///< files for cocotb, and the simulation, which is built once; made if it is not there
  unsigned repetitions = 5;
  bool progress = false;
};

/// One way to drive the simulation.
struct DriverSpeed {
  /// One run of it.
  struct Repetition {
    std::uint64_t packets = 0;
    std::uint64_t mismatches = 0;
    std::uint64_t clocks = 0;
    double seconds = 0;  ///< of processor time
  };
  std::string name;
  std::vector<Repetition> repetitions;

  std::uint64_t mismatches() const;
  double clocks_per_second() const;   ///< median
  double packets_per_second() const;  ///< median
};

struct CocotbBench {
  std::vector<DriverSpeed> drivers;  ///< ours first
  bool ok() const;                   ///< nothing differed anywhere
};

/// Throws RunError, with what to do, if the nightly environment or the repository is missing, or cocotb fails.
CocotbBench bench_cocotb(const CocotbBenchOptions& options);

/// A table with the ratios to ours; no rates if something differed.
std::string to_text(const CocotbBench& bench);
/// Every repetition of every driver.
std::string to_json(const CocotbBench& bench);

}  // namespace portcullis::sim
