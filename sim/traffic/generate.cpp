#include "traffic/generate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

namespace portcullis::traffic {
namespace {

using policy::EtherClass;
using policy::Fragment;
using policy::Key;
using policy::kNoFlags;
using policy::kNoPort;

// Typical of what policies name, and protocols without ports beside them (ESP, AH, GRE, OSPF, VRRP).
constexpr std::array<std::uint8_t, 11> kCommonProtocols = {kTcp, kUdp, kIcmp, kIcmp6, kSctp, 47, 50, 51, 89, 112, 4};

constexpr Address kLastAddress = ~Address{0};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t hash = 0x9E3779B97F4A7C15U;
    const auto mix = [&hash](std::uint64_t value) {
      hash ^= value + 0x9E3779B97F4A7C15U + (hash << 12U) + (hash >> 4U);
      hash *= 0xBF58476D1CE4E5B9U;
    };
    mix(static_cast<std::uint64_t>(key.source));
    mix(static_cast<std::uint64_t>(key.source >> 64U));
    mix(static_cast<std::uint64_t>(key.destination));
    mix(static_cast<std::uint64_t>(key.destination >> 64U));
    mix((std::uint64_t{key.source_port} << 32U) | key.destination_port);
    mix((std::uint64_t{key.vlan} << 32U) | (std::uint64_t{key.protocol} << 24U) |
        (std::uint64_t{key.tcp_flags} << 16U) | (std::uint64_t{key.dscp_tags} << 8U) | key.context);
    return static_cast<std::size_t>(hash ^ (hash >> 31U));
  }
};

/// Ends and outer neighbours of a set's intervals, within 0 to `last`.
template <typename T>
std::vector<T> borders(const policy::IntervalSet<T>& set, T last) {
  std::vector<T> out;
  for (const policy::Interval<T>& i : set.intervals()) {
    if (i.first > 0) out.push_back(static_cast<T>(i.first - 1));
    out.push_back(i.first);
    if (i.last != i.first) out.push_back(i.last);
    if (i.last < last) out.push_back(static_cast<T>(i.last + 1));
  }
  return out;
}
std::vector<std::uint8_t> borders(const policy::Chunk& set) {
  std::vector<std::uint8_t> out;
  for (unsigned value = 0; value < 256; ++value) {
    const bool edge = (value > 0 && set[value - 1] != set[value]) || (value < 255 && set[value + 1] != set[value]);
    if (edge) out.push_back(static_cast<std::uint8_t>(value));
  }
  return out;
}

/// A value of the set within the limits, as near to `wanted` as its intervals allow.
template <typename T>
std::optional<T> pick(const policy::IntervalSet<T>& set, T low, T high, T wanted) {
  std::optional<T> best;
  for (const policy::Interval<T>& i : set.intervals()) {
    const T first = std::max(i.first, low);
    const T last = std::min(i.last, high);
    if (first > last) continue;
    if (wanted >= first && wanted <= last) return wanted;
    if (!best) best = first;
  }
  return best;
}

/// What a packet's kind lets its fields be.
struct Kind {
  EtherClass ether;
  std::uint8_t protocol;
  Fragment fragment;
};

bool has_ports(std::uint8_t protocol) {
  return protocol == kTcp || protocol == kUdp || protocol == kSctp || protocol == kIcmp || protocol == kIcmp6;
}

