#include "run/campaign.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <system_error>

#include "device/load_sequence.h"
#include "device/loader.h"
#include "model/nic.h"
#include "run/counter_check.h"
#include "run/processor_time.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/session.h"
#include "tables/compile.h"
#include "traffic/random_policy.h"

namespace portcullis::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Bumped whenever the same seed makes other cases.
constexpr unsigned kGeneration = 1;
/// Different packets of a case; one in which policies are exchanged sends them several times.
constexpr std::uint64_t kCasePackets = 50'000;
constexpr std::uint64_t kExchangeRounds = 4;
/// A wire that is this much slower than the filter leaves most clocks empty; such cases get fewer packets.
constexpr std::uint64_t kSparsePackets = 10'000;

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): seeds that are near one
/// another give streams that have nothing in common.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9E37'79B9'7F4A'7C15;
  value = (value ^ (value >> 30U)) * 0xBF58'476D'1CE4'E5B9;
  value = (value ^ (value >> 27U)) * 0x94D0'49BB'1331'11EB;
  return value ^ (value >> 31U);
}

std::uint64_t first_packet(const CampaignPlan& plan, unsigned shard) {
  // Without overflow: packets up to 2^64 / kMostShards.
  return plan.packets * shard / plan.shards;
}

/// What a case is made of, drawn from its seed.
struct CasePlan {
  std::uint64_t seed = 0;
  bool large = false;
  traffic::Pool pool = traffic::Pool::spread;
  unsigned ports = 1;
  std::uint64_t rate = 0;  ///< bits per second and port; 0: as fast as the filter takes frames
  double clock_mhz = 250;
  bool sparse = false;
  unsigned source_stalls = 0, sink_stalls = 0;  ///< per cent
  bool load_by_rows = false;
  bool exchange = false;
  std::uint64_t packets = 0;

  std::string line_text() const {
    return rate == 0 ? "as fast as the filter takes them" : fmt::format("{:g} Gbit/s", static_cast<double>(rate) / 1e9);
  }
};

CasePlan draw_case(const CampaignPlan& plan, unsigned shard, std::uint64_t number, std::uint64_t left) {
  CasePlan c;
  c.seed = mix(mix(mix(plan.seed) ^ shard) ^ number);
  traffic::Random random(c.seed);
  const auto below = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
  c.large = below(4) == 0;
  c.pool = below(2) == 0 ? traffic::Pool::spread : traffic::Pool::dense;
  c.ports = 1 + below(2);
  constexpr std::array<std::uint64_t, 5> kRates{0, 10'000'000'000, 25'000'000'000, 40'000'000'000, 100'000'000'000};
  c.rate = kRates[below(kRates.size())];
  c.sparse = c.rate != 0 && below(8) == 0;
  if (c.rate != 0) {
    // A clock for each smallest frame of all ports takes 1.49 MHz a Gbit/s. From a little less, where the receive
    // buffers overflow, to twice as much; sparse ones to eight times.
    const double needed = static_cast<double>(c.rate) * c.ports / (8 * 84.0) / 1e6;
    c.clock_mhz = std::min(1000.0, needed * (c.sparse ? 8 : 0.95 + 0.01 * below(106)));
  }
  if (below(4) == 0) c.source_stalls = below(60);
  if (below(4) == 0) c.sink_stalls = below(60);
  c.load_by_rows = below(2) == 0;
  c.exchange = below(4) == 0;
  c.packets = std::min(left, c.sparse ? kSparsePackets : c.exchange ? kExchangeRounds * kCasePackets : kCasePackets);
  return c;
}

/// A policy in the filter, and what the reference says of the case's packets.
struct Loaded {
  policy::Policy policy;
  tables::TableImage image;
  std::vector<Expected> expected;
};

class Case {
 public:
  Case(const CasePlan& plan, const FilterMaker& filters) : plan_(plan), filters_(filters) {}

