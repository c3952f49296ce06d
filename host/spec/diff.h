// Two port documents against each other: rows added, gone and changed, matched by what they mean.
//
// What a row means is its protocols, ports, source ports, direction, whether it permits, and which of its ends is
// anybody. Names are wording: roles of the two documents are brought together by their names where these have words in
// common, and by the rows they have and the order in which they come where they have not, as in a translation; names of
// sources, destinations and peers by their words, or because they stand for each other in all rows. Whether two
// documents are editions of one text or a text and its translation shows in the words that they share. Numbers of
// models ("6721ip") are the same in every language. Rows that say together what one row says ("80, 443") are the same.
//
// Time grows with the square of the rows of a role, up to a million comparisons; beyond, only rows around the same
// place of a role are compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/port_row.h"

namespace portcullis::spec {

enum class RowChangeKind : std::uint8_t { added, gone, changed };
/// "added", "gone", "changed".
std::string_view to_string(RowChangeKind kind);

/// A row as a comparison names it. A row that could not be understood has only a line, a text and the reason.
struct ComparedRow {
  std::string document = {};
  unsigned line = 0;  ///< 0: there is no row on this side
  unsigned table = 0;
  std::string role = {};
  std::string service = {};
  std::string uses = {};    ///< "tcp 80, 443; udp 3478"
  std::string text = {};    ///< the row as it stands
  std::string reason = {};  ///< why it was not understood; empty for a row that was
};

struct RowChange {
  RowChangeKind kind = RowChangeKind::changed;
  ComparedRow before;
  ComparedRow after;
  std::vector<std::string> what = {};  ///< of a changed row: "ports: tcp 57501-65335 -> tcp 57501-65535"
};

struct DocumentDiff {
  std::vector<RowChange> changes;  ///< in the order of the documents: gone rows where they stood
  std::size_t same = 0;            ///< rows of the first document that mean the same in the second
};

DocumentDiff diff(const Extraction& before, const Extraction& after);

}  // namespace portcullis::spec
