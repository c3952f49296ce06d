// Where two lists of rules differ: classes of values, the decision over both lists, and few boxes.
#include "policy/regions.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "policy/product.h"

namespace portcullis::policy {
namespace {

using Words = std::vector<std::uint64_t>;

std::size_t hash_words(const std::uint64_t* words, std::size_t count, std::uint64_t seed) {
  std::uint64_t h = seed ^ (count * 0x9E3779B97F4A7C15U);
  for (std::size_t i = 0; i < count; ++i) {
    h ^= words[i];
    h *= 0xFF51AFD7ED558CCDU;
    h ^= h >> 32U;
  }
  return h;
}
struct HashWords {
  std::size_t operator()(const Words& words) const { return hash_words(words.data(), words.size(), 0); }
};
struct Hash32 {
  std::size_t operator()(const std::vector<std::uint32_t>& values) const {
    std::uint64_t h = values.size();
    for (const std::uint32_t value : values) {
      h ^= value;
      h *= 0xFF51AFD7ED558CCDU;
      h ^= h >> 32U;
    }
    return h;
  }
};

// The values of one field, and sets of them, in classes that no set tells apart.
struct FieldClasses {
  std::size_t classes = 0;
  std::vector<Words> sets;  ///< by number of the set: one bit per class
};

template <typename T>
struct RangeField {
  std::vector<IntervalSet<T>> of_class;  ///< the values of each class
};

// Numbers the distinct sets of one field over all matches.
template <typename Set, typename Less>
std::vector<unsigned> number_sets(const std::vector<const Match*>& matches, Set Match::*field, std::vector<Set>& sets,
                                  Less less) {
  std::map<Set, unsigned, Less> known(less);
  std::vector<unsigned> number_of;
  for (const Match* match : matches) {
    const auto [at, is_new] = known.emplace(match->*field, static_cast<unsigned>(sets.size()));
    if (is_new) sets.push_back(match->*field);
    number_of.push_back(at->second);
  }
  return number_of;
}

template <typename T>
bool less_set(const IntervalSet<T>& a, const IntervalSet<T>& b) {
  return std::lexicographical_compare(a.intervals().begin(), a.intervals().end(), b.intervals().begin(),
                                      b.intervals().end(), [](const Interval<T>& x, const Interval<T>& y) {
                                        return x.first != y.first ? x.first < y.first : x.last < y.last;
                                      });
}
bool less_chunk(const Chunk& a, const Chunk& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return b[i];
  }
  return false;
}

// Elementary pieces to classes: pieces that are in the same sets are one.
FieldClasses make_classes(std::size_t pieces, std::size_t sets,
                          const std::vector<std::vector<std::pair<std::size_t, std::size_t>>>& ranges,
                          std::vector<std::size_t>& class_of_piece) {
  const std::size_t words = (sets + 63) / 64;
  std::vector<Words> signature(pieces, Words(words, 0));
  for (std::size_t s = 0; s < sets; ++s) {
    for (const auto& [first, last] : ranges[s]) {
      for (std::size_t p = first; p <= last; ++p) signature[p][s / 64] |= std::uint64_t{1} << (s % 64);
    }
  }
  FieldClasses out;
  std::unordered_map<Words, std::size_t, HashWords> known;
  class_of_piece.resize(pieces);
  std::vector<const Words*> first_of;
  for (std::size_t p = 0; p < pieces; ++p) {
    const auto [at, is_new] = known.emplace(signature[p], known.size());
    class_of_piece[p] = at->second;
    if (is_new) first_of.push_back(&at->first);
  }
  out.classes = first_of.size();
  const std::size_t class_words = (out.classes + 63) / 64;
  out.sets.assign(sets, Words(class_words, 0));
  for (std::size_t c = 0; c < out.classes; ++c) {
    for (std::size_t s = 0; s < sets; ++s) {
      if (((*first_of[c])[s / 64] >> (s % 64)) & 1U) out.sets[s][c / 64] |= std::uint64_t{1} << (c % 64);
    }
  }
  return out;
}

template <typename T>
FieldClasses range_classes(const std::vector<IntervalSet<T>>& sets, T largest, RangeField<T>& values) {
  std::vector<T> starts = {0};
  for (const IntervalSet<T>& set : sets) {
    for (const Interval<T>& i : set.intervals()) {
      starts.push_back(i.first);
      if (i.last < largest) starts.push_back(static_cast<T>(i.last + 1));
    }
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  const auto piece_of = [&](T value) {
    return static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), value) - starts.begin()) - 1;
  };
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> ranges;
  for (const IntervalSet<T>& set : sets) {
    auto& of_set = ranges.emplace_back();
    for (const Interval<T>& i : set.intervals()) of_set.emplace_back(piece_of(i.first), piece_of(i.last));
  }
  std::vector<std::size_t> class_of;
  FieldClasses out = make_classes(starts.size(), sets.size(), ranges, class_of);
  std::vector<std::vector<Interval<T>>> intervals(out.classes);
  for (std::size_t p = 0; p < starts.size(); ++p) {
    intervals[class_of[p]].push_back({starts[p], p + 1 < starts.size() ? static_cast<T>(starts[p + 1] - 1) : largest});
  }
  for (auto& list : intervals) values.of_class.emplace_back(std::move(list));
  return out;
}

