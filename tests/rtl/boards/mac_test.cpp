// The MACs that the Versa board takes from LiteEth keep to what versa_core expects of them: bytes, their order, the end
// of a frame, and that a frame damaged on its way is marked. One sends, another receives, through models of the ECP5's
// double-rate cells.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

#include "VMacLoop.h"

namespace portcullis::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Received {
  Bytes bytes;
  bool bad = false;
};

class Loop {
 public:
  Loop() : model_(std::make_unique<VMacLoop>(&context_)) {
    model_->sys_rst = 1;
    run(100);
    model_->sys_rst = 0;
    run(20'000);  // LiteEth holds its PHY in reset for a while
  }

  std::vector<Bytes> to_send;
  std::vector<Received> received;

  void corrupt(bool on) { model_->corrupt_i = on ? 1 : 0; }
  bool sent() const { return frame_ == to_send.size(); }

  /// Time in steps of 2 ns: gigabit clocks of 8 ns, the filter's of 16 ns.
  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; ++i, ++time_) {
      const bool sys = time_ % 8 >= 4;
      if (sys && model_->sys_clk == 0) {
        drive();
        model_->eval();
        sample();
      }
      model_->gtx_clk = time_ % 4 >= 2 ? 1 : 0;
      model_->rx_clk = (time_ + 3) % 4 >= 2 ? 1 : 0;
      model_->sys_clk = sys ? 1 : 0;
      model_->eval();
    }
  }

 private:
  void drive() {
    model_->tx_valid = frame_ < to_send.size() ? 1 : 0;
    model_->tx_last = model_->tx_last_be = 0;
    if (model_->tx_valid == 0) return;
    const Bytes& frame = to_send[frame_];
    const std::size_t left = frame.size() - offset_;
    std::uint64_t data = 0;
    for (unsigned b = 0; b < 8 && b < left; ++b) data |= std::uint64_t{frame.at(offset_ + b)} << (8 * b);
    model_->tx_data = data;
    if (left <= 8) {
      model_->tx_last = 1;
      model_->tx_last_be = static_cast<std::uint8_t>(1U << (left - 1));
    }
  }
  void sample() {
    if (model_->tx_valid != 0 && model_->tx_ready != 0) {
      offset_ += 8;
      if (offset_ >= to_send[frame_].size()) {
        ++frame_;
        offset_ = 0;
      }
    }
    if (model_->rx_valid == 0) return;
    for (unsigned b = 0; b < 8; ++b) {
      partial_.bytes.push_back(static_cast<std::uint8_t>(model_->rx_data >> (8 * b)));
      if (model_->rx_last != 0 && (model_->rx_last_be >> b & 1U) != 0) break;
    }
    if (model_->rx_last != 0) {
      partial_.bad = model_->rx_error != 0;
      received.push_back(partial_);
      partial_ = {};
    }
  }

  VerilatedContext context_;
  std::unique_ptr<VMacLoop> model_;
  std::uint64_t time_ = 0;
  std::size_t frame_ = 0, offset_ = 0;
  Received partial_;
};

Bytes counting(std::size_t length, unsigned from) {
  Bytes bytes(length);
  std::iota(bytes.begin(), bytes.end(), static_cast<std::uint8_t>(from));
  return bytes;
}

TEST(VersaMac, CarriesFramesOfEveryLastByteUnchanged) {
  Loop loop;
  for (std::size_t length = 60; length < 84; ++length)
    loop.to_send.push_back(counting(length, static_cast<unsigned>(length)));
  loop.to_send.push_back(counting(1514, 1));
  for (int i = 0; i < 400 && !loop.sent(); ++i) loop.run(400);
  ASSERT_TRUE(loop.sent());
  loop.run(20'000);
  ASSERT_EQ(loop.received.size(), loop.to_send.size());
  for (std::size_t i = 0; i < loop.to_send.size(); ++i) {
    EXPECT_EQ(loop.received[i].bytes, loop.to_send[i]) << i;
    EXPECT_FALSE(loop.received[i].bad) << i;
  }
}

TEST(VersaMac, MarksAFrameThatWasDamagedOnItsWay) {
  Loop loop;
  loop.to_send.push_back(counting(300, 7));
  loop.run(600);  // into the frame, behind its preamble
  loop.corrupt(true);
  loop.run(4);
  loop.corrupt(false);
  loop.to_send.push_back(counting(100, 9));
  loop.run(20'000);
  ASSERT_EQ(loop.received.size(), 2U);
  EXPECT_NE(loop.received[0].bytes, loop.to_send[0]);
  EXPECT_TRUE(loop.received[0].bad);
  EXPECT_FALSE(loop.received[1].bad);
  EXPECT_EQ(loop.received[1].bytes, loop.to_send[1]);
}

}  // namespace
}  // namespace portcullis::test
