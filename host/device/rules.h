// Rules: what the rules of a device are for whoever adds and removes them one by one, whatever its match engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "device/device.h"
#include "policy/policy.h"

namespace portcullis::device {

/// A rule of a table, for as long as the table exists; never given twice.
using RuleId = std::uint64_t;

/// Places in the order: rules are ranked by priority, and at equal numbers a policy's entries stand before rules.
constexpr std::uint64_t rank_of_rule(std::uint32_t priority) { return 2 * std::uint64_t{priority} + 1; }
constexpr std::uint64_t rank_of_policy(std::uint32_t priority) { return 2 * std::uint64_t{priority}; }
constexpr bool is_policy(std::uint64_t rank) { return rank % 2 == 0; }
inline constexpr std::uint64_t kLastRank = ~std::uint64_t{0};

/// The rules of a device, ordered by priority: a smaller number is asked first, equal ones in the order in which they
/// came. Changes gather until commit(). RuleTable is for a bitmap engine, TreeRules for trees.
class Rules {
 public:
  virtual ~Rules() = default;

  /// What a commit took.
  struct CommitReport {
    std::size_t rows = 0;      ///< rows written, repeats counted
    bool moved_rules = false;  ///< rules had to change places, so that most rows were written anew
  };

  /// Adds a rule. Throws tables::DoesNotFit if the device has no room for one more rule; other shortages come to light
  /// in commit(). `counted`: counters() of it are wanted; a table may have to do for each of them.
  virtual RuleId add(std::uint32_t priority, policy::Match match, policy::Action action, policy::Provenance from = {},
                     bool counted = true) = 0;
  /// The same for a rule that is asked last of all, behind every priority and the policy.
  virtual RuleId add_last(policy::Match match, policy::Action action, policy::Provenance from = {}) = 0;
  /// Removes a rule; false if there is none of that number.
  virtual bool remove(RuleId rule) = 0;

  /// True if something was added or removed since the last commit.
  virtual bool changed() const = 0;
  /// Puts all changes into force. If it throws, the old rules are in force on the device, and the table holds them
  /// again: all changes since the last commit are gone. Throws tables::DoesNotFit, tables::tree::DoesNotFitTrees,
  /// tables::tree::SliceIsFull, DeviceError, TransportError.
  virtual CommitReport commit() = 0;
  /// Drops all changes since the last commit.
  virtual void revert() = 0;
  /// A piece of what is to be done behind commits, if there is something; true while there is more.
  virtual bool work() { return false; }

  /// Packets and bytes that a rule in force decided since it came, whatever was loaded meanwhile. Of a rule that is
  /// gone, until the commit after the one that took it away. Throws DeviceError.
  virtual Tally counters(RuleId rule) = 0;
  /// The same for a cause (0: the default action), over all commits.
  virtual Tally cause_counters(unsigned cause) = 0;
  /// The number of a rule in force in verdicts, if it has one.
  virtual std::optional<unsigned> place_of(RuleId rule) const = 0;
  /// Rules in force and added.
  virtual std::size_t size() const = 0;
  /// Rules that the device has places for.
  virtual std::size_t capacity() const = 0;
  /// All rules as a policy, in order: what the device does after the next commit.
  virtual policy::Policy policy() const = 0;

 protected:
  Rules() = default;
};

}  // namespace portcullis::device
