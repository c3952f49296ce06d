// `portcullis export`: the policy in the languages of other programs.
#include "exports/export.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>

#include "cli/command.h"
#include "cli/subject.h"
#include "tables/image.h"
#include "tables/recover.h"

namespace portcullis::cli {
namespace {

enum class Format { nftables, testpmd, p4rt, csv };

struct Options {
  std::string subject;
  Format format = Format::csv;
  std::string output;
  exports::Options exports;
};

exports::Exported convert(const policy::Policy& policy, const Options& options) {
  switch (options.format) {
    case Format::nftables:
      return exports::to_nftables(policy, options.exports);
    case Format::testpmd:
      return exports::to_testpmd(policy, options.exports);
    case Format::p4rt:
      return exports::to_p4runtime(policy, options.exports);
    case Format::csv:
      break;
  }
  return exports::to_csv(policy, options.exports);
}

void export_command(Options options, Exit& exit) {
  std::vector<std::filesystem::path> inputs = {options.subject};
  policy::Policy policy;
  options.exports.subject = options.subject;
  if (std::filesystem::path(options.subject).extension() == ".pti") {
    policy = tables::recover(tables::read_image(options.subject));
  } else {
    policy::SitePolicy loaded = load_site(options.subject);
    for (const policy::SiteDocument& document : loaded.site.documents) inputs.push_back(document.path);
    for (const policy::Role& role : loaded.site.roles) {
      if (!role.none) options.exports.names.push_back({role.name, role.addresses});
    }
    if (!loaded.findings.empty()) exit = Exit::answer_is_no;
    policy = std::move(loaded.policy);
  }
  const exports::Exported exported = convert(policy, options);
  if (options.output.empty()) {
    std::cout << exported.text;
  } else {
    keep_inputs(inputs, {options.output});
    std::ofstream file(options.output, std::ios::binary);
    file << exported.text;
    if (!file.flush()) throw std::runtime_error(options.output + ": could not be written");
  }
  std::cerr << fmt::format("{} entries became {} {}\n", exported.entries, exported.items, exported.unit);
  for (const std::string& remark : exported.remarks) std::cerr << remark << '\n';
}

}  // namespace

void add_export(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export", "Write the policy as nftables rules, testpmd flows, P4Runtime JSON or CSV");
  command->add_option("SUBJECT", options->subject, "site file or table image (.pti)")->required();
  static const std::map<std::string, Format> formats = {
      {"nftables", Format::nftables}, {"testpmd", Format::testpmd}, {"p4rt", Format::p4rt}, {"csv", Format::csv}};
  command->add_option("--format", options->format, "nftables, testpmd, p4rt or csv")
      ->required()
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  command->add_option("-o,--output", options->output, "file to write; without it standard output");
  command
      ->add_option("--interfaces", options->exports.interfaces,
                   "nftables: interfaces at the ingress ports 0, 1, ... (port0,port1,...)")
      ->delimiter(',');
  command->add_option("--ports", options->exports.ports, "testpmd: ports to create the flows on")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  command->callback([options, &exit] { export_command(*options, exit); });
}

}  // namespace portcullis::cli
