// What one row of a port table says, after the words of the document have been understood.
//
// This is the border between documents and policy: everything above it (host/policy) sees rows, never
// HTML or Markdown; nothing below it knows what a site or a NIC is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portcullis::spec {

/// Closed range of transport ports, `first <= last`.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// A protocol as the IP header names it.
struct Protocol {
  /// IANA protocol number (6 tcp, 17 udp, ...), or `kAny` where the document says "any protocol".
  std::int16_t number = kAny;
  /// Lower-case name as printed by `extract`: tcp, udp, sctp, icmp, icmpv6, esp, ah, gre, ipip, vrrp, ..., any.
  std::string name;
  static constexpr std::int16_t kAny = -1;
  friend bool operator==(const Protocol&, const Protocol&) = default;
};

/// ICMP or ICMPv6 message that a row names. A code of -1 means every code.
struct IcmpMessage {
  std::uint8_t type = 0;
  std::int16_t code = -1;
  friend bool operator==(const IcmpMessage&, const IcmpMessage&) = default;
};

/// One protocol of a row with the ports it is used on.
struct PortUse {
  Protocol protocol;
  /// In the order of the cell, unmerged. Empty where the protocol has no ports. "Any" with tcp, udp or sctp is 0-65535.
  std::vector<PortRange> ports;
  /// For icmp and icmpv6 only; empty: every type.
  std::vector<IcmpMessage> icmp;
};

/// Which way the row's traffic goes, seen from the role: `to` means that the role listens, `from` that it initiates.
enum class Direction : std::uint8_t { unstated, to, from, both };

/// One row of a port table, with where it stands in the document.
struct PortRow {
  std::string document;     ///< as given by the caller
  unsigned line = 0;        ///< where the row starts, from 1: its `<tr>`, its pipe line, its first cell
  unsigned table = 0;       ///< counts from 1 over the port tables of the document
  std::string table_title;  ///< heading or caption above the table; empty if it has none
  std::string role;         ///< role cell, white space collapsed; or taken from the row above, or from a heading
  std::string service;
  std::vector<PortUse> uses;  ///< in the order of the cells; one per protocol
  /// Source ports, where the table has a column for them; empty: the document does not say (any).
  std::vector<PortRange> source_ports;
  /// The row restricts its source ports in words that were not understood: to take them for "any" would open too much.
  bool source_ports_unknown = false;
  Direction direction = Direction::unstated;
  std::string source;       ///< text of a source column ("Any", a role, prefixes); empty if there is none
  std::string destination;  ///< likewise
  std::string peer;    ///< text of a column that names the other end without a direction ("To/From"); empty if none
  std::string action;  ///< text of a column that says what is done ("Deny", "Do not authenticate"); empty if none
  std::string notes;
  std::string text;  ///< the whole row, cells joined by " | ", white space collapsed: what provenance shows
};

/// Something in a document that looks like a port row, or should have, and was not understood.
struct Finding {
  std::string document;
  unsigned line = 0;     ///< from 1; 0 if the finding is about the document as a whole
  unsigned column = 0;   ///< from 1; 0 if unknown
  unsigned table = 0;    ///< 0 if it is not in a port table
  std::string text;      ///< the words in question
  std::string reason;    ///< a sentence: what is wrong and what would be understood
  bool row_lost = true;  ///< true if the row made no PortRow because of this; false if only a part of it was left out
};

/// A port table as a whole.
struct PortTable {
  unsigned number = 0;  ///< from 1
  unsigned line = 0;    ///< of its header row
  std::string title;
  bool has_action_column = false;  ///< its rows state an action; `action` of each row has the words
  bool other_action = false;       ///< at least one row's action is not "permit" ("allow", "open", ...)
};

/// All that was read from one document.
struct Extraction {
  std::vector<PortTable> tables;
  std::vector<PortRow> rows;
  std::vector<Finding> findings;
};

}  // namespace portcullis::spec
