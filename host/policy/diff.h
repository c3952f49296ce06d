// Two policies against each other: which packets change their verdict, and the rows behind that on both sides.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "policy/regions.h"

namespace portcullis::policy {

/// The entries that decide packets of a set.
struct Deciders {
  std::vector<std::size_t> entries;  ///< in their order
  bool fallback = false;             ///< some packets meet the default action
  bool complete = true;              ///< false: the search was given up; entries may be too many
};

/// The entries of `policy` that decide at least one packet of `box`. With `only`, entries whose action it refuses are
/// taken to decide none. `budget` is spent by the search, in comparisons of two products (some 20 ns each).
Deciders deciders(const Policy& policy, const Match& box, std::uint64_t& budget,
                  const std::function<bool(const Action&)>& only = {});
/// What a question may spend on the rows behind its answer; half a second.
inline constexpr std::uint64_t kDeciderWork = 10'000'000;

enum class ChangeKind : std::uint8_t { permit_to_drop, drop_to_permit, other };
/// "permit-to-drop", "drop-to-permit", "other".
std::string_view to_string(ChangeKind kind);

/// Packets that change alike.
struct Change {
  ChangeKind kind = ChangeKind::other;
  Match box;    ///< all packets in it change so
  Key example;  ///< one of them
  Deciders before;
  Deciders after;
};

struct PolicyDiff {
  std::vector<Change> changes;     ///< permit to drop, drop to permit, others
  bool malformed_differs = false;  ///< one side drops malformed packets and the other, in monitor mode, passes them
  bool decided = true;             ///< false: not decided within the limit; `undecided` was not compared
  bool reduced = true;             ///< false: too many boxes to look for fewer
  std::vector<Match> undecided = {};

  bool none() const { return changes.empty() && decided && !malformed_differs; }
};

/// Two verdicts differ if they permit, would drop (monitor mode), redirect, mirror or mark differently; a mark on a
/// packet that nobody gets is none.
PolicyDiff diff(const Policy& before, const Policy& after, std::uint64_t limit = kRegionWork);

}  // namespace portcullis::policy
