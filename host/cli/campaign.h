// The command-line options of `portcullis campaign`, and what it does with them. portcullis-campaign-coverage, whose
// filters count what of them is reached, takes the same.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "run/campaign.h"

namespace portcullis::cli {

struct CampaignArguments {
  std::string action = "run";
  std::vector<std::filesystem::path> files;
  sim::CampaignPlan plan;
  std::optional<unsigned> shard;
  std::optional<std::uint64_t> only;
  std::string out;
};

/// Where a shard's filters come from, and what is kept of it besides its result.
struct CampaignFilters {
  sim::FilterMaker make = model::make_filter_model;
  /// What is kept of a shard, beside the file that will hold its result; called before that is written.
  std::function<void(const std::filesystem::path& result)> keep;
  /// Whether that is there.
  std::function<bool(const std::filesystem::path& result)> kept;
};

void add_campaign_options(CLI::App& command, CampaignArguments& arguments);

/// Throws sim::RunError.
Exit run_campaign(const CampaignArguments& arguments, const CampaignFilters& filters = {});

}  // namespace portcullis::cli
