// Policy to table image.
#include "tables/compile.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "policy/product.h"
#include "tables/reference.h"
#include "tables/tcam.h"

namespace portcullis::tables {
namespace {

using policy::Address;
using policy::Chunk;
using policy::IntervalSet;
using policy::Key;
using policy::kRangeTables;
using policy::kTableNames;
using policy::kTables;
using policy::Match;
using policy::Policy;

// Comparisons of two products that the search for probes may make: for one entry, and in all. A comparison takes some
// 20 ns.
constexpr std::uint64_t kSearchPerEntry = 100'000;
constexpr std::uint64_t kSearchInAll = 3'000'000;
constexpr std::size_t kCostlyRows = 5;

// An end of an interval in a range table: from `boundary` on, `rule` is switched over.
struct End {
  Address boundary = 0;
  std::size_t rule = 0;
};

constexpr Address domain_last(unsigned table) {
  switch (table) {
    case 0:
    case 1:
      return ~Address{0};
    case 2:
    case 3:
      return policy::kNoPort;
    default:
      return policy::kMaxVlan;
  }
}

template <typename T>
void add_ends(const IntervalSet<T>& set, std::size_t rule, Address last, std::vector<End>& ends) {
  for (const auto& i : set.intervals()) {
    if (i.first > last) break;
    ends.push_back({i.first, rule});
    if (i.last < last) ends.push_back({Address{i.last} + 1, rule});
  }
}

// Calls f with the set of range table `table`.
template <typename F>
void with_range(const Match& match, unsigned table, F&& f) {
  switch (table) {
    case 0:
      f(match.source);
      break;
    case 1:
      f(match.destination);
      break;
    case 2:
      f(match.source_port);
      break;
    case 3:
      f(match.destination_port);
      break;
    default:
      f(match.vlan);
      break;
  }
}

const Chunk& chunk_of(const Match& match, unsigned table) {
  switch (table) {
    case 5:
      return match.protocol;
    case 6:
      return match.tcp_flags;
    case 7:
      return match.dscp_tags;
    default:
      return match.context;
  }
}

void set_field(Key& key, unsigned table, Address value) {
  switch (table) {
    case 0:
      key.source = value;
      break;
    case 1:
      key.destination = value;
      break;
    case 2:
      key.source_port = static_cast<std::uint32_t>(value);
      break;
    case 3:
      key.destination_port = static_cast<std::uint32_t>(value);
      break;
    case 4:
      key.vlan = static_cast<std::uint16_t>(value);
      break;
    case 5:
      key.protocol = static_cast<std::uint8_t>(value);
      break;
    case 6:
      key.tcp_flags = static_cast<std::uint8_t>(value);
      break;
    case 7:
      key.dscp_tags = static_cast<std::uint8_t>(value);
      break;
    default:
      key.context = static_cast<std::uint8_t>(value);
      break;
  }
}

std::string place_of(const policy::Provenance& from) {
  return from.line == 0 ? from.rule : fmt::format("{}:{}", from.document, from.line);
}

// The ends of all entries in a range table in ascending order. Ends at 0 only set the first row; they are no
// boundaries.
std::vector<End> ends_of(const Policy& policy, unsigned table) {
  std::vector<End> ends;
  for (std::size_t rule = 0; rule < policy.entries.size(); ++rule) {
    with_range(policy.entries[rule].match, table,
               [&](const auto& set) { add_ends(set, rule, domain_last(table), ends); });
  }
  std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) {
    return a.boundary != b.boundary ? a.boundary < b.boundary : a.rule < b.rule;
  });
  return ends;
}

std::size_t count_boundaries(const std::vector<End>& ends) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i].boundary != 0 && (i == 0 || ends[i].boundary != ends[i - 1].boundary)) ++count;
  }
  return count;
}

std::vector<RowCost> dearest(const std::map<std::string, RowCost>& by_place) {
  std::vector<RowCost> rows;
  for (const auto& [place, cost] : by_place) rows.push_back(cost);
  std::stable_sort(rows.begin(), rows.end(), [](const RowCost& a, const RowCost& b) {
    return a.alone != b.alone ? a.alone > b.alone : a.asked > b.asked;
  });
  if (rows.size() > kCostlyRows) rows.resize(kCostlyRows);
  return rows;
}