FieldClasses chunk_classes(const std::vector<Chunk>& sets, std::vector<Chunk>& values) {
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> ranges;
  for (const Chunk& set : sets) {
    auto& of_set = ranges.emplace_back();
    for (std::size_t v = 0; v < set.size(); ++v) {
      if (set[v]) of_set.emplace_back(v, v);
    }
  }
  std::vector<std::size_t> class_of;
  FieldClasses out = make_classes(256, sets.size(), ranges, class_of);
  values.resize(out.classes);
  for (std::size_t v = 0; v < 256; ++v) values[class_of[v]].set(v);
  return out;
}

constexpr std::size_t index_of(Table table) { return static_cast<std::size_t>(table); }

// All matches of a question in classes. A box is the sets of all fields one behind the other, each in whole words.
class Space {
 public:
  explicit Space(const std::vector<const Match*>& matches) {
    add_range(matches, &Match::source, Table::source, ~Address{0}, source_);
    add_range(matches, &Match::destination, Table::destination, ~Address{0}, destination_);
    add_range(matches, &Match::source_port, Table::source_port, kNoPort, source_port_);
    add_range(matches, &Match::destination_port, Table::destination_port, kNoPort, destination_port_);
    add_range(matches, &Match::vlan, Table::vlan, kMaxVlan, vlan_);
    add_chunk(matches, &Match::protocol, Table::protocol, protocol_);
    add_chunk(matches, &Match::tcp_flags, Table::tcp_flags, tcp_flags_);
    add_chunk(matches, &Match::dscp_tags, Table::dscp_tags, dscp_tags_);
    add_chunk(matches, &Match::context, Table::context, context_);
    for (std::size_t f = 0; f < kTables; ++f) {
      offset_[f] = words_;
      field_words_[f] = (fields_[f].classes + 63) / 64;
      words_ += field_words_[f];
    }
    all_.assign(words_, 0);
    for (std::size_t f = 0; f < kTables; ++f) {
      for (std::size_t c = 0; c < fields_[f].classes; ++c) {
        all_[offset_[f] + c / 64] |= std::uint64_t{1} << (c % 64);
      }
    }
  }

  std::size_t words() const { return words_; }
  std::size_t offset(std::size_t field) const { return offset_[field]; }
  std::size_t field_words(std::size_t field) const { return field_words_[field]; }
  const Words& all() const { return all_; }
  const FieldClasses& field(std::size_t f) const { return fields_[f]; }
  /// The number of the set that match m has in field f.
  unsigned set_of(std::size_t m, std::size_t f) const { return set_of_[f][m]; }
  bool is_all(std::size_t f, unsigned set) const {
    return std::equal(fields_[f].sets[set].begin(), fields_[f].sets[set].end(),
                      all_.begin() + static_cast<std::ptrdiff_t>(offset_[f]));
  }
  Words box_of(std::size_t m) const {
    Words box;
    box.reserve(words_);
    for (std::size_t f = 0; f < kTables; ++f) {
      const Words& set = fields_[f].sets[set_of_[f][m]];
      box.insert(box.end(), set.begin(), set.end());
    }
    return box;
  }

  Match match_of(const Words& box) const {
    Match match;
    match.source = range_of(box, Table::source, source_);
    match.destination = range_of(box, Table::destination, destination_);
    match.source_port = range_of(box, Table::source_port, source_port_);
    match.destination_port = range_of(box, Table::destination_port, destination_port_);
    match.vlan = range_of(box, Table::vlan, vlan_);
    match.protocol = chunk_of(box, Table::protocol, protocol_);
    match.tcp_flags = chunk_of(box, Table::tcp_flags, tcp_flags_);
    match.dscp_tags = chunk_of(box, Table::dscp_tags, dscp_tags_);
    match.context = chunk_of(box, Table::context, context_);
    return match;
  }

  // Boxes as sets.
  bool meets_in(const Words& a, const Words& b, std::size_t f) const {
    for (std::size_t w = offset_[f]; w < offset_[f] + field_words_[f]; ++w) {
      if (a[w] & b[w]) return true;
    }
    return false;
  }
  bool meets(const Words& a, const Words& b) const {
    for (std::size_t f = 0; f < kTables; ++f) {
      if (!meets_in(a, b, f)) return false;
    }
    return true;
  }
  bool within(const Words& inner, const Words& outer) const {
    for (std::size_t w = 0; w < words_; ++w) {
      if (inner[w] & ~outer[w]) return false;
    }
    return true;
  }
  Words common(const Words& a, const Words& b) const {
    Words out(words_);
    for (std::size_t w = 0; w < words_; ++w) out[w] = a[w] & b[w];
    return out;
  }

