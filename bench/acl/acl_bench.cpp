// `portcullis bench acl`: the match engine beside DPDK's librte_acl on the same rules and headers: time to build, time
// to update, lookups a second. Every answer of both is compared with the reference matcher before a rate is printed.
#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_vect.h>
#include <rte_version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "acl_rules.h"
#include "device/load_sequence.h"
#include "model/engine_model.h"
#include "policy/classbench.h"
#include "run/bench_machine.h"
#include "run/bench_sites.h"
#include "run/processor_time.h"
#include "tables/compile.h"
#include "tables/reference.h"
#include "traffic/generate.h"

namespace {

using namespace portcullis;
using Json = nlohmann::ordered_json;

constexpr std::size_t kKeys = 16'384;
constexpr std::size_t kBurst = 64;  ///< headers a call, twice what the widest method takes at a time
constexpr std::size_t kMostRules = 400'000;
constexpr std::uint64_t kLookups = 4'000'000;

struct Options {
  std::string shared = PORTCULLIS_SHARED_DIR;
  std::string results = PORTCULLIS_SOURCE_DIR "/constraints/results/ecp5-engine.json";
  std::string json;
  unsigned repetitions = 5;
  std::uint64_t seed = 1;
};

/// The middle of an odd number of measurements, the least and the most.
struct Spread {
  double median = 0, least = 0, most = 0;
  explicit Spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    median = values[values.size() / 2];
    least = values.front();
    most = values.back();
  }
  Json json() const { return {{"median", median}, {"least", least}, {"most", most}}; }
};

struct Method {
  enum rte_acl_classify_alg algorithm;
  const char* name;
};
constexpr std::array kMethods{Method{RTE_ACL_CLASSIFY_SCALAR, "scalar"}, Method{RTE_ACL_CLASSIFY_SSE, "sse"},
                              Method{RTE_ACL_CLASSIFY_AVX2, "avx2"}, Method{RTE_ACL_CLASSIFY_AVX512X16, "avx512x16"},
                              Method{RTE_ACL_CLASSIFY_AVX512X32, "avx512x32"}};

struct FreeContext {
  void operator()(rte_acl_ctx* context) const { rte_acl_free(context); }
};
using Context = std::unique_ptr<rte_acl_ctx, FreeContext>;

Context build(const std::vector<bench::AclRule>& rules) {
  static unsigned number = 0;
  const std::string name = fmt::format("bench-{}", number++);
  rte_acl_param parameters{};
  parameters.name = name.c_str();
  parameters.socket_id = SOCKET_ID_ANY;
  parameters.rule_size = RTE_ACL_RULE_SZ(bench::kFields);
  parameters.max_rule_num = static_cast<std::uint32_t>(rules.size());
  Context context(rte_acl_create(&parameters));
  const auto failed = [](const char* what, int error) {
    return std::runtime_error(fmt::format("{}: error {}", what, error));
  };
  if (!context) throw failed("rte_acl_create", rte_errno);
  const rte_acl_config config = bench::acl_config();
  if (const int error = rte_acl_add_rules(context.get(), reinterpret_cast<const rte_acl_rule*>(rules.data()),
                                          static_cast<std::uint32_t>(rules.size())))
    throw failed("rte_acl_add_rules", error);
  if (const int error = rte_acl_build(context.get(), &config)) throw failed("rte_acl_build", error);
  return context;
}

/// Headers of which three in four lie in a random rule, the rest at random borders of the rules or anywhere.
std::vector<policy::Key> make_keys(const policy::Policy& policy, std::uint64_t seed) {
  traffic::Random random(seed);
  const traffic::RandomKeys anywhere(policy, 1);
  const auto inside = [&random]<typename T>(const policy::IntervalSet<T>& set) {
    const auto& interval = set.intervals()[random() % set.size()];
    const T width = interval.last - interval.first;
    switch (random() % 4) {
      case 0:
        return interval.first;
      case 1:
        return interval.last;
      default:
        return static_cast<T>(interval.first + (width == static_cast<T>(~T{0})
                                                    ? static_cast<T>(random())
                                                    : static_cast<T>(random() % (width + 1))));
    }
  };
  std::vector<policy::Key> keys;
  while (keys.size() < kKeys) {
    policy::Key key = anywhere.next(random);
    if (keys.size() % 4 != 0) {
      const policy::Match& match = policy.entries[random() % policy.entries.size()].match;
      key.source = inside(match.source);
      key.destination = inside(match.destination);
      key.source_port = inside(match.source_port);
      key.destination_port = inside(match.destination_port);
      do {
        key.protocol = static_cast<std::uint8_t>(random());
      } while (!match.protocol[key.protocol]);
    }
    if (!policy::is_ipv4(key.source) || !policy::is_ipv4(key.destination)) continue;
    key.source_port = std::min<std::uint32_t>(key.source_port, 0xFFFF);
    key.destination_port = std::min<std::uint32_t>(key.destination_port, 0xFFFF);
    keys.push_back(key);
  }
  return keys;
}

