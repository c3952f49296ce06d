// RuleTable: rules added and removed one by one on a running device, beside a compiled policy; each commit is one flip.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "device/device.h"
#include "device/ownership.h"
#include "device/row_sink.h"
#include "device/rules.h"
#include "policy/policy.h"
#include "tables/image.h"

namespace portcullis::device {

/// Rules of a device with a bitmap engine. commit() builds the changes in the shadow bank, writes only the rows that
/// differ from what that bank holds, and exchanges the banks: packets meet all changes or none. A rule keeps its place
/// in the tables while others come and go, and its counters go on.
///
/// Not for use by several threads at the same time. While a RuleTable is in use, nothing else may load tables, flip or
/// clear counters.
class RuleTable final : public Rules {
 public:
  /// Starts with no rules: every packet meets `default_action`. The device changes with the first commit, and with none
  /// once `ownership` is lost. Device, sink and ownership must outlive the table.
  RuleTable(Device& device, RowSink& sink, Ownership& ownership, policy::Action default_action);

  RuleId add(std::uint32_t priority, policy::Match match, policy::Action action, policy::Provenance from = {},
             bool counted = true) override;
  RuleId add_last(policy::Match match, policy::Action action, policy::Provenance from = {}) override;
  bool remove(RuleId rule) override;
  /// Puts a compiled policy among the rules, in place of the one before: rules of a priority below `priority` come
  /// before its entries, others behind. Its default action and monitor mode become the table's. Throws LoadRefused if
  /// it is for another geometry. Gives the rules of its entries, in order.
  std::vector<RuleId> set_policy(const tables::TableImage& image, std::uint32_t priority);
  /// Takes the policy out again; the default action is that of the constructor.
  void clear_policy();

  bool changed() const override { return changed_; }
  /// With one flip.
  CommitReport commit() override;
  /// commit() by somebody else, as the management firmware: `load` puts `image` into force with one flip, under a lock
  /// of its own (Ownership::lend). The image is what set_policy() was given, and there are no rules beside it. If
  /// `load` throws, all is as after a failed commit. Throws what `load` throws, DeviceError, TransportError, and
  /// std::logic_error with rules beside the image.
  void commit_by(const tables::TableImage& image, const std::function<void()>& load);
  void revert() override;

  Tally counters(RuleId rule) override;
  Tally cause_counters(unsigned cause) override;
  /// The rule at a place of the active bank, as completions and verdicts name it; nothing for an unused place.
  std::optional<RuleId> rule_at(unsigned place) const;
  std::optional<unsigned> place_of(RuleId rule) const override;
  std::size_t size() const override { return staged_.rules.size(); }
  std::size_t capacity() const override { return device_.geometry().rules; }
  policy::Policy policy() const override;

 private:
  RuleId add_ranked(std::uint64_t rank, policy::Match match, policy::Action action, policy::Provenance from);

  struct Rule {
    RuleId id = 0;
    std::uint64_t rank = 0;  ///< priority, and whether it is the policy's
    std::shared_ptr<const policy::Entry> entry;
    std::optional<unsigned> place;
  };
  /// Rules in order; what a revert goes back to.
  struct Rules {
    std::vector<Rule> rules;
    policy::Action default_action;
    bool monitor = false;
  };
  /// What a bank holds, and which of its counters have not been added to the totals.
  struct BankState {
    std::map<std::pair<unsigned, unsigned>, std::vector<std::uint32_t>> rows;  ///< by target and index; absent: unknown
    std::vector<RuleId> rule_at;                                               ///< by place; 0: none
    bool uncounted = false;
    std::uint64_t decided_before = 0;  ///< frames that had been decided when the bank came into force
  };

  bool place_rules();
  void prepare(unsigned shadow);
  void came_into_force(unsigned bank);
  tables::TableImage image() const;
  std::vector<RowWrite> differences(const BankState& bank, const tables::TableImage& image) const;
  void remember(BankState& bank, const std::vector<RowWrite>& rows);
  void add_counters_of(unsigned bank);
  /// Adds up what the retired bank has counted. False while its last packets are on their way: the totals are without
  /// it then.
  bool collect_retired();

  Device& device_;
  RowSink& sink_;
  Ownership& ownership_;
  policy::Action default_action_;
  Rules staged_, in_force_;
  bool changed_ = true;  // the first commit writes the tables even without rules
  RuleId next_id_ = 1;
  unsigned active_ = 0;
  BankState banks_[2];
  std::map<RuleId, Tally> totals_;
  std::array<Tally, kCauses> cause_totals_{};
};

}  // namespace portcullis::device
