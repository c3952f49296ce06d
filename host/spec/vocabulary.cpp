#include "spec/vocabulary.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace portcullis::spec {

namespace {

/// Words of a text without its punctuation, one space between them: how whole cells are compared.
std::string key_of(std::string_view folded) {
  std::string key;
  for (const Atom& atom : split_atoms(folded)) {
    if (atom.kind == Atom::Kind::word || atom.kind == Atom::Kind::number) {
      if (!key.empty()) {
        key += ' ';
      }
      key += atom.text;
    }
  }
  return key.empty() ? collapse(folded) : key;
}

std::string phrase_key(std::string_view phrase) { return key_of(fold_cell(phrase)); }

constexpr std::array<std::pair<const char*, Column>, 16> kColumnNames{{{"port", Column::port},
                                                                       {"source_port", Column::source_port},
                                                                       {"client_port", Column::client_port},
                                                                       {"first_port", Column::first_port},
                                                                       {"last_port", Column::last_port},
                                                                       {"protocol", Column::protocol},
                                                                       {"transport", Column::transport},
                                                                       {"role", Column::role},
                                                                       {"service", Column::service},
                                                                       {"notes", Column::notes},
                                                                       {"direction", Column::direction},
                                                                       {"source", Column::source},
                                                                       {"destination", Column::destination},
                                                                       {"peer", Column::peer},
                                                                       {"action", Column::action},
                                                                       {"ignored", Column::ignored}}};

constexpr std::array<std::pair<const char*, Direction>, 3> kDirectionNames{
    {{"to", Direction::to}, {"from", Direction::from}, {"both", Direction::both}}};

constexpr std::uint32_t bit(Column column) { return 1U << static_cast<unsigned>(column); }

/// Header cells longer than this are prose, not headers (bytes).
constexpr std::size_t kLongestHeaderCell = 160;

}  // namespace

const Vocabulary& Vocabulary::built_in() {
  static const Vocabulary vocabulary(built_in_vocabulary_text());
  return vocabulary;
}

Vocabulary::Node& Vocabulary::node_of(std::string_view phrase) {
  std::uint32_t node = 0;
  const std::string key = phrase_key(phrase);
  for (const Atom& atom : split_atoms(key)) {
    const auto found = nodes_[node].next.find(atom.text);
    if (found != nodes_[node].next.end()) {
      node = found->second;
      continue;
    }
    const auto fresh = static_cast<std::uint32_t>(nodes_.size());
    nodes_[node].next.emplace(std::string(atom.text), fresh);
    nodes_.emplace_back();
    node = fresh;
  }
  return nodes_[node];
}

