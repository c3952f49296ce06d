// Where two lists of rules, or a list of rules and an answer, differ: the exact set of packets, as few products as
// possible.
//
// Per field, values that no rule tells apart are one class, so a set is a few bits. Both lists are walked as one
// decision over the fields; states in which the same rules are left are met once. Boxes that differ in one field merge
// on the way. What is left is made few as two-level logic is: each box is widened until it would touch a packet of
// another kind (keys that no packet presents do not matter), and boxes that others hold are left out. Boxes may
// overlap.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "policy/policy.h"

namespace portcullis::policy {

/// Rules in order, each with the number of what it does; `fallback` is what happens where none matches.
struct RuleList {
  struct Rule {
    const Match* match = nullptr;
    unsigned outcome = 0;
  };
  std::vector<Rule> rules = {};
  unsigned fallback = 0;
};

/// What is wanted of a packet's two outcomes: a number from 1 to the number of kinds, or 0 for nothing. It must be 0
/// for every pair of the same outcome.
using KindOf = std::function<unsigned(unsigned outcome_a, unsigned outcome_b)>;

struct Regions {
  /// Per kind (index 0 is kind 1): products that hold every packet of the kind and no other packet, cut in each field
  /// to what packets present.
  std::vector<std::vector<Match>> boxes = {};
  bool decided = true;  ///< false: the work limit was reached, `undecided` holds what was not looked at
  bool reduced = true;  ///< false: too many boxes to look for fewer ones; they are exact all the same
  std::vector<Match> undecided = {};
  std::uint64_t work = 0;  ///< steps that were taken, in the unit of the limit
};

/// Steps (a rule looked at, a word of a set compared) that a search may take; a few seconds.
inline constexpr std::uint64_t kRegionWork = 2'000'000'000;

/// Throws nothing; what exceeds `limit` is in `undecided`.
Regions find_regions(const RuleList& a, const RuleList& b, unsigned kinds, const KindOf& kind_of,
                     std::uint64_t limit = kRegionWork);

/// `box` cut in every field to what packets present that are in it; empty if no packet is.
Match as_presented(const Match& box);
/// What packets present in each field if only the box's other fields are asked for: where the box's own set holds all
/// of it, the field asks for nothing.
Match unasked(const Match& box);
/// A packet of the box as one would send it: untagged, TCP with SYN, from a high port, where the box leaves the choice.
/// The box must hold a packet.
Key example_packet(const Match& box);

}  // namespace portcullis::policy
