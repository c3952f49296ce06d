// `portcullis bench`: measurements whose results are checked before a rate is printed. Each is an entry of
// kMeasurements.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "cli/bench_model.h"
#include "cli/bench_rfc2544.h"
#include "cli/command.h"
#include "cli/program_beside.h"
#include "cli/write_json.h"
#include "run/bench_cocotb.h"
#include "run/bench_growth.h"
#include "run/bench_tcam.h"
#include "run/run.h"

namespace portcullis::cli {
namespace {

/// Packets through the host in `bench pmd`: the NIC with its queues is simulated some ten times slower than the filter.
constexpr std::uint64_t kPmdPackets = 20'000;
/// Bits of the bus of the models in this program; other widths are a program beside it.
constexpr unsigned kModelWidth = 512;

struct Options {
  std::string name;
  std::uint64_t packets = 500'000;
  bool packets_given = false;
  std::vector<std::string> models;
  unsigned repetitions = 5;
  std::string repository = PORTCULLIS_SOURCE_DIR;
  std::string shared = PORTCULLIS_SHARED_DIR;
  std::string work;
  std::string json;
  Rfc2544Arguments rfc2544;
};

// Models with other buses, or two lookups a clock, are a program beside this one: they would cost every build three
// more Verilated filters.
[[noreturn]] void become_bench_widths() {
  become("portcullis-bench-widths", words_behind("bench"),
         "`cmake --build build --target portcullis-bench-widths` builds it");
}

Exit bench_model(const Options& options) {
  if (options.rfc2544.width != kModelWidth || options.rfc2544.lanes != 1) become_bench_widths();
  sim::ModelBenchOptions model;
  model.packets = options.packets;
  model.parts = options.models;
  model.progress = isatty(STDERR_FILENO) != 0;
  return run_model_bench(model, options.json);
}

Exit bench_model_vs_cocotb(const Options& options) {
  sim::CocotbBenchOptions cocotb;
  cocotb.repository = options.repository;
  cocotb.work = options.work.empty() ? std::filesystem::temp_directory_path() / "portcullis-model-vs-cocotb"
                                     : std::filesystem::path(options.work);
  cocotb.repetitions = options.repetitions;
  cocotb.progress = isatty(STDERR_FILENO) != 0;
  const sim::CocotbBench bench = sim::bench_cocotb(cocotb);
  std::cout << sim::to_text(bench);
  write_json(options.json, sim::to_json(bench));
  return bench.ok() ? Exit::as_asked : Exit::answer_is_no;
}

// The driver's measurements need DPDK, which this program does not load: they are a program beside it.
Exit bench_pmd(const Options& options) {
  become("portcullis-bench-pmd", {std::to_string(options.packets_given ? options.packets : kPmdPackets)},
         "it is built with the DPDK driver, where libdpdk-dev is installed and scripts/fetch-dpdk-headers.sh has run");
}

Exit bench_rfc2544(const Options& options) {
  if (options.rfc2544.width == kModelWidth && options.rfc2544.lanes == 1)
    return run_rfc2544(options.rfc2544, options.json);
  become_bench_widths();
}

// DPDK again.
Exit bench_acl(const Options& options) {
  std::vector<std::string> arguments{"--repetitions", std::to_string(options.repetitions)};
  if (!options.json.empty()) arguments.insert(arguments.end(), {"--json", options.json});
  become("portcullis-bench-acl", std::move(arguments),
         "`cmake --build build --target portcullis-bench-acl` builds it, where libdpdk-dev is installed");
}

Exit bench_tcam(const Options& options) {
  const std::vector<sim::TcamCount> counts =
      sim::count_tcam(options.shared, std::filesystem::path(options.repository) / "tests/data/sites");
  std::cout << sim::to_text(counts);
  write_json(options.json, sim::to_json(counts));
  return Exit::as_asked;
}

Exit bench_growth(const Options& options) {
  sim::GrowthOptions growth;
  growth.repetitions = options.repetitions;
  growth.progress = isatty(STDERR_FILENO) != 0;
  const sim::Growth result = sim::bench_growth(growth);
  std::cout << sim::to_text(result);
  write_json(options.json, sim::to_json(result));
  return result.ok() ? Exit::as_asked : Exit::answer_is_no;
}

struct Measurement {
  const char* name;
  const char* what;
  Exit (*run)(const Options&);
};
constexpr std::array kMeasurements{
    Measurement{"model", "simulation speed of the cycle-accurate model on one core, verdicts compared", bench_model},
    Measurement{
        "model-vs-cocotb",
        "the same simulation driven by the model and by cocotb, verdicts compared; needs the nightly environment",
        bench_model_vs_cocotb},
    Measurement{"rfc2544",
                "throughput, latency, frame loss and back-to-back frames of the filter after RFC 2544 and RFC 8219, in "
                "simulated time",
                bench_rfc2544},
    Measurement{"pmd",
                "the DPDK driver over the model: packets/s through the host, rules/s, clocks to the first packet",
                bench_pmd},
    Measurement{
        "acl",
        "the match engine beside DPDK's rte_acl: build, update, lookups/s, on ClassBench sets and port documents",
        bench_acl},
    Measurement{
        "growth",
        "compile, prove, lint, diff, load and lookup against rules, prefixes and size of documents, with orders",
        bench_growth},
    Measurement{"tcam", "what a plain TCAM would hold for ClassBench sets and port documents, by arithmetic",
                bench_tcam},
};

void bench_command(const Options& options, Exit& exit) {
  if (options.name.empty()) {
    for (const Measurement& measurement : kMeasurements)
      std::cout << fmt::format("{:<16} {}\n", measurement.name, measurement.what);
    return;
  }
  const auto* found = std::find_if(kMeasurements.begin(), kMeasurements.end(),
                                   [&](const Measurement& m) { return options.name == m.name; });
  exit = found->run(options);
}

}  // namespace

void add_bench(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  for (const Measurement& measurement : kMeasurements) names.emplace_back(measurement.name);
  CLI::App* command = app.add_subcommand("bench", "Run a measurement; without a name, list them");
  command->add_option("NAME", options->name, "measurement")->check(CLI::IsMember(names));
  command->add_option("--packets", options->packets, "packets per measurement (model, pmd: 20000 unless given)")
      ->capture_default_str();
  add_model_option(*command, options->models);
  command
      ->add_option("--repetitions", options->repetitions,
                   "runs of which the median is taken (model-vs-cocotb, acl, growth, tcam)")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--json", options->json,
                      "write the raw figures as JSON (model, model-vs-cocotb, rfc2544, acl, growth)");
  command->add_option("--work", options->work, "folder for what is built, kept for the next time (model-vs-cocotb)");
  add_rfc2544_options(*command, options->rfc2544);
  command->add_option("--shared", options->shared, "folder with classbench/ and seeds/ (tcam)");
  command->add_option("--repository", options->repository, "folder of Portcullis' sources (model-vs-cocotb, tcam)");
  command->callback([options, command, &exit] {
    options->packets_given = command->count("--packets") > 0;
    bench_command(*options, exit);
  });
}

}  // namespace portcullis::cli
