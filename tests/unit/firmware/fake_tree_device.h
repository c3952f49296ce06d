// FakeDevice with trees: rows land in the memories of docs/scale.md, and lookups walk them (tables/tree/walk.h).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "../device/fake_device.h"
#include "tables/tree/load_rows.h"
#include "tables/tree/walk.h"

namespace portcullis::test {

class FakeTreeDevice final : public FakeDevice {
 public:
  explicit FakeTreeDevice(tables::tree::Shape shape) : FakeDevice(slice_of(shape)), shape_(std::move(shape)) {
    set_row_words(words_of_row());
    std::mt19937 random(2);
    for (tables::tree::PackedTrees& bank : trees_) {
      bank.shape = shape_;
      for (const tables::tree::TreeShape& tree : shape_.trees) {
        tables::tree::PackedTree& packed = bank.trees.emplace_back();
        for (unsigned level = 0; level <= tree.levels; ++level)
          packed.levels.push_back(anything(random, shape_.level_rows(tree, level), shape_.record_bits(tree)));
        packed.entries = anything(random, tree.entries, shape_.entry_bits());
      }
      for (unsigned table = 0; table < tables::tree::kPredicateTables; ++table)
        bank.predicates[table] = anything(random, tables::tree::kPredicateRows[table], shape_.predicates());
    }
  }

  /// Of the bank in force, for comparison with an image.
  const tables::tree::PackedTrees& trees() const { return trees_[active_bank()]; }

 private:
  static Geometry slice_of(const tables::tree::Shape& shape) {
    Geometry geometry;
    geometry.rules = shape.slice.rules;
    for (unsigned table = 0; table < geometry.intervals.size(); ++table)
      geometry.intervals[table] = shape.slice.intervals[table];
    return geometry;
  }
  static tables::tree::BitMemory anything(std::mt19937& random, std::size_t rows, unsigned width) {
    tables::tree::BitMemory memory(rows, width);
    for (std::size_t row = 0; row < rows; ++row)
      for (unsigned bit = 0; bit < width; ++bit) memory.set(row, bit, 1, random() & 1U);
    return memory;
  }
  unsigned words_of_row() const { return (std::max({shape_.slice.rules, 128U, shape_.entry_bits()}) + 31) / 32; }

  /// The memory of a target, and the row of an index in it; none where there is no such row.
  template <class Trees>
  static auto place(Trees& bank, unsigned target, unsigned index) {
    using namespace tables::tree;
    using Memory = std::conditional_t<std::is_const_v<Trees>, const BitMemory, BitMemory>;
    Memory* memory = nullptr;
    std::size_t row = index;
    const unsigned number = target % 8;
    if (target >= kTargetPredicate && target < kTargetPredicate + kPredicateTables) {
      memory = &bank.predicates[number];
    } else if (target >= kTargetEntry && target < kTargetPredicate && number < bank.trees.size()) {
      auto& tree = bank.trees[number];
      if (target < kTargetRecord) {
        memory = &tree.entries;
      } else if (index >> 12U < tree.levels.size()) {
        memory = &tree.levels[index >> 12U];
        row = index & 0xFFFU;
      }
    }
    std::optional<std::pair<Memory*, std::size_t>> found;
    if (memory != nullptr && row < memory->rows()) found.emplace(memory, row);
    return found;
  }

  bool has_target(unsigned target) const override {
    return FakeDevice::has_target(target) || place(trees_[0], target, 0).has_value();
  }
  bool has_row(unsigned target, unsigned index) const override {
    if (target == 0x18) return index < shape_.numbers();
    return FakeDevice::has_row(target, index) || place(trees_[0], target, index).has_value();
  }
  void store(unsigned bank, unsigned target, unsigned index, const Row& row) override {
    const auto to = place(trees_[bank], target, index);
    if (!to) return FakeDevice::store(bank, target, index, row);
    for (unsigned bit = 0; bit < to->first->width(); ++bit)
      to->first->set(to->second, bit, 1, row[bit / 32] >> (bit % 32) & 1U);
  }
  std::uint32_t counted_rules() const override { return shape_.numbers(); }

  Answer answer_of(unsigned bank, const std::array<std::uint32_t, 12>& key) const override {
    policy::Key packet;
    for (unsigned w = 0; w < 4; ++w) {
      packet.source |= policy::Address{key[w]} << (32 * w);
      packet.destination |= policy::Address{key[4 + w]} << (32 * w);
    }
    packet.source_port = key[8];
    packet.destination_port = key[9];
    packet.protocol = static_cast<std::uint8_t>(key[11]);
    packet.tcp_flags = static_cast<std::uint8_t>(key[11] >> 8U);
    packet.dscp_tags = static_cast<std::uint8_t>(key[11] >> 16U);
    packet.context = static_cast<std::uint8_t>(key[11] >> 24U);
    const auto tree = tables::tree::walk(trees_[bank], tables::tree::tree_key(packet, trees_[bank]));
    if (const auto slice = match(bank, key)) {
      const std::uint32_t number = shape_.rules + *slice;
      const std::uint64_t word = word_at(bank, 0x18, number);
      if (!tree || word >> tables::tree::kBeforeShift <= *tree)
        return {true, number, word & ~tables::tree::kBeforeMask};
    }
    if (tree) return {true, *tree, word_at(bank, 0x18, *tree)};
    return {false, 0, word_at(bank, 0x19, 0)};
  }

  std::uint32_t read(std::uint32_t offset) override {
    if (offset == 0x04) return 0x00010001;  // from minor version 1 on there may be trees
    if (offset == 0x7C) return words_of_row();
    if (offset == 0x84) return shape_.rules;
    if (offset == 0x88)
      return static_cast<std::uint32_t>(shape_.trees.size()) | shape_.leaf << 8U | shape_.predicate_bits << 16U |
             shape_.address_bits << 24U;
    if (offset >= 0x8C && offset < 0xAC) {
      const unsigned number = (offset - 0x8C) / 4;
      if (number >= shape_.trees.size()) return 0;
      const tables::tree::TreeShape& tree = shape_.trees[number];
      return tree.entries | tree.levels << 20U | static_cast<std::uint32_t>(std::countr_zero(tree.rows)) << 24U;
    }
    return FakeDevice::read(offset);
  }

  tables::tree::Shape shape_;
  std::array<tables::tree::PackedTrees, 2> trees_;
};

}  // namespace portcullis::test
