#include "pmd/flow_pattern.h"

#include <fmt/format.h>
#include <rte_byteorder.h>

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pmd/flow_default_masks.h"

namespace portcullis::pmd {

namespace {

using policy::Address;
using policy::Chunk;
using policy::EtherClass;
using policy::Fragment;
using policy::IntervalSet;
using policy::Match;
using Values = IntervalSet<std::uint32_t>;

// EtherTypes (IANA "IEEE 802 Numbers") by the class that the parser gives them.
struct ClassOfType {
  std::uint16_t type;
  EtherClass ether_class;
};
constexpr std::array kClassOfType{
    ClassOfType{0x0800, EtherClass::ipv4}, ClassOfType{0x86DD, EtherClass::ipv6},  ClassOfType{0x0806, EtherClass::arp},
    ClassOfType{0x88CC, EtherClass::lldp}, ClassOfType{0x888E, EtherClass::eapol}, ClassOfType{0x88F7, EtherClass::ptp},
    ClassOfType{0x8809, EtherClass::slow},
};
constexpr std::array<std::uint16_t, 2> kTagTypes{0x8100, 0x88A8};

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58, kSctp = 132;

/// Where a pattern has come to.
enum class Layer : std::uint8_t { start, ethernet, network, fragment, transport };

[[noreturn]] void refuse(const rte_flow_item& item, const void* cause, rte_flow_error_type type, int code,
                         std::string_view name, std::string_view sentence) {
  throw FlowError(code, type, cause == nullptr ? &item : cause, fmt::format("{}: {}", name, sentence));
}

/// One item with its spec, last and mask as values of the item's structure.
template <typename Spec>
struct Fields {
  Spec spec{};
  Spec last{};
  Spec mask{};  ///< all zero where the item has no spec
};

bool any_bit(const void* bytes, std::size_t size) {
  const auto* first = static_cast<const unsigned char*>(bytes);
  return std::any_of(first, first + size, [](unsigned char b) { return b != 0; });
}

Chunk chunk_of(const Values& values) {
  Chunk chunk;
  for (const auto& [first, last] : values.intervals()) {
    for (std::uint32_t value = first; value <= last; ++value) {
      chunk.set(value);
    }
  }
  return chunk;
}

/// Reads items into what a match is made of.
class PatternReader {
 public:
  PatternReader(unsigned wire, const WireOfPort& wire_of_port) : wire_of_port_(wire_of_port), ingress_(1U << wire) {}

  void read(const rte_flow_item& item);
  Match match() const;

 private:
  template <typename Spec>
  Fields<Spec> fields_of(const rte_flow_item& item, const Spec& default_mask, const Spec& supported);
  Values values(const rte_flow_item& item, std::uint32_t spec, std::uint32_t last, std::uint32_t mask, unsigned bits,
                std::string_view what) const;
  IntervalSet<Address> addresses(const rte_flow_item& item, Address spec, Address last, Address mask, unsigned bits,
                                 std::string_view what) const;
  void to(Layer layer, const rte_flow_item& item, Layer least, std::string_view expected);

  void eth(const rte_flow_item& item);
  void vlan(const rte_flow_item& item);
  void ipv4(const rte_flow_item& item);
  void ipv6(const rte_flow_item& item);
  void ipv6_fragment(const rte_flow_item& item);
  void tcp(const rte_flow_item& item);
  void ports(const rte_flow_item& item, std::uint8_t protocol);
  void icmp(const rte_flow_item& item, std::uint8_t protocol);
  void represented_port(const rte_flow_item& item);

  void restrict_type(const rte_flow_item& item, const Values& types);
  void restrict_class(const rte_flow_item& item, EtherClass ether_class);
  void restrict_tags(const rte_flow_item& item, std::bitset<4> tags);
  void restrict_protocol(const rte_flow_item& item, const Values& protocols);
  void restrict_fragments(const rte_flow_item& item, const Values& words, std::uint32_t more, unsigned offset_shift);
  void restrict_fragments(const rte_flow_item& item, std::bitset<4> fragments);
  void restrict_dscp(const Values& bytes);

