// Rows against each other: ranges out of a series, services with several ports, repetitions, media in one direction.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "policy/lint/checks.h"
#include "policy/lint/services.h"
#include "policy/lint/words.h"
#include "spec/extract.h"
#include "spec/report.h"
#include "spec/text.h"

namespace portcullis::policy::lint {
namespace {

constexpr unsigned kLastPort = 65535;
/// Ranges of fewer ports are often chosen one beside the other (50000-50019, 50020-50039), so their ends differ by a
/// digit on purpose.
constexpr unsigned kLeastRange = 100;

unsigned width(const spec::PortRange& range) { return static_cast<unsigned>(range.last) - range.first + 1U; }

/// The same number of digits, and one digit changed or two neighbours exchanged.
bool one_digit_off(unsigned a, unsigned b) {
  const std::string x = std::to_string(a);
  const std::string y = std::to_string(b);
  if (a == b || x.size() != y.size()) return false;
  std::vector<std::size_t> differ;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] != y[i]) differ.push_back(i);
  }
  if (differ.size() == 1) return true;
  return differ.size() == 2 && differ[0] + 1 == differ[1] && x[differ[0]] == y[differ[1]] &&
         x[differ[1]] == y[differ[0]];
}

/// Two neighbouring digits exchanged.
bool digits_exchanged(unsigned a, unsigned b) {
  const std::string x = std::to_string(a);
  const std::string y = std::to_string(b);
  if (!one_digit_off(a, b)) return false;
  return std::is_permutation(x.begin(), x.end(), y.begin(), y.end());
}

// odd-range-end.

struct RangeUse {
  spec::PortRange range;
  const Row* row;
};

/// The rows say the same of themselves, so that a difference in their ports is one in their meaning.
bool peers(const Row& a, const Row& b) {
  if (!a.service_key.empty() || !b.service_key.empty()) return a.service_key == b.service_key;
  if (!a.notes_key.empty() || !b.notes_key.empty()) return a.notes_key == b.notes_key;
  return a.document == b.document && a.row->table == b.row->table;
}

/// 65335, 65525, 56535: what was meant is the end of the port space. Ends that differ in the last digit only may be
/// meant.
bool missed_the_end(unsigned last) {
  return last >= 10000 && last / 10 != kLastPort / 10 && one_digit_off(last, kLastPort);
}

}  // namespace

void check_range_ends(const Subject& subject) {
  std::vector<RangeUse> uses;
  std::map<std::pair<unsigned, unsigned>, std::size_t> count;
  for (const Row& row : subject.rows) {
    std::set<std::pair<unsigned, unsigned>> seen;
    for (const spec::PortUse& use : row.uses) {
      for (const spec::PortRange& range : use.ports) {
        if (width(range) < kLeastRange || !seen.emplace(range.first, range.last).second) continue;
        uses.push_back({range, &row});
        ++count[{range.first, range.last}];
      }
    }
  }
  // Ranges that share an end, so that only these are compared.
  std::multimap<unsigned, const RangeUse*> by_first;
  std::multimap<unsigned, const RangeUse*> by_last;
  for (const RangeUse& use : uses) {
    by_first.emplace(use.range.first, &use);
    by_last.emplace(use.range.last, &use);
  }
  const auto weight = [&](const spec::PortRange& range) { return count[{range.first, range.last}]; };
  constexpr std::size_t kMostPeers = 200;  // of one range, looked at
  for (const RangeUse& use : uses) {
    const RangeUse* peer = nullptr;
    bool at_last = true;
    for (const bool last : {true, false}) {
      const auto& index = last ? by_first : by_last;
      auto [other, end] = index.equal_range(last ? use.range.first : use.range.last);
      for (std::size_t seen = 0; other != end && seen < kMostPeers && peer == nullptr; ++other, ++seen) {
        const spec::PortRange& range = other->second->range;
        const unsigned mine = last ? use.range.last : use.range.first;
        const unsigned theirs = last ? range.last : range.first;
        if (!one_digit_off(mine, theirs) || !peers(*use.row, *other->second->row)) continue;
        // The odd one is the rarer; of two, the one that does not reach the end of the port space, or the later.
        const bool mine_is_odd = weight(use.range) != weight(range)           ? weight(use.range) < weight(range)
                                 : (mine == kLastPort || theirs == kLastPort) ? theirs == kLastPort
                                                                              : other->second < &use;
        if (mine_is_odd && mine != kLastPort) {
          peer = other->second;
          at_last = last;
        }
      }
    }
    const std::string range = spec::to_string(use.range);
    const std::string who = use.row->role.empty() ? "this row" : use.row->role;
    if (peer != nullptr) {
      const std::string other = spec::to_string(peer->range);
      Finding& finding = subject.findings.add(
          kOddRangeEnd, use.row->at(),
          fmt::format("{} opens {}, its peer in {} {}: {} is one digit off {}", who, range,
                      place(*peer->row, use.row->document), other, at_last ? use.range.last : use.range.first,
                      at_last ? peer->range.last : peer->range.first),
          use.row->row->text);
      finding.words = range;
      finding.relate(peer->row->at(), other);
    } else if (missed_the_end(use.range.last)) {
      Finding& finding = subject.findings.add(
          kOddRangeEnd, use.row->at(),
          fmt::format("{} opens {}: {} is one digit off 65535, the end of the port space", who, range, use.range.last),
          use.row->row->text);
      finding.words = range;
      for (const RangeUse& other : uses) {
        if (other.range.last != kLastPort) continue;
        finding.relate(other.row->at(), spec::to_string(other.range));
        break;
      }
    }
  }
}