template <typename Work>
Spread time(unsigned repetitions, Work work) {
  std::vector<double> seconds;
  for (unsigned i = 0; i < repetitions; ++i) {
    const double start = sim::processor_seconds();
    work();
    seconds.push_back(sim::processor_seconds() - start);
  }
  return Spread(std::move(seconds));
}

/// One set of rules through both. False if something differed.
bool measure(const std::string& name, const policy::Policy& policy, const Options& options, double engine_mhz,
             Json& sets) {
  Json set = {{"name", name}, {"entries", policy.entries.size()}};
  const std::vector<policy::Key> keys = make_keys(policy, options.seed);
  std::vector<std::int32_t> expected;
  for (const policy::Key& key : keys) {
    const auto entry = tables::first_match(policy, key);
    expected.push_back(entry ? static_cast<std::int32_t>(*entry) : -1);
  }
  const auto hits = std::count_if(expected.begin(), expected.end(), [](std::int32_t e) { return e >= 0; });
  set["headers"] = keys.size();
  set["headers_that_meet_a_rule"] = hits;

  // The engine: tables, rows, answers.
  tables::TableImage image;
  std::string fits = "edge";
  try {
    image = tables::compile_tables(policy, tables::Geometry::edge());
  } catch (const tables::DoesNotFit&) {
    image = tables::compile_tables(policy, tables::Geometry::large());
    fits = "large";
  }
  const tables::Geometry geometry = fits == "edge" ? tables::Geometry::edge() : tables::Geometry::large();
  const Spread compile_seconds = time(options.repetitions, [&] { image = tables::compile_tables(policy, geometry); });
  std::uint64_t rows = 0;
  for (const device::RowWrite& row : device::load_sequence(image)) rows += row.count;
  model::EngineModel engine;
  engine.load(tables::compile(policy, tables::Geometry::large()).image);
  std::vector<model::EngineVerdict> verdicts(keys.size());
  const std::uint64_t before = engine.clocks();
  engine.look_up(keys, verdicts);
  const double clocks_per_lookup =
      static_cast<double>(engine.clocks() - before - engine.latency()) / static_cast<double>(keys.size());
  std::size_t engine_wrong = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) engine_wrong += verdicts[i].rule != expected[i] ? 1 : 0;
  set["engine"] = {{"geometry", fits},
                   {"wrong_answers", engine_wrong},
                   {"clocks_per_lookup", clocks_per_lookup},
                   {"lookups_per_second", engine_mhz * 1e6 / clocks_per_lookup},
                   {"compile_seconds", compile_seconds.json()},
                   {"rows", rows},
                   {"load_seconds", static_cast<double>(rows) / (engine_mhz * 1e6)}};

  const auto rules = bench::acl_rules(policy, kMostRules);
  if (!rules) {
    set["rte_acl"] = {{"refused", fmt::format("more than {} rules", kMostRules)}};
    fmt::print("{:<22} {:>7} {:>9}  not built: more than {} rules\n", name, policy.entries.size(), "-", kMostRules);
    sets.push_back(std::move(set));
    return engine_wrong == 0;
  }
  Context context;
  const Spread build_seconds = time(options.repetitions, [&] { context = build(*rules); });
  std::vector<bench::AclKey> packed;
  for (const policy::Key& key : keys) packed.push_back(bench::acl_key(key));
  std::vector<const std::uint8_t*> pointers;
  for (const bench::AclKey& key : packed) pointers.push_back(&key.protocol);
  std::vector<std::uint32_t> answers(keys.size());
  const auto classify = [&](enum rte_acl_classify_alg algorithm) {
    for (std::size_t i = 0; i < keys.size(); i += kBurst) {
      if (rte_acl_classify_alg(context.get(), &pointers[i], &answers[i], kBurst, 1, algorithm) != 0) return false;
    }
    return true;
  };
  Json methods;
  std::size_t acl_wrong = 0;
  std::string best;
  double best_rate = 0;
  for (const Method& method : kMethods) {
    if (rte_acl_set_ctx_classify(context.get(), method.algorithm) != 0) continue;  // this processor has it not
    std::fill(answers.begin(), answers.end(), 0xDEAD);
    if (!classify(method.algorithm)) continue;
    for (std::size_t i = 0; i < keys.size(); ++i)
      acl_wrong += static_cast<std::int32_t>(answers[i]) - 1 != expected[i] ? 1 : 0;
    const Spread seconds = time(options.repetitions, [&] {
      for (std::uint64_t done = 0; done < kLookups; done += kKeys) classify(method.algorithm);
    });
    const double lookups = static_cast<double>((kLookups + kKeys - 1) / kKeys * kKeys);
    const double rate = lookups / seconds.median;
    methods[method.name] = {
        {"lookups_per_second", rate}, {"least", lookups / seconds.most}, {"most", lookups / seconds.least}};
    if (rate > best_rate) {
      best_rate = rate;
      best = method.name;
    }
  }
  set["rte_acl"] = {{"rules", rules->size()},
                    {"wrong_answers", acl_wrong},
                    {"build_seconds", build_seconds.json()},
                    {"best", best},
                    {"methods", methods}};
  if (engine_wrong != 0 || acl_wrong != 0) {
    fmt::print("{:<22} wrong answers: engine {}, rte_acl {}: no figures\n", name, engine_wrong, acl_wrong);
  } else {
    fmt::print("{:<22} {:>7} {:>9} {:>11.1f} {:>11.1f} {:>10} {:>12.2f} {:>12.1f} {:>8.1f} {:>9} {:>9.1f}\n", name,
               policy.entries.size(), rules->size(), compile_seconds.median * 1e3, build_seconds.median * 1e3, best,
               best_rate / 1e6, engine_mhz / clocks_per_lookup, engine_mhz * 1e6 / clocks_per_lookup / best_rate, rows,
               static_cast<double>(rows) / engine_mhz);
  }
  std::fflush(stdout);
  sets.push_back(std::move(set));
  return engine_wrong == 0 && acl_wrong == 0;
}