  CampaignFigures run(std::vector<std::string>& what) {
    CampaignFigures figures;
    const tables::Geometry geometry = plan_.large ? tables::Geometry::large() : tables::Geometry::edge();
    traffic::RandomPolicy policies(plan_.seed, plan_.pool);
    std::array<Loaded, 2> loaded;
    const unsigned count = plan_.exchange ? 2 : 1;
    for (unsigned i = 0; i < count; ++i) {
      loaded[i].policy = policies.make();
      loaded[i].image = tables::compile(loaded[i].policy, geometry).image;
      figures.entries += loaded[i].policy.entries.size();
    }
    const std::uint64_t distinct = std::min(plan_.packets, kCasePackets);
    const traffic::PacketSet packets =
        traffic::make_traffic(loaded[0].policy, plan_.ports, plan_.seed, static_cast<std::size_t>(distinct)).packets;
    for (unsigned i = 0; i < count; ++i) loaded[i].expected = expect(loaded[i].policy, packets, 1);

    model::Nic nic(filters_(plan_.large ? model::ModelGeometry::large : model::ModelGeometry::edge));
    device::Device device(nic);
    figures.probes += load(nic, device, loaded[0].image);
    const unsigned first_bank = device.active_bank();
    nic.set_stalls(plan_.source_stalls, plan_.sink_stalls, plan_.seed);

    SessionPlan session;
    session.policy = &loaded[0].policy;
    session.expected = &loaded[0].expected;
    session.packets = &packets;
    session.ports = plan_.ports;
    session.active_bank = first_bank;
    if (plan_.rate != 0) session.rate.emplace(plan_.rate, static_cast<std::uint64_t>(plan_.clock_mhz * 1e6));
    for (unsigned port = 0; port < model::kWirePorts; ++port)
      session.forward_to[port] = static_cast<std::uint8_t>(device.forward_to(port));
    if (plan_.exchange) {
      session.other = OtherTables{&loaded[1].policy, &loaded[1].expected};
      session.meanwhile = [&] {
        figures.probes += load(nic, device, loaded[device.active_bank() == first_bank ? 1 : 0].image);
      };
    }
    std::atomic<std::uint64_t> done{0};
    const SessionFigures sent = run_session(nic, session, 0, plan_.packets, done);
    nic.set_rate(std::nullopt);
    nic.set_stalls(0, 0, 0);

    what = sent.first_mismatches;
    figures.cases = 1;
    figures.policies = count;
    figures.packets = sent.accepted;
    figures.lost = sent.lost;
    figures.permits = sent.permits;
    figures.clocks = sent.clocks;
    figures.exchanges = sent.exchanges;
    figures.mismatches = sent.mismatches;
    for (const PortFigures& port : sent.ports) figures.bytes += port.bytes;
    for (unsigned cause = 0; cause < sent.by_policy_cause.size(); ++cause) {
      if (sent.by_policy_cause[cause] != 0) {
        figures.packets_by_cause[std::string(policy::to_string(static_cast<policy::Cause>(cause)))] +=
            sent.by_policy_cause[cause];
      }
    }
    count_conditions(sent.accepted, figures);

    // Counters of the bank that decided last: of all its packets, since they began at 0 when it was loaded.
    const policy::Policy& last = loaded[sent.last_bank == first_bank ? 0 : 1].policy;
    const auto bank = device.active_bank() == sent.last_bank ? device::Bank::active : device::Bank::shadow;
    std::vector<std::string> differences = counter_differences(device, bank, last, sent.by_entry, sent.by_cause);
    figures.counters += 2 * (last.entries.size() + device::kCauses);
    figures.counter_differences += differences.size();
    what.insert(what.end(), differences.begin(), differences.end());
    return figures;
  }

 private:
  /// Through the registers or the row-wide port; gives the number of probes that the device answered.
  std::size_t load(model::Nic& nic, device::Device& device, const tables::TableImage& image) const {
    device::Loader loader(device);
    if (!plan_.load_by_rows) return loader.load(image).probes;
    loader.check_geometry(image);
    device.wait_for_shadow();
    device.clear_shadow_counters();
    for (const device::RowWrite& row : device::load_sequence(image)) {
      for (unsigned i = 0; i < row.count; ++i) nic.load_row(row.target, row.index + i, row.words);
    }
    const std::vector<device::ProbeFailure> failures = loader.self_test(image);
    if (!failures.empty()) {
      throw device::LoadRefused(fmt::format("{} of {} self-test probes failed", failures.size(), image.probes.size()),
                                failures);
    }
    device.flip();
    return image.probes.size();
  }

