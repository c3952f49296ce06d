// The Versa board in simulation, at the border of its MACs: a policy comes in through the serial line as from a host,
// and frames that it permits go in at one port and out of the other, unchanged; the others do not. The oracle is the
// reference parser and matcher.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "VVersa.h"
#include "device/device.h"
#include "device/loader.h"
#include "device/serial_transport.h"
#include "policy/packet.h"
#include "tables/compile.h"
#include "tables/geometry.h"
#include "tables/reference.h"
#include "traffic/frame.h"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

constexpr unsigned kClocksPerBit = 8;

/// Sits down where the MACs and the serial line would be; a clock at a time.
class Board {
 public:
  Board() {
    context_.randReset(0);
    model_ = std::make_unique<VVersa>(&context_);
    model_->serial_i = 1;
    model_->tx_ready_i = 3;
    model_->rst_i = 1;
    for (int i = 0; i < 4; ++i) clock();
    model_->rst_i = 0;
    for (int i = 0; i < 4; ++i) clock();
  }

  std::array<std::deque<Bytes>, 2> to_send;    ///< by port, without FCS
  std::array<bool, 2> next_is_bad{};           ///< the MAC marks the next frame of the port
  std::array<std::vector<Bytes>, 2> received;  ///< by port
  std::array<unsigned, 2> permitted{}, dropped{};
  std::deque<std::uint8_t> bytes_to_board, bytes_from_board;
  bool break_stop_bit = false;  ///< of the next byte to the board

  void clock() {
    drive_serial();
    drive_frames();
    model_->clk_i = 0;
    model_->eval();
    const unsigned rx_taken = model_->rx_valid_i & model_->rx_ready_o;
    const unsigned tx_taken = model_->tx_valid_o & model_->tx_ready_i;
    for (unsigned p = 0; p < 2; ++p) {
      if ((tx_taken >> p & 1U) != 0) take_beat(p);
      if ((rx_taken >> p & 1U) != 0) {
        offset_.at(p) += 8;
        if (offset_.at(p) >= to_send.at(p).front().size()) {
          to_send.at(p).pop_front();
          offset_.at(p) = 0;
          next_is_bad.at(p) = false;
        }
      }
      permitted.at(p) += model_->permitted_o >> p & 1U;
      dropped.at(p) += model_->dropped_o >> p & 1U;
    }
    sample_serial();
    model_->clk_i = 1;
    model_->eval();
  }
  void run(unsigned clocks) {
    for (unsigned i = 0; i < clocks; ++i) clock();
  }

 private:
  void drive_frames() {
    model_->rx_valid_i = model_->rx_last_i = 0;
    for (unsigned p = 0; p < 2; ++p) {
      model_->rx_error_i &= static_cast<std::uint16_t>(~(0xFFU << (8 * p)));
      model_->rx_last_be_i &= static_cast<std::uint16_t>(~(0xFFU << (8 * p)));
      if (to_send.at(p).empty()) continue;
      const Bytes& frame = to_send.at(p).front();
      const std::size_t left = frame.size() - offset_.at(p);
      model_->rx_valid_i |= static_cast<std::uint8_t>(1U << p);
      for (unsigned word = 0; word < 2; ++word) {
        std::uint32_t value = 0;
        for (unsigned b = 0; b < 4; ++b) {
          if (4 * word + b < left) value |= std::uint32_t{frame.at(offset_.at(p) + 4 * word + b)} << (8 * b);
        }
        model_->rx_data_i[2 * p + word] = value;
      }
      if (left <= 8) {
        model_->rx_last_i |= static_cast<std::uint8_t>(1U << p);
        model_->rx_last_be_i |= static_cast<std::uint16_t>(1U << (8 * p + left - 1));
        if (next_is_bad.at(p)) model_->rx_error_i |= static_cast<std::uint16_t>(1U << (8 * p + left - 1));
      }
    }
  }
  void take_beat(unsigned p) {
    const bool last = (model_->tx_last_o >> p & 1U) != 0;
    const unsigned last_be = model_->tx_last_be_o >> (8 * p) & 0xFFU;
    for (unsigned b = 0; b < 8; ++b) {
      partial_.at(p).push_back(static_cast<std::uint8_t>(model_->tx_data_o[2 * p + b / 4] >> (8 * (b % 4))));
      if ((last_be >> b & 1U) != 0) break;
    }
    EXPECT_EQ(last, last_be != 0) << "last_be names the last byte of the last beat, and of no other";
    if (last) received.at(p).push_back(std::exchange(partial_.at(p), {}));
  }
  void drive_serial() {
    if (out_clock_ == 0) {
      if (bytes_to_board.empty()) return;
      // Ones behind the stop bit: the line is idle for a while.
      out_bits_ = ~0x3FFU | (break_stop_bit ? 0U : 0x200U) | static_cast<unsigned>(bytes_to_board.front()) << 1U;
      break_stop_bit = false;
      bytes_to_board.pop_front();
    }
    model_->serial_i = static_cast<std::uint8_t>(out_bits_ >> (out_clock_ / kClocksPerBit) & 1U);
    out_clock_ = (out_clock_ + 1) % (10 * kClocksPerBit + 3);
  }
  void sample_serial() {
    if (model_->rst_i != 0 || (in_clock_ == 0 && model_->serial_o != 0)) return;
    ++in_clock_;
    if (in_clock_ % kClocksPerBit == kClocksPerBit / 2) {
      in_bits_ |= static_cast<unsigned>(model_->serial_o) << (in_clock_ / kClocksPerBit);
      if (in_clock_ / kClocksPerBit == 9) {
        EXPECT_EQ(in_bits_ & 0x201U, 0x200U) << "start and stop bit";
        bytes_from_board.push_back(static_cast<std::uint8_t>(in_bits_ >> 1U));
        in_clock_ = in_bits_ = 0;
      }
    }
  }

