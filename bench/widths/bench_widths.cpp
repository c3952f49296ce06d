// `portcullis bench rfc2544 --width W` and `bench model --width W`: the measurements on filters whose buses are 256 or
// 1024 bits wide; and `bench rfc2544 --lanes 2`, on one of two lookups a clock.
#include <iostream>
#include <memory>

#include "PclFilterEdge1024.h"
#include "PclFilterEdge1024___024root.h"
#include "PclFilterEdge256.h"
#include "PclFilterEdge256___024root.h"
#include "PclFilterEdgeLanes.h"
#include "PclFilterEdgeLanes___024root.h"
#include "cli/bench_model.h"
#include "cli/bench_rfc2544.h"
#include "model/verilated_filter.h"
#include "run/run.h"

namespace {

using portcullis::model::FilterModel;
using portcullis::model::VerilatedFilter;

std::unique_ptr<FilterModel> make_filter(unsigned width, unsigned lanes) {
  if (lanes == 2) return std::make_unique<VerilatedFilter<PclFilterEdgeLanes>>();
  if (width == 256) return std::make_unique<VerilatedFilter<PclFilterEdge256>>();
  return std::make_unique<VerilatedFilter<PclFilterEdge1024>>();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"bench rfc2544 and bench model on filters with other buses than 512 bits or two lookups a clock.",
               "portcullis-bench-widths"};
  std::string name, json;
  portcullis::sim::ModelBenchOptions model;
  model.parts = {"edge"};
  portcullis::cli::Rfc2544Arguments arguments;
  app.add_option("NAME", name, "measurement")->check(CLI::IsMember({"rfc2544", "model"}));
  app.add_option("--json", json, "write the raw figures as JSON");
  app.add_option("--packets", model.packets, "packets per measurement (model)")->capture_default_str();
  portcullis::cli::add_model_option(app, model.parts);
  portcullis::cli::add_rfc2544_options(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    if (arguments.geometry != "edge" || (arguments.width == 512 && arguments.lanes == 1))
      throw portcullis::sim::RunError("--width 256 and 1024, and --lanes 2, are there for geometry edge");
    if (arguments.lanes == 2 && (name == "model" || arguments.width != 512))
      throw portcullis::sim::RunError("--lanes 2 is there for rfc2544 with 512 bits");
    if (name == "model") {
      if (model.parts != std::vector<std::string>{"edge"})
        throw portcullis::sim::RunError("--width 256 and 1024 are there for --models edge");
      model.width = arguments.width;
      model.make_filter = [&arguments](portcullis::model::ModelGeometry) { return make_filter(arguments.width, 1); };
      return static_cast<int>(portcullis::cli::run_model_bench(model, json));
    }
    return static_cast<int>(portcullis::cli::run_rfc2544(
        arguments, json, [&arguments] { return make_filter(arguments.width, arguments.lanes); }));
  } catch (const std::exception& error) {
    std::cerr << "portcullis-bench-widths: " << error.what() << '\n';
    return static_cast<int>(portcullis::cli::Exit::impossible);
  }
}
