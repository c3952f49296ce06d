// The driver on a card: DPDK's PCI bus finds it, the driver probes it, and its registers and its DMA are all that the
// two have in common.
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>

#include "device/registers.h"
#include "driver_fixture.h"
#include "fake_card.h"
#include "tables/compile.h"
#include "tables/image.h"

namespace portcullis::test {
namespace {

constexpr std::uint32_t kTo = 0x0A010001;
constexpr std::uint16_t kDropped = 5000;
/// More than a frame of the tests takes from the wire to host memory.
constexpr unsigned kFrameClocks = 200;

class CardTest : public DriverTest {
 protected:
  CardTest() {
    for (unsigned wire = 0; wire < left_.size(); ++wire) {
      card_.nic().set_departure(wire, [this, wire](std::span<const std::uint8_t> frame) {
        left_[wire].emplace_back(frame.begin(), frame.end());
      });
    }
  }
  ~CardTest() override {
    if (plugged_) unplug();
    EXPECT_EQ(card_.violations(), std::vector<std::string>());
  }

  /// As `-a 0000:01:00.0,ARGUMENTS`.
  int plug(const std::string& arguments = "") {
    const int status = rte_eal_hotplug_add("pci", FakeCard::kAddress, arguments.c_str());
    plugged_ = status == 0;
    return status;
  }
  void unplug() {
    EXPECT_EQ(rte_eal_hotplug_remove("pci", FakeCard::kAddress), 0);
    plugged_ = false;
  }
  static std::uint16_t wire_port(unsigned wire) {
    return port(wire == 0 ? FakeCard::kAddress : std::string(FakeCard::kAddress) + "_wire1");
  }
  /// Frames come in by a wire, and the card works through them.
  void come(unsigned wire, const std::vector<Frame>& frames) {
    model::NicModel& nic = card_.nic();
    for (const Frame& frame : frames) {
      ASSERT_TRUE(nic.wire(wire).put(frame));
      // So far apart that the way to host memory takes them all.
      nic.run(kFrameClocks);
    }
    while (!nic.settled()) nic.clock();
  }
  void pass_time() override { card_.nic().run(64); }

  static std::vector<Frame> some_frames(unsigned count) {
    std::vector<Frame> frames;
    for (unsigned i = 0; i < count; ++i)
      frames.push_back(udp_frame(kTo, 1, static_cast<std::uint16_t>(kDropped + i % 3), i, 26 + 40 * (i % 36)));
    return frames;
  }
  /// Those that a rule against kDropped lets through.
  static std::vector<Frame> others(const std::vector<Frame>& frames) {
    std::vector<Frame> left;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (i % 3 != 0) left.push_back(frames[i]);
    }
    return left;
  }

  FakeCard card_{pci_bus()};
  std::array<std::vector<Frame>, 2> left_;
  bool plugged_ = false;
};

TEST_F(CardTest, IsProbedByItsNumbersAndReceivesAndSendsByDmaAsASimulatedNicDoes) {
  ASSERT_EQ(plug("mac=02:00:00:00:00:10"), 0);
  const std::array<std::uint16_t, 2> ports = {wire_port(0), wire_port(1)};
  rte_eth_dev_info info;
  ASSERT_EQ(rte_eth_dev_info_get(ports[0], &info), 0);
  EXPECT_STREQ(info.driver_name, "net_portcullis_pci");
  EXPECT_STREQ(rte_bus_name(rte_dev_bus(info.device)), "pci");
  rte_ether_addr address;
  ASSERT_EQ(rte_eth_macaddr_get(ports[1], &address), 0);
  EXPECT_EQ(std::vector(address.addr_bytes, address.addr_bytes + 6), (std::vector<std::uint8_t>{2, 0, 0, 0, 0, 0x11}));
  for (const std::uint16_t id : ports) start(id);
  const std::vector<Frame> sent = some_frames(60);
  for (unsigned wire = 0; wire < 2; ++wire) {
    come(wire, sent);
    EXPECT_EQ(receive({ports[wire]}), sent) << "wire " << wire;
  }
  // And out of the other wire, from the mbufs in which they came.
  come(0, sent);
  poll({ports[0]}, [&](rte_mbuf* packet) { ASSERT_EQ(rte_eth_tx_burst(ports[1], 0, &packet, 1), 1); });
  EXPECT_EQ(left_[1], sent);
  EXPECT_TRUE(left_[0].empty());
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(ports[0], &stats), 0);
  EXPECT_EQ(stats.ipackets, 2 * sent.size());
  ASSERT_EQ(rte_eth_stats_get(ports[1], &stats), 0);
  EXPECT_EQ(stats.opackets, sent.size());
  EXPECT_GT(card_.loads(), 100U);
  EXPECT_GT(card_.stores(), 100U);
  unplug();
  EXPECT_EQ(rte_eth_dev_count_avail(), 0);
}

