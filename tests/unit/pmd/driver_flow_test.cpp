// rte_flow over the driver: rules decide packets of the Verilated NIC, alone, in batches, and beside a compiled image.
#include <rte_errno.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "driver_fixture.h"
#include "tables/compile.h"
#include "tables/image.h"

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010001;

/// A device with `count` UDP frames to ports from 5000 on, one of each, on wire 0.
class DriverFlowTest : public DriverTest {
 protected:
  void probe_with_frames(unsigned count, const std::string& more = {}) {
    for (unsigned i = 0; i < count; ++i) sent_.push_back(udp_frame(kTo, 1, static_cast<std::uint16_t>(5000 + i), i));
    write_frames(file("in.pcap"), sent_);
    ASSERT_EQ(probe("net_portcullis0", "wire0=pcap:" + file("in.pcap") + ",wire1=pcap::" + file("out1.pcap") + more),
              0);
    id_ = port("net_portcullis0");
    start(id_);
  }
  /// The frames to ports first to last.
  std::vector<Frame> range(unsigned first, unsigned last) const {
    return {sent_.begin() + (first - 5000), sent_.begin() + (last - 5000 + 1)};
  }

  std::vector<Frame> sent_;
  std::uint16_t id_ = 0;
};

TEST_F(DriverFlowTest, ARangeOfPortsIsDroppedAndCountedToThePacket) {
  probe_with_frames(300);
  rte_flow* flow =
      Rule().udp_to(5100, 5249).action(RTE_FLOW_ACTION_TYPE_DROP).action(RTE_FLOW_ACTION_TYPE_COUNT).create(id_);
  ASSERT_NE(flow, nullptr);
  std::vector<Frame> expected = range(5000, 5099);
  const std::vector<Frame> tail = range(5250, 5299);
  expected.insert(expected.end(), tail.begin(), tail.end());
  EXPECT_EQ(receive({id_}), expected);
  rte_flow_query_count count = count_of(id_, flow, true);
  EXPECT_EQ(count.hits, 150U);
  EXPECT_EQ(count.bytes, 150U * sent_[0].size());
  EXPECT_EQ(count_of(id_, flow).hits, 0U) << "it was reset";
  EXPECT_EQ(statistic(id_, "rx_filter_dropped_packets"), 150U);
  EXPECT_EQ(statistic(id_, "rx_wire_packets"), statistic(id_, "rx_delivered_packets") + 150);
}

TEST_F(DriverFlowTest, SmallerPrioritiesDecideFirstOverAllOfTheirRange) {
  probe_with_frames(4);
  const rte_flow_action_mark marks[] = {{1}, {2}, {3}};
  ASSERT_NE(Rule().priority(0xFFFFFFFF).udp_to(5000, 5003).action(RTE_FLOW_ACTION_TYPE_MARK, &marks[2]).create(id_),
            nullptr);
  ASSERT_NE(Rule().priority(0x80000000).udp_to(5000, 5001).action(RTE_FLOW_ACTION_TYPE_MARK, &marks[1]).create(id_),
            nullptr);
  ASSERT_NE(Rule().udp_to(5000, 5000).action(RTE_FLOW_ACTION_TYPE_MARK, &marks[0]).create(id_), nullptr);
  std::vector<std::uint32_t> seen;
  poll({id_}, [&](rte_mbuf* packet) {
    seen.push_back(packet->hash.fdir.hi);
    rte_pktmbuf_free(packet);
  });
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{1, 2, 3, 3}));
}

