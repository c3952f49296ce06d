#include "tables/tree/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>

#include "tables/compile.h"
#include "tables/prove.h"
#include "tables/recover.h"
#include "tables/tree/split.h"
#include "tables/tree/walk.h"

namespace portcullis::tables::tree {
namespace {

/// Boundaries that the slice's range tables need for some rules.
class SliceUse {
 public:
  SliceUse(const policy::Policy& policy, const Shape& shape) : policy_(&policy), shape_(&shape) {}

  void add(std::uint32_t rule) {
    const policy::Match& match = policy_->entries[rule].match;
    add(0, match.source, ~Address{0});
    add(1, match.destination, ~Address{0});
    add(2, match.source_port, std::uint32_t{policy::kNoPort});
    add(3, match.destination_port, std::uint32_t{policy::kNoPort});
    add(4, match.vlan, std::uint16_t{policy::kMaxVlan});
    ++rules_;
  }
  std::size_t rules() const { return rules_; }
  std::array<std::size_t, policy::kRangeTables> boundaries() const {
    std::array<std::size_t, policy::kRangeTables> out{};
    for (unsigned t = 0; t < policy::kRangeTables; ++t) out[t] = ends_[t].size();
    return out;
  }
  bool fits() const { return problem().empty(); }
  /// Fits, and leaves a quarter for what trees leave over and for rules to come.
  bool fits_with_room() const {
    bool fits = 4 * rules_ <= 3 * shape_->slice.rules;
    for (unsigned t = 0; t < policy::kRangeTables; ++t)
      fits = fits && 4 * ends_[t].size() <= 3 * shape_->slice.boundaries(t);
    return fits;
  }
  std::string problem() const {
    if (rules_ > shape_->slice.rules)
      return fmt::format("the slice holds {} rules, {} are left for it", shape_->slice.rules, rules_);
    for (unsigned t = 0; t < policy::kRangeTables; ++t) {
      if (ends_[t].size() > shape_->slice.boundaries(t))
        return fmt::format("the slice has {} boundaries for the {}, {} are needed", shape_->slice.boundaries(t),
                           policy::kTableNames[t], ends_[t].size());
    }
    return {};
  }

 private:
  template <typename T>
  void add(unsigned table, const policy::IntervalSet<T>& set, T last) {
    for (const auto& interval : set.intervals()) {
      if (interval.first != 0) ends_[table].insert(interval.first);
      if (interval.last < last) ends_[table].insert(Address{interval.last} + 1);
    }
  }

