// The reference parser, frame by frame: what a person reads in the bytes, for every rule and every cause of
// docs/design.md.
#include "policy/packet.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace portcullis::policy {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes kMacs = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

std::uint8_t high(std::size_t v) { return static_cast<std::uint8_t>(v >> 8U); }
std::uint8_t low(std::size_t v) { return static_cast<std::uint8_t>(v); }
Bytes type(unsigned ether_type) { return {high(ether_type), low(ether_type)}; }
Bytes tag(unsigned tpid, unsigned tci) { return {high(tpid), low(tpid), high(tci), low(tci)}; }

struct Ipv4 {
  unsigned protocol = 0;
  unsigned fragment = 0;  // flags and offset as in bytes 6 and 7
  unsigned dscp_ecn = 0;
  Bytes options = {};
  std::size_t extra_length = 0;  // what the total length claims beyond the payload
};
// 192.0.2.1 to 198.51.100.7
Bytes ipv4(const Ipv4& h, const Bytes& payload) {
  const std::size_t header = 20 + h.options.size();
  const std::size_t total = header + payload.size() + h.extra_length;
  return Bytes{static_cast<std::uint8_t>(0x40 + header / 4),
               low(h.dscp_ecn),
               high(total),
               low(total),
               0,
               1,
               high(h.fragment),
               low(h.fragment),
               64,
               low(h.protocol),
               0,
               0,
               192,
               0,
               2,
               1,
               198,
               51,
               100,
               7} +
         h.options + payload;
}
constexpr Address kSource4 = from_ipv4(0xC0000201);
constexpr Address kDestination4 = from_ipv4(0xC6336407);

