#include "tables/tree/structure.h"

#include <fmt/format.h>

#include <algorithm>

namespace portcullis::tables::tree {
namespace {

bool overlap(const std::array<Range, kFields>& a, const std::array<Range, kFields>& b) {
  for (unsigned f = 0; f < kFields; ++f) {
    if (a[f].first > b[f].last || b[f].first > a[f].last) return false;
  }
  return true;
}

class Checker {
 public:
  Checker(const PackedTrees& image, std::span<const std::optional<Box>> rules, const std::vector<Predicate>& predicates)
      : image_(image),
        shape_(image.shape),
        rules_(rules),
        predicates_(predicates),
        home_(rules.size(), kNone),
        stands_(rules.size()) {}

  Structure run() {
    if (const std::string problem = shape_.problem(); !problem.empty()) fail(problem);
    check_memories();
    check_predicates();
    for (tree_ = 0; proved() && tree_ < image_.trees.size(); ++tree_) check_tree();
    for (std::size_t rule = 0; proved() && rule < rules_.size(); ++rule) {
      if (rules_[rule] && home_[rule] == kNone) fail(fmt::format("rule {} stands in no tree", rule));
    }
    return out_;
  }

 private:
  static constexpr unsigned kNone = ~0U;

  bool proved() const { return out_.fault.empty(); }
  void fail(std::string what) {
    if (proved()) out_.fault = std::move(what);
  }

  /// The memories are those of the shape.
  void check_memories() {
    if (!proved()) return;
    bool good = image_.trees.size() == shape_.trees.size();
    for (std::size_t t = 0; good && t < image_.trees.size(); ++t) {
      const TreeShape& limits = shape_.trees[t];
      const PackedTree& tree = image_.trees[t];
      good = tree.levels.size() == limits.levels + 1 && tree.entries.rows() == limits.entries &&
             tree.entries.width() == shape_.entry_bits();
      for (unsigned level = 0; good && level <= limits.levels; ++level) {
        good = tree.levels[level].rows() == shape_.level_rows(limits, level) &&
               tree.levels[level].width() == shape_.record_bits(limits);
      }
    }
    for (unsigned table = 0; good && table < kPredicateTables; ++table) {
      good = image_.predicates[table].rows() == kPredicateRows[table] &&
             image_.predicates[table].width() == shape_.predicates();
    }
    if (!good) fail("the memories are not those of the shape");
  }

  /// Each predicate allows what it must; those that no rule has allow nothing.
  void check_predicates() {
    if (!proved()) return;
    if (predicates_.size() > shape_.never()) return fail("more predicates than the shape has");
    for (unsigned table = 0; table < kPredicateTables; ++table) {
      for (unsigned value = 0; value < kPredicateRows[table]; ++value) {
        Address expected = 0;
        for (unsigned p = 0; p < predicates_.size(); ++p) {
          const Predicate& predicate = predicates_[p];
          const std::array<bool, kPredicateTables> allows = {predicate.tcp_flags[value], predicate.dscp_tags[value],
                                                             predicate.context[value], predicate.family[value % 4]};
          expected |= Address{allows[table]} << p;
        }
        if (image_.predicates[table].get(value, 0, shape_.predicates()) != expected)
          return fail(fmt::format("predicate table {}, value {}: not the predicates of the rules", table, value));
      }
    }
  }

  void check_tree() {
    const TreeShape& limits = shape_.trees[tree_];
    referenced_.clear();
    for (unsigned level = 0; level <= limits.levels; ++level)
      referenced_.emplace_back(image_.trees[tree_].levels[level].rows());
    owned_.assign(limits.entries, false);
    members_.clear();
    for (unsigned f = 0; f < kFields; ++f) region_[f] = {0, last_value(shape_, f)};
    referenced_[0][0] = true;
    descend(0, 0);
    for (unsigned level = 0; proved() && level <= limits.levels; ++level) {
      const BitMemory& memory = image_.trees[tree_].levels[level];
      for (std::size_t row = 0; row < memory.rows(); ++row) {
        if (!referenced_[level][row] && !memory.zero(row))
          return fail(
              fmt::format("tree {}, level {}, record {}: no node leads here, but it is not zero", tree_, level, row));
      }
    }
    for (std::size_t e = 0; proved() && e < owned_.size(); ++e) {
      if (!owned_[e] && !image_.trees[tree_].entries.zero(e))
        return fail(fmt::format("tree {}, entry {}: in no leaf, but not zero", tree_, e));
    }
    // Every rule of this tree stands in as many leaves as its box meets; each was seen to meet it, and no leaf has it
    // twice.
    for (const std::uint32_t rule : members_) {
      if (!proved()) return;
      const std::size_t met = count_met(*rules_[rule]);
      if (met != stands_[rule])
        fail(fmt::format("tree {}, rule {}: stands in {} leaves, but its box meets {}", tree_, rule, stands_[rule],
                         met));
    }
  }

