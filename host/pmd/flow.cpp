// rte_flow: each rule is an entry of the match tables; each change of them is one flip.
#include "pmd/flow.h"

#include <fmt/format.h>
#include <rte_errno.h>

#include <memory>
#include <utility>

#include "pmd/flow_actions.h"
#include "pmd/flow_pattern.h"
#include "pmd/flow_queues.h"

namespace portcullis::pmd {

FlowEntry flow_entry_of(Port& port, const rte_flow_attr* attributes, const rte_flow_item pattern[],
                        const rte_flow_action actions[]) {
  if (attributes == nullptr) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ATTR, nullptr, "the rule's attributes are missing");
  }
  if (attributes->group != 0) {
    throw FlowError(ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_GROUP, attributes, "there is one group of rules, group 0");
  }
  if (attributes->egress != 0) {
    throw FlowError(ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_EGRESS, attributes,
                    "what the host sends does not pass the filter: rules are for ingress or transfer");
  }
  if (attributes->ingress == 0 && attributes->transfer == 0) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ATTR_INGRESS, attributes, "a rule is for ingress or transfer");
  }
  const WireOfPort wire_of_port = [&port](std::uint16_t port_id) { return port.adapter->wire_of_port(port_id); };
  FlowEntry entry;
  entry.priority = attributes->priority;
  entry.match = match_of(pattern, port.wire, wire_of_port);
  const FlowActions read =
      actions_of(actions, *attributes,
                 {wire_of_port, port.nic_queues, port.rss_types, supported_rss_types(), port.rss_table, port.rss_key});
  entry.action = read.action;
  entry.count = read.count;
  return entry;
}

void flush_flows(Port& port) {
  device::Rules& rules = port.adapter->rules_to_change();
  push_all(port);
  if (port.flows.empty()) return;
  for (const rte_flow* flow : port.flows) rules.remove(flow->rule);
  rules.commit();
  for (rte_flow* flow : port.flows) {
    leave_table(flow->table);
    delete flow;
  }
  port.flows.clear();
}

namespace {

rte_flow& own_flow(const Port& port, rte_flow* flow) {
  if (flow == nullptr || !port.flows.contains(flow)) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_HANDLE, flow, "this is no flow rule of the port");
  }
  return *flow;
}

int validate(rte_eth_dev* dev, const rte_flow_attr* attributes, const rte_flow_item pattern[],
             const rte_flow_action actions[], rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) { flow_entry_of(port, attributes, pattern, actions); });
}

rte_flow* create(rte_eth_dev* dev, const rte_flow_attr* attributes, const rte_flow_item pattern[],
                 const rte_flow_action actions[], rte_flow_error* error) {
  rte_flow* created = nullptr;
  flow_guarded(dev, error, [&](Port& port) {
    device::Rules& rules = port.adapter->rules_to_change();
    FlowEntry entry = flow_entry_of(port, attributes, pattern, actions);
    auto flow = std::make_unique<rte_flow>();
    flow->rule = rules.add(entry.priority, std::move(entry.match), entry.action, {}, entry.count);
    flow->priority = entry.priority;
    flow->count = entry.count;
    rules.commit();
    created = *port.flows.insert(flow.release()).first;
  });
  return created;
}

int destroy(rte_eth_dev* dev, rte_flow* flow, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    device::Rules& rules = port.adapter->rules_to_change();
    own_flow(port, flow);
    push_all(port);
    rules.remove(own_flow(port, flow).rule);
    rules.commit();
    port.flows.erase(flow);
    leave_table(flow->table);
    delete flow;
  });
}

int flush(rte_eth_dev* dev, rte_flow_error* error) {
  return flow_guarded(dev, error, [](Port& port) { flush_flows(port); });
}

int query(rte_eth_dev* dev, rte_flow* flow, const rte_flow_action* action, void* data, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    rte_flow& asked = own_flow(port, flow);
    for (; action->type != RTE_FLOW_ACTION_TYPE_END; ++action) {
      if (action->type == RTE_FLOW_ACTION_TYPE_VOID) continue;
      if (action->type != RTE_FLOW_ACTION_TYPE_COUNT || !asked.count) {
        throw FlowError(ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action, "a rule is queried for COUNT, which it must have");
      }
      auto& count = *static_cast<rte_flow_query_count*>(data);
      const device::Tally now = port.adapter->rules().counters(asked.rule);
      count.hits = now.packets - asked.at_reset.packets;
      count.bytes = now.bytes - asked.at_reset.bytes;
      count.hits_set = count.bytes_set = 1;
      if (count.reset != 0) asked.at_reset = now;
    }
  });
}

int isolate(rte_eth_dev* dev, int on, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    device::Rules& rules = port.adapter->rules_to_change();
    if ((on != 0) == port.isolation.has_value()) return;
    if (on != 0) {
      const rte_flow_item everything[] = {{RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
      const device::RuleId rule = rules.add_last(match_of(everything, port.wire, nullptr), {.permit = false});
      rules.commit();
      port.isolation = rule;
    } else {
      rules.remove(*port.isolation);
      rules.commit();
      port.isolation.reset();
    }
  });
}

int dump(rte_eth_dev* dev, rte_flow* flow, FILE* file, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    device::Rules& rules = port.adapter->rules();
    for (const rte_flow* each : port.flows) {
      if (flow != nullptr && each != flow) continue;
      const device::Tally tally = rules.counters(each->rule);
      const std::optional<unsigned> place = rules.place_of(each->rule);
      std::fputs(fmt::format("rule {} priority {} place {} packets {} bytes {}\n", each->rule, each->priority,
                             place ? fmt::to_string(*place) : "none", tally.packets, tally.bytes)
                     .c_str(),
                 file);
    }
  });
}

rte_flow_ops make_operations() {
  rte_flow_ops ops{};
  ops.validate = validate;
  ops.create = create;
  ops.destroy = destroy;
  ops.flush = flush;
  ops.query = query;
  ops.isolate = isolate;
  ops.dev_dump = dump;
  add_queue_operations(ops);
  return ops;
}

}  // namespace

const rte_flow_ops flow_operations = make_operations();

}  // namespace portcullis::pmd
