// A site written for a test, with everything that its page needs.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "report/report.h"
#include "tables/image.h"

namespace portcullis::report {

struct Subject {
  policy::SitePolicy site;
  tables::Compiled compiled;
  tables::Proof proof;
  std::vector<SourceText> sources;

  Input input() const {
    Input out;
    out.site = &site;
    out.compiled = &compiled;
    out.proof = &proof;
    out.sources = sources;
    return out;
  }
};

inline Subject subject_of(const std::filesystem::path& site_file) {
  Subject out;
  out.site = policy::load_policy(site_file);
  out.compiled = tables::compile_for(out.site.policy, "");
  out.proof = tables::prove(out.site.policy, tables::encode(out.compiled.image), site_file.string());
  return out;
}

/// `document` as ports.md and `site` as site.yaml, in a folder of the running test's own.
inline Subject subject_of(const std::string& document, const std::string& site) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder =
      std::filesystem::path(PORTCULLIS_BINARY_DIR) / "report_test" / test->test_suite_name() / test->name();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "ports.md", std::ios::binary) << document;
  std::ofstream(folder / "site.yaml", std::ios::binary) << site;
  Subject out = subject_of(folder / "site.yaml");
  out.sources = {{(folder / "site.yaml").string(), site}, {(folder / "ports.md").string(), document}};
  return out;
}

inline Subject example(const std::string& name) {
  return subject_of(std::string(PORTCULLIS_SOURCE_DIR "/examples/") + name + "/site.yaml");
}

}  // namespace portcullis::report
