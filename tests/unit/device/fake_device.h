// A filter in software, written from docs/registers.md and docs/design.md alone: registers, two banks, lookups in what
// was loaded. It shares no code with host/device except the addresses. It can misbehave on request.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "device/registers.h"
#include "device/transport.h"

namespace portcullis::test {

class FakeDevice : public device::Transport {
 public:
  struct Geometry {
    std::uint32_t rules = 64;
    std::array<std::uint32_t, 5> intervals = {64, 64, 32, 32, 16};
    std::uint32_t ports = 3;
  };

  /// How the device misbehaves.
  struct Faults {
    std::optional<std::uint64_t> dies_after;  ///< accesses; from then on all ones, and writes go nowhere
    std::optional<unsigned> corrupts_commit;  ///< flips bit 0 of every row of this commit (from 0)
    std::optional<unsigned> refuses_commit;   ///< this commit sets ERRORS.LOAD_INDEX and writes nothing
    std::uint32_t stuck_status = 0;           ///< bits of STATUS that are always set
    bool ignores_flips = false;               ///< and reports it
    bool swallows_flips = false;              ///< and does not report it
    bool never_answers_tests = false;
    bool never_counts = false;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> reads_as;  ///< this register reads as this value
  };

  /// Registers of a scrubber; rows 0: there is none.
  struct Scrub {
    std::uint32_t rows = 0;
    std::uint32_t control = 0;
    std::uint32_t passes = 0;
    std::uint32_t pass_clocks = 0;
    std::uint32_t mended = 0;
    std::uint32_t mended_place = 0;
    std::uint32_t damaged = 0;
    std::uint32_t damaged_place = 0;
  };

  Faults faults;
  Scrub scrub;
  std::uint64_t accesses = 0;
  unsigned commits = 0;
  unsigned flips = 0;
  std::vector<std::uint32_t> writes_to_load_data;  ///< offsets
  unsigned slow = 3;                               ///< STATUS shows each busy bit for this many reads

  FakeDevice() : FakeDevice(Geometry{}) {}
  explicit FakeDevice(Geometry geometry) : geometry_(geometry), staged_(row_words()) {
    // Memories come up with anything.
    std::mt19937 random(1);
    for (Bank& bank : banks_)
      for (unsigned target = 0; target < 0x20; ++target)
        if (const auto extent = extent_of(target))
          for (unsigned index = extent->first; index <= extent->second; ++index) {
            auto& row = bank.rows[{target, index}];
            row.resize(row_words());
            for (auto& word : row) word = static_cast<std::uint32_t>(random());
          }
    for (unsigned port = 0; port < geometry_.ports; ++port)
      forward_.push_back((port ^ 1U) < geometry_.ports ? port ^ 1U : port);
  }

  unsigned active_bank() const { return active_; }
  const std::vector<std::uint32_t>& forward() const { return forward_; }
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>>& counters() {
    return counters_;
  }  ///< by request word
  std::array<std::uint64_t, 6>& statistics(unsigned port) { return statistics_[port]; }

  struct Answer {
    bool hit;
    std::uint32_t rule;
    std::uint64_t action;
  };
  /// What packets meet now: a lookup in the active bank. `key`: the twelve words of the TEST block.
  Answer lookup(const std::array<std::uint32_t, 12>& key) const { return answer_of(active_, key); }

  std::uint32_t read32(std::uint32_t offset) override {
    ++accesses;
    if (dead()) return 0xFFFFFFFF;
    if (faults.reads_as && faults.reads_as->first == offset) return faults.reads_as->second;
    return read(offset);
  }

  void write32(std::uint32_t offset, std::uint32_t value) override {
    ++accesses;
    if (!dead()) write(offset, value);
  }