std::vector<RowCost> costly_rows(const Policy& policy, const std::vector<End>& ends) {
  std::map<std::string, RowCost> by_place;
  for (std::size_t i = 0; i < ends.size();) {
    std::vector<std::string> places;
    const Address boundary = ends[i].boundary;
    for (; i < ends.size() && ends[i].boundary == boundary; ++i) {
      places.push_back(place_of(policy.entries[ends[i].rule].from));
    }
    if (boundary == 0) continue;
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    for (const std::string& place : places) {
      RowCost& cost = by_place[place];
      cost.place = place;
      ++cost.asked;
      if (places.size() == 1) ++cost.alone;
    }
  }
  return dearest(by_place);
}

std::vector<RowCost> rows_with_most_entries(const Policy& policy) {
  std::map<std::string, RowCost> by_place;
  for (const policy::Entry& entry : policy.entries) {
    RowCost& cost = by_place[place_of(entry.from)];
    cost.place = place_of(entry.from);
    ++cost.asked;
    ++cost.alone;
  }
  return dearest(by_place);
}

void toggle(std::span<std::uint64_t> row, std::size_t rule) { row[rule / 64] ^= std::uint64_t{1} << (rule % 64); }

void fill_range_table(TableImage& image, unsigned table, const std::vector<End>& ends) {
  const std::size_t words = image.geometry.words_per_row();
  std::vector<std::uint64_t>& rows = image.bitmaps[table];
  std::vector<std::uint64_t> row(words);
  std::size_t i = 0;
  for (; i < ends.size() && ends[i].boundary == 0; ++i) toggle(row, ends[i].rule);
  rows.reserve((count_boundaries(ends) + 1) * words);
  rows.insert(rows.end(), row.begin(), row.end());
  while (i < ends.size()) {
    const Address boundary = ends[i].boundary;
    // Sets are canonical, so an entry has at most one end here: its bit changes, and the row differs from the one
    // before.
    for (; i < ends.size() && ends[i].boundary == boundary; ++i) toggle(row, ends[i].rule);
    image.boundaries[table].push_back(boundary);
    rows.insert(rows.end(), row.begin(), row.end());
  }
}

void fill_chunk_table(TableImage& image, unsigned table, const Policy& policy) {
  const std::size_t words = image.geometry.words_per_row();
  std::vector<std::uint64_t>& rows = image.bitmaps[table];
  rows.assign(256 * words, 0);
  for (std::size_t rule = 0; rule < policy.entries.size(); ++rule) {
    const Chunk& chunk = chunk_of(policy.entries[rule].match, table);
    for (std::size_t value = chunk._Find_first(); value < 256; value = chunk._Find_next(value)) {
      toggle(std::span(rows).subspan(value * words, words), rule);
    }
  }
}

// For each chunk value, the smallest value with the same row.
std::array<unsigned, 256> first_with_same_row(const TableImage& image, unsigned table) {
  std::array<unsigned, 256> first{};
  std::map<std::vector<std::uint64_t>, unsigned> seen;
  for (unsigned value = 0; value < 256; ++value) {
    const auto row = image.row(table, value);
    first[value] = seen.try_emplace({row.begin(), row.end()}, value).first->second;
  }
  return first;
}

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t hash = 0;
    const auto mix = [&hash](std::uint64_t value) {
      hash = (hash ^ value) * 0x9E37'79B9'7F4A'7C15U;
      hash ^= hash >> 29U;
    };
    mix(static_cast<std::uint64_t>(key.source >> 64U));
    mix(static_cast<std::uint64_t>(key.source));
    mix(static_cast<std::uint64_t>(key.destination >> 64U));
    mix(static_cast<std::uint64_t>(key.destination));
    mix((std::uint64_t{key.source_port} << 32U) | key.destination_port);
    mix((std::uint64_t{key.vlan} << 32U) | (std::uint64_t{key.protocol} << 24U) |
        (std::uint64_t{key.tcp_flags} << 16U) | (std::uint64_t{key.dscp_tags} << 8U) | key.context);
    return hash;
  }
};

