#include "model/engine_model.h"

#include <fmt/format.h>
#include <verilated.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "PclEngineLarge.h"
#include "model/bits.h"

namespace portcullis::model {
namespace {

constexpr unsigned kResetClocks = 8;
constexpr unsigned kPatience = 100'000;  // clocks for a row to be taken or a verdict to come
// Load targets (docs/design.md, "Loading").
constexpr unsigned kTargetBoundary = 0x00;
constexpr unsigned kTargetBitmap = 0x08;
constexpr unsigned kTargetAction = 0x18;
constexpr unsigned kTargetDefault = 0x19;

using policy::Address;

}  // namespace

struct EngineModel::State {
  VerilatedContext context;
  PclEngineLarge top{&context, "pcl_engine"};
  tables::Geometry geometry = tables::Geometry::large();
  std::uint64_t clocks = 0;
  unsigned latency = 0;

  static constexpr std::size_t kRowWords = sizeof(top.load_data_i) / sizeof(std::uint32_t);

  void settle() {
    top.clk_i = 0;
    top.eval();
  }
  void edge() {
    top.clk_i = 1;
    top.eval();
    ++clocks;
  }

  void load_row(unsigned target, std::size_t index, std::span<const std::uint64_t> words) {
    top.load_target_i = static_cast<std::uint8_t>(target);
    top.load_index_i = static_cast<std::uint16_t>(index);
    for (std::size_t i = 0; i < kRowWords; ++i) {
      const std::uint64_t word = i / 2 < words.size() ? words[i / 2] : 0;
      top.load_data_i.data()[i] = static_cast<std::uint32_t>(i % 2 == 0 ? word : word >> 32U);
    }
    top.load_valid_i = 1;
    for (unsigned waited = 0;; ++waited) {
      if (waited == kPatience) throw std::runtime_error("the engine did not take a row");
      settle();
      const bool taken = top.load_ready_o != 0;
      edge();
      if (taken) break;
    }
    top.load_valid_i = 0;
  }

  void put_key(const policy::Key& key) {
    std::uint32_t* words = top.lookup_key_i.data();
    unsigned low = 0;
    const auto put = [&](std::uint64_t value, unsigned width) {
      set_bits(words, low, width, value);
      low += width;
    };
    put(static_cast<std::uint64_t>(key.source), 64);
    put(static_cast<std::uint64_t>(key.source >> 64U), 64);
    put(static_cast<std::uint64_t>(key.destination), 64);
    put(static_cast<std::uint64_t>(key.destination >> 64U), 64);
    put(key.source_port, 17);
    put(key.destination_port, 17);
    put(key.vlan, 12);
    put(key.protocol, 8);
    put(key.tcp_flags, 8);
    put(key.dscp_tags, 8);
    put(key.context, 8);
  }
};

EngineModel::EngineModel() : state_(std::make_unique<State>()) {
  PclEngineLarge& top = state_->top;
  top.lookup_valid_i = top.test_valid_i = top.load_valid_i = top.counter_valid_i = 0;
  top.lookup_cause_i = 0;
  top.lookup_length_i = 60;
  top.lookup_tag_i = 0;
  top.flip_i = top.counter_clear_i = 0;
  top.verdict_ready_i = 1;
  top.rst_i = 1;
  for (unsigned i = 0; i < kResetClocks; ++i) {
    state_->settle();
    state_->edge();
  }
  top.rst_i = 0;
}

EngineModel::~EngineModel() { state_->top.final(); }

std::uint64_t EngineModel::clocks() const { return state_->clocks; }
unsigned EngineModel::latency() const { return state_->latency; }

void EngineModel::load(const tables::TableImage& image) {
  State& state = *state_;
  const tables::Geometry& engine = state.geometry;
  if (image.actions.size() > engine.rules) {
    throw std::invalid_argument(
        fmt::format("the image has {} rules, the engine {}", image.actions.size(), engine.rules));
  }
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    if (image.boundaries[table].size() > engine.boundaries(table)) {
      throw std::invalid_argument(fmt::format("the image has {} intervals for the {}, the engine {}",
                                              image.boundaries[table].size() + 1, policy::kTableNames[table],
                                              engine.intervals[table]));
    }
  }
  for (unsigned table = 0; table < policy::kTables; ++table) {
    const std::size_t rows = image.rows(table);
    // The image's rows may be wider than its rules: bits beyond are 0.
    for (std::size_t row = 0; row < rows; ++row) state.load_row(kTargetBitmap + table, row, image.row(table, row));
    if (table >= policy::kRangeTables) continue;
    // All-ones keys land in the last interval, for every unused boundary is all ones.
    state.load_row(kTargetBitmap + table, engine.intervals[table] - 1, image.row(table, rows - 1));
    for (unsigned i = 0; i < engine.boundaries(table); ++i) {
      const Address boundary = i < image.boundaries[table].size() ? image.boundaries[table][i] : ~Address{0};
      const std::array<std::uint64_t, 2> words = {static_cast<std::uint64_t>(boundary),
                                                  static_cast<std::uint64_t>(boundary >> 64U)};
      state.load_row(kTargetBoundary + table, i + 1, words);
    }
  }
  for (std::size_t rule = 0; rule < image.actions.size(); ++rule) {
    state.load_row(kTargetAction, rule, std::array{image.actions[rule]});
  }
  state.load_row(kTargetDefault, 0, std::array{image.default_action});
  state.top.flip_i = 1;
  state.settle();
  state.edge();
  state.top.flip_i = 0;
  // The first lookups behind a flip still meet the old bank; it stays busy until they no longer do.
  for (state.settle(); state.top.busy_o != 0; state.settle()) state.edge();
}

void EngineModel::look_up(std::span<const policy::Key> keys, std::span<EngineVerdict> verdicts) {
  State& state = *state_;
  PclEngineLarge& top = state.top;
  std::size_t sent = 0;
  std::size_t received = 0;
  std::uint64_t first_accepted = 0;
  std::uint64_t last_progress = state.clocks;
  while (received < keys.size()) {
    if (sent < keys.size()) {
      if (top.lookup_valid_i == 0) {
        state.put_key(keys[sent]);
        top.lookup_valid_i = 1;
      }
    }
    state.settle();
    const bool accepted = top.lookup_valid_i != 0 && top.lookup_ready_o != 0;
    if (top.verdict_valid_o != 0) {
      verdicts[received] = {top.verdict_hit_o != 0 ? static_cast<std::int32_t>(top.verdict_rule_o) : -1,
                            top.verdict_action_o, top.verdict_permit_o != 0};
      if (received == 0) state.latency = static_cast<unsigned>(state.clocks - first_accepted);
      ++received;
      last_progress = state.clocks;
    }
    if (accepted && sent == 0) first_accepted = state.clocks;
    state.edge();
    if (accepted) {
      ++sent;
      last_progress = state.clocks;
      if (sent < keys.size()) {
        state.put_key(keys[sent]);
      } else {
        top.lookup_valid_i = 0;
      }
    }
    if (state.clocks - last_progress > kPatience)
      throw std::runtime_error("the engine stands still: keys went in, no verdict comes");
  }
}

}  // namespace portcullis::model
