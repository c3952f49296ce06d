// Image against policy: entry by entry first, and where entries differ, a search for a packet.
#include "tables/prove.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "policy/fields.h"
#include "policy/product.h"
#include "tables/image.h"
#include "tables/recover.h"

namespace portcullis::tables {
namespace {

using policy::Key;
using policy::Match;
using policy::Policy;

// What a packet meets, as far as two policies are compared.
struct Outcome {
  bool permit = false;
  bool would_drop = false;
  policy::Action action;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(const policy::Action& action, bool monitor) {
  return {action.permit || monitor, monitor && !action.permit, action};
}

// A policy as the search sees it: products in order, and for each and for the default the number of its outcome.
// Outcomes are numbered over both policies, so that two of them are equal if their numbers are.
struct Side {
  struct Rule {
    const Match* match = nullptr;
    std::size_t outcome = 0;
  };
  std::vector<Rule> rules;
  std::size_t fallback = 0;
};

// Finds a key of a box on which two sides have different outcomes.
class DifferenceSearch {
 public:
  explicit DifferenceSearch(policy::WorkLimit& limit) : limit_(limit) {}

  std::optional<Key> find(const Match& box, const Side& a, const Side& b) {
    if (box.empty()) return std::nullopt;
    const Match* split = nullptr;
    unsigned fewest = policy::kTables + 1;
    const Side in_a = restrict(box, a, split, fewest);
    const Side in_b = restrict(box, b, split, fewest);
    if (limit_.exhausted) return std::nullopt;
    // The same outcome everywhere on both sides: nothing to find here.
    if (in_a.fallback == in_b.fallback && in_a.rules.empty() && in_b.rules.empty()) return std::nullopt;
    if (in_a.rules.empty() && in_b.rules.empty()) return lowest_key(box);
    // `split` may have been dropped as one that decides nothing; then any that is left will do.
    if (split == nullptr || !(holds(in_a, split) || holds(in_b, split))) {
      split = nullptr;
      fewest = policy::kTables + 1;
      for (const Side* side : {&in_a, &in_b}) {
        for (const Side::Rule& rule : side->rules) {
          const unsigned outside = fields_outside(box, *rule.match);
          if (outside < fewest) {
            fewest = outside;
            split = rule.match;
          }
        }
      }
    }
    if (auto key = find(intersect(box, *split), in_a, in_b)) return key;
    for (const Match& piece : subtract(box, *split)) {
      if (limit_.exhausted) return std::nullopt;
      if (auto key = find(piece, in_a, in_b)) return key;
    }
    return std::nullopt;
  }

 private:
  static bool holds(const Side& side, const Match* match) {
    return std::any_of(side.rules.begin(), side.rules.end(), [match](const auto& rule) { return rule.match == match; });
  }

  // The rules that meet the box, up to the first that holds all of it, whose outcome is then the fallback; rules at the
  // end that say the same as the fallback decide nothing and are left out. Notes the rule that reaches out of the box
  // in the fewest fields.
  Side restrict(const Match& box, const Side& side, const Match*& split, unsigned& fewest) {
    Side out;
    out.fallback = side.fallback;
    for (const Side::Rule& rule : side.rules) {
      if (!limit_.spend()) return out;
      if (!intersects(box, *rule.match)) continue;
      const unsigned outside = fields_outside(box, *rule.match);
      if (outside == 0) {
        out.fallback = rule.outcome;
        break;
      }
      out.rules.push_back(rule);
      if (outside < fewest) {
        fewest = outside;
        split = rule.match;
      }
    }
    while (!out.rules.empty() && out.rules.back().outcome == out.fallback) out.rules.pop_back();
    return out;
  }

