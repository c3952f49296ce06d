// The command-line options of `portcullis bench rfc2544`, and the measurement with them. portcullis-bench-widths, which
// has the models with other bus widths, takes the same.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "model/filter_model.h"

namespace portcullis::cli {

struct Rfc2544Arguments {
  std::vector<std::string> rates{"100G"};
  std::vector<double> clocks{250};
  std::vector<unsigned> ports{1};
  std::vector<unsigned> rules{512};
  std::vector<std::string> sizes;
  std::vector<unsigned> families{4, 6};
  std::vector<std::string> activities{"none"};
  std::string geometry = "edge";
  unsigned width = 512;  ///< bits of the bus
  unsigned lanes = 1;    ///< lookups a clock
  bool least_clock = false;
  std::uint64_t seed = 1;
};

void add_rfc2544_options(CLI::App& command, Rfc2544Arguments& arguments);

/// Writes the table to standard output, and the raw figures as JSON to the file `json` unless that is empty.
/// `make_filter`: the filter to measure; nothing: the model of the geometry. Throws sim::RunError, and what
/// write_json() throws.
Exit run_rfc2544(const Rfc2544Arguments& arguments, const std::string& json,
                 std::function<std::unique_ptr<model::FilterModel>()> make_filter = {});

}  // namespace portcullis::cli
