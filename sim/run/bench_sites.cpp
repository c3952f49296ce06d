#include "run/bench_sites.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "policy/build.h"
#include "policy/site.h"
#include "run/run.h"
#include "traffic/generate.h"

namespace portcullis::sim {

policy::Policy policy_of_site(const std::filesystem::path& site, const std::filesystem::path& documents,
                              unsigned prefixes, std::uint64_t seed) {
  std::ifstream in(site);
  std::ostringstream read;
  read << in.rdbuf();
  if (!in || read.str().empty()) throw RunError(site.string() + ": cannot be read");
  std::string text = read.str();
  const std::string mark = "@SEEDS@";
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;)
    text.replace(at, mark.size(), std::filesystem::absolute(documents).string());
  policy::Site parsed = policy::parse_site(site.string(), text);
  if (prefixes != 0) {
    traffic::Random random(seed);
    // Each role's prefixes lie in slots of their own, every other one of 10.0.0.0/8 cut into /22.
    std::uint32_t slot = 0;
    for (policy::Role& role : parsed.roles) {
      const bool any = role.addresses == policy::IntervalSet<policy::Address>{{0, ~policy::Address{0}}};
      if (role.none || any) continue;
      std::vector<policy::Interval<policy::Address>> intervals;
      for (unsigned i = 0; i < prefixes; ++i) {
        const unsigned bits = 4 + static_cast<unsigned>(random() % 7);
        const policy::Address first = policy::from_ipv4(0x0A000000 + slot % 0x2000 * 0x800);
        intervals.push_back({first, first + (1U << bits) - 1});
        ++slot;
      }
      role.addresses = policy::IntervalSet<policy::Address>(std::move(intervals));
    }
  }
  return policy::build_policy(parsed, policy::read_documents(parsed));
}

}  // namespace portcullis::sim
