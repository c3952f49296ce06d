// Line rates against the figures that every switch data sheet has.
#include "traffic/line_rate.h"

#include <gtest/gtest.h>

namespace portcullis::traffic {
namespace {

TEST(LineRate, SmallestFramesPerSecond) {
  // 64 bytes with FCS: 14.88 Mpps at 10 Gbit/s, 148.81 at 100.
  EXPECT_NEAR(line_frames_per_second(10e9, static_cast<double>(wire_bytes(60))), 14'880'952.4, 0.1);
  EXPECT_NEAR(line_frames_per_second(100e9, static_cast<double>(wire_bytes(60))), 148'809'523.8, 0.1);
  EXPECT_NEAR(line_frames_per_second(10e9, static_cast<double>(wire_bytes(1514))), 812'743.8, 0.1);
}

TEST(ByteClock, RoundsUpAndNeverDrifts) {
  // 0.8 ns a byte, 4 ns a clock: five bytes a clock.
  const ByteClock ten(10'000'000'000, 250'000'000);
  EXPECT_EQ(ten.clock_of(0), 0U);
  EXPECT_EQ(ten.clock_of(1), 1U);
  EXPECT_EQ(ten.clock_of(5), 1U);
  EXPECT_EQ(ten.clock_of(6), 2U);
  EXPECT_EQ(ten.clock_of(5'000'000'000'000), 1'000'000'000'000U);
  // 322.265625 MHz, the clock of a 10 GbE serial interface: 3.878787... bytes a clock.
  const ByteClock odd(10'000'000'000, 322'265'625);
  EXPECT_EQ(odd.clock_of(1'250'000'000), 322'265'625U);
  EXPECT_EQ(odd.clock_of(1'250'000'000'000), 322'265'625'000U);
}

}  // namespace
}  // namespace portcullis::traffic
