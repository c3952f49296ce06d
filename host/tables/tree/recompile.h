// A policy with a few rules more and less than a compiled one, from that one's trees instead of from nothing: rules
// that are gone leave their leaves, new ones find leaves with room or divide full ones, and all are numbered anew. The
// cuts that were made stay.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tables/tree/live.h"

namespace portcullis::tables::tree {

struct Recompiled {
  ScaleImage image;                    ///< without provenance
  std::vector<EntryPointer> rules;     ///< by number
  std::vector<std::uint32_t> numbers;  ///< that each had before
};

/// Nothing where the trees have no room for more rules than `most_left_over` that a tree could hold, or the slice has
/// none for these and those that only it holds; compile_scale may find it. Of the options only `copies` and `leaves`
/// count.
std::optional<Recompiled> recompile(const Gathered& gathered, const BuildOptions& options, std::size_t most_left_over);

}  // namespace portcullis::tables::tree
