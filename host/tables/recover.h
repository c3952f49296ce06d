// Table image back to a policy: each entry's sets of intervals, read from boundaries and bitmap rows alone.
#pragma once

#include "policy/policy.h"
#include "tables/image.h"

namespace portcullis::tables {

/// The policy that an engine with this image enforces. Sets are cut to what the field can present (ports 0 to kNoPort,
/// VLAN IDs 0 to kMaxVlan). Splits and row counts are not in an image and stay empty. Takes time linear in the image.
/// Boundaries may be in any order.
policy::Policy recover(const TableImage& image);

}  // namespace portcullis::tables
