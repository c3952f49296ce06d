// IntervalSet against std::set over a domain small enough to write out.
#include "policy/interval_set.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "policy/key.h"

namespace portcullis::policy {
namespace {

using Bytes = IntervalSet<std::uint8_t>;
using Values = std::set<unsigned>;

unsigned seed() {
  const char* given = std::getenv("PORTCULLIS_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 20230407U;
}

Values written_out(const Bytes& set) {
  Values values;
  for (unsigned v = 0; v < 256; ++v) {
    if (set.contains(static_cast<std::uint8_t>(v))) values.insert(v);
  }
  return values;
}

struct Drawn {
  Bytes set;
  Values values;
};

Drawn draw(std::mt19937& random) {
  std::vector<Interval<std::uint8_t>> intervals;
  Values values;
  // Ends near 0 and 255 come up often: that is where "last + 1" and "first - 1" wrap.
  const auto end = [&] {
    const unsigned kind = random() % 4;
    return kind == 0 ? random() % 4 : kind == 1 ? 252 + random() % 4 : random() % 256;
  };
  for (auto n = random() % 6; n > 0; --n) {
    unsigned first = static_cast<unsigned>(end());
    unsigned last = static_cast<unsigned>(end());
    if (first > last) std::swap(first, last);
    intervals.push_back({static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last)});
    for (unsigned v = first; v <= last; ++v) values.insert(v);
  }
  return {Bytes(intervals), values};
}

void expect_canonical(const Bytes& set) {
  int previous_last = -2;
  for (const auto& i : set.intervals()) {
    EXPECT_LE(i.first, i.last);
    EXPECT_GT(static_cast<int>(i.first), previous_last + 1) << "intervals overlap, touch or are out of order";
    previous_last = i.last;
  }
}

TEST(IntervalSet, HoldsWhatItsIntervalsHold) {
  std::mt19937 random(seed());
  SCOPED_TRACE("PORTCULLIS_SEED=" + std::to_string(seed()));
  for (int round = 0; round < 2000; ++round) {
    const Drawn a = draw(random);
    ASSERT_EQ(written_out(a.set), a.values);
    expect_canonical(a.set);
    ASSERT_EQ(a.set.empty(), a.values.empty());
  }
}

TEST(IntervalSet, UnionIntersectionAndDifferenceEqualThoseOfWrittenOutSets) {
  std::mt19937 random(seed() + 1);
  SCOPED_TRACE("PORTCULLIS_SEED=" + std::to_string(seed()));
  for (int round = 0; round < 2000; ++round) {
    const Drawn a = draw(random);
    const Drawn b = draw(random);
    Values united = a.values;
    united.insert(b.values.begin(), b.values.end());
    Values common;
    Values rest;
    for (unsigned v : a.values) (b.values.contains(v) ? common : rest).insert(v);

    for (const auto& [set, values] :
         {std::pair{unite(a.set, b.set), united}, std::pair{intersect(a.set, b.set), common},
          std::pair{subtract(a.set, b.set), rest}}) {
      ASSERT_EQ(written_out(set), values);
      expect_canonical(set);
    }
  }
}

TEST(IntervalSet, AdjacentIntervalsMergeSoThatEqualSetsCompareEqual) {
  EXPECT_EQ((Bytes{{0, 1}, {2, 3}}), (Bytes{{0, 3}}));
  EXPECT_EQ((Bytes{{5, 9}, {1, 2}, {3, 4}, {7, 255}}), (Bytes{{1, 255}}));
  EXPECT_NE((Bytes{{0, 1}, {3, 4}}), (Bytes{{0, 4}}));
}

TEST(IntervalSet, ReachesTheLargestAddress) {
  using Addresses = IntervalSet<Address>;
  const Address top = ~Address{0};
  const Addresses all{{0, top}};
  const Addresses last{{top, top}};
  EXPECT_TRUE(all.contains(top));
  EXPECT_EQ(subtract(all, last), (Addresses{{0, top - 1}}));
  EXPECT_EQ(unite(subtract(all, last), last), all);
  EXPECT_TRUE(subtract(all, all).empty());
}

}  // namespace
}  // namespace portcullis::policy
