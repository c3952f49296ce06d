// The parts of the page that need some thought; report.cpp puts them together.
#pragma once

#include <string>
#include <vector>

#include "policy/build.h"
#include "report/report.h"

namespace portcullis::report {

/// An entry as the page shows it: the document row or rule it came from, with its replies left out.
struct Row {
  std::size_t entry = 0;
  std::string group;  ///< the role, or a heading for what has none
  bool permit = false;
  std::string protocols;  ///< "tcp, udp"
  std::string ports;      ///< "80, 443", "type 8", "any", or a dash
  std::string from;       ///< source: roles, prefixes, or any
  std::string to;
  std::size_t replies = 0;  ///< entries that admit its answers
};

/// The rows of the policy in order; entries of one row that differ in protocol are rows of their own.
std::vector<Row> rows_of(const policy::SitePolicy& site);
/// The groups in the order in which they first appear.
std::vector<std::string> groups_of(const std::vector<Row>& rows);

std::string policy_html(const policy::SitePolicy& site, const std::vector<Row>& rows);
/// The map of the port space: a lane per group for TCP and one for UDP, ports on a logarithmic axis.
std::string port_map_html(const policy::SitePolicy& site, const std::vector<Row>& rows);
/// Who reaches whom: for every two roles the permitting entries through which some packet from the one to the other
/// passes, what stands in front of them considered.
std::string matrix_html(const policy::SitePolicy& site);
/// Verdict counts, latency and, in monitor mode, what would have been dropped. Throws RunFormatError.
std::string run_html(const Input& input);

}  // namespace portcullis::report
