// `portcullis run`: a policy in the cycle-accurate model, packets through it, every verdict compared.
#include "run/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/subject.h"
#include "tables/prove.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string subject;
  std::string geometry;
  std::string rate = "10G";
  std::string json;
  sim::RunOptions run;
};

/// The same for trees.
std::string prove_trees(const sim::Subject& subject, Exit& exit) {
  const std::string fault = tables::tree::prove_scale(subject.policy, *subject.trees);
  if (fault.empty()) return "proof        the trees and their slice do what the site says, for every packet\n";
  exit = Exit::answer_is_no;
  return "proof        " + fault + '\n';
}

/// The proof that the very image which is loaded says what the site says; a line.
std::string prove(const sim::Subject& subject, Exit& exit) {
  const tables::Proof proof = tables::prove(subject.policy, tables::encode(subject.image), subject.name);
  if (proof.proved()) {
    return fmt::format(
        "proof        the image does what the site says, for every packet ({} sets of values compared)\n",
        proof.intervals);
  }
  exit = Exit::answer_is_no;
  return "proof        " + proof.text + '\n';
}

void run_command(Options options, Exit& exit) {
  const std::filesystem::path none;
  keep_inputs({options.subject, options.run.pcap.value_or(none)},
              {options.run.verdicts.value_or(none), options.run.out_pcap.value_or(none),
               options.run.trace_fst.value_or(none), options.json});
  options.run.rate = sim::parse_rate(options.rate);
  options.run.progress = isatty(STDERR_FILENO) != 0;
  const sim::Subject subject = sim::load_subject(options.subject, options.geometry);
  for (const std::string& row : subject.left_out_rows) std::cerr << row << '\n';
  const std::string before = subject.report                  ? to_text(*subject.report) + prove(subject, exit)
                             : !subject.trees_report.empty() ? subject.trees_report + prove_trees(subject, exit)
                                                             : std::string();
  if (options.json != "-") std::cout << before;
  sim::RunResult result = sim::run(subject, options.run);
  if (!options.json.empty()) {
    write_text(options.json, sim::to_json(result) + '\n');
    if (options.json != "-") result.files.push_back(options.json);
  }
  if (options.json != "-") std::cout << sim::to_text(result);
  if (result.exit_code() != 0) exit = Exit::answer_is_no;
}

}  // namespace

void add_run(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  sim::RunOptions& run = options->run;
  CLI::App* command = app.add_subcommand(
      "run", "Filter packets in the cycle-accurate model and compare every verdict with the reference");
  command->add_option("SUBJECT", options->subject, "site file or table image (.pti)")->required();
  command->add_option("--geometry", options->geometry,
                      "edge, large, scale-small, scale, or a geometry file (sites only)");
  command->add_option("--pcap", run.pcap, "packets to send (pcap or pcapng); without it they are made from the rules");
  command->add_option("--verdicts", run.verdicts, "write one CSV line per packet");
  command->add_option("--out-pcap", run.out_pcap, "write the permitted packets with their egress times");
  command->add_option("--json", options->json, "write all figures as JSON; - for standard output, instead of text");
  command->add_option("--rate", options->rate, "line rate per port: 10G (default), 25G, 40G, 100G, any other, or max");
  command
      ->add_option("--clock", run.clock_mhz,
                   "core clock in MHz, 1 to 1000; without it 250, or what the line rate needs")
      ->check(CLI::Range(1.0, 1000.0));
  command->add_option("--ports", run.ports, "wire ports in use, 1 or 2")->capture_default_str();
  command->add_option("--ingress", run.ingress, "wire port at which a pcap's packets enter")->capture_default_str();
  command->add_option("--packets", run.packets, "how many packets; the input is repeated or cut to it");
  command->add_option("--seed", run.seed, "seed of the packets made from the rules")->capture_default_str();
  command->add_option("--jobs", run.jobs, "parts of the run simulated at the same time")->capture_default_str();
  command->add_option("--trace-fst", run.trace_fst, "write waveforms of the whole run (FST)");
  command->callback([options, &exit] { run_command(*options, exit); });
}

}  // namespace portcullis::cli