/// A key of this kind inside `match`, or nothing.
std::optional<Key> inside(const policy::Match& match, const Kind& kind, unsigned ports) {
  Key key;
  bool found = false;
  for (unsigned ingress = 0; ingress < ports && !found; ++ingress) {
    key.context = policy::make_context(ingress, kind.ether, kind.fragment);
    found = match.context[key.context];
  }
  if (!found) return std::nullopt;

  found = false;
  for (unsigned tags = 0; tags <= 2 && !found; ++tags) {
    const auto vlan = pick<std::uint16_t>(match.vlan, 0, tags == 0 ? 0 : policy::kMaxVlan, 0);
    if (!vlan) continue;
    for (unsigned dscp = 0; dscp < 64 && !found; ++dscp) {
      key.vlan = *vlan;
      key.dscp_tags = policy::make_dscp_tags(dscp, tags);
      found = match.dscp_tags[key.dscp_tags];
    }
  }
  if (!found) return std::nullopt;

  const bool ip = kind.ether == EtherClass::ipv4 || kind.ether == EtherClass::ipv6;
  key.protocol = ip ? kind.protocol : std::uint8_t{0};
  if (!match.protocol[key.protocol]) return std::nullopt;
  if (kind.ether == EtherClass::ipv4) {
    const auto source = pick<Address>(match.source, policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFFFFFFU,
                                      policy::from_ipv4(0xC6336407));  // 198.51.100.7, RFC 5737
    const auto destination = pick<Address>(match.destination, policy::kMappedPrefix,
                                           policy::kMappedPrefix | 0xFFFFFFFFU, policy::from_ipv4(0xCB007107));
    if (!source || !destination) return std::nullopt;
    key.source = *source;
    key.destination = *destination;
  } else if (kind.ether == EtherClass::ipv6) {
    const Address above = policy::kMappedPrefix + 0x1'0000'0000U;
    const auto source = pick<Address>(match.source, above, kLastAddress, policy::make_address(0x20010db800000007, 7));
    const auto destination =
        pick<Address>(match.destination, above, kLastAddress, policy::make_address(0x20010db800000008, 8));
    if (!source || !destination) return std::nullopt;
    key.source = *source;
    key.destination = *destination;
  } else if (!match.source.contains(0) || !match.destination.contains(0)) {
    return std::nullopt;
  }

  const bool layer4 = ip && kind.fragment != Fragment::later && has_ports(kind.protocol);
  const bool icmp = kind.protocol == kIcmp || kind.protocol == kIcmp6;
  const std::uint32_t low = layer4 ? 0 : kNoPort;
  const std::uint32_t high = layer4 ? (icmp ? 0xFF : 0xFFFF) : kNoPort;
  const auto source_port = pick<std::uint32_t>(match.source_port, low, high, icmp ? 8 : 40000);
  const auto destination_port = pick<std::uint32_t>(match.destination_port, low, high, icmp ? 0 : 40001);
  if (!source_port || !destination_port) return std::nullopt;
  key.source_port = *source_port;
  key.destination_port = *destination_port;
  if (layer4 && kind.protocol == kTcp) {
    constexpr std::array<std::uint8_t, 4> kUsual = {0x02, 0x10, 0x04, 0x18};  // SYN, ACK, RST, PSH and ACK
    const auto* usual = std::find_if(kUsual.begin(), kUsual.end(), [&](std::uint8_t f) { return match.tcp_flags[f]; });
    unsigned flags = usual != kUsual.end() ? *usual : 0U;
    if (usual == kUsual.end()) {
      while (flags < 256 && !match.tcp_flags[flags]) ++flags;
      if (flags == 256) return std::nullopt;
    }
    key.tcp_flags = static_cast<std::uint8_t>(flags);
  } else if (!match.tcp_flags[kNoFlags]) {
    return std::nullopt;
  }
  return key;
}

/// Keys in order of arrival, each once, and only what a frame can present.
class KeyCollector {
 public:
  void add(const Key& key) {
    if (seen_.insert(key).second && frame_presenting(key)) keys_.push_back(key);
  }
  std::vector<Key> take() { return std::move(keys_); }

 private:
  std::unordered_set<Key, KeyHash> seen_;
  std::vector<Key> keys_;
};

