#include "run/bench_rfc2544.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "device/loader.h"
#include "model/nic.h"
#include "run/bench_machine.h"
#include "run/counter_check.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/session.h"
#include "tables/compile.h"
#include "traffic/line_rate.h"

namespace portcullis::sim {
namespace {

using traffic::Family;
using traffic::kFullLoad;

/// Frames of a set; they repeat.
constexpr std::size_t kSetFrames = 1536;
/// A trial has as many frames as this many clocks take, within these limits.
constexpr double kTrialClocks = 150'000;
constexpr double kLeastFrames = 512;  // RFC 8219, 7.2 asks for 500 at least
constexpr double kMostFrames = 16'384;
constexpr double kMostLossFrames = 300'000;
/// Frames that can wait in front of the engine: the receive buffer's and the filter's own (FIFO_BYTES of
/// rtl/nic/pcl_filter.sv), in bytes.
constexpr double kBufferBytes = static_cast<double>(model::kReceiveBuffer) + 32'768;
/// More clocks than the wait of a frame varies by under a load that is carried.
constexpr std::int64_t kSteady = 6;
constexpr unsigned kMostClockMhz = 1000;

struct Measured {
  Trial trial;
  PacketTimes times;
  std::vector<std::uint64_t> decided;  ///< clocks of the verdicts, in their order; only without a rate
  double loss = 0;                     ///< in the second half
};

/// A filter with the first policy in force, and the second at hand.
class Rig {
 public:
  Rig(const Rfc2544Options& options, unsigned rules)
      : policies_{traffic::benchmark_policy(rules), traffic::benchmark_policy(rules, true)},
        images_{tables::compile(policies_[0], options.geometry).image,
                tables::compile(policies_[1], options.geometry).image},
        nic_(options.make_filter ? options.make_filter() : usual_filter(options.geometry)),
        device_(nic_) {
    const std::uint64_t before = nic_.now();
    device::Loader(device_).load(images_[0]);
    load_clocks_ = nic_.now() - before;
    first_bank_ = last_bank_ = device_.active_bank();
    counts_.resize(policies_[0].entries.size());
  }

  unsigned data_width() const { return device_.data_width(); }
  unsigned lanes() const { return device_.lanes(); }
  const policy::Policy& policy(unsigned which) const { return policies_[which]; }
  std::uint64_t load_clocks() const { return load_clocks_; }

  /// `frames` of the set through the filter; `rate` 0: as fast as it takes them. What differs is added to `into`.
  Measured run(const traffic::PacketSet& set, const std::array<std::vector<Expected>, 2>& expected,
               std::uint64_t frames, std::uint64_t rate, double clock_mhz, std::uint64_t load, unsigned ports,
               Rfc2544Case& into) {
    Measured measured;
    const unsigned active = device_.active_bank() == first_bank_ ? 0 : 1;
    SessionPlan plan;
    plan.policy = &policies_[active];
    plan.expected = &expected[active];
    plan.other = OtherTables{&policies_[1 - active], &expected[1 - active]};
    plan.active_bank = device_.active_bank();
    plan.packets = &set;
    plan.ports = ports;
    plan.load = load;
    plan.times = &measured.times;
    plan.keep_verdicts = rate == 0;
    if (rate != 0) plan.rate.emplace(rate, static_cast<std::uint64_t>(std::llround(clock_mhz * 1e6)));
    for (unsigned port = 0; port < model::kWirePorts; ++port)
      plan.forward_to[port] = static_cast<std::uint8_t>(device_.forward_to(port));
    bool exchange_next = true;
    if (into.activity != Activity::none) {
      plan.meanwhile = [&] {
        const bool exchange =
            into.activity == Activity::exchanges || (into.activity == Activity::both && exchange_next);
        exchange_next = !exchange_next;
        if (exchange) {
          device::Loader(device_).load(images_[device_.active_bank() == first_bank_ ? 1 : 0]);
        } else {
          device_.counters(device::Bank::active, static_cast<unsigned>(policies_[0].entries.size()));
          ++into.counter_reads;
        }
      };
    }
    std::atomic<std::uint64_t> done{0};
    const SessionFigures figures = run_session(nic_, plan, 0, frames, done);
    // A load that ends with the traffic leaves the retired bank's counters to be read.
    if (figures.exchanges != 0 || plan.active_bank != last_bank_) {
      counts_.assign(counts_.size(), {});
      causes_ = {};
    }
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += figures.by_entry[i];
    for (unsigned i = 0; i < causes_.size(); ++i) causes_[i] += figures.by_cause[i];
    last_bank_ = figures.last_bank;

    into.frames += figures.accepted;
    into.exchanges += figures.exchanges;
    into.mismatches += figures.mismatches;
    into.first_mismatches.insert(into.first_mismatches.end(), figures.first_mismatches.begin(),
                                 figures.first_mismatches.end());
    for (const VerdictRecord& verdict : figures.verdicts) measured.decided.push_back(verdict.clock);
    std::sort(measured.decided.begin(), measured.decided.end());
    measured.trial = {.load = load, .offered = figures.offered, .lost = figures.lost};
    const std::vector<std::uint32_t>& waits = measured.times.to_verdict;
    const std::size_t quarter = waits.size() / 4;
    if (quarter != 0) {
      const auto most = [&](std::size_t first) {
        const auto begin = waits.begin() + static_cast<std::ptrdiff_t>(first);
        return static_cast<std::int64_t>(*std::max_element(begin, begin + static_cast<std::ptrdiff_t>(quarter)));
      };
      measured.trial.growth = most(waits.size() - quarter) - most(quarter);
    }
    measured.trial.passed = figures.lost == 0 && measured.trial.growth <= kSteady;
    const std::uint64_t half = frames / 2;
    const auto late = std::count_if(measured.times.lost.begin(), measured.times.lost.end(),
                                    [half](std::uint64_t packet) { return packet >= half; });
    measured.loss = static_cast<double>(late) / static_cast<double>(frames - half);
    return measured;
  }

