// Simulation speed, with every verdict compared.
#include "run/bench_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "device/loader.h"
#include "device/scale_loader.h"
#include "model/engine_model.h"
#include "model/nic_rows.h"
#include "run/bench_machine.h"
#include "run/bench_traffic.h"
#include "run/processor_time.h"
#include "run/progress.h"
#include "run/session.h"
#include "run/tree_model.h"
#include "tables/compile.h"
#include "tables/reference.h"
#include "tables/tree/compile.h"
#include "traffic/generate.h"

namespace portcullis::sim {
namespace {

constexpr std::uint64_t kClockHz = 250'000'000;
constexpr std::uint64_t kPacedRate = 10'000'000'000;
/// Of the packets; a paced one takes many clocks.
constexpr std::uint64_t kPacedShare = 8;

/// One IPv4 prefix and one range of ports a rule, which is what trees hold.
policy::Policy without_lists(policy::Policy policy) {
  const auto keep_first = [](auto& set) { set = {set.intervals().front()}; };
  for (policy::Entry& entry : policy.entries) {
    keep_first(entry.match.source);
    keep_first(entry.match.destination);
    keep_first(entry.match.source_port);
    keep_first(entry.match.destination_port);
  }
  return policy;
}

/// One geometry's filter with the policy in its tables.
class Loaded {
 public:
  Loaded(const policy::Policy& policy, const std::string& geometry, const ModelBenchOptions& options)
      : trees_(tables::tree::Shape::from_name(geometry)), nic_(make(geometry, options)) {
    device::Device device(nic_);
    if (trees_) {
      const tables::tree::ScaleCompiled compiled = tables::tree::compile_scale(policy, *trees_);
      entry_of_number_ = device::entries_by_number(compiled.image);
      model::NicRowSink rows(nic_);
      device::ScaleLoader(device, rows).load(compiled.image);
    } else {
      device::Loader(device).load(tables::compile(policy, tables::Geometry::from_name_or_file(geometry)).image);
    }
    for (unsigned port = 0; port < model::kWirePorts; ++port)
      forward_to_[port] = static_cast<std::uint8_t>(device.forward_to(port));
  }

  /// `rate` 0: as fast as the filter takes frames.
  SessionFigures send(SessionPlan plan, std::uint64_t rate, std::uint64_t packets, std::atomic<std::uint64_t>& done) {
    plan.ports = 1;
    plan.forward_to = forward_to_;
    if (rate != 0) plan.rate.emplace(rate, kClockHz);
    if (trees_) plan.entry_of_number = &entry_of_number_;
    return run_session(nic_, plan, 0, packets, done);
  }

 private:
  std::unique_ptr<model::FilterModel> make(const std::string& geometry, const ModelBenchOptions& options) const {
    model::ModelGeometry of = geometry == "edge" ? model::ModelGeometry::edge : model::ModelGeometry::large;
    if (trees_) of = tree_model(*trees_);
    return options.make_filter ? options.make_filter(of) : model::make_filter_model(of);
  }

  std::optional<tables::tree::Shape> trees_;
  model::Nic nic_;
  std::vector<std::int32_t> entry_of_number_;
  std::array<std::uint8_t, model::kWirePorts> forward_to_{};
};

ModelSpeed measure_packets(const policy::Policy& policy, const std::string& geometry, const ModelBenchOptions& options,
                           std::uint64_t rate, std::uint64_t packets, std::atomic<std::uint64_t>& done) {
  Loaded loaded(policy, geometry, options);
  const traffic::PacketSet set = smallest_frames(policy);
  const std::vector<Expected> expected = expect(policy, set, 1);
  SessionPlan plan;
  plan.policy = &policy;
  plan.packets = &set;
  plan.expected = &expected;
  const double start = processor_seconds();
  const SessionFigures figures = loaded.send(plan, rate, packets, done);
  const double seconds = processor_seconds() - start;
  return {geometry,
          options.width,
          rate == 0 ? "64-byte frames, one a clock"
                    : fmt::format("64-byte frames at {} Gbit/s, 250 MHz", rate / 1'000'000'000),
          figures.accepted,
          figures.mismatches + figures.lost,
          static_cast<double>(figures.accepted) / seconds,
          static_cast<double>(figures.clocks) / seconds};
}

ModelSpeed measure_lookups(const policy::Policy& policy, std::uint64_t lookups, std::atomic<std::uint64_t>& done) {
  const traffic::RandomKeys source(policy, 1);
  traffic::Random random(kBenchSeed);
  std::vector<policy::Key> keys(kDistinctFrames);
  std::vector<std::int32_t> expected;
  for (policy::Key& key : keys) {
    key = source.next(random);
    const auto entry = tables::first_match(policy, key);
    expected.push_back(entry ? static_cast<std::int32_t>(*entry) : -1);
  }
  model::EngineModel engine;
  engine.load(tables::compile(policy, tables::Geometry::large()).image);
  std::vector<model::EngineVerdict> verdicts(kDistinctFrames);
  ModelSpeed bench{"large", 0, "lookups at the engine's key port, one a clock"};
  const std::uint64_t first_clock = engine.clocks();
  const double start = processor_seconds();
  while (bench.packets < lookups) {
    engine.look_up(keys, verdicts);
    for (std::size_t i = 0; i < keys.size(); ++i) bench.mismatches += verdicts[i].rule != expected[i] ? 1 : 0;
    bench.packets += keys.size();
    done += keys.size();
  }
  const double seconds = processor_seconds() - start;
  bench.packets_per_second = static_cast<double>(bench.packets) / seconds;
  bench.clocks_per_second = static_cast<double>(engine.clocks() - first_clock) / seconds;
  return bench;
}

}  // namespace

std::vector<ModelSpeed> bench_model(const ModelBenchOptions& options) {
  const policy::Policy policy = bench_policy();
  const std::vector<std::string> parts =
      options.parts.empty() ? std::vector<std::string>{"edge", "large", "engine"} : options.parts;
  const std::uint64_t packets = std::max<std::uint64_t>(options.packets, kDistinctFrames);
  const std::uint64_t paced = packets / kPacedShare;
  const auto engines = static_cast<std::uint64_t>(std::ranges::count(parts, "engine"));
  Progress bar(options.progress, "packets", engines * packets + (parts.size() - engines) * (packets + paced));
  std::vector<ModelSpeed> results;
  for (const std::string& part : parts) {
    if (part == "engine") {
      results.push_back(measure_lookups(policy, packets, bar.done()));
      continue;
    }
    const policy::Policy fits = tables::tree::Shape::from_name(part) ? without_lists(policy) : policy;
    results.push_back(measure_packets(fits, part, options, 0, packets, bar.done()));
    results.push_back(measure_packets(fits, part, options, kPacedRate, paced, bar.done()));
  }
  return results;
}

std::string to_json(const std::vector<ModelSpeed>& results) {
  nlohmann::ordered_json json;
  json["measurement"] = "model";
  json["machine"] = nlohmann::ordered_json::parse(machine_json());
  json["seed"] = kBenchSeed;
  for (const ModelSpeed& b : results)
    json["cases"].push_back({{"geometry", b.geometry},
                             {"data_width", b.width},
                             {"traffic", b.traffic},
                             {"packets", b.packets},
                             {"mismatches", b.mismatches},
                             {"packets_per_second", b.packets_per_second},
                             {"clocks_per_second", b.clocks_per_second}});
  return json.dump();
}

}  // namespace portcullis::sim
