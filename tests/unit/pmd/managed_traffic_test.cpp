// Images that the driver gives to the management firmware while its port is started: frames come in all the time, other
// threads go on with the device, and every frame meets the old policy or, from the flip on, the new one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "device/firmware.h"
#include "device/mailbox_protocol.h"
#include "device/management.h"
#include "driver_fixture.h"
#include "firmware/image.h"
#include "model/managed_nic.h"
#include "pmd/port.h"
#include "pmd/rte_pmd_portcullis.h"
#include "pmd/simulation.h"
#include "tables/compile.h"
#include "tables/image.h"

namespace portcullis::test {
namespace {

constexpr const char* kName = "net_managed";
/// Destination ports of the frames, in turn.
constexpr std::array<std::uint16_t, 4> kPorts = {4001, 4002, 4003, 4004};
constexpr std::size_t kNumberAt = 42;  ///< of a frame, behind its headers

/// UDP frames at 1 Gbit/s, numbered, to kPorts in turn.
class Stream final : public pmd::Cable {
 public:
  Stream() { rate_ = 1'000'000'000; }
  std::optional<std::span<const std::uint8_t>> next() override {
    if (!running) return std::nullopt;
    const unsigned number = sent++;
    return given_.emplace_back(udp_frame(0x0A000002, 1, kPorts[number % kPorts.size()], number));
  }
  void release() override { given_.clear(); }
  void left(std::uint64_t, std::span<const std::uint8_t>) override {}
  bool has_more() override { return running; }

  std::atomic<bool> running = false;
  std::atomic<unsigned> sent = 0;

 private:
  std::deque<Frame> given_;
};

/// Entries that drop a port each, by name; everything else is permitted.
tables::TableImage image_of(const std::vector<std::pair<std::string, std::uint16_t>>& drops) {
  policy::Policy policy;
  policy.default_action.permit = true;
  for (const auto& [name, port] : drops) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.destination_port = {{port, port}};
    entry.from.rule = name;
    entry.from.document = "site.yaml";
    policy.entries.push_back(entry);
  }
  return tables::compile(policy, tables::Geometry::edge()).image;
}
const tables::TableImage& first_image() {
  static const tables::TableImage image = image_of({{"stays", 4001}, {"old", 4002}});
  return image;
}
const tables::TableImage& second_image() {
  static const tables::TableImage image = image_of({{"stays", 4001}, {"new", 4003}});
  return image;
}

/// A NIC with firmware, the first image in force, its port started, and frames that come.
class ManagedTraffic : public DriverTest {
 protected:
  ManagedTraffic() {
    auto stream = std::make_unique<Stream>();
    stream_ = stream.get();
    adapter_ = std::make_shared<pmd::Adapter>(
        kName,
        std::make_unique<pmd::Simulation>(
            pmd::Simulation::Cables{std::move(stream), pmd::make_cable("none", "", kName)}, model::make_managed_nic()),
        "");
    static rte_driver driver{.next = {}, .name = "net_portcullis", .alias = nullptr};
    static rte_device device{};
    device.name = kName;
    device.driver = &driver;
    pmd::create_ports(adapter_, &device);
    port_ = port(kName);
    // Without firmware: the driver writes it.
    EXPECT_EQ(load(first_image()), 0);
    const std::scoped_lock held(adapter_->lock);
    const std::string_view image = firmware::image();
    management().start(std::vector<std::uint8_t>(image.begin(), image.end()));
  }
  ~ManagedTraffic() override {
    pmd::destroy_ports(kName);
    adapter_.reset();
  }

