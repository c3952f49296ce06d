#include "device/tree_rules.h"

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "device/scale_loader.h"
#include "tables/compile.h"
#include "tables/tree/recover.h"

namespace portcullis::device {

namespace {

LiveTable::Options owned(LiveTable::Options options, Ownership& ownership) {
  options.ownership = &ownership;
  return options;
}

}  // namespace

TreeRules::TreeRules(Device& device, RowSink& sink, Ownership& ownership, policy::Action default_action,
                     std::function<void()> wake, LiveTable::Options options)
    : device_(device),
      ownership_(ownership),
      default_action_(default_action),
      wake_(std::move(wake)),
      live_(device, sink, owned(options, ownership)) {
  staged_.default_action = default_action;
  in_force_ = staged_;
}

void TreeRules::check_room(std::size_t rules) const {
  if (rules > capacity()) throw tables::DoesNotFit(device_.geometry(), {{"rules", rules, capacity(), {}}});
}

RuleId TreeRules::add(std::uint32_t priority, policy::Match match, policy::Action action, policy::Provenance from,
                      bool counted) {
  return add_ranked(rank_of_rule(priority), {std::move(match), action, std::move(from)}, counted);
}

RuleId TreeRules::add_last(policy::Match match, policy::Action action, policy::Provenance from) {
  return add_ranked(kLastRank, {std::move(match), action, std::move(from)}, true);
}

RuleId TreeRules::add_ranked(std::uint64_t rank, policy::Entry entry, bool counted) {
  check_room(staged_.rules.size() + 1);
  Rule rule{next_id_++, rank, std::make_shared<const policy::Entry>(std::move(entry)), counted, std::nullopt};
  const auto behind = std::ranges::upper_bound(staged_.rules, rule.rank, {}, &Rule::rank);
  const RuleId id = rule.id;
  staged_.rules.insert(behind, std::move(rule));
  changed_ = true;
  return id;
}

bool TreeRules::remove(RuleId rule) {
  const auto found = std::ranges::find(staged_.rules, rule, &Rule::id);
  if (found == staged_.rules.end()) return false;
  staged_.rules.erase(found);
  changed_ = true;
  return true;
}

std::vector<RuleId> TreeRules::set_policy(tables::tree::ScaleImage image, std::uint32_t priority) {
  ScaleLoader(device_, live_.sink()).check_shape(image);
  policy::Policy policy = tables::tree::recover_scale(image, "the image");
  // The policy has an entry for each rule of the image.
  for (std::uint32_t rule = 0; rule < image.origins.size(); ++rule) image.origins[rule] = rule;
  clear_policy();
  check_room(staged_.rules.size() + policy.entries.size());
  std::vector<RuleId> ids;
  std::vector<Rule> rules;
  for (policy::Entry& entry : policy.entries) {
    ids.push_back(next_id_++);
    rules.push_back({ids.back(), rank_of_policy(priority), std::make_shared<const policy::Entry>(std::move(entry)),
                     true, std::nullopt});
  }
  const auto behind = std::ranges::lower_bound(staged_.rules, rank_of_policy(priority), {}, &Rule::rank);
  staged_.rules.insert(behind, rules.begin(), rules.end());
  staged_.default_action = policy.default_action;
  staged_.monitor = policy.monitor;
  image_ = std::move(image);
  return ids;
}

void TreeRules::clear_policy() {
  std::erase_if(staged_.rules, [](const Rule& rule) { return is_policy(rule.rank); });
  staged_.default_action = default_action_;
  staged_.monitor = false;
  image_.reset();
  changed_ = whole_ = true;
}

policy::Policy TreeRules::policy() const {
  policy::Policy policy;
  policy.default_action = staged_.default_action;
  policy.monitor = staged_.monitor;
  for (const Rule& rule : staged_.rules) policy.entries.push_back(*rule.entry);
  return policy;
}

void TreeRules::replace_all() {
  std::vector<LiveTable::Given> given;
  for (const Rule& rule : staged_.rules) given.push_back({*rule.entry, rule.live, rule.counted});
  policy::Policy head;
  head.default_action = staged_.default_action;
  head.monitor = staged_.monitor;
  // The image itself, if there is nothing but it.
  if (image_ && image_->origins.size() != given.size()) image_.reset();
  const std::vector<LiveRuleId> names = live_.replace(std::move(head), std::move(given), std::move(image_));
  gone_.clear();
  for (const Rule& rule : in_force_.rules) gone_[rule.id] = *rule.live;
  for (std::size_t i = 0; i < names.size(); ++i) {
    staged_.rules[i].live = names[i];
    gone_.erase(staged_.rules[i].id);
  }
}

void TreeRules::change_one_by_one() {
  std::vector<LiveRuleId> added;
  try {
    // From behind, so that the rule that a new one comes before is in force.
    std::optional<LiveRuleId> next;
    for (Rule& rule : staged_.rules | std::views::reverse) {
      if (!rule.live) {
        rule.live = live_.add(*rule.entry, next, rule.counted);
        added.push_back(*rule.live);
      }
      next = rule.live;
    }
  } catch (const tables::tree::SliceIsFull&) {
    // There may be room when what is to go has gone.
    for (const LiveRuleId name : added) live_.remove(name);
    for (Rule& rule : staged_.rules)
      if (rule.live && std::ranges::find(added, *rule.live) != added.end()) rule.live.reset();
    replace_all();
    return;
  }
  std::vector<RuleId> kept;
  for (const Rule& rule : staged_.rules) kept.push_back(rule.id);
  std::ranges::sort(kept);
  for (const Rule& rule : in_force_.rules)
    if (!std::ranges::binary_search(kept, rule.id)) live_.remove(*rule.live);
}

TreeRules::CommitReport TreeRules::commit() {
  CommitReport report;
  if (!changed_ && !unknown_) return report;
  const std::uint64_t rows = live_.figures().rows;
  try {
    ownership_.confirm();
    const auto added = std::ranges::count_if(staged_.rules, [](const Rule& rule) { return !rule.live; });
    report.moved_rules = whole_ || unknown_ || static_cast<std::size_t>(added) > live_.room();
    if (report.moved_rules) {
      replace_all();
    } else {
      change_one_by_one();
    }
  } catch (const tables::tree::DoesNotFitTrees&) {
    revert();
    throw;
  } catch (const tables::tree::SliceIsFull&) {
    revert();
    throw;
  } catch (const LoadRefused&) {
    revert();
    throw;
  } catch (...) {
    revert();
    unknown_ = true;
    throw;
  }
  in_force_ = staged_;
  changed_ = whole_ = unknown_ = false;
  report.rows = static_cast<std::size_t>(live_.figures().rows - rows);
  if (live_.busy() && wake_) wake_();
  return report;
}

void TreeRules::revert() {
  staged_ = in_force_;
  changed_ = whole_ = false;
  image_.reset();
}

bool TreeRules::work() {
  if (unknown_) return false;
  ownership_.confirm();
  try {
    return live_.work();
  } catch (...) {
    unknown_ = true;
    throw;
  }
}

Tally TreeRules::counters(RuleId rule) {
  const auto found = std::ranges::find(in_force_.rules, rule, &Rule::id);
  if (found != in_force_.rules.end()) return live_.counters(*found->live);
  const auto gone = gone_.find(rule);
  return gone == gone_.end() ? Tally{} : live_.counters(gone->second);
}

Tally TreeRules::cause_counters(unsigned cause) { return live_.cause_counters(cause); }

std::optional<unsigned> TreeRules::place_of(RuleId rule) const {
  const auto found = std::ranges::find(in_force_.rules, rule, &Rule::id);
  return found == in_force_.rules.end() ? std::nullopt : live_.number_of(*found->live);
}

}  // namespace portcullis::device
