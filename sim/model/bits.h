// Fields of Verilator's wide ports: 32-bit words, the least significant first.
#pragma once

#include <cstdint>

namespace portcullis::model {

/// `width` bits (1 to 64) from bit `low` on.
inline std::uint64_t get_bits(const std::uint32_t* words, unsigned low, unsigned width) {
  const unsigned word = low / 32;
  const unsigned shift = low % 32;
  std::uint64_t value = words[word] >> shift;
  unsigned have = 32 - shift;
  for (unsigned i = 1; have < width; ++i, have += 32) value |= std::uint64_t{words[word + i]} << have;
  return width == 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

/// Replaces `width` bits (1 to 64) from bit `low` on.
inline void set_bits(std::uint32_t* words, unsigned low, unsigned width, std::uint64_t value) {
  while (width > 0) {
    const unsigned shift = low % 32;
    const unsigned count = width < 32 - shift ? width : 32 - shift;
    const std::uint32_t mask = count == 32 ? ~std::uint32_t{0} : ((std::uint32_t{1} << count) - 1);
    std::uint32_t& word = words[low / 32];
    word = (word & ~(mask << shift)) | ((static_cast<std::uint32_t>(value) & mask) << shift);
    value = count == 64 ? 0 : value >> count;
    low += count;
    width -= count;
  }
}

}  // namespace portcullis::model
