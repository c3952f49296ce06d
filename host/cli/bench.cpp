// `portcullis bench`: measurements whose results are checked before a rate is printed.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "run/run.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string name;
  std::uint64_t packets = 500'000;
};

void bench_command(const Options& options, Exit& exit) {
  if (options.name.empty()) {
    std::cout << "model  simulation speed of the cycle-accurate model on one core, verdicts compared\n";
    return;
  }
  const std::vector<sim::ModelBench> results = sim::bench_model(options.packets, isatty(STDERR_FILENO) != 0);
  std::cout << sim::to_text(results);
  if (std::any_of(results.begin(), results.end(), [](const sim::ModelBench& r) { return r.mismatches != 0; })) {
    exit = Exit::answer_is_no;
  }
}

}  // namespace

void add_bench(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("bench", "Run a measurement; without a name, list them");
  command->add_option("NAME", options->name, "measurement")->check(CLI::IsMember({"model"}));
  command->add_option("--packets", options->packets, "packets per measurement")->capture_default_str();
  command->callback([options, &exit] { bench_command(*options, exit); });
}

}  // namespace portcullis::cli
