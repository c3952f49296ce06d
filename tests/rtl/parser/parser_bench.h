// Drives a Verilated pcl_parser: frames in with stalls, results out with stalls, clocks counted.
#pragma once

#include <verilated.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "policy/packet.h"

namespace portcullis::test {

using Frame = std::vector<std::uint8_t>;

/// Bits [low, low + width) of a port of up to 64 bits, or of a wide one; width up to 64.
inline std::uint64_t bits(std::uint64_t port, unsigned low, unsigned width) {
  return (port >> low) & (width == 64 ? ~0ULL : (1ULL << width) - 1);
}
template <std::size_t Words>
std::uint64_t bits(const VlWide<Words>& port, unsigned low, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    value |= static_cast<std::uint64_t>((port[(low + i) / 32] >> ((low + i) % 32)) & 1U) << i;
  }
  return value;
}
inline void put_byte(QData& port, unsigned index, std::uint8_t value) {
  port = (port & ~(0xFFULL << (8 * index))) | (static_cast<QData>(value) << (8 * index));
}
template <std::size_t Words>
void put_byte(VlWide<Words>& port, unsigned index, std::uint8_t value) {
  EData& word = port[index / 4];
  word = (word & ~(0xFFU << (8 * (index % 4)))) | (static_cast<EData>(value) << (8 * (index % 4)));
}

/// What the parser said about a frame, and in which clock.
struct ParserResult {
  policy::Key key;
  policy::Malformed cause;
  unsigned length;
  std::uint64_t clock;
};

/// Chances in percent that the source pauses before a beat, and that the sink is not ready in a clock.
struct Stalls {
  unsigned source = 0;
  unsigned sink = 0;
};

template <typename Model, unsigned Width>
class ParserBench {
 public:
  static constexpr unsigned kBytes = Width / 8;

  explicit ParserBench(std::uint32_t seed = 1) : random_(seed) {
    model_.rst_i = 1;
    for (int i = 0; i < 4; ++i) clock();
    model_.rst_i = 0;
    clock();
  }
  ~ParserBench() { model_.final(); }

  /// Sends all frames, those of `bad` with TUSER, and returns the results once nothing has come for 500 clocks after
  /// the last beat.
  std::vector<ParserResult> run(std::span<const Frame> frames, Stalls stalls = {}, const std::vector<bool>& bad = {}) {
    std::vector<ParserResult> results;
    last_beats_.clear();
    std::size_t frame = 0;
    std::size_t offset = 0;
    unsigned idle = 0;
    while (idle < 500) {
      if (!model_.s_axis_tvalid_i && frame < frames.size() && !chance(stalls.source)) {
        present(frames[frame], offset, !bad.empty() && bad[frame]);
      }
      model_.parsed_ready_i = !chance(stalls.sink);
      model_.clk_i = 0;
      model_.eval();
      const bool taken = model_.s_axis_tvalid_i && model_.s_axis_tready_o;
      ++idle;
      if (model_.parsed_valid_o && model_.parsed_ready_i) {
        results.push_back(result());
        idle = 0;
      }
      clock();
      if (taken) {
        idle = 0;
        offset += kBytes;
        if (model_.s_axis_tlast_i) {
          last_beats_.push_back(clocks_ - 1);
          offset = 0;
          ++frame;
        }
        model_.s_axis_tvalid_i = 0;
      }
    }
    return results;
  }

  /// The clocks in which the last beats of the frames of the last run were taken.
  const std::vector<std::uint64_t>& last_beats() const { return last_beats_; }

 private:
  bool chance(unsigned percent) { return percent != 0 && random_() % 100 < percent; }

  void clock() {
    model_.clk_i = 0;
    model_.eval();
    model_.clk_i = 1;
    model_.eval();
    ++clocks_;
  }

  void present(const Frame& frame, std::size_t offset, bool bad) {
    const std::size_t left = frame.size() - offset;
    const unsigned count = left < kBytes ? static_cast<unsigned>(left) : kBytes;
    // What TKEEP leaves out is noise.
    for (unsigned i = 0; i < kBytes; ++i) {
      put_byte(model_.s_axis_tdata_i, i, i < count ? frame[offset + i] : static_cast<std::uint8_t>(random_()));
    }
    model_.s_axis_tkeep_i =
        static_cast<std::remove_reference_t<decltype(model_.s_axis_tkeep_i)>>(bits(~0ULL, 0, count));
    model_.s_axis_tlast_i = left <= kBytes;
    model_.s_axis_tuser_i = left <= kBytes && bad;
    model_.s_axis_tvalid_i = 1;
  }

  ParserResult result() const {
    const auto& key = model_.parsed_key_o;
    ParserResult out{};
    out.key.source = policy::make_address(bits(key, 64, 64), bits(key, 0, 64));
    out.key.destination = policy::make_address(bits(key, 192, 64), bits(key, 128, 64));
    out.key.source_port = static_cast<std::uint32_t>(bits(key, 256, 17));
    out.key.destination_port = static_cast<std::uint32_t>(bits(key, 273, 17));
    out.key.vlan = static_cast<std::uint16_t>(bits(key, 290, 12));
    out.key.protocol = static_cast<std::uint8_t>(bits(key, 302, 8));
    out.key.tcp_flags = static_cast<std::uint8_t>(bits(key, 310, 8));
    out.key.dscp_tags = static_cast<std::uint8_t>(bits(key, 318, 8));
    out.key.context = static_cast<std::uint8_t>(bits(key, 326, 8));
    out.cause = static_cast<policy::Malformed>(model_.parsed_cause_o);
    out.length = model_.parsed_length_o;
    out.clock = clocks_;
    return out;
  }

  Model model_;
  std::mt19937 random_;
  std::uint64_t clocks_ = 0;
  std::vector<std::uint64_t> last_beats_;
};

}  // namespace portcullis::test
