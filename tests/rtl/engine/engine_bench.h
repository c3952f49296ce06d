// Drives a verilated match engine clock by clock and checks every verdict against the policies that were loaded.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "random_policy.h"

namespace portcullis::rtl_test {

/// A lookup as the engine takes it.
struct Lookup {
  Key key;
  unsigned cause = 0;
  unsigned length = 64;
  unsigned tag = 0;
};

/// What the engine says, or should say.
struct Verdict {
  bool permit = false;
  bool would_drop = false;
  bool hit = false;
  unsigned rule = 0;
  std::uint64_t action = 0;
  unsigned cause = 0;
  unsigned bank = 0;
  unsigned tag = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};
void PrintTo(const Verdict& verdict, std::ostream* out);

struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};
void PrintTo(const Totals& totals, std::ostream* out);

struct TestAnswer {
  bool hit = false;
  unsigned rule = 0;
  std::uint64_t action = 0;
  friend bool operator==(const TestAnswer&, const TestAnswer&) = default;
};
void PrintTo(const TestAnswer& answer, std::ostream* out);

/// The verdict that a policy gives, by brute force.
Verdict expected_verdict(const RandomPolicy& policy, const Lookup& lookup, unsigned bank);

/// Engine and scoreboard. Requests are set in public members before tick(); each is withdrawn once the engine has taken
/// it.
template <class Model>
class EngineBench {
 public:
  EngineBench(const Geometry& geometry, std::uint64_t seed) : random(seed), geometry_(geometry) {
    model_ = std::make_unique<Model>(&context_);
    reset();
  }
  ~EngineBench() { model_->final(); }
  EngineBench(const EngineBench&) = delete;
  EngineBench& operator=(const EngineBench&) = delete;

  /// Holds the engine in reset for `clocks`, at least two, and forgets what it was asked. Its policy stays in force.
  void reset(unsigned clocks = 3) {
    Model& m = *model_;
    m.rst_i = 1;
    m.lookup_valid_i = m.load_valid_i = m.test_valid_i = m.counter_valid_i = m.flip_i = m.counter_clear_i = 0;
    for (unsigned i = 0; i < clocks; ++i) {
      edge();
      EXPECT_EQ(m.active_bank_o, active);
    }
    m.rst_i = 0;
    edge();
    lookup.reset();
    loads.clear();
    test.reset();
    counter.reset();
    flip = counter_clear = clearing_ = false;
    expected_.clear();
    under_way_ = {};
    lookup_bank = active;
    flip_clocks_left_ = 0;
  }

