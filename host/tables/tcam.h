// What a policy would cost in a plain TCAM, whose entries are one value/mask word each.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/interval_set.h"
#include "policy/key.h"
#include "policy/policy.h"

namespace portcullis::tables {

/// The fewest prefixes whose union is `set` (exact: prefixes never span a gap), whatever the width of the field. 0 for
/// an empty set.
std::uint64_t prefix_count(const policy::IntervalSet<policy::Address>& set);

/// The values v of 8 bits with (v & mask) == value.
struct TernaryWord {
  std::uint8_t value = 0;  ///< 0 outside the mask
  std::uint8_t mask = 0;
  friend bool operator==(const TernaryWord&, const TernaryWord&) = default;
};

/// Ternary words whose union is `chunk`: the essential prime implicants, then the one that covers most, and so on
/// (Quine-McCluskey; greedy after the essential ones, so rarely one more than the least).
std::vector<TernaryWord> ternary_words(const policy::Chunk& chunk);
/// How many they are.
std::uint64_t ternary_count(const policy::Chunk& chunk);

/// Entries of a plain TCAM for one entry: the product over its fields of prefixes (addresses, ports, VLAN IDs) and
/// ternary words (the rest). To the TCAM's favour: the families are expanded together or apart, whichever is less, an
/// IPv4 address counts 32 bits, and TCP flags are looked at for TCP only. Stops at 2^64 - 1.
std::uint64_t tcam_entries(const policy::Match& match);

/// Sum and product that stop at 2^64 - 1.
std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b);
std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b);

}  // namespace portcullis::tables
