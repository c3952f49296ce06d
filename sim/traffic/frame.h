// Ethernet frames from a description: headers with valid lengths and checksums, unless asked otherwise. No FCS.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "policy/key.h"

namespace portcullis::traffic {

using MacAddress = std::array<std::uint8_t, 6>;
/// 16 bytes of address in network order for IPv6; IPv4 as policy::Address has it.
using policy::Address;

// EtherTypes (IANA "IEEE 802 Numbers").
inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherArp = 0x0806;
inline constexpr std::uint16_t kEtherVlan = 0x8100;
inline constexpr std::uint16_t kEtherQinQ = 0x88A8;
inline constexpr std::uint16_t kEtherIpv6 = 0x86DD;
inline constexpr std::uint16_t kEtherSlow = 0x8809;
inline constexpr std::uint16_t kEtherEapol = 0x888E;
inline constexpr std::uint16_t kEtherLldp = 0x88CC;
inline constexpr std::uint16_t kEtherPtp = 0x88F7;

// Protocol numbers (IANA "Protocol Numbers").
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragmentHeader = 44;
inline constexpr std::uint8_t kIcmp6 = 58;
inline constexpr std::uint8_t kNoNextHeader = 59;
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::uint8_t kSctp = 132;

struct VlanTag {
  std::uint16_t vid = 0;            ///< 0 to 4095
  std::uint8_t priority = 0;        ///< 0 to 7
  std::uint16_t tpid = kEtherVlan;  ///< 0x8100 or 0x88A8
};

/// An IPv6 extension header in front of layer 4.
struct Extension {
  std::uint8_t type = kHopByHop;      ///< hop-by-hop, routing, destination options or fragment
  unsigned length = 8;                ///< bytes, a multiple of 8 up to 2048; 8 for a fragment header
  std::uint16_t fragment_offset = 0;  ///< in units of 8 bytes (RFC 8200, 4.5)
  bool more_fragments = false;
};

/// A frame as its sender would describe it.
struct Frame {
  MacAddress destination{0x02, 0, 0, 0, 0, 2};  // locally administered
  MacAddress source{0x02, 0, 0, 0, 0, 1};
  std::vector<VlanTag> tags;  ///< outer first
  std::uint16_t ether_type = kEtherIpv4;

  // IP, if the EtherType says so.
  Address from = 0;
  Address to = 0;
  std::uint8_t dscp = 0;  ///< 0 to 63
  std::uint8_t protocol = kUdp;
  unsigned ipv4_options = 0;          ///< bytes of options, a multiple of 4 up to 40
  std::uint16_t fragment_offset = 0;  ///< IPv4, in units of 8 bytes
  bool more_fragments = false;        ///< IPv4
  std::vector<Extension> extensions;  ///< IPv6

  // Layer 4; absent in later fragments. What the protocol lacks is not used.
  std::uint16_t source_port = 0;       ///< ICMP and ICMPv6: type in the low byte
  std::uint16_t destination_port = 0;  ///< ICMP and ICMPv6: code in the low byte
  std::uint8_t tcp_flags = 0x02;       ///< SYN
  unsigned payload = 0;                ///< bytes behind the layer-4 header, or behind the EtherType of what is not IP

  // Departures from the truth, to make malformed frames.
  std::optional<std::uint8_t> ip_version;
  std::optional<std::uint8_t> ipv4_header_words;
  std::optional<std::uint16_t> ip_length;  ///< IPv4 total length or IPv6 payload length
  std::optional<std::uint16_t> udp_length;
  std::optional<std::uint8_t> tcp_header_words;
  std::optional<std::uint8_t> extension_units;  ///< length field of the last extension header
  std::optional<unsigned> layer4_bytes;         ///< IP payload behind the extension headers is cut to this many bytes
};

/// The frame's bytes, not padded. Payload bytes count up from 0. Checksums are those of the true bytes.
std::vector<std::uint8_t> build(const Frame& frame);

/// A frame that presents `key`, or nothing if no frame does (TCP flags on UDP, ports on GRE, an IPv6 packet from an
/// IPv4 address, ...).
std::optional<Frame> frame_presenting(const policy::Key& key);

/// The ones' complement sum of RFC 1071 over `bytes`, added to `sum`; not yet folded or complemented.
std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes);
std::uint16_t checksum_finish(std::uint64_t sum);

}  // namespace portcullis::traffic