// service-ports-differ.

namespace {

/// Ports of one row as they are compared: the protocols on which a range is used.
using UseKey = std::tuple<std::string, unsigned, unsigned>;

struct ServiceRows {
  std::vector<const Row*> rows;
  std::map<UseKey, const Row*> uses;
};

void add_uses(const Row& row, std::map<UseKey, const Row*>& uses) {
  std::map<std::pair<unsigned, unsigned>, std::string> protocols;
  for (const spec::PortUse& use : row.uses) {
    for (const spec::PortRange& range : use.ports) {
      std::string& names = protocols[{range.first, range.last}];
      names += (names.empty() ? "" : "/") + use.protocol.name;
    }
  }
  for (const auto& [range, names] : protocols) uses.emplace(UseKey{names, range.first, range.second}, &row);
}

std::string ports_of(const UseKey& use) {
  const auto& [names, first, last] = use;
  return first == last ? fmt::format("{} {}", names, first) : fmt::format("{} {}-{}", names, first, last);
}

/// The one use that `a` has and `b` has not; nullptr if there is none, or several.
const std::pair<const UseKey, const Row*>* only_in(const ServiceRows& a, const ServiceRows& b) {
  const std::pair<const UseKey, const Row*>* only = nullptr;
  for (const auto& use : a.uses) {
    if (b.uses.contains(use.first)) continue;
    if (only != nullptr) return nullptr;
    only = &use;
  }
  return only;
}

/// Two uses that look like one, told differently: notes in the same words, ranges that share an end, a digit changed.
bool alike(const std::pair<const UseKey, const Row*>& a, const std::pair<const UseKey, const Row*>& b) {
  const auto& [names_a, first_a, last_a] = a.first;
  const auto& [names_b, first_b, last_b] = b.first;
  const bool ranges = first_a != last_a && first_b != last_b;
  if (ranges != (first_a != last_a || first_b != last_b)) return false;
  if (!a.second->notes_key.empty() && a.second->notes_key == b.second->notes_key) return true;
  return ranges ? first_a == first_b || last_a == last_b : digits_exchanged(first_a, first_b);
}

/// The range of `a` holds that of `b`.
bool holds(const UseKey& a, const UseKey& b) {
  return std::get<1>(a) <= std::get<1>(b) && std::get<2>(b) <= std::get<2>(a);
}

bool generic(const std::string& service) {
  const auto named = Services::built_in().named(service);
  return std::any_of(named.begin(), named.end(), [](const Service* one) { return one->generic; });
}

}  // namespace

