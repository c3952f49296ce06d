// The driver on a card: DPDK's PCI bus finds it, the driver probes it, and its registers and its DMA are all that the
// two have in common.
#include <rte_bus.h>
#include <rte_dev.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <span>

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
  ASSERT_EQ(plug(), 0) << "the next try works";
}

}  // namespace
}  // namespace portcullis::test