  policy::WorkLimit& limit_;
};

std::size_t number_of(std::vector<Outcome>& known, const Outcome& outcome) {
  const auto found = std::find(known.begin(), known.end(), outcome);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  known.push_back(outcome);
  return known.size() - 1;
}

Side verdicts_of(const Policy& policy, std::vector<Outcome>& known) {
  Side side;
  for (const policy::Entry& entry : policy.entries) {
    side.rules.push_back({&entry.match, number_of(known, outcome_of(entry.action, policy.monitor))});
  }
  side.fallback = number_of(known, outcome_of(policy.default_action, policy.monitor));
  return side;
}

// Each entry an outcome of its own: differences in what counts a packet. Entries of two policies are told apart by
// number alone.
Side counters_of(const Policy& policy) {
  Side side;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) side.rules.push_back({&policy.entries[i].match, i + 1});
  side.fallback = 0;
  return side;
}

void note(std::string& what, bool differs, std::string_view name) {
  if (!differs) return;
  if (!what.empty()) what += ", ";
  what += name;
}

// The folder of a file is left out: a site may be compiled from one place and proved from another.
bool same_origin(const policy::Provenance& a, const policy::Provenance& b) {
  const auto name = [](std::string_view path) { return path.substr(path.find_last_of('/') + 1); };
  policy::Provenance renamed = b;
  if (name(a.document) == name(b.document)) renamed.document = a.document;
  return a == renamed;
}

std::string difference(const policy::Entry& policy, const policy::Entry& image, std::uint64_t word) {
  std::string what;
  const Match& a = policy.match;
  const Match& b = image.match;
  note(what, a.source != b.source, policy::kTableNames[0]);
  note(what, a.destination != b.destination, policy::kTableNames[1]);
  note(what, a.source_port != b.source_port, policy::kTableNames[2]);
  note(what, a.destination_port != b.destination_port, policy::kTableNames[3]);
  note(what, a.vlan != b.vlan, policy::kTableNames[4]);
  note(what, a.protocol != b.protocol, policy::kTableNames[5]);
  note(what, a.tcp_flags != b.tcp_flags, policy::kTableNames[6]);
  note(what, a.dscp_tags != b.dscp_tags, policy::kTableNames[7]);
  note(what, a.context != b.context, policy::kTableNames[8]);
  note(what, policy.action.to_word() != word, "action");
  note(what, !same_origin(policy.from, image.from), "origin");
  return what;
}

std::size_t count_intervals(const Policy& policy) {
  std::size_t count = 0;
  for (const policy::Entry& entry : policy.entries) {
    const Match& m = entry.match;
    count += m.source.size() + m.destination.size() + m.source_port.size() + m.destination_port.size() + m.vlan.size();
    count += m.protocol.count() + m.tcp_flags.count() + m.dscp_tags.count() + m.context.count();
  }
  return count;
}

std::vector<std::string> order_remarks(const TableImage& image) {
  std::vector<std::string> remarks;
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    const auto& boundaries = image.boundaries[table];
    const auto until = std::is_sorted_until(boundaries.begin(), boundaries.end());
    if (until == boundaries.end()) continue;
    remarks.push_back(fmt::format("{}: boundary {} is below the one before it, no engine takes this image",
                                  policy::kTableNames[table], until - boundaries.begin() + 1));
  }
  return remarks;
}

// Probes that would make a sound engine fail its self-test, or pass a wrong one. The reference matcher answers them
// anew.
void check_probes(const TableImage& image, const Policy& policy, std::uint64_t fallback,
                  std::vector<std::string>& remarks) {
  const auto expects = [](bool hit, std::size_t rule, std::uint64_t action) {
    return hit ? fmt::format("entry {} with action {:016x}", rule, action)
               : fmt::format("no entry and action {:016x}", action);
  };
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < image.probes.size(); ++i) {
    const Probe& probe = image.probes[i];
    const auto entry = first_match(policy, probe.key);
    const std::uint64_t action = entry ? policy.entries[*entry].action.to_word() : fallback;
    if (probe.hit == entry.has_value() && probe.rule == entry.value_or(0) && probe.action == action) continue;
    if (++wrong > 1) continue;
    remarks.push_back(fmt::format("probe {} expects {}, the site says {}", i,
                                  expects(probe.hit, probe.rule, probe.action),
                                  expects(entry.has_value(), entry.value_or(0), action)));
  }
  if (wrong > 1) remarks.push_back(fmt::format("{} probes in all expect what the site does not say", wrong));
}

// Where the two can differ at all: disjointness does not matter, but every packet with two verdicts is in one of these.
std::vector<Match> suspects(const Policy& policy, const Policy& image, bool fallback_differs) {
  if (fallback_differs || policy.monitor != image.monitor) return {Match::any()};
  std::vector<Match> regions;
  const auto add_all = [&regions](std::vector<Match> pieces) {
    std::move(pieces.begin(), pieces.end(), std::back_inserter(regions));
  };
  const std::size_t shorter = std::min(policy.entries.size(), image.entries.size());
  if (policy.entries.size() == image.entries.size()) {
    for (std::size_t i = 0; i < shorter; ++i) {
      const policy::Entry& a = policy.entries[i];
      const policy::Entry& b = image.entries[i];
      if (a.match != b.match) {
        add_all(subtract(a.match, b.match));
        add_all(subtract(b.match, a.match));
      }
      if (a.action != b.action) regions.push_back(intersect(a.match, b.match));
    }
    return regions;
  }
  // Entries were put in or left out: all but what is equal at both ends.
  const auto same = [](const policy::Entry& a, const policy::Entry& b) {
    return a.match == b.match && a.action == b.action;
  };
  std::size_t head = 0;
  while (head < shorter && same(policy.entries[head], image.entries[head])) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head &&
         same(policy.entries[policy.entries.size() - 1 - tail], image.entries[image.entries.size() - 1 - tail])) {
    ++tail;
  }
  for (const Policy* side : {&policy, &image}) {
    for (std::size_t i = head; i + tail < side->entries.size(); ++i) regions.push_back(side->entries[i].match);
  }
  return regions;
}

