// What holds of every extraction, whatever the document was.
#pragma once

#include <cstdlib>

#include "spec/report.h"
#include "spec/text.h"

namespace portcullis::spec {

/// Stops the process if a row or finding is impossible.
inline void check_extraction(const Extraction& extraction, const SourceText& source) {
  const auto require = [](bool holds) {
    if (!holds) {
      std::abort();
    }
  };
  for (const PortRow& row : extraction.rows) {
    require(row.line >= 1 && row.line <= source.line_count());
    require(row.table >= 1 && row.table <= extraction.tables.size());
    require(!row.uses.empty());
    for (const PortUse& use : row.uses) {
      require(!use.protocol.name.empty());
      require(!(use.protocol.number == 6 || use.protocol.number == 17) || !use.ports.empty());
      for (const PortRange& range : use.ports) {
        require(range.first <= range.last);
      }
    }
  }
  for (const Finding& finding : extraction.findings) {
    require(finding.line <= source.line_count());
    require(!finding.reason.empty());
  }
  require(!extraction.tables.empty() || !extraction.findings.empty());
  static_cast<void>(to_csv(extraction));
  static_cast<void>(to_json(extraction));
  static_cast<void>(to_text(extraction));
}

}  // namespace portcullis::spec
