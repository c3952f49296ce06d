// Distributions as CSV and as a picture.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/latency.h"

namespace portcullis::platform {

using NamedLatencies = std::vector<std::pair<std::string, const Latencies*>>;

/// Columns `series,rank,nanoseconds`: every value, in ascending order.
std::string to_csv(const NamedLatencies& series);
/// The share of frames that took no longer than so many ns, a curve for each series; series without values are left
/// out. A whole SVG file.
std::string to_svg(const NamedLatencies& series, std::string_view title);

}  // namespace portcullis::platform
