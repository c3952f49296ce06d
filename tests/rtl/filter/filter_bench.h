// Drives a Verilated pcl_filter: a frame source per wire port, a sink per egress, an AXI4-Lite master, the row-wide
// load port, and a record of all reports, with clocks counted.
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

namespace portcullis::test {

using Frame = std::vector<std::uint8_t>;

/// pcl_filter_pkg::filter_user_t.
struct Metadata {
  bool permit, would_drop, hit, mirror_copy, queue_valid;
  unsigned queue;
  bool mark_valid;
  std::uint32_t mark;
  unsigned rule, cause, ingress, length;
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

/// pcl_filter_pkg::filter_report_t, a lane's behind the other's.
constexpr unsigned kReportBits = 105;
struct Report {
  unsigned ingress;
  bool permit, would_drop, hit;
  unsigned rule, cause, bank;
  std::uint64_t action;
  unsigned length;
  std::uint64_t clock;
};

struct ReceivedFrame {
  Frame bytes;
  Metadata metadata;
  std::uint64_t first_clock, last_clock;
};

/// A row for the shadow bank: docs/design.md, "Loading".
struct TableRow {
  unsigned target, index;
  std::array<std::uint32_t, 4> low_words;  ///< bits 127:0; the rest is `fill` in every word
  std::uint32_t fill = 0;
};

/// Bits [low, low + width) of a wide port; width up to 64.
template <std::size_t Words>
std::uint64_t field(const VlWide<Words>& port, unsigned low, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned at = low; at < low + width;) {
    const unsigned shift = at % 32;
    const unsigned count = std::min(32 - shift, low + width - at);
    const std::uint64_t part = (port[at / 32] >> shift) & (count == 32 ? ~0U : (1U << count) - 1);
    value |= part << (at - low);
    at += count;
  }
  return value;
}

/// Chances in percent that a source pauses before a beat, and that a sink is not ready in a clock.
struct Stalls {
  unsigned source = 0;
  unsigned sink = 0;
};

template <typename ModelType, unsigned PortCount, unsigned Width>
class FilterBench {
 public:
  static constexpr unsigned kPorts = PortCount;
  static constexpr unsigned kBytes = Width / 8;
  /// Clocks without movement after which nothing more is expected: long frames that are dropped are read out of the
  /// buffer without a sign, several in a row.
  static constexpr std::uint64_t kQuiet = 600 + 4 * 9728 / kBytes;
  static constexpr unsigned kHost = PortCount;

  explicit FilterBench(std::uint32_t seed = 1) : random_(seed) {
    model_.rst_i = 1;
    for (int i = 0; i < 4; ++i) clock();
    model_.rst_i = 0;
    clock();
  }
  ~FilterBench() { model_.final(); }
  FilterBench(const FilterBench&) = delete;
  FilterBench& operator=(const FilterBench&) = delete;

  void send(unsigned port, Frame frame, bool bad = false) { sources_[port].waiting.push_back({std::move(frame), bad}); }
  void set_stalls(Stalls stalls) { stalls_ = stalls; }
  /// A sink that takes nothing until it is opened again.
  void close_sink(unsigned egress, bool closed = true) { closed_[egress] = closed; }
  void load(const TableRow& row) { rows_.push_back(row); }

  bool sources_empty() const {
    for (const Source& source : sources_) {
      if (!source.waiting.empty()) return false;
    }
    return true;
  }
  std::size_t waiting(unsigned port) const { return sources_[port].waiting.size(); }
  bool rows_loaded() const { return rows_.empty() && !model_.load_valid_i; }

  void run(std::uint64_t clocks) {
    for (std::uint64_t i = 0; i < clocks; ++i) clock();
  }
  /// Until everything was sent and nothing has moved for kQuiet clocks.
  void run_until_quiet() {
    while (!sources_empty() || clocks_ - last_movement_ < kQuiet) {
      clock();
      if (clocks_ - last_movement_ > 20000) throw std::runtime_error("nothing has moved for 20000 clocks");
    }
  }
  /// All rows handed over.
  void run_until_loaded() {
    while (!rows_loaded()) clock();
  }