  void descend(unsigned level, std::size_t row) {
    const TreeShape& limits = shape_.trees[tree_];
    const Record record = read_record(image_, tree_, level, row);
    ++out_.records;
    const auto place = [&] { return fmt::format("tree {}, level {}, record {}", tree_, level, row); };
    if (record.field == 0) {
      // Nothing stands behind start and count.
      const unsigned used = 3 + shape_.start_bits(limits) + shape_.count_bits();
      const BitMemory& memory = image_.trees[tree_].levels[level];
      if (memory.get(row, used, shape_.record_bits(limits) - used) != 0)
        return fail(place() + ": a leaf with bits behind its count");
      return check_leaf(record, place());
    }
    if (record.field > kFields) return fail(fmt::format("{}: field {} is none", place(), record.field));
    if (level == limits.levels) return fail(place() + ": a node in the last level");
    Range& range = region_[record.field - 1];
    // Both children have a part of the region: regions of leaves are disjoint, and together they are everything.
    if (record.threshold <= range.first || record.threshold > range.last)
      return fail(place() + ": the threshold lies outside the node's region");
    for (unsigned side = 0; side < 2 && proved(); ++side) {
      const std::size_t child = 2 * std::size_t{record.pair} + side;
      if (child >= referenced_[level + 1].size())
        return fail(fmt::format("{}: child {} is beyond the level", place(), child));
      if (referenced_[level + 1][child]) return fail(fmt::format("{}: child {} has another parent", place(), child));
      referenced_[level + 1][child] = true;
      const Range before = range;
      if (side == 0) range.last = record.threshold - 1;
      if (side == 1) range.first = record.threshold;
      descend(level + 1, child);
      range = before;
    }
  }

  void check_leaf(const Record& record, const std::string& place) {
    ++out_.leaves;
    if (record.count > shape_.leaf) return fail(fmt::format("{}: a leaf of {} entries", place, record.count));
    if (record.count == 0 && record.start != 0) return fail(place + ": an empty leaf with a start");
    if (std::size_t{record.start} + record.count > owned_.size())
      return fail(fmt::format("{}: entries {} to {} are beyond the tree's {}", place, record.start,
                              record.start + record.count - 1, owned_.size()));
    std::vector<std::uint32_t> seen;
    for (std::size_t e = record.start; e < std::size_t{record.start} + record.count; ++e) {
      const auto here = [&] { return fmt::format("tree {}, entry {}", tree_, e); };
      if (owned_[e]) return fail(here() + ": in two leaves");
      owned_[e] = true;
      const Entry entry = read_entry(image_, tree_, e);
      ++out_.entries;
      if (entry.predicate == shape_.never()) continue;  // taken out of force: matches nothing, whatever it holds
      const std::optional<Box> box = box_of(entry, shape_);
      if (!box) return fail(here() + ": its bits are no rule");
      if (entry.rule >= rules_.size() || !rules_[entry.rule])
        return fail(fmt::format("{}: no tree may hold a rule {}", here(), entry.rule));
      if (*box != *rules_[entry.rule]) return fail(fmt::format("{}: not the box of rule {}", here(), entry.rule));
      if (home_[entry.rule] != kNone && home_[entry.rule] != tree_)
        return fail(fmt::format("{}: rule {} stands in tree {} too", here(), entry.rule, home_[entry.rule]));
      if (home_[entry.rule] == kNone) members_.push_back(entry.rule);
      home_[entry.rule] = tree_;
      if (std::find(seen.begin(), seen.end(), entry.rule) != seen.end())
        return fail(fmt::format("{}: rule {} twice in one leaf", here(), entry.rule));
      seen.push_back(entry.rule);
      if (!overlap(region_, box->range))
        return fail(fmt::format("{}: rule {} does not meet this leaf", here(), entry.rule));
      ++stands_[entry.rule];
    }
  }

  /// Leaves that a box meets; every node below the root has a part of its parent's region, so comparing with the
  /// thresholds on the way decides it.
  std::size_t count_met(const Box& box) const {
    std::size_t met = 0;
    std::vector<std::pair<unsigned, std::size_t>> open{{0, 0}};
    while (!open.empty()) {
      const auto [level, row] = open.back();
      open.pop_back();
      const Record record = read_record(image_, tree_, level, row);
      if (record.field == 0) {
        ++met;
        continue;
      }
      const Range& range = box.range[record.field - 1];
      if (range.first < record.threshold) open.emplace_back(level + 1, 2 * std::size_t{record.pair});
      if (range.last >= record.threshold) open.emplace_back(level + 1, 2 * std::size_t{record.pair} + 1);
    }
    return met;
  }

  const PackedTrees& image_;
  const Shape& shape_;
  std::span<const std::optional<Box>> rules_;
  const std::vector<Predicate>& predicates_;
  std::vector<unsigned> home_;
  std::vector<std::size_t> stands_;
  unsigned tree_ = 0;
  std::vector<std::vector<bool>> referenced_;
  std::vector<bool> owned_;
  std::vector<std::uint32_t> members_;
  std::array<Range, kFields> region_;
  Structure out_;
};

}  // namespace

Structure check_structure(const PackedTrees& image, std::span<const std::optional<Box>> rules,
                          const std::vector<Predicate>& predicates) {
  return Checker(image, rules, predicates).run();
}

}  // namespace portcullis::tables::tree
