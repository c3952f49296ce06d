// The result of a run, and the figures of bench model, as a screen of text and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "run/bench_model.h"
#include "run/run.h"

namespace portcullis::sim {
namespace {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string rate_text(std::uint64_t rate) {
  if (rate == 0) return "as fast as the filter takes them";
  if (rate % 1'000'000'000 == 0) return fmt::format("at {} Gbit/s", rate / 1'000'000'000);
  if (rate % 1'000'000 == 0) return fmt::format("at {} Mbit/s", rate / 1'000'000);
  return fmt::format("at {} bit/s", rate);
}

std::string cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 3) + "...";
}

std::string causes_text(const RunResult& r) {
  std::string text;
  for (unsigned i = 0; i < r.verdicts_by_cause.size(); ++i) {
    if (r.verdicts_by_cause[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", policy::to_string(static_cast<policy::Cause>(i)),
                        grouped(r.verdicts_by_cause[i]));
  }
  return text;
}

}  // namespace

std::string to_text(const RunResult& r) {
  const double ns = 1000 / r.clock_mhz;
  const auto in_ns = [ns](double clocks) { return clocks * ns; };
  std::string out;
  const auto line = [&out]<typename... T>(std::string_view name, fmt::format_string<T...> format, T&&... values) {
    out += fmt::format("{:<13}", name) + fmt::format(format, std::forward<T>(values)...) + '\n';
  };
  line("policy", "{}: {} entries, geometry {}; {} self-test probes passed", r.subject, r.entries, r.geometry, r.probes);
  line("packets", "{} sent {} on {} port{}, {}", grouped(r.offered), rate_text(r.rate), r.ports,
       r.ports == 1 ? "" : "s",
       r.packets_made_from_rules ? fmt::format("made from the rules (seed {})", r.seed)
                                 : std::string("from the capture"));
  if (r.snapped != 0) line("", "{} cut short by the capture, their missing bytes sent as zeros", grouped(r.snapped));
  if (r.padded != 0) line("", "{} shorter than 60 bytes, padded with zeros", grouped(r.padded));
  line("verdicts", "{} permitted, {} dropped (decided by: {})", grouped(r.permits), grouped(r.drops), causes_text(r));
  if (r.would_drops != 0) line("", "monitor mode: {} would have been dropped", grouped(r.would_drops));
  std::string malformed;
  for (unsigned i = 1; i < r.malformed.size(); ++i) {
    if (r.malformed[i] == 0) continue;
    malformed += fmt::format("{}{} {}", malformed.empty() ? "" : ", ",
                             policy::to_string(static_cast<policy::Malformed>(i)), grouped(r.malformed[i]));
  }
  if (!malformed.empty()) line("malformed", "{}", malformed);
  line("mismatches", "{} against the reference matcher{}", grouped(r.mismatches),
       r.mismatches == 0 ? "" : "  <-- the filter and the policy differ");
  line("counters", "{}",
       r.counter_differences == 0 ? std::string("all exact, per entry and cause, packets and bytes")
                                  : fmt::format("{} differ from the reference's totals", r.counter_differences));
  line("line", "offered {}, accepted {}, lost {}", grouped(r.offered), grouped(r.accepted), grouped(r.lost));
  line("rate", "{:.3f} Mpps achieved of {:.3f} in theory, frames of {:.1f} bytes on average", r.achieved_mpps,
       r.theoretical_mpps, r.mean_frame);
  line("64 bytes", "{:.3f} Mpps achieved of {:.3f} in theory on {} port{}, lost {} of {}", r.small_achieved_mpps,
       r.small_theoretical_mpps, r.ports, r.ports == 1 ? "" : "s", grouped(r.small_lost), grouped(r.small_packets));
  line("latency", "{} / {:.1f} / {} clocks (min / mean / max), {:.0f} / {:.1f} / {:.0f} ns at {:g} MHz", r.latency_min,
       r.latency_mean, r.latency_max, in_ns(static_cast<double>(r.latency_min)), in_ns(r.latency_mean),
       in_ns(static_cast<double>(r.latency_max)), r.clock_mhz);
  line("simulation", "{} clocks in {:.2f} s: {} clocks/s, {} packets/s{}{}", grouped(r.clocks), r.seconds,
       grouped(static_cast<std::uint64_t>(r.clocks_per_second())),
       grouped(static_cast<std::uint64_t>(r.packets_per_second())), r.jobs > 1 ? fmt::format(", {} jobs", r.jobs) : "",
       r.skipped_clocks != 0 ? fmt::format(", {} idle clocks passed over", grouped(r.skipped_clocks)) : "");
  if (!r.busiest.empty()) {
    out += "\nentries met most often\n";
    for (const EntryCount& e : r.busiest) {
      out += fmt::format("  {:>10} packets  entry {:<4} {}\n", grouped(e.tally.packets), e.entry, cut(e.rule, 80));
    }
  }
  if (!r.would_drop.empty()) {
    constexpr std::size_t kShown = 20;
    out += "\nwould have been dropped\n";
    out += fmt::format("  {:>10}  {:<28} {:<24} {:<32} {}\n", "packets", "destination", "service", "nearest rule",
                       "differs in");
    for (std::size_t i = 0; i < r.would_drop.size() && i < kShown; ++i) {
      const WouldDrop& d = r.would_drop[i];
      out += fmt::format("  {:>10}  {:<28} {:<24} {:<32} {}\n", grouped(d.tally.packets),
                         cut(d.role.empty() ? d.destination : d.role, 39), cut(d.service, 24), cut(d.nearest_rule, 32),
                         d.differs_in);
    }
    if (r.would_drop.size() > kShown)
      out += fmt::format("  ... and {} groups more (--json has all)\n", r.would_drop.size() - kShown);
  }
  if (!r.first_mismatches.empty()) {
    out += "\nmismatches\n";
    for (const std::string& text : r.first_mismatches) out += "  " + text + '\n';
  }
  if (r.lost != 0 || r.small_lost != 0) {
    out += fmt::format(
        "\nframes were lost: {} port{} {} ask for more than the filter takes at {:g} MHz; use a higher --clock, a "
        "lower --rate or "
        "fewer --ports\n",
        r.ports, r.ports == 1 ? "" : "s", rate_text(r.rate), r.clock_mhz);
  }
  if (!r.left_out_rows.empty()) {
    out += "\nnot understood, and left out\n";
    for (const std::string& text : r.left_out_rows) out += "  " + text + '\n';
  }
  for (const std::string& file : r.files) out += fmt::format("wrote {}\n", file);
  return out;
}

