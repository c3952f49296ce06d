// Growth of kick-out trees over rules: for each ClassBench set, evenly spaced rules of it, 1,000, 2,000, 5,000 and all;
// with --whole all alone. How full the trees and the slice are, copies, bits a rule, processor time, search for the
// deepest overlap included, and that of DPDK's rte_acl over the same rules in the same run.
//
//     scale_growth [--whole] [--json FILE] SET...
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "acl_build.h"
#include "cli/write_json.h"
#include "policy/classbench.h"
#include "run/bench_machine.h"
#include "tables/tree/compile.h"

namespace portcullis::bench {
namespace {

using Json = nlohmann::ordered_json;

/// Figures of one set, or why there are none.
Json measure(const std::string& name, const policy::Policy& policy) {
  const tables::tree::Shape shape = tables::tree::Shape::scale();
  Json out = {{"set", name}, {"rules", policy.entries.size()}};
  try {
    const std::clock_t start = std::clock();
    const tables::tree::ScaleCompiled compiled = tables::tree::compile_scale(policy, shape);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const tables::tree::ScaleReport& report = compiled.report;
    std::size_t in_trees = 0;
    for (const std::size_t rules : report.tree_rules) in_trees += rules;
    out["in_trees"] = in_trees;
    out["in_slice"] = report.left_over + report.unions;
    out["slice_boundaries"] = report.slice_boundaries;
    out["entries_a_rule"] = report.copies;
    out["bits_used"] = static_cast<double>(report.used.all()) / static_cast<double>(report.rules);
    out["bits_provisioned"] = static_cast<double>(report.provisioned.all()) / shape.rules;
    out["overlap"] = report.overlap;
    out["attempts"] = report.attempts;
    out["seconds"] = seconds;
    const std::string fault = tables::tree::prove_scale(policy, compiled.image);
    out["proved"] = fault.empty() ? "yes" : fault;
  } catch (const tables::tree::DoesNotFitTrees& refusal) {
    out["does_not_fit"] = refusal.what();
  }
  const AclBuild acl = build_rte_acl(policy);
  if (acl.error.empty()) {
    out["rte_acl"] = {{"seconds", acl.seconds}, {"bytes", acl.bytes}};
  } else {
    out["rte_acl"] = {{"error", acl.error}};
  }
  return out;
}

void print(const Json& set) {
  fmt::print("| {} | {} | ", set["set"].get<std::string>(), set["rules"].get<std::size_t>());
  if (set.contains("does_not_fit")) {
    fmt::print("does not fit: {} | | | | | | | ", set["does_not_fit"].get<std::string>());
  } else {
    fmt::print("{} | {} | {:.4f} | {:.1f} | {} | {:.3f} | {} | ", set["in_trees"].get<std::size_t>(),
               set["in_slice"].get<std::size_t>(), set["entries_a_rule"].get<double>(), set["bits_used"].get<double>(),
               set["overlap"].get<std::size_t>(), set["seconds"].get<double>(), set["proved"].get<std::string>());
  }
  const Json& acl = set["rte_acl"];
  if (acl.contains("error")) {
    fmt::print("{} | |\n", acl["error"].get<std::string>());
  } else {
    fmt::print("{:.3f} | {:.1f} |\n", acl["seconds"].get<double>(),
               static_cast<double>(acl["bytes"].get<std::size_t>()) / 1e6);
  }
  std::fflush(stdout);
}

void run(const std::vector<std::string>& files, bool whole, const std::string& json) {
  fmt::print(
      "| set | rules | in trees | in the slice | entries a rule | bits a rule used | rules meet, at least | build, s | "
      "proved | rte_acl build, s | rte_acl, MB |\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|---|---|\n");
  Json sets = Json::array();
  for (const std::string& file : files) {
    const policy::Policy all = policy::read_classbench(file);
    const std::string name = std::filesystem::path(file).filename().string();
    for (const std::size_t rules : {std::size_t{1000}, std::size_t{2000}, std::size_t{5000}, all.entries.size()}) {
      if (rules > all.entries.size() || (whole && rules != all.entries.size())) continue;
      policy::Policy some = all;
      some.entries.clear();
      for (std::size_t r = 0; r < rules; ++r) some.entries.push_back(all.entries[r * all.entries.size() / rules]);
      sets.push_back(measure(name, some));
      print(sets.back());
    }
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("\nLargest memory of this program, DPDK's included: {} MB\n", usage.ru_maxrss / 1024);
  if (json.empty()) return;
  const Json out = {{"measurement", "scale-growth"},
                    {"machine", Json::parse(sim::machine_json())},
                    {"geometry", tables::tree::Shape::scale().name()},
                    {"sets", std::move(sets)}};
  cli::write_json(json, out.dump(1));
}

}  // namespace
}  // namespace portcullis::bench

int main(int argc, char** argv) {
  CLI::App app{"Growth of kick-out trees over rules, beside DPDK's rte_acl.", "scale_growth"};
  std::vector<std::string> files;
  bool whole = false;
  std::string json;
  app.add_option("SET", files, "ClassBench filter sets")->required();
  app.add_flag("--whole", whole, "whole sets alone");
  app.add_option("--json", json, "write the raw figures as JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    portcullis::bench::run(files, whole, json);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "scale_growth: " << error.what() << '\n';
    return 2;
  }
}
