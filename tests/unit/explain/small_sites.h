// Random sites with few addresses and ports, and every packet that their rules can tell apart, one by one.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "policy/build.h"
#include "policy/fields.h"
#include "policy/product.h"
#include "policy/site.h"

namespace portcullis::policy {

inline std::uint64_t test_seed(std::uint64_t usual) {
  const char* given = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : usual;
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  return seed;
}

constexpr const char* kSmallRoles =
    "portcullis: 1\nroles:\n  Web Servers: [192.0.2.0/28, 2001:db8:1::/64]\n  Databases: 192.0.2.8/29\n"
    "  Clients: 10.0.0.0/8\n  Everybody: any\n  Nobody: none\n";

/// Rules and expectations in random words; every edge of theirs lies between two of the values of for_each_packet.
class SmallSites {
 public:
  explicit SmallSites(std::uint64_t seed) : random_(seed) {}

  std::string site(unsigned rules) {
    std::string out = kSmallRoles;
    out += below(4) == 0 ? "default: permit\n" : "default: drop\n";
    out += "essential: []\nrules:\n";
    for (unsigned i = 0; i < rules; ++i) {
      out += "  - {name: rule-" + std::to_string(i) + ", action: " + (below(3) == 0 ? "drop" : "permit") + packets() +
             "}\n";
    }
    return out;
  }

  /// ", source: Clients, protocol: tcp, ...".
  std::string packets() {
    std::string out;
    const auto ends = [&] {
      return std::string(pick(
          {"Web Servers", "Databases", "Clients", "Everybody", "192.0.2.4", "[Clients, Databases]", "10.0.0.0/9"}));
    };
    if (below(3) != 0) out += ", source: " + ends();
    if (below(3) != 0) out += ", destination: " + ends();
    if (below(6) == 0) return out + ", icmp: " + std::string(pick({"8", "3/4", "echo-request"}));
    const bool tcp = below(2) == 0;
    if (tcp) out += ", protocol: tcp";
    if (!tcp && below(2) == 0) out += std::string(", protocol: ") + pick({"udp", "[tcp, udp]"});
    if (below(2) == 0) out += std::string(", destination_port: ") + pick({"443", "[80, 443]", "80-443", "0-442"});
    if (below(5) == 0) out += std::string(", source_port: ") + pick({"443", "1024-65535"});
    if (tcp && below(4) == 0) out += std::string(", tcp_flags: ") + pick({"established", "initial"});
    return out;
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  const char* pick(std::initializer_list<const char*> words) { return words.begin()[below(words.size())]; }

  std::mt19937_64 random_;
};

template <typename F>
void for_each_packet(F&& f) {
  std::vector<Address> addresses;
  for (const char* text : {"9.255.255.255", "10.0.0.0", "10.128.0.1", "192.0.2.0", "192.0.2.4", "192.0.2.5",
                           "192.0.2.8", "192.0.2.16", "2001:db8:1::5", "2001:db8:2::"}) {
    addresses.push_back(parse_address(text));
  }
  constexpr std::uint32_t kPorts[] = {0, 3, 4, 8, 79, 80, 81, 442, 443, 444, 1023, 1024, 65535, kNoPort};
  Key key;
  for (const auto type : {EtherClass::ipv4, EtherClass::ipv6, EtherClass::arp}) {
    for (const auto fragment : {Fragment::whole, Fragment::later}) {
      key.context = make_context(0, type, fragment);
      for (const unsigned protocol : {1U, 6U, 17U, 47U, 58U, 132U}) {
        key.protocol = static_cast<std::uint8_t>(protocol);
        for (const unsigned flags : {0x01U, 0x02U, 0x06U, 0x10U, 0xFFU}) {
          if ((protocol == 6) == (flags == kNoFlags)) continue;
          key.tcp_flags = static_cast<std::uint8_t>(flags);
          for (const Address source : addresses) {
            key.source = source;
            for (const Address destination : addresses) {
              key.destination = destination;
              for (const std::uint32_t source_port : kPorts) {
                key.source_port = source_port;
                for (const std::uint32_t destination_port : kPorts) {
                  key.destination_port = destination_port;
                  f(key);
                }
              }
            }
          }
        }
      }
    }
  }
}

/// Those of for_each_packet that a packet can be.
inline const std::vector<Key>& packets() {
  static const std::vector<Key> all = [] {
    std::vector<Key> out;
    for_each_packet([&](const Key& key) {
      if (std::any_of(presentable().begin(), presentable().end(), [&](const Match& m) { return m.contains(key); })) {
        out.push_back(key);
      }
    });
    return out;
  }();
  return all;
}

/// The rules one after the other.
inline std::optional<std::size_t> first_match(const Policy& policy, const Key& key) {
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    if (policy.entries[i].match.contains(key)) return i;
  }
  return std::nullopt;
}
inline bool permits(const Policy& policy, const Key& key) {
  const auto entry = first_match(policy, key);
  return entry ? policy.entries[*entry].action.permit : policy.default_action.permit;
}

}  // namespace portcullis::policy
