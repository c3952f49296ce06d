// Two policies against each other.
#include "policy/diff.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "policy/product.h"

namespace portcullis::policy {
namespace {

constexpr std::uint64_t kDeciderSearch = 20'000;  // comparisons per entry and box

// What happens to a packet, as far as one could tell from outside.
struct Effect {
  bool permit = false;
  bool would_drop = false;
  Action action;
  friend bool operator==(const Effect&, const Effect&) = default;
};

Effect effect_of(const Action& action, bool monitor) {
  Effect effect{action.permit || monitor, monitor && !action.permit, action};
  if (!action.permit) {
    // Dropped, or passed by monitor mode alone: only a mirrored copy still carries the mark.
    effect.action.queue.reset();
    effect.action.wire.reset();
    if (!action.mirror) effect.action.mark.reset();
  }
  if (effect.action.queue) effect.action.wire.reset();
  return effect;
}

std::optional<std::size_t> first_match(const Policy& policy, const Key& key) {
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    if (policy.entries[i].match.contains(key)) return i;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::permit_to_drop:
      return "permit-to-drop";
    case ChangeKind::drop_to_permit:
      return "drop-to-permit";
    case ChangeKind::other:
      return "other";
  }
  return "other";
}

Deciders deciders(const Policy& policy, const Match& box, std::uint64_t& budget,
                  const std::function<bool(const Action&)>& only) {
  Deciders out;
  std::vector<Match> real;
  for (const Match& region : presentable()) {
    if (intersects(region, box)) real.push_back(intersect(region, box));
  }
  std::vector<const Match*> above;
  bool all_held = false;
  const auto decides = [&](const Match* match) {
    const std::uint64_t start = std::min(kDeciderSearch, budget);
    WorkLimit limit{start, false};
    bool found = false;
    for (const Match& part : real) {
      if (found || limit.exhausted) break;
      if (match != nullptr && !intersects(part, *match)) continue;
      found = find_uncovered(match != nullptr ? intersect(part, *match) : part, above, limit).has_value();
    }
    budget -= start - limit.left;
    if (limit.exhausted) out.complete = false;
    return found || limit.exhausted;
  };
  for (std::size_t i = 0; i < policy.entries.size() && !all_held; ++i) {
    const Entry& entry = policy.entries[i];
    if (!intersects(entry.match, box)) continue;
    if ((!only || only(entry.action)) && decides(&entry.match)) out.entries.push_back(i);
    above.push_back(&entry.match);
    all_held = fields_outside(box, entry.match) == 0;
  }
  out.fallback = !all_held && (!only || only(policy.default_action)) && decides(nullptr);
  return out;
}

PolicyDiff diff(const Policy& before, const Policy& after, std::uint64_t limit) {
  std::vector<Effect> effects;
  const auto number_of = [&](const Effect& effect) {
    const auto at = std::find(effects.begin(), effects.end(), effect);
    if (at != effects.end()) return static_cast<unsigned>(at - effects.begin());
    effects.push_back(effect);
    return static_cast<unsigned>(effects.size() - 1);
  };
  const auto list_of = [&](const Policy& policy) {
    RuleList list;
    for (const Entry& entry : policy.entries) {
      list.rules.push_back({&entry.match, number_of(effect_of(entry.action, policy.monitor))});
    }
    list.fallback = number_of(effect_of(policy.default_action, policy.monitor));
    return list;
  };
  const RuleList a = list_of(before);
  const RuleList b = list_of(after);
  // Kinds 1 and 2 by the verdict alone; each pair of other effects is a kind of its own.
  std::map<std::pair<unsigned, unsigned>, unsigned> other_kinds;
  for (unsigned x = 0; x < effects.size(); ++x) {
    for (unsigned y = 0; y < effects.size(); ++y) {
      if (x == y || effects[x].permit != effects[y].permit) continue;
      const auto uses = [](const RuleList& list, unsigned outcome) {
        return list.fallback == outcome || std::any_of(list.rules.begin(), list.rules.end(),
                                                       [&](const auto& rule) { return rule.outcome == outcome; });
      };
      if (uses(a, x) && uses(b, y))
        other_kinds.emplace(std::pair(x, y), 3U + static_cast<unsigned>(other_kinds.size()));
    }
  }
  const KindOf kind_of = [&](unsigned x, unsigned y) {
    if (x == y) return 0U;
    if (effects[x].permit != effects[y].permit) return effects[x].permit ? 1U : 2U;
    return other_kinds.at({x, y});
  };
  Regions regions = find_regions(a, b, 2U + static_cast<unsigned>(other_kinds.size()), kind_of, limit);

  PolicyDiff out;
  out.malformed_differs = before.monitor != after.monitor;
  out.decided = regions.decided;
  out.reduced = regions.reduced;
  out.undecided = std::move(regions.undecided);
  std::uint64_t budget = kDeciderWork;
  for (unsigned kind = 0; kind < regions.boxes.size(); ++kind) {
    std::pair<unsigned, unsigned> pair;
    for (const auto& [effects_of, number] : other_kinds) {
      if (number == kind + 1) pair = effects_of;
    }
    for (Match& box : regions.boxes[kind]) {
      Change change;
      change.kind = kind == 0 ? ChangeKind::permit_to_drop : kind == 1 ? ChangeKind::drop_to_permit : ChangeKind::other;
      const auto allowed = [&](bool is_before) {
        return [&, is_before](const Action& action) {
          const Effect effect = effect_of(action, is_before ? before.monitor : after.monitor);
          if (kind < 2) return effect.permit == ((kind == 0) == is_before);
          return effect == effects[is_before ? pair.first : pair.second];
        };
      };
      change.before = deciders(before, box, budget, allowed(true));
      change.after = deciders(after, box, budget, allowed(false));
      change.example = example_packet(box);
      const auto effect_on = [&](const Policy& policy) {
        const auto entry = first_match(policy, change.example);
        return effect_of(entry ? policy.entries[*entry].action : policy.default_action, policy.monitor);
      };
      if (kind_of(number_of(effect_on(before)), number_of(effect_on(after))) != kind + 1) {
        throw std::logic_error("diff: an example packet does not change as its set says");
      }
      change.box = std::move(box);
      out.changes.push_back(std::move(change));
    }
  }
  return out;
}

}  // namespace portcullis::policy
