// Sets of packets in words.
#include "policy/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "policy/fields.h"
#include "policy/regions.h"

namespace portcullis::policy {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmpv6 = 58;

bool within(const IntervalSet<Address>& inner, const IntervalSet<Address>& outer) {
  return subtract(inner, outer).empty();
}

std::string flag_names(unsigned flags) {
  constexpr std::array<std::string_view, 8> kNames = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  std::vector<std::string_view> set;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if ((flags >> bit) & 1U) set.push_back(kNames[bit]);
  }
  return set.empty() ? "none" : fmt::format("{}", fmt::join(set, "+"));
}

std::vector<std::string> flags_in_words(Chunk flags) {
  // What is not TCP presents all flags: that value says nothing about TCP.
  const auto without_top = [](Chunk chunk) {
    chunk.reset(kNoFlags);
    return chunk;
  };
  flags = without_top(flags);
  const Chunk established = established_flags();
  if (flags == without_top(established)) return {"ACK or RST"};
  if (flags == without_top(~established)) return {"neither ACK nor RST"};
  // "SYN" alone: what one value and mask says.
  for (unsigned mask = 1; mask < 256; ++mask) {
    for (unsigned value = mask;; value = (value - 1) & mask) {
      Chunk chunk;
      for (unsigned f = 0; f < 256; ++f) chunk[f] = (f & mask) == value;
      if (without_top(chunk) == flags) {
        std::vector<std::string> parts;
        if (value != 0) parts.push_back(flag_names(value) + " set");
        if ((mask & ~value) != 0) parts.push_back(flag_names(mask & ~value) + " clear");
        return {fmt::format("{}", fmt::join(parts, ", "))};
      }
      if (value == 0) break;
    }
  }
  std::vector<std::string> values;
  for (unsigned f = 0; f < 256; ++f) {
    if (flags[f]) values.push_back(fmt::format("0x{:02x}", f));
  }
  return values;
}

template <typename T>
std::vector<std::string> numbers(const IntervalSet<T>& set) {
  std::vector<std::string> out;
  for (const auto& i : set.intervals()) {
    out.push_back(i.first == i.last ? fmt::format("{}", i.first) : fmt::format("{}-{}", i.first, i.last));
  }
  return out;
}

std::vector<std::string> numbers(const Chunk& values) {
  std::vector<Interval<std::uint32_t>> intervals;
  for (std::uint32_t v = 0; v < 256; ++v) {
    if (values[v]) intervals.push_back({v, v});
  }
  return numbers(IntervalSet<std::uint32_t>(std::move(intervals)));
}

std::vector<std::string> protocols_in_words(const Chunk& protocols, const Chunk& possible) {
  std::vector<std::string> out;
  const auto name = [&](const Chunk& chunk) {
    for (unsigned p = 0; p < 256; ++p) {
      if (chunk[p]) out.push_back(protocol_name(static_cast<std::uint8_t>(p)));
    }
  };
  const Chunk others = possible & ~protocols;
  if (others.count() < 8 && protocols.count() > 8) {
    name(others);
    return {fmt::format("any but {}", fmt::join(out, ", "))};
  }
  if (protocols.count() > 8) {
    // Numbers of those without a name, as ranges.
    Chunk unnamed;
    Chunk named;
    for (unsigned p = 0; p < 256; ++p) {
      if (!protocols[p]) continue;
      const std::string text = protocol_name(static_cast<std::uint8_t>(p));
      (text.find_first_not_of("0123456789") == std::string::npos ? unnamed : named).set(p);
    }
    name(named);
    const auto ranges = numbers(unnamed);
    out.insert(out.end(), ranges.begin(), ranges.end());
    return out;
  }
  name(protocols);
  return out;
}

// The three small sets that a context is made of; one bit per value.
struct Context {
  unsigned ingress = 0, classes = 0, fragments = 0;
};
Context split(const Chunk& chunk) {
  Context out;
  for (unsigned v = 0; v < 256; ++v) {
    if (!chunk[v]) continue;
    out.ingress |= 1U << (v & 7U);
    out.classes |= 1U << ((v >> 3U) & 7U);
    out.fragments |= 1U << (v >> 6U);
  }
  return out;
}