  const WireOfPort& wire_of_port_;
  std::string_view name_;
  Layer layer_ = Layer::start;
  unsigned tags_seen_ = 0;  // VLAN items
  bool ip4_ = false;
  // What the match is made of; each is narrowed item by item.
  std::bitset<8> ingress_;
  std::bitset<8> classes_ = 0xFF;
  std::bitset<4> fragments_ = 0xF;
  std::bitset<4> tags_ = 0xF;
  std::bitset<64> dscp_ = ~std::bitset<64>{};
  Match match_ = Match::any();
};

template <typename Spec>
Fields<Spec> PatternReader::fields_of(const rte_flow_item& item, const Spec& default_mask, const Spec& supported) {
  Fields<Spec> fields;
  if (item.spec == nullptr) {
    if (item.last != nullptr || item.mask != nullptr) {
      refuse(item, item.last != nullptr ? item.last : item.mask,
             item.last != nullptr ? RTE_FLOW_ERROR_TYPE_ITEM_LAST : RTE_FLOW_ERROR_TYPE_ITEM_MASK, EINVAL, name_,
             "there is a mask or a last value, but no spec that it belongs to");
    }
    return fields;
  }
  fields.spec = *static_cast<const Spec*>(item.spec);
  fields.mask = item.mask == nullptr ? default_mask : *static_cast<const Spec*>(item.mask);
  if (item.last != nullptr) {
    fields.last = *static_cast<const Spec*>(item.last);
  }
  std::array<unsigned char, sizeof(Spec)> asked{}, known{};
  std::memcpy(asked.data(), &fields.mask, sizeof(Spec));
  std::memcpy(known.data(), &supported, sizeof(Spec));
  for (std::size_t i = 0; i < sizeof(Spec); ++i) {
    asked[i] = static_cast<unsigned char>(asked[i] & ~known[i]);
  }
  if (any_bit(asked.data(), asked.size())) {
    refuse(item, item.mask, RTE_FLOW_ERROR_TYPE_ITEM_MASK, ENOTSUP, name_,
           "the mask has bits of fields that the filter does not look at; clear them in the mask");
  }
  return fields;
}

Values PatternReader::values(const rte_flow_item& item, std::uint32_t spec, std::uint32_t last, std::uint32_t mask,
                             unsigned bits, std::string_view what) const {
  if (last != 0 && (last & mask) < (spec & mask)) {
    refuse(item, item.last, RTE_FLOW_ERROR_TYPE_ITEM_LAST, EINVAL, name_,
           fmt::format("the {} range ends at {} below its start, {}", what, last & mask, spec & mask));
  }
  return field_values(spec, last, mask, bits);
}

IntervalSet<Address> PatternReader::addresses(const rte_flow_item& item, Address spec, Address last, Address mask,
                                              unsigned bits, std::string_view what) const {
  if (last != 0 && (last & mask) < (spec & mask)) {
    refuse(item, item.last, RTE_FLOW_ERROR_TYPE_ITEM_LAST, EINVAL, name_,
           fmt::format("the range of {} addresses ends below its start", what));
  }
  std::optional<IntervalSet<Address>> set = field_addresses(spec, last, mask, bits);
  if (!set) {
    refuse(item, item.mask, RTE_FLOW_ERROR_TYPE_ITEM_MASK, ENOTSUP, name_,
           fmt::format("the mask of the {} address makes more than {} ranges, or has both gaps and a last value; use a "
                       "prefix or a range",
                       what, kMostAddressRanges));
  }
  return *set;
}

void PatternReader::to(Layer layer, const rte_flow_item& item, Layer least, std::string_view expected) {
  if (layer_ < least || layer_ >= layer) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_,
           fmt::format("stands in the wrong place: {}", expected));
  }
  layer_ = layer;
}

