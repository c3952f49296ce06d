#include "policy/lint/prose.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "policy/fields.h"
#include "policy/lint/checks.h"
#include "policy/lint/words.h"
#include "spec/document_model.h"
#include "spec/report.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy::lint {
namespace {

using spec::Atom;

class MentionReader {
 public:
  explicit MentionReader(std::string_view line) : folded_(spec::fold_cell(spec::plain_inline(line))) {
    atoms_ = spec::split_atoms(folded_);
  }

  std::vector<PortMention> read() {
    for (std::size_t i = 0; i < atoms_.size();) {
      const spec::TermMatch term = vocabulary_.term(atoms_, i);
      const std::size_t length = std::max<std::size_t>(term.atoms, 1);
      if ((term.kinds & spec::kPortTerm) != 0) {
        i = port_word(i, length);
      } else if (is_transport(term)) {
        i = transport(i, length, term.protocol);
      } else {
        i = std::max(i + 1, number_then_transport(i));
      }
    }
    return std::move(mentions_);
  }

 private:
  bool is_transport(const spec::TermMatch& term) const {
    if ((term.kinds & spec::kProtocolTerm) == 0) return false;
    const spec::ProtocolInfo* protocol = vocabulary_.protocol(term.protocol);
    return protocol != nullptr && protocol->has_ports;
  }
  bool text_at(std::size_t at, std::string_view text) const { return at < atoms_.size() && atoms_[at].text == text; }

  /// A port number that stands alone: not part of a version, an address or a word.
  std::optional<std::uint16_t> number_at(std::size_t at) const {
    if (at >= atoms_.size() || atoms_[at].kind != Atom::Kind::number) return std::nullopt;
    const auto glued = [&](std::size_t next) {
      return next < atoms_.size() && !atoms_[next].space_before && atoms_[next].kind != Atom::Kind::punctuation &&
             atoms_[next].kind != Atom::Kind::newline &&
             !spec::is_ideographic(spec::code_point_at(atoms_[next].text, 0));
    };
    if (glued(at + 1)) return std::nullopt;
    if ((text_at(at + 1, ".") || text_at(at + 1, ":")) && !atoms_[at + 1].space_before && at + 2 < atoms_.size() &&
        !atoms_[at + 2].space_before && atoms_[at + 2].kind == Atom::Kind::number) {
      return std::nullopt;
    }
    // "TCP 3-way": a number and a word with a dash between them.
    if (text_at(at + 1, "-") && !atoms_[at + 1].space_before && at + 2 < atoms_.size() &&
        !atoms_[at + 2].space_before && atoms_[at + 2].kind == Atom::Kind::word) {
      return std::nullopt;
    }
    unsigned value = 0;
    const std::string_view text = atoms_[at].text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value == 0 || value > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(value);
  }

  /// "port", behind which numbers, perhaps with "number", ":", or a transport between.
  std::size_t port_word(std::size_t at, std::size_t length) {
    if (at > 0 && (Words::built_in().other_ports.is(atoms_[at - 1].text))) return at + length;
    if (at > 1 &&
        Words::built_in().other_ports.is(std::string(atoms_[at - 2].text) + std::string(atoms_[at - 1].text))) {
      return at + length;
    }
    std::optional<std::int16_t> protocol = transport_before(at);
    std::size_t next = at + length;
    constexpr std::size_t kMostBetween = 5;
    for (const std::size_t stop = next + kMostBetween; next < atoms_.size() && next < stop;) {
      const spec::TermMatch term = vocabulary_.term(atoms_, next);
      if (is_transport(term)) {
        protocol = term.protocol;
        next += term.atoms;
      } else if (atoms_[next].text == ":" || atoms_[next].text == "#" || atoms_[next].text == "(" ||
                 atoms_[next].text == "/" || atoms_[next].text == "\"" || atoms_[next].text == "`" ||
                 atoms_[next].text == "number" || atoms_[next].text == "numbers" || atoms_[next].text == "no" ||
                 atoms_[next].text == "range") {
        ++next;
      } else {
        break;
      }
    }
    const std::string_view word = atoms_[at + length - 1].text;
    const bool plural = word.ends_with('s') || spec::is_ideographic(spec::code_point_at(word, 0));
    return numbers(next, protocol, plural);
  }

  std::optional<std::int16_t> transport_before(std::size_t at) const {
    for (std::size_t back = 1; back <= 2 && back <= at; ++back) {
      const spec::TermMatch term = vocabulary_.term(atoms_, at - back);
      if (is_transport(term) && term.atoms == back) return term.protocol;
    }
    return std::nullopt;
  }

  /// "TCP 443", "TCP/5061", "UDP: 53"; behind "TCP/UDP 53" too.
  std::size_t transport(std::size_t at, std::size_t length, std::int16_t protocol) {
    std::size_t next = at + length;
    if (text_at(next, "/") || text_at(next, ":") || text_at(next, "-")) ++next;
    if (!number_at(next)) return at + length;
    // In "53/udp 443/tcp" the number goes with what follows it.
    if (text_at(next + 1, "/") && next + 2 < atoms_.size() && is_transport(vocabulary_.term(atoms_, next + 2))) {
      return next;
    }
    return numbers(next, protocol, false);
  }

