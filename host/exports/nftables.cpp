// The policy as an nftables ruleset of family bridge.
//
// Frames are sent to a chain by what they are, and each chain holds the entries that such frames can meet, in order.
// Conditions are written so that they hold in a tagged frame too: the kernel takes the outer tag off, `ether type`
// still sees it, and the network header is where it always is.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "exports/export.h"
#include "exports/headers.h"
#include "exports/words.h"
#include "policy/fields.h"
#include "tables/tcam.h"

namespace portcullis::exports {
namespace {

using policy::Address;
using policy::EtherClass;
using policy::IntervalSet;

/// nftables keeps at most 128 bytes of a comment (NFTNL_UDATA_COMMENT_MAXLEN), its end mark included.
constexpr std::size_t kCommentBytes = 120;
constexpr std::uint8_t kAh = 51;

/// Sets of family bridge's `meta protocol` for what is not IP; `other` is what none of them is.
std::string_view ether_type_words(EtherClass type) {
  switch (type) {
    case EtherClass::arp:
      return "0x0806";
    case EtherClass::lldp:
      return "0x88cc";
    case EtherClass::eapol:
      return "0x888e";
    case EtherClass::ptp:
      return "0x88f7";
    case EtherClass::slow:
      return "0x8809";
    default:
      return "";
  }
}

std::string braces(const std::vector<std::string>& words) {
  return words.size() == 1 ? words.front() : fmt::format("{{ {} }}", fmt::join(words, ", "));
}
template <typename T>
std::string set_in_braces(const IntervalSet<T>& set) {
  return set.size() == 1 ? range_words(set.intervals().front()) : fmt::format("{{ {} }}", set_words(set, ", "));
}

class Ruleset {
 public:
  Ruleset(const policy::Policy& policy, const Options& options) : policy_(policy), options_(options) {}

  Exported write() {
    for (std::size_t entry = 0; entry < policy_.entries.size(); ++entry) {
      check(policy_.entries[entry].action, entry);
      add(entry, policy_.entries[entry].match);
    }
    check(policy_.default_action, policy_.entries.size());
    Exported out;
    out.entries = policy_.entries.size();
    out.items = rules_;
    out.unit = "rules";
    out.remarks = {
        "frames with two VLAN tags are dropped and counted (counter two_tags): where their IP header stands is out of "
        "nftables' reach",
        "malformed frames are dropped where the kernel finds them unreadable (counter unreadable); the filter finds "
        "more "
        "causes, and counts each",
        "IPv6 with a second destination-options header in front of AH is judged by what stands behind AH"};
    if (policy_.monitor) {
      out.remarks.front() = "mode monitor: every rule accepts, and the counters say what would have been dropped";
    }
    out.text = text();
    return out;
  }

 private:
  struct Chain {
    std::string name;
    std::string about;
    std::string rules = {};
  };
  enum : std::size_t { kIpv4, kIpv4Later, kIpv6, kIpv6Later, kIpv6Ah, kNonIp };

  void check(const policy::Action& action, std::size_t entry) const {
    const auto refuse = [&](std::string_view what) {
      throw ExportError(
          fmt::format("{}: {}, for which nftables has no rule in a bridge: take it out of the site for "
                      "this export, or use --format p4rt",
                      entry_words(policy_, entry), what));
    };
    if (action.queue) refuse("delivers to a host queue");
    if (action.wire) refuse("redirects to a wire port");
    if (action.mirror) refuse("mirrors to the host");
  }

  // Words of a rule.

  std::string end_words(std::string_view family, std::string_view end,
                        const std::optional<IntervalSet<Address>>& addresses) {
    if (!addresses) return {};
    return fmt::format("{} {} {} ", family, end, address_set(*addresses));
  }

  /// One interval as it is, or the name of a set.
  std::string address_set(const IntervalSet<Address>& set) {
    const auto known = sets_.find(set.intervals());
    if (known != sets_.end()) return "@" + known->second;
    const bool version4 = policy::is_ipv4(set.intervals().front().first);
    std::string comment;
    std::string name = name_of(set, version4, comment);
    if (name.empty()) {
      if (set.size() == 1) return address_words(set.intervals().front());
      name = fmt::format("addresses_{}_v{}", sets_.size() + 1, version4 ? 4 : 6);
    }
    std::vector<std::string> elements;
    for (const auto& interval : set.intervals()) elements.push_back(address_words(interval));
    set_text_ += fmt::format("\tset {} {{\n\t\ttype {}\n\t\tflags interval\n{}\t\telements = {{ {} }}\n\t}}\n", name,
                             version4 ? "ipv4_addr" : "ipv6_addr",
                             comment.empty() ? "" : fmt::format("\t\tcomment \"{}\"\n", comment),
                             fmt::join(elements, ",\n\t\t\t     "));
    sets_.emplace(set.intervals(), name);
    return "@" + name;
  }

