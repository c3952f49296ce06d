// `portcullis extract`: the port rows of documents.
#include "spec/extract.h"

#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "spec/report.h"

namespace portcullis::cli {
namespace {

enum class Format { text, csv, json };

struct Options {
  Format format = Format::text;
  std::vector<std::string> documents;
};

/// CSV has one header for all documents; JSON is an array with one object per document.
void print(std::ostream& out, const std::vector<spec::Extraction>& extractions, Format format) {
  if (format == Format::csv) out << spec::csv_header() << '\n';
  if (format == Format::json) out << "[\n";
  for (std::size_t i = 0; i < extractions.size(); ++i) {
    switch (format) {
      case Format::csv:
        out << spec::to_csv_rows(extractions[i]);
        break;
      case Format::json:
        out << (i == 0 ? "" : ",\n") << spec::to_json(extractions[i]);
        break;
      case Format::text:
        out << spec::to_text(extractions[i]);
        break;
    }
  }
  if (format == Format::json) out << "]\n";
}

void extract_command(const Options& options, Exit& exit) {
  std::vector<spec::Extraction> extractions;
  bool unreadable = false;
  for (const std::string& document : options.documents) {
    try {
      extractions.push_back(spec::extract_file(document, document));
    } catch (const spec::DocumentError& error) {
      // The others are read all the same, so that one call names every file that is missing.
      std::cerr << "portcullis: " << error.what() << '\n';
      unreadable = true;
    }
  }
  print(std::cout, extractions, options.format);
  for (const spec::Extraction& extraction : extractions) {
    for (const spec::Finding& finding : extraction.findings) std::cerr << spec::to_string(finding) << '\n';
    if (!extraction.findings.empty()) exit = Exit::answer_is_no;
  }
  if (unreadable) exit = Exit::impossible;
}

}  // namespace

void add_extract(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("extract", "Print the port rows of documents; findings go to standard error");
  static const std::map<std::string, Format> formats = {
      {"text", Format::text}, {"csv", Format::csv}, {"json", Format::json}};
  command->add_option("--format", options->format, "text (default), csv or json")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  command->add_option("DOC", options->documents, "documents: Markdown, HTML, text")->required();
  command->callback([options, &exit] { extract_command(*options, exit); });
}

}  // namespace portcullis::cli
