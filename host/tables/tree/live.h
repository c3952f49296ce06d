// Rules that come and go while a tree engine works, without building its trees anew: an added rule goes into the slice,
// a removed one is taken out of force where it stands.
//
// The trees keep the rules that they were built with. An added rule takes the place in the order that it is given,
// exactly: the slice's action words say before which rule of the trees each of its rules comes. What has gathered is
// folded in by recompiling it (recompile.h), or by compiling policy() again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "policy/policy.h"
#include "tables/tree/compile.h"
#include "tables/tree/load_rows.h"

namespace portcullis::tables::tree {

/// The slice has no room for a further rule. The rules are as they were; compile policy() anew.
class SliceIsFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A rule of the slice that comes to a place, leaves one, or goes from one to another that was free.
struct Move {
  std::uint32_t number = 0;
  std::optional<std::uint32_t> from;
  std::optional<std::uint32_t> to;
};

/// What the device has to do.
struct Change {
  std::vector<LoadRow> rows;  ///< to write, in any order
  bool flip_slice = false;    ///< then exchange the slice's banks: the rows are for its shadow bank
  std::vector<Move> moves;    ///< within the slice; others keep their places, and with them their counters
};

/// Rules are held in common by all that speak of them.
using EntryPointer = std::shared_ptr<const policy::Entry>;

/// A rule in the slice.
struct SliceRule {
  std::uint32_t place = 0;
  std::uint32_t before = 0;  ///< of the compiled rules, the first that comes after it; a compiled rule: itself
  bool compiled = false;     ///< a rule of the compiled policy: behind what was added before it
  std::uint32_t number = 0;
  EntryPointer entry;
};

/// What was compiled, and what has come and gone since.
struct Gathered {
  policy::Policy head;              ///< default action and mode
  std::vector<EntryPointer> rules;  ///< that were compiled, by number; null: gone
  std::vector<SliceRule> slice;     ///< in order
  ScaleImage image;                 ///< entries of removed rules have the predicate that never holds
};

class LiveRules {
 public:
  /// The rules of a policy and what it was compiled into; if lists were split, of expand(policy, image.origins). Rule n
  /// of the policy has the number n for as long as the object lives; added rules get numbers behind them.
  LiveRules(const policy::Policy& policy, ScaleImage image);
  /// The same; `head`: default action and mode.
  LiveRules(policy::Policy head, std::vector<EntryPointer> rules, ScaleImage image);

  /// Adds a rule before rule `before` of the compiled policy (its number of rules: behind all), behind what was added
  /// there earlier. `number`, if given, receives the new rule's. Rules of the slice keep their places as long as there
  /// is one for the new rule between its neighbours; else all go to places that were free. Throws SliceIsFull, also
  /// where the slice is more than half full and no such places are left.
  Change add(EntryPointer entry, std::uint32_t before, std::uint32_t* number = nullptr);
  /// Adds a rule right before the rule in force of number `before`, which may be an added one; none: behind all. Throws
  /// SliceIsFull, and std::out_of_range where there is no such rule.
  Change add_before(EntryPointer entry, std::optional<std::uint32_t> before, std::uint32_t* number = nullptr);
  /// Takes a rule out of force. Throws std::out_of_range where there is none of that number, or no longer.
  Change remove(std::uint32_t number);

  /// What the device enforces now, without provenance. Its slice_rules hold numbers as above.
  const ScaleImage& image() const { return image_; }
  /// A copy of all that recompile needs.
  Gathered gathered() const { return {head_, rules_, slice_, image_}; }
  /// The same as a policy, in order; `numbers`, if given, receives the number of each entry.
  policy::Policy policy(std::vector<std::uint32_t>* numbers = nullptr) const;
  /// The number of a rule in force in verdicts and counters; none where no such rule is in force.
  std::optional<std::uint32_t> number_in_device(std::uint32_t number) const;
  /// Rules that the slice can still take, if their boundaries fit.
  std::size_t free() const { return image_.trees.shape.slice.rules - slice_.size(); }
  /// Rules that the slice can still take if each needs two new boundaries in the fields of addresses and ports.
  std::size_t room() const;
  /// room() of an empty slice.
  static std::size_t capacity(const Geometry& slice);

 private:
  Change insert(std::size_t place, std::uint32_t before, EntryPointer entry, std::uint32_t* number);
  std::uint32_t place_between(std::size_t at, std::uint32_t low, std::uint32_t high) const;
  void spread(std::vector<SliceRule>& rules) const;
  Change load_slice(std::vector<SliceRule> next, std::vector<Move> moves);

  policy::Policy head_;
  std::vector<EntryPointer> rules_;  ///< compiled ones by number; null: gone
  ScaleImage image_;
  std::vector<SliceRule> slice_;  ///< by place, which is by order
  std::uint32_t next_number_;
};

}  // namespace portcullis::tables::tree