  /// The name of a role that has exactly these addresses in this family.
  std::string name_of(const IntervalSet<Address>& set, bool version4, std::string& comment) {
    const IntervalSet<Address> mapped{{policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU}};
    for (std::size_t i = 0; i < options_.names.size(); ++i) {
      const NamedAddresses& named = options_.names[i];
      const auto part = version4 ? intersect(named.addresses, mapped) : subtract(named.addresses, mapped);
      if (part != set) continue;
      comment = one_line(named.name, kCommentBytes);
      std::string name;
      for (const char c : named.name.substr(0, 60)) {
        const bool usual = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (usual) {
          name += c;
        } else if (!name.empty() && name.back() != '_') {
          name += '_';
        }
      }
      while (!name.empty() && name.back() == '_') name.pop_back();
      const bool letter = !name.empty() && !(name.front() >= '0' && name.front() <= '9');
      if (!letter) name = fmt::format("role_{}{}{}", i + 1, name.empty() ? "" : "_", name);
      name += version4 ? "_v4" : "_v6";
      if (!names_.insert(name).second) name = fmt::format("role_{}_{}", i + 1, name);
      names_.insert(name);
      return name;
    }
    return {};
  }

  static std::string protocol_words(const policy::Chunk& protocols) {
    std::vector<std::string> words;
    const IntervalSet<std::uint32_t> values = values_of(protocols);
    for (const auto& run : values.intervals()) words.push_back(range_words(run));
    return braces(words);
  }

  /// Ternary words where one is enough, otherwise a set of values.
  static std::string flags_words(const policy::Chunk& flags) {
    const auto words = tables::ternary_words(flags);
    if (words.size() == 1) return fmt::format("tcp flags & {:#04x} == {:#04x} ", words[0].mask, words[0].value);
    const auto others = tables::ternary_words(~flags);
    if (others.size() == 1) return fmt::format("tcp flags & {:#04x} != {:#04x} ", others[0].mask, others[0].value);
    return fmt::format("@th,104,8 {} ", set_in_braces(values_of(flags)));
  }

  static std::string tag_words(const Tags& tags, std::string_view dscp_field) {
    std::string words;
    const unsigned counts = tags.counts & 3U;  // two tags never come here
    if (counts == 1) words += "ether type != { 0x8100, 0x88a8 } ";
    if (counts == 2) {
      words += "ether type { 0x8100, 0x88a8 } ";
      if (tags.vlan) words += fmt::format("@ll,116,12 {} ", set_in_braces(*tags.vlan));
    }
    if (tags.dscp) words += fmt::format("{} {} ", dscp_field, set_in_braces(*tags.dscp));
    return words;
  }

  std::string ingress_words(std::uint8_t ingress) const {
    if (ingress == 0xFF) return {};
    std::vector<std::string> names;
    for (unsigned port = 0; port < policy::kMaxIngressPorts; ++port) {
      if ((ingress & (1U << port)) == 0) continue;
      names.push_back(fmt::format(
          "\"{}\"", port < options_.interfaces.size() ? options_.interfaces[port] : fmt::format("port{}", port)));
    }
    return fmt::format("iifname {} ", braces(names));
  }

  static std::string layer4_words(const IpHeaders& headers) {
    std::string words;
    const auto one = [&words](std::string_view field, const std::optional<IntervalSet<std::uint32_t>>& set) {
      if (set) words += fmt::format("{} {} ", field, set_in_braces(*set));
    };
    one(headers.icmp ? "@th,0,8" : "th sport", headers.source_port);
    one(headers.icmp ? "@th,8,8" : "th dport", headers.destination_port);
    if (headers.tcp_flags) words += flags_words(*headers.tcp_flags);
    return words;
  }

  // Rules.

