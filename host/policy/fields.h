// The words of one field (a prefix, a port, a protocol, TCP flags, ...) as people write them, to sets of values and
// back.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/interval_set.h"
#include "policy/key.h"
#include "policy/policy.h"
#include "spec/port_row.h"

namespace portcullis::policy {

/// Words that are no value of their field. The message says what is wrong and what would be right, without a place.
class FieldError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A prefix with bits set behind its length. One of its two numbers is a mistake; `network` is what the length says.
class HostBitsError : public FieldError {
 public:
  HostBitsError(const std::string& message, IntervalSet<Address> network)
      : FieldError(message), network_(std::move(network)) {}
  const IntervalSet<Address>& network() const { return network_; }

 private:
  IntervalSet<Address> network_;
};

/// All 2^128 addresses.
IntervalSet<Address> any_address();
/// "192.0.2.0/26", "2001:db8::/48", a single address, or "first-last". An IPv4 prefix is a part of ::ffff:0:0/96 and an
/// IPv6 prefix never is: what it would share with that block is left out, so ::/0 is everything but IPv4. Throws
/// FieldError on bad syntax, a bad length, a reversed range, or IPv4 written as IPv6, and HostBitsError on bits set
/// behind the length.
IntervalSet<Address> parse_prefix(std::string_view text);
/// One IPv4 or IPv6 address.
Address parse_address(std::string_view text);
/// IPv4 addresses with dots, others as RFC 5952 has it.
std::string to_string(Address address);

/// "443", "1000-2000" or "any" (0 to `largest`), and lists of these with commas. `what` names the field in errors:
/// "port".
IntervalSet<std::uint32_t> parse_numbers(std::string_view text, std::string_view what, std::uint32_t largest);
/// A set of ports as rules mean it: 0 to 65535 asks for no port, so it holds kNoPort too.
IntervalSet<std::uint32_t> as_port_field(const IntervalSet<std::uint32_t>& ports);
/// All ports, and none.
IntervalSet<std::uint32_t> any_port();

/// "tcp", "UDP", "47", ...; nullopt is "any". Names are those of IANA's protocol numbers.
std::optional<std::uint8_t> parse_protocol(std::string_view text);
/// Lower-case name, or the number where it has none.
std::string protocol_name(std::uint8_t protocol);
/// True for TCP, UDP and SCTP: the protocols whose ports the parser reads.
bool has_ports(std::uint8_t protocol);

/// One alternative of TCP flags: "syn" (set, the others do not matter), "+syn-ack" (SYN set, ACK clear), "established"
/// (ACK or RST set), "initial" (SYN set, ACK clear), or "0x02/0x12" (value/mask). Gives the values of the flags byte
/// that match.
Chunk parse_tcp_flags(std::string_view text);
/// ACK or RST set: every packet of a TCP connection but its first. Holds kNoFlags, so it admits what is not TCP.
Chunk established_flags();

/// "46", "0-7", "ef", "af41", "cs5", "be", "le", "va": values of the DSCP (IANA "Differentiated Services Field
/// Codepoints").
IntervalSet<std::uint32_t> parse_dscp(std::string_view text);
/// "ipv4", "arp", ... or an EtherType number that has a class of its own.
EtherClass parse_ether_class(std::string_view text);
std::string_view to_string(EtherClass type);

/// "8", "3/4", "133-137" or a name ("echo-request"), as messages of `protocol` (1 or 58).
std::vector<spec::IcmpMessage> parse_icmp(std::string_view text, std::uint8_t protocol);

/// ICMP messages as products of types and codes: the source-port and destination-port fields that match them. Types
/// with the same codes are one product; no message at all is every type.
struct IcmpFields {
  IntervalSet<std::uint32_t> types;
  IntervalSet<std::uint32_t> codes;
};
std::vector<IcmpFields> icmp_fields(const std::vector<spec::IcmpMessage>& messages);

/// The chunk of the context table that holds these classes and ingress ports (bit n: port n), in any fragment state.
Chunk context_chunk(const std::vector<EtherClass>& classes, std::uint8_t ingress = 0xFF);

/// Text of a file as errors quote it: on one line, and cut where it is longer than a line.
std::string shown(std::string_view text);

/// The candidate that `word` was probably meant to be (at most two letters off), or an empty view.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace portcullis::policy