Vocabulary::Vocabulary(std::string_view yaml) {
  nodes_.emplace_back();
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    const auto list_of = [&](const YAML::Node& map, const char* name) {
      return map.IsDefined() && map.IsMap() ? map[name] : YAML::Node(YAML::NodeType::Undefined);
    };
    const auto words = [&](const YAML::Node& list, const auto& take) {
      if (!list.IsDefined()) {
        return;  // a vocabulary need not have every list
      }
      for (const YAML::Node& word : list) {
        take(word.Scalar());
      }
    };
    for (const auto& [name, column] : kColumnNames) {
      const YAML::Node lists = list_of(list_of(root, "columns"), name);
      words(list_of(lists, "words"), [&, c = column](const std::string& word) {
        node_of(word).columns |= bit(c);
        whole_headers_.emplace(phrase_key(word), c);
      });
      words(list_of(lists, "only"), [&, c = column](const std::string& word) { whole_headers_[phrase_key(word)] = c; });
    }
    header_nodes_.emplace_back();
    for (const auto& [header, column] : whole_headers_) {
      std::uint32_t node = 0;
      for (std::size_t at = 0; at < header.size(); ++at) {
        const char c = header[at];
        if (c == ' ' && (header[at - 1] < 0 || header[at + 1] < 0)) {
          continue;  // no spaces around ideographs
        }
        const auto [next, fresh] =
            header_nodes_[node].next.try_emplace(c, static_cast<std::uint32_t>(header_nodes_.size()));
        node = next->second;
        if (fresh) {
          header_nodes_.emplace_back();
        }
      }
      header_nodes_[node].ends = header.size() > 1;
    }
    for (const YAML::Node& entry : root["protocols"]) {
      ProtocolInfo info;
      info.name = entry["name"].as<std::string>();
      info.number = entry["number"].as<std::int16_t>();
      info.has_ports = entry["ports"] && entry["ports"].as<bool>();
      info.icmp = entry["icmp"] ? entry["icmp"].as<int>() : 0;
      words(entry["words"], [&](const std::string& word) {
        Node& node = node_of(word);
        node.terms |= kProtocolTerm;
        node.protocol = info.number;
      });
      protocols_[info.number] = info;
    }
    for (const auto& [name, number] : {std::pair<const char*, std::int16_t>{"tcp", 6}, {"udp", 17}}) {
      words(list_of(list_of(root, "applications"), name), [&, n = number](const std::string& word) {
        Node& node = node_of(word);
        node.terms |= kApplicationTerm;
        node.application.push_back(n);
      });
    }
    const std::array<std::pair<const char*, Term>, 15> lists{{{"ambiguous_applications", kAmbiguousTerm},
                                                              {"any", kAnyTerm},
                                                              {"ip", kIpTerm},
                                                              {"none", kNoneTerm},
                                                              {"as_above", kAsAboveTerm},
                                                              {"and", kAndTerm},
                                                              {"range", kRangeTerm},
                                                              {"between", kBetweenTerm},
                                                              {"above", kAboveTerm},
                                                              {"greater", kGreaterTerm},
                                                              {"port_words", kPortTerm},
                                                              {"open_ports", kOpenTerm},
                                                              {"fillers", kFillerTerm},
                                                              {"protocol_number_words", kNumberWordTerm},
                                                              {"icmp_type_words", kTypeTerm}}};
    for (const auto& [name, term] : lists) {
      words(root[name], [&, t = term](const std::string& word) { node_of(word).terms |= t; });
    }
    words(root["icmp_code_words"], [&](const std::string& word) { node_of(word).terms |= kCodeTerm; });
    for (const YAML::Node& entry : root["icmp"]) {
      IcmpName name;
      name.v4 = entry["v4"].as<int>();
      name.v6 = entry["v6"].as<int>();
      name.v4_code = entry["v4_code"] ? entry["v4_code"].as<int>() : -1;
      words(entry["words"], [&](const std::string& word) {
        Node& node = node_of(word);
        node.terms |= kIcmpNameTerm;
        node.icmp_name = icmp_names_.size();
      });
      icmp_names_.push_back(name);
    }
    for (const auto& [name, direction] : kDirectionNames) {
      words(list_of(list_of(root, "directions"), name),
            [&, d = direction](const std::string& word) { directions_.emplace(phrase_key(word), d); });
      words(list_of(list_of(root, "direction_headings"), name),
            [&, d = direction](const std::string& word) { node_of(word).direction = static_cast<std::uint8_t>(d); });
    }
    const std::array<std::pair<const char*, std::unordered_set<std::string>*>, 5> sets{
        {{"permit", &permit_},
         {"yes", &yes_},
         {"no", &no_},
         {"generic_heading_words", &generic_words_},
         {"box_labels", &box_labels_}}};
    for (const auto& [name, set] : sets) {
      words(root[name], [&, s = set](const std::string& word) { s->insert(phrase_key(word)); });
    }
    for (const YAML::Node& port : root["usual_ports"]) {
      usual_ports_.insert(port.as<unsigned>());
    }
  } catch (const YAML::Exception& error) {
    throw std::runtime_error(
        fmt::format("vocabulary:{}:{}: {}", error.mark.line + 1, error.mark.column + 1, error.msg));
  }
}