  const policy::Policy* policy_;
  const Shape* shape_;
  std::size_t rules_ = 0;
  std::array<std::set<Address>, policy::kRangeTables> ends_;
};

policy::Policy slice_policy(const policy::Policy& policy, const std::vector<std::uint32_t>& rules) {
  policy::Policy out;
  out.default_action = policy.default_action;
  out.monitor = policy.monitor;
  for (const std::uint32_t rule : rules) out.entries.push_back(policy.entries[rule]);
  return out;
}

std::uint64_t default_word(const policy::Policy& policy) {
  return policy.default_action.to_word() | (policy.monitor ? kMonitorBit : 0);
}

void fill_figures(ScaleReport& report, const ScaleImage& image, const Forest& forest, const SliceUse& slice) {
  const Shape& shape = image.trees.shape;
  for (std::size_t t = 0; t < forest.trees.size(); ++t) {
    const Tree& tree = forest.trees[t];
    std::set<std::uint32_t> rules;
    std::size_t entries = 0;
    std::size_t leaves = 0;
    std::vector<unsigned> depth(tree.nodes.size());
    unsigned deepest = 0;
    for (std::size_t n = 0; n < tree.nodes.size(); ++n) {
      const Node& node = tree.nodes[n];
      if (node.field != 0) {
        depth[node.left] = depth[node.right] = depth[n] + 1;
        continue;
      }
      deepest = std::max(deepest, depth[n]);
      ++leaves;
      entries += node.rules.size();
      rules.insert(node.rules.begin(), node.rules.end());
    }
    report.tree_rules.push_back(rules.size());
    report.tree_entries.push_back(entries);
    report.tree_leaves.push_back(leaves);
    report.tree_levels.push_back(deepest);
    report.used.entries += std::uint64_t{entries} * shape.entry_bits();
    report.used.records += std::uint64_t{tree.nodes.size()} * shape.record_bits(shape.trees[t]);
  }
  const std::size_t homes = forest.entries - forest.copies;
  report.copies = homes == 0 ? 1 : static_cast<double>(forest.entries) / static_cast<double>(homes);
  report.used.predicates = std::uint64_t{3 * 256 + 4} * report.predicates;
  report.slice_boundaries = slice.boundaries();
  for (unsigned t = 0; t < policy::kTables; ++t) {
    report.used.slice += std::uint64_t{image.slice.rows(t)} * slice.rules();
    if (t < policy::kRangeTables) report.used.slice += image.slice.boundaries[t].size() * policy::kTableKeyBits[t];
  }
  report.provisioned = shape.provisioned();
}

SliceUse use_of(const policy::Policy& policy, const Shape& shape, const std::vector<std::uint32_t>& rules) {
  SliceUse use(policy, shape);
  for (const std::uint32_t rule : rules) use.add(rule);
  return use;
}

/// True if a set has IPv6 addresses, and not all addresses.
bool asks_for_ipv6(const policy::IntervalSet<Address>& set) {
  return set != policy::Match::any().source &&
         std::any_of(set.intervals().begin(), set.intervals().end(),
                     [](const auto& i) { return !policy::is_ipv4(i.first) || !policy::is_ipv4(i.last); });
}

/// Which rules are split, so that the slice has room for the others: as few as possible, those with fewest parts.
std::vector<std::uint32_t> choose_origins(const policy::Policy& policy, const Shape& shape) {
  const Sorted sorted = sort_rules(policy, shape);
  std::vector<std::pair<std::size_t, std::uint32_t>> lists;  // parts, rule
  for (const std::uint32_t rule : sorted.unions) {
    const std::size_t parts = count_parts(policy.entries[rule].match);
    if (parts > 1 && parts <= kMostParts) lists.emplace_back(parts, rule);
  }
  std::sort(lists.begin(), lists.end());
  const auto origins_of = [&](std::size_t splits) {
    std::vector<std::size_t> parts(policy.entries.size(), 1);
    for (std::size_t i = 0; i < splits; ++i) parts[lists[i].second] = lists[i].first;
    std::vector<std::uint32_t> origins;
    for (std::uint32_t rule = 0; rule < parts.size(); ++rule) origins.insert(origins.end(), parts[rule], rule);
    return origins;
  };
  const auto fits = [&](std::size_t splits) {
    const std::optional<policy::Policy> expanded = expand(policy, origins_of(splits));
    return use_of(*expanded, shape, sort_rules(*expanded, shape).unions).fits_with_room();
  };
  if (use_of(policy, shape, sorted.unions).fits_with_room()) return origins_of(0);
  std::size_t few = 0;
  std::size_t enough = lists.size();
  while (few < enough) {
    const std::size_t splits = (few + enough) / 2;
    if (fits(splits)) {
      enough = splits;
    } else {
      few = splits + 1;
    }
  }
  // Where nothing helps, the rules stay as they are, and the refusal speaks of them.
  return origins_of(enough < lists.size() || fits(enough) ? enough : 0);
}

}  // namespace

std::uint64_t slice_word(std::uint64_t action, std::uint32_t before) {
  return (action & ~kBeforeMask) | (std::uint64_t{before} << kBeforeShift);
}

TableImage compile_slice(const policy::Policy& rules, std::span<const std::uint32_t> numbers, const Geometry& slice) {
  TableImage image = compile_tables(rules, slice);
  for (std::size_t i = 0; i < numbers.size(); ++i) image.actions[i] = slice_word(image.actions[i], numbers[i]);
  return image;
}

ScaleCompiled compile_scale(const policy::Policy& asked, const Shape& shape, const BuildOptions& options) {
  if (const std::string problem = shape.problem(); !problem.empty()) throw GeometryError(problem);
  const auto refuse = [&](const std::string& what) {
    Overlap overlap = deepest_overlap(asked, 64);
    const std::size_t bound = shape.overlap_bound();
    const std::string meeting = fmt::format("{} rules meet in {}", overlap.rules.size(), describe(overlap.key));
    if (overlap.rules.size() > bound) {
      throw DoesNotFitTrees(
          fmt::format("{}, and no header may meet more than {} ({} trees x {}, and {} in the slice): make rules more "
                      "specific, or take out those that others hide",
                      meeting, bound, shape.trees.size(), shape.leaf, shape.slice.rules),
          std::move(overlap));
    }
    throw DoesNotFitTrees(fmt::format("{}; at most {}", what, meeting), std::move(overlap));
  };
  if (asked.entries.size() > shape.rules)
    refuse(fmt::format("{} rules, but there are only {} rule numbers", asked.entries.size(), shape.rules));

  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::uint32_t> origins = choose_origins(asked, shape);
  const policy::Policy policy = *expand(asked, origins);
  if (policy.entries.size() > shape.rules)
    refuse(
        fmt::format("{} rules become {} without the lists that the slice has no room for, but there are only {} rule "
                    "numbers",
                    asked.entries.size(), policy.entries.size(), shape.rules));
  const Sorted sorted = sort_rules(policy, shape);
  std::vector<Box> boxes;
  std::vector<std::uint32_t> rules;  // of each box
  for (std::uint32_t rule = 0; rule < sorted.boxes.size(); ++rule) {
    if (!sorted.boxes[rule]) continue;
    boxes.push_back(*sorted.boxes[rule]);
    rules.push_back(rule);
  }
  const SliceUse unions = use_of(policy, shape, sorted.unions);
  if (!unions.fits()) {
    const bool wide = std::any_of(policy.entries.begin(), policy.entries.end(), [](const policy::Entry& entry) {
      return asks_for_ipv6(entry.match.source) || asks_for_ipv6(entry.match.destination);
    });
    refuse(fmt::format("{} rules are no single prefixes and ranges, and so go to the slice: {}{}", sorted.unions.size(),
                       unions.problem(),
                       wide && shape.address_bits == 32
                           ? "; IPv6 prefixes are among them, which trees of 128-bit addresses hold (scale-ipv6)"
                           : ""));
  }

  const auto slice_of = [&](std::span<const std::uint32_t> left_over) {
    SliceUse use = unions;
    for (const std::uint32_t box : left_over) use.add(rules[box]);
    return use;
  };
  const Forest forest = build(boxes, shape, options,
                              [&](std::span<const std::uint32_t> left_over) { return slice_of(left_over).fits(); });
  const SliceUse slice = slice_of(forest.left_over);
  if (!forest.accepted) {
    refuse(fmt::format("{} attempts in {:.1f} s left {} of {} rules without a tree: {}", forest.attempts,
                       options.seconds, forest.left_over.size(), boxes.size(), slice.problem()));
  }

  ScaleCompiled out;
  ScaleImage& image = out.image;
  image.trees = pack(forest, boxes, rules, sorted.predicates, shape);
  image.slice_rules = sorted.unions;
  for (const std::uint32_t box : forest.left_over) image.slice_rules.push_back(rules[box]);
  std::sort(image.slice_rules.begin(), image.slice_rules.end());
  image.slice = compile_slice(slice_policy(policy, image.slice_rules), image.slice_rules, shape.slice);
  for (const policy::Entry& entry : policy.entries) {
    image.actions.push_back(entry.action.to_word());
    image.entries.push_back(entry.from);
  }
  image.default_action = default_word(policy);
  image.origins = origins;

  ScaleReport& report = out.report;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.rules = policy.entries.size();
  report.asked = asked.entries.size();
  for (std::size_t i = 1; i < origins.size(); ++i) {
    if (origins[i] == origins[i - 1] && (i == 1 || origins[i - 2] != origins[i])) report.split.push_back(origins[i]);
  }
  report.empty = policy.entries.size() - boxes.size() - sorted.unions.size();
  report.unions = sorted.unions.size();
  for (const std::uint32_t rule : sorted.unions) report.union_rules.push_back(origins[rule]);
  report.union_reasons = sorted.reasons;
  report.left_over = forest.left_over.size();
  report.predicates = sorted.predicates.size();
  report.attempts = forest.attempts;
  fill_figures(report, image, forest, slice);
  if (options.overlap) {
    Overlap overlap = deepest_overlap(asked);
    report.overlap = overlap.rules.size();
    report.overlap_key = overlap.key;
  }
  return out;
}

std::string ScaleReport::to_string(const Shape& shape) const {
  std::string out;
  if (!split.empty())
    out += fmt::format("{} rules become {}: the slice has no room for {} of the lists\n", asked, rules, split.size());
  out += fmt::format(
      "{} rules: {} in trees, {} in the slice ({} for their lists or other fields, {} left over), {} match nothing\n",
      rules, rules - unions - left_over - empty, unions + left_over, unions, left_over, empty);
  for (std::size_t t = 0; t < tree_rules.size(); ++t) {
    out += fmt::format("tree {}: {} rules in {} of {} entries, {} leaves, {} of {} levels\n", t, tree_rules[t],
                       tree_entries[t], shape.trees[t].entries, tree_leaves[t], tree_levels[t], shape.trees[t].levels);
  }
  out += fmt::format("slice: {} of {} rules, boundaries", unions + left_over, shape.slice.rules);
  for (unsigned t = 0; t < policy::kRangeTables; ++t)
    out += fmt::format(" {}/{}", slice_boundaries[t], shape.slice.boundaries(t));
  const double per_rule = rules == 0 ? 0 : static_cast<double>(used.all()) / static_cast<double>(rules);
  out += fmt::format("\nentries a rule: {:.4f}; predicates: {} of {}; at least {} rules meet in one header ({})\n",
                     copies, predicates, shape.never(), overlap, describe(overlap_key));
  out +=
      fmt::format("bits a rule, one bank, without actions and counters: {:.1f} used, {:.1f} provisioned for {} rules\n",
                  per_rule, static_cast<double>(provisioned.all()) / shape.rules, shape.rules);
  return out;
}

std::string prove_scale(const policy::Policy& asked, const ScaleImage& image) {
  const Shape& shape = image.trees.shape;
  const std::optional<policy::Policy> expanded = expand(asked, image.origins);
  if (!expanded) return "the image's rules are not those of the policy, each once or in its parts";
  const policy::Policy& policy = *expanded;
  // Predicates may have any numbers: a rule's is found by its values, and entries are compared by number.
  Sorted sorted = sort_rules(policy, shape, read_predicates(image.trees));
  if (!std::is_sorted(image.slice_rules.begin(), image.slice_rules.end(), std::less_equal<>{}))
    return "the slice's rules are not in ascending order";
  if (image.slice.actions.size() != image.slice_rules.size()) return "the slice has other rules than its list names";
  std::vector<bool> in_slice(policy.entries.size());
  const policy::Policy slice = recover(image.slice);
  for (std::size_t i = 0; i < image.slice_rules.size(); ++i) {
    const std::uint32_t rule = image.slice_rules[i];
    if (rule >= policy.entries.size()) return fmt::format("slice entry {}: there is no rule {}", i, rule);
    in_slice[rule] = true;
    sorted.boxes[rule].reset();
    if (slice.entries[i].match != policy.entries[rule].match)
      return fmt::format("slice entry {}: matches other headers than rule {}", i, rule);
    if (image.slice.actions[i] != slice_word(policy.entries[rule].action.to_word(), rule))
      return fmt::format("slice entry {}: another action or order than that of rule {}", i, rule);
  }
  for (const std::uint32_t rule : sorted.unions) {
    if (!in_slice[rule]) return fmt::format("rule {} is in neither a tree nor the slice", rule);
  }
  if (const Structure structure = check_structure(image.trees, sorted.boxes, sorted.predicates); !structure.proved())
    return structure.fault;
  if (image.actions.size() != policy.entries.size()) return "there are not as many actions as rules";
  for (std::size_t rule = 0; rule < image.actions.size(); ++rule) {
    if (image.actions[rule] != policy.entries[rule].action.to_word())
      return fmt::format("rule {}: another action", rule);
  }
  return image.default_action == default_word(policy) ? "" : "another default action";
}

std::optional<std::uint32_t> lookup_number(const ScaleImage& image, const policy::Key& key) {
  std::optional<std::uint32_t> found = walk(image.trees, tree_key(key, image.trees));
  const TableImage& slice = image.slice;
  const std::array<Address, policy::kTables> value = {key.source,           key.destination, key.source_port,
                                                      key.destination_port, key.vlan,        key.protocol,
                                                      key.tcp_flags,        key.dscp_tags,   key.context};
  std::vector<std::uint64_t> match(slice.geometry.words_per_row(), ~std::uint64_t{0});
  for (unsigned t = 0; t < policy::kTables; ++t) {
    std::size_t row = static_cast<std::size_t>(value[t]);
    if (t < policy::kRangeTables) {
      const auto& ends = slice.boundaries[t];
      row = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), value[t]) - ends.begin());
    }
    const auto bits = slice.row(t, row);
    for (std::size_t w = 0; w < match.size(); ++w) match[w] &= bits[w];
  }
  for (std::size_t w = 0; w < match.size(); ++w) {
    if (match[w] == 0) continue;
    const std::size_t entry = w * 64 + static_cast<std::size_t>(std::countr_zero(match[w]));
    const std::uint64_t before = (slice.actions.at(entry) & kBeforeMask) >> kBeforeShift;
    if (!found || before <= *found) found = image.slice_rules.at(entry);
    break;
  }
  return found;
}

std::optional<std::uint32_t> lookup(const ScaleImage& image, const policy::Key& key) {
  const std::optional<std::uint32_t> number = lookup_number(image, key);
  return number ? std::optional(image.origins.at(*number)) : std::nullopt;
}

}  // namespace portcullis::tables::tree
