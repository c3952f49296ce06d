#include "run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>

#include "device/loader.h"
#include "device/scale_loader.h"
#include "model/nic_rows.h"
#include "policy/build.h"
#include "run/counter_check.h"
#include "run/monitor.h"
#include "run/packet_text.h"
#include "run/progress.h"
#include "run/session.h"
#include "run/tree_model.h"
#include "run/verdicts.h"
#include "spec/report.h"
#include "tables/compile.h"
#include "tables/recover.h"
#include "tables/tree/image_file.h"
#include "tables/tree/recover.h"
#include "traffic/generate.h"
#include "traffic/line_rate.h"
#include "traffic/pcap.h"

namespace portcullis::sim {
namespace {

constexpr double kUsualClockMhz = 250;
/// First bytes of a table image (docs/table-image.md).
constexpr std::string_view kImageMagic = "\x89PTI";
/// Made packets are all different up to here; longer runs repeat them.
constexpr std::uint64_t kDistinctPackets = 1'000'000;
/// Smallest frames sent behind the others to show the line rate, per port in use.
constexpr std::uint64_t kSmallFramesPerPort = 4096;
constexpr std::size_t kBusiest = 10;

bool is_image(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw RunError(fmt::format("{}: cannot be read; give a site file or a table image", file.string()));
  std::string magic(kImageMagic.size(), '\0');
  in.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  return file.extension() == ".pti" || magic == kImageMagic;
}

model::ModelGeometry model_for(const tables::Geometry& geometry) {
  if (geometry.signature() == tables::Geometry::edge().signature()) return model::ModelGeometry::edge;
  if (geometry.signature() == tables::Geometry::large().signature()) return model::ModelGeometry::large;
  throw RunError(fmt::format(
      "the model is built for the geometries edge, large, scale-small and scale, not for {}; compile for one "
      "of these",
      geometry.to_string()));
}

model::ModelGeometry model_for(const Subject& subject) {
  if (!subject.trees) return model_for(subject.image.geometry);
  return tree_model(subject.trees->trees.shape);
}

double clock_for(const RunOptions& options) {
  if (options.clock_mhz != kAutomaticClock) {
    if (!(options.clock_mhz >= 1 && options.clock_mhz <= 1000)) {
      throw RunError(fmt::format("a core clock of {} MHz: it must be 1 to 1000", options.clock_mhz));
    }
    return options.clock_mhz;
  }
  constexpr double kStepMhz = 25;
  const double needed = options.rate == 0 ? 0
                                          : options.ports *
                                                traffic::line_frames_per_second(
                                                    static_cast<double>(options.rate),
                                                    static_cast<double>(traffic::wire_bytes(policy::kMinFrame))) /
                                                1e6;
  return std::max(kUsualClockMhz, std::ceil(needed / kStepMhz) * kStepMhz);
}

void check(const RunOptions& options) {
  if (options.ports < 1 || options.ports > kMaxPorts) {
    throw RunError(fmt::format("{} ports: the model has 1 to {}", options.ports, kMaxPorts));
  }
  if (options.ingress >= options.ports) {
    throw RunError(fmt::format("ingress {}: with {} port{} it must be below {}", options.ingress, options.ports,
                               options.ports == 1 ? "" : "s", options.ports));
  }
  if (options.jobs < 1 || options.jobs > 256) throw RunError(fmt::format("{} jobs: it must be 1 to 256", options.jobs));
  if (options.trace_fst && options.jobs != 1)
    throw RunError("waveforms are those of one model: use --trace-fst without --jobs");
  if (options.packets && *options.packets == 0)
    throw RunError("0 packets: there is nothing to run; give 1 or more, or leave it out");
}

/// Packets to send, and how many of them.
struct Load {
  traffic::PacketSet packets;
  std::uint64_t total = 0;
  std::uint64_t snapped = 0;
  std::uint64_t padded = 0;
};

Load prepare(const Subject& subject, const RunOptions& options) {
  Load load;
  if (options.pcap) {
    traffic::Capture capture = traffic::read_pcap(*options.pcap, options.ingress);
    load.packets = std::move(capture.packets);
    load.snapped = capture.snapped;
    load.padded = capture.padded;
  } else {
    const auto distinct = static_cast<std::size_t>(std::min(options.packets.value_or(0), kDistinctPackets));
    load.packets = traffic::make_traffic(subject.policy, options.ports, options.seed, distinct).packets;
  }
  load.total = load.packets.empty() ? 0 : options.packets.value_or(load.packets.size());
  return load;
}

/// Smallest frames made from the rules, as many per port.
traffic::PacketSet small_frames(const policy::Policy& policy, unsigned ports, std::uint64_t seed) {
  traffic::PacketSet small;
  traffic::Random random(seed);
  const traffic::RandomKeys keys(policy, ports);
  unsigned ingress = 0;
  while (small.size() < kSmallFramesPerPort * ports) {
    policy::Key key = keys.next(random);
    key.context = static_cast<std::uint8_t>((key.context & ~7U) | ingress);
    const std::vector<std::uint8_t> bytes = traffic::build(*traffic::frame_presenting(key));
    if (bytes.size() > policy::kMinFrame) continue;
    small.add(bytes, ingress);
    ingress = (ingress + 1) % ports;
  }
  return small;
}

/// One model from reset to the reading of its counters.
struct Part {
  SessionFigures figures;
  SessionFigures small;
  std::size_t probes = 0;
  double seconds = 0;  ///< of the session
  std::uint64_t counter_differences = 0;
  std::vector<std::string> counter_texts;
};

void compare_counters(device::Device& device, const Subject& subject, Part& part) {
  const auto differs = [&part](std::string text) {
    ++part.counter_differences;
    if (part.counter_texts.size() < kWordedMismatches) part.counter_texts.push_back(std::move(text));
  };
  std::vector<Count> by_entry = part.figures.by_entry;
  for (std::size_t i = 0; i < part.small.by_entry.size(); ++i) by_entry[i] += part.small.by_entry[i];
  std::array<Count, 16> by_cause = part.figures.by_cause;
  for (std::size_t i = 0; i < by_cause.size(); ++i) by_cause[i] += part.small.by_cause[i];
  for (std::string& text : counter_differences(device, device::Bank::active, subject.policy, by_entry, by_cause,
                                               subject.trees ? &subject.entry_of_number : nullptr))
    differs(std::move(text));
  const auto check = [&](const device::Tally& counted, const device::Tally& expected, const std::string& what) {
    if (counted == expected) return;
    differs(fmt::format("counter of {}: {} packets and {} bytes; reference: {} and {}", what, counted.packets,
                        counted.bytes, expected.packets, expected.bytes));
  };
  device::Tally received;
  for (unsigned port = 0; port < model::kWirePorts; ++port) {
    const device::PortStatistics statistics = device.statistics(port);
    received += {statistics.frames, statistics.bytes};
    check({statistics.bad, 0}, {}, fmt::format("bad frames at port {}", port));
  }
  device::Tally sent;
  for (const SessionFigures* figures : {&part.figures, &part.small}) {
    for (const PortFigures& port : figures->ports) sent += {port.packets, port.bytes};
  }
  check(received, sent, "frames received at all ports");
}

class Run {
 public:
  Run(const Subject& subject, const RunOptions& options) : subject_(subject), options_(options) {
    check(options);
    geometry_ = model_for(subject);
    clock_mhz_ = clock_for(options);
    load_ = prepare(subject, options);
    small_ = small_frames(subject.policy, options.ports, options.seed);
  }

