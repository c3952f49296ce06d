// What a run showed: verdict counts, latency, and in monitor mode what enforcing would drop.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "report/html.h"
#include "report/views.h"

namespace portcullis::report {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostGroups = 500;
constexpr std::size_t kMostBars = 60;

/// A bar with its number, for tables.
std::string bar(double share, std::string_view kind) {
  return fmt::format(
      "<svg class=\"bar {}\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
      "width=\"{:.1f}\" height=\"8\"/></svg>",
      kind, std::clamp(share * 100, share > 0 ? 0.6 : 0.0, 100.0));
}

struct Count {
  std::string name;
  std::uint64_t packets = 0;
  std::string kind;
};

std::string counts_html(std::string_view caption, const std::vector<Count>& counts) {
  std::uint64_t most = 1;
  for (const Count& count : counts) most = std::max(most, count.packets);
  std::string out = fmt::format("<div class=\"scroll\"><table class=\"bars\"><caption>{}</caption><tbody>\n", caption);
  for (const Count& count : counts) {
    out += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td>{}</td></tr>\n",
                       isolated(count.name, 120), grouped(count.packets),
                       bar(static_cast<double>(count.packets) / static_cast<double>(most), count.kind));
  }
  return out + "</tbody></table></div>\n";
}

/// Packets by clocks; neighbours share a bar where there are many.
std::string histogram_html(const Json& latency, double ns_per_clock) {
  std::map<std::uint64_t, std::uint64_t> packets;
  const Json histogram = latency.value("histogram_clocks", Json::array());
  for (const Json& item : histogram) {
    packets[item.at(0).get<std::uint64_t>()] += item.at(1).get<std::uint64_t>();
  }
  if (packets.empty()) return {};
  const std::uint64_t first = packets.begin()->first;
  const std::uint64_t span = packets.rbegin()->first - first + 1;
  const std::uint64_t step = (span + kMostBars - 1) / kMostBars;
  std::vector<Count> bars;
  for (const auto& [clocks, count] : packets) {
    const std::uint64_t from = first + (clocks - first) / step * step;
    const std::string name =
        fmt::format("{}{} clocks, {:.0f} ns", from, step > 1 ? fmt::format(" to {}", from + step - 1) : "",
                    static_cast<double>(from) * ns_per_clock);
    if (bars.empty() || bars.back().name != name) bars.push_back({name, 0, ""});
    bars.back().packets += count;
  }
  return counts_html("Latency, from a frame's last beat to its verdict: packets", bars);
}

std::string would_drop_html(const Json& groups) {
  std::string out = fmt::format(
      "<h3 id=\"would-drop\">What enforcing would drop: {} groups</h3>\n<p>Most packets first. The last column is the "
      "line "
      "that would permit the group: an item of <code>rules:</code>, in front of any rule that drops it, or a key of "
      "the site "
      "file. Add it only if the packets should pass.</p>\n"
      "<div class=\"scroll\"><table class=\"rows would\"><thead><tr><th scope=\"col\" class=\"number\">Packets</th>"
      "<th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">Service</th><th scope=\"col\">Nearest "
      "rule</th>"
      "<th scope=\"col\">Misses by</th><th scope=\"col\">Line to permit it</th></tr></thead><tbody>\n",
      grouped(groups.size()));
  for (std::size_t i = 0; i < groups.size() && i < kMostGroups; ++i) {
    const Json& g = groups[i];
    const std::string role = g.value("role", "");
    const std::string destination = g.value("destination", "");
    const std::string line = g.value("permit_line", "");
    out += fmt::format(
        "<tr class=\"row drop\" data-verdict=\"drop\" data-ports=\"{}\"><td "
        "class=\"number\">{}</td><td>{}</td><td>{}</td>"
        "<th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(g.value("service", "")), grouped(g.value("packets", std::uint64_t{0})),
        isolated(g.value("source", ""), 200),
        isolated(role.empty() ? destination : fmt::format("{} ({})", role, destination), 200),
        isolated(g.value("service", ""), 80), isolated(g.value("nearest_rule", ""), 120),
        isolated(g.value("differs_in", ""), 120),
        line.empty() ? "no rule permits malformed packets" : fmt::format("<code>{}</code>", isolated(line, 600)));
  }
  out += "</tbody></table></div>\n";
  if (groups.size() > kMostGroups) {
    out += fmt::format("<p>{} groups more are in the run's JSON.</p>\n", grouped(groups.size() - kMostGroups));
  }
  return out;
}