std::optional<Key> search(const std::vector<Match>& regions, const Side& a, const Side& b, policy::WorkLimit& limit) {
  DifferenceSearch difference(limit);
  for (const Match& region : regions) {
    for (const Match& real : policy::presentable()) {
      if (limit.exhausted) return std::nullopt;
      if (!intersects(region, real)) continue;
      if (auto key = difference.find(intersect(region, real), a, b)) return key;
    }
  }
  return std::nullopt;
}

std::string name_of(const Policy& policy, const Proof& proof, const Policy& image, std::size_t entry) {
  if (entry >= std::max(proof.policy_entries, proof.image_entries)) return "default action";
  const Policy& side = entry < policy.entries.size() ? policy : image;
  const policy::Provenance& from = side.entries[entry].from;
  const std::string place = from.line == 0 ? std::string() : fmt::format("{}:{}", from.document, from.line);
  return fmt::format("entry {} ({}{})", entry, from.rule,
                     place.empty() || place == from.rule ? std::string() : ", " + place);
}

std::string sentences(const Proof& proof, const Policy& policy, const Policy& image, const std::string& file) {
  if (proof.proved()) {
    return fmt::format(
        "proved: {} does what the site says for every packet ({} entries, {} intervals and values compared)", file,
        proof.policy_entries, proof.intervals);
  }
  constexpr std::size_t kShown = 8;
  std::string text = fmt::format("not proved: {} differs from the site", file);
  for (const std::string& remark : proof.remarks) text += fmt::format("\n  {}", remark);
  if (proof.policy_entries != proof.image_entries) {
    text += fmt::format("\n  the site has {} entries, the image {}", proof.policy_entries, proof.image_entries);
  }
  // "no verdict changes" is said of the entry itself, where a script looks for it.
  const bool no_effect = proof.result == ProofResult::without_effect;
  for (std::size_t i = 0; i < proof.differences.size() && i < kShown; ++i) {
    const EntryDifference& difference = proof.differences[i];
    text += fmt::format("\n  {} differs{}: {}", name_of(policy, proof, image, difference.entry),
                        no_effect ? ", but no verdict changes" : "", difference.what);
  }
  if (proof.differences.size() > kShown) text += fmt::format("\n  and {} more", proof.differences.size() - kShown);
  if (proof.key) {
    text += fmt::format("\n  packet: {}\n    site:  {}\n    image: {}", describe(*proof.key),
                        describe(proof.by_policy, policy), describe(proof.by_image, image));
  }
  if (proof.counted_elsewhere) {
    text += fmt::format("\n  packet: {}\n    counted by the site at:  {}\n    counted by the image at: {}",
                        describe(*proof.counted_elsewhere), describe(decide(policy, *proof.counted_elsewhere), policy),
                        describe(decide(image, *proof.counted_elsewhere), image));
  }
  if (no_effect && proof.differences.empty()) text += "\n  the entries are equal: no verdict changes";
  if (proof.result == ProofResult::gave_up) {
    text += "\n  the search for a packet was given up: whether a verdict changes is not known";
  }
  return text + "\n  compile the site again";
}

}  // namespace