  /// Compares the counters of the bank that decided last with what was sent since it came into force.
  void compare_counters(Rfc2544Case& into) {
    const auto bank = device_.active_bank() == last_bank_ ? device::Bank::active : device::Bank::shadow;
    nic_.set_rate(std::nullopt);
    const policy::Policy& policy = policies_[last_bank_ == first_bank_ ? 0 : 1];
    for (std::string& text : counter_differences(device_, bank, policy, counts_, causes_)) {
      ++into.mismatches;
      into.first_mismatches.push_back(std::move(text));
    }
  }

 private:
  static std::unique_ptr<model::FilterModel> usual_filter(const tables::Geometry& geometry) {
    return model::make_filter_model(geometry.name == "large" ? model::ModelGeometry::large
                                                             : model::ModelGeometry::edge);
  }

  std::array<policy::Policy, 2> policies_;
  std::array<tables::TableImage, 2> images_;
  model::Nic nic_;
  device::Device device_;
  std::uint64_t load_clocks_ = 0;
  unsigned first_bank_ = 0;
  unsigned last_bank_ = 0;
  std::vector<Count> counts_;
  std::array<Count, 16> causes_{};
};

Latency latency_of(std::vector<std::uint32_t> clocks) {
  Latency latency;
  if (clocks.empty()) return latency;
  std::sort(clocks.begin(), clocks.end());
  const auto at = [&](double share) {
    return clocks[static_cast<std::size_t>(std::ceil(share * static_cast<double>(clocks.size()))) - 1];
  };
  double sum = 0;
  for (const std::uint32_t c : clocks) sum += c;
  latency.frames = clocks.size();
  latency.min = clocks.front();
  latency.median = at(0.5);
  latency.p99_9 = at(0.999);
  latency.max = clocks.back();
  latency.mean = sum / static_cast<double>(clocks.size());
  return latency;
}

traffic::FrameSizes sizes_of(unsigned size, Family family) {
  return size == 0 ? traffic::internet_mix(family) : traffic::FrameSizes{size};
}

/// One case: its frames, their verdicts, its trials.
class Measurement {
 public:
  Measurement(Rig& rig, const Rfc2544Options& options, Rfc2544Case& c) : rig_(rig), case_(c) {
    const traffic::FrameSizes sizes = sizes_of(c.size, c.family);
    double wire = 0, bytes = 0;
    for (const unsigned size : sizes) {
      bytes += size - traffic::kFcs;
      wire += static_cast<double>(traffic::wire_bytes(size - traffic::kFcs));
    }
    mean_bytes_ = bytes / static_cast<double>(sizes.size());
    c.line_frames_per_second = c.ports * traffic::line_frames_per_second(static_cast<double>(c.rate),
                                                                         wire / static_cast<double>(sizes.size()));
    set_ = traffic::benchmark_frames(c.family, c.rules, sizes, c.ports, kSetFrames, options.seed);
    for (unsigned i = 0; i < expected_.size(); ++i) expected_[i] = expect(rig.policy(i), set_, 1);
  }

  void measure(bool least_clock) {
    saturate();
    search_throughput();
    search_loss();
    if (least_clock) search_clock();
    rig_.compare_counters(case_);
  }

