// Real documents against what a person found on reading them (tests/data/lint).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

namespace fs = std::filesystem;

fs::path data() { return fs::path(PORTCULLIS_SOURCE_DIR) / "tests/data/lint"; }

/// The document in the shared folder; empty if it is not there.
fs::path shared(const std::string& name) {
  for (const std::string_view folder : {"seeds", "documents"}) {
    const fs::path file = fs::path(PORTCULLIS_SHARED_DIR) / folder / name;
    if (fs::exists(file)) return file;
  }
  return {};
}

/// "rule:line" for each line of a list.
std::vector<std::string> expected(const fs::path& file) {
  std::vector<std::string> out;
  std::ifstream list(file);
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::replace(line.begin(), line.end(), ' ', ':');
    out.push_back(line);
  }
  return out;
}

class RealDocument : public ::testing::TestWithParam<const char*> {};

TEST_P(RealDocument, IsReportedAsAPersonReadsIt) {
  const std::string name = GetParam();
  const fs::path document = shared(name);
  if (document.empty()) GTEST_SKIP() << "the shared documents are not here";
  const fs::path list = name.ends_with(".txt") ? data() / name : data() / (name + ".txt");
  EXPECT_THAT(rules_and_lines(lint_documents({document})), ::testing::UnorderedElementsAreArray(expected(list)));
}

INSTANTIATE_TEST_SUITE_P(Shared, RealDocument,
                         ::testing::Values("000_ff03159a3088ef5f.txt", "001_d75c033d91b4a9c9.txt",
                                           "002_a388ee4b1cae19fa.txt", "003_ddd0817d5ec44fed.txt",
                                           "004_8cb6e8632014cfcd.txt", "ata-prerequisites.md",
                                           "edge-environmental-requirements.zh-TW.md",
                                           "kubespray-port-requirements.md"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
                           return name;
                         });

TEST(RealDocuments, SayAgainstEachOtherWhatAPersonFindsComparingThem) {
  std::ifstream list(data() / "pairs.txt");
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> pairs;
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string file;
    std::string rule;
    unsigned at = 0;
    words >> first >> second >> file >> rule >> at;
    auto& findings = pairs[{first, second}];
    if (file != "-") findings.push_back(file + ":" + rule + ":" + std::to_string(at));
  }
  ASSERT_FALSE(pairs.empty());
  for (const auto& [names, findings] : pairs) {
    const fs::path first = shared(names.first);
    const fs::path second = shared(names.second);
    if (first.empty() || second.empty()) GTEST_SKIP() << "the shared documents are not here";
    // Only what neither document says alone.
    std::vector<std::string> together;
    std::vector<std::string> alone;
    const auto add = [](const Report& report, std::vector<std::string>& out) {
      for (const Finding& finding : report.findings) {
        out.push_back(fs::path(finding.at.file).filename().string() + ":" + std::string(finding.rule) + ":" +
                      std::to_string(finding.at.line));
      }
    };
    add(lint_documents({first, second}), together);
    add(lint_documents({first}), alone);
    add(lint_documents({second}), alone);
    std::erase_if(together,
                  [&](const std::string& one) { return std::find(alone.begin(), alone.end(), one) != alone.end(); });
    EXPECT_THAT(together, ::testing::UnorderedElementsAreArray(findings)) << names.first << " " << names.second;
  }
}

}  // namespace
}  // namespace portcullis::policy::lint
