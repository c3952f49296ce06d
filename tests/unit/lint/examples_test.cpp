// Every rule has its section in docs/lint.md, with an example that it reports and a near miss that it does not; both
// are run from the page.
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

#include "policy/lint/rules.h"
#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

struct Fence {
  std::string info;
  std::string text;
};
struct Section {
  std::string prose;
  std::vector<Fence> fences;
};

std::map<std::string, Section> sections() {
  std::ifstream page(std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "docs/lint.md");
  std::map<std::string, Section> out;
  Section* section = nullptr;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (!inside && line.starts_with("### ")) {
      section = &out[line.substr(4)];
    } else if (section != nullptr && line.starts_with("```")) {
      inside = !inside;
      if (inside) section->fences.push_back({line.substr(3), ""});
    } else if (section != nullptr && inside) {
      section->fences.back().text += line + "\n";
    } else if (section != nullptr) {
      section->prose += line + "\n";
    }
  }
  return out;
}

class LintExamples : public Workspace {
 protected:
  /// Rules that fire on an example.
  std::set<std::string_view> fired(const Fence& fence, const std::vector<Fence>& files, const Options& options) const {
    for (const Fence& file : files) {
      if (file.info.starts_with("markdown ") && file.info.find("reported") == std::string::npos) {
        write(file.info.substr(9), file.text);
      }
    }
    const Report report = fence.info.starts_with("yaml") ? lint_site(write("site.yaml", fence.text), options)
                                                         : lint_documents({write("example.md", fence.text)}, options);
    std::set<std::string_view> rules;
    for (const Finding& finding : report.findings) rules.insert(finding.rule);
    return rules;
  }
};

TEST_F(LintExamples, EveryRuleHasASectionAndNoSectionIsLeftOver) {
  const auto page = sections();
  std::set<std::string> documented;
  for (const auto& [name, section] : page) documented.insert(name);
  std::set<std::string> known;
  for (const Rule& rule : rules()) known.insert(std::string(rule.id));
  EXPECT_EQ(documented, known);
  for (const Rule& rule : rules()) {
    const std::string severity(to_string(rule.severity));
    const std::string& prose = page.at(std::string(rule.id)).prose;
    std::string first = prose.substr(prose.find_first_not_of('\n'), severity.size());
    first[0] = static_cast<char>(first[0] | 0x20);
    EXPECT_EQ(first, severity) << rule.id << " does not begin with its severity";
  }
}

TEST_F(LintExamples, FireWhatThePageSaysAndNearMissesDoNot) {
  for (const auto& [name, section] : sections()) {
    SCOPED_TRACE(name);
    unsigned reported = 0;
    unsigned missed = 0;
    for (const Fence& fence : section.fences) {
      Options options;
      if (fence.info.ends_with("not reported")) {
        ++missed;
        EXPECT_FALSE(fired(fence, section.fences, options).contains(name)) << fence.text;
      } else if (fence.info.ends_with("reported")) {
        ++reported;
        if (name == kNotDecided) options.work = 1;
        EXPECT_TRUE(fired(fence, section.fences, options).contains(name)) << fence.text;
      }
    }
    EXPECT_GE(reported, 1U);
    EXPECT_GE(missed, 1U);
  }
}

}  // namespace
}  // namespace portcullis::policy::lint