void PatternReader::restrict_tags(const rte_flow_item& item, std::bitset<4> tags) {
  tags_ &= tags;
  if ((tags_ & std::bitset<4>(0x7)).none()) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_,
           "contradicts what the items before it say about VLAN tags: no packet matches");
  }
}

void PatternReader::restrict_class(const rte_flow_item& item, EtherClass ether_class) {
  classes_ &= std::bitset<8>(1U << static_cast<unsigned>(ether_class));
  if (classes_.none()) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_,
           "contradicts the EtherType of the items before it: no packet matches");
  }
}

// `types`: the EtherTypes allowed behind the MAC addresses, or behind the last VLAN item's tag.
void PatternReader::restrict_type(const rte_flow_item& item, const Values& types) {
  if (types == Values{{0, 0xFFFF}}) {
    return;
  }
  const auto refuse_type = [&](std::string_view sentence) {
    refuse(item, item.mask, RTE_FLOW_ERROR_TYPE_ITEM_SPEC, ENOTSUP, name_, sentence);
  };
  // Behind two tags, the parser takes a third one for a packet that is not IP.
  const bool tags_possible = tags_seen_ < 2;
  Values others{{0, 0xFFFF}};
  std::bitset<8> classes;
  for (const ClassOfType& known : kClassOfType) {
    others = subtract(others, Values{{known.type, known.type}});
    classes[static_cast<std::size_t>(known.ether_class)] = types.contains(known.type);
  }
  unsigned tag_types = 0;
  if (tags_possible) {
    for (const std::uint16_t tag : kTagTypes) {
      others = subtract(others, Values{{tag, tag}});
      tag_types += types.contains(tag) ? 1 : 0;
    }
  }
  const Values some_others = intersect(others, types);
  if (!some_others.empty() && some_others != others) {
    refuse_type(
        "the filter tells apart the types of IPv4, IPv6, ARP, LLDP, EAPOL, PTP and slow protocols; all other types are "
        "one to it");
  }
  classes[static_cast<std::size_t>(EtherClass::other)] = !some_others.empty();
  if (tag_types == 1) {
    refuse_type("the filter does not tell the tags 0x8100 and 0x88a8 apart; leave the type out and use has_vlan");
  }
  const unsigned tags_here = tags_seen_;
  if (tag_types == 0) {
    std::bitset<4> exactly;
    exactly[tags_here] = true;
    restrict_tags(item, exactly);
  } else if (classes.none()) {
    restrict_tags(item, std::bitset<4>(0xFU << (tags_here + 1)));
    return;
  } else {
    refuse_type("tagged packets, and some types of packets without a tag, are no one entry; use two rules");
  }
  classes_ &= classes;
  if (classes_.none()) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_, "no packet has these types");
  }
}

void PatternReader::restrict_protocol(const rte_flow_item& item, const Values& protocols) {
  match_.protocol &= chunk_of(protocols);
  if (match_.protocol.none()) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_,
           "contradicts the protocol of the items before it: no packet matches");
  }
}

void PatternReader::restrict_fragments(const rte_flow_item& item, std::bitset<4> fragments) {
  fragments_ &= fragments;
  if (fragments_.none()) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_,
           "contradicts what the items before it say about fragments: no packet matches");
  }
}

// `words`: the allowed values of a word with a bit `more` and an offset of 13 bits above `offset_shift` bits.
void PatternReader::restrict_fragments(const rte_flow_item& item, const Values& words, std::uint32_t more,
                                       unsigned offset_shift) {
  constexpr std::uint32_t kOffsets = 1U << 13U;
  std::array<unsigned, 3> inside{};
  for (const std::uint32_t m : {0U, more}) {
    for (std::uint32_t offset = 0; offset < kOffsets; ++offset) {
      const Fragment state = offset != 0 ? Fragment::later : m != 0 ? Fragment::first : Fragment::whole;
      inside[static_cast<std::size_t>(state)] += words.contains((offset << offset_shift) | m) ? 1 : 0;
    }
  }
  const std::array<unsigned, 3> all{1, 1, 2 * (kOffsets - 1)};
  std::bitset<4> fragments;
  for (std::size_t state = 0; state < all.size(); ++state) {
    if (inside[state] != 0 && inside[state] != all[state]) {
      refuse(item, item.mask, RTE_FLOW_ERROR_TYPE_ITEM_SPEC, ENOTSUP, name_,
             "of fragments the filter tells apart whole packets, first and later fragments, not single offsets");
    }
    fragments[state] = inside[state] != 0;
  }
  restrict_fragments(item, fragments);
}

