// TreeRules: rules added and removed one by one on a running device with trees (docs/scale.md), beside a compiled
// policy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "device/live_table.h"
#include "device/rules.h"
#include "tables/tree/compile.h"

namespace portcullis::device {

/// Rules of a device with trees. commit() puts single changes into force one after the other, additions first: a packet
/// meets some of them, or all. A policy that comes or goes, and changes that the slice has no room for, are compiled as
/// a whole and come into force with one flip. Behind commits a rebuild folds what the slice holds into the trees:
/// whoever is told to wake up has to call work() until it has no more to do.
///
/// Not for use by several threads at the same time. While it is in use, nothing else may load tables, flip or clear
/// counters.
class TreeRules final : public Rules {
 public:
  /// Starts with no rules: every packet meets `default_action`. The device changes with the first commit, and with none
  /// once `ownership` is lost. Device, sink and ownership must outlive the table. `wake`: told by commits that leave
  /// work behind.
  TreeRules(Device& device, RowSink& sink, Ownership& ownership, policy::Action default_action,
            std::function<void()> wake = {}, LiveTable::Options options = {});

  RuleId add(std::uint32_t priority, policy::Match match, policy::Action action, policy::Provenance from = {},
             bool counted = true) override;
  RuleId add_last(policy::Match match, policy::Action action, policy::Provenance from = {}) override;
  bool remove(RuleId rule) override;
  /// As RuleTable's; a rule whose lists were split is a rule for each part.
  std::vector<RuleId> set_policy(tables::tree::ScaleImage image, std::uint32_t priority);
  void clear_policy();

  bool changed() const override { return changed_; }
  CommitReport commit() override;
  void revert() override;
  bool work() override;

  Tally counters(RuleId rule) override;
  Tally cause_counters(unsigned cause) override;
  std::optional<unsigned> place_of(RuleId rule) const override;
  std::size_t size() const override { return staged_.rules.size(); }
  std::size_t capacity() const override { return device_.trees()->rules; }
  policy::Policy policy() const override;
  const LiveTable::Figures& figures() const { return live_.figures(); }

 private:
  struct Rule {
    RuleId id = 0;
    std::uint64_t rank = 0;
    std::shared_ptr<const policy::Entry> entry;
    bool counted = false;
    std::optional<LiveRuleId> live;  ///< once it is in force
  };
  /// Rules in order; what a revert goes back to.
  struct Staged {
    std::vector<Rule> rules;
    policy::Action default_action;
    bool monitor = false;
  };

  RuleId add_ranked(std::uint64_t rank, policy::Entry entry, bool counted);
  void check_room(std::size_t rules) const;
  void change_one_by_one();
  void replace_all();

  Device& device_;
  Ownership& ownership_;
  policy::Action default_action_;
  std::function<void()> wake_;
  LiveTable live_;
  Staged staged_, in_force_;
  bool changed_ = true;                            // the first commit writes the tables even without rules
  bool whole_ = true;                              // since the last commit something came that is not a single rule
  bool unknown_ = true;                            // what the device enforces
  std::optional<tables::tree::ScaleImage> image_;  // of a policy that came since the last commit
  std::map<RuleId, LiveRuleId> gone_;              // by the last commit that replaced all
  RuleId next_id_ = 1;
};

}  // namespace portcullis::device
