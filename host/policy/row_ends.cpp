#include "policy/row_ends.h"

#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy {

bool says_nothing(std::string_view cell) {
  const std::string folded = spec::fold_cell(cell);
  return folded.find_first_not_of("- ") == std::string::npos ||
         (spec::Vocabulary::built_in().whole(folded) & spec::kNoneTerm) != 0;
}

bool says_any(std::string_view cell) {
  return cell == "*" || (spec::Vocabulary::built_in().whole(spec::fold_cell(cell)) & spec::kAnyTerm) != 0;
}

RowEnds row_ends(const spec::PortRow& row, const TableSetting* setting, const std::string& role) {
  const bool has_source = !says_nothing(row.source);
  const bool has_destination = !says_nothing(row.destination);
  spec::Direction direction = row.direction;
  if (setting != nullptr && setting->direction) {
    direction = *setting->direction == TableDirection::from   ? spec::Direction::from
                : *setting->direction == TableDirection::both ? spec::Direction::both
                                                              : spec::Direction::to;
  }
  const std::string peer = says_nothing(row.peer) ? std::string() : row.peer;
  RowEnds ends{.source = role, .destination = role};
  // Columns of source and destination say who initiates, so a direction does not turn them round.
  if (has_source || has_destination) {
    if (has_source) ends.source = row.source;
    if (has_destination) ends.destination = row.destination;
    ends.source_named = !has_source;
    ends.destination_named = !has_destination;
    // With one column only, the role is the other end; a row that has no role either leaves it to `peers`.
    if (role.empty()) ends.source_named = ends.destination_named = false;
  } else if (direction == spec::Direction::from) {
    ends.destination = peer;
    ends.destination_named = false;
  } else {
    ends.source = peer;
    ends.source_named = false;
  }
  ends.both = direction == spec::Direction::both;
  ends.one_way_stated = !ends.both && (direction != spec::Direction::unstated || (has_source && has_destination));
  return ends;
}

}  // namespace portcullis::policy
