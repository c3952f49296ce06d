#include "spec/cell_grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

namespace portcullis::spec {

namespace {

using Atoms = std::span<const Atom>;

constexpr unsigned kLastPort = 65535;
/// How deep brackets in a cell are followed; deeper ones are remarks.
constexpr int kDeepestBracket = 4;
/// Problems of one cell that are told; a cell with more of them is prose.
constexpr std::size_t kMostProblems = 16;
/// Longer cells are shown as they compare, in lower case.
constexpr std::size_t kLongestShownCell = 4096;

bool is_mark(const Atom& atom, std::string_view marks) {
  return atom.kind == Atom::Kind::punctuation && atom.text.size() == 1 &&
         marks.find(atom.text[0]) != std::string_view::npos;
}

bool is_mark(Atoms atoms, std::size_t at, std::string_view marks) {
  return at < atoms.size() && is_mark(atoms[at], marks);
}

bool is_number(Atoms atoms, std::size_t at) { return at < atoms.size() && atoms[at].kind == Atom::Kind::number; }

bool touches(Atoms atoms, std::size_t at) { return at < atoms.size() && !atoms[at].space_before; }

/// Value of decimal digits, at most 1,000,000.
unsigned value_of(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    value = std::min(value * 10 + static_cast<unsigned>(c - '0'), 1000000U);
  }
  return value;
}

std::string_view text_between(std::string_view text, Atoms atoms, std::size_t begin, std::size_t end) {
  if (begin >= end || begin >= atoms.size()) {
    return {};
  }
  const std::size_t from = atoms[begin].offset;
  const Atom& last = atoms[std::min(end, atoms.size()) - 1];
  return text.substr(from, last.offset + last.text.size() - from);
}

/// Index of the bracket that closes the one at `open`, or the end.
std::size_t closing(Atoms atoms, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < atoms.size(); ++i) {
    if (is_mark(atoms[i], "([{")) {
      ++depth;
    } else if (is_mark(atoms[i], ")]}") && --depth == 0) {
      return i;
    }
  }
  return atoms.size();
}

bool add_once(std::vector<std::int16_t>& set, std::int16_t protocol) {
  if (std::find(set.begin(), set.end(), protocol) != set.end()) {
    return false;
  }
  set.push_back(protocol);
  return true;
}

/// A number of the text, with thousands separators resolved.
struct NumberRead {
  unsigned value = 0;
  std::size_t atoms = 0;
  bool version = false;  // "1.2", "10.0.0.1": no port
};

NumberRead read_number(const Vocabulary& vocabulary, Atoms atoms, std::size_t at) {
  NumberRead number{value_of(atoms[at].text), 1, false};
  const auto joined = [&](std::size_t i, char mark) {
    return is_mark(atoms, i, std::string_view(&mark, 1)) && touches(atoms, i) && is_number(atoms, i + 1) &&
           touches(atoms, i + 1);
  };
  for (const char mark : {',', '.', '\''}) {
    if (!joined(at + 1, mark)) {
      continue;
    }
    const std::string_view head = atoms[at].text;
    const std::string_view tail = atoms[at + 2].text;
    const unsigned combined = value_of(std::string(head) + std::string(tail));
    const bool goes_on = joined(at + 3, mark);
    const bool behind_list =
        at >= 2 && is_mark(atoms[at - 1], std::string_view(&mark, 1)) && touches(atoms, at) && is_number(atoms, at - 2);
    const bool shape =
        head.size() <= 2 && head[0] != '0' && tail.size() == 3 && !goes_on && !behind_list && combined <= kLastPort;
    const bool list_of_usual =
        mark == ',' && tail[0] != '0' && vocabulary.usual_port(value_of(head)) && vocabulary.usual_port(value_of(tail));
    if (shape && !list_of_usual) {
      return {combined, 3, false};
    }
    if (mark == '.') {
      std::size_t end = at + 1;
      while (joined(end, '.')) {
        end += 2;
      }
      return {0, end - at, true};
    }
  }
  if (is_number(atoms, at + 1) && atoms[at + 1].text.size() == 3 && atoms[at].text.size() <= 2 &&
      atoms[at].text[0] != '0' && !(is_number(atoms, at + 2)) &&
      !(at > 0 && atoms[at - 1].kind == Atom::Kind::number)) {
    // "49 152", as French typography has it
    const unsigned combined = value_of(std::string(atoms[at].text) + std::string(atoms[at + 1].text));
    if (combined <= kLastPort &&
        !(vocabulary.usual_port(value_of(atoms[at].text)) && vocabulary.usual_port(value_of(atoms[at + 1].text)))) {
      return {combined, 2, false};
    }
  }
  return number;
}

/// One step of a port cell: a set of protocols, or ports.
struct Element {
  bool is_range = false;
  PortRange range;
  std::vector<std::int16_t> protocols;
  bool by_name = false;
  std::vector<IcmpMessage> icmp;
  bool alone = false;     // a protocol without ports, complete in itself
  bool new_item = false;  // a comma, semicolon, "and" or line break stands before it
};

class PortCellReader {
 public:
  PortCellReader(const Vocabulary& vocabulary, std::string_view text) : vocabulary_(vocabulary), text_(text) {}

  void read(Atoms atoms, int depth);

