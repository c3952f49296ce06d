// Hostile and very large documents: work is bounded, and what was not done is said.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <ctime>

#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

class LintLimits : public Workspace {
 protected:
  static std::string table(std::string_view header) { return fmt::format("{}\n|---|---|---|---|\n", header); }
  static double seconds_since(std::clock_t start) { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }
  static bool has(const Report& report, std::string_view rule) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [&](const Finding& finding) { return finding.rule == rule; });
  }
};

constexpr std::string_view kHeader = "| Server role | Service | Port | Protocol |";
// Generous: the machine may be busy and the build instrumented.
constexpr double kMostSeconds = 60;

TEST_F(LintLimits, ManyRowsOfOneRoleEndAsNotDecided) {
  std::string text = table(kHeader);
  for (unsigned i = 0; i < 20'000; ++i) text += fmt::format("| Web | s{} | {}-{} | TCP |\n", i, 2 * i, 2 * i + 1);
  const auto start = std::clock();
  Options options;
  options.work = 1'000'000;
  EXPECT_TRUE(has(lint(text, options), kNotDecided));
  EXPECT_LT(seconds_since(start), kMostSeconds);
}

TEST_F(LintLimits, MoreFindingsThanAreKeptAreCounted) {
  std::string text = table(kHeader);
  for (unsigned i = 0; i < 12'000; ++i) text += "| Web | web | 443 | TCP |\n";
  const Report report = lint(text);
  EXPECT_EQ(report.findings.size(), kMostFindings);
  const auto said = std::find_if(report.findings.begin(), report.findings.end(),
                                 [](const Finding& finding) { return finding.rule == kNotDecided; });
  ASSERT_NE(said, report.findings.end());
  EXPECT_THAT(said->message, ::testing::HasSubstr("2000 more findings are left out"));
}

TEST_F(LintLimits, ManyNamesServicesAndRangesEndSoon) {
  std::string text = table(kHeader);
  for (unsigned i = 0; i < 20'000; ++i) {
    text += fmt::format("| Server number {} of the gateways | media | {}-65335 | UDP |\n", i, 10'000 + i % 40'000);
  }
  const auto start = std::clock();
  lint(text);
  EXPECT_LT(seconds_since(start), kMostSeconds);
}

TEST_F(LintLimits, LongLinesAndTextsAreSearchedInPartOnlyAndThatIsSaid) {
  std::string text = table(kHeader) + "| Web | web | 443 | TCP |\n\n";
  std::string line;
  while (line.size() < 100'000) line += "open TCP port 8443 and ";
  const Report report = lint(text + line + "\n");
  EXPECT_TRUE(has(report, kNotDecided));
  EXPECT_FALSE(has(report, kPortOnlyInProse));
}

TEST_F(LintLimits, BytesThatAreNoTextDoNoHarm) {
  std::string text = table(kHeader) + "| Web | web | 443 | TCP |\n";
  for (unsigned i = 0; i < 50'000; ++i) text += static_cast<char>(i * 7919U >> 3U);
  lint(text);
  lint(std::string(1000, '\0'));
  lint("");
}

}  // namespace
}  // namespace portcullis::policy::lint