  RunResult run() {
    const auto jobs = static_cast<unsigned>(std::clamp<std::uint64_t>(load_.total, 1, options_.jobs));
    const std::vector<Expected> expected = [&] {
      Progress progress(options_.progress, "packets shown to the reference", load_.packets.size());
      return expect(subject_.policy, load_.packets, jobs, &progress.done());
    }();
    const std::vector<Expected> small_expected = expect(subject_.policy, small_, 1);

    SessionPlan plan;
    plan.policy = &subject_.policy;
    plan.packets = &load_.packets;
    plan.expected = &expected;
    plan.ports = options_.ports;
    if (options_.rate != 0)
      plan.rate.emplace(options_.rate, static_cast<std::uint64_t>(std::llround(clock_mhz_ * 1e6)));
    if (subject_.trees) plan.entry_of_number = &subject_.entry_of_number;
    plan.keep_verdicts = options_.verdicts.has_value();
    plan.keep_egress = options_.out_pcap.has_value();
    SessionPlan small_plan = plan;
    small_plan.packets = &small_;
    small_plan.expected = &small_expected;
    small_plan.keep_verdicts = small_plan.keep_egress = false;

    std::vector<Part> parts(jobs);
    std::vector<std::exception_ptr> failures(jobs);
    {
      Progress progress(options_.progress, "packets", load_.total);
      const auto work = [&](unsigned job) {
        try {
          const bool with_small = job == 0;
          parts[job] = run_part(plan, with_small ? &small_plan : nullptr, load_.total * job / jobs,
                                load_.total * (job + 1) / jobs, progress.done());
        } catch (...) {
          failures[job] = std::current_exception();
        }
      };
      std::vector<std::jthread> threads;
      for (unsigned job = 1; job < jobs; ++job) threads.emplace_back(work, job);
      work(0);
    }
    for (const std::exception_ptr& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
    return gather(parts);
  }

 private:
  Part run_part(SessionPlan plan, const SessionPlan* small_plan, std::uint64_t first, std::uint64_t last,
                std::atomic<std::uint64_t>& done) const {
    std::unique_ptr<model::FilterModel> filter = model::make_filter_model(geometry_);
    if (options_.trace_fst)
      filter->trace(*options_.trace_fst, static_cast<std::uint64_t>(std::llround(1e6 / clock_mhz_)));
    model::Nic nic(std::move(filter));
    device::Device device(nic);
    Part part;
    if (subject_.trees) {
      model::NicRowSink rows(nic);
      part.probes = device::ScaleLoader(device, rows).load(*subject_.trees).probes;
    } else {
      part.probes = device::Loader(device).load(subject_.image).probes;
    }
    for (unsigned port = 0; port < model::kWirePorts; ++port)
      plan.forward_to[port] = static_cast<std::uint8_t>(device.forward_to(port));

    const auto start = std::chrono::steady_clock::now();
    part.figures = run_session(nic, plan, first, last, done);
    part.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (small_plan != nullptr) {
      SessionPlan here = *small_plan;
      here.forward_to = plan.forward_to;
      std::atomic<std::uint64_t> uncounted{0};
      part.small = run_session(nic, here, 0, small_.size(), uncounted);
    }
    nic.set_rate(std::nullopt);
    compare_counters(device, subject_, part);
    return part;
  }

  RunResult gather(std::vector<Part>& parts) const {
    RunResult r;
    r.subject = subject_.name;
    r.geometry = subject_.trees ? subject_.trees->trees.shape.name() : subject_.image.geometry.name;
    r.entries = static_cast<unsigned>(subject_.policy.entries.size());
    r.seed = options_.seed;
    r.packets_made_from_rules = !options_.pcap;
    r.snapped = load_.snapped;
    r.padded = load_.padded;
    r.left_out_rows = subject_.left_out_rows;
    r.rate = options_.rate;
    r.clock_mhz = clock_mhz_;
    r.ports = options_.ports;
    r.jobs = static_cast<unsigned>(parts.size());
    r.probes = static_cast<unsigned>(parts.front().probes);

    std::vector<Count> by_entry(subject_.policy.entries.size());
    std::vector<std::uint32_t> would_drop(subject_.policy.monitor ? load_.packets.size() : 0);
    std::array<PortFigures, model::kWirePorts> ports{};
    std::uint64_t latency_sum = 0;
    std::uint64_t decided_clocks = 0;
    r.latency_min = std::numeric_limits<std::uint64_t>::max();
    for (const Part& part : parts) {
      const SessionFigures& f = part.figures;
      r.offered += f.offered;
      r.accepted += f.accepted;
      r.lost += f.lost;
      r.permits += f.permits;
      r.drops += f.drops;
      r.would_drops += f.would_drops;
      r.mismatches += f.mismatches + part.small.mismatches;
      r.counter_differences += part.counter_differences;
      for (const auto* texts : {&f.first_mismatches, &part.small.first_mismatches, &part.counter_texts}) {
        r.first_mismatches.insert(r.first_mismatches.end(), texts->begin(), texts->end());
      }
      for (std::size_t i = 0; i < r.verdicts_by_cause.size(); ++i) r.verdicts_by_cause[i] += f.by_policy_cause[i];
      for (unsigned cause = 1; cause < kCauses; ++cause) r.malformed[cause] += f.by_cause[cause].packets;
      for (std::size_t i = 0; i < by_entry.size(); ++i) {
        by_entry[i].packets += f.by_entry[i].packets;
        by_entry[i].bytes += f.by_entry[i].bytes;
      }
      for (std::size_t i = 0; i < would_drop.size(); ++i) would_drop[i] += f.would_drop_by_packet[i];
      latency_sum += f.latency_sum;
      if (f.latency_histogram.size() > r.latency_histogram.size()) {
        r.latency_histogram.resize(f.latency_histogram.size());
      }
      for (std::size_t i = 0; i < f.latency_histogram.size(); ++i) r.latency_histogram[i] += f.latency_histogram[i];
      r.latency_min = std::min(r.latency_min, f.latency_min);
      r.latency_max = std::max(r.latency_max, f.latency_max);
      r.clocks += f.clocks;
      decided_clocks += f.decided_clocks;
      r.skipped_clocks += f.skipped_clocks;
      r.seconds = std::max(r.seconds, part.seconds);
      for (unsigned port = 0; port < model::kWirePorts; ++port) {
        ports[port].packets += f.ports[port].packets;
        ports[port].bytes += f.ports[port].bytes;
        ports[port].beats += f.ports[port].beats;
        ports[port].clocks += f.ports[port].clocks;
      }
    }
    if (r.first_mismatches.size() > kWordedMismatches) r.first_mismatches.resize(kWordedMismatches);
    if (r.accepted == 0) r.latency_min = 0;
    const double accepted = std::max(static_cast<double>(r.accepted), 1.0);
    r.latency_mean = static_cast<double>(latency_sum) / accepted;
    double bytes = 0;
    for (const PortFigures& port : ports) bytes += static_cast<double>(port.bytes);
    r.mean_frame = bytes / accepted + traffic::kFcs;
    r.achieved_mpps = achieved(ports, decided_clocks);
    r.theoretical_mpps = theoretical(ports);

    const SessionFigures& small = parts.front().small;
    r.small_packets = small.offered;
    r.small_lost = small.lost;
    r.small_achieved_mpps = achieved(small.ports, small.decided_clocks);
    r.small_theoretical_mpps = theoretical(small.ports);

    r.met = met(by_entry);
    r.busiest.assign(r.met.begin(), r.met.begin() + static_cast<std::ptrdiff_t>(std::min(r.met.size(), kBusiest)));
    if (subject_.policy.monitor) r.would_drop = group_would_drops(subject_, load_.packets, would_drop);
    write_files(parts, r);
    return r;
  }

  using Ports = std::array<PortFigures, model::kWirePorts>;

  /// Millions of packets per simulated second, all ports: each over the time of its own line, or, without lines, all
  /// over the time in which they were decided.
  double achieved(const Ports& ports, std::uint64_t decided_clocks) const {
    double mpps = 0;
    for (const PortFigures& port : ports) {
      if (options_.rate == 0) {
        if (decided_clocks != 0)
          mpps += static_cast<double>(port.packets) / static_cast<double>(decided_clocks) * clock_mhz_;
        continue;
      }
      if (port.clocks != 0) mpps += static_cast<double>(port.packets) / static_cast<double>(port.clocks) * clock_mhz_;
    }
    return mpps;
  }

  /// What the lines carry of frames of each port's mean size; or, without lines, what buses of a beat a clock and an
  /// engine of a lookup a clock do with these frames: the port with most beats is the last.
  double theoretical(const Ports& ports) const {
    if (options_.rate == 0) {
      std::uint64_t packets = 0, beats = 0;
      for (const PortFigures& port : ports) {
        packets += port.packets;
        beats = std::max(beats, port.beats);
      }
      return packets == 0 ? 0
                          : clock_mhz_ * static_cast<double>(packets) / static_cast<double>(std::max(beats, packets));
    }
    double mpps = 0;
    for (const PortFigures& port : ports) {
      if (port.packets == 0) continue;
      const double wire_bytes = static_cast<double>(port.bytes) / static_cast<double>(port.packets) +
                                static_cast<double>(traffic::wire_bytes(0));
      mpps += traffic::line_frames_per_second(static_cast<double>(options_.rate), wire_bytes) / 1e6;
    }
    return mpps;
  }

  std::vector<EntryCount> met(const std::vector<Count>& by_entry) const {
    std::vector<EntryCount> all;
    for (std::size_t i = 0; i < by_entry.size(); ++i) {
      if (by_entry[i].packets == 0) continue;
      const policy::Provenance& from = subject_.policy.entries[i].from;
      all.push_back(
          {static_cast<unsigned>(i), from.rule, from.document, from.line, {by_entry[i].packets, by_entry[i].bytes}});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const EntryCount& a, const EntryCount& b) { return a.tally.packets > b.tally.packets; });
    return all;
  }