  std::vector<Element> elements;
  std::vector<CellProblem> problems;
  bool any = false;
  bool unknown_words = false;
  bool had_words = false;
  /// Words such as "tbd" and "dynamic" that are a whole item of a list.
  std::vector<std::string> open_items;

 private:
  void range_element(unsigned first, unsigned last, std::string_view words);
  void protocol_element(Element element);
  std::size_t number_at(Atoms atoms, std::size_t at);
  std::size_t word_at(Atoms atoms, std::size_t at);
  std::size_t bracket_at(Atoms atoms, std::size_t at, int depth);
  void problem(std::string_view words, std::string reason) {
    if (problems.size() < kMostProblems) {
      problems.push_back({collapse(words), std::move(reason)});
    }
  }

  const Vocabulary& vocabulary_;
  std::string_view text_;
  bool anchored_ = true;  // a number here is a port
  bool greater_ = false;
  bool between_ = false;
  bool new_item_ = true;
};

void PortCellReader::range_element(unsigned first, unsigned last, std::string_view words) {
  if (first > kLastPort || last > kLastPort) {
    problem(words, std::string(kPortsTooLarge));
    return;
  }
  if (first > last) {
    problem(words, std::string(kRangeReversed));
    return;
  }
  Element element;
  element.is_range = true;
  element.range = {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
  element.new_item = new_item_;
  new_item_ = false;
  elements.push_back(std::move(element));
}

void PortCellReader::protocol_element(Element element) {
  element.new_item = new_item_;
  new_item_ = false;
  anchored_ = true;
  elements.push_back(std::move(element));
}

std::size_t PortCellReader::number_at(Atoms atoms, std::size_t at) {
  const NumberRead first = read_number(vocabulary_, atoms, at);
  std::size_t next = at + first.atoms;
  if (first.version) {
    unknown_words = true;
    anchored_ = false;
    return next;
  }
  // A range: "-", "~", ":", "..", "to", with "port" before the second number allowed.
  std::size_t second = atoms.size();
  if (is_mark(atoms, next, "-~:") || (is_mark(atoms, next, ".") && is_mark(atoms, next + 1, "."))) {
    second = next + 1;
    while (is_mark(atoms, second, ".-~")) {
      ++second;
    }
  } else if (next < atoms.size() && atoms[next].text == "\u2026") {
    second = next + 1;
  } else {
    // "to" may stand on a line of its own.
    const auto behind_break = [&](std::size_t i) {
      return i < atoms.size() && atoms[i].kind == Atom::Kind::newline ? i + 1 : i;
    };
    const std::size_t word = behind_break(next);
    if (word < atoms.size() && atoms[word].kind == Atom::Kind::word) {
      const TermMatch match = vocabulary_.term(atoms, word);
      if ((match.kinds & kRangeTerm) != 0 || (between_ && (match.kinds & kAndTerm) != 0)) {
        second = behind_break(word + match.atoms);
      }
    }
  }
  if (second < atoms.size() && atoms[second].kind == Atom::Kind::word) {
    const TermMatch match = vocabulary_.term(atoms, second);
    if ((match.kinds & kPortTerm) != 0 && is_number(atoms, second + match.atoms)) {
      second += match.atoms;
    }
  }
  between_ = false;
  unsigned last = first.value;
  bool is_range = false;
  if (is_number(atoms, second)) {
    const NumberRead end = read_number(vocabulary_, atoms, second);
    if (!end.version) {
      last = end.value;
      next = second + end.atoms;
      is_range = true;
    }
  }
  if (is_range && is_mark(atoms, next, "-~:") && is_number(atoms, next + 1)) {
    problem(text_between(text_, atoms, at, next + 2), "three numbers in one range: write each range as first-last");
    return next + 2;
  }
  if (!is_range) {
    if (is_mark(atoms, next, "-") && is_mark(atoms, next + 1, ">") && touches(atoms, next + 1)) {
      std::size_t end = next + 2;
      while (is_number(atoms, end)) {
        ++end;
      }
      problem(text_between(text_, atoms, at, end), "an arrow between ports: write the port that the packets carry");
      return end;
    }
    if (is_mark(atoms, next, "+") && !is_number(atoms, next + 1) && touches(atoms, next)) {
      last = kLastPort;
      ++next;
    } else {
      std::size_t behind = next;
      if (is_mark(atoms, behind, ",")) {
        ++behind;
      }
      if (behind < atoms.size() && atoms[behind].kind == Atom::Kind::word) {
        const TermMatch match = vocabulary_.term(atoms, behind);
        if ((match.kinds & kAboveTerm) != 0) {
          last = kLastPort;
          next = behind + match.atoms;
        }
      }
    }
  }
  const std::string_view words = text_between(text_, atoms, at, next);
  if (!anchored_) {
    if (first.value <= kLastPort) {
      problem(words, "a number in a sentence: it is read as a port only behind \"port\", a protocol or another port");
    }
    return next;
  }
  if (greater_) {
    greater_ = false;
    range_element(first.value + (first.value < kLastPort ? 1 : 0), kLastPort, words);
  } else {
    range_element(first.value, last, words);
  }
  return next;
}

std::size_t PortCellReader::word_at(Atoms atoms, std::size_t at) {
  had_words = true;
  const TermMatch match = vocabulary_.term(atoms, at);
  const std::size_t next = at + match.atoms;
  if ((match.kinds & kNumberWordTerm) != 0) {
    std::size_t number = next;
    while (is_mark(atoms, number, "#:=./")) {
      ++number;
    }
    if (is_number(atoms, number) && value_of(atoms[number].text) <= 255 && !is_mark(atoms, number + 1, "-~,;")) {
      const auto protocol = static_cast<std::int16_t>(value_of(atoms[number].text));
      if (const ProtocolInfo* info = vocabulary_.protocol(protocol); info != nullptr && !info->has_ports) {
        Element element;
        element.protocols = {protocol};
        element.by_name = true;
        element.alone = true;
        protocol_element(std::move(element));
        return number + 1;
      }
    }
  }
  if ((match.kinds & kProtocolTerm) != 0) {
    const ProtocolInfo* info = vocabulary_.protocol(match.protocol);
    Element element;
    element.protocols = {match.protocol};
    element.by_name = true;
    element.alone = info != nullptr && !info->has_ports;
    std::size_t end = next;
    if (info != nullptr && info->icmp != 0) {
      // The rest of this item is about ICMP: up to a line break, a semicolon or another protocol.
      while (end < atoms.size() && atoms[end].kind != Atom::Kind::newline && !is_mark(atoms[end], ";")) {
        if (atoms[end].kind == Atom::Kind::word &&
            (vocabulary_.term(atoms, end).kinds & (kProtocolTerm | kPortTerm)) == kProtocolTerm) {
          break;
        }
        ++end;
      }
      element.icmp = read_icmp_messages(vocabulary_, text_between(text_, atoms, at, end), info->icmp, true);
    } else if (element.alone) {
      // "ESP (50)", "GRE 47": the protocol's own number.
      std::size_t number = end;
      while (is_mark(atoms, number, "(:/-=")) {
        ++number;
      }
      if (is_number(atoms, number) && value_of(atoms[number].text) == static_cast<unsigned>(match.protocol)) {
        end = number + 1;
        if (is_mark(atoms, end, ")")) {
          ++end;
        }
      }
    }
    protocol_element(std::move(element));
    return end;
  }
  if ((match.kinds & (kApplicationTerm | kAmbiguousTerm)) != 0) {
    if ((match.kinds & kApplicationTerm) != 0) {
      Element element;
      element.protocols = match.application;
      protocol_element(std::move(element));
    }
    anchored_ = true;
    return next;
  }
  if ((match.kinds & kAnyTerm) != 0) {
    any = true;
    return next;
  }
  if ((match.kinds & kPortTerm) != 0) {
    anchored_ = true;
    return next;
  }
  if ((match.kinds & kAndTerm) != 0) {
    new_item_ = true;
    return next;
  }
  if ((match.kinds & kBetweenTerm) != 0) {
    between_ = true;
    return next;
  }
  if ((match.kinds & kGreaterTerm) != 0) {
    greater_ = is_number(atoms, next);
    return next;
  }
  if (match.kinds != 0) {
    return next;
  }
  // "tcp443", "443tcp": a protocol and a port run together.
  const std::string_view word = atoms[at].text;
  const std::size_t digit = word.find_first_of("0123456789");
  if (digit != std::string_view::npos) {
    const bool digits_first = digit == 0;
    const std::size_t cut = digits_first ? word.find_first_not_of("0123456789") : digit;
    const std::string_view letters = digits_first ? word.substr(cut) : word.substr(0, cut);
    const std::string_view digits = digits_first ? word.substr(0, cut) : word.substr(cut);
    if (digits.find_first_not_of("0123456789") == std::string_view::npos && !letters.empty()) {
      const Atom part{Atom::Kind::word, letters, atoms[at].offset, false};
      const TermMatch glued = vocabulary_.term(Atoms(&part, 1), 0);
      if ((glued.kinds & kProtocolTerm) != 0) {
        Element element;
        element.protocols = {glued.protocol};
        element.by_name = true;
        if (!digits_first) {
          protocol_element(std::move(element));
          range_element(value_of(digits), value_of(digits), word);
        } else {
          range_element(value_of(digits), value_of(digits), word);
          protocol_element(std::move(element));
        }
        return at + 1;
      }
    }
  }
  unknown_words = true;
  anchored_ = false;
  return at + 1;
}

std::size_t PortCellReader::bracket_at(Atoms atoms, std::size_t at, int depth) {
  const std::size_t close = closing(atoms, at);
  const Atoms inside = atoms.subspan(at + 1, close - at - 1);
  const std::size_t next = std::min(close + 1, atoms.size());
  if (inside.empty() || depth >= kDeepestBracket) {
    return next;
  }
  const bool footnote = inside.size() == 1 &&
                        (inside[0].kind == Atom::Kind::number || inside[0].kind == Atom::Kind::word) &&
                        inside[0].text.size() <= 2 && (is_mark(atoms[at], "[") || !elements.empty()) &&
                        (vocabulary_.term(inside, 0).kinds & kProtocolTerm) == 0;
  if (footnote && !elements.empty() && elements.back().is_range) {
    return next;
  }
  if (is_mark(atoms[at], "[") && is_mark(inside[0], "^")) {
    return next;  // "[^1]", a footnote of Markdown
  }
  PortCellReader reader(vocabulary_, text_);
  reader.read(inside, depth + 1);
  const bool has_ports =
      std::any_of(reader.elements.begin(), reader.elements.end(), [](const Element& e) { return e.is_range; });
  const bool behind_port = !elements.empty() && elements.back().is_range && !new_item_;
  if (has_ports && behind_port) {
    const auto told = [&](const Element& inner) {
      return !inner.is_range || std::any_of(elements.begin(), elements.end(), [&](const Element& outer) {
        return outer.is_range && outer.range == inner.range;
      });
    };
    // "(100 ports)" says how many there are.
    const bool count = is_number(inside, 0) && inside.size() > 1 && inside[1].kind == Atom::Kind::word &&
                       (vocabulary_.term(inside, 1).kinds & kPortTerm) != 0;
    const bool in_words =
        count || reader.unknown_words || std::all_of(reader.elements.begin(), reader.elements.end(), told);
    if (!in_words) {
      problem(text_between(text_, atoms, at, next), "ports in brackets behind ports: write them as a list");
    }
    for (Element& element : reader.elements) {
      if (in_words && !element.is_range && element.by_name) {
        element.new_item = false;
        elements.push_back(std::move(element));  // "443 (TCP 443)"
      }
    }
    unknown_words = unknown_words || reader.unknown_words;
    return next;
  }
  if (has_ports) {
    problems.insert(problems.end(), reader.problems.begin(), reader.problems.end());
  }
  for (Element& element : reader.elements) {
    if (element.is_range || !element.protocols.empty()) {
      element.new_item = false;
      elements.push_back(std::move(element));
    }
  }
  unknown_words = unknown_words || reader.unknown_words;
  had_words = had_words || reader.had_words;
  any = any || (reader.any && !reader.unknown_words);
  return next;
}

void PortCellReader::read(Atoms atoms, int depth) {
  for (std::size_t at = 0; at < atoms.size();) {
    const Atom& atom = atoms[at];
    if (depth == 0 && new_item_ && atom.kind == Atom::Kind::word) {
      std::size_t end = at;
      bool open = true;
      while (open && end < atoms.size() && atoms[end].kind == Atom::Kind::word) {
        const TermMatch match = vocabulary_.term(atoms, end);
        open = (match.kinds & kOpenTerm) != 0 || (end > at && (match.kinds & kPortTerm) != 0);
        end += std::max<std::size_t>(match.atoms, 1);
      }
      if (open && (end == atoms.size() || atoms[end].kind == Atom::Kind::newline || is_mark(atoms[end], ",;&|+/"))) {
        open_items.emplace_back(text_between(text_, atoms, at, end));
      }
    }
    switch (atom.kind) {
      case Atom::Kind::newline:
        new_item_ = true;
        anchored_ = true;
        ++at;
        break;
      case Atom::Kind::number:
        at = number_at(atoms, at);
        break;
      case Atom::Kind::word:
        at = word_at(atoms, at);
        break;
      case Atom::Kind::punctuation:
        if (is_mark(atom, "([{")) {
          at = bracket_at(atoms, at, depth);
          break;
        }
        if (is_mark(atom, ",;&|+")) {
          new_item_ = true;
        } else if (is_mark(atom, ">") || atom.text == "\u2265") {
          const bool or_equal = atom.text != ">" || is_mark(atoms, at + 1, "=");
          std::size_t number = at + 1 + (atom.text == ">" && or_equal ? 1 : 0);
          greater_ = is_number(atoms, number) && !or_equal;
          if (is_number(atoms, number) && or_equal) {
            const NumberRead read = read_number(vocabulary_, atoms, number);
            range_element(read.value, std::max(read.value, kLastPort),
                          text_between(text_, atoms, at, number + read.atoms));
            number += read.atoms;
          }
          at = std::max(number, at + 1);
          break;
        } else if (is_mark(atom, "<%$") || atom.text == "\u2264") {
          unknown_words = true;
          anchored_ = false;
        }
        ++at;
        break;
    }
  }
}

/// Shares out the protocols of a cell to its ports.
///
/// A cell that starts with a protocol puts it before its ports ("TCP 80, 443; UDP 53"); one that starts with a port
/// puts it behind them ("80, 443 (TCP)", "1194/UDP").
std::vector<PortGroup> group_elements(const std::vector<Element>& elements, std::vector<CellProblem>& problems,
                                      const Vocabulary& vocabulary) {
  std::vector<std::pair<std::size_t, PortGroup>> placed;  // with the element that each starts at
  std::vector<Element> rest;
  std::vector<std::size_t> place_of_rest;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.alone) {
      PortGroup group;
      group.protocols = element.protocols;
      group.by_name = true;
      group.icmp = element.icmp;
      placed.emplace_back(i, std::move(group));
    } else {
      rest.push_back(element);
      place_of_rest.push_back(i);
    }
  }
  // Runs of ports and of protocols in turn.
  struct Run {
    bool ports;
    std::size_t begin, end;
  };
  std::vector<Run> runs;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (!runs.empty() && runs.back().ports == rest[i].is_range) {
      runs.back().end = i + 1;
    } else {
      runs.push_back({rest[i].is_range, i, i + 1});
    }
  }
  const auto protocols_of = [&](std::size_t begin, std::size_t end, PortGroup& group) {
    for (const bool by_name : {true, false}) {
      for (std::size_t i = begin; i < end; ++i) {
        if (rest[i].by_name == by_name) {
          for (const std::int16_t protocol : rest[i].protocols) {
            add_once(group.protocols, protocol);
          }
        }
      }
      if (!group.protocols.empty()) {
        group.by_name = by_name;
        return;
      }
    }
  };
  const bool protocols_first = !runs.empty() && !runs[0].ports;
  if (!protocols_first) {
    // "1194/UDP, TCP 443": a run of protocols between ports is cut where a new item starts.
    for (std::size_t r = 1; r + 1 < runs.size(); ++r) {
      if (runs[r].ports || runs[r].end - runs[r].begin < 2 || r + 2 < runs.size()) {
        continue;
      }
      for (std::size_t i = runs[r].begin + 1; i < runs[r].end; ++i) {
        if (rest[i].new_item) {
          const std::size_t end = runs[r].end;
          runs[r].end = i;
          runs.insert(runs.begin() + static_cast<std::ptrdiff_t>(r) + 1, {false, i, end});
          break;
        }
      }
    }
  }
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (!runs[r].ports) {
      const bool used = protocols_first ? r + 1 < runs.size() && runs[r + 1].ports
                                        : (r > 0 && runs[r - 1].ports) || (r + 1 < runs.size() && runs[r + 1].ports);
      bool by_name = false;
      for (std::size_t i = runs[r].begin; i < runs[r].end; ++i) {
        by_name = by_name || rest[i].by_name;
      }
      if (!used && by_name && runs.size() > 1) {
        const ProtocolInfo* info = vocabulary.protocol(rest[runs[r].begin].protocols[0]);
        problems.push_back(
            {info == nullptr ? std::string() : info->name, "a protocol without a port beside others with ports"});
      }
      continue;
    }
    PortGroup group;
    for (std::size_t i = runs[r].begin; i < runs[r].end; ++i) {
      group.ranges.push_back(rest[i].range);
    }
    const bool before = r > 0 && !runs[r - 1].ports;
    const bool behind = r + 1 < runs.size() && !runs[r + 1].ports;
    // Two runs of protocols in a row come from the cut above: the second belongs to the ports behind it.
    const bool own_before = before && (protocols_first || (r >= 2 && !runs[r - 2].ports));
    if (own_before) {
      protocols_of(runs[r - 1].begin, runs[r - 1].end, group);
    } else if (!protocols_first && behind) {
      protocols_of(runs[r + 1].begin, runs[r + 1].end, group);
    }
    placed.emplace_back(place_of_rest[runs[r].begin], std::move(group));
  }
  if (runs.size() == 1 && !runs[0].ports) {
    PortGroup group;
    protocols_of(runs[0].begin, runs[0].end, group);
    placed.emplace_back(place_of_rest[runs[0].begin], std::move(group));
  }
  // As the cell has them: a protocol without ports may stand between others.
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<PortGroup> groups;
  for (auto& [place, group] : placed) {
    groups.push_back(std::move(group));
  }
  return groups;
}