 private:
  template <typename T>
  void add_range(const std::vector<const Match*>& matches, IntervalSet<T> Match::*field, Table table, T largest,
                 RangeField<T>& values) {
    std::vector<IntervalSet<T>> sets;
    set_of_[index_of(table)] = number_sets(matches, field, sets, &less_set<T>);
    fields_[index_of(table)] = range_classes(sets, largest, values);
  }
  void add_chunk(const std::vector<const Match*>& matches, Chunk Match::*field, Table table,
                 std::vector<Chunk>& values) {
    std::vector<Chunk> sets;
    set_of_[index_of(table)] = number_sets(matches, field, sets, &less_chunk);
    fields_[index_of(table)] = chunk_classes(sets, values);
  }
  bool holds(const Words& box, Table table, std::size_t c) const {
    return (box[offset_[index_of(table)] + c / 64] >> (c % 64)) & 1U;
  }
  template <typename T>
  IntervalSet<T> range_of(const Words& box, Table table, const RangeField<T>& values) const {
    std::vector<Interval<T>> intervals;
    for (std::size_t c = 0; c < values.of_class.size(); ++c) {
      if (!holds(box, table, c)) continue;
      const auto& more = values.of_class[c].intervals();
      intervals.insert(intervals.end(), more.begin(), more.end());
    }
    return IntervalSet<T>(std::move(intervals));
  }
  Chunk chunk_of(const Words& box, Table table, const std::vector<Chunk>& values) const {
    Chunk chunk;
    for (std::size_t c = 0; c < values.size(); ++c) {
      if (holds(box, table, c)) chunk |= values[c];
    }
    return chunk;
  }

  std::array<FieldClasses, kTables> fields_;
  std::array<std::vector<unsigned>, kTables> set_of_;
  std::array<std::size_t, kTables> offset_{};
  std::array<std::size_t, kTables> field_words_{};
  std::size_t words_ = 0;
  Words all_;
  RangeField<Address> source_, destination_;
  RangeField<std::uint32_t> source_port_, destination_port_;
  RangeField<std::uint16_t> vlan_;
  std::vector<Chunk> protocol_, tcp_flags_, dscp_tags_, context_;
};

// The order in which fields are decided: first those in which most rules say nothing.
constexpr std::array<Table, kTables> kOrder = {
    Table::context,     Table::dscp_tags, Table::vlan,        Table::tcp_flags,        Table::protocol,
    Table::destination, Table::source,    Table::source_port, Table::destination_port,
};

class Decision {
 public:
  struct Edge {
    Words label;  ///< classes of the node's field
    std::uint32_t child = 0;
  };
  struct Node {
    unsigned level = 0;  ///< kTables for a leaf
    unsigned kind = 0;   ///< of a leaf; `kinds + 1` is undecided
    std::vector<Edge> edges = {};
  };

  Decision(const Space& space, const RuleList& a, const RuleList& b, unsigned kinds, const KindOf& kind_of,
           std::uint64_t limit)
      : space_(space), kinds_(kinds), kind_of_(kind_of), limit_(limit) {
    for (unsigned kind = 0; kind <= kinds + 1; ++kind) nodes_.push_back({kTables, kind, {}});
    State root;
    root.fallback = {a.fallback, b.fallback};
    std::size_t m = 0;
    for (std::size_t side = 0; side < 2; ++side) {
      for (const RuleList::Rule& rule : (side == 0 ? a : b).rules) {
        root.rules[side].push_back(intern_rule(m, rule.outcome));
        ++m;
      }
    }
    root_ = build(0, std::move(root));
  }

  std::uint32_t root() const { return root_; }
  const Node& node(std::uint32_t n) const { return nodes_[n]; }
  std::size_t size() const { return nodes_.size(); }
  unsigned undecided_kind() const { return kinds_ + 1; }
  std::uint64_t work() const { return work_; }
  bool spent() const { return work_ > limit_; }

 private:
  /// What a rule asks of the fields from a level on.
  struct Suffix {
    unsigned set = 0;
    std::uint32_t next = 0;
    unsigned outcome = 0;
    bool full = false;  ///< asks for nothing
  };
  struct State {
    std::array<std::vector<std::uint32_t>, 2> rules;  ///< suffixes of the level
    std::array<unsigned, 2> fallback{};
  };

