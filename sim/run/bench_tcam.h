// What a plain TCAM, one value/mask word an entry, would hold for the same rules: by arithmetic, without one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace portcullis::sim {

struct TcamCount {
  std::string name;
  unsigned prefixes = 0;    ///< IPv4 prefixes of each role; 0: not a site
  std::size_t entries = 0;  ///< ours
  std::uint64_t tcam = 0;   ///< after prefix expansion of ranges and the product of all lists (tables/tcam.h)
  std::string not_counted;  ///< why, if there is no count
};

/// ClassBench sets acl1, fw1 and ipc1 of 1k in `shared`/classbench, and the sites in `sites` (seed-*.yaml) over the
/// documents in `shared`/seeds with 3, 10 and 30 prefixes a role.
std::vector<TcamCount> count_tcam(const std::filesystem::path& shared, const std::filesystem::path& sites,
                                  std::uint64_t seed = 1);

std::string to_text(const std::vector<TcamCount>& counts);
std::string to_json(const std::vector<TcamCount>& counts);

}  // namespace portcullis::sim