// 2001:db8::1 to 2001:db8:1::2
Bytes ipv6(unsigned next_header, const Bytes& payload, unsigned traffic_class = 0) {
  return Bytes{low(0x60 | (traffic_class >> 4U)),
               low(traffic_class << 4U),
               0,
               0,
               high(payload.size()),
               low(payload.size()),
               low(next_header),
               64} +
         Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} +
         Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2} + payload;
}
constexpr Address kSource6 = make_address(0x2001'0db8'0000'0000, 1);
constexpr Address kDestination6 = make_address(0x2001'0db8'0001'0000, 2);

Bytes tcp(unsigned source, unsigned destination, unsigned flags, unsigned words = 5) {
  Bytes header{high(source),
               low(source),
               high(destination),
               low(destination),
               0,
               0,
               0,
               1,
               0,
               0,
               0,
               0,
               low(words << 4U),
               low(flags),
               0,
               0,
               0,
               0,
               0,
               0};
  header.resize(std::max<std::size_t>(20, 4 * words));
  return header;
}
Bytes udp(unsigned source, unsigned destination, std::size_t data = 4, std::ptrdiff_t extra_length = 0) {
  const std::size_t length = 8 + data + static_cast<std::size_t>(extra_length);
  return Bytes{high(source), low(source), high(destination), low(destination), high(length), low(length), 0, 0} +
         Bytes(data, 0x55);
}
// An extension header of 8 x (1 + len) bytes.
Bytes extension(unsigned next_header, unsigned len = 0) {
  Bytes header(8 * (1 + std::size_t{len}), 0);
  header[0] = low(next_header);
  header[1] = low(len);
  return header;
}
Bytes fragment(unsigned next_header, unsigned offset, bool more) {
  const unsigned word = (offset << 3U) | (more ? 1U : 0U);
  return {low(next_header), 0, high(word), low(word), 0, 0, 0, 9};
}

Bytes ether4(const Bytes& packet) { return kMacs + type(0x0800) + packet; }
Bytes ether6(const Bytes& packet) { return kMacs + type(0x86DD) + packet; }

Key key_of(const Bytes& frame, unsigned ingress = 0) {
  const ParsedFrame parsed = parse_frame(frame, ingress);
  EXPECT_EQ(parsed.cause, Malformed::none) << to_string(parsed.cause);
  return parsed.key;
}
Malformed cause_of(const Bytes& frame) { return parse_frame(frame, 0).cause; }

std::uint8_t class_context(EtherClass type) { return make_context(0, type, Fragment::whole); }

TEST(Parser, ReadsTcpOverIpv4) {
  const Key key = key_of(ether4(ipv4({.protocol = 6, .dscp_ecn = 46 << 2 | 1}, tcp(51234, 443, 0x12))), 3);
  EXPECT_EQ(key, (Key{.source = kSource4,
                      .destination = kDestination4,
                      .source_port = 51234,
                      .destination_port = 443,
                      .vlan = 0,
                      .protocol = 6,
                      .tcp_flags = 0x12,
                      .dscp_tags = 46,
                      .context = 3 | 1 << 3}));
}

TEST(Parser, ReadsUdpOverIpv6) {
  const Key key = key_of(ether6(ipv6(17, udp(53, 65535), 46 << 2)), 7);
  EXPECT_EQ(key, (Key{.source = kSource6,
                      .destination = kDestination6,
                      .source_port = 53,
                      .destination_port = 65535,
                      .vlan = 0,
                      .protocol = 17,
                      .tcp_flags = 0xFF,
                      .dscp_tags = 46,
                      .context = 7 | 2 << 3}));
}

TEST(Parser, OuterTagGivesTheVlanAndTagsAreCounted) {
  const Bytes packet = type(0x0800) + ipv4({.protocol = 17}, udp(1, 2));
  Key key = key_of(kMacs + tag(0x8100, 0xE064) + packet);  // priority 7
  EXPECT_EQ(key.vlan, 100);
  EXPECT_EQ(key.dscp_tags, 1 << 6);
  EXPECT_EQ(key.destination_port, 2U);
  key = key_of(kMacs + tag(0x88A8, 4095) + tag(0x8100, 5) + packet);
  EXPECT_EQ(key.vlan, 4095);
  EXPECT_EQ(key.dscp_tags, 2 << 6);
  EXPECT_EQ(key.context, class_context(EtherClass::ipv4));
}

TEST(Parser, ThirdTagIsAnotherEtherType) {
  const Key key = key_of(kMacs + tag(0x88A8, 9) + tag(0x8100, 5) + tag(0x8100, 6) + type(0x0800) + Bytes(40, 0));
  EXPECT_EQ(key, (Key{.vlan = 9, .dscp_tags = 2 << 6, .context = 0}));
}

TEST(Parser, NonIpFramesHaveAClassAndNothingElse) {
  const std::pair<unsigned, EtherClass> types[] = {{0x0806, EtherClass::arp},   {0x88CC, EtherClass::lldp},
                                                   {0x888E, EtherClass::eapol}, {0x88F7, EtherClass::ptp},
                                                   {0x8809, EtherClass::slow},  {0x8847, EtherClass::other},
                                                   {0x0026, EtherClass::other}, {0x9100, EtherClass::other}};
  for (const auto& [ether_type, expected] : types) {
    EXPECT_EQ(key_of(kMacs + type(ether_type)), (Key{.context = class_context(expected)})) << std::hex << ether_type;
  }
}

TEST(Parser, Ipv4OptionsAreSkippedAndPaddingIsIgnored) {
  const Bytes packet = ipv4({.protocol = 17, .options = Bytes(40, 1)}, udp(7, 9, 0));
  EXPECT_EQ(key_of(ether4(packet + Bytes(18, 0xAA))).destination_port, 9U);
}

TEST(Parser, IcmpTypeAndCodeAreThePorts) {
  Key key = key_of(ether4(ipv4({.protocol = 1}, {3, 4, 0, 0, 0, 0, 5, 0xDC})));
  EXPECT_EQ(key.source_port, 3U);
  EXPECT_EQ(key.destination_port, 4U);
  key = key_of(ether6(ipv6(58, {135, 0, 0, 0})));
  EXPECT_EQ(key.source_port, 135U);
  EXPECT_EQ(key.destination_port, 0U);
  EXPECT_EQ(key.tcp_flags, 0xFF);
}

TEST(Parser, ProtocolsWithoutPortsPresentNone) {
  for (unsigned protocol : {4U, 47U, 50U, 51U, 112U, 0U, 43U, 44U, 60U, 136U}) {
    const Key key = key_of(ether4(ipv4({.protocol = protocol}, {})));
    EXPECT_EQ(key.protocol, protocol);
    EXPECT_EQ(key.source_port, 0x10000U);
    EXPECT_EQ(key.destination_port, 0x10000U);
  }
  for (unsigned next : {50U, 51U, 59U, 47U, 41U}) EXPECT_EQ(key_of(ether6(ipv6(next, {}))).protocol, next);
}

TEST(Parser, SctpHasPorts) {
  const Key key = key_of(ether4(ipv4({.protocol = 132}, {0x0B, 0x58, 0x0B, 0x59, 0, 0, 0, 0, 0, 0, 0, 0})));
  EXPECT_EQ(key.source_port, 2904U);
  EXPECT_EQ(key.destination_port, 2905U);
}

TEST(Parser, WalksTheIpv6Chain) {
  const Bytes chain = extension(43) + extension(60, 1) + extension(6) + tcp(1, 2, 2);
  const Key key = key_of(ether6(ipv6(0, chain)));
  EXPECT_EQ(key.protocol, 6);
  EXPECT_EQ(key.destination_port, 2U);
  EXPECT_EQ(key.context, class_context(EtherClass::ipv6));
}

TEST(Parser, Ipv4FragmentsHaveAState) {
  EXPECT_EQ(key_of(ether4(ipv4({.protocol = 17, .fragment = 0x4000}, udp(5, 6)))).context, 1 << 3);  // DF
  Key key = key_of(ether4(ipv4({.protocol = 17, .fragment = 0x2000}, udp(5, 6))));
  EXPECT_EQ(key.context, 1 << 3 | 1 << 6);
  EXPECT_EQ(key.destination_port, 6U);
  for (unsigned later : {0x2001U, 0x0001U, 0x1FFFU}) {
    key = key_of(ether4(ipv4({.protocol = 17, .fragment = later}, udp(5, 6))));
    EXPECT_EQ(key.context, 1 << 3 | 2 << 6);
    EXPECT_EQ(key.protocol, 17);
    EXPECT_EQ(key.destination_port, 0x10000U);
  }
  key = key_of(ether4(ipv4({.protocol = 6, .fragment = 2}, {1, 2, 3})));
  EXPECT_EQ(key.tcp_flags, 0xFF);
}

TEST(Parser, Ipv6FragmentsHaveAState) {
  Key key = key_of(ether6(ipv6(44, fragment(6, 0, false) + tcp(8, 9, 2))));  // atomic
  EXPECT_EQ(key.context, 2 << 3);
  EXPECT_EQ(key.destination_port, 9U);
  key = key_of(ether6(ipv6(44, fragment(6, 0, true) + tcp(8, 9, 2))));
  EXPECT_EQ(key.context, 2 << 3 | 1 << 6);
  EXPECT_EQ(key.destination_port, 9U);
  // A later fragment's own next header is the protocol, an extension header's number included.
  key = key_of(ether6(ipv6(44, fragment(60, 2, false) + Bytes{1, 2, 3})));
  EXPECT_EQ(key.context, 2 << 3 | 2 << 6);
  EXPECT_EQ(key.protocol, 60);
  EXPECT_EQ(key.destination_port, 0x10000U);
}

TEST(Parser, LengthOfAFirstFragmentsUdpMayExceedIt) {
  EXPECT_EQ(key_of(ether4(ipv4({.protocol = 17, .fragment = 0x2000}, udp(5, 6, 8, 2000)))).destination_port, 6U);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 17}, udp(5, 6, 8, 2000)))), Malformed::bad_length);
}

