#include "tables/tree/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace portcullis::tables::tree {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"scale", "scale-ipv6", "scale-small"};

Geometry slice_of(unsigned rules) { return {"slice", rules, 128, {64, 64, 64, 64, 16}}; }

unsigned bits_for(unsigned values) { return values <= 1 ? 1 : static_cast<unsigned>(std::bit_width(values - 1)); }

}  // namespace

Shape Shape::scale(unsigned rules) {
  Shape shape;
  shape.rules = rules;
  unsigned more = 4;
  for (const unsigned share : {700U, 300U, 75U, 25U}) {
    TreeShape tree;
    tree.entries = 8 * ((rules * share + 7999) / 8000);
    tree.rows = std::bit_ceil((tree.entries + 6) / 7);
    tree.levels = static_cast<unsigned>(std::bit_width(tree.rows)) - 1 + more--;
    shape.trees.push_back(tree);
  }
  shape.slice = slice_of(256);
  return shape;
}

Shape Shape::scale_ipv6(unsigned rules) {
  Shape shape = scale(rules);
  shape.address_bits = 128;
  return shape;
}

Shape Shape::scale_small() {
  Shape shape;
  shape.trees = {{256, 9, 64}, {96, 7, 32}};
  shape.rules = 256;
  shape.predicate_bits = 3;
  shape.slice = slice_of(64);
  return shape;
}

std::optional<Shape> Shape::from_name(std::string_view name) {
  if (name == kNames[0]) return scale();
  if (name == kNames[1]) return scale_ipv6();
  if (name == kNames[2]) return scale_small();
  return std::nullopt;
}

std::string Shape::name() const {
  for (const std::string_view known : kNames) {
    Shape shape = *from_name(known);
    shape.slice.name = slice.name;
    if (shape == *this) return std::string(known);
  }
  return "trees";
}

std::string Shape::to_string() const {
  return fmt::format("{}: {} rules in {} trees, a slice of {} rules, {}-bit addresses", name(), rules, trees.size(),
                     slice.rules, address_bits);
}

Shape Shape::small() {
  Shape shape;
  shape.trees = {{64, 5, 32}, {32, 4, 16}};
  shape.leaf = 4;
  shape.rules = 128;
  shape.predicate_bits = 2;
  shape.slice = slice_of(64);
  return shape;
}

std::string Shape::problem() const {
  if (trees.empty() || trees.size() > kMaxTrees)
    return fmt::format("{} trees; there must be 1 to {}", trees.size(), kMaxTrees);
  if (leaf != 4 && leaf != 8 && leaf != 16) return fmt::format("leaves of {} entries; there must be 4, 8 or 16", leaf);
  if (address_bits != 32 && address_bits != 128)
    return fmt::format("{}-bit addresses; 32 or 128 is allowed", address_bits);
  if (rules < 64 || rules % 16 != 0 || rules + slice.rules > 32768)
    return fmt::format("{} rules; it must be a multiple of 16 from 64 on, and at most 32768 with the slice's {}", rules,
                       slice.rules);
  if (predicate_bits < 1 || predicate_bits > 6)
    return fmt::format("predicate numbers of {} bits; 1 to 6 is allowed", predicate_bits);
  for (const TreeShape& tree : trees) {
    if (tree.levels < 1 || tree.levels > kMaxLevels)
      return fmt::format("a tree of {} levels; 1 to {} is allowed", tree.levels, kMaxLevels);
    if (tree.entries < leaf || tree.entries % leaf != 0 || tree.entries > 65536)
      return fmt::format("a tree of {} entries; it must be a multiple of {} up to 65536", tree.entries, leaf);
    if (tree.rows < 2 || tree.rows > kMaxLevelRows || !std::has_single_bit(tree.rows))
      return fmt::format("{} records in a level; it must be a power of two from 2 to {}", tree.rows, kMaxLevelRows);
  }
  return slice.problem();
}

unsigned Shape::level_rows(const TreeShape& tree, unsigned level) const {
  return level == 0 ? 1 : static_cast<unsigned>(std::min<std::uint64_t>(std::uint64_t{1} << level, tree.rows));
}

unsigned Shape::pair_bits(const TreeShape& tree) const { return bits_for(level_rows(tree, tree.levels) / 2); }

unsigned Shape::rule_bits() const { return bits_for(rules + slice.rules); }

unsigned Shape::start_bits(const TreeShape& tree) const { return bits_for(tree.entries); }

unsigned Shape::count_bits() const { return static_cast<unsigned>(std::bit_width(leaf)); }

std::size_t Shape::entries() const {
  std::size_t all = 0;
  for (const TreeShape& tree : trees) all += tree.entries;
  return all;
}

Shape::Bits Shape::provisioned() const {
  Bits bits;
  for (const TreeShape& tree : trees) {
    bits.entries += std::uint64_t{tree.entries} * entry_bits();
    for (unsigned level = 0; level <= tree.levels; ++level)
      bits.records += std::uint64_t{level_rows(tree, level)} * record_bits(tree);
  }
  bits.predicates = std::uint64_t{3 * 256 + 4} * predicates();
  for (unsigned table = 0; table < policy::kTables; ++table)
    bits.slice += std::uint64_t{slice.rows(static_cast<policy::Table>(table))} * slice.rules;
  for (unsigned table = 0; table < policy::kRangeTables; ++table)
    bits.slice += std::uint64_t{slice.boundaries(table)} * policy::kTableKeyBits[table];
  return bits;
}

}  // namespace portcullis::tables::tree
