#include "pmd/flow_actions.h"

#include <fmt/format.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cerrno>

namespace portcullis::pmd {

namespace {

class ActionReader {
 public:
  ActionReader(const rte_flow_attr& attributes, const ActionContext& context)
      : attributes_(attributes), context_(context) {}

  void read(const rte_flow_action& action);
  FlowActions result(const rte_flow_action& end) const;

 private:
  [[noreturn]] static void refuse(const rte_flow_action& action, int code, const std::string& sentence,
                                  bool configuration = false) {
    throw FlowError(code, configuration ? RTE_FLOW_ERROR_TYPE_ACTION_CONF : RTE_FLOW_ERROR_TYPE_ACTION,
                    configuration && action.conf != nullptr ? action.conf : &action, sentence);
  }
  template <typename Configuration>
  static const Configuration& configuration_of(const rte_flow_action& action, const char* name) {
    if (action.conf == nullptr) {
      refuse(action, EINVAL, fmt::format("action {}: its configuration is missing", name), true);
    }
    return *static_cast<const Configuration*>(action.conf);
  }

  void fate(const rte_flow_action& action) {
    if (fate_) {
      refuse(action, EINVAL, "a rule has one fate: of DROP, QUEUE, RSS, PORT_ID and REPRESENTED_PORT only one");
    }
    fate_ = true;
    result_.action.permit = action.type != RTE_FLOW_ACTION_TYPE_DROP;
  }
  void mark(const rte_flow_action& action, std::uint32_t value) {
    if (result_.action.mark) {
      refuse(action, EINVAL, "a packet carries one mark: MARK and FLAG stand once, and not together");
    }
    result_.action.mark = value;
  }
  void to_wire(const rte_flow_action& action, std::uint32_t port, const char* name);
  void rss(const rte_flow_action& action);