  std::string outcome(std::size_t entry) const {
    const bool is_default = entry >= policy_.entries.size();
    const policy::Action& action = is_default ? policy_.default_action : policy_.entries[entry].action;
    std::string words = is_default ? "counter name default_action " : fmt::format("counter name entry_{} ", entry);
    if (action.mark) words += fmt::format("meta mark set {:#010x} ", *action.mark);
    words += action.permit || policy_.monitor ? "accept" : "drop";
    return words;
  }

  void rule(std::size_t chain, std::size_t entry, const std::string& conditions) {
    if (++rules_ > kMostItems) {
      throw ExportError(fmt::format("more than {} nftables rules at {}: compile a smaller site", kMostItems,
                                    entry_words(policy_, entry)));
    }
    chains_[chain].rules += fmt::format("\t\t{}{} comment \"{}\"\n", conditions, outcome(entry),
                                        origin_words(policy_.entries[entry].from, kCommentBytes));
  }

  void add(std::size_t entry, const policy::Match& match) {
    for (const IpHeaders& h : ip_headers(match, EtherClass::ipv4)) {
      if ((h.tags.counts & 3U) == 0) continue;
      const std::string ends = end_words("ip", "saddr", h.source) + end_words("ip", "daddr", h.destination);
      const std::string protocol =
          h.protocols ? fmt::format("meta l4proto {} ", protocol_words(*h.protocols)) : std::string();
      const std::string rest = layer4_words(h) + tag_words(h.tags, "@nh,8,6") + ingress_words(h.ingress);
      if ((h.fragments & kWithHeader) != 0) {
        const unsigned states = h.fragments & kWithHeader;
        rule(kIpv4, entry,
             ends +
                 (states == kWithHeader ? ""
                  : states == kFirst    ? "ip frag-off & 0x2000 != 0 "
                                        : "ip frag-off & 0x2000 == 0 ") +
                 protocol + rest);
      }
      if ((h.fragments & kLater) != 0) rule(kIpv4Later, entry, ends + protocol + rest);
    }
    for (const IpHeaders& h : ip_headers(match, EtherClass::ipv6)) {
      if ((h.tags.counts & 3U) == 0) continue;
      const std::string ends = end_words("ip6", "saddr", h.source) + end_words("ip6", "daddr", h.destination);
      const std::string rest = layer4_words(h) + tag_words(h.tags, "@nh,4,6") + ingress_words(h.ingress);
      const std::string protocols = h.protocols ? protocol_words(*h.protocols) : std::string();
      for (const std::string_view state : states6(h.fragments)) {
        const std::string start = fmt::format("{}{}", ends, state);
        rule(kIpv6, entry, start + (h.protocols ? fmt::format("meta l4proto {} ", protocols) : "") + rest);
        const bool takes_ah = !h.asks_layer4() && (!h.protocols || (*h.protocols)[kAh]);
        if (takes_ah) rule(kIpv6Ah, entry, start + rest);
      }
      if ((h.fragments & kLater) != 0) {
        rule(kIpv6Later, entry,
             ends + (h.protocols ? fmt::format("meta protocol ip6 frag nexthdr {} ", protocols) : "") + rest);
      }
    }
    for (const OtherFrames& f : other_frames(match)) {
      if ((f.tags.counts & 3U) == 0) continue;
      for (const std::string& types : type_words(f.types)) {
        rule(kNonIp, entry, types + tag_words(f.tags, "") + ingress_words(f.ingress));
      }
    }
  }

  /// Conditions of which one holds for an IPv6 packet with its upper-layer header in one of these states. The protocol
  /// is asked for here: what nft would add on its own looks for it in the link header, where a tag may stand.
  static std::vector<std::string_view> states6(unsigned fragments) {
    switch (fragments & kWithHeader) {
      case kWithHeader:
        return {""};
      case kFirst:
        return {"meta protocol ip6 frag more-fragments 1 "};
      case kWhole:  // an atomic fragment is whole
        return {"meta protocol ip6 exthdr frag missing ", "meta protocol ip6 frag more-fragments 0 "};
      default:
        return {};
    }
  }

  /// `other` is all that is none of the others, so it comes as what the frame is not.
  static std::vector<std::string> type_words(const std::vector<EtherClass>& types) {
    constexpr std::array kNamed = {EtherClass::arp, EtherClass::lldp, EtherClass::eapol, EtherClass::ptp,
                                   EtherClass::slow};
    std::vector<std::string> in;
    std::vector<std::string> out;
    for (const EtherClass type : kNamed) {
      const bool taken = std::find(types.begin(), types.end(), type) != types.end();
      (taken ? in : out).emplace_back(ether_type_words(type));
    }
    const bool other = std::find(types.begin(), types.end(), EtherClass::other) != types.end();
    if (other) return {out.empty() ? "" : fmt::format("meta protocol != {} ", braces(out))};
    return {fmt::format("meta protocol {} ", braces(in))};
  }

