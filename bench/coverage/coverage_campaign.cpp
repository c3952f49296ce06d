// `portcullis campaign --coverage`: the campaign, cases and results the same, on filters that count what of their RTL
// is reached. Beside each shard's result lies a file of Verilator's with the counts of all its cases; coverage.py
// merges them.
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>

#include "PclFilterEdgeCovered.h"
#include "PclFilterEdgeCovered___024root.h"
#include "PclFilterLargeCovered.h"
#include "PclFilterLargeCovered___024root.h"
#include "cli/campaign.h"
#include "coverage_counts.h"
#include "model/verilated_filter.h"
#include "run/run.h"

namespace {

using portcullis::model::FilterModel;
using portcullis::model::ModelGeometry;
using portcullis::model::VerilatedFilter;

std::filesystem::path counts_of(std::filesystem::path result) { return result.replace_extension(".dat"); }

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The campaign on filters that count what of their RTL is reached.", "portcullis-campaign-coverage"};
  portcullis::cli::CampaignArguments arguments;
  portcullis::cli::add_campaign_options(app, arguments);
  CLI11_PARSE(app, argc, argv);

  portcullis::coverage::CoverageCounts counts;
  portcullis::cli::CampaignFilters filters;
  filters.make = [&counts](ModelGeometry geometry) -> std::unique_ptr<FilterModel> {
    const std::function<void(VerilatedContext&)> at_end = [&counts](VerilatedContext& context) { counts.add(context); };
    if (geometry == ModelGeometry::large) return std::make_unique<VerilatedFilter<PclFilterLargeCovered>>(at_end);
    return std::make_unique<VerilatedFilter<PclFilterEdgeCovered>>(at_end);
  };
  filters.keep = [&counts](const std::filesystem::path& result) {
    std::filesystem::create_directories(result.parent_path());
    counts.write(counts_of(result));
    counts = {};
  };
  filters.kept = [](const std::filesystem::path& result) { return std::filesystem::exists(counts_of(result)); };
  try {
    if (arguments.action == "merge")
      throw portcullis::sim::RunError("results are merged by `portcullis campaign merge`, counts by coverage.py");
    if (arguments.out.empty()) throw portcullis::sim::RunError("--coverage needs --out: a folder for the counts");
    return static_cast<int>(portcullis::cli::run_campaign(arguments, filters));
  } catch (const std::exception& error) {
    std::cerr << "portcullis-campaign-coverage: " << error.what() << '\n';
    return static_cast<int>(portcullis::cli::Exit::impossible);
  }
}
