// Simulation speed, with every verdict compared.
#include <fmt/format.h>

#include <algorithm>

#include "device/loader.h"
#include "model/engine_model.h"
#include "run/bench_traffic.h"
#include "run/processor_time.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/session.h"
#include "tables/compile.h"
#include "tables/reference.h"
#include "traffic/generate.h"

namespace portcullis::sim {
namespace {

constexpr std::uint64_t kClockHz = 250'000'000;

ModelBench measure_packets(const policy::Policy& policy, const tables::Geometry& geometry, std::uint64_t rate,
                           std::uint64_t packets, std::atomic<std::uint64_t>& done) {
  const bool edge = geometry.name == "edge";
  model::Nic nic(model::make_filter_model(edge ? model::ModelGeometry::edge : model::ModelGeometry::large));
  device::Device device(nic);
  device::Loader(device).load(tables::compile(policy, geometry).image);
  const traffic::PacketSet set = smallest_frames(policy);
  const std::vector<Expected> expected = expect(policy, set, 1);
  SessionPlan plan;
  plan.policy = &policy;
  plan.packets = &set;
  plan.expected = &expected;
  plan.ports = 1;
  if (rate != 0) plan.rate.emplace(rate, kClockHz);
  for (unsigned port = 0; port < model::kWirePorts; ++port)
    plan.forward_to[port] = static_cast<std::uint8_t>(device.forward_to(port));
  const double start = processor_seconds();
  const SessionFigures figures = run_session(nic, plan, 0, packets, done);
  const double seconds = processor_seconds() - start;
  return {geometry.name,
          rate == 0 ? "64-byte frames, one a clock"
                    : fmt::format("64-byte frames at {} Gbit/s, 250 MHz", rate / 1'000'000'000),
          figures.accepted,
          figures.mismatches + figures.lost,
          static_cast<double>(figures.accepted) / seconds,
          static_cast<double>(figures.clocks) / seconds};
}

ModelBench measure_lookups(const policy::Policy& policy, std::uint64_t lookups, std::atomic<std::uint64_t>& done) {
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
  ModelBench bench{"large", "lookups at the engine's key port, one a clock"};
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

std::vector<ModelBench> bench_model(std::uint64_t packets, bool progress) {
  const policy::Policy policy = bench_policy();
  constexpr std::uint64_t kPacedShare = 8;  // a paced packet takes many clocks
  packets = std::max<std::uint64_t>(packets, kDistinctFrames);
  Progress bar(progress, "packets", 3 * packets + 2 * (packets / kPacedShare));
  std::vector<ModelBench> results;
  for (const tables::Geometry& geometry : {tables::Geometry::edge(), tables::Geometry::large()}) {
    results.push_back(measure_packets(policy, geometry, 0, packets, bar.done()));
    results.push_back(measure_packets(policy, geometry, 10'000'000'000, packets / kPacedShare, bar.done()));
  }
  results.push_back(measure_lookups(policy, packets, bar.done()));
  return results;
}

}  // namespace portcullis::sim
