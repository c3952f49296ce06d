// Two port documents against each other.
#include "spec/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "spec/extract.h"
#include "spec/report.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::spec {
namespace {

/// Words of a text: folded, a plural like its singular; of scripts without spaces, each pair of neighbours.
std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> out;
  const std::string folded = fold(text);
  std::string before;
  for (const Atom& atom : split_atoms(folded)) {
    if (atom.kind != Atom::Kind::word && atom.kind != Atom::Kind::number) {
      before.clear();
      continue;
    }
    std::string word(atom.text);
    if (is_ideographic(code_point_at(word, 0))) {
      if (!before.empty()) out.insert(before + word);
      before = word;
      continue;
    }
    before.clear();
    if (word.size() > 3 && word.ends_with('s')) word.pop_back();
    out.insert(std::move(word));
  }
  return out;
}

/// Words that are the same in every language: numbers of models ("6721ip", "4110"), but no years and no numbers of
/// chapters.
std::set<std::string> models_of(std::string_view text) {
  constexpr std::size_t kShortest = 3;
  constexpr std::size_t kShortestNumber = 4;
  constexpr std::string_view kDigits = "0123456789";
  std::set<std::string> out;
  for (const std::string& word : words_of(text)) {
    if (word.find_first_of(kDigits) == std::string::npos || word.size() < kShortest) continue;
    const bool number = word.find_first_not_of(kDigits) == std::string::npos;
    const bool year = number && word.size() == 4 && (word.starts_with("19") || word.starts_with("20"));
    if (!year && (!number || word.size() >= kShortestNumber)) out.insert(word);
  }
  return out;
}

template <typename Set>
double likeness(const Set& a, const Set& b) {
  if (a.empty() && b.empty()) return 0;
  std::size_t common = 0;
  for (const auto& item : a) common += b.count(item) != 0 ? 1 : 0;
  return 2.0 * static_cast<double>(common) / static_cast<double>(a.size() + b.size());
}
/// Of multisets, kept as counts.
double likeness_of_counts(const std::map<std::string, int>& a, const std::map<std::string, int>& b) {
  int common = 0;
  int total = 0;
  for (const auto& [key, count] : a) {
    total += count;
    const auto other = b.find(key);
    if (other != b.end()) common += std::min(count, other->second);
  }
  for (const auto& [key, count] : b) total += count;
  return total == 0 ? 0 : 2.0 * common / total;
}

bool is_anybody(std::string_view text) {
  const std::string key = role_key(text);
  return key.empty() || key == "-" || key == "*" || (Vocabulary::built_in().whole(fold_cell(text)) & kAnyTerm) != 0;
}

using Ranges = std::vector<std::pair<unsigned, unsigned>>;

Ranges merged(std::vector<PortRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const PortRange& a, const PortRange& b) { return a.first < b.first; });
  Ranges out;
  for (const PortRange& range : ranges) {
    if (!out.empty() && range.first <= out.back().second + 1) {
      out.back().second = std::max<unsigned>(out.back().second, range.last);
    } else {
      out.emplace_back(range.first, range.last);
    }
  }
  return out;
}

