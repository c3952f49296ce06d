// A key as the twelve words of the TEST block (docs/registers.md).
#pragma once

#include <array>
#include <cstdint>

#include "policy/key.h"

namespace portcullis::test {

inline std::array<std::uint32_t, 12> words(const policy::Key& key) {
  std::array<std::uint32_t, 12> out{};
  for (unsigned w = 0; w < 4; ++w) {
    out[w] = static_cast<std::uint32_t>(key.source >> (32 * w));
    out[4 + w] = static_cast<std::uint32_t>(key.destination >> (32 * w));
  }
  out[8] = key.source_port;
  out[9] = key.destination_port;
  out[10] = key.vlan;
  out[11] = std::uint32_t{key.protocol} | std::uint32_t{key.tcp_flags} << 8U | std::uint32_t{key.dscp_tags} << 16U |
            std::uint32_t{key.context} << 24U;
  return out;
}

}  // namespace portcullis::test
