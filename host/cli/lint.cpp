// `portcullis lint`: what is wrong or doubtful in documents, in a site with its documents, in a ClassBench filter set.
#include "policy/lint/lint.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/terminal.h"
#include "policy/lint/report.h"

namespace portcullis::cli {
namespace {

namespace lint = policy::lint;

enum class Format { text, json, sarif, junit };

struct Options {
  Format format = Format::text;
  std::vector<std::string> files;
  std::string classbench;
};

lint::Report examine(const Options& options) {
  if (!options.classbench.empty()) return lint::lint_classbench(options.classbench);
  const auto sites = std::count_if(options.files.begin(), options.files.end(),
                                   [](const auto& file) { return lint::is_site_file(file); });
  if (sites == 0) return lint::lint_documents({options.files.begin(), options.files.end()});
  if (options.files.size() > 1) {
    throw std::runtime_error("lint takes one site file, which names its documents, or documents alone: not both");
  }
  return lint::lint_site(options.files.front());
}

void lint_command(const Options& options, Exit& exit) {
  const lint::Report report = examine(options);
  switch (options.format) {
    case Format::text:
      std::cout << lint::to_text(report, has_colours(Stream::out));
      std::cerr << lint::summary(report) << '\n';
      break;
    case Format::json:
      std::cout << lint::to_json(report);
      break;
    case Format::sarif:
      std::cout << lint::to_sarif(report, PORTCULLIS_VERSION);
      break;
    case Format::junit:
      std::cout << lint::to_junit(report);
      break;
  }
  if (!report.findings.empty()) exit = Exit::answer_is_no;
}

}  // namespace

void add_lint(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "lint", "Say what is wrong or doubtful in documents, or in a site and its documents (docs/lint.md)");
  static const std::map<std::string, Format> formats = {
      {"text", Format::text}, {"json", Format::json}, {"sarif", Format::sarif}, {"junit", Format::junit}};
  command->add_option("--format", options->format, "text (default), json, sarif (2.1.0) or junit")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  auto* input = command->add_option_group("input");
  input->add_option("FILE", options->files, "a site file, or documents: Markdown, HTML, text");
  input->add_option("--classbench", options->classbench, "ClassBench filter set instead");
  input->require_option(1);
  command->callback([options, &exit] { lint_command(*options, exit); });
}

}  // namespace portcullis::cli
