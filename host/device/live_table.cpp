#include "device/live_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "device/scale_loader.h"
#include "tables/tree/split.h"

namespace portcullis::device {

using tables::tree::Change;
using tables::tree::LoadRow;
using tables::tree::ScaleImage;

namespace {

ScaleImage compiled_and_loaded(Device& device, RowSink& sink, const policy::Policy& policy,
                               const tables::tree::BuildOptions& options) {
  if (!device.trees())
    throw DeviceError("rules that come and go one by one need a device with trees; RuleTable serves one without");
  ScaleImage image = tables::tree::compile_scale(policy, *device.trees(), options).image;
  ScaleLoader(device, sink).load(image);
  return image;
}

}  // namespace

LiveTable::Generation::Generation(const policy::Policy& policy, const std::vector<LiveRuleId>& rules, ScaleImage image)
    : live(*tables::tree::expand(policy, image.origins), image) {
  for (std::uint32_t number = 0; number < image.origins.size(); ++number) {
    names.push_back(rules.at(image.origins[number]));
    numbers[names.back()].push_back(number);
  }
}

Change LiveTable::Generation::add(const policy::Entry& entry, LiveRuleId name, std::optional<LiveRuleId> before) {
  std::optional<std::uint32_t> place;
  if (before) place = numbers.at(*before).front();
  std::uint32_t number = 0;
  Change change = live.add_before(entry, place, &number);
  names.push_back(name);
  numbers[name] = {number};
  return change;
}

std::vector<Change> LiveTable::Generation::remove(LiveRuleId name) {
  std::vector<Change> changes;
  for (const std::uint32_t number : numbers.at(name)) changes.push_back(live.remove(number));
  numbers.erase(name);
  return changes;
}

LiveTable::LiveTable(Device& device, RowSink& sink, policy::Policy policy, Options options)
    : device_(device), sink_(sink), options_(options) {
  ScaleImage image = compiled_and_loaded(device, sink, policy, options_.build);
  capacity_ = tables::tree::LiveRules::capacity(device.trees()->slice);
  if (options_.mark == 0) options_.mark = capacity_ / 2;
  std::vector<LiveRuleId> names;
  for (const policy::Entry& entry : policy.entries) {
    names.push_back(next_name_);
    by_name_[next_name_] = rules_.insert(rules_.end(), {next_name_, entry});
    ++next_name_;
  }
  current_.emplace(policy, names, std::move(image));
  head_ = std::move(policy);
  head_.entries.clear();
}

LiveTable::~LiveTable() = default;

policy::Policy LiveTable::policy(std::vector<LiveRuleId>* names) const {
  policy::Policy out = head_;
  if (names != nullptr) names->clear();
  for (const Rule& rule : rules_) {
    out.entries.push_back(rule.entry);
    if (names != nullptr) names->push_back(rule.name);
  }
  return out;
}

std::optional<LiveRuleId> LiveTable::rule_at(unsigned number) const {
  const ScaleImage& image = current_->live.image();
  const unsigned trees = image.trees.shape.rules;
  if (number >= trees) {
    if (number - trees >= image.slice_rules.size()) return std::nullopt;
    return current_->names.at(image.slice_rules[number - trees]);
  }
  if (number >= image.actions.size()) return std::nullopt;
  const LiveRuleId name = current_->names.at(number);
  return by_name_.contains(name) ? std::optional(name) : std::nullopt;
}

void LiveTable::write(const std::vector<RowWrite>& rows) {
  sink_.write(rows);
  for (const RowWrite& row : rows) figures_.rows += row.count;
}

void LiveTable::apply(const Change& change) {
  if (change.flip_slice) device_.wait_for_slice_shadow();
  write(to_writes(change.rows, device_.row_words()));
  device_.check_errors("while a rule was written");
  if (change.flip_slice) device_.flip_slice();
}

void LiveTable::begin() {
  compiling_ = policy(&compiling_names_);
  log_.clear();
  problem_.clear();
  added_since_ = 0;
  state_ = State::compiling;
  compiled_ = std::async(std::launch::async, [policy = compiling_, shape = *device_.trees(), build = options_.build] {
    return tables::tree::compile_scale(policy, shape, build);
  });
}

void LiveTable::begin_if_due() {
  // Where most of the slice is for rules that no tree holds, rebuilds wait until there is something to fold.
  const std::size_t worth = std::max<std::size_t>(1, capacity_ / 4);
  if (state_ == State::idle && room() <= options_.mark && added_since_ >= worth) begin();
}

void LiveTable::repeat(const Logged& change) {
  if (change.added) {
    next_->add(*change.added, change.name, change.before);
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
    next_.emplace(compiling_, compiling_names_, compiled_.get().image);
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
  write(to_writes(tables::tree::slice_rows(next_->live.image()), device_.row_words()));
  device_.check_errors("while rebuilt trees were written; the rules in force stay");
  device_.wait_for_shadow();
  device_.flip();
  current_ = std::move(next_);
  next_.reset();
  pending_.clear();
  state_ = State::idle;
  ++figures_.rebuilds;
}

bool LiveTable::work() {
  if (state_ == State::compiling && compiled_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    take_compiled();
  else if (state_ == State::loading)
    load_piece();
  return state_ != State::idle;
}

void LiveTable::fold() {
  if (state_ == State::idle) begin();
  while (state_ != State::idle) {
    if (state_ == State::compiling) compiled_.wait();
    work();
  }
}

LiveRuleId LiveTable::add(policy::Entry entry, std::optional<LiveRuleId> before) {
  if (before && !by_name_.contains(*before))
    throw std::out_of_range(fmt::format("there is no rule {} to put another before", *before));
  const LiveRuleId name = next_name_;
  Change change;
  try {
    change = current_->add(entry, name, before);
  } catch (const tables::tree::SliceIsFull&) {
    ++figures_.waits;
    fold();
    change = current_->add(entry, name, before);
  }
  ++next_name_;
  apply(change);
  by_name_[name] = rules_.insert(before ? by_name_.at(*before) : rules_.end(), {name, entry});
  ++figures_.additions;
  ++added_since_;
  if (state_ == State::compiling) log_.push_back({std::move(entry), name, before});
  if (state_ == State::loading) {
    try {
      repeat({std::move(entry), name, before});
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
  for (const Change& change : current_->remove(rule)) apply(change);
  rules_.erase(place->second);
  by_name_.erase(place);
  ++figures_.removals;
  if (state_ == State::compiling) log_.push_back({std::nullopt, rule, std::nullopt});
  if (state_ == State::loading) repeat({std::nullopt, rule, std::nullopt});
}

}  // namespace portcullis::device
