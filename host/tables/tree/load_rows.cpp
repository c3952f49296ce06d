#include "tables/tree/load_rows.h"

#include <algorithm>

namespace portcullis::tables::tree {
namespace {

// Of pcl_pkg.sv.
constexpr unsigned kTargetBoundary = 0x00;
constexpr unsigned kTargetBitmap = 0x08;
constexpr unsigned kTargetAction = 0x18;
constexpr unsigned kTargetDefault = 0x19;

std::vector<std::uint32_t> words(Address value, unsigned bits) {
  std::vector<std::uint32_t> out;
  out.reserve((bits + 31) / 32);
  for (unsigned low = 0; low < bits; low += 32) out.push_back(static_cast<std::uint32_t>(value >> low));
  return out;
}

std::vector<std::uint32_t> words(std::span<const std::uint64_t> bitmap) {
  std::vector<std::uint32_t> out;
  out.reserve(2 * bitmap.size());
  for (const std::uint64_t word : bitmap) {
    out.push_back(static_cast<std::uint32_t>(word));
    out.push_back(static_cast<std::uint32_t>(word >> 32U));
  }
  return out;
}

std::vector<std::uint32_t> words(const BitMemory& memory, std::size_t row) {
  std::vector<std::uint32_t> out = words(memory.words(row));
  out.resize((memory.width() + 31) / 32);
  return out;
}

}  // namespace

std::vector<LoadRow> tree_rows(const ScaleImage& image) {
  std::vector<LoadRow> out;
  const PackedTrees& trees = image.trees;
  for (unsigned t = 0; t < trees.trees.size(); ++t) {
    const PackedTree& tree = trees.trees[t];
    // Records stand in pairs from 0 on, two below each node; empty leaves among them are zero, and are written all the
    // same, because their rows may hold old ones.
    std::size_t used = 1;
    for (unsigned level = 0; level < tree.levels.size(); ++level) {
      std::size_t nodes = 0;
      for (std::size_t row = 0; row < used; ++row) {
        nodes += read_record(trees, t, level, row).field != 0 ? 1U : 0U;
        out.push_back({kTargetRecord + t, level << 12U | static_cast<unsigned>(row), words(tree.levels[level], row)});
      }
      used = 2 * nodes;
    }
    for (std::size_t e = 0; e < tree.entries.rows(); ++e) {
      if (!tree.entries.zero(e)) out.push_back({kTargetEntry + t, static_cast<unsigned>(e), words(tree.entries, e)});
    }
  }
  for (unsigned table = 0; table < kPredicateTables; ++table) {
    for (unsigned row = 0; row < kPredicateRows[table]; ++row)
      out.push_back({kTargetPredicate + table, row, words(trees.predicates[table], row)});
  }
  for (unsigned rule = 0; rule < image.actions.size(); ++rule)
    out.push_back({kTargetAction, rule, words(image.actions[rule], 64)});
  out.push_back({kTargetDefault, 0, words(image.default_action, 64)});
  return out;
}

std::vector<LoadRow> slice_rows(const ScaleImage& image) {
  std::vector<LoadRow> out;
  const TableImage& slice = image.slice;
  for (unsigned table = 0; table < policy::kTables; ++table) {
    const auto rows = static_cast<unsigned>(slice.rows(table));
    for (unsigned row = 0; row < rows; ++row) out.push_back({kTargetBitmap + table, row, words(slice.row(table, row))});
    if (table >= policy::kRangeTables) continue;
    const unsigned capacity = slice.geometry.boundaries(table);
    for (unsigned i = 0; i < capacity; ++i) {
      const Address boundary = i < slice.boundaries[table].size() ? slice.boundaries[table][i] : ~Address{0};
      out.push_back({kTargetBoundary + table, i + 1, words(boundary, 128)});
    }
    // The key of all ones lies in the last interval, whatever is unused before it.
    out.push_back({kTargetBitmap + table, capacity, words(slice.row(table, rows - 1))});
  }
  for (unsigned entry = 0; entry < slice.actions.size(); ++entry)
    out.push_back({kTargetAction, image.trees.shape.rules + entry, words(slice.actions[entry], 64)});
  return out;
}

LoadRow removal_row(const ScaleImage& image, unsigned tree, std::size_t entry) {
  return {kTargetRemoval + tree, static_cast<unsigned>(entry), words(image.trees.trees[tree].entries, entry)};
}

}  // namespace portcullis::tables::tree
