// An extraction as CSV, JSON or text, and its findings as sentences.
#pragma once

#include <string>

#include "spec/port_row.h"

namespace portcullis::spec {

/// The header line of the CSV, without a line break. The columns up to `notes` are fixed; others are added behind.
std::string csv_header();

/// Rows as CSV (RFC 4180, lines end in "\n"): one line per row, protocol and port range, or ICMP message; ranges in the
/// order of the cell. Ports are empty where the protocol has none. Without the header.
std::string to_csv_rows(const Extraction& extraction);

/// Header and rows.
std::string to_csv(const Extraction& extraction);

/// One JSON object with `tables`, `rows` and `findings`; two spaces of indentation, ends in a line break.
std::string to_json(const Extraction& extraction);

/// A table for reading at a terminal, under the title of each port table.
std::string to_text(const Extraction& extraction);

/// "document:line:column: text: reason"; line and column are left out where they are not known.
std::string to_string(const Finding& finding);

/// "to", "from", "both", or nothing.
std::string_view to_string(Direction direction);

/// "80", "1024-65535".
std::string to_string(const PortRange& range);

}  // namespace portcullis::spec
