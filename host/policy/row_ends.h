// Who talks to whom in a row of a document, as the words of its cells have it, before any name is looked up.
#pragma once

#include <string>
#include <string_view>

#include "policy/site.h"
#include "spec/port_row.h"

namespace portcullis::policy {

/// The two ends of a row; its ports are the destination's.
struct RowEnds {
  std::string source;             ///< a role, "any", prefixes; empty: the row names none
  std::string destination;        ///< likewise
  bool source_named = true;       ///< false: where `source` is empty, the site's `peers` are meant
  bool destination_named = true;  ///< likewise
  bool both = false;              ///< and the other way round
  bool one_way_stated = false;    ///< the row, its heading or the site says who initiates, and it is one of the two
};

/// `setting` is what the site says about the row's table, or nullptr; `role` the row's role, or the setting's.
RowEnds row_ends(const spec::PortRow& row, const TableSetting* setting, const std::string& role);

/// Blank, a dash, or a word such as "n/a".
bool says_nothing(std::string_view cell);
/// "*", or a word such as "any".
bool says_any(std::string_view cell);

}  // namespace portcullis::policy
