// The pattern of a flow rule as the match of a table entry: exactly what the items mean, or a refusal.
#pragma once

#include <rte_flow.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "pmd/flow_error.h"
#include "policy/interval_set.h"
#include "policy/policy.h"

namespace portcullis::pmd {

/// The wire of an ethdev port of the same NIC; nothing for any other port.
using WireOfPort = std::function<std::optional<unsigned>(std::uint16_t port_id)>;

/// Items until RTE_FLOW_ITEM_TYPE_END as the set of keys that the parser presents for the packets they mean. Packets
/// come in by `wire` (0 to 7), unless an item REPRESENTED_PORT names another port.
///
/// Supported, each with spec, mask and `last` (docs/pmd.md): ETH (type, has_vlan), VLAN (VLAN ID of the outer tag,
/// inner type, has_more_vlan), IPV4 (DSCP, fragment bits, protocol, addresses), IPV6 (DSCP, protocol, addresses,
/// has_frag_ext), IPV6_FRAG_EXT (offset, more), TCP (ports, flags), UDP, SCTP (ports), ICMP, ICMP6 (type, code), VOID.
/// A layer-4 item means packets in which that header is present, so no later fragments. IPv6 atomic fragments (RFC
/// 6946) count as whole packets, and the protocol of IPv6 is the one behind the extension headers, as the parser has
/// it. Throws FlowError: EINVAL for what contradicts itself or is malformed, ENOTSUP for what the filter cannot look
/// at.
policy::Match match_of(const rte_flow_item pattern[], unsigned wire, const WireOfPort& wire_of_port);

/// The values v of `bits` bits (at most 17) that an item's field means: v & mask from spec & mask to last & mask.
/// Without `last` (0, or equal to spec): v & mask equal to spec & mask.
policy::IntervalSet<std::uint32_t> field_values(std::uint32_t spec, std::uint32_t last, std::uint32_t mask,
                                                unsigned bits);

/// The same for addresses of `bits` bits (32 or 128). Nothing if it takes more than kMostAddressRanges intervals, or is
/// a range under a mask that is no prefix.
inline constexpr std::size_t kMostAddressRanges = 2048;
std::optional<policy::IntervalSet<policy::Address>> field_addresses(policy::Address spec, policy::Address last,
                                                                    policy::Address mask, unsigned bits);

}  // namespace portcullis::pmd
