// load_sequence against docs/design.md, "Loading": rows written into an empty bank of our own give what the image says.
#include "device/load_sequence.h"

#include <gtest/gtest.h>

#include <map>

#include "random_policy.h"
#include "tables/compile.h"

namespace portcullis::test {
namespace {

tables::Geometry small() { return {"small", 96, 128, {64, 48, 32, 32, 16}}; }

/// What a bank holds after the sequence; a row written twice is a failure.
std::map<std::pair<unsigned, unsigned>, std::vector<std::uint32_t>> apply(
    const std::vector<device::RowWrite>& sequence) {
  std::map<std::pair<unsigned, unsigned>, std::vector<std::uint32_t>> bank;
  for (const device::RowWrite& write : sequence)
    for (unsigned i = 0; i < write.count; ++i)
      EXPECT_TRUE(bank.emplace(std::pair{write.target, write.index + i}, write.words).second)
          << "target " << write.target << " index " << write.index + i << " twice";
  return bank;
}

TEST(LoadSequence, WritesEveryRowThatALookupCanReach) {
  RandomPolicy random(seed(11));
  for (int round = 0; round < 20; ++round) {
    const tables::TableImage image = tables::compile(random.policy(random.below(8)), small()).image;
    const auto bank = apply(device::load_sequence(image));
    for (unsigned table = 0; table < 5; ++table) {
      const auto& used = image.boundaries[table];
      for (unsigned b = 1; b < small().intervals[table]; ++b) {
        const auto& row = bank.at({table, b});
        policy::Address value = 0;
        for (unsigned word = 4; word-- > 0;) value = value << 32U | row[word];
        const unsigned width = policy::kTableKeyBits[table];
        const policy::Address ones = width == 128 ? ~policy::Address{0} : (policy::Address{1} << width) - 1;
        EXPECT_TRUE(value == (b <= used.size() ? used[b - 1] : ones)) << "table " << table << " boundary " << b;
      }
      EXPECT_FALSE(bank.contains({table, 0}));
      EXPECT_EQ(bank.at({8 + table, small().intervals[table] - 1}),
                bank.at({8 + table, static_cast<unsigned>(used.size())}));
    }
    for (unsigned table = 0; table < 9; ++table)
      for (unsigned row = 0; row < image.rows(table); ++row)
        for (unsigned rule = 0; rule < small().rules; ++rule)
          ASSERT_EQ(bank.at({8 + table, row})[rule / 32] >> (rule % 32) & 1U,
                    image.row(table, row)[rule / 64] >> (rule % 64) & 1U);
    for (unsigned rule = 0; rule < image.actions.size(); ++rule) {
      const auto& row = bank.at({0x18, rule});
      EXPECT_EQ(std::uint64_t{row[1]} << 32U | row[0], image.actions[rule]);
    }
    const auto& row = bank.at({0x19, 0});
    EXPECT_EQ(std::uint64_t{row[1]} << 32U | row[0], image.default_action);
    for (const auto& [place, words] : bank) EXPECT_EQ(words.size(), 4U);
  }
}

TEST(LoadSequence, EqualNeighboursAreOneElement) {
  // A policy without entries: every chunk table is 256 equal rows, every range table one row and its copy at the end.
  const tables::TableImage image = tables::compile(policy::Policy{}, small()).image;
  const std::vector<device::RowWrite> sequence = device::load_sequence(image);
  EXPECT_EQ(sequence.size(), 5U + 5U * 2U + 4U + 1U);
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    const device::RowWrite& before = sequence[i - 1];
    EXPECT_FALSE(sequence[i].target == before.target && sequence[i].words == before.words &&
                 sequence[i].index == before.index + before.count);
  }
}

TEST(LoadSequence, RowsAreAsWideAsTheWidestTarget) {
  EXPECT_EQ(device::row_words({"", 16, 128, {2, 2, 2, 2, 2}}), 4U);
  EXPECT_EQ(device::row_words(tables::Geometry::edge()), 16U);
  EXPECT_EQ(device::row_words(tables::Geometry::large()), 32U);
}

}  // namespace
}  // namespace portcullis::test
