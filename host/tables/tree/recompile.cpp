#include "tables/tree/recompile.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tables/compile.h"
#include "tables/tree/insert.h"

namespace portcullis::tables::tree {
namespace {

constexpr std::uint32_t kNoNumber = 0xFFFFFFFF;

/// Numbers as they will be.
struct Order {
  std::vector<EntryPointer> rules;      ///< by new number
  std::vector<std::uint32_t> numbers;   ///< old, by new number
  std::vector<std::uint32_t> of_rule;   ///< new, by old number of a compiled rule; kNoNumber: gone
  std::vector<std::uint32_t> of_slice;  ///< new, of Gathered::slice, place by place
};

Order order_of(const Gathered& gathered) {
  Order order;
  const std::size_t most = gathered.rules.size() + gathered.slice.size();
  order.rules.reserve(most);
  order.numbers.reserve(most);
  order.of_rule.resize(gathered.rules.size(), kNoNumber);
  order.of_slice.reserve(gathered.slice.size());
  const auto put = [&](const EntryPointer& entry, std::uint32_t number) {
    order.rules.push_back(entry);
    order.numbers.push_back(number);
    return static_cast<std::uint32_t>(order.rules.size() - 1);
  };
  auto added = gathered.slice.begin();
  for (std::uint32_t rule = 0; rule <= gathered.rules.size(); ++rule) {
    // A compiled rule of the slice comes behind what was added before it.
    for (; added != gathered.slice.end() && added->before <= rule; ++added)
      order.of_slice.push_back(put(added->entry, added->number));
    const bool in_slice = !order.of_slice.empty() && order.numbers[order.of_slice.back()] == rule;
    if (rule == gathered.rules.size() || !gathered.rules[rule]) continue;
    order.of_rule[rule] = in_slice ? order.of_slice.back() : put(gathered.rules[rule], rule);
  }
  return order;
}

/// The predicates that entries still use, and the new number of each.
std::vector<Predicate> used_predicates(const PackedTrees& trees, const Unpacked& unpacked,
                                       std::vector<unsigned>& renumbered) {
  std::vector<bool> used(trees.shape.predicates());
  for (const Tree& tree : unpacked.forest.trees) {
    for (const Node& node : tree.nodes) {
      for (const std::uint32_t rule : node.rules) used[unpacked.boxes[rule].predicate] = true;
    }
  }
  std::vector<Predicate> out;
  renumbered.assign(used.size(), 0);
  const std::vector<Predicate> all = read_predicates(trees);
  for (unsigned p = 0; p < all.size(); ++p) {
    if (!used[p]) continue;
    renumbered[p] = static_cast<unsigned>(out.size());
    out.push_back(all[p]);
  }
  return out;
}

}  // namespace

std::optional<Recompiled> recompile(const Gathered& gathered, const BuildOptions& options, std::size_t most_left_over) {
  const Shape& shape = gathered.image.trees.shape;
  Order order = order_of(gathered);
  if (order.rules.size() > shape.rules) return std::nullopt;

  // Boxes are numbered by the old number of a rule; those of the slice's rules follow.
  Unpacked unpacked = unpack(gathered.image.trees, gathered.rules.size());
  std::vector<unsigned> renumbered;
  std::vector<Predicate> predicates = used_predicates(gathered.image.trees, unpacked, renumbered);
  for (Box& box : unpacked.boxes) box.predicate = renumbered[box.predicate];
  policy::Policy waiting = gathered.head;
  for (const SliceRule& rule : gathered.slice) waiting.entries.push_back(*rule.entry);
  Sorted sorted = sort_rules(waiting, shape, std::move(predicates));
  std::vector<std::uint32_t> numbers = order.of_rule;  // of boxes
  for (std::size_t i = 0; i < gathered.slice.size(); ++i) {
    unpacked.boxes.push_back(sorted.boxes[i].value_or(Box{}));
    numbers.push_back(order.of_slice[i]);
  }

  Inserter inserter(unpacked.forest, unpacked.boxes, shape, copies_allowed(options, order.rules.size()),
                    kMostLeaves * options.leaves);
  std::vector<std::uint32_t> in_slice = sorted.unions;  // places in Gathered::slice, which are in order
  std::size_t left_over = 0;
  for (std::uint32_t i = 0; i < gathered.slice.size(); ++i) {
    if (!sorted.boxes[i] || inserter.insert(static_cast<std::uint32_t>(gathered.rules.size()) + i)) continue;
    in_slice.push_back(i);
    if (++left_over > most_left_over) return std::nullopt;
  }
  std::sort(in_slice.begin(), in_slice.end());

  Recompiled out;
  ScaleImage& image = out.image;
  policy::Policy slice = gathered.head;
  for (const std::uint32_t i : in_slice) {
    slice.entries.push_back(*gathered.slice[i].entry);
    image.slice_rules.push_back(order.of_slice[i]);
  }
  try {
    image.slice = compile_slice(slice, image.slice_rules, shape.slice);
  } catch (const DoesNotFit&) {
    return std::nullopt;
  }
  image.trees = pack(unpacked.forest, unpacked.boxes, numbers, sorted.predicates, shape);
  image.actions.reserve(order.rules.size());
  for (const EntryPointer& rule : order.rules) image.actions.push_back(rule->action.to_word());
  image.default_action = gathered.image.default_action;
  image.origins.resize(order.rules.size());
  std::iota(image.origins.begin(), image.origins.end(), 0U);
  out.rules = std::move(order.rules);
  out.numbers = std::move(order.numbers);
  return out;
}

}  // namespace portcullis::tables::tree
