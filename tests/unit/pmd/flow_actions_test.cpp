// Actions of flow rules: what becomes of each, and what is refused.
#include "pmd/flow_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <cerrno>
#include <vector>

namespace portcullis::pmd {
namespace {

using ::testing::HasSubstr;

class Actions : public ::testing::Test {
 protected:
  const std::vector<std::uint16_t> queues{2, 3};
  const std::vector<std::uint16_t> rss_queues{0, 1};
  const std::vector<std::uint8_t> rss_key = std::vector<std::uint8_t>(40, 0x5A);
  rte_flow_attr attributes{};

  FlowActions read(std::vector<rte_flow_action> actions) {
    actions.push_back({RTE_FLOW_ACTION_TYPE_END, nullptr});
    ActionContext context;
    context.wire_of_port = [](std::uint16_t port) { return port == 10 ? std::optional(1U) : std::nullopt; };
    context.queues = queues;
    context.rss_types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP;
    context.rss_queues = rss_queues;
    context.rss_key = rss_key;
    return actions_of(actions.data(), attributes, context);
  }
  FlowError refusal(const std::vector<rte_flow_action>& actions) {
    try {
      read(actions);
    } catch (const FlowError& error) {
      return error;
    }
    ADD_FAILURE() << "the actions were accepted";
    return FlowError(0, RTE_FLOW_ERROR_TYPE_NONE, nullptr, "");
  }

  static constexpr rte_flow_action kDrop{RTE_FLOW_ACTION_TYPE_DROP, nullptr};
  static constexpr rte_flow_action kCount{RTE_FLOW_ACTION_TYPE_COUNT, nullptr};
  static constexpr rte_flow_action kFlag{RTE_FLOW_ACTION_TYPE_FLAG, nullptr};
};

TEST_F(Actions, DropAndCount) {
  EXPECT_EQ(read({kDrop}), (FlowActions{{.permit = false}, false}));
  EXPECT_EQ(read({kCount, kDrop}), (FlowActions{{.permit = false}, true}));
}

TEST_F(Actions, WithoutAFateThePacketPasses) {
  const rte_flow_action_mark id{.id = 7};
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_MARK, &id}}), (FlowActions{{.permit = true, .mark = 7}, false}));
  EXPECT_EQ(read({kFlag}), (FlowActions{{.permit = true, .mark = kFlagMark}, false}));
}

TEST_F(Actions, QueueIsTheQueueOfThePort) {
  const rte_flow_action_queue queue{.index = 1};
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_QUEUE, &queue}}), (FlowActions{{.permit = true, .queue = 3}, false}));
  const rte_flow_action_queue absent{.index = 2};
  const FlowError error = refusal({{RTE_FLOW_ACTION_TYPE_QUEUE, &absent}});
  EXPECT_EQ(error.cause(), &absent);
  EXPECT_THAT(error.what(), HasSubstr("there is no queue 2"));
}

TEST_F(Actions, PortsAreWires) {
  const rte_flow_action_port_id port{.original = 0, .reserved = 0, .id = 10};
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_PORT_ID, &port}}), (FlowActions{{.permit = true, .wire = 1}, false}));
  const rte_flow_action_ethdev represented{.port_id = 10};
  EXPECT_THAT(refusal({{RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &represented}}).what(), HasSubstr("transfer"));
  attributes.transfer = 1;
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &represented}}),
            (FlowActions{{.permit = true, .wire = 1}, false}));
  const rte_flow_action_ethdev foreign{.port_id = 4};
  EXPECT_THAT(refusal({{RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &foreign}}).what(), HasSubstr("port 4 is not a port"));
}

TEST_F(Actions, RssNamesWhatThePortDoesOrOneQueue) {
  rte_flow_action_rss rss{};
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}), (FlowActions{{.permit = true}, false}));
  const std::vector<std::uint16_t> all{1, 0}, one{1}, absent{5};
  rss.queue = all.data();
  rss.queue_num = 2;
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}), (FlowActions{{.permit = true}, false}));
  rss.queue = one.data();
  rss.queue_num = 1;
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}), (FlowActions{{.permit = true, .queue = 3}, false}));
  rss.queue = absent.data();
  EXPECT_EQ(refusal({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}).code(), EINVAL);
  rss.queue_num = 0;
  rss.types = RTE_ETH_RSS_IPV6;
  EXPECT_THAT(refusal({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}).what(), HasSubstr("hash types"));
  rss.types = 0;
  std::vector<std::uint8_t> key = rss_key;
  rss.key = key.data();
  rss.key_len = 40;
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}), (FlowActions{{.permit = true}, false}));
  key[39] ^= 1;
  EXPECT_THAT(refusal({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}).what(), HasSubstr("the key is not the port's"));
  rss.key_len = 39;
  EXPECT_THAT(refusal({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}).what(), HasSubstr("the key is not the port's"));
  rss.queue = one.data();
  rss.queue_num = 1;
  EXPECT_EQ(read({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}), (FlowActions{{.permit = true, .queue = 3}, false}));
  rss.func = RTE_ETH_HASH_FUNCTION_SIMPLE_XOR;
  EXPECT_EQ(refusal({{RTE_FLOW_ACTION_TYPE_RSS, &rss}}).code(), ENOTSUP);
}

TEST_F(Actions, TwoFatesTwoMarksAndMarkedDropsAreRefused) {
  const rte_flow_action_queue queue{.index = 0};
  EXPECT_THAT(refusal({kDrop, {RTE_FLOW_ACTION_TYPE_QUEUE, &queue}}).what(), HasSubstr("one fate"));
  const rte_flow_action_mark id{.id = 7}, flag{.id = kFlagMark};
  EXPECT_EQ(refusal({{RTE_FLOW_ACTION_TYPE_MARK, &id}, kFlag}).code(), EINVAL);
  EXPECT_THAT(refusal({{RTE_FLOW_ACTION_TYPE_MARK, &flag}}).what(), HasSubstr("stands for FLAG"));
  EXPECT_EQ(refusal({kFlag, kDrop}).code(), EINVAL);
}

TEST_F(Actions, PassthruUnknownActionsMissingConfigurationsAndEmptyListsAreRefused) {
  const rte_flow_action passthru{RTE_FLOW_ACTION_TYPE_PASSTHRU, nullptr};
  EXPECT_EQ(refusal({passthru}).code(), ENOTSUP);
  const rte_flow_action meter{RTE_FLOW_ACTION_TYPE_METER, nullptr};
  EXPECT_THAT(refusal({meter}).what(), HasSubstr("nothing that the filter does"));
  EXPECT_EQ(refusal({{RTE_FLOW_ACTION_TYPE_QUEUE, nullptr}}).type(), RTE_FLOW_ERROR_TYPE_ACTION_CONF);
  EXPECT_EQ(refusal({}).type(), RTE_FLOW_ERROR_TYPE_ACTION_NUM);
}

}  // namespace
}  // namespace portcullis::pmd