std::string to_json(const RunResult& r) {
  using Json = nlohmann::ordered_json;
  Json malformed = Json::object();
  for (unsigned i = 1; i < r.malformed.size(); ++i)
    malformed[std::string(policy::to_string(static_cast<policy::Malformed>(i)))] = r.malformed[i];
  Json causes = Json::object();
  for (unsigned i = 0; i < r.verdicts_by_cause.size(); ++i) {
    causes[std::string(policy::to_string(static_cast<policy::Cause>(i)))] = r.verdicts_by_cause[i];
  }
  Json busiest = Json::array();
  for (const EntryCount& e : r.busiest) {
    busiest.push_back({{"entry", e.entry},
                       {"rule", e.rule},
                       {"document", e.document},
                       {"line", e.line},
                       {"packets", e.tally.packets},
                       {"bytes", e.tally.bytes}});
  }
  Json met = Json::array();
  for (const EntryCount& e : r.met) {
    met.push_back({{"entry", e.entry}, {"rule", e.rule}, {"packets", e.tally.packets}, {"bytes", e.tally.bytes}});
  }
  Json histogram = Json::array();  // [clocks, packets], clocks that no packet took left out
  for (std::size_t clocks = 0; clocks < r.latency_histogram.size(); ++clocks) {
    if (r.latency_histogram[clocks] != 0) histogram.push_back({clocks, r.latency_histogram[clocks]});
  }
  Json would_drop = Json::array();
  for (const WouldDrop& d : r.would_drop) {
    would_drop.push_back({{"destination", d.destination},
                          {"service", d.service},
                          {"nearest_rule", d.nearest_rule},
                          {"differs_in", d.differs_in},
                          {"source", d.source},
                          {"role", d.role},
                          {"permit_line", d.permit_line},
                          {"packets", d.tally.packets},
                          {"bytes", d.tally.bytes}});
  }
  const double ns = 1000 / r.clock_mhz;
  const Json json = {{"subject", r.subject},
                     {"geometry", r.geometry},
                     {"entries", r.entries},
                     {"probes", r.probes},
                     {"ok", r.ok()},
                     {"packets",
                      {{"offered", r.offered},
                       {"accepted", r.accepted},
                       {"lost", r.lost},
                       {"made_from_rules", r.packets_made_from_rules},
                       {"seed", r.seed},
                       {"snapped", r.snapped},
                       {"padded", r.padded},
                       {"mean_frame_bytes", r.mean_frame}}},
                     {"verdicts",
                      {{"permit", r.permits},
                       {"drop", r.drops},
                       {"would_drop", r.would_drops},
                       {"by_cause", causes},
                       {"malformed", malformed}}},
                     {"mismatches", r.mismatches},
                     {"first_mismatches", r.first_mismatches},
                     {"counter_differences", r.counter_differences},
                     {"line",
                      {{"rate_bps", r.rate},
                       {"ports", r.ports},
                       {"clock_mhz", r.clock_mhz},
                       {"achieved_mpps", r.achieved_mpps},
                       {"theoretical_mpps", r.theoretical_mpps},
                       {"smallest_frames",
                        {{"packets", r.small_packets},
                         {"lost", r.small_lost},
                         {"achieved_mpps", r.small_achieved_mpps},
                         {"theoretical_mpps", r.small_theoretical_mpps}}}}},
                     {"latency",
                      {{"min_clocks", r.latency_min},
                       {"mean_clocks", r.latency_mean},
                       {"max_clocks", r.latency_max},
                       {"min_ns", static_cast<double>(r.latency_min) * ns},
                       {"mean_ns", r.latency_mean * ns},
                       {"max_ns", static_cast<double>(r.latency_max) * ns},
                       {"histogram_clocks", histogram}}},
                     {"simulation",
                      {{"clocks", r.clocks},
                       {"skipped_clocks", r.skipped_clocks},
                       {"seconds", r.seconds},
                       {"jobs", r.jobs},
                       {"clocks_per_second", r.clocks_per_second()},
                       {"packets_per_second", r.packets_per_second()}}},
                     {"busiest", busiest},
                     {"entries_met", met},
                     {"would_drop", would_drop},
                     {"left_out_rows", r.left_out_rows},
                     {"files", r.files}};
  // A document's text may hold anything; what is no UTF-8 is replaced.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string to_text(const std::vector<ModelSpeed>& results) {
  std::string out = fmt::format("{:<12} {:>5} {:<44} {:>10} {:>12} {:>12} {:>10}\n", "geometry", "bits", "traffic",
                                "packets", "packets/s", "clocks/s", "mismatches");
  for (const ModelSpeed& b : results) {
    out += fmt::format("{:<12} {:>5} {:<44} {:>10} {:>12} {:>12} {:>10}\n", b.geometry,
                       b.width == 0 ? "" : std::to_string(b.width), b.traffic, grouped(b.packets),
                       grouped(static_cast<std::uint64_t>(b.packets_per_second)),
                       grouped(static_cast<std::uint64_t>(b.clocks_per_second)), b.mismatches);
  }
  return out;
}

}  // namespace portcullis::sim