void check_service_ports(const Subject& subject) {
  // By service, and in it by document and role: what a role's service uses in a document is one set of ports.
  std::map<std::string, std::map<std::pair<const Document*, std::string>, ServiceRows>> services;
  std::vector<std::string> order;
  std::map<const Document*, std::size_t> rank;
  for (const Document& document : subject.documents) rank.emplace(&document, rank.size());
  for (const Row& row : subject.rows) {
    if (row.service_key.empty() || !row.counts) continue;
    auto& groups = services[row.service_key];
    if (groups.empty()) order.push_back(row.service_key);
    ServiceRows& group = groups[{row.document, spec::collapse(spec::fold_cell(row.role))}];
    group.rows.push_back(&row);
    add_uses(row, group.uses);
  }
  std::set<const Row*> reported;
  const auto report = [&](const Row& row, const UseKey& use, const Row& other, const UseKey& other_use) {
    if (!reported.insert(&row).second) return;
    const auto& [names, first, last] = use;
    Finding& finding = subject.findings.add(
        kServicePortsDiffer, row.at(),
        fmt::format("{} is on {} here and on {} in {}{}", row.row->service, ports_of(use), ports_of(other_use),
                    place(other, row.document),
                    row.role == other.role || other.role.empty() ? "" : fmt::format(" ({})", other.role)),
        row.row->text);
    finding.words = std::to_string(first);
    finding.relate(other.at(), ports_of(other_use));
  };
  constexpr std::size_t kMostGroups = 200;  // of one service
  for (const std::string& service : order) {
    const auto& groups = services[service];
    // A name that says only how ("HTTPS") is on whatever port suits each role.
    if (generic(groups.begin()->second.rows.front()->row->service)) continue;
    std::vector<const std::pair<const std::pair<const Document*, std::string>, ServiceRows>*> all;
    for (const auto& group : groups) {
      if (all.size() < kMostGroups) all.push_back(&group);
    }
    std::sort(all.begin(), all.end(), [&](const auto* a, const auto* b) {
      const auto key = [&](const auto* g) {
        return std::pair(rank[g->first.first], g->second.rows.front()->row->line);
      };
      return key(a) < key(b);
    });
    std::set<UseKey> ports;
    for (const auto* group : all) {
      for (const auto& use : group->second.uses) ports.insert(use.first);
    }
    const bool few_ports = ports.size() <= 2;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const ServiceRows& mine = all[i]->second;
      // Two rows of one role, alike but for two exchanged digits.
      for (auto a = mine.uses.begin(); a != mine.uses.end() && mine.uses.size() <= kMostGroups; ++a) {
        for (auto b = mine.uses.begin(); b != a; ++b) {
          const auto& [names_a, first_a, last_a] = a->first;
          const auto& [names_b, first_b, last_b] = b->first;
          if (a->second == b->second || names_a != names_b || first_a != last_a || first_b != last_b) continue;
          if (!digits_exchanged(first_a, first_b)) continue;
          const bool a_later = a->second->row->line > b->second->row->line;
          const auto& [later, earlier] = a_later ? std::pair(*a, *b) : std::pair(*b, *a);
          report(*later.second, later.first, *earlier.second, earlier.first);
        }
      }
      // The same service of other roles of the document, or of the same role in other documents. The odd one is the one
      // that fewer agree with; of two, the later.
      for (std::size_t k = 0; k < i; ++k) {
        const bool same_document = all[k]->first.first == all[i]->first.first;
        const bool same_role = all[k]->first.second == all[i]->first.second;
        if (!same_document && !same_role) continue;
        const auto* here = only_in(mine, all[k]->second);
        const auto* there = only_in(all[k]->second, mine);
        if (here == nullptr || there == nullptr || std::get<0>(here->first) != std::get<0>(there->first)) continue;
        const bool within = holds(here->first, there->first) || holds(there->first, here->first);
        if (within && (same_document || !alike(*here, *there))) continue;
        // Of a service with several ports, two that are left over need not belong together; and what is on as many
        // ports as there are roles is a name for many services.
        const bool alone = mine.uses.size() == 1 && all[k]->second.uses.size() == 1 && (!same_document || few_ports);
        if (!alone && !alike(*here, *there)) continue;
        const auto agree = [&](const UseKey& use) {
          return std::count_if(all.begin(), all.end(), [&](const auto* g) { return g->second.uses.contains(use); });
        };
        if (agree(there->first) < agree(here->first)) {
          report(*there->second, there->first, *here->second, here->first);
        } else {
          report(*here->second, here->first, *there->second, there->first);
        }
      }
    }
  }
}

