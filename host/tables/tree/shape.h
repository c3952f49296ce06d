// The shape of a tree engine: the elaboration parameters that its image depends on, and the widths that follow from
// them (docs/scale.md; rtl/engine/pcl_tree_pkg.sv has the same).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/geometry.h"

namespace portcullis::tables::tree {

/// Fields that a node can compare, in the order of their numbers.
inline constexpr unsigned kFields = 5;  // source, destination, source port, destination port, protocol
/// Levels of one tree at most: a level's number has four bits in the load port's index.
inline constexpr unsigned kMaxLevels = 15;
inline constexpr unsigned kMaxTrees = 8;
/// Rows of one level's memory at most: twelve bits of the load port's index.
inline constexpr unsigned kMaxLevelRows = 4096;

/// Rules that the shape `scale` is provisioned for; the default.
inline constexpr unsigned kScaleRules = 10240;

/// One of the trees.
struct TreeShape {
  unsigned entries = 0;  ///< slots of leaves in all, a multiple of the leaf size
  unsigned levels = 0;   ///< comparisons from the root to the deepest leaf, 1 to kMaxLevels
  unsigned rows = 0;     ///< records of a level's memory at most, a power of two; level l has min(2^l, rows)

  friend bool operator==(const TreeShape&, const TreeShape&) = default;
};

/// The trees and the slice.
struct Shape {
  std::vector<TreeShape> trees;
  unsigned leaf = 8;             ///< entries of a leaf at most (B): 4, 8 or 16
  unsigned address_bits = 32;    ///< 32: IPv4 alone goes to trees; 128: both families
  unsigned rules = kScaleRules;  ///< rule numbers of a policy are below it; a multiple of 16
  unsigned predicate_bits = 4;   ///< the highest predicate number never holds
  Geometry slice;                ///< of the bitmap engine beside the trees

  /// Four trees that hold `rules` rules (1024 to 20480) and copies of a few, IPv4, and a slice of 256 rules. For
  /// 10,240: 7168, 3072, 768 and 256 entries. constraints/scale.py has the same numbers.
  static Shape scale(unsigned rules = kScaleRules);
  /// The same for 128-bit addresses.
  static Shape scale_ipv6(unsigned rules = kScaleRules);
  /// 256 rules in two trees, IPv4, and a slice of 64 rules: a model that is built in seconds and tests that fill it.
  static Shape scale_small();
  /// `scale`, `scale-ipv6` or `scale-small`; nothing for another name.
  static std::optional<Shape> from_name(std::string_view name);
  /// Small enough to be looked at by exhaustive tests: two trees, leaves of four.
  static Shape small();
  /// The name of the shape if it is one of these, otherwise "trees".
  std::string name() const;
  /// "scale: 10240 rules in 4 trees, a slice of 256 rules, 32-bit addresses".
  std::string to_string() const;
  /// Empty if the numbers are within their limits; otherwise what is wrong, as a sentence.
  std::string problem() const;

  unsigned predicates() const { return 1U << predicate_bits; }
  /// Never holds: an entry with it matches nothing.
  unsigned never() const { return predicates() - 1; }
  /// Of a number of a rule: the slice's have numbers behind the trees'.
  unsigned rule_bits() const;
  /// Rule numbers of the device: the trees', then the slice's.
  unsigned numbers() const { return rules + slice.rules; }
  /// Records in the memory of level `level` (0: the root) of a tree.
  unsigned level_rows(const TreeShape& tree, unsigned level) const;
  /// Bits of the number of a pair of records in the level below.
  unsigned pair_bits(const TreeShape& tree) const;
  unsigned start_bits(const TreeShape& tree) const;
  unsigned count_bits() const;
  /// Record: number of the field (0: a leaf), threshold, pair of children. A leaf has start and count in the place of
  /// the threshold.
  unsigned record_bits(const TreeShape& tree) const { return 3 + address_bits + pair_bits(tree); }
  /// Entry: rule number, predicate, protocol (8 bits and "any"), ports (16-bit first and 17-bit last, twice),
  /// prefixes (address_bits + 1, twice).
  unsigned entry_bits() const { return rule_bits() + predicate_bits + 9 + 2 * 33 + 2 * (address_bits + 1); }
  unsigned key_bits(unsigned field) const { return field < 2 ? address_bits : field < 4 ? 17 : 8; }

  /// Bits of one bank's memory: of all entries, all records, the predicates, and the slice's nine tables.
  struct Bits {
    std::uint64_t entries = 0;
    std::uint64_t records = 0;
    std::uint64_t predicates = 0;
    std::uint64_t slice = 0;
    std::uint64_t all() const { return entries + records + predicates + slice; }
  };
  Bits provisioned() const;
  /// Slots of all leaves.
  std::size_t entries() const;
  /// Rules that one header can meet at most: every tree's leaf, and the slice.
  std::size_t overlap_bound() const { return trees.size() * leaf + slice.rules; }

  friend bool operator==(const Shape&, const Shape&) = default;
};

}  // namespace portcullis::tables::tree