TEST_F(CardTest, TakesFlowRulesBesideItsImageAndBeginsAnewWhenItIsPluggedAgain) {
  policy::Policy policy;
  policy::Entry drop;
  drop.match = policy::Match::any();
  drop.match.destination_port = {{kDropped, kDropped}};
  policy.entries.push_back(drop);
  policy.default_action.permit = true;
  tables::write_image(file("policy.pti"), tables::compile(policy, tables::Geometry::edge()).image);
  const std::vector<Frame> sent = some_frames(30);

  ASSERT_EQ(plug("image=" + file("policy.pti")), 0);
  std::uint16_t id = wire_port(0);
  start(id);
  come(0, sent);
  EXPECT_EQ(receive({id}), others(sent)) << "as the image says";
  Rule rule;
  rte_flow* flow =
      rule.udp_to(0, 0xFFFF).action(RTE_FLOW_ACTION_TYPE_DROP).action(RTE_FLOW_ACTION_TYPE_COUNT).create(id);
  ASSERT_NE(flow, nullptr) << rule.error.message;
  come(0, sent);
  EXPECT_EQ(receive({id}), std::vector<Frame>()) << "as the rule before it says";
  EXPECT_EQ(count_of(id, flow).hits, sent.size());
  rte_flow_error error;
  ASSERT_EQ(rte_flow_destroy(id, flow, &error), 0) << error.message;
  come(0, sent);
  EXPECT_EQ(receive({id}), others(sent)) << "as the image says again";

  unplug();
  ASSERT_EQ(plug(), 0);
  id = wire_port(0);
  start(id);
  come(0, sent);
  EXPECT_EQ(receive({id}), sent) << "without an image everything is permitted";
}

TEST_F(CardTest, PulledOutOfItsSlotIsReportedAndNothingHangs) {
  ASSERT_EQ(plug(), 0);
  const std::uint16_t id = wire_port(0);
  start(id);
  EXPECT_EQ(rte_eth_dev_is_removed(id), 0);
  card_.gone = true;
  EXPECT_EQ(rte_eth_dev_is_removed(id), 1);
  EXPECT_EQ(Rule().udp_to(1, 2).action(RTE_FLOW_ACTION_TYPE_DROP).create(id), nullptr);
  EXPECT_EQ(receive({id}), std::vector<Frame>());
}

/// The last line of the driver's log while `operation` runs, without the device's name.
template <typename Operation>
std::string told(const std::string& file, const std::string& device, Operation&& operation) {
  std::FILE* stream = std::fopen(file.c_str(), "w");
  rte_openlog_stream(stream);
  operation();
  rte_openlog_stream(nullptr);
  std::fclose(stream);
  const std::string head = "net_portcullis: " + device + ": ";
  std::string found;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(head)) found = line.substr(head.size());
  }
  return found;
}

/// A heap of DPDK's in memory of the application's own, which it may take away again.
class OwnHeap {
 public:
  OwnHeap() {
    at_ = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(at_, MAP_FAILED);
    std::vector<rte_iova_t> pages;
    for (std::size_t at = 0; at < kBytes; at += kPage)
      pages.push_back(rte_eal_iova_mode() == RTE_IOVA_VA ? reinterpret_cast<rte_iova_t>(at_) + at : RTE_BAD_IOVA);
    EXPECT_EQ(rte_malloc_heap_create("own"), 0);
    EXPECT_EQ(rte_malloc_heap_memory_add("own", at_, kBytes, pages.data(), static_cast<unsigned>(pages.size()), kPage),
              0)
        << rte_strerror(rte_errno);
    tell_of_memory(RTE_MEM_EVENT_ALLOC, at_, kBytes);
  }
  ~OwnHeap() {
    if (at_ != nullptr) take_away();
    EXPECT_EQ(rte_malloc_heap_destroy("own"), 0);
  }
  OwnHeap(const OwnHeap&) = delete;
  OwnHeap& operator=(const OwnHeap&) = delete;