// `bytes`: the allowed values of the byte whose upper six bits are the DSCP; its lower two are not in the mask.
void PatternReader::restrict_dscp(const Values& bytes) {
  for (std::size_t dscp = 0; dscp < dscp_.size(); ++dscp) {
    dscp_[dscp] = dscp_[dscp] && bytes.contains(static_cast<std::uint32_t>(dscp << 2U));
  }
}

void PatternReader::eth(const rte_flow_item& item) {
  to(Layer::ethernet, item, Layer::start, "ETH is the first item");
  rte_flow_item_eth supported{};
  supported.hdr.ether_type = 0xFFFF;
  supported.has_vlan = 1;
  const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->eth, supported);
  restrict_type(item, values(item, rte_be_to_cpu_16(spec.hdr.ether_type), rte_be_to_cpu_16(last.hdr.ether_type),
                             rte_be_to_cpu_16(mask.hdr.ether_type), 16, "type"));
  if (mask.has_vlan != 0) {
    restrict_tags(item, std::bitset<4>(spec.has_vlan != 0 ? 0xE : 0x1));
  }
}

void PatternReader::vlan(const rte_flow_item& item) {
  if (layer_ != Layer::ethernet || tags_seen_ == 2) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, tags_seen_ == 2 ? ENOTSUP : EINVAL, name_,
           "at most two VLAN items can stand right behind ETH");
  }
  ++tags_seen_;
  restrict_tags(item, std::bitset<4>(0xFU << tags_seen_));
  rte_flow_item_vlan supported{};
  supported.hdr.vlan_tci = rte_cpu_to_be_16(policy::kMaxVlan);
  supported.hdr.eth_proto = 0xFFFF;
  supported.has_more_vlan = 1;
  const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->vlan, supported);
  if (tags_seen_ == 2 && mask.hdr.vlan_tci != 0) {
    refuse(item, item.mask, RTE_FLOW_ERROR_TYPE_ITEM_MASK, ENOTSUP, name_,
           "the filter looks at the VLAN ID of the outer tag only");
  }
  if (mask.hdr.vlan_tci != 0) {
    const Values asked = values(item, rte_be_to_cpu_16(spec.hdr.vlan_tci), rte_be_to_cpu_16(last.hdr.vlan_tci),
                                rte_be_to_cpu_16(mask.hdr.vlan_tci), 12, "VLAN ID");
    std::vector<policy::Interval<std::uint16_t>> ids;
    for (const auto& [first, end] : asked.intervals()) {
      ids.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(end)});
    }
    match_.vlan = IntervalSet<std::uint16_t>(std::move(ids));
  }
  restrict_type(item, values(item, rte_be_to_cpu_16(spec.hdr.eth_proto), rte_be_to_cpu_16(last.hdr.eth_proto),
                             rte_be_to_cpu_16(mask.hdr.eth_proto), 16, "type"));
  if (mask.has_more_vlan != 0) {
    if (tags_seen_ == 2) {
      refuse(item, item.mask, RTE_FLOW_ERROR_TYPE_ITEM_MASK, ENOTSUP, name_, "the filter reads two tags at most");
    }
    restrict_tags(item, std::bitset<4>(spec.has_more_vlan != 0 ? 0x4 : 0x2));
  }
}

