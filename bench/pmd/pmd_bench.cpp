// portcullis-bench-pmd: how fast the driver is over the simulated NIC. Results are checked before a rate is printed.
//
//   portcullis-bench-pmd [PACKETS]
#include <fmt/format.h>
#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "traffic/frame.h"
#include "traffic/pcap.h"

namespace {

using Clock = std::chrono::steady_clock;
using portcullis::traffic::PacketSet;
using portcullis::traffic::PcapWriter;
using portcullis::traffic::read_pcap;

constexpr std::uint16_t kBurst = 32;
constexpr unsigned kRules = 500;
constexpr unsigned kRounds = 5;
constexpr double kClockHz = 250e6;

[[noreturn]] void fail(const std::string& sentence) { throw std::runtime_error(sentence); }

double milliseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

struct Spread {
  double least = 0, median = 0, most = 0;
};

Spread spread(std::vector<double> values) {
  std::ranges::sort(values);
  return {values.front(), values[values.size() / 2], values.back()};
}

// What rule i matches: UDP from one of 100 networks to one of 120 ranges of ports, all different pairs.
std::uint32_t network(unsigned i) { return 0x0A000000U + i % 100 * 0x100U; }
std::uint16_t first_port(unsigned i) { return static_cast<std::uint16_t>(1000 + i % 120 * 500); }

struct Items {
  rte_flow_item_ipv4 ip{}, ip_mask{};
  rte_flow_item_udp udp{}, udp_last{}, udp_mask{};
  rte_flow_item list[4];
  rte_flow_action_mark mark{};
  rte_flow_action actions[3];