// Collects probes, each key once, with the answer of the reference matcher.
class ProbeList {
 public:
  ProbeList(const Policy& policy, TableImage& image) : policy_(policy), image_(image) {}

  void add(const Key& key) {
    if (!seen_.emplace(key, true).second) return;
    const Verdict verdict = decide(policy_, key);
    Probe probe;
    probe.key = key;
    probe.hit = verdict.entry.has_value();
    probe.rule = static_cast<std::uint32_t>(verdict.entry.value_or(0));
    probe.action = probe.hit ? image_.actions[probe.rule] : image_.default_action;
    image_.probes.push_back(probe);
  }

 private:
  const Policy& policy_;
  TableImage& image_;
  std::unordered_map<Key, bool, KeyHash> seen_;
};

void add_probes(const Policy& policy, const std::array<std::vector<End>, kRangeTables>& ends, TableImage& image,
                Report& report) {
  // A key for every entry: one that meets this entry first, if a packet can present such a one. A hidden entry still
  // lends a key of its own to the probes of its edges.
  ProbeList probes(policy, image);
  std::vector<Key> own(policy.entries.size());
  std::vector<const Match*> above;
  policy::WorkLimit in_all{kSearchInAll, false};
  for (std::size_t rule = 0; rule < policy.entries.size(); ++rule) {
    const Match match = within_domain(policy.entries[rule].match);
    std::vector<const Match*> nearby;
    for (std::size_t i = 0; i < rule; ++i) {
      if (intersects(policy.entries[i].match, match)) nearby.push_back(&policy.entries[i].match);
    }
    policy::WorkLimit limit{std::min(kSearchPerEntry, in_all.left), false};
    const std::uint64_t granted = limit.left;
    std::optional<Key> key;
    bool possible = false;
    for (const Match& region : policy::presentable()) {
      if (!intersects(region, match)) continue;
      const Match box = intersect(region, match);
      if (!possible) own[rule] = lowest_key(box);
      possible = true;
      key = find_uncovered(box, nearby, limit);
      if (key || limit.exhausted) break;
    }
    in_all.left -= granted - limit.left;
    if (key) {
      own[rule] = *key;
      probes.add(*key);
    } else if (limit.exhausted) {
      ++report.undecided;
    } else {
      ++report.hidden;
      if (!possible && !match.empty()) own[rule] = lowest_key(match);
    }
  }

  // Both sides of every boundary, with the other fields from an entry that ends there.
  for (unsigned table = 0; table < kRangeTables; ++table) {
    Address last_boundary = 0;
    for (const End& end : ends[table]) {
      if (end.boundary == 0 || end.boundary == last_boundary) continue;
      last_boundary = end.boundary;
      Key key = own[end.rule];
      set_field(key, table, end.boundary - 1);
      probes.add(key);
      set_field(key, table, end.boundary);
      probes.add(key);
    }
  }
  // Each distinct row of the chunk tables.
  for (unsigned table = kRangeTables; table < kTables; ++table) {
    const std::array<unsigned, 256> first = first_with_same_row(image, table);
    for (unsigned value = 0; value < 256; ++value) {
      if (first[value] != value) continue;
      Key key = own.empty() ? Key{} : own.front();
      const auto row = image.row(table, value);
      for (std::size_t rule = 0; rule < own.size(); ++rule) {
        if ((row[rule / 64] >> (rule % 64) & 1U) != 0) {
          key = own[rule];
          break;
        }
      }
      set_field(key, table, value);
      probes.add(key);
    }
  }
  report.probes = image.probes.size();
}

std::string sentence(const Geometry& geometry, const std::vector<Shortage>& shortages) {
  std::string text = fmt::format("the policy does not fit geometry {}", geometry.to_string());
  for (const Shortage& shortage : shortages) {
    text += fmt::format("\n  {}: needs {}, has {}", shortage.table, shortage.needed, shortage.capacity);
    for (const RowCost& row : shortage.costly) {
      text += fmt::format("\n    {}: {}", row.place, row.asked);
      if (row.asked != row.alone) text += fmt::format(", {} of them for this row alone", row.alone);
    }
  }
  return text + "\nuse a larger geometry, or merge ranges and prefixes of the rows named here";
}

}  // namespace