/// Words of a folded cell as they stand in the cell itself, where they can be found there.
std::string original_words(std::string_view cell, const std::string& folded) {
  if (cell.size() > kLongestShownCell) {
    return shorten(folded, kLongestShownCell);
  }
  const std::string original = collapse(cell);
  const std::string lower = collapse(fold_cell(original));
  const std::size_t at = lower.find(folded);
  return at != std::string::npos && lower.size() == original.size() ? original.substr(at, folded.size()) : folded;
}

/// Nothing but punctuation and line breaks: a blank cell, or a dash.
bool only_marks(const std::vector<Atom>& atoms) {
  return std::all_of(atoms.begin(), atoms.end(), [](const Atom& atom) {
    return atom.kind == Atom::Kind::newline || atom.kind == Atom::Kind::punctuation;
  });
}

}  // namespace

PortCell read_port_cell(const Vocabulary& vocabulary, std::string_view cell) {
  PortCell read;
  const std::string text = join_plurals(fold_cell(cell));
  const std::string trimmed = collapse(text);
  if (trimmed == "*") {
    read.any = true;
    return read;
  }
  const std::vector<Atom> atoms = split_atoms(text);
  if (only_marks(atoms)) {
    read.none = trimmed.find_first_of("-/") != std::string::npos;
    read.blank = !read.none;
    return read;
  }
  const std::uint32_t whole = vocabulary.whole(trimmed);
  if ((whole & kNoneTerm) != 0) {
    read.none = true;
    return read;
  }
  if ((whole & kAsAboveTerm) != 0) {
    read.as_above = true;
    return read;
  }
  if (trimmed == "-1") {  // cloud vendors' interfaces say so for every port
    read.any = true;
    return read;
  }
  PortCellReader reader(vocabulary, text);
  reader.read(atoms, 0);
  read.problems = std::move(reader.problems);
  for (CellProblem& problem : read.problems) {
    problem.text = original_words(cell, problem.text);
  }
  const bool has_ports =
      std::any_of(reader.elements.begin(), reader.elements.end(), [](const Element& e) { return e.is_range; });
  if (has_ports) {
    for (const std::string& words : reader.open_items) {
      read.problems.push_back({original_words(cell, words), "this part of the list settles no port"});
    }
  }
  if (!has_ports && reader.any && !reader.unknown_words) {
    read.any = true;
    Element element;
    element.is_range = true;
    element.range = {0, static_cast<std::uint16_t>(kLastPort)};
    reader.elements.push_back(std::move(element));
    // "TCP any" and "any TCP" are the same.
    std::stable_partition(reader.elements.begin(), reader.elements.end(), [](const Element& e) { return !e.is_range; });
  }
  read.groups = group_elements(reader.elements, read.problems, vocabulary);
  if (reader.unknown_words) {
    read.remark = collapse(cell);
  }
  if (!has_ports && !read.any && read.problems.empty() &&
      std::all_of(read.groups.begin(), read.groups.end(), [](const PortGroup& g) { return !g.by_name; })) {
    read.groups.clear();
  }
  return read;
}

