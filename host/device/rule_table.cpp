#include "device/rule_table.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "device/loader.h"
#include "tables/compile.h"
#include "tables/recover.h"

namespace portcullis::device {

RuleTable::RuleTable(Device& device, RowSink& sink, Ownership& ownership, policy::Action default_action)
    : device_(device),
      sink_(sink),
      ownership_(ownership),
      default_action_(default_action),
      active_(device.active_bank()) {
  staged_.default_action = default_action;
  in_force_ = staged_;
}

RuleId RuleTable::add(std::uint32_t priority, policy::Match match, policy::Action action, policy::Provenance from,
                      bool /*counted*/) {
  return add_ranked(rank_of_rule(priority), std::move(match), action, std::move(from));
}

RuleId RuleTable::add_last(policy::Match match, policy::Action action, policy::Provenance from) {
  return add_ranked(kLastRank, std::move(match), action, std::move(from));
}

RuleId RuleTable::add_ranked(std::uint64_t rank, policy::Match match, policy::Action action, policy::Provenance from) {
  const unsigned room = device_.geometry().rules;
  if (staged_.rules.size() >= room) {
    throw tables::DoesNotFit(device_.geometry(), {{"rules", staged_.rules.size() + 1, room, {}}});
  }
  Rule rule;
  rule.id = next_id_++;
  rule.rank = rank;
  rule.entry = std::make_shared<const policy::Entry>(policy::Entry{std::move(match), action, std::move(from)});
  const auto behind = std::ranges::upper_bound(staged_.rules, rule.rank, {}, &Rule::rank);
  staged_.rules.insert(behind, rule);
  changed_ = true;
  return rule.id;
}

bool RuleTable::remove(RuleId rule) {
  const auto found = std::ranges::find(staged_.rules, rule, &Rule::id);
  if (found == staged_.rules.end()) return false;
  staged_.rules.erase(found);
  changed_ = true;
  return true;
}

std::vector<RuleId> RuleTable::set_policy(const tables::TableImage& image, std::uint32_t priority) {
  Loader(device_).check_geometry(image);
  policy::Policy policy = tables::recover(image);
  clear_policy();
  const unsigned room = device_.geometry().rules;
  if (staged_.rules.size() + policy.entries.size() > room) {
    throw tables::DoesNotFit(device_.geometry(), {{"rules", staged_.rules.size() + policy.entries.size(), room, {}}});
  }
  std::vector<RuleId> ids;
  std::vector<Rule> rules;
  for (policy::Entry& entry : policy.entries) {
    rules.push_back({next_id_, rank_of_policy(priority), std::make_shared<const policy::Entry>(std::move(entry)), {}});
    ids.push_back(next_id_++);
  }
  const auto behind = std::ranges::lower_bound(staged_.rules, rank_of_policy(priority), {}, &Rule::rank);
  staged_.rules.insert(behind, rules.begin(), rules.end());
  staged_.default_action = policy.default_action;
  staged_.monitor = policy.monitor;
  return ids;
}

void RuleTable::clear_policy() {
  std::erase_if(staged_.rules, [](const Rule& rule) { return is_policy(rule.rank); });
  staged_.default_action = default_action_;
  staged_.monitor = false;
  changed_ = true;
}

// Gives new rules places between those of their neighbours. If there is no room between two, all rules get new places,
// and free ones are left behind each run of equal rank, where the next rule of that rank will come. True if rules
// moved.
bool RuleTable::place_rules() {
  std::vector<Rule>& rules = staged_.rules;
  const unsigned room = device_.geometry().rules;
  bool crowded = false;
  for (std::size_t i = 0; i < rules.size() && !crowded; ++i) {
    if (rules[i].place) continue;
    std::size_t next = i;
    while (next < rules.size() && !rules[next].place) ++next;
    const unsigned from = i == 0 ? 0 : *rules[i - 1].place + 1;
    const unsigned to = next == rules.size() ? room : *rules[next].place;
    const auto missing = static_cast<unsigned>(next - i);
    crowded = to - from < missing;
    if (crowded) break;
    // Rules that come last go right behind those before them; in front of others there is room left on both sides.
    const unsigned spare = next == rules.size() || i == 0 ? 0 : (to - from - missing) / 2;
    const unsigned first = i == 0 && next != rules.size() ? to - missing : from + spare;
    for (std::size_t r = i; r < next; ++r) rules[r].place = first + static_cast<unsigned>(r - i);
  }
  if (!crowded) return false;
  std::size_t runs = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) runs += i == 0 || rules[i].rank != rules[i - 1].rank ? 1U : 0U;
  const std::size_t spare = (room - rules.size()) / (runs + 1);
  std::size_t place = spare;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (i != 0 && rules[i].rank != rules[i - 1].rank) place += spare;
    rules[i].place = static_cast<unsigned>(place++);
  }
  return true;
}

