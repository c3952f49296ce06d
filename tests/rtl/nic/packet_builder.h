// Packets with right checksums, and the Toeplitz hash, written from their specifications for tests alone.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "nic_bench.h"

namespace portcullis::test {

using Bytes = std::vector<std::uint8_t>;

/// Microsoft, "Verifying the RSS hash calculation": the key of its vectors.
inline constexpr std::array<std::uint8_t, 40> kVerificationKey = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

/// The hash as the specification tells it: for every set bit of the input, the key shifted so far, its first 32 bits.
template <typename Key>
std::uint32_t toeplitz(const Key& key, const Bytes& input) {
  std::uint32_t result = 0;
  for (std::size_t bit = 0; bit < 8 * input.size(); ++bit) {
    if ((input[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
    for (std::size_t k = 0; k < 32; ++k) {
      const std::size_t at = bit + k;
      result ^= static_cast<std::uint32_t>(key[at / 8] >> (7 - at % 8) & 1) << (31 - k);
    }
  }
  return result;
}

inline std::uint16_t internet_checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16U) sum = (sum & 0xFFFF) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

inline void append(Bytes& to, const Bytes& from) { to.insert(to.end(), from.begin(), from.end()); }
inline Bytes big16(unsigned value) {
  return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}

struct PacketPlan {
  bool v6 = false;
  std::uint8_t protocol = 17;
  Bytes source = {192, 0, 2, 1}, destination = {198, 51, 100, 2};  ///< 4 or 16 bytes
  unsigned source_port = 1, destination_port = 2;
  std::vector<unsigned> tags;  ///< TCIs, the outer first
  unsigned options = 0;        ///< words of IPv4 options
  unsigned fragment = 0;       ///< flags and offset of IPv4
  Bytes payload;               ///< behind TCP's or UDP's header
  unsigned padding = 0;        ///< bytes behind the IP packet
  bool zero_udp_checksum = false;
  Bytes mac = {0x02, 0, 0, 0, 0, 1};
};

/// The frame, padded with noise to 60 bytes at least; checksums are right.
inline Frame build(const PacketPlan& plan, std::mt19937& random) {
  Bytes layer4;
  if (plan.protocol == 6) {
    append(layer4, big16(plan.source_port));
    append(layer4, big16(plan.destination_port));
    append(layer4, {0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0});
  } else if (plan.protocol == 17) {
    append(layer4, big16(plan.source_port));
    append(layer4, big16(plan.destination_port));
    append(layer4, big16(static_cast<unsigned>(8 + plan.payload.size())));
    append(layer4, {0, 0});
  }
  append(layer4, plan.payload);
  if ((plan.protocol == 6 || plan.protocol == 17) && !plan.zero_udp_checksum) {
    Bytes covered = plan.source;
    append(covered, plan.destination);
    append(covered, {0, plan.protocol});
    append(covered, big16(static_cast<unsigned>(layer4.size())));
    append(covered, layer4);
    unsigned sum = internet_checksum(covered);
    if (plan.protocol == 17 && sum == 0) sum = 0xFFFF;
    const std::size_t at = plan.protocol == 6 ? 16 : 6;
    layer4[at] = static_cast<std::uint8_t>(sum >> 8U);
    layer4[at + 1] = static_cast<std::uint8_t>(sum);
  }
  Frame frame = plan.mac;
  append(frame, {0x02, 0, 0, 0, 0, 9});
  for (std::size_t i = 0; i < plan.tags.size(); ++i) {
    append(frame, i + 1 < plan.tags.size() ? Bytes{0x88, 0xA8} : Bytes{0x81, 0x00});
    append(frame, big16(plan.tags[i]));
  }
  if (plan.v6) {
    append(frame, {0x86, 0xDD, 0x60, 0, 0, 0});
    append(frame, big16(static_cast<unsigned>(layer4.size())));
    append(frame, {plan.protocol, 64});
    append(frame, plan.source);
    append(frame, plan.destination);
  } else {
    Bytes header = {static_cast<std::uint8_t>(0x45 + plan.options), 0};
    append(header, big16(static_cast<unsigned>(20 + 4 * plan.options + layer4.size())));
    append(header, {0x12, 0x34});
    append(header, big16(plan.fragment));
    append(header, {64, plan.protocol, 0, 0});
    append(header, plan.source);
    append(header, plan.destination);
    header.resize(20 + 4 * plan.options, 1);
    const unsigned sum = internet_checksum(header);
    header[10] = static_cast<std::uint8_t>(sum >> 8U);
    header[11] = static_cast<std::uint8_t>(sum);
    append(frame, {0x08, 0x00});
    append(frame, header);
  }
  append(frame, layer4);
  for (unsigned i = 0; i < plan.padding || frame.size() < 60; ++i) frame.push_back(static_cast<std::uint8_t>(random()));
  return frame;
}

}  // namespace portcullis::test