  /// Each part's clocks begin where those of the part before end, as if one model had done it all.
  void write_files(std::vector<Part>& parts, RunResult& r) const {
    std::vector<VerdictRecord> verdicts;
    std::vector<EgressRecord> egress;
    std::uint64_t begin = 0;
    for (Part& part : parts) {
      for (VerdictRecord& record : part.figures.verdicts) record.clock += begin;
      for (EgressRecord& record : part.figures.egress) record.clock += begin;
      const auto move = [](auto& to, auto& from) {
        to.insert(to.end(), from.begin(), from.end());
        from = {};
      };
      move(verdicts, part.figures.verdicts);
      move(egress, part.figures.egress);
      begin += part.figures.clocks;
    }
    const double ns_per_clock = 1000 / clock_mhz_;
    if (options_.verdicts) {
      write_verdicts(*options_.verdicts, subject_.policy, load_.packets, verdicts, ns_per_clock);
      r.files.push_back(options_.verdicts->string());
    }
    if (options_.out_pcap) {
      std::stable_sort(egress.begin(), egress.end(),
                       [](const EgressRecord& a, const EgressRecord& b) { return a.clock < b.clock; });
      write_permitted(*options_.out_pcap, load_.packets, egress, ns_per_clock);
      r.files.push_back(options_.out_pcap->string());
    }
    if (options_.trace_fst) r.files.push_back(options_.trace_fst->string());
  }