policy::Policy RuleTable::policy() const {
  policy::Policy policy;
  policy.default_action = staged_.default_action;
  policy.monitor = staged_.monitor;
  for (const Rule& rule : staged_.rules) policy.entries.push_back(*rule.entry);
  return policy;
}

tables::TableImage RuleTable::image() const {
  policy::Policy policy;
  policy.default_action = staged_.default_action;
  policy.monitor = staged_.monitor;
  for (const Rule& rule : staged_.rules) {
    policy.entries.resize(*rule.place);  // an entry without values matches nothing
    policy.entries.push_back(*rule.entry);
  }
  return tables::compile_tables(policy, device_.geometry());
}

std::vector<RowWrite> RuleTable::differences(const BankState& bank, const tables::TableImage& image) const {
  std::vector<RowWrite> differing;
  for (const RowWrite& row : load_sequence(image)) {
    bool open = false;
    for (unsigned index = row.index; index < row.index + row.count; ++index) {
      const auto known = bank.rows.find({row.target, index});
      const bool same = known != bank.rows.end() && known->second == row.words;
      if (same) {
        open = false;
      } else if (open) {
        ++differing.back().count;
      } else {
        differing.push_back({row.target, index, 1, row.words});
        open = true;
      }
    }
  }
  return differing;
}

void RuleTable::remember(BankState& bank, const std::vector<RowWrite>& rows) {
  for (const RowWrite& row : rows) {
    for (unsigned index = row.index; index < row.index + row.count; ++index) bank.rows[{row.target, index}] = row.words;
  }
}

void RuleTable::add_counters_of(unsigned bank) {
  BankState& state = banks_[bank];
  if (!state.uncounted) return;
  // Everything that came in had been decided before the bank came into force: there is nothing to read.
  if (bank != active_ && device_.frames_received() == state.decided_before) {
    state.uncounted = false;
    return;
  }
  const Bank role = bank == active_ ? Bank::active : Bank::shadow;
  for (unsigned place = 0; place < state.rule_at.size(); ++place) {
    if (state.rule_at[place] != 0) totals_[state.rule_at[place]] += device_.rule_counter(role, place);
  }
  for (unsigned cause = 0; cause < kCauses; ++cause) cause_totals_[cause] += device_.cause_counter(role, cause);
  state.uncounted = false;
}

// The shadow bank may be written from here on: what it has counted is in the totals.
void RuleTable::prepare(unsigned shadow) {
  ownership_.confirm();
  device_.wait_for_shadow();
  if (device_.active_bank() != active_)
    throw DeviceError("the banks were exchanged since the last commit; is other software using the device?");
  add_counters_of(shadow);
}