const Vocabulary::Node* Vocabulary::longest(std::span<const Atom> atoms, std::size_t at, std::size_t& length,
                                            bool (*accept)(const Node&)) const {
  const Node* best = nullptr;
  const Node* node = nodes_.data();
  std::size_t i = at;
  while (i < atoms.size()) {
    const auto found = node->next.find(atoms[i].text);
    if (found == node->next.end()) {
      break;
    }
    node = &nodes_[found->second];
    ++i;
    if (accept(*node)) {
      best = node;
      length = i - at;
    }
    // Within a phrase, "nat-t" and "http/2" are as good as "nat t".
    if (i + 1 < atoms.size() && atoms[i].kind == Atom::Kind::punctuation && atoms[i].text.size() == 1 &&
        std::string_view("-_./'+").find(atoms[i].text[0]) != std::string_view::npos) {
      ++i;
    }
  }
  return best;
}

TermMatch Vocabulary::term(std::span<const Atom> atoms, std::size_t at) const {
  TermMatch match;
  const Node* node = longest(atoms, at, match.atoms, [](const Node& n) { return n.terms != 0; });
  if (node == nullptr) {
    match.atoms = 0;
    return match;
  }
  match.kinds = node->terms;
  match.protocol = node->protocol;
  match.application = node->application;
  match.icmp_name = node->icmp_name;
  return match;
}

std::uint32_t Vocabulary::whole(std::string_view folded) const {
  const std::string key = key_of(folded);
  const std::vector<Atom> atoms = split_atoms(key);
  const TermMatch match = term(atoms, 0);
  return match.atoms == atoms.size() ? match.kinds : 0;
}

const ProtocolInfo* Vocabulary::protocol(std::int16_t number) const {
  const auto found = protocols_.find(number);
  return found == protocols_.end() ? nullptr : &found->second;
}

HeaderMeaning Vocabulary::composed(std::string_view folded) const {
  HeaderMeaning meaning;
  const std::vector<Atom> atoms = split_atoms(folded);
  std::uint32_t columns = 0;
  bool notes_after_port = false;
  bool separated = false;
  std::size_t other_words = 0;
  std::vector<Direction> directions;
  for (std::size_t at = 0; at < atoms.size();) {
    std::size_t length = 0;
    const Node* node = longest(atoms, at, length, [](const Node& n) { return n.columns != 0; });
    std::size_t term_length = 0;
    const Node* protocol =
        longest(atoms, at, term_length, [](const Node& n) { return (n.terms & kProtocolTerm) != 0; });
    std::size_t direction_length = 0;
    const Node* direction = longest(atoms, at, direction_length, [](const Node& n) { return n.direction != 0; });
    if (node != nullptr && length >= term_length) {
      if ((node->columns & bit(Column::notes)) != 0 && (columns & bit(Column::port)) != 0 && !separated) {
        notes_after_port = true;
      }
      columns |= node->columns;
      separated = false;
      at += length;
      continue;
    }
    if (protocol != nullptr) {
      meaning.protocols.push_back(protocol->protocol);
      at += term_length;
      continue;
    }
    if (direction != nullptr) {
      directions.push_back(static_cast<Direction>(direction->direction));
      at += direction_length;
      continue;
    }
    if (atoms[at].kind == Atom::Kind::punctuation || (at < atoms.size() && whole(atoms[at].text) & kAndTerm)) {
      separated = true;
    } else if (atoms[at].kind == Atom::Kind::word) {
      ++other_words;
    }
    ++at;
  }
  std::sort(meaning.protocols.begin(), meaning.protocols.end());
  meaning.protocols.erase(std::unique(meaning.protocols.begin(), meaning.protocols.end()), meaning.protocols.end());
  if (directions.size() == 1) {
    meaning.direction = directions[0];
  }
  const auto has = [&](Column column) { return (columns & bit(column)) != 0; };
  const bool port = has(Column::port);
  meaning.with_protocol = port && (has(Column::protocol) || has(Column::transport));
  if (has(Column::ignored)) {
    meaning.column = Column::ignored;
  } else if (has(Column::source_port) || (port && has(Column::source) && !has(Column::destination))) {
    meaning.column = Column::source_port;
  } else if (has(Column::first_port) != has(Column::last_port) && !notes_after_port) {
    meaning.column = has(Column::first_port) ? Column::first_port : Column::last_port;
  } else if (port || has(Column::first_port)) {
    meaning.column = notes_after_port ? Column::notes : Column::port;
  } else if (has(Column::source) && has(Column::destination)) {
    meaning.column = Column::peer;
  } else if (has(Column::transport)) {
    meaning.column = Column::transport;
  } else if (has(Column::protocol)) {
    meaning.column = has(Column::role)                                    ? Column::role
                     : has(Column::service) && !meaning.protocols.empty() ? Column::transport
                                                                          : Column::protocol;
  } else if (has(Column::source)) {
    meaning.column = Column::source;
  } else if (has(Column::destination)) {
    meaning.column = Column::destination;
  } else if (has(Column::peer)) {
    meaning.column = Column::peer;
  } else if (has(Column::direction)) {
    meaning.column = Column::direction;
  } else if (has(Column::action)) {
    meaning.column = Column::action;
  } else if (has(Column::role)) {
    meaning.column = Column::role;
  } else if (has(Column::service)) {
    meaning.column = Column::service;
  } else if (has(Column::notes)) {
    meaning.column = Column::notes;
  } else if (meaning.protocols.size() > 1 && other_words == 0) {
    meaning.column = Column::transport;  // "TCP or UDP"
  } else if (meaning.protocols.size() == 1 && other_words == 0) {
    meaning.column = Column::protocol_flag;
  } else if (directions.size() > 1) {
    meaning.column = Column::direction;  // "Inbound/Outbound"
  }
  return meaning;
}

