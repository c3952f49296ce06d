#include "run/bench_tcam.h"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "policy/classbench.h"
#include "run/bench_sites.h"
#include "tables/tcam.h"

namespace portcullis::sim {
namespace {

TcamCount count(std::string name, unsigned prefixes, const policy::Policy& policy) {
  TcamCount counted{std::move(name), prefixes, policy.entries.size(), 0, {}};
  for (const policy::Entry& entry : policy.entries)
    counted.tcam = tables::saturating_add(counted.tcam, tables::tcam_entries(entry.match));
  return counted;
}

}  // namespace

std::vector<TcamCount> count_tcam(const std::filesystem::path& shared, const std::filesystem::path& sites,
                                  std::uint64_t seed) {
  std::vector<TcamCount> counts;
  const auto add = [&counts](const std::string& name, unsigned prefixes, const auto& policy_of) {
    try {
      counts.push_back(count(name, prefixes, policy_of()));
    } catch (const std::exception& error) {
      counts.push_back({name, prefixes, 0, 0, error.what()});
    }
  };
  for (const char* set : {"acl1_1k", "fw1_1k", "ipc1_1k"})
    add(set, 0, [&] { return policy::read_classbench(shared / "classbench" / set); });
  for (const char* site : {"seed-000", "seed-001", "seed-002", "seed-003", "seed-004"}) {
    for (const unsigned prefixes : {3U, 10U, 30U})
      add(site, prefixes,
          [&] { return policy_of_site(sites / (std::string(site) + ".yaml"), shared / "seeds", prefixes, seed); });
  }
  return counts;
}

std::string to_text(const std::vector<TcamCount>& counts) {
  std::string out =
      fmt::format("{:<10} {:>16} {:>8} {:>13} {:>8}\n", "rules", "prefixes a role", "entries", "plain TCAM", "times");
  for (const TcamCount& c : counts) {
    const std::string prefixes = c.prefixes == 0 ? "-" : std::to_string(c.prefixes);
    if (!c.not_counted.empty()) {
      out += fmt::format("{:<10} {:>16} not counted: {}\n", c.name, prefixes, c.not_counted);
      continue;
    }
    out += fmt::format("{:<10} {:>16} {:>8} {:>13} {:>8.1f}\n", c.name, prefixes, c.entries, c.tcam,
                       static_cast<double>(c.tcam) / static_cast<double>(c.entries));
  }
  return out;
}

std::string to_json(const std::vector<TcamCount>& counts) {
  nlohmann::ordered_json json{{"measurement", "tcam"}};
  for (const TcamCount& c : counts) {
    nlohmann::ordered_json item{{"name", c.name}, {"prefixes_per_role", c.prefixes}};
    if (c.not_counted.empty()) {
      item["entries"] = c.entries;
      item["tcam_entries"] = c.tcam;
    } else {
      item["not_counted"] = c.not_counted;
    }
    json["sets"].push_back(std::move(item));
  }
  return json.dump(1);
}

}  // namespace portcullis::sim
