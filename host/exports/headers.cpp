#include "exports/headers.h"

#include <algorithm>
#include <array>

namespace portcullis::exports {
namespace {

using policy::Address;
using policy::Chunk;
using policy::EtherClass;
using policy::Fragment;
using policy::IntervalSet;
using policy::kNoFlags;
using policy::kNoPort;
using policy::Match;

constexpr unsigned kMostTags = 2;

Chunk chunk_of(std::initializer_list<unsigned> values) {
  Chunk chunk;
  for (const unsigned value : values) chunk.set(value);
  return chunk;
}

/// The tag counts that the entry takes, counts with equal conditions together.
std::vector<Tags> tag_cases(const Match& match, bool ip) {
  std::vector<Tags> cases;
  for (unsigned count = 0; count <= kMostTags; ++count) {
    Tags one;
    one.counts = 1U << count;
    if (count == 0) {
      if (!match.vlan.contains(0)) continue;
    } else if (match.vlan != IntervalSet<std::uint16_t>{{0, policy::kMaxVlan}}) {
      one.vlan = intersect(match.vlan, IntervalSet<std::uint16_t>{{0, policy::kMaxVlan}});
      if (one.vlan->empty()) continue;
    }
    std::vector<policy::Interval<std::uint32_t>> dscp;
    for (unsigned value = 0; value < 64; ++value) {
      if (match.dscp_tags[policy::make_dscp_tags(value, count)]) dscp.push_back({value, value});
    }
    if (ip) {
      if (dscp.empty()) continue;
      if (dscp.size() < 64) one.dscp = IntervalSet<std::uint32_t>(std::move(dscp));
    } else if (!match.dscp_tags[policy::make_dscp_tags(0, count)]) {
      continue;  // a frame that is not IP presents DSCP 0
    }
    const auto same = std::find_if(cases.begin(), cases.end(),
                                   [&](const Tags& t) { return t.vlan == one.vlan && t.dscp == one.dscp; });
    if (same == cases.end()) {
      cases.push_back(std::move(one));
    } else {
      same->counts |= one.counts;
    }
  }
  return cases;
}

/// Ingress ports per fragment state, states with the same ports together.
struct FragmentCase {
  unsigned fragments = 0;
  std::uint8_t ingress = 0;
};
std::vector<FragmentCase> fragment_cases(const Match& match, EtherClass type, unsigned states) {
  std::vector<FragmentCase> cases;
  for (unsigned state = 0; state < 3; ++state) {
    if ((states & (1U << state)) == 0) continue;
    std::uint8_t ingress = 0;
    for (unsigned port = 0; port < policy::kMaxIngressPorts; ++port) {
      if (match.context[policy::make_context(port, type, static_cast<Fragment>(state))]) {
        ingress = static_cast<std::uint8_t>(ingress | (1U << port));
      }
    }
    if (ingress == 0) continue;
    const auto same =
        std::find_if(cases.begin(), cases.end(), [ingress](const FragmentCase& c) { return c.ingress == ingress; });
    if (same == cases.end()) {
      cases.push_back({1U << state, ingress});
    } else {
      same->fragments |= 1U << state;
    }
  }
  return cases;
}

/// The part of `set` in 0 to `last`; absent if that is all of it.
std::optional<IntervalSet<std::uint32_t>> within(const IntervalSet<std::uint32_t>& set, std::uint32_t last) {
  IntervalSet<std::uint32_t> part = intersect(set, IntervalSet<std::uint32_t>{{0, last}});
  if (part == IntervalSet<std::uint32_t>{{0, last}}) return std::nullopt;
  return part;
}

bool nothing(const std::optional<IntervalSet<std::uint32_t>>& set) { return set && set->empty(); }

/// Joins two conditions that differ only in `field` of their protocols or fragment states.
bool join(std::vector<IpHeaders>& all, std::size_t a, std::size_t b) {
  IpHeaders trial = all[b];
  trial.protocols = all[a].protocols;
  if (trial == all[a]) {
    if (all[a].protocols) *all[a].protocols |= *all[b].protocols;
    return true;
  }
  trial = all[b];
  trial.fragments = all[a].fragments;
  if (trial == all[a] && !trial.asks_layer4()) {
    all[a].fragments |= all[b].fragments;
    return true;
  }
  return false;
}

void join_all(std::vector<IpHeaders>& all) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t a = 0; a < all.size(); ++a) {
      for (std::size_t b = a + 1; b < all.size();) {
        if (join(all, a, b)) {
          all.erase(all.begin() + static_cast<std::ptrdiff_t>(b));
          changed = true;
        } else {
          ++b;
        }
      }
    }
  }
}

}  // namespace

