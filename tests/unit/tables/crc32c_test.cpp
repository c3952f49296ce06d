#include "tables/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <vector>

namespace portcullis::tables {
namespace {

std::uint32_t of(std::string_view text) {
  return crc32c({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// RFC 3720, appendix B.4, gives these as bytes in the order of transmission, least significant first.
TEST(Crc32c, TestVectorsOfRfc3720) {
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0x00)), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0xFF)), 0x62A8AB43U);
  std::vector<std::uint8_t> up(32);
  std::iota(up.begin(), up.end(), std::uint8_t{0});
  EXPECT_EQ(crc32c(up), 0x46DD794EU);
  const std::vector<std::uint8_t> down(up.rbegin(), up.rend());
  EXPECT_EQ(crc32c(down), 0x113FDB5CU);
}

TEST(Crc32c, CheckValueAndNothing) {
  EXPECT_EQ(of("123456789"), 0xE3069283U);
  EXPECT_EQ(of(""), 0U);
}

TEST(Crc32c, PiecesGiveTheChecksumOfTheWhole) {
  std::vector<std::uint8_t> bytes(100);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{3});
  const std::span<const std::uint8_t> all(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all)) << cut;
  }
}

}  // namespace
}  // namespace portcullis::tables
