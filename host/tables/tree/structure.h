// The proof that trees answer as their rules do, for every header: from the bits of the bank and the rules alone, in
// time linear in their size, without the builder.
//
// A header reaches one leaf of each tree. If each rule has exactly one home (one tree, or the slice), and stands in
// every leaf of its tree that its box meets, with its own bits, then a header in its box always finds it, and a header
// outside never does. The least number among what is found is then the first rule that matches.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "tables/tree/packed.h"

namespace portcullis::tables::tree {

/// What the proof found, and what it counted on the way.
struct Structure {
  std::string fault;  ///< empty: proved; else the first thing that is wrong, with its place
  std::size_t leaves = 0;
  std::size_t records = 0;
  std::size_t entries = 0;
  bool proved() const { return fault.empty(); }
};

/// `rules[n]` is the box of rule n if some tree must hold it; none if no tree may.
Structure check_structure(const PackedTrees& image, std::span<const std::optional<Box>> rules,
                          const std::vector<Predicate>& predicates);

}  // namespace portcullis::tables::tree
