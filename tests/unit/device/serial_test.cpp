// The host's end of the serial line, at a pseudo terminal whose other end answers as the header of the bridge
// (rtl/boards/serial/pcl_serial_bridge.sv) say, for the fake filter. The RTL's end is tested in tests/rtl/boards.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bitset>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "device/loader.h"
#include "device/serial_transport.h"
#include "fake_device.h"
#include "random_policy.h"
#include "tables/compile.h"

namespace portcullis::test {
namespace {

using device::SerialPort;
using device::SerialTransport;
using device::TransportError;
using ::testing::HasSubstr;

/// The remainder of the message behind eight ones, polynomial x^8 + x^2 + x + 1, bit by bit.
std::uint8_t remainder(const std::uint8_t* bytes, std::size_t count) {
  std::bitset<8> remainder(0xFF);
  for (std::size_t bit = 0; bit < 8 * count; ++bit) {
    const bool out = remainder[7] != ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0);
    remainder <<= 1;
    if (out) remainder ^= 0x07;
  }
  return static_cast<std::uint8_t>(remainder.to_ulong());
}

/// A board behind a pseudo terminal.
class Board {
 public:
  FakeDevice fake;
  std::atomic<bool> damage_replies = false, silent = false, refuse = false;

  Board() : terminal_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (terminal_ < 0 || ::grantpt(terminal_) != 0 || ::unlockpt(terminal_) != 0) std::abort();
    path = ::ptsname(terminal_);
    keeps_open_ = ::open(path.c_str(), O_RDWR | O_NOCTTY);
    thread_ = std::thread([this] { serve(); });
  }
  ~Board() {
    stop_ = true;
    thread_.join();
    ::close(keeps_open_);
    ::close(terminal_);
  }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  std::string path;

 private:
  void serve() {
    std::array<std::uint8_t, 8> request{};
    std::size_t have = 0;
    while (!stop_) {
      pollfd wait{.fd = terminal_, .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, 5) <= 0) continue;
      const ssize_t got = ::read(terminal_, request.data() + have, request.size() - have);
      if (got <= 0) continue;
      have += static_cast<std::size_t>(got);
      if (have < request.size()) continue;
      have = 0;
      answer(request);
    }
  }
  void answer(const std::array<std::uint8_t, 8>& request) {
    std::array<std::uint8_t, 6> reply{};
    const std::uint32_t offset = static_cast<std::uint32_t>(request[1] | request[2] << 8);
    if (remainder(request.data(), 7) != request[7]) {
      reply[0] = 2;
    } else if (refuse) {
      reply[0] = 1;
    } else if (request[0] == 0x57) {
      std::uint32_t value = 0;
      for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{request.at(3 + i)} << (8 * i);
      fake.write32(offset, value);
    } else {
      const std::uint32_t value = fake.read32(offset);
      for (unsigned i = 0; i < 4; ++i) reply.at(1 + i) = static_cast<std::uint8_t>(value >> (8 * i));
    }
    reply[5] = static_cast<std::uint8_t>(remainder(reply.data(), 5) ^ (damage_replies ? 1 : 0));
    if (!silent && ::write(terminal_, reply.data(), reply.size()) != static_cast<ssize_t>(reply.size())) std::abort();
  }

  int terminal_ = -1;
  int keeps_open_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

std::string failure(const std::function<void()>& access) {
  try {
    access();
  } catch (const TransportError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Serial, AnImageIsLoadedThroughTheLine) {
  Board board;
  SerialPort port(board.path);
  SerialTransport transport(port);
  device::Device device(transport);
  RandomPolicy random(seed(11));
  const policy::Policy policy = random.policy(3);
  const tables::TableImage image = tables::compile(policy, {"small", 64, 128, {64, 64, 32, 32, 16}}).image;
  const device::LoadReport report = device::Loader(device).load(image);
  EXPECT_EQ(report.probes, image.probes.size());
  EXPECT_GT(report.probes, 0U);
  EXPECT_EQ(board.fake.flips, 1U);
}

TEST(Serial, ErrorsSayWhatHappenedAndWhatToDo) {
  EXPECT_THAT(failure([] { SerialPort("/nowhere/tty"); }), HasSubstr("/nowhere/tty: cannot be opened"));
  EXPECT_THAT(failure([] { SerialPort("/dev/null"); }), HasSubstr("/dev/null: is no serial port"));
  Board board;
  SerialPort port(board.path);
  {
    SerialTransport transport(port);
    board.damage_replies = true;
    EXPECT_THAT(failure([&] { transport.read32(0x14); }), HasSubstr("0x0014 is damaged; open the line again"));
    board.damage_replies = false;
    EXPECT_THAT(failure([&] { transport.read32(0x14); }), HasSubstr("must be opened again"));
  }
  {
    SerialTransport transport(port);
    board.refuse = true;
    EXPECT_THAT(failure([&] { transport.read32(0x18); }), HasSubstr("refused an access to 0x0018"));
    board.refuse = false;
  }
  {
    SerialTransport transport(port);
    board.silent = true;
    EXPECT_THAT(failure([&] { transport.read32(0x14); }), HasSubstr("no answer within 1000 ms"));
    board.silent = false;
  }
  SerialTransport again(port);
  EXPECT_EQ(failure([&] { again.read32(0x14); }), "no error");
}

TEST(Serial, ARefusedWriteIsReportedAtTheNextRead) {
  Board board;
  SerialPort port(board.path);
  SerialTransport transport(port);
  board.refuse = true;
  EXPECT_EQ(failure([&] { transport.write32(0x20, 1); }), "no error");
  EXPECT_THAT(failure([&] { transport.read32(0x14); }), HasSubstr("refused an access to 0x0020"));
}

}  // namespace
}  // namespace portcullis::test
