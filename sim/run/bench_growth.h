// What compile, prove, lint, diff, load and lookup cost as a policy or a document grows, and the order of that growth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portcullis::sim {

struct GrowthOptions {
  unsigned repetitions = 3;  ///< of which the median is taken; the least and the most are kept
  std::uint64_t seed = 1;
  bool progress = false;
};

/// A cost at one size.
struct GrowthPoint {
  double size = 0;
  double median = 0, least = 0, most = 0;
};

/// A step's cost along one axis.
struct GrowthSeries {
  std::string axis;  ///< "rules", "prefixes of a role", "rows of a document", "kB of a document"
  std::string step;  ///< "compile", ...
  std::string unit;  ///< "ms", "clocks", "rows", "ns"
  std::vector<GrowthPoint> points;
  /// The exponent p of cost ~ size^p: the slope of a straight line through the logarithms of the points of the upper
  /// half of the sizes (least squares), where the constant part no longer counts.
  double order() const;
};

struct Growth {
  std::uint64_t seed = 0;
  unsigned repetitions = 0;
  std::vector<GrowthSeries> series;
  std::vector<std::string> wrong;  ///< checks that failed: not proved, no difference found, a wrong lookup
  bool ok() const { return wrong.empty(); }
};

/// Documents and sites are made up, in a folder of their own that is removed at the end. Times are of processor.
Growth bench_growth(const GrowthOptions& options);

std::string to_text(const Growth& growth);
std::string to_json(const Growth& growth);

}  // namespace portcullis::sim
