// Policies as rules of DPDK's librte_acl: IPv4 five-tuples, lists multiplied out, since a rule there has one prefix,
// one range and one mask a field.
#pragma once

#include <rte_acl.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/policy.h"

namespace portcullis::bench {

inline constexpr unsigned kFields = 5;

/// A five-tuple as rte_acl reads it: network byte order, packed as the field definitions say.
struct AclKey {
  std::uint8_t protocol = 0;
  std::array<std::uint8_t, 3> unused{};
  std::array<std::uint8_t, 4> source{};
  std::array<std::uint8_t, 4> destination{};
  std::array<std::uint8_t, 2> source_port{};
  std::array<std::uint8_t, 2> destination_port{};
};
static_assert(sizeof(AclKey) == 16);

RTE_ACL_RULE_DEF(AclRule, kFields);

/// Protocol, addresses and ports of AclKey.
rte_acl_config acl_config();

/// What of the policy IPv4 five-tuples can tell: other fields hold everything, addresses are IPv4, entries that then
/// match nothing are left out.
policy::Policy five_tuples(const policy::Policy& policy);

/// Rules whose user data is the entry's number plus one; the first entry has the highest priority. Nothing if they are
/// more than `most`.
std::optional<std::vector<AclRule>> acl_rules(const policy::Policy& policy, std::size_t most);

AclKey acl_key(const policy::Key& key);

}  // namespace portcullis::bench
