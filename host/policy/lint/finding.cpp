#include "policy/lint/finding.h"

#include <utility>

namespace portcullis::policy::lint {

void Finding::relate(const Location& where, const std::string& what) {
  if (related.size() == kMostRelated) return;
  Related& one = related.emplace_back();
  one.at = where;
  one.message = what;
}

Finding make_finding(std::string_view rule, Location at, std::string message, std::string text) {
  Finding finding;
  finding.rule = rule;
  finding.severity = find_rule(rule)->severity;
  finding.at = std::move(at);
  finding.message = std::move(message);
  finding.text = std::move(text);
  return finding;
}

Finding& Findings::add(std::string_view rule, Location at, std::string message, std::string text) {
  Finding finding = make_finding(rule, std::move(at), std::move(message), std::move(text));
  if (findings_.size() == kMostFindings) {
    ++left_out_;
    return dropped_ = std::move(finding);
  }
  return findings_.emplace_back(std::move(finding));
}

}  // namespace portcullis::policy::lint