std::vector<std::string> bits_in_words(unsigned bits, const std::array<std::string_view, 8>& names) {
  std::vector<std::string> out;
  for (unsigned b = 0; b < 8; ++b) {
    if ((bits >> b) & 1U) out.emplace_back(names[b]);
  }
  return out;
}

std::string join_some(const std::vector<std::string>& values, std::size_t most) {
  if (values.size() <= most + 1) return fmt::format("{}", fmt::join(values, ", "));
  return fmt::format("{} and {} more",
                     fmt::join(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(most), ", "),
                     values.size() - most);
}

}  // namespace

AddressNames AddressNames::of(const Site& site) {
  AddressNames out;
  for (const Role& role : site.roles) {
    if (!role.none && role.addresses != any_address()) out.names.push_back({role.name, role.addresses});
  }
  // The widest first, so that few names say much; the first of equals is kept.
  const auto size = [](const IntervalSet<Address>& set) {
    long double count = 0;
    for (const auto& i : set.intervals()) count += static_cast<long double>(i.last - i.first) + 1;
    return count;
  };
  std::stable_sort(out.names.begin(), out.names.end(),
                   [&](const Name& a, const Name& b) { return size(a.addresses) > size(b.addresses); });
  return out;
}

AddressNames AddressNames::of(const Site& a, const Site& b) {
  AddressNames out = of(a);
  std::erase_if(out.names, [&](const Name& name) {
    const Role* other = b.find_role(name.name);
    return other != nullptr && other->addresses != name.addresses;
  });
  for (const Name& name : of(b).names) {
    if (a.find_role(name.name) == nullptr) out.names.push_back(name);
  }
  return out;
}

