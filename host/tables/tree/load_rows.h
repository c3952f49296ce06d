// What the load port of a tree engine takes to hold an image in its shadow bank (rtl/engine/pcl_scale_engine.sv).
#pragma once

#include <cstdint>
#include <vector>

#include "tables/tree/compile.h"

namespace portcullis::tables::tree {

/// Load targets, besides those of the bitmap engine (docs/design.md, "Loading"), which are the slice's.
inline constexpr unsigned kTargetEntry = 0x20;      ///< + tree; index: the entry
inline constexpr unsigned kTargetRecord = 0x28;     ///< + tree; index: level in bits 15 to 12, record in bits 11 to 0
inline constexpr unsigned kTargetPredicate = 0x30;  ///< + PredicateTable
inline constexpr unsigned kTargetRemoval = 0x38;    ///< + tree; index: the entry; into the active bank

/// One row; words of 32 bits, the least significant first, as many as the row needs.
struct LoadRow {
  unsigned target = 0;
  unsigned index = 0;
  std::vector<std::uint32_t> words;
};

/// All rows of the trees that some key can reach, the predicates and the actions.
std::vector<LoadRow> tree_rows(const ScaleImage& image);
/// All rows of the slice and its actions; what a flip of the slice alone needs.
std::vector<LoadRow> slice_rows(const ScaleImage& image);
/// What takes an entry of the active bank out of force: its bits in the image, which has its predicate at "never".
LoadRow removal_row(const ScaleImage& image, unsigned tree, std::size_t entry);

}  // namespace portcullis::tables::tree
