// What a site expects of packets, checked against its policy: for all packets of an expectation, not for samples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/explain.h"
#include "policy/policy.h"
#include "policy/site.h"

namespace portcullis::policy {

/// An item of the site file's key `expect`.
struct Expectation {
  std::string name = {};
  Place place = {};
  bool permit = false;
  /// What may decide: rules by name, rows as "document:line", "default", or a cause ("essential"). Empty: anything.
  std::vector<std::string> by = {};
  std::string reason = {};          ///< why, for those who read a failure
  std::vector<Match> matches = {};  ///< the packets: all of them
};

/// The expectations of a site file, in its order. Throw SiteError as parse_site and read_site do.
std::vector<Expectation> parse_expectations(std::string_view file, std::string_view text);
std::vector<Expectation> read_expectations(const std::filesystem::path& file);

enum class Outcome : std::uint8_t {
  met,
  missed,     ///< some packet meets another verdict, or another rule decides it
  nobody,     ///< no packet is as the expectation says: a role at an end is bound to none, or the families differ
  undecided,  ///< not decided within the limit
};
/// "met", "missed", "nobody", "undecided".
std::string_view to_string(Outcome outcome);

struct Checked {
  Outcome outcome = Outcome::met;
  std::string message = {};        ///< a sentence; empty if met
  std::optional<Key> packet = {};  ///< missed: one of the packets; none where `by` names nothing that could decide
  Explanation why = {};            ///< of that packet
};

/// One answer per expectation, in their order. `limit` bounds the search of each.
std::vector<Checked> check_expectations(const std::vector<Expectation>& expectations, const Policy& policy,
                                        std::uint64_t limit = kRegionWork);

}  // namespace portcullis::policy
