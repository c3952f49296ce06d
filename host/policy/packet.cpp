// The reference parser. Each check stands where docs/design.md ("The parser's rules") has it, and reads the frame byte
// by byte.
#include "policy/packet.h"

#include <cassert>

namespace portcullis::policy {
namespace {

// IANA protocol numbers and EtherTypes (IANA "Protocol Numbers", "IEEE 802 Numbers").
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kDestinationOptions = 60;
constexpr std::uint8_t kSctp = 132;

constexpr bool is_tag(unsigned ether_type) { return ether_type == 0x8100 || ether_type == 0x88A8; }

constexpr bool is_walked(std::uint8_t next_header) {
  return next_header == kHopByHop || next_header == kRouting || next_header == kDestinationOptions ||
         next_header == kFragment;
}

EtherClass class_of(unsigned ether_type) {
  switch (ether_type) {
    case 0x0800:
      return EtherClass::ipv4;
    case 0x86DD:
      return EtherClass::ipv6;
    case 0x0806:
      return EtherClass::arp;
    case 0x88CC:
      return EtherClass::lldp;
    case 0x888E:
      return EtherClass::eapol;
    case 0x88F7:
      return EtherClass::ptp;
    case 0x8809:
      return EtherClass::slow;
    default:
      return EtherClass::other;
  }
}

/// One frame on its way through the rules. Each step returns the cause it met, or goes on to the next step.
class Parse {
 public:
  Parse(std::span<const std::uint8_t> frame, unsigned ingress) : frame_(frame), ingress_(ingress) {}

  ParsedFrame run() {
    ParsedFrame result;
    result.cause = ethernet();
    key_.dscp_tags = make_dscp_tags(dscp_, tags_);
    key_.context = make_context(ingress_, type_, fragment_);
    result.key = key_;
    return result;
  }

 private:
  unsigned byte(std::size_t offset) const {
    assert(offset < frame_.size());
    return frame_[offset];
  }
  unsigned two_bytes(std::size_t offset) const { return (byte(offset) << 8U) | byte(offset + 1); }
  Address big_endian(std::size_t offset, unsigned bytes) const {
    Address value = 0;
    for (unsigned i = 0; i < bytes; ++i) value = (value << 8U) | byte(offset + i);
    return value;
  }

  // Rule 1.
  Malformed ethernet() {
    if (frame_.size() < 14) return Malformed::truncated;
    std::size_t at = 14;  // behind the EtherType
    unsigned ether_type = two_bytes(12);
    while (is_tag(ether_type) && tags_ < 2) {
      if (frame_.size() - at < 4) return Malformed::truncated;
      if (tags_ == 0) key_.vlan = static_cast<std::uint16_t>(two_bytes(at) & kMaxVlan);
      ++tags_;
      ether_type = two_bytes(at + 2);
      at += 4;
    }
    type_ = class_of(ether_type);
    if (type_ == EtherClass::ipv4) return ipv4(at);
    if (type_ == EtherClass::ipv6) return ipv6(at);
    return Malformed::none;
  }

  // Rule 2.
  Malformed ipv4(std::size_t at) {
    const std::size_t left = frame_.size() - at;
    if (left < 20) return Malformed::truncated;
    if (byte(at) >> 4U != 4) return Malformed::version;
    const std::size_t header = 4 * (byte(at) & 0xFU);
    if (header < 20) return Malformed::bad_length;
    const std::size_t total = two_bytes(at + 2);
    if (total < header) return Malformed::bad_length;
    if (total > left) return Malformed::truncated;

    dscp_ = byte(at + 1) >> 2U;
    key_.protocol = static_cast<std::uint8_t>(byte(at + 9));
    key_.source = kMappedPrefix | big_endian(at + 12, 4);
    key_.destination = kMappedPrefix | big_endian(at + 16, 4);

    const unsigned offset = two_bytes(at + 6) & 0x1FFFU;  // in units of 8 bytes (RFC 791, 3.1)
    const bool more = (two_bytes(at + 6) & 0x2000U) != 0;
    if (offset > 0) return later_fragment(offset);
    if (more) fragment_ = Fragment::first;
    return layer4(at + header, total - header);
  }

