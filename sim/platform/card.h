// The card: the Verilated NIC, clocked, between TLM-2.0 sockets on the host's side and MACs on the other.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <systemc>
#include <tlm>
#include <vector>

#include "model/nic_model.h"
#include "platform/dma_bridge.h"

namespace portcullis::platform {

/// Interrupt line n is a word written to kMessageBase + 4 n when it rises; the word is n.
inline constexpr std::uint64_t kMessageBase = 0xFEE0'0000;
inline constexpr std::uint64_t kMessageBytes = 0x1000;
/// Bytes of the register block.
inline constexpr std::uint64_t kRegisterBytes = 0x1'0000;

/// A port's MAC and the cable to its peer. Frames come at line rate into a receive buffer (model::kReceiveBuffer); with
/// pause the peer stops behind the frame under way when the buffer is half full, and goes on when it is a quarter full
/// (IEEE 802.3, annex 31B, without the time that PAUSE frames take).
struct PortOptions {
  std::optional<std::uint64_t> rate;  ///< bits a second, both directions; nothing: as fast as the NIC goes
  bool pause = false;
};

class Card final : public sc_core::sc_module {
  model::ClockedNic nic_;  // first: the bridge takes its pins

 public:
  /// Registers, 32 bits wide: reads and writes of aligned words, as many as the payload has. A payload waits in
  /// b_transport for as long as the NIC takes.
  tlm_utils::simple_target_socket<Card, 32> registers;
  DmaBridge dma;  ///< its socket goes to host memory; interrupts are words written there

  /// The next frame that comes to a port, or nothing now; it must stay where it is until the wire is empty.
  using Arrival = std::function<std::optional<std::span<const std::uint8_t>>()>;
  using Taken = std::function<void(std::span<const std::uint8_t> frame, bool lost)>;

  explicit Card(const sc_core::sc_module_name& name,
                std::unique_ptr<model::VerilatedNic> nic = model::make_verilated_nic());

  static constexpr std::uint64_t kClockHz = model::ClockedNic::kClockHz;
  static sc_core::sc_time period() { return {1e9 / static_cast<double>(kClockHz), sc_core::SC_NS}; }

  void set_port(unsigned port, const PortOptions& options);
  /// Registers behind a crossing from a clock of their own, in Hz: an access begins and ends at an edge of it, is two
  /// of the NIC's clocks on its way over and two of its own on its way back (synchronisers of two flip-flops).
  void set_register_clock(double hz) { register_period_ = sc_core::sc_time(1 / hz, sc_core::SC_SEC); }
  /// Who is asked for frames, and told when the first byte of one is on the wire, or that it found no room in the
  /// receive buffer.
  void set_arrivals(unsigned port, Arrival arrival, Taken taken);
  /// Who is told of a frame whose last beat has left the filter.
  void set_departure(unsigned port, model::ClockedNic::Departure departure) {
    nic_.set_departure(port, std::move(departure));
  }
  model::ClockedNic& nic() { return nic_; }
  std::uint64_t pauses(unsigned port) const { return ports_[port].pauses; }

 private:
  struct Port {
    PortOptions options;
    Arrival arrival;
    Taken taken;
    bool paused = false;
    std::uint64_t pauses = 0;
  };

  void tick();
  void feed(unsigned port);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void wait_for_register_edge();

  std::array<Port, model::kWirePorts> ports_;
  std::uint32_t interrupts_ = 0;
  sc_core::sc_mutex register_port_;
  sc_core::sc_event access_over_;
  bool accessing_ = false;
  std::optional<sc_core::sc_time> register_period_;
};

}  // namespace portcullis::platform