void PatternReader::ipv4(const rte_flow_item& item) {
  to(Layer::network, item, Layer::start, "IPV4 stands behind ETH and VLAN, if there are any");
  ip4_ = true;
  rte_flow_item_ipv4 supported{};
  supported.hdr.type_of_service = 0xFC;
  supported.hdr.fragment_offset = rte_cpu_to_be_16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK);
  supported.hdr.next_proto_id = 0xFF;
  supported.hdr.src_addr = supported.hdr.dst_addr = 0xFFFFFFFF;
  const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->ipv4, supported);
  restrict_class(item, EtherClass::ipv4);
  restrict_dscp(values(item, spec.hdr.type_of_service, last.hdr.type_of_service, mask.hdr.type_of_service, 8, "DSCP"));
  if (mask.hdr.fragment_offset != 0) {
    restrict_fragments(
        item,
        values(item, rte_be_to_cpu_16(spec.hdr.fragment_offset), rte_be_to_cpu_16(last.hdr.fragment_offset),
               rte_be_to_cpu_16(mask.hdr.fragment_offset), 16, "fragment"),
        RTE_IPV4_HDR_MF_FLAG, 0);
  }
  restrict_protocol(
      item, values(item, spec.hdr.next_proto_id, last.hdr.next_proto_id, mask.hdr.next_proto_id, 8, "protocol"));
  const auto set = [&](IntervalSet<Address>& field, rte_be32_t s, rte_be32_t l, rte_be32_t m, std::string_view what) {
    if (m == 0) {
      return;
    }
    const IntervalSet<Address> asked =
        addresses(item, rte_be_to_cpu_32(s), rte_be_to_cpu_32(l), rte_be_to_cpu_32(m), 32, what);
    std::vector<policy::Interval<Address>> mapped;
    for (const auto& [first, end] : asked.intervals()) {
      mapped.push_back({policy::kMappedPrefix | first, policy::kMappedPrefix | end});
    }
    field = IntervalSet<Address>(std::move(mapped));
  };
  set(match_.source, spec.hdr.src_addr, last.hdr.src_addr, mask.hdr.src_addr, "source");
  set(match_.destination, spec.hdr.dst_addr, last.hdr.dst_addr, mask.hdr.dst_addr, "destination");
}

Address address_of(const std::uint8_t bytes[16]) {
  Address address = 0;
  for (const std::uint8_t byte : std::span(bytes, 16)) {
    address = (address << 8U) | byte;
  }
  return address;
}

void PatternReader::ipv6(const rte_flow_item& item) {
  to(Layer::network, item, Layer::start, "IPV6 stands behind ETH and VLAN, if there are any");
  rte_flow_item_ipv6 supported{};
  // The upper six bits of the traffic class (RFC 8200, 3; RFC 2474, 3).
  supported.hdr.vtc_flow = rte_cpu_to_be_32(0xFCU << RTE_IPV6_HDR_TC_SHIFT);
  supported.hdr.proto = 0xFF;
  std::memset(supported.hdr.src_addr, 0xFF, 16);
  std::memset(supported.hdr.dst_addr, 0xFF, 16);
  supported.has_frag_ext = 1;
  const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->ipv6, supported);
  restrict_class(item, EtherClass::ipv6);
  const auto traffic_class = [](const rte_ipv6_hdr& header) {
    return (rte_be_to_cpu_32(header.vtc_flow) >> RTE_IPV6_HDR_TC_SHIFT) & 0xFFU;
  };
  restrict_dscp(values(item, traffic_class(spec.hdr), traffic_class(last.hdr), traffic_class(mask.hdr), 8, "DSCP"));
  restrict_protocol(item, values(item, spec.hdr.proto, last.hdr.proto, mask.hdr.proto, 8, "protocol"));
  if (mask.has_frag_ext != 0) {
    restrict_fragments(item, std::bitset<4>(spec.has_frag_ext != 0 ? 0xE : 0x1));
  }
  if (any_bit(mask.hdr.src_addr, 16)) {
    match_.source = addresses(item, address_of(spec.hdr.src_addr), address_of(last.hdr.src_addr),
                              address_of(mask.hdr.src_addr), 128, "source");
  }
  if (any_bit(mask.hdr.dst_addr, 16)) {
    match_.destination = addresses(item, address_of(spec.hdr.dst_addr), address_of(last.hdr.dst_addr),
                                   address_of(mask.hdr.dst_addr), 128, "destination");
  }
}

