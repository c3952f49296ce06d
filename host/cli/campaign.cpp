// `portcullis campaign`: random policies and traffic in independent shards, and the merging of their results.
#include "run/campaign.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "run/run.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string action = "run";
  std::vector<std::filesystem::path> files;
  sim::CampaignPlan plan;
  std::optional<unsigned> shard;
  std::optional<std::uint64_t> only;
  std::string out;
};

/// Runs a shard unless its result is there.
sim::ShardResult shard(const Options& options, unsigned number, bool progress) {
  if (options.out.empty() || options.only) return sim::run_shard(options.plan, number, options.only, progress);
  const std::filesystem::path file = std::filesystem::path(options.out) / sim::shard_file_name(options.plan, number);
  if (std::optional<sim::ShardResult> there = sim::read_shard(file, options.plan, number)) {
    std::cerr << file.string() << ": is there, not run again\n";
    return *there;
  }
  sim::ShardResult result = sim::run_shard(options.plan, number, std::nullopt, progress);
  sim::write_shard(options.out, result);
  return result;
}

void run(const Options& options, Exit& exit) {
  if (!options.files.empty()) throw sim::RunError("files and folders are for `campaign merge`; a shard goes to --out");
  if (options.only && !options.shard) throw sim::RunError("--case is a case of a shard: give --shard as well");
  const bool progress = isatty(STDERR_FILENO) != 0;
  const unsigned first = options.shard.value_or(0);
  const unsigned last = options.shard ? first : options.plan.shards - 1;
  for (unsigned number = first; number <= last; ++number) {
    const sim::ShardResult result = shard(options, number, progress);
    std::cout << sim::to_text(result) << std::flush;
    if (!result.figures.ok()) exit = Exit::answer_is_no;
  }
}

void merge(const Options& options, Exit& exit) {
  if (options.files.empty()) throw sim::RunError("campaign merge: give the folders or files with the shards' results");
  const sim::CampaignSummary summary = sim::merge_campaign(options.files);
  std::cout << sim::to_text(summary);
  if (!options.out.empty()) {
    std::ofstream file(options.out);
    file << sim::to_json(summary) << '\n';
    if (!file.flush()) throw sim::RunError(options.out + ": could not be written");
  }
  if (!summary.complete() || !summary.figures.ok()) exit = Exit::answer_is_no;
}

}  // namespace

void add_campaign(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "campaign", "Verify the filter with random policies and traffic in independent shards, and merge their results");
  command->add_option("ACTION", options->action, "run (default) or merge")->check(CLI::IsMember({"run", "merge"}));
  command->add_option("FILES", options->files, "merge: folders or files with results of shards");
  command->add_option("--shards", options->plan.shards, "shards of the campaign")
      ->check(CLI::Range(1U, sim::kMostShards))
      ->capture_default_str();
  command->add_option("--shard", options->shard, "the shard to run, from 0; without it all, one after the other");
  command->add_option("--packets", options->plan.packets, "packets of the whole campaign")->capture_default_str();
  command->add_option("--seed", options->plan.seed, "seed of the campaign")->capture_default_str();
  command->add_option("--case", options->only, "only this case of the shard; nothing is written");
  command->add_option("-o,--out", options->out,
                      "run: folder for results, one file a shard; shards whose file is there are not run again. merge: "
                      "file for the summary (JSON)");
  command->callback([options, &exit] { options->action == "merge" ? merge(*options, exit) : run(*options, exit); });
}

}  // namespace portcullis::cli