// duplicate-row, hidden-row.

namespace {

/// All that a row says about packets and what for; rows that share it are repetitions.
std::string identity(const Row& row) {
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n", row.row->table, spec::role_key(row.source),
                                spec::role_key(row.destination), row.both, row.service_key);
  if (row.service_key.empty()) key += row.notes_key;
  std::set<std::string> uses;
  for (const spec::PortUse& use : row.uses) {
    std::set<std::string> values;
    for (const spec::PortRange& range : use.ports) values.insert(spec::to_string(range));
    for (const spec::IcmpMessage& message : use.icmp) values.insert(fmt::format("{}/{}", message.type, message.code));
    uses.insert(fmt::format("{} {}", use.protocol.name, fmt::join(values, ",")));
  }
  for (const spec::PortRange& range : row.row->source_ports) key += spec::to_string(range) + ";";
  return key + fmt::format("\n{}", fmt::join(uses, ";"));
}

std::string lines_of(const std::vector<const Row*>& rows) {
  std::vector<std::string> lines;
  for (const Row* row : rows) {
    if (lines.size() < kMostRelated) lines.push_back(std::to_string(row->row->line));
  }
  if (lines.size() < rows.size()) lines.push_back("more");
  if (lines.size() == 1) return "line " + lines.front();
  const std::string last = lines.back();
  lines.pop_back();
  return fmt::format("lines {} and {}", fmt::join(lines, ", "), last);
}

struct Boxes {
  const Row* row;
  std::vector<Match> boxes;
  bool out = false;  ///< reported: it covers no other row any more
};

bool meet(const Boxes& a, const Boxes& b) {
  for (const Match& x : a.boxes) {
    for (const Match& y : b.boxes) {
      if (intersects(x, y)) return true;
    }
  }
  return false;
}

/// True if the boxes of `covers` hold all of `row`; false also if the limit ran out.
bool covered(const Boxes& row, const std::vector<const Boxes*>& covers, WorkLimit& limit) {
  std::vector<const Match*> all;
  for (const Boxes* cover : covers) {
    for (const Match& box : cover->boxes) all.push_back(&box);
  }
  for (const Match& box : row.boxes) {
    if (find_uncovered(box, all, limit) || limit.exhausted) return false;
  }
  return !row.boxes.empty();
}

/// A smallest part of `covers` that still holds the row: one of them if one will do.
std::vector<const Boxes*> needed(const Boxes& row, std::vector<const Boxes*> covers, WorkLimit& limit) {
  for (const Boxes* one : covers) {
    if (covered(row, {one}, limit)) return {one};
  }
  constexpr std::size_t kMostTried = 64;
  for (std::size_t i = covers.size(); i-- > 0 && covers.size() <= kMostTried;) {
    std::vector<const Boxes*> fewer = covers;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (covered(row, fewer, limit)) covers = std::move(fewer);
  }
  return covers;
}