TEST(ParserCause, Truncated) {
  EXPECT_EQ(cause_of({}), Malformed::truncated);
  EXPECT_EQ(cause_of(kMacs + Bytes{8}), Malformed::truncated);
  EXPECT_EQ(cause_of(kMacs + type(0x8100) + Bytes{0, 1, 8}), Malformed::truncated);
  EXPECT_EQ(cause_of(kMacs + tag(0x88A8, 1) + type(0x8100)), Malformed::truncated);
  EXPECT_EQ(cause_of(ether4(Bytes(19, 0x45))), Malformed::truncated);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 17, .extra_length = 1}, udp(1, 2)))), Malformed::truncated);
  EXPECT_EQ(cause_of(ether6(Bytes(39, 0x60))), Malformed::truncated);
  Bytes short6 = ether6(ipv6(59, Bytes(8, 0)));
  short6.pop_back();
  EXPECT_EQ(cause_of(short6), Malformed::truncated);
}

TEST(ParserCause, Version) {
  Bytes frame = ether4(ipv4({.protocol = 17}, udp(1, 2)) + Bytes(40, 0));
  frame[14] = 0x65;
  EXPECT_EQ(cause_of(frame), Malformed::version);
  frame = ether6(ipv6(59, {}));
  frame[14] = 0x40;
  EXPECT_EQ(cause_of(frame), Malformed::version);
}

