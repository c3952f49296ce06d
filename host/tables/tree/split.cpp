#include "tables/tree/split.h"

#include <algorithm>

namespace portcullis::tables::tree {
namespace {

using policy::Address;

/// The prefixes of a set of addresses; one more than kMostParts at most.
std::vector<policy::Interval<Address>> prefixes(const policy::IntervalSet<Address>& set) {
  std::vector<policy::Interval<Address>> out;
  for (const auto& interval : set.intervals()) {
    Address first = interval.first;
    while (out.size() <= kMostParts) {
      // The largest prefix that begins here and ends within.
      Address host = first == 0 ? ~Address{0} : (first & (~first + 1)) - 1;
      while (host > interval.last - first) host >>= 1U;
      out.push_back({first, first + host});
      if (first + host == interval.last) break;
      first += host + 1;
    }
  }
  return out;
}

std::vector<policy::Chunk> protocols(const policy::Chunk& chunk) {
  if (chunk.all()) return {chunk};
  std::vector<policy::Chunk> out;
  for (std::size_t p = chunk._Find_first(); p < chunk.size(); p = chunk._Find_next(p))
    out.push_back(policy::Chunk().set(p));
  return out;
}

}  // namespace

std::size_t count_parts(const policy::Match& match) {
  std::size_t parts = 1;
  for (const std::size_t n :
       {prefixes(match.source).size(), prefixes(match.destination).size(), match.source_port.size(),
        match.destination_port.size(), protocols(match.protocol).size()})
    parts = std::min(kMostParts + 1, parts * n);
  return parts;
}

std::vector<policy::Match> split(const policy::Match& match) {
  std::vector<policy::Match> out;
  if (match.empty() || count_parts(match) > kMostParts) return out;
  for (const auto& source : prefixes(match.source)) {
    for (const auto& destination : prefixes(match.destination)) {
      for (const auto& source_port : match.source_port.intervals()) {
        for (const auto& destination_port : match.destination_port.intervals()) {
          for (const policy::Chunk& protocol : protocols(match.protocol)) {
            policy::Match part = match;
            part.source = {source};
            part.destination = {destination};
            part.source_port = {source_port};
            part.destination_port = {destination_port};
            part.protocol = protocol;
            out.push_back(std::move(part));
          }
        }
      }
    }
  }
  return out;
}

std::optional<policy::Policy> expand(const policy::Policy& policy, std::span<const std::uint32_t> origins) {
  policy::Policy out = policy;
  out.entries.clear();
  std::size_t at = 0;
  for (std::uint32_t rule = 0; rule < policy.entries.size(); ++rule) {
    const std::size_t begin = at;
    while (at < origins.size() && origins[at] == rule) ++at;
    if (at == begin) return std::nullopt;
    if (at == begin + 1) {
      out.entries.push_back(policy.entries[rule]);
      continue;
    }
    const std::vector<policy::Match> parts = split(policy.entries[rule].match);
    if (parts.size() != at - begin) return std::nullopt;
    for (const policy::Match& part : parts) {
      out.entries.push_back(policy.entries[rule]);
      out.entries.back().match = part;
    }
  }
  return at == origins.size() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace portcullis::tables::tree
