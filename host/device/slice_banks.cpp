#include "device/slice_banks.h"

namespace portcullis::device {

using tables::tree::LoadRow;

std::vector<LoadRow> SliceBanks::differing(std::vector<LoadRow> rows) {
  auto& held = held_[shadow_];
  std::erase_if(rows, [&](const LoadRow& row) {
    const auto [place, unknown] = held.try_emplace(row.target << 16U | row.index);
    if (!unknown && place->second == row.words) return true;
    place->second = row.words;
    return false;
  });
  return rows;
}

}  // namespace portcullis::device