std::vector<IcmpMessage> read_icmp_messages(const Vocabulary& vocabulary, std::string_view cell, int family,
                                            bool bare_numbers) {
  const std::string text = fold_cell(cell);
  const std::vector<Atom> atoms = split_atoms(text);
  std::vector<IcmpMessage> numbers;
  std::vector<IcmpMessage> names;
  bool type_word = false;
  bool code_word = false;
  for (std::size_t at = 0; at < atoms.size();) {
    if (atoms[at].kind == Atom::Kind::number) {
      const unsigned value = value_of(atoms[at].text);
      const bool code_follows =
          is_mark(atoms, at + 1, "/:.") && is_number(atoms, at + 2) && value_of(atoms[at + 2].text) <= 255;
      if (code_word && !numbers.empty() && value <= 255) {
        numbers.back().code = static_cast<std::int16_t>(value);
        code_word = false;
        type_word = false;
      } else if ((bare_numbers || type_word || (code_follows && is_mark(atoms, at + 1, "/"))) && value <= 255) {
        IcmpMessage message{static_cast<std::uint8_t>(value), -1};
        if (code_follows) {
          message.code = static_cast<std::int16_t>(value_of(atoms[at + 2].text));
          at += 2;
        }
        numbers.push_back(message);
      }
      ++at;
      continue;
    }
    if (atoms[at].kind != Atom::Kind::word) {
      ++at;
      continue;
    }
    const TermMatch match = vocabulary.term(atoms, at);
    if ((match.kinds & kIcmpNameTerm) != 0 && (match.kinds & kProtocolTerm) == 0) {
      const IcmpName& name = vocabulary.icmp_name(match.icmp_name);
      const int type = family == 6 ? name.v6 : name.v4;
      if (type >= 0) {
        names.push_back({static_cast<std::uint8_t>(type), static_cast<std::int16_t>(family == 6 ? -1 : name.v4_code)});
      }
    } else if ((match.kinds & (kIcmpNameTerm | kProtocolTerm)) == (kIcmpNameTerm | kProtocolTerm)) {
      // "ping": the protocol and the message in one word.
      const IcmpName& name = vocabulary.icmp_name(match.icmp_name);
      names.push_back({static_cast<std::uint8_t>(family == 6 ? name.v6 : name.v4), -1});
    }
    type_word = type_word || (match.kinds & kTypeTerm) != 0;
    code_word = code_word || (match.kinds & kCodeTerm) != 0;
    at += std::max<std::size_t>(match.atoms, 1);
  }
  return numbers.empty() ? names : numbers;
}

