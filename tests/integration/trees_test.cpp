// `run` with trees (docs/scale.md): a site and the image made of it go through the filter's model and meet the
// reference; a wrong reference is noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "run/run.h"
#include "tables/tree/image_file.h"

namespace portcullis::integration {
namespace {

const std::filesystem::path kSite = std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "examples/kubernetes/site.yaml";

sim::RunResult run(const sim::Subject& subject) {
  sim::RunOptions options;
  options.packets = 1500;
  return sim::run(subject, options);
}

TEST(RunTrees, ASiteAndItsImageMeetTheReference) {
  const sim::Subject site = sim::load_subject(kSite, "scale-small");
  ASSERT_TRUE(site.trees.has_value());
  const sim::RunResult of_site = run(site);
  EXPECT_EQ(of_site.mismatches + of_site.counter_differences + of_site.lost, 0U)
      << testing::PrintToString(of_site.first_mismatches);
  EXPECT_EQ(of_site.geometry, "scale-small");
  EXPECT_GT(of_site.permits, 100U);
  EXPECT_GT(of_site.drops, 100U);
  EXPECT_GT(of_site.probes, 0U);

  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "portcullis-run-trees.pti";
  tables::write_image_bytes(file, tables::tree::encode_scale(*site.trees));
  const sim::Subject image = sim::load_subject(file);
  const sim::RunResult of_image = run(image);
  EXPECT_EQ(of_image.mismatches + of_image.counter_differences + of_image.lost, 0U)
      << testing::PrintToString(of_image.first_mismatches);
  EXPECT_THAT([&] { sim::load_subject(file, "scale"); },
              testing::ThrowsMessage<sim::RunError>(testing::HasSubstr("is compiled for scale-small")));
  std::filesystem::remove(file);
}

TEST(RunTrees, AWrongReferenceIsNoticed) {
  sim::Subject site = sim::load_subject(kSite, "scale-small");
  for (policy::Entry& entry : site.policy.entries) entry.action.permit = !entry.action.permit;
  EXPECT_GT(run(site).mismatches, 100U);
  site = sim::load_subject(kSite, "scale-small");
  std::swap(site.entry_of_number.front(), site.entry_of_number.back());
  EXPECT_FALSE(run(site).ok()) << "a rule under another's number";
}

TEST(RunTrees, AShapeWithoutAModelIsRefused) {
  const sim::Subject site = sim::load_subject(kSite, "scale-ipv6");
  EXPECT_THAT([&] { run(site); }, testing::ThrowsMessage<sim::RunError>(
                                      testing::HasSubstr("no model of a filter is built for scale-ipv6")));
}

}  // namespace
}  // namespace portcullis::integration