  device::Management management() { return *device::Management::find(adapter_->backend().transport()); }
  int load(const tables::TableImage& image) {
    const std::vector<std::uint8_t> bytes = tables::encode(image);
    return rte_pmd_portcullis_load(port_, bytes.data(), bytes.size());
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (int i = 0; i < rte_pmd_portcullis_count_entries(port_); ++i) {
      rte_pmd_portcullis_entry entry;
      EXPECT_EQ(rte_pmd_portcullis_get_entry(port_, static_cast<unsigned>(i), &entry), 0);
      names.emplace_back(entry.rule);
      packets_[entry.rule] = entry.packets;
    }
    return names;
  }
  /// Takes what has come.
  void take() {
    rte_mbuf* packets[kBurst];
    const std::uint16_t received = rte_eth_rx_burst(port_, 0, packets, kBurst);
    for (std::uint16_t i = 0; i < received; ++i) {
      unsigned number = 0;
      std::memcpy(&number, bytes_of(packets[i]).data() + kNumberAt, sizeof(number));
      numbers_.push_back(number);
      rte_pktmbuf_free(packets[i]);
    }
  }
  void take_until(unsigned sent) {
    while (stream_->sent < sent) take();
  }
  /// Loads in a thread of its own; frames are taken meanwhile, and `other` runs in another thread, again and again.
  int load_under_traffic(const tables::TableImage& image, const std::function<void()>& other) {
    std::atomic<bool> over = false;
    int status = 0;
    {
      const std::jthread loader([&] {
        status = load(image);
        over = true;
      });
      const std::jthread beside([&] {
        while (!over) {
          other();
          asked_ += over ? 0U : 1U;
        }
      });
      while (!over) take();
    }
    return status;
  }
  /// No frame comes any more; what has come is taken. True if each number of this port, and no other, is there.
  void finish() {
    stream_->running = false;
    poll({port_}, [&](rte_mbuf* packet) {
      unsigned number = 0;
      std::memcpy(&number, bytes_of(packet).data() + kNumberAt, sizeof(number));
      numbers_.push_back(number);
      rte_pktmbuf_free(packet);
    });
    rte_eth_stats statistics;
    ASSERT_EQ(rte_eth_stats_get(port_, &statistics), 0);
    EXPECT_EQ(statistics.imissed, 0U);
    EXPECT_TRUE(std::ranges::is_sorted(numbers_));
    EXPECT_EQ(std::ranges::adjacent_find(numbers_), numbers_.end());
  }
  /// Frames to a port that were sent and, of these, received, from number `from` on and before `to`.
  unsigned sent(std::uint16_t to_port, unsigned from, unsigned to) const {
    unsigned count = 0;
    for (unsigned number = from; number < to; ++number) count += kPorts[number % kPorts.size()] == to_port ? 1U : 0U;
    return count;
  }
  unsigned received(std::uint16_t to_port, unsigned from, unsigned to) const {
    return static_cast<unsigned>(std::ranges::count_if(numbers_, [&](unsigned number) {
      return number >= from && number < to && kPorts[number % kPorts.size()] == to_port;
    }));
  }
  unsigned first_received(std::uint16_t to_port) const {
    const auto found = std::ranges::find(numbers_, to_port, [](unsigned n) { return kPorts[n % kPorts.size()]; });
    return found == numbers_.end() ? ~0U : *found;
  }
  unsigned behind_last_received(std::uint16_t to_port) const {
    unsigned behind = 0;
    for (const unsigned number : numbers_) behind = kPorts[number % kPorts.size()] == to_port ? number + 1 : behind;
    return behind;
  }

