// Geometry: how large the tables of a match engine are (docs/design.md, "Range tables and their intervals").
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "policy/key.h"

namespace portcullis::tables {

/// A geometry file that cannot be used; the message has the file, the line and column, and what to change.
class GeometryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The elaboration parameters of an engine that a table image depends on.
struct Geometry {
  std::string name;
  unsigned rules = 0;           ///< bits of a bitmap row, 1 to kMaxRules
  unsigned address_bits = 128;  ///< width of tables 0 and 1; images exist for 128 only
  /// Rows of each range table, 2 to kMaxIntervals; a table of I intervals holds I - 1 boundaries.
  std::array<unsigned, policy::kRangeTables> intervals{};

  static constexpr unsigned kMaxRules = 65536;
  static constexpr unsigned kMaxIntervals = 65536;

  /// 512 rules, 256 intervals in every range table.
  static Geometry edge();
  /// 1024 rules, 2048 address intervals, 1024 port intervals, 256 VLAN intervals.
  static Geometry large();
  /// 128 rules, 64 address and port intervals, 16 VLAN intervals: the Versa ECP5-5G board (docs/boards.md).
  static Geometry versa();
  /// `edge`, `large`, `versa`, or the path of a geometry file. Throws GeometryError.
  static Geometry from_name_or_file(const std::string& name_or_path);
  /// Reads a geometry file (YAML; see geometries/edge.yaml). Throws GeometryError.
  static Geometry from_file(const std::filesystem::path& path);
  /// The same from text; `file` is for messages.
  static Geometry from_yaml(const std::string& text, const std::string& file);

  /// 64-bit words of a bitmap row: ceil(rules / 64).
  unsigned words_per_row() const { return (rules + 63) / 64; }
  /// Rows of any of the nine tables: the intervals, or 256 chunk values.
  unsigned rows(policy::Table table) const;
  /// Boundaries that range table `table` (0 to 4) can hold.
  unsigned boundaries(unsigned table) const { return intervals.at(table) - 1; }

  /// CRC-32C of the numbers (not the name) as seven little-endian 32-bit words: rules, address_bits, the five
  /// intervals. Two geometries with the same signature take the same images.
  std::uint32_t signature() const;
  /// "edge: 512 rules, intervals 256/256/256/256/256, 128-bit addresses".
  std::string to_string() const;
  /// Empty if the numbers are within their limits; otherwise what is wrong, as a sentence.
  std::string problem() const;

  /// Equal numbers and equal names.
  friend bool operator==(const Geometry&, const Geometry&) = default;
};

}  // namespace portcullis::tables