  std::uint32_t read_register(unsigned address) {
    model_.s_axil_araddr_i = static_cast<SData>(address);
    model_.s_axil_arvalid_i = 1;
    model_.s_axil_rready_i = 1;
    read_done_ = false;
    while (!read_done_) clock();
    return read_data_;
  }
  void write_register(unsigned address, std::uint32_t data) {
    model_.s_axil_awaddr_i = static_cast<SData>(address);
    model_.s_axil_awvalid_i = 1;
    model_.s_axil_wdata_i = data;
    model_.s_axil_wstrb_i = 15;
    model_.s_axil_wvalid_i = 1;
    model_.s_axil_bready_i = 1;
    write_done_ = false;
    while (!write_done_) clock();
  }
  std::uint64_t read_register_pair(unsigned address) {
    const std::uint64_t low = read_register(address);
    return low | (static_cast<std::uint64_t>(read_register(address + 4)) << 32U);
  }

  const std::vector<ReceivedFrame>& received(unsigned egress) const { return sinks_[egress].frames; }
  const std::vector<Report>& reports() const { return reports_; }
  /// Clocks in which the first and the last beats of the port's frames were taken.
  const std::vector<std::uint64_t>& last_beats(unsigned port) const { return sources_[port].last_beats; }
  std::uint64_t clocks() const { return clocks_; }
  /// Clocks in which a source offered a beat and it was not taken.
  std::uint64_t refused(unsigned port) const { return sources_[port].refused; }
  void forget() {
    for (auto& sink : sinks_) sink.frames.clear();
    for (auto& source : sources_) {
      source.last_beats.clear();
      source.refused = 0;
    }
    reports_.clear();
  }

  void clock() {
    for (unsigned p = 0; p < PortCount; ++p) offer(p);
    std::uint32_t ready = 0;
    for (unsigned e = 0; e <= PortCount; ++e) {
      if (!closed_[e] && !chance(stalls_.sink)) ready |= 1U << e;
    }
    model_.m_axis_tready_i = static_cast<CData>(ready);
    if (!model_.load_valid_i && !rows_.empty()) offer_row();
    model_.clk_i = 0;
    model_.eval();

    std::uint32_t accepted = model_.s_axis_tvalid_i & model_.s_axis_tready_o;
    const bool row_taken = model_.load_valid_i && model_.load_ready_o;
    const bool address_taken = model_.s_axil_awvalid_i && model_.s_axil_awready_o;
    const bool data_taken = model_.s_axil_wvalid_i && model_.s_axil_wready_o;
    const bool read_taken = model_.s_axil_arvalid_i && model_.s_axil_arready_o;
    if (model_.s_axil_bvalid_o && model_.s_axil_bready_i) write_done_ = true;
    if (model_.s_axil_rvalid_o && model_.s_axil_rready_i) {
      read_done_ = true;
      read_data_ = model_.s_axil_rdata_o;
    }
    for (unsigned e = 0; e <= PortCount; ++e) {
      check_held(e, ready >> e & 1U);
      if ((model_.m_axis_tvalid_o & ready) >> e & 1U) take(e);
    }
    for (unsigned lane = 0; model_.report_valid_o >> lane; ++lane)
      if (model_.report_valid_o >> lane & 1U) report(lane * kReportBits);

    model_.clk_i = 1;
    model_.eval();
    ++clocks_;

    if (row_taken) model_.load_valid_i = 0;
    if (address_taken) model_.s_axil_awvalid_i = 0;
    if (data_taken) model_.s_axil_wvalid_i = 0;
    if (read_taken) model_.s_axil_arvalid_i = 0;
    for (unsigned p = 0; p < PortCount; ++p) {
      Source& source = sources_[p];
      if ((accepted >> p & 1U) == 0) {
        if (model_.s_axis_tvalid_i >> p & 1U) ++source.refused;
        continue;
      }
      last_movement_ = clocks_;
      model_.s_axis_tvalid_i = static_cast<CData>(model_.s_axis_tvalid_i & ~(1U << p));
      source.offset += kBytes;
      if (source.offset >= source.waiting.front().bytes.size()) {
        source.last_beats.push_back(clocks_ - 1);
        source.waiting.pop_front();
        source.offset = 0;
      }
    }
  }

