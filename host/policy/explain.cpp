// Why a packet meets its verdict.
#include "policy/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "policy/fields.h"
#include "policy/product.h"
#include "policy/words.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kShownValues = 6;

std::string list(const std::vector<std::string>& values) {
  if (values.size() <= kShownValues) return fmt::format("{}", fmt::join(values, ", "));
  return fmt::format("{} and {} more", fmt::join(values.begin(), values.begin() + kShownValues, ", "),
                     values.size() - kShownValues);
}

std::string port(std::uint32_t value) { return value == kNoPort ? "none" : std::to_string(value); }

// How far a value is from a set; 0 within it.
template <typename T>
double distance(const IntervalSet<T>& set, T value) {
  double best = std::numeric_limits<double>::max();
  for (const auto& i : set.intervals()) {
    if (value < i.first) {
      best = std::min(best, static_cast<double>(i.first - value));
    } else if (value > i.last) {
      best = std::min(best, static_cast<double>(value - i.last));
    } else {
      return 0;
    }
  }
  return best;
}

struct Misses {
  std::vector<std::string> words;
  bool destination = false;
  double ports = 0;
};

Misses misses(const Match& match, const Key& key) {
  Misses out;
  const auto add = [&](std::string_view field, const std::string& is, const std::vector<std::string>& permitted) {
    out.words.push_back(fmt::format("{} {}, permitted: {}", field, is, list(permitted)));
  };
  const bool messages = key.protocol == 1 || key.protocol == 58;
  if (!match.context[key.context]) {
    const auto type = static_cast<EtherClass>((key.context >> 3U) & 7U);
    Chunk same_class;
    for (unsigned v = 0; v < 256; ++v)
      same_class[v] = match.context[v] && ((v >> 3U) & 7U) == static_cast<unsigned>(type);
    if (same_class.none()) {
      out.words.push_back(fmt::format("ethertype {}, which it does not take", to_string(type)));
    } else if (static_cast<Fragment>(key.context >> 6U) != Fragment::whole) {
      out.words.push_back("fragment state or ingress port");
    } else {
      std::vector<std::string> ports;
      for (unsigned p = 0; p < kMaxIngressPorts; ++p) {
        if (same_class[make_context(p, type, Fragment::whole)]) ports.push_back(std::to_string(p));
      }
      add("ingress", std::to_string(key.context & 7U), ports);
    }
  }
  if (!match.protocol[key.protocol]) {
    std::vector<std::string> names;
    for (unsigned p = 0; p < 256; ++p) {
      if (match.protocol[p]) names.push_back(protocol_name(static_cast<std::uint8_t>(p)));
    }
    add("protocol", protocol_name(key.protocol), names);
  }
  if (!match.source.contains(key.source)) add("source", to_string(key.source), prefixes(match.source));
  if (!match.destination.contains(key.destination)) {
    out.destination = true;
    add("destination", to_string(key.destination), prefixes(match.destination));
  }
  if (!match.source_port.contains(key.source_port)) {
    out.ports += distance(match.source_port, key.source_port);
    add(messages ? "type" : "source port", port(key.source_port), ports_in_words(match.source_port));
  }
  if (!match.destination_port.contains(key.destination_port)) {
    out.ports += distance(match.destination_port, key.destination_port);
    add(messages ? "code" : "destination port", port(key.destination_port), ports_in_words(match.destination_port));
  }
  if (!match.tcp_flags[key.tcp_flags]) {
    const bool established = match.tcp_flags == established_flags();
    out.words.push_back(established ? "flags, permitted: ACK or RST set (it admits answers only)" : "flags");
  }
  if (!match.vlan.contains(key.vlan)) out.words.push_back(fmt::format("VLAN {}", key.vlan));
  if (!match.dscp_tags[key.dscp_tags]) out.words.push_back("DSCP or VLAN tags");
  return out;
}

}  // namespace

std::vector<NearMiss> nearest_permits(const Policy& policy, const Key& key, std::size_t most) {
  struct Candidate {
    NearMiss miss;
    std::size_t fields = 0;
    bool destination = false;
    bool reply = false;
    double ports = 0;
  };
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const Entry& entry = policy.entries[i];
    if (entry.from.cause != Cause::rule || !entry.action.permit || entry.match.empty()) continue;
    Misses found = misses(entry.match, key);
    if (found.words.empty()) continue;
    candidates.push_back({{i, std::move(found.words)}, 0, found.destination, entry.from.reply, found.ports});
    candidates.back().fields = candidates.back().miss.misses.size();
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.fields, a.destination, a.reply, a.ports) <
           std::tuple(b.fields, b.destination, b.reply, b.ports);
  });
  std::vector<NearMiss> out;
  for (Candidate& candidate : candidates) {
    // What differs in more fields than the nearest is no help.
    if (out.size() == most || candidate.fields > candidates.front().fields) break;
    out.push_back(std::move(candidate.miss));
  }
  return out;
}

Explanation explain(const Policy& policy, const Key& key) {
  Explanation out;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    if (!policy.entries[i].match.contains(key)) continue;
    if (!out.entry) {
      out.entry = i;
    } else {
      out.hidden.push_back(i);
    }
  }
  out.permit = out.entry ? policy.entries[*out.entry].action.permit : policy.default_action.permit;
  const bool by_rule = out.entry && policy.entries[*out.entry].from.cause == Cause::rule;
  if (!out.permit && !by_rule) out.nearest = nearest_permits(policy, key, 3);
  return out;
}