  /// "443/tcp".
  std::size_t number_then_transport(std::size_t at) {
    const auto value = number_at(at);
    if (!value || !text_at(at + 1, "/") || at + 2 >= atoms_.size()) return at + 1;
    const spec::TermMatch term = vocabulary_.term(atoms_, at + 2);
    if (!is_transport(term) || (at > 0 && (atoms_[at - 1].text == "/" || atoms_[at - 1].text == "."))) return at + 1;
    add({*value, *value}, term.protocol, at);
    return at + 2 + term.atoms;
  }

  /// A number or a range, and, where the word before says that several follow, a list.
  std::size_t numbers(std::size_t at, std::optional<std::int16_t> protocol, bool plural) {
    while (true) {
      const auto first = number_at(at);
      if (!first) return std::max<std::size_t>(at, 1);
      std::size_t next = at + 1;
      spec::PortRange range{*first, *first};
      const bool dash = text_at(next, "-") || text_at(next, "~");
      const bool to = next < atoms_.size() && (vocabulary_.term(atoms_, next).kinds & spec::kRangeTerm) != 0;
      if (dash || to) {
        const std::size_t length = dash ? 1 : vocabulary_.term(atoms_, next).atoms;
        if (const auto last = number_at(next + length); last && *last >= *first) {
          range.last = *last;
          next += length + 1;
        }
      }
      std::optional<std::int16_t> own = protocol;
      if (text_at(next, "/") && next + 1 < atoms_.size() && is_transport(vocabulary_.term(atoms_, next + 1))) {
        own = vocabulary_.term(atoms_, next + 1).protocol;
        next += 1 + vocabulary_.term(atoms_, next + 1).atoms;
      }
      add(range, own, at);
      // "port 80 or 443" is a list, "port 80 and 3 servers" is none.
      std::size_t item = next;
      if (text_at(item, ",") || text_at(item, "/") || text_at(item, "、")) ++item;
      if (item < atoms_.size()) {
        const spec::TermMatch term = vocabulary_.term(atoms_, item);
        if ((term.kinds & spec::kAndTerm) != 0) item += term.atoms;
      }
      if (item == next || !number_at(item)) return next;
      const bool ends = item + 1 >= atoms_.size() || atoms_[item + 1].kind != Atom::Kind::word;
      if (!plural && !ends) return next;
      at = item;
    }
  }

  void add(spec::PortRange range, std::optional<std::int16_t> protocol, std::size_t at) {
    PortMention mention{.range = range, .protocol = protocol, .text = std::string(atoms_[at].text)};
    const std::string_view sentence = sentence_at(atoms_[at].offset);
    mention.unused = Words::built_in().unused.in(sentence);
    mention.closed = Words::built_in().closed.in(sentence);
    mentions_.push_back(std::move(mention));
  }

  std::string_view sentence_at(std::size_t offset) const {
    constexpr std::string_view kStops[] = {". ", "! ", "? ", "; ", ", ", "。", "；", "，", "\n"};
    std::size_t start = 0;
    std::size_t end = folded_.size();
    for (const std::string_view stop : kStops) {
      if (const std::size_t before = folded_.rfind(stop, offset); before != std::string::npos && before < offset) {
        start = std::max(start, before + stop.size());
      }
      end = std::min(end, folded_.find(stop, offset));
    }
    return std::string_view(folded_).substr(start, end - start);
  }

  const spec::Vocabulary& vocabulary_ = spec::Vocabulary::built_in();
  std::string folded_;
  std::vector<Atom> atoms_;
  std::vector<PortMention> mentions_;
};

/// Worth taking apart: a number, and somewhere "port", a transport, or a letter that is not ASCII.
bool may_mention(std::string_view line) {
  if (line.find_first_of("0123456789") == std::string_view::npos) return false;
  if (std::any_of(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; })) {
    return true;
  }
  for (std::size_t i = 0; i + 2 < line.size(); ++i) {
    const auto low = [&](std::size_t k) { return static_cast<char>(line[i + k] | 0x20); };
    const char word[4] = {low(0), low(1), low(2), '\0'};
    for (const std::string_view start : {"por", "tcp", "udp", "sct", "poo", "pue"}) {
      if (start == word) return true;
    }
  }
  return false;
}

/// The ports of rows, by protocol; -1 for any.
class OpenPorts {
 public:
  void add(std::int16_t protocol, const spec::PortRange& range) {
    ports_[protocol].push_back({range.first, range.last});
    ports_[spec::Protocol::kAny].push_back({range.first, range.last});
  }
  void any_protocol(const spec::PortRange& range) { always_.push_back({range.first, range.last}); }
  void close() {
    for (auto& [protocol, intervals] : ports_) {
      intervals.insert(intervals.end(), always_.begin(), always_.end());
      sets_[protocol] = IntervalSet<std::uint32_t>(intervals);
    }
    rest_ = IntervalSet<std::uint32_t>(always_);
  }
  bool has(const PortMention& mention) const {
    const auto found = sets_.find(mention.protocol.value_or(spec::Protocol::kAny));
    const IntervalSet<std::uint32_t>& set = found == sets_.end() ? rest_ : found->second;
    return subtract(IntervalSet<std::uint32_t>{{mention.range.first, mention.range.last}}, set).empty();
  }

