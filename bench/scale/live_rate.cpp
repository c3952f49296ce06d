// How many rules a second can be added one by one: for each ClassBench set, all rules but 2,000 are put into force, and
// these are then added at their places, in random order, with rebuilds on a thread of their own. The device is software
// that takes rows at once, so the figure is the host's: processor time of both threads. Device time is the rows' count.
// Once as LiveTable does it, and once with rebuilds that compile all rules from nothing.
//
//     scale_live_rate [--json FILE] SET...
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "cli/write_json.h"
#include "device/live_table.h"
#include "device/registers.h"
#include "device/scale_loader.h"
#include "policy/classbench.h"
#include "run/bench_machine.h"

namespace portcullis::bench {
namespace {

using Json = nlohmann::ordered_json;
using tables::tree::ScaleImage;
using tables::tree::Shape;

constexpr std::size_t kAdded = 2000;

/// Registers of a filter with trees that does whatever it is told at once, and answers test lookups as `image` says.
class Registers final : public device::Transport {
 public:
  Registers(const Shape& shape, const ScaleImage& image) : image_(image) {
    const auto set = [&](std::uint32_t offset, std::uint32_t value) { words_[offset] = value; };
    set(PCL_MAGIC, PCL_MAGIC_VALUE_RESET);
    set(PCL_VERSION, PCL_VERSION_MAJOR_RESET << PCL_VERSION_MAJOR_SHIFT | 1);
    set(PCL_GEOMETRY_RULES, shape.slice.rules);
    set(PCL_GEOMETRY_ADDRESS_BITS, 128);
    for (unsigned t = 0; t < policy::kRangeTables; ++t)
      set(PCL_GEOMETRY_SOURCE_INTERVALS + 4 * t, shape.slice.intervals[t]);
    set(PCL_GEOMETRY_PORTS, 2);
    set(PCL_GEOMETRY_ROW_WORDS, (std::max(shape.slice.rules, shape.entry_bits()) + 31) / 32);
    set(PCL_GEOMETRY_CAUSES, device::kCauses);
    set(PCL_GEOMETRY_TREE_RULES, shape.rules);
    set(PCL_GEOMETRY_TREES, static_cast<std::uint32_t>(shape.trees.size()) |
                                shape.leaf << PCL_GEOMETRY_TREES_LEAF_SHIFT |
                                shape.predicate_bits << PCL_GEOMETRY_TREES_PREDICATE_BITS_SHIFT |
                                shape.address_bits << PCL_GEOMETRY_TREES_ADDRESS_BITS_SHIFT);
    for (unsigned t = 0; t < shape.trees.size(); ++t) {
      set(PCL_GEOMETRY_TREE_0 + 4 * t,
          shape.trees[t].entries | shape.trees[t].levels << PCL_GEOMETRY_TREE_0_LEVELS_SHIFT |
              static_cast<std::uint32_t>(std::countr_zero(shape.trees[t].rows)) << PCL_GEOMETRY_TREE_0_ROWS_LOG2_SHIFT);
    }
  }

  std::uint32_t read32(std::uint32_t offset) override { return words_[offset]; }
  void write32(std::uint32_t offset, std::uint32_t value) override {
    if (offset == PCL_SCRATCH || (offset >= PCL_TEST_SOURCE_0 && offset < PCL_TEST_START)) words_[offset] = value;
    if (offset == PCL_CONTROL && (value & PCL_CONTROL_FLIP_MASK) != 0)
      words_[PCL_STATUS] ^= PCL_STATUS_ACTIVE_BANK_MASK | PCL_STATUS_SLICE_BANK_MASK;
    if (offset == PCL_CONTROL && (value & PCL_CONTROL_FLIP_SLICE_MASK) != 0)
      words_[PCL_STATUS] ^= PCL_STATUS_SLICE_BANK_MASK;
    if (offset == PCL_TEST_START) test();
  }

