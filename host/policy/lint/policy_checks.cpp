// Entries of a policy that decide nothing: that no packet can match, or whose packets earlier entries take.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "policy/lint/checks.h"
#include "spec/text.h"

namespace portcullis::policy::lint {
namespace {

/// The entries of one row or rule that are not for replies: they stand together.
struct Group {
  std::size_t first = 0;
  std::size_t end = 0;
};

enum class Answer { decides, hidden, impossible, undecided };

class PolicyChecker {
 public:
  PolicyChecker(const Policy& policy, const EntryPlaces& places, Findings& findings, WorkLimit& limit)
      : entries_(policy.entries), places_(places), findings_(findings), limit_(limit) {
    if (places.documents == nullptr) {
      // The headers of a ClassBench trace have ports whatever their protocol (docs/design.md, "The key").
      regions_ = {within_domain(Match::any())};
      return;
    }
    regions_ = presentable();
    for (const Document& document : *places.documents) files_.emplace(document.name, document.file);
  }

  void run() {
    for (std::size_t i = 0; i < entries_.size();) {
      const Entry& entry = entries_[i];
      if (entry.from.cause != Cause::rule || entry.from.reply) {
        ++i;
        continue;
      }
      Group group{i, i + 1};
      while (group.end < entries_.size() && !entries_[group.end].from.reply && entries_[group.end].from == entry.from) {
        ++group.end;
      }
      check(group);
      i = group.end;
    }
    if (undecided_ == 0) return;
    findings_.add(kNotDecided, {file_of(entries_[first_undecided_].from), entries_[first_undecided_].from.line, 0},
                  fmt::format("whether earlier entries hide it was not decided within the limit of work for {} of {} "
                              "entries, this one the first",
                              undecided_, entries_.size()));
  }

 private:
  bool is_rule(const Provenance& from) const {
    return places_.documents == nullptr || from.document == places_.site_file;
  }
  std::string file_of(const Provenance& from) const {
    const auto found = files_.find(from.document);
    return found == files_.end() ? from.document : found->second;
  }

  void check(const Group& group) {
    std::vector<std::size_t> covers;
    bool impossible = true;
    for (std::size_t i = group.first; i < group.end; ++i) {
      switch (answer(entries_[i].match, group.first, covers)) {
        case Answer::decides:
          return;
        case Answer::undecided:
          if (undecided_++ == 0) first_undecided_ = i;
          return;
        case Answer::impossible:
          break;
        case Answer::hidden:
          impossible = false;
          break;
      }
    }
    const Entry& entry = entries_[group.first];
    const std::string name = is_rule(entry.from) && places_.documents != nullptr
                                 ? fmt::format("rule {}", entry.from.rule)
                                 : std::string("this row");
    const Location at{file_of(entry.from), entry.from.line, 0};
    if (impossible) {
      findings_.add(kNeverMatches, at,
                    fmt::format("no packet can match {}: {}", places_.documents == nullptr ? "this rule" : name,
                                excluded(entry.match)),
                    entry.from.text);
      return;
    }
    covers = smallest(group, covers);
    const bool same = std::all_of(covers.begin(), covers.end(),
                                  [&](std::size_t cover) { return entries_[cover].action == entry.action; });
    std::vector<std::string> names;
    for (const std::size_t cover : covers) {
      const std::string one = name_of(entries_[cover].from, entry.from);
      if (std::find(names.begin(), names.end(), one) == names.end()) names.push_back(one);
    }
    constexpr std::size_t kMostNamed = 8;
    const std::size_t more = names.size() > kMostNamed ? names.size() - kMostNamed : 0;
    names.resize(names.size() - more);
    const std::string by =
        fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
    const bool rule = is_rule(entry.from);
    Finding& finding = findings_.add(
        rule   ? kHiddenRule
        : same ? kHiddenRow
               : kOverruledRow,
        at,
        fmt::format("every packet of {} is taken by {} before it{}", places_.documents == nullptr ? "this rule" : name,
                    by, same ? "" : ", with another action"),
        entry.from.text);
    for (const std::size_t cover : covers) {
      const Provenance& from = entries_[cover].from;
      if (from.line == 0) continue;
      Location there;
      there.file = file_of(from);
      there.line = from.line;
      finding.relate(there, from.text.empty() ? from.rule : from.text);
    }
  }

