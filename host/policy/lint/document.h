// Documents as the rules of `lint` see them: rows with their ends, with what the site file changes about them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/interval_set.h"
#include "policy/key.h"
#include "policy/lint/finding.h"
#include "policy/product.h"
#include "policy/site.h"
#include "spec/port_row.h"

namespace portcullis::policy::lint {

/// A document that was read.
struct Document {
  std::string file;     ///< for locations
  std::string name;     ///< as the site file has it; without a site file as `file`
  std::string content;  ///< its text
  spec::Extraction extraction;
  std::map<unsigned, const TableSetting*> settings = {};  ///< by table; what the site file says
  std::map<unsigned, const Override*> overrides = {};     ///< by line
};

/// The names at the ends of rows. Each has a number, which stands for its addresses: no two names share one, and the
/// other end of a row that names none is everybody.
class Names {
 public:
  struct Spelling {
    std::string text;
    Location first;
    std::size_t uses = 0;
  };
  /// The set that stands for what a cell names: `any`, one name, or the union of the names in a list.
  IntervalSet<Address> set_of(const std::string& cell);
  /// Notes a use of a cell as an end. All uses are noted before any set is asked for.
  void use(const std::string& cell, const Location& at);
  /// Every name, by its spec::role_key, in order of first use.
  const std::vector<Spelling>& spellings() const { return spellings_; }

 private:
  std::size_t number_of(const std::string& name);

  std::vector<Spelling> spellings_;
  std::unordered_map<std::string, std::size_t> by_key_;         ///< role key to index in spellings_
  std::unordered_map<std::string, std::size_t> numbers_;        ///< role key to number
  std::unordered_map<std::string, IntervalSet<Address>> sets_;  ///< by cell
};

/// A row, with what the site file makes of it.
struct Row {
  const spec::PortRow* row = nullptr;
  const Document* document = nullptr;
  std::vector<spec::PortUse> uses;  ///< with the override's ports
  std::string role;
  std::string service_key;  ///< folded, white space collapsed
  std::string notes_key;    ///< likewise
  std::string source;       ///< end that sends the first packet; empty: everybody
  std::string destination;  ///< end whose ports they are
  bool both = false;
  bool one_way_stated = false;
  bool counts = true;  ///< its table permits: not ignored, dropped or unsettled

  Location at() const { return {document->file, row->line, 0}; }
};

/// Rows of all documents in their order; ends are noted in `names`. Rows of ignored tables are left out.
std::vector<Row> rows_of(const std::vector<Document>& documents, Names& names);

/// What a row permits, as products over symbolic addresses: one per protocol and direction.
std::vector<Match> boxes_of(const Row& row, Names& names);

/// Where `words` start in a line, in characters from 1, or its first column that is not blank.
unsigned column_of(std::string_view line, std::string_view words);

/// Lines of a text by number (from 1), without copying it.
class Lines {
 public:
  explicit Lines(std::string_view text);
  std::size_t count() const { return starts_.size(); }
  std::string_view line(std::size_t number) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// "80", "1024-65535", with the protocol in front: "tcp 80".
std::string describe(const spec::PortUse& use);
/// All uses of a row, joined with commas.
std::string describe(const std::vector<spec::PortUse>& uses);
/// "line 23" within `document`, "ports.md:23" elsewhere.
std::string place(const Row& row, const Document* within);

}  // namespace portcullis::policy::lint
