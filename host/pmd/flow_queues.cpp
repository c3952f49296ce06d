#include "pmd/flow_queues.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "pmd/flow.h"
#include "pmd/flow_pattern.h"

/// The items of a pattern template; their masks count.
struct rte_flow_pattern_template {
  bool relaxed = false;
  std::vector<std::byte> storage;
  unsigned tables = 0;  ///< that use it
  const rte_flow_item* items() const { return reinterpret_cast<const rte_flow_item*>(storage.data()); }
};

/// Actions, and masks that tell which of them are the same in every rule.
struct rte_flow_actions_template {
  std::vector<std::byte> actions_storage, masks_storage;
  unsigned tables = 0;
  const rte_flow_action* actions() const { return reinterpret_cast<const rte_flow_action*>(actions_storage.data()); }
  const rte_flow_action* masks() const { return reinterpret_cast<const rte_flow_action*>(masks_storage.data()); }
};

struct rte_flow_template_table {
  rte_flow_attr attributes{};
  std::vector<rte_flow_pattern_template*> patterns;
  std::vector<rte_flow_actions_template*> actions;
  std::uint32_t most_flows = 0;
  std::uint32_t flows = 0;
};

namespace portcullis::pmd {

namespace {

constexpr std::uint32_t kMostQueues = 16;
constexpr std::uint32_t kLongestQueue = 4096;

struct Change {
  rte_flow* flow = nullptr;
  rte_flow_template_table* table = nullptr;
  bool create = false;
  FlowEntry entry;  ///< of a rule to create
  void* user_data = nullptr;
  bool done = false;
};

}  // namespace

/// The queues of a port.
class FlowQueues {
 public:
  explicit FlowQueues(std::span<const std::uint32_t> sizes) {
    for (const std::uint32_t size : sizes) queues_.push_back({size, {}, {}});
  }

  void enqueue(unsigned queue, Change change) {
    Queue& q = at(queue);
    if (q.waiting.size() + q.finished.size() >= q.size) {
      throw FlowError(EAGAIN, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
                      fmt::format("flow queue {} is full: pull its {} results first", queue, q.size));
    }
    q.waiting.push_back(std::move(change));
  }

  /// Puts all that waits in a queue into force; not while an image is on its way through the mailbox, for these calls
  /// do not wait: then the first push or pull behind it does.
  void push(Port& port, unsigned queue) {
    Queue& q = at(queue);
    if (port.adapter->loading()) return;
    std::vector<Change> changes = std::exchange(q.waiting, {});
    apply(port, changes);
    const auto failed = std::ranges::count(changes, false, &Change::done);
    if (failed > 0) {
      log(RTE_LOG_WARNING, "port {}: {} of {} changes of flow rules failed", port.dev->data->port_id, failed,
          changes.size());
    }
    for (Change& change : changes) finish(port, q, change);
  }

  void push_all(Port& port) {
    for (unsigned queue = 0; queue < queues_.size(); ++queue) push(port, queue);
  }

  unsigned pull(Port& port, unsigned queue, rte_flow_op_result results[], unsigned count) {
    push(port, queue);
    Queue& q = at(queue);
    unsigned given = 0;
    for (; given < count && !q.finished.empty(); ++given, q.finished.pop_front()) results[given] = q.finished.front();
    return given;
  }

  /// A flow that waits to be destroyed already must not be destroyed twice.
  bool waits(const rte_flow* flow) const {
    return std::ranges::any_of(queues_, [flow](const Queue& queue) {
      return std::ranges::any_of(queue.waiting, [flow](const Change& change) { return change.flow == flow; });
    });
  }

 private:
  struct Queue {
    std::uint32_t size;
    std::vector<Change> waiting;
    std::deque<rte_flow_op_result> finished;
  };

  Queue& at(unsigned queue) {
    if (queue >= queues_.size()) {
      throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
                      fmt::format("there is no flow queue {}: rte_flow_configure() made {}", queue, queues_.size()));
    }
    return queues_[queue];
  }