 private:
  std::map<std::int16_t, std::vector<Interval<std::uint32_t>>> ports_;
  std::vector<Interval<std::uint32_t>> always_;
  std::map<std::int16_t, IntervalSet<std::uint32_t>> sets_;
  IntervalSet<std::uint32_t> rest_;
};

OpenPorts ports_of_tables(const std::vector<Document>& documents) {
  OpenPorts open;
  for (const Document& document : documents) {
    for (const spec::PortRow& row : document.extraction.rows) {
      for (const spec::PortUse& use : row.uses) {
        for (const spec::PortRange& range : use.ports) {
          // A row for every port is no table entry of a port that the text names.
          if (use.protocol.number == spec::Protocol::kAny) {
            open.any_protocol(range);
          } else {
            open.add(use.protocol.number, range);
          }
        }
      }
      for (const spec::PortRange& range : row.source_ports) {
        if (range.first != 0 || range.last != 65535) open.any_protocol(range);
      }
    }
    // A row that was lost has its finding; its numbers count as known here.
    for (const spec::Finding& finding : document.extraction.findings) {
      for (const Atom& atom : spec::split_atoms(finding.text)) {
        unsigned value = 0;
        const char* const end = atom.text.data() + atom.text.size();
        if (atom.kind == Atom::Kind::number && std::from_chars(atom.text.data(), end, value).ec == std::errc{} &&
            value <= 65535) {
          open.any_protocol({static_cast<std::uint16_t>(value), static_cast<std::uint16_t>(value)});
        }
      }
    }
  }
  open.close();
  return open;
}

std::string described(const PortMention& mention) {
  const std::string range = spec::to_string(mention.range);
  if (!mention.protocol) return (mention.range.first == mention.range.last ? "port " : "ports ") + range;
  return fmt::format("{} {}", protocol_name(static_cast<std::uint8_t>(*mention.protocol)), range);
}

bool opens(const Row& row, const PortMention& mention) {
  for (const spec::PortUse& use : row.uses) {
    if (mention.protocol && use.protocol.number != *mention.protocol) continue;
    for (const spec::PortRange& range : use.ports) {
      // The port itself, not a wide range that happens to hold it.
      if (range == mention.range) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<PortMention> port_mentions(std::string_view line) { return MentionReader(line).read(); }

void check_prose(const Subject& subject) {
  constexpr std::size_t kMostText = 8U << 20U;  // bytes of a document
  constexpr std::size_t kLongestLine = 64U << 10U;
  const OpenPorts open = ports_of_tables(subject.documents);
  for (const Document& document : subject.documents) {
    if (document.extraction.tables.empty()) continue;
    const std::string_view text = std::string_view(document.content).substr(0, kMostText);
    const Lines lines(text);
    std::set<std::string> seen;
    std::size_t skipped = document.content.size() - text.size();
    for (std::size_t number = 1; number <= lines.count(); ++number) {
      const std::string_view line = lines.line(number);
      if (line.size() > kLongestLine) skipped += line.size();
      if (line.size() > kLongestLine || !may_mention(line)) continue;
      for (const PortMention& mention : port_mentions(line)) {
        const Location at{document.file, static_cast<unsigned>(number), 0};
        const std::string what = described(mention);
        if (mention.unused) {
          std::vector<const Row*> rows;
          for (const Row& row : subject.rows) {
            if (row.document == &document && row.counts && opens(row, mention)) rows.push_back(&row);
          }
          if (rows.empty() || !seen.insert("unused " + what).second) continue;
          Finding& finding = subject.findings.add(
              kPortSaidUnused, at,
              fmt::format("the text says that {} is no longer used, and {} open{} it", what,
                          rows.size() == 1
                              ? place(*rows.front(), &document)
                              : fmt::format("{} rows from line {} on", rows.size(), rows.front()->row->line),
                          rows.size() == 1 ? "s" : ""),
              spec::shorten(spec::collapse(line), 300));
          finding.words = mention.text;
          for (const Row* row : rows) {
            finding.relate(row->at(), row->row->text);
          }
          continue;
        }
        if (mention.closed || open.has(mention) || !seen.insert(what).second) continue;
        Finding& finding =
            subject.findings.add(kPortOnlyInProse, at, fmt::format("the text names {}, and no table has it", what),
                                 spec::shorten(spec::collapse(line), 300));
        finding.words = mention.text;
      }
    }
    if (skipped > 0) {
      subject.findings.add(kNotDecided, {document.file, 0, 0},
                           fmt::format("{} bytes of text were not searched for ports: beyond the first 8 MiB, or in "
                                       "lines longer than 64 KiB",
                                       skipped));
    }
  }
}

}  // namespace portcullis::policy::lint
