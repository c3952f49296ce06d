// ClassBench's sets in trees: proved, answering as brute force does, within the goals.
#include "policy/classbench.h"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>

#include "../random_policy.h"
#include "rule_sets.h"
#include "tables/prove.h"
#include "tables/tree/compile.h"

namespace portcullis::tables::tree {
namespace {

class ClassbenchTrees : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void compare(std::size_t headers) {
    if (!std::filesystem::exists(GetParam())) GTEST_SKIP() << GetParam() << " is not there";
    test::RuleSets sets(test::seed(921));
    const policy::Policy policy = policy::read_classbench(GetParam());
    const std::clock_t start = std::clock();
    const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
    EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC) << "processor time";
    std::cout << GetParam().filename().string() << ": " << compiled.report.seconds << " s\n"
              << compiled.report.to_string(Shape::scale());
    EXPECT_LE(compiled.report.copies, 1.05);
    ASSERT_EQ(prove_scale(policy, compiled.image), "");
    const test::BruteForce oracle(policy);
    for (std::size_t i = 0; i < headers; ++i) {
      const policy::Key key = sets.header(policy);
      ASSERT_EQ(lookup(compiled.image, key), oracle.first_match(key)) << describe(key);
    }
  }
};

std::filesystem::path set(const char* name) {
  return std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench" / name;
}

TEST_P(ClassbenchTrees, AnswerAsBruteForce) { compare(PORTCULLIS_HEADERS); }

#ifdef PORTCULLIS_ALL_SETS
/// All files of the folder, so that further sets are tested by being there.
std::vector<std::filesystem::path> all_sets() {
  std::vector<std::filesystem::path> out;
  const std::filesystem::path folder = std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench";
  if (!std::filesystem::is_directory(folder)) return {set("acl1_10k")};
  for (const auto& file : std::filesystem::directory_iterator(folder)) out.push_back(file.path());
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(All, ClassbenchTrees, ::testing::ValuesIn(all_sets()),
                         [](const auto& info) { return info.param.filename().string(); });
#else
INSTANTIATE_TEST_SUITE_P(Some, ClassbenchTrees, ::testing::Values(set("acl1_10k"), set("fw1_1k")),
                         [](const auto& info) { return info.param.filename().string(); });
#endif

}  // namespace
}  // namespace portcullis::tables::tree
