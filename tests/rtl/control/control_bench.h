// Verilated pcl_control between an AXI4-Lite master and an engine that exists in software only.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "pcl_control_small.h"

namespace portcullis::test {

/// Parameters of the model under test (CMakeLists.txt).
inline constexpr unsigned kRules = 160;
inline constexpr unsigned kAddressIntervals = 32;
inline constexpr unsigned kPortIntervals = 16;
inline constexpr unsigned kVlanIntervals = 8;
inline constexpr unsigned kPorts = 3;
inline constexpr unsigned kRowWords = kRules / 32;
inline constexpr unsigned kLengthBits = 14;
inline constexpr unsigned kCauses = 9;

/// An access that is not answered within this many clocks counts as a hang.
inline constexpr unsigned kAnswerClocks = 24;

/// One row as the engine received it.
struct Row {
  unsigned target = 0;
  unsigned index = 0;
  std::array<std::uint32_t, kRowWords> data{};
  friend bool operator==(const Row&, const Row&) = default;
};

/// One word of an AXI4-Lite write, or the address of a read.
struct Access {
  bool write = false;
  std::uint16_t address = 0;
  std::uint32_t data = 0;
  std::uint8_t strobe = 0xF;
};

class ControlBench {
 public:
  ControlBench() : model_(std::make_unique<pcl_control_small>()) {
    model_->test_agrees_i = 1;
    model_->rst_i = 1;
    for (int i = 0; i < 4; ++i) tick();
    model_->rst_i = 0;
    tick();
  }
  ~ControlBench() { model_->final(); }
  ControlBench(const ControlBench&) = delete;
  ControlBench& operator=(const ControlBench&) = delete;

  /// What the engine does, set by a test.
  std::function<bool()> load_ready = [] { return true; };
  std::function<bool()> test_ready = [] { return true; };
  bool engine_busy = false;
  bool engine_clearing = false;
  bool engine_dead = false;  ///< never ready, never done
  unsigned test_latency = 20;
  unsigned counter_latency = 5;

  /// What the engine saw.
  std::vector<Row> rows;
  unsigned flips = 0;
  unsigned clears = 0;
  bool active_bank = false;
  std::vector<std::array<std::uint32_t, 11>> test_keys;
  std::vector<std::uint32_t> counter_requests;  ///< bank << 17 | kind << 16 | index

  pcl_control_small& model() { return *model_; }
  std::uint64_t clock() const { return clock_; }

  /// One clock: the engine's inputs are set, the edge happens, outputs settle.
  void tick() {
    pcl_control_small& m = *model_;
    m.load_ready_i = !engine_dead && load_ready();
    m.busy_i = engine_busy;
    m.active_bank_i = active_bank;
    m.counter_clearing_i = engine_clearing;
    m.test_ready_i = !engine_dead && !test_done_at_ && test_ready();
    m.test_done_i = !engine_dead && test_done_at_ && *test_done_at_ <= clock_;
    m.counter_ready_i = !engine_dead && !counter_done_at_;
    m.counter_done_i = !engine_dead && counter_done_at_ && *counter_done_at_ <= clock_;
    if (m.counter_done_i) {
      m.counter_packets_i = 0x1111'0000'2222'0000ULL + counter_requests.back();
      m.counter_bytes_i = 0x3333'0000'4444'0000ULL + counter_requests.back();
      counter_done_at_.reset();
    } else {
      m.counter_packets_i = m.counter_bytes_i = 0xDEAD'DEAD'DEAD'DEADULL;
    }
    if (m.test_done_i) test_done_at_.reset();
    m.clk_i = 0;
    m.eval();
    sample();
    m.clk_i = 1;
    m.eval();
    ++clock_;
  }

  /// Blocking accesses; throw if there is no answer in kAnswerClocks.
  void write(std::uint16_t address, std::uint32_t data, std::uint8_t strobe = 0xF) {
    run({{true, address, data, strobe}});
  }
  std::uint32_t read(std::uint16_t address) { return run({{false, address, 0, 0}}).at(0); }