  /// One clock. Verdicts that leave are compared with what was expected.
  void tick() {
    Model& m = *model_;
    m.lookup_valid_i = lookup.has_value();
    if (lookup) {
      set_key(m.lookup_key_i, lookup->key);
      drive(m.lookup_cause_i, lookup->cause);
      drive(m.lookup_length_i, lookup->length);
      drive(m.lookup_tag_i, lookup->tag);
    }
    m.verdict_ready_i = verdict_ready;
    m.test_valid_i = test.has_value();
    if (test) {
      set_key(m.test_key_i, *test);
    }
    m.load_valid_i = !loads.empty() && load_now;
    if (!loads.empty()) {
      const Row& row = loads.front();
      drive(m.load_target_i, row.target);
      drive(m.load_index_i, row.index);
      for (std::size_t i = 0; i < row.data.size(); ++i) {
        m.load_data_i[i] = row.data[i];
      }
    }
    m.flip_i = flip;
    m.counter_valid_i = counter.has_value();
    if (counter) {
      drive(m.counter_bank_i, std::get<0>(*counter));
      drive(m.counter_kind_i, std::get<1>(*counter));
      drive(m.counter_index_i, std::get<2>(*counter));
    }
    m.counter_clear_i = counter_clear;
    m.clk_i = 0;
    m.eval();

    // What happens at this edge.
    lookup_taken = lookup && m.lookup_ready_o;
    busy = m.busy_o;
    const unsigned active_before = active;
    if (lookup_taken) {
      take_lookup();
    } else if (lookup) {
      ++refused;
    }
    if (m.verdict_valid_o && verdict_ready) {
      take_verdict();
    }
    if (m.load_valid_i && m.load_ready_o) {
      EXPECT_FALSE(busy) << "the load port took a row while the shadow bank was busy";
      loads.pop_front();
    }
    if (test && m.test_ready_o) {
      test.reset();
    }
    if (counter && m.counter_ready_o) {
      counter.reset();
    }
    const bool flipped = flip && !busy && !counter_clear;
    const bool refused_flip = flip && !flipped;
    if (flipped) {
      active = 1 - active;
      flip_clocks_left_ = kFlipClocks;
    }
    if (flip_clocks_left_ > 0 && --flip_clocks_left_ == 0) {
      lookup_bank = active;
    }
    if (counter_clear) {
      clearing_ = true;  // flips are ignored until it is done
    } else if (clearing_ && !m.counter_clearing_o) {
      clearing_ = false;
      for (auto& [place, totals] : counted) {
        if (std::get<0>(place) != active_before) {
          totals = {};
        }
      }
    }
    // A bank is busy from the flip until all its verdicts have left.
    if (!busy) {
      EXPECT_EQ(under_way_[1 - active_before], 0U)
          << "not busy, with verdicts of the old bank under way in clock " << clock;
    }
    flip = false;
    counter_clear = false;

    m.clk_i = 1;
    m.eval();
    ++clock;
    EXPECT_EQ(m.flip_ignored_o, refused_flip);
    EXPECT_EQ(m.active_bank_o, active);
    if (m.counter_done_o) {
      counter_answer = Totals{m.counter_packets_o, m.counter_bytes_o};
    }
    if (m.test_done_o) {
      test_answer = TestAnswer{m.test_hit_o != 0, m.test_rule_o, m.test_action_o};
    }
  }

  /// Loads a policy into the shadow bank; lookups, where set up by `between`, go on.
  template <class Between>
  void load(const std::shared_ptr<const RandomPolicy>& policy, Between between) {
    std::vector<Row> rows = policy->rows(random);
    while (lookup_bank != active) {
      between();
      tick();
    }
    loads.assign(rows.begin(), rows.end());
    policies[1 - active] = policy;
    while (!loads.empty()) {
      between();
      tick();
    }
  }
  void load(const std::shared_ptr<const RandomPolicy>& policy) {
    load(policy, [] {});
  }
  /// Loads a policy and flips to it, without lookups, until they meet it.
  void install(const std::shared_ptr<const RandomPolicy>& policy) {
    settle();
    load(policy);
    flip = true;
    do {
      tick();
    } while (lookup_bank != active);
  }
  /// Lets everything leave, and all be counted.
  void settle() {
    lookup.reset();
    verdict_ready = true;
    const std::uint64_t start = clock;
    while (clock < start + 100 || (model_->busy_o && clock < start + 10000)) {
      tick();
    }
    EXPECT_FALSE(model_->busy_o) << "busy for 10000 clocks without lookups";
    EXPECT_TRUE(expected_.empty()) << expected_.size() << " verdicts missing";
  }

  /// Clears the counters of the shadow bank to the end.
  void clear_counters() {
    counter_clear = true;
    tick();
    settle();
  }
  /// Verdicts that the engine still owes.
  std::size_t owed() const { return expected_.size(); }

