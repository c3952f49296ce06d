// Random policies for the match engine: rules as ranges and sets, an oracle that walks them one by one, and the rows
// that load them. The oracle knows nothing of intervals, bitmaps or banks.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace portcullis::rtl_test {

__extension__ using Wide = unsigned __int128;
using Random = std::mt19937_64;

inline constexpr std::size_t kRangeFields = 5;
inline constexpr std::size_t kChunkFields = 4;
inline constexpr std::size_t kFields = kRangeFields + kChunkFields;

/// The parameters of an engine.
struct Geometry {
  unsigned rules;
  unsigned address_bits;
  unsigned address_intervals;
  unsigned port_intervals;
  unsigned vlan_intervals;
  unsigned length_bits = 14;

  unsigned width(std::size_t field) const { return field < 2 ? address_bits : field < 4 ? 17 : 12; }
  unsigned intervals(std::size_t field) const {
    return field < 2 ? address_intervals : field < 4 ? port_intervals : field == 4 ? vlan_intervals : 256;
  }
  std::uint32_t largest_length() const { return ~std::uint32_t{0} >> (32 - length_bits); }
  Wide largest(std::size_t field) const { return ~Wide{0} >> (128 - width(field)); }
};

/// The fields of a lookup in table order: five ranges, four chunks.
struct Key {
  std::array<Wide, kRangeFields> range{};
  std::array<std::uint8_t, kChunkFields> chunk{};
};

struct Range {
  Wide first;
  Wide last;
};

/// A rule is a product of unions.
struct Rule {
  std::array<std::vector<Range>, kRangeFields> ranges;
  std::array<std::bitset<256>, kChunkFields> chunks;
  std::uint64_t action = 0;

  bool matches(const Key& key) const;
};

/// One row for the load port; words of 32 bits, least significant first.
struct Row {
  unsigned target;
  unsigned index;
  std::vector<std::uint32_t> data;
};

class RandomPolicy {
 public:
  /// Rules, boundaries and actions at random; sizes, density and the use of monitor mode vary from policy to policy.
  RandomPolicy(const Geometry& geometry, Random& random);

  /// First rule that matches, by trying all.
  std::optional<unsigned> first_match(const Key& key) const;
  const Rule& rule(unsigned number) const { return rules_[number]; }
  std::uint64_t default_action() const { return default_action_; }
  void set_default_action(std::uint64_t action) { default_action_ = action; }

  /// Everything that a bank needs, in random order. Rows that no key can reach, and rules that the policy does not use
  /// in tables, hold what it happens to.
  std::vector<Row> rows(Random& random) const;

  /// A key near boundaries, in a rule, at the ends of the field, or anywhere.
  Key random_key(Random& random) const;
  /// A key that this rule matches; other rules may match it too.
  Key key_of(unsigned rule, Random& random) const;

 private:
  Geometry geometry_;
  std::array<std::vector<Wide>, kRangeFields> boundaries_;  // ascending, unique, none 0
  std::vector<Rule> rules_;
  std::uint64_t default_action_ = 0;
};

/// The seed: PORTCULLIS_SEED, or one drawn anew. Printed, so that a failure can be repeated.
std::uint64_t test_seed();

}  // namespace portcullis::rtl_test
