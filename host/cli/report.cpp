// `portcullis report`: a site as one HTML page.
#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>

#include "cli/command.h"
#include "cli/subject.h"
#include "policy/expect.h"
#include "policy/lint/lint.h"
#include "policy/words.h"
#include "run/run.h"
#include "tables/image.h"
#include "tables/tree/image_file.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string site;
  std::string output;
  std::string geometry;
  std::string run;
  bool with_run = false;
};

/// The site file's expectations with what came of them; none where it expects nothing.
std::optional<std::vector<report::Expectation>> check_expectations(const std::string& site,
                                                                   const policy::Policy& policy) {
  const std::vector<policy::Expectation> expected = policy::read_expectations(site);
  if (expected.empty()) return std::nullopt;
  const std::vector<policy::Checked> checked = policy::check_expectations(expected, policy);
  std::vector<report::Expectation> out;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::string detail = expected[i].permit ? "permit" : "drop";
    if (!checked[i].message.empty()) detail += ": " + checked[i].message;
    if (checked[i].packet) detail += fmt::format(" (packet {})", policy::packet_in_words(*checked[i].packet));
    if (!expected[i].reason.empty()) detail += fmt::format("; {}", expected[i].reason);
    out.push_back({expected[i].name, checked[i].outcome == policy::Outcome::met, std::move(detail)});
  }
  return out;
}

void report_command(const Options& options, Exit& exit) {
  const policy::SitePolicy site = load_site(options.site);
  std::vector<std::filesystem::path> inputs = {options.site, options.run};
  report::Input input;
  input.site = &site;
  input.sources.push_back({site.site.file, read_text(options.site)});
  for (const policy::SiteDocument& document : site.site.documents) {
    inputs.push_back(document.path);
    input.sources.push_back({document.path.string(), read_text(document.path)});
  }
  keep_inputs(inputs, {options.output});

  std::optional<tables::Compiled> compiled;
  std::optional<tables::Proof> proof;
  std::optional<tables::tree::ScaleCompiled> trees;
  bool proved = false;
  if (const auto shape = tables::tree::Shape::from_name(options.geometry)) {
    trees = tables::tree::compile_scale(site.policy, *shape);
    // What is written to a file and read back is what a device would be given.
    const tables::tree::ScaleImage image =
        tables::tree::decode_scale(tables::tree::encode_scale(trees->image), options.site);
    input.trees_fault = tables::tree::prove_scale(site.policy, image);
    input.trees = &*trees;
    proved = input.trees_fault.empty();
  } else {
    compiled = tables::compile_for(site.policy, options.geometry);
    proof = tables::prove(site.policy, tables::encode(compiled->image), options.site);
    input.compiled = &*compiled;
    input.proof = &*proof;
    proved = proof->proved();
  }
  for (const policy::lint::Finding& f : policy::lint::lint_site(options.site).findings) {
    input.findings.push_back(
        {std::string(policy::lint::to_string(f.severity)), std::string(f.rule), f.at.file, f.at.line, f.message});
  }
  input.expectations = check_expectations(options.site, site.policy);
  const bool all_met = !input.expectations || std::all_of(input.expectations->begin(), input.expectations->end(),
                                                          [](const report::Expectation& e) { return e.met; });
  if (!options.run.empty()) {
    input.run_name = options.run;
    std::string text = read_text(options.run);
    (text.starts_with("packet,") ? input.verdicts_csv : input.run_json) = std::move(text);
  } else if (options.with_run) {
    input.run_name = options.site;
    const sim::RunResult result = sim::run(sim::load_subject(options.site, options.geometry), {});
    if (result.exit_code() != 0) exit = Exit::answer_is_no;
    input.run_json = sim::to_json(result);
  }
  const std::string page = report::to_html(input);
  std::ofstream file(options.output, std::ios::binary);
  file << page;
  if (!file.flush()) throw std::runtime_error(options.output + ": could not be written");
  if (!site.findings.empty() || !proved || !all_met) exit = Exit::answer_is_no;
  fmt::print("{}: {} rows, {} entries, {}, {} findings\n", options.output, site.policy.rows, site.policy.entries.size(),
             proved ? "proved" : "not proved", input.findings.size());
}

}  // namespace

void add_report(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "report", "Write one HTML page: policy, port map, who reaches whom, tables, findings, proof and run");
  command->add_option("SITE", options->site, "site file (docs/site-file.md)")->required();
  command->add_option("-o,--output", options->output, "page to write")->required();
  command->add_option("--geometry", options->geometry,
                      "edge, large, scale, scale-ipv6 or scale-small (trees, docs/scale.md), or a geometry file");
  auto* run = command->add_option("--run", options->run,
                                  "show this run: the JSON of `run --json` or the CSV of `run --verdicts`");
  command->add_flag("--with-run", options->with_run, "run packets made from the rules through the model, and show that")
      ->excludes(run);
  command->callback([options, &exit] { report_command(*options, exit); });
}

}  // namespace portcullis::cli