  VerilatedContext context_;
  std::unique_ptr<VVersa> model_;
  std::array<std::size_t, 2> offset_{};
  std::array<Bytes, 2> partial_;
  unsigned out_clock_ = 0, out_bits_ = 0, in_clock_ = 0, in_bits_ = 0;
};

/// The host's end of the line; time passes on the board while the host waits.
class SimulatedLine final : public device::ByteLine {
 public:
  explicit SimulatedLine(Board& board) : board_(board) {}
  void send(std::span<const std::uint8_t> bytes) override {
    board_.bytes_to_board.insert(board_.bytes_to_board.end(), bytes.begin(), bytes.end());
  }
  void receive(std::span<std::uint8_t> bytes, std::chrono::milliseconds) override {
    for (std::uint8_t& byte : bytes) {
      for (unsigned patience = 0; board_.bytes_from_board.empty(); ++patience) {
        if (patience == 200'000) throw device::TransportError("no answer");
        board_.clock();
      }
      byte = board_.bytes_from_board.front();
      board_.bytes_from_board.pop_front();
    }
  }
  void quieten(std::chrono::milliseconds) override {
    while (!board_.bytes_to_board.empty()) board_.clock();
    board_.run(1100 * kClocksPerBit);
    board_.bytes_from_board.clear();
  }

 private:
  Board& board_;
};

/// TCP to port 443 of one network passes, everything else is dropped.
policy::Policy web_only() {
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.destination = {{policy::from_ipv4(0xC0000200), policy::from_ipv4(0xC00002FF)}};
  entry.match.destination_port = {{443, 443}};
  entry.match.protocol.reset();
  entry.match.protocol.set(traffic::kTcp);
  entry.action.permit = true;
  policy::Policy policy;
  policy.entries.push_back(entry);
  policy.rows = 1;
  return policy;
}

Bytes tcp(std::uint32_t to, std::uint16_t port, unsigned payload) {
  traffic::Frame frame;
  frame.from = policy::from_ipv4(0xC6336401);
  frame.to = policy::from_ipv4(to);
  frame.protocol = traffic::kTcp;
  frame.source_port = 40000;
  frame.destination_port = port;
  frame.payload = payload;
  Bytes bytes = traffic::build(frame);
  if (bytes.size() < 60) bytes.resize(60);
  return bytes;
}

TEST(Versa, PassesNothingBeforeAPolicyIsLoaded) {
  Board board;
  board.to_send[0].push_back(tcp(0xC0000205, 443, 100));
  board.to_send[1].push_back(tcp(0xC0000205, 443, 100));
  board.run(2000);
  EXPECT_THAT(board.received[0], IsEmpty());
  EXPECT_THAT(board.received[1], IsEmpty());
  EXPECT_EQ(board.dropped, (std::array<unsigned, 2>{1, 1}));
}

TEST(Versa, FiltersBetweenItsPortsWhatTheSerialLineLoaded) {
  Board board;
  SimulatedLine line(board);
  device::SerialTransport transport(line);
  device::Device device(transport);
  const tables::Geometry versa = tables::Geometry::from_file(PORTCULLIS_SOURCE_DIR "/geometries/versa.yaml");
  ASSERT_EQ(device.geometry().signature(), versa.signature()) << device.geometry().to_string();
  const policy::Policy policy = web_only();
  const tables::Compiled compiled = tables::compile(policy, versa);
  const device::LoadReport report = device::Loader(device).load(compiled.image);
  EXPECT_GT(report.probes, 0U);
  EXPECT_EQ(report.active_bank, 1U);

  // Every length of the last beat, both ways; each third is for another port and is dropped.
  std::array<std::vector<Bytes>, 2> expected;
  std::array<unsigned, 2> drops{};
  for (unsigned i = 0; i < 48; ++i) {
    for (unsigned p = 0; p < 2; ++p) {
      const Bytes frame = tcp(i % 5 == 4 ? 0xC0000305 : 0xC0000205, i % 3 == 2 ? 80 : 443, 10 + 31 * i + p);
      const policy::ParsedFrame parsed = policy::parse_frame(frame, p);
      const bool permit =
          parsed.cause == policy::Malformed::none && tables::first_match(policy, parsed.key).has_value();
      if (permit) {
        expected.at(1 - p).push_back(frame);
      } else {
        ++drops.at(p);
      }
      board.to_send.at(p).push_back(frame);
    }
  }
  board.run(48 * 200 * 2 + 5000);
  EXPECT_EQ(board.received[0], expected[0]);
  EXPECT_EQ(board.received[1], expected[1]);
  EXPECT_GT(drops[0], 0U);
  EXPECT_EQ(board.dropped, drops);
  const device::PortStatistics statistics = device.statistics(0);
  EXPECT_EQ(statistics.frames, 48U);
  EXPECT_EQ(statistics.dropped, drops[0]);
  EXPECT_EQ(device.rule_counter(device::Bank::active, 0).packets, expected[0].size() + expected[1].size());
}

TEST(Versa, FramesThatTheMacFoundBadDoNotPass) {
  Board board;
  SimulatedLine line(board);
  device::SerialTransport transport(line);
  device::Device device(transport);
  policy::Policy open;
  open.default_action.permit = true;
  const tables::Compiled compiled =
      tables::compile(open, tables::Geometry::from_file(PORTCULLIS_SOURCE_DIR "/geometries/versa.yaml"));
  device::Loader(device).load(compiled.image);
  board.next_is_bad[0] = true;
  const Bytes good = tcp(0xC0000205, 443, 77);
  board.to_send[0].push_back(tcp(0xC0000205, 443, 76));
  board.to_send[0].push_back(good);
  board.run(3000);
  EXPECT_EQ(board.received[1], std::vector<Bytes>{good});
  EXPECT_EQ(device.statistics(0).bad, 1U);
}

TEST(SerialBridge, ADamagedRequestIsRefusedAndChangesNothing) {
  Board board;
  SimulatedLine line(board);
  device::SerialTransport transport(line);
  device::Device device(transport);
  ASSERT_EQ(device.forward_to(0), 1U);
  // FORWARD_TO_0 = 2, with a CRC that is not its.
  std::array<std::uint8_t, 8> damaged{0x57, 0x00, 0x05, 0x02, 0, 0, 0, 0};
  damaged[7] = device::crc8(std::span(damaged).first(7)) ^ 1U;
  line.send(damaged);
  std::array<std::uint8_t, 6> reply{};
  line.receive(reply, std::chrono::milliseconds(1));
  EXPECT_EQ(reply[0], 0x02);
  EXPECT_EQ(device::crc8(std::span(reply).first(5)), reply[5]);
  EXPECT_EQ(device.forward_to(0), 1U);
}

TEST(SerialBridge, HalfARequestIsForgottenAfterSilence) {
  Board board;
  SimulatedLine line(board);
  device::SerialTransport before(line);
  const std::array<std::uint8_t, 3> half{0x57, 0x00, 0x05};
  line.send(half);
  device::SerialTransport transport(line);
  EXPECT_NO_THROW(device::Device{transport});
}

TEST(SerialBridge, ABrokenByteEndsItsRequestAtOnce) {
  Board board;
  SimulatedLine line(board);
  device::SerialTransport transport(line);
  const std::array<std::uint8_t, 1> byte{0x57};
  line.send(byte);
  board.break_stop_bit = true;
  board.run(200);
  EXPECT_NO_THROW(device::Device{transport});
}

TEST(SerialTransport, AfterAnErrorEveryAccessFailsUntilTheLineIsOpenedAgain) {
  class Silent final : public device::ByteLine {
    void send(std::span<const std::uint8_t>) override {}
    void receive(std::span<std::uint8_t>, std::chrono::milliseconds) override {
      throw device::TransportError("silent");
    }
    void quieten(std::chrono::milliseconds) override {}
  } silent;
  device::SerialTransport transport(silent);
  EXPECT_THROW(transport.read32(0), device::TransportError);
  try {
    transport.write32(0, 1);
    FAIL() << "no error";
  } catch (const device::TransportError& error) {
    EXPECT_THAT(error.what(), HasSubstr("must be opened again"));
  }
}

}  // namespace
}  // namespace portcullis::test
