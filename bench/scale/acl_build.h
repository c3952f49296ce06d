// DPDK's rte_acl over a policy of IPv4 five-tuples: how long its build takes, and how much memory it has then.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "policy/policy.h"

namespace portcullis::bench {

struct AclBuild {
  double seconds = 0;     ///< processor time of rte_acl_add_rules and rte_acl_build
  std::size_t bytes = 0;  ///< that DPDK's heap gave out for it
  std::string error;      ///< empty, or why there is no figure
};

/// Starts DPDK's environment at the first call. Rules that are not one prefix, range and protocol are an error.
AclBuild build_rte_acl(const policy::Policy& policy);

}  // namespace portcullis::bench