void PatternReader::ipv6_fragment(const rte_flow_item& item) {
  to(Layer::fragment, item, Layer::network, "IPV6_FRAG_EXT stands behind IPV6");
  if (ip4_) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_, "stands behind IPV6, not IPV4");
  }
  rte_flow_item_ipv6_frag_ext supported{};
  supported.hdr.next_header = 0xFF;
  // Offset in bits 15:3, more fragments in bit 0 (RFC 8200, 4.5).
  supported.hdr.frag_data = rte_cpu_to_be_16(0xFFF9);
  if (item.spec != nullptr && item.mask == nullptr) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM_MASK, EINVAL, name_, "has no default mask; give one");
  }
  const auto [spec, last, mask] = fields_of(item, rte_flow_item_ipv6_frag_ext{}, supported);
  restrict_fragments(item, std::bitset<4>(0xE));
  restrict_protocol(item,
                    values(item, spec.hdr.next_header, last.hdr.next_header, mask.hdr.next_header, 8, "protocol"));
  if (mask.hdr.frag_data != 0) {
    restrict_fragments(item,
                       values(item, rte_be_to_cpu_16(spec.hdr.frag_data), rte_be_to_cpu_16(last.hdr.frag_data),
                              rte_be_to_cpu_16(mask.hdr.frag_data), 16, "fragment"),
                       1, 3);
  }
}

// Layer 4 with ports: the header is there, so the packet is no later fragment.
void PatternReader::ports(const rte_flow_item& item, std::uint8_t protocol) {
  to(Layer::transport, item, Layer::network, "layer 4 stands behind IPV4 or IPV6");
  restrict_protocol(item, Values{{protocol, protocol}});
  restrict_fragments(item, std::bitset<4>(0xF & ~(1U << static_cast<unsigned>(Fragment::later))));
  Values source{{0, 0xFFFF}}, destination{{0, 0xFFFF}};
  const auto read = [&](const auto& fields) {
    const auto& [spec, last, mask] = fields;
    source = values(item, rte_be_to_cpu_16(spec.hdr.src_port), rte_be_to_cpu_16(last.hdr.src_port),
                    rte_be_to_cpu_16(mask.hdr.src_port), 16, "source port");
    destination = values(item, rte_be_to_cpu_16(spec.hdr.dst_port), rte_be_to_cpu_16(last.hdr.dst_port),
                         rte_be_to_cpu_16(mask.hdr.dst_port), 16, "destination port");
  };
  if (protocol == kTcp) {
    rte_flow_item_tcp supported{};
    supported.hdr.src_port = supported.hdr.dst_port = 0xFFFF;
    supported.hdr.tcp_flags = 0xFF;
    const auto fields = fields_of(item, pcl_flow_default_masks()->tcp, supported);
    read(fields);
    if (fields.mask.hdr.tcp_flags != 0) {
      match_.tcp_flags = chunk_of(
          values(item, fields.spec.hdr.tcp_flags, fields.last.hdr.tcp_flags, fields.mask.hdr.tcp_flags, 8, "flags"));
    }
  } else if (protocol == kUdp) {
    rte_flow_item_udp supported{};
    supported.hdr.src_port = supported.hdr.dst_port = 0xFFFF;
    read(fields_of(item, pcl_flow_default_masks()->udp, supported));
  } else {
    rte_flow_item_sctp supported{};
    supported.hdr.src_port = supported.hdr.dst_port = 0xFFFF;
    read(fields_of(item, pcl_flow_default_masks()->sctp, supported));
  }
  match_.source_port = source;
  match_.destination_port = destination;
}