  const void* at() const { return at_; }
  unsigned socket() const { return static_cast<unsigned>(rte_malloc_heap_get_socket("own")); }
  /// Everything in it must have been freed. Whoever touches it afterwards, dies.
  void take_away() {
    tell_of_memory(RTE_MEM_EVENT_FREE, at_, kBytes);
    ASSERT_EQ(rte_malloc_heap_memory_remove("own", at_, kBytes), 0) << rte_strerror(rte_errno);
    ::munmap(at_, kBytes);
    at_ = nullptr;
  }

 private:
  static constexpr std::size_t kPage = 4096, kBytes = 8 << 20;
  void* at_ = nullptr;
};

/// A started port whose queue 1 has something in a heap of its own; frames to kDropped + 1 go there, others to queue 0.
class CardMemoryTest : public CardTest {
 protected:
  ~CardMemoryTest() override {
    if (plugged_) unplug();
  }

  void begin() {
    ASSERT_EQ(plug(), 0);
    id_ = wire_port(0);
    const rte_eth_conf conf{};
    ASSERT_EQ(rte_eth_dev_configure(id_, 2, 2, &conf), 0);
    ASSERT_EQ(rte_eth_rx_queue_setup(id_, 0, 64, 0, nullptr, pool_), 0);
    for (std::uint16_t queue = 0; queue < 2; ++queue) ASSERT_EQ(rte_eth_tx_queue_setup(id_, queue, 64, 0, nullptr), 0);
  }
  rte_mempool* own_pool() const {
    return rte_pktmbuf_pool_create("own", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, static_cast<int>(heap_.socket()));
  }
  void go() {
    ASSERT_EQ(rte_eth_dev_start(id_), 0);
    ASSERT_EQ(rte_eth_promiscuous_enable(id_), 0);
    const rte_flow_action_queue queue{1};
    if (flow_ == nullptr)
      flow_ = Rule().udp_to(kDropped + 1, kDropped + 1).action(RTE_FLOW_ACTION_TYPE_QUEUE, &queue).create(id_);
    ASSERT_NE(flow_, nullptr);
  }
  /// Frames come, and those for the queues in `expected` are received, the others not.
  void expect_received(std::initializer_list<unsigned> expected, const std::string& when) {
    const std::vector<Frame> sent = some_frames(30);
    come(0, sent);
    std::array<std::vector<Frame>, 2> wanted;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const unsigned queue = i % 3 == 1 ? 1 : 0;
      if (std::ranges::find(expected, queue) != expected.end()) wanted[queue].push_back(sent[i]);
    }
    std::array<std::vector<Frame>, 2> received;
    for (unsigned poll = 0; poll < 64; ++poll) {
      pass_time();
      for (std::uint16_t queue = 0; queue < 2; ++queue) {
        rte_mbuf* packets[kBurst];
        const std::uint16_t count = rte_eth_rx_burst(id_, queue, packets, kBurst);
        for (unsigned i = 0; i < count; ++i) received[queue].push_back(bytes_of(packets[i]));
        rte_pktmbuf_free_bulk(packets, count);
      }
    }
    EXPECT_EQ(received, wanted) << when;
  }
  std::uint32_t error_of(std::uint32_t block, std::uint32_t stride, unsigned queue) {
    return card_.nic().read32(block + queue * stride);
  }

  OwnHeap heap_;
  std::uint16_t id_ = 0;
  rte_flow* flow_ = nullptr;
};

