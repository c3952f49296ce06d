#include "tables/tree/live.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tables/compile.h"

namespace portcullis::tables::tree {
namespace {

constexpr unsigned kVlanTable = 4;

/// Rules of two new boundaries in each of the first fields that a slice takes beside `rules` others, whose boundaries
/// in table n are used(n).
template <typename Used>
std::size_t room_beside(const Geometry& slice, std::size_t rules, Used&& used) {
  std::size_t least = slice.rules - rules;
  for (unsigned table = 0; table < kVlanTable; ++table)
    least = std::min<std::size_t>(least, (slice.boundaries(table) - used(table)) / 2);
  return least;
}

policy::Policy head_of(const policy::Policy& policy) {
  policy::Policy head;
  head.default_action = policy.default_action;
  head.monitor = policy.monitor;
  return head;
}

std::vector<EntryPointer> shared(const policy::Policy& policy) {
  std::vector<EntryPointer> out;
  for (const policy::Entry& entry : policy.entries) out.push_back(std::make_shared<const policy::Entry>(entry));
  return out;
}

}  // namespace

LiveRules::LiveRules(const policy::Policy& policy, ScaleImage image)
    : LiveRules(head_of(policy), shared(policy), std::move(image)) {}

LiveRules::LiveRules(policy::Policy head, std::vector<EntryPointer> rules, ScaleImage image)
    : head_(std::move(head)),
      rules_(std::move(rules)),
      image_(std::move(image)),
      next_number_(static_cast<std::uint32_t>(rules_.size())) {
  image_.entries.clear();
  image_.origins.resize(rules_.size());
  std::iota(image_.origins.begin(), image_.origins.end(), 0U);
  for (std::uint32_t place = 0; place < image_.slice_rules.size(); ++place) {
    const std::uint32_t rule = image_.slice_rules[place];
    slice_.push_back({place, rule, true, rule, rules_.at(rule)});
  }
}

Change LiveRules::load_slice(std::vector<SliceRule> next, std::vector<Move> moves) {
  policy::Policy rules = head_;
  for (const SliceRule& rule : next) {
    rules.entries.resize(rule.place);  // an entry without values matches nothing
    rules.entries.push_back(*rule.entry);
  }
  TableImage slice;
  try {
    slice = compile_tables(rules, image_.trees.shape.slice);
  } catch (const DoesNotFit& full) {
    throw SliceIsFull(fmt::format("{}; compile the policy anew to fold the added rules into the trees", full.what()));
  }
  image_.slice = std::move(slice);
  image_.slice_rules.assign(rules.entries.size(), kNoRule);
  for (const SliceRule& rule : next) {
    image_.slice.actions[rule.place] = slice_word(image_.slice.actions[rule.place], rule.before);
    image_.slice_rules[rule.place] = rule.number;
  }
  slice_ = std::move(next);
  return {slice_rows(image_), true, std::move(moves)};
}

// A place from low to before high for a rule at position `at`: beside the rule that was added last, where it is a
// neighbour, so that a run of rules in either order finds places; else in the middle.
std::uint32_t LiveRules::place_between(std::size_t at, std::uint32_t low, std::uint32_t high) const {
  const std::uint32_t last = next_number_ - 1;
  if (at == slice_.size() || (at > 0 && slice_[at - 1].number == last)) return low;
  if (slice_[at].number == last) return high - 1;
  return low + (high - low) / 2;
}

// Gives all rules new places, evenly among those that are free now.
void LiveRules::spread(std::vector<SliceRule>& rules) const {
  std::vector<bool> used(image_.trees.shape.slice.rules);
  for (const SliceRule& rule : slice_) used[rule.place] = true;
  std::vector<std::uint32_t> free;
  for (std::uint32_t place = 0; place < used.size(); ++place)
    if (!used[place]) free.push_back(place);
  if (rules.size() > free.size()) {
    throw SliceIsFull(
        fmt::format("the slice has {} of {} places left, and none between the neighbours of the rule; compile the "
                    "policy anew to fold the added rules into the trees",
                    free.size(), used.size()));
  }
  for (std::size_t i = 0; i < rules.size(); ++i) rules[i].place = free[(2 * i + 1) * free.size() / (2 * rules.size())];
}

Change LiveRules::insert(std::size_t place, std::uint32_t before, EntryPointer entry, std::uint32_t* number) {
  const std::uint32_t low = place == 0 ? 0 : slice_[place - 1].place + 1;
  const std::uint32_t high = place == slice_.size() ? image_.trees.shape.slice.rules : slice_[place].place;
  std::vector<SliceRule> next = slice_;
  next.insert(next.begin() + static_cast<std::ptrdiff_t>(place), {low, before, false, next_number_, std::move(entry)});
  if (low < high) {
    next[place].place = place_between(place, low, high);
  } else {
    spread(next);
  }
  std::vector<Move> moves = {{next_number_, std::nullopt, next[place].place}};
  for (std::size_t i = 0; i < slice_.size(); ++i) {
    const SliceRule& now = next[i < place ? i : i + 1];
    if (now.place != slice_[i].place) moves.push_back({now.number, slice_[i].place, now.place});
  }
  Change change = load_slice(std::move(next), std::move(moves));
  if (number != nullptr) *number = next_number_;
  image_.origins.push_back(next_number_);
  ++next_number_;
  return change;
}

Change LiveRules::add(EntryPointer entry, std::uint32_t before, std::uint32_t* number) {
  if (before > rules_.size())
    throw std::out_of_range(fmt::format("before rule {}: there are {} rules", before, rules_.size()));
  const auto behind = [&](const SliceRule& rule) {
    return rule.before > before || (rule.before == before && rule.compiled);
  };
  const auto place = std::find_if(slice_.begin(), slice_.end(), behind);
  return insert(static_cast<std::size_t>(place - slice_.begin()), before, std::move(entry), number);
}

Change LiveRules::add_before(EntryPointer entry, std::optional<std::uint32_t> before, std::uint32_t* number) {
  if (!before) return add(std::move(entry), static_cast<std::uint32_t>(rules_.size()), number);
  const auto place =
      std::find_if(slice_.begin(), slice_.end(), [&](const SliceRule& rule) { return rule.number == *before; });
  if (place != slice_.end())
    return insert(static_cast<std::size_t>(place - slice_.begin()), place->before, std::move(entry), number);
  if (*before >= rules_.size() || !rules_[*before])
    throw std::out_of_range(fmt::format("before rule {}: there is none", *before));
  return add(std::move(entry), *before, number);
}

Change LiveRules::remove(std::uint32_t number) {
  const auto in_slice =
      std::find_if(slice_.begin(), slice_.end(), [&](const SliceRule& rule) { return rule.number == number; });
  if (in_slice != slice_.end()) {
    std::vector<SliceRule> next = slice_;
    std::vector<Move> moves = {{number, in_slice->place, std::nullopt}};
    next.erase(next.begin() + (in_slice - slice_.begin()));
    Change change = load_slice(std::move(next), std::move(moves));
    if (number < rules_.size()) rules_[number].reset();
    return change;
  }
  if (number >= rules_.size() || !rules_[number]) throw std::out_of_range(fmt::format("there is no rule {}", number));
  rules_[number].reset();
  Change change;
  const Shape& shape = image_.trees.shape;
  for (unsigned t = 0; t < image_.trees.trees.size(); ++t) {
    BitMemory& entries = image_.trees.trees[t].entries;
    for (std::size_t e = 0; e < entries.rows(); ++e) {
      if (entries.zero(e) || entries.get(e, 0, shape.rule_bits()) != number) continue;
      entries.set(e, shape.rule_bits(), shape.predicate_bits, shape.never());
      change.rows.push_back(removal_row(image_, t, e));
    }
  }
  return change;
}

std::optional<std::uint32_t> LiveRules::number_in_device(std::uint32_t number) const {
  for (const SliceRule& rule : slice_)
    if (rule.number == number) return image_.trees.shape.rules + rule.place;
  return number < rules_.size() && rules_[number] ? std::optional(number) : std::nullopt;
}

std::size_t LiveRules::room() const {
  return room_beside(image_.trees.shape.slice, slice_.size(),
                     [&](unsigned table) { return image_.slice.boundaries[table].size(); });
}

std::size_t LiveRules::capacity(const Geometry& slice) {
  return room_beside(slice, 0, [](unsigned) { return std::size_t{0}; });
}

policy::Policy LiveRules::policy(std::vector<std::uint32_t>* numbers) const {
  policy::Policy out = head_;
  if (numbers != nullptr) numbers->clear();
  const auto put = [&](const EntryPointer& entry, std::uint32_t number) {
    out.entries.push_back(*entry);
    if (numbers != nullptr) numbers->push_back(number);
  };
  auto added = slice_.begin();
  for (std::uint32_t rule = 0; rule <= rules_.size(); ++rule) {
    for (; added != slice_.end() && added->before <= rule; ++added) {
      if (!added->compiled) put(added->entry, added->number);
    }
    if (rule < rules_.size() && rules_[rule]) put(rules_[rule], rule);
  }
  return out;
}

}  // namespace portcullis::tables::tree