/// `base` with each field in turn at the borders of the entry.
void add_borders(const policy::Match& match, const Key& base, unsigned ports, KeyCollector& out) {
  out.add(base);
  const auto vary = [&](auto member, const auto& values) {
    for (const auto value : values) {
      Key key = base;
      key.*member = value;
      out.add(key);
    }
  };
  vary(&Key::source, borders<Address>(match.source, kLastAddress));
  vary(&Key::destination, borders<Address>(match.destination, kLastAddress));
  vary(&Key::source_port, borders<std::uint32_t>(match.source_port, kNoPort));
  vary(&Key::destination_port, borders<std::uint32_t>(match.destination_port, kNoPort));
  vary(&Key::tcp_flags, borders(match.tcp_flags));
  vary(&Key::dscp_tags, borders(match.dscp_tags));
  for (const std::uint16_t vlan : borders<std::uint16_t>(match.vlan, policy::kMaxVlan)) {
    Key key = base;
    key.vlan = vlan;
    if (vlan != 0 && (key.dscp_tags >> 6U) == 0) key.dscp_tags |= 1U << 6U;
    out.add(key);
  }
  // A protocol and a context decide which other fields there are, so these change with them.
  for (const std::uint8_t protocol : borders(match.protocol)) {
    Key key = base;
    key.protocol = protocol;
    if (!has_ports(protocol)) {
      key.source_port = key.destination_port = kNoPort;
    } else if (base.source_port == kNoPort || protocol == kIcmp || protocol == kIcmp6) {
      key.source_port = key.destination_port = 0;
    }
    key.tcp_flags = protocol == kTcp ? 0x10 : kNoFlags;
    out.add(key);
  }
  for (unsigned ingress = 0; ingress < ports; ++ingress) {
    Key key = base;
    key.context = static_cast<std::uint8_t>((base.context & ~7U) | ingress);
    out.add(key);
  }
  for (unsigned tags = 0; tags <= 2; ++tags) {
    Key key = base;
    key.dscp_tags = policy::make_dscp_tags(base.dscp_tags, tags);
    if (tags == 0) key.vlan = 0;
    out.add(key);
  }
}

template <typename T>
const T& any_of(const std::vector<T>& values, Random& random) {
  return values[random() % values.size()];
}

}  // namespace

std::vector<Key> border_keys(const policy::Policy& policy, unsigned ports) {
  KeyCollector out;
  for (const policy::Entry& entry : policy.entries) {
    // Protocols that the entry asks for, the common ones first; three at most, for a rule on all protocols would
    // otherwise repeat every border 256 times.
    std::vector<std::uint8_t> protocols;
    const auto consider = [&](std::uint8_t protocol) {
      if (protocols.size() < 3 && entry.match.protocol[protocol] &&
          std::find(protocols.begin(), protocols.end(), protocol) == protocols.end()) {
        protocols.push_back(protocol);
      }
    };
    for (const std::uint8_t protocol : kCommonProtocols) consider(protocol);
    for (unsigned protocol = 0; protocol < 256; ++protocol) consider(static_cast<std::uint8_t>(protocol));

    for (const EtherClass ether : {EtherClass::ipv4, EtherClass::ipv6}) {
      bool first_protocol = true;
      for (const std::uint8_t protocol : protocols) {
        for (const Fragment fragment : {Fragment::whole, Fragment::first, Fragment::later}) {
          const auto base = inside(entry.match, {ether, protocol, fragment}, ports);
          if (base && fragment == Fragment::whole && first_protocol) {
            add_borders(entry.match, *base, ports, out);
            first_protocol = false;
          } else if (base) {
            out.add(*base);
          }
        }
        // A later fragment of what the entry admits, whether it admits that or not.
        if (auto later = inside(entry.match, {ether, protocol, Fragment::whole}, ports)) {
          later->source_port = later->destination_port = kNoPort;
          later->tcp_flags = kNoFlags;
          later->context = policy::make_context(later->context, ether, Fragment::later);
          out.add(*later);
        }
      }
    }
    for (const EtherClass ether :
         {EtherClass::other, EtherClass::arp, EtherClass::lldp, EtherClass::eapol, EtherClass::ptp, EtherClass::slow}) {
      if (const auto base = inside(entry.match, {ether, 0, Fragment::whole}, ports))
        add_borders(entry.match, *base, ports, out);
    }
  }
  // Every kind of frame that no entry may have asked for.
  for (unsigned ingress = 0; ingress < ports; ++ingress) {
    for (unsigned ether = 0; ether < 8; ++ether) {
      if (ether == 1 || ether == 2) continue;
      for (unsigned tags = 0; tags <= 2; ++tags) {
        Key key;
        key.dscp_tags = policy::make_dscp_tags(0, tags);
        key.context = policy::make_context(ingress, static_cast<EtherClass>(ether), Fragment::whole);
        out.add(key);
      }
    }
  }
  return out.take();
}

