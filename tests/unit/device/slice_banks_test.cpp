#include "device/slice_banks.h"

#include <gtest/gtest.h>

namespace portcullis::device {
namespace {

using tables::tree::LoadRow;
using Rows = std::vector<LoadRow>;

const LoadRow kFirst{8, 0, {1, 2}};
const LoadRow kSecond{8, 1, {3, 4}};
const LoadRow kOtherTable{9, 1, {3, 4}};

std::vector<unsigned> indices(const Rows& rows) {
  std::vector<unsigned> out;
  for (const LoadRow& row : rows) out.push_back(row.target << 16U | row.index);
  return out;
}

TEST(SliceBanks, OnlyRowsThatTheShadowBankDoesNotHoldAreLeft) {
  SliceBanks banks;
  const Rows all{kFirst, kSecond, kOtherTable};
  EXPECT_EQ(indices(banks.differing(all)), indices(all));
  EXPECT_TRUE(banks.differing(all).empty());
  LoadRow changed = kSecond;
  changed.words = {3, 5};
  EXPECT_EQ(indices(banks.differing({kFirst, changed, kOtherTable})), indices({changed}));
  EXPECT_EQ(indices(banks.differing(all)), indices({kSecond})) << "the change is what the bank holds";
}

TEST(SliceBanks, EachBankIsKnownByItself) {
  SliceBanks banks;
  banks.differing({kFirst});
  banks.flipped();
  EXPECT_EQ(indices(banks.differing({kFirst})), indices({kFirst})) << "the other bank has not been written";
  banks.flipped();
  EXPECT_TRUE(banks.differing({kFirst}).empty());
  banks.forget_shadow();
  EXPECT_EQ(indices(banks.differing({kFirst})), indices({kFirst}));
  banks.flipped();
  EXPECT_TRUE(banks.differing({kFirst}).empty()) << "only the shadow bank was forgotten";
}

}  // namespace
}  // namespace portcullis::device