std::vector<std::string> prefixes(const IntervalSet<Address>& set) {
  std::vector<std::string> out;
  const IntervalSet<Address> mapped{{kMappedPrefix, kMappedPrefix | 0xFFFF'FFFFU}};
  const IntervalSet<Address> parts[] = {intersect(set, mapped), subtract(set, mapped)};
  const IntervalSet<Address> all6 = subtract(any_address(), mapped);
  for (unsigned version = 0; version < 2; ++version) {
    if (version == 1 && parts[1] == all6) {
      out.push_back("::/0");
      continue;
    }
    for (const auto& i : parts[version].intervals()) {
      if (i.first == i.last) {
        out.push_back(to_string(i.first));
        continue;
      }
      // A prefix holds a power of two and starts at a multiple of it.
      const Address size = i.last - i.first + 1;  // 0: everything
      const bool is_prefix = size != 0 && (size & (size - 1)) == 0 && (i.first & (size - 1)) == 0;
      if (!is_prefix) {
        out.push_back(fmt::format("{}-{}", to_string(i.first), to_string(i.last)));
        continue;
      }
      unsigned bits = 0;
      for (Address s = size; s > 1; s >>= 1) ++bits;
      out.push_back(fmt::format("{}/{}", to_string(i.first), (version == 0 ? 32 : 128) - bits));
    }
  }
  return out;
}

std::vector<std::string> addresses_in_words(const IntervalSet<Address>& set, const AddressNames& names) {
  if (set == any_address()) return {"any"};
  for (const AddressNames::Name& name : names.names) {
    if (name.addresses == set) return {name.name};
  }
  std::vector<std::string> out;
  IntervalSet<Address> left = set;
  for (const AddressNames::Name& name : names.names) {
    if (left.empty()) break;
    // A name that adds nothing to those before it is left out.
    if (!within(name.addresses, set) || intersect(name.addresses, left).empty()) continue;
    out.push_back(name.name);
    left = subtract(left, name.addresses);
  }
  if (left.empty()) return out;
  // Everything but a few names is shorter said so.
  const IntervalSet<Address> others = subtract(any_address(), set);
  if (left.size() > 4 || set.size() > 8) {
    std::vector<std::string> missing;
    IntervalSet<Address> rest = others;
    for (const AddressNames::Name& name : names.names) {
      if (rest.empty() || !within(name.addresses, others) || intersect(name.addresses, rest).empty()) continue;
      missing.push_back(name.name);
      rest = subtract(rest, name.addresses);
    }
    for (const std::string& prefix : prefixes(rest)) missing.push_back(prefix);
    if (missing.size() < out.size() + prefixes(left).size()) {
      return {fmt::format("any but {}", fmt::join(missing, ", "))};
    }
  }
  for (const std::string& prefix : prefixes(left)) out.push_back(prefix);
  return out;
}

std::vector<std::string> ports_in_words(const IntervalSet<std::uint32_t>& set) {
  std::vector<std::string> out = numbers(intersect(set, IntervalSet<std::uint32_t>{{0, kNoPort - 1}}));
  if (set.contains(kNoPort)) out.push_back("none");
  return out;
}

std::vector<FieldInWords> fields_in_words(const Match& wide, const AddressNames& names) {
  const Match box = as_presented(wide);
  const Match open = unasked(wide);
  std::vector<FieldInWords> out;
  const auto add = [&](std::string field, std::vector<std::string> values) {
    out.push_back({std::move(field), std::move(values)});
  };
  if (box.context != open.context) {
    const Context asked = split(box.context);
    Context possible = split(open.context);
    if (asked.classes != possible.classes) {
      add("ethertype",
          bits_in_words(asked.classes, {"other", "IPv4", "IPv6", "ARP", "LLDP", "EAPOL", "PTP", "slow protocols"}));
    }
    // Frames of some classes have no fragments: that these are whole says nothing then.
    Chunk of_classes;
    for (unsigned v = 0; v < 256; ++v)
      of_classes[v] = open.context[v] && ((asked.classes >> ((v >> 3U) & 7U)) & 1U) != 0;
    possible = split(of_classes);
    if (asked.ingress != possible.ingress) {
      add("ingress", bits_in_words(asked.ingress, {"0", "1", "2", "3", "4", "5", "6", "7"}));
    }
    if (asked.fragments != possible.fragments) {
      add("fragment", bits_in_words(asked.fragments, {"whole packets", "first fragments", "later fragments"}));
    }
  }
  if (box.protocol != open.protocol) add("protocol", protocols_in_words(box.protocol, open.protocol));
  if (box.source != open.source) add("source", addresses_in_words(box.source, names));
  if (box.destination != open.destination) add("destination", addresses_in_words(box.destination, names));
  Chunk icmp;
  icmp.set(kIcmp);
  icmp.set(kIcmpv6);
  const bool messages = (box.protocol & ~icmp).none();
  if (box.source_port != open.source_port) add(messages ? "icmp_type" : "source_port", ports_in_words(box.source_port));
  if (box.destination_port != open.destination_port) {
    add(messages ? "icmp_code" : "destination_port", ports_in_words(box.destination_port));
  }
  if (box.tcp_flags != open.tcp_flags && box.protocol[kTcp]) add("tcp_flags", flags_in_words(box.tcp_flags));
  if (box.vlan != open.vlan) add("vlan", numbers(box.vlan));
  if (box.dscp_tags != open.dscp_tags) {
    Chunk dscp, tags, open_dscp, open_tags;
    for (unsigned v = 0; v < 256; ++v) {
      if (box.dscp_tags[v]) dscp.set(v & 0x3FU), tags.set(v >> 6U);
      if (open.dscp_tags[v]) open_dscp.set(v & 0x3FU), open_tags.set(v >> 6U);
    }
    if (tags != open_tags) add("tags", numbers(tags));
    if (dscp != open_dscp) add("dscp", numbers(dscp));
  }
  return out;
}

std::string in_words(const Match& box, const AddressNames& names, std::size_t most) {
  const std::vector<FieldInWords> fields = fields_in_words(box, names);
  const auto find = [&](std::string_view name) -> const FieldInWords* {
    const auto at = std::find_if(fields.begin(), fields.end(), [&](const FieldInWords& f) { return f.field == name; });
    return at == fields.end() ? nullptr : &*at;
  };
  std::vector<std::string> parts;
  if (const auto* type = find("ethertype")) parts.push_back(join_some(type->values, most));
  if (const auto* protocol = find("protocol")) parts.push_back(join_some(protocol->values, most));
  const auto* source = find("source");
  const auto* destination = find("destination");
  if (source != nullptr || destination != nullptr) {
    parts.push_back(fmt::format("{} -> {}", source != nullptr ? join_some(source->values, most) : "any",
                                destination != nullptr ? join_some(destination->values, most) : "any"));
  }
  for (const auto& [name, label] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"source_port", "from port"},
                                                                            {"destination_port", "to port"},
                                                                            {"icmp_type", "type"},
                                                                            {"icmp_code", "code"},
                                                                            {"tcp_flags", "flags"},
                                                                            {"vlan", "VLAN"},
                                                                            {"tags", "VLAN tags"},
                                                                            {"dscp", "DSCP"},
                                                                            {"ingress", "ingress"},
                                                                            {"fragment", "only"}}) {
    if (const auto* field = find(name)) parts.push_back(fmt::format("{} {}", label, join_some(field->values, most)));
  }
  return parts.empty() ? "every packet" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string packet_in_words(const Key& key) {
  const auto type = static_cast<EtherClass>((key.context >> 3U) & 7U);
  const auto fragment = static_cast<Fragment>(key.context >> 6U);
  std::string out;
  if (type != EtherClass::ipv4 && type != EtherClass::ipv6) {
    out = fmt::format("{} frame", to_string(type));
  } else {
    const bool ports = has_ports(key.protocol) && fragment != Fragment::later;
    const auto end = [&](Address address, std::uint32_t port) {
      if (!ports) return to_string(address);
      return is_ipv4(address) ? fmt::format("{}:{}", to_string(address), port)
                              : fmt::format("[{}]:{}", to_string(address), port);
    };
    const std::string name = protocol_name(key.protocol);
    out = fmt::format("{}{} {} -> {}", name.find_first_not_of("0123456789") == std::string::npos ? "protocol " : "",
                      name, end(key.source, key.source_port), end(key.destination, key.destination_port));
    if ((key.protocol == kIcmp || key.protocol == kIcmpv6) && fragment != Fragment::later) {
      out += fmt::format(", type {} code {}", key.source_port, key.destination_port);
    }
    if (key.protocol == kTcp && fragment != Fragment::later) out += ", flags " + flag_names(key.tcp_flags);
    if ((key.dscp_tags & 0x3FU) != 0) out += fmt::format(", DSCP {}", key.dscp_tags & 0x3FU);
    if (fragment == Fragment::first) out += ", first fragment";
    if (fragment == Fragment::later) out += ", later fragment";
  }
  const unsigned tags = key.dscp_tags >> 6U;
  if (tags > 0) out += fmt::format(", VLAN {}{}", key.vlan, tags > 1 ? " (two tags)" : "");
  if ((key.context & 7U) != 0) out += fmt::format(", ingress {}", key.context & 7U);
  return out;
}

std::string action_in_words(const Action& action, bool monitor) {
  std::string out = action.permit ? "permit" : monitor ? "permit, would drop" : "drop";
  if (action.mark) out += fmt::format(", mark {}", *action.mark);
  if (action.queue) out += fmt::format(", queue {}", *action.queue);
  if (action.wire && !action.queue) out += fmt::format(", redirect {}", *action.wire);
  if (action.mirror) out += ", mirror";
  return out;
}

std::string origin_in_words(const Provenance& from) {
  if (from.line == 0) return fmt::format("{} {}", to_string(from.cause), from.rule);
  const std::string place = fmt::format("{}:{}", from.document, from.line);
  return place == from.rule ? place + (from.reply ? " (replies)" : "") : fmt::format("{} {}", place, from.rule);
}

}  // namespace portcullis::policy
