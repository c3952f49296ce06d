// What the cells of one row say, against each other and against IANA's registry: service, protocol, ports, notes.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "policy/fields.h"
#include "policy/lint/checks.h"
#include "policy/lint/prose.h"
#include "policy/lint/services.h"
#include "policy/lint/words.h"
#include "spec/report.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy::lint {
namespace {

unsigned count_ports(const std::vector<spec::PortRange>& ranges) {
  std::vector<Interval<std::uint32_t>> intervals;
  for (const spec::PortRange& range : ranges) intervals.push_back({range.first, range.last});
  unsigned count = 0;
  const IntervalSet<std::uint32_t> set(std::move(intervals));
  for (const auto& i : set.intervals()) count += i.last - i.first + 1;
  return count;
}

unsigned most_ports(const Row& row) {
  unsigned most = 0;
  for (const spec::PortUse& use : row.uses) most = std::max(most, count_ports(use.ports));
  return most;
}

// service-contradicts-protocol.

std::string names_of(const std::vector<const Service*>& services) {
  std::vector<std::string> names;
  for (const Service* service : services) names.push_back(service->name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string registered(const std::vector<const Service*>& services) {
  std::vector<std::string> parts;
  for (const Service* service : services) {
    for (const Registration& use : service->registered) {
      parts.push_back(fmt::format("{} {}", protocol_name(use.protocol), use.port));
    }
    for (const Registration& use : service->in_use) {
      if (service->registered.empty()) parts.push_back(fmt::format("{} {}", protocol_name(use.protocol), use.port));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// What contradicts in a row whose cell names these services; empty if nothing does.
std::string contradiction(const Row& row, const std::vector<const Service*>& services) {
  const auto some = [&](auto&& holds) { return std::any_of(services.begin(), services.end(), holds); };
  std::vector<std::uint8_t> protocols;
  for (const spec::PortUse& use : row.uses) {
    if (use.protocol.number < 0 || !has_ports(static_cast<std::uint8_t>(use.protocol.number))) return {};
    protocols.push_back(static_cast<std::uint8_t>(use.protocol.number));
  }
  const bool known_protocol = std::any_of(protocols.begin(), protocols.end(), [&](std::uint8_t protocol) {
    return some([&](const Service* service) { return service->uses(protocol); });
  });
  std::vector<std::string> names;
  for (const std::uint8_t protocol : protocols) names.push_back(protocol_name(protocol));
  if (!protocols.empty() && !known_protocol) {
    return fmt::format("not {}", fmt::join(names, "/"));
  }
  // One well-known port that is another service's, and not one of this.
  for (const spec::PortUse& use : row.uses) {
    if (use.ports.size() != 1 || use.ports[0].first != use.ports[0].last) return {};
  }
  if (row.uses.empty()) return {};
  const std::uint16_t port = row.uses[0].ports[0].first;
  std::vector<const Service*> others;
  for (const std::uint8_t protocol : protocols) {
    const Registration here{protocol, port};
    if (some([&](const Service* service) { return service->uses(here); })) return {};
    for (const Service* other : Services::built_in().at(here)) {
      if (std::find(others.begin(), others.end(), other) == others.end()) others.push_back(other);
    }
  }
  constexpr std::uint16_t kLastSystemPort = 1023;  // RFC 6335, section 6
  if (port > kLastSystemPort || others.empty()) return {};
  return fmt::format("{} {} is {}'s", fmt::join(names, "/"), port, names_of(others));
}

}  // namespace

void check_services(const Subject& subject) {
  const Services& services = Services::built_in();
  for (const Row& row : subject.rows) {
    if (row.uses.empty()) continue;
    // The service cell, or another cell that is the name of a service and nothing else; not the names of roles.
    std::vector<std::string> cells;
    if (!row.row->service.empty()) cells.push_back(row.row->service);
    for (std::size_t at = 0; at < row.row->text.size();) {
      const std::size_t stop = std::min(row.row->text.find(" | ", at), row.row->text.size());
      const std::string cell = row.row->text.substr(at, stop - at);
      at = stop + 3;
      if (cell != row.row->service && cell != row.row->role && cell != row.row->source &&
          cell != row.row->destination && cell != row.row->peer && cell != row.row->notes) {
        cells.push_back(cell);
      }
    }
    for (const std::string& cell : cells) {
      const std::vector<const Service*> named = services.named(cell);
      if (named.empty()) continue;
      const std::string wrong = contradiction(row, named);
      if (wrong.empty()) continue;
      Finding& finding = subject.findings.add(
          kServiceContradictsProtocol, row.at(),
          fmt::format("{} is {}, {} (IANA's registry of {})", cell, registered(named), wrong, services.date()),
          row.row->text);
      finding.words = cell;
      break;
    }
  }
}

// notes-name-other-protocol, wider-than-notes.

namespace {

/// The transports that a text names, by IANA number.
std::set<std::int16_t> transports_in(const std::vector<spec::Atom>& atoms) {
  const spec::Vocabulary& vocabulary = spec::Vocabulary::built_in();
  std::set<std::int16_t> out;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const spec::TermMatch term = vocabulary.term(atoms, i);
    if ((term.kinds & spec::kProtocolTerm) == 0) continue;
    const spec::ProtocolInfo* protocol = vocabulary.protocol(term.protocol);
    if (protocol != nullptr && protocol->has_ports) out.insert(term.protocol);
  }
  return out;
}

/// The transport that notes say is used: in brackets of its own, or behind a word such as "over". Nothing if it is only
/// mentioned.
std::optional<std::int16_t> transport_stated(const std::vector<spec::Atom>& atoms) {
  const spec::Vocabulary& vocabulary = spec::Vocabulary::built_in();
  const Words& words = Words::built_in();
  for (std::size_t i = 1; i < atoms.size(); ++i) {
    const spec::TermMatch term = vocabulary.term(atoms, i);
    if ((term.kinds & spec::kProtocolTerm) == 0) continue;
    const spec::ProtocolInfo* protocol = vocabulary.protocol(term.protocol);
    if (protocol == nullptr || !protocol->has_ports) continue;
    const std::size_t next = i + term.atoms;
    const bool in_brackets = atoms[i - 1].text == "(" && next < atoms.size() && atoms[next].text == ")";
    // A word of a script without spaces is an atom a character.
    const bool behind_word = words.over.is(atoms[i - 1].text) ||
                             (i > 1 && words.over.is(std::string(atoms[i - 2].text) + std::string(atoms[i - 1].text)));
    if (in_brackets || behind_word) return term.protocol;
  }
  return std::nullopt;
}

void check_transport(const Row& row, const std::vector<spec::Atom>& atoms, std::string_view folded,
                     Findings& findings) {
  const std::set<std::int16_t> named = transports_in(atoms);
  if (named.size() != 1) return;
  const auto stated = transport_stated(atoms);
  if (!stated || Words::built_in().hedges.in(folded)) return;
  for (const spec::PortUse& use : row.uses) {
    if (use.protocol.number == *stated || use.protocol.number == spec::Protocol::kAny || use.ports.empty()) return;
  }
  if (row.uses.empty()) return;
  const std::string name = protocol_name(static_cast<std::uint8_t>(*stated));
  Finding& finding = findings.add(
      kNotesNameOtherProtocol, row.at(),
      fmt::format("the notes say {}, the row {}: {}", name, describe(row.uses), row.row->notes), row.row->text);
  finding.words = row.row->notes;
}

/// The number of ports that notes ask for: "a minimum of 20 ports", "20 个端口".
std::optional<unsigned> ports_counted(const std::vector<spec::Atom>& atoms) {
  const spec::Vocabulary& vocabulary = spec::Vocabulary::built_in();
  const Words& words = Words::built_in();
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    if (atoms[i].kind != spec::Atom::Kind::number) continue;
    if (i > 0 && (vocabulary.term(atoms, i - 1).kinds & spec::kPortTerm) != 0) continue;
    if (i > 0 && (atoms[i - 1].text == "-" || atoms[i - 1].text == ".")) continue;
    unsigned count = 0;
    const char* const end = atoms[i].text.data() + atoms[i].text.size();
    if (std::from_chars(atoms[i].text.data(), end, count).ec != std::errc{} || count == 0) continue;
    std::size_t next = i + 1;
    constexpr std::size_t kMostBetween = 3;
    while (next < atoms.size() && next <= i + kMostBetween && words.counted.is(atoms[next].text)) ++next;
    if (next >= atoms.size()) continue;
    const spec::TermMatch term = vocabulary.term(atoms, next);
    if ((term.kinds & spec::kPortTerm) == 0) continue;
    // "port 443 port 80": a single "port" behind a number does not count.
    const bool plural = atoms[next].text.ends_with('s') ||
                        spec::is_ideographic(spec::code_point_at(atoms[next].text, 0)) || next > i + 1;
    if (plural && !spec::is_blank(atoms[next].text)) return count;
  }
  return std::nullopt;
}

void check_width(const Row& row, const std::vector<spec::Atom>& atoms, Findings& findings) {
  constexpr unsigned kLeastPorts = 16;  // what is about wide rows: lists of single ports are named one by one
  const unsigned opened = most_ports(row);
  if (opened < kLeastPorts) return;
  if (const auto asked = ports_counted(atoms); asked && *asked < opened) {
    const bool is_a_port = std::any_of(row.uses.begin(), row.uses.end(), [&](const spec::PortUse& use) {
      return std::any_of(use.ports.begin(), use.ports.end(),
                         [&](const spec::PortRange& range) { return range.first == *asked || range.last == *asked; });
    });
    if (!is_a_port) {
      Finding& finding = findings.add(kWiderThanNotes, row.at(),
                                      fmt::format("opens {} ports ({}), the notes ask for {}: {}", opened,
                                                  describe(row.uses), *asked, row.row->notes),
                                      row.row->text);
      finding.words = row.row->notes;
      return;
    }
  }
  // Ports named in the notes, all of them inside what is opened, and far fewer.
  std::vector<spec::PortRange> named;
  for (const PortMention& mention : port_mentions(row.row->notes)) {
    if (mention.closed || mention.unused) continue;
    named.push_back(mention.range);
  }
  if (named.empty()) return;
  for (const spec::PortRange& range : named) {
    bool inside = false;
    for (const spec::PortUse& use : row.uses) {
      for (const spec::PortRange& open : use.ports) {
        // An end of the range that is named is the range itself, told again: "starting with port 49152".
        if (range.first == range.last && (range.first == open.first || range.first == open.last)) return;
        inside = inside || (open.first <= range.first && range.last <= open.last);
      }
    }
    if (!inside) return;
  }
  if (count_ports(named) * 2 > opened) return;
  std::vector<std::string> texts;
  for (const spec::PortRange& range : named) texts.push_back(spec::to_string(range));
  Finding& finding = findings.add(
      kWiderThanNotes, row.at(),
      fmt::format("opens {}, the notes name only {}: {}", describe(row.uses), fmt::join(texts, ", "), row.row->notes),
      row.row->text);
  finding.words = row.row->notes;
}

}  // namespace

void check_notes(const Subject& subject) {
  constexpr std::size_t kLongestNotes = 20'000;
  for (const Row& row : subject.rows) {
    if (row.row->notes.empty() || row.row->notes.size() > kLongestNotes) continue;
    const std::string folded = spec::fold_cell(row.row->notes);
    const std::vector<spec::Atom> atoms = spec::split_atoms(folded);
    check_transport(row, atoms, folded, subject.findings);
    check_width(row, atoms, subject.findings);
  }
}

// host-bits.

void check_prefixes(const Subject& subject) {
  std::set<std::pair<const Document*, std::string>> seen;
  for (const Row& row : subject.rows) {
    for (const std::string* cell : {&row.row->source, &row.row->destination, &row.row->peer, &row.row->role}) {
      if (cell->find('/') == std::string::npos || !seen.emplace(row.document, *cell).second) continue;
      for (std::size_t at = 0; at < cell->size();) {
        const std::size_t stop = std::min(cell->find_first_of(",; ", at), cell->size());
        const std::string word = cell->substr(at, stop - at);
        at = stop + 1;
        if (word.find('/') == std::string::npos) continue;
        try {
          parse_prefix(word);
        } catch (const HostBitsError& error) {
          Finding& finding = subject.findings.add(kHostBits, row.at(), error.what(), row.row->text);
          finding.words = word;
        } catch (const FieldError&) {
          continue;  // no prefix: a name with a slash
        }
      }
    }
  }
}

}  // namespace portcullis::policy::lint