 private:
  void test() {
    const auto address = [&](std::uint32_t low) {
      policy::Address value = 0;
      for (unsigned w = 0; w < 4; ++w) value |= policy::Address{words_[low + 4 * w]} << (32 * w);
      return value;
    };
    policy::Key key;
    key.source = address(PCL_TEST_SOURCE_0);
    key.destination = address(PCL_TEST_DESTINATION_0);
    key.source_port = words_[PCL_TEST_SOURCE_PORT];
    key.destination_port = words_[PCL_TEST_DESTINATION_PORT];
    const std::uint32_t chunks = words_[PCL_TEST_CHUNKS];
    key.protocol = static_cast<std::uint8_t>(chunks);
    key.tcp_flags = static_cast<std::uint8_t>(chunks >> PCL_TEST_CHUNKS_TCP_FLAGS_SHIFT);
    key.dscp_tags = static_cast<std::uint8_t>(chunks >> PCL_TEST_CHUNKS_DSCP_TAGS_SHIFT);
    key.context = static_cast<std::uint8_t>(chunks >> PCL_TEST_CHUNKS_CONTEXT_SHIFT);
    const auto rule = tables::tree::lookup_number(image_, key);
    const std::uint64_t action = rule ? image_.actions[*rule] : image_.default_action;
    words_[PCL_TEST_RESULT] = PCL_TEST_RESULT_DONE_MASK;
    if (rule)
      words_[PCL_TEST_RESULT] |= PCL_TEST_RESULT_HIT_MASK | device::number_in_device(image_, *rule)
                                                                << PCL_TEST_RESULT_RULE_SHIFT;
    words_[PCL_TEST_ACTION_LO] = static_cast<std::uint32_t>(action);
    words_[PCL_TEST_ACTION_HI] = static_cast<std::uint32_t>(action >> 32U);
  }

  const ScaleImage& image_;
  std::map<std::uint32_t, std::uint32_t> words_;
};

class NoRows final : public device::RowSink {
 public:
  void write(std::span<const device::RowWrite>) override {}
};

Json measure(const std::string& name, const policy::Policy& all, bool always_whole) {
  const std::size_t count = all.entries.size();
  if (count <= kAdded) throw std::runtime_error(fmt::format("{}: {} rules are too few", name, count));
  std::mt19937_64 random(1);
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  std::vector<std::optional<device::LiveRuleId>> names(count);  // by place in the set
  std::vector<bool> later(count);
  for (std::size_t i = 0; i < kAdded; ++i) later[order[i]] = true;
  policy::Policy first = all;
  first.entries.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (later[i]) continue;
    names[i] = static_cast<device::LiveRuleId>(first.entries.size());
    first.entries.push_back(all.entries[i]);
  }
  const Shape shape = Shape::scale();
  const ScaleImage image = tables::tree::compile_scale(first, shape).image;
  Registers registers(shape, image);
  device::Device device(registers);
  NoRows rows;
  device::LiveTable::Options options;
  options.always_whole = always_whole;
  device::LiveTable table(device, rows, first, options);
  const std::uint64_t loaded = table.figures().rows;
  const std::clock_t start = std::clock();
  for (std::size_t i = 0; i < kAdded; ++i) {
    std::size_t next = order[i] + 1;
    while (next < count && !names[next]) ++next;
    names[order[i]] = table.add(all.entries[order[i]], next < count ? names[next] : std::nullopt);
    table.work();
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const device::LiveTable::Figures& figures = table.figures();
  const double rows_each = static_cast<double>(figures.rows - loaded) / kAdded;
  fmt::print("| {} | {} | {:.0f} | {} | {} | {} | {:.0f} |\n", name, count, kAdded / seconds, figures.rebuilds,
             figures.whole, figures.waits, rows_each);
  std::fflush(stdout);
  return {{"set", name},
          {"rules", count},
          {"always_whole", always_whole},
          {"added", kAdded},
          {"seconds", seconds},
          {"rebuilds", figures.rebuilds},
          {"whole", figures.whole},
          {"waits", figures.waits},
          {"rows_an_addition", rows_each}};
}

void run(const std::vector<std::string>& files, const std::string& json) {
  fmt::print(
      "| set | rules at the end | additions a second | rebuilds | from nothing | additions that waited for one | rows "
      "an addition |\n");
  fmt::print("|---|---|---|---|---|---|---|\n");
  Json runs = Json::array();
  for (const std::string& file : files) {
    for (const bool always_whole : {false, true})
      runs.push_back(
          measure(std::filesystem::path(file).filename().string(), policy::read_classbench(file), always_whole));
  }
  if (json.empty()) return;
  const Json out = {
      {"measurement", "scale-live"}, {"machine", Json::parse(sim::machine_json())}, {"runs", std::move(runs)}};
  cli::write_json(json, out.dump(1));
}

}  // namespace
}  // namespace portcullis::bench

int main(int argc, char** argv) {
  CLI::App app{"How many rules a second can be added one by one.", "scale_live_rate"};
  std::vector<std::string> files;
  std::string json;
  app.add_option("SET", files, "ClassBench filter sets")->required();
  app.add_option("--json", json, "write the raw figures as JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    portcullis::bench::run(files, json);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "scale_live_rate: " << error.what() << '\n';
    return 2;
  }
}