 protected:
  // What a device with trees has otherwise.
  using Row = std::vector<std::uint32_t>;
  virtual bool has_row(unsigned target, unsigned index) const {
    const auto extent = extent_of(target);
    return extent && index >= extent->first && index <= extent->second;
  }
  virtual bool has_target(unsigned target) const { return extent_of(target).has_value(); }
  virtual void store(unsigned bank, unsigned target, unsigned index, const Row& row) {
    banks_[bank].rows[{target, index}] = row;
  }
  virtual std::uint32_t counted_rules() const { return geometry_.rules; }
  virtual Answer answer_of(unsigned bank, const std::array<std::uint32_t, 12>& key) const {
    const auto rule = match(bank, key);
    const auto& rows = banks_[bank].rows;
    return {rule.has_value(), rule.value_or(0), action(rule ? rows.at({0x18, *rule}) : rows.at({0x19, 0}))};
  }
  std::uint64_t word_at(unsigned bank, unsigned target, unsigned index) const {
    return action(banks_[bank].rows.at({target, index}));
  }
  static std::uint64_t action(const Row& row) { return std::uint64_t{row[1]} << 32U | row[0]; }
  void set_row_words(std::size_t words) { staged_.resize(words); }
  virtual std::uint32_t read(std::uint32_t offset) { return read_register(offset); }
  /// The lowest rule of the bitmap tables.
  std::optional<std::uint32_t> match(unsigned bank, const std::array<std::uint32_t, 12>& key) const;
  std::uint32_t read_register(std::uint32_t offset);

 private:
  struct Bank {
    std::map<std::pair<unsigned, unsigned>, Row> rows;
  };

  bool dead() const { return faults.dies_after && accesses > *faults.dies_after; }
  std::uint32_t row_words() const { return std::max(geometry_.rules, 128U) / 32; }

  /// First and last index of a target.
  std::optional<std::pair<unsigned, unsigned>> extent_of(unsigned target) const {
    if (target < 5) return std::pair{1U, geometry_.intervals[target] - 1};
    if (target >= 8 && target < 13) return std::pair{0U, geometry_.intervals[target - 8] - 1};
    if (target >= 13 && target < 17) return std::pair{0U, 255U};
    if (target == 0x18) return std::pair{0U, geometry_.rules - 1};
    if (target == 0x19) return std::pair{0U, 0U};
    return std::nullopt;
  }

  void write(std::uint32_t offset, std::uint32_t value) {
    const bool load_block = (offset >= 0x100 && offset < 0x110) || (offset >= 0x200 && offset < 0x400);
    if (load_block && load_busy_ > 0) {
      errors_ |= 4;
      return;
    }
    if (offset >= 0x400 && offset < 0x440 && test_busy_ > 0) {
      errors_ |= 16;
      return;
    }
    if (offset >= 0x200 && offset < 0x400) {
      writes_to_load_data.push_back(offset);
      if ((offset - 0x200) / 4 < staged_.size()) staged_[(offset - 0x200) / 4] = value;
    } else if (offset >= 0x400 && offset < 0x430) {
      const std::array<std::uint32_t, 4> width = {0x1FFFF, 0x1FFFF, 0xFFF, 0xFFFFFFFF};
      const unsigned word = (offset - 0x400) / 4;
      key_[word] = word < 8 ? value : value & width[word - 8];
    } else if (offset >= 0x500 && offset < 0x520) {
      const unsigned port = (offset - 0x500) / 4;
      if (port < geometry_.ports && value <= geometry_.ports)
        forward_[port] = value;
      else
        errors_ |= 128;
    } else {
      switch (offset) {
        case 0x08:
          scratch_ = value;
          break;
        case 0x600:
          scrub.control = value & 1;
          break;
        case 0xC0:
          command(value);
          break;
        case 0xC8:
          errors_ &= ~value;
          break;
        case 0x100:
          target_ = value & 0x3F;
          break;
        case 0x104:
          index_ = value & 0xFFFF;
          break;
        case 0x108:
          count_ = value & 0xFFFF;
          break;
        case 0x10C:
          if ((value & 1) != 0) commit();
          break;
        case 0x430:
          if ((value & 1) != 0) start_test();
          break;
        case 0x480:
          request_counter(value);
          break;
        case 0x580:
          if ((value & 7) < geometry_.ports)
            snapshot_ = statistics_[value & 7];
          else
            snapshot_ = {}, errors_ |= 256;
          break;
        default:
          break;
      }
    }
  }

