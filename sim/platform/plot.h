// Distributions as CSV, and figures as pictures.
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

/// A bar: its name, and the lengths of its parts, one after the other.
struct Bar {
  std::string name;
  std::vector<double> parts;
};

/// Bars on one scale, each with the sum of its parts beside it. `parts` names them; a bar may have fewer. A whole SVG
/// file.
std::string to_svg(const std::vector<Bar>& bars, const std::vector<std::string>& parts, std::string_view title,
                   std::string_view unit);

/// An HTML page of pictures and of the figures they were drawn from, as JSON; it loads nothing.
std::string to_page(const std::vector<std::string>& pictures, std::string_view title, std::string_view text,
                    std::string_view json);

}  // namespace portcullis::platform
