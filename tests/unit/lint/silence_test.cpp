// Silencing findings in the site file, and what is a site file.
#include <gmock/gmock.h>

#include "policy/site.h"
#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

class LintSilence : public Workspace {};

constexpr std::string_view kRepeated =
    "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n| Web Servers | web | 443 | TCP |\n"
    "| Web Servers | web | 443 | TCP |\n| Web Servers | web | 443 | TCP |\n";
const std::string kSite = "portcullis: 1\ndocuments: [ports.md]\nroles:\n  Web Servers: 192.0.2.0/24\n";

TEST_F(LintSilence, IsByRuleEverywhereOrByDocumentAndLine) {
  const Report loud = lint_with_site(kRepeated, kSite);
  EXPECT_EQ(rules_and_lines(loud), (std::vector<std::string>{"duplicate-row:4", "duplicate-row:5"}));
  const Report one = lint_with_site(
      kRepeated, kSite + "lint: [{rule: duplicate-row, document: ports.md, line: 4, reason: for the notes}]\n");
  EXPECT_EQ(rules_and_lines(one), std::vector<std::string>{"duplicate-row:5"});
  ASSERT_EQ(one.silenced.size(), 1U);
  EXPECT_EQ(one.silenced[0].finding.at.line, 4U);
  EXPECT_EQ(one.silenced[0].reason, "for the notes");
  const Report all = lint_with_site(kRepeated, kSite + "lint: [{rule: duplicate-row, reason: for the notes}]\n");
  EXPECT_THAT(all.findings, ::testing::IsEmpty());
  EXPECT_EQ(all.silenced.size(), 2U);
}

TEST_F(LintSilence, OfAnotherRuleOrLineSilencesNothingAndIsReported) {
  const Report report = lint_with_site(
      kRepeated, kSite +
                     "lint:\n  - {rule: hidden-row, reason: x}\n  - {rule: duplicate-row, document: ports.md, line: 3, "
                     "reason: x}\n");
  EXPECT_EQ(rules_and_lines(report),
            (std::vector<std::string>{"unused-silence:6", "unused-silence:7", "duplicate-row:4", "duplicate-row:5"}));
}

TEST_F(LintSilence, UnboundRolesAreFindingsAndTheRestIsStillLookedAt) {
  const Report report =
      lint_with_site(kRepeated, "portcullis: 1\ndocuments: [ports.md]\nroles:\n  Web Server: 10.0.0.1\n");
  EXPECT_EQ(rules_and_lines(report),
            (std::vector<std::string>{"unused-role:4", "unbound-role:3", "duplicate-row:4", "duplicate-row:5"}));
  EXPECT_THAT(report.findings[1].message, ::testing::HasSubstr("roles has \"Web Server\""));
}

TEST_F(LintSilence, SiteFilesWithMistakesInTheirFormAreNotLinted) {
  EXPECT_THROW(lint_with_site(kRepeated, kSite + "colour: red\n"), SiteError);
  EXPECT_THROW(lint_with_site(kRepeated, "portcullis: 1\nroles:\n  Web Servers: 10.0.0.0/33\n"), SiteError);
}

TEST_F(LintSilence, SiteFilesAreKnownByNameOrFirstKey) {
  EXPECT_TRUE(is_site_file(write("a.yaml", "")));
  EXPECT_TRUE(is_site_file(write("a.yml", "")));
  EXPECT_TRUE(is_site_file(write("policy", "# ours\n\n---\nportcullis: 1\n")));
  EXPECT_FALSE(is_site_file(write("ports.md", std::string(kRepeated))));
  EXPECT_FALSE(is_site_file(write("notes.txt", "portcullis is a command\n")));
}

}  // namespace
}  // namespace portcullis::policy::lint
