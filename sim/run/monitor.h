// Monitor mode: what enforcing the policy would have dropped, grouped so that a person can decide about it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/policy.h"
#include "run/run.h"
#include "traffic/packets.h"

namespace portcullis::sim {

/// The permitting rule that differs from the key in the fewest fields.
struct NearestRule {
  std::size_t entry = 0;
  std::vector<policy::Table> fields;  ///< those in which it differs
};

/// Nothing if no row or hand-written rule permits. Of those that differ in as few fields, one with the packet's
/// destination goes before others, one for requests before one for replies, and then the first.
std::optional<NearestRule> nearest_permit(const policy::Policy& policy, const policy::Key& key);

/// Groups by destination (its role, or its address without one), service and nearest rule; most packets first.
/// `counts`: how often each packet of the set would have been dropped.
std::vector<WouldDrop> group_would_drops(const Subject& subject, const traffic::PacketSet& packets,
                                         std::span<const std::uint32_t> counts);

}  // namespace portcullis::sim
