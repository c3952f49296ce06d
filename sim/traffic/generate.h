// Traffic made from a policy: what stands on and around every end of every range, then random headers and malformed
// frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "policy/key.h"
#include "policy/packet.h"
#include "policy/policy.h"
#include "traffic/frame.h"
#include "traffic/packets.h"

namespace portcullis::traffic {

/// 64-bit Mersenne Twister: the same numbers from a seed with every standard library.
using Random = std::mt19937_64;

/// Keys at the borders of the policy: for every entry, both families, and each field the two ends and the outer
/// neighbours of each of its ranges (a chunk's set counts as ranges of its values), the other fields inside the entry;
/// its later, first and atomic fragments. Only keys that a frame can present. Without duplicates, in the order of the
/// entries. `ports`: wire ports in use.
std::vector<policy::Key> border_keys(const policy::Policy& policy, unsigned ports);

/// A random key that a frame can present: fields partly at the policy's borders (in any combination), partly anything.
class RandomKeys {
 public:
  RandomKeys(const policy::Policy& policy, unsigned ports);
  policy::Key next(Random& random) const;

 private:
  unsigned ports_;
  std::vector<policy::Address> sources_;
  std::vector<policy::Address> destinations_;
  std::vector<std::uint32_t> source_ports_;
  std::vector<std::uint32_t> destination_ports_;
  std::vector<std::uint16_t> vlans_;
  std::vector<std::uint8_t> protocols_;
};

/// Frames that meet `cause` (not none), one for each way of meeting it.
std::vector<Frame> malformed_frames(policy::Malformed cause);

/// What a made set of packets is composed of.
struct Mixture {
  std::size_t border = 0;
  std::size_t random = 0;
  std::size_t malformed = 0;
};

struct Traffic {
  PacketSet packets;
  Mixture mixture;
};

/// Packets from the rules. All border keys in random order with malformed frames in between (one in 32), then random
/// headers up to `packets`; 0 packets: half as many random headers as border keys, at least 1,000. The same for the
/// same seed.
Traffic make_traffic(const policy::Policy& policy, unsigned ports, std::uint64_t seed, std::size_t packets = 0);

}  // namespace portcullis::traffic
