// What the hardware answers from a bank's bits, whatever they are: the software reference of rtl/engine/pcl_tree*.sv.
#pragma once

#include <cstdint>
#include <optional>

#include "tables/tree/packed.h"

namespace portcullis::tables::tree {

/// A key and which predicates hold for it, by the image's own predicate tables.
TreeKey tree_key(const policy::Key& key, const PackedTrees& image);

/// The least rule number among the entries of the leaf that the key meets in one tree.
std::optional<std::uint32_t> walk_tree(const PackedTrees& image, unsigned tree, const TreeKey& key);

/// The least rule number over all trees.
std::optional<std::uint32_t> walk(const PackedTrees& image, const TreeKey& key);

}  // namespace portcullis::tables::tree
