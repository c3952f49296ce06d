#include "policy/expect.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/fields.h"
#include "policy/product.h"
#include "policy/words.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kDefault = "default";

bool is_named(const Provenance& from, std::string_view by) { return from.rule == by || to_string(from.cause) == by; }

bool is_named(const Policy& policy, Decider entry, const std::vector<std::string>& by) {
  return std::any_of(by.begin(), by.end(), [&](const std::string& name) {
    return entry ? is_named(policy.entries[*entry].from, name) : name == kDefault;
  });
}

/// A name that nothing of the policy has: a sentence. Empty if there is none.
std::string unknown_name(const Policy& policy, const std::vector<std::string>& by) {
  for (const std::string& name : by) {
    if (name == kDefault || name == to_string(Cause::rule)) continue;
    if (std::any_of(policy.entries.begin(), policy.entries.end(),
                    [&](const Entry& entry) { return is_named(entry.from, name); })) {
      continue;
    }
    std::vector<std::string_view> names;
    for (const Entry& entry : policy.entries) names.push_back(entry.from.rule);
    const std::string_view meant = closest(name, names);
    return fmt::format(
        "no rule and no row with an entry is called \"{}\": {}", shown(name),
        meant.empty() ? "write the name of a rule, document:line, or default" : fmt::format("did you mean {}?", meant));
  }
  return {};
}

std::string decided_by(const Policy& policy, Decider entry) {
  return entry ? origin_in_words(policy.entries[*entry].from) : "the default action";
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::met:
      return "met";
    case Outcome::missed:
      return "missed";
    case Outcome::nobody:
      return "nobody";
    case Outcome::undecided:
      return "undecided";
  }
  return "undecided";
}

std::vector<Checked> check_expectations(const std::vector<Expectation>& expectations, const Policy& policy,
                                        std::uint64_t limit) {
  std::vector<Checked> out;
  for (const Expectation& expected : expectations) {
    Checked& checked = out.emplace_back();
    if (checked.message = unknown_name(policy, expected.by); !checked.message.empty()) {
      checked.outcome = Outcome::missed;
      continue;
    }
    const auto wrong = [&](Decider entry) {
      const Action& action = entry ? policy.entries[*entry].action : policy.default_action;
      return action.permit != expected.permit || (!expected.by.empty() && !is_named(policy, entry, expected.by));
    };
    bool somebody = false;
    bool decided = true;
    for (const Match& match : expected.matches) {
      const Match packets = as_presented(match);
      if (packets.empty()) continue;
      somebody = true;
      const Regions regions = packets_decided_by(policy, match, wrong, limit);
      decided = decided && regions.decided;
      if (regions.boxes[0].empty()) continue;
      checked.packet = example_packet(regions.boxes[0].front());
      checked.why = explain(policy, *checked.packet);
      const std::string_view verdict = checked.why.permit ? "permit" : "drop";
      const std::string_view wanted = expected.permit ? "permit" : "drop";
      checked.outcome = Outcome::missed;
      checked.message =
          checked.why.permit != expected.permit
              ? fmt::format("expected {}, but {} by {}", wanted, verdict, decided_by(policy, checked.why.entry))
              : fmt::format("{} as expected, but by {} instead of {}", verdict, decided_by(policy, checked.why.entry),
                            fmt::join(expected.by, " or "));
      break;
    }
    if (checked.outcome == Outcome::missed) continue;
    if (!somebody) {
      checked.outcome = Outcome::nobody;
      checked.message =
          "no packet is like this: a role is bound to none, or source and destination are of two families";
    } else if (!decided) {
      checked.outcome = Outcome::undecided;
      checked.message = "not decided within the limit: write an expectation for fewer packets";
    }
  }
  return out;
}

}  // namespace portcullis::policy
