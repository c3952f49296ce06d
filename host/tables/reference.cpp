// The reference matcher: a linear scan.
#include "tables/reference.h"

namespace portcullis::tables {

std::optional<std::size_t> first_match(const policy::Policy& policy, const policy::Key& key) {
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    if (policy.entries[i].match.contains(key)) return i;
  }
  return std::nullopt;
}

Verdict decide(const policy::Policy& policy, const policy::Key& key) {
  Verdict verdict;
  verdict.entry = first_match(policy, key);
  if (verdict.entry) {
    verdict.action = policy.entries[*verdict.entry].action;
    verdict.cause = policy.entries[*verdict.entry].from.cause;
  } else {
    verdict.action = policy.default_action;
    verdict.cause = policy::Cause::default_action;
  }
  verdict.permit = verdict.action.permit || policy.monitor;
  verdict.would_drop = policy.monitor && !verdict.action.permit;
  return verdict;
}

Verdict decide(const policy::Policy& policy, const policy::ParsedFrame& frame) {
  if (frame.cause == policy::Malformed::none) return decide(policy, frame.key);
  Verdict verdict;
  verdict.permit = policy.monitor;
  verdict.would_drop = policy.monitor;
  verdict.cause = policy::Cause::malformed;
  verdict.malformed = frame.cause;
  return verdict;
}

}  // namespace portcullis::tables