  std::uint32_t intern_rule(std::size_t m, unsigned outcome) {
    std::uint32_t next = outcome;
    bool full = true;
    for (std::size_t level = kTables; level-- > 0;) {
      const std::size_t f = index_of(kOrder[level]);
      const unsigned set = space_.set_of(m, f);
      full = full && space_.is_all(f, set);
      const std::uint64_t key = (static_cast<std::uint64_t>(set) << 32U) | next;
      const auto [at, is_new] = known_[level].emplace(key, static_cast<std::uint32_t>(suffixes_[level].size()));
      if (is_new) suffixes_[level].push_back({set, next, outcome, full});
      next = at->second;
    }
    return next;
  }

  // Leaves out what decides nothing: rules behind one that asks for nothing more, rules that came before, and rules at
  // the end that do what happens anyway.
  void reduce(unsigned level, std::vector<std::uint32_t>& rules, unsigned& fallback) {
    if (level == kTables) {
      // Suffixes are outcomes here.
      if (!rules.empty()) fallback = rules.front();
      rules.clear();
      return;
    }
    if (seen_[level].size() < suffixes_[level].size()) seen_[level].resize(suffixes_[level].size(), 0);
    ++mark_;
    std::size_t kept = 0;
    for (const std::uint32_t rule : rules) {
      const Suffix& suffix = suffixes_[level][rule];
      if (suffix.full) {
        fallback = suffix.outcome;
        break;
      }
      if (std::exchange(seen_[level][rule], mark_) == mark_) continue;
      rules[kept++] = rule;
    }
    rules.resize(kept);
    while (!rules.empty() && suffixes_[level][rules.back()].outcome == fallback) rules.pop_back();
    work_ += kept + 1;
  }

  std::uint32_t build(unsigned level, State state) {
    for (std::size_t side = 0; side < 2; ++side) reduce(level, state.rules[side], state.fallback[side]);
    // The same rules on both sides do the same.
    if (state.rules[0].empty() && state.rules[1].empty()) return kind_of_(state.fallback[0], state.fallback[1]);
    if (state.rules[0] == state.rules[1] && state.fallback[0] == state.fallback[1]) return 0;
    if (nothing_wanted(level, state)) return 0;
    std::vector<std::uint32_t> key = {level, state.fallback[0], state.fallback[1],
                                      static_cast<std::uint32_t>(state.rules[0].size())};
    key.insert(key.end(), state.rules[0].begin(), state.rules[0].end());
    key.insert(key.end(), state.rules[1].begin(), state.rules[1].end());
    if (const auto found = states_.find(key); found != states_.end()) return found->second;
    if (spent()) return kinds_ + 1;
    const std::uint32_t node = expand(level, state);
    if (!spent()) states_.emplace(std::move(key), node);
    return node;
  }

  // True if no pair of outcomes that is still possible is wanted.
  bool nothing_wanted(unsigned level, const State& state) {
    std::array<std::vector<unsigned>, 2> possible;
    for (std::size_t side = 0; side < 2; ++side) {
      possible[side].push_back(state.fallback[side]);
      for (const std::uint32_t rule : state.rules[side]) {
        const unsigned outcome = suffixes_[level][rule].outcome;
        if (std::find(possible[side].begin(), possible[side].end(), outcome) == possible[side].end()) {
          possible[side].push_back(outcome);
        }
        if (possible[side].size() > 8) return false;
      }
    }
    for (const unsigned a : possible[0]) {
      for (const unsigned b : possible[1]) {
        if (kind_of_(a, b) != 0) return false;
      }
    }
    return true;
  }

  std::uint32_t expand(unsigned level, const State& state) {
    const std::size_t f = index_of(kOrder[level]);
    const FieldClasses& field = space_.field(f);
    const std::size_t words = space_.field_words(f);
    // The sets that the rules left have in this field tell its classes apart.
    std::vector<unsigned> sets;
    for (const auto& rules : state.rules) {
      for (const std::uint32_t rule : rules) sets.push_back(suffixes_[level][rule].set);
    }
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    const auto begin = space_.all().begin() + static_cast<std::ptrdiff_t>(space_.offset(f));
    std::vector<Words> blocks = {Words(begin, begin + static_cast<std::ptrdiff_t>(words))};
    Words inside(words);
    for (const unsigned set : sets) {
      const Words& bits = field.sets[set];
      const std::size_t count = blocks.size();
      work_ += count * words;
      for (std::size_t b = 0; b < count; ++b) {
        bool some_in = false;
        bool some_out = false;
        for (std::size_t w = 0; w < words; ++w) {
          inside[w] = blocks[b][w] & bits[w];
          some_in = some_in || inside[w] != 0;
          some_out = some_out || (blocks[b][w] & ~bits[w]) != 0;
        }
        if (!some_in || !some_out) continue;
        for (std::size_t w = 0; w < words; ++w) blocks[b][w] &= ~bits[w];
        blocks.push_back(inside);
      }
      if (spent()) return kinds_ + 1;
    }
    Node node;
    node.level = level;
    std::unordered_map<std::uint32_t, std::size_t> edge_to;
    for (Words& block : blocks) {
      std::size_t c = 0;
      while (block[c / 64] == 0) c += 64;
      c += static_cast<std::size_t>(__builtin_ctzll(block[c / 64]));
      State child;
      child.fallback = state.fallback;
      for (std::size_t side = 0; side < 2; ++side) {
        for (const std::uint32_t rule : state.rules[side]) {
          const Suffix& suffix = suffixes_[level][rule];
          if ((field.sets[suffix.set][c / 64] >> (c % 64)) & 1U) child.rules[side].push_back(suffix.next);
        }
        work_ += state.rules[side].size();
      }
      const std::uint32_t to = build(level + 1, std::move(child));
      const auto [at, is_new] = edge_to.emplace(to, node.edges.size());
      if (is_new) {
        node.edges.push_back({std::move(block), to});
      } else {
        Words& label = node.edges[at->second].label;
        for (std::size_t w = 0; w < words; ++w) label[w] |= block[w];
      }
    }
    if (node.edges.size() == 1) return node.edges.front().child;
    std::sort(node.edges.begin(), node.edges.end(), [](const Edge& x, const Edge& y) { return x.child < y.child; });
    Words identity = {level};
    for (const Edge& edge : node.edges) {
      identity.push_back(edge.child);
      identity.insert(identity.end(), edge.label.begin(), edge.label.end());
    }
    const auto [at, is_new] = unique_.emplace(std::move(identity), static_cast<std::uint32_t>(nodes_.size()));
    if (is_new) nodes_.push_back(std::move(node));
    return at->second;
  }