RuleTable::CommitReport RuleTable::commit() {
  CommitReport report;
  if (!changed_) return report;
  const unsigned shadow = 1 - active_;
  BankState& bank = banks_[shadow];
  try {
    report.moved_rules = place_rules();
    const tables::TableImage tables = image();
    prepare(shadow);
    device_.clear_errors();
    device_.clear_shadow_counters();
    std::vector<RowWrite> rows = differences(bank, tables);
    // Until all rows are known to be there, nothing is known about the bank.
    BankState before = std::exchange(bank, {});
    sink_.write(rows);
    device_.check_errors("while rules were written; the old rules are in force");
    before.uncounted = false;
    bank = std::move(before);
    remember(bank, rows);
    bank.decided_before = device_.frames_decided();
    ownership_.confirm();
    device_.flip();
    for (const RowWrite& row : rows) report.rows += row.count;
  } catch (...) {
    revert();
    throw;
  }
  came_into_force(shadow);
  return report;
}

void RuleTable::commit_by(const tables::TableImage& image, const std::function<void()>& load) {
  const unsigned shadow = 1 - active_;
  BankState& bank = banks_[shadow];
  try {
    if (staged_.rules.size() != image.entries.size())
      throw std::logic_error("somebody else can load a policy only without rules beside it");
    for (unsigned place = 0; place < staged_.rules.size(); ++place) staged_.rules[place].place = place;
    prepare(shadow);
    // Nothing is known about the bank until it is known to be loaded.
    bank = {};
    bank.decided_before = device_.frames_decided();
    ownership_.lend(load);
    if (device_.active_bank() != shadow)
      throw DeviceError("the policy did not come into force; is other software using the device?");
    remember(bank, load_sequence(image));
  } catch (...) {
    revert();
    throw;
  }
  came_into_force(shadow);
}

void RuleTable::came_into_force(unsigned now_active) {
  active_ = now_active;
  BankState& bank = banks_[now_active];
  bank.uncounted = true;
  bank.rule_at.assign(device_.geometry().rules, 0);
  for (const Rule& rule : staged_.rules) bank.rule_at[*rule.place] = rule.id;
  // Totals of rules that are gone are not asked for any more.
  std::erase_if(totals_, [&](const auto& total) {
    return std::ranges::find(in_force_.rules, total.first, &Rule::id) == in_force_.rules.end() &&
           std::ranges::find(staged_.rules, total.first, &Rule::id) == staged_.rules.end();
  });
  in_force_ = staged_;
  changed_ = false;
}

void RuleTable::revert() {
  staged_ = in_force_;
  changed_ = false;
}

bool RuleTable::collect_retired() {
  const unsigned retired = 1 - active_;
  if (banks_[retired].uncounted && device_.shadow_serves()) return false;
  add_counters_of(retired);
  return true;
}

Tally RuleTable::counters(RuleId rule) {
  Tally tally;
  if (!collect_retired()) {
    const std::vector<RuleId>& rules = banks_[1 - active_].rule_at;
    const auto place = std::ranges::find(rules, rule);
    if (place != rules.end()) tally = device_.rule_counter(Bank::shadow, static_cast<unsigned>(place - rules.begin()));
  }
  const auto total = totals_.find(rule);
  if (total != totals_.end()) tally += total->second;
  if (const std::optional<unsigned> place = place_of(rule)) tally += device_.rule_counter(Bank::active, *place);
  return tally;
}

Tally RuleTable::cause_counters(unsigned cause) {
  Tally tally;
  if (!collect_retired()) tally = device_.cause_counter(Bank::shadow, cause);
  tally += cause_totals_.at(cause);
  tally += device_.cause_counter(Bank::active, cause);
  return tally;
}

std::optional<RuleId> RuleTable::rule_at(unsigned place) const {
  const std::vector<RuleId>& rules = banks_[active_].rule_at;
  return place < rules.size() && rules[place] != 0 ? std::optional(rules[place]) : std::nullopt;
}

std::optional<unsigned> RuleTable::place_of(RuleId rule) const {
  const auto found = std::ranges::find(in_force_.rules, rule, &Rule::id);
  return found == in_force_.rules.end() ? std::nullopt : found->place;
}

}  // namespace portcullis::device
