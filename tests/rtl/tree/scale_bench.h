// A tree engine's model with a scoreboard: images are loaded through its load port, and each verdict is compared with
// brute force over the policy that was active when its lookup was accepted.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "../../unit/tables/tree/rule_sets.h"
#include "tables/prove.h"
#include "tables/tree/live.h"
#include "tables/tree/load_rows.h"

namespace portcullis::rtl_test {

/// A policy, its image and its oracle.
struct Loaded {
  Loaded(policy::Policy p, const tables::tree::Shape& shape)
      : policy(std::move(p)), compiled(tables::tree::compile_scale(policy, shape)), oracle(policy) {
    if (const std::string fault = tables::tree::prove_scale(policy, compiled.image); !fault.empty())
      ADD_FAILURE() << "not proved: " << fault;
    for (std::uint32_t rule = 0; rule < policy.entries.size(); ++rule) numbers.push_back(rule);
    find_slice_entries();
  }
  /// What rules that come and go have become.
  explicit Loaded(const tables::tree::LiveRules& live) : policy(live.policy(&numbers)), oracle(policy) {
    compiled.image = live.image();
    find_slice_entries();
  }
  void find_slice_entries() {
    for (std::uint32_t i = 0; i < compiled.image.slice_rules.size(); ++i)
      slice_entry[compiled.image.slice_rules[i]] = i;
  }
  std::vector<std::uint32_t> numbers;  ///< of the policy's entries
  policy::Policy policy;
  tables::tree::ScaleCompiled compiled;
  test::BruteForce oracle;
  std::map<std::uint32_t, std::uint32_t> slice_entry;  ///< of rules in the slice
};

/// What a verdict says.
struct ScaleVerdict {
  bool hit = false;
  std::uint32_t rule = 0;  ///< the engine's number
  std::uint64_t action = 0;
  unsigned tag = 0;
  unsigned bank = 0;
  unsigned cause = 0;
  friend bool operator==(const ScaleVerdict&, const ScaleVerdict&) = default;
};

inline void PrintTo(const ScaleVerdict& verdict, std::ostream* out) {
  *out << (verdict.hit ? "rule " : "no rule ") << verdict.rule << ", action 0x" << std::hex << verdict.action
       << std::dec << ", tag " << verdict.tag << ", bank " << verdict.bank << ", cause " << verdict.cause;
}

struct ScaleLookup {
  policy::Key key;
  unsigned cause = 0;
  unsigned length = 64;
};

/// Requests are set in public members before tick(); each is withdrawn once the engine has taken it.
template <class Model>
class ScaleBench {
 public:
  explicit ScaleBench(const tables::tree::Shape& shape) : shape_(shape) {
    model_ = std::make_unique<Model>(&context_);
    Model& m = *model_;
    m.lookup_valid_i = m.load_valid_i = m.test_valid_i = m.counter_valid_i = m.flip_i = m.slice_flip_i = 0;
    m.counter_clear_i = 0;
    m.rst_i = 1;
    for (int i = 0; i < 4; ++i) edge();
    m.rst_i = 0;
    edge();
  }
  ~ScaleBench() { model_->final(); }
  ScaleBench(const ScaleBench&) = delete;
  ScaleBench& operator=(const ScaleBench&) = delete;

  void tick() {
    Model& m = *model_;
    m.lookup_valid_i = lookup.has_value();
    if (lookup) {
      set_key(m.lookup_key_i, lookup->key);
      m.lookup_cause_i = static_cast<std::uint8_t>(lookup->cause);
      m.lookup_length_i = static_cast<std::uint16_t>(lookup->length);
      m.lookup_tag_i = static_cast<std::uint8_t>(tag_);
    }
    m.verdict_ready_i = verdict_ready;
    m.test_valid_i = test.has_value();
    if (test) set_key(m.test_key_i, *test);
    m.load_valid_i = !loads.empty();
    if (!loads.empty()) {
      const tables::tree::LoadRow& row = loads.front();
      m.load_target_i = static_cast<std::uint8_t>(row.target);
      m.load_index_i = static_cast<std::uint16_t>(row.index);
      for (std::size_t i = 0; i < row.words.size(); ++i) m.load_data_i[i] = row.words[i];
    }
    m.flip_i = flip;
    m.slice_flip_i = slice_flip;
    m.counter_valid_i = counter.has_value();
    if (counter) {
      m.counter_bank_i = static_cast<std::uint8_t>(std::get<0>(*counter));
      m.counter_kind_i = static_cast<std::uint8_t>(std::get<1>(*counter));
      m.counter_index_i = static_cast<std::uint16_t>(std::get<2>(*counter));
    }
    m.clk_i = 0;
    m.eval();

    // Lookups meet a flip kFlipClocks after it.
    std::rotate(met_.begin(), met_.begin() + 1, met_.end());
    met_.back() = {active, bank};
    lookup_taken = lookup && m.lookup_ready_o;
    if (lookup_taken) take_lookup();
    if (lookup && !lookup_taken) ++refused;
    if (m.verdict_valid_o && verdict_ready) take_verdict();
    if (m.load_valid_i && m.load_ready_o) loads.pop_front();
    if (test && m.test_ready_o) test.reset();
    if (counter && m.counter_ready_o) counter.reset();
    if (flip && !m.busy_o) {
      bank = 1 - bank;
      active = shadow;
      ++flips;
    }
    if (slice_flip && !m.slice_busy_o) ++slice_flips;
    flip = slice_flip = false;
    m.clk_i = 1;
    m.eval();
    ++clock;
    if (m.counter_done_o) counter_answer = {m.counter_packets_o, m.counter_bytes_o};
    if (m.test_done_o) test_answer = ScaleVerdict{m.test_hit_o != 0, m.test_rule_o, m.test_action_o, 0, 0, 0};
  }

