// CRC-32C, eight bytes a step.
#include "tables/crc32c.h"

#include <array>

namespace portcullis::tables {
namespace {

// 0x1EDC6F41 with its bits reversed (RFC 3720, section 12.1; G. Castagnoli et al., IEEE Trans. Comm. 41, 1993).
constexpr std::uint32_t kPolynomial = 0x82F63B78;

using Slices = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Slices make_slices() {
  Slices slices{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    slices[0][byte] = crc;
  }
  // slices[k][v]: what byte v contributes when k more bytes follow it.
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = slices[k - 1][byte];
      slices[k][byte] = (crc >> 8U) ^ slices[0][crc & 0xFFU];
    }
  }
  return slices;
}

constexpr Slices kSlices = make_slices();

}  // namespace

std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint32_t next = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      next ^= kSlices[7 - k][((crc >> (8 * k)) & 0xFFU) ^ bytes[i + k]] ^ kSlices[3 - k][bytes[i + 4 + k]];
    }
    crc = next;
  }
  for (; i < bytes.size(); ++i) crc = (crc >> 8U) ^ kSlices[0][(crc ^ bytes[i]) & 0xFFU];
  return ~crc;
}

}  // namespace portcullis::tables