std::vector<IpHeaders> ip_headers(const Match& match, EtherClass family) {
  const IntervalSet<Address> mapped{{policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU}};
  const IntervalSet<Address> domain =
      family == EtherClass::ipv4 ? mapped : subtract(IntervalSet<Address>{{0, ~Address{0}}}, mapped);
  IpHeaders common;
  for (const bool at_source : {true, false}) {
    IntervalSet<Address> part = intersect(at_source ? match.source : match.destination, domain);
    if (part.empty()) return {};
    if (part != domain) (at_source ? common.source : common.destination) = std::move(part);
  }

  const Chunk tcp = chunk_of({6});
  const Chunk datagram = chunk_of({17, 132});
  const Chunk icmp = chunk_of({1, 58});
  const Chunk without = ~(tcp | datagram | icmp);
  const bool takes_no_port = match.source_port.contains(kNoPort) && match.destination_port.contains(kNoPort);
  const bool takes_no_flags = match.tcp_flags[kNoFlags];

  std::vector<IpHeaders> all;
  const auto add = [&](IpHeaders headers, const Chunk& protocols, unsigned states) {
    const Chunk taken = match.protocol & protocols;
    if (taken.none() || nothing(headers.source_port) || nothing(headers.destination_port) ||
        (headers.tcp_flags && headers.tcp_flags->none())) {
      return;
    }
    headers.protocols = taken;
    if (!headers.asks_layer4()) headers.icmp = false;
    for (const FragmentCase& c : fragment_cases(match, family, states)) {
      headers.fragments = c.fragments;
      headers.ingress = c.ingress;
      all.push_back(headers);
    }
  };
  IpHeaders with_ports = common;
  with_ports.source_port = within(match.source_port, kNoPort - 1);
  with_ports.destination_port = within(match.destination_port, kNoPort - 1);
  IpHeaders with_flags = with_ports;
  if (!match.tcp_flags.all()) with_flags.tcp_flags = match.tcp_flags;
  add(with_flags, tcp, kWithHeader);
  if (takes_no_flags) {
    add(with_ports, datagram, kWithHeader);
    IpHeaders messages = common;
    messages.icmp = true;
    messages.source_port = within(match.source_port, 255);
    messages.destination_port = within(match.destination_port, 255);
    add(messages, icmp, kWithHeader);
    if (takes_no_port) {
      add(common, without, kWithHeader);
      add(common, ~Chunk{}, kLater);
    }
  }
  join_all(all);

  std::vector<IpHeaders> out;
  for (const Tags& tags : tag_cases(match, true)) {
    for (IpHeaders headers : all) {
      if (headers.protocols->all()) headers.protocols.reset();
      headers.tags = tags;
      out.push_back(std::move(headers));
    }
  }
  return out;
}

std::vector<OtherFrames> other_frames(const Match& match) {
  if (!match.source.contains(0) || !match.destination.contains(0) || !match.source_port.contains(kNoPort) ||
      !match.destination_port.contains(kNoPort) || !match.protocol[0] || !match.tcp_flags[kNoFlags]) {
    return {};
  }
  std::vector<OtherFrames> groups;
  for (const EtherClass type :
       {EtherClass::arp, EtherClass::lldp, EtherClass::eapol, EtherClass::ptp, EtherClass::slow, EtherClass::other}) {
    for (const FragmentCase& c : fragment_cases(match, type, kWhole)) {
      const auto same =
          std::find_if(groups.begin(), groups.end(), [&c](const OtherFrames& g) { return g.ingress == c.ingress; });
      if (same == groups.end()) {
        groups.push_back({{type}, {}, c.ingress});
      } else {
        same->types.push_back(type);
      }
    }
  }
  std::vector<OtherFrames> out;
  for (const Tags& tags : tag_cases(match, false)) {
    for (OtherFrames frames : groups) {
      frames.tags = tags;
      out.push_back(std::move(frames));
    }
  }
  return out;
}

}  // namespace portcullis::exports