namespace {

/// Protocols named in a stretch of a protocol cell, without regard to what stands around it.
struct ProtocolWords {
  std::vector<std::int16_t> named;         // IP protocols
  std::vector<std::int16_t> applications;  // transports of applications
  bool ambiguous = false;
  bool any = false;
  bool unknown = false;
};

class ProtocolCellReader {
 public:
  ProtocolCellReader(const Vocabulary& vocabulary, std::string_view text) : vocabulary_(vocabulary), text_(text) {}

  void read(Atoms atoms, int depth);

  std::vector<std::int16_t> protocols;
  bool by_name = false;
  bool any = false;
  bool ambiguous = false;
  std::size_t unknown_items = 0;
  std::string note;
  std::vector<CellProblem> problems;

 private:
  std::size_t words_at(Atoms atoms, std::size_t at, ProtocolWords& words);
  void close_item(Atoms atoms, std::size_t begin, std::size_t end, int depth);
  bool abbreviated(std::size_t end, int depth);
  void problem(std::string_view words, std::string reason) {
    if (problems.size() < kMostProblems) {
      problems.push_back({collapse(words), std::move(reason)});
    }
  }
  void add_note(std::string_view words) {
    const std::string text = collapse(words);
    if (!text.empty()) {
      note += (note.empty() ? "" : " ") + text;
    }
  }

