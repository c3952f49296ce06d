// LiveTable: the rules of a device with trees (docs/scale.md) that come and go one by one while packets pass.
//
// A rule that is added goes into the slice, one that is removed is taken out of force where it stands; when the slice
// has few places left, what has gathered is compiled into the trees on a thread of their own (tables/tree/recompile.h;
// from nothing where these trees have no room for it), written to their shadow bank piece by piece, and the banks are
// exchanged. Rules that come and go meanwhile are in force at once, and in the new trees or
// slice when these come into force.
//
// Counters of single rules are exact: a rule keeps its number while packets count by it, and where a rebuild gives it
// another, or the slice has to make room, what it has counted until then is read when the last packet of that time has
// been counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <future>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "device/device.h"
#include "device/ownership.h"
#include "device/row_sink.h"
#include "device/slice_banks.h"
#include "policy/policy.h"
#include "tables/tree/recompile.h"

namespace portcullis::device {

/// Names a rule for as long as the table lives.
using LiveRuleId = std::uint32_t;

/// Not for use by several threads at the same time. No other software may load the device meanwhile. After a
/// DeviceError or TransportError it is not known what the device enforces: the old rules or the new ones of that one
/// change; make the table anew.
class LiveTable {
 public:
  struct Options {
    /// A rebuild begins when the slice has room for no more rules than this (LiveRules::room); 0: half of what an empty
    /// one has.
    std::size_t mark = 0;
    /// Rows of a rebuild that one call of work() writes at most, so that changes never wait for more than these.
    std::size_t rows_a_step = 1024;
    /// Of whoever owns the tables already, and for as long as the table lives; without it each load takes the ownership
    /// for itself.
    Ownership* ownership = nullptr;
    /// Each rebuild compiles all rules from nothing.
    bool always_whole = false;
    tables::tree::BuildOptions build;
  };

  struct Figures {
    std::uint64_t additions = 0;
    std::uint64_t removals = 0;
    std::uint64_t rebuilds = 0;   ///< that came into force
    std::uint64_t whole = 0;      ///< of these, that compiled all rules from nothing
    std::uint64_t abandoned = 0;  ///< rebuilds whose slice could not take what came meanwhile
    std::uint64_t waits = 0;      ///< additions that had to wait for a rebuild
    std::uint64_t rows = 0;       ///< written, all together
  };

  /// A rule for replace().
  struct Given {
    policy::Entry entry;
    std::optional<LiveRuleId> name = std::nullopt;  ///< of a rule in force that goes on as this one; none: a new rule
    bool counted = false;
  };

  /// Compiles the policy and puts it into force; entry n gets the name n. Rows go through `sink`. Both must outlive the
  /// table. Throws DeviceError, TransportError, tables::tree::DoesNotFitTrees.
  LiveTable(Device& device, RowSink& sink, policy::Policy policy, Options options);
  LiveTable(Device& device, RowSink& sink, policy::Policy policy)
      : LiveTable(device, sink, std::move(policy), Options{}) {}
  /// Without rules: the device stays as it is until replace(), which comes before all other calls.
  LiveTable(Device& device, RowSink& sink, Options options);
  ~LiveTable();
  LiveTable(const LiveTable&) = delete;
  LiveTable& operator=(const LiveTable&) = delete;

  /// Puts a rule into force right before rule `before`; without it, behind all. When it returns, every lookup that
  /// begins FlipClocks (4) clocks later meets the rule. Where the slice is full, it waits for a rebuild first. Throws
  /// std::out_of_range where there is no rule `before`, tables::tree::SliceIsFull where a rebuild makes no room.
  /// counters() of the rule is there if it is `counted`, which costs some register accesses here and at each rebuild.
  LiveRuleId add(policy::Entry added, std::optional<LiveRuleId> before = std::nullopt, bool counted = false);
  /// Takes a rule out of force; one whose lists were split goes part by part. Throws std::out_of_range where there is
  /// none.
  void remove(LiveRuleId rule);

  /// Puts all these rules into force in place of those before, with one flip: packets meet the old ones or the new
  /// ones. `head`: default action and mode; its entries do not count. `image`, if given, is what the rules were
  /// compiled into, rule for rule, which is proved; a self-test asks the device before the flip. Gives the names, in
  /// order. If it throws, the old rules stay in force. Throws what the constructor throws.
  std::vector<LiveRuleId> replace(policy::Policy head, std::vector<Given> rules,
                                  std::optional<tables::tree::ScaleImage> image = std::nullopt);

  /// Packets and bytes that a counted rule has decided since it was added. Of a rule that replace() left out, the last
  /// count until the next replace(). Nothing of others. Throws DeviceError.
  Tally counters(LiveRuleId rule);
  /// The same for a cause (0: the default action).
  Tally cause_counters(unsigned cause);

  /// A piece of the rebuild that is under way, if there is one, or of reading what rules have counted before; true
  /// while there is more to do. Call it now and then.
  bool work();
  /// Rebuilds at once: the trees hold all rules when it returns, those excepted that only the slice holds, and a few
  /// that they have no room for. Where that cannot be done, the rules in force stay, and problem() says why.
  void fold() { fold(options_.always_whole); }