void hidden_in_table(std::vector<Boxes>& rows, const Subject& subject, WorkLimit& limit) {
  // First the rows that earlier ones cover, then those that later ones do: what was reported covers nothing, so all
  // that is reported could be removed together.
  for (const bool earlier_only : {true, false}) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Boxes& row = rows[i];
      if (row.out) continue;
      std::vector<const Boxes*> covers;
      for (std::size_t k = 0; k < (earlier_only ? i : rows.size()); ++k) {
        if (k == i || rows[k].out) continue;
        if (!limit.spend()) return;
        if (meet(row, rows[k])) covers.push_back(&rows[k]);
      }
      if (covers.empty() || !covered(row, covers, limit)) continue;
      std::vector<const Row*> lines;
      for (const Boxes* cover : needed(row, covers, limit)) lines.push_back(cover->row);
      if (limit.exhausted) return;
      row.out = true;
      Finding& finding = subject.findings.add(
          kHiddenRow, row.row->at(),
          fmt::format("{} permit{} every packet of this row ({}){}", lines_of(lines), lines.size() == 1 ? "s" : "",
                      describe(row.row->uses), earlier_only ? " already" : ""),
          row.row->row->text);
      for (const Row* line : lines) finding.relate(line->at(), describe(line->uses));
    }
  }
}

}  // namespace

void check_repetitions(const Subject& subject, bool hidden, WorkLimit& limit) {
  for (const Document& document : subject.documents) {
    std::unordered_map<std::string, const Row*> first;
    std::map<unsigned, std::vector<Boxes>> tables;
    for (const Row& row : subject.rows) {
      if (row.document != &document || row.uses.empty()) continue;
      const auto [found, is_new] = first.emplace(identity(row), &row);
      if (!is_new) {
        const Row& original = *found->second;
        Finding& finding =
            subject.findings.add(kDuplicateRow, row.at(),
                                 fmt::format("repeats line {}{}", original.row->line,
                                             row.notes_key == original.notes_key ? "" : ", with other notes"),
                                 row.row->text);
        finding.relate(original.at(), "the first of them");
        continue;
      }
      if (hidden && row.counts) tables[row.row->table].push_back({&row, boxes_of(row, subject.names)});
    }
    for (auto& [number, rows] : tables) {
      hidden_in_table(rows, subject, limit);
      if (!limit.exhausted) continue;
      subject.findings.add(kNotDecided, {document.file, rows.front().row->row->line, 0},
                           fmt::format("whether rows of table {} hide each other was not decided within the limit of "
                                       "work: the table has {} rows",
                                       number, rows.size()));
      return;
    }
  }
}

// one-way-media.

void check_media(const Subject& subject) {
  const Words& words = Words::built_in();
  std::vector<std::pair<const Row*, std::vector<Match>>> wide;
  for (const Row& row : subject.rows) {
    if (!row.counts) continue;
    const bool has_range = std::any_of(row.uses.begin(), row.uses.end(), [](const spec::PortUse& use) {
      return std::any_of(use.ports.begin(), use.ports.end(),
                         [](const spec::PortRange& range) { return width(range) >= kLeastRange; });
    });
    if (has_range) wide.emplace_back(&row, boxes_of(row, subject.names));
  }
  constexpr std::size_t kMostRows = 2000;
  if (wide.size() > kMostRows) wide.resize(kMostRows);
  for (const auto& [row, boxes] : wide) {
    if (!row->one_way_stated || !words.media.in(spec::fold(row->row->text))) continue;
    bool answered = false;
    for (const auto& [other, back] : wide) {
      for (std::size_t i = 0; i < back.size() && !answered; ++i) {
        Match mirror = back[i];
        std::swap(mirror.source, mirror.destination);
        // The other direction between the same two, on any of its ports.
        mirror.destination_port = mirror.source_port = {{0, kNoPort}};
        answered =
            std::any_of(boxes.begin(), boxes.end(), [&](const Match& box) { return fields_outside(box, mirror) == 0; });
      }
      if (answered) break;
    }
    if (answered) continue;
    Finding& finding = subject.findings.add(
        kOneWayMedia, row->at(),
        fmt::format("{} is for media, and only {} is stated: no row has the other direction", describe(row->uses),
                    row->source.empty()        ? fmt::format("the way to {}", row->destination)
                    : row->destination.empty() ? fmt::format("the way from {}", row->source)
                                               : fmt::format("the way from {} to {}", row->source, row->destination)),
        row->row->text);
    if (!row->uses.front().ports.empty()) finding.words = spec::to_string(row->uses.front().ports.front());
  }
}

}  // namespace portcullis::policy::lint
