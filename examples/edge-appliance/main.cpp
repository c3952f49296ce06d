// An edge appliance: a policy from port documents on a NIC that stands in the wire. Whatever the policy permits passes
// from one wire to the other inside the NIC; this program loads the policy, loads it anew on SIGHUP without losing a
// packet, and tells per document row what was decided, on the terminal and as Prometheus text.
//
//   portcullis-edge-appliance [EAL options] --vdev net_portcullis0,wire0=...,wire1=... -- --site site.yaml
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "pmd/rte_pmd_portcullis.h"
#include "policy/build.h"
#include "tables/compile.h"
#include "tables/image.h"

namespace {

using portcullis::tables::Geometry;

volatile std::sig_atomic_t reload_wanted = 0;
volatile std::sig_atomic_t end_wanted = 0;

constexpr std::uint16_t kBurst = 32;
constexpr std::uint16_t kRing = 512;

struct Options {
  std::string site;
  std::string metrics;
  unsigned interval = 10;  // seconds
};

// What went wrong, as DPDK's calls tell it.
void check(int status, const std::string& what) {
  if (status < 0) throw std::runtime_error(what + ": " + std::strerror(-status));
}

/// Gives what is to be told of it.
std::string load(std::uint16_t port, const std::string& site) {
  const portcullis::policy::SitePolicy read = portcullis::policy::load_policy(site);
  const auto image = portcullis::tables::compile(read.policy, Geometry::edge()).image;
  const std::vector<std::uint8_t> bytes = portcullis::tables::encode(image);
  check(rte_pmd_portcullis_load(port, bytes.data(), bytes.size()), "the policy of " + site + " was not loaded");
  return "loaded " + site + ": " + std::to_string(image.entries.size()) + " entries";
}

// The ports are only there for what rules send to the host; the wires are connected inside the NIC.
void start(std::uint16_t port, rte_mempool* pool) {
  const rte_eth_conf conf{};
  check(rte_eth_dev_configure(port, 1, 1, &conf), "configuring a port");
  check(rte_eth_rx_queue_setup(port, 0, kRing, SOCKET_ID_ANY, nullptr, pool), "setting up a receive queue");
  check(rte_eth_tx_queue_setup(port, 0, kRing, SOCKET_ID_ANY, nullptr), "setting up a transmit queue");
  check(rte_pmd_portcullis_set_mode(port, RTE_PMD_PORTCULLIS_BUMP),
        "setting the mode; is it a port of net_portcullis?");
  check(rte_eth_dev_start(port), "starting a port");
  check(rte_eth_promiscuous_enable(port), "receiving what is for others");
}

// A label's value in Prometheus text: backslash, quote and line feed are escaped.
std::string label(const char* text) {
  std::string escaped;
  for (; *text != '\0'; ++text) {
    if (*text == '\n') {
      escaped += "\\n";
      continue;
    }
    if (*text == '"' || *text == '\\') escaped += '\\';
    escaped += *text;
  }
  return escaped;
}

std::vector<rte_pmd_portcullis_entry> entries_of(std::uint16_t port) {
  const int count = rte_pmd_portcullis_count_entries(port);
  check(count, "counting the entries");
  std::vector<rte_pmd_portcullis_entry> entries(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    check(rte_pmd_portcullis_get_entry(port, static_cast<unsigned>(i), &entries[static_cast<std::size_t>(i)]),
          "reading an entry");
  }
  return entries;
}

void write_metrics(std::uint16_t port, const std::string& path) {
  rte_pmd_portcullis_totals totals;
  check(rte_pmd_portcullis_get_totals(port, &totals), "reading the totals");
  std::string text =
      "# HELP portcullis_entry_packets_total Packets that an entry of the policy decided.\n"
      "# TYPE portcullis_entry_packets_total counter\n";
  std::string bytes =
      "# HELP portcullis_entry_bytes_total Bytes of these packets, without FCS.\n"
      "# TYPE portcullis_entry_bytes_total counter\n";
  unsigned number = 0;
  for (const rte_pmd_portcullis_entry& entry : entries_of(port)) {
    const std::string labels = "{entry=\"" + std::to_string(number++) + "\",rule=\"" + label(entry.rule) +
                               "\",document=\"" + label(entry.document) + "\",line=\"" + std::to_string(entry.line) +
                               "\",service=\"" + label(entry.service) + "\",action=\"" +
                               (entry.permit != 0 ? "permit" : "drop") + "\"} ";
    text += "portcullis_entry_packets_total" + labels + std::to_string(entry.packets) + "\n";
    bytes += "portcullis_entry_bytes_total" + labels + std::to_string(entry.bytes) + "\n";
  }
  text += bytes;
  const auto counter = [&text](const std::string& name, const std::string& help, std::uint64_t value) {
    text += "# HELP portcullis_" + name + " " + help + "\n# TYPE portcullis_" + name + " counter\nportcullis_" + name +
            " " + std::to_string(value) + "\n";
  };
  counter("received_packets_total", "Frames that came in by the wires.", totals.received);
  counter("bad_packets_total", "Frames that the MAC marked bad, or that were too long.", totals.bad);
  counter("forwarded_packets_total", "Frames that were permitted.", totals.forwarded);
  counter("dropped_packets_total", "Frames that were dropped.", totals.dropped);
  counter("default_packets_total", "Frames that no entry matched.", totals.default_action);
  counter("malformed_packets_total", "Frames whose headers are none.", totals.malformed);
  counter("removed_entries_packets_total", "Frames decided by entries that the policy no longer has.",
          totals.removed_entries);
  // Whoever reads the file never sees half of it.
  const std::string temporary = path + ".new";
  std::ofstream(temporary) << text;
  std::filesystem::rename(temporary, path);
}

void show(std::uint16_t port) {
  rte_pmd_portcullis_totals totals;
  check(rte_pmd_portcullis_get_totals(port, &totals), "reading the totals");
  std::printf("\n%-14s %-32s %-10s %12s %14s\n", "document:line", "service", "action", "packets", "bytes");
  for (const rte_pmd_portcullis_entry& entry : entries_of(port)) {
    if (entry.packets == 0) continue;
    std::printf("%-14.40s %-32.32s %-10s %12llu %14llu\n", entry.rule, entry.service,
                entry.permit != 0 ? "permit" : "drop", static_cast<unsigned long long>(entry.packets),
                static_cast<unsigned long long>(entry.bytes));
  }
  std::printf("received %llu = bad %llu + forwarded %llu + dropped %llu; no entry matched %llu, malformed %llu\n",
              static_cast<unsigned long long>(totals.received), static_cast<unsigned long long>(totals.bad),
              static_cast<unsigned long long>(totals.forwarded), static_cast<unsigned long long>(totals.dropped),
              static_cast<unsigned long long>(totals.default_action),
              static_cast<unsigned long long>(totals.malformed));
  std::fflush(stdout);
}

void serve(const Options& options) {
  if (rte_eth_dev_count_avail() < 2) {
    throw std::runtime_error("two ports are needed: --vdev net_portcullis0,wire0=...,wire1=..., or a card");
  }
  const std::uint16_t ports[] = {0, 1};
  rte_mempool* pool = rte_pktmbuf_pool_create("packets", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool == nullptr) throw std::runtime_error("no memory for packets; give DPDK more with -m");
  // The policy first: not a packet passes without it.
  std::cout << load(ports[0], options.site) << std::endl;
  for (const std::uint16_t port : ports) start(port, pool);

  // A policy is compiled and loaded beside this loop, which goes on taking packets.
  std::future<std::string> reload;
  auto shown = std::chrono::steady_clock::now();
  while (end_wanted == 0) {
    for (const std::uint16_t port : ports) {
      rte_mbuf* packets[kBurst];
      rte_pktmbuf_free_bulk(packets, rte_eth_rx_burst(port, 0, packets, kBurst));
    }
    if (reload.valid() && reload.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      try {
        std::cout << reload.get() << std::endl;
      } catch (const std::exception& error) {
        std::cerr << "the policy in force stays: " << error.what() << std::endl;
      }
    }
    if (reload_wanted != 0 && !reload.valid()) {
      reload_wanted = 0;
      reload = std::async(std::launch::async, load, ports[0], options.site);
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - shown < std::chrono::seconds(options.interval)) continue;
    shown = now;
    show(ports[0]);
    if (!options.metrics.empty()) write_metrics(ports[0], options.metrics);
  }
  if (reload.valid()) reload.wait();
  // What is still inside the NIC gets its verdict; then the last word.
  for (const std::uint16_t port : ports) check(rte_eth_dev_stop(port), "stopping a port");
  show(ports[0]);
  if (!options.metrics.empty()) write_metrics(ports[0], options.metrics);
  for (const std::uint16_t port : ports) rte_eth_dev_close(port);
}

}  // namespace

int main(int argc, char** argv) {
  const int eal_arguments = rte_eal_init(argc, argv);
  if (eal_arguments < 0) {
    std::cerr << "DPDK did not start; what it says stands above\n";
    return 2;
  }
  argc -= eal_arguments;
  argv += eal_arguments;

  Options options;
  CLI::App app{"A policy from port documents on a NIC in the wire"};
  app.add_option("--site", options.site, "Site file; its policy is loaded at the start and on SIGHUP")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--metrics", options.metrics,
                 "File for the counters as Prometheus text, written at every interval and at the end");
  app.add_option("--interval", options.interval, "Seconds between statistics")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGHUP, [](int) { reload_wanted = 1; });
  std::signal(SIGINT, [](int) { end_wanted = 1; });
  std::signal(SIGTERM, [](int) { end_wanted = 1; });
  int status = 0;
  try {
    serve(options);
  } catch (const std::exception& error) {
    std::cerr << "portcullis-edge-appliance: " << error.what() << '\n';
    status = 1;
  }
  rte_eal_cleanup();
  return status;
}