  /// Reads a counter to the end. kind 0: rule, 1: cause.
  template <class Between>
  Totals read_counter(unsigned bank, unsigned kind, unsigned index, Between between) {
    counter = {bank, kind, index};
    counter_answer.reset();
    const std::uint64_t start = clock;
    while (!counter_answer && clock < start + 1000) {
      between();
      tick();
    }
    EXPECT_TRUE(counter_answer.has_value()) << "no answer to a counter read within 1000 clocks";
    return counter_answer.value_or(Totals{});
  }
  Totals read_counter(unsigned bank, unsigned kind, unsigned index) {
    return read_counter(bank, kind, index, [] {});
  }
  /// Compares all counters of both banks with the counts of the verdicts.
  void check_counters() {
    settle();
    for (unsigned bank = 0; bank < 2; ++bank) {
      for (unsigned kind = 0; kind < 2; ++kind) {
        for (unsigned index = 0; index < (kind == 0 ? geometry_.rules : 16); ++index) {
          ASSERT_EQ(read_counter(bank, kind, index), (counted[{bank, kind, index}]))
              << (kind == 0 ? "rule " : "cause ") << index << " of bank " << bank;
        }
      }
    }
  }
  template <class Between>
  TestAnswer run_test(const Key& key, Between between) {
    test = key;
    test_answer.reset();
    const std::uint64_t start = clock;
    while (!test_answer && clock < start + 1000) {
      between();
      tick();
    }
    EXPECT_TRUE(test_answer.has_value()) << "no answer to a test lookup within 1000 clocks";
    return test_answer.value_or(TestAnswer{});
  }
  Lookup random_lookup(const RandomPolicy& policy) {
    Lookup result;
    result.key = policy.random_key(random);
    result.cause = random() % 16 == 0 ? static_cast<unsigned>(random() % 16) : 0;
    result.length = static_cast<unsigned>(random()) & geometry_.largest_length();
    result.tag = static_cast<unsigned>(random() % 256);
    return result;
  }

  Model& model() { return *model_; }
  VerilatedContext& context() { return context_; }

  static constexpr unsigned kFlipClocks = 4;  ///< FlipClocks of rtl/engine/pcl_engine_pkg.sv

  // What to do in the next clock.
  std::optional<Lookup> lookup;
  bool verdict_ready = true;
  std::deque<Row> loads;
  bool load_now = true;
  bool flip = false;
  std::optional<Key> test;
  std::optional<std::tuple<unsigned, unsigned, unsigned>> counter;
  bool counter_clear = false;

  /// Rules of the active bank whose bits may be wrong in the tables: lookups taken meanwhile may be decided
  /// accordingly.
  std::shared_ptr<const std::set<unsigned>> doubtful;
  /// Sets `doubtful` for the lookups under way as well.
  void doubt(const std::set<unsigned>& rules) {
    doubtful = std::make_shared<const std::set<unsigned>>(rules);
    for (Expectation& expectation : expected_) {
      expectation.doubtful = doubtful;
    }
  }

  // What has happened.
  bool lookup_taken = false;
  bool busy = false;
  unsigned active = 0;       ///< the bank that the engine says is active
  unsigned lookup_bank = 0;  ///< the bank that lookups meet: the active one, from kFlipClocks after its flip on
  std::uint64_t clock = 0;
  std::uint64_t lookups = 0;
  std::uint64_t verdicts = 0;
  std::uint64_t hits = 0;
  std::uint64_t would_drops = 0;
  std::uint64_t refused = 0;  ///< clocks in which a lookup was offered and not taken
  std::uint64_t latency_min = ~std::uint64_t{0};
  std::uint64_t latency_max = 0;
  std::uint64_t wrong = 0;  ///< verdicts that doubtful rules explain
  std::optional<Totals> counter_answer;
  std::optional<TestAnswer> test_answer;
  std::array<std::shared_ptr<const RandomPolicy>, 2> policies;
  std::map<std::tuple<unsigned, unsigned, unsigned>, Totals> counted;  ///< bank, kind, index
  Random random;

 private:
  struct Expectation {
    Verdict verdict;
    unsigned length;
    std::uint64_t clock;
    std::shared_ptr<const std::set<unsigned>> doubtful;
  };

