// A policy in the languages of other programs, so that it can be checked or used elsewhere (docs/export.md).
//
// Every format is exact: what it cannot say is refused with a sentence (ExportError), never approximated.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace portcullis::exports {

/// What the format cannot express, or a policy that grows past kMostItems in it. The message names the entry and says
/// what to change.
class ExportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Addresses that have a name: a role of the site.
struct NamedAddresses {
  std::string name;
  policy::IntervalSet<policy::Address> addresses;
};

struct Options {
  std::string subject;                ///< the file it came from, for the first lines
  std::vector<NamedAddresses> names;  ///< roles, which name the sets of an nftables ruleset
  std::vector<std::string>
      interfaces;      ///< nftables: name of the interface at ingress port n; `port<n>` behind the last
  unsigned ports = 1;  ///< testpmd: flows are created for the ports 0 to ports - 1
};

struct Exported {
  std::string text;
  std::size_t entries = 0;
  std::size_t items = 0;  ///< rules, flows, table entries or lines that they became, guards and the default left out
  std::string unit;       ///< what the items are: "rules"
  std::vector<std::string> remarks;  ///< sentences: which packets the other program reads otherwise than the filter
};

/// No format is written past this many rules, flows or table entries.
inline constexpr std::size_t kMostItems = 1'000'000;

/// A table of family bridge for `nft -f`: a named set per list of addresses, a named counter per entry, the entries in
/// order as rules with their document and line as comment. Refused: queue, redirect and mirror.
Exported to_nftables(const policy::Policy& policy, const Options& options);
/// `flow create` commands of dpdk-testpmd, one priority per entry. Refused: mirror and redirect to a wire port.
Exported to_testpmd(const policy::Policy& policy, const Options& options);
/// A JSON object with `p4info` (P4Info) and `write` (WriteRequest), both as proto3 JSON of P4Runtime 1.3: range and
/// ternary matches, one priority per entry, document and line as metadata.
Exported to_p4runtime(const policy::Policy& policy, const Options& options);
/// One line per entry (RFC 4180); an entry whose tags and DSCP, or ingress, EtherType and fragment state, are no
/// product has several lines with its number.
Exported to_csv(const policy::Policy& policy, const Options& options);

}  // namespace portcullis::exports
