// The device's counters against the reference's totals.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "device/device.h"
#include "policy/policy.h"
#include "run/session.h"

namespace portcullis::sim {

/// Reads the counters of `policy`'s entries and of all causes in `bank`, and compares packets and bytes with what was
/// sent; a sentence for each that differs. `entry_of_number`: see SessionPlan.
std::vector<std::string> counter_differences(device::Device& device, device::Bank bank, const policy::Policy& policy,
                                             const std::vector<Count>& by_entry, const std::array<Count, 16>& by_cause,
                                             const std::vector<std::int32_t>* entry_of_number = nullptr);

}  // namespace portcullis::sim
