// What the reference says about each packet of a set, made once before the clock runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "policy/packet.h"
#include "policy/policy.h"
#include "tables/reference.h"
#include "traffic/packets.h"

namespace portcullis::sim {

/// A verdict of the reference, small enough to have one per packet.
struct Expected {
  std::uint64_t action = 0;  ///< action word; of the default action with its monitor bit; 0 for a malformed packet
  std::int32_t entry = -1;   ///< -1: default action or malformed
  policy::Cause cause = policy::Cause::default_action;
  policy::Malformed malformed = policy::Malformed::none;
  bool permit = false;
  bool would_drop = false;
};

/// One per packet of the set: the reference parser and the reference matcher on each frame, in `jobs` threads. `done`
/// counts them.
std::vector<Expected> expect(const policy::Policy& policy, const traffic::PacketSet& packets, unsigned jobs,
                             std::atomic<std::uint64_t>* done = nullptr);

/// The key of a packet, as the reference parser reads it.
policy::ParsedFrame parse(const traffic::PacketSet& packets, std::size_t packet);

}  // namespace portcullis::sim
