// Rows of an extraction as the files of expected rows have them: "line,protocol,first_port,last_port".
#pragma once

#include <string>
#include <vector>

#include "spec/port_row.h"

namespace portcullis::spec {

inline std::vector<std::string> flat_rows(const Extraction& extraction) {
  std::vector<std::string> rows;
  for (const PortRow& row : extraction.rows) {
    for (const PortUse& use : row.uses) {
      const std::string before = std::to_string(row.line) + "," + use.protocol.name + ",";
      for (const PortRange& range : use.ports) {
        rows.push_back(before + std::to_string(range.first) + "," + std::to_string(range.last));
      }
      if (use.ports.empty()) {
        rows.push_back(before + ",");
      }
    }
  }
  return rows;
}

}  // namespace portcullis::spec