  void count_conditions(std::uint64_t packets, CampaignFigures& figures) const {
    const auto add = [&](const std::string& condition) { figures.packets_by_condition[condition] += packets; };
    add(plan_.large ? "geometry large" : "geometry edge");
    add("line " + plan_.line_text());
    add(plan_.ports == 1 ? "1 port" : "2 ports");
    if (plan_.source_stalls != 0) add("sources rest at random");
    if (plan_.sink_stalls != 0) add("sinks rest at random");
    add(plan_.load_by_rows ? "loaded by rows" : "loaded by registers");
    if (plan_.exchange) add("policies exchanged under traffic");
    add(plan_.pool == traffic::Pool::dense ? "dense intervals" : "spread intervals");
  }

  const CasePlan& plan_;
  const FilterMaker& filters_;
};

void check(const CampaignPlan& plan) {
  if (plan.shards < 1 || plan.shards > kMostShards)
    throw RunError(fmt::format("{} shards: a campaign has 1 to {}", plan.shards, kMostShards));
  constexpr std::uint64_t kMostPackets = std::uint64_t{1} << 43U;  // times kMostShards fits 64 bits
  if (plan.packets < plan.shards || plan.packets > kMostPackets) {
    throw RunError(fmt::format("{} packets in {} shards: give at least one a shard and at most {}", plan.packets,
                               plan.shards, kMostPackets));
  }
}

Json plan_json(const CampaignPlan& plan) {
  return {{"version", PORTCULLIS_VERSION},
          {"generation", kGeneration},
          {"seed", plan.seed},
          {"packets", plan.packets},
          {"shards", plan.shards}};
}

struct NamedFigure {
  const char* name;
  std::uint64_t CampaignFigures::*member;
};
constexpr std::array kFigures{NamedFigure{"cases", &CampaignFigures::cases},
                              NamedFigure{"policies", &CampaignFigures::policies},
                              NamedFigure{"entries", &CampaignFigures::entries},
                              NamedFigure{"probes", &CampaignFigures::probes},
                              NamedFigure{"packets", &CampaignFigures::packets},
                              NamedFigure{"bytes", &CampaignFigures::bytes},
                              NamedFigure{"lost", &CampaignFigures::lost},
                              NamedFigure{"permits", &CampaignFigures::permits},
                              NamedFigure{"clocks", &CampaignFigures::clocks},
                              NamedFigure{"exchanges", &CampaignFigures::exchanges},
                              NamedFigure{"counters", &CampaignFigures::counters},
                              NamedFigure{"mismatches", &CampaignFigures::mismatches},
                              NamedFigure{"counter_differences", &CampaignFigures::counter_differences},
                              NamedFigure{"failures", &CampaignFigures::failures}};

Json figures_json(const CampaignFigures& figures) {
  Json json;
  for (const NamedFigure& figure : kFigures) json[figure.name] = figures.*figure.member;
  json["packets_by_cause"] = figures.packets_by_cause;
  json["packets_by_condition"] = figures.packets_by_condition;
  return json;
}

CampaignFigures figures_from(const Json& json) {
  CampaignFigures figures;
  for (const NamedFigure& figure : kFigures) figures.*figure.member = json.at(figure.name).get<std::uint64_t>();
  json.at("packets_by_cause").get_to(figures.packets_by_cause);
  json.at("packets_by_condition").get_to(figures.packets_by_condition);
  return figures;
}

/// A shard's file: what campaign, which shard, what came of it; and, apart from the result, how long it took.
struct ShardFile {
  Json plan;
  unsigned shard = 0;
  Json result;
  double seconds = 0;
};

/// Nothing if it is not there or damaged.
std::optional<ShardFile> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  try {
    const Json json = Json::parse(in);
    ShardFile out;
    out.plan = json.at("campaign");
    out.shard = json.at("shard").get<unsigned>();
    out.result = json.at("result");
    out.seconds = json.at("measured").at("seconds").get<double>();
    figures_from(out.result.at("figures"));
    return out;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

CampaignPlan plan_from(const Json& json) {
  return {json.at("seed").get<std::uint64_t>(), json.at("packets").get<std::uint64_t>(),
          json.at("shards").get<unsigned>()};
}

std::string shards_text(const std::vector<unsigned>& shards) {
  std::string text;
  for (std::size_t i = 0; i < shards.size();) {
    std::size_t end = i + 1;
    while (end < shards.size() && shards[end] == shards[end - 1] + 1) ++end;
    text += text.empty() ? "" : ",";
    text += end - i == 1 ? std::to_string(shards[i]) : fmt::format("{}-{}", shards[i], shards[end - 1]);
    i = end;
  }
  return text;
}

std::string figures_text(const CampaignFigures& f) {
  std::string out = fmt::format(
      "cases        {} cases, {} policies with {} entries, {} exchanges of policies under traffic, {} probes\n"
      "packets      {} decided and compared, {} bytes, {} permitted, in {} clocks; {} lost in front of filters too "
      "slow "
      "for their line\n"
      "mismatches   {} of packets, {} of {} counters; {} cases ended in an error\n",
      f.cases, f.policies, f.entries, f.exchanges, f.probes, f.packets, f.bytes, f.permits, f.clocks, f.lost,
      f.mismatches, f.counter_differences, f.counters, f.failures);
  for (const auto& [cause, packets] : f.packets_by_cause)
    out += fmt::format("  decided by {:<42} {:>14}\n", cause, packets);
  for (const auto& [condition, packets] : f.packets_by_condition)
    out += fmt::format("  {:<53} {:>14}\n", condition, packets);
  return out;
}

}  // namespace