RandomKeys::RandomKeys(const policy::Policy& policy, unsigned ports)
    : ports_(ports),
      sources_{policy::from_ipv4(0xC6336407)},
      destinations_{policy::from_ipv4(0xCB007107)},
      source_ports_{0, 0xFFFF},
      destination_ports_{0, 0xFFFF},
      vlans_{0, policy::kMaxVlan},
      protocols_(kCommonProtocols.begin(), kCommonProtocols.end()) {
  const auto append = [](auto& to, const auto& values) { to.insert(to.end(), values.begin(), values.end()); };
  for (const policy::Entry& entry : policy.entries) {
    append(sources_, borders<Address>(entry.match.source, kLastAddress));
    append(destinations_, borders<Address>(entry.match.destination, kLastAddress));
    append(source_ports_, borders<std::uint32_t>(entry.match.source_port, kNoPort));
    append(destination_ports_, borders<std::uint32_t>(entry.match.destination_port, kNoPort));
    append(vlans_, borders<std::uint16_t>(entry.match.vlan, policy::kMaxVlan));
    if (entry.match.protocol.count() < 128) append(protocols_, borders(entry.match.protocol));
  }
}

Key RandomKeys::next(Random& random) const {
  const auto one_in = [&random](unsigned n) { return random() % n == 0; };
  for (;;) {
    Key key;
    const unsigned ingress = static_cast<unsigned>(random() % ports_);
    const unsigned tags = one_in(4) ? 1 + static_cast<unsigned>(random() % 2) : 0;
    if (tags > 0)
      key.vlan = one_in(2) ? any_of(vlans_, random) : static_cast<std::uint16_t>(random() & policy::kMaxVlan);
    key.dscp_tags = policy::make_dscp_tags(one_in(2) ? 0 : static_cast<unsigned>(random() & 0x3F), tags);
    if (one_in(32)) {
      constexpr std::array<EtherClass, 6> kOthers = {EtherClass::other, EtherClass::arp, EtherClass::lldp,
                                                     EtherClass::eapol, EtherClass::ptp, EtherClass::slow};
      key.dscp_tags = policy::make_dscp_tags(0, tags);
      key.context = policy::make_context(ingress, kOthers[random() % kOthers.size()], Fragment::whole);
      return key;
    }
    const auto address = [&](const std::vector<Address>& pool, bool v4) -> Address {
      if (!one_in(4)) {
        // The pool's own families differ from entry to entry; a few draws find one of this family if there are any.
        for (int attempt = 0; attempt < 8; ++attempt) {
          const Address candidate = any_of(pool, random);
          if (policy::is_ipv4(candidate) == v4) return candidate;
        }
      }
      return v4 ? policy::from_ipv4(static_cast<std::uint32_t>(random())) : policy::make_address(random(), random());
    };
    const bool v4 = one_in(2);
    key.source = address(sources_, v4);
    key.destination = address(destinations_, v4);
    key.protocol = one_in(16) ? static_cast<std::uint8_t>(random()) : any_of(protocols_, random);
    const auto fragment = static_cast<Fragment>(one_in(8) ? random() % 3 : 0);
    key.context = policy::make_context(ingress, v4 ? EtherClass::ipv4 : EtherClass::ipv6, fragment);
    if (fragment != Fragment::later && has_ports(key.protocol)) {
      const std::uint32_t mask = key.protocol == kIcmp || key.protocol == kIcmp6 ? 0xFF : 0xFFFF;
      const auto port = [&](const std::vector<std::uint32_t>& pool) {
        return (one_in(4) ? static_cast<std::uint32_t>(random()) : any_of(pool, random)) & mask;
      };
      key.source_port = port(source_ports_);
      key.destination_port = port(destination_ports_);
      if (key.protocol == kTcp) key.tcp_flags = one_in(2) ? std::uint8_t{0x02} : static_cast<std::uint8_t>(random());
    }
    if (frame_presenting(key)) return key;
  }
}

