// What the measurements send: a policy of the size of a port document, and smallest frames that meet it.
#pragma once

#include "policy/policy.h"
#include "traffic/packets.h"

namespace portcullis::sim {

/// Frames differ up to here and then repeat, so that making them and asking the reference is no part of a measurement.
inline constexpr std::size_t kDistinctFrames = 4096;
inline constexpr std::uint64_t kBenchSeed = 1;

/// A hundred rules as a port document makes them: servers' prefixes of both families, lists and ranges of ports,
/// replies.
policy::Policy bench_policy();

/// kDistinctFrames frames of policy::kMinFrame bytes at ingress 0.
traffic::PacketSet smallest_frames(const policy::Policy& policy);

}  // namespace portcullis::sim
