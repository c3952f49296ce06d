// Drives a Verilated pcl_nic: a frame source and a sink per wire port, host memory, an AXI4-Lite master, interrupt
// lines, with clocks counted.
#pragma once

#include <verilated.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/host_memory.h"

namespace portcullis::test {

using Frame = std::vector<std::uint8_t>;

template <typename ModelType, unsigned PortCount, unsigned Width, unsigned QueueCount>
class NicBench {
 public:
  static constexpr unsigned kPorts = PortCount;
  static constexpr unsigned kBytes = Width / 8;
  static constexpr unsigned kQueues = QueueCount;
  static constexpr std::uint64_t kArena = 0x1'0000'0000;  ///< bus address of the arena: needs more than 32 bits
  static constexpr std::size_t kArenaBytes = 32U << 20U;
  /// Longer than the longest frame takes from the filter into the receive buffer.
  static constexpr std::uint64_t kQuiet = 200 + 9728 / kBytes;

  explicit NicBench(std::uint32_t seed = 1) : random_(seed), axi_(axi_pins(), memory, seed) {
    arena_.resize(kArenaBytes);
    memory.add(kArena, arena_);
    for (unsigned p = 0; p < PortCount; ++p) set_link(p, true, 10000);
    model_.rst_i = 1;
    for (int i = 0; i < 4; ++i) clock();
    model_.rst_i = 0;
    clock();
  }
  ~NicBench() { model_.final(); }
  NicBench(const NicBench&) = delete;
  NicBench& operator=(const NicBench&) = delete;

  portcullis::model::HostMemory memory;

  /// Memory that the NIC can reach, zeroed; `align` a power of two.
  std::uint64_t allocate(std::size_t bytes, std::size_t align = 64) {
    used_ = (used_ + align - 1) / align * align;
    const std::uint64_t address = kArena + used_;
    used_ += bytes;
    if (used_ > kArenaBytes) throw std::runtime_error("the arena is used up");
    return address;
  }
  std::uint8_t* at(std::uint64_t address) { return arena_.data() + (address - kArena); }
  template <typename T>
  T load(std::uint64_t address) {
    T value;
    std::memcpy(&value, at(address), sizeof(T));
    return value;
  }
  template <typename T>
  void store(std::uint64_t address, T value) {
    std::memcpy(at(address), &value, sizeof(T));
  }

  void send(unsigned port, Frame frame) { sources_[port].waiting.push_back(std::move(frame)); }
  std::size_t waiting(unsigned port) const { return sources_[port].waiting.size(); }
  /// Frames that left by the port.
  std::vector<Frame>& received(unsigned port) { return sinks_[port].frames; }
  void close_sink(unsigned port, bool closed = true) { closed_[port] = closed; }
  void set_stalls(unsigned source_percent, unsigned sink_percent) {
    source_stall_ = source_percent;
    sink_stall_ = sink_percent;
  }
  void set_link(unsigned port, bool up, std::uint32_t speed) {
    set_bit(model_.link_i, port, up);
    std::memcpy(bytes_of(model_.speed_i) + 4 * port, &speed, 4);
  }
  portcullis::model::AxiMemory& axi() { return axi_; }

  void run(std::uint64_t clocks) {
    for (std::uint64_t i = 0; i < clocks; ++i) clock();
  }
  /// Until nothing has moved for kQuiet clocks; throws if frames wait then.
  void run_until_quiet() {
    last_movement_ = clocks_;
    while (clocks_ - last_movement_ < kQuiet) clock();
    for (const Source& source : sources_) {
      if (!source.waiting.empty()) throw std::runtime_error("nothing moves, and frames wait");
    }
  }

