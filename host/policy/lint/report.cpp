#include "policy/lint/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "policy/xml.h"
#include "spec/text.h"

namespace portcullis::policy::lint {
namespace {

using Json = nlohmann::ordered_json;

std::string place(const Location& at) {
  if (at.line == 0) return at.file;
  return at.column == 0 ? fmt::format("{}:{}", at.file, at.line) : fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

/// Text of a document for a terminal or a page: on one line, valid UTF-8, and not endless.
std::string plain(std::string_view text) {
  constexpr std::size_t kLongest = 600;
  std::string out = spec::collapse(spec::SourceText(text).text());
  return spec::shorten(out, kLongest);
}

std::array<std::size_t, 3> count(const Report& report) {
  std::array<std::size_t, 3> by_severity{};
  for (const Finding& finding : report.findings) ++by_severity[static_cast<std::size_t>(finding.severity)];
  return by_severity;
}

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json json_of(const Location& at) {
  Json out;
  out["file"] = at.file;
  if (at.line != 0) out["line"] = at.line;
  if (at.line != 0 && at.column != 0) out["column"] = at.column;
  return out;
}

Json json_of(const Finding& finding) {
  Json out;
  out["rule"] = finding.rule;
  out["severity"] = to_string(finding.severity);
  out.update(json_of(finding.at));
  out["message"] = plain(finding.message);
  out["text"] = plain(finding.text);
  out["related"] = Json::array();
  for (const Related& related : finding.related) {
    Json one = json_of(related.at);
    one["message"] = plain(related.message);
    out["related"].push_back(std::move(one));
  }
  return out;
}

/// A path as a URI reference (RFC 3986): what is not unreserved or a slash is percent-encoded.
std::string uri_of(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return path.starts_with('/') ? "file://" + out : out;
}

Json location_of(const Location& at) {
  Json physical;
  physical["artifactLocation"]["uri"] = uri_of(at.file);
  // A finding about a file as a whole is shown at its first line.
  physical["region"]["startLine"] = std::max(at.line, 1U);
  if (at.line != 0 && at.column != 0) physical["region"]["startColumn"] = at.column;
  Json out;
  out["physicalLocation"] = std::move(physical);
  return out;
}

Json result_of(const Finding& finding, const std::map<std::string_view, std::size_t>& index) {
  Json result;
  result["ruleId"] = finding.rule;
  result["ruleIndex"] = index.at(finding.rule);
  result["level"] = to_string(finding.severity);
  result["message"]["text"] = plain(finding.message) + ".";
  result["locations"] = Json::array({location_of(finding.at)});
  if (!finding.related.empty()) {
    result["relatedLocations"] = Json::array();
    for (std::size_t i = 0; i < finding.related.size(); ++i) {
      Json one = location_of(finding.related[i].at);
      one["id"] = i + 1;
      one["message"]["text"] = plain(finding.related[i].message);
      result["relatedLocations"].push_back(std::move(one));
    }
  }
  return result;
}

}  // namespace

std::string to_text(const Report& report, bool colour) {
  // Bold red, yellow and cyan, as compilers have them (ECMA-48, SGR).
  constexpr std::array<std::string_view, 3> kColours = {"\x1b[1;36m", "\x1b[1;33m", "\x1b[1;31m"};
  const std::string_view bold = colour ? "\x1b[1m" : "";
  const std::string_view off = colour ? "\x1b[0m" : "";
  std::string out;
  for (const Finding& finding : report.findings) {
    const std::string_view paint = colour ? kColours[static_cast<std::size_t>(finding.severity)] : "";
    out += fmt::format("{}{}:{} {}{}:{} {} [{}]\n", bold, plain(place(finding.at)), off, paint,
                       to_string(finding.severity), off, plain(finding.message), finding.rule);
  }
  return out;
}

std::string summary(const Report& report) {
  const auto [notes, warnings, errors] = count(report);
  const auto some = [](std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  std::string out = fmt::format("{}, {}, {}", some(errors, "error"), some(warnings, "warning"), some(notes, "note"));
  if (!report.silenced.empty()) out += fmt::format(", {} silenced", report.silenced.size());
  return out;
}

std::string to_json(const Report& report) {
  Json root;
  root["files"] = report.files;
  root["findings"] = Json::array();
  for (const Finding& finding : report.findings) root["findings"].push_back(json_of(finding));
  root["silenced"] = Json::array();
  for (const Silenced& silenced : report.silenced) {
    Json one = json_of(silenced.finding);
    one["reason"] = plain(silenced.reason);
    root["silenced"].push_back(std::move(one));
  }
  const auto [notes, warnings, errors] = count(report);
  root["summary"] = {
      {"errors", errors}, {"warnings", warnings}, {"notes", notes}, {"silenced", report.silenced.size()}};
  return dump(root);
}

std::string to_sarif(const Report& report, std::string_view version) {
  std::map<std::string_view, std::size_t> index;
  Json rules_json = Json::array();
  for (const Rule& rule : rules()) {
    index.emplace(rule.id, rules_json.size());
    Json one;
    one["id"] = rule.id;
    one["shortDescription"]["text"] = fmt::format("{}.", rule.title);
    one["fullDescription"]["text"] = fmt::format("{}. {}", rule.title, rule.help);
    one["help"]["text"] = fmt::format("{} The section \"{}\" of docs/lint.md has an example.", rule.help, rule.id);
    one["help"]["markdown"] =
        fmt::format("{}\n\nThe section `{}` of `docs/lint.md` has an example.", rule.help, rule.id);
    one["defaultConfiguration"]["level"] = to_string(rule.severity);
    rules_json.push_back(std::move(one));
  }
  Json driver;
  driver["name"] = "portcullis";
  driver["version"] = version;
  driver["rules"] = std::move(rules_json);

  Json run;
  run["tool"]["driver"] = std::move(driver);
  run["columnKind"] = "unicodeCodePoints";
  run["artifacts"] = Json::array();
  for (const std::string& file : report.files) {
    Json one;
    one["location"]["uri"] = uri_of(file);
    run["artifacts"].push_back(std::move(one));
  }
  run["results"] = Json::array();
  for (const Finding& finding : report.findings) run["results"].push_back(result_of(finding, index));
  for (const Silenced& silenced : report.silenced) {
    Json result = result_of(silenced.finding, index);
    Json suppression;
    suppression["kind"] = "external";
    suppression["justification"] = plain(silenced.reason);
    result["suppressions"] = Json::array({std::move(suppression)});
    run["results"].push_back(std::move(result));
  }
  Json root;
  root["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  root["version"] = "2.1.0";
  root["runs"] = Json::array({std::move(run)});
  return dump(root);
}

std::string to_junit(const Report& report) {
  std::map<std::string, std::string> cases;
  std::map<std::string, std::array<std::size_t, 3>> counts;  // all, failed, skipped
  std::map<std::string, std::set<std::string_view>> fired;
  const auto open = [&](const Finding& finding) {
    const std::string where = finding.at.line == 0 ? std::string() : fmt::format(" line {}", finding.at.line);
    fired[finding.at.file].insert(finding.rule);
    ++counts[finding.at.file][0];
    return fmt::format("    <testcase classname=\"{}\" name=\"{}{}\">", xml_escaped(plain(finding.at.file)),
                       finding.rule, where);
  };
  for (const Finding& finding : report.findings) {
    std::string& out = cases[finding.at.file];
    out += fmt::format(
        "{}\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n", open(finding),
        to_string(finding.severity), xml_escaped(plain(finding.message)),
        xml_escaped(fmt::format("{}: {}: {} [{}]\n{}", plain(place(finding.at)), to_string(finding.severity),
                                plain(finding.message), finding.rule, plain(finding.text))));
    ++counts[finding.at.file][1];
  }
  for (const Silenced& silenced : report.silenced) {
    std::string& out = cases[silenced.finding.at.file];
    out += fmt::format("{}\n      <skipped message=\"{}\"/>\n    </testcase>\n", open(silenced.finding),
                       xml_escaped(plain(silenced.reason)));
    ++counts[silenced.finding.at.file][2];
  }
  std::array<std::size_t, 3> all{};
  std::string suites;
  for (const std::string& file : report.files) {
    std::string& out = cases[file];
    for (const Rule& rule : rules()) {
      if (fired[file].contains(rule.id)) continue;
      out += fmt::format("    <testcase classname=\"{}\" name=\"{}\"/>\n", xml_escaped(plain(file)), rule.id);
      ++counts[file][0];
    }
    const auto& number = counts[file];
    suites += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n{}  </testsuite>\n",
        xml_escaped(plain(file)), number[0], number[1], number[2], out);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += number[i];
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portcullis lint\" tests=\"{}\" failures=\"{}\" "
      "errors=\"0\" skipped=\"{}\">\n{}</testsuites>\n",
      all[0], all[1], all[2], suites);
}

}  // namespace portcullis::policy::lint