int run(const Options& options) {
  std::ifstream file(options.results);
  if (!file)
    throw std::runtime_error(options.results + ": cannot be read; it holds the engine's placed and routed clock");
  double engine_mhz = 0;
  std::string point;
  const Json results = Json::parse(file);
  for (const Json& p : results.at("points")) {
    if (p.at("fmax_capped_mhz").get<double>() > engine_mhz) {
      engine_mhz = p.at("fmax_capped_mhz").get<double>();
      point = p.at("name").get<std::string>();
    }
  }
  fmt::print("engine at {} MHz, placed and routed as {}; rte_acl of {} on one core of {}\n\n", engine_mhz, point,
             rte_version(), sim::machine_text());
  fmt::print("{:<22} {:>7} {:>9} {:>11} {:>11} {:>10} {:>12} {:>12} {:>8} {:>9} {:>9}\n", "rules", "entries",
             "acl rules", "compile ms", "acl ms", "best", "acl M/s", "engine M/s", "ratio", "rows", "load us");
  Json sets = Json::array();
  bool right = true;
  const std::filesystem::path shared = options.shared;
  for (const char* name : {"acl1_1k", "fw1_1k", "ipc1_1k"})
    right &= measure(name, bench::five_tuples(policy::read_classbench(shared / "classbench" / name)), options,
                     engine_mhz, sets);
  for (const char* seed : {"seed-000", "seed-001", "seed-002", "seed-003", "seed-004"}) {
    for (const unsigned prefixes : {3U, 10U, 30U}) {
      const auto site =
          std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "tests/data/sites" / (std::string(seed) + ".yaml");
      const std::string name = fmt::format("{} x {}", seed, prefixes);
      try {
        right &= measure(name, bench::five_tuples(sim::policy_of_site(site, shared / "seeds", prefixes, options.seed)),
                         options, engine_mhz, sets);
      } catch (const std::exception& error) {
        fmt::print("{:<22} not measured: {}\n", name, error.what());
        sets.push_back(Json{{"name", name}, {"not_measured", error.what()}});
      }
    }
  }
  if (!options.json.empty()) {
    Json json = {{"measurement", "acl"},
                 {"machine", Json::parse(sim::machine_json())},
                 {"dpdk", rte_version()},
                 {"engine_mhz", engine_mhz},
                 {"engine_point", point},
                 {"seed", options.seed},
                 {"repetitions", options.repetitions},
                 {"sets", std::move(sets)}};
    std::ofstream out(options.json);
    out << json.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error(options.json + ": could not be written");
  }
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The match engine beside DPDK's packet classifier.", "portcullis-bench-acl"};
  Options options;
  app.add_option("--shared", options.shared, "folder with classbench/ and seeds/")->capture_default_str();
  app.add_option("--results", options.results, "placed and routed clocks of the engine")->capture_default_str();
  app.add_option("--json", options.json, "write the raw figures as JSON");
  app.add_option("--repetitions", options.repetitions, "of which the median is taken")->check(CLI::Range(1, 1000));
  app.add_option("--seed", options.seed, "seed of headers and prefixes");
  CLI11_PARSE(app, argc, argv);
  std::vector<std::string> words{
      "portcullis-bench-acl", "--no-huge",      "-m",         "2048",          "--no-pci",
      "--no-shconf",          "--no-telemetry", "--lcores=0", "--log-level=4", "--force-max-simd-bitwidth=512"};
  std::vector<char*> eal;
  for (std::string& word : words) eal.push_back(word.data());
  try {
    if (rte_eal_init(static_cast<int>(eal.size()), eal.data()) < 0)
      throw std::runtime_error(fmt::format("DPDK did not start: error {}", rte_errno));
    const int result = run(options);
    rte_eal_cleanup();
    return result;
  } catch (const std::exception& error) {
    std::cerr << "portcullis-bench-acl: " << error.what() << '\n';
    return 2;
  }
}
