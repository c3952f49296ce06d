// The formats: text as compilers print it, JSON, SARIF 2.1.0 by the sentences of the standard, JUnit XML.
#include "policy/lint/report.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "policy/lint/rules.h"
#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class LintFormats : public Workspace {
 protected:
  /// Two findings, one of them with another place, and one that is silenced.
  Report report() const {
    return lint_with_site(
        "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n| Web <&\"> Servers | web | 443 | TCP |\n"
        "| Web <&\"> Servers | web | 443 | TCP |\n| Web <&\"> Servers | media | 1000-65335 | UDP |\n"
        "| Web <&\"> Servers | 中介 | 99999 | UDP |\n",
        "portcullis: 1\ndocuments: [ports.md]\nroles:\n  'Web <&\"> Servers': 192.0.2.0/24\n"
        "lint: [{rule: odd-range-end, reason: \"a <known> one\"}]\n");
  }
};

TEST_F(LintFormats, TextHasPlaceSeverityAndRuleOnALine) {
  const std::string text = to_text(report());
  EXPECT_THAT(text, HasSubstr("ports.md:4:1: warning: repeats line 3 [duplicate-row]\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("odd-range-end")));
  EXPECT_EQ(summary(report()), "1 error, 1 warning, 0 notes, 1 silenced");
}

TEST_F(LintFormats, ColoursDoNotChangeTheWords) {
  const std::string painted = to_text(report(), true);
  EXPECT_THAT(painted, HasSubstr("\x1b[1;33mwarning:"));
  EXPECT_EQ(std::regex_replace(painted, std::regex("\x1b\\[[0-9;]*m"), ""), to_text(report()));
}

TEST_F(LintFormats, TextOfDocumentsCannotCommandATerminal) {
  const Report hostile =
      lint("| Server role | Port | Protocol |\n|---|---|---|\n| \x1b[2JWeb\x07 | 443x\x1b]0;t\x07 | TCP |\n");
  ASSERT_FALSE(hostile.findings.empty());
  EXPECT_THAT(to_text(hostile), Not(HasSubstr("\x1b")));
  EXPECT_THAT(to_junit(hostile), Not(HasSubstr("\x07")));
}

TEST_F(LintFormats, JsonHasFindingsSilencedAndSummary) {
  const Json json = Json::parse(to_json(report()));
  ASSERT_EQ(json["findings"].size(), 2U);
  EXPECT_EQ(json["findings"][0]["rule"], "duplicate-row");
  EXPECT_EQ(json["findings"][0]["line"], 4);
  EXPECT_EQ(json["findings"][0]["related"][0]["line"], 3);
  EXPECT_EQ(json["silenced"][0]["reason"], "a <known> one");
  EXPECT_EQ(json["summary"]["errors"], 1);
  EXPECT_EQ(json["files"].size(), 2U);
}

/// A location object (SARIF 2.1.0, 3.28 to 3.30): an artifact by a relative URI without a scheme, a region from 1.
void expect_location(const Json& location, const std::set<std::string>& artifacts) {
  const Json& physical = location.at("physicalLocation");
  const std::string uri = physical.at("artifactLocation").at("uri");
  EXPECT_TRUE(artifacts.contains(uri)) << uri;
  EXPECT_TRUE(std::regex_match(uri, std::regex("(file://)?[A-Za-z0-9._~/%-]+"))) << uri;
  EXPECT_GE(physical.at("region").at("startLine").get<int>(), 1);
  EXPECT_GE(physical["region"].value("startColumn", 1), 1);
}

TEST_F(LintFormats, SarifIsAsTheStandardHasIt) {
  const Json log = Json::parse(to_sarif(report(), "0.1.0"));
  EXPECT_EQ(log.at("version"), "2.1.0");  // 3.13.2
  ASSERT_EQ(log.at("runs").size(), 1U);   // 3.13.4
  const Json& run = log["runs"][0];
  const Json& driver = run.at("tool").at("driver");  // 3.14.6, 3.18.2: required
  EXPECT_EQ(driver.at("name"), "portcullis");        // 3.19.8: required
  std::set<std::string> ids;
  for (const Json& rule : driver.at("rules")) {
    EXPECT_TRUE(ids.insert(rule.at("id")).second);  // 3.49.3: required, unique here
    EXPECT_FALSE(rule.at("shortDescription").at("text").get<std::string>().empty());
    EXPECT_FALSE(rule.at("fullDescription").at("text").get<std::string>().empty());
    EXPECT_FALSE(rule.at("help").at("text").get<std::string>().empty());  // 3.11.3: text beside markdown
    const std::string level = rule.at("defaultConfiguration").at("level");
    EXPECT_TRUE(level == "note" || level == "warning" || level == "error");  // 3.27.10
  }
  EXPECT_EQ(ids.size(), rules().size());
  EXPECT_EQ(run.at("columnKind"), "unicodeCodePoints");  // 3.14.17
  std::set<std::string> artifacts;
  for (const Json& artifact : run.at("artifacts")) artifacts.insert(artifact.at("location").at("uri"));
  EXPECT_EQ(artifacts.size(), 2U);
  ASSERT_EQ(run.at("results").size(), 3U);
  unsigned suppressed = 0;
  for (const Json& result : run["results"]) {
    const std::string id = result.at("ruleId");
    EXPECT_EQ(driver["rules"].at(result.at("ruleIndex").get<std::size_t>()).at("id"), id);  // 3.27.6
    EXPECT_FALSE(result.at("message").at("text").get<std::string>().empty());               // 3.27.11: required
    ASSERT_EQ(result.at("locations").size(), 1U);
    expect_location(result["locations"][0], artifacts);
    std::set<int> numbers;
    for (const Json& related : result.value("relatedLocations", Json::array())) {
      expect_location(related, artifacts);
      EXPECT_TRUE(numbers.insert(related.at("id").get<int>()).second);  // 3.28.2: unique in the result
    }
    for (const Json& suppression : result.value("suppressions", Json::array())) {
      ++suppressed;
      EXPECT_EQ(suppression.at("kind"), "external");  // 3.35.2: not in the source
      EXPECT_EQ(suppression.at("justification"), "a <known> one");
      EXPECT_EQ(id, "odd-range-end");
    }
  }
  EXPECT_EQ(suppressed, 1U);
}

TEST_F(LintFormats, SarifEncodesPathsAndCountsCharacters) {
  const auto file = write("ports and more %1.md",
                          "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n"
                          "| 服务器 | 媒体 | 1000-65335 | UDP |\n");
  const Json log = Json::parse(to_sarif(lint_documents({file}), "0.1.0"));
  const Json& physical = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
  EXPECT_THAT(physical["artifactLocation"]["uri"].get<std::string>(), HasSubstr("ports%20and%20more%20%251.md"));
  EXPECT_EQ(physical["region"]["startColumn"], 14);
}

/// Tags of XML that is well formed: every end tag closes the tag that was opened last.
std::map<std::string, unsigned> tags_of(const std::string& xml) {
  std::map<std::string, unsigned> count;
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z]+)((?: [a-z]+=\"[^\"<]*\")*)(/?)>");
  std::string rest;
  std::size_t last = xml.find("?>") + 2;
  for (std::sregex_iterator at(xml.begin() + static_cast<std::ptrdiff_t>(last), xml.end(), tag), end; at != end; ++at) {
    const std::string name = (*at)[2];
    if ((*at)[1].length() != 0) {
      EXPECT_FALSE(open.empty());
      EXPECT_EQ(open.empty() ? std::string() : open.back(), name);
      if (!open.empty()) open.pop_back();
    } else {
      ++count[name];
      if ((*at)[4].length() == 0) open.push_back(name);
    }
    rest += at->prefix();
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(rest.find('<'), std::string::npos) << rest;
  EXPECT_TRUE(std::regex_search(rest, std::regex("&(amp|lt|gt|quot|#10);")));
  return count;
}

TEST_F(LintFormats, JunitCountsWhatItHolds) {
  const Report three = report();
  const std::string xml = to_junit(three);
  const auto tags = tags_of(xml);
  EXPECT_EQ(tags.at("testsuite"), 2U);
  EXPECT_EQ(tags.at("failure"), 2U);
  EXPECT_EQ(tags.at("skipped"), 1U);
  // Each rule once in each file, whether it found something or not; here none found two things.
  EXPECT_EQ(tags.at("testcase"), 2U * rules().size());
  EXPECT_THAT(xml, HasSubstr("failures=\"2\" errors=\"0\" skipped=\"1\">"));
}

}  // namespace
}  // namespace portcullis::policy::lint
