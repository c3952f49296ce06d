// Rules with lists as several rules of single prefixes and ranges: a list costs the trees the product of its parts. The
// compiler splits only what the slice has no room for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "policy/policy.h"

namespace portcullis::tables::tree {

/// Rules that one may be split into, at most.
inline constexpr std::size_t kMostParts = 256;

/// How many parts split would make; stops at kMostParts + 1.
std::size_t count_parts(const policy::Match& match);

/// The match as a union of disjoint products of one prefix, one prefix, one port range, one port range, and one
/// protocol or all; the other fields as they are. Empty if nothing matches, or if there would be more than kMostParts.
std::vector<policy::Match> split(const policy::Match& match);

/// The policy with some rules split: entry n is entry origins[n] of the policy, or the next part of it where the one
/// before has the same origin. None if the origins are not every rule in order, each once or as often as split makes
/// parts of it.
std::optional<policy::Policy> expand(const policy::Policy& policy, std::span<const std::uint32_t> origins);

}  // namespace portcullis::tables::tree