CampaignFigures& CampaignFigures::operator+=(const CampaignFigures& other) {
  for (const NamedFigure& figure : kFigures) this->*figure.member += other.*figure.member;
  for (const auto& [cause, packets] : other.packets_by_cause) packets_by_cause[cause] += packets;
  for (const auto& [condition, packets] : other.packets_by_condition) packets_by_condition[condition] += packets;
  return *this;
}

ShardResult run_shard(const CampaignPlan& plan, unsigned shard, std::optional<std::uint64_t> only, bool progress,
                      const FilterMaker& filters) {
  check(plan);
  if (shard >= plan.shards)
    throw RunError(fmt::format("shard {}: with {} they are numbered from 0", shard, plan.shards));
  ShardResult result;
  result.plan = plan;
  result.shard = shard;
  const double start = processor_seconds();
  const std::uint64_t total = first_packet(plan, shard + 1) - first_packet(plan, shard);
  Progress bar(progress, fmt::format("packets of shard {}", shard), total);
  std::uint64_t sent = 0;
  for (std::uint64_t number = 0; sent < total; ++number) {
    const CasePlan drawn = draw_case(plan, shard, number, total - sent);
    sent += drawn.packets;
    if (only && *only != number) continue;
    std::vector<std::string> what;
    CampaignFigures figures;
    try {
      figures = Case(drawn, filters).run(what);
    } catch (const std::exception& error) {
      figures = {};
      figures.cases = figures.failures = 1;
      what = {error.what()};
    }
    result.figures += figures;
    if (!figures.ok() && result.failures.size() < kWordedFailures) {
      result.failures.push_back(fmt::format("{}\n  repeat: {}", what.empty() ? "no reason given" : what.front(),
                                            repeat_command(plan, shard, number)));
    }
    bar.done() += drawn.packets;
  }
  if (only && result.figures.cases == 0) throw RunError(fmt::format("case {}: shard {} has fewer", *only, shard));
  result.seconds = processor_seconds() - start;
  return result;
}

std::string repeat_command(const CampaignPlan& plan, unsigned shard, std::optional<std::uint64_t> only) {
  return fmt::format("portcullis campaign --seed {} --packets {} --shards {} --shard {}{}", plan.seed, plan.packets,
                     plan.shards, shard, only ? fmt::format(" --case {}", *only) : "");
}

std::string shard_file_name(const CampaignPlan& plan, unsigned shard) {
  return fmt::format("shard-{:06}-of-{:06}.json", shard, plan.shards);
}

void write_shard(const std::filesystem::path& folder, const ShardResult& result) {
  Json json;
  json["campaign"] = plan_json(result.plan);
  json["shard"] = result.shard;
  json["result"] = {{"figures", figures_json(result.figures)}, {"failures", result.failures}};
  json["repeat"] = repeat_command(result.plan, result.shard);
  json["measured"] = {{"seconds", result.seconds}};
  const std::filesystem::path file = folder / shard_file_name(result.plan, result.shard);
  const std::filesystem::path written = fmt::format("{}.{}.tmp", file.string(), getpid());
  const auto failed = [&file] {
    return RunError(fmt::format("{}: cannot be written: {}", file.string(), std::generic_category().message(errno)));
  };
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  {
    std::ofstream out(written, std::ios::binary);
    out << json.dump(1) << '\n';
    if (!out.flush()) throw failed();
  }
  std::filesystem::rename(written, file, error);
  if (error) throw RunError(fmt::format("{}: cannot be written: {}", file.string(), error.message()));
}

