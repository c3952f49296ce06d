// The scrubber of the match engine: bits of the tables are turned over, and every verdict is compared with brute force
// while they are found and mended.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine_bench.h"
#include "table_rows.h"
#include SCRUB_HEADER_A
#ifdef SCRUB_HEADER_B
#include SCRUB_HEADER_B
#endif

namespace portcullis::rtl_test {
namespace {

struct A {
  using Model = SCRUB_MODEL_A;
  static constexpr Geometry geometry{SCRUB_GEOMETRY_A};
  static constexpr unsigned row_asked = SCRUB_ROW_ASKED_A;  ///< RowAsked of rtl/engine/pcl_engine.sv
  static constexpr unsigned full = 100;  ///< lookups in 100 clocks where as many as can be are wanted
};
#ifdef SCRUB_HEADER_B
struct B {
  using Model = SCRUB_MODEL_B;
  static constexpr Geometry geometry{SCRUB_GEOMETRY_B};
  static constexpr unsigned row_asked = SCRUB_ROW_ASKED_B;
  static constexpr unsigned full = 97;  // with every clock's lookup it takes too long for tests that run always
};
using Variants = testing::Types<A, B>;
#else
using Variants = testing::Types<A>;
#endif

/// pcl_engine_pkg::scrub_status_t.
struct Status {
  std::uint32_t passes;
  std::uint32_t pass_clocks;
  std::uint32_t mended;
  Place mended_place;
  std::uint32_t damaged;
  Place damaged_place;
};

/// A wrong bit of a row.
struct Fault {
  Place place;
  unsigned bit;
};

template <class Variant>
class Scrubber : public testing::Test {
 protected:
  static constexpr Geometry geometry = Variant::geometry;
  using Bench = EngineBench<typename Variant::Model>;

  Scrubber() { RecordProperty("seed", std::to_string(seed)); }

  std::uint64_t pick(std::uint64_t count) { return bench.random() % count; }
  Place random_place() {
    const auto table = static_cast<unsigned>(pick(TableRows::kTables));
    return {static_cast<unsigned>(pick(2)), table, static_cast<unsigned>(pick(rows.rows(table)))};
  }
  Status status() {
    unsigned low = 0;
    const auto take = [&](unsigned width) {
      std::uint64_t value = 0;
      for (unsigned bit = 0; bit < width; ++bit) {
        value |= std::uint64_t{(bench.model().scrub_o[(low + bit) / 32] >> ((low + bit) % 32)) & 1U} << bit;
      }
      low += width;
      return static_cast<std::uint32_t>(value);
    };
    const auto place = [&] {
      const unsigned row = take(12);
      const unsigned table = take(4);
      const unsigned bank = take(1);
      return Place{bank, table, row};
    };
    Status result{};
    result.damaged_place = place();
    result.damaged = take(32);
    result.mended_place = place();
    result.mended = take(32);
    result.pass_clocks = take(32);
    result.passes = take(32);
    return result;
  }
  unsigned scrub_rows() const {
    unsigned count = 0;
    for (unsigned table = 0; table < TableRows::kTables; ++table) {
      count += 2 * rows.rows(table);
    }
    return count;
  }
  /// Clocks for a row at most, and for a mend on top: the head of pcl_scrubber.sv.
  std::uint64_t row_clocks() const { return kPatience + Variant::row_asked + 13; }
  std::uint64_t mend_clocks() const { return kPatience + Variant::row_asked + 9; }
  std::uint64_t pass_bound(unsigned mends) const { return scrub_rows() * row_clocks() + mends * mend_clocks(); }

  /// Two policies, each in a bank, and the second in force.
  void install() {
    bench.install(std::make_shared<RandomPolicy>(geometry, bench.random));
    bench.install(std::make_shared<RandomPolicy>(geometry, bench.random));
    bench.settle();
  }
  void scrub(bool on) { bench.model().scrub_i = on ? 1 : 0; }
  /// A clock, with a lookup waiting in `percent` of the clocks.
  void step(unsigned percent) {
    if (!bench.lookup && pick(100) < percent) {
      bench.lookup = bench.random_lookup(*bench.policies[bench.active]);
    }
    bench.tick();
  }
  void make(const Fault& fault) {
    rows.flip(fault.place, fault.bit);
    if (fault.place.bank == bench.active && fault.bit < geometry.rules) {
      doubtful.insert(fault.bit);
      bench.doubt(doubtful);
    }
  }
  void trust_again() {
    doubtful.clear();
    bench.doubtful = nullptr;
  }