 private:
  std::uint64_t frames_at(double clock_mhz, double floor = 0) const {
    const double clocks_per_frame = clock_mhz * 1e6 / case_.line_frames_per_second;
    double frames = std::clamp(kTrialClocks / clocks_per_frame, kLeastFrames, kMostFrames);
    // Two exchanges at least.
    const bool exchanges = case_.activity == Activity::exchanges || case_.activity == Activity::both;
    if (exchanges) frames = std::max(frames, 2.5 * static_cast<double>(rig_.load_clocks()) / clocks_per_frame);
    return static_cast<std::uint64_t>(std::max(frames, floor));
  }

  Measured trial(std::uint64_t load, double clock_mhz, std::uint64_t frames) {
    return rig_.run(set_, expected_, frames, case_.rate, clock_mhz, load, case_.ports, case_);
  }

  void saturate() {
    const auto frames =
        static_cast<std::uint64_t>(std::clamp(kTrialClocks * 64 / mean_bytes_, 2.0 * kSetFrames, kMostFrames));
    const Measured m = rig_.run(set_, expected_, frames, 0, case_.clock_mhz, kFullLoad, case_.ports, case_);
    // Between two verdicts, behind the first frames, which fill the buffers; the mixture has the same shares in
    // between.
    const std::size_t first = m.decided.size() / 4;
    const std::size_t count = (m.decided.size() - 1 - first) / kSetFrames * kSetFrames;
    case_.clocks_per_frame =
        static_cast<double>(m.decided[first + count] - m.decided[first]) / static_cast<double>(count);
  }

  void search_throughput() {
    const std::uint64_t frames = frames_at(case_.clock_mhz);
    std::uint64_t passed = 0, failed = kFullLoad + kResolution;
    for (std::uint64_t load = kFullLoad;; load = (passed + failed) / 2) {
      Measured m = trial(load, case_.clock_mhz, frames);
      case_.trials.push_back(m.trial);
      if (m.trial.passed) {
        passed = load;
        case_.latency = latency_of(std::move(m.times.to_egress));
      } else {
        failed = load;
      }
      if (failed - passed <= kResolution || failed <= kResolution) break;
    }
    case_.throughput = passed;
    case_.frames_per_second = case_.line_frames_per_second * static_cast<double>(passed) / kFullLoad;
  }

  void search_loss() {
    unsigned without = 0;
    for (std::uint64_t load = kFullLoad; load > 0 && without < 2; load -= kFullLoad / 10) {
      double floor = 0;
      if (load > case_.throughput) {
        // Long enough for the buffers to be full in the first half.
        const double excess = static_cast<double>(load - case_.throughput) / static_cast<double>(load);
        floor = std::min(kMostLossFrames, case_.ports * 3 * kBufferBytes / mean_bytes_ / excess);
      }
      const Measured m = trial(load, case_.clock_mhz, frames_at(case_.clock_mhz, floor));
      case_.loss.emplace_back(load, m.loss);
      if (load == kFullLoad) {
        case_.burst_at_least = m.times.lost.empty();
        case_.burst = (case_.burst_at_least ? m.trial.offered : m.times.lost.front()) / case_.ports;
      }
      without = m.trial.lost == 0 ? without + 1 : 0;
    }
  }

  void search_clock() {
    unsigned failed = 0, passed = kMostClockMhz + 1;
    while (passed - failed > 1) {
      const unsigned mhz = (failed + passed) / 2;
      (trial(kFullLoad, mhz, frames_at(mhz)).trial.passed ? passed : failed) = mhz;
    }
    if (passed <= kMostClockMhz) case_.least_clock_mhz = passed;
  }

