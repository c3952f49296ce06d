// The policy as `flow create` commands of dpdk-testpmd (DPDK 22.11).
//
// A flow item holds one value, prefix or range per field, so an entry is as many flows as its lists ask for. Each entry
// has a priority of its own, the first the highest.
#include <fmt/format.h>

#include <array>

#include "exports/export.h"
#include "exports/headers.h"
#include "exports/words.h"
#include "policy/fields.h"
#include "tables/tcam.h"

namespace portcullis::exports {
namespace {

using policy::Address;
using policy::EtherClass;
using policy::Interval;
using policy::IntervalSet;

/// Conditions of one item, without its name; of several, one must hold.
using Alternatives = std::vector<std::string>;
const Alternatives kAlways = {""};

/// Extension headers behind which an IPv6 packet's protocol stands (docs/design.md, "The parser's rules").
constexpr std::array<unsigned, 3> kWalked = {0, 43, 60};

template <typename T>
std::string range_of(std::string_view field, const Interval<T>& range, unsigned mask) {
  if (range.first == range.last) return fmt::format(" {0} spec {1} {0} mask {2:#x}", field, range.first, mask);
  return fmt::format(" {0} spec {1} {0} last {2} {0} mask {3:#x}", field, range.first, range.last, mask);
}

template <typename T>
Alternatives ranges_of(std::string_view field, const std::optional<IntervalSet<T>>& set, unsigned mask) {
  if (!set) return kAlways;
  Alternatives out;
  for (const auto& range : set->intervals()) out.push_back(range_of(field, range, mask));
  return out;
}

Alternatives addresses_of(std::string_view field, const std::optional<IntervalSet<Address>>& set) {
  if (!set) return kAlways;
  Alternatives out;
  for (const auto& range : set->intervals()) {
    const std::string first = policy::to_string(range.first);
    const std::string_view all =
        policy::is_ipv4(range.first) ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    if (range.first == range.last) {
      out.push_back(fmt::format(" {} is {}", field, first));
    } else if (const auto length = prefix_length(range)) {
      out.push_back(fmt::format(" {0} spec {1} {0} prefix {2}", field, first, *length));
    } else {
      out.push_back(
          fmt::format(" {0} spec {1} {0} last {2} {0} mask {3}", field, first, policy::to_string(range.last), all));
    }
  }
  return out;
}

Alternatives product(const Alternatives& a, const Alternatives& b) {
  if (a.size() * b.size() > kMostItems) {
    throw ExportError(fmt::format("an entry of more than {} flows: use --format nftables or p4rt", kMostItems));
  }
  Alternatives out;
  for (const std::string& x : a) {
    for (const std::string& y : b) out.push_back(x + y);
  }
  return out;
}

Alternatives joined(Alternatives a, const Alternatives& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<unsigned> members(const policy::Chunk& chunk) {
  std::vector<unsigned> out;
  for (unsigned value = 0; value < chunk.size(); ++value) {
    if (chunk[value]) out.push_back(value);
  }
  return out;
}

/// Items from Ethernet to the innermost tag, and no further.
Alternatives link_items(const Tags& tags) {
  if (tags.counts == 7) return {"eth"};
  const Alternatives vlan = ranges_of("vid", tags.vlan, 0xFFF);
  Alternatives out;
  if ((tags.counts & 1U) != 0) out.emplace_back("eth has_vlan is 0");
  if ((tags.counts & 6U) == 6) {
    for (const std::string& vid : vlan)
      out.push_back(fmt::format("eth / vlan{}", vid.empty() ? " has_more_vlan is 0" : vid));
    if (!tags.vlan) out.emplace_back("eth / vlan has_more_vlan is 1 / vlan");
    return out;
  }
  for (const std::string& vid : vlan) {
    if ((tags.counts & 2U) != 0) out.push_back(fmt::format("eth / vlan{} has_more_vlan is 0", vid));
    if ((tags.counts & 4U) != 0) out.push_back(fmt::format("eth / vlan{} has_more_vlan is 1 / vlan", vid));
  }
  return out;
}

/// Items of layer 4, with " / " in front; only for conditions that ask for its fields.
Alternatives layer4_items(const IpHeaders& h) {
  Alternatives out;
  for (const unsigned protocol : members(*h.protocols)) {
    std::string_view item;
    std::string_view source = "src";
    std::string_view destination = "dst";
    switch (protocol) {
      case 6:
        item = "tcp";
        break;
      case 17:
        item = "udp";
        break;
      case 132:
        item = "sctp";
        break;
      default:
        item = protocol == 1 ? "icmp" : "icmp6";
        source = "type";
        destination = "code";
    }
    const unsigned mask = h.icmp ? 0xFF : 0xFFFF;
    Alternatives flags = kAlways;
    if (h.tcp_flags) {
      flags.clear();
      for (const tables::TernaryWord& word : tables::ternary_words(*h.tcp_flags)) {
        flags.push_back(fmt::format(" flags spec {:#04x} flags mask {:#04x}", word.value, word.mask));
      }
    }
    out = joined(std::move(out), product({fmt::format(" / {}", item)},
                                         product(ranges_of(source, h.source_port, mask),
                                                 product(ranges_of(destination, h.destination_port, mask), flags))));
  }
  return out;
}

Alternatives dscp_of(std::string_view field, const Tags& tags) {
  if (!tags.dscp) return kAlways;
  Alternatives out;
  for (const auto& range : tags.dscp->intervals()) {
    // The DSCP is the upper six bits of the byte.
    out.push_back(range_of(field, Interval<std::uint32_t>{range.first << 2U, range.last << 2U}, 0xFC));
  }
  return out;
}

Alternatives protocols_of(std::string_view field, const std::optional<policy::Chunk>& protocols) {
  if (!protocols) return kAlways;
  return ranges_of<std::uint32_t>(field, values_of(*protocols), 0xFF);
}

/// Fragment states of IPv4: more-fragments is 0x2000, the offset 0x1fff (RFC 791).
Alternatives states4(unsigned fragments) {
  constexpr std::string_view kField = "fragment_offset";
  if (fragments == kAllFragments) return kAlways;
  Alternatives out;
  if ((fragments & kWithHeader) == kWithHeader) {
    out.push_back(range_of(kField, Interval<unsigned>{0, 0}, 0x1FFF));
  } else if ((fragments & kWhole) != 0) {
    out.push_back(range_of(kField, Interval<unsigned>{0, 0}, 0x3FFF));
  } else if ((fragments & kFirst) != 0) {
    out.push_back(range_of(kField, Interval<unsigned>{0x2000, 0x2000}, 0x3FFF));
  }
  if ((fragments & kLater) != 0) out.push_back(range_of(kField, Interval<unsigned>{1, 0x1FFF}, 0x1FFF));
  return out;
}

/// Conditions on the fragment header of IPv6: more-fragments is bit 0, the offset the upper 13 bits (RFC 8200, 4.5).
Alternatives frag_data(unsigned fragments) {
  constexpr std::string_view kField = "frag_data";
  if (fragments == kAllFragments) return kAlways;
  Alternatives out;
  if ((fragments & kWithHeader) == kWithHeader) {
    out.push_back(range_of(kField, Interval<unsigned>{0, 0}, 0xFFF8));
  } else if ((fragments & kWhole) != 0) {
    out.push_back(range_of(kField, Interval<unsigned>{0, 0}, 0xFFF9));
  } else if ((fragments & kFirst) != 0) {
    out.push_back(range_of(kField, Interval<unsigned>{1, 1}, 0xFFF9));
  }
  if ((fragments & kLater) != 0) out.push_back(range_of(kField, Interval<unsigned>{8, 0xFFF8}, 0xFFF8));
  return out;
}

Alternatives ipv4_flows(const IpHeaders& h) {
  const bool layer4 = h.asks_layer4();
  Alternatives ip = product({" / ipv4"}, product(addresses_of("src", h.source), addresses_of("dst", h.destination)));
  ip = product(ip, dscp_of("tos", h.tags));
  // The layer-4 item asks for the header, which whole packets and first fragments have.
  if (!layer4) ip = product(ip, protocols_of("proto", h.protocols));
  if (!layer4 || h.fragments != kWithHeader) ip = product(ip, states4(h.fragments));
  return product(link_items(h.tags), layer4 ? product(ip, layer4_items(h)) : ip);
}

/// Packets without and with a fragment header apart, because what tells their protocol stands in different places.
Alternatives ipv6_flows(const IpHeaders& h) {
  const bool layer4 = h.asks_layer4();
  Alternatives ip = product({" / ipv6"}, product(addresses_of("src", h.source), addresses_of("dst", h.destination)));
  ip = product(ip, dscp_of("tc", h.tags));
  if (!layer4 && !h.protocols && h.fragments == kAllFragments) return product(link_items(h.tags), ip);
  Alternatives out;
  if ((h.fragments & kWhole) != 0) {
    Alternatives whole = product(ip, {" has_frag_ext is 0"});
    if (!layer4) whole = product(whole, protocols_of("proto", h.protocols));
    out = layer4 ? product(whole, layer4_items(h)) : whole;
  }
  Alternatives fragment = product(ip, {" has_frag_ext is 1 / ipv6_frag_ext"});
  fragment = product(fragment, frag_data(h.fragments));
  if (!layer4) fragment = product(fragment, protocols_of("next_hdr", h.protocols));
  out = joined(std::move(out), layer4 ? product(fragment, layer4_items(h)) : fragment);
  return product(link_items(h.tags), out);
}

/// The EtherTypes of the classes, where `tags` tags are taken off. Behind two tags a third is just a type.
IntervalSet<std::uint32_t> ether_types(const std::vector<EtherClass>& classes, unsigned tags) {
  std::vector<Interval<std::uint32_t>> named;
  std::vector<Interval<std::uint32_t>> not_other = {{0x0800, 0x0800}, {0x86DD, 0x86DD}};
  if (tags < 2) not_other.insert(not_other.end(), {{0x8100, 0x8100}, {0x88A8, 0x88A8}});
  bool other = false;
  constexpr std::array<std::pair<EtherClass, std::uint32_t>, 5> kTypes = {{{EtherClass::arp, 0x0806},
                                                                           {EtherClass::lldp, 0x88CC},
                                                                           {EtherClass::eapol, 0x888E},
                                                                           {EtherClass::ptp, 0x88F7},
                                                                           {EtherClass::slow, 0x8809}}};
  for (const auto& [type, value] : kTypes) not_other.push_back({value, value});
  for (const EtherClass wanted : classes) {
    other = other || wanted == EtherClass::other;
    for (const auto& [type, value] : kTypes) {
      if (type == wanted) named.push_back({value, value});
    }
  }
  IntervalSet<std::uint32_t> set(std::move(named));
  if (other) {
    set = unite(set, subtract(IntervalSet<std::uint32_t>{{0, 0xFFFF}}, IntervalSet<std::uint32_t>(not_other)));
  }
  return set;
}

Alternatives other_flows(const OtherFrames& f) {
  Alternatives out;
  for (unsigned tags = 0; tags <= 2; ++tags) {
    if ((f.tags.counts & (1U << tags)) == 0) continue;
    const IntervalSet<std::uint32_t> types = ether_types(f.types, tags);
    for (const auto& type : types.intervals()) {
      if (tags == 0) {
        out.push_back(fmt::format("eth{} has_vlan is 0", range_of("type", type, 0xFFFF)));
        continue;
      }
      for (const std::string& vid : ranges_of("vid", f.tags.vlan, 0xFFF)) {
        const std::string inner = range_of("inner_type", type, 0xFFFF);
        out.push_back(tags == 1 ? fmt::format("eth / vlan{}{} has_more_vlan is 0", vid, inner)
                                : fmt::format("eth / vlan{} has_more_vlan is 1 / vlan{}", vid, inner));
      }
    }
  }
  return out;
}

class Flows {
 public:
  Flows(const policy::Policy& policy, const Options& options) : policy_(policy), options_(options) {}

  Exported write() {
    std::string text = fmt::format(
        "# {}: {} entries as flows for ports 0 to {}; `load` this file at testpmd's prompt. A permitted packet goes to "
        "host queue 0,\n# or to its rule's; `flow query PORT ID count` reads an entry's counter, whose identifier is "
        "the entry's number.\n",
        one_line(options_.subject, 200), policy_.entries.size(), options_.ports - 1);
    text += "# IPv6 packets whose protocol stands behind extension headers that no item speaks of\n";
    for (const unsigned header : kWalked) {
      guard(text, fmt::format("eth / ipv6 proto is {}", header));
      guard(text, fmt::format("eth / ipv6 has_frag_ext is 1 / ipv6_frag_ext frag_data spec 0 frag_data mask 0xfff8 "
                              "next_hdr is {}",
                              header));
    }
    for (std::size_t entry = 0; entry < policy_.entries.size(); ++entry) {
      text += fmt::format("# entry {}: {}\n", entry, origin_words(policy_.entries[entry].from, 200));
      add(text, entry, policy_.entries[entry].match);
    }
    text += "# what no entry matches\n";
    for (unsigned port = 0; port < options_.ports; ++port) create(text, port, policy_.entries.size(), "eth");

    Exported out;
    out.text = std::move(text);
    out.entries = policy_.entries.size();
    out.items = flows_;
    out.unit = "flows";
    out.remarks = {fmt::format("IPv6 packets with hop-by-hop, routing or destination options headers are {} by the "
                               "first flows: no flow item tells what stands behind such headers",
                               policy_.monitor ? "permitted" : "dropped"),
                   "malformed frames are judged as the NIC parses them; the filter drops them by cause"};
    if (policy_.monitor) out.remarks.emplace_back("mode monitor: every flow permits, and the counters tell");
    return out;
  }

 private:
  void guard(std::string& text, const std::string& pattern) const {
    for (unsigned port = 0; port < options_.ports; ++port) {
      text += fmt::format("flow create {} group 0 priority 0 ingress pattern {} / end actions {} / end\n", port,
                          pattern, policy_.monitor ? "queue index 0" : "drop");
    }
  }

  std::string actions(std::size_t entry) const {
    const bool is_default = entry >= policy_.entries.size();
    const policy::Action& action = is_default ? policy_.default_action : policy_.entries[entry].action;
    const auto refuse = [&](std::string_view what) {
      throw ExportError(
          fmt::format("{}: {}, for which testpmd has no portable action: take it out of the site for "
                      "this export, or use --format p4rt",
                      entry_words(policy_, entry), what));
    };
    if (action.wire) refuse("redirects to a wire port");
    if (action.mirror) refuse("mirrors to the host");
    std::string words = fmt::format("count identifier {} / ", entry);
    if (action.mark) words += fmt::format("mark id {} / ", *action.mark);
    if (action.permit || policy_.monitor) return words + fmt::format("queue index {}", action.queue.value_or(0));
    return words + "drop";
  }

  void create(std::string& text, unsigned port, std::size_t entry, std::string_view pattern) {
    if (++flows_ > kMostItems) {
      throw ExportError(fmt::format("more than {} flows at {}: use --format nftables or p4rt", kMostItems,
                                    entry_words(policy_, entry)));
    }
    text += fmt::format("flow create {} group 0 priority {} ingress pattern {} / end actions {} / end\n", port,
                        entry + 1, pattern, actions(entry));
  }

  void create_all(std::string& text, std::size_t entry, std::uint8_t ingress, const Alternatives& patterns) {
    for (unsigned port = 0; port < options_.ports; ++port) {
      if ((ingress & (1U << port)) == 0) continue;
      for (const std::string& pattern : patterns) create(text, port, entry, pattern);
    }
  }

  void add(std::string& text, std::size_t entry, const policy::Match& match) {
    for (const IpHeaders& h : ip_headers(match, EtherClass::ipv4)) create_all(text, entry, h.ingress, ipv4_flows(h));
    for (const IpHeaders& h : ip_headers(match, EtherClass::ipv6)) create_all(text, entry, h.ingress, ipv6_flows(h));
    for (const OtherFrames& f : other_frames(match)) create_all(text, entry, f.ingress, other_flows(f));
  }

  const policy::Policy& policy_;
  const Options& options_;
  std::size_t flows_ = 0;
};

}  // namespace

Exported to_testpmd(const policy::Policy& policy, const Options& options) { return Flows(policy, options).write(); }

}  // namespace portcullis::exports