  const Space& space_;
  unsigned kinds_;
  const KindOf& kind_of_;
  std::uint64_t limit_;
  std::uint64_t work_ = 0;
  std::array<std::vector<Suffix>, kTables> suffixes_;
  std::array<std::unordered_map<std::uint64_t, std::uint32_t>, kTables> known_;
  std::array<std::vector<std::uint64_t>, kTables> seen_;
  std::uint64_t mark_ = 0;
  std::vector<Node> nodes_;
  std::unordered_map<std::vector<std::uint32_t>, std::uint32_t, Hash32> states_;
  std::unordered_map<Words, std::uint32_t, HashWords> unique_;
  std::uint32_t root_ = 0;
};

// More boxes than this are cut off: nobody reads them, and there is more than one way to write as many.
constexpr std::size_t kMostBoxes = 100'000;
// Boxes of one kind, and of the others, up to which fewer are looked for.
constexpr std::size_t kMostReduced = 2'000;
constexpr std::size_t kMostOthers = 60'000;

// The boxes that lead to leaves of some kinds, those of a node that differ in its field alone merged.
class PathBoxes {
 public:
  PathBoxes(const Space& space, const Decision& decision, std::function<bool(unsigned)> wanted)
      : space_(space), decision_(decision), wanted_(std::move(wanted)), boxes_(decision.size()) {}

  const std::vector<Words>& of(std::uint32_t n) {
    if (boxes_[n]) return *boxes_[n];
    std::vector<Words> out;
    const Decision::Node& node = decision_.node(n);
    if (node.level == kTables) {
      if (wanted_(node.kind)) out.push_back(space_.all());
    } else {
      const std::size_t f = index_of(kOrder[node.level]);
      const std::size_t at = space_.offset(f);
      std::unordered_map<Words, std::size_t, HashWords> number_of;
      for (const Decision::Edge& edge : node.edges) {
        for (const Words& rest : of(edge.child)) {
          // Below this node nothing is asked of its field.
          const auto [known, is_new] = number_of.emplace(rest, out.size());
          if (is_new) {
            if (out.size() >= kMostBoxes) {
              cut_ = true;
              break;
            }
            out.push_back(rest);
            std::copy(edge.label.begin(), edge.label.end(), out.back().begin() + static_cast<std::ptrdiff_t>(at));
          } else {
            for (std::size_t w = 0; w < edge.label.size(); ++w) out[known->second][at + w] |= edge.label[w];
          }
        }
      }
    }
    boxes_[n] = std::move(out);
    return *boxes_[n];
  }
  bool cut() const { return cut_; }

 private:
  const Space& space_;
  const Decision& decision_;
  std::function<bool(unsigned)> wanted_;
  std::vector<std::optional<std::vector<Words>>> boxes_;
  bool cut_ = false;
};

class Reducer {
 public:
  Reducer(const Space& space, const std::vector<Words>& real) : space_(space), real_(real) {}

  bool is_real(const Words& box) const {
    return std::any_of(real_.begin(), real_.end(), [&](const Words& region) { return space_.meets(box, region); });
  }

