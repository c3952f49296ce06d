// How many rules of a policy meet in one header. The bound on that is the tree engine's only hard limit besides its
// sizes: a header finds at most one leaf a tree, and the slice.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/policy.h"

namespace portcullis::tables::tree {

struct Overlap {
  policy::Key key;
  std::vector<std::uint32_t> rules;  ///< all that match the key, ascending
};

/// A header that many rules match. The search is greedy, from `starts` rules spread over the policy: the count is exact
/// for its header, and a lower bound for the policy. Deterministic.
Overlap deepest_overlap(const policy::Policy& policy, unsigned starts = 24);

}  // namespace portcullis::tables::tree