  std::string text() {
    const std::string verdict = policy_.monitor ? "accept" : "drop";
    std::string out = fmt::format(
        "# {}: {} entries. Load with `nft -f`; the bridge's ports are the filter's wire ports.\n"
        "# Counters keep the entries' numbers: `nft list counters table bridge portcullis`.\n"
        "table bridge portcullis\ndelete table bridge portcullis\n\ntable bridge portcullis {{\n",
        one_line(options_.subject, 200), policy_.entries.size());
    for (std::size_t entry = 0; entry < policy_.entries.size(); ++entry) {
      out += fmt::format("\tcounter entry_{} {{ comment \"{}\"; }}\n", entry,
                         origin_words(policy_.entries[entry].from, kCommentBytes));
    }
    out +=
        "\tcounter default_action { comment \"no entry matched\"; }\n"
        "\tcounter two_tags { comment \"frames with two VLAN tags\"; }\n"
        "\tcounter unreadable { comment \"IP packets that the kernel cannot read\"; }\n\n";
    out += set_text_;
    const std::string otherwise = fmt::format("\t\t{} comment \"default\"\n", outcome(policy_.entries.size()));
    for (const Chain& chain : chains_) {
      out += fmt::format("\n\t# {}\n\tchain {} {{\n{}{}\t}}\n", chain.about, chain.name, chain.rules, otherwise);
    }
    out += fmt::format(
        "\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy {0};\n"
        "\t\tmeta protocol {{ 0x8100, 0x88a8 }} counter name two_tags {0}\n"
        "\t\tmeta protocol ip ip frag-off & 0x1fff != 0 goto ipv4_later\n"
        "\t\tmeta protocol ip meta l4proto 0-127 goto ipv4\n"
        "\t\tmeta protocol ip meta l4proto 128-255 goto ipv4\n"
        "\t\tmeta protocol ip6 ip6 nexthdr 51 goto ipv6_ah\n"
        "\t\tmeta protocol ip6 hbh nexthdr 51 goto ipv6_ah\n"
        "\t\tmeta protocol ip6 rt nexthdr 51 goto ipv6_ah\n"
        "\t\tmeta protocol ip6 dst nexthdr 51 goto ipv6_ah\n"
        "\t\tmeta protocol ip6 frag frag-off != 0 goto ipv6_later\n"
        "\t\tmeta protocol ip6 frag nexthdr 51 goto ipv6_ah\n"
        "\t\tmeta protocol ip6 meta l4proto 0-127 goto ipv6\n"
        "\t\tmeta protocol ip6 meta l4proto 128-255 goto ipv6\n"
        "\t\tmeta protocol {{ ip, ip6 }} counter name unreadable {0}\n"
        "\t\tgoto non_ip\n\t}}\n}}\n",
        verdict);
    return out;
  }

  /// Intervals in an order for the map of sets.
  struct Less {
    bool operator()(const std::vector<policy::Interval<Address>>& a,
                    const std::vector<policy::Interval<Address>>& b) const {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first != y.first ? x.first < y.first : x.last < y.last;
      });
    }
  };

  const policy::Policy& policy_;
  const Options& options_;
  std::array<Chain, 6> chains_ = {
      Chain{"ipv4", "IPv4 with its layer-4 header"},
      Chain{"ipv4_later", "IPv4 fragments behind the first: they have no ports"},
      Chain{"ipv6", "IPv6 with its layer-4 header"},
      Chain{"ipv6_later",
            "IPv6 fragments behind the first: they have no ports, and their protocol is the fragment "
            "header's"},
      Chain{"ipv6_ah", "IPv6 with AH, at which the filter's walk over the headers ends"},
      Chain{"non_ip", "frames that are not IP"}};
  std::map<std::vector<policy::Interval<Address>>, std::string, Less> sets_;
  std::set<std::string> names_;
  std::string set_text_;
  std::size_t rules_ = 0;
};

}  // namespace

Exported to_nftables(const policy::Policy& policy, const Options& options) { return Ruleset(policy, options).write(); }

}  // namespace portcullis::exports
