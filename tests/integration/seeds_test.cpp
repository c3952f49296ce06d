// The five seed documents, each under a site file, compiled and run through the model.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "run/run.h"

namespace portcullis::integration {
namespace {

class Seeds : public testing::TestWithParam<const char*> {};

TEST_P(Seeds, RunThroughTheModelWithoutAMismatch) {
  const std::filesystem::path seeds = std::filesystem::path(PORTCULLIS_SHARED_DIR) / "seeds";
  if (!std::filesystem::exists(seeds)) GTEST_SKIP() << seeds << " is not there";
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "tests/data/sites" /
                        (std::string(GetParam()) + ".yaml"))
              .rdbuf();
  std::string site = text.str();
  ASSERT_FALSE(site.empty());
  const std::string mark = "@SEEDS@";
  for (std::size_t at = 0; (at = site.find(mark, at)) != std::string::npos;) {
    site.replace(at, mark.size(), std::filesystem::canonical(seeds).string());
  }
  const auto file = std::filesystem::path(testing::TempDir()) / (std::string("portcullis-") + GetParam() + ".yaml");
  std::ofstream(file) << site;

  const sim::Subject subject = sim::load_subject(file);
  EXPECT_GT(subject.policy.entries.size(), 10U);
  const sim::RunResult result = sim::run(subject, {});
  EXPECT_GT(result.offered, 1000U);
  EXPECT_GT(result.permits, 100U);
  EXPECT_GT(result.drops + result.would_drops, 100U);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  std::filesystem::remove(file);
}

INSTANTIATE_TEST_SUITE_P(All, Seeds, testing::Values("seed-000", "seed-001", "seed-002", "seed-003", "seed-004"),
                         [](const auto& info) { return std::string(info.param).replace(4, 1, 1, '_'); });

}  // namespace
}  // namespace portcullis::integration