  bool busy() const { return model_->busy_o != 0; }

  /// Everything of an image into the shadow bank; lookups go on, as `between` sets them up.
  template <class Between>
  void load(const std::shared_ptr<Loaded>& policy, Between between) {
    shadow = policy;
    for (auto& row : tables::tree::tree_rows(policy->compiled.image)) loads.push_back(std::move(row));
    for (auto& row : tables::tree::slice_rows(policy->compiled.image)) loads.push_back(std::move(row));
    while (!loads.empty()) {
      between();
      tick();
    }
  }
  template <class Between>
  void install(const std::shared_ptr<Loaded>& policy, Between between) {
    load(policy, between);
    const std::uint64_t before = flips;
    for (int i = 0; i < 100000 && flips == before; ++i) {
      between();
      flip = true;
      tick();
    }
    ASSERT_EQ(flips, before + 1) << "no flip within 100000 clocks";
  }
  /// Applies a change while lookups go on: a removal meets each lookup that is under way before or after, an added rule
  /// those that are accepted after the slice's flip.
  template <class Between>
  void apply(const tables::tree::Change& change, const std::shared_ptr<Loaded>& next, Between between) {
    if (!change.flip_slice) {
      soon_ = next;
      for (Expectation& expectation : expected_) allow(expectation, *next);
    }
    for (const auto& row : change.rows) loads.push_back(row);
    while (!loads.empty()) {
      between();
      tick();
    }
    const std::uint64_t before = slice_flips;
    for (int i = 0; i < 1000 && change.flip_slice && slice_flips == before; ++i) {
      between();
      slice_flip = true;
      tick();
    }
    ASSERT_EQ(slice_flips, before + (change.flip_slice ? 1U : 0U)) << "no flip of the slice within 1000 clocks";
    active = next;
    if (!change.flip_slice) met_.fill({active, bank});
    soon_.reset();
  }
  void settle() {
    lookup.reset();
    verdict_ready = true;
    for (int i = 0; i < 200; ++i) tick();
    EXPECT_TRUE(expected_.empty()) << expected_.size() << " verdicts missing";
  }

  ScaleVerdict expected(const Loaded& policy, const policy::Key& key) const {
    ScaleVerdict verdict;
    const auto rule = policy.oracle.first_match(key);
    verdict.hit = rule.has_value();
    if (rule) {
      const auto entry = policy.slice_entry.find(policy.numbers[*rule]);
      verdict.rule = entry == policy.slice_entry.end() ? policy.numbers[*rule] : shape_.rules + entry->second;
      from_slice += entry == policy.slice_entry.end() ? 0U : 1U;
      verdict.action = policy.policy.entries[*rule].action.to_word();
    } else {
      verdict.action = policy.compiled.image.default_action;
    }
    return verdict;
  }

  std::pair<std::uint64_t, std::uint64_t> read_counter(unsigned of_bank, unsigned kind, unsigned index) {
    counter = {of_bank, kind, index};
    counter_answer.reset();
    for (int i = 0; i < 2000 && !counter_answer; ++i) tick();
    EXPECT_TRUE(counter_answer.has_value());
    return counter_answer.value_or(std::pair<std::uint64_t, std::uint64_t>{});
  }

  Model& model() { return *model_; }

  std::optional<ScaleLookup> lookup;
  bool verdict_ready = true;
  std::deque<tables::tree::LoadRow> loads;
  bool flip = false;
  bool slice_flip = false;
  std::optional<policy::Key> test;
  std::optional<std::tuple<unsigned, unsigned, unsigned>> counter;

