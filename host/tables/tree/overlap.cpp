#include "tables/tree/overlap.h"

#include <algorithm>
#include <array>
#include <random>

namespace portcullis::tables::tree {
namespace {

using policy::Entry;
using policy::Key;
using policy::Match;

constexpr unsigned kFieldsOfKey = 9;

/// The value that most of `rules` hold in one range field; `rules` keeps those.
template <typename T>
T narrow(const policy::Policy& policy, std::vector<std::uint32_t>& rules, policy::IntervalSet<T> Match::*field) {
  std::vector<std::pair<T, int>> steps;
  int open_end = 0;
  for (const std::uint32_t rule : rules) {
    for (const auto& interval : (policy.entries[rule].match.*field).intervals()) {
      steps.emplace_back(interval.first, 1);
      const T past = static_cast<T>(interval.last + 1);
      if (past != 0) steps.emplace_back(past, -1);
      open_end += past == 0 ? 1 : 0;
    }
  }
  std::sort(steps.begin(), steps.end());  // at one value ends come before beginnings
  T best = 0;
  int most = 0;
  int now = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    now += steps[i].second;
    if (now > most && (i + 1 == steps.size() || steps[i + 1].first != steps[i].first)) {
      most = now;
      best = steps[i].first;
    }
  }
  std::erase_if(rules, [&](std::uint32_t rule) { return !(policy.entries[rule].match.*field).contains(best); });
  return best;
}

std::uint8_t narrow(const policy::Policy& policy, std::vector<std::uint32_t>& rules, policy::Chunk Match::*field) {
  std::array<std::size_t, 256> holds{};
  for (const std::uint32_t rule : rules) {
    const policy::Chunk& chunk = policy.entries[rule].match.*field;
    for (std::size_t v = chunk._Find_first(); v < 256; v = chunk._Find_next(v)) ++holds[v];
  }
  const auto best = static_cast<std::uint8_t>(std::max_element(holds.begin(), holds.end()) - holds.begin());
  std::erase_if(rules, [&](std::uint32_t rule) { return !(policy.entries[rule].match.*field)[best]; });
  return best;
}

bool meet(const Match& a, const Match& b) {
  return !intersect(a.source, b.source).empty() && !intersect(a.destination, b.destination).empty() &&
         !intersect(a.source_port, b.source_port).empty() &&
         !intersect(a.destination_port, b.destination_port).empty() && !intersect(a.vlan, b.vlan).empty() &&
         (a.protocol & b.protocol).any() && (a.tcp_flags & b.tcp_flags).any() && (a.dscp_tags & b.dscp_tags).any() &&
         (a.context & b.context).any();
}

}  // namespace

Overlap deepest_overlap(const policy::Policy& policy, unsigned starts) {
  Overlap best;
  if (policy.entries.empty()) return best;
  std::mt19937_64 random(1);
  for (unsigned start = 0; start < starts; ++start) {
    // The rules that meet one; then field after field, in an order that changes, the value that most of them hold.
    const std::size_t from = start * policy.entries.size() / starts;
    const Match& match = policy.entries[from].match;
    if (match.empty()) continue;
    std::vector<std::uint32_t> rules;
    for (std::uint32_t rule = 0; rule < policy.entries.size(); ++rule) {
      if (meet(match, policy.entries[rule].match)) rules.push_back(rule);
    }
    if (rules.size() <= best.rules.size()) continue;
    std::array<unsigned, kFieldsOfKey> order{};
    for (unsigned f = 0; f < kFieldsOfKey; ++f) order[f] = f;
    for (unsigned f = kFieldsOfKey - 1; f > 0; --f) std::swap(order[f], order[random() % (f + 1)]);
    Key key;
    for (const unsigned f : order) {
      switch (f) {
        case 0:
          key.source = narrow(policy, rules, &Match::source);
          break;
        case 1:
          key.destination = narrow(policy, rules, &Match::destination);
          break;
        case 2:
          key.source_port = narrow(policy, rules, &Match::source_port);
          break;
        case 3:
          key.destination_port = narrow(policy, rules, &Match::destination_port);
          break;
        case 4:
          key.vlan = narrow(policy, rules, &Match::vlan);
          break;
        case 5:
          key.protocol = narrow(policy, rules, &Match::protocol);
          break;
        case 6:
          key.tcp_flags = narrow(policy, rules, &Match::tcp_flags);
          break;
        case 7:
          key.dscp_tags = narrow(policy, rules, &Match::dscp_tags);
          break;
        default:
          key.context = narrow(policy, rules, &Match::context);
          break;
      }
    }
    if (rules.size() > best.rules.size()) best = {key, rules};
  }
  return best;
}

}  // namespace portcullis::tables::tree