  ModelType& model() { return model_; }

 private:
  struct Waiting {
    Frame bytes;
    bool bad;
  };
  struct Source {
    std::deque<Waiting> waiting;
    std::size_t offset = 0;
    std::vector<std::uint64_t> last_beats;
    std::uint64_t refused = 0;
  };
  struct Sink {
    std::vector<ReceivedFrame> frames;
    bool inside = false;
    bool held = false;
    bool held_last = false;
    std::array<std::uint8_t, kBytes> held_data{};
    std::array<std::uint8_t, kBytes / 8> held_keep{};
  };

  bool chance(unsigned percent) { return percent != 0 && random_() % 100 < percent; }

  // Ports of the model are arrays of bytes in the host's (little-endian) order.
  template <typename Port>
  static std::uint8_t* bytes_of(Port& port) {
    return reinterpret_cast<std::uint8_t*>(&port);
  }

  static void set_bit(CData& port, unsigned bit, bool value) {
    port = static_cast<CData>((port & ~(1U << bit)) | (static_cast<unsigned>(value) << bit));
  }

  void offer(unsigned p) {
    Source& source = sources_[p];
    if (model_.s_axis_tvalid_i >> p & 1U || source.waiting.empty() || chance(stalls_.source)) return;
    const Waiting& frame = source.waiting.front();
    const std::size_t left = frame.bytes.size() - source.offset;
    const std::size_t count = std::min<std::size_t>(left, kBytes);
    std::uint8_t* data = bytes_of(model_.s_axis_tdata_i) + p * kBytes;
    std::memcpy(data, frame.bytes.data() + source.offset, count);
    // What TKEEP leaves out is noise.
    std::memset(data + count, static_cast<int>(clocks_ & 0xFFU), kBytes - count);
    std::uint8_t* keep = bytes_of(model_.s_axis_tkeep_i) + p * kBytes / 8;
    for (unsigned i = 0; i < kBytes / 8; ++i) {
      keep[i] = static_cast<std::uint8_t>(count >= 8 * i + 8 ? 0xFF : count <= 8 * i ? 0 : (1U << (count - 8 * i)) - 1);
    }
    set_bit(model_.s_axis_tlast_i, p, left <= kBytes);
    set_bit(model_.s_axis_tuser_i, p, left <= kBytes && frame.bad);
    set_bit(model_.s_axis_tvalid_i, p, true);
  }

  void offer_row() {
    const TableRow& row = rows_.front();
    model_.load_target_i = static_cast<CData>(row.target);
    model_.load_index_i = static_cast<SData>(row.index);
    constexpr std::size_t words = sizeof(model_.load_data_i) / 4;
    for (std::size_t i = 0; i < words; ++i) model_.load_data_i[i] = i < 4 ? row.low_words[i] : row.fill;
    model_.load_valid_i = 1;
    rows_.pop_front();
  }

  Metadata metadata(unsigned e) const {
    const auto& port = model_.m_axis_tuser_o;
    const unsigned at = 87 * e;
    return {field(port, at + 86, 1) != 0,
            field(port, at + 85, 1) != 0,
            field(port, at + 84, 1) != 0,
            field(port, at + 83, 1) != 0,
            field(port, at + 82, 1) != 0,
            static_cast<unsigned>(field(port, at + 70, 12)),
            field(port, at + 69, 1) != 0,
            static_cast<std::uint32_t>(field(port, at + 37, 32)),
            static_cast<unsigned>(field(port, at + 21, 16)),
            static_cast<unsigned>(field(port, at + 17, 4)),
            static_cast<unsigned>(field(port, at + 14, 3)),
            static_cast<unsigned>(field(port, at, 14))};
  }

