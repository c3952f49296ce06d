// `portcullis classify`: the first rule that matches each header of a ClassBench trace.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.h"
#include "cli/subject.h"
#include "policy/classbench.h"
#include "run/run.h"
#include "tables/image.h"
#include "tables/recover.h"
#include "tables/reference.h"
#include "tables/tree/image_file.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string image;
  std::string trace;
  std::string engine = "reference";
  std::string json;
};

/// Straight from the sets that the image's rows stand for.
std::vector<int> classify_reference(const tables::TableImage& image, const std::string& trace) {
  const policy::Policy policy = tables::recover(image);
  std::vector<int> rules;
  for (const policy::Key& key : policy::read_trace(trace)) {
    const auto rule = tables::first_match(policy, key);
    rules.push_back(rule ? static_cast<int>(*rule) : -1);
  }
  return rules;
}

/// The walk through the trees' bits, and the slice.
std::vector<int> classify_trees(const tables::tree::ScaleImage& image, const std::string& trace) {
  std::vector<int> rules;
  for (const policy::Key& key : policy::read_trace(trace)) {
    const auto rule = tables::tree::lookup(image, key);
    rules.push_back(rule ? static_cast<int>(*rule) : -1);
  }
  return rules;
}

void classify_command(const Options& options) {
  const std::vector<std::uint8_t> bytes = tables::read_image_bytes(options.image);
  std::vector<int> rules;
  std::size_t entries = 0;
  // Of a TableImage or a ScaleImage; `reference` has the software's answer.
  const auto classify = [&](const auto& image, const auto& reference) {
    entries = image.entries.size();
    if (options.engine == "reference") {
      rules = reference(image, options.trace);
      return;
    }
    std::ifstream trace(options.trace);
    if (!trace) throw std::runtime_error(options.trace + ": cannot be read; give the path of a ClassBench trace");
    rules = sim::classify_rtl(image, trace, options.trace, isatty(STDERR_FILENO) != 0);
  };
  if (tables::tree::is_scale_image(bytes)) {
    classify(tables::tree::decode_scale(bytes, options.image), classify_trees);
  } else {
    classify(tables::read_image(options.image), classify_reference);
  }
  std::string out;
  for (const int rule : rules) out += fmt::format("{}\n", rule);
  if (!options.json.empty()) {
    const auto matched = std::count_if(rules.begin(), rules.end(), [](int rule) { return rule >= 0; });
    const nlohmann::ordered_json json = {{"engine", options.engine},
                                         {"headers", rules.size()},
                                         {"matched", matched},
                                         {"unmatched", rules.size() - static_cast<std::size_t>(matched)},
                                         {"rules", entries}};
    keep_inputs({options.image, options.trace}, {options.json});
    write_text(options.json, json.dump(2) + '\n');
    if (options.json == "-") return;
  }
  std::cout << out;
}

}  // namespace

void add_classify(CLI::App& app, Exit&) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "classify", "Print, for each header of a ClassBench trace, the first rule that matches, or -1");
  command->add_option("IMAGE", options->image, "table image (.pti)")->required();
  command->add_option("--trace", options->trace, "ClassBench trace: src dst sport dport proto, decimal")->required();
  command->add_option("--engine", options->engine, "rtl (the cycle-accurate model) or reference (default)")
      ->check(CLI::IsMember({"rtl", "reference"}));
  command->add_option("--json", options->json, "write a summary as JSON; - for standard output, instead of the rules");
  command->callback([options] { classify_command(*options); });
}

}  // namespace portcullis::cli