  explicit Items(unsigned i) {
    ip.hdr.src_addr = rte_cpu_to_be_32(network(i));
    ip_mask.hdr.src_addr = rte_cpu_to_be_32(0xFFFFFF00);
    udp.hdr.dst_port = rte_cpu_to_be_16(first_port(i));
    udp_last.hdr.dst_port = rte_cpu_to_be_16(static_cast<std::uint16_t>(first_port(i) + 99));
    udp_mask.hdr.dst_port = 0xFFFF;
    mark.id = i;
    list[0] = {RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr};
    list[1] = {RTE_FLOW_ITEM_TYPE_IPV4, &ip, nullptr, &ip_mask};
    list[2] = {RTE_FLOW_ITEM_TYPE_UDP, &udp, &udp_last, &udp_mask};
    list[3] = {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr};
    actions[0] = {RTE_FLOW_ACTION_TYPE_MARK, &mark};
    actions[1] = {RTE_FLOW_ACTION_TYPE_COUNT, nullptr};
    actions[2] = {RTE_FLOW_ACTION_TYPE_END, nullptr};
  }
};

// One frame for each rule, in their order, over and over.
void write_frames(const std::string& path, unsigned count) {
  PcapWriter writer(path);
  for (unsigned i = 0; i < count; ++i) {
    portcullis::traffic::Frame frame;
    frame.from = portcullis::policy::from_ipv4(network(i % kRules) + 7);
    frame.to = portcullis::policy::from_ipv4(0xC0000201);
    frame.protocol = portcullis::traffic::kUdp;
    frame.destination_port = static_cast<std::uint16_t>(first_port(i % kRules) + 50);
    frame.payload = 18;
    writer.write(1000 * i, portcullis::traffic::build(frame));
  }
  writer.close();
}

class Device {
 public:
  explicit Device(const std::string& arguments) {
    if (rte_vdev_init("net_portcullis0", arguments.c_str()) != 0) fail("the device does not start: " + arguments);
    pool_ = rte_pktmbuf_pool_create("packets", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
    if (pool_ == nullptr) fail("no memory for packets");
  }
  ~Device() {
    rte_vdev_uninit("net_portcullis0");
    rte_mempool_free(pool_);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  std::uint16_t port(const std::string& name) {
    std::uint16_t id = 0;
    if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) fail("there is no port " + name);
    return id;
  }
  void configure(std::uint16_t id, std::uint64_t offloads = 0) {
    rte_eth_conf conf{};
    conf.rxmode.offloads = offloads;
    if (rte_eth_dev_configure(id, 1, 1, &conf) != 0 || rte_eth_rx_queue_setup(id, 0, 512, 0, nullptr, pool_) != 0 ||
        rte_eth_tx_queue_setup(id, 0, 512, 0, nullptr) != 0) {
      fail("a port cannot be set up");
    }
  }
  void start(std::uint16_t id) {
    if (rte_eth_dev_start(id) != 0 || rte_eth_promiscuous_enable(id) != 0) fail("a port does not start");
  }

 private:
  rte_mempool* pool_ = nullptr;
};

// Every rule decides its own frame.
void check_marks(std::uint16_t id) {
  unsigned next = 0;
  rte_mbuf* packets[kBurst];
  for (unsigned empty = 0; next < kRules && empty < 1000; ++empty) {
    const std::uint16_t count = rte_eth_rx_burst(id, 0, packets, kBurst);
    for (unsigned i = 0; i < count; ++i, ++next) {
      if (packets[i]->hash.fdir.hi != next)
        fail(fmt::format("packet {} carries the mark {}", next, packets[i]->hash.fdir.hi));
      empty = 0;
    }
    rte_pktmbuf_free_bulk(packets, count);
  }
  if (next != kRules) fail(fmt::format("{} of {} packets came", next, kRules));
}

Spread create_one_by_one(const std::string& pcap) {
  std::vector<double> rates;
  for (unsigned round = 0; round < kRounds; ++round) {
    Device device("wire0=pcap:" + pcap);
    const std::uint16_t id = device.port("net_portcullis0");
    device.configure(id);
    device.start(id);
    rte_flow_attr attributes{};
    attributes.ingress = 1;
    rte_flow_error error{};
    const auto from = Clock::now();
    for (unsigned i = 0; i < kRules; ++i) {
      const Items items(i);
      if (rte_flow_create(id, &attributes, items.list, items.actions, &error) == nullptr) {
        fail(fmt::format("rule {}: {}", i, error.message));
      }
    }
    rates.push_back(1000.0 * kRules / milliseconds(from));
    check_marks(id);
  }
  return spread(rates);
}

Spread create_in_a_batch(const std::string& pcap) {
  std::vector<double> times;
  for (unsigned round = 0; round < kRounds; ++round) {
    Device device("wire0=pcap:" + pcap);
    const std::uint16_t id = device.port("net_portcullis0");
    device.configure(id);
    rte_flow_error error{};
    const rte_flow_port_attr port_attributes{};
    const rte_flow_queue_attr queue{1024};
    const rte_flow_queue_attr* queues[] = {&queue};
    if (rte_flow_configure(id, &port_attributes, 1, queues, &error) != 0) fail("rte_flow_configure");
    device.start(id);
    const Items masks(0);
    rte_flow_pattern_template_attr pattern_attributes{};
    pattern_attributes.ingress = 1;
    rte_flow_actions_template_attr action_attributes{};
    action_attributes.ingress = 1;
    rte_flow_action open[3] = {{RTE_FLOW_ACTION_TYPE_MARK, nullptr},
                               {RTE_FLOW_ACTION_TYPE_COUNT, nullptr},
                               {RTE_FLOW_ACTION_TYPE_END, nullptr}};
    auto* pattern = rte_flow_pattern_template_create(id, &pattern_attributes, masks.list, &error);
    auto* actions = rte_flow_actions_template_create(id, &action_attributes, masks.actions, open, &error);
    rte_flow_template_table_attr table_attributes{};
    table_attributes.flow_attr.ingress = 1;
    table_attributes.nb_flows = kRules;
    auto* table = rte_flow_template_table_create(id, &table_attributes, &pattern, 1, &actions, 1, &error);
    if (table == nullptr) fail(fmt::format("no table: {}", error.message));
    const rte_flow_op_attr postpone{1};
    const auto from = Clock::now();
    for (unsigned i = 0; i < kRules; ++i) {
      const Items items(i);
      if (rte_flow_async_create(id, 0, &postpone, table, items.list, 0, items.actions, 0, nullptr, &error) == nullptr) {
        fail(fmt::format("rule {}: {}", i, error.message));
      }
    }
    rte_flow_op_result results[kRules];
    if (rte_flow_push(id, 0, &error) != 0) fail("rte_flow_push");
    const int pulled = rte_flow_pull(id, 0, results, kRules, &error);
    times.push_back(milliseconds(from));
    if (pulled != static_cast<int>(kRules) ||
        std::ranges::any_of(results, [](const rte_flow_op_result& r) { return r.status != RTE_FLOW_OP_SUCCESS; })) {
      fail("not all rules came into force");
    }
    check_marks(id);
  }
  return spread(times);
}

// Clocks of the NIC from the call of rte_flow_create() to the first packet that the rule decides, at 10 Gbit/s.
Spread clocks_to_first_packet() {
  std::vector<double> clocks;
  for (unsigned round = 0; round < kRounds; ++round) {
    Device device("wire0=gen:64:10G");
    const std::uint16_t id = device.port("net_portcullis0");
    device.configure(id, RTE_ETH_RX_OFFLOAD_TIMESTAMP);
    device.start(id);
    int offset = -1;
    std::uint64_t flag = 0, begin = 0;
    if (rte_mbuf_dyn_rx_timestamp_register(&offset, &flag) != 0) fail("no timestamps");
    rte_mbuf* packets[kBurst];
    for (unsigned i = 0; i < 20; ++i) rte_pktmbuf_free_bulk(packets, rte_eth_rx_burst(id, 0, packets, kBurst));
    rte_flow_attr attributes{};
    attributes.ingress = 1;
    const rte_flow_item items[] = {{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
    const rte_flow_action_mark mark{round + 1};
    const rte_flow_action actions[] = {{RTE_FLOW_ACTION_TYPE_MARK, &mark}, {RTE_FLOW_ACTION_TYPE_END, nullptr}};
    rte_flow_error error{};
    if (rte_eth_read_clock(id, &begin) != 0) fail("the NIC's clock cannot be read");
    if (rte_flow_create(id, &attributes, items, actions, &error) == nullptr) fail(error.message);
    std::uint64_t first = 0;
    for (unsigned i = 0; first == 0 && i < 10000; ++i) {
      const std::uint16_t count = rte_eth_rx_burst(id, 0, packets, kBurst);
      for (unsigned p = 0; p < count && first == 0; ++p) {
        if ((packets[p]->ol_flags & RTE_MBUF_F_RX_FDIR_ID) != 0)
          first = *RTE_MBUF_DYNFIELD(packets[p], offset, std::uint64_t*);
      }
      rte_pktmbuf_free_bulk(packets, count);
    }
    if (first == 0) fail("no packet met the rule");
    clocks.push_back(static_cast<double>(first - begin));
  }
  return spread(clocks);
}

// As testpmd's io mode: from wire 0 through the host to wire 1, once. Milliseconds from the first burst until the last
// packet has left.
double forward_once(const std::string& arguments, unsigned packets) {
  Device device(arguments);
  const std::uint16_t in = device.port("net_portcullis0"), out = device.port("net_portcullis0_wire1");
  for (const std::uint16_t id : {in, out}) {
    device.configure(id);
    device.start(id);
  }
  rte_eth_stats stats{};
  rte_mbuf* burst[kBurst];
  const auto from = Clock::now();
  unsigned forwarded = 0;
  for (unsigned empty = 0; forwarded < packets && empty < 10000; ++empty) {
    const std::uint16_t count = rte_eth_rx_burst(in, 0, burst, kBurst);
    std::uint16_t sent = 0;
    while (sent < count)
      sent = static_cast<std::uint16_t>(
          sent + rte_eth_tx_burst(out, 0, burst + sent, static_cast<std::uint16_t>(count - sent)));
    forwarded += count;
    if (count > 0) empty = 0;
  }
  do {
    rte_eth_rx_burst(in, 0, burst, kBurst);
    rte_eth_stats_get(out, &stats);
  } while (stats.opackets < forwarded);
  const double time = milliseconds(from);
  if (stats.opackets != packets) fail(fmt::format("{} of {} packets left", stats.opackets, packets));
  return time;
}

Spread forward(const std::string& pcap, unsigned packets) {
  // What leaves is what came, byte for byte; without the writing of a capture in the times below.
  const std::string left = pcap + ".left";
  forward_once("wire0=pcap:" + pcap + ",wire1=pcap::" + left, packets);
  const PacketSet before = read_pcap(pcap, 0).packets, after = read_pcap(left, 0).packets;
  if (before.size() != packets || after.size() != packets) fail("a capture is not whole");
  for (unsigned i = 0; i < packets; ++i) {
    if (!std::ranges::equal(before.frame(i), after.frame(i))) fail(fmt::format("packet {} left changed", i));
  }
  std::vector<double> rates;
  for (unsigned round = 0; round < kRounds; ++round)
    rates.push_back(1000.0 * packets / forward_once("wire0=pcap:" + pcap + ",wire1=none", packets));
  return spread(rates);
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned packets = argc > 1 ? static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10)) : 20'000;
  std::vector<std::string> words = {
      "portcullis-bench-pmd", "--no-huge", "-m", "256", "--no-pci", "--no-shconf", "--no-telemetry",
      "--log-level=lib.eal:4"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  if (packets == 0 || rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
    std::cerr << "usage: portcullis-bench-pmd [PACKETS]; DPDK must start without hugepages\n";
    return 2;
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("portcullis-bench-pmd-{}", getpid());
  int status = 0;
  try {
    std::filesystem::create_directories(folder);
    const std::string pcap = folder / "in.pcap", longer = folder / "longer.pcap";
    write_frames(pcap, kRules);
    write_frames(longer, packets);
    const auto row = [](const char* what, const Spread& s, const char* unit) {
      std::cout << fmt::format("{:<58} {:>10.1f} {:>10.1f} {:>10.1f} {}\n", what, s.least, s.median, s.most, unit)
                << std::flush;
    };
    std::cout << fmt::format("{:<58} {:>10} {:>10} {:>10}\n", "net_portcullis over the model, geometry edge", "min",
                             "median", "max");
    row("forwarding wire 0 - host - wire 1, 64 bytes, one core", forward(longer, packets), "packets/s");
    row("500 rules by rte_flow_create, a flip each", create_one_by_one(pcap), "rules/s");
    const Spread batch = create_in_a_batch(pcap);
    row("500 rules in one batch, one flip", batch, "ms");
    row("500 rules in one batch, one flip",
        {1000 * kRules / batch.most, 1000 * kRules / batch.median, 1000 * kRules / batch.least}, "rules/s");
    const Spread clocks = clocks_to_first_packet();
    row("rte_flow_create to the first packet decided by the rule", clocks, "clocks");
    row("  the same at 250 MHz",
        {clocks.least / kClockHz * 1e6, clocks.median / kClockHz * 1e6, clocks.most / kClockHz * 1e6}, "us");
  } catch (const std::exception& error) {
    std::cerr << "portcullis-bench-pmd: " << error.what() << '\n';
    status = 1;
  }
  std::filesystem::remove_all(folder);
  rte_eal_cleanup();
  return status;
}