std::string in_words(const Ranges& ranges) {
  std::vector<std::string> parts;
  for (const auto& [first, last] : ranges) {
    parts.push_back(first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// A row, or one that was not understood, with all that it is compared by.
struct Item {
  const PortRow* row = nullptr;
  const Finding* lost = nullptr;
  std::size_t order = 0;
  std::size_t role = 0;  ///< number of its role in its document
  std::map<int, Ranges> ports = {};
  std::string uses = {};   ///< in words
  std::string ends = {};   ///< action, direction, source ports, which ends are anybody: what must be equal beside ports
  std::string means = {};  ///< all that it means
  std::set<std::string> service = {};
  std::set<std::string> notes = {};
  std::set<std::string> end_names = {};   ///< words of source, destination and peer
  std::optional<std::size_t> match = {};  ///< number in the other document
  bool regrouped = false;                 ///< the same packets stand in several rows of the other document

  unsigned line() const { return row != nullptr ? row->line : lost->line; }
};

struct Role {
  std::string name;
  std::string key;
  std::set<std::string> words;
  std::map<std::string, int> means;  ///< how often its rows mean what
  std::vector<std::size_t> rows;
  std::optional<std::size_t> match = {};
};

struct Document {
  std::vector<Item> items;
  std::vector<Role> roles;  ///< in the order in which they come
};

std::string uses_in_words(const Item& item, const PortRow& row) {
  std::vector<std::string> parts;
  for (const auto& [protocol, ranges] : item.ports) {
    std::string name;
    std::vector<std::string> messages;
    for (const PortUse& use : row.uses) {
      if (use.protocol.number != protocol) continue;
      name = use.protocol.name;
      for (const IcmpMessage& message : use.icmp) {
        messages.push_back(message.code < 0 ? std::to_string(message.type)
                                            : fmt::format("{}/{}", message.type, message.code));
      }
    }
    std::sort(messages.begin(), messages.end());
    std::string part = name;
    if (!ranges.empty()) part += " " + in_words(ranges);
    if (!messages.empty()) part += fmt::format(" {}", fmt::join(messages, ", "));
    parts.push_back(std::move(part));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// An address or a prefix means the same in every language; a name is wording, which is compared apart (EndNames).
constexpr std::string_view kSomebody = "somebody";
std::string end_of(std::string_view text) {
  if (is_anybody(text)) return "anybody";
  const bool address = text.find_first_not_of("0123456789abcdefABCDEF.:/-,; \t\n") == std::string_view::npos &&
                       text.find_first_of(".:") != std::string_view::npos;
  if (!address) return std::string(kSomebody);
  std::set<std::string> prefixes;
  std::string prefix;
  for (const char c : std::string(text) + ",") {
    if (c != ',' && c != ';' && c != ' ' && c != '\t' && c != '\n') {
      prefix += c;
    } else if (!prefix.empty()) {
      prefixes.insert(std::move(prefix));
      prefix.clear();
    }
  }
  return fmt::format("{}", fmt::join(prefixes, ","));
}

/// A row whose direction is not said means that its role listens.
Direction direction_of(const PortRow& row) {
  return row.direction == Direction::unstated ? Direction::to : row.direction;
}

bool permits(const PortRow& row) { return row.action.empty() || Vocabulary::built_in().permits(row.action); }

constexpr std::size_t kEnds = 3;
std::array<const std::string*, kEnds> ends_of(const PortRow& row) { return {&row.source, &row.destination, &row.peer}; }
constexpr std::array<std::string_view, kEnds> kEndNames = {"source", "destination", "peer"};

Document read(const Extraction& extraction) {
  Document out;
  std::map<std::string, std::size_t> number_of;
  for (const PortRow& row : extraction.rows) {
    Item item;
    item.row = &row;
    std::map<int, std::vector<PortRange>> ports;
    for (const PortUse& use : row.uses) {
      auto& of = ports[use.protocol.number];
      of.insert(of.end(), use.ports.begin(), use.ports.end());
    }
    for (auto& [protocol, ranges] : ports) item.ports[protocol] = merged(std::move(ranges));
    item.uses = uses_in_words(item, row);
    item.ends = fmt::format("{}|{}|{}|{}|{}|{}", permits(row), to_string(direction_of(row)), end_of(row.source),
                            end_of(row.destination), end_of(row.peer),
                            row.source_ports_unknown ? "?" : in_words(merged(row.source_ports)));
    item.end_names = words_of(fmt::format("{} {} {}", row.source, row.destination, row.peer));
    item.means = item.uses + "|" + item.ends;
    item.service = words_of(row.service);
    item.notes = words_of(row.notes);
    out.items.push_back(std::move(item));
  }
  for (const Finding& finding : extraction.findings) {
    if (!finding.row_lost || finding.table == 0) continue;
    Item item;
    item.lost = &finding;
    item.uses = "not understood";
    item.means = fmt::format("lost {}", fmt::join(models_of(finding.text), " "));
    item.service = words_of(finding.text);
    out.items.push_back(std::move(item));
  }
  std::stable_sort(out.items.begin(), out.items.end(),
                   [](const Item& a, const Item& b) { return a.line() < b.line(); });
  for (std::size_t i = 0; i < out.items.size(); ++i) {
    Item& item = out.items[i];
    item.order = i;
    // Rows that were not understood are a role of their own: their role is in their text.
    const std::string name = item.row != nullptr ? item.row->role : std::string();
    const std::string key = item.row != nullptr ? role_key(name) : std::string("\nlost");
    const auto [at, is_new] = number_of.emplace(key, out.roles.size());
    if (is_new) out.roles.push_back({name, key, words_of(name), {}, {}, {}});
    item.role = at->second;
    ++out.roles[item.role].means[item.means];
    out.roles[item.role].rows.push_back(i);
  }
  return out;
}

double place(std::size_t i, std::size_t count) {
  return count < 2 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
}

/// Which of `count_b` things may be compared with thing `i` of `count_a`: all, or, where these would be too many, those
/// around the same place.
constexpr std::size_t kMostPairs = 1'000'000;
std::pair<std::size_t, std::size_t> window(std::size_t i, std::size_t count_a, std::size_t count_b) {
  if (count_a == 0 || count_b <= kMostPairs / count_a) return {0, count_b};
  const std::size_t half = std::max<std::size_t>(kMostPairs / count_a / 2, 8);
  const auto middle = static_cast<std::size_t>(place(i, count_a) * static_cast<double>(count_b - 1));
  return {middle < half ? 0 : middle - half, std::min(count_b, middle + half)};
}

/// Names with this much in common are one name.
constexpr double kAlike = 0.6;

/// Two editions of one text share most of its words; a text and its translation, or texts of two authors, do not.
bool is_same_wording(const Document& a, const Document& b) {
  const auto vocabulary = [](const Document& document) {
    std::set<std::string> out;
    const auto add = [&](const std::set<std::string>& words) {
      for (const std::string& word : words) {
        if (word.find_first_of("0123456789") == std::string::npos) out.insert(word);
      }
    };
    for (const Role& role : document.roles) add(role.words);
    for (const Item& item : document.items) {
      add(item.service);
      add(item.notes);
      add(item.end_names);
    }
    return out;
  };
  const std::set<std::string> words_a = vocabulary(a);
  const std::set<std::string> words_b = vocabulary(b);
  std::size_t common = 0;
  for (const std::string& word : words_a) common += words_b.count(word);
  return 2 * common >= std::min(words_a.size(), words_b.size());
}

/// Roles by name, then by likeness of names and rows, then by their neighbours.
void match_roles(Document& a, Document& b, bool same_wording) {
  const auto match = [&](std::size_t i, std::size_t j) {
    a.roles[i].match = j;
    b.roles[j].match = i;
  };
  std::map<std::string_view, std::size_t> by_key;
  for (std::size_t j = 0; j < b.roles.size(); ++j) by_key.emplace(b.roles[j].key, j);
  std::vector<std::size_t> left_a;
  for (std::size_t i = 0; i < a.roles.size(); ++i) {
    const auto same = by_key.find(a.roles[i].key);
    if (same == by_key.end()) {
      left_a.push_back(i);
      continue;
    }
    match(i, same->second);
  }
  std::vector<std::size_t> left_b;
  for (std::size_t j = 0; j < b.roles.size(); ++j) {
    if (!b.roles[j].match) left_b.push_back(j);
  }
  struct Pair {
    double score;
    std::size_t i, j;
  };
  // In one wording, names without a word in common are different roles, unless nearly all of their rows are the same.
  std::vector<Pair> pairs;
  for (std::size_t k = 0; k < left_a.size(); ++k) {
    const auto [first, last] = window(k, left_a.size(), left_b.size());
    for (std::size_t l = first; l < last; ++l) {
      const std::size_t i = left_a[k];
      const std::size_t j = left_b[l];
      const double words = likeness(a.roles[i].words, b.roles[j].words);
      const double rows = likeness_of_counts(a.roles[i].means, b.roles[j].means);
      const double order = 1 - std::abs(place(i, a.roles.size()) - place(j, b.roles.size()));
      const bool enough =
          same_wording ? words >= 0.75 || (words >= 0.3 && rows > 0) || (rows >= 0.8 && a.roles[i].rows.size() >= 3)
                       : rows > 0.3 || words >= 0.75;
      if (enough) pairs.push_back({words + rows + 0.3 * order, i, j});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.score > y.score; });
  for (const Pair& pair : pairs) {
    if (!a.roles[pair.i].match && !b.roles[pair.j].match) match(pair.i, pair.j);
  }
  if (same_wording) return;
  // A role whose rows all changed stands between the same neighbours.
  for (std::size_t i = 0; i < a.roles.size(); ++i) {
    if (a.roles[i].match) continue;
    const auto neighbour = [](const std::vector<Role>& roles, std::size_t at, int step) -> std::optional<std::size_t> {
      const auto next = static_cast<std::ptrdiff_t>(at) + step;
      if (next < 0 || next >= static_cast<std::ptrdiff_t>(roles.size())) return std::nullopt;
      return roles[static_cast<std::size_t>(next)].match;
    };
    for (std::size_t j = 0; j < b.roles.size(); ++j) {
      if (b.roles[j].match) continue;
      const auto before = neighbour(a.roles, i, -1);
      const auto after = neighbour(a.roles, i, 1);
      const bool first = i == 0 && j == 0;
      const bool last = i + 1 == a.roles.size() && j + 1 == b.roles.size();
      if ((first || (before && j > 0 && *before == j - 1)) && (last || (after && *after == j + 1))) {
        match(i, j);
        break;
      }
    }
  }
}

class Matcher {
 public:
  Matcher(Document& a, Document& b, bool same_wording) : a_(a), b_(b), same_wording_(same_wording) {}

  void run() {
    for (Role& role : a_.roles) {
      if (!role.match) continue;
      equal_rows(role, b_.roles[*role.match]);
    }
    if (!same_wording_) {
      names_of_one_role();
      same_place();
    }
    for (Role& role : a_.roles) {
      if (!role.match) continue;
      Role& other = b_.roles[*role.match];
      regrouped(a_, role, b_, other);
      regrouped(b_, other, a_, role);
      changed_rows(role, other);
    }
  }

 private:
  void match(std::size_t i, std::size_t j) {
    a_.items[i].match = j;
    b_.items[j].match = i;
  }

  double wording(const Item& x, const Item& y) const {
    return 2 * likeness(x.service, y.service) + 2 * likeness(x.end_names, y.end_names) + likeness(x.notes, y.notes);
  }

  /// Translations are not always true to their own words: rows of a role that has found none may be those of a role of
  /// the other document with nearly the same name.
  void names_of_one_role() {
    const auto left = [](const std::vector<Role>& roles) {
      std::vector<const Role*> out;
      for (const Role& role : roles) {
        if (!role.match) out.push_back(&role);
      }
      return out;
    };
    const auto close = [](const Role& role, const Role& other) { return likeness(role.words, other.words) >= 0.5; };
    for (const Role* role : left(a_.roles)) {
      for (const Role& other : b_.roles) {
        if (close(*role, other)) equal_rows(*role, other);
      }
    }
    for (const Role* other : left(b_.roles)) {
      for (const Role& role : a_.roles) {
        if (close(role, *other)) equal_rows(role, *other);
      }
    }
  }

  /// A row of a role that has found none, between neighbours that belong together, means what the row there means.
  void same_place() {
    for (std::size_t i = 0; i < a_.items.size(); ++i) {
      if (a_.items[i].match || (i > 0 && !a_.items[i - 1].match)) continue;
      const std::size_t j = i == 0 ? 0 : *a_.items[i - 1].match + 1;
      if (j >= b_.items.size() || b_.items[j].match || a_.items[i].means != b_.items[j].means) continue;
      const bool named = a_.roles[a_.items[i].role].match && b_.roles[b_.items[j].role].match;
      if (!named && neighbours_match(a_.items[i], b_.items[j], 1)) match(i, j);
    }
  }

  /// Rows that mean the same: those with the most words in common first, and the others in their order.
  void equal_rows(const Role& role, const Role& other) {
    struct Pair {
      double score;
      std::size_t i, j;
    };
    std::map<std::string_view, std::pair<std::vector<std::size_t>, std::vector<std::size_t>>> by_meaning;
    for (std::size_t x = 0; x < role.rows.size(); ++x) by_meaning[a_.items[role.rows[x]].means].first.push_back(x);
    for (std::size_t y = 0; y < other.rows.size(); ++y) by_meaning[b_.items[other.rows[y]].means].second.push_back(y);
    std::vector<Pair> pairs;
    for (const auto& [means, numbers] : by_meaning) {
      const auto& [here, there] = numbers;
      for (std::size_t k = 0; k < here.size(); ++k) {
        const auto [first, last] = window(k, here.size(), there.size());
        for (std::size_t l = first; l < last; ++l) {
          const std::size_t i = role.rows[here[k]];
          const std::size_t j = other.rows[there[l]];
          const double order = 1 - std::abs(place(here[k], role.rows.size()) - place(there[l], other.rows.size()));
          pairs.push_back({wording(a_.items[i], b_.items[j]) + 0.5 * order, i, j});
        }
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.score > y.score; });
    for (const Pair& pair : pairs) {
      if (!a_.items[pair.i].match && !b_.items[pair.j].match) match(pair.i, pair.j);
    }
    // Rows that were not compared, for there are too many, are no difference either.
    for (const auto& [means, numbers] : by_meaning) {
      const auto& [here, there] = numbers;
      auto next = there.begin();
      for (const std::size_t x : here) {
        if (a_.items[role.rows[x]].match) continue;
        while (next != there.end() && b_.items[other.rows[*next]].match) ++next;
        if (next == there.end()) break;
        match(role.rows[x], other.rows[*next]);
      }
    }
  }

  /// Rows of a role that have found nothing yet.
  static std::vector<std::size_t> left_of(const Document& document, const Role& role) {
    std::vector<std::size_t> out;
    for (const std::size_t i : role.rows) {
      const Item& item = document.items[i];
      if (!item.match && !item.regrouped && item.row != nullptr) out.push_back(i);
    }
    return out;
  }

  static bool holds(const std::map<int, Ranges>& all, const std::map<int, Ranges>& some) {
    for (const auto& [protocol, ranges] : some) {
      const auto of = all.find(protocol);
      if (of == all.end() || of->second.empty() != ranges.empty()) return false;
      for (const auto& range : ranges) {
        if (std::none_of(of->second.begin(), of->second.end(), [&](const auto& whole) {
              return whole.first <= range.first && range.second <= whole.second;
            })) {
          return false;
        }
      }
    }
    return true;
  }

  /// One row here that is several rows there: "80, 443" against "80" and "443".
  static void regrouped(Document& here, const Role& role, Document& there, const Role& other) {
    const std::vector<std::size_t> wholes = left_of(here, role);
    const std::vector<std::size_t> candidates = left_of(there, other);
    for (std::size_t k = 0; k < wholes.size(); ++k) {
      const std::size_t i = wholes[k];
      Item& whole = here.items[i];
      std::vector<std::size_t> parts;
      std::map<int, std::vector<PortRange>> together;
      const auto [first_candidate, last_candidate] = window(k, wholes.size(), candidates.size());
      for (std::size_t l = first_candidate; l < last_candidate; ++l) {
        const std::size_t j = candidates[l];
        const Item& part = there.items[j];
        if (part.regrouped || part.ends != whole.ends || !holds(whole.ports, part.ports)) continue;
        parts.push_back(j);
        for (const auto& [protocol, ranges] : part.ports) {
          auto& of = together[protocol];
          for (const auto& [first, last] : ranges) {
            of.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
          }
        }
      }
      std::map<int, Ranges> all;
      for (auto& [protocol, ranges] : together) all[protocol] = merged(std::move(ranges));
      if (parts.size() < 2 || all != whole.ports) continue;
      whole.regrouped = true;
      for (const std::size_t j : parts) there.items[j].regrouped = true;
    }
  }

  static bool touch(const Ranges& a, const Ranges& b) {
    for (const auto& x : a) {
      for (const auto& y : b) {
        if (x.first <= y.second && y.first <= x.second) return true;
      }
    }
    return false;
  }

  bool neighbours_match(const Item& x, const Item& y, int step) const {
    const auto i = static_cast<std::ptrdiff_t>(x.order) + step;
    const auto j = static_cast<std::ptrdiff_t>(y.order) + step;
    const bool no_more_a = i < 0 || i >= static_cast<std::ptrdiff_t>(a_.items.size());
    const bool no_more_b = j < 0 || j >= static_cast<std::ptrdiff_t>(b_.items.size());
    if (no_more_a || no_more_b) return no_more_a && no_more_b;
    return a_.items[static_cast<std::size_t>(i)].match == static_cast<std::size_t>(j);
  }

  /// What is left of a role on both sides and speaks of the same thing is a row that changed.
  void changed_rows(const Role& role, const Role& other) {
    struct Pair {
      double score;
      std::size_t i, j;
    };
    std::vector<Pair> pairs;
    const std::vector<std::size_t> here = left_of(a_, role);
    const std::vector<std::size_t> there = left_of(b_, other);
    for (std::size_t k = 0; k < here.size(); ++k) {
      const auto [first, last] = window(k, here.size(), there.size());
      for (std::size_t l = first; l < last; ++l) {
        const std::size_t i = here[k];
        const std::size_t j = there[l];
        const Item& x = a_.items[i];
        const Item& y = b_.items[j];
        const double service = likeness(x.service, y.service);
        const bool no_service = x.service.empty() && y.service.empty();
        bool ports = false;
        bool protocol = false;
        for (const auto& [number, ranges] : x.ports) {
          const auto of = y.ports.find(number);
          protocol = protocol || of != y.ports.end();
          for (const auto& [any, others] : y.ports) ports = ports || touch(ranges, others);
        }
        const double before = neighbours_match(x, y, -1) ? 0.3 : 0;
        const double after = neighbours_match(x, y, 1) ? 0.3 : 0;
        const double score = 0.6 * service + (ports ? 0.5 : 0) + (protocol ? 0.1 : 0) + before + after +
                             0.3 * likeness(x.notes, y.notes);
        // Two rows of one service with ports of their own are two rows, unless they stand at the same place. In another
        // wording the place alone tells.
        const bool one_service = service >= 0.4 || no_service;
        const bool one_place = before + after > 0.5;
        const bool same_thing = (ports && (one_service || before + after > 0)) ||
                                (service >= 0.8 && before + after > 0) ||
                                (one_place && (one_service || !same_wording_));
        if (same_thing) pairs.push_back({score, i, j});
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.score > y.score; });
    for (const Pair& pair : pairs) {
      if (!a_.items[pair.i].match && !b_.items[pair.j].match) match(pair.i, pair.j);
    }
  }

  Document& a_;
  Document& b_;
  bool same_wording_;
};

ComparedRow named(const Item& item) {
  if (item.row == nullptr) {
    return {item.lost->document, item.lost->line, item.lost->table, "", "", "", item.lost->text, item.lost->reason};
  }
  const PortRow& row = *item.row;
  return {row.document, row.line, row.table, row.role, row.service, item.uses, row.text, ""};
}

/// Names of sources, destinations and peers in the two documents. Two that stand in the same row are one name if they
/// have most words in common, are one role, or stand for each other wherever either of them is.
class EndNames {
 public:
  EndNames(const Document& a, const Document& b, bool same_wording) : same_wording_(same_wording) {
    for (const Role& role : a.roles) {
      known_a_.insert(role.key);
      if (role.match) roles_.emplace(role.key, b.roles[*role.match].key);
    }
    for (const Role& role : b.roles) known_b_.insert(role.key);
    for (const Item& item : a.items) {
      if (item.row != nullptr && item.match && b.items[*item.match].row != nullptr) {
        const auto ends_a = ends_of(*item.row);
        const auto ends_b = ends_of(*b.items[*item.match].row);
        for (std::size_t end = 0; end < kEnds; ++end) meet(*ends_a[end], *ends_b[end]);
      }
    }
    for (const auto* document : {&a, &b}) {
      for (const Item& item : document->items) {
        if (item.row == nullptr) continue;
        for (const std::string* end : ends_of(*item.row)) {
          if (end_of(*end) == kSomebody) (document == &a ? known_a_ : known_b_).insert(role_key(*end));
        }
      }
    }
  }

  /// Both are names.
  bool same(const std::string& a, const std::string& b) const {
    const std::string key_a = role_key(a);
    const std::string key_b = role_key(b);
    if (key_a == key_b) return true;
    // A name that the other document has as well means there what it means here.
    if (known_b_.contains(key_a) || known_a_.contains(key_b)) return false;
    const auto role = roles_.find(key_a);
    if (role != roles_.end()) return role->second == key_b;
    if (models_of(a) != models_of(b)) return false;
    if (likeness(words_of(a), words_of(b)) >= kAlike) return true;
    const auto& others_a = met_a_.at(key_a);
    const auto& others_b = met_b_.at(key_b);
    const bool always = others_a.size() == 1 && others_b.size() == 1;
    return always && (!same_wording_ || others_a.begin()->second >= 2);
  }

 private:
  void meet(const std::string& a, const std::string& b) {
    if (end_of(a) != kSomebody || end_of(b) != kSomebody) return;
    ++met_a_[role_key(a)][role_key(b)];
    ++met_b_[role_key(b)][role_key(a)];
  }

  bool same_wording_;
  std::set<std::string> known_a_, known_b_;
  std::map<std::string, std::string> roles_;
  std::map<std::string, std::map<std::string, unsigned>> met_a_, met_b_;
};

std::vector<std::string> what_changed(const Item& x, const Item& y, const EndNames& names) {
  std::vector<std::string> out;
  if (x.row == nullptr || y.row == nullptr) return out;
  const PortRow& a = *x.row;
  const PortRow& b = *y.row;
  const auto shown = [](std::string text) { return text.empty() ? std::string("not said") : text; };
  const auto add = [&](std::string_view field, const std::string& before, const std::string& after) {
    out.push_back(fmt::format("{}: {} -> {}", field, shown(before), shown(after)));
  };
  if (x.uses != y.uses) add("ports", x.uses, y.uses);
  if (permits(a) != permits(b)) add("action", a.action, b.action);
  if (direction_of(a) != direction_of(b)) {
    add("direction", std::string(to_string(a.direction)), std::string(to_string(b.direction)));
  }
  const std::string from_a = a.source_ports_unknown ? "not understood" : in_words(merged(a.source_ports));
  const std::string from_b = b.source_ports_unknown ? "not understood" : in_words(merged(b.source_ports));
  if (from_a != from_b) add("source ports", from_a, from_b);
  const auto ends_a = ends_of(a);
  const auto ends_b = ends_of(b);
  for (std::size_t end = 0; end < kEnds; ++end) {
    const std::string before = end_of(*ends_a[end]);
    const bool same = before == end_of(*ends_b[end]) && (before != kSomebody || names.same(*ends_a[end], *ends_b[end]));
    if (!same) add(kEndNames[end], *ends_a[end], *ends_b[end]);
  }
  // Model numbers are no wording: a role that names others is another role.
  const std::set<std::string> models_a = models_of(a.role);
  const std::set<std::string> models_b = models_of(b.role);
  if (models_a != models_b) {
    std::vector<std::string> gone;
    std::vector<std::string> added;
    std::set_difference(models_a.begin(), models_a.end(), models_b.begin(), models_b.end(), std::back_inserter(gone));
    std::set_difference(models_b.begin(), models_b.end(), models_a.begin(), models_a.end(), std::back_inserter(added));
    if (!gone.empty()) out.push_back(fmt::format("role no longer names {}", fmt::join(gone, ", ")));
    if (!added.empty()) out.push_back(fmt::format("role now names {}", fmt::join(added, ", ")));
  }
  return out;
}

}  // namespace

std::string_view to_string(RowChangeKind kind) {
  switch (kind) {
    case RowChangeKind::added:
      return "added";
    case RowChangeKind::gone:
      return "gone";
    case RowChangeKind::changed:
      return "changed";
  }
  return "changed";
}

DocumentDiff diff(const Extraction& before, const Extraction& after) {
  Document a = read(before);
  Document b = read(after);
  const bool same_wording = is_same_wording(a, b);
  match_roles(a, b, same_wording);
  Matcher(a, b, same_wording).run();
  const EndNames names(a, b, same_wording);
  DocumentDiff out;
  // Gone and changed rows in the order of the first document, added ones behind the row that they follow.
  std::size_t next = 0;
  const auto add_until = [&](std::size_t end) {
    for (; next < end; ++next) {
      const Item& item = b.items[next];
      if (!item.match && !item.regrouped) out.changes.push_back({RowChangeKind::added, {}, named(item), {}});
    }
  };
  for (const Item& item : a.items) {
    if (!item.match) {
      if (item.regrouped) {
        ++out.same;
      } else {
        out.changes.push_back({RowChangeKind::gone, named(item), {}, {}});
      }
      continue;
    }
    if (*item.match >= next) add_until(*item.match);
    const Item& other = b.items[*item.match];
    std::vector<std::string> what = what_changed(item, other, names);
    if (what.empty()) {
      ++out.same;
    } else {
      out.changes.push_back({RowChangeKind::changed, named(item), named(other), std::move(what)});
    }
  }
  add_until(b.items.size());
  return out;
}

}  // namespace portcullis::spec