TEST(ParserCause, BadLength) {
  Bytes frame = ether4(ipv4({.protocol = 17}, udp(1, 2)));
  frame[14] = 0x44;  // header of 16 bytes
  EXPECT_EQ(cause_of(frame), Malformed::bad_length);
  frame[14] = 0x45;
  frame[17] = 19;  // total length below the header's
  EXPECT_EQ(cause_of(frame), Malformed::bad_length);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 6}, tcp(1, 2, 2, 4)))), Malformed::bad_length);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 17}, udp(1, 2, 4, -5)))), Malformed::bad_length);
  EXPECT_EQ(cause_of(ether6(ipv6(17, udp(1, 2, 4, 1)))), Malformed::bad_length);
  EXPECT_EQ(cause_of(ether6(ipv6(0, Bytes(7, 0)))), Malformed::bad_length);  // no room for 8 bytes
  Bytes past = extension(59, 0);
  past[1] = 1;  // claims 16 bytes of 8
  EXPECT_EQ(cause_of(ether6(ipv6(0, past))), Malformed::bad_length);
}

TEST(ParserCause, ChainTooDeep) {
  const Bytes four = extension(60) + extension(60) + extension(60);
  EXPECT_EQ(cause_of(ether6(ipv6(0, four + extension(17) + udp(1, 2)))), Malformed::none);
  EXPECT_EQ(cause_of(ether6(ipv6(0, four + extension(60) + extension(17) + udp(1, 2)))), Malformed::chain_too_deep);
  // The fragment header is one of the four.
  EXPECT_EQ(cause_of(ether6(ipv6(0, extension(60) + extension(60) + extension(44) + fragment(60, 0, false) +
                                        extension(17) + udp(1, 2)))),
            Malformed::chain_too_deep);
  // A second fragment header, though the first was atomic.
  EXPECT_EQ(cause_of(ether6(ipv6(44, fragment(44, 0, false) + fragment(17, 0, false) + udp(1, 2)))),
            Malformed::chain_too_deep);
  // 14 + 40 + 8 x 12 = 150: 8 bytes of UDP end at 158, 20 of TCP at 170, beyond the window of 160.
  EXPECT_EQ(cause_of(ether6(ipv6(0, extension(17, 11) + udp(1, 2)))), Malformed::none);
  EXPECT_EQ(cause_of(ether6(ipv6(0, extension(6, 11) + tcp(1, 2, 2)))), Malformed::chain_too_deep);
  EXPECT_EQ(cause_of(ether6(ipv6(0, extension(60, 12) + extension(17) + udp(1, 2)))), Malformed::chain_too_deep);
  // Ends at 160 exactly: with one tag 18 + 40 + 8 x 10 = 138, + 20 = 158; with two 142 + 12 (SCTP) = 154.
  EXPECT_EQ(cause_of(kMacs + tag(0x8100, 1) + type(0x86DD) + ipv6(0, extension(6, 9) + tcp(1, 2, 2))), Malformed::none);
  EXPECT_EQ(cause_of(kMacs + tag(0x8100, 1) + tag(0x8100, 1) + type(0x86DD) +
                     ipv6(0, extension(60, 8) + extension(60) + extension(17) + udp(1, 2))),
            Malformed::none);
}