  const Vocabulary& vocabulary_;
  std::string_view text_;
  /// A bracket of the text, and how many atoms outside of brackets stand before it.
  struct Bracket {
    Atoms inside;
    std::size_t place;
  };
  std::vector<Bracket> brackets_;
};

std::size_t ProtocolCellReader::words_at(Atoms atoms, std::size_t at, ProtocolWords& words) {
  if (atoms[at].kind == Atom::Kind::number) {
    const unsigned value = value_of(atoms[at].text);
    const bool alone = words.named.empty() && words.applications.empty() && !words.unknown && !words.ambiguous;
    if (alone && value <= 255 && vocabulary_.protocol(static_cast<std::int16_t>(value)) != nullptr) {
      words.any = false;  // "IP 50"
      add_once(words.named, static_cast<std::int16_t>(value));
    }
    return at + 1;
  }
  if (atoms[at].kind != Atom::Kind::word) {
    return at + 1;
  }
  const TermMatch match = vocabulary_.term(atoms, at);
  const std::size_t next = at + std::max<std::size_t>(match.atoms, 1);
  if ((match.kinds & kProtocolTerm) != 0) {
    add_once(words.named, match.protocol);
  } else if ((match.kinds & kApplicationTerm) != 0) {
    for (const std::int16_t protocol : match.application) {
      add_once(words.applications, protocol);
    }
  } else if ((match.kinds & kAmbiguousTerm) != 0) {
    words.ambiguous = true;
  } else if ((match.kinds & (kAnyTerm | kIpTerm)) != 0) {
    words.any = true;
  } else if ((match.kinds &
              (kNumberWordTerm | kPortTerm | kFillerTerm | kAndTerm | kTypeTerm | kCodeTerm | kIcmpNameTerm)) == 0) {
    words.unknown = true;
  }
  return next;
}

/// "Remoteprozeduraufruf (RPC)": words that are not known, settled by the abbreviation right behind them, which ends
/// at the atom `end`.
bool ProtocolCellReader::abbreviated(std::size_t end, int depth) {
  const auto bracket =
      std::find_if(brackets_.begin(), brackets_.end(), [&](const Bracket& b) { return b.place == end; });
  if (bracket == brackets_.end() || depth >= kDeepestBracket) {
    return false;
  }
  ProtocolCellReader reader(vocabulary_, text_);
  reader.read(bracket->inside, depth + 1);
  if (reader.protocols.empty() || !reader.problems.empty() || !reader.note.empty()) {
    return false;
  }
  for (const std::int16_t protocol : reader.protocols) {
    add_once(protocols, protocol);
  }
  by_name = by_name || reader.by_name;
  return true;
}

void ProtocolCellReader::close_item(Atoms atoms, std::size_t begin, std::size_t end, int depth) {
  if (begin >= end) {
    return;
  }
  // Parts between slashes, each on its own; what follows a spaced dash is a note.
  ProtocolWords item;
  std::vector<std::pair<std::string_view, ProtocolWords>> parts;
  std::size_t part_begin = begin;
  ProtocolWords part;
  std::size_t stop = end;
  const auto close_part = [&](std::size_t part_end) {
    if (part_begin < part_end) {
      parts.emplace_back(text_between(text_, atoms, part_begin, part_end), part);
      for (const std::int16_t p : part.named) add_once(item.named, p);
      for (const std::int16_t p : part.applications) add_once(item.applications, p);
      item.ambiguous = item.ambiguous || part.ambiguous;
      item.any = item.any || part.any;
      item.unknown = item.unknown || part.unknown;
    }
    part = {};
  };
  for (std::size_t at = begin; at < end;) {
    if (is_mark(atoms[at], "-:") && (atoms[at].space_before || is_mark(atoms[at], ":")) && at + 1 < end &&
        atoms[at + 1].space_before) {
      stop = at;
      break;
    }
    if (is_mark(atoms[at], "/\\") && !(part.any && is_number(atoms, at + 1))) {
      close_part(at);
      part_begin = at + 1;
      ++at;
      continue;
    }
    at = words_at(atoms, at, part);
  }
  close_part(stop);
  const bool known = !item.named.empty() || !item.applications.empty() || item.any || item.ambiguous;
  if (!known) {
    if (item.unknown && !abbreviated(end, depth)) {
      ++unknown_items;
      problem(text_between(text_, atoms, begin, end), "names no IP protocol");
    }
    return;
  }
  bool unknown_beside = false;
  for (const auto& [words, meaning] : parts) {
    const bool part_known = !meaning.named.empty() || !meaning.applications.empty() || meaning.any || meaning.ambiguous;
    if (!part_known && meaning.unknown) {
      problem(words, "names no IP protocol");
    } else {
      unknown_beside = unknown_beside || meaning.unknown;
    }
  }
  if (unknown_beside) {
    add_note(text_between(text_, atoms, begin, stop));
  }
  if (stop + 1 < end) {
    add_note(text_between(text_, atoms, stop + 1, end));
  }
  const std::vector<std::int16_t>& found = item.named.empty() ? item.applications : item.named;
  for (const std::int16_t protocol : found) {
    add_once(protocols, protocol);
  }
  by_name = by_name || !item.named.empty();
  any = any || (found.empty() && item.any);
  ambiguous = ambiguous || item.ambiguous;
}

void ProtocolCellReader::read(Atoms atoms, int depth) {
  std::vector<Atom> outside;
  for (std::size_t at = 0; at < atoms.size();) {
    if (is_mark(atoms[at], "([{")) {
      const std::size_t close = closing(atoms, at);
      brackets_.push_back({atoms.subspan(at + 1, close - at - 1), outside.size()});
      at = std::min(close + 1, atoms.size());
    } else {
      outside.push_back(atoms[at]);
      ++at;
    }
  }
  std::size_t begin = 0;
  bool in_note = false;
  for (std::size_t at = 0; at <= outside.size(); ++at) {
    bool border =
        at == outside.size() || outside[at].kind == Atom::Kind::newline || (!in_note && is_mark(outside[at], ",;&+|"));
    if (at < outside.size() && outside[at].kind == Atom::Kind::newline) {
      in_note = false;
    }
    if (at < outside.size() && !in_note && is_mark(outside[at], "-") && outside[at].space_before &&
        at + 1 < outside.size() && outside[at + 1].space_before) {
      in_note = true;  // commas and "and" of a note separate no protocols
    }
    std::size_t length = 1;
    if (!border && !in_note && outside[at].kind == Atom::Kind::word) {
      const TermMatch match = vocabulary_.term(outside, at);
      border = (match.kinds & kAndTerm) != 0 && (match.kinds & (kProtocolTerm | kApplicationTerm)) == 0;
      length = std::max<std::size_t>(match.atoms, 1);
    }
    if (border) {
      close_item(outside, begin, at, depth);
      begin = at + length;
    }
    at += length - 1;
  }
  const bool outside_by_name = by_name;
  const std::vector<std::int16_t> outside_protocols = protocols;
  if (depth >= kDeepestBracket) {
    return;
  }
  for (const auto& [inside, place] : brackets_) {
    if (inside.empty()) {
      continue;
    }
    ProtocolCellReader reader(vocabulary_, text_);
    reader.read(inside, depth + 1);
    if (reader.by_name && !outside_by_name) {
      // "DNS (UDP)": the protocol named in brackets settles it.
      if (!by_name) {
        protocols.clear();
      }
      by_name = true;
      for (const std::int16_t protocol : reader.protocols) {
        add_once(protocols, protocol);
      }
      continue;
    }
    if (reader.by_name) {
      const bool told = std::all_of(reader.protocols.begin(), reader.protocols.end(), [&](std::int16_t p) {
        return std::find(outside_protocols.begin(), outside_protocols.end(), p) != outside_protocols.end();
      });
      if (!told) {
        problem(text_between(text_, inside, 0, inside.size()),
                "a protocol in brackets beside another: write both as a list");
      }
    } else if (outside_protocols.empty() && !reader.protocols.empty()) {
      for (const std::int16_t protocol : reader.protocols) {
        add_once(protocols, protocol);
      }
      continue;
    }
    if (reader.unknown_items > 0 || !reader.note.empty()) {
      add_note(text_between(text_, inside, 0, inside.size()));
    }
  }
}

}  // namespace

