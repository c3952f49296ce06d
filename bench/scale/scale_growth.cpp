// Growth of kick-out trees over rules: for each ClassBench set, evenly spaced rules of it, 1,000, 2,000, 5,000 and all;
// with --whole all alone.
// Prints a table in Markdown: how full the trees and the slice are, copies, bits a rule, processor time, search for the
// deepest overlap included, and that of DPDK's rte_acl over the same rules in the same run.
//
//     scale_growth [--whole] FILE...
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <string_view>

#include "acl_build.h"
#include "policy/classbench.h"
#include "tables/tree/compile.h"

namespace portcullis::bench {
namespace {

void line(const std::string& name, const policy::Policy& policy) {
  const tables::tree::Shape shape = tables::tree::Shape::scale();
  std::string trees;
  try {
    const std::clock_t start = std::clock();
    const tables::tree::ScaleCompiled compiled = tables::tree::compile_scale(policy, shape);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const tables::tree::ScaleReport& report = compiled.report;
    const std::string fault = tables::tree::prove_scale(policy, compiled.image);
    std::size_t in_trees = 0;
    for (const std::size_t rules : report.tree_rules) in_trees += rules;
    trees = fmt::format("{} | {} | {:.4f} | {:.1f} | {} | {:.3f} | {}", in_trees, report.left_over + report.unions,
                        report.copies, static_cast<double>(report.used.all()) / static_cast<double>(report.rules),
                        report.overlap, seconds, fault.empty() ? "yes" : fault);
  } catch (const tables::tree::DoesNotFitTrees& refusal) {
    trees = fmt::format("does not fit: {} | | | | | |", refusal.what());
  }
  const AclBuild acl = build_rte_acl(policy);
  const std::string other = acl.error.empty()
                                ? fmt::format("{:.3f} | {:.1f}", acl.seconds, static_cast<double>(acl.bytes) / 1e6)
                                : acl.error + " |";
  fmt::print("| {} | {} | {} | {} |\n", name, policy.entries.size(), trees, other);
  std::fflush(stdout);
}

int run(int count, char** arguments) {
  fmt::print(
      "| set | rules | in trees | in the slice | entries a rule | bits a rule used | rules meet, at least | build, s | "
      "proved | rte_acl build, s | rte_acl, MB |\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|---|---|\n");
  const bool whole = count > 1 && std::string_view(arguments[1]) == "--whole";
  for (int i = whole ? 2 : 1; i < count; ++i) {
    const policy::Policy all = policy::read_classbench(arguments[i]);
    const std::string name = std::filesystem::path(arguments[i]).filename().string();
    for (const std::size_t rules : {std::size_t{1000}, std::size_t{2000}, std::size_t{5000}, all.entries.size()}) {
      if (rules > all.entries.size() || (whole && rules != all.entries.size())) continue;
      policy::Policy some = all;
      some.entries.clear();
      for (std::size_t r = 0; r < rules; ++r) some.entries.push_back(all.entries[r * all.entries.size() / rules]);
      line(name, some);
    }
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("\nLargest memory of this program, DPDK's included: {} MB\n", usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace
}  // namespace portcullis::bench

int main(int count, char** arguments) {
  try {
    if (count > 1) return portcullis::bench::run(count, arguments);
    fmt::print(stderr, "usage: scale_growth FILE...: ClassBench filter sets\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "scale_growth: {}\n", error.what());
  }
  return 2;
}