  const rte_flow_attr& attributes_;
  const ActionContext& context_;
  FlowActions result_;
  bool fate_ = false;
};

void ActionReader::to_wire(const rte_flow_action& action, std::uint32_t port, const char* name) {
  const std::optional<unsigned> wire =
      port <= 0xFFFF ? context_.wire_of_port(static_cast<std::uint16_t>(port)) : std::nullopt;
  if (!wire) {
    refuse(action, EINVAL, fmt::format("action {}: port {} is not a port of this NIC", name, port), true);
  }
  result_.action.wire = static_cast<std::uint16_t>(*wire);
}

void ActionReader::rss(const rte_flow_action& action) {
  const auto& rss = configuration_of<rte_flow_action_rss>(action, "RSS");
  if (rss.func != RTE_ETH_HASH_FUNCTION_DEFAULT && rss.func != RTE_ETH_HASH_FUNCTION_TOEPLITZ) {
    refuse(action, ENOTSUP, "action RSS: the hash function is Toeplitz", true);
  }
  if (rss.level > 1) {
    refuse(action, ENOTSUP, "action RSS: the hash is over the outer headers (level 0 or 1)", true);
  }
  std::vector<std::uint16_t> asked;
  if (rss.queue_num != 0 && rss.queue != nullptr) {
    asked.assign(rss.queue, rss.queue + rss.queue_num);
  }
  std::vector<std::uint16_t> table(context_.rss_queues.begin(), context_.rss_queues.end());
  std::ranges::sort(asked);
  std::ranges::sort(table);
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  // Where all packets go to one queue, it does not matter what is hashed.
  table.erase(std::unique(table.begin(), table.end()), table.end());
  const bool one_queue = table.size() == 1 || asked.size() == 1;
  if (rss.key_len != 0 && rss.key != nullptr && !one_queue &&
      !std::ranges::equal(std::span(rss.key, rss.key_len), context_.rss_key)) {
    refuse(action, ENOTSUP, "action RSS: the key is not the port's; leave key_len 0, or change the port's", true);
  }
  if (rss.types != 0 && !one_queue && (rss.types & context_.rss_supported) != context_.rss_types) {
    refuse(action, ENOTSUP,
           fmt::format("action RSS: hash types 0x{:x} are not those of the port, 0x{:x}; use 0, or change the port's",
                       rss.types, context_.rss_types),
           true);
  }
  if (asked.size() == 1 && asked != table) {
    // One queue is no spreading: the rule names it.
    if (asked[0] >= context_.queues.size()) {
      refuse(action, EINVAL, fmt::format("action RSS: the port has no receive queue {}", asked[0]), true);
    }
    result_.action.queue = context_.queues[asked[0]];
  } else if (!asked.empty() && asked != table) {
    refuse(action, ENOTSUP,
           "action RSS: the queues are not those of the port's redirection table; a rule can name one "
           "queue, or all of the table",
           true);
  }
}

void ActionReader::read(const rte_flow_action& action) {
  switch (action.type) {
    case RTE_FLOW_ACTION_TYPE_VOID:
      return;
    case RTE_FLOW_ACTION_TYPE_DROP:
      return fate(action);
    case RTE_FLOW_ACTION_TYPE_COUNT:
      result_.count = true;
      return;
    case RTE_FLOW_ACTION_TYPE_FLAG:
      return mark(action, kFlagMark);
    case RTE_FLOW_ACTION_TYPE_MARK: {
      const std::uint32_t id = configuration_of<rte_flow_action_mark>(action, "MARK").id;
      if (id == kFlagMark) {
        refuse(action, EINVAL, "action MARK: id 0xffffffff stands for FLAG; use a smaller one", true);
      }
      return mark(action, id);
    }
    case RTE_FLOW_ACTION_TYPE_QUEUE: {
      fate(action);
      const std::uint16_t index = configuration_of<rte_flow_action_queue>(action, "QUEUE").index;
      if (index >= context_.queues.size()) {
        refuse(action, EINVAL,
               fmt::format("action QUEUE: the port has {} receive queues, there is no queue {}", context_.queues.size(),
                           index),
               true);
      }
      result_.action.queue = context_.queues[index];
      return;
    }
    case RTE_FLOW_ACTION_TYPE_RSS:
      fate(action);
      return rss(action);
    case RTE_FLOW_ACTION_TYPE_PORT_ID: {
      fate(action);
      const auto& port = configuration_of<rte_flow_action_port_id>(action, "PORT_ID");
      if (port.original != 0) {
        refuse(action, ENOTSUP, "action PORT_ID: name the port by its number, not as the original one", true);
      }
      return to_wire(action, port.id, "PORT_ID");
    }
    case RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT:
      fate(action);
      if (attributes_.transfer == 0) {
        refuse(action, EINVAL, "action REPRESENTED_PORT needs the attribute transfer");
      }
      return to_wire(action, configuration_of<rte_flow_action_ethdev>(action, "REPRESENTED_PORT").port_id,
                     "REPRESENTED_PORT");
    case RTE_FLOW_ACTION_TYPE_PASSTHRU:
      refuse(action, ENOTSUP,
             "action PASSTHRU: the first rule that matches decides; give this rule the fate of the rule behind it");
    default:
      refuse(action, ENOTSUP,
             fmt::format(
                 "an action of type {} is nothing that the filter does; it knows DROP, COUNT, MARK, FLAG, QUEUE, RSS, "
                 "PORT_ID and REPRESENTED_PORT",
                 static_cast<int>(action.type)));
  }
}

FlowActions ActionReader::result(const rte_flow_action& end) const {
  FlowActions result = result_;
  if (!fate_) {
    result.action.permit = true;
  }
  if (!result.action.permit && result.action.mark) {
    refuse(end, EINVAL, "DROP leaves no packet that could carry a MARK or a FLAG");
  }
  return result;
}

}  // namespace

FlowActions actions_of(const rte_flow_action actions[], const rte_flow_attr& attributes, const ActionContext& context) {
  if (actions == nullptr) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, nullptr, "there are no actions");
  }
  ActionReader reader(attributes, context);
  const rte_flow_action* action = actions;
  for (; action->type != RTE_FLOW_ACTION_TYPE_END; ++action) {
    reader.read(*action);
  }
  if (action == actions) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, nullptr,
                    "the list of actions is empty; DROP drops, RSS lets pass");
  }
  return reader.result(*action);
}

}  // namespace portcullis::pmd
