// Policy to table image: boundaries, bitmap rows, actions, provenance and self-test probes, and the figures to report.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "tables/geometry.h"
#include "tables/image.h"

namespace portcullis::tables {

/// How full a table is.
struct Occupancy {
  std::string table;         ///< "source address", ... "rules"
  std::size_t used = 0;      ///< intervals; chunk tables: distinct rows; rules: entries
  std::size_t capacity = 0;  ///< intervals; 256; rules
  friend bool operator==(const Occupancy&, const Occupancy&) = default;
};

/// What one row of a document (or a rule, or a built-in entry) takes of a table: boundaries of a range table, or
/// entries.
struct RowCost {
  std::string place;      ///< "document:line", or the rule's name where there is no line
  std::size_t alone = 0;  ///< boundaries that no other row asks for; entries
  std::size_t asked = 0;  ///< boundaries that this row asks for; entries
};

/// A table that is too small.
struct Shortage {
  std::string table;
  std::size_t needed = 0;
  std::size_t capacity = 0;
  std::vector<RowCost> costly;  ///< the rows that cost most, dearest first, at most five
};

/// The policy needs more than the geometry has. The message names every table that is too small, with numbers and rows.
class DoesNotFit : public std::runtime_error {
 public:
  DoesNotFit(const Geometry& geometry, std::vector<Shortage> shortages);
  const std::vector<Shortage>& shortages() const { return shortages_; }

 private:
  std::vector<Shortage> shortages_;
};

/// What is worth printing about a compilation.
struct Report {
  Geometry geometry;
  std::size_t entries = 0;
  std::array<Occupancy, policy::kTables> tables;  ///< in the tables' order
  Occupancy rules;
  unsigned rows = 0;  ///< document rows read
  unsigned rows_without_entry = 0;
  std::vector<policy::SplitRow> splits;  ///< rows that did not stay one entry, with the reason
  /// Entries that a plain TCAM would hold: per entry the product over its fields of prefixes and ternary words
  /// (tcam.h). Stops at 2^64 - 1.
  std::uint64_t tcam_entries = 0;
  double tcam_per_entry = 0;  ///< tcam_entries / entries; 0 without entries
  std::size_t probes = 0;
  std::size_t hidden = 0;     ///< entries that no packet can meet first
  std::size_t undecided = 0;  ///< entries for which the search for a packet was given up
};

struct Compiled {
  TableImage image;
  Report report;
};

/// The tables alone, without probes and figures, for whoever changes single entries again and again: some milliseconds
/// for 512 entries. An entry whose match is empty takes its place and matches nothing. Throws as compile does.
TableImage compile_tables(const policy::Policy& policy, const Geometry& geometry);

/// Compiles a policy for an engine. Throws DoesNotFit, and GeometryError for a geometry outside its limits.
Compiled compile(const policy::Policy& policy, const Geometry& geometry, std::vector<SourceFile> sources = {});

/// Compiles for the geometry of that name (edge, large, versa, or a geometry file); without a name for the smaller of
/// edge and large that holds the policy. Throws DoesNotFit and GeometryError.
Compiled compile_for(const policy::Policy& policy, const std::string& geometry, std::vector<SourceFile> sources = {});

}  // namespace portcullis::tables
