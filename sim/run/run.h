// `portcullis run`: a policy's tables loaded into the cycle-accurate model, packets sent through it, every verdict
// compared with the reference matcher. docs/running.md describes what the figures mean.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/packet.h"
#include "policy/policy.h"
#include "tables/compile.h"
#include "tables/geometry.h"
#include "tables/image.h"
#include "tables/tree/compile.h"

namespace portcullis::sim {

/// What cannot be done: unreadable input, options that contradict each other, a model that does not answer. Exit
/// code 2.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The model serves this many wire ports at most.
inline constexpr unsigned kMaxPorts = 2;
/// 250 MHz, or what the line rate needs if that is more: a clock for each smallest frame of all ports.
inline constexpr double kAutomaticClock = 0;
/// Number of causes: 0 is the default action, 1 to 8 are policy::Malformed.
inline constexpr unsigned kCauses = 9;

/// Addresses that have a name: a role of the site.
struct NamedRole {
  std::string name;
  policy::IntervalSet<policy::Address> addresses;
};

/// What is loaded, and what the verdicts are compared with.
struct Subject {
  policy::Policy policy;
  tables::TableImage image;
  std::optional<tables::Report> report;           ///< of the compilation; an image has none
  std::string name;                               ///< the file it came from
  std::vector<std::string> left_out_rows;         ///< document rows that could not be understood, one sentence each
  std::vector<NamedRole> roles;                   ///< of a site; an image has none
  std::optional<tables::tree::ScaleImage> trees;  ///< for a filter with trees (docs/scale.md); `image` is empty then
  std::string trees_report;                       ///< of their compilation; an image has none
  /// With trees: the policy's entry by the number that verdicts and counters give a rule; -1: none.
  std::vector<std::int32_t> entry_of_number;
};

/// Reads a site file (and compiles it) or, if the file begins as a table image does, a table image, whose own entries
/// are then the reference. `geometry`: the one to compile for (a shape of trees too); empty: `edge`, or `large` if the
/// policy does not fit that. Throws RunError, or what the readers of sites, documents and images throw.
Subject load_subject(const std::filesystem::path& file, std::string_view geometry = {});

/// "10G", "2.5G", "100M", "400000000" (bits per second), or "max" (no pacing, 0). Throws RunError on anything else.
std::uint64_t parse_rate(std::string_view text);

struct RunOptions {
  std::optional<std::filesystem::path> pcap;       ///< packets to send; without it they are made from the rules
  std::optional<std::filesystem::path> verdicts;   ///< CSV, one line per packet
  std::optional<std::filesystem::path> out_pcap;   ///< permitted packets, with the model's own egress times
  std::optional<std::filesystem::path> trace_fst;  ///< waveforms of the whole run, from reset on; jobs must be 1
  std::uint64_t rate = 10'000'000'000;             ///< bits per second and port; 0: as fast as the filter takes them
  double clock_mhz = kAutomaticClock;              ///< core clock, 1 to 1000
  unsigned ports = kMaxPorts;                      ///< wire ports in use, 1 to kMaxPorts
  unsigned ingress = 0;                            ///< where a pcap's packets enter
  std::optional<std::uint64_t> packets;            ///< how many; the pcap or the made ones are repeated or cut to it
  std::uint64_t seed = 1;                          ///< of the packets made from the rules
  unsigned jobs = 1;                               ///< parts of the run that are simulated at the same time
  bool progress = false;                           ///< a bar on standard error once two seconds have passed
};

/// Packets and bytes (without FCS).
struct Tally {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// In monitor mode: packets that enforcing would have dropped, by where they went.
struct WouldDrop {
  std::string destination;   ///< addresses, the first few, or the EtherType class of what is not IP
  std::string service;       ///< "tcp/443", "icmp type 3 code 4", "protocol 47", or empty
  std::string nearest_rule;  ///< the permitting entry that differs in the fewest fields, first one of equals
  std::string differs_in;    ///< those fields, in words
  std::string source;        ///< where the packets came from: roles, or addresses without one, the first few
  std::string role;          ///< the smallest role that holds the destination; empty if none does
  /// The item of `rules:` that would permit them, or a key of the site file; empty where neither can. One line for all
  /// groups of a destination and a service.
  std::string permit_line;
  Tally tally;
};

struct EntryCount {
  unsigned entry = 0;
  std::string rule;
  std::string document;
  unsigned line = 0;
  Tally tally;
};

struct RunResult {
  std::string subject;
  std::string geometry;
  unsigned entries = 0;
  std::uint64_t seed = 0;
  bool packets_made_from_rules = false;