  bool lookup_taken = false;
  std::shared_ptr<Loaded> active, shadow;
  unsigned bank = 0;
  std::uint64_t clock = 0;
  std::uint64_t flips = 0;
  std::uint64_t slice_flips = 0;
  std::uint64_t refused = 0;
  std::uint64_t verdicts = 0;
  std::uint64_t hits = 0;
  mutable std::uint64_t from_slice = 0;
  std::uint64_t latency_min = ~std::uint64_t{0};
  std::uint64_t latency_max = 0;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> counter_answer;
  std::optional<ScaleVerdict> test_answer;
  std::map<std::tuple<unsigned, unsigned, unsigned>, std::pair<std::uint64_t, std::uint64_t>> counted;

 private:
  static constexpr std::size_t kFlipClocks = 4;  // FlipClocks of rtl/engine/pcl_engine_pkg.sv
  std::array<std::pair<std::shared_ptr<Loaded>, unsigned>, kFlipClocks>
      met_{};  ///< policy and bank of the clocks before, this one last

  struct Expectation {
    ScaleVerdict verdict;
    policy::Key key;
    unsigned length;
    std::uint64_t clock;
    std::optional<ScaleVerdict> or_else;  ///< as good, while a removal is under way
  };

  void edge() {
    model_->clk_i = 0;
    model_->eval();
    model_->clk_i = 1;
    model_->eval();
  }

  template <class Words>
  static void set_key(Words& words, const policy::Key& key) {
    // pcl_pkg::key_t: source in bits 127:0, then destination, ports of 17 bits, VLAN of 12, chunks of 8.
    std::array<std::uint32_t, 11> packed{};
    unsigned place = 0;
    const auto put = [&](policy::Address value, unsigned width) {
      for (unsigned bit = 0; bit < width; ++bit, ++place)
        packed[place / 32] |= static_cast<std::uint32_t>((value >> bit) & 1) << (place % 32);
    };
    put(key.source, 128);
    put(key.destination, 128);
    put(key.source_port, 17);
    put(key.destination_port, 17);
    put(key.vlan, 12);
    for (const std::uint8_t chunk : {key.protocol, key.tcp_flags, key.dscp_tags, key.context}) put(chunk, 8);
    for (std::size_t i = 0; i < packed.size(); ++i) words[i] = packed[i];
  }

  void take_lookup() {
    Expectation expectation{{}, lookup->key, lookup->length, clock, std::nullopt};
    const auto& [met, met_bank] = met_.front();
    if (lookup->cause == 0 && met) expectation.verdict = expected(*met, lookup->key);
    expectation.verdict.tag = tag_;
    expectation.verdict.bank = met_bank;
    expectation.verdict.cause = lookup->cause;
    if (soon_) allow(expectation, *soon_);
    expected_.push_back(expectation);
    tag_ = (tag_ + 1) % 256;
    lookup.reset();
  }

  void allow(Expectation& expectation, const Loaded& other) const {
    if (expectation.verdict.cause != 0) return;
    expectation.or_else = expected(other, expectation.key);
    expectation.or_else->tag = expectation.verdict.tag;
    expectation.or_else->bank = expectation.verdict.bank;
  }

  void take_verdict() {
    const Model& m = *model_;
    const ScaleVerdict verdict{m.verdict_hit_o != 0, m.verdict_rule_o, m.verdict_action_o,
                               m.verdict_tag_o,      m.verdict_bank_o, m.verdict_cause_o};
    ASSERT_FALSE(expected_.empty()) << "a verdict without a lookup";
    const Expectation& expectation = expected_.front();
    if (verdict != expectation.or_else) {
      ASSERT_EQ(verdict, expectation.verdict) << "verdict " << verdicts << ": " << tables::describe(expectation.key);
    }
    ASSERT_EQ(m.verdict_permit_o != 0, (verdict.action >> 32U & 1U) != 0);
    latency_min = std::min(latency_min, clock - expectation.clock);
    latency_max = std::max(latency_max, clock - expectation.clock);
    auto& totals = counted[{verdict.bank, verdict.hit ? 0U : 1U, verdict.hit ? verdict.rule : verdict.cause}];
    ++totals.first;
    totals.second += expectation.length;
    ++verdicts;
    hits += verdict.hit ? 1U : 0U;
    expected_.pop_front();
  }

  tables::tree::Shape shape_;
  VerilatedContext context_;
  std::unique_ptr<Model> model_;
  std::deque<Expectation> expected_;
  unsigned tag_ = 0;
  std::shared_ptr<Loaded> soon_;  ///< what is right as well, while a removal is under way
};

}  // namespace portcullis::rtl_test