  // Rule 3.
  Malformed ipv6(std::size_t at) {
    const std::size_t left = frame_.size() - at;
    if (left < 40) return Malformed::truncated;
    if (byte(at) >> 4U != 6) return Malformed::version;
    const std::size_t payload = two_bytes(at + 4);
    if (payload > left - 40) return Malformed::truncated;
    dscp_ = (two_bytes(at) >> 6U) & 0x3FU;  // the traffic class is bits 4 to 11 of the header (RFC 8200, 3)
    key_.source = big_endian(at + 8, 16);
    key_.destination = big_endian(at + 24, 16);
    if (is_ipv4(key_.source) || is_ipv4(key_.destination)) return Malformed::mapped_address;

    key_.protocol = static_cast<std::uint8_t>(byte(at + 6));
    std::size_t header = at + 40;
    std::size_t rest = payload;  // R of the rules: bytes of the payload from `header` on
    unsigned taken = 0;
    bool fragment_seen = false;
    while (is_walked(key_.protocol)) {
      if (rest < 8) return short_chain();
      if (taken == kMaxExtensionHeaders || header + 8 > kHeaderWindow) return Malformed::chain_too_deep;
      std::size_t length = 8;
      if (key_.protocol == kFragment) {
        if (fragment_seen) return Malformed::chain_too_deep;
        fragment_seen = true;
        const unsigned offset = two_bytes(header + 2) >> 3U;  // in units of 8 bytes (RFC 8200, 4.5)
        const bool more = (byte(header + 3) & 1U) != 0;
        key_.protocol = static_cast<std::uint8_t>(byte(header));
        if (offset > 0) return later_fragment(offset);
        if (more) fragment_ = Fragment::first;
      } else {
        length = 8 * (1 + std::size_t{byte(header + 1)});
        if (length > rest) return short_chain();
        key_.protocol = static_cast<std::uint8_t>(byte(header));
      }
      ++taken;
      header += length;
      rest -= length;
    }
    return layer4(header, rest);
  }

  Malformed later_fragment(unsigned offset) {
    fragment_ = Fragment::later;
    if (key_.protocol == kTcp && offset == 1) return Malformed::tcp_offset_one;
    return Malformed::none;
  }

  Malformed short_chain() const {
    return fragment_ == Fragment::first ? Malformed::short_first_fragment : Malformed::bad_length;
  }
  Malformed short_layer4() const {
    return fragment_ == Fragment::first ? Malformed::short_first_fragment : Malformed::short_layer4;
  }

  // Rule 4. `rest` is R: bytes of the IP payload from `at` on.
  Malformed layer4(std::size_t at, std::size_t rest) {
    std::size_t needed = 0;
    switch (key_.protocol) {
      case kTcp:
        needed = 20;
        break;
      case kUdp:
        needed = 8;
        break;
      case kSctp:
        needed = 12;
        break;
      case kIcmp:
        needed = 8;
        break;
      case kIcmpv6:
        needed = 4;
        break;
      default:
        return Malformed::none;
    }
    if (rest < needed) return short_layer4();
    if (at + needed > kHeaderWindow) return Malformed::chain_too_deep;

    if (key_.protocol == kTcp) {
      const std::size_t header = 4 * std::size_t{byte(at + 12) >> 4U};
      if (header < 20) return Malformed::bad_length;
      if (header > rest) return short_layer4();
      key_.tcp_flags = static_cast<std::uint8_t>(byte(at + 13));
    }
    if (key_.protocol == kUdp) {
      const std::size_t length = two_bytes(at + 4);
      if (length < 8) return Malformed::bad_length;
      if (length > rest && fragment_ == Fragment::whole) return Malformed::bad_length;
    }
    if (key_.protocol == kIcmp || key_.protocol == kIcmpv6) {
      key_.source_port = byte(at);
      key_.destination_port = byte(at + 1);
    } else {
      key_.source_port = two_bytes(at);
      key_.destination_port = two_bytes(at + 2);
    }
    return Malformed::none;
  }

  std::span<const std::uint8_t> frame_;
  unsigned ingress_;
  Key key_;
  unsigned dscp_ = 0;
  unsigned tags_ = 0;
  EtherClass type_ = EtherClass::other;
  Fragment fragment_ = Fragment::whole;
};

}  // namespace

std::string_view to_string(Malformed cause) {
  switch (cause) {
    case Malformed::none:
      return "none";
    case Malformed::truncated:
      return "truncated";
    case Malformed::version:
      return "version";
    case Malformed::bad_length:
      return "bad length";
    case Malformed::chain_too_deep:
      return "chain too deep";
    case Malformed::short_first_fragment:
      return "short first fragment";
    case Malformed::tcp_offset_one:
      return "TCP at fragment offset 1";
    case Malformed::mapped_address:
      return "IPv4-mapped address in IPv6";
    case Malformed::short_layer4:
      return "short layer 4";
  }
  return "unknown";
}

ParsedFrame parse_frame(std::span<const std::uint8_t> frame, unsigned ingress) {
  assert(ingress < kMaxIngressPorts);
  return Parse(frame, ingress).run();
}

}  // namespace portcullis::policy