std::optional<ShardResult> read_shard(const std::filesystem::path& file, const CampaignPlan& plan, unsigned shard) {
  const std::optional<ShardFile> read = read_file(file);
  if (!read) return std::nullopt;
  if (read->plan != plan_json(plan) || read->shard != shard) {
    throw RunError(
        fmt::format("{}: is of another campaign ({}); give another folder", file.string(), read->plan.dump()));
  }
  ShardResult result;
  result.plan = plan;
  result.shard = shard;
  result.figures = figures_from(read->result.at("figures"));
  result.failures = read->result.at("failures").get<std::vector<std::string>>();
  result.seconds = read->seconds;
  return result;
}

CampaignSummary merge_campaign(const std::vector<std::filesystem::path>& sources) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& source : sources) {
    if (!std::filesystem::is_directory(source)) {
      files.push_back(source);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(source)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  CampaignSummary summary;
  std::map<unsigned, std::pair<ShardFile, std::filesystem::path>> shards;
  for (const std::filesystem::path& file : files) {
    std::optional<ShardFile> read = read_file(file);
    if (!read) {
      summary.damaged.push_back(file.string());
      continue;
    }
    if (!shards.empty() && shards.begin()->second.first.plan != read->plan) {
      throw RunError(fmt::format("{}: is of another campaign ({}) than {} ({})", file.string(), read->plan.dump(),
                                 shards.begin()->second.second.string(), shards.begin()->second.first.plan.dump()));
    }
    const auto [found, added] = shards.try_emplace(read->shard, *read, file);
    if (added) continue;
    if (found->second.first.result != read->result) {
      throw RunError(fmt::format("{} and {}: two results of shard {} that differ; run it anew: {}",
                                 found->second.second.string(), file.string(), read->shard,
                                 repeat_command(plan_from(read->plan), read->shard)));
    }
    ++summary.repeated;
  }
  if (shards.empty()) throw RunError("no result of a shard among the files; give the folder that --out named");
  summary.plan = plan_from(shards.begin()->second.first.plan);
  for (unsigned shard = 0; shard < summary.plan.shards; ++shard) {
    const auto found = shards.find(shard);
    if (found == shards.end()) {
      summary.missing.push_back(shard);
      continue;
    }
    const ShardFile& file = found->second.first;
    summary.figures += figures_from(file.result.at("figures"));
    for (const Json& failure : file.result.at("failures")) summary.failures.push_back(failure.get<std::string>());
    summary.seconds += file.seconds;
  }
  return summary;
}

std::string to_text(const ShardResult& result) {
  std::string out = fmt::format("shard        {} of {}, seed {}, campaign of {} packets\n", result.shard,
                                result.plan.shards, result.plan.seed, result.plan.packets) +
                    figures_text(result.figures);
  out += fmt::format("time         {:.1f} s of processor time, {:.0f} packets/s\n", result.seconds,
                     static_cast<double>(result.figures.packets) / std::max(result.seconds, 1e-9));
  for (const std::string& failure : result.failures) out += failure + '\n';
  return out;
}

std::string to_text(const CampaignSummary& s) {
  std::string out = fmt::format("campaign     seed {}, {} packets in {} shards; {} shards here{}\n", s.plan.seed,
                                s.plan.packets, s.plan.shards, s.plan.shards - s.missing.size(),
                                s.repeated == 0 ? "" : fmt::format(", {} files say the same again", s.repeated)) +
                    figures_text(s.figures);
  out += fmt::format("time         {:.0f} s of processor time\n", s.seconds);
  for (const std::string& file : s.damaged) out += file + ": damaged, not counted\n";
  if (!s.missing.empty()) {
    out += fmt::format("missing      {} shards: {}\n  run: {} --out FOLDER\n", s.missing.size(), shards_text(s.missing),
                       repeat_command(s.plan, s.missing.front()));
  }
  for (const std::string& failure : s.failures) out += failure + '\n';
  return out;
}

std::string to_json(const CampaignSummary& s) {
  Json json;
  json["campaign"] = plan_json(s.plan);
  json["complete"] = s.complete();
  json["missing"] = s.missing;
  json["figures"] = figures_json(s.figures);
  json["failures"] = s.failures;
  return json.dump(1);
}

}  // namespace portcullis::sim