  /// Rules in force, in order; `names`, if given, receives their names.
  policy::Policy policy(std::vector<LiveRuleId>* names = nullptr) const;
  /// The rule that has a number in verdicts now; none if no rule has it. Numbers change with every change.
  std::optional<LiveRuleId> rule_at(unsigned number) const;
  /// The other way round; none for a rule whose lists were split.
  std::optional<unsigned> number_of(LiveRuleId rule) const;
  /// Rules that the slice can take before a rebuild, as LiveRules::room reckons.
  std::size_t room() const { return current_->live.room(); }
  bool rebuilding() const { return state_ != State::idle; }
  /// True while work() has something to do.
  bool busy() const { return rebuilding() || retired_.has_value(); }
  RowSink& sink() { return sink_; }
  /// Why the last rebuild failed; empty if it did not.
  const std::string& problem() const { return problem_; }
  const Figures& figures() const { return figures_; }

 private:
  using EntryPointer = tables::tree::EntryPointer;
  struct Rule {
    LiveRuleId name;
    EntryPointer entry;
    bool counted = false;
  };
  /// What rules were compiled into.
  struct Compiled {
    policy::Policy head;              ///< without entries
    std::vector<EntryPointer> rules;  ///< by number
    std::vector<LiveRuleId> names;    ///< the same
    tables::tree::ScaleImage image;
    bool whole = true;  ///< from nothing

    /// All from nothing. Throws tables::tree::DoesNotFitTrees.
    Compiled(const policy::Policy& policy, const std::vector<LiveRuleId>& rules, tables::tree::ScaleImage image);
    /// From the ones before, whose names are `before`, by number.
    Compiled(policy::Policy head, tables::tree::Recompiled recompiled, const std::vector<LiveRuleId>& before);
  };
  /// Numbers of a rule: several, one after the other, of one whose lists were split.
  struct Numbers {
    std::uint32_t first = 0;
    std::uint32_t count = 1;
  };
  /// What was compiled, and what has come and gone since.
  struct Generation {
    tables::tree::LiveRules live;
    std::vector<LiveRuleId> names;  ///< by number
    std::unordered_map<LiveRuleId, Numbers> numbers;
    std::unordered_map<std::uint32_t, Tally> bases;  ///< what a rule's counter held before, by number

    explicit Generation(Compiled compiled);
    tables::tree::Change add(const EntryPointer& entry, LiveRuleId name, std::optional<LiveRuleId> before);
    std::vector<tables::tree::Change> remove(LiveRuleId name);
  };
  /// A change since the rebuild began.
  struct Logged {
    EntryPointer added;  ///< none: removed
    LiveRuleId name;
    std::optional<LiveRuleId> before;
  };
  /// Counters of the bank that was in force before, until they are read.
  struct Retired {
    struct Counter {
      LiveRuleId name;
      std::uint32_t number;  ///< in the device
      Tally base;
    };
    std::vector<Counter> counters;     ///< that are to be read
    std::uint64_t decided_before = 0;  ///< frames that had been decided when the bank came into force
  };
  enum class State : std::uint8_t { idle, compiling, loading };

  tables::tree::Change add_or_wait(const EntryPointer& entry, LiveRuleId name, std::optional<LiveRuleId> before);
  void begin(bool whole);
  void begin_if_due();
  void fold(bool whole);
  void take_compiled();
  void load_piece();
  void repeat(const Logged& change);
  void apply(tables::tree::Change change);
  void abandon();
  void flipped_to(Generation next, std::uint64_t decided_before);
  void collect();
  void collect_some(std::size_t most);
  bool counted(LiveRuleId name) const;
  void write(const std::vector<RowWrite>& rows);

  Device& device_;
  RowSink& sink_;
  Options options_;
  policy::Policy head_;  ///< without entries
  std::list<Rule> rules_;
  std::unordered_map<LiveRuleId, std::list<Rule>::iterator> by_name_;
  LiveRuleId next_name_ = 0;
  std::optional<Generation> current_;
  SliceBanks slice_banks_;
  std::uint64_t decided_before_ = 0;  ///< of the bank in force, as in Retired
  std::optional<Retired> retired_;
  std::unordered_map<LiveRuleId, Tally> totals_;  ///< of counted rules, from numbers that they have no longer
  std::array<Tally, kCauses> cause_totals_{};

  State state_ = State::idle;
  std::future<std::optional<Compiled>> compiled_;  ///< nothing: only from nothing
  std::vector<Logged> log_;
  bool next_is_whole_ = false;
  std::optional<Generation> next_;
  std::vector<RowWrite> pending_;
  std::size_t written_ = 0;  ///< of pending_
  std::size_t added_since_ = 0;
  std::size_t capacity_ = 0;  ///< room of an empty slice
  std::string problem_;
  Figures figures_;
};

}  // namespace portcullis::device
