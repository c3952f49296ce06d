// Frames against bytes written by hand, and against the reference parser.
#include "traffic/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/packet.h"

namespace portcullis::traffic {
namespace {

using policy::Malformed;

TEST(FrameBuilder, UdpOverIpv4MatchesHandMadeBytes) {
  Frame frame;
  frame.from = policy::from_ipv4(0xC0000201);
  frame.to = policy::from_ipv4(0xC6336402);
  frame.dscp = 46;
  frame.protocol = kUdp;
  frame.source_port = 0x1234;
  frame.destination_port = 53;
  frame.payload = 3;
  // Checksums added up on paper: header 4500+..., RFC 1071.
  const std::vector<std::uint8_t> expected = {
      0x02, 0,    0, 0,  0,   2,  0x02, 0,    0,  0,  0,    1,    0x08, 0x00,  // Ethernet
      0x45, 0xB8, 0, 31, 0,   1,  0,    0,    64, 17, 0x8D, 0xDE,              // IPv4 to the checksum
      192,  0,    2, 1,  198, 51, 100,  2,                                     // addresses
      0x12, 0x34, 0, 53, 0,   11, 0xFF, 0x36,                                  // UDP
      0,    1,    2};
  EXPECT_EQ(build(frame), expected);
}

TEST(FrameBuilder, TagsStandOuterFirst) {
  Frame frame;
  frame.ether_type = kEtherArp;
  frame.tags = {{.vid = 0x123, .priority = 5, .tpid = kEtherQinQ}, {.vid = 0xFFF}};
  frame.payload = 1;
  const std::vector<std::uint8_t> bytes = build(frame);
  EXPECT_THAT(std::vector<std::uint8_t>(bytes.begin() + 12, bytes.end()),
              testing::ElementsAre(0x88, 0xA8, 0xA1, 0x23, 0x81, 0x00, 0x0F, 0xFF, 0x08, 0x06, 0));
}

TEST(FrameBuilder, Icmp6OverIpv6BehindExtensionHeadersMatchesHandMadeBytes) {
  Frame frame;
  frame.ether_type = kEtherIpv6;
  frame.from = policy::make_address(0x20010db800000000, 1);
  frame.to = policy::make_address(0x20010db800000000, 2);
  frame.dscp = 1;
  frame.protocol = kIcmp6;
  frame.source_port = 128;
  frame.destination_port = 0;
  frame.extensions = {{.type = kHopByHop}, {.type = kFragmentHeader, .fragment_offset = 0, .more_fragments = true}};
  const std::vector<std::uint8_t> bytes = build(frame);
  const std::vector<std::uint8_t> head(bytes.begin() + 14, bytes.begin() + 22);
  EXPECT_THAT(head, testing::ElementsAre(0x60, 0x40, 0, 0, 0, 24, 0, 64));
  const std::vector<std::uint8_t> rest(bytes.begin() + 54, bytes.end());
  EXPECT_THAT(rest, testing::ElementsAre(44, 0, 1, 4, 0, 0, 0, 0,           // hop-by-hop: PadN of 4
                                         58, 0, 0, 1, 0, 0, 0, 1,           // fragment: offset 0, more
                                         128, 0, 0x24, 0x48, 0, 0, 0, 0));  // echo request, checksum on paper
}

TEST(FrameBuilder, SctpChecksumIsTheCrc32cOfRfc9260) {
  Frame frame;
  frame.from = policy::from_ipv4(1);
  frame.to = policy::from_ipv4(2);
  frame.protocol = kSctp;
  const std::vector<std::uint8_t> bytes = build(frame);
  ASSERT_EQ(bytes.size(), 14U + 20U + 12U);
  // A message followed by its own CRC-32C, least significant byte first, has the residue 0xB798B438 before the last
  // complement: here the CRC field lies inside, so it is computed bit by bit over the header with the field zeroed.
  std::vector<std::uint8_t> header(bytes.end() - 12, bytes.end());
  const std::uint32_t stored =
      header[8] | (header[9] << 8U) | (header[10] << 16U) | (static_cast<std::uint32_t>(header[11]) << 24U);
  for (int i = 8; i < 12; ++i) header[static_cast<std::size_t>(i)] = 0;
  // Most significant bit first with reflected input: another formulation than the builder's.
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : header) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool in = ((byte >> bit) & 1U) != 0;
      const bool top = (crc & 0x80000000U) != 0;
      crc <<= 1U;
      if (in != top) crc ^= 0x1EDC6F41U;
    }
  }
  std::uint32_t reflected = 0;
  for (unsigned bit = 0; bit < 32; ++bit) reflected |= ((crc >> bit) & 1U) << (31U - bit);
  EXPECT_EQ(stored, ~reflected);
}

TEST(FramePresenting, ParsesBackToItsKey) {
  const auto address4 = policy::from_ipv4(0x0A000001);
  const auto address6 = policy::make_address(0x20010db8'00000000, 0x42);
  unsigned presented = 0;
  for (unsigned context = 0; context < 256; ++context) {
    for (unsigned protocol = 0; protocol < 256; ++protocol) {
      for (const std::uint32_t port : {0U, 255U, 256U, 65535U, policy::kNoPort}) {
        for (const std::uint8_t flags : {std::uint8_t{0x12}, policy::kNoFlags}) {
          for (const auto address : {address4, address6, policy::Address{0}}) {
            const policy::Key key{.source = address,
                                  .destination = address,
                                  .source_port = port,
                                  .destination_port = port,
                                  .vlan = static_cast<std::uint16_t>(context % 2 == 0 ? 0 : 4095),
                                  .protocol = static_cast<std::uint8_t>(protocol),
                                  .tcp_flags = flags,
                                  .dscp_tags = policy::make_dscp_tags(address == 0 ? 0 : 13, context % 3),
                                  .context = static_cast<std::uint8_t>(context)};
            const auto frame = frame_presenting(key);
            if (!frame) continue;
            ++presented;
            const auto bytes = build(*frame);
            const auto parsed = policy::parse_frame(bytes, context & 7U);
            ASSERT_EQ(parsed.cause, Malformed::none)
                << "context " << context << " protocol " << protocol << " port " << port;
            ASSERT_EQ(parsed.key, key) << "context " << context << " protocol " << protocol << " port " << port;
          }
        }
      }
    }
  }
  EXPECT_GT(presented, 5000U);
}

}  // namespace
}  // namespace portcullis::traffic
