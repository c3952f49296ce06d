// The whole card as a virtual platform: host, PCI Express, NIC, MACs; a policy loaded by software on the host, traffic
// on both wires, and where time goes.
//
//   Host --registers--> PcieLink --> Card (Verilated NIC)        Card --DMA, messages--> PcieLink --> Memory, Host
//
// With a management processor in the NIC, software gives it firmware first.
//
// docs/platform.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/management.h"
#include "device/nic.h"
#include "platform/card.h"
#include "platform/host.h"
#include "platform/latency.h"
#include "platform/memory.h"
#include "platform/pcie_link.h"
#include "tables/image.h"
#include "traffic/packets.h"

namespace portcullis::platform {

/// How a policy reaches the shadow bank: by software, row by row, or as an image through the firmware's mailbox.
enum class LoadWay : std::uint8_t { registers, dma, mailbox };

struct Options {
  /// Makes the NIC: without a management processor, or model::make_managed_nic.
  std::function<std::unique_ptr<model::VerilatedNic>()> nic = model::make_verilated_nic;
  /// What software starts the management processor with; empty: it is left alone.
  std::vector<std::uint8_t> firmware;
  /// Who is given what the firmware prints, at most a character in so many clocks. Nobody: it is thrown away.
  std::function<void(char)> console;
  std::uint64_t console_clocks = 1;
  std::optional<double> register_clock;  ///< Hz, as Card::set_register_clock
  PcieOptions pcie;
  Timing timing = Timing::loosely;
  std::uint64_t memory_base = std::uint64_t{1} << 32U;
  std::size_t memory_bytes = std::size_t{64} << 20U;
  sc_core::sc_time memory_latency{60, sc_core::SC_NS};
  sc_core::sc_time word{5, sc_core::SC_NS};  ///< that software takes to look at a word, or to begin an access
  std::array<PortOptions, model::kWirePorts> ports;
  bool endpoint = false;  ///< permitted frames go to the host's queues; else to the other wire
  unsigned queues = 4;
  unsigned descriptors = 256;  ///< a queue; a power of two
  LoadWay load = LoadWay::dma;
  /// Times that software loads the same policy again, the traffic repeated meanwhile; bump-in-the-wire only.
  unsigned reloads = 0;
  /// The host dies before this row of the first reload, or, with a mailbox, before this piece of the image. Behind a
  /// mailbox its next program loads again when the firmware has given up the load.
  std::optional<std::size_t> crash_at;
  std::chrono::milliseconds patience{1};  ///< of the firmware with a host that is silent in a load
};

/// What a packet of the traffic must become: destinations 0 and 1 are wires, 2 is the host.
inline constexpr unsigned kDestinations = model::kWirePorts + 1;
struct Fate {
  std::array<std::uint8_t, kDestinations> copies{};
};

struct Traffic {
  const traffic::PacketSet* packets = nullptr;
  std::vector<Fate> fates;  ///< one a packet
};

struct LoadTimes {
  std::size_t rows = 0;
  std::size_t pieces = 0;      ///< of the image, with a mailbox
  sc_core::sc_time staging;    ///< rows into the shadow bank, its counters cleared before
  sc_core::sc_time self_test;  ///< probes of the image; with a mailbox, the pieces behind that in which they begin
  sc_core::sc_time flip;       ///< from the write that exchanges the banks until software has seen that it happened
};

/// The management processor, while something went on.
struct ProcessorLoad {
  std::uint32_t clocks = 0;
  std::uint32_t busy = 0;  ///< of these, in which it started or worked on a request
};

struct PortResult {
  std::uint64_t frames = 0;  ///< that came
  std::uint64_t lost = 0;    ///< of these, without room in the receive buffer
  std::uint64_t left = 0;
  std::uint64_t pauses = 0;
};

struct Result {
  bool booted = false;         ///< there is firmware
  sc_core::sc_time boot;       ///< from the first write of its image until software sees that it runs
  ProcessorLoad boot_load;     ///< in that time
  ProcessorLoad load_load;     ///< in the first load
  ProcessorLoad traffic_load;  ///< while there was traffic, loads in it included
  LoadTimes load;
  std::vector<LoadTimes> reloads;
  bool crashed = false;
  std::array<PortResult, model::kWirePorts> ports;
  std::uint64_t delivered = 0;  ///< packets that software has seen
  std::uint64_t refused = 0;    ///< that the NIC had no buffer or descriptor for, by its own counters
  std::uint64_t unexpected = 0,
                missing = 0;    ///< frames at a place where the reference does not have them, or not where it has them
  Latencies wire_to_wire;       ///< from a frame's last bit on the wire to its last beat out of the filter
  Latencies wire_to_host;       ///< to the look with which software finds it
  sc_core::sc_time begin, end;  ///< of the traffic
  std::uint64_t clocks = 0;
  PcieTraffic up, down;  ///< while there was traffic
  std::uint64_t dma_read = 0, dma_written = 0, register_reads = 0, register_writes = 0;
  sc_core::sc_time register_read;  ///< mean

  /// Every frame went where the reference says, but for those that the NIC counted as refused.
  bool good() const { return unexpected == 0 && missing <= refused; }
};

/// SystemC elaborates once in a process, so a process has one platform.
class Platform {
 public:
  /// Image and packets must outlive it.
  Platform(const Options& options, const tables::TableImage& image, Traffic traffic);
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// Boots, loads, runs the traffic to its end. Throws what the software throws, and AxiViolation.
  Result run();

 private:
  struct Queue;
  void software(Host& host);
  LoadTimes load(device::Device& device, device::Nic& nic, std::optional<std::size_t> crash_at);
  LoadTimes load_by_mailbox(std::optional<std::size_t> crash_at);
  LoadTimes load_by_rows(device::Device& device, device::Nic& nic, std::optional<std::size_t> crash_at);
  void boot();
  /// What the processor has done since this was called last.
  ProcessorLoad processor_load();
  void set_up_queues(device::Nic& nic);
  void poll();
  void arrive(unsigned port, std::span<const std::uint8_t> frame, bool lost);
  void leave(unsigned destination, std::span<const std::uint8_t> frame);
  bool arrivals_over() const;
  sc_core::sc_time wire_time(unsigned port, std::size_t bytes) const;

  Options options_;
  const tables::TableImage& image_;
  Traffic traffic_;
  Card card_;
  PcieLink link_;
  Memory memory_;
  Host host_;
  std::optional<device::Management> management_;
  device::ManagementWork work_;
  std::uint64_t loads_ = 0;                                          // by mailbox
  std::array<std::vector<std::size_t>, model::kWirePorts> packets_;  // of each port, in order
  std::array<std::size_t, model::kWirePorts> next_{};
  bool traffic_runs_ = false;
  bool traffic_repeats_ = false;
  std::array<FrameTimes, kDestinations> awaited_;
  std::array<std::uint64_t, kDestinations> awaited_count_{};
  std::vector<std::unique_ptr<Queue>> queues_;
  std::exception_ptr failure_;
  Result result_;
};

}  // namespace portcullis::platform