TEST_F(DriverFlowTest, RefusesWithThePlaceAndASentence) {
  probe_with_frames(1);
  Rule unknown;
  EXPECT_EQ(unknown.item(RTE_FLOW_ITEM_TYPE_ETH)
                .item(RTE_FLOW_ITEM_TYPE_GENEVE)
                .action(RTE_FLOW_ACTION_TYPE_DROP)
                .create(id_),
            nullptr);
  EXPECT_EQ(unknown.error.type, RTE_FLOW_ERROR_TYPE_ITEM);
  EXPECT_NE(unknown.error.cause, nullptr);
  EXPECT_GT(std::string(unknown.error.message).size(), 10U);
  Rule passthru;
  EXPECT_EQ(passthru.udp_to(1, 2).action(RTE_FLOW_ACTION_TYPE_PASSTHRU).create(id_), nullptr);
  EXPECT_EQ(passthru.error.type, RTE_FLOW_ERROR_TYPE_ACTION);
  Rule absent;
  const rte_flow_action_queue queue{9};
  EXPECT_EQ(absent.udp_to(1, 2).action(RTE_FLOW_ACTION_TYPE_QUEUE, &queue).create(id_), nullptr);
  EXPECT_EQ(absent.error.type, RTE_FLOW_ERROR_TYPE_ACTION_CONF);
}

TEST_F(DriverFlowTest, RedirectsToTheOtherWireAndToAQueue) {
  probe_with_frames(3);
  ASSERT_EQ(rte_eth_dev_stop(id_), 0);
  start(id_, 2);
  const rte_flow_action_queue queue{1};
  const rte_flow_action_port_id other{.original = 0, .reserved = 0, .id = port("net_portcullis0_wire1")};
  ASSERT_NE(Rule().udp_to(5000, 5000).action(RTE_FLOW_ACTION_TYPE_PORT_ID, &other).create(id_), nullptr);
  ASSERT_NE(Rule().udp_to(5001, 5001).action(RTE_FLOW_ACTION_TYPE_QUEUE, &queue).create(id_), nullptr);
  rte_mbuf* packets[kBurst];
  std::vector<Frame> by_queue[2];
  for (unsigned i = 0; i < 100; ++i) {
    for (std::uint16_t q = 0; q < 2; ++q) {
      const unsigned received = rte_eth_rx_burst(id_, q, packets, kBurst);
      for (unsigned p = 0; p < received; ++p) by_queue[q].push_back(bytes_of(packets[p]));
      rte_pktmbuf_free_bulk(packets, received);
    }
  }
  EXPECT_EQ(by_queue[0], range(5002, 5002));
  EXPECT_EQ(by_queue[1], range(5001, 5001));
  remove("net_portcullis0");
  EXPECT_EQ(read_frames(file("out1.pcap")), range(5000, 5000));
}

TEST_F(DriverFlowTest, IsolatedPortsReceiveWhatRulesWantAndNothingElse) {
  probe_with_frames(10);
  rte_flow_error error;
  ASSERT_EQ(rte_flow_isolate(id_, 1, &error), 0);
  const rte_flow_action_queue queue{0};
  ASSERT_NE(Rule().priority(0xFFFFFFFF).udp_to(5003, 5004).action(RTE_FLOW_ACTION_TYPE_QUEUE, &queue).create(id_),
            nullptr);
  EXPECT_EQ(receive({id_}), range(5003, 5004));
  ASSERT_EQ(rte_flow_isolate(id_, 0, &error), 0);
}

TEST_F(DriverFlowTest, FullTablesRefuseTheNextRuleAndKeepTheOthers) {
  probe_with_frames(600);
  std::vector<rte_flow*> flows;
  for (unsigned i = 0; flows.size() < 600; ++i) {
    Rule rule;
    rte_flow* flow = rule.udp_to(static_cast<std::uint16_t>(5000 + i), static_cast<std::uint16_t>(5000 + i))
                         .action(RTE_FLOW_ACTION_TYPE_DROP)
                         .action(RTE_FLOW_ACTION_TYPE_COUNT)
                         .create(id_);
    if (flow == nullptr) {
      EXPECT_EQ(rte_errno, ENOSPC);
      EXPECT_GT(std::string(rule.error.message).size(), 10U);
      break;
    }
    flows.push_back(flow);
  }
  ASSERT_GE(flows.size(), 200U);
  EXPECT_EQ(receive({id_}), range(5000 + static_cast<unsigned>(flows.size()), 5599));
  for (rte_flow* flow : flows) ASSERT_EQ(count_of(id_, flow).hits, 1U);
  rte_flow_error error;
  ASSERT_EQ(rte_flow_flush(id_, &error), 0);
}

