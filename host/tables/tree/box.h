// Rules as boxes: what a leaf entry can hold, and which rows of a policy are such.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "tables/tree/shape.h"

namespace portcullis::tables::tree {

using policy::Address;
using Range = policy::Interval<Address>;

/// One closed range per field: source, destination (prefixes), ports (0 to 65536, which is policy::kNoPort), protocol
/// (one, or 0 to 255).
struct Box {
  std::array<Range, kFields> range;
  unsigned predicate = 0;

  friend bool operator==(const Box&, const Box&) = default;
};

/// What rules ask of the fields that no tree compares. Many rules share one.
struct Predicate {
  policy::Chunk tcp_flags;
  policy::Chunk dscp_tags;
  policy::Chunk context;
  std::array<bool, 4> family{};  ///< by (destination is IPv4) * 2 + (source is IPv4)

  friend bool operator==(const Predicate&, const Predicate&) = default;
};

/// A key as the trees see it.
struct TreeKey {
  std::array<Address, kFields> value{};
  std::uint64_t predicates = 0;  ///< bit p: predicate p holds
};

/// A policy, sorted into what trees can hold and what they cannot.
struct Sorted {
  /// By rule number; none: the rule is in `unions`, or it matches nothing.
  std::vector<std::optional<Box>> boxes;
  std::vector<Predicate> predicates;  ///< by number; at most Shape::never() of them
  std::vector<std::uint32_t> unions;  ///< rules that no box holds, ascending
  std::vector<std::string> reasons;   ///< why, one for each of `unions`
};

/// Sorts the entries of a policy; entry n is rule n. `predicates`: those that have numbers already.
Sorted sort_rules(const policy::Policy& policy, const Shape& shape, std::vector<Predicate> predicates = {});

/// The key, and which predicates hold for it.
TreeKey tree_key(const policy::Key& key, const std::vector<Predicate>& predicates, const Shape& shape);

/// True if the key lies in the box, predicate included.
bool contains(const Box& box, const TreeKey& key);

/// The greatest value of a field.
Address last_value(const Shape& shape, unsigned field);

/// True if the range is one prefix of `bits`-bit values.
bool is_prefix(const Range& range, unsigned bits);

}  // namespace portcullis::tables::tree