  /// Boxes that differ in one field become one, until none are left that do.
  void merge(std::vector<Words>& boxes) const {
    for (bool merged = true; merged;) {
      merged = false;
      for (std::size_t level = kTables; level-- > 0;) {
        const std::size_t f = index_of(kOrder[level]);
        const auto from = static_cast<std::ptrdiff_t>(space_.offset(f));
        const auto to = from + static_cast<std::ptrdiff_t>(space_.field_words(f));
        std::unordered_map<Words, std::size_t, HashWords> number_of;
        std::vector<Words> out;
        for (Words& box : boxes) {
          Words rest = box;
          std::fill(rest.begin() + from, rest.begin() + to, 0);
          const auto [at, is_new] = number_of.emplace(std::move(rest), out.size());
          if (is_new) {
            out.push_back(std::move(box));
          } else {
            for (std::ptrdiff_t w = from; w < to; ++w) {
              out[at->second][static_cast<std::size_t>(w)] |= box[static_cast<std::size_t>(w)];
            }
            merged = true;
          }
        }
        boxes = std::move(out);
      }
    }
  }

  /// As few boxes as are found that hold all of `on` and nothing of `off`. With the work used up, boxes stay as they
  /// are.
  std::vector<Words> fewest(const std::vector<Words>& on, const std::vector<Words>& off) {
    std::vector<Words> primes;
    std::unordered_set<Words, HashWords> known;
    const auto widen_all = [&](const std::vector<Words>& boxes) {
      for (const auto& order : kWidening) {
        for (const Words& box : boxes) {
          if (spent()) return;
          Words prime = widen(box, off, order);
          if (known.insert(prime).second) primes.push_back(std::move(prime));
        }
      }
    };
    widen_all(on);
    if (spent()) primes.insert(primes.end(), on.begin(), on.end());
    std::vector<Words> best = cover(on, primes);
    // Boxes cut to what only they hold widen in other ways; as long as that helps, it is done again.
    for (unsigned round = 0; round < 4 && best.size() > 1 && best.size() <= 200 && !spent(); ++round) {
      std::vector<Words> cut;
      for (std::size_t i = 0; i < best.size(); ++i) {
        Words own = hull_of_own(best, i);
        if (!own.empty()) cut.push_back(std::move(own));
      }
      const std::size_t before = primes.size();
      widen_all(cut);
      if (primes.size() == before) break;
      std::vector<Words> next = cover(on, primes);
      if (next.size() >= best.size()) break;
      best = std::move(next);
    }
    return best;
  }
  bool spent() const { return work_ > kReduceWork; }

 private:
  static constexpr std::uint64_t kReduceWork = 200'000'000;  // words compared; half a second

  // Which fields are widened first: a prime is one for each order.
  // The context comes last: widened first, it would take in frames that are not IP, whose address is 0.
  static constexpr std::array<std::array<Table, kTables>, 3> kWidening = {{
      {Table::tcp_flags, Table::dscp_tags, Table::vlan, Table::protocol, Table::source_port, Table::source,
       Table::destination_port, Table::destination, Table::context},
      {Table::tcp_flags, Table::dscp_tags, Table::vlan, Table::destination, Table::source, Table::destination_port,
       Table::source_port, Table::protocol, Table::context},
      {Table::destination_port, Table::source_port, Table::protocol, Table::destination, Table::source, Table::vlan,
       Table::dscp_tags, Table::tcp_flags, Table::context},
  }};

  Words widen(Words box, const std::vector<Words>& off, const std::array<Table, kTables>& order) {
    work_ += 2 * off.size() * space_.words();
    // Per box of `off` the fields in which it is apart from this one.
    std::vector<unsigned> apart(off.size(), 0);
    for (std::size_t o = 0; o < off.size(); ++o) {
      for (std::size_t f = 0; f < kTables; ++f) {
        if (!space_.meets_in(box, off[o], f)) apart[o] |= 1U << f;
      }
    }
    for (const Table table : order) {
      const std::size_t f = index_of(table);
      Words free(space_.all().begin() + static_cast<std::ptrdiff_t>(space_.offset(f)),
                 space_.all().begin() + static_cast<std::ptrdiff_t>(space_.offset(f) + space_.field_words(f)));
      for (std::size_t o = 0; o < off.size(); ++o) {
        if (apart[o] != 1U << f) continue;
        for (std::size_t w = 0; w < free.size(); ++w) free[w] &= ~off[o][space_.offset(f) + w];
      }
      std::copy(free.begin(), free.end(), box.begin() + static_cast<std::ptrdiff_t>(space_.offset(f)));
      for (std::size_t o = 0; o < off.size(); ++o) {
        if ((apart[o] & (1U << f)) != 0 && space_.meets_in(box, off[o], f)) apart[o] &= ~(1U << f);
      }
    }
    return box;
  }

