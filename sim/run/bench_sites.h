// Policies to measure: sites whose roles have a stated number of prefixes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "policy/policy.h"

namespace portcullis::sim {

/// The policy of a site file in which each role that is bound to prefixes has `prefixes` IPv4 prefixes instead, /22 to
/// /28, that do not touch each other; 0 leaves the roles as they are. `@SEEDS@` in the file stands for the folder
/// `documents`. The same prefixes for the same seed. Throws policy::SiteError.
policy::Policy policy_of_site(const std::filesystem::path& site, const std::filesystem::path& documents,
                              unsigned prefixes, std::uint64_t seed);

}  // namespace portcullis::sim