TEST(ParserCause, ShortFirstFragment) {
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 6, .fragment = 0x2000}, Bytes(16, 0)))), Malformed::short_first_fragment);
  EXPECT_EQ(cause_of(ether6(ipv6(44, fragment(17, 0, true) + Bytes(7, 0)))), Malformed::short_first_fragment);
  EXPECT_EQ(cause_of(ether6(ipv6(44, fragment(60, 0, true) + Bytes(7, 0)))), Malformed::short_first_fragment);
  EXPECT_EQ(cause_of(ether6(ipv6(44, fragment(60, 0, true) + Bytes{6, 5, 0, 0, 0, 0, 0, 0}))),
            Malformed::short_first_fragment);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 6, .fragment = 0x2000}, Bytes(12, 0) + Bytes{0x60, 2} + Bytes(6, 0)))),
            Malformed::short_first_fragment);
}

TEST(ParserCause, TcpAtOffsetOne) {
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 6, .fragment = 1}, Bytes(24, 0)))), Malformed::tcp_offset_one);
  EXPECT_EQ(cause_of(ether6(ipv6(44, fragment(6, 1, true) + Bytes(24, 0)))), Malformed::tcp_offset_one);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 17, .fragment = 1}, Bytes(24, 0)))), Malformed::none);
}

TEST(ParserCause, MappedAddress) {
  const Bytes mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
  for (std::size_t offset : {std::size_t{22}, std::size_t{38}}) {
    Bytes frame = ether6(ipv6(17, udp(1, 2)));
    std::copy(mapped.begin(), mapped.end(), frame.begin() + static_cast<std::ptrdiff_t>(offset));
    EXPECT_EQ(cause_of(frame), Malformed::mapped_address);
    frame[offset + 9] = 1;  // no longer ::ffff:0:0/96
    EXPECT_EQ(cause_of(frame), Malformed::none);
  }
}

TEST(ParserCause, ShortLayer4) {
  const std::pair<unsigned, std::size_t> needed[] = {{6, 20}, {17, 8}, {132, 12}, {1, 8}, {58, 4}};
  for (const auto& [protocol, bytes] : needed) {
    Bytes header(bytes, 0);
    if (protocol == 6) header[12] = 0x50;
    if (protocol == 17) header[5] = 8;
    EXPECT_EQ(cause_of(ether4(ipv4({.protocol = protocol}, header))), Malformed::none) << protocol;
    EXPECT_EQ(cause_of(ether6(ipv6(protocol, header))), Malformed::none) << protocol;
    header.pop_back();
    EXPECT_EQ(cause_of(ether4(ipv4({.protocol = protocol}, header))), Malformed::short_layer4) << protocol;
    EXPECT_EQ(cause_of(ether6(ipv6(protocol, header))), Malformed::short_layer4) << protocol;
    // Padding of the frame is not the packet's.
    EXPECT_EQ(cause_of(ether4(ipv4({.protocol = protocol}, header) + Bytes(20, 0))), Malformed::short_layer4);
  }
  Bytes options = tcp(1, 2, 2, 6);
  options.resize(23);
  EXPECT_EQ(cause_of(ether4(ipv4({.protocol = 6}, options))), Malformed::short_layer4);
}

TEST(Parser, CausesHaveTheirDocumentedNumbersAndNames) {
  const std::string_view names[] = {"none",
                                    "truncated",
                                    "version",
                                    "bad length",
                                    "chain too deep",
                                    "short first fragment",
                                    "TCP at fragment offset 1",
                                    "IPv4-mapped address in IPv6",
                                    "short layer 4"};
  for (unsigned n = 0; n < 9; ++n) EXPECT_EQ(to_string(static_cast<Malformed>(n)), names[n]);
}

}  // namespace
}  // namespace portcullis::policy