std::vector<Frame> malformed_frames(policy::Malformed cause) {
  using policy::Malformed;
  Frame v4;
  v4.from = policy::from_ipv4(0xC0000201);  // 192.0.2.1, RFC 5737
  v4.to = policy::from_ipv4(0xC6336401);
  v4.protocol = kTcp;
  v4.source_port = 40000;
  v4.destination_port = 443;
  v4.payload = 40;
  Frame v6 = v4;
  v6.ether_type = kEtherIpv6;
  v6.from = policy::make_address(0x20010db800000000, 1);  // RFC 3849
  v6.to = policy::make_address(0x20010db800000000, 2);

  std::vector<Frame> out;
  const auto from = [&out](const Frame& base, auto change) {
    Frame frame = base;
    change(frame);
    out.push_back(std::move(frame));
  };
  const Extension first_fragment{.type = kFragmentHeader, .more_fragments = true};
  const Extension atomic{.type = kFragmentHeader};
  switch (cause) {
    case Malformed::none:
      break;
    case Malformed::truncated:
      from(v4, [](Frame& f) { f.ip_length = 101; });
      from(v6, [](Frame& f) { f.ip_length = 61; });
      from(v4, [](Frame& f) { f.ip_length = 0xFFFF; });
      break;
    case Malformed::version:
      from(v4, [](Frame& f) { f.ip_version = 6; });
      from(v6, [](Frame& f) { f.ip_version = 4; });
      from(v4, [](Frame& f) { f.ip_version = 0; });
      break;
    case Malformed::bad_length:
      from(v4, [](Frame& f) { f.ipv4_header_words = 4; });
      from(v4, [](Frame& f) { f.ip_length = 19; });
      from(v4, [](Frame& f) { f.ipv4_options = 8, f.ip_length = 27; });
      from(v4, [](Frame& f) { f.tcp_header_words = 4; });
      from(v6, [](Frame& f) { f.tcp_header_words = 0; });
      from(v4, [](Frame& f) { f.protocol = kUdp, f.udp_length = 7; });
      from(v4, [](Frame& f) { f.protocol = kUdp, f.udp_length = 49; });
      from(v6, [](Frame& f) { f.protocol = kUdp, f.udp_length = 49; });
      from(v6, [](Frame& f) { f.extensions = {{.type = kHopByHop}}, f.extension_units = 40; });
      from(v6, [](Frame& f) { f.extensions = {{.type = kHopByHop}}, f.ip_length = 7; });
      break;
    case Malformed::chain_too_deep:
      from(v6, [](Frame& f) { f.extensions.assign(5, {.type = kDestinationOptions}); });
      from(v6, [&](Frame& f) { f.extensions = {atomic, atomic}; });
      from(v6, [&](Frame& f) { f.extensions = {first_fragment, {.type = kRouting}, atomic}; });
      from(v6, [](Frame& f) { f.extensions = {{.type = kHopByHop, .length = 104}, {.type = kRouting}}; });
      from(v6, [](Frame& f) { f.extensions = {{.type = kDestinationOptions, .length = 96}}; });
      break;
    case Malformed::short_first_fragment:
      from(v4, [](Frame& f) { f.more_fragments = true, f.layer4_bytes = 19; });
      from(v4, [](Frame& f) { f.more_fragments = true, f.tcp_header_words = 15, f.layer4_bytes = 59; });
      from(v4, [](Frame& f) { f.more_fragments = true, f.protocol = kUdp, f.layer4_bytes = 7; });
      from(v6, [&](Frame& f) { f.extensions = {first_fragment}, f.layer4_bytes = 16; });
      from(v6, [&](Frame& f) { f.extensions = {first_fragment}, f.protocol = kIcmp6, f.layer4_bytes = 3; });
      from(v6, [&](Frame& f) { f.extensions = {first_fragment, {.type = kRouting}}, f.extension_units = 40; });
      from(v6, [&](Frame& f) { f.extensions = {first_fragment, {.type = kRouting}}, f.ip_length = 15; });
      break;
    case Malformed::tcp_offset_one:
      from(v4, [](Frame& f) { f.fragment_offset = 1; });
      from(v4, [](Frame& f) { f.fragment_offset = 1, f.more_fragments = true; });
      from(v6, [](Frame& f) { f.extensions = {{.type = kFragmentHeader, .fragment_offset = 1}}; });
      break;
    case Malformed::mapped_address:
      from(v6, [](Frame& f) { f.from = policy::from_ipv4(0xC0000201); });
      from(v6, [](Frame& f) { f.to = policy::from_ipv4(0); });
      from(v6, [](Frame& f) { f.from = f.to = policy::from_ipv4(0xFFFFFFFF); });
      break;
    case Malformed::short_layer4:
      from(v4, [](Frame& f) { f.layer4_bytes = 19; });
      from(v4, [](Frame& f) { f.tcp_header_words = 15, f.layer4_bytes = 59; });
      from(v6, [](Frame& f) { f.protocol = kUdp, f.layer4_bytes = 7; });
      from(v4, [](Frame& f) { f.protocol = kSctp, f.layer4_bytes = 11; });
      from(v4, [](Frame& f) { f.protocol = kIcmp, f.layer4_bytes = 7; });
      from(v6, [](Frame& f) { f.protocol = kIcmp6, f.layer4_bytes = 3; });
      from(v6, [&](Frame& f) { f.extensions = {atomic}, f.layer4_bytes = 0; });
      break;
  }
  return out;
}

