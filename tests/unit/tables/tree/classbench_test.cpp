// ClassBench's sets in trees: proved, answering as brute force does, within the goals.
#include "policy/classbench.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "../random_policy.h"
#include "classbench_sets.h"
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
    const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
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

TEST_P(ClassbenchTrees, AnswerAsBruteForce) { compare(PORTCULLIS_HEADERS); }

#ifdef PORTCULLIS_ALL_SETS
INSTANTIATE_TEST_SUITE_P(All, ClassbenchTrees, ::testing::ValuesIn(test::classbench_sets()),
                         [](const auto& info) { return test::name_of_set(info.param); });
#else
INSTANTIATE_TEST_SUITE_P(Some, ClassbenchTrees,
                         ::testing::Values(test::classbench_folder() / "acl1_10k",
                                           test::classbench_folder() / "fw1_1k"),
                         [](const auto& info) { return test::name_of_set(info.param); });
#endif

}  // namespace
}  // namespace portcullis::tables::tree
