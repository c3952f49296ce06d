// `portcullis campaign`: random policies and traffic in independent shards, and the merging of their results.
#include "cli/campaign.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/program_beside.h"
#include "run/run.h"

namespace portcullis::cli {
namespace {

/// Runs a shard unless its result is there.
sim::ShardResult shard(const CampaignArguments& options, const CampaignFilters& filters, unsigned number,
                       bool progress) {
  if (options.out.empty() || options.only)
    return sim::run_shard(options.plan, number, options.only, progress, filters.make);
  const std::filesystem::path file = std::filesystem::path(options.out) / sim::shard_file_name(options.plan, number);
  std::optional<sim::ShardResult> there = sim::read_shard(file, options.plan, number);
  if (there && (!filters.kept || filters.kept(file))) {
    std::cerr << file.string() << ": is there, not run again\n";
    return *there;
  }
  sim::ShardResult result = sim::run_shard(options.plan, number, std::nullopt, progress, filters.make);
  if (filters.keep) filters.keep(file);
  sim::write_shard(options.out, result);
  return result;
}

Exit run(const CampaignArguments& options, const CampaignFilters& filters) {
  if (!options.files.empty()) throw sim::RunError("files and folders are for `campaign merge`; a shard goes to --out");
  if (options.only && !options.shard) throw sim::RunError("--case is a case of a shard: give --shard as well");
  Exit exit = Exit::as_asked;
  const bool progress = isatty(STDERR_FILENO) != 0;
  const unsigned first = options.shard.value_or(0);
  const unsigned last = options.shard ? first : options.plan.shards - 1;
  for (unsigned number = first; number <= last; ++number) {
    const sim::ShardResult result = shard(options, filters, number, progress);
    std::cout << sim::to_text(result) << std::flush;
    if (!result.figures.ok()) exit = Exit::answer_is_no;
  }
  return exit;
}

Exit merge(const CampaignArguments& options) {
  if (options.files.empty()) throw sim::RunError("campaign merge: give the folders or files with the shards' results");
  const sim::CampaignSummary summary = sim::merge_campaign(options.files);
  std::cout << sim::to_text(summary);
  if (!options.out.empty()) {
    std::ofstream file(options.out);
    file << sim::to_json(summary) << '\n';
    if (!file.flush()) throw sim::RunError(options.out + ": could not be written");
  }
  return summary.complete() && summary.figures.ok() ? Exit::as_asked : Exit::answer_is_no;
}

}  // namespace

void add_campaign_options(CLI::App& command, CampaignArguments& arguments) {
  command.add_option("ACTION", arguments.action, "run (default) or merge")->check(CLI::IsMember({"run", "merge"}));
  command.add_option("FILES", arguments.files, "merge: folders or files with results of shards");
  command.add_option("--shards", arguments.plan.shards, "shards of the campaign")
      ->check(CLI::Range(1U, sim::kMostShards))
      ->capture_default_str();
  command.add_option("--shard", arguments.shard, "the shard to run, from 0; without it all, one after the other");
  command.add_option("--packets", arguments.plan.packets, "packets of the whole campaign")->capture_default_str();
  command.add_option("--seed", arguments.plan.seed, "seed of the campaign")->capture_default_str();
  command.add_option("--case", arguments.only, "only this case of the shard; nothing is written");
  command.add_option("-o,--out", arguments.out,
                     "run: folder for results, one file a shard; shards whose file is there are not run again. merge: "
                     "file for the summary (JSON)");
}

Exit run_campaign(const CampaignArguments& arguments, const CampaignFilters& filters) {
  return arguments.action == "merge" ? merge(arguments) : run(arguments, filters);
}

void add_campaign(CLI::App& app, Exit& exit) {
  auto arguments = std::make_shared<CampaignArguments>();
  auto coverage = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      "campaign", "Verify the filter with random policies and traffic in independent shards, and merge their results");
  add_campaign_options(*command, *arguments);
  command->add_flag("--coverage", *coverage,
                    "run: count as well what of the RTL is reached, into a file beside each shard's result");
  command->callback([arguments, coverage, &exit] {
    if (!*coverage) {
      exit = run_campaign(*arguments);
      return;
    }
    // Filters that count are a program beside this one: they would cost every build two more Verilated filters.
    std::vector<std::string> words = words_behind("campaign");
    std::erase(words, "--coverage");
    become("portcullis-campaign-coverage", std::move(words),
           "`cmake --build build --target portcullis-campaign-coverage` builds it");
  });
}

}  // namespace portcullis::cli
