#include "random_policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

namespace portcullis::rtl_test {
namespace {

constexpr unsigned kTargetBoundary = 0x00;
constexpr unsigned kTargetBitmap = 0x08;
constexpr unsigned kTargetAction = 0x18;
constexpr unsigned kTargetDefault = 0x19;
constexpr std::uint64_t kMonitor = std::uint64_t{1} << 63U;

Wide random_wide(Random& random) { return (Wide{random()} << 64U) | random(); }

/// Boundaries that differ in low, middle or high words only, as real prefixes do.
Wide random_boundary(unsigned width, Wide largest, Random& random) {
  Wide value = random_wide(random) & largest;
  if (width > 32 && random() % 3 == 0) {
    const unsigned kept = static_cast<unsigned>(random() % width);
    value &= ~((Wide{1} << kept) - 1);  // a prefix
  }
  if (width > 32 && random() % 4 == 0) {
    value &= 0xFFFF;  // equal to others in all upper words
  }
  if (random() % 64 == 0) {
    value = largest;
  }
  return std::max<Wide>(value, 1);
}

std::vector<std::uint32_t> words(Wide value) {
  std::vector<std::uint32_t> result(4);
  for (unsigned i = 0; i < 4; ++i) {
    result[i] = static_cast<std::uint32_t>(value >> (32 * i));
  }
  return result;
}

std::vector<std::uint32_t> words(std::uint64_t value) {
  return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32U)};
}

}  // namespace

bool Rule::matches(const Key& key) const {
  for (std::size_t field = 0; field < kRangeFields; ++field) {
    const bool inside = std::any_of(ranges[field].begin(), ranges[field].end(), [&](const Range& range) {
      return range.first <= key.range[field] && key.range[field] <= range.last;
    });
    if (!inside) {
      return false;
    }
  }
  for (std::size_t chunk = 0; chunk < kChunkFields; ++chunk) {
    if (!chunks[chunk][key.chunk[chunk]]) {
      return false;
    }
  }
  return true;
}

RandomPolicy::RandomPolicy(const Geometry& geometry, Random& random) : geometry_(geometry) {
  for (std::size_t field = 0; field < kRangeFields; ++field) {
    // Full tables, nearly empty ones, and what lies between.
    const unsigned most = geometry.intervals(field) - 1;
    const unsigned count = random() % 3 == 0 ? most : static_cast<unsigned>(random() % (most + 1));
    std::vector<Wide>& boundaries = boundaries_[field];
    for (unsigned i = 0; i < count; ++i) {
      boundaries.push_back(random_boundary(geometry.width(field), geometry.largest(field), random));
    }
    std::sort(boundaries.begin(), boundaries.end());
    boundaries.erase(std::unique(boundaries.begin(), boundaries.end()), boundaries.end());
  }

  const bool narrow = random() % 2 == 0;
  const unsigned used = random() % 2 == 0 ? geometry.rules : static_cast<unsigned>(random() % (geometry.rules + 1));
  rules_.resize(geometry.rules);
  for (unsigned number = 0; number < geometry.rules; ++number) {
    Rule& rule = rules_[number];
    rule.action = random() & ~kMonitor;
    if (number >= used) {
      continue;  // matches nothing
    }
    for (std::size_t field = 0; field < kRangeFields; ++field) {
      const std::vector<Wide>& boundaries = boundaries_[field];
      const unsigned ranges = 1 + static_cast<unsigned>(random() % 3);
      for (unsigned i = 0; i < ranges; ++i) {
        if (random() % 4 == 0 && !(narrow && field < 2)) {
          rule.ranges[field] = {{0, geometry.largest(field)}};
          break;
        }
        const std::size_t first = random() % (boundaries.size() + 1);
        const std::size_t span = narrow ? 1 + random() % 4 : 1 + random() % (boundaries.size() + 1);
        const std::size_t end = std::min(boundaries.size() + 1, first + span);
        rule.ranges[field].push_back({first == 0 ? 0 : boundaries[first - 1], end == boundaries.size() + 1
                                                                                  ? geometry.largest(field)
                                                                                  : boundaries[end - 1] - 1});
      }
    }
    for (std::bitset<256>& chunk : rule.chunks) {
      switch (random() % 4) {
        case 0:
          for (std::size_t value = 0; value < 256; ++value) {
            chunk[value] = random() % 2 == 0;
          }
          break;
        case 1:
          chunk.set(random() % 256);
          chunk.set(random() % 256);
          break;
        default:
          chunk.set();
      }
    }
  }
  default_action_ = random() % 4 == 0 ? random() | kMonitor : random() & ~kMonitor;
}

