// Simulation speed: what `portcullis bench model` measures.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/filter_model.h"

namespace portcullis::sim {

struct ModelBenchOptions {
  std::uint64_t packets = 500'000;  ///< for each measurement; fewer where a packet takes many clocks
  /// Out of kModelBenchParts; "engine" is the match engine alone, in geometry large. Empty: edge, large and engine.
  /// Geometries with trees get rules of one IPv4 prefix and one range of ports, the others lists of both families.
  std::vector<std::string> parts;
  unsigned width = 512;  ///< bits of the bus
  /// The filter to measure, by its geometry; nothing: the model of the geometry, with 512 bits.
  std::function<std::unique_ptr<model::FilterModel>(model::ModelGeometry)> make_filter;
  bool progress = false;
};

inline const std::vector<std::string> kModelBenchParts{"edge", "large", "scale-small", "scale", "engine"};

struct ModelSpeed {
  std::string geometry;
  unsigned width = 0;   ///< bits of the bus; 0: the engine alone
  std::string traffic;  ///< "64-byte frames, one a clock" and the like
  std::uint64_t packets = 0;
  std::uint64_t mismatches = 0;
  double packets_per_second = 0;
  double clocks_per_second = 0;
};

/// Per second of one core's processor time, verdicts and frames compared: 64-byte frames as fast as the filter takes
/// them and at 10 Gbit/s, and lookups at the engine's key port. Throws std::invalid_argument for a model that is not
/// built.
std::vector<ModelSpeed> bench_model(const ModelBenchOptions& options);

std::string to_text(const std::vector<ModelSpeed>& results);
std::string to_json(const std::vector<ModelSpeed>& results);

}  // namespace portcullis::sim
