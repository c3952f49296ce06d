// What the match engine is asked about a packet: the fields of docs/design.md, "The key", in the order of their tables.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace portcullis::policy {

/// 128-bit address; IPv4 a.b.c.d is ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
__extension__ using Address = unsigned __int128;

constexpr Address make_address(std::uint64_t high, std::uint64_t low) {
  return (static_cast<Address>(high) << 64) | low;
}
inline constexpr Address kMappedPrefix = make_address(0, 0x0000'ffff'0000'0000);
constexpr Address from_ipv4(std::uint32_t address) { return kMappedPrefix | address; }
constexpr bool is_ipv4(Address address) { return (address >> 32) == (kMappedPrefix >> 32); }

/// The port that a packet without ports presents; one above the largest real one.
inline constexpr std::uint32_t kNoPort = 0x10000;
/// TCP flags of what is not TCP.
inline constexpr std::uint8_t kNoFlags = 0xFF;
/// VLAN IDs are 12 bit (IEEE 802.1Q, 9.6).
inline constexpr std::uint16_t kMaxVlan = 0xFFF;
/// Ingress ports that the context chunk can tell apart.
inline constexpr unsigned kMaxIngressPorts = 8;

enum class EtherClass : std::uint8_t { other, ipv4, ipv6, arp, lldp, eapol, ptp, slow };
enum class Fragment : std::uint8_t { whole, first, later };

constexpr std::uint8_t make_context(unsigned ingress, EtherClass type, Fragment fragment) {
  return static_cast<std::uint8_t>((ingress & 7U) | (static_cast<unsigned>(type) << 3U) |
                                   (static_cast<unsigned>(fragment) << 6U));
}
constexpr std::uint8_t make_dscp_tags(unsigned dscp, unsigned tags) {
  return static_cast<std::uint8_t>((dscp & 0x3FU) | (tags << 6U));
}

/// The nine fields of a lookup.
struct Key {
  Address source = 0;
  Address destination = 0;
  std::uint32_t source_port = kNoPort;       ///< 0 to 65535, or kNoPort; ICMP type for protocols 1 and 58
  std::uint32_t destination_port = kNoPort;  ///< 0 to 65535, or kNoPort; ICMP code for protocols 1 and 58
  std::uint16_t vlan = 0;                    ///< 0 to kMaxVlan
  std::uint8_t protocol = 0;
  std::uint8_t tcp_flags = kNoFlags;
  std::uint8_t dscp_tags = 0;
  std::uint8_t context = 0;
  friend constexpr bool operator==(const Key&, const Key&) = default;
};

/// Numbers of the bitmap tables; the first kRangeTables of them are addressed through a range search.
enum class Table : std::uint8_t {
  source,
  destination,
  source_port,
  destination_port,
  vlan,
  protocol,
  tcp_flags,
  dscp_tags,
  context
};
inline constexpr unsigned kTables = 9;
inline constexpr unsigned kRangeTables = 5;
inline constexpr std::array<std::string_view, kTables> kTableNames = {
    "source address", "destination address", "source port",   "destination port", "VLAN",
    "protocol",       "TCP flags",           "DSCP and tags", "context"};
/// Width of each field's key in bits.
inline constexpr std::array<unsigned, kTables> kTableKeyBits = {128, 128, 17, 17, 12, 8, 8, 8, 8};

}  // namespace portcullis::policy