std::string from_json(const Input& input) {
  Json run;
  try {
    run = Json::parse(input.run_json);
    const Json& packets = run.at("packets");
    const Json& verdicts = run.at("verdicts");
    const Json& line = run.at("line");
    const double mhz = line.at("clock_mhz").get<double>();
    const std::uint64_t mismatches = run.at("mismatches").get<std::uint64_t>();
    const std::uint64_t differences = run.value("counter_differences", std::uint64_t{0});
    const std::uint64_t lost = packets.at("lost").get<std::uint64_t>();
    std::string out = fmt::format(
        "<p>{} packets{} on {} port{}, geometry {}, at {:g} MHz: <strong class=\"{}\">{}</strong>. {:.3f} million "
        "packets a "
        "second of {:.3f} in theory; {} lost.</p>\n<div class=\"columns\"><div>\n",
        grouped(packets.at("offered").get<std::uint64_t>()),
        packets.value("made_from_rules", false) ? " made from the rules" : " of a capture",
        line.at("ports").get<unsigned>(), line.at("ports").get<unsigned>() == 1 ? "" : "s",
        escape(run.value("geometry", "")), mhz, mismatches == 0 && differences == 0 ? "good" : "bad",
        mismatches == 0 && differences == 0
            ? std::string("every verdict and counter is the reference's")
            : fmt::format("{} verdicts and {} counters differ from the reference", mismatches, differences),
        line.at("achieved_mpps").get<double>(), line.at("theoretical_mpps").get<double>(), grouped(lost));
    std::vector<Count> counts = {{"permitted", verdicts.at("permit").get<std::uint64_t>(), "permit"},
                                 {"dropped", verdicts.at("drop").get<std::uint64_t>(), "drop"}};
    if (verdicts.value("would_drop", std::uint64_t{0}) != 0) {
      counts.push_back({"would have been dropped", verdicts.at("would_drop").get<std::uint64_t>(), "drop"});
    }
    for (const auto& [cause, count] : verdicts.at("by_cause").items()) {
      if (count.get<std::uint64_t>() != 0) counts.push_back({"decided by: " + cause, count.get<std::uint64_t>(), ""});
    }
    const Json malformed = verdicts.value("malformed", Json::object());
    for (const auto& [cause, count] : malformed.items()) {
      if (count.get<std::uint64_t>() != 0) counts.push_back({"malformed: " + cause, count.get<std::uint64_t>(), ""});
    }
    out += counts_html("Verdicts: packets", counts) + "</div><div>\n";
    out += histogram_html(run.at("latency"), 1000 / mhz);
    std::vector<Count> busiest;
    const Json met = run.value("busiest", Json::array());
    for (const Json& item : met) {
      const auto entry = item.at("entry").get<std::size_t>();
      const std::string name = fmt::format("{} {}", entry, item.value("rule", ""));
      const bool permit = entry < input.site->policy.entries.size() && input.site->policy.entries[entry].action.permit;
      busiest.push_back({name, item.at("packets").get<std::uint64_t>(), permit ? "permit" : "drop"});
    }
    if (!busiest.empty()) out += counts_html("Entries met most often: packets", busiest);
    out += "</div></div>\n";
    const Json groups = run.value("would_drop", Json::array());
    if (!groups.empty()) out += would_drop_html(groups);
    return out;
  } catch (const Json::exception&) {
    throw RunFormatError(fmt::format(
        "{}: is not what `portcullis run --json` writes: run the site again and give that file", input.run_name));
  }
}

/// The fields of one line of RFC 4180; `at` moves behind its end.
std::vector<std::string> csv_line(const std::string& text, std::size_t& at) {
  std::vector<std::string> fields(1);
  for (bool quoted = false; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      fields.back() += '"';
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      fields.emplace_back();
    } else if (!quoted && c == '\n') {
      ++at;
      break;
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string from_csv(const Input& input) {
  const std::string& text = input.verdicts_csv;
  std::size_t at = 0;
  const std::vector<std::string> header = csv_line(text, at);
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  const std::size_t verdict = column("verdict");
  const std::size_t cause = column("cause");
  const std::size_t rule = column("rule");
  const std::size_t would = column("would");
  if (verdict == header.size() || cause == header.size() || rule == header.size()) {
    throw RunFormatError(
        fmt::format("{}: has not the columns of `portcullis run --verdicts`: give such a file, or the "
                    "JSON of `run --json`",
                    input.run_name));
  }
  std::map<std::string, std::uint64_t> verdicts;
  std::map<std::string, std::uint64_t> causes;
  std::map<std::string, std::uint64_t> rules;
  std::uint64_t would_drop = 0;
  while (at < text.size()) {
    const std::vector<std::string> fields = csv_line(text, at);
    if (fields.size() < header.size()) {
      throw RunFormatError(fmt::format("{}: ends in the middle of a line: write it again", input.run_name));
    }
    ++verdicts[fields[verdict]];
    ++causes[fields[cause]];
    if (!fields[rule].empty()) ++rules[fields[rule]];
    if (would < fields.size() && fields[would] == "drop") ++would_drop;
  }
  std::vector<Count> counts = {{"permitted", verdicts["permit"], "permit"}, {"dropped", verdicts["drop"], "drop"}};
  if (would < header.size()) counts.push_back({"would have been dropped", would_drop, "drop"});
  for (const auto& [name, packets] : causes) counts.push_back({"decided by: " + name, packets, ""});
  std::vector<Count> busiest;
  for (const auto& [name, packets] : rules) busiest.push_back({name, packets, ""});
  std::stable_sort(busiest.begin(), busiest.end(),
                   [](const Count& a, const Count& b) { return a.packets > b.packets; });
  if (busiest.size() > 10) busiest.resize(10);
  return "<p>From the verdicts of single packets; latency and the lines that would permit dropped packets are in the "
         "JSON of "
         "<code>run --json</code>.</p>\n<div class=\"columns\">\n" +
         counts_html("Verdicts: packets", counts) + counts_html("Rules met most often: packets", busiest) + "</div>\n";
}

}  // namespace

std::string run_html(const Input& input) {
  if (!input.run_json.empty()) return from_json(input);
  if (!input.verdicts_csv.empty()) return from_csv(input);
  return "<p>No run is part of this report: <code>portcullis report --with-run</code> makes one, <code>--run "
         "FILE</code> "
         "shows one that was made.</p>\n";
}

}  // namespace portcullis::report
