#include "engine_bench.h"

#include <ostream>

namespace portcullis::rtl_test {

void PrintTo(const Verdict& verdict, std::ostream* out) {
  *out << (verdict.permit ? "permit" : "drop") << (verdict.would_drop ? " (would drop)" : "")
       << (verdict.hit ? " rule " : " no rule ") << verdict.rule << " action 0x" << std::hex << verdict.action
       << std::dec << " cause " << verdict.cause << " bank " << verdict.bank << " tag " << verdict.tag;
}

void PrintTo(const Totals& totals, std::ostream* out) {
  *out << totals.packets << " packets, " << totals.bytes << " bytes";
}

void PrintTo(const TestAnswer& answer, std::ostream* out) {
  *out << (answer.hit ? "rule " : "no rule ") << answer.rule << " action 0x" << std::hex << answer.action << std::dec;
}

Verdict expected_verdict(const RandomPolicy& policy, const Lookup& lookup, unsigned bank) {
  constexpr std::uint64_t permit = std::uint64_t{1} << 32U;
  constexpr std::uint64_t monitor = std::uint64_t{1} << 63U;
  Verdict verdict;
  verdict.bank = bank;
  verdict.tag = lookup.tag;
  verdict.cause = lookup.cause;
  if (lookup.cause == 0) {
    const std::optional<unsigned> rule = policy.first_match(lookup.key);
    verdict.hit = rule.has_value();
    verdict.rule = rule.value_or(0);
    verdict.action = rule ? policy.rule(*rule).action : policy.default_action();
    verdict.permit = (verdict.action & permit) != 0;
  }
  if ((policy.default_action() & monitor) != 0 && !verdict.permit) {
    verdict.permit = true;
    verdict.would_drop = true;
  }
  return verdict;
}

}  // namespace portcullis::rtl_test
