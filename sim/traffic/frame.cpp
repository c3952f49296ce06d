#include "traffic/frame.h"

#include <algorithm>

namespace portcullis::traffic {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put8(Bytes& out, unsigned value) { out.push_back(static_cast<std::uint8_t>(value)); }
void put16(Bytes& out, unsigned value) {
  put8(out, value >> 8U);
  put8(out, value & 0xFFU);
}
void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value & 0xFFFFU);
}
void put128(Bytes& out, Address value) {
  for (int shift = 120; shift >= 0; shift -= 8) put8(out, static_cast<unsigned>(value >> shift) & 0xFFU);
}
void set16(Bytes& out, std::size_t at, unsigned value) {
  out[at] = static_cast<std::uint8_t>(value >> 8U);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

bool is_later_fragment(const Frame& frame) {
  if (frame.ether_type == kEtherIpv4) return frame.fragment_offset != 0;
  return std::any_of(frame.extensions.begin(), frame.extensions.end(),
                     [](const Extension& e) { return e.type == kFragmentHeader && e.fragment_offset != 0; });
}

/// CRC-32C, as RFC 9260, appendix A, asks for in SCTP packets.
std::uint32_t crc32c(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

/// Layer-4 header and payload, checksum still zero. `checksum_at` is where it goes, or npos.
struct Layer4 {
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  Bytes bytes;
  std::size_t checksum_at = kNowhere;
};

Layer4 build_layer4(const Frame& frame) {
  Layer4 out;
  if (!is_later_fragment(frame)) {
    switch (frame.protocol) {
      case kTcp:
        put16(out.bytes, frame.source_port);
        put16(out.bytes, frame.destination_port);
        put32(out.bytes, 1);  // sequence number
        put32(out.bytes, 0);  // acknowledgement number
        put8(out.bytes, static_cast<unsigned>(frame.tcp_header_words.value_or(5)) << 4U);
        put8(out.bytes, frame.tcp_flags);
        put16(out.bytes, 0xFFFF);  // window
        put32(out.bytes, 0);       // checksum, urgent pointer
        out.checksum_at = 16;
        break;
      case kUdp:
        put16(out.bytes, frame.source_port);
        put16(out.bytes, frame.destination_port);
        put16(out.bytes, frame.udp_length.value_or(static_cast<std::uint16_t>(8 + frame.payload)));
        put16(out.bytes, 0);
        out.checksum_at = 6;
        break;
      case kSctp:
        put16(out.bytes, frame.source_port);
        put16(out.bytes, frame.destination_port);
        put32(out.bytes, 1);  // verification tag
        put32(out.bytes, 0);
        out.checksum_at = 8;
        break;
      case kIcmp:
      case kIcmp6:
        put8(out.bytes, frame.source_port & 0xFFU);
        put8(out.bytes, frame.destination_port & 0xFFU);
        put16(out.bytes, 0);
        put32(out.bytes, 0);
        out.checksum_at = 2;
        break;
      default:
        break;
    }
  }
  for (unsigned i = 0; i < frame.payload; ++i) put8(out.bytes, i & 0xFFU);
  if (frame.layer4_bytes) {
    out.bytes.resize(*frame.layer4_bytes);
    out.checksum_at = Layer4::kNowhere;
  }
  return out;
}

void fill_checksum(Layer4& layer4, const Frame& frame) {
  if (layer4.checksum_at == Layer4::kNowhere) return;
  if (frame.protocol == kSctp) {
    const std::uint32_t crc = crc32c(layer4.bytes);
    for (unsigned i = 0; i < 4; ++i) layer4.bytes[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    return;
  }
  std::uint64_t sum = checksum_add(0, layer4.bytes);
  if (frame.protocol != kIcmp) {  // pseudo-header: RFC 9293, 3.1, and RFC 8200, 8.1
    Bytes pseudo;
    if (frame.ether_type == kEtherIpv4) {
      put32(pseudo, static_cast<std::uint32_t>(frame.from));
      put32(pseudo, static_cast<std::uint32_t>(frame.to));
    } else {
      put128(pseudo, frame.from);
      put128(pseudo, frame.to);
    }
    put32(pseudo, static_cast<std::uint32_t>(layer4.bytes.size()));
    put32(pseudo, frame.protocol);
    sum = checksum_add(sum, pseudo);
  }
  std::uint16_t checksum = checksum_finish(sum);
  if (frame.protocol == kUdp && checksum == 0) checksum = 0xFFFF;  // RFC 768: 0 means none was made
  set16(layer4.bytes, layer4.checksum_at, checksum);
}

void append_ipv4(Bytes& out, const Frame& frame, const Layer4& layer4) {
  const std::size_t start = out.size();
  const unsigned header = 20 + frame.ipv4_options;
  put8(out, (static_cast<unsigned>(frame.ip_version.value_or(4)) << 4U) |
                frame.ipv4_header_words.value_or(static_cast<std::uint8_t>(header / 4)));
  put8(out, static_cast<unsigned>(frame.dscp) << 2U);
  put16(out, frame.ip_length.value_or(static_cast<std::uint16_t>(header + layer4.bytes.size())));
  put16(out, 1);  // identification
  put16(out, (frame.more_fragments ? 0x2000U : 0U) | frame.fragment_offset);
  put8(out, 64);  // time to live
  put8(out, frame.protocol);
  put16(out, 0);
  put32(out, static_cast<std::uint32_t>(frame.from));
  put32(out, static_cast<std::uint32_t>(frame.to));
  out.insert(out.end(), frame.ipv4_options, 1);  // no operation
  set16(out, start + 10, checksum_finish(checksum_add(0, std::span(out).subspan(start))));
}

void append_ipv6(Bytes& out, const Frame& frame, const Layer4& layer4) {
  std::size_t payload = layer4.bytes.size();
  for (const Extension& e : frame.extensions) payload += e.length;
  put32(out, (static_cast<std::uint32_t>(frame.ip_version.value_or(6)) << 28U) |
                 (static_cast<std::uint32_t>(frame.dscp) << 22U));
  put16(out, frame.ip_length.value_or(static_cast<std::uint16_t>(payload)));
  put8(out, frame.extensions.empty() ? frame.protocol : frame.extensions.front().type);
  put8(out, 64);  // hop limit
  put128(out, frame.from);
  put128(out, frame.to);
  for (std::size_t i = 0; i < frame.extensions.size(); ++i) {
    const Extension& e = frame.extensions[i];
    const bool last = i + 1 == frame.extensions.size();
    put8(out, last ? frame.protocol : frame.extensions[i + 1].type);
    if (e.type == kFragmentHeader) {
      put8(out, 0);
      put16(out, (static_cast<unsigned>(e.fragment_offset) << 3U) | (e.more_fragments ? 1U : 0U));
      put32(out, 1);  // identification
      continue;
    }
    const unsigned units = e.length / 8 - 1;
    put8(out, last ? frame.extension_units.value_or(static_cast<std::uint8_t>(units)) : units);
    if (e.type == kRouting) {
      put16(out, 0xFD00);  // routing type 253 (experimental, RFC 4727), no segments left
      put32(out, 0);
      out.insert(out.end(), e.length - 8, 0);
    } else {
      put8(out, 1);  // PadN over the rest: RFC 8200, 4.2; an option holds at most 255 bytes
      put8(out, std::min(e.length - 4, 255U));
      out.insert(out.end(), e.length - 4, 0);
    }
  }
}

}  // namespace

std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += (i % 2 == 0) ? std::uint64_t{bytes[i]} << 8U : bytes[i];
  return sum;
}

std::uint16_t checksum_finish(std::uint64_t sum) {
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

std::vector<std::uint8_t> build(const Frame& frame) {
  Bytes out;
  out.reserve(64 + frame.payload);
  out.insert(out.end(), frame.destination.begin(), frame.destination.end());
  out.insert(out.end(), frame.source.begin(), frame.source.end());
  for (const VlanTag& tag : frame.tags) {
    put16(out, tag.tpid);
    put16(out, (static_cast<unsigned>(tag.priority) << 13U) | (tag.vid & 0xFFFU));
  }
  put16(out, frame.ether_type);
  if (frame.ether_type != kEtherIpv4 && frame.ether_type != kEtherIpv6) {
    for (unsigned i = 0; i < frame.payload; ++i) put8(out, i & 0xFFU);
    return out;
  }
  Layer4 layer4 = build_layer4(frame);
  fill_checksum(layer4, frame);
  if (frame.ether_type == kEtherIpv4) {
    append_ipv4(out, frame, layer4);
  } else {
    append_ipv6(out, frame, layer4);
  }
  out.insert(out.end(), layer4.bytes.begin(), layer4.bytes.end());
  return out;
}

std::optional<Frame> frame_presenting(const policy::Key& key) {
  using policy::EtherClass;
  using policy::Fragment;
  constexpr std::array<std::uint16_t, 8> kEtherTypes = {0x88B5 /* IEEE 802 local experimental */,
                                                        kEtherIpv4,
                                                        kEtherIpv6,
                                                        kEtherArp,
                                                        kEtherLldp,
                                                        kEtherEapol,
                                                        kEtherPtp,
                                                        kEtherSlow};
  const auto ether = static_cast<EtherClass>((key.context >> 3U) & 7U);
  const unsigned state = key.context >> 6U;
  const unsigned tags = key.dscp_tags >> 6U;
  if (state > 2 || tags > 2 || (tags == 0 && key.vlan != 0)) return std::nullopt;
  const auto fragment = static_cast<Fragment>(state);

  Frame frame;
  frame.ether_type = kEtherTypes[static_cast<unsigned>(ether)];
  if (tags > 0) frame.tags.push_back({.vid = key.vlan, .tpid = tags == 2 ? kEtherQinQ : kEtherVlan});
  if (tags > 1) frame.tags.push_back({.vid = 7});
  frame.dscp = key.dscp_tags & 0x3F;
  frame.protocol = key.protocol;
  const bool ip = ether == EtherClass::ipv4 || ether == EtherClass::ipv6;
  const bool no_ports = key.source_port == policy::kNoPort && key.destination_port == policy::kNoPort;
  if (!ip) {
    const bool plain = key.source == 0 && key.destination == 0 && no_ports && key.protocol == 0 &&
                       key.tcp_flags == policy::kNoFlags && frame.dscp == 0 && fragment == Fragment::whole;
    if (!plain) return std::nullopt;
    frame.payload = 46;
    return frame;
  }

  const bool v4 = ether == EtherClass::ipv4;
  if (policy::is_ipv4(key.source) != v4 || policy::is_ipv4(key.destination) != v4) return std::nullopt;
  frame.from = key.source;
  frame.to = key.destination;
  const bool walked = key.protocol == kHopByHop || key.protocol == kRouting || key.protocol == kFragmentHeader ||
                      key.protocol == kDestinationOptions;
  // A later fragment's next header is its protocol, whatever it is; elsewhere in IPv6 the walk goes on behind these
  // four.
  if (!v4 && walked && fragment != Fragment::later) return std::nullopt;
  if (fragment != Fragment::whole) {
    const std::uint16_t offset = fragment == Fragment::later ? 185 : 0;  // 1480 bytes, as behind an MTU of 1500
    if (v4) {
      frame.fragment_offset = offset;
      frame.more_fragments = fragment == Fragment::first;
    } else {
      frame.extensions.push_back(
          {.type = kFragmentHeader, .fragment_offset = offset, .more_fragments = fragment == Fragment::first});
    }
  }

  const bool icmp = key.protocol == kIcmp || key.protocol == kIcmp6;
  const bool has_ports = key.protocol == kTcp || key.protocol == kUdp || key.protocol == kSctp || icmp;
  if (fragment == Fragment::later || !has_ports) {
    if (!no_ports || key.tcp_flags != policy::kNoFlags) return std::nullopt;
    frame.payload = 16;
    return frame;
  }
  const std::uint32_t limit = icmp ? 0xFF : 0xFFFF;
  if (key.source_port > limit || key.destination_port > limit) return std::nullopt;
  if (key.protocol != kTcp && key.tcp_flags != policy::kNoFlags) return std::nullopt;
  frame.source_port = static_cast<std::uint16_t>(key.source_port);
  frame.destination_port = static_cast<std::uint16_t>(key.destination_port);
  frame.tcp_flags = key.tcp_flags;
  return frame;
}

}  // namespace portcullis::traffic
