// Sets of values and provenance in the words that the formats share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace portcullis::exports {

/// "192.0.2.0/26", "2001:db8::1", or "192.0.2.3-192.0.2.77": one interval of one family.
std::string address_words(const policy::Interval<policy::Address>& interval);
/// The interval's prefix length within its family, if it is a prefix.
std::optional<unsigned> prefix_length(const policy::Interval<policy::Address>& interval);

/// "80", "1000-2000".
template <typename T>
std::string range_words(const policy::Interval<T>& interval) {
  std::string out = std::to_string(interval.first);
  if (interval.last != interval.first) {
    out += '-';
    out += std::to_string(interval.last);
  }
  return out;
}
/// The words of all ranges, with `separator` between them.
template <typename T>
std::string set_words(const policy::IntervalSet<T>& set, std::string_view separator) {
  std::string out;
  for (const auto& interval : set.intervals()) {
    if (!out.empty()) out += separator;
    out += range_words(interval);
  }
  return out;
}

/// The values of a chunk as ranges.
policy::IntervalSet<std::uint32_t> values_of(const policy::Chunk& chunk);

/// Text of a document on one line: control characters, quotation marks and backslashes replaced, characters that turn
/// the reading direction left out, cut to `bytes` bytes at a character's border.
std::string one_line(std::string_view text, std::size_t bytes);

/// "ports.md:12 Web Servers, web": where an entry came from, in at most `bytes` bytes, safe inside quotation marks.
std::string origin_words(const policy::Provenance& from, std::size_t bytes);

/// "entry 12 (ports.md:23)": how errors name an entry; the policy's size stands for the default action.
std::string entry_words(const policy::Policy& policy, std::size_t entry);

}  // namespace portcullis::exports
