// Flow patterns against a plain reading of rte_flow: each item's fields are compared with the bytes of the frame.
#include "pmd/flow_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_byteorder.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <random>
#include <vector>

#include "policy/packet.h"
#include "traffic/frame.h"

namespace portcullis::pmd {
namespace {

using ::testing::HasSubstr;
using traffic::Frame;

/// Words of 32 bits.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

std::optional<unsigned> two_wires(std::uint16_t port) {
  return port == 10 ? std::optional(0U) : port == 11 ? std::optional(1U) : std::nullopt;
}

policy::Match match_of_items(std::vector<rte_flow_item> items, unsigned wire = 0) {
  items.push_back({RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr});
  return match_of(items.data(), wire, two_wires);
}

bool matches(const policy::Match& match, const Frame& frame, unsigned ingress = 0) {
  const policy::ParsedFrame parsed = policy::parse_frame(traffic::build(frame), ingress);
  EXPECT_EQ(parsed.cause, policy::Malformed::none);
  return match.contains(parsed.key);
}

/// What a refusal says; fails the test if there is none.
FlowError refusal_of(const std::vector<rte_flow_item>& items) {
  try {
    match_of_items(items);
  } catch (const FlowError& error) {
    return error;
  }
  ADD_FAILURE() << "the pattern was accepted";
  return FlowError(0, RTE_FLOW_ERROR_TYPE_NONE, nullptr, "");
}

/// An item that owns its spec, last and mask.
template <typename Spec>
struct Item {
  rte_flow_item_type type;
  Spec spec{}, last{}, mask{};
  rte_flow_item item() const { return {type, &spec, &last, &mask}; }
  rte_flow_item present() const { return {type, nullptr, nullptr, nullptr}; }
};
Item<rte_flow_item_eth> eth() { return {RTE_FLOW_ITEM_TYPE_ETH}; }
Item<rte_flow_item_vlan> vlan() { return {RTE_FLOW_ITEM_TYPE_VLAN}; }
Item<rte_flow_item_ipv4> ipv4() { return {RTE_FLOW_ITEM_TYPE_IPV4}; }
Item<rte_flow_item_ipv6> ipv6() { return {RTE_FLOW_ITEM_TYPE_IPV6}; }
Item<rte_flow_item_tcp> tcp() { return {RTE_FLOW_ITEM_TYPE_TCP}; }
Item<rte_flow_item_udp> udp() { return {RTE_FLOW_ITEM_TYPE_UDP}; }

Frame ipv4_frame(std::uint8_t protocol, std::uint16_t destination_port = 0) {
  Frame frame;
  frame.from = policy::from_ipv4(0x0A000001);
  frame.to = policy::from_ipv4(0x0A000002);
  frame.protocol = protocol;
  frame.destination_port = destination_port;
  return frame;
}
Frame ipv6_frame(std::uint8_t protocol) {
  Frame frame = ipv4_frame(protocol);
  frame.ether_type = traffic::kEtherIpv6;
  frame.from = policy::make_address(0x20010DB800000000, 1);
  frame.to = policy::make_address(0x20010DB800000000, 2);
  return frame;
}

TEST(FieldValues, MaskAndRangeMeanWhatBruteForceSays) {
  Random random(3);
  for (int round = 0; round < 400; ++round) {
    const std::uint32_t spec = random() & 0xFF, mask = random() & 0xFF;
    const std::uint32_t last = round % 2 == 0 ? 0 : random() & 0xFF;
    if (last != 0 && (last & mask) < (spec & mask)) continue;
    const auto values = field_values(spec, last, mask, 8);
    for (std::uint32_t value = 0; value < 256; ++value) {
      const bool expected = (value & mask) >= (spec & mask) && (value & mask) <= ((last == 0 ? spec : last) & mask);
      ASSERT_EQ(values.contains(value), expected) << spec << ' ' << last << ' ' << mask << ' ' << value;
    }
  }
}

TEST(FieldAddresses, MasksWithGapsMeanWhatBruteForceSays) {
  Random random(4);
  for (int round = 0; round < 200; ++round) {
    // The upper bits of an IPv4 address, so that brute force can go through all of them.
    const std::uint32_t mask = random() & 0xFFF00000U, spec = random();
    const auto addresses = field_addresses(spec, 0, mask, 32);
    ASSERT_TRUE(addresses);
    for (std::uint32_t top = 0; top < 4096; ++top) {
      for (const std::uint32_t low : {0U, 0xFFFFFU}) {
        const std::uint32_t value = top << 20U | low;
        ASSERT_EQ(addresses->contains(value), (value & mask) == (spec & mask));
      }
    }
  }
}

TEST(FieldAddresses, TooManyRangesAndRangesUnderGapsAreRefused) {
  EXPECT_EQ(field_addresses(0, 0, 0x55555555, 32), std::nullopt);
  EXPECT_EQ(field_addresses(1, 5, 0xF0FFFFFF, 32), std::nullopt);
  const auto range = field_addresses(0x0A000001, 0x0A000009, 0xFFFFFFFF, 32);
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains(0x0A000009));
  EXPECT_FALSE(range->contains(0x0A00000A));
}

// ---- Random patterns

/// A field of an item: where it stands in the item's structure and in the header on the wire, which agree.
struct Field {
  std::size_t offset;
  std::size_t bytes;
  std::array<std::uint8_t, 4> looked_at;  ///< bits that may be in a mask, for fields up to four bytes
  bool address = false;
};

std::uint64_t big_endian(const std::uint8_t* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | at[i];
  return value;
}

struct Header {
  rte_flow_item_type type;
  std::size_t size;
  std::vector<Field> fields;
};
const Header kIpv4{RTE_FLOW_ITEM_TYPE_IPV4,
                   sizeof(rte_flow_item_ipv4),
                   {{1, 1, {0xFC}},
                    {6, 2, {0x3F, 0xFF}},
                    {9, 1, {0xFF}},
                    {12, 4, {255, 255, 255, 255}, true},
                    {16, 4, {255, 255, 255, 255}, true}}};
const Header kTcp{
    RTE_FLOW_ITEM_TYPE_TCP, sizeof(rte_flow_item_tcp), {{0, 2, {255, 255}}, {2, 2, {255, 255}}, {13, 1, {255}}}};
const Header kUdp{RTE_FLOW_ITEM_TYPE_UDP, sizeof(rte_flow_item_udp), {{0, 2, {255, 255}}, {2, 2, {255, 255}}}};
const Header kSctp{RTE_FLOW_ITEM_TYPE_SCTP, sizeof(rte_flow_item_sctp), {{0, 2, {255, 255}}, {2, 2, {255, 255}}}};
const Header kIcmp{RTE_FLOW_ITEM_TYPE_ICMP, sizeof(rte_flow_item_icmp), {{0, 1, {255}}, {1, 1, {255}}}};

class RandomItem {
 public:
  RandomItem(const Header& header, const std::uint8_t* like, Random& random)
      : header_(header), spec_(header.size), last_(header.size), mask_(header.size) {
    for (const Field& field : header.fields) {
      const unsigned kind = random() % 5;
      if (kind < 2) continue;
      for (std::size_t i = 0; i < field.bytes; ++i) {
        mask_[field.offset + i] = field.looked_at[i];
        spec_[field.offset + i] = like[field.offset + i];
      }
      if (kind == 3) {  // some bits only
        if (field.address) {
          mask_[field.offset + 3] = static_cast<std::uint8_t>(0xFF << random() % 8);
        } else {
          mask_[field.offset + random() % field.bytes] &= static_cast<std::uint8_t>(random());
        }
      } else if (kind == 4) {  // a range
        const std::size_t at = field.offset + field.bytes - 1;
        last_[at] = static_cast<std::uint8_t>(spec_[at] | (random() & 0x1F));
        for (std::size_t i = 0; i + 1 < field.bytes; ++i) last_[field.offset + i] = spec_[field.offset + i];
      }
    }
  }
  rte_flow_item item() const { return {header_.type, spec_.data(), last_.data(), mask_.data()}; }