  std::uint32_t read(unsigned address) {
    model_.s_axil_araddr_i = static_cast<SData>(address);
    model_.s_axil_arvalid_i = 1;
    model_.s_axil_rready_i = 1;
    read_done_ = false;
    for (int i = 0; !read_done_; ++i) {
      if (i > 1000) throw std::runtime_error("a register read was not answered within 1000 clocks");
      clock();
    }
    return read_data_;
  }
  void write(unsigned address, std::uint32_t data) {
    model_.s_axil_awaddr_i = static_cast<SData>(address);
    model_.s_axil_awvalid_i = 1;
    model_.s_axil_wdata_i = data;
    model_.s_axil_wstrb_i = 15;
    model_.s_axil_wvalid_i = 1;
    model_.s_axil_bready_i = 1;
    write_done_ = false;
    for (int i = 0; !write_done_; ++i) {
      if (i > 1000) throw std::runtime_error("a register write was not answered within 1000 clocks");
      clock();
    }
  }
  std::uint64_t read64(unsigned address) {
    const std::uint64_t low = read(address);
    return low | (static_cast<std::uint64_t>(read(address + 4)) << 32U);
  }
  void write64(unsigned address, std::uint64_t value) {
    write(address, static_cast<std::uint32_t>(value));
    write(address + 4, static_cast<std::uint32_t>(value >> 32U));
  }

  /// Lines that are high now, bit n of line n.
  std::uint32_t interrupts() const { return model_.interrupt_o; }
  std::uint64_t clocks() const { return clocks_; }
  std::uint64_t last_movement() const { return last_movement_; }

  void clock() {
    for (unsigned p = 0; p < PortCount; ++p) offer(p);
    std::uint32_t ready = 0;
    for (unsigned p = 0; p < PortCount; ++p) {
      if (!closed_[p] && !chance(sink_stall_)) ready |= 1U << p;
    }
    model_.m_axis_tready_i = static_cast<CData>(ready);
    axi_.drive();
    model_.clk_i = 0;
    model_.eval();

    const std::uint32_t accepted = model_.s_axis_tvalid_i & model_.s_axis_tready_o;
    const bool address_taken = model_.s_axil_awvalid_i && model_.s_axil_awready_o;
    const bool data_taken = model_.s_axil_wvalid_i && model_.s_axil_wready_o;
    const bool read_taken = model_.s_axil_arvalid_i && model_.s_axil_arready_o;
    if (model_.s_axil_bvalid_o && model_.s_axil_bready_i) write_done_ = true;
    if (model_.s_axil_rvalid_o && model_.s_axil_rready_i) {
      read_done_ = true;
      read_data_ = model_.s_axil_rdata_o;
    }
    for (unsigned p = 0; p < PortCount; ++p) {
      if ((model_.m_axis_tvalid_o & ready) >> p & 1U) take(p);
    }
    if (model_.rst_i == 0) {
      axi_.sample();
      if (!axi_.quiet() && !axi_.behaviour.dead) last_movement_ = clocks_;
    }

    model_.clk_i = 1;
    model_.eval();
    ++clocks_;

    if (address_taken) model_.s_axil_awvalid_i = 0;
    if (data_taken) model_.s_axil_wvalid_i = 0;
    if (read_taken) model_.s_axil_arvalid_i = 0;
    for (unsigned p = 0; p < PortCount; ++p) {
      Source& source = sources_[p];
      if ((accepted >> p & 1U) == 0) continue;
      last_movement_ = clocks_;
      set_bit(model_.s_axis_tvalid_i, p, false);
      source.offset += kBytes;
      if (source.offset >= source.waiting.front().size()) {
        source.waiting.pop_front();
        source.offset = 0;
      }
    }
  }

  ModelType& model() { return model_; }

 private:
  struct Source {
    std::deque<Frame> waiting;
    std::size_t offset = 0;
  };
  struct Sink {
    std::vector<Frame> frames;
    bool inside = false;
  };

  bool chance(unsigned percent) { return percent != 0 && random_() % 100 < percent; }

  template <typename Port>
  static std::uint8_t* bytes_of(Port& port) {
    return reinterpret_cast<std::uint8_t*>(&port);
  }
  static void set_bit(CData& port, unsigned bit, bool value) {
    port = static_cast<CData>((port & ~(1U << bit)) | (static_cast<unsigned>(value) << bit));
  }