  static constexpr unsigned kPatience = 256;  ///< PatienceClocks of rtl/engine/pcl_engine_pkg.sv
  const std::uint64_t seed = test_seed();
  Bench bench{geometry, seed};
  TableRows rows{bench.context()};
  std::set<unsigned> doubtful;
};
TYPED_TEST_SUITE(Scrubber, Variants);

TYPED_TEST(Scrubber, FindsNothingWhereNothingIsWrongAndStaysWithinItsTime) {
  this->install();
  const auto before = this->rows.all();
  this->scrub(true);
  for (const unsigned percent : {0U, 60U, TypeParam::full}) {
    const std::uint32_t passes = this->status().passes;
    const std::uint64_t refused = this->bench.refused;
    std::uint64_t start = this->bench.clock;
    while (this->status().passes < passes + 1) {
      this->step(percent);
      ASSERT_FALSE(this->HasFatalFailure());
      ASSERT_LE(this->bench.clock - start, 2 * this->pass_bound(0)) << "the pass does not end";
    }
    if (percent == 100) {  // a whole pass at this rate
      start = this->bench.clock;
      while (this->status().passes < passes + 2) {
        this->step(percent);
        ASSERT_FALSE(this->HasFatalFailure());
      }
      EXPECT_LE(this->bench.refused - refused, 2 * this->scrub_rows()) << "more than a lookup a row had to wait";
    }
    EXPECT_LE(this->status().pass_clocks, this->pass_bound(0));
    std::printf("%u %% of the clocks with a lookup: a pass over %u rows takes %u clocks, at most %lu\n", percent,
                this->scrub_rows(), this->status().pass_clocks, static_cast<unsigned long>(this->pass_bound(0)));
  }
  this->bench.settle();
  EXPECT_EQ(this->status().mended, 0U);
  EXPECT_EQ(this->status().damaged, 0U);
  EXPECT_EQ(this->rows.all(), before);
  this->bench.check_counters();
}

/// 100 single faults in batches, traffic of any density; each is found within the bound and mended, and no verdict
/// after a mend is wrong.
TYPED_TEST(Scrubber, MendsAHundredSingleFaultsUnderTraffic) {
  this->install();
  this->scrub(true);
  constexpr unsigned kFaults = 100;
  constexpr unsigned kBatch = SCRUB_BATCH;
  std::uint64_t worst = 0;
  std::uint64_t worst_full = 0;
  for (unsigned done = 0; done < kFaults; done += kBatch) {
    const unsigned percent = done + kBatch >= kFaults ? TypeParam::full : std::array{0U, 30U, 80U, 97U}[this->pick(4)];
    const auto before = this->rows.all();
    const std::uint32_t mended = this->status().mended;
    std::map<Place, std::uint64_t> open;
    while (open.size() < kBatch) {
      const Fault fault{this->random_place(), static_cast<unsigned>(this->pick(this->rows.row_bits()))};
      if (open.emplace(fault.place, this->bench.clock).second) {
        this->make(fault);
      }
    }
    std::uint32_t seen = mended;
    const std::uint64_t start = this->bench.clock;
    while (!open.empty()) {
      this->step(percent);
      ASSERT_FALSE(this->HasFatalFailure());
      ASSERT_LE(this->bench.clock - start, this->pass_bound(kBatch) + this->row_clocks())
          << open.size() << " faults are not found";
      if (const Status status = this->status(); status.mended != seen) {
        ASSERT_EQ(status.mended, seen + 1);
        seen = status.mended;
        const auto found = open.find(status.mended_place);
        ASSERT_NE(found, open.end()) << "a row was mended that had no fault";
        std::uint64_t& most = percent == 100 ? worst_full : worst;
        most = std::max(most, this->bench.clock - found->second);
        EXPECT_EQ(this->rows.row(found->first), before.at(found->first));
        open.erase(found);
      }
    }
    this->trust_again();
    EXPECT_EQ(this->rows.all(), before);
  }
  for (int i = 0; i < 2000; ++i) {  // and no verdict is wrong any more
    this->step(100);
    ASSERT_FALSE(this->HasFatalFailure());
  }
  EXPECT_EQ(this->status().mended, kFaults);
  EXPECT_EQ(this->status().damaged, 0U);
  std::printf(
      "worst time to mend: %lu clocks, with a lookup in every clock %lu; at most %lu; %lu verdicts were wrong before\n",
      static_cast<unsigned long>(worst), static_cast<unsigned long>(worst_full),
      static_cast<unsigned long>(this->pass_bound(kBatch) + this->row_clocks()),
      static_cast<unsigned long>(this->bench.wrong));
  this->bench.check_counters();
}

/// The longest a fault can stand: it comes right after its row was read, at full rate.
TYPED_TEST(Scrubber, FindsAFaultThatJustMissedItsReadWithinAPass) {
  this->install();
  this->scrub(true);
  for (int i = 0; i < 5000; ++i) {
    this->step(TypeParam::full);
  }
  const Place behind = this->rows.scrubbed();
  while (this->rows.scrubbed() == behind) {
    this->step(TypeParam::full);
  }
  this->make({behind, static_cast<unsigned>(this->pick(TypeParam::geometry.rules))});
  const std::uint64_t start = this->bench.clock;
  while (this->status().mended == 0 && this->bench.clock - start <= this->pass_bound(1) + this->row_clocks()) {
    this->step(TypeParam::full);
    ASSERT_FALSE(this->HasFatalFailure());
  }
  ASSERT_EQ(this->status().mended, 1U) << "not found within the bound";
  EXPECT_EQ(this->status().mended_place, behind);
  if (TypeParam::full < 100) {
    return;
  }
  EXPECT_GE(this->bench.clock - start, std::uint64_t{this->scrub_rows()} * this->kPatience)
      << "the lookups left idle slots: this is not the worst time";
  std::printf("worst time to find with a lookup in every clock: %lu clocks, at most %lu\n",
              static_cast<unsigned long>(this->bench.clock - start),
              static_cast<unsigned long>(this->pass_bound(1) + this->row_clocks()));
}

TYPED_TEST(Scrubber, ReportsDoubleFaultsUntilTheirRowsAreLoadedAgain) {
  this->install();
  for (int round = 0; round < 4; ++round) {
    const Place place = this->random_place();
    const auto good = this->rows.row(place);
    const auto first = static_cast<unsigned>(this->pick(this->rows.row_bits()));
    unsigned second = first;
    while (second == first) {
      second = static_cast<unsigned>(this->pick(this->rows.row_bits()));
    }
    this->make({place, first});
    this->make({place, second});
    const auto wrong = this->rows.row(place);
    this->scrub(true);
    const std::uint32_t damaged = this->status().damaged;
    const std::uint32_t passes = this->status().passes;
    while (this->status().passes < passes + 2) {
      this->step(50);
      ASSERT_FALSE(this->HasFatalFailure());
    }
    EXPECT_GE(this->status().damaged, damaged + 1);
    EXPECT_LE(this->status().damaged, damaged + 2);
    EXPECT_EQ(this->status().damaged_place, place);
    EXPECT_EQ(this->status().mended, 0U);
    EXPECT_EQ(this->rows.row(place), wrong) << "what cannot be mended is to be left alone";
    this->scrub(false);
    this->bench.settle();
    // The row again, whichever bank it is in.
    if (place.bank == this->bench.active) {
      this->bench.flip = true;
      this->bench.tick();
      this->bench.settle();
    }
    this->trust_again();
    Row row{8 + place.table, place.row, std::vector<std::uint32_t>(std::max(TypeParam::geometry.rules, 128U) / 32)};
    for (unsigned bit = 0; bit < TypeParam::geometry.rules; ++bit) {
      row.data[bit / 32] |= static_cast<std::uint32_t>(good[bit] ? 1U : 0U) << (bit % 32);
    }
    this->bench.loads.push_back(row);
    this->bench.settle();
    EXPECT_EQ(this->rows.row(place), good);
  }
  const std::uint32_t damaged = this->status().damaged;
  const std::uint32_t passes = this->status().passes;
  this->scrub(true);
  while (this->status().passes < passes + 1) {
    this->step(50);
    ASSERT_FALSE(this->HasFatalFailure());
  }
  EXPECT_EQ(this->status().damaged, damaged);
}

/// A row with a single fault is loaded at every clock before, during and after its mend: what was loaded stands.
TYPED_TEST(Scrubber, LosesNoRowThatIsLoadedWhileItIsMended) {
  this->install();
  this->bench.flip = true;  // bank 0 is the shadow: the scrubber begins with it
  this->bench.tick();
  this->bench.settle();
  ASSERT_EQ(this->bench.active, 1U);
  unsigned mended_before = 0;
  unsigned overtaken = 0;
  for (unsigned wait = 0; wait < 120; ++wait) {
    const Place place{0, 0, 0};
    this->rows.flip(place, static_cast<unsigned>(this->pick(this->rows.row_bits())));
    const std::uint32_t mended = this->status().mended;
    this->scrub(true);
    for (unsigned clock = 0; clock < wait; ++clock) {
      this->step(0);
    }
    Row row{8, 0, std::vector<std::uint32_t>(std::max(TypeParam::geometry.rules, 128U) / 32)};
    for (std::uint32_t& word : row.data) {
      word = static_cast<std::uint32_t>(this->bench.random());
    }
    mended_before += this->status().mended != mended ? 1 : 0;
    this->bench.loads.push_back(row);
    for (int clock = 0; clock < 150; ++clock) {
      this->step(0);
    }
    EXPECT_TRUE(this->bench.loads.empty()) << "the row was not taken within 150 clocks";
    this->scrub(false);
    for (int clock = 0; clock < 100; ++clock) {
      this->step(0);
    }
    overtaken += this->status().mended == mended ? 1 : 0;
    for (unsigned bit = 0; bit < TypeParam::geometry.rules; ++bit) {
      ASSERT_EQ(this->rows.bit(place, bit), ((row.data[bit / 32] >> (bit % 32)) & 1U) != 0)
          << "bit " << bit << " of the row loaded after " << wait << " clocks";
    }
  }
  EXPECT_GT(mended_before, 10U) << "no row was loaded after its mend";
  EXPECT_GT(overtaken, 10U) << "no row was loaded before its mend";
  EXPECT_EQ(this->status().damaged, 0U);
}

/// Loads, flips, test lookups and counter reads go on while rows with faults are mended; every verdict and counter is
/// right.
TYPED_TEST(Scrubber, LeavesLoadsFlipsTestsAndCountersAlone) {
  this->install();
  this->scrub(true);
  std::set<Place> faulty;
  std::uint32_t mended = 0;
  for (int round = 0; round < 3; ++round) {
    const auto policy = std::make_shared<RandomPolicy>(TypeParam::geometry, this->bench.random);
    const auto offer = [&] {
      if (!this->bench.lookup && this->pick(100) < 70) {
        this->bench.lookup = this->bench.random_lookup(*this->bench.policies[this->bench.active]);
      }
    };
    const auto traffic = [&] {
      offer();
      if (this->pick(500) == 0) {  // in the bank that is loaded: it is loaded over, or mended; no lookup meets it
        Place place = this->random_place();
        place.bank = 1 - this->bench.active;
        if (!faulty.contains(place)) {
          faulty.insert(place);
          this->rows.flip(place, static_cast<unsigned>(this->pick(this->rows.row_bits())));
        }
      }
    };
    this->bench.load(policy, traffic);
    const std::uint32_t passes = this->status().passes;
    while (this->status().passes < passes + 2) {
      this->step(70);
      ASSERT_FALSE(this->HasFatalFailure());
    }
    faulty.clear();
    mended = this->status().mended;
    for (int i = 0; i < 20; ++i) {
      const Key key = policy->random_key(this->bench.random);
      const TestAnswer answer = this->bench.run_test(key, offer);
      const auto rule = policy->first_match(key);
      EXPECT_EQ(answer.hit, rule.has_value());
      EXPECT_EQ(answer.rule, rule.value_or(0));
    }
    this->bench.flip = true;
    for (int i = 0; i < 3000; ++i) {
      this->step(70);
      ASSERT_FALSE(this->HasFatalFailure());
    }
  }
  EXPECT_GT(mended, 0U);
  EXPECT_EQ(this->status().damaged, 0U);
  this->bench.check_counters();
}

}  // namespace
}  // namespace portcullis::rtl_test