  /// Whether a wrong verdict can come from wrong bits of doubtful rules: one of them decides, or should have.
  static bool differs_by_a_fault(const Verdict& verdict, const Expectation& expectation) {
    const Verdict& right = expectation.verdict;
    return verdict != right && verdict.tag == right.tag && verdict.bank == right.bank && verdict.cause == right.cause &&
           ((verdict.hit && expectation.doubtful->contains(verdict.rule)) ||
            (right.hit && expectation.doubtful->contains(right.rule)));
  }

  void edge() {
    model_->clk_i = 0;
    model_->eval();
    model_->clk_i = 1;
    model_->eval();
  }

  template <class Port>
  static void drive(Port& port, std::uint64_t value) {
    port = static_cast<Port>(value);
  }

  template <class Words>
  static void set_key(Words& words, const Key& key) {
    // pcl_pkg::key_t: source in bits 127:0, then destination, ports of 17 bits, VLAN of 12, chunks of 8.
    std::array<std::uint32_t, 11> packed{};
    unsigned place = 0;
    const auto put = [&](Wide value, unsigned width) {
      for (unsigned bit = 0; bit < width; ++bit, ++place) {
        packed[place / 32] |= static_cast<std::uint32_t>((value >> bit) & 1) << (place % 32);
      }
    };
    for (unsigned i = 0; i < 4; ++i) {
      packed[i] = static_cast<std::uint32_t>(key.range[0] >> (32 * i));
      packed[4 + i] = static_cast<std::uint32_t>(key.range[1] >> (32 * i));
    }
    place = 256;
    put(key.range[2], 17);
    put(key.range[3], 17);
    put(key.range[4], 12);
    for (const std::uint8_t chunk : key.chunk) {
      put(chunk, 8);
    }
    for (std::size_t i = 0; i < packed.size(); ++i) {
      words[i] = packed[i];
    }
  }

  void take_lookup() {
    ++lookups;
    Expectation expectation{{}, lookup->length, clock, doubtful};
    if (policies[lookup_bank]) {
      expectation.verdict = expected_verdict(*policies[lookup_bank], *lookup, lookup_bank);
    } else {
      expectation.verdict.cause = lookup->cause;
      expectation.verdict.bank = lookup_bank;
      expectation.verdict.tag = lookup->tag;
    }
    ++under_way_[lookup_bank];
    expected_.push_back(expectation);
    lookup.reset();
  }

  void take_verdict() {
    const Model& m = *model_;
    Verdict verdict;
    verdict.permit = m.verdict_permit_o != 0;
    verdict.would_drop = m.verdict_would_drop_o != 0;
    verdict.hit = m.verdict_hit_o != 0;
    verdict.rule = m.verdict_rule_o;
    verdict.action = m.verdict_action_o;
    verdict.cause = m.verdict_cause_o;
    verdict.bank = m.verdict_bank_o;
    verdict.tag = m.verdict_tag_o;
    ASSERT_FALSE(expected_.empty()) << "a verdict without a lookup";
    const Expectation& expectation = expected_.front();
    if (expectation.doubtful && differs_by_a_fault(verdict, expectation)) {
      ++wrong;
    } else {
      ASSERT_EQ(verdict, expectation.verdict) << "verdict " << verdicts << ", clock " << clock;
    }
    latency_min = std::min(latency_min, clock - expectation.clock);
    latency_max = std::max(latency_max, clock - expectation.clock);
    Totals& totals = counted[{verdict.bank, verdict.hit ? 0U : 1U, verdict.hit ? verdict.rule : verdict.cause}];
    ++totals.packets;
    totals.bytes += expectation.length;
    ++verdicts;
    hits += verdict.hit ? 1 : 0;
    would_drops += verdict.would_drop ? 1 : 0;
    --under_way_[verdict.bank];
    expected_.pop_front();
  }

  Geometry geometry_;
  VerilatedContext context_;
  std::unique_ptr<Model> model_;
  std::deque<Expectation> expected_;
  std::array<unsigned, 2> under_way_{};
  bool clearing_ = false;
  unsigned flip_clocks_left_ = 0;
};

}  // namespace portcullis::rtl_test
