// Table image back to interval sets.
#include "tables/recover.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace portcullis::tables {
namespace {

using policy::Address;
using policy::Chunk;
using policy::Interval;
using policy::IntervalSet;
using policy::kRangeTables;
using policy::kTables;

// The set of each entry in range table `table`, whose keys are 0 to `last`.
template <typename T>
std::vector<IntervalSet<T>> recover_ranges(const TableImage& image, unsigned table, T last) {
  const std::size_t entries = image.actions.size();
  std::vector<Address> boundaries = image.boundaries[table];
  std::sort(boundaries.begin(), boundaries.end());
  const std::size_t words = image.geometry.words_per_row();
  std::vector<std::vector<Interval<T>>> found(entries);
  std::vector<T> since(entries);
  std::vector<std::uint64_t> before(words);
  for (std::size_t row = 0; row <= boundaries.size(); ++row) {
    const Address first = row == 0 ? 0 : boundaries[row - 1];
    if (first > last) break;
    // Between two equal boundaries lies no key, so the row there is never addressed.
    if (row < boundaries.size() && boundaries[row] == first) continue;
    const auto bits = image.row(table, row);
    for (std::size_t word = 0; word < words; ++word) {
      for (std::uint64_t changed = bits[word] ^ before[word]; changed != 0; changed &= changed - 1) {
        const std::size_t rule = word * 64 + static_cast<std::size_t>(std::countr_zero(changed));
        if (rule >= entries) continue;
        if ((bits[word] >> (rule % 64) & 1U) != 0) {
          since[rule] = static_cast<T>(first);
        } else {
          found[rule].push_back({since[rule], static_cast<T>(first - 1)});
        }
      }
      before[word] = bits[word];
    }
  }
  std::vector<IntervalSet<T>> sets;
  sets.reserve(entries);
  for (std::size_t rule = 0; rule < entries; ++rule) {
    if ((before[rule / 64] >> (rule % 64) & 1U) != 0) found[rule].push_back({since[rule], last});
    sets.emplace_back(std::move(found[rule]));
  }
  return sets;
}

std::vector<Chunk> recover_chunks(const TableImage& image, unsigned table) {
  std::vector<Chunk> chunks(image.actions.size());
  for (unsigned value = 0; value < 256; ++value) {
    const auto bits = image.row(table, value);
    for (std::size_t word = 0; word < bits.size(); ++word) {
      for (std::uint64_t set = bits[word]; set != 0; set &= set - 1) {
        const std::size_t rule = word * 64 + static_cast<std::size_t>(std::countr_zero(set));
        if (rule < chunks.size()) chunks[rule].set(value);
      }
    }
  }
  return chunks;
}

}  // namespace

policy::Policy recover(const TableImage& image) {
  auto source = recover_ranges<Address>(image, 0, ~Address{0});
  auto destination = recover_ranges<Address>(image, 1, ~Address{0});
  auto source_port = recover_ranges<std::uint32_t>(image, 2, policy::kNoPort);
  auto destination_port = recover_ranges<std::uint32_t>(image, 3, policy::kNoPort);
  auto vlan = recover_ranges<std::uint16_t>(image, 4, policy::kMaxVlan);
  const auto protocol = recover_chunks(image, 5);
  const auto tcp_flags = recover_chunks(image, 6);
  const auto dscp_tags = recover_chunks(image, 7);
  const auto context = recover_chunks(image, 8);

  policy::Policy out;
  out.default_action = policy::Action::from_word(image.default_action);
  out.monitor = image.monitor();
  for (std::size_t rule = 0; rule < image.actions.size(); ++rule) {
    policy::Entry entry;
    entry.match.source = std::move(source[rule]);
    entry.match.destination = std::move(destination[rule]);
    entry.match.source_port = std::move(source_port[rule]);
    entry.match.destination_port = std::move(destination_port[rule]);
    entry.match.vlan = std::move(vlan[rule]);
    entry.match.protocol = protocol[rule];
    entry.match.tcp_flags = tcp_flags[rule];
    entry.match.dscp_tags = dscp_tags[rule];
    entry.match.context = context[rule];
    entry.action = policy::Action::from_word(image.actions[rule]);
    entry.from = image.entries[rule];
    out.entries.push_back(std::move(entry));
  }
  return out;
}

}  // namespace portcullis::tables
