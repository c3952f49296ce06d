#include "run/packet_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

namespace portcullis::sim {

using policy::EtherClass;
using policy::Fragment;

std::string address_text(policy::Address address) {
  std::array<std::uint8_t, 16> bytes;
  for (unsigned i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(address >> (120 - 8 * i));
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = policy::is_ipv4(address);
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &bytes[12] : bytes.data(), text.data(), text.size());
  return text.data();
}

std::string protocol_text(std::uint8_t protocol) {
  switch (protocol) {  // IANA "Protocol Numbers"
    case 1:
      return "icmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 47:
      return "gre";
    case 50:
      return "esp";
    case 51:
      return "ah";
    case 58:
      return "icmpv6";
    case 132:
      return "sctp";
    default:
      return fmt::format("protocol {}", protocol);
  }
}

std::string ether_class_text(EtherClass type) {
  constexpr std::array<const char*, 8> kNames = {"other EtherType", "IPv4", "IPv6",         "ARP", "LLDP",
                                                 "EAPOL",           "PTP",  "slow protocol"};
  return kNames[static_cast<unsigned>(type)];
}

std::string service_text(const policy::Key& key) {
  const auto type = static_cast<EtherClass>((key.context >> 3U) & 7U);
  if (type != EtherClass::ipv4 && type != EtherClass::ipv6) return ether_class_text(type);
  const std::string protocol = protocol_text(key.protocol);
  if (key.context >> 6U == static_cast<unsigned>(Fragment::later)) return protocol + " later fragment";
  if (key.destination_port == policy::kNoPort) return protocol;
  if (key.protocol == 1 || key.protocol == 58) {
    return fmt::format("{} type {} code {}", protocol, key.source_port, key.destination_port);
  }
  return fmt::format("{}/{}", protocol, key.destination_port);
}

std::string key_text(const policy::Key& key) {
  const auto type = static_cast<EtherClass>((key.context >> 3U) & 7U);
  std::string text = fmt::format("ingress {}, ", key.context & 7U);
  if (type != EtherClass::ipv4 && type != EtherClass::ipv6) {
    text += ether_class_text(type);
  } else {
    text += fmt::format("{} > {}, ", address_text(key.source), address_text(key.destination));
    const bool icmp = key.protocol == 1 || key.protocol == 58;
    if (key.destination_port == policy::kNoPort || icmp) {
      text += service_text(key);
    } else {
      text += fmt::format("{} {} > {}", protocol_text(key.protocol), key.source_port, key.destination_port);
    }
    if (key.protocol == 6 && key.tcp_flags != policy::kNoFlags) text += fmt::format(", flags 0x{:02x}", key.tcp_flags);
    if (key.context >> 6U == static_cast<unsigned>(Fragment::first)) text += ", first fragment";
    if ((key.dscp_tags & 0x3F) != 0) text += fmt::format(", DSCP {}", key.dscp_tags & 0x3F);
  }
  if (key.dscp_tags >> 6U != 0) text += fmt::format(", VLAN {}", key.vlan);
  return text;
}

std::string entry_text(const policy::Policy& policy, std::size_t entry) {
  if (entry >= policy.entries.size()) return fmt::format("entry {} (there is none)", entry);
  return fmt::format("entry {} ({})", entry, policy.entries[entry].from.rule);
}

std::string hex_text(std::span<const std::uint8_t> bytes, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size() && i < limit; ++i) text += fmt::format("{:02x}", bytes[i]);
  if (bytes.size() > limit) text += "...";
  return text;
}

}  // namespace portcullis::sim