  // With one flip. If the tables have no room for all of them, each half is tried by itself, so that what fits gets in.
  static void apply(Port& port, std::span<Change> changes) {
    if (changes.empty()) return;
    device::Rules& rules = port.adapter->rules();
    try {
      for (Change& change : changes) {
        if (change.create) {
          change.flow->rule =
              rules.add(change.entry.priority, change.entry.match, change.entry.action, {}, change.entry.count);
        } else {
          rules.remove(change.flow->rule);
        }
      }
      rules.commit();
      for (Change& change : changes) change.done = true;
    } catch (const std::exception& error) {
      rules.revert();
      if (lacks_room(error)) {
        if (changes.size() == 1) return;
        const std::size_t half = changes.size() / 2;
        apply(port, changes.first(half));
        apply(port, changes.subspan(half));
        return;
      }
      log(RTE_LOG_ERR, "port {}: flow rules could not be put into force: {}", port.dev->data->port_id, error.what());
    }
  }

  static void finish(Port& port, Queue& queue, Change& change) {
    queue.finished.push_back({change.done ? RTE_FLOW_OP_SUCCESS : RTE_FLOW_OP_ERROR, change.user_data});
    // A rule that did not come to be, or is gone: its handle ends here.
    if (change.create == change.done) return;
    leave_table(change.table);
    port.flows.erase(change.flow);
    delete change.flow;
  }

  std::vector<Queue> queues_;
};

namespace {

FlowQueues& queues_of(const Port& port) {
  if (!port.flow_queues) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
                    "the port has no flow queues: call rte_flow_configure()");
  }
  return *port.flow_queues;
}

// A copy of a list of items or actions with all that it points to.
std::vector<std::byte> copy_of(rte_flow_conv_op operation, const void* list) {
  rte_flow_error error{};
  const int bytes = rte_flow_conv(operation, nullptr, 0, list, &error);
  if (bytes < 0)
    throw FlowError(EINVAL, error.type, error.cause, error.message != nullptr ? error.message : "bad list");
  std::vector<std::byte> copy(static_cast<std::size_t>(bytes));
  rte_flow_conv(operation, copy.data(), copy.size(), list, &error);
  return copy;
}

bool constant(const rte_flow_action& mask) {
  // The first byte of what is masked: the id of MARK, the index of QUEUE, the number of a port.
  return mask.conf != nullptr && *static_cast<const std::uint8_t*>(mask.conf) != 0;
}

int info(rte_eth_dev* dev, rte_flow_port_info* port_info, rte_flow_queue_info* queue_info, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    *port_info = {};
    port_info->max_nb_queues = kMostQueues;
    port_info->max_nb_counters = static_cast<std::uint32_t>(port.adapter->rules().capacity());
    *queue_info = {kLongestQueue};
  });
}

int configure(rte_eth_dev* dev, const rte_flow_port_attr* attributes, std::uint16_t count,
              const rte_flow_queue_attr* queues[], rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    if (count > kMostQueues) {
      throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
                      fmt::format("at most {} flow queues", kMostQueues));
    }
    if (attributes->nb_counters > port.adapter->rules().capacity() || attributes->nb_aging_objects != 0 ||
        attributes->nb_meters != 0 || attributes->nb_conn_tracks != 0) {
      throw FlowError(ENOTSUP, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
                      "there is a counter for each rule, and no meters, aging or connection tracking");
    }
    std::vector<std::uint32_t> sizes;
    for (unsigned i = 0; i < count; ++i) {
      if (queues[i]->size == 0 || queues[i]->size > kLongestQueue) {
        throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
                        fmt::format("a flow queue has 1 to {} entries", kLongestQueue));
      }
      sizes.push_back(queues[i]->size);
    }
    port.flow_queues = std::make_shared<FlowQueues>(sizes);
  });
}

