// Packets and verdicts in words, for reports.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "policy/key.h"
#include "policy/packet.h"
#include "policy/policy.h"

namespace portcullis::sim {

/// "192.0.2.1" or "2001:db8::1".
std::string address_text(policy::Address address);
/// "tcp", "icmpv6", ..., "protocol 47".
std::string protocol_text(std::uint8_t protocol);
/// "ARP", "IPv6", ...
std::string ether_class_text(policy::EtherClass type);
/// "tcp/443", "icmp type 3 code 4", "protocol 47", "ARP"; for later fragments without ports "tcp later fragment".
std::string service_text(const policy::Key& key);
/// "ingress 0, 192.0.2.1 > 198.51.100.2, tcp 40000 > 443, flags 0x02, VLAN 5, DSCP 46".
std::string key_text(const policy::Key& key);
/// "entry 12 (ports.md:23)", "the default action".
std::string entry_text(const policy::Policy& policy, std::size_t entry);
/// Hexadecimal digits, at most `limit` bytes of them, then "...".
std::string hex_text(std::span<const std::uint8_t> bytes, std::size_t limit = 160);

}  // namespace portcullis::sim