TEST_F(CardMemoryTest, BuffersThatLeaveTheCardsReachStopTheirQueueAloneWithABusErrorUntilThePortIsStartedAnew) {
  rte_mempool* own = own_pool();
  ASSERT_NE(own, nullptr);
  begin();
  ASSERT_EQ(rte_eth_rx_queue_setup(id_, 1, 64, 0, nullptr, own), 0);
  go();
  expect_received({0, 1}, "before");
  card_.hide(heap_.at());
  expect_received({0}, "while the buffers are out of reach");
  EXPECT_EQ(error_of(PCL_RECEIVE_ERROR, PCL_RECEIVE_STRIDE, 0), 0U);
  EXPECT_EQ(error_of(PCL_RECEIVE_ERROR, PCL_RECEIVE_STRIDE, 1), PCL_RECEIVE_ERROR_DATA_WRITE_MASK);
  rte_eth_stats stats;
  ASSERT_EQ(rte_eth_stats_get(id_, &stats), 0);
  EXPECT_EQ(stats.q_errors[0], 0U);
  EXPECT_EQ(stats.q_errors[1], 10U);
  EXPECT_EQ(stats.ipackets, 50U);
  EXPECT_EQ(stats.imissed, 10U);
  EXPECT_EQ(statistic(id_, "rx_stopped_queue_dropped_packets"), 10U);
  card_.show(heap_.at());
  expect_received({0}, "it stays stopped");
  ASSERT_EQ(rte_eth_dev_stop(id_), 0);
  go();
  expect_received({0, 1}, "started anew");
  unplug();
  rte_mempool_free(own);
}

