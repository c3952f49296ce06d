#include "cli/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "spec/report.h"
#include "tables/prove.h"

namespace portcullis::cli {

policy::SitePolicy load_site(const std::filesystem::path& site) {
  policy::SitePolicy loaded = policy::load_policy(site);
  for (const spec::Finding& finding : loaded.findings) std::cerr << spec::to_string(finding) << '\n';
  return loaded;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    throw std::runtime_error(fmt::format("{}: cannot be read: {}", file.string(),
                                         std::error_code(errno, std::generic_category()).message()));
  }
  return std::move(text).str();
}

InputKind kind_of_input(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  const std::string text = read_text(file);
  if (extension == ".yaml" || extension == ".yml") return InputKind::site;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '@') return InputKind::classbench;
  constexpr std::string_view kKey = "portcullis:";
  for (std::size_t at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return InputKind::site;
  }
  return InputKind::document;
}

void keep_inputs(const std::vector<std::filesystem::path>& inputs, const std::vector<std::filesystem::path>& outputs) {
  for (const std::filesystem::path& output : outputs) {
    for (const std::filesystem::path& input : inputs) {
      std::error_code missing;  // a file that is not there yet cannot be an input
      if (std::filesystem::equivalent(output, input, missing) && std::filesystem::is_regular_file(output, missing)) {
        throw std::runtime_error(fmt::format(
            "{}: is read by this command and would be overwritten: write to another file", output.string()));
      }
    }
  }
}

namespace {

std::string percent(std::size_t part, std::size_t whole) {
  return fmt::format("{:.1f} %", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

std::string to_text(const tables::Report& report) {
  std::string out;
  if (report.rows > 0) {
    out += fmt::format("rows         {} document rows read, {} of them without an entry, {} split into several\n",
                       report.rows, report.rows_without_entry,
                       std::count_if(report.splits.begin(), report.splits.end(),
                                     [](const policy::SplitRow& split) { return split.entries > 1; }));
  }
  out += fmt::format("entries      {} of {} ({}); a plain TCAM would need {} ({:.1f} times as many)\n", report.entries,
                     report.geometry.rules, percent(report.entries, report.geometry.rules), report.tcam_entries,
                     report.tcam_per_entry);
  if (report.hidden > 0) out += fmt::format("             {} are hidden by those before them\n", report.hidden);
  std::string name = "tables";
  for (const tables::Occupancy& table : report.tables) {
    out += fmt::format("{:<13}{:<20}{:>5} of {:>5} rows  {:>6}\n", name, table.table, table.used, table.capacity,
                       percent(table.used, table.capacity));
    name.clear();
  }
  return out;
}

void write_text(const std::string& file, const std::string& text) {
  if (file == "-") {
    std::cout << text;
    return;
  }
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(file + ": could not be written");
}

std::string to_json(const tables::Report& report) {
  using Json = nlohmann::ordered_json;
  Json tables = Json::object();
  for (const tables::Occupancy& table : report.tables) {
    tables[table.table] = {{"used", table.used}, {"capacity", table.capacity}};
  }
  Json splits = Json::array();
  for (const policy::SplitRow& split : report.splits) {
    splits.push_back(
        {{"document", split.document}, {"line", split.line}, {"entries", split.entries}, {"reason", split.reason}});
  }
  const Json json = {{"geometry", report.geometry.name},
                     {"rows", report.rows},
                     {"rows_without_entry", report.rows_without_entry},
                     {"entries", report.entries},
                     {"rules", report.geometry.rules},
                     {"hidden", report.hidden},
                     {"undecided", report.undecided},
                     {"tcam_entries", report.tcam_entries},
                     {"tcam_per_entry", report.tcam_per_entry},
                     {"probes", report.probes},
                     {"tables", tables},
                     {"splits", splits}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_json(const tables::tree::ScaleReport& report, const tables::tree::Shape& shape,
                    const policy::Policy& policy) {
  using Json = nlohmann::ordered_json;
  Json trees = Json::array();
  for (std::size_t t = 0; t < report.tree_rules.size(); ++t) {
    trees.push_back({{"rules", report.tree_rules[t]},
                     {"entries", report.tree_entries[t]},
                     {"entries_capacity", shape.trees[t].entries},
                     {"leaves", report.tree_leaves[t]},
                     {"levels", report.tree_levels[t]},
                     {"levels_capacity", shape.trees[t].levels}});
  }
  Json boundaries = Json::array();
  for (unsigned t = 0; t < policy::kRangeTables; ++t)
    boundaries.push_back({{"used", report.slice_boundaries[t]}, {"capacity", shape.slice.boundaries(t)}});
  Json in_slice = Json::array();
  for (std::size_t i = 0; i < report.union_reasons.size(); ++i) {
    const policy::Provenance& from = policy.entries.at(report.union_rules.at(i)).from;
    in_slice.push_back({{"rule", from.rule}, {"reason", report.union_reasons[i]}});
  }
  const auto bits = [](const tables::tree::Shape::Bits& of) {
    return Json{{"entries", of.entries}, {"records", of.records}, {"predicates", of.predicates}, {"slice", of.slice}};
  };
  const double rules = static_cast<double>(std::max<std::size_t>(report.rules, 1));
  const Json json = {{"geometry", shape.name()},
                     {"entries", report.asked},
                     {"rules", report.rules},
                     {"rules_capacity", shape.rules},
                     {"split", report.split.size()},
                     {"match_nothing", report.empty},
                     {"trees", trees},
                     {"slice",
                      {{"rules", report.unions + report.left_over},
                       {"capacity", shape.slice.rules},
                       {"for_lists", report.unions},
                       {"left_over", report.left_over},
                       {"boundaries", boundaries},
                       {"why", in_slice}}},
                     {"entries_per_rule", report.copies},
                     {"predicates", report.predicates},
                     {"overlap", report.overlap},
                     {"overlap_header", tables::describe(report.overlap_key)},
                     {"bits_provisioned", bits(report.provisioned)},
                     {"bits_used", bits(report.used)},
                     {"bits_per_rule_provisioned", static_cast<double>(report.provisioned.all()) / shape.rules},
                     {"bits_per_rule_used", static_cast<double>(report.used.all()) / rules},
                     {"attempts", report.attempts},
                     {"seconds", report.seconds}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace portcullis::cli
