// The option of `portcullis bench model`, and the measurement with it. portcullis-bench-widths, which has the models
// with other bus widths, takes the same.
#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/write_json.h"
#include "run/bench_model.h"

namespace portcullis::cli {

inline void add_model_option(CLI::App& command, std::vector<std::string>& models) {
  command.add_option("--models", models, "models to measure; without it edge, large and engine (model)")
      ->delimiter(',')
      ->check(CLI::IsMember(sim::kModelBenchParts));
}

/// Writes the table to standard output, and the raw figures as JSON to the file `json` unless that is empty.
inline Exit run_model_bench(const sim::ModelBenchOptions& options, const std::string& json) {
  const std::vector<sim::ModelSpeed> results = sim::bench_model(options);
  std::cout << sim::to_text(results);
  write_json(json, sim::to_json(results));
  for (const sim::ModelSpeed& result : results)
    if (result.mismatches != 0) return Exit::answer_is_no;
  return Exit::as_asked;
}

}  // namespace portcullis::cli