  Stream* stream_ = nullptr;
  std::shared_ptr<pmd::Adapter> adapter_;
  std::uint16_t port_ = 0;
  std::vector<unsigned> numbers_;  ///< of the frames that were received
  std::atomic<unsigned> asked_ = 0;
  std::map<std::string, std::uint64_t> packets_;  ///< by name of an entry
};

TEST_F(ManagedTraffic, MeetsOnePolicyOrTheOtherWhileTheFirmwareLoadsAndOthersAskOn) {
  start(port_);
  stream_->running = true;
  take_until(200);
  const unsigned begun = stream_->sent;
  const int status = load_under_traffic(second_image(), [&] {
    rte_eth_stats statistics;
    EXPECT_EQ(rte_eth_stats_get(port_, &statistics), 0);
    rte_eth_link link;
    EXPECT_EQ(rte_eth_link_get_nowait(port_, &link), 0);
    rte_pmd_portcullis_totals totals;
    EXPECT_EQ(rte_pmd_portcullis_get_totals(port_, &totals), 0);
  });
  const unsigned loaded = stream_->sent;
  EXPECT_EQ(status, 0);
  EXPECT_GT(asked_, 100U) << "answered before the load was over";
  EXPECT_GT(loaded - begun, 1000U) << "frames during the load";
  take_until(loaded + 200);
  finish();

  // The flip came between two frames, of which all before met the old policy and all behind the new one.
  const unsigned end = stream_->sent;
  const unsigned from = behind_last_received(4003), to = first_received(4002);
  EXPECT_LE(from, to);
  EXPECT_LE(to, from + 6);
  EXPECT_GT(from, begun);
  EXPECT_LE(to, loaded + 6);
  EXPECT_EQ(received(4003, 0, from), sent(4003, 0, from));
  EXPECT_EQ(received(4002, to, end), sent(4002, to, end));
  EXPECT_EQ(received(4001, 0, end), 0U);
  EXPECT_EQ(received(4004, 0, end), sent(4004, 0, end));

  EXPECT_THAT(names(), ::testing::ElementsAre("stays", "new"));
  rte_pmd_portcullis_totals totals;
  ASSERT_EQ(rte_pmd_portcullis_get_totals(port_, &totals), 0);
  EXPECT_EQ(totals.received, end);
  EXPECT_EQ(totals.default_action, numbers_.size());
  EXPECT_EQ(packets_["stays"], sent(4001, 0, end)) << "under both policies";
  EXPECT_EQ(packets_["new"], sent(4003, from, end));
  EXPECT_EQ(totals.removed_entries, sent(4002, 0, to));

  // It was the firmware that exchanged the banks, behind its self-test.
  const std::scoped_lock held(adapter_->lock);
  device::Management processor = management();
  device::Firmware firmware(processor);
  const device::FirmwareStatus known = firmware.status();
  EXPECT_EQ(known.banks.at(known.active_bank).state, device::BankPolicy::State::used);
  EXPECT_EQ(known.banks.at(known.active_bank).entries, 2U);
  EXPECT_EQ(known.banks.at(known.active_bank).probes, second_image().probes.size());
  std::vector<std::uint32_t> events;
  for (const device::FirmwareEvent& event : firmware.log()) events.push_back(event.code);
  EXPECT_THAT(events, ::testing::IsSupersetOf({PCL_EVENT_LOAD_BEGIN, PCL_EVENT_LOAD_READY, PCL_EVENT_ACTIVATED}));
  EXPECT_FALSE(processor.owner().firmware);
  EXPECT_NE(processor.owner().id, 0) << "the driver has its lock again";
}

/// A flow queue of a port with a table for rules that drop UDP to one port, which is not started.
class FlowQueue {
 public:
  explicit FlowQueue(std::uint16_t port_id) : port_(port_id) {
    const rte_flow_port_attr port_attributes{};
    const rte_flow_queue_attr queue{16};
    const rte_flow_queue_attr* queues[] = {&queue};
    EXPECT_EQ(rte_flow_configure(port_, &port_attributes, 1, queues, &error_), 0);
    rte_flow_item_udp mask{};
    mask.hdr.dst_port = 0xFFFF;
    const auto items = pattern(nullptr, &mask);
    rte_flow_pattern_template_attr pattern_attributes{};
    pattern_attributes.ingress = 1;
    pattern_ = rte_flow_pattern_template_create(port_, &pattern_attributes, items.data(), &error_);
    rte_flow_actions_template_attr action_attributes{};
    action_attributes.ingress = 1;
    actions_ = rte_flow_actions_template_create(port_, &action_attributes, kActions, kActions, &error_);
    rte_flow_template_table_attr table_attributes{};
    table_attributes.flow_attr.ingress = 1;
    table_attributes.nb_flows = 4;
    table_ = rte_flow_template_table_create(port_, &table_attributes, &pattern_, 1, &actions_, 1, &error_);
    EXPECT_NE(table_, nullptr);
  }
  ~FlowQueue() {
    EXPECT_EQ(rte_flow_template_table_destroy(port_, table_, &error_), 0);
    EXPECT_EQ(rte_flow_pattern_template_destroy(port_, pattern_, &error_), 0);
    EXPECT_EQ(rte_flow_actions_template_destroy(port_, actions_, &error_), 0);
  }
  FlowQueue(const FlowQueue&) = delete;
  FlowQueue& operator=(const FlowQueue&) = delete;

  rte_flow* create_and_push(std::uint16_t to_port) {
    rte_flow_item_udp udp{};
    udp.hdr.dst_port = rte_cpu_to_be_16(to_port);
    const auto items = pattern(&udp, nullptr);
    const rte_flow_op_attr postpone{1};
    rte_flow* flow = rte_flow_async_create(port_, 0, &postpone, table_, items.data(), 0, kActions, 0, nullptr, &error_);
    EXPECT_NE(flow, nullptr);
    EXPECT_EQ(rte_flow_push(port_, 0, &error_), 0);
    return flow;
  }
  /// Results that are there; all of them must tell of success.
  int pull() {
    rte_flow_op_result results[4];
    const int count = rte_flow_pull(port_, 0, results, 4, &error_);
    for (int i = 0; i < count; ++i) EXPECT_EQ(results[i].status, RTE_FLOW_OP_SUCCESS);
    return count;
  }

