// Packets, sets of packets, actions and origins in words, with the names of the site's roles where there are some.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/interval_set.h"
#include "policy/key.h"
#include "policy/policy.h"
#include "policy/site.h"

namespace portcullis::policy {

/// Names for sets of addresses.
struct AddressNames {
  struct Name {
    std::string name;
    IntervalSet<Address> addresses;
  };
  std::vector<Name> names;  ///< in the order in which they are preferred

  /// The roles of a site that have addresses of their own: not those bound to any or none.
  static AddressNames of(const Site& site);
  /// Names that mean the same in both sites, or that one of them has alone.
  static AddressNames of(const Site& a, const Site& b);
};

/// "10.0.0.0/8", "10.0.0.1", "10.0.0.1-10.0.0.7": the set as prefixes, or as a range where that is shorter.
std::vector<std::string> prefixes(const IntervalSet<Address>& set);
/// Role names whose addresses are all in the set, and prefixes for what is left; "any" for everything.
std::vector<std::string> addresses_in_words(const IntervalSet<Address>& set, const AddressNames& names);
/// "443", "5060-5061", and "none" for packets without ports.
std::vector<std::string> ports_in_words(const IntervalSet<std::uint32_t>& set);

/// One field of a set of packets, as far as the set asks for something there.
struct FieldInWords {
  std::string field;  ///< source, destination, protocol, source_port, destination_port, icmp_type, icmp_code,
                      ///< tcp_flags, vlan, tags, dscp, ethertype, ingress, fragment
  std::vector<std::string> values;
};
/// What a box asks for, field by field; empty if it holds every packet.
std::vector<FieldInWords> fields_in_words(const Match& box, const AddressNames& names);
/// The same on one line: "tcp, Clients -> Web Servers, port 80, 443". Lists longer than `most` values end in "and N
/// more".
std::string in_words(const Match& box, const AddressNames& names, std::size_t most = 12);

/// "tcp 10.0.0.1:1024 -> 192.0.2.1:443, flags SYN".
std::string packet_in_words(const Key& key);
/// "permit, mark 46, queue 3"; in monitor mode "permit, would drop".
std::string action_in_words(const Action& action, bool monitor);
/// "ports.md:12", "site.yaml:30 block-telnet", "essential arp".
std::string origin_in_words(const Provenance& from);

}  // namespace portcullis::policy