  std::uint32_t status() {
    auto shown = [](unsigned& left) { return left > 0 ? (--left, 1U) : 0U; };
    std::uint32_t word = active_;
    word |= shown(bank_busy_) << 1U;
    word |= shown(load_busy_) << 2U;
    word |= shown(test_busy_) << 3U;
    word |= shown(counter_busy_) << 4U;
    word |= shown(clearing_) << 5U;
    return word | faults.stuck_status;
  }

  void command(std::uint32_t value) {
    if ((value & 2) != 0) {
      clearing_ = slow;
      for (auto& [request, tally] : counters_)
        if ((request >> 17U & 1U) != active_) tally = {};
    }
    if ((value & 1) != 0) {
      if (bank_busy_ > 0 || load_busy_ > 0 || clearing_ > 0 || faults.ignores_flips)
        errors_ |= 8;
      else if (!faults.swallows_flips) {
        active_ ^= 1U;
        ++flips;
        bank_busy_ = slow;
      }
    }
  }

  void commit() {
    const unsigned number = commits++;
    load_busy_ = slow;
    if (!has_target(target_)) {
      errors_ |= 1;
      return;
    }
    if (count_ == 0 || faults.refuses_commit == number) {
      errors_ |= 2;
      return;
    }
    for (unsigned left = count_; left > 0; --left) {
      if (!has_row(target_, index_)) {
        errors_ |= 2;
        return;
      }
      Row row = staged_;
      if (faults.corrupts_commit == number) row[0] ^= 1;
      store(active_ ^ 1U, target_, index_, row);
      index_ = (index_ + 1) & 0xFFFF;
    }
  }

  void start_test() {
    test_busy_ = slow;
    const Answer answer = answer_of(active_ ^ 1U, key_);
    test_result_ = 1U | (answer.hit ? 2U : 0U) | answer.rule << 16U;
    test_action_ = answer.action;
  }

  void request_counter(std::uint32_t value) {
    if (counter_busy_ > 0) {
      errors_ |= 64;
      return;
    }
    counter_request_ = value & 0x3FFFF;
    counter_busy_ = slow;
    const bool exists = (value & 0xFFFF) < ((value >> 16U & 1U) != 0 ? 9 : counted_rules());
    counter_valid_ = exists && !faults.never_counts;
    if (!exists) errors_ |= 32;
  }