TEST_F(DriverFlowTest, CountersGoOnWhileOtherRulesComeAndGo) {
  probe_with_frames(40);
  rte_flow* kept = Rule().udp_to(5000, 5039).action(RTE_FLOW_ACTION_TYPE_COUNT).create(id_);
  ASSERT_NE(kept, nullptr);
  unsigned received = 0;
  std::vector<rte_flow*> others;
  rte_mbuf* packets[kBurst];
  for (unsigned i = 0; i < 200; ++i) {
    const unsigned now = rte_eth_rx_burst(id_, 0, packets, 4);
    rte_pktmbuf_free_bulk(packets, now);
    received += now;
    if (i % 10 != 0) continue;
    rte_flow* other = Rule()
                          .udp_to(static_cast<std::uint16_t>(100 + i), static_cast<std::uint16_t>(100 + i))
                          .action(RTE_FLOW_ACTION_TYPE_DROP)
                          .create(id_);
    ASSERT_NE(other, nullptr);
    others.push_back(other);
  }
  rte_flow_error error;
  for (rte_flow* other : others) ASSERT_EQ(rte_flow_destroy(id_, other, &error), 0);
  EXPECT_EQ(received, 40U);
  EXPECT_EQ(count_of(id_, kept).hits, 40U);
}

/// An asynchronous rule: UDP to one port, dropped and counted.
class DriverFlowQueueTest : public DriverFlowTest {
 protected:
  void make_table(std::uint32_t flows) {
    rte_flow_error error{};
    const rte_flow_port_attr port_attributes{};
    const rte_flow_queue_attr queue{1024};
    const rte_flow_queue_attr* queues[] = {&queue};
    rte_flow_port_info info;
    rte_flow_queue_info queue_info;
    ASSERT_EQ(rte_flow_info_get(id_, &info, &queue_info, &error), 0);
    EXPECT_GE(queue_info.max_size, 1024U);
    ASSERT_EQ(rte_eth_dev_stop(id_), 0);
    ASSERT_EQ(rte_flow_configure(id_, &port_attributes, 1, queues, &error), 0) << error.message;
    ASSERT_EQ(rte_eth_dev_start(id_), 0);
    rte_flow_item_udp mask{};
    mask.hdr.dst_port = 0xFFFF;
    const rte_flow_item items[] = {{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_IPV4, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_UDP, nullptr, nullptr, &mask},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
    rte_flow_pattern_template_attr pattern_attributes{};
    pattern_attributes.ingress = 1;
    pattern_ = rte_flow_pattern_template_create(id_, &pattern_attributes, items, &error);
    ASSERT_NE(pattern_, nullptr) << error.message;
    rte_flow_actions_template_attr action_attributes{};
    action_attributes.ingress = 1;
    actions_ = rte_flow_actions_template_create(id_, &action_attributes, kActions, kActions, &error);
    ASSERT_NE(actions_, nullptr) << error.message;
    rte_flow_template_table_attr table_attributes{};
    table_attributes.flow_attr.ingress = 1;
    table_attributes.nb_flows = flows;
    table_ = rte_flow_template_table_create(id_, &table_attributes, &pattern_, 1, &actions_, 1, &error);
    ASSERT_NE(table_, nullptr) << error.message;
  }
  rte_flow* enqueue(std::uint16_t to_port) {
    rte_flow_item_udp udp{};
    udp.hdr.dst_port = rte_cpu_to_be_16(to_port);
    const rte_flow_item items[] = {{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_IPV4, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_UDP, &udp, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
    const rte_flow_op_attr postpone{1};
    return rte_flow_async_create(id_, 0, &postpone, table_, items, 0, kActions, 0, nullptr, &error_);
  }
  unsigned pull(rte_flow_op_status wanted) {
    rte_flow_op_result results[1024];
    const int count = rte_flow_pull(id_, 0, results, 1024, &error_);
    unsigned as_wanted = 0;
    for (int i = 0; i < count; ++i) as_wanted += results[i].status == wanted ? 1 : 0;
    return as_wanted;
  }

  static constexpr rte_flow_action kActions[] = {
      {RTE_FLOW_ACTION_TYPE_DROP, nullptr}, {RTE_FLOW_ACTION_TYPE_COUNT, nullptr}, {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  rte_flow_pattern_template* pattern_ = nullptr;
  rte_flow_actions_template* actions_ = nullptr;
  rte_flow_template_table* table_ = nullptr;
  rte_flow_error error_{};
};

TEST_F(DriverFlowQueueTest, ABatchTakesEffectTogetherAndGoesTogether) {
  probe_with_frames(120);
  make_table(512);
  std::vector<rte_flow*> flows;
  for (unsigned i = 0; i < 100; ++i) {
    flows.push_back(enqueue(static_cast<std::uint16_t>(5000 + i)));
    ASSERT_NE(flows.back(), nullptr) << error_.message;
  }
  const auto wall = std::chrono::steady_clock::now();
  ASSERT_EQ(rte_flow_push(id_, 0, &error_), 0);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - wall;
  std::cout << "100 rules in one batch: " << took.count() << " ms\n";
  EXPECT_EQ(pull(RTE_FLOW_OP_SUCCESS), 100U);
  EXPECT_EQ(receive({id_}), range(5100, 5119));
  for (rte_flow* flow : flows) EXPECT_EQ(count_of(id_, flow).hits, 1U);
  EXPECT_EQ(rte_flow_template_table_destroy(id_, table_, &error_), -EBUSY);
  const rte_flow_op_attr at_once{};
  for (rte_flow* flow : flows) ASSERT_EQ(rte_flow_async_destroy(id_, 0, &at_once, flow, nullptr, &error_), 0);
  EXPECT_EQ(pull(RTE_FLOW_OP_SUCCESS), 100U);
  EXPECT_EQ(rte_flow_template_table_destroy(id_, table_, &error_), 0);
  EXPECT_EQ(rte_flow_pattern_template_destroy(id_, pattern_, &error_), 0);
  EXPECT_EQ(rte_flow_actions_template_destroy(id_, actions_, &error_), 0);
}

TEST_F(DriverFlowQueueTest, WhatDoesNotFitFailsAloneAndATableHoldsWhatItWasMadeFor) {
  probe_with_frames(1);
  make_table(512);
  unsigned enqueued = 0;
  while (enqueued < 600 && enqueue(static_cast<std::uint16_t>(1 + 2 * enqueued)) != nullptr) ++enqueued;
  EXPECT_EQ(enqueued, 512U);
  const unsigned done = pull(RTE_FLOW_OP_SUCCESS);
  // Separate ports are two intervals each, and the tables have 256 of them.
  EXPECT_GE(done, 120U);
  EXPECT_LT(done, 512U);
  EXPECT_EQ(receive({id_}).size(), 1U);
}

TEST_F(DriverFlowTest, AnImageStandsBetweenTheRulesBeforeAndBehindIt) {
  // The image permits 5000 to 5009 and drops everything else.
  policy::Policy policy;
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.protocol.reset();
  entry.match.protocol.set(17);
  entry.match.destination_port = {{5000, 5009}};
  entry.action.permit = true;
  policy.entries.push_back(entry);
  policy.default_action.permit = false;
  tables::write_image(file("policy.pti"), tables::compile(policy, tables::Geometry::edge()).image);
  probe_with_frames(30, ",image=" + file("policy.pti"));
  // Before the image: 5005 is dropped. Behind it: 5010 to 5014 are permitted, and 5006 stays permitted.
  ASSERT_NE(Rule().priority(0x7FFFFFFF).udp_to(5005, 5005).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  const rte_flow_action_queue queue{0};
  ASSERT_NE(Rule().priority(0x80000000).udp_to(5010, 5014).action(RTE_FLOW_ACTION_TYPE_QUEUE, &queue).create(id_),
            nullptr);
  ASSERT_NE(Rule().priority(0x80000001).udp_to(5006, 5006).action(RTE_FLOW_ACTION_TYPE_DROP).create(id_), nullptr);
  std::vector<Frame> expected = range(5000, 5004);
  const std::vector<Frame> rest = range(5006, 5014);
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(receive({id_}), expected);
}

}  // namespace
}  // namespace portcullis::test
