// What the two banks of a device's slice hold (docs/scale.md), so that only rows that differ are written.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tables/tree/load_rows.h"

namespace portcullis::device {

/// Of a device that nobody else loads. Nothing is known of its banks at first.
class SliceBanks {
 public:
  /// Those of `rows` that the shadow bank does not hold yet; it is then taken to hold them all.
  std::vector<tables::tree::LoadRow> differing(std::vector<tables::tree::LoadRow> rows);
  /// The banks have been exchanged.
  void flipped() { shadow_ = 1 - shadow_; }
  /// Nothing is known of the shadow bank.
  void forget_shadow() { held_[shadow_].clear(); }

 private:
  std::array<std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>, 2> held_;  ///< by target << 16 | index
  unsigned shadow_ = 0;
};

}  // namespace portcullis::device