  // Greedily those that hold most of what is not held yet, then without those that the others hold together.
  std::vector<Words> cover(const std::vector<Words>& on, const std::vector<Words>& primes) {
    work_ += on.size() * primes.size();
    std::vector<std::vector<std::size_t>> holds(primes.size());
    for (std::size_t p = 0; p < primes.size(); ++p) {
      for (std::size_t i = 0; i < on.size(); ++i) {
        if (space_.within(on[i], primes[p])) holds[p].push_back(i);
      }
    }
    std::vector<char> held(on.size(), 0);
    std::vector<Words> chosen;
    for (std::size_t left = on.size(); left > 0;) {
      std::size_t best = 0;
      std::size_t most = 0;
      for (std::size_t p = 0; p < primes.size(); ++p) {
        const auto gain = static_cast<std::size_t>(
            std::count_if(holds[p].begin(), holds[p].end(), [&](std::size_t i) { return held[i] == 0; }));
        // Of equals the one that asks for less.
        if (gain > most || (gain == most && gain > 0 && asks(primes[p]) < asks(primes[best]))) {
          most = gain;
          best = p;
        }
      }
      assert(most > 0);  // every box of `on` is within the primes that it was widened to
      chosen.push_back(primes[best]);
      for (const std::size_t i : holds[best]) {
        left -= held[i] == 0 ? 1 : 0;
        held[i] = 1;
      }
    }
    // The last ones hold least.
    for (std::size_t i = chosen.size(); i-- > 0;) {
      std::vector<const Words*> others;
      for (std::size_t j = 0; j < chosen.size(); ++j) {
        if (j != i) others.push_back(&chosen[j]);
      }
      std::uint64_t budget = kHeldBudget;
      if (held_by(chosen[i], others, budget)) chosen.erase(chosen.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return chosen;
  }

  /// In how many fields a box does not hold everything.
  unsigned asks(const Words& box) const {
    unsigned count = 0;
    for (std::size_t f = 0; f < kTables; ++f) {
      const std::size_t at = space_.offset(f);
      count += std::equal(box.begin() + static_cast<std::ptrdiff_t>(at),
                          box.begin() + static_cast<std::ptrdiff_t>(at + space_.field_words(f)),
                          space_.all().begin() + static_cast<std::ptrdiff_t>(at))
                   ? 0
                   : 1;
    }
    return count;
  }

  static constexpr std::uint64_t kHeldBudget = 200'000;  // comparisons; beyond it a box is kept

  // Every packet of the box is in one of `others`.
  bool held_by(const Words& box, const std::vector<const Words*>& others, std::uint64_t& budget) const {
    for (const Words& region : real_) {
      if (space_.meets(box, region) && !all_held(space_.common(box, region), others, 0, budget)) return false;
    }
    return true;
  }
  bool all_held(Words box, const std::vector<const Words*>& others, std::size_t from, std::uint64_t& budget) const {
    for (std::size_t i = from; i < others.size(); ++i) {
      if (budget == 0) return false;
      --budget;
      if (!space_.meets(box, *others[i])) continue;
      for (std::size_t f = 0; f < kTables; ++f) {
        Words piece = box;
        bool outside = false;
        for (std::size_t w = space_.offset(f); w < space_.offset(f) + space_.field_words(f); ++w) {
          piece[w] &= ~(*others[i])[w];
          outside = outside || piece[w] != 0;
          box[w] &= (*others[i])[w];
        }
        if (outside) {
          if (!all_held(std::move(piece), others, i + 1, budget)) return false;
        }
      }
      return true;
    }
    return false;
  }

  // The smallest box around what box i alone holds; empty if the others hold all of it.
  Words hull_of_own(const std::vector<Words>& boxes, std::size_t i) const {
    std::vector<Words> own;
    for (const Words& region : real_) {
      if (space_.meets(boxes[i], region)) own.push_back(space_.common(boxes[i], region));
    }
    for (std::size_t j = 0; j < boxes.size() && own.size() < 5000; ++j) {
      if (j == i) continue;
      std::vector<Words> left;
      for (Words& piece : own) {
        if (!space_.meets(piece, boxes[j])) {
          left.push_back(std::move(piece));
          continue;
        }
        for (std::size_t f = 0; f < kTables; ++f) {
          Words part = piece;
          bool outside = false;
          for (std::size_t w = space_.offset(f); w < space_.offset(f) + space_.field_words(f); ++w) {
            part[w] &= ~boxes[j][w];
            outside = outside || part[w] != 0;
            piece[w] &= boxes[j][w];
          }
          if (outside) left.push_back(std::move(part));
        }
      }
      own = std::move(left);
    }
    Words hull;
    for (const Words& piece : own) {
      if (hull.empty()) hull.assign(space_.words(), 0);
      for (std::size_t w = 0; w < hull.size(); ++w) hull[w] |= piece[w];
    }
    return hull;
  }

  const Space& space_;
  const std::vector<Words>& real_;
  std::uint64_t work_ = 0;
};

template <typename F>
void for_fields(F&& f) {
  f(&Match::source);
  f(&Match::destination);
  f(&Match::source_port);
  f(&Match::destination_port);
  f(&Match::vlan);
  f(&Match::protocol);
  f(&Match::tcp_flags);
  f(&Match::dscp_tags);
  f(&Match::context);
}

Chunk united(const Chunk& a, const Chunk& b) { return a | b; }
template <typename T>
IntervalSet<T> united(const IntervalSet<T>& a, const IntervalSet<T>& b) {
  return unite(a, b);
}

void widen_to(Match& hull, const Match& more) {
  for_fields([&](auto field) { hull.*field = united(hull.*field, more.*field); });
}

template <typename T>
T one_of(const IntervalSet<T>& set, std::initializer_list<T> wanted, T otherwise) {
  for (const T value : wanted) {
    if (set.contains(value)) return value;
  }
  return otherwise;
}

}  // namespace

Match as_presented(const Match& box) {
  Match hull;
  for (const Match& region : presentable()) {
    if (intersects(region, box)) widen_to(hull, intersect(region, box));
  }
  return hull;
}

Match unasked(const Match& box) {
  Match out;
  for_fields([&](auto field) {
    Match open = box;
    open.*field = Match::any().*field;
    out.*field = as_presented(open).*field;
  });
  return out;
}

Key example_packet(const Match& box) {
  for (const Match& region : presentable()) {
    if (!intersects(region, box)) continue;
    const Match real = intersect(region, box);
    Key key = lowest_key(real);
    const auto host = [](const IntervalSet<Address>& set) {
      // Not the address of the network itself, where there is another.
      const Interval<Address>& first = set.intervals().front();
      return first.first < first.last ? first.first + 1 : first.first;
    };
    key.source = host(real.source);
    key.destination = host(real.destination);
    if (key.protocol == 6 || key.protocol == 17 || key.protocol == 132) {
      key.source_port = one_of<std::uint32_t>(real.source_port, {49152, 1024}, key.source_port);
    }
    for (const unsigned flags : {0x02U, 0x10U, 0x12U}) {
      if (real.tcp_flags[flags]) {
        key.tcp_flags = static_cast<std::uint8_t>(flags);
        break;
      }
    }
    return key;
  }
  assert(false);
  return lowest_key(box);
}

Regions find_regions(const RuleList& a, const RuleList& b, unsigned kinds, const KindOf& kind_of, std::uint64_t limit) {
  std::vector<Match> domain;
  for (const RuleList* side : {&a, &b}) {
    for (const RuleList::Rule& rule : side->rules) domain.push_back(within_domain(*rule.match));
  }
  std::vector<const Match*> matches;
  for (const Match& match : domain) matches.push_back(&match);
  const std::size_t rules = matches.size();
  for (const Match& region : presentable()) matches.push_back(&region);
  const Space space(matches);
  std::vector<Words> real;
  for (std::size_t m = rules; m < matches.size(); ++m) real.push_back(space.box_of(m));

  const Decision decision(space, a, b, kinds, kind_of, limit);
  const Reducer reader(space, real);
  Regions out;
  out.decided = !decision.spent();
  out.work = decision.work();
  const auto to_matches = [&](const std::vector<Words>& boxes) {
    std::vector<Match> list;
    for (const Words& box : boxes) list.push_back(as_presented(space.match_of(box)));
    return list;
  };
  const auto boxes_of = [&](const std::function<bool(unsigned)>& wanted) {
    PathBoxes paths(space, decision, wanted);
    std::vector<Words> boxes = paths.of(decision.root());
    std::erase_if(boxes, [&](const Words& box) { return !reader.is_real(box); });
    return std::pair(std::move(boxes), paths.cut());
  };
  for (unsigned kind = 1; kind <= kinds; ++kind) {
    auto [on, cut] = boxes_of([&](unsigned k) { return k == kind; });
    if (cut) out.decided = false;
    Reducer reducer(space, real);
    reducer.merge(on);
    if (on.size() > 1 && on.size() <= kMostReduced && !cut) {
      auto [off, off_cut] = boxes_of([&](unsigned k) { return k != kind; });
      std::vector<Words> clipped;
      for (const Words& box : off) {
        for (const Words& region : real) {
          if (space.meets(box, region)) clipped.push_back(space.common(box, region));
        }
      }
      reducer.merge(clipped);
      if (!off_cut && clipped.size() <= kMostOthers && on.size() * clipped.size() <= kMostReduced * 10'000) {
        on = reducer.fewest(on, clipped);
        if (reducer.spent()) out.reduced = false;
      } else {
        out.reduced = false;
      }
    } else if (on.size() > kMostReduced) {
      out.reduced = false;
    }
    out.boxes.push_back(to_matches(on));
  }
  if (decision.spent()) {
    auto [open, cut] = boxes_of([&](unsigned k) { return k == decision.undecided_kind(); });
    reader.merge(open);
    out.undecided = to_matches(open);
  }
  return out;
}

}  // namespace portcullis::policy
