// Flow rules of a port: what rte_flow's synchronous and asynchronous calls share. Everything here is called under the
// adapter's lock.
#pragma once

#include <rte_flow.h>

#include <cstdint>

#include "pmd/flow_error.h"
#include "pmd/port.h"
#include "policy/policy.h"

namespace portcullis::pmd {

/// A flow rule as an entry of the tables.
struct FlowEntry {
  std::uint32_t priority = 0;
  policy::Match match;
  policy::Action action;
  bool count = false;
};

/// Reads attributes, pattern and actions of a rule of `port`. Throws FlowError.
FlowEntry flow_entry_of(Port& port, const rte_flow_attr* attributes, const rte_flow_item pattern[],
                        const rte_flow_action actions[]);

/// Runs an operation under the adapter's lock; what it throws becomes `error` and a negative errno value.
template <typename Operation>
int flow_guarded(rte_eth_dev* dev, rte_flow_error* error, Operation&& operation) {
  Port& port = port_of(dev);
  const std::scoped_lock lock(port.adapter->lock);
  try {
    operation(port);
    return 0;
  } catch (const FlowError& refusal) {
    return refusal.report(error);
  } catch (const std::exception& failure) {
    return FlowError(lacks_room(failure) ? ENOSPC : EIO, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr, failure.what())
        .report(error);
  }
}

}  // namespace portcullis::pmd