Proof prove(const Policy& site, std::span<const std::uint8_t> bytes, const std::string& file,
            std::uint64_t search_limit) {
  const TableImage tables = decode(bytes, file, BoundaryOrder::any);
  const Policy image = recover(tables);
  Policy policy = site;
  for (policy::Entry& entry : policy.entries) entry.match = within_domain(std::move(entry.match));

  Proof proof;
  proof.policy_entries = policy.entries.size();
  proof.image_entries = image.entries.size();
  proof.intervals = count_intervals(image);
  proof.remarks = order_remarks(tables);
  const std::size_t both = std::min(proof.policy_entries, proof.image_entries);
  for (std::size_t i = 0; i < both; ++i) {
    const std::string what = difference(policy.entries[i], image.entries[i], tables.actions[i]);
    if (!what.empty()) proof.differences.push_back({i, what});
  }
  for (std::size_t i = both; i < proof.policy_entries; ++i) proof.differences.push_back({i, "only in the site"});
  for (std::size_t i = both; i < proof.image_entries; ++i) proof.differences.push_back({i, "only in the image"});
  const std::uint64_t fallback = policy.default_action.to_word() | (policy.monitor ? kMonitorBit : 0);
  if (fallback != tables.default_action) {
    proof.differences.push_back({std::max(proof.policy_entries, proof.image_entries), "action"});
  }
  // Where entries differ, so do probes; that would only hide the reason.
  if (proof.differences.empty()) check_probes(tables, policy, fallback, proof.remarks);

  if (!proof.differences.empty() || !proof.remarks.empty()) {
    std::vector<Outcome> outcomes;
    const Side a = verdicts_of(policy, outcomes);
    const Side b = verdicts_of(image, outcomes);
    const std::vector<Match> regions = suspects(policy, image, a.fallback != b.fallback);
    policy::WorkLimit limit{search_limit, false};
    proof.key = search(regions, a, b, limit);
    if (proof.key) {
      proof.result = ProofResult::differs;
      proof.by_policy = decide(policy, *proof.key);
      proof.by_image = decide(image, *proof.key);
    } else if (limit.exhausted) {
      proof.result = ProofResult::gave_up;
    } else {
      proof.result = ProofResult::without_effect;
      policy::WorkLimit more{search_limit / 10, false};
      proof.counted_elsewhere = search(regions, counters_of(policy), counters_of(image), more);
    }
  }
  proof.text = sentences(proof, policy, image, file);
  return proof;
}

std::string describe(const Key& key) {
  const auto type = static_cast<policy::EtherClass>((key.context >> 3U) & 7U);
  const auto fragment = static_cast<policy::Fragment>(key.context >> 6U);
  std::string text;
  if (type == policy::EtherClass::ipv4 || type == policy::EtherClass::ipv6) {
    const bool icmp = key.protocol == 1 || key.protocol == 58;
    const auto end = [&](policy::Address address, std::uint32_t port) {
      const std::string name = policy::to_string(address);
      if (icmp || port == policy::kNoPort) return name;
      return policy::is_ipv4(address) ? fmt::format("{}:{}", name, port) : fmt::format("[{}]:{}", name, port);
    };
    text = fmt::format("{} {} {} -> {}", policy::to_string(type), policy::protocol_name(key.protocol),
                       end(key.source, key.source_port), end(key.destination, key.destination_port));
    if (icmp && key.source_port != policy::kNoPort) {
      text += fmt::format(", type {} code {}", key.source_port, key.destination_port);
    }
    if (key.protocol == 6 && fragment != policy::Fragment::later)
      text += fmt::format(", flags 0x{:02x}", key.tcp_flags);
    if (fragment == policy::Fragment::first) text += ", first fragment";
    if (fragment == policy::Fragment::later) text += ", later fragment";
    if ((key.dscp_tags & 0x3FU) != 0) text += fmt::format(", DSCP {}", key.dscp_tags & 0x3FU);
  } else {
    text = fmt::format("{} frame", policy::to_string(type));
  }
  if (key.dscp_tags >> 6U != 0) text += fmt::format(", VLAN {} ({} tags)", key.vlan, key.dscp_tags >> 6U);
  return text + fmt::format(", ingress {}", key.context & 7U);
}

std::string describe(const Verdict& verdict, const Policy& policy) {
  std::string text = verdict.permit ? "permit" : "drop";
  if (verdict.would_drop) text += " (monitor mode; would be dropped)";
  if (verdict.action.mark) text += fmt::format(", mark {}", *verdict.action.mark);
  if (verdict.action.queue) text += fmt::format(", queue {}", *verdict.action.queue);
  if (verdict.action.wire) text += fmt::format(", wire {}", *verdict.action.wire);
  if (verdict.action.mirror) text += ", mirror";
  if (!verdict.entry) return text + " (default)";
  const policy::Provenance& from = policy.entries[*verdict.entry].from;
  text += fmt::format(" (entry {}: {}", *verdict.entry, from.rule);
  if (const std::string place = fmt::format("{}:{}", from.document, from.line); from.line != 0 && place != from.rule) {
    text += fmt::format(", {}", place);
  }
  return text + (from.reply ? ", replies)" : ")");
}

}  // namespace portcullis::tables
