// Measurements whose answers are known: the fitted order of a made-up growth, counts for a plain TCAM against those of
// the compiler.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "policy/classbench.h"
#include "run/bench_growth.h"
#include "run/bench_sites.h"
#include "run/bench_tcam.h"
#include "run/run.h"
#include "tables/compile.h"

namespace portcullis::integration {
namespace {

TEST(BenchGrowth, OrderIsTheExponentOfTheUpperHalf) {
  sim::GrowthSeries series{"rules", "step", "ms", {}};
  for (const double size : {1.0, 10.0, 100.0, 1000.0, 10'000.0}) {
    const double cost = 1000 + 3 * std::pow(size, 2);  // a constant part that the small sizes do not see behind
    series.points.push_back({size, cost, cost, cost});
  }
  EXPECT_NEAR(series.order(), 2, 0.05);
  for (sim::GrowthPoint& point : series.points) point.median = 7;
  EXPECT_NEAR(series.order(), 0, 1e-9);
}

TEST(BenchSites, RolesGetSoManyPrefixesAndOurEntriesStayTheSame) {
  const std::filesystem::path folder = testing::TempDir();
  std::ofstream(folder / "bench-ports.md")
      << "| Role | Protocol | Port |\n|---|---|---|\n| A | TCP | 80 |\n| B | UDP | 53 |\n";
  std::ofstream(folder / "bench-site.yaml")
      << "portcullis: 1\ndocuments:\n  - file: bench-ports.md\nroles:\n  A: [192.0.2.0/24]\n  B: any\npeers: any\n"
         "default: drop\nreplies: none\nessential: []\n";
  const policy::Policy few = sim::policy_of_site(folder / "bench-site.yaml", folder, 0, 1);
  const policy::Policy many = sim::policy_of_site(folder / "bench-site.yaml", folder, 30, 1);
  ASSERT_EQ(few.entries.size(), many.entries.size());
  std::size_t widest = 0, any = 0;
  for (const policy::Entry& entry : many.entries) {
    widest = std::max(widest, entry.match.destination.size());
    any += entry.match.destination == policy::Match::any().destination ? 1 : 0;
  }
  EXPECT_EQ(widest, 30U);
  EXPECT_GE(any, 1U) << "a role bound to any stays any";
}

TEST(BenchTcam, CountsWhatTheCompilerReports) {
  const std::filesystem::path shared = PORTCULLIS_SHARED_DIR;
  if (!std::filesystem::exists(shared / "classbench")) GTEST_SKIP() << shared << " is not there";
  const std::vector<sim::TcamCount> counts =
      sim::count_tcam(shared, std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "tests/data/sites");
  ASSERT_EQ(counts.size(), 18U);
  const auto compiled =
      tables::compile(policy::read_classbench(shared / "classbench" / "fw1_1k"), tables::Geometry::large()).report;
  EXPECT_EQ(counts[1].tcam, compiled.tcam_entries);
  EXPECT_EQ(counts[1].entries, compiled.entries);
  for (std::size_t i = 4; i < counts.size(); ++i) {
    if (counts[i].name != counts[i - 1].name) continue;
    EXPECT_EQ(counts[i].entries, counts[i - 1].entries) << "prefixes cost us no entry";
    EXPECT_GT(counts[i].tcam, counts[i - 1].tcam);
  }
}

}  // namespace
}  // namespace portcullis::integration
