// What the reading of a document left over, as findings of lint.
#include <fmt/format.h>

#include "policy/lint/checks.h"
#include "spec/cell_grammar.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy::lint {

void check_reading(const Document& document, Findings& findings) {
  for (const spec::Finding& finding : document.extraction.findings) {
    const auto setting = document.settings.find(finding.table);
    if (setting != document.settings.end() &&
        (setting->second->direction == TableDirection::ignore || setting->second->action == TableAction::ignore)) {
      continue;
    }
    std::string_view rule = kNotUnderstood;
    if (finding.reason.find(spec::kRangeReversed) != std::string::npos) rule = kReversedRange;
    if (finding.reason.find(spec::kPortsTooLarge) != std::string::npos) rule = kPortTooLarge;
    if (finding.line == 0 && document.extraction.tables.empty()) rule = kNoPortTable;
    const std::string words = spec::collapse(finding.text);
    Finding& out = findings.add(rule, {document.file, finding.line, finding.column},
                                words.empty() ? finding.reason : fmt::format("{}: {}", words, finding.reason), words);
    if (rule == kNotUnderstood && !finding.row_lost) out.severity = Severity::warning;
  }
}

void check_actions(const Document& document, Findings& findings) {
  for (const spec::PortTable& table : document.extraction.tables) {
    if (!table.other_action) continue;
    std::string words;
    for (const spec::PortRow& row : document.extraction.rows) {
      if (row.table == table.number && !row.action.empty() && !spec::Vocabulary::built_in().permits(row.action)) {
        words = row.action;
        break;
      }
    }
    Finding& finding = findings.add(
        kUnsettledAction, {document.file, table.line, 0},
        fmt::format("table {}{} states another action than permit{}: a site file must say what becomes of it, under "
                    "tables: {{{}: {{action: ignore}}}}, or permit, or drop",
                    table.number, table.title.empty() ? "" : fmt::format(" \"{}\"", table.title),
                    words.empty() ? "" : fmt::format(" (\"{}\")", words), table.number),
        table.title);
    finding.words = words;
  }
}

}  // namespace portcullis::policy::lint
