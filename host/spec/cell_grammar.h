// What port cells and protocol cells say.
//
// The grammar is that of people: "80, 443", "49152–65535 *", "1194/UDP", "TCP port 1433", "TCP (TLS)", "HTTPS and RPC".
// Nothing is guessed: words that are not understood are problems, which become findings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/port_row.h"
#include "spec/vocabulary.h"

namespace portcullis::spec {

/// Reasons of problems that are mistakes in numbers, not in words.
inline constexpr std::string_view kPortsTooLarge = "ports must be 0 to 65535";
inline constexpr std::string_view kRangeReversed = "the range is reversed: its first port must not be above its last";

/// Words of a cell that were not understood.
struct CellProblem {
  std::string text;
  std::string reason;
};

/// Ports of a cell that share the protocols named with them in the cell.
struct PortGroup {
  /// IANA numbers; empty if the cell names none here. Protocol::kAny for "any".
  std::vector<std::int16_t> protocols;
  /// The protocols are IP protocols by name, not deduced from an application ("HTTPS 443").
  bool by_name = false;
  std::vector<PortRange> ranges;
  std::vector<IcmpMessage> icmp;
};

/// A port cell, read.
struct PortCell {
  bool blank = false;     ///< nothing, or white space and footnote marks
  bool none = false;      ///< "-", "N/A": says that there are no ports
  bool as_above = false;  ///< "ditto"
  bool any = false;       ///< every port
  std::vector<PortGroup> groups;
  std::string remark;  ///< words beside the ports that belong to the notes
  std::vector<CellProblem> problems;
};

/// A protocol cell, read.
struct ProtocolCell {
  bool blank = false;
  bool none = false;
  bool as_above = false;
  std::vector<std::int16_t> protocols;  ///< in the order of the cell, each once
  bool by_name = false;                 ///< as in PortGroup
  /// The protocols of each line of the cell, where every line names some; else empty.
  std::vector<std::vector<std::int16_t>> lines;
  std::vector<IcmpMessage> icmp;
  std::string note;  ///< words that follow the protocol
  std::vector<CellProblem> problems;
};

/// Reads a port cell.
///
/// A comma between digit groups is a thousands separator ("1,433", "49,152") if there is one comma with exactly three
/// digits behind it and none to three before, no list goes on behind it, and the number is at most 65535; except that
/// two numbers that are both usual ports ("22,443", "53,123") are a list, and so is whatever has white space behind the
/// comma.
PortCell read_port_cell(const Vocabulary& vocabulary, std::string_view cell);

ProtocolCell read_protocol_cell(const Vocabulary& vocabulary, std::string_view cell);

/// ICMP types and codes of a cell: "8", "8/0", "type 3 code 4", "echo request". `family` is 4 or 6.
/// Numbers without the word "type" count only if `bare_numbers`.
std::vector<IcmpMessage> read_icmp_messages(const Vocabulary& vocabulary, std::string_view cell, int family,
                                            bool bare_numbers);

}  // namespace portcullis::spec