Column Vocabulary::whole_header(std::string_view text) const {
  const auto found = whole_headers_.find(key_of(join_plurals(collapse(fold_cell(text)))));
  return found == whole_headers_.end() ? Column::none : found->second;
}

HeaderMeaning Vocabulary::header(std::string_view cell) const {
  HeaderMeaning meaning;
  if (cell.size() > kLongestHeaderCell) {
    return meaning;
  }
  const std::string folded = join_plurals(collapse(fold_cell(cell)));
  const auto whole_header = [&](std::string_view text) {
    const auto found = whole_headers_.find(key_of(text));
    return found == whole_headers_.end() ? Column::none : found->second;
  };
  meaning.column = whole_header(folded);
  if (meaning.column != Column::none) {
    meaning.exact = true;
    if (meaning.column == Column::port || meaning.column == Column::first_port) {
      const HeaderMeaning words = composed(folded);
      meaning.direction = words.direction;
      meaning.with_protocol = words.with_protocol;
    }
    return meaning;
  }
  meaning = composed(folded);
  if (meaning.column != Column::none) {
    return meaning;
  }
  // "Name (名称)", "Typ / type": a part that is a header on its own.
  std::string part;
  for (const char c : folded + "/") {
    if (std::string_view("()/|[]").find(c) == std::string_view::npos) {
      part += c;
      continue;
    }
    const Column column = part.empty() ? Column::none : whole_header(part);
    if (column != Column::none) {
      meaning.column = column;
      return meaning;
    }
    part.clear();
  }
  return meaning;
}

Direction Vocabulary::direction(std::string_view cell) const {
  const std::string folded = collapse(fold_cell(cell));
  const auto found = directions_.find(key_of(folded));
  if (found != directions_.end()) {
    return found->second;
  }
  if (folded == "<->" || folded == "\u2194" || folded == "<-->" || folded == "\u21c4" || folded == "\u21d4") {
    return Direction::both;
  }
  if (folded == "->" || folded == "\u2192") {
    return Direction::from;
  }
  if (folded == "<-" || folded == "\u2190") {
    return Direction::to;
  }
  // "Inbound (from clients)", "Inbound and Outbound traffic"
  return named_direction(split_atoms(folded));
}

