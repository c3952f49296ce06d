// A PCI Express link between the card and the host: latency and bandwidth of each direction, by transaction-layer
// packets (PCI Express Base Specification 3.0, chapter 2).
//
// Upstream (card to host): memory writes, read requests, messages; downstream: completions, register writes and
// requests. A direction sends one packet after the other, each `latency` under way, so what was sent first arrives
// first; writes are posted: they are over for the sender when they are sent.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

namespace portcullis::platform {

struct PcieOptions {
  sc_core::sc_time latency{250, sc_core::SC_NS};  ///< one way, root complex included
  double bandwidth = 126e9;                       ///< bits a second and direction: 16 lanes of 8 GT/s, 128b/130b
  unsigned overhead = 24;  ///< bytes a packet: framing, sequence number, header of 64-bit addresses, LCRC
  unsigned payload = 256;  ///< bytes of data in a packet at most
};

/// What a direction has carried.
struct PcieTraffic {
  std::uint64_t packets = 0;
  std::uint64_t data = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes, with overhead
};

class PcieLink final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<PcieLink, 512> from_card;     ///< reads and writes of host memory, messages
  tlm_utils::simple_initiator_socket<PcieLink, 512> to_memory;  ///< of the host
  tlm_utils::simple_initiator_socket<PcieLink, 32>
      to_host;  ///< messages, at addresses relative to card.h's kMessageBase
  tlm_utils::simple_target_socket<PcieLink, 32> from_host;  ///< register accesses
  tlm_utils::simple_initiator_socket<PcieLink, 32> to_card;

  PcieLink(const sc_core::sc_module_name& name, const PcieOptions& options);

  const PcieTraffic& upstream() const { return up_.traffic; }
  const PcieTraffic& downstream() const { return down_.traffic; }

 private:
  struct Direction {
    PcieTraffic traffic;
    sc_core::sc_time free_at;
  };
  /// A card's transaction on its way, carried by a process of its own.
  struct Carrier {
    sc_core::sc_event start;
    tlm::tlm_generic_payload* payload = nullptr;
    sc_core::sc_time sent;
  };
  struct RegisterAccess {
    tlm::tlm_generic_payload* payload;
    std::vector<unsigned char> bytes;  // of a write, whose sender does not wait
    std::uint64_t address;
    sc_core::sc_time due;
    sc_core::sc_event* over;  // of a read
  };

  /// When the last of the packets for `bytes` of data is sent; without data it is one packet.
  sc_core::sc_time send(Direction& direction, std::size_t bytes);
  tlm::tlm_sync_enum receive(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void receive_blocking(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void carry(tlm::tlm_generic_payload& payload, const sc_core::sc_time& sent, bool answer);
  void carrier(Carrier* self);
  void forward(tlm::tlm_generic_payload& payload);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void accesses();

  PcieOptions options_;
  Direction up_, down_;
  std::vector<std::unique_ptr<Carrier>> carriers_;
  std::vector<Carrier*> idle_;
  std::deque<RegisterAccess> accesses_;
  sc_core::sc_event access_waits_;
};

}  // namespace portcullis::platform
