// The Verilated NIC with everything around it: registers, host memory behind its AXI4 master, wires, links and
// interrupt lines. A call of clock() is one period of the core clock; register accesses let clocks pass as well, in
// which what is under way goes on, but no frame begins to come in.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "device/transport.h"
#include "model/axi_lite.h"
#include "model/filter_model.h"
#include "model/host_memory.h"
#include "model/stream.h"
#include "model/wire.h"

namespace portcullis::model {

/// Queue pairs of the Verilated NIC.
inline constexpr unsigned kNicQueues = 8;

struct NicPins {
  std::array<IngressPins, kWirePorts> ingress;
  std::array<EgressPins, kWirePorts> egress;
  AxiLitePins registers;
  AxiPins host;
  const std::uint16_t* interrupt;     ///< line n in bit n; line kNicQueues is that of events
  std::uint8_t* link;                 ///< bit per port
  std::uint64_t* speed;               ///< 32 bits per port, Mbit/s
  const std::uint8_t* console_valid;  ///< of the management processor, as the two below
  const std::uint8_t* console_data;
  std::uint8_t* console_ready;
  std::uint8_t* reset;
};

/// One Verilated pcl_nic behind pins. A clock is: values on the pins, settle(), handshakes are seen, edge().
class VerilatedNic {
 public:
  virtual ~VerilatedNic() = default;
  VerilatedNic(const VerilatedNic&) = delete;
  VerilatedNic& operator=(const VerilatedNic&) = delete;
  const NicPins& pins() const { return pins_; }
  virtual void settle() = 0;
  virtual void edge() = 0;

 protected:
  VerilatedNic() = default;
  NicPins pins_{};
};

/// A NIC in reset: geometry `edge`, 2 ports, kNicQueues queue pairs, 512 bits.
std::unique_ptr<VerilatedNic> make_verilated_nic();

/// The NIC with its wires, links and a master at its registers, moved clock by clock. Host memory is whatever is
/// attached.
class ClockedNic {
 public:
  /// A frame that left by a wire port; the bytes are valid during the call.
  using Departure = std::function<void(std::span<const std::uint8_t> frame)>;

  /// Frequency of the clock, as NIC_CLOCK_HZ tells it.
  static constexpr std::uint64_t kClockHz = 250'000'000;

  /// In reset.
  explicit ClockedNic(std::unique_ptr<VerilatedNic> nic = make_verilated_nic());
  ClockedNic(const ClockedNic&) = delete;
  ClockedNic& operator=(const ClockedNic&) = delete;

  /// Of its AXI4 master, for what is attached.
  const AxiPins& host_pins() const { return pins_->host; }
  /// What answers the AXI4 master from now on; it must outlive the NIC. Then reset().
  void attach(AxiSlave& host) { host_ = &host; }
  /// Out of reset, in clock 0; links are up at 10 Gbit/s.
  void reset();

  std::uint64_t now() const { return clock_; }
  void clock() { step(true); }
  void run(std::uint64_t clocks) {
    for (std::uint64_t i = 0; i < clocks; ++i) clock();
  }
  /// The last clock in which anything was under way on a wire, on a register or with host memory. What is inside the
  /// NIC moves on within kSettled clocks: after them, without new input, clocking changes nothing but NIC_TIME and
  /// timers of interrupt moderation.
  std::uint64_t last_activity() const { return last_activity_; }
  static constexpr std::uint64_t kSettled = 400;
  bool settled() const { return clock_ > last_activity_ + kSettled; }

  /// What comes in by a port: put() frames there; they must stay where they are until the wire is empty() again.
  Wire& wire(unsigned port) { return wires_[port]; }
  /// Wires at line rate from now on; nothing: as fast as the NIC takes frames.
  void set_rate(unsigned port, std::optional<traffic::ByteClock> rate) {
    wires_[port] = Wire(sources_[port], rate, clock_);
  }
  /// Who is told of frames that leave by a port.
  void set_departure(unsigned port, Departure departure) { departures_[port] = std::move(departure); }
  void set_link(unsigned port, bool up, std::uint32_t mbit_per_second);
  /// Interrupt lines, bit n of line n.
  std::uint32_t interrupts() const { return *pins_->interrupt; }

  /// Who is given the characters of the management processor's console, at most one in so many clocks. Without anybody
  /// the console is full.
  void set_console(std::function<void(char)> taken, std::uint64_t clocks = 1) {
    console_ = std::move(taken);
    console_clocks_ = clocks;
  }

  /// Register accesses, one at a time; clocks must pass until it is over. 0 is OKAY, 2 SLVERR, 3 DECERR.
  AxiLiteMaster& registers() { return registers_; }

 protected:
  /// A clock in which frames may begin to come in, or none does.
  void step(bool frames_begin);

 private:
  std::unique_ptr<VerilatedNic> nic_;
  const NicPins* pins_;
  AxiSlave* host_ = nullptr;
  std::vector<StreamSource> sources_;
  std::vector<StreamSink> sinks_;
  std::vector<Wire> wires_;
  std::array<Departure, kWirePorts> departures_;
  AxiLiteMaster registers_;
  std::function<void(char)> console_;
  std::uint64_t console_clocks_ = 1;
  std::uint64_t console_free_ = 0;  // the clock in which it takes the next one
  std::uint64_t clock_ = 0;
  std::uint64_t last_activity_ = 0;
};

/// With host memory beside it, for software in the same process.
class NicModel final : public ClockedNic, public device::Transport {
 public:
  /// Out of reset; links are up at 10 Gbit/s, host memory is empty.
  explicit NicModel(std::unique_ptr<VerilatedNic> nic = make_verilated_nic());

  /// What the NIC can reach; changes take effect with the next access.
  HostMemory& memory() { return memory_; }
  /// Latency, rests and errors of host memory.
  AxiBehaviour& memory_behaviour() { return axi_.behaviour; }

  /// Register access, as a driver makes it; clocks pass. Throws TransportError without an answer, or with an error
  /// response.
  std::uint32_t read32(std::uint32_t address) override;
  void write32(std::uint32_t address, std::uint32_t value) override;

 private:
  void finish_access();

  HostMemory memory_;
  AxiMemory axi_;
};

}  // namespace portcullis::model