  std::uint64_t offered = 0;   ///< packets that came over the wire
  std::uint64_t accepted = 0;  ///< those that the filter took
  std::uint64_t lost = 0;      ///< those that found the MAC's receive buffer full
  std::uint64_t permits = 0;
  std::uint64_t drops = 0;
  std::uint64_t would_drops = 0;                     ///< monitor mode
  std::array<std::uint64_t, 6> verdicts_by_cause{};  ///< by policy::Cause
  std::array<std::uint64_t, kCauses> malformed{};    ///< by policy::Malformed, index 0 unused
  std::uint64_t snapped = 0;                         ///< pcap packets cut short by the capture, restored with zeros
  std::uint64_t padded = 0;                          ///< frames shorter than 60 bytes, padded with zeros

  std::uint64_t mismatches = 0;           ///< packets whose verdict, action, payload or egress was not the reference's
  std::uint64_t counter_differences = 0;  ///< counters that were not exact at the end
  std::vector<std::string> first_mismatches;  ///< at most 10, each with packet, both verdicts and the entries
  std::vector<std::string> left_out_rows;
  unsigned probes = 0;  ///< self-test lookups that the loader made before the flip

  std::uint64_t rate = 0;  ///< bits per second and port, 0 for not paced
  double clock_mhz = 0;
  unsigned ports = 0;
  double mean_frame = 0;        ///< bytes with FCS
  double achieved_mpps = 0;     ///< simulated: accepted packets per simulated second, all ports
  double theoretical_mpps = 0;  ///< of the line for these frames, all ports used; or one per clock when not paced
  std::uint64_t latency_min = 0, latency_max = 0;  ///< clocks from a frame's last beat taken to its verdict
  double latency_mean = 0;
  std::vector<std::uint64_t> latency_histogram;  ///< packets by clocks; see SessionFigures
  /// Smallest frames (64 bytes with FCS), made from the rules and sent behind the others on every port in use. They are
  /// part of mismatches and of the counters' check, but of no other figure.
  std::uint64_t small_packets = 0;
  std::uint64_t small_lost = 0;
  double small_achieved_mpps = 0;     ///< all ports
  double small_theoretical_mpps = 0;  ///< of the line; one per clock when not paced

  std::uint64_t clocks = 0;          ///< simulated while packets were sent
  std::uint64_t skipped_clocks = 0;  ///< of these, known to change nothing and not evaluated
  double seconds = 0;                ///< wall clock, sending and comparing only
  unsigned jobs = 1;

  std::vector<EntryCount> busiest;    ///< entries with the most packets, at most 10
  std::vector<EntryCount> met;        ///< all entries with packets, most packets first
  std::vector<WouldDrop> would_drop;  ///< monitor mode, most packets first
  std::vector<std::string> files;     ///< written

  double clocks_per_second() const { return seconds > 0 ? static_cast<double>(clocks) / seconds : 0; }
  double packets_per_second() const { return seconds > 0 ? static_cast<double>(accepted) / seconds : 0; }
  bool ok() const { return mismatches == 0 && lost == 0 && small_lost == 0 && counter_differences == 0; }
  /// 0: all verdicts as the reference says, nothing lost, every document row understood; 1 otherwise.
  int exit_code() const { return ok() && left_out_rows.empty() ? 0 : 1; }
};

/// Throws RunError.
RunResult run(const Subject& subject, const RunOptions& options);

/// One screen of text.
std::string to_text(const RunResult& result);
/// All figures, machine-readable.
std::string to_json(const RunResult& result);

/// `classify --engine rtl`: the engine's key port, one ClassBench header per line of `trace`; gives for each the number
/// of the first rule that matches or -1. `trace` lines: src dst sport dport proto, decimal; what follows is ignored.
/// Throws RunError with `name` and line on a line that is none.
std::vector<int> classify_rtl(const tables::TableImage& image, std::istream& trace, std::string_view name,
                              bool progress = false);
/// The same of an image of trees (docs/scale.md): through the test lookups of a filter that has it in its shadow bank.
/// The numbers are those of the image's rules.
std::vector<int> classify_rtl(const tables::tree::ScaleImage& image, std::istream& trace, std::string_view name,
                              bool progress = false);

}  // namespace portcullis::sim