rte_flow_pattern_template* create_pattern_template(rte_eth_dev* dev, const rte_flow_pattern_template_attr* attributes,
                                                   const rte_flow_item pattern[], rte_flow_error* error) {
  rte_flow_pattern_template* created = nullptr;
  flow_guarded(dev, error, [&](Port& port) {
    auto made = std::make_unique<rte_flow_pattern_template>();
    made->relaxed = attributes->relaxed_matching != 0;
    made->storage = copy_of(RTE_FLOW_CONV_OP_PATTERN, pattern);
    // Items that the filter cannot look at are refused here; values come with the rules.
    std::vector<rte_flow_item> layers;
    for (const rte_flow_item* item = pattern;; ++item) {
      layers.push_back({item->type, nullptr, nullptr, nullptr});
      if (item->type == RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT) layers.back().type = RTE_FLOW_ITEM_TYPE_VOID;
      if (item->type == RTE_FLOW_ITEM_TYPE_END) break;
    }
    match_of(layers.data(), port.wire, nullptr);
    created = made.release();
  });
  return created;
}

int destroy_pattern_template(rte_eth_dev* dev, rte_flow_pattern_template* pattern, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port&) {
    if (pattern->tables != 0) {
      throw FlowError(EBUSY, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, pattern, "a table uses this template");
    }
    delete pattern;
  });
}

rte_flow_actions_template* create_actions_template(rte_eth_dev* dev, const rte_flow_actions_template_attr*,
                                                   const rte_flow_action actions[], const rte_flow_action masks[],
                                                   rte_flow_error* error) {
  rte_flow_actions_template* created = nullptr;
  flow_guarded(dev, error, [&](Port&) {
    auto made = std::make_unique<rte_flow_actions_template>();
    made->actions_storage = copy_of(RTE_FLOW_CONV_OP_ACTIONS, actions);
    made->masks_storage = copy_of(RTE_FLOW_CONV_OP_ACTIONS, masks);
    const rte_flow_action *action = made->actions(), *mask = made->masks();
    for (; action->type != RTE_FLOW_ACTION_TYPE_END; ++action, ++mask) {
      if (action->type != mask->type) {
        throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
                        "actions and their masks are not of the same types");
      }
    }
    created = made.release();
  });
  return created;
}

int destroy_actions_template(rte_eth_dev* dev, rte_flow_actions_template* actions, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port&) {
    if (actions->tables != 0) {
      throw FlowError(EBUSY, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, actions, "a table uses this template");
    }
    delete actions;
  });
}

rte_flow_template_table* create_table(rte_eth_dev* dev, const rte_flow_template_table_attr* attributes,
                                      rte_flow_pattern_template* patterns[], std::uint8_t pattern_count,
                                      rte_flow_actions_template* actions[], std::uint8_t action_count,
                                      rte_flow_error* error) {
  rte_flow_template_table* created = nullptr;
  flow_guarded(dev, error, [&](Port& port) {
    const std::size_t room = port.adapter->rules().capacity();
    if (attributes->nb_flows > room) {
      throw FlowError(
          ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, nullptr,
          fmt::format("a table of {} rules does not fit: the NIC has room for {}", attributes->nb_flows, room));
    }
    auto table = std::make_unique<rte_flow_template_table>();
    table->attributes = attributes->flow_attr;
    table->most_flows = attributes->nb_flows;
    table->patterns.assign(patterns, patterns + pattern_count);
    table->actions.assign(actions, actions + action_count);
    for (auto* pattern : table->patterns) ++pattern->tables;
    for (auto* list : table->actions) ++list->tables;
    created = table.release();
  });
  return created;
}

int destroy_table(rte_eth_dev* dev, rte_flow_template_table* table, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port&) {
    if (table->flows != 0) {
      throw FlowError(EBUSY, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, table,
                      fmt::format("the table has {} rules", table->flows));
    }
    for (auto* pattern : table->patterns) --pattern->tables;
    for (auto* list : table->actions) --list->tables;
    delete table;
  });
}

// The pattern of a rule: values of the rule under the masks of the template.
std::vector<rte_flow_item> merge(const rte_flow_pattern_template& tmpl, const rte_flow_item pattern[]) {
  std::vector<rte_flow_item> merged;
  const rte_flow_item* item = pattern;
  for (const rte_flow_item* of = tmpl.items();; ++of, ++item) {
    if (item->type != of->type) {
      throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ITEM, item, "the item is not the one of the pattern template");
    }
    rte_flow_item whole = *item;
    whole.mask = of->mask;
    if (of->mask == nullptr) whole.spec = whole.last = nullptr;
    if (of->mask == nullptr && tmpl.relaxed && of->type != RTE_FLOW_ITEM_TYPE_END) whole.type = RTE_FLOW_ITEM_TYPE_VOID;
    merged.push_back(whole);
    if (of->type == RTE_FLOW_ITEM_TYPE_END) return merged;
  }
}

