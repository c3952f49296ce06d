// Policy to the memories of a tree engine: trees, slice, actions, and the figures to report.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "tables/image.h"
#include "tables/tree/build.h"
#include "tables/tree/overlap.h"
#include "tables/tree/packed.h"
#include "tables/tree/structure.h"

namespace portcullis::tables::tree {

/// Bits 63 to 49 of an action word of the slice: the number of the first rule of the trees that comes after this one.
inline constexpr unsigned kBeforeShift = 49;
inline constexpr std::uint64_t kBeforeMask = std::uint64_t{0x7FFF} << kBeforeShift;

/// In place of a rule's number: a free place of the slice.
inline constexpr std::uint32_t kNoRule = 0xFFFFFFFF;

/// An action word of the slice, for a rule that comes right before rule `before` of the trees.
std::uint64_t slice_word(std::uint64_t action, std::uint32_t before);

/// One bank of a tree engine.
struct ScaleImage {
  PackedTrees trees;
  TableImage slice;  ///< action words carry the order among the rules of the trees
  /// Rule number in the policy of each place of the slice that is used, ascending. Only where rules come and go one by
  /// one (live.h) are places between them free: kNoRule.
  std::vector<std::uint32_t> slice_rules;
  std::vector<std::uint64_t> actions;  ///< by rule number; those of rules in the slice too
  std::uint64_t default_action = 0;
  std::vector<EntryInfo> entries;  ///< where each rule came from, by rule number
  /// Entry of the policy by rule number: several of a rule whose lists were split (split.h).
  std::vector<std::uint32_t> origins;
};

struct ScaleReport {
  std::size_t asked = 0;                  ///< entries of the policy
  std::size_t rules = 0;                  ///< the same, parts of split ones counted apart
  std::vector<std::uint32_t> split;       ///< entries of the policy whose lists were split
  std::vector<std::size_t> tree_rules;    ///< rules that live in each tree
  std::vector<std::size_t> tree_entries;  ///< entries used
  std::vector<std::size_t> tree_leaves;
  std::vector<unsigned> tree_levels;       ///< comparisons to the deepest leaf
  std::size_t empty = 0;                   ///< rules that match nothing
  std::size_t unions = 0;                  ///< rules in the slice because no entry of a leaf holds them
  std::vector<std::uint32_t> union_rules;  ///< the policy's entries
  std::vector<std::string> union_reasons;  ///< one for each of them
  std::size_t left_over = 0;               ///< rules in the slice because no tree took them
  std::array<std::size_t, policy::kRangeTables> slice_boundaries{};
  double copies = 1;  ///< entries a rule in the trees
  std::size_t predicates = 0;
  std::size_t overlap = 0;  ///< rules that meet in the header found by deepest_overlap
  policy::Key overlap_key;
  Shape::Bits provisioned;  ///< bits of a bank
  Shape::Bits used;
  unsigned attempts = 0;
  double seconds = 0;  ///< of sorting, building and packing

  /// The figures as lines of text, without the time.
  std::string to_string(const Shape& shape) const;
};

struct ScaleCompiled {
  ScaleImage image;
  ScaleReport report;
};

/// The policy does not go into the shape. The message says what is too much, and names the header under which most
/// rules meet.
class DoesNotFitTrees : public std::runtime_error {
 public:
  DoesNotFitTrees(const std::string& what, Overlap overlap) : std::runtime_error(what), overlap_(std::move(overlap)) {}
  const Overlap& overlap() const { return overlap_; }

 private:
  Overlap overlap_;
};

/// The slice's tables for `rules`, whose numbers are `numbers`: each comes right before the rule of the trees of its
/// number. Throws DoesNotFit.
TableImage compile_slice(const policy::Policy& rules, std::span<const std::uint32_t> numbers, const Geometry& slice);

/// Throws DoesNotFitTrees, and GeometryError for a shape outside its limits.
ScaleCompiled compile_scale(const policy::Policy& policy, const Shape& shape, const BuildOptions& options = {});

/// The proof of a whole bank against a policy: the structure of the trees, the slice's tables (tables/prove.h), the
/// order between the two, and the actions. Empty: proved; else what is wrong.
std::string prove_scale(const policy::Policy& policy, const ScaleImage& image);

/// What the hardware answers: the entry of the policy.
std::optional<std::uint32_t> lookup(const ScaleImage& image, const policy::Key& key);
/// The same as a rule number, which tells parts of split rules apart.
std::optional<std::uint32_t> lookup_number(const ScaleImage& image, const policy::Key& key);

}  // namespace portcullis::tables::tree