namespace {

/// The rules of a policy within a question, and what they make of it; kOutside for all other packets.
constexpr unsigned kOutside = 2;
class CutRules {
 public:
  /// `outcome` of an entry; none: the entry is left out. That of the default action must be there.
  CutRules(const Policy& policy, const Match& question,
           const std::function<std::optional<unsigned>(Decider)>& outcome) {
    for (std::size_t i = 0; i < policy.entries.size(); ++i) {
      add(intersect(policy.entries[i].match, question), outcome(i));
    }
    add(question, outcome(std::nullopt));
  }
  RuleList list() const {
    RuleList out{{}, kOutside};
    for (std::size_t i = 0; i < cut_.size(); ++i) out.rules.push_back({&cut_[i], outcomes_[i]});
    return out;
  }

 private:
  void add(Match match, std::optional<unsigned> outcome) {
    if (match.empty() || !outcome) return;
    cut_.push_back(std::move(match));
    outcomes_.push_back(*outcome);
  }

  std::vector<Match> cut_;
  std::vector<unsigned> outcomes_;
};

const Action& action_of(const Policy& policy, Decider entry) {
  return entry ? policy.entries[*entry].action : policy.default_action;
}

std::vector<VerdictRegions::Set> sets_of(const Policy& policy, std::vector<Match>& boxes, bool permit,
                                         std::uint64_t& budget) {
  std::vector<VerdictRegions::Set> out;
  for (Match& box : boxes) {
    VerdictRegions::Set set;
    set.example = example_packet(box);
    set.by = deciders(policy, box, budget, [&](const Action& action) { return action.permit == permit; });
    set.box = std::move(box);
    out.push_back(std::move(set));
  }
  return out;
}

}  // namespace

Regions packets_decided_by(const Policy& policy, const Match& question, const std::function<bool(Decider)>& wanted,
                           std::uint64_t limit) {
  const CutRules rules(policy, question, [&](Decider entry) { return wanted(entry) ? 1U : 0U; });
  const RuleList nothing{{}, kOutside};
  return find_regions(
      rules.list(), nothing, 1, [](unsigned outcome, unsigned) { return outcome == 1 ? 1U : 0U; }, limit);
}

VerdictRegions packets_with_verdict(const Policy& policy, const Match& question, bool permit, std::uint64_t limit) {
  Regions regions = packets_decided_by(
      policy, question, [&](Decider entry) { return action_of(policy, entry).permit == permit; }, limit);
  std::uint64_t budget = kDeciderWork;
  return {sets_of(policy, regions.boxes[0], permit, budget), regions.decided};
}

Permitted permitted_packets(const Policy& policy, const Match& question, std::uint64_t limit) {
  // Entries for replies permit, so without them fewer packets pass, and no other.
  const auto is_reply = [&](Decider entry) { return entry && policy.entries[*entry].from.reply; };
  // Unlike all outcomes of `rows`, for a pair of equal outcomes is of no kind.
  constexpr unsigned kPasses = 3;
  constexpr unsigned kDropped = 4;
  const CutRules all(policy, question,
                     [&](Decider entry) { return action_of(policy, entry).permit ? kPasses : kDropped; });
  const CutRules rows(policy, question, [&](Decider entry) -> std::optional<unsigned> {
    if (is_reply(entry)) return std::nullopt;
    return action_of(policy, entry).permit ? 1U : 0U;
  });
  const auto kind = [](unsigned by_rows, unsigned by_all) -> unsigned {
    if (by_all != kPasses) return 0;
    return by_rows == 1 ? 1 : 2;
  };
  Regions regions = find_regions(rows.list(), all.list(), 2, kind, limit);
  Policy without_replies;
  without_replies.default_action = policy.default_action;
  std::vector<std::size_t> number_of;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    if (is_reply(i)) continue;
    without_replies.entries.push_back(policy.entries[i]);
    number_of.push_back(i);
  }
  std::uint64_t budget = kDeciderWork;
  Permitted out;
  out.by_rows = sets_of(without_replies, regions.boxes[0], true, budget);
  for (VerdictRegions::Set& set : out.by_rows) {
    for (std::size_t& entry : set.by.entries) entry = number_of[entry];
  }
  out.answers = sets_of(policy, regions.boxes[1], true, budget);
  out.decided = regions.decided;
  return out;
}

IntervalSet<Address> addresses_of(const Site& site, std::string_view text) {
  if (const Role* role = site.find_role(text)) {
    if (role->none)
      throw FieldError(fmt::format("role \"{}\" is bound to none in {}: it has no address", text, site.file));
    return role->addresses;
  }
  if (text == "any") return any_address();
  try {
    return parse_prefix(text);
  } catch (const FieldError& error) {
    std::vector<std::string_view> names;
    for (const Role& role : site.roles) names.push_back(role.name);
    const std::string_view meant = closest(text, names);
    const bool number = text.find_first_not_of("0123456789abcdefABCDEF.:/-") == std::string_view::npos;
    if (number) throw;
    throw FieldError(fmt::format("\"{}\" is neither a role of {} nor a prefix: {}", shown(text), site.file,
                                 meant.empty() ? fmt::format("its roles are {}", list({names.begin(), names.end()}))
                                               : fmt::format("did you mean {}?", meant)));
  }
}

}  // namespace portcullis::policy
