#include "device/live_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "device/scale_loader.h"
#include "tables/tree/split.h"

namespace portcullis::device {

using tables::tree::Change;
using tables::tree::LoadRow;
using tables::tree::ScaleImage;

namespace {

/// Counters that one call of work() reads at most; one takes some ten register accesses.
constexpr std::size_t kCountersAStep = 64;

/// Rules that the trees of a rebuild may leave to the slice, of whose room most is for what comes next.
constexpr std::size_t most_left_over(std::size_t capacity) { return capacity / 8; }

/// For a rebuild: the first forest that fits, if it leaves the slice to what comes next; else the best of many.
tables::tree::ScaleCompiled compile_again(const policy::Policy& policy, const tables::tree::Shape& shape,
                                          const tables::tree::BuildOptions& options) {
  tables::tree::BuildOptions quick = options;
  quick.attempts = quick.trials = 1;
  quick.overlap = false;
  try {
    tables::tree::ScaleCompiled compiled = tables::tree::compile_scale(policy, shape, quick);
    if (compiled.report.left_over <= most_left_over(tables::tree::LiveRules::capacity(shape.slice))) return compiled;
  } catch (const tables::tree::DoesNotFitTrees&) {
    // The best of many may fit, or says what does not.
  }
  return tables::tree::compile_scale(policy, shape, options);
}

}  // namespace

LiveTable::Compiled::Compiled(const policy::Policy& policy, const std::vector<LiveRuleId>& of, ScaleImage made)
    : head(policy), image(std::move(made)) {
  head.entries.clear();
  policy::Policy parts = tables::tree::expand(policy, image.origins).value();
  for (std::size_t number = 0; number < parts.entries.size(); ++number) {
    rules.push_back(std::make_shared<const policy::Entry>(std::move(parts.entries[number])));
    names.push_back(of.at(image.origins[number]));
  }
}

LiveTable::Compiled::Compiled(policy::Policy of, tables::tree::Recompiled made, const std::vector<LiveRuleId>& before)
    : head(std::move(of)), rules(std::move(made.rules)), image(std::move(made.image)), whole(false) {
  names.reserve(made.numbers.size());
  for (const std::uint32_t number : made.numbers) names.push_back(before.at(number));
}

LiveTable::Generation::Generation(Compiled compiled)
    : live(std::move(compiled.head), std::move(compiled.rules), std::move(compiled.image)),
      names(std::move(compiled.names)) {
  numbers.reserve(2 * names.size());
  for (std::uint32_t number = 0; number < names.size(); ++number) {
    const auto [of, first] = numbers.try_emplace(names[number], Numbers{number, 1});
    if (!first) ++of->second.count;
  }
}

Change LiveTable::Generation::add(const EntryPointer& entry, LiveRuleId name, std::optional<LiveRuleId> before) {
  std::optional<std::uint32_t> place;
  if (before) place = numbers.at(*before).first;
  std::uint32_t number = 0;
  Change change = live.add_before(entry, place, &number);
  names.push_back(name);
  numbers[name] = {number, 1};
  return change;
}

std::vector<Change> LiveTable::Generation::remove(LiveRuleId name) {
  std::vector<Change> changes;
  const Numbers of = numbers.at(name);
  for (std::uint32_t part = 0; part < of.count; ++part) changes.push_back(live.remove(of.first + part));
  numbers.erase(name);
  return changes;
}

LiveTable::LiveTable(Device& device, RowSink& sink, Options options) : device_(device), sink_(sink), options_(options) {
  if (!device.trees())
    throw DeviceError("rules that come and go one by one need a device with trees; RuleTable serves one without");
  capacity_ = tables::tree::LiveRules::capacity(device.trees()->slice);
  if (options_.mark == 0) options_.mark = capacity_ / 2;
}

LiveTable::LiveTable(Device& device, RowSink& sink, policy::Policy policy, Options options)
    : LiveTable(device, sink, options) {
  std::vector<Given> rules;
  for (policy::Entry& entry : policy.entries) rules.push_back({std::move(entry)});
  replace(std::move(policy), std::move(rules));
}

std::vector<LiveRuleId> LiveTable::replace(policy::Policy head, std::vector<Given> rules,
                                           std::optional<ScaleImage> image) {
  abandon();
  policy::Policy whole = head;
  whole.entries.clear();
  for (const Given& rule : rules) whole.entries.push_back(rule.entry);
  if (!image) {
    image = tables::tree::compile_scale(whole, *device_.trees(), options_.build).image;
  } else if (const std::string fault = tables::tree::prove_scale(whole, *image); !fault.empty()) {
    throw LoadRefused(fmt::format("the image is not what its rules are compiled into: {}; compile it again", fault));
  }
  LiveRuleId next_name = next_name_;
  std::vector<LiveRuleId> names;
  for (const Given& rule : rules) names.push_back(rule.name ? *rule.name : next_name++);
  Generation next(Compiled(whole, names, *image));
  collect();
  const std::uint64_t decided_before = device_.frames_decided();
  slice_banks_.forget_shadow();
  ScaleLoader(device_, sink_).load(*image, options_.ownership);
  slice_banks_.flipped();
  std::erase_if(totals_, [&](const auto& total) { return !by_name_.contains(total.first); });
  flipped_to(std::move(next), decided_before);
  next_name_ = next_name;
  rules_.clear();
  by_name_.clear();
  for (std::size_t i = 0; i < rules.size(); ++i)
    by_name_[names[i]] = rules_.insert(
        rules_.end(), {names[i], std::make_shared<const policy::Entry>(std::move(rules[i].entry)), rules[i].counted});
  head_ = std::move(head);
  head_.entries.clear();
  return names;
}

void LiveTable::abandon() {
  if (state_ == State::compiling) compiled_.wait();
  compiled_ = {};
  next_.reset();
  pending_.clear();
  log_.clear();
  state_ = State::idle;
}

LiveTable::~LiveTable() = default;

policy::Policy LiveTable::policy(std::vector<LiveRuleId>* names) const {
  policy::Policy out = head_;
  if (names != nullptr) names->clear();
  for (const Rule& rule : rules_) {
    out.entries.push_back(*rule.entry);
    if (names != nullptr) names->push_back(rule.name);
  }
  return out;
}

std::optional<LiveRuleId> LiveTable::rule_at(unsigned number) const {
  const ScaleImage& image = current_->live.image();
  const unsigned trees = image.trees.shape.rules;
  if (number >= trees) {
    if (number - trees >= image.slice_rules.size()) return std::nullopt;
    const std::uint32_t rule = image.slice_rules[number - trees];
    return rule == tables::tree::kNoRule ? std::nullopt : std::optional(current_->names.at(rule));
  }
  if (number >= image.actions.size()) return std::nullopt;
  const LiveRuleId name = current_->names.at(number);
  return by_name_.contains(name) ? std::optional(name) : std::nullopt;
}

void LiveTable::write(const std::vector<RowWrite>& rows) {
  sink_.write(rows);
  for (const RowWrite& row : rows) figures_.rows += row.count;
}

std::optional<unsigned> LiveTable::number_of(LiveRuleId rule) const {
  const auto numbers = current_->numbers.find(rule);
  if (numbers == current_->numbers.end() || numbers->second.count != 1) return std::nullopt;
  return current_->live.number_in_device(numbers->second.first);
}

void LiveTable::apply(Change change) {
  if (options_.ownership != nullptr) options_.ownership->confirm();
  if (change.flip_slice) device_.wait_for_slice_shadow();
  // No rule counts at a place that is free: what its counter holds now is what it holds when a rule comes to it.
  const std::uint32_t slice = device_.trees()->rules;
  std::vector<std::pair<tables::tree::Move, Tally>> counted_moves;
  for (const tables::tree::Move& move : change.moves) {
    if (move.to && counted(current_->names.at(move.number)))
      counted_moves.emplace_back(move, device_.rule_counter(Bank::active, slice + *move.to));
  }
  // What is written into the active bank are removals, of which none is like another.
  write(to_writes(change.flip_slice ? slice_banks_.differing(std::move(change.rows)) : std::move(change.rows),
                  device_.row_words()));
  device_.check_errors("while a rule was written");
  if (change.flip_slice) {
    device_.flip_slice();
    slice_banks_.flipped();
  }
  for (const auto& [move, base] : counted_moves) {
    if (move.from) {
      device_.wait_for_slice_shadow();
      Tally since = device_.rule_counter(Bank::active, slice + *move.from);
      since -= current_->bases[move.number];
      totals_[current_->names.at(move.number)] += since;
    }
    current_->bases[move.number] = base;
  }
}

bool LiveTable::counted(LiveRuleId name) const {
  const auto rule = by_name_.find(name);
  return rule != by_name_.end() && rule->second->counted;
}

// The banks have been exchanged. `decided_before`: frames that had been decided at some time before.
void LiveTable::flipped_to(Generation next, std::uint64_t decided_before) {
  if (current_) {
    retired_.emplace();
    retired_->decided_before = decided_before_;
    for (const auto& [name, numbers] : current_->numbers) {
      if (!counted(name)) continue;
      for (std::uint32_t number = numbers.first; number < numbers.first + numbers.count; ++number) {
        if (const auto place = current_->live.number_in_device(number))
          retired_->counters.push_back({name, *place, current_->bases[number]});
      }
    }
  }
  current_.emplace(std::move(next));
  decided_before_ = decided_before;
}

// What the retired bank has counted is added up; its counters may then be cleared.
void LiveTable::collect() { collect_some(std::numeric_limits<std::size_t>::max()); }

void LiveTable::collect_some(std::size_t most) {
  if (!retired_) return;
  device_.wait_for_shadow();
  // Nothing is to be read if all that has ever come in had been decided before the bank came into force.
  if (device_.frames_received() != retired_->decided_before) {
    std::vector<Retired::Counter>& counters = retired_->counters;
    for (; most > 0 && !counters.empty(); --most, counters.pop_back()) {
      const Retired::Counter& counter = counters.back();
      Tally since = device_.rule_counter(Bank::shadow, counter.number);
      since -= counter.base;
      totals_[counter.name] += since;
    }
    if (!counters.empty()) return;
    for (unsigned cause = 0; cause < kCauses; ++cause)
      cause_totals_[cause] += device_.cause_counter(Bank::shadow, cause);
  }
  retired_.reset();
}

Tally LiveTable::counters(LiveRuleId rule) {
  collect();
  const auto total = totals_.find(rule);
  Tally tally = total == totals_.end() ? Tally{} : total->second;
  const auto numbers = current_->numbers.find(rule);
  if (numbers == current_->numbers.end() || !counted(rule)) return tally;
  const auto [first, count] = numbers->second;
  for (std::uint32_t number = first; number < first + count; ++number) {
    const auto place = current_->live.number_in_device(number);
    if (!place) continue;
    Tally since = device_.rule_counter(Bank::active, *place);
    since -= current_->bases[number];
    tally += since;
  }
  return tally;
}

Tally LiveTable::cause_counters(unsigned cause) {
  collect();
  Tally tally = cause_totals_.at(cause);
  tally += device_.cause_counter(Bank::active, cause);
  return tally;
}

void LiveTable::begin(bool whole) {
  log_.clear();
  problem_.clear();
  added_since_ = 0;
  state_ = State::compiling;
  if (whole) {
    std::vector<LiveRuleId> names;
    policy::Policy all = policy(&names);
    compiled_ = std::async(std::launch::async, [all = std::move(all), names = std::move(names),
                                                shape = *device_.trees(), build = options_.build] {
      return std::optional(Compiled(all, names, compile_again(all, shape, build).image));
    });
    return;
  }
  compiled_ = std::async(std::launch::async, [gathered = current_->live.gathered(), names = current_->names,
                                              build = options_.build, most = most_left_over(capacity_)] {
    std::optional<tables::tree::Recompiled> recompiled = tables::tree::recompile(gathered, build, most);
    if (!recompiled) return std::optional<Compiled>();
    return std::optional(Compiled(gathered.head, std::move(*recompiled), names));
  });
}

void LiveTable::begin_if_due() {
  // Where most of the slice is for rules that no tree holds, rebuilds wait until there is something to fold.
  const std::size_t worth = std::max<std::size_t>(1, capacity_ / 4);
  if (state_ == State::idle && room() <= options_.mark && added_since_ >= worth) begin(options_.always_whole);
}

void LiveTable::repeat(const Logged& change) {
  if (change.added) {
    next_->add(change.added, change.name, change.before);
    return;
  }
  for (const Change& part : next_->remove(change.name)) {
    // The trees that are being written are not active yet: their entries are written as any other.
    for (LoadRow row : part.rows) {
      if (row.target < tables::tree::kTargetRemoval) continue;
      row.target += tables::tree::kTargetEntry - tables::tree::kTargetRemoval;
      row.words.resize(device_.row_words());
      pending_.push_back({row.target, row.index, 1, std::move(row.words)});
    }
  }
}

void LiveTable::take_compiled() {
  try {
    std::optional<Compiled> compiled = compiled_.get();
    if (!compiled) {
      begin(true);
      return;
    }
    next_is_whole_ = compiled->whole;
    next_.emplace(std::move(*compiled));
    // The rows are made of what the new trees are by then; what repeat() puts here would be in them already.
    for (const Logged& change : log_) repeat(change);
  } catch (const tables::tree::DoesNotFitTrees& error) {
    problem_ = error.what();
  } catch (const tables::tree::SliceIsFull& error) {
    problem_ = error.what();
    ++figures_.abandoned;
  }
  log_.clear();
  pending_.clear();
  written_ = 0;
  if (!problem_.empty()) {
    next_.reset();
    state_ = State::idle;
    return;
  }
  collect();
  device_.wait_for_shadow();
  device_.clear_errors();
  device_.clear_shadow_counters();
  pending_ = to_writes(tables::tree::tree_rows(next_->live.image()), device_.row_words());
  state_ = State::loading;
}

void LiveTable::load_piece() {
  std::vector<RowWrite> piece;
  for (std::size_t rows = 0; written_ < pending_.size() && rows < options_.rows_a_step; ++written_) {
    rows += pending_[written_].count;
    piece.push_back(std::move(pending_[written_]));
  }
  write(piece);
  if (written_ < pending_.size()) return;
  // From here on nothing comes between: the new slice, then both flip.
  device_.wait_for_slice_shadow();
  write(to_writes(slice_banks_.differing(tables::tree::slice_rows(next_->live.image())), device_.row_words()));
  device_.check_errors("while rebuilt trees were written; the rules in force stay");
  device_.wait_for_shadow();
  if (options_.ownership != nullptr) options_.ownership->confirm();
  const std::uint64_t decided_before = device_.frames_decided();
  device_.flip();
  slice_banks_.flipped();
  flipped_to(std::move(*next_), decided_before);
  next_.reset();
  pending_.clear();
  state_ = State::idle;
  ++figures_.rebuilds;
  if (next_is_whole_) ++figures_.whole;
}

bool LiveTable::work() {
  if (state_ == State::compiling && compiled_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    take_compiled();
  else if (state_ == State::loading)
    load_piece();
  else
    collect_some(kCountersAStep);
  return busy();
}

void LiveTable::fold(bool whole) {
  if (state_ == State::idle) begin(whole);
  while (state_ != State::idle) {
    if (state_ == State::compiling) compiled_.wait();
    work();
  }
}

Change LiveTable::add_or_wait(const EntryPointer& entry, LiveRuleId name, std::optional<LiveRuleId> before) {
  try {
    return current_->add(entry, name, before);
  } catch (const tables::tree::SliceIsFull&) {
    ++figures_.waits;
  }
  fold();
  // Only where the trees that were kept had no room for it, trees from nothing may have more.
  if (!next_is_whole_) {
    try {
      return current_->add(entry, name, before);
    } catch (const tables::tree::SliceIsFull&) {
      fold(true);
    }
  }
  return current_->add(entry, name, before);
}

LiveRuleId LiveTable::add(policy::Entry added, std::optional<LiveRuleId> before, bool counted) {
  if (before && !by_name_.contains(*before))
    throw std::out_of_range(fmt::format("there is no rule {} to put another before", *before));
  const LiveRuleId name = next_name_;
  const auto entry = std::make_shared<const policy::Entry>(std::move(added));
  Change change = add_or_wait(entry, name, before);
  ++next_name_;
  by_name_[name] = rules_.insert(before ? by_name_.at(*before) : rules_.end(), {name, entry, counted});
  apply(std::move(change));
  ++figures_.additions;
  ++added_since_;
  if (state_ == State::compiling) log_.push_back({entry, name, before});
  if (state_ == State::loading) {
    try {
      repeat({entry, name, before});
    } catch (const tables::tree::SliceIsFull& error) {
      problem_ = error.what();
      ++figures_.abandoned;
      next_.reset();
      pending_.clear();
      state_ = State::idle;
    }
  }
  begin_if_due();
  return name;
}

void LiveTable::remove(LiveRuleId rule) {
  const auto place = by_name_.find(rule);
  if (place == by_name_.end()) throw std::out_of_range(fmt::format("there is no rule {}", rule));
  for (Change& change : current_->remove(rule)) apply(std::move(change));
  rules_.erase(place->second);
  by_name_.erase(place);
  totals_.erase(rule);
  if (retired_) std::erase_if(retired_->counters, [&](const Retired::Counter& of) { return of.name == rule; });
  ++figures_.removals;
  if (state_ == State::compiling) log_.push_back({nullptr, rule, std::nullopt});
  if (state_ == State::loading) repeat({nullptr, rule, std::nullopt});
}

}  // namespace portcullis::device
