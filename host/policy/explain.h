// Why a packet meets its verdict, and which packets of a set meet a wanted one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diff.h"
#include "policy/policy.h"
#include "policy/regions.h"
#include "policy/site.h"

namespace portcullis::policy {

/// A permitting rule that a packet misses, with the fields by which it does.
struct NearMiss {
  std::size_t entry = 0;
  std::vector<std::string> misses;  ///< "destination port 5062, permitted: 5061"
};

struct Explanation {
  bool permit = false;               ///< as the policy says, whatever the mode
  std::optional<std::size_t> entry;  ///< that decides; none: the default action
  std::vector<std::size_t> hidden;   ///< entries behind it that hold the packet as well
  /// Where no rule permits it: those that come closest, the nearest first, at most three.
  std::vector<NearMiss> nearest;
};

Explanation explain(const Policy& policy, const Key& key);

/// Rows and rules that permit and differ from the packet in the fewest fields; of these those whose values are closest
/// to it.
std::vector<NearMiss> nearest_permits(const Policy& policy, const Key& key, std::size_t most);

/// Which entry decides; none: the default action.
using Decider = std::optional<std::size_t>;
/// The packets of `question` that a wanted entry decides, exactly: `boxes[0]` of the answer.
Regions packets_decided_by(const Policy& policy, const Match& question, const std::function<bool(Decider)>& wanted,
                           std::uint64_t limit = kRegionWork);

/// The packets of `question` whose verdict is `permit`, exactly.
struct VerdictRegions {
  struct Set {
    Match box;
    Key example;
    Deciders by;  ///< in the policy's entries
  };
  std::vector<Set> sets;
  bool decided = true;
};
VerdictRegions packets_with_verdict(const Policy& policy, const Match& question, bool permit,
                                    std::uint64_t limit = kRegionWork);

/// The packets of `question` that are permitted, in two parts without a packet in common.
struct Permitted {
  std::vector<VerdictRegions::Set> by_rows;  ///< by rows and rules
  std::vector<VerdictRegions::Set> answers;  ///< only because they may be answers to what the other side asked for
  bool decided = true;
};
Permitted permitted_packets(const Policy& policy, const Match& question, std::uint64_t limit = kRegionWork);

/// Addresses by a name that people give on a command line: a role of the site, a prefix, an address, or "any". Throws
/// FieldError, also for a role that is bound to none.
IntervalSet<Address> addresses_of(const Site& site, std::string_view text);

}  // namespace portcullis::policy
