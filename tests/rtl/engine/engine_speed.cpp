// How fast the verilated match engine runs: one lookup a clock, every verdict compared with brute force beforehand.
// Usage: engine_speed_GEOMETRY [CLOCKS]; prints clocks per second of the model alone, by the clock on the wall and by
// processor time.
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <type_traits>
#include <vector>

#include ENGINE_HEADER
#include "engine_bench.h"

using namespace portcullis::rtl_test;

int main(int argc, char** argv) {
  const std::uint64_t clocks = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 2'000'000;
  const Geometry geometry{ENGINE_GEOMETRY};
  EngineBench<ENGINE_MODEL> bench(geometry, 1);
  const auto policy = std::make_shared<RandomPolicy>(geometry, bench.random);
  bench.install(policy);

  // Checked: a ring of lookups, as ports want them, with the rules that they meet.
  constexpr std::size_t ring = 1024;
  std::vector<std::remove_reference_t<decltype(bench.model().lookup_key_i)>> keys;
  std::vector<int> rules;
  for (std::size_t i = 0; i < ring; ++i) {
    Lookup lookup;
    lookup.key = policy->random_key(bench.random);
    const auto rule = policy->first_match(lookup.key);
    rules.push_back(rule ? static_cast<int>(*rule) : -1);
    bench.lookup = lookup;
    bench.tick();
    keys.push_back(bench.model().lookup_key_i);
  }
  bench.settle();

  auto& model = bench.model();
  model.verdict_ready_i = 1;
  model.lookup_valid_i = 1;
  model.lookup_cause_i = 0;
  model.lookup_length_i = 64;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t wrong = 0;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t start_processor = std::clock();
  for (std::uint64_t clock = 0; clock < clocks; ++clock) {
    model.lookup_key_i = keys[sent % ring];
    model.clk_i = 0;
    model.eval();
    sent += model.lookup_ready_o;
    if (model.verdict_valid_o) {
      wrong += (model.verdict_hit_o ? static_cast<int>(model.verdict_rule_o) : -1) != rules[received++ % ring];
    }
    model.clk_i = 1;
    model.eval();
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const double processor = static_cast<double>(std::clock() - start_processor) / CLOCKS_PER_SEC;
  fmt::print(
      "{} rules, {} address intervals: {:.0f} clocks/s, {:.0f} per second of processor time, {} lookups, {} verdicts, "
      "{} wrong\n",
      geometry.rules, geometry.address_intervals, static_cast<double>(clocks) / taken.count(),
      static_cast<double>(clocks) / processor, sent, received, wrong);
  return wrong == 0 ? 0 : 1;
}
