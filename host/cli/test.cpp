// `portcullis test`: what the site file expects of packets, checked against the policy, for all packets.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "cli/answer_json.h"
#include "cli/command.h"
#include "cli/subject.h"
#include "policy/expect.h"
#include "policy/words.h"
#include "policy/xml.h"
#include "spec/text.h"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using policy::Checked;
using policy::Expectation;
using policy::Outcome;

enum class Format { text, json, junit };

struct Options {
  Format format = Format::text;
  std::string site;
};

struct Result {
  const Expectation& expected;
  const Checked& checked;
};

std::string place(const Options& options, const Expectation& expected) {
  return fmt::format("{}:{}:{}", options.site, expected.place.line, expected.place.column);
}

/// What is known of an expectation that was not met, a line each.
std::vector<std::string> details(const policy::Policy& policy, const Result& result) {
  std::vector<std::string> out;
  const Checked& checked = result.checked;
  if (checked.packet) out.push_back("packet   " + policy::packet_in_words(*checked.packet));
  if (checked.packet && checked.why.entry) {
    const policy::Provenance& from = policy.entries[*checked.why.entry].from;
    if (!from.text.empty()) out.push_back(fmt::format("text     {}: {}", policy::origin_in_words(from), from.text));
  }
  if (checked.packet && !checked.why.nearest.empty()) {
    const policy::NearMiss& near = checked.why.nearest.front();
    out.push_back(fmt::format("nearest  {} misses by {}", policy::origin_in_words(policy.entries[near.entry].from),
                              fmt::join(near.misses, "; ")));
  }
  if (!result.expected.reason.empty()) out.push_back("reason   " + result.expected.reason);
  return out;
}

std::string to_text(const Options& options, const policy::Policy& policy, const std::vector<Result>& results) {
  std::string out;
  std::size_t met = 0;
  for (const Result& result : results) {
    if (result.checked.outcome == Outcome::met) {
      ++met;
      continue;
    }
    out += fmt::format("{}: {}: {}\n", place(options, result.expected), result.expected.name, result.checked.message);
    for (const std::string& line : details(policy, result)) out += fmt::format("  {}\n", line);
  }
  return out + fmt::format("{} of {} expectations met\n", met, results.size());
}

std::string to_json(const Options& options, const policy::Policy& policy, const std::vector<Result>& results) {
  Json out;
  out["site"] = options.site;
  out["expectations"] = Json::array();
  for (const Result& result : results) {
    Json one;
    one["name"] = result.expected.name;
    one["line"] = result.expected.place.line;
    one["expected"] = result.expected.permit ? "permit" : "drop";
    if (!result.expected.by.empty()) one["by"] = result.expected.by;
    if (!result.expected.reason.empty()) one["reason"] = result.expected.reason;
    one["outcome"] = policy::to_string(result.checked.outcome);
    if (!result.checked.message.empty()) one["message"] = result.checked.message;
    if (result.checked.packet) {
      one["packet"] = packet_json(*result.checked.packet);
      one["decided_by"] = entry_json(policy, result.checked.why.entry);
    }
    out["expectations"].push_back(std::move(one));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_junit(const Options& options, const policy::Policy& policy, const std::vector<Result>& results) {
  const std::string site = policy::xml_escaped(spec::collapse(spec::SourceText(options.site).text()));
  const auto failures = std::count_if(results.begin(), results.end(),
                                      [](const Result& result) { return result.checked.outcome != Outcome::met; });
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\"", results.size(), failures);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portcullis test\" {0}>\n"
      "  <testsuite name=\"{1}\" {0}>\n",
      counts, site);
  for (const Result& result : results) {
    out += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", site, policy::xml_escaped(result.expected.name));
    if (result.checked.outcome == Outcome::met) {
      out += "/>\n";
      continue;
    }
    std::string text = fmt::format("{}:{}:{}: {}", site, result.expected.place.line, result.expected.place.column,
                                   policy::xml_escaped(result.checked.message));
    for (const std::string& line : details(policy, result)) text += "&#10;" + policy::xml_escaped(line);
    out += fmt::format(">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
                       policy::to_string(result.checked.outcome), policy::xml_escaped(result.checked.message), text);
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

void test_command(const Options& options, Exit& exit) {
  const std::vector<Expectation> expectations = policy::read_expectations(options.site);
  if (expectations.empty()) {
    throw std::runtime_error(
        fmt::format("{}: expects nothing: add \"expect: [{{name: ..., verdict: drop, ...}}]\" (docs/policy-tests.md)",
                    options.site));
  }
  const policy::SitePolicy loaded = load_site(options.site);
  const std::vector<Checked> checked = policy::check_expectations(expectations, loaded.policy);
  std::vector<Result> results;
  for (std::size_t i = 0; i < expectations.size(); ++i) {
    results.push_back({expectations[i], checked[i]});
    if (checked[i].outcome != Outcome::met) exit = Exit::answer_is_no;
  }
  switch (options.format) {
    case Format::text:
      std::cout << to_text(options, loaded.policy, results);
      break;
    case Format::json:
      std::cout << to_json(options, loaded.policy, results);
      break;
    case Format::junit:
      std::cout << to_junit(options, loaded.policy, results);
      break;
  }
}

}  // namespace

void add_test(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("test", "Check what a site file expects of packets, for all of them (docs/policy-tests.md)");
  static const std::map<std::string, Format> formats = {
      {"text", Format::text}, {"json", Format::json}, {"junit", Format::junit}};
  command->add_option("SITE", options->site, "site file with a key \"expect\"")->required();
  command->add_option("--format", options->format, "text (default), json or junit")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  command->callback([options, &exit] { test_command(*options, exit); });
}

}  // namespace portcullis::cli