  const Subject& subject_;
  const RunOptions& options_;
  model::ModelGeometry geometry_;
  double clock_mhz_ = 0;
  Load load_;
  traffic::PacketSet small_;
};

}  // namespace

Subject load_subject(const std::filesystem::path& file, std::string_view geometry) {
  Subject subject;
  subject.name = file.string();
  if (is_image(file)) {
    const std::vector<std::uint8_t> bytes = tables::read_image_bytes(file);
    if (tables::tree::is_scale_image(bytes)) {
      subject.trees = tables::tree::decode_scale(bytes, file.string());
      const tables::tree::Shape& shape = subject.trees->trees.shape;
      if (!geometry.empty() && geometry != shape.name())
        throw RunError(fmt::format("{}: is compiled for {}; leave --geometry out, or compile the site again",
                                   file.string(), shape.to_string()));
      subject.policy = tables::tree::recover_scale(*subject.trees, file.string());
      // Entries are the image's rules here, parts of split ones too.
      subject.entry_of_number = device::rules_by_number(*subject.trees);
      return subject;
    }
    subject.image = tables::read_image(file);
    if (!geometry.empty() &&
        tables::Geometry::from_name_or_file(std::string(geometry)).signature() != subject.image.geometry.signature()) {
      throw RunError(fmt::format("{}: is compiled for {}; leave --geometry out, or compile the site again",
                                 file.string(), subject.image.geometry.to_string()));
    }
    subject.policy = tables::recover(subject.image);
    return subject;
  }
  policy::SitePolicy site = policy::load_policy(file);
  for (const spec::Finding& finding : site.findings) subject.left_out_rows.push_back(spec::to_string(finding));
  for (const policy::Role& role : site.site.roles) {
    if (!role.none) subject.roles.push_back({role.name, role.addresses});
  }
  subject.policy = std::move(site.policy);
  if (const auto shape = tables::tree::Shape::from_name(geometry)) {
    tables::tree::ScaleCompiled compiled = tables::tree::compile_scale(subject.policy, *shape);
    subject.trees = std::move(compiled.image);
    subject.trees_report = compiled.report.to_string(*shape);
    subject.entry_of_number = device::entries_by_number(*subject.trees);
    return subject;
  }
  tables::Compiled compiled = tables::compile_for(subject.policy, std::string(geometry));
  subject.image = std::move(compiled.image);
  subject.report = std::move(compiled.report);
  return subject;
}

std::uint64_t parse_rate(std::string_view text) {
  if (text == "max") return 0;
  const auto wrong = [text] {
    return RunError(
        fmt::format("rate \"{}\": give a number with K, M, G or T (10G, 2.5G, 100M), bits per second, or max", text));
  };
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) throw wrong();
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.ends_with("bit/s")) unit.remove_suffix(5);
  double factor = 1;
  if (unit == "K" || unit == "k") {
    factor = 1e3;
  } else if (unit == "M") {
    factor = 1e6;
  } else if (unit == "G" || unit == "g") {
    factor = 1e9;
  } else if (unit == "T") {
    factor = 1e12;
  } else if (!unit.empty()) {
    throw wrong();
  }
  const double rate = value * factor;
  if (!(rate >= 1000 && rate <= 1e13))
    throw RunError(fmt::format("rate \"{}\": must be 1K to 10T bits per second", text));
  return static_cast<std::uint64_t>(std::llround(rate));
}

RunResult run(const Subject& subject, const RunOptions& options) { return Run(subject, options).run(); }

}  // namespace portcullis::sim