Direction Vocabulary::heading_direction(std::string_view heading) const {
  const std::string folded = fold_cell(heading);
  const std::vector<Atom> atoms = split_atoms(folded);
  // "Outbound ports" is about a direction; "Ports for outgoing mail" is not.
  std::size_t length = 1;
  if (atoms.empty() || longest(atoms, 0, length, [](const Node& n) { return n.direction != 0; }) == nullptr) {
    return Direction::unstated;
  }
  return named_direction(atoms);
}

Direction Vocabulary::named_direction(const std::vector<Atom>& atoms) const {
  Direction direction = Direction::unstated;
  for (std::size_t at = 0; at < atoms.size();) {
    std::size_t length = 1;
    const Node* node = longest(atoms, at, length, [](const Node& n) { return n.direction != 0; });
    if (node != nullptr) {
      const auto found = static_cast<Direction>(node->direction);
      if (direction != Direction::unstated && direction != found) {
        return Direction::unstated;
      }
      direction = found;
    }
    at += node == nullptr ? 1 : length;
  }
  return direction;
}

std::optional<std::int16_t> Vocabulary::heading_protocol(std::string_view heading) const {
  const std::string folded = fold_cell(heading);
  const std::vector<Atom> atoms = split_atoms(folded);
  std::optional<std::int16_t> protocol;
  for (std::size_t at = 0; at < atoms.size();) {
    const TermMatch match = term(atoms, at);
    if ((match.kinds & kProtocolTerm) != 0) {
      const ProtocolInfo* info = this->protocol(match.protocol);
      if ((protocol && *protocol != match.protocol) || info == nullptr || !info->has_ports) {
        return std::nullopt;
      }
      protocol = match.protocol;
    }
    at += std::max<std::size_t>(match.atoms, 1);
  }
  return protocol;
}

bool Vocabulary::permits(std::string_view cell) const { return permit_.contains(phrase_key(cell)); }
bool Vocabulary::says_yes(std::string_view cell) const { return yes_.contains(phrase_key(cell)); }
bool Vocabulary::says_no(std::string_view cell) const {
  const std::string folded = fold_cell(cell);
  return is_blank(folded) || collapse(folded) == "-" || no_.contains(key_of(folded)) ||
         (whole(folded) & kNoneTerm) != 0;
}

bool Vocabulary::generic_heading(std::string_view heading) const {
  const std::string folded = join_plurals(fold_cell(heading));
  std::size_t rest_of_ideographs = 0;
  const std::vector<Atom> atoms = split_atoms(folded);
  for (std::size_t at = 0; at < atoms.size(); ++at) {
    if (atoms[at].kind != Atom::Kind::word) {
      continue;
    }
    if (!is_ideographic(code_point_at(atoms[at].text, 0))) {
      if (!generic_words_.contains(std::string(atoms[at].text))) {
        return false;
      }
      continue;
    }
    // The longest generic word of ideographs from here on (none is longer than eight).
    std::size_t taken = 0;
    std::string word;
    for (std::size_t i = at; i < atoms.size() && i < at + 8; ++i) {
      word += (i == at ? "" : " ");
      word += atoms[i].text;
      if (generic_words_.contains(word)) {
        taken = i - at + 1;
      }
    }
    if (taken == 0) {
      ++rest_of_ideographs;
    } else {
      at += taken - 1;
    }
  }
  return rest_of_ideographs == 0;
}

bool Vocabulary::box_label(std::string_view line) const {
  return line.size() < 40 && box_labels_.contains(phrase_key(line));
}