  /// Writes and reads, each kind in its order, the two kinds at the same time, with `stall` deciding per clock and
  /// channel whether the master holds back. Gives what the reads read.
  std::vector<std::uint32_t> run(
      std::vector<Access> accesses, const std::function<bool()>& stall = [] { return false; }) {
    pcl_control_small& m = *model_;
    std::deque<Access> addresses, words;
    std::deque<std::uint16_t> reads;
    std::size_t answers_due = 0, words_due = 0;
    for (const Access& access : accesses) {
      if (access.write) {
        addresses.push_back(access);
        words.push_back(access);
        ++answers_due;
      } else {
        reads.push_back(access.address);
        ++words_due;
      }
    }
    std::vector<std::uint32_t> result;
    unsigned idle = 0;
    while (answers_due != 0 || words_due != 0) {
      // A valid that was shown must stay; a ready may come and go.
      if (!m.s_axil_awvalid_i && !addresses.empty() && !stall()) {
        m.s_axil_awvalid_i = 1;
        m.s_axil_awaddr_i = addresses.front().address;
      }
      if (!m.s_axil_wvalid_i && !words.empty() && !stall()) {
        m.s_axil_wvalid_i = 1;
        m.s_axil_wdata_i = words.front().data;
        m.s_axil_wstrb_i = words.front().strobe;
      }
      if (!m.s_axil_arvalid_i && !reads.empty() && !stall()) {
        m.s_axil_arvalid_i = 1;
        m.s_axil_araddr_i = reads.front();
      }
      m.s_axil_bready_i = !stall();
      m.s_axil_rready_i = !stall();
      m.clk_i = 0;
      m.eval();
      const bool aw = m.s_axil_awvalid_i && m.s_axil_awready_o;
      const bool w = m.s_axil_wvalid_i && m.s_axil_wready_o;
      const bool ar = m.s_axil_arvalid_i && m.s_axil_arready_o;
      const bool b = m.s_axil_bvalid_o && m.s_axil_bready_i;
      const bool r = m.s_axil_rvalid_o && m.s_axil_rready_i;
      if (b && m.s_axil_bresp_o != 0) throw std::runtime_error("write answered with an error");
      if (r && m.s_axil_rresp_o != 0) throw std::runtime_error("read answered with an error");
      if (b && answers_due == 0) throw std::runtime_error("an answer to no write");
      if (r && words_due == 0) throw std::runtime_error("an answer to no read");
      if (r) result.push_back(m.s_axil_rdata_o);
      tick();
      if (aw) {
        m.s_axil_awvalid_i = 0;
        addresses.pop_front();
      }
      if (w) {
        m.s_axil_wvalid_i = 0;
        words.pop_front();
      }
      if (ar) {
        m.s_axil_arvalid_i = 0;
        reads.pop_front();
      }
      if (b) --answers_due;
      if (r) --words_due;
      idle = aw || w || ar || b || r ? 0 : idle + 1;
      if (idle > kAnswerClocks)
        throw std::runtime_error("no answer within " + std::to_string(kAnswerClocks) + " clocks at clock " +
                                 std::to_string(clock_));
    }
    m.s_axil_bready_i = 0;
    m.s_axil_rready_i = 0;
    return result;
  }

 private:
  // What happens at the coming edge.
  void sample() {
    pcl_control_small& m = *model_;
    if (m.rst_i) return;
    if (m.load_valid_o && m.load_ready_i) {
      Row row{m.load_target_o, m.load_index_o, {}};
      for (unsigned w = 0; w < kRowWords; ++w) row.data[w] = m.load_data_o[w];
      rows.push_back(row);
      if (m.flip_o) throw std::runtime_error("a row was handed over in the clock of a flip");
    }
    if (m.flip_o) {
      if (engine_busy) throw std::runtime_error("a flip while the engine is busy");
      ++flips;
      active_bank = !active_bank;
    }
    if (m.counter_clear_o) {
      if (engine_busy) throw std::runtime_error("counters cleared while the engine is busy");
      ++clears;
    }
    if (m.test_valid_o && m.test_ready_i) {
      std::array<std::uint32_t, 11> key{};
      for (unsigned w = 0; w < 11; ++w) key[w] = m.test_key_o[w];
      test_keys.push_back(key);
      test_done_at_ = clock_ + test_latency;
    }
    if (m.counter_valid_o && m.counter_ready_i) {
      counter_requests.push_back(std::uint32_t{m.counter_bank_o} << 17U | std::uint32_t{m.counter_kind_o} << 16U |
                                 m.counter_index_o);
      counter_done_at_ = clock_ + counter_latency;
    }
  }

  std::unique_ptr<pcl_control_small> model_;
  std::uint64_t clock_ = 0;
  std::optional<std::uint64_t> test_done_at_;
  std::optional<std::uint64_t> counter_done_at_;
};

}  // namespace portcullis::test
