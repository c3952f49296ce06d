// The host: software as a SystemC process, with the card's registers as device::Transport, memory that both reach, and
// interrupts.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>

#include "device/rings.h"
#include "device/transport.h"

namespace portcullis::platform {

/// How registers are accessed.
enum class Timing : std::uint8_t {
  loosely,        ///< blocking transport, a call for each access
  approximately,  ///< non-blocking transport, the four phases of the base protocol
};

class Host final : public sc_core::sc_module, public device::Transport {
 public:
  tlm_utils::simple_initiator_socket<Host, 32> registers;
  tlm_utils::simple_initiator_socket<Host, 512> memory;  ///< must allow DMI
  tlm_utils::simple_target_socket<Host, 32> messages;    ///< word n at 4 n: interrupt line n

  /// `software` runs from time 0 on, once; `word` is the time that it takes to look at a word of memory or to begin an
  /// access.
  Host(const sc_core::sc_module_name& name, Timing timing, const sc_core::sc_time& word,
       std::function<void(Host&)> software);

  /// Of software, in its own process only. Throws device::TransportError for an access that ends with an error.
  std::uint32_t read32(std::uint32_t offset) override;
  void write32(std::uint32_t offset, std::uint32_t value) override;
  void write_block(std::uint32_t offset, std::span<const std::uint32_t> words) override;

  /// Memory that nobody else has; throws std::bad_alloc when there is none left.
  device::DmaMemory allocate(std::size_t bytes, std::size_t alignment = device::kRingAlignment);
  /// Time passes.
  void work(const sc_core::sc_time& time) { wait(time); }
  void look() { wait(word_); }
  /// Interrupts of a line so far, and a wait for the next one of any.
  std::uint64_t interrupts(unsigned line) const { return interrupts_.at(line); }
  void wait_for_interrupt(const sc_core::sc_time& at_most) { wait(at_most, interrupt_); }

  std::uint64_t reads() const { return reads_; }
  std::uint64_t writes() const { return writes_; }
  /// Of all register reads: from the call to its return.
  const sc_core::sc_time& read_time() const { return read_time_; }

 private:
  void run();
  void transport(tlm::tlm_command command, std::uint32_t offset, void* data, unsigned bytes);
  tlm::tlm_sync_enum answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void message(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void map();

  Timing timing_;
  sc_core::sc_time word_;
  std::function<void(Host&)> software_;
  unsigned char* mapped_ = nullptr;
  std::uint64_t next_ = 0, end_ = 0, base_ = 0;  // bus addresses
  std::array<std::uint64_t, 64> interrupts_{};
  sc_core::sc_event interrupt_;
  sc_core::sc_event answered_;
  bool answer_there_ = false;
  std::uint64_t reads_ = 0, writes_ = 0;
  sc_core::sc_time read_time_;
};

}  // namespace portcullis::platform