DoesNotFit::DoesNotFit(const Geometry& geometry, std::vector<Shortage> shortages)
    : std::runtime_error(sentence(geometry, shortages)), shortages_(std::move(shortages)) {}

namespace {

// The tables of a policy, with the ends of its intervals that they were made of.
TableImage tables_of(const Policy& policy, const Geometry& geometry, std::array<std::vector<End>, kRangeTables>& ends) {
  if (const std::string problem = geometry.problem(); !problem.empty()) {
    throw GeometryError(fmt::format("geometry {}: {}", geometry.name, problem));
  }
  std::vector<Shortage> shortages;
  for (unsigned table = 0; table < kRangeTables; ++table) {
    ends[table] = ends_of(policy, table);
    const std::size_t needed = count_boundaries(ends[table]) + 1;
    if (needed > geometry.intervals[table]) {
      shortages.push_back({fmt::format("{} intervals", kTableNames[table]), needed, geometry.intervals[table],
                           costly_rows(policy, ends[table])});
    }
  }
  if (policy.entries.size() > geometry.rules) {
    shortages.push_back({"rules", policy.entries.size(), geometry.rules, rows_with_most_entries(policy)});
  }
  if (!shortages.empty()) throw DoesNotFit(geometry, std::move(shortages));

  TableImage image;
  image.geometry = geometry;
  image.default_action = policy.default_action.to_word() | (policy.monitor ? kMonitorBit : 0);
  for (const policy::Entry& entry : policy.entries) {
    image.actions.push_back(entry.action.to_word());
    image.entries.push_back(entry.from);
  }
  for (unsigned table = 0; table < kRangeTables; ++table) fill_range_table(image, table, ends[table]);
  for (unsigned table = kRangeTables; table < kTables; ++table) fill_chunk_table(image, table, policy);
  return image;
}

}  // namespace

TableImage compile_tables(const Policy& policy, const Geometry& geometry) {
  std::array<std::vector<End>, kRangeTables> ends;
  return tables_of(policy, geometry, ends);
}

Compiled compile(const Policy& policy, const Geometry& geometry, std::vector<SourceFile> sources) {
  std::array<std::vector<End>, kRangeTables> ends;
  Compiled out;
  out.image = tables_of(policy, geometry, ends);
  TableImage& image = out.image;
  image.sources = std::move(sources);

  Report& report = out.report;
  report.geometry = geometry;
  report.entries = policy.entries.size();
  report.rows = policy.rows;
  report.rows_without_entry = policy.rows_without_entry;
  report.splits = policy.splits;
  report.rules = {"rules", policy.entries.size(), geometry.rules};
  for (unsigned table = 0; table < kTables; ++table) {
    std::size_t used = image.rows(table);
    if (table >= kRangeTables) {
      const std::array<unsigned, 256> first = first_with_same_row(image, table);
      used = 0;
      for (unsigned value = 0; value < 256; ++value) used += first[value] == value ? 1U : 0U;
    }
    report.tables[table] = {std::string(kTableNames[table]), used, geometry.rows(static_cast<policy::Table>(table))};
  }
  for (const policy::Entry& entry : policy.entries) {
    report.tcam_entries = saturating_add(report.tcam_entries, tcam_entries(entry.match));
  }
  if (report.entries != 0) {
    report.tcam_per_entry = static_cast<double>(report.tcam_entries) / static_cast<double>(report.entries);
  }
  add_probes(policy, ends, image, report);
  return out;
}

Compiled compile_for(const policy::Policy& policy, const std::string& geometry, std::vector<SourceFile> sources) {
  if (!geometry.empty()) return compile(policy, Geometry::from_name_or_file(geometry), std::move(sources));
  try {
    return compile(policy, Geometry::edge(), sources);
  } catch (const DoesNotFit&) {
    return compile(policy, Geometry::large(), std::move(sources));
  }
}

}  // namespace portcullis::tables