void PatternReader::icmp(const rte_flow_item& item, std::uint8_t protocol) {
  to(Layer::transport, item, Layer::network, "layer 4 stands behind IPV4 or IPV6");
  if (ip4_ != (protocol == kIcmp)) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_, "ICMP goes with IPV4 and ICMP6 with IPV6");
  }
  restrict_protocol(item, Values{{protocol, protocol}});
  restrict_fragments(item, std::bitset<4>(0xF & ~(1U << static_cast<unsigned>(Fragment::later))));
  Values types, codes;
  if (protocol == kIcmp) {
    rte_flow_item_icmp supported{};
    supported.hdr.icmp_type = supported.hdr.icmp_code = 0xFF;
    const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->icmp, supported);
    types = values(item, spec.hdr.icmp_type, last.hdr.icmp_type, mask.hdr.icmp_type, 8, "type");
    codes = values(item, spec.hdr.icmp_code, last.hdr.icmp_code, mask.hdr.icmp_code, 8, "code");
  } else {
    rte_flow_item_icmp6 supported{};
    supported.type = supported.code = 0xFF;
    const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->icmp6, supported);
    types = values(item, spec.type, last.type, mask.type, 8, "type");
    codes = values(item, spec.code, last.code, mask.code, 8, "code");
  }
  match_.source_port = types;
  match_.destination_port = codes;
}

void PatternReader::represented_port(const rte_flow_item& item) {
  if (layer_ != Layer::start) {
    refuse(item, &item, RTE_FLOW_ERROR_TYPE_ITEM, EINVAL, name_, "stands in front of ETH");
  }
  rte_flow_item_ethdev supported{};
  supported.port_id = 0xFFFF;
  const auto [spec, last, mask] = fields_of(item, pcl_flow_default_masks()->ethdev, supported);
  if (mask.port_id != 0xFFFF || (last.port_id != 0 && last.port_id != spec.port_id)) {
    refuse(item, item.spec == nullptr ? &item : item.mask, RTE_FLOW_ERROR_TYPE_ITEM_MASK, ENOTSUP, name_,
           "names one port: no partial mask and no range");
  }
  const std::optional<unsigned> wire = wire_of_port_(spec.port_id);
  if (!wire) {
    refuse(item, item.spec, RTE_FLOW_ERROR_TYPE_ITEM_SPEC, EINVAL, name_,
           fmt::format("port {} is not a port of this NIC", spec.port_id));
  }
  ingress_ = std::bitset<8>(1U << *wire);
}

void PatternReader::read(const rte_flow_item& item) {
  switch (item.type) {
    case RTE_FLOW_ITEM_TYPE_VOID:
      return;
    case RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT:
      name_ = "item REPRESENTED_PORT";
      return represented_port(item);
    case RTE_FLOW_ITEM_TYPE_ETH:
      name_ = "item ETH";
      return eth(item);
    case RTE_FLOW_ITEM_TYPE_VLAN:
      name_ = "item VLAN";
      return vlan(item);
    case RTE_FLOW_ITEM_TYPE_IPV4:
      name_ = "item IPV4";
      return ipv4(item);
    case RTE_FLOW_ITEM_TYPE_IPV6:
      name_ = "item IPV6";
      return ipv6(item);
    case RTE_FLOW_ITEM_TYPE_IPV6_FRAG_EXT:
      name_ = "item IPV6_FRAG_EXT";
      return ipv6_fragment(item);
    case RTE_FLOW_ITEM_TYPE_TCP:
      name_ = "item TCP";
      return ports(item, kTcp);
    case RTE_FLOW_ITEM_TYPE_UDP:
      name_ = "item UDP";
      return ports(item, kUdp);
    case RTE_FLOW_ITEM_TYPE_SCTP:
      name_ = "item SCTP";
      return ports(item, kSctp);
    case RTE_FLOW_ITEM_TYPE_ICMP:
      name_ = "item ICMP";
      return icmp(item, kIcmp);
    case RTE_FLOW_ITEM_TYPE_ICMP6:
      name_ = "item ICMP6";
      return icmp(item, kIcmp6);
    default:
      throw FlowError(ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, &item,
                      fmt::format("an item of type {} is nothing that the filter looks at; it knows ETH, VLAN, IPV4, "
                                  "IPV6, IPV6_FRAG_EXT, TCP, UDP, SCTP, ICMP, ICMP6 and REPRESENTED_PORT",
                                  static_cast<int>(item.type)));
  }
}

