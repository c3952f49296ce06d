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

}  // namespace

LiveRules::LiveRules(policy::Policy policy, ScaleImage image)
    : policy_(std::move(policy)),
      image_(std::move(image)),
      gone_(policy_.entries.size()),
      next_number_(static_cast<std::uint32_t>(policy_.entries.size())) {
  image_.origins.resize(policy_.entries.size());
  std::iota(image_.origins.begin(), image_.origins.end(), 0U);
  for (const std::uint32_t rule : image_.slice_rules) slice_.push_back({rule, true, rule, policy_.entries.at(rule)});
}

Change LiveRules::load_slice(std::vector<InSlice> next) {
  policy::Policy rules;
  rules.default_action = policy_.default_action;
  rules.monitor = policy_.monitor;
  for (const InSlice& rule : next) rules.entries.push_back(rule.entry);
  TableImage slice;
  try {
    slice = compile_tables(rules, image_.trees.shape.slice);
  } catch (const DoesNotFit& full) {
    throw SliceIsFull(fmt::format("{}; compile the policy anew to fold the added rules into the trees", full.what()));
  }
  image_.slice = std::move(slice);
  image_.slice_rules.clear();
  for (std::size_t i = 0; i < next.size(); ++i) {
    image_.slice.actions[i] = slice_word(image_.slice.actions[i], next[i].before);
    image_.slice_rules.push_back(next[i].number);
  }
  slice_ = std::move(next);
  return {slice_rows(image_), true};
}

Change LiveRules::insert(std::size_t place, std::uint32_t before, policy::Entry entry, std::uint32_t* number) {
  std::vector<InSlice> next = slice_;
  next.insert(next.begin() + static_cast<std::ptrdiff_t>(place), {before, false, next_number_, std::move(entry)});
  Change change = load_slice(std::move(next));
  if (number != nullptr) *number = next_number_;
  image_.origins.push_back(next_number_);
  ++next_number_;
  return change;
}

Change LiveRules::add(policy::Entry entry, std::uint32_t before, std::uint32_t* number) {
  if (before > policy_.entries.size())
    throw std::out_of_range(fmt::format("before rule {}: there are {} rules", before, policy_.entries.size()));
  const auto behind = [&](const InSlice& rule) {
    return rule.before > before || (rule.before == before && rule.compiled);
  };
  const auto place = std::find_if(slice_.begin(), slice_.end(), behind);
  return insert(static_cast<std::size_t>(place - slice_.begin()), before, std::move(entry), number);
}

Change LiveRules::add_before(policy::Entry entry, std::optional<std::uint32_t> before, std::uint32_t* number) {
  if (!before) return add(std::move(entry), static_cast<std::uint32_t>(policy_.entries.size()), number);
  const auto place =
      std::find_if(slice_.begin(), slice_.end(), [&](const InSlice& rule) { return rule.number == *before; });
  if (place != slice_.end())
    return insert(static_cast<std::size_t>(place - slice_.begin()), place->before, std::move(entry), number);
  if (*before >= gone_.size() || gone_[*before])
    throw std::out_of_range(fmt::format("before rule {}: there is none", *before));
  return add(std::move(entry), *before, number);
}

Change LiveRules::remove(std::uint32_t number) {
  const auto in_slice =
      std::find_if(slice_.begin(), slice_.end(), [&](const InSlice& rule) { return rule.number == number; });
  if (in_slice != slice_.end()) {
    std::vector<InSlice> next = slice_;
    next.erase(next.begin() + (in_slice - slice_.begin()));
    Change change = load_slice(std::move(next));
    if (number < gone_.size()) gone_[number] = true;
    return change;
  }
  if (number >= gone_.size() || gone_[number]) throw std::out_of_range(fmt::format("there is no rule {}", number));
  gone_[number] = true;
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

std::size_t LiveRules::room() const {
  return room_beside(image_.trees.shape.slice, slice_.size(),
                     [&](unsigned table) { return image_.slice.boundaries[table].size(); });
}

std::size_t LiveRules::capacity(const Geometry& slice) {
  return room_beside(slice, 0, [](unsigned) { return std::size_t{0}; });
}

policy::Policy LiveRules::policy(std::vector<std::uint32_t>* numbers) const {
  policy::Policy out = policy_;
  out.entries.clear();
  if (numbers != nullptr) numbers->clear();
  const auto put = [&](const policy::Entry& entry, std::uint32_t number) {
    out.entries.push_back(entry);
    if (numbers != nullptr) numbers->push_back(number);
  };
  auto added = slice_.begin();
  for (std::uint32_t rule = 0; rule <= policy_.entries.size(); ++rule) {
    for (; added != slice_.end() && added->before <= rule; ++added) {
      if (!added->compiled) put(added->entry, added->number);
    }
    if (rule < policy_.entries.size() && !gone_[rule]) put(policy_.entries[rule], rule);
  }
  return out;
}

}  // namespace portcullis::tables::tree
