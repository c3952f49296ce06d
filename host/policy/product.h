// Products of unions as regions of the key space: tests, pieces of a difference, the regions that packets can present,
// and the search for a key that no earlier product holds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "policy/key.h"
#include "policy/policy.h"

namespace portcullis::policy {

/// Some key is in both.
bool intersects(const Match& a, const Match& b);
Match intersect(const Match& a, const Match& b);
/// Fields of `box` that reach outside `cover`: 0 means that `cover` holds all of `box`.
unsigned fields_outside(const Match& box, const Match& cover);
/// `box` without `hole`, as disjoint products, at most one per field.
std::vector<Match> subtract(Match box, const Match& hole);
/// The lowest value of every field; the product must not be empty.
Key lowest_key(const Match& match);
/// Cuts the sets to what a field can present at all: ports 0 to kNoPort, VLAN IDs 0 to kMaxVlan.
Match within_domain(Match match);

/// The keys that packets can present, as disjoint products (docs/design.md, "The key" and "The parser's rules"): TCP
/// flags only with TCP, ports only with TCP, UDP and SCTP, types and codes with ICMP and ICMPv6, none of them in later
/// fragments, mapped addresses with IPv4 and no others, no address without IP, no VLAN ID without a tag. Any ingress
/// port (0 to 7) is possible.
const std::vector<Match>& presentable();

/// Counts down the comparisons of two products that a search may still make. A search that runs out says so: it never
/// answers "none" then.
struct WorkLimit {
  std::uint64_t left = 0;
  bool exhausted = false;
  bool spend() {
    if (left == 0) exhausted = true;
    if (left != 0) --left;
    return !exhausted;
  }
};

/// A key of `box` that no product of `above` holds. None: there is none, or `limit` ran out.
std::optional<Key> find_uncovered(const Match& box, std::span<const Match* const> above, WorkLimit& limit);

}  // namespace portcullis::policy