  /// A plain reading of rte_flow: each field lies between spec and last, under the mask.
  bool matches(const std::uint8_t* packet) const {
    for (const Field& field : header_.fields) {
      const std::uint64_t mask = big_endian(mask_.data() + field.offset, field.bytes);
      const std::uint64_t spec = big_endian(spec_.data() + field.offset, field.bytes);
      const std::uint64_t last = big_endian(last_.data() + field.offset, field.bytes);
      const std::uint64_t value = big_endian(packet + field.offset, field.bytes) & mask;
      if (value < (spec & mask) || value > ((last == 0 ? spec : last) & mask)) return false;
    }
    return true;
  }

 private:
  const Header& header_;
  std::vector<std::uint8_t> spec_, last_, mask_;
};

Frame random_frame(Random& random) {
  constexpr std::array<std::uint8_t, 4> kProtocols{traffic::kTcp, traffic::kUdp, traffic::kSctp, traffic::kIcmp};
  Frame frame = ipv4_frame(kProtocols[random() % 4]);
  frame.from = policy::from_ipv4(0x0A000000U + random() % 40);
  frame.to = policy::from_ipv4(0xC0A80000U + random() % 3 * 256 + random() % 16);
  frame.source_port = static_cast<std::uint16_t>(random() % 40);
  frame.destination_port = static_cast<std::uint16_t>(random() % 3 * 256 + random() % 30);
  frame.dscp = static_cast<std::uint8_t>(random() % 64);
  frame.tcp_flags = static_cast<std::uint8_t>(random());
  frame.payload = 8;
  const unsigned fragment = random() % 6;
  frame.more_fragments = fragment < 2;
  frame.fragment_offset = static_cast<std::uint16_t>(fragment % 2 == 1 ? 2 + random() % 100 : 0);
  return frame;
}

const Header& layer4_of(std::uint8_t protocol) {
  return protocol == traffic::kTcp    ? kTcp
         : protocol == traffic::kUdp  ? kUdp
         : protocol == traffic::kSctp ? kSctp
                                      : kIcmp;
}

TEST(FlowPattern, RandomPatternsMatchTheFramesThatAPlainReadingOfTheItemsMatches) {
  Random random(5);
  unsigned accepted = 0, refused = 0, hits = 0;
  for (int round = 0; round < 3000; ++round) {
    const Frame like = random_frame(random);
    std::vector<std::uint8_t> bytes = traffic::build(like);
    const RandomItem network(kIpv4, bytes.data() + 14, random);
    bytes.resize(14 + 20 + 20);
    const bool with_layer4 = random() % 3 != 0;
    const Header& header = layer4_of(like.protocol);
    const RandomItem transport(header, bytes.data() + 34, random);
    std::vector<rte_flow_item> items{eth().present(), network.item()};
    if (with_layer4) items.push_back(transport.item());
    policy::Match match;
    try {
      match = match_of_items(items);
      ++accepted;
    } catch (const FlowError&) {
      ++refused;
      continue;
    }
    for (int i = 0; i < 40; ++i) {
      Frame frame = i == 0 ? like : random_frame(random);
      if (i % 2 == 1) {  // near the pattern
        frame.from = like.from;
        frame.to = like.to;
        frame.protocol = like.protocol;
        frame.fragment_offset = like.fragment_offset;
        frame.more_fragments = like.more_fragments;
        frame.dscp = like.dscp;
        if (i % 4 == 1) frame.source_port = like.source_port;
      }
      std::vector<std::uint8_t> packet = traffic::build(frame);
      packet.resize(80);
      const bool expected = network.matches(packet.data() + 14) &&
                            (!with_layer4 || (frame.protocol == like.protocol && frame.fragment_offset == 0 &&
                                              transport.matches(packet.data() + 34)));
      ASSERT_EQ(matches(match, frame), expected) << "round " << round << ", frame " << i;
      hits += expected ? 1U : 0U;
    }
  }
  EXPECT_GT(accepted, 1000U);
  EXPECT_GT(hits, 5000U);
  RecordProperty("refused", static_cast<int>(refused));
}

// ---- What each item says

TEST(FlowPattern, WithoutItemsEveryPacketOfTheWireMatches) {
  const policy::Match match = match_of_items({}, 1);
  EXPECT_TRUE(matches(match, ipv4_frame(traffic::kUdp), 1));
  EXPECT_FALSE(matches(match, ipv4_frame(traffic::kUdp), 0));
}

TEST(FlowPattern, EthTypeMeansTheTypeBehindTheAddresses) {
  auto item = eth();
  item.spec.hdr.ether_type = rte_cpu_to_be_16(0x0800);
  item.mask.hdr.ether_type = 0xFFFF;
  const policy::Match match = match_of_items({item.item()});
  Frame tagged = ipv4_frame(traffic::kUdp);
  tagged.tags = {{5}};
  EXPECT_TRUE(matches(match, ipv4_frame(traffic::kUdp)));
  EXPECT_FALSE(matches(match, tagged));
  EXPECT_FALSE(matches(match, ipv6_frame(traffic::kUdp)));
}

TEST(FlowPattern, HasVlanTellsTaggedFromUntaggedPackets) {
  for (const unsigned has : {0U, 1U}) {
    auto item = eth();
    item.spec.has_vlan = has & 1U;
    item.mask.has_vlan = 1;
    const policy::Match match = match_of_items({item.item(), ipv4().present()});
    Frame frame = ipv4_frame(traffic::kUdp);
    EXPECT_EQ(matches(match, frame), has == 0);
    frame.tags = {{5}};
    EXPECT_EQ(matches(match, frame), has == 1);
    frame.tags = {{5}, {6}};
    EXPECT_EQ(matches(match, frame), has == 1);
  }
}

TEST(FlowPattern, VlanIdIsThatOfTheOuterTagAndMayBeARange) {
  auto item = vlan();
  item.spec.hdr.vlan_tci = rte_cpu_to_be_16(100);
  item.last.hdr.vlan_tci = rte_cpu_to_be_16(110);
  item.mask.hdr.vlan_tci = rte_cpu_to_be_16(0x0FFF);
  item.spec.hdr.eth_proto = rte_cpu_to_be_16(0x0800);
  item.mask.hdr.eth_proto = 0xFFFF;
  const policy::Match match = match_of_items({eth().present(), item.item()});
  Frame frame = ipv4_frame(traffic::kUdp);
  EXPECT_FALSE(matches(match, frame));
  for (const std::uint16_t id : std::array<std::uint16_t, 4>{99, 100, 110, 111}) {
    frame.tags = {{id, 3}};
    EXPECT_EQ(matches(match, frame), id >= 100 && id <= 110) << id;
  }
  frame.tags = {{100}, {7}};
  EXPECT_FALSE(matches(match, frame)) << "the type behind the first tag is that of the second one";
}

TEST(FlowPattern, FragmentsOfIpv6) {
  for (const unsigned has : {0U, 1U}) {
    auto item = ipv6();
    item.spec.has_frag_ext = has & 1U;
    item.mask.has_frag_ext = 1;
    const policy::Match match = match_of_items({item.item()});
    Frame frame = ipv6_frame(traffic::kUdp);
    frame.payload = 16;
    EXPECT_EQ(matches(match, frame), has == 0);
    frame.extensions = {{traffic::kFragmentHeader, 8, 0, true}};
    EXPECT_EQ(matches(match, frame), has == 1);
    frame.extensions = {{traffic::kFragmentHeader, 8, 9, false}};
    EXPECT_EQ(matches(match, frame), has == 1);
  }
  Item<rte_flow_item_ipv6_frag_ext> later{RTE_FLOW_ITEM_TYPE_IPV6_FRAG_EXT};
  later.spec.hdr.frag_data = rte_cpu_to_be_16(0x0008);
  later.last.hdr.frag_data = rte_cpu_to_be_16(0xFFF8);
  later.mask.hdr.frag_data = rte_cpu_to_be_16(0xFFF8);
  const policy::Match match = match_of_items({ipv6().present(), later.item()});
  Frame frame = ipv6_frame(traffic::kUdp);
  frame.payload = 16;
  EXPECT_FALSE(matches(match, frame));
  frame.extensions = {{traffic::kFragmentHeader, 8, 0, true}};
  EXPECT_FALSE(matches(match, frame));
  frame.extensions = {{traffic::kFragmentHeader, 8, 9, true}};
  EXPECT_TRUE(matches(match, frame));
}

TEST(FlowPattern, AddressesOfIpv6MayBePrefixesAndRanges) {
  auto item = ipv6();
  item.spec.hdr.src_addr[0] = 0x20;
  item.spec.hdr.src_addr[1] = 0x01;
  std::memset(item.mask.hdr.src_addr, 0xFF, 2);
  std::memset(item.mask.hdr.dst_addr, 0xFF, 16);
  const std::array<std::uint8_t, 16> address{0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  std::ranges::copy(address, item.spec.hdr.dst_addr);
  std::ranges::copy(address, item.last.hdr.dst_addr);
  item.last.hdr.dst_addr[15] = 9;
  const policy::Match match = match_of_items({eth().present(), item.item(), udp().present()});
  Frame frame = ipv6_frame(traffic::kUdp);
  EXPECT_TRUE(matches(match, frame));
  frame.to += 7;
  EXPECT_TRUE(matches(match, frame));
  frame.to += 1;
  EXPECT_FALSE(matches(match, frame));
  frame = ipv6_frame(traffic::kUdp);
  frame.from = policy::make_address(0x20020DB800000000, 1);
  EXPECT_FALSE(matches(match, frame));
}

TEST(FlowPattern, DefaultMaskIsThatOfRteFlow) {
  rte_flow_item_udp spec{};
  spec.hdr.dst_port = rte_cpu_to_be_16(53);  // the mask of UDP holds both ports, so the source port must be 0
  const policy::Match match = match_of_items({ipv4().present(), {RTE_FLOW_ITEM_TYPE_UDP, &spec, nullptr, nullptr}});
  Frame frame = ipv4_frame(traffic::kUdp, 53);
  EXPECT_TRUE(matches(match, frame));
  frame.source_port = 1;
  EXPECT_FALSE(matches(match, frame));
}

TEST(FlowPattern, RepresentedPortNamesTheWire) {
  Item<rte_flow_item_ethdev> port{RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT};
  port.spec.port_id = 11;
  port.mask.port_id = 0xFFFF;
  const policy::Match match = match_of_items({port.item(), eth().present()});
  EXPECT_TRUE(matches(match, ipv4_frame(traffic::kUdp), 1));
  EXPECT_FALSE(matches(match, ipv4_frame(traffic::kUdp), 0));
  port.spec.port_id = 12;
  EXPECT_THAT(refusal_of({port.item()}).what(), HasSubstr("port 12 is not a port of this NIC"));
}

// ---- Refusals

TEST(FlowPattern, RefusalsNameTheItemAndSayWhatIsWrong) {
  auto mac = eth();
  mac.spec.hdr.dst_addr.addr_bytes[0] = 2;
  mac.mask.hdr.dst_addr.addr_bytes[0] = 0xFF;
  const rte_flow_item mac_item = mac.item();
  const FlowError error = refusal_of({mac_item});
  EXPECT_EQ(error.code(), ENOTSUP);
  EXPECT_EQ(error.type(), RTE_FLOW_ERROR_TYPE_ITEM_MASK);
  EXPECT_EQ(error.cause(), &mac.mask);
  EXPECT_THAT(error.what(), HasSubstr("item ETH: the mask has bits of fields that the filter does not look at"));

  const rte_flow_item gre{RTE_FLOW_ITEM_TYPE_GRE, nullptr, nullptr, nullptr};
  EXPECT_THAT(refusal_of({ipv4().present(), gre}).what(), HasSubstr("nothing that the filter looks at"));
}

TEST(FlowPattern, ContradictionsAreRefused) {
  auto six = eth();
  six.spec.hdr.ether_type = rte_cpu_to_be_16(0x86DD);
  six.mask.hdr.ether_type = 0xFFFF;
  EXPECT_EQ(refusal_of({six.item(), ipv4().present()}).code(), EINVAL);
  auto protocol = ipv4();
  protocol.spec.hdr.next_proto_id = 17;
  protocol.mask.hdr.next_proto_id = 0xFF;
  EXPECT_THAT(refusal_of({protocol.item(), tcp().present()}).what(), HasSubstr("item TCP: contradicts the protocol"));
  auto untagged = eth();
  untagged.mask.has_vlan = 1;
  EXPECT_THAT(refusal_of({untagged.item(), vlan().present()}).what(), HasSubstr("about VLAN tags"));
}

TEST(FlowPattern, ItemsInTheWrongPlaceAreRefused) {
  EXPECT_EQ(refusal_of({tcp().present()}).code(), EINVAL);
  EXPECT_EQ(refusal_of({ipv4().present(), eth().present()}).code(), EINVAL);
  EXPECT_EQ(refusal_of({ipv4().present(), ipv6().present()}).code(), EINVAL);
  EXPECT_EQ(refusal_of({eth().present(), vlan().present(), vlan().present(), vlan().present()}).code(), ENOTSUP);
  EXPECT_EQ(refusal_of({ipv4().present(), {RTE_FLOW_ITEM_TYPE_ICMP6, nullptr, nullptr, nullptr}}).code(), EINVAL);
}

TEST(FlowPattern, WhatTheFilterCannotTellApartIsRefusedNotApproximated) {
  auto type = eth();
  type.spec.hdr.ether_type = rte_cpu_to_be_16(0x8847);
  type.mask.hdr.ether_type = 0xFFFF;
  EXPECT_THAT(refusal_of({type.item()}).what(), HasSubstr("all other types are one to it"));
  type.spec.hdr.ether_type = rte_cpu_to_be_16(0x8100);
  EXPECT_THAT(refusal_of({type.item()}).what(), HasSubstr("use has_vlan"));
  auto offset = ipv4();
  offset.spec.hdr.fragment_offset = rte_cpu_to_be_16(5);
  offset.mask.hdr.fragment_offset = rte_cpu_to_be_16(0x1FFF);
  EXPECT_THAT(refusal_of({offset.item()}).what(), HasSubstr("not single offsets"));
  auto ecn = ipv4();
  ecn.mask.hdr.type_of_service = 0x03;
  EXPECT_EQ(refusal_of({ecn.item()}).code(), ENOTSUP);
}

TEST(FlowPattern, LastBelowSpecAndMaskWithoutSpecAreRefused) {
  auto range = udp();
  range.spec.hdr.dst_port = rte_cpu_to_be_16(200);
  range.last.hdr.dst_port = rte_cpu_to_be_16(100);
  range.mask.hdr.dst_port = 0xFFFF;
  const FlowError reversed = refusal_of({ipv4().present(), range.item()});
  EXPECT_EQ(reversed.type(), RTE_FLOW_ERROR_TYPE_ITEM_LAST);
  EXPECT_THAT(reversed.what(), HasSubstr("the destination port range ends at 100 below its start, 200"));
  const rte_flow_item no_spec{RTE_FLOW_ITEM_TYPE_UDP, nullptr, nullptr, &range.mask};
  EXPECT_EQ(refusal_of({ipv4().present(), no_spec}).type(), RTE_FLOW_ERROR_TYPE_ITEM_MASK);
}

}  // namespace
}  // namespace portcullis::pmd