Traffic make_traffic(const policy::Policy& policy, unsigned ports, std::uint64_t seed, std::size_t packets) {
  constexpr std::size_t kRandomAtLeast = 1000;
  constexpr unsigned kOneMalformedIn = 32;
  Random random(seed);
  std::vector<Key> keys = border_keys(policy, ports);
  // Fisher-Yates by hand: std::shuffle differs between standard libraries.
  for (std::size_t i = keys.size(); i > 1; --i) std::swap(keys[i - 1], keys[random() % i]);

  std::vector<std::vector<std::uint8_t>> malformed;
  for (unsigned cause = 1; cause <= static_cast<unsigned>(policy::Malformed::short_layer4); ++cause) {
    for (const Frame& frame : malformed_frames(static_cast<policy::Malformed>(cause)))
      malformed.push_back(build(frame));
  }

  const RandomKeys random_keys(policy, ports);
  const std::size_t wanted =
      packets > 0 ? packets : keys.size() + malformed.size() + std::max(keys.size() / 2, kRandomAtLeast);
  Traffic traffic;
  std::size_t next_malformed = 0;
  while (traffic.packets.size() < wanted) {
    if (traffic.packets.size() % kOneMalformedIn == kOneMalformedIn - 1) {
      traffic.packets.add(malformed[next_malformed], static_cast<unsigned>(random() % ports));
      next_malformed = (next_malformed + 1) % malformed.size();
      ++traffic.mixture.malformed;
      continue;
    }
    const bool border = traffic.mixture.border < keys.size();
    const Key key = border ? keys[traffic.mixture.border] : random_keys.next(random);
    ++(border ? traffic.mixture.border : traffic.mixture.random);
    Frame frame = *frame_presenting(key);
    // Half of the whole packets carry some payload, so that frames differ in length; atomic fragments count as whole.
    const bool ip = frame.ether_type == kEtherIpv4 || frame.ether_type == kEtherIpv6;
    if (ip && random() % 2 == 0) frame.payload += static_cast<unsigned>(random() % 128);
    if (frame.ether_type == kEtherIpv6 && frame.extensions.empty() && random() % 8 == 0) {
      frame.extensions.push_back({.type = kFragmentHeader});
    }
    traffic.packets.add(build(frame), key.context & 7U);
  }
  return traffic;
}

}  // namespace portcullis::traffic