  Geometry geometry_;
  std::array<Bank, 2> banks_;
  unsigned active_ = 0;
  std::uint32_t scratch_ = 0, errors_ = 0, target_ = 0, index_ = 0, count_ = 1, test_result_ = 0, counter_request_ = 0,
                counter_valid_ = 0;
  std::uint64_t test_action_ = 0;
  unsigned bank_busy_ = 0, load_busy_ = 0, test_busy_ = 0, counter_busy_ = 0, clearing_ = 0;
  Row staged_;
  std::array<std::uint32_t, 12> key_ = {0, 0, 0, 0, 0, 0, 0, 0, 0x10000, 0x10000, 0, 0x0000FF00};
  std::vector<std::uint32_t> forward_;
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> counters_;
  std::array<std::array<std::uint64_t, 6>, 8> statistics_{};
  std::array<std::uint64_t, 6> snapshot_{};
};

inline std::uint32_t FakeDevice::read_register(std::uint32_t offset) {
  switch (offset) {
    case 0x00:
      return 0x50434C53;
    case 0x04:
      return 0x00010000;
    case 0x08:
      return scratch_;
    case 0x40:
      return geometry_.rules;
    case 0x44:
      return 128;
    case 0x48:
    case 0x4C:
    case 0x50:
    case 0x54:
    case 0x58:
      return geometry_.intervals[(offset - 0x48) / 4];
    case 0x68:
      return geometry_.ports;
    case 0x6C:
      return 512;
    case 0x70:
      return 21;
    case 0x74:
      return 160;
    case 0x78:
      return 4;
    case 0x7C:
      return row_words();
    case 0x80:
      return 9;
    case 0xAC:
      return scrub.rows;
    case 0x600:
      return scrub.control;
    case 0x604:
      return scrub.passes;
    case 0x608:
      return scrub.pass_clocks;
    case 0x60C:
      return scrub.mended;
    case 0x610:
      return scrub.mended_place;
    case 0x614:
      return scrub.damaged;
    case 0x618:
      return scrub.damaged_place;
    case 0xC4:
      return status();
    case 0xC8:
      return errors_;
    case 0x100:
      return target_;
    case 0x104:
      return index_;
    case 0x108:
      return count_;
    case 0x434:
      return faults.never_answers_tests ? 0 : test_result_;
    case 0x438:
      return static_cast<std::uint32_t>(test_action_);
    case 0x43C:
      return static_cast<std::uint32_t>(test_action_ >> 32U);
    case 0x480:
      return counter_request_;
    case 0x484:
      return counter_valid_;
    case 0x488:
      return static_cast<std::uint32_t>(counters_[counter_request_].first);
    case 0x48C:
      return static_cast<std::uint32_t>(counters_[counter_request_].first >> 32U);
    case 0x490:
      return static_cast<std::uint32_t>(counters_[counter_request_].second);
    case 0x494:
      return static_cast<std::uint32_t>(counters_[counter_request_].second >> 32U);
    default:
      break;
  }
  if (offset >= 0x200 && offset < 0x400)
    return (offset - 0x200) / 4 < staged_.size() ? staged_[(offset - 0x200) / 4] : 0;
  if (offset >= 0x400 && offset < 0x430) return key_[(offset - 0x400) / 4];
  if (offset >= 0x500 && offset < 0x520)
    return (offset - 0x500) / 4 < forward_.size() ? forward_[(offset - 0x500) / 4] : 0;
  if (offset >= 0x588 && offset < 0x5B8) {
    const std::uint64_t number = snapshot_[(offset - 0x588) / 8];
    return static_cast<std::uint32_t>(offset % 8 == 0 ? number : number >> 32U);
  }
  return 0;
}

/// Brute force over a bank, as docs/design.md says: count boundaries, AND the rows, take the lowest bit.
inline std::optional<std::uint32_t> FakeDevice::match(unsigned bank, const std::array<std::uint32_t, 12>& key) const {
  const auto& rows = banks_[bank].rows;
  const std::array<std::array<std::uint32_t, 4>, 5> fields = {{{key[0], key[1], key[2], key[3]},
                                                               {key[4], key[5], key[6], key[7]},
                                                               {key[8], 0, 0, 0},
                                                               {key[9], 0, 0, 0},
                                                               {key[10], 0, 0, 0}}};
  std::vector<std::uint32_t> hits(row_words(), 0xFFFFFFFF);
  for (unsigned table = 0; table < 9; ++table) {
    unsigned row = 0;
    if (table < 5) {
      for (unsigned b = 1; b < geometry_.intervals[table]; ++b) {
        const Row& boundary = rows.at({table, b});
        bool below = false, decided = false;
        for (unsigned word = 4; word-- > 0 && !decided;)
          if (boundary[word] != fields[table][word]) {
            below = boundary[word] < fields[table][word];
            decided = true;
          }
        if (below || !decided) ++row;
      }
    } else {
      row = key[11] >> (8 * (table - 5)) & 0xFFU;
    }
    const Row& bits = rows.at({8 + table, row});
    for (std::size_t word = 0; word < hits.size(); ++word) hits[word] &= bits[word];
  }
  for (std::uint32_t rule = 0; rule < geometry_.rules; ++rule)
    if ((hits[rule / 32] >> (rule % 32) & 1U) != 0) return rule;
  return std::nullopt;
}

}  // namespace portcullis::test
