#include "tables/tree/insert.h"

#include <algorithm>

namespace portcullis::tables::tree {

Inserter::Inserter(Forest& forest, std::span<const Box> boxes, const Shape& shape, std::size_t copies,
                   std::size_t leaves)
    : forest_(forest), boxes_(boxes), shape_(shape), copies_(copies), leaves_(leaves) {
  for (const Tree& tree : forest.trees) {
    Use& use = use_.emplace_back();
    use.level.resize(tree.nodes.size());
    for (std::size_t n = 0; n < tree.nodes.size(); ++n) {
      const Node& node = tree.nodes[n];
      ++use.rows[use.level[n]];
      use.entries += node.rules.size();
      if (node.field != 0) use.level[node.left] = use.level[node.right] = use.level[n] + 1;
    }
  }
}

// The division of a leaf that adds fewest entries, or none.
std::optional<Inserter::Division> Inserter::divide(const Node& leaf, std::uint32_t number, std::uint32_t box) const {
  if (leaf.rules.size() < shape_.leaf) return Division{number, 0, 0, 1};
  std::vector<std::uint32_t> rules = leaf.rules;
  rules.push_back(box);
  std::optional<Division> best;
  for (unsigned field = 0; field < kFields; ++field) {
    for (const std::uint32_t end : rules) {
      const Range& range = boxes_[end].range[field];
      for (const bool behind : {false, true}) {
        if (behind && range.last == last_value(shape_, field)) continue;
        const Address threshold = behind ? range.last + 1 : range.first;
        std::size_t left = 0;
        std::size_t right = 0;
        for (const std::uint32_t rule : rules) {
          left += meets_left(rule, field, threshold) ? 1U : 0U;
          right += meets_right(rule, field, threshold) ? 1U : 0U;
        }
        if (left > shape_.leaf || right > shape_.leaf) continue;
        const std::size_t added = left + right + 1 - rules.size();
        if (!best || added < best->added) best = Division{number, field + 1, threshold, added};
      }
    }
  }
  return best;
}

std::optional<Inserter::Plan> Inserter::plan(std::size_t tree, std::uint32_t box) {
  const std::vector<Node>& nodes = forest_.trees[tree].nodes;
  const TreeShape& limits = shape_.trees[tree];
  const Use& use = use_[tree];
  found_.clear();
  stack_.assign(1, 0);
  while (!stack_.empty()) {
    const std::uint32_t number = stack_.back();
    stack_.pop_back();
    const Node& node = nodes[number];
    if (node.field == 0) {
      found_.push_back(number);
      if (found_.size() > leaves_) return std::nullopt;
      continue;
    }
    if (meets_right(box, node.field - 1, node.threshold)) stack_.push_back(node.right);
    if (meets_left(box, node.field - 1, node.threshold)) stack_.push_back(node.left);
  }
  Plan plan{tree, {}, 0};
  std::array<unsigned, kMaxLevels + 2> rows{};
  for (const std::uint32_t leaf : found_) {
    const std::optional<Division> division = divide(nodes[leaf], leaf, box);
    if (!division) return std::nullopt;
    if (division->field != 0) {
      const unsigned level = use.level[leaf] + 1;
      if (level > limits.levels) return std::nullopt;
      rows[level] += 2;
      if (use.rows[level] + rows[level] > shape_.level_rows(limits, level)) return std::nullopt;
    }
    plan.divisions.push_back(*division);
    plan.added += division->added;
  }
  if (forest_.copies + plan.added - 1 > copies_ || use.entries + plan.added > limits.entries) return std::nullopt;
  return plan;
}

void Inserter::apply(std::size_t tree, const Division& division, std::uint32_t box) {
  std::vector<Node>& nodes = forest_.trees[tree].nodes;
  std::vector<std::uint32_t> rules = std::move(nodes[division.leaf].rules);
  rules.insert(std::upper_bound(rules.begin(), rules.end(), box), box);
  if (division.field == 0) {
    nodes[division.leaf].rules = std::move(rules);
    return;
  }
  Use& use = use_[tree];
  const auto number = static_cast<std::uint32_t>(nodes.size());
  const unsigned level = use.level[division.leaf] + 1;
  nodes.resize(number + 2);
  Node& node = nodes[division.leaf];
  node.field = division.field;
  node.threshold = division.threshold;
  node.left = number;
  node.right = number + 1;
  node.rules.clear();
  use.level.resize(number + 2, level);
  use.rows[level] += 2;
  for (const std::uint32_t rule : rules) {
    if (meets_left(rule, division.field - 1, division.threshold)) nodes[number].rules.push_back(rule);
    if (meets_right(rule, division.field - 1, division.threshold)) nodes[number + 1].rules.push_back(rule);
  }
}

bool Inserter::insert(std::uint32_t box) {
  const auto free = [&](std::size_t tree) { return shape_.trees[tree].entries - use_[tree].entries; };
  std::optional<Plan> best;
  for (std::size_t tree = 0; tree < forest_.trees.size(); ++tree) {
    std::optional<Plan> next = plan(tree, box);
    if (!next) continue;
    if (!best || next->added < best->added || (next->added == best->added && free(tree) > free(best->tree)))
      best = std::move(next);
  }
  if (!best) return false;
  for (const Division& division : best->divisions) apply(best->tree, division, box);
  use_[best->tree].entries += best->added;
  forest_.entries += best->added;
  forest_.copies += best->added - 1;
  return true;
}

}  // namespace portcullis::tables::tree