 private:
  static std::array<rte_flow_item, 4> pattern(const void* spec, const void* mask) {
    return {{{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
             {RTE_FLOW_ITEM_TYPE_IPV4, nullptr, nullptr, nullptr},
             {RTE_FLOW_ITEM_TYPE_UDP, spec, nullptr, mask},
             {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}}};
  }
  static constexpr rte_flow_action kActions[] = {{RTE_FLOW_ACTION_TYPE_DROP, nullptr},
                                                 {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  std::uint16_t port_;
  rte_flow_pattern_template* pattern_ = nullptr;
  rte_flow_actions_template* actions_ = nullptr;
  rte_flow_template_table* table_ = nullptr;
  rte_flow_error error_{};
};

TEST_F(ManagedTraffic, MeetsTheOldPolicyWhenTheFirmwareRefusesAndFlowRulesComeBehindTheLoad) {
  start(port_);
  ASSERT_EQ(rte_eth_dev_stop(port_), 0);
  FlowQueue queue(port_);
  ASSERT_EQ(rte_eth_dev_start(port_), 0);
  stream_->running = true;
  take_until(200);
  tables::TableImage wrong = second_image();
  wrong.probes.at(0).action ^= 1;
  rte_flow *flow = nullptr, *queued = nullptr;
  const auto loading = [&] {
    const std::scoped_lock held(adapter_->lock);
    return adapter_->loading();
  };
  int pulled = -1;
  bool behind_pull = false, behind_create = true;
  const int status = load_under_traffic(wrong, [&] {
    if (flow != nullptr || !loading()) return;
    queued = queue.create_and_push(4005);
    pulled = queue.pull();
    behind_pull = loading();
    flow = Rule().udp_to(4004, 4004).action(RTE_FLOW_ACTION_TYPE_DROP).create(port_);
    behind_create = loading();
  });
  EXPECT_EQ(status, -EIO);
  EXPECT_THAT(names(), ::testing::ElementsAre("stays", "old"));
  ASSERT_NE(flow, nullptr);
  EXPECT_TRUE(behind_pull) << "neither push nor pull waits";
  EXPECT_EQ(pulled, 0) << "the change waits in its queue";
  EXPECT_FALSE(behind_create) << "the call waits for the end of the load";
  EXPECT_EQ(queue.pull(), 1);
  const unsigned refused = stream_->sent;
  take_until(refused + 100);

  // With a flow rule there an image goes by the table-load queue, which the firmware sees afterwards.
  EXPECT_EQ(load(second_image()), 0);
  const unsigned loaded = stream_->sent;
  take_until(loaded + 200);
  finish();

  const unsigned end = stream_->sent;
  const unsigned from = behind_last_received(4003), to = first_received(4002), ruled = behind_last_received(4004);
  EXPECT_GE(from + 6, refused) << "the old policy";
  EXPECT_LE(from, to);
  EXPECT_LE(to, from + 6);
  EXPECT_EQ(received(4003, 0, from), sent(4003, 0, from));
  EXPECT_EQ(received(4002, to, end), sent(4002, to, end));
  EXPECT_EQ(received(4001, 0, end), 0U);
  EXPECT_GT(ruled, 1000U) << "the rule came behind the load";
  EXPECT_LE(ruled, refused + 6);
  EXPECT_EQ(received(4004, 0, ruled), sent(4004, 0, ruled));
  EXPECT_THAT(names(), ::testing::ElementsAre("stays", "new"));
  EXPECT_EQ(packets_["stays"], sent(4001, 0, end));
  EXPECT_EQ(packets_["new"], sent(4003, from, end));
  rte_flow_error error;
  EXPECT_EQ(rte_flow_destroy(port_, flow, &error), 0);
  EXPECT_EQ(rte_flow_destroy(port_, queued, &error), 0);

  const std::scoped_lock held(adapter_->lock);
  device::Management processor = management();
  std::vector<std::uint32_t> events;
  for (const device::FirmwareEvent& event : device::Firmware(processor).log()) events.push_back(event.code);
  EXPECT_THAT(events, ::testing::IsSupersetOf({PCL_EVENT_LOAD_BEGIN, PCL_EVENT_LOAD_FAILED}));
  EXPECT_THAT(events, ::testing::Not(::testing::Contains(PCL_EVENT_ACTIVATED)));
}

}  // namespace
}  // namespace portcullis::test
