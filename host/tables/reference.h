// The reference matcher: what a policy says about a header, as slowly and obviously as possible. The oracle of the
// match engine.
#pragma once

#include <cstddef>
#include <optional>

#include "policy/key.h"
#include "policy/packet.h"
#include "policy/policy.h"

namespace portcullis::tables {

/// What happens to a packet, and why.
struct Verdict {
  bool permit = false;               ///< the packet leaves; in monitor mode whatever the entry says
  bool would_drop = false;           ///< monitor mode only: enforced, the packet would have been dropped
  std::optional<std::size_t> entry;  ///< the entry that decided; none: default action or malformed
  policy::Cause cause = policy::Cause::default_action;
  policy::Malformed malformed = policy::Malformed::none;
  policy::Action action;  ///< of the entry or the default; a drop for a malformed packet
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// The first entry, in order, whose every field holds the key's.
std::optional<std::size_t> first_match(const policy::Policy& policy, const policy::Key& key);

/// The verdict on a header.
Verdict decide(const policy::Policy& policy, const policy::Key& key);
/// The verdict on a parsed frame. A malformed one meets no rule: it is dropped, or in monitor mode passes as what would
/// have been dropped.
Verdict decide(const policy::Policy& policy, const policy::ParsedFrame& frame);

}  // namespace portcullis::tables