ProtocolCell read_protocol_cell(const Vocabulary& vocabulary, std::string_view cell) {
  ProtocolCell read;
  const std::string text = join_plurals(fold_cell(cell));
  const std::string trimmed = collapse(text);
  const std::vector<Atom> atoms = split_atoms(text);
  if (trimmed == "*" || trimmed == "-1") {
    read.protocols = {Protocol::kAny};
    read.by_name = true;
    return read;
  }
  if (only_marks(atoms)) {
    read.none = trimmed.find_first_of("-/") != std::string::npos;
    read.blank = !read.none;
    return read;
  }
  const std::uint32_t whole = vocabulary.whole(trimmed);
  if ((whole & kNoneTerm) != 0) {
    read.none = true;
    return read;
  }
  if ((whole & kAsAboveTerm) != 0) {
    read.as_above = true;
    return read;
  }
  ProtocolCellReader reader(vocabulary, text);
  reader.read(atoms, 0);
  read.protocols = reader.protocols;
  read.by_name = reader.by_name;
  read.note = original_words(cell, reader.note);
  read.problems = reader.problems;
  for (CellProblem& problem : read.problems) {
    problem.text = original_words(cell, problem.text);
  }
  if (read.protocols.empty() && reader.any) {
    read.protocols = {Protocol::kAny};
    read.by_name = true;
  }
  if (read.protocols.empty()) {
    if (read.problems.empty()) {
      read.problems.push_back({collapse(cell), reader.ambiguous
                                                   ? "names an application that is in use over several IP protocols"
                                                   : "names no IP protocol"});
    }
    return read;
  }
  if (text.find('\n') != std::string::npos) {
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= atoms.size(); ++at) {
      if (at < atoms.size() && atoms[at].kind != Atom::Kind::newline) {
        continue;
      }
      if (begin < at) {
        ProtocolCellReader line(vocabulary, text);
        line.read(Atoms(atoms).subspan(begin, at - begin), 0);
        read.lines.push_back(line.protocols);
      }
      begin = at + 1;
    }
    if (std::any_of(read.lines.begin(), read.lines.end(), [](const auto& line) { return line.empty(); })) {
      read.lines.clear();
    }
  }
  for (const std::int16_t protocol : read.protocols) {
    const ProtocolInfo* info = vocabulary.protocol(protocol);
    if (info != nullptr && info->icmp != 0) {
      const std::vector<IcmpMessage> messages = read_icmp_messages(vocabulary, cell, info->icmp, false);
      read.icmp.insert(read.icmp.end(), messages.begin(), messages.end());
    }
  }
  return read;
}

}  // namespace portcullis::spec
