// `portcullis compile`: a site, or a ClassBench filter set, to a table image.
#include "tables/compile.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/subject.h"
#include "policy/classbench.h"
#include "tables/tree/image_file.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string site;
  std::string classbench;
  std::string output;
  std::string geometry;
  std::string json;
};

/// Trees for ten thousand rules (docs/scale.md).
void compile_trees(const policy::Policy& policy, const Options& options) {
  const tables::tree::Shape shape = *tables::tree::Shape::from_name(options.geometry);
  const tables::tree::ScaleCompiled compiled = tables::tree::compile_scale(policy, shape);
  const tables::tree::ScaleReport& report = compiled.report;
  const std::vector<std::uint8_t> bytes = tables::tree::encode_scale(compiled.image);
  tables::write_image_bytes(options.output, bytes);
  if (!options.json.empty()) write_text(options.json, to_json(report, shape, policy));
  if (options.json == "-") return;
  std::cout << report.to_string(shape);
  for (std::size_t i = 0; i < report.union_reasons.size(); ++i) {
    const policy::Provenance& from = policy.entries.at(report.union_rules.at(i)).from;
    fmt::print("in the slice  {}: {}\n", from.rule, report.union_reasons[i]);
  }
  fmt::print("image         {} ({}), {} bytes, {} attempts, {:.3f} s\n", options.output, shape.name(), bytes.size(),
             report.attempts, report.seconds);
}

void compile_command(const Options& options, Exit& exit) {
  policy::Policy policy;
  std::vector<tables::SourceFile> sources;
  std::vector<std::filesystem::path> inputs = {options.site, options.classbench};
  std::string geometry = options.geometry;
  if (!options.classbench.empty()) {
    policy = policy::read_classbench(options.classbench);
    sources.push_back(tables::SourceFile::of(options.classbench, read_text(options.classbench)));
    if (geometry.empty()) geometry = "large";
  } else {
    policy::SitePolicy loaded = load_site(options.site);
    policy = std::move(loaded.policy);
    sources.push_back(tables::SourceFile::of(options.site, read_text(options.site)));
    for (const policy::SiteDocument& document : loaded.site.documents) {
      sources.push_back(tables::SourceFile::of(document.name, read_text(document.path)));
      inputs.push_back(document.path);
    }
    if (!loaded.findings.empty()) exit = Exit::answer_is_no;
  }
  if (tables::tree::Shape::from_name(geometry)) {
    keep_inputs(inputs, {options.output, options.json});
    return compile_trees(policy, options);
  }
  const tables::Compiled compiled = tables::compile_for(policy, geometry, std::move(sources));
  keep_inputs(inputs, {options.output, options.json});
  tables::write_image(options.output, compiled.image);
  if (!options.json.empty()) write_text(options.json, to_json(compiled.report));
  if (options.json == "-") return;
  std::cout << to_text(compiled.report);
  if (compiled.report.undecided > 0) {
    fmt::print("             {} entries: gave up the search for a packet that meets them\n", compiled.report.undecided);
  }
  for (const policy::SplitRow& split : compiled.report.splits) {
    fmt::print("not one to one  {}:{}: {} entries: {}\n", split.document, split.line, split.entries, split.reason);
  }
  fmt::print("image        {} ({}), {} self-test probes\n", options.output, compiled.report.geometry.to_string(),
             compiled.report.probes);
}

}  // namespace

void add_compile(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compile", "Compile a site, or a ClassBench filter set, into a table image");
  auto* input = command->add_option_group("input");
  input->add_option("SITE", options->site, "site file (docs/site-file.md)");
  input->add_option("--classbench", options->classbench, "ClassBench filter set instead of a site");
  input->require_option(1);
  command->add_option("-o,--output", options->output, "table image to write (.pti)")->required();
  command->add_option(
      "--geometry", options->geometry,
      "edge, large, versa, scale or scale-ipv6 (trees for 10,240 rules, docs/scale.md), scale-small (for 256), or a "
      "geometry file; without "
      "it the smaller of edge and large that holds the "
      "policy (large for ClassBench)");
  command->add_option("--json", options->json, "write the figures as JSON; - for standard output, instead of text");
  command->callback([options, &exit] { compile_command(*options, exit); });
}

}  // namespace portcullis::cli