Match PatternReader::match() const {
  Match match = match_;
  for (unsigned value = 0; value < 256; ++value) {
    match.dscp_tags[value] = dscp_[value & 0x3FU] && tags_[value >> 6U];
    match.context[value] = ingress_[value & 7U] && classes_[(value >> 3U) & 7U] && fragments_[value >> 6U];
  }
  return match;
}

/// Mask with the upper `length` of `bits` bits set.
Address prefix_mask(unsigned length, unsigned bits) {
  const Address all = bits == 128 ? ~Address{0} : (Address{1} << bits) - 1;
  return length == 0 ? 0 : all & ~((length == bits ? Address{1} : Address{1} << (bits - length)) - 1);
}

}  // namespace

policy::IntervalSet<std::uint32_t> field_values(std::uint32_t spec, std::uint32_t last, std::uint32_t mask,
                                                unsigned bits) {
  const std::uint32_t end = (1U << bits) - 1;
  mask &= end;
  const std::uint32_t low = spec & mask;
  const std::uint32_t high = last == 0 ? low : last & mask;
  if (mask == 0) {
    return Values{{0, end}};
  }
  if (mask == end) {
    return Values{{low, high}};
  }
  std::vector<policy::Interval<std::uint32_t>> intervals;
  for (std::uint32_t value = 0; value <= end; ++value) {
    if ((value & mask) < low || (value & mask) > high) {
      continue;
    }
    if (!intervals.empty() && intervals.back().last + 1 == value) {
      intervals.back().last = value;
    } else {
      intervals.push_back({value, value});
    }
  }
  return Values(std::move(intervals));
}

std::optional<policy::IntervalSet<policy::Address>> field_addresses(Address spec, Address last, Address mask,
                                                                    unsigned bits) {
  const Address all = prefix_mask(bits, bits);
  mask &= all;
  const Address low = spec & mask;
  const Address high = last == 0 ? low : last & mask;
  // The mask up to its lowest set bit, and the gaps in it.
  unsigned length = 0;
  while (length < bits && (mask & ~prefix_mask(length, bits)) != 0) {
    ++length;
  }
  const Address gaps = prefix_mask(length, bits) & ~mask;
  const Address below = all & ~prefix_mask(length, bits);
  if (gaps == 0) {
    return IntervalSet<Address>{{low, high | below}};
  }
  if (high != low) {
    return std::nullopt;
  }
  // Every value of the gap bits is an interval.
  std::vector<policy::Interval<Address>> intervals;
  Address gap = 0;
  do {
    if (intervals.size() == kMostAddressRanges) {
      return std::nullopt;
    }
    intervals.push_back({low | gap, low | gap | below});
    gap = (gap - gaps) & gaps;  // the next larger subset of the gap bits
  } while (gap != 0);
  return IntervalSet<Address>(std::move(intervals));
}

policy::Match match_of(const rte_flow_item pattern[], unsigned wire, const WireOfPort& wire_of_port) {
  if (pattern == nullptr) {
    throw FlowError(EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_NUM, nullptr, "there is no pattern");
  }
  PatternReader reader(wire, wire_of_port);
  for (const rte_flow_item* item = pattern; item->type != RTE_FLOW_ITEM_TYPE_END; ++item) {
    reader.read(*item);
  }
  return reader.match();
}

}  // namespace portcullis::pmd