std::vector<rte_flow_action> merge(const rte_flow_actions_template& tmpl, const rte_flow_action actions[]) {
  std::vector<rte_flow_action> merged;
  const rte_flow_action *of = tmpl.actions(), *mask = tmpl.masks(), *action = actions;
  for (;; ++of, ++mask, ++action) {
    if (action->type != of->type) {
      throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action, "the action is not the one of the actions template");
    }
    merged.push_back(of->type != RTE_FLOW_ACTION_TYPE_END && constant(*mask) ? *of : *action);
    if (of->type == RTE_FLOW_ACTION_TYPE_END) return merged;
  }
}

rte_flow* create(rte_eth_dev* dev, std::uint32_t queue, const rte_flow_op_attr*, rte_flow_template_table* table,
                 const rte_flow_item pattern[], std::uint8_t pattern_index, const rte_flow_action actions[],
                 std::uint8_t actions_index, void* user_data, rte_flow_error* error) {
  rte_flow* created = nullptr;
  flow_guarded(dev, error, [&](Port& port) {
    if (pattern_index >= table->patterns.size() || actions_index >= table->actions.size()) {
      throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, table, "the table has no such template");
    }
    if (table->flows >= table->most_flows) {
      throw FlowError(ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, table,
                      fmt::format("the table is full: it was made for {} rules", table->most_flows));
    }
    Change change;
    change.create = true;
    change.table = table;
    change.user_data = user_data;
    change.entry = flow_entry_of(port, &table->attributes, merge(*table->patterns[pattern_index], pattern).data(),
                                 merge(*table->actions[actions_index], actions).data());
    auto flow = std::make_unique<rte_flow>();
    flow->priority = change.entry.priority;
    flow->count = change.entry.count;
    flow->table = table;
    change.flow = flow.get();
    queues_of(port).enqueue(queue, std::move(change));
    ++table->flows;
    created = *port.flows.insert(flow.release()).first;
  });
  return created;
}

int destroy(rte_eth_dev* dev, std::uint32_t queue, const rte_flow_op_attr*, rte_flow* flow, void* user_data,
            rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) {
    if (!port.flows.contains(flow)) {
      throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_HANDLE, flow, "this is no flow rule of the port");
    }
    FlowQueues& queues = queues_of(port);
    if (queues.waits(flow)) {
      throw FlowError(EBUSY, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
                      "a change of this rule is under way: pull its result first");
    }
    Change change;
    change.flow = flow;
    change.table = flow->table;
    change.user_data = user_data;
    queues.enqueue(queue, std::move(change));
  });
}

int push(rte_eth_dev* dev, std::uint32_t queue, rte_flow_error* error) {
  return flow_guarded(dev, error, [&](Port& port) { queues_of(port).push(port, queue); });
}

int pull(rte_eth_dev* dev, std::uint32_t queue, rte_flow_op_result results[], std::uint16_t count,
         rte_flow_error* error) {
  unsigned given = 0;
  const int status =
      flow_guarded(dev, error, [&](Port& port) { given = queues_of(port).pull(port, queue, results, count); });
  return status != 0 ? status : static_cast<int>(given);
}

}  // namespace

void push_all(Port& port) {
  if (port.flow_queues) port.flow_queues->push_all(port);
}

void leave_table(rte_flow_template_table* table) {
  if (table != nullptr) --table->flows;
}

void add_queue_operations(rte_flow_ops& ops) {
  ops.info_get = info;
  ops.configure = configure;
  ops.pattern_template_create = create_pattern_template;
  ops.pattern_template_destroy = destroy_pattern_template;
  ops.actions_template_create = create_actions_template;
  ops.actions_template_destroy = destroy_actions_template;
  ops.template_table_create = create_table;
  ops.template_table_destroy = destroy_table;
  ops.async_create = create;
  ops.async_destroy = destroy;
  ops.push = push;
  ops.pull = pull;
}

}  // namespace portcullis::pmd
