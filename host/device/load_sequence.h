// The rows that load a table image into a bank: one sequence for the registers and for the row-wide port.
#pragma once

#include <cstdint>
#include <vector>

#include "tables/image.h"

namespace portcullis::device {

/// One row, written to `count` consecutive indices of a target (docs/design.md, "Loading").
struct RowWrite {
  unsigned target = 0;
  unsigned index = 0;
  unsigned count = 1;
  std::vector<std::uint32_t> words;  ///< row_words(geometry) of them, least significant first
  friend bool operator==(const RowWrite&, const RowWrite&) = default;
};

/// Load targets; table numbers are added to the first two.
inline constexpr unsigned kTargetBoundary = 0x00;
inline constexpr unsigned kTargetBitmap = 0x08;
inline constexpr unsigned kTargetAction = 0x18;
inline constexpr unsigned kTargetDefault = 0x19;

/// 32-bit words of a row: RULES bits, at least 128.
unsigned row_words(const tables::Geometry& geometry);

/// Everything a bank needs, whatever it held before: every boundary (unused ones all ones), the used bitmap rows and,
/// for range tables, the last row as a copy of the last used one; all rows of chunk tables; the actions of the entries;
/// the default action. Equal rows at consecutive indices are one element.
std::vector<RowWrite> load_sequence(const tables::TableImage& image);

}  // namespace portcullis::device
