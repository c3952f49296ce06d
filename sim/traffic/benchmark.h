// Policies and frames for measurements after RFC 2544 and RFC 8219: frames of stated sizes that meet stated rules.
// Addresses are those set aside for benchmarks: 198.18.0.0/15 (RFC 2544, C.2.2) and 2001:2::/48 (RFC 5180, 8).
#pragma once

#include <cstdint>
#include <vector>

#include "policy/policy.h"
#include "traffic/packets.h"

namespace portcullis::traffic {

enum class Family : std::uint8_t { ipv4, ipv6 };

/// Sizes of frames with FCS, sent in turn.
using FrameSizes = std::vector<unsigned>;
/// The least size with FCS that holds Ethernet, IPv4 or IPv6, and UDP.
unsigned least_udp_frame(Family family);
/// Seven smallest frames, four of 594 and one of 1518 bytes: IP packets of 40, 576 and 1500 bytes in the usual shares
/// (written down with others in RFC 6985). With IPv6 the smallest is 66 bytes, which is what UDP takes.
FrameSizes internet_mix(Family family);

/// At most so many: 32 destination prefixes times 32 sets of ports.
inline constexpr unsigned kMostBenchmarkRules = 1024;
/// `rules` rules (1 to kMostBenchmarkRules) that permit UDP to one of 32 prefixes, in both families, and one of 32
/// pairs of port ranges, each with a mark of its own; the default action is drop. Packets without ports meet the first
/// rule of their prefix. The second policy has the same rules the other way round, with other marks: what one permits
/// the other permits, by another entry.
policy::Policy benchmark_policy(unsigned rules, bool second = false);

/// Frames in which UDP (or, below least_udp_frame(), IPv6 without a next header) goes from random addresses to random
/// rules of benchmark_policy(rules); one in kUnruled meets none and is dropped. Sizes are those of `sizes` in turn,
/// ports in turn from 0 to ports - 1, `count` frames for each port.
PacketSet benchmark_frames(Family family, unsigned rules, const FrameSizes& sizes, unsigned ports, std::size_t count,
                           std::uint64_t seed);
inline constexpr unsigned kUnruled = 16;

}  // namespace portcullis::traffic
