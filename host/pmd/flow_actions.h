// The actions of a flow rule as the action of a table entry.
#pragma once

#include <rte_flow.h>

#include <cstdint>
#include <optional>
#include <span>

#include "pmd/flow_error.h"
#include "pmd/flow_pattern.h"
#include "policy/policy.h"

namespace portcullis::pmd {

/// The mark of packets whose rule has FLAG; MARK cannot have it.
inline constexpr std::uint32_t kFlagMark = 0xFFFFFFFF;

/// What a port's actions refer to.
struct ActionContext {
  WireOfPort wire_of_port;
  /// NIC queue of each receive queue of the port, in order.
  std::span<const std::uint16_t> queues;
  /// The hash types (RTE_ETH_RSS_...) and, below, the queues of the port's redirection table, which RSS may name.
  std::uint64_t rss_types = 0;
  /// The hash types that the NIC knows at all; others that an action names mean nothing to it.
  std::uint64_t rss_supported = ~std::uint64_t{0};
  std::span<const std::uint16_t> rss_queues;
  /// The port's Toeplitz key.
  std::span<const std::uint8_t> rss_key;
};

struct FlowActions {
  policy::Action action;
  bool count = false;  ///< has a COUNT action, so that it can be queried
  friend bool operator==(const FlowActions&, const FlowActions&) = default;
};

/// Actions until RTE_FLOW_ACTION_TYPE_END. Supported: DROP, COUNT, MARK, FLAG, QUEUE, PORT_ID, REPRESENTED_PORT, RSS
/// where it names what the port does anyway, VOID. Without a fate the packet goes where the port's mode sends it.
/// PASSTHRU is refused: the first rule that matches decides. Throws FlowError.
FlowActions actions_of(const rte_flow_action actions[], const rte_flow_attr& attributes, const ActionContext& context);

}  // namespace portcullis::pmd