  portcullis::model::AxiPins axi_pins() {
    portcullis::model::AxiPins pins;
    pins.beat_bytes = kBytes;
    pins.awaddr = reinterpret_cast<const std::uint64_t*>(&model_.m_axi_awaddr_o);
    pins.awlen = &model_.m_axi_awlen_o;
    pins.awvalid = &model_.m_axi_awvalid_o;
    pins.awready = &model_.m_axi_awready_i;
    pins.wdata = bytes_of(model_.m_axi_wdata_o);
    pins.wstrb = bytes_of(model_.m_axi_wstrb_o);
    pins.wlast = &model_.m_axi_wlast_o;
    pins.wvalid = &model_.m_axi_wvalid_o;
    pins.wready = &model_.m_axi_wready_i;
    pins.bresp = &model_.m_axi_bresp_i;
    pins.bvalid = &model_.m_axi_bvalid_i;
    pins.bready = &model_.m_axi_bready_o;
    pins.arid = &model_.m_axi_arid_o;
    pins.araddr = reinterpret_cast<const std::uint64_t*>(&model_.m_axi_araddr_o);
    pins.arlen = &model_.m_axi_arlen_o;
    pins.arvalid = &model_.m_axi_arvalid_o;
    pins.arready = &model_.m_axi_arready_i;
    pins.rid = &model_.m_axi_rid_i;
    pins.rdata = bytes_of(model_.m_axi_rdata_i);
    pins.rresp = &model_.m_axi_rresp_i;
    pins.rlast = &model_.m_axi_rlast_i;
    pins.rvalid = &model_.m_axi_rvalid_i;
    pins.rready = &model_.m_axi_rready_o;
    return pins;
  }

  void offer(unsigned p) {
    Source& source = sources_[p];
    if (model_.s_axis_tvalid_i >> p & 1U || source.waiting.empty() || chance(source_stall_)) return;
    const Frame& frame = source.waiting.front();
    const std::size_t left = frame.size() - source.offset;
    const std::size_t count = std::min<std::size_t>(left, kBytes);
    std::uint8_t* data = bytes_of(model_.s_axis_tdata_i) + p * kBytes;
    std::memcpy(data, frame.data() + source.offset, count);
    std::memset(data + count, static_cast<int>(clocks_ & 0xFFU), kBytes - count);
    std::uint8_t* keep = bytes_of(model_.s_axis_tkeep_i) + p * kBytes / 8;
    for (unsigned i = 0; i < kBytes / 8; ++i) {
      keep[i] = static_cast<std::uint8_t>(count >= 8 * i + 8 ? 0xFF : count <= 8 * i ? 0 : (1U << (count - 8 * i)) - 1);
    }
    set_bit(model_.s_axis_tlast_i, p, left <= kBytes);
    set_bit(model_.s_axis_tvalid_i, p, true);
  }

  void take(unsigned p) {
    last_movement_ = clocks_;
    Sink& sink = sinks_[p];
    const bool last = model_.m_axis_tlast_o >> p & 1U;
    const std::uint8_t* data = bytes_of(model_.m_axis_tdata_o) + p * kBytes;
    const std::uint8_t* keep = bytes_of(model_.m_axis_tkeep_o) + p * kBytes / 8;
    std::size_t count = 0;
    while (count < kBytes && keep[count / 8] >> (count % 8) & 1U) ++count;
    for (std::size_t i = count; i < kBytes; ++i) {
      if (keep[i / 8] >> (i % 8) & 1U) throw std::runtime_error("TKEEP is not contiguous");
    }
    if (count == 0 || (!last && count != kBytes)) throw std::runtime_error("TKEEP is not full within a frame");
    if (!sink.inside) sink.frames.emplace_back();
    Frame& frame = sink.frames.back();
    frame.insert(frame.end(), data, data + count);
    sink.inside = !last;
  }

  ModelType model_{};
  std::mt19937 random_;
  std::vector<std::uint8_t> arena_;
  std::size_t used_ = 0;
  portcullis::model::AxiMemory axi_;
  std::array<Source, PortCount> sources_;
  std::array<Sink, PortCount> sinks_;
  std::array<bool, PortCount> closed_{};
  unsigned source_stall_ = 0, sink_stall_ = 0;
  std::uint64_t clocks_ = 0, last_movement_ = 0;
  bool read_done_ = false, write_done_ = false;
  std::uint32_t read_data_ = 0;
};

}  // namespace portcullis::test
