// The memories of a tree engine's bank, bit for bit (docs/scale.md, "Memories").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tables/tree/box.h"
#include "tables/tree/build.h"
#include "tables/tree/shape.h"

namespace portcullis::tables::tree {

/// Rows of equal width; zeros at first.
class BitMemory {
 public:
  BitMemory() = default;
  BitMemory(std::size_t rows, unsigned width)
      : rows_(rows), width_(width), words_((width + 63) / 64), bits_(rows * ((width + 63) / 64)) {}

  std::size_t rows() const { return rows_; }
  unsigned width() const { return width_; }
  /// `bits` bits (at most 128) of a row from bit `low` on.
  Address get(std::size_t row, unsigned low, unsigned bits) const;
  void set(std::size_t row, unsigned low, unsigned bits, Address value);
  void flip(std::size_t row, unsigned bit) { bits_[row * words_ + bit / 64] ^= std::uint64_t{1} << (bit % 64); }
  bool zero(std::size_t row) const;
  /// A row's 64-bit words; bits behind the width are zero.
  std::span<const std::uint64_t> words(std::size_t row) const {
    return std::span<const std::uint64_t>(bits_).subspan(row * words_, words_);
  }

  friend bool operator==(const BitMemory&, const BitMemory&) = default;

 private:
  std::size_t rows_ = 0;
  unsigned width_ = 0;
  std::size_t words_ = 0;  ///< of a row
  std::vector<std::uint64_t> bits_;
};

/// A record of a level's memory.
struct Record {
  unsigned field = 0;       ///< 1 + field; 0: a leaf; 6 and 7 are nothing
  Address threshold = 0;    ///< of a node
  std::uint32_t pair = 0;   ///< of a node: its children are records 2 * pair and 2 * pair + 1 of the next level
  std::uint32_t start = 0;  ///< of a leaf: first entry
  std::uint32_t count = 0;  ///< of a leaf
};

/// An entry as it stands in memory. A prefix is the address's bits, a one, and zeros to the end: address_bits + 1 bits.
struct Entry {
  std::uint32_t rule = 0;
  unsigned predicate = 0;
  unsigned protocol = 0;
  bool any_protocol = false;
  std::array<std::uint32_t, 2> first_port{};
  std::array<std::uint32_t, 2> last_port{};
  std::array<Address, 2> prefix{};   ///< without its lowest bit
  std::array<bool, 2> prefix_low{};  ///< the lowest bit: the prefix is a whole address
};

struct PackedTree {
  std::vector<BitMemory> levels;  ///< levels + 1 memories; the last holds leaves alone
  BitMemory entries;              ///< row e: entry e, which slot e mod B of the leaf comparators reads

  friend bool operator==(const PackedTree&, const PackedTree&) = default;
};

/// Tables whose rows say which predicates hold for a value.
enum class PredicateTable : std::uint8_t { tcp_flags, dscp_tags, context, family };
inline constexpr unsigned kPredicateTables = 4;
inline constexpr std::array<unsigned, kPredicateTables> kPredicateRows = {256, 256, 256, 4};

/// One bank.
struct PackedTrees {
  Shape shape;
  std::vector<PackedTree> trees;
  std::array<BitMemory, kPredicateTables> predicates;  ///< bit p of a row: predicate p allows the value

  friend bool operator==(const PackedTrees&, const PackedTrees&) = default;
};

/// Packs a forest. `rules[i]` is the rule number of box i. The forest must keep the shape's limits.
PackedTrees pack(const Forest& forest, std::span<const Box> boxes, std::span<const std::uint32_t> rules,
                 const std::vector<Predicate>& predicates, const Shape& shape);

/// The other way round.
struct Unpacked {
  Forest forest;           ///< without what is left over; its leaves hold rule numbers
  std::vector<Box> boxes;  ///< by rule number; of rules in no tree, nothing that is of use
};

/// Entries whose predicate never holds are left out. Rule numbers are below `rules`. The image must be proved
/// (structure.h), or have been until entries were taken out of force.
Unpacked unpack(const PackedTrees& image, std::size_t rules);

/// By number, to the last that holds for any value; the one that never does is not among them.
std::vector<Predicate> read_predicates(const PackedTrees& image);
Record read_record(const PackedTrees& image, unsigned tree, unsigned level, std::size_t row);
Entry read_entry(const PackedTrees& image, unsigned tree, std::size_t row);
/// The box of an entry, or none if its bits are no box.
std::optional<Box> box_of(const Entry& entry, const Shape& shape);

}  // namespace portcullis::tables::tree
