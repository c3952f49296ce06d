// A verification campaign: random policies x traffic x geometries x line rates through the cycle-accurate filter, cut
// into shards that know nothing of each other. A shard is decided by the campaign's parameters and its number alone, so
// it gives the same result on any machine, as often as it is run; results merge exactly. docs/campaign.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/filter_model.h"

namespace portcullis::sim {

/// What decides a campaign. Results merge only if all of it is the same, and the version of Portcullis as well.
struct CampaignPlan {
  std::uint64_t seed = 1;
  std::uint64_t packets = 1'000'000;  ///< of the whole campaign
  unsigned shards = 1;                ///< 1 to kMostShards
  friend bool operator==(const CampaignPlan&, const CampaignPlan&) = default;
};
inline constexpr unsigned kMostShards = 1'000'000;

/// Sums over cases. Every member is a sum, so that shards add up in any order.
struct CampaignFigures {
  std::uint64_t cases = 0;
  std::uint64_t policies = 0;
  std::uint64_t entries = 0;  ///< of all policies
  std::uint64_t probes = 0;   ///< self-test lookups of all loads
  std::uint64_t packets = 0;  ///< decided and compared
  std::uint64_t bytes = 0;    ///< of these, without FCS
  std::uint64_t lost = 0;     ///< found the receive buffer of a line that is too fast full; not compared
  std::uint64_t permits = 0;
  std::uint64_t clocks = 0;
  std::uint64_t exchanges = 0;   ///< of policies under traffic
  std::uint64_t counters = 0;    ///< compared
  std::uint64_t mismatches = 0;  ///< verdicts, frames, metadata, stray events
  std::uint64_t counter_differences = 0;
  std::uint64_t failures = 0;                                 ///< cases that ended in an error
  std::map<std::string, std::uint64_t> packets_by_cause;      ///< rule, default, malformed kinds...
  std::map<std::string, std::uint64_t> packets_by_condition;  ///< geometry, line, ports, stalls, way of loading
  CampaignFigures& operator+=(const CampaignFigures& other);
  bool ok() const { return mismatches == 0 && counter_differences == 0 && failures == 0; }
  friend bool operator==(const CampaignFigures&, const CampaignFigures&) = default;
};

struct ShardResult {
  CampaignPlan plan;
  unsigned shard = 0;
  CampaignFigures figures;
  /// Per case that is not right: what was wrong first, and the command that repeats it. At most kWordedFailures.
  std::vector<std::string> failures;
  double seconds = 0;  ///< of processor time; no part of the result
};
inline constexpr std::size_t kWordedFailures = 20;

/// Makes the filter of a case, of geometry edge or large.
using FilterMaker = std::function<std::unique_ptr<model::FilterModel>(model::ModelGeometry)>;

/// Runs shard `shard` (below plan.shards), or of it only case `only`. Throws RunError on a plan that cannot be.
ShardResult run_shard(const CampaignPlan& plan, unsigned shard, std::optional<std::uint64_t> only = {},
                      bool progress = false, const FilterMaker& filters = model::make_filter_model);

/// The command that repeats a shard, or a case of it.
std::string repeat_command(const CampaignPlan& plan, unsigned shard, std::optional<std::uint64_t> only = {});

/// shard-0000007-of-0000100.json
std::string shard_file_name(const CampaignPlan& plan, unsigned shard);
/// Written beside itself and then renamed: a file of this name is whole or not there. Throws RunError.
void write_shard(const std::filesystem::path& folder, const ShardResult& result);
/// Nothing if there is no such file, or it is damaged (it is then to be written anew). Throws RunError if it is a whole
/// file of another campaign or version.
std::optional<ShardResult> read_shard(const std::filesystem::path& file, const CampaignPlan& plan, unsigned shard);

struct CampaignSummary {
  CampaignPlan plan;
  CampaignFigures figures;
  std::vector<unsigned> missing;      ///< shards without a result
  std::uint64_t repeated = 0;         ///< files that said again what another one had said
  std::vector<std::string> failures;  ///< with the commands that repeat them, in the order of shards
  std::vector<std::string> damaged;   ///< files that are no result
  double seconds = 0;                 ///< of processor time, all shards
  bool complete() const { return missing.empty(); }
};

/// Merges the results in files and folders (all *.json in them). A shard that is there several times counts once;
/// throws RunError if its results are not the same, or if results are of different campaigns or there is none.
CampaignSummary merge_campaign(const std::vector<std::filesystem::path>& sources);

std::string to_text(const ShardResult& result);
std::string to_text(const CampaignSummary& summary);
/// The same bytes for the same results, whatever files they came in.
std::string to_json(const CampaignSummary& summary);

}  // namespace portcullis::sim
