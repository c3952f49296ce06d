// Homes for single rules in trees that are built: the cuts stay, and a full leaf is divided for one more rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tables/tree/box.h"
#include "tables/tree/build.h"
#include "tables/tree/shape.h"

namespace portcullis::tables::tree {

class Inserter {
 public:
  /// `forest` and `boxes`, whose places the forest's leaves hold, must outlive it. `copies`: entries beyond one a rule
  /// that the forest may have. `leaves`: in which one rule may stand.
  Inserter(Forest& forest, std::span<const Box> boxes, const Shape& shape, std::size_t copies, std::size_t leaves);

  /// Gives a box a home in the tree where that takes fewest entries; of equal ones, where most are free. Rules that
  /// span the division of a leaf stand on both sides. False, and nothing is changed: no tree takes it.
  bool insert(std::uint32_t box);

 private:
  /// What becomes of a leaf that takes one more rule.
  struct Division {
    std::uint32_t leaf = 0;
    unsigned field = 0;  ///< 1 + field; 0: the leaf has room
    Address threshold = 0;
    std::size_t added = 0;  ///< entries
  };
  struct Plan {
    std::size_t tree = 0;
    std::vector<Division> divisions;
    std::size_t added = 0;
  };
  /// Of a tree, as it is filled.
  struct Use {
    std::size_t entries = 0;
    std::vector<unsigned> level;                  ///< of each node
    std::array<unsigned, kMaxLevels + 2> rows{};  ///< records used in each level
  };

  std::optional<Plan> plan(std::size_t tree, std::uint32_t box);
  std::optional<Division> divide(const Node& leaf, std::uint32_t number, std::uint32_t box) const;
  void apply(std::size_t tree, const Division& division, std::uint32_t box);
  bool meets_left(std::uint32_t box, unsigned field, Address threshold) const {
    return boxes_[box].range[field].first < threshold;
  }
  bool meets_right(std::uint32_t box, unsigned field, Address threshold) const {
    return boxes_[box].range[field].last >= threshold;
  }

  Forest& forest_;
  std::span<const Box> boxes_;
  const Shape& shape_;
  std::size_t copies_;
  std::size_t leaves_;
  std::vector<Use> use_;
  std::vector<std::uint32_t> found_;
  std::vector<std::uint32_t> stack_;
};

}  // namespace portcullis::tables::tree