  std::string name_of(const Provenance& from, const Provenance& within) const {
    if (from.line == 0) return from.rule;
    const std::string place = from.document == within.document ? fmt::format("line {}", from.line)
                                                               : fmt::format("{}:{}", file_of(from), from.line);
    if (places_.documents != nullptr && is_rule(from)) return fmt::format("rule {} ({})", from.rule, place);
    return from.reply ? fmt::format("the replies to {}", place) : place;
  }

  /// Adds to `covers` the entries above that share keys with the match.
  Answer answer(const Match& match, std::size_t above, std::vector<std::size_t>& covers) {
    std::vector<const Match*> live;
    for (std::size_t k = 0; k < above; ++k) {
      if (!limit_.spend()) return Answer::undecided;
      if (!intersects(entries_[k].match, match)) continue;
      live.push_back(&entries_[k].match);
      if (std::find(covers.begin(), covers.end(), k) == covers.end()) covers.push_back(k);
    }
    return answer(match, live);
  }

  Answer answer(const Match& match, const std::vector<const Match*>& above) {
    // One entry gets a share only, so that a hard one does not leave all behind it undecided.
    constexpr std::uint64_t kShare = 500'000;
    WorkLimit share{.left = std::min(kShare, limit_.left)};
    const std::uint64_t before = share.left;
    bool possible = false;
    bool open = false;
    for (const Match& region : regions_) {
      const Match part = intersect(within_domain(match), region);
      if (part.empty()) continue;
      possible = true;
      open = find_uncovered(part, above, share).has_value();
      if (open || share.exhausted) break;
    }
    limit_.left -= std::min(limit_.left, before - share.left);
    if (open) return Answer::decides;
    if (share.exhausted) return Answer::undecided;
    return possible ? Answer::hidden : Answer::impossible;
  }

  bool cover_group(const Group& group, const std::vector<std::size_t>& covers) {
    std::vector<const Match*> above;
    for (const std::size_t cover : covers) above.push_back(&entries_[cover].match);
    for (std::size_t i = group.first; i < group.end; ++i) {
      const Answer one = answer(entries_[i].match, above);
      if (one != Answer::hidden && one != Answer::impossible) return false;
    }
    return true;
  }

  /// One entry if one will do, else a set of which none can be left out (of large sets: all).
  std::vector<std::size_t> smallest(const Group& group, std::vector<std::size_t> covers) {
    for (const std::size_t one : covers) {
      if (cover_group(group, {one})) return {one};
    }
    constexpr std::size_t kMostTried = 100;
    for (std::size_t i = covers.size(); i-- > 0 && covers.size() <= kMostTried;) {
      std::vector<std::size_t> fewer = covers;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (cover_group(group, fewer)) covers = std::move(fewer);
    }
    return covers;
  }

  /// Why no packet presents the match.
  static std::string excluded(const Match& match) {
    const bool any_source = !match.source.empty();
    const bool any_destination = !match.destination.empty();
    if (!any_source || !any_destination) return "one of its ends holds no address";
    const auto family = [](const IntervalSet<Address>& set) {
      const IntervalSet<Address> mapped{{kMappedPrefix, kMappedPrefix | 0xFFFF'FFFFU}};
      const bool v4 = !intersect(set, mapped).empty();
      const bool v6 = !subtract(set, mapped).empty();
      return v4 == v6 ? 0 : v4 ? 4 : 6;
    };
    if (family(match.source) != 0 && family(match.destination) != 0 &&
        family(match.source) != family(match.destination)) {
      return "one end is IPv4, the other IPv6";
    }
    return "its fields exclude each other (docs/design.md, \"The key\": what packets of each kind present)";
  }

  const std::vector<Entry>& entries_;
  const EntryPlaces& places_;
  Findings& findings_;
  WorkLimit& limit_;
  std::unordered_map<std::string, std::string> files_;
  std::vector<Match> regions_;  ///< the keys that there are, as disjoint products
  std::size_t undecided_ = 0;
  std::size_t first_undecided_ = 0;
};

}  // namespace

void check_policy(const Policy& policy, const EntryPlaces& places, Findings& findings, WorkLimit& limit) {
  PolicyChecker(policy, places, findings, limit).run();
}

}  // namespace portcullis::policy::lint
