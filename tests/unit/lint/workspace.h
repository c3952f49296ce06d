// A folder of a test's own, files in it, and what lint finds in them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lint/lint.h"

namespace portcullis::policy::lint {

class Workspace : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(PORTCULLIS_BINARY_DIR) / "lint_test" / test->test_suite_name() / test->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  Report lint(std::string_view document, const Options& options = {}) const {
    return lint_documents({write("ports.md", document)}, options);
  }
  Report lint_with_site(std::string_view document, std::string_view site, const Options& options = {}) const {
    write("ports.md", document);
    return lint_site(write("site.yaml", site), options);
  }

  std::filesystem::path folder_;
};

/// "rule:line" of each finding, in order.
inline std::vector<std::string> rules_and_lines(const Report& report) {
  std::vector<std::string> out;
  for (const Finding& finding : report.findings) {
    out.push_back(std::string(finding.rule) + ":" + std::to_string(finding.at.line));
  }
  return out;
}

}  // namespace portcullis::policy::lint