  /// A beat that was offered and not taken stays as it is (AMBA IHI 0051A, 2.2.1).
  void check_held(unsigned e, bool taken) {
    Sink& sink = sinks_[e];
    const bool valid = model_.m_axis_tvalid_o >> e & 1U;
    const bool last = model_.m_axis_tlast_o >> e & 1U;
    const std::uint8_t* data = bytes_of(model_.m_axis_tdata_o) + e * kBytes;
    const std::uint8_t* keep = bytes_of(model_.m_axis_tkeep_o) + e * kBytes / 8;
    if (sink.held && (!valid || last != sink.held_last || std::memcmp(data, sink.held_data.data(), kBytes) != 0 ||
                      std::memcmp(keep, sink.held_keep.data(), kBytes / 8) != 0)) {
      throw std::runtime_error("a beat changed before it was taken");
    }
    sink.held = valid && !taken;
    if (!sink.held) return;
    sink.held_last = last;
    std::memcpy(sink.held_data.data(), data, kBytes);
    std::memcpy(sink.held_keep.data(), keep, kBytes / 8);
  }

  void take(unsigned e) {
    last_movement_ = clocks_;
    Sink& sink = sinks_[e];
    const bool last = model_.m_axis_tlast_o >> e & 1U;
    const std::uint8_t* data = bytes_of(model_.m_axis_tdata_o) + e * kBytes;
    const std::uint8_t* keep = bytes_of(model_.m_axis_tkeep_o) + e * kBytes / 8;
    std::size_t count = 0;
    while (count < kBytes && keep[count / 8] >> (count % 8) & 1U) ++count;
    for (std::size_t i = count; i < kBytes; ++i) {
      if (keep[i / 8] >> (i % 8) & 1U) throw std::runtime_error("TKEEP is not contiguous");
    }
    if (count == 0 || (!last && count != kBytes)) throw std::runtime_error("TKEEP is not full within a frame");
    const Metadata now = metadata(e);
    if (!sink.inside) {
      sink.frames.push_back({{}, now, clocks_, 0});
    } else if (!(now == sink.frames.back().metadata)) {
      throw std::runtime_error("metadata changes within a frame");
    }
    ReceivedFrame& frame = sink.frames.back();
    frame.bytes.insert(frame.bytes.end(), data, data + count);
    frame.last_clock = clocks_;
    sink.inside = !last;
  }

  void report(unsigned at) {
    const auto& port = model_.report_o;
    last_movement_ = clocks_;
    reports_.push_back({static_cast<unsigned>(field(port, at + 102, 3)), field(port, at + 101, 1) != 0,
                        field(port, at + 100, 1) != 0, field(port, at + 99, 1) != 0,
                        static_cast<unsigned>(field(port, at + 83, 16)), static_cast<unsigned>(field(port, at + 79, 4)),
                        static_cast<unsigned>(field(port, at + 78, 1)), field(port, at + 14, 64),
                        static_cast<unsigned>(field(port, at + 0, 14)), clocks_});
  }

  ModelType model_;
  std::mt19937 random_;
  Stalls stalls_;
  std::array<Source, PortCount> sources_;
  std::array<Sink, PortCount + 1> sinks_;
  std::array<bool, PortCount + 1> closed_{};
  std::deque<TableRow> rows_;
  std::vector<Report> reports_;
  bool read_done_ = false;
  bool write_done_ = false;
  std::uint32_t read_data_ = 0;
  std::uint64_t clocks_ = 0;
  std::uint64_t last_movement_ = 0;
};

}  // namespace portcullis::test