  Rig& rig_;
  Rfc2544Case& case_;
  double mean_bytes_ = 0;  ///< without FCS
  traffic::PacketSet set_;
  std::array<std::vector<Expected>, 2> expected_;
};

void check(const Rfc2544Options& options) {
  for (const unsigned ports : options.ports) {
    if (ports < 1 || ports > kMaxPorts)
      throw RunError(fmt::format("{} ports: the model has 1 to {}", ports, kMaxPorts));
  }
  for (const double clock : options.clocks_mhz) {
    if (!(clock >= 1 && clock <= kMostClockMhz))
      throw RunError(fmt::format("a core clock of {} MHz: it must be 1 to {}", clock, kMostClockMhz));
  }
  for (const std::uint64_t rate : options.rates) {
    if (rate == 0) throw RunError("a line rate of max: a share of it cannot be offered; give a number, as in 100G");
  }
  for (const unsigned rules : options.rules) {
    if (rules < 1 || rules > options.geometry.rules || rules > traffic::kMostBenchmarkRules)
      throw RunError(fmt::format("{} rules: geometry {} has 1 to {}", rules, options.geometry.name,
                                 std::min<unsigned>(options.geometry.rules, traffic::kMostBenchmarkRules)));
  }
  for (const unsigned size : options.sizes) {
    if (size != 0 && (size < policy::kMinFrame + traffic::kFcs || size > traffic::kMaxFrame + traffic::kFcs))
      throw RunError(fmt::format("frames of {} bytes: they have {} to {}, FCS included", size,
                                 policy::kMinFrame + traffic::kFcs, traffic::kMaxFrame + traffic::kFcs));
  }
}

constexpr std::array<const char*, 4> kActivities{"none", "exchanges", "counter reads", "both"};
const char* name_of(Activity activity) { return kActivities[static_cast<std::size_t>(activity)]; }
std::string size_text(unsigned size) { return size == 0 ? "IMIX" : std::to_string(size); }
double gigabits(std::uint64_t rate) { return static_cast<double>(rate) / 1e9; }

}  // namespace

bool Rfc2544::ok() const {
  return std::all_of(cases.begin(), cases.end(), [](const Rfc2544Case& c) { return c.mismatches == 0; });
}

std::vector<unsigned> usual_sizes(unsigned data_width) {
  std::set<unsigned> sizes{64, 65, 69, 128, 256, 512, 1024, 1280, 1518, 9000};
  sizes.insert(data_width / 8 + 1 + traffic::kFcs);
  std::vector<unsigned> all(sizes.begin(), sizes.end());
  while (all.front() < policy::kMinFrame + traffic::kFcs) all.erase(all.begin());
  all.push_back(0);
  return all;
}

Rfc2544 bench_rfc2544(const Rfc2544Options& options) {
  check(options);
  Rfc2544 bench;
  bench.geometry = options.geometry.name;
  bench.seed = options.seed;
  std::map<unsigned, std::unique_ptr<Rig>> rigs;
  for (const unsigned rules : options.rules) {
    if (!rigs.contains(rules)) rigs.emplace(rules, std::make_unique<Rig>(options, rules));
  }
  bench.data_width = rigs.begin()->second->data_width();
  bench.lanes = rigs.begin()->second->lanes();
  const std::vector<unsigned> sizes = options.sizes.empty() ? usual_sizes(bench.data_width) : options.sizes;
  const std::uint64_t total = options.rates.size() * options.clocks_mhz.size() * options.ports.size() *
                              options.rules.size() * options.families.size() * options.activities.size() * sizes.size();
  Progress progress(options.progress, "cases", total);
  for (const std::uint64_t rate : options.rates)
    for (const double clock : options.clocks_mhz)
      for (const unsigned ports : options.ports)
        for (const unsigned rules : options.rules)
          for (const Family family : options.families)
            for (const Activity activity : options.activities)
              for (const unsigned size : sizes) {
                Rfc2544Case c;
                c.size = size;
                c.family = family;
                c.rate = rate;
                c.clock_mhz = clock;
                c.ports = ports;
                c.rules = rules;
                c.activity = activity;
                Measurement(*rigs.at(rules), options, c).measure(options.least_clock);
                if (c.first_mismatches.size() > kWordedMismatches) c.first_mismatches.resize(kWordedMismatches);
                bench.cases.push_back(std::move(c));
                ++progress.done();
              }
  return bench;
}

std::string to_text(const Rfc2544& bench) {
  std::string out =
      fmt::format("filter, geometry {}, {}-bit bus, {}; seed {}; times are simulated\n", bench.geometry,
                  bench.data_width, bench.lanes == 1 ? "a lookup a clock" : "two lookups a clock", bench.seed);
  const bool least_clock = std::any_of(bench.cases.begin(), bench.cases.end(),
                                       [](const Rfc2544Case& c) { return c.least_clock_mhz.has_value(); });
  std::string heading;
  std::uint64_t frames = 0, exchanges = 0, reads = 0, mismatches = 0;
  for (const Rfc2544Case& c : bench.cases) {
    const std::string here =
        fmt::format("\n{:g} Gbit/s at {:g} MHz, {} port{}, {} rule{}, {}, beside the traffic: {}\n", gigabits(c.rate),
                    c.clock_mhz, c.ports, c.ports == 1 ? "" : "s", c.rules, c.rules == 1 ? "" : "s",
                    c.family == Family::ipv4 ? "IPv4" : "IPv6", name_of(c.activity));
    if (here != heading) {
      heading = here;
      out += here + fmt::format("{:>5} {:>9} {:>9} {:>9} {:>31} {:>6} {:>8} {:>10} {:>8}{}\n", "bytes", "of line",
                                "Mpps", "clk/frame", "latency ns min/median/99.9/max", "PDV ns", "loss at", "burst",
                                "trials", least_clock ? "  from MHz" : "");
    }
    frames += c.frames;
    exchanges += c.exchanges;
    reads += c.counter_reads;
    mismatches += c.mismatches;
    if (c.mismatches != 0) {
      out += fmt::format("{:>5} {} mismatches: no figures\n", size_text(c.size), c.mismatches);
      for (const std::string& text : c.first_mismatches) out += "      " + text + '\n';
      continue;
    }
    const double ns = 1000 / c.clock_mhz;
    const auto in_ns = [ns](std::uint64_t clocks) { return static_cast<double>(clocks) * ns; };
    out += fmt::format(
        "{:>5} {:>8.1f}% {:>9.3f} {:>9.3f} {:>31} {:>6.0f} {:>7.1f}% {:>10} {:>8}{}\n", size_text(c.size),
        static_cast<double>(c.throughput) / 1e4, c.frames_per_second / 1e6, c.clocks_per_frame,
        fmt::format("{:.0f} / {:.0f} / {:.0f} / {:.0f}", in_ns(c.latency.min), in_ns(c.latency.median),
                    in_ns(c.latency.p99_9), in_ns(c.latency.max)),
        in_ns(c.latency.p99_9 - c.latency.min), c.loss.front().second * 100,
        fmt::format("{}{}", c.burst_at_least ? ">= " : "", c.burst), c.trials.size(),
        least_clock ? fmt::format("{:>10}", c.least_clock_mhz ? std::to_string(*c.least_clock_mhz) : "-") : "");
  }
  out += fmt::format(
      "\n{} frames, {} exchanges of policies and {} readings of all counters under traffic; {} mismatches\n", frames,
      exchanges, reads, mismatches);
  return out;
}

std::string to_json(const Rfc2544& bench) {
  nlohmann::ordered_json json;
  json["measurement"] = "rfc2544";
  json["machine"] = nlohmann::ordered_json::parse(machine_json());
  json["geometry"] = bench.geometry;
  json["data_width"] = bench.data_width;
  json["lanes"] = bench.lanes;
  json["seed"] = bench.seed;
  json["resolution_ppm"] = kResolution;
  for (const Rfc2544Case& c : bench.cases) {
    nlohmann::ordered_json item;
    item["bytes"] = c.size == 0 ? nlohmann::ordered_json("imix") : nlohmann::ordered_json(c.size);
    item["family"] = c.family == Family::ipv4 ? "ipv4" : "ipv6";
    item["rate"] = c.rate;
    item["clock_mhz"] = c.clock_mhz;
    item["ports"] = c.ports;
    item["rules"] = c.rules;
    item["activity"] = name_of(c.activity);
    item["mismatches"] = c.mismatches;
    item["first_mismatches"] = c.first_mismatches;
    item["frames_checked"] = c.frames;
    item["exchanges"] = c.exchanges;
    item["counter_reads"] = c.counter_reads;
    item["throughput_ppm"] = c.throughput;
    item["frames_per_second"] = c.frames_per_second;
    item["line_frames_per_second"] = c.line_frames_per_second;
    item["clocks_per_frame"] = c.clocks_per_frame;
    item["latency_clocks"] = {{"frames", c.latency.frames}, {"min", c.latency.min},     {"mean", c.latency.mean},
                              {"median", c.latency.median}, {"p99_9", c.latency.p99_9}, {"max", c.latency.max}};
    for (const auto& [load, loss] : c.loss) item["loss"].push_back({{"load_ppm", load}, {"share", loss}});
    item["burst_frames"] = c.burst;
    item["burst_at_least"] = c.burst_at_least;
    if (c.least_clock_mhz) item["least_clock_mhz"] = *c.least_clock_mhz;
    for (const Trial& t : c.trials)
      item["trials"].push_back({{"load_ppm", t.load},
                                {"offered", t.offered},
                                {"lost", t.lost},
                                {"growth_clocks", t.growth},
                                {"passed", t.passed}});
    json["cases"].push_back(std::move(item));
  }
  // A case a line.
  nlohmann::ordered_json cases = std::move(json["cases"]);
  json.erase("cases");
  std::string text = json.dump();
  text.back() = ',';
  text += "\n\"cases\": [";
  for (std::size_t i = 0; i < cases.size(); ++i) text += (i == 0 ? "\n" : ",\n") + cases[i].dump();
  return text + "\n]}";
}

}  // namespace portcullis::sim
