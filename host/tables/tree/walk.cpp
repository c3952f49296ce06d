#include "tables/tree/walk.h"

#include <algorithm>

namespace portcullis::tables::tree {
namespace {

/// The comparator of an address: bit i counts if a lower bit of the entry's word is set.
bool prefix_matches(Address prefix, bool low, Address key) {
  if (low) return prefix == key;
  if (prefix == 0) return true;
  const Address mark = prefix & (~prefix + 1);
  return ((prefix ^ key) & ~((mark - 1) | mark)) == 0;
}

bool matches(const Entry& entry, const TreeKey& key) {
  for (const unsigned side : {0U, 1U}) {
    if (!prefix_matches(entry.prefix[side], entry.prefix_low[side], key.value[side])) return false;
    const Address port = key.value[2 + side];
    if (port < entry.first_port[side] || port > entry.last_port[side]) return false;
  }
  return (entry.any_protocol || key.value[4] == entry.protocol) && ((key.predicates >> entry.predicate) & 1U) != 0;
}

}  // namespace

TreeKey tree_key(const policy::Key& key, const PackedTrees& image) {
  TreeKey out = tree_key(key, {}, image.shape);
  const unsigned family = (policy::is_ipv4(key.destination) ? 2U : 0U) + (policy::is_ipv4(key.source) ? 1U : 0U);
  const std::array<unsigned, kPredicateTables> row = {key.tcp_flags, key.dscp_tags, key.context, family};
  out.predicates = ~std::uint64_t{0};
  for (unsigned table = 0; table < kPredicateTables; ++table) {
    out.predicates &= static_cast<std::uint64_t>(image.predicates[table].get(row[table], 0, image.shape.predicates()));
  }
  return out;
}

std::optional<std::uint32_t> walk_tree(const PackedTrees& image, unsigned tree, const TreeKey& key) {
  const PackedTree& packed = image.trees[tree];
  std::size_t row = 0;
  for (unsigned level = 0; level < packed.levels.size(); ++level) {
    row %= packed.levels[level].rows();
    const Record record = read_record(image, tree, level, row);
    if (record.field == 0) {
      std::optional<std::uint32_t> least;
      const std::size_t end =
          std::min<std::size_t>(record.start + std::min(record.count, image.shape.leaf), packed.entries.rows());
      for (std::size_t e = record.start; e < end; ++e) {
        const Entry entry = read_entry(image, tree, e);
        if (matches(entry, key)) least = std::min(least.value_or(entry.rule), entry.rule);
      }
      return least;
    }
    const Address value = record.field <= kFields ? key.value[record.field - 1] : 0;
    row = 2 * std::size_t{record.pair} + (value >= record.threshold ? 1 : 0);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> walk(const PackedTrees& image, const TreeKey& key) {
  std::optional<std::uint32_t> least;
  for (unsigned tree = 0; tree < image.trees.size(); ++tree) {
    const auto found = walk_tree(image, tree, key);
    if (found) least = std::min(least.value_or(*found), *found);
  }
  return least;
}

}  // namespace portcullis::tables::tree
