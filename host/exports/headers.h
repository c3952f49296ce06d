// An entry as conditions on headers: for programs that look at packets header by header and have no place for "no
// port" or "not TCP".
//
// The engine's key gives a packet without ports the port kNoPort, and what is not TCP all flags. Here an entry is taken
// apart by what packets can present (docs/design.md, "The key"): TCP, UDP and SCTP, ICMP, other protocols, and later
// fragments; what comes to the same conditions is put together again.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policy/policy.h"

namespace portcullis::exports {

/// Sets of fragment states.
enum FragmentMask : unsigned { kWhole = 1, kFirst = 2, kLater = 4, kWithHeader = kWhole | kFirst, kAllFragments = 7 };

/// Numbers of VLAN tags as bits, with the conditions on them. Frames have 0, 1 or 2 tags.
struct Tags {
  unsigned counts = 7;                                     ///< bit n: n tags
  std::optional<policy::IntervalSet<std::uint16_t>> vlan;  ///< of the outer tag; only where bit 0 is clear
  std::optional<policy::IntervalSet<std::uint32_t>> dscp;  ///< absent: any, or not IP
  friend bool operator==(const Tags&, const Tags&) = default;
};

/// Conditions on the headers of IP packets of one family; all must hold. What is absent is not asked.
struct IpHeaders {
  std::optional<policy::IntervalSet<policy::Address>> source;
  std::optional<policy::IntervalSet<policy::Address>> destination;
  std::optional<policy::Chunk> protocols;
  unsigned fragments = kAllFragments;
  /// Ports of TCP, UDP and SCTP, or, if `icmp`, types and codes. With any of them `fragments` has no kLater and
  /// `protocols` is a subset of those that have the header.
  bool icmp = false;
  std::optional<policy::IntervalSet<std::uint32_t>> source_port;
  std::optional<policy::IntervalSet<std::uint32_t>> destination_port;
  std::optional<policy::Chunk> tcp_flags;  ///< `protocols` is TCP alone
  Tags tags;
  std::uint8_t ingress = 0xFF;  ///< bit n: port n

  bool asks_layer4() const { return source_port || destination_port || tcp_flags; }
  friend bool operator==(const IpHeaders&, const IpHeaders&) = default;
};

/// The packets of `family` (ipv4 or ipv6) in `match`, as a union of conditions.
std::vector<IpHeaders> ip_headers(const policy::Match& match, policy::EtherClass family);

/// Conditions on frames that are not IP.
struct OtherFrames {
  std::vector<policy::EtherClass> types;  ///< never ipv4 or ipv6, never empty
  Tags tags;
  std::uint8_t ingress = 0xFF;
};
std::vector<OtherFrames> other_frames(const policy::Match& match);

}  // namespace portcullis::exports