TEST_F(CardMemoryTest, PacketsThatLeaveTheCardsReachStopTheirTransmitQueueAloneAndTheLogSaysSo) {
  rte_mempool* own = own_pool();
  ASSERT_NE(own, nullptr);
  begin();
  ASSERT_EQ(rte_eth_rx_queue_setup(id_, 1, 64, 0, nullptr, pool_), 0);
  go();
  const auto send = [&](std::uint16_t queue, rte_mempool* pool) {
    rte_mbuf* packet = rte_pktmbuf_alloc(pool);
    const Frame frame = some_frames(1).front();
    std::memcpy(rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
    const std::uint16_t sent = rte_eth_tx_burst(id_, queue, &packet, 1);
    if (sent == 0) rte_pktmbuf_free(packet);
    card_.nic().run(500);
    return sent == 1;
  };
  EXPECT_TRUE(send(1, own));
  EXPECT_EQ(left_[0].size(), 1U);
  card_.hide(heap_.at());
  const std::string log = told(file("log"), "port " + std::to_string(id_) + " transmit queue 1 stopped", [&] {
    EXPECT_TRUE(send(1, own)) << "there is room in the ring";
    EXPECT_EQ(error_of(PCL_TRANSMIT_ERROR, PCL_TRANSMIT_STRIDE, 1), PCL_TRANSMIT_ERROR_DATA_READ_MASK);
    for (unsigned i = 0; i < 62; ++i) send(1, own);
    rte_mbuf* packet = rte_pktmbuf_alloc(own);
    for (unsigned i = 0; i < 5000; ++i) ASSERT_EQ(rte_eth_tx_burst(id_, 1, &packet, 1), 0);
    rte_pktmbuf_free(packet);
  });
  EXPECT_NE(log.find("stop and start the port"), std::string::npos) << log;
  EXPECT_EQ(left_[0].size(), 1U);
  EXPECT_TRUE(send(0, pool_));
  EXPECT_EQ(left_[0].size(), 2U) << "the other queue";
  expect_received({0, 1}, "and receiving goes on");
  card_.show(heap_.at());
  ASSERT_EQ(rte_eth_dev_stop(id_), 0);
  go();
  EXPECT_TRUE(send(1, own));
  EXPECT_EQ(left_[0].size(), 3U);
  unplug();
  rte_mempool_free(own);
}

TEST_F(CardMemoryTest, AMempoolThatIsFreedUnderItsQueueCostsThatQueueAlone) {
  rte_mempool* own = own_pool();
  ASSERT_NE(own, nullptr);
  begin();
  ASSERT_EQ(rte_eth_rx_queue_setup(id_, 1, 64, 0, nullptr, own), 0);
  go();
  expect_received({0, 1}, "before");
  rte_mempool_free(own);
  EXPECT_EQ(told(file("log"), "port " + std::to_string(id_) + " receive queue 1 stopped", [&] { heap_.take_away(); }),
            "the memory of its mempool is being freed while the queue is in use");
  expect_received({0}, "after");
  EXPECT_EQ(statistic(id_, "rx_stopped_queue_dropped_packets"), 10U);
  EXPECT_EQ(error_of(PCL_RECEIVE_ERROR, PCL_RECEIVE_STRIDE, 0), 0U);
  EXPECT_EQ(rte_eth_rx_queue_count(id_, 1), 0);
  ASSERT_EQ(rte_eth_dev_stop(id_), 0);
  EXPECT_EQ(rte_eth_dev_start(id_), -EINVAL) << "the queue has no mempool";
  ASSERT_EQ(rte_eth_rx_queue_setup(id_, 1, 64, 0, nullptr, pool_), 0);
  go();
  expect_received({0, 1}, "with another mempool");
}

TEST_F(CardMemoryTest, RingsThatAreFreedUnderTheirQueuesCostTheseAlone) {
  begin();
  ASSERT_EQ(rte_eth_rx_queue_setup(id_, 1, 64, heap_.socket(), nullptr, pool_), 0);
  ASSERT_EQ(rte_eth_tx_queue_setup(id_, 1, 64, heap_.socket(), nullptr), 0);
  go();
  expect_received({0, 1}, "before");
  std::vector<const rte_memzone*> rings;
  rte_memzone_walk(
      [](const rte_memzone* zone, void* list) {
        if (zone->socket_id > 255) static_cast<std::vector<const rte_memzone*>*>(list)->push_back(zone);
      },
      &rings);
  ASSERT_EQ(rings.size(), 4U);
  for (const rte_memzone* zone : rings) ASSERT_EQ(rte_memzone_free(zone), 0);
  heap_.take_away();
  expect_received({0}, "after");
  EXPECT_EQ(statistic(id_, "rx_stopped_queue_dropped_packets"), 10U);
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
  EXPECT_EQ(rte_eth_tx_burst(id_, 1, &packet, 1), 0);
  rte_pktmbuf_free(packet);
  EXPECT_LT(rte_eth_tx_descriptor_status(id_, 1, 0), 0);
  EXPECT_LT(rte_eth_rx_descriptor_status(id_, 1, 0), 0);
  ASSERT_EQ(rte_eth_dev_stop(id_), 0);
  EXPECT_EQ(rte_eth_dev_start(id_), -EINVAL) << "the queues have no rings";
  ASSERT_EQ(rte_eth_rx_queue_setup(id_, 1, 64, 0, nullptr, pool_), 0);
  EXPECT_EQ(rte_eth_dev_start(id_), -EINVAL) << "one of them still has none";
  ASSERT_EQ(rte_eth_tx_queue_setup(id_, 1, 64, 0, nullptr), 0);
  go();
  expect_received({0, 1}, "with other rings");
}

TEST_F(CardTest, RefusesArgumentsInTheWordsOfASimulatedNic) {
  std::ofstream(file("text.pti")) << "no image";
  tables::Geometry small = tables::Geometry::edge();
  small.rules /= 2;
  tables::write_image(file("small.pti"), tables::compile(policy::Policy(), small).image);
  for (const std::string& arguments :
       {std::string("image=/nowhere/x.pti"), "image=" + file("text.pti"), "image=" + file("small.pti"),
        std::string("mac=01:00:00:00:00:01"), std::string("mac=")}) {
    int of_card = 0, of_simulation = 0;
    const std::string card = told(file("log"), FakeCard::kAddress, [&] { of_card = plug(arguments); });
    const std::string simulation =
        told(file("log"), "net_portcullis0", [&] { of_simulation = probe("net_portcullis0", arguments); });
    EXPECT_LT(of_card, 0) << arguments;
    EXPECT_EQ(of_card, of_simulation) << arguments;
    EXPECT_NE(card, "") << arguments;
    EXPECT_EQ(card, simulation) << arguments;
    EXPECT_EQ(rte_eth_dev_count_avail(), 0) << arguments;
  }
  // What is at the far end of a card's wires is not for the driver to say.
  EXPECT_EQ(told(file("log"), FakeCard::kAddress, [&] { EXPECT_EQ(plug("wire0=gen:64"), -EINVAL); }),
            "an argument is unknown; there are image and mac");
  EXPECT_EQ(told(file("log"), "net_portcullis0", [&] { EXPECT_EQ(probe("net_portcullis0", "speed=10G"), -EINVAL); }),
            "an argument is unknown; there are wire0, wire1, geometry, rate, image and mac");
  EXPECT_EQ(
      told(file("log"), "net_portcullis0", [&] { EXPECT_EQ(probe("net_portcullis0", "geometry=versa"), -EINVAL); }),
      "geometry=versa: a simulated NIC has the geometry edge, scale-small or scale");
  ASSERT_EQ(plug(), 0) << "the next try works";
}

}  // namespace
}  // namespace portcullis::test
