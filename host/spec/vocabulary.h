// The words of vocabulary.yaml, looked up: header cells, protocols, and the small words of port and protocol cells.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "spec/port_row.h"
#include "spec/text.h"

namespace portcullis::spec {

/// What a column of a table holds.
enum class Column : std::uint8_t {
  none,
  port,
  source_port,
  client_port,  ///< the source ports, where another column has the server's; else the ports
  first_port,
  last_port,
  protocol,
  transport,
  role,
  service,
  notes,
  direction,
  source,
  destination,
  peer,
  action,
  ignored,
  protocol_flag,  ///< headed by a protocol alone: holds its ports, or whether it is used
};

/// Set of kinds that a word or phrase of a cell may be; a bit per kind.
enum Term : std::uint32_t {
  kProtocolTerm = 1U << 0,     ///< names an IP protocol
  kApplicationTerm = 1U << 1,  ///< names something that rides on one transport
  kAmbiguousTerm = 1U << 2,    ///< names an application, which does not settle the transport
  kAnyTerm = 1U << 3,
  kIpTerm = 1U << 4,
  kNoneTerm = 1U << 5,
  kAsAboveTerm = 1U << 6,
  kAndTerm = 1U << 7,
  kRangeTerm = 1U << 8,
  kBetweenTerm = 1U << 9,
  kAboveTerm = 1U << 10,    ///< "and higher", behind a number
  kGreaterTerm = 1U << 11,  ///< "above", before a number
  kPortTerm = 1U << 12,
  kFillerTerm = 1U << 13,
  kNumberWordTerm = 1U << 14,  ///< "IP protocol", before a protocol number
  kTypeTerm = 1U << 15,        ///< "type", before an ICMP type
  kCodeTerm = 1U << 16,        ///< "code", before an ICMP code
  kIcmpNameTerm = 1U << 17,    ///< "echo request"
  kOpenTerm = 1U << 18,        ///< "tbd", "dynamic": ports that are not settled
};

/// An IP protocol the vocabulary knows.
struct ProtocolInfo {
  std::string name;
  std::int16_t number = 0;
  bool has_ports = false;
  int icmp = 0;  ///< 4 for ICMP, 6 for ICMPv6, else 0
};

/// An ICMP message by name; -1 where the family has no such type, or where every code is meant.
struct IcmpName {
  int v4 = -1;
  int v4_code = -1;
  int v6 = -1;
};

/// What is known of a phrase.
struct TermMatch {
  std::uint32_t kinds = 0;
  std::size_t atoms = 0;                  ///< how many atoms it covers
  std::int16_t protocol = 0;              ///< IANA number, of a protocol term
  std::vector<std::int16_t> application;  ///< transports, of an application term
  std::size_t icmp_name = 0;              ///< index, of an ICMP name
};

/// What a header cell says about its column.
struct HeaderMeaning {
  Column column = Column::none;
  /// Protocols that the header names ("TCP ports").
  std::vector<std::int16_t> protocols;
  Direction direction = Direction::unstated;
  /// A port header that speaks of protocols too ("Protocols and ports").
  bool with_protocol = false;
  /// The header is one phrase of the vocabulary and nothing else.
  bool exact = false;
};

class Vocabulary {
 public:
  /// The vocabulary built into the library. Throws std::runtime_error if that is damaged.
  static const Vocabulary& built_in();
  /// Reads a vocabulary in the form of vocabulary.yaml. Throws std::runtime_error with line and column.
  explicit Vocabulary(std::string_view yaml);

  HeaderMeaning header(std::string_view cell) const;
  /// The column that a text heads if the whole of it is a phrase of the vocabulary; Column::none else.
  Column whole_header(std::string_view text) const;
  /// The longest phrase that starts at `atoms[at]`; its `kinds` are 0 if there is none. The atoms are of folded text.
  TermMatch term(std::span<const Atom> atoms, std::size_t at) const;
  /// What is known of a whole text, punctuation aside; 0 if nothing.
  std::uint32_t whole(std::string_view folded) const;

  const ProtocolInfo* protocol(std::int16_t number) const;
  const IcmpName& icmp_name(std::size_t index) const { return icmp_names_[index]; }
  bool usual_port(unsigned port) const { return usual_ports_.contains(port); }

  /// Direction that a direction cell states; unstated if it is not known.
  Direction direction(std::string_view cell) const;
  /// Direction that a heading gives to the tables below it; unstated if it does not begin with one, or names two.
  Direction heading_direction(std::string_view heading) const;
  /// The one protocol with ports that a heading names; nothing if it names none or several.
  std::optional<std::int16_t> heading_protocol(std::string_view heading) const;
  bool permits(std::string_view cell) const;
  bool says_yes(std::string_view cell) const;
  bool says_no(std::string_view cell) const;
  /// True if a heading has only words such as "ports", "requirements".
  bool generic_heading(std::string_view heading) const;
  bool box_label(std::string_view line) const;

  /// Cuts a line in which header cells run together ("Server roleService namePortProtocolNotes") into them.
  /// Empty if the line is no such header.
  std::vector<std::string> split_header(std::string_view line) const;

 private:
  struct Node {
    std::map<std::string, std::uint32_t, std::less<>> next;
    std::uint32_t terms = 0;
    std::uint32_t columns = 0;  // a bit per Column
    std::int16_t protocol = 0;
    std::vector<std::int16_t> application;
    std::size_t icmp_name = 0;
    std::uint8_t direction = 0;  // Direction of a heading word
  };

  Node& node_of(std::string_view phrase);
  /// The one direction that the words name; unstated if they name none or two.
  Direction named_direction(const std::vector<Atom>& atoms) const;
  const Node* longest(std::span<const Atom> atoms, std::size_t at, std::size_t& length,
                      bool (*accept)(const Node&)) const;
  HeaderMeaning composed(std::string_view folded) const;

  std::vector<Node> nodes_;
  std::unordered_map<std::string, Column> whole_headers_;
  std::unordered_map<std::string, Direction> directions_;
  std::unordered_set<std::string> permit_, yes_, no_, generic_words_, box_labels_;
  std::unordered_map<std::int16_t, ProtocolInfo> protocols_;
  std::vector<IcmpName> icmp_names_;
  std::unordered_set<unsigned> usual_ports_;
  /// The whole headers, byte by byte, for headers that run together.
  struct HeaderNode {
    std::map<char, std::uint32_t> next;
    bool ends = false;
  };
  std::vector<HeaderNode> header_nodes_;
};

/// The text of vocabulary.yaml (generated at build time).
std::string_view built_in_vocabulary_text();

}  // namespace portcullis::spec
