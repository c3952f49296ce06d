// Kick-out decision trees: which rule stands in which leaf of which tree.
//
// A node compares one field with a threshold; a rule that spans the threshold is not copied but kicked out to the next
// tree. A leaf holds at most Shape::leaf rules. What no tree takes is left over, for the bitmap slice.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tables/tree/box.h"
#include "tables/tree/shape.h"

namespace portcullis::tables::tree {

/// A node or a leaf. Children stand behind their parent.
struct Node {
  unsigned field = 0;      ///< 1 + the field that is compared; 0: a leaf
  Address threshold = 0;   ///< keys below it go left, all others right
  std::uint32_t left = 0;  ///< numbers of the children
  std::uint32_t right = 0;
  std::vector<std::uint32_t> rules;  ///< of a leaf: places in the list of boxes, ascending
};

/// Node 0 is the root.
struct Tree {
  std::vector<Node> nodes;
};

struct Forest {
  std::vector<Tree> trees;
  std::vector<std::uint32_t> left_over;  ///< places in the list of boxes, ascending
  std::size_t entries = 0;               ///< of all leaves
  std::size_t copies = 0;                ///< entries beyond one a rule
  unsigned attempts = 0;                 ///< attempts made, the one that was taken included
  bool accepted = false;                 ///< false: no attempt was; this is one that left fewest over
};

struct BuildOptions {
  std::uint64_t seed = 1;
  unsigned attempts = 4;  ///< made in any case, unless one leaves nothing over; the one that leaves fewest is taken
  double seconds = 10;    ///< no attempt is begun later than this
  unsigned trials = 4;    ///< of each tree in an attempt; the one that kicks fewest is kept
  double copies = 0.045;  ///< entries beyond one a rule, at most, as a share of the rules
  unsigned leaves = 8;    ///< leaves in which one rule may stand; kMostLeaves times as many if else no tree takes it
  bool overlap = true;    ///< for compile_scale: the report has the header under which most rules meet
};

/// BuildOptions::leaves may be so many times as many where else no tree takes a rule.
inline constexpr unsigned kMostLeaves = 8;

/// BuildOptions::copies as entries.
std::size_t copies_allowed(const BuildOptions& options, std::size_t rules);

/// Makes BuildOptions::attempts attempts, and further ones until `accept` takes what one leaves over. Equal boxes,
/// shape, options and answers give an equal forest however fast the machine is, unless the time ends.
Forest build(std::span<const Box> boxes, const Shape& shape, const BuildOptions& options,
             const std::function<bool(std::span<const std::uint32_t>)>& accept);

}  // namespace portcullis::tables::tree
