// Products of unions: set algebra and search.
#include "policy/product.h"

#include <algorithm>
#include <utility>

namespace portcullis::policy {
namespace {

// Chunks first: they are cheap to compare and tell most pairs apart.
template <typename F>
bool all_fields(F&& f) {
  return f(&Match::context) && f(&Match::protocol) && f(&Match::destination_port) && f(&Match::source) &&
         f(&Match::destination) && f(&Match::source_port) && f(&Match::vlan) && f(&Match::tcp_flags) &&
         f(&Match::dscp_tags);
}

bool meet(const Chunk& a, const Chunk& b) { return (a & b).any(); }
template <typename T>
bool meet(const IntervalSet<T>& a, const IntervalSet<T>& b) {
  auto i = a.intervals().begin();
  auto j = b.intervals().begin();
  while (i != a.intervals().end() && j != b.intervals().end()) {
    if (i->last < j->first) {
      ++i;
    } else if (j->last < i->first) {
      ++j;
    } else {
      return true;
    }
  }
  return false;
}

bool within(const Chunk& inner, const Chunk& outer) { return (inner & ~outer).none(); }
template <typename T>
bool within(const IntervalSet<T>& inner, const IntervalSet<T>& outer) {
  auto j = outer.intervals().begin();
  for (const auto& i : inner.intervals()) {
    while (j != outer.intervals().end() && j->last < i.first) ++j;
    if (j == outer.intervals().end() || i.first < j->first || i.last > j->last) return false;
  }
  return true;
}

Chunk common(const Chunk& a, const Chunk& b) { return a & b; }
template <typename T>
IntervalSet<T> common(const IntervalSet<T>& a, const IntervalSet<T>& b) {
  return intersect(a, b);
}
Chunk without(const Chunk& a, const Chunk& b) { return a & ~b; }
template <typename T>
IntervalSet<T> without(const IntervalSet<T>& a, const IntervalSet<T>& b) {
  return subtract(a, b);
}
bool is_empty(const Chunk& a) { return a.none(); }
template <typename T>
bool is_empty(const IntervalSet<T>& a) {
  return a.empty();
}

std::uint8_t lowest(const Chunk& chunk) { return static_cast<std::uint8_t>(chunk._Find_first()); }
template <typename T>
T lowest(const IntervalSet<T>& set) {
  return set.intervals().front().first;
}

Chunk values(std::initializer_list<unsigned> list) {
  Chunk chunk;
  for (const unsigned value : list) chunk.set(value);
  return chunk;
}

// Context rows of an EtherType class in some fragment states, at any ingress port.
Chunk contexts(EtherClass type, std::initializer_list<Fragment> fragments) {
  Chunk chunk;
  for (unsigned ingress = 0; ingress < kMaxIngressPorts; ++ingress) {
    for (const Fragment fragment : fragments) chunk.set(make_context(ingress, type, fragment));
  }
  return chunk;
}

constexpr unsigned kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpV6 = 58, kSctp = 132;  // IANA protocol numbers

std::vector<Match> make_presentable() {
  constexpr std::uint32_t kMaxPort = 0xFFFF;
  const IntervalSet<Address> mapped{{kMappedPrefix, kMappedPrefix | 0xFFFF'FFFFU}};
  const IntervalSet<std::uint32_t> no_port{{kNoPort, kNoPort}};
  const auto no_flags = values({kNoFlags});

  std::vector<Match> regions;
  // Every region twice: untagged, and with one or two tags.
  const auto add = [&regions](Match region, bool ip) {
    for (unsigned tags = 0; tags <= 1; ++tags) {
      Chunk dscp_tags;
      for (unsigned count = tags; count <= 2 * tags; ++count) {
        for (unsigned dscp = 0; dscp < (ip ? 64U : 1U); ++dscp) dscp_tags.set(make_dscp_tags(dscp, count));
      }
      region.dscp_tags = dscp_tags;
      region.vlan = {{0, tags == 0 ? std::uint16_t{0} : kMaxVlan}};
      regions.push_back(region);
    }
  };

  for (const EtherClass family : {EtherClass::ipv4, EtherClass::ipv6}) {
    Match ip = Match::any();
    ip.source = family == EtherClass::ipv4 ? mapped : subtract(ip.source, mapped);
    ip.destination = ip.source;
    ip.context = contexts(family, {Fragment::whole, Fragment::first});

    Match tcp = ip;
    tcp.protocol = values({kTcp});
    tcp.source_port = tcp.destination_port = {{0, kMaxPort}};
    add(tcp, true);

    Match datagram = tcp;
    datagram.protocol = values({kUdp, kSctp});
    datagram.tcp_flags = no_flags;
    add(datagram, true);

    Match icmp = datagram;
    icmp.protocol = values({kIcmp, kIcmpV6});
    icmp.source_port = icmp.destination_port = {{0, 255}};
    add(icmp, true);

    Match other = datagram;
    other.protocol = ~values({kTcp, kUdp, kSctp, kIcmp, kIcmpV6});
    // The walk over IPv6 extension headers never ends at one of these.
    if (family == EtherClass::ipv6) other.protocol &= ~values({0, 43, 44, 60});
    other.source_port = other.destination_port = no_port;
    add(other, true);

    Match later = other;
    later.protocol.set();
    later.context = contexts(family, {Fragment::later});
    add(later, true);
  }

  Match bare = Match::any();
  bare.source = bare.destination = {{0, 0}};
  bare.source_port = bare.destination_port = no_port;
  bare.protocol = values({0});
  bare.tcp_flags = no_flags;
  bare.context.reset();
  for (const EtherClass type :
       {EtherClass::other, EtherClass::arp, EtherClass::lldp, EtherClass::eapol, EtherClass::ptp, EtherClass::slow}) {
    bare.context |= contexts(type, {Fragment::whole});
  }
  add(bare, false);
  return regions;
}

}  // namespace

bool intersects(const Match& a, const Match& b) {
  return all_fields([&](auto field) { return meet(a.*field, b.*field); });
}

Match intersect(const Match& a, const Match& b) {
  Match out;
  all_fields([&](auto field) {
    out.*field = common(a.*field, b.*field);
    return true;
  });
  return out;
}

unsigned fields_outside(const Match& box, const Match& cover) {
  unsigned outside = 0;
  all_fields([&](auto field) {
    outside += within(box.*field, cover.*field) ? 0 : 1;
    return true;
  });
  return outside;
}

std::vector<Match> subtract(Match box, const Match& hole) {
  std::vector<Match> pieces;
  if (!intersects(box, hole)) return {std::move(box)};
  // Each piece is outside `hole` in one field, and inside it in all fields before that one.
  all_fields([&](auto field) {
    auto outside = without(box.*field, hole.*field);
    if (!is_empty(outside)) {
      Match piece = box;
      piece.*field = std::move(outside);
      pieces.push_back(std::move(piece));
      box.*field = common(box.*field, hole.*field);
    }
    return true;
  });
  return pieces;
}

Key lowest_key(const Match& match) {
  Key key;
  key.source = lowest(match.source);
  key.destination = lowest(match.destination);
  key.source_port = lowest(match.source_port);
  key.destination_port = lowest(match.destination_port);
  key.vlan = lowest(match.vlan);
  key.protocol = lowest(match.protocol);
  key.tcp_flags = lowest(match.tcp_flags);
  key.dscp_tags = lowest(match.dscp_tags);
  key.context = lowest(match.context);
  return key;
}

Match within_domain(Match match) {
  const IntervalSet<std::uint32_t> ports{{0, kNoPort}};
  match.source_port = intersect(match.source_port, ports);
  match.destination_port = intersect(match.destination_port, ports);
  match.vlan = intersect(match.vlan, IntervalSet<std::uint16_t>{{0, kMaxVlan}});
  return match;
}

const std::vector<Match>& presentable() {
  static const std::vector<Match> regions = make_presentable();
  return regions;
}

std::optional<Key> find_uncovered(const Match& box, std::span<const Match* const> above, WorkLimit& limit) {
  if (box.empty()) return std::nullopt;
  std::vector<const Match*> live;
  const Match* split = nullptr;
  unsigned fewest = kTables + 1;
  for (const Match* match : above) {
    if (!limit.spend()) return std::nullopt;
    if (!intersects(box, *match)) continue;
    const unsigned outside = fields_outside(box, *match);
    if (outside == 0) return std::nullopt;
    live.push_back(match);
    if (outside < fewest) {
      fewest = outside;
      split = match;
    }
  }
  if (live.empty()) return lowest_key(box);
  // Splitting by the product that reaches furthest makes the fewest pieces; with one piece it only trims the box.
  std::erase(live, split);
  for (const Match& piece : subtract(box, *split)) {
    if (auto key = find_uncovered(piece, live, limit)) return key;
    if (limit.exhausted) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace portcullis::policy