std::optional<unsigned> RandomPolicy::first_match(const Key& key) const {
  for (unsigned number = 0; number < rules_.size(); ++number) {
    if (rules_[number].matches(key)) {
      return number;
    }
  }
  return std::nullopt;
}

std::vector<Row> RandomPolicy::rows(Random& random) const {
  std::vector<Row> result;
  const std::size_t row_words = std::max(geometry_.rules, 128U) / 32;
  for (std::size_t field = 0; field < kFields; ++field) {
    const unsigned intervals = geometry_.intervals(field);
    const unsigned table = static_cast<unsigned>(field);
    if (field < kRangeFields) {
      for (unsigned i = 1; i < intervals; ++i) {
        const std::vector<Wide>& boundaries = boundaries_[field];
        result.push_back(
            {kTargetBoundary + table, i, words(i <= boundaries.size() ? boundaries[i - 1] : geometry_.largest(field))});
      }
    }
    for (unsigned i = 0; i < intervals; ++i) {
      Row row{kTargetBitmap + table, i, std::vector<std::uint32_t>(row_words)};
      Key key;
      bool reachable = true;
      if (field < kRangeFields) {
        // A key of this interval: its first. Intervals between the used ones and the last are empty.
        const std::vector<Wide>& boundaries = boundaries_[field];
        reachable = i <= boundaries.size() || i == intervals - 1;
        key.range[field] = i == 0 ? 0 : i <= boundaries.size() ? boundaries[i - 1] : geometry_.largest(field);
      }
      for (unsigned number = 0; number < geometry_.rules; ++number) {
        bool bit = false;
        if (!reachable) {
          bit = random() % 2 == 0;
        } else if (field < kRangeFields) {
          for (const Range& range : rules_[number].ranges[field]) {
            bit = bit || (range.first <= key.range[field] && key.range[field] <= range.last);
          }
        } else {
          bit = rules_[number].chunks[field - kRangeFields][i];
        }
        row.data[number / 32] |= static_cast<std::uint32_t>(bit) << (number % 32);
      }
      result.push_back(std::move(row));
    }
  }
  for (unsigned number = 0; number < geometry_.rules; ++number) {
    result.push_back({kTargetAction, number, words(rules_[number].action)});
  }
  result.push_back({kTargetDefault, 0, words(default_action_)});
  for (Row& row : result) {
    row.data.resize(row_words);
  }
  std::shuffle(result.begin(), result.end(), random);
  return result;
}

Key RandomPolicy::key_of(unsigned number, Random& random) const {
  const Rule& rule = rules_[number];
  Key key;
  for (std::size_t field = 0; field < kRangeFields; ++field) {
    if (rule.ranges[field].empty()) {
      continue;
    }
    const Range& range = rule.ranges[field][random() % rule.ranges[field].size()];
    const Wide span = range.last - range.first;
    switch (random() % 3) {
      case 0:
        key.range[field] = range.first;
        break;
      case 1:
        key.range[field] = range.last;
        break;
      default:
        key.range[field] = span == ~Wide{0} ? random_wide(random) : range.first + random_wide(random) % (span + 1);
    }
  }
  for (std::size_t chunk = 0; chunk < kChunkFields; ++chunk) {
    std::size_t value = random() % 256;
    for (unsigned tries = 0; tries < 256 && !rule.chunks[chunk][value]; ++tries) {
      value = (value + 1) % 256;
    }
    key.chunk[chunk] = static_cast<std::uint8_t>(value);
  }
  return key;
}

Key RandomPolicy::random_key(Random& random) const {
  Key key = key_of(static_cast<unsigned>(random() % geometry_.rules), random);
  for (std::size_t field = 0; field < kRangeFields; ++field) {
    const std::vector<Wide>& boundaries = boundaries_[field];
    switch (random() % 16) {
      case 0:
        key.range[field] = random_wide(random);
        break;
      case 1:
        key.range[field] = random() % 2 == 0 ? 0 : ~Wide{0};
        break;
      case 2:
      case 3:
        if (!boundaries.empty()) {
          key.range[field] = boundaries[random() % boundaries.size()] + random() % 3 - 1;
        }
        break;
      default:
        break;
    }
    key.range[field] &= geometry_.largest(field);
  }
  if (random() % 8 == 0) {
    key.chunk[random() % kChunkFields] = static_cast<std::uint8_t>(random());
  }
  return key;
}

std::uint64_t test_seed() {
  const char* given = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  fmt::print("PORTCULLIS_SEED={}\n", seed);
  return seed;
}

}  // namespace portcullis::rtl_test
