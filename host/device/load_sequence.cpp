#include "device/load_sequence.h"

#include <algorithm>
#include <utility>

namespace portcullis::device {
namespace {

using Words = std::vector<std::uint32_t>;

class Sequence {
 public:
  explicit Sequence(unsigned words) : words_(words) {}

  /// `words` may be shorter than a row; the rest is 0.
  void add(unsigned target, unsigned index, unsigned count, Words words) {
    if (count == 0) return;
    words.resize(words_);
    if (!rows_.empty()) {
      RowWrite& last = rows_.back();
      if (last.target == target && last.index + last.count == index && last.words == words) {
        last.count += count;
        return;
      }
    }
    rows_.push_back({target, index, count, std::move(words)});
  }
  std::vector<RowWrite> take() { return std::move(rows_); }

 private:
  unsigned words_;
  std::vector<RowWrite> rows_;
};

Words from_address(policy::Address value) {
  Words words(4);
  for (unsigned w = 0; w < 4; ++w) words[w] = static_cast<std::uint32_t>(value >> (32 * w));
  return words;
}

Words from_row(std::span<const std::uint64_t> row, unsigned words) {
  Words result;
  for (const std::uint64_t word : row) {
    result.push_back(static_cast<std::uint32_t>(word));
    result.push_back(static_cast<std::uint32_t>(word >> 32U));
  }
  result.resize(words);
  return result;
}

Words from_action(std::uint64_t action) {
  return {static_cast<std::uint32_t>(action), static_cast<std::uint32_t>(action >> 32U)};
}

/// All ones in the width of a table's key.
policy::Address unused_boundary(unsigned table) {
  const unsigned bits = policy::kTableKeyBits[table];
  return bits == 128 ? ~policy::Address{0} : (policy::Address{1} << bits) - 1;
}

}  // namespace

unsigned row_words(const tables::Geometry& geometry) { return (std::max(geometry.rules, 128U) + 31) / 32; }

std::vector<RowWrite> load_sequence(const tables::TableImage& image) {
  const unsigned words = row_words(image.geometry);
  Sequence sequence(words);
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    const auto used = static_cast<unsigned>(image.boundaries[table].size());
    for (unsigned i = 0; i < used; ++i)
      sequence.add(kTargetBoundary + table, i + 1, 1, from_address(image.boundaries[table][i]));
    sequence.add(kTargetBoundary + table, used + 1, image.geometry.boundaries(table) - used,
                 from_address(unused_boundary(table)));
  }
  for (unsigned table = 0; table < policy::kTables; ++table) {
    const auto rows = static_cast<unsigned>(image.rows(table));
    for (unsigned row = 0; row < rows; ++row)
      sequence.add(kTargetBitmap + table, row, 1, from_row(image.row(table, row), words));
    if (table < policy::kRangeTables && rows < image.geometry.intervals[table])
      sequence.add(kTargetBitmap + table, image.geometry.intervals[table] - 1, 1,
                   from_row(image.row(table, rows - 1), words));
  }
  for (unsigned rule = 0; rule < image.actions.size(); ++rule)
    sequence.add(kTargetAction, rule, 1, from_action(image.actions[rule]));
  sequence.add(kTargetDefault, 0, 1, from_action(image.default_action));
  return sequence.take();
}

}  // namespace portcullis::device