std::vector<std::string> Vocabulary::split_header(std::string_view line) const {
  if (line.size() > 200 || line.size() < 4) {
    return {};
  }
  const std::string original = collapse(line);
  if (original.empty()) {
    return {};
  }
  // A known cell costs 1, one of unknown words 20: the fewest cells, known ones preferred.
  const std::size_t size = original.size();
  constexpr int kUnreached = 1 << 20;
  constexpr int kUnknownCell = 20;
  std::vector<int> cost(size + 1, kUnreached);
  std::vector<std::size_t> from(size + 1, 0);
  cost[0] = 0;
  const auto is_upper = [&](std::size_t at) { return original[at] >= 'A' && original[at] <= 'Z'; };
  const auto is_lower = [&](std::size_t at) { return original[at] >= 'a' && original[at] <= 'z'; };
  const auto is_ascii_word = [&](std::size_t at) {
    return is_upper(at) || is_lower(at) || (original[at] >= '0' && original[at] <= '9');
  };
  const auto case_changes = [&](std::size_t at) {
    return at > 0 && at < size && is_upper(at) && (is_lower(at - 1) || original[at - 1] == ')');
  };
  // A cell ends where the case or the script changes, or before a space; never inside a word.
  const auto may_end = [&](std::size_t at) {
    return at == size || original[at] == ' ' || case_changes(at) || !is_ascii_word(at - 1) || !is_ascii_word(at) ||
           (is_upper(at - 1) && is_upper(at));
  };
  const auto reach = [&](std::size_t begin, std::size_t end, int step) {
    if (cost[begin] + step < cost[end]) {
      cost[end] = cost[begin] + step;
      from[end] = begin;
    }
  };
  for (std::size_t begin = 0; begin < size; ++begin) {
    if (cost[begin] == kUnreached) {
      continue;
    }
    std::uint32_t node = 0;
    for (std::size_t at = begin + (original[begin] == ' ' ? 1 : 0); at < size; ++at) {
      const char c = is_upper(at) ? static_cast<char>(original[at] - 'A' + 'a') : original[at];
      if (c == '(' || c == ')' || (c == ' ' && at + 1 < size && (original[at - 1] < 0 || original[at + 1] < 0))) {
        if (at + 1 == size && node != 0 && header_nodes_[node].ends) {
          reach(begin, size, 1);
        }
        continue;
      }
      const auto next = header_nodes_[node].next.find(c);
      if (next == header_nodes_[node].next.end()) {
        break;
      }
      node = next->second;
      std::size_t end = at + 1;
      while (end < size && original[end] == ')') {
        ++end;
      }
      if (header_nodes_[node].ends && may_end(end)) {
        reach(begin, end, 1);
      }
    }
    if (begin == 0 || case_changes(begin)) {
      for (std::size_t end = begin + 1; end <= std::min(size, begin + 40); ++end) {
        if (end == size || case_changes(end)) {
          reach(begin, end, kUnknownCell);
          break;
        }
      }
    }
  }
  if (cost[size] == kUnreached) {
    return {};
  }
  std::vector<std::string> cells;
  for (std::size_t end = size; end > 0; end = from[end]) {
    cells.push_back(collapse(std::string_view(original).substr(from[end], end - from[end])));
  }
  std::reverse(cells.begin(), cells.end());
  std::size_t known = 0;
  bool has_port = false;
  bool has_protocol = false;
  for (const std::string& cell : cells) {
    const auto found = whole_headers_.find(key_of(join_plurals(fold_cell(cell))));
    if (found == whole_headers_.end()) {
      continue;
    }
    ++known;
    has_port = has_port || found->second == Column::port || found->second == Column::client_port;
    has_protocol = has_protocol || found->second == Column::protocol || found->second == Column::transport;
  }
  const bool enough = cells.size() >= 3 ? known * 2 >= cells.size() && known >= 2 : cells.size() == 2 && has_protocol;
  if (!has_port || !enough) {
    return {};
  }
  return cells;
}

}  // namespace portcullis::spec
