// Part of a run: one model, a range of the packets through it, every verdict and every frame that leaves compared.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/nic.h"
#include "policy/policy.h"
#include "run/expected.h"
#include "traffic/line_rate.h"
#include "traffic/packets.h"

namespace portcullis::sim {

/// Times of every packet, for measurements: clocks from the one in which its last byte has come over the wire (its FCS
/// not counted). Only of runs with a rate.
struct PacketTimes {
  std::vector<std::uint32_t> to_verdict;  ///< by order of decision
  std::vector<std::uint32_t> to_egress;   ///< to the clock of its first beat; in order of leaving, copies left out
  std::vector<std::uint64_t> lost;        ///< numbers of the packets that found the receive buffer full
};

/// The policy in the bank that is not active when a session begins: what packets are decided by when the banks have
/// been exchanged.
struct OtherTables {
  const policy::Policy* policy = nullptr;
  const std::vector<Expected>* expected = nullptr;  ///< for the same packets
};

/// What all parts of a run share. The run's packets are those of the set, over and over: packet i is set[i %
/// set.size()].
struct SessionPlan {
  const policy::Policy* policy = nullptr;
  const traffic::PacketSet* packets = nullptr;
  const std::vector<Expected>* expected = nullptr;
  std::optional<traffic::ByteClock> rate;                    ///< nothing: as fast as the filter takes frames
  unsigned ports = model::kWirePorts;                        ///< wire ports that frames enter
  std::array<std::uint8_t, model::kWirePorts> forward_to{};  ///< egress of permitted frames per ingress
  bool keep_verdicts = false;
  bool keep_egress = false;
  std::uint64_t load = traffic::kFullLoad;  ///< share of the line in use, in millionths; only with a rate
  /// Called between two clocks, over and over, as long as packets are to be sent. It may let clocks pass, with accesses
  /// to registers; packets go on meanwhile.
  std::function<void()> meanwhile;
  std::optional<OtherTables>
      other;                     ///< needed if `meanwhile` exchanges banks, with a policy of as many entries at most
  unsigned active_bank = 0;      ///< when the session begins; only with `other`
  PacketTimes* times = nullptr;  ///< appended to, if wanted
  /// Of a filter with trees: the entry by the rule's number in a report; -1: none. Nothing: they are the same.
  const std::vector<std::int32_t>* entry_of_number = nullptr;
  bool skip_idle = true;  ///< do not evaluate clocks that are known to change nothing
};

/// A decision of the model.
struct VerdictRecord {
  std::uint64_t clock = 0;  ///< since the session's traffic began
  std::int32_t entry = -1;
  policy::Malformed malformed = policy::Malformed::none;
  bool permit = false;
  bool would_drop = false;
  bool lost = false;  ///< never reached the filter
};

/// A permitted frame (mirror copies not included) on its way out.
struct EgressRecord {
  std::uint64_t clock = 0;  ///< of its first beat, since the session's traffic began
  std::uint64_t packet = 0;
};

/// Packets and bytes (without FCS) that met an entry or a cause.
struct Count {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  Count& operator+=(const Count& other) {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
};

/// What entered at a wire port.
struct PortFigures {
  std::uint64_t packets = 0, bytes = 0, beats = 0;
  std::uint64_t clocks = 0;  ///< it took to send them, the gap behind the last one included
};

struct SessionFigures {
  std::uint64_t offered = 0, accepted = 0, lost = 0;
  std::uint64_t permits = 0, drops = 0, would_drops = 0;
  std::uint64_t mismatches = 0;
  std::vector<std::string> first_mismatches;
  std::uint64_t latency_min = std::numeric_limits<std::uint64_t>::max(), latency_max = 0, latency_sum = 0;
  /// Packets by the clocks from their last beat to their verdict; the last place stands for all that took longer.
  std::vector<std::uint64_t> latency_histogram;
  std::uint64_t clocks = 0, skipped_clocks = 0;
  /// From the first clock of traffic to the last verdict, less the least time that a verdict takes: what was taken into
  /// the filter's buffers ahead of its lookup counts when it is decided.
  std::uint64_t decided_clocks = 0;
  std::array<PortFigures, model::kWirePorts> ports{};
  /// Of the reference, over the accepted packets; with exchanges of banks over those since the last one.
  std::vector<Count> by_entry;
  std::array<Count, 16> by_cause{};  ///< 0 default action, else policy::Malformed
  std::uint64_t exchanges = 0;       ///< of banks, as the packets saw them
  unsigned last_bank = 0;            ///< that decided a packet; the active one if there was none
  std::array<std::uint64_t, 6> by_policy_cause{};
  std::vector<std::uint32_t> would_drop_by_packet;  ///< per packet of the set; monitor mode only
  std::vector<VerdictRecord> verdicts;              ///< in packet order; only if asked for
  std::vector<EgressRecord> egress;                 ///< in order of leaving; only if asked for
};

/// The latency histogram has at most this many places.
inline constexpr std::size_t kMostLatencies = 4096;
/// At most this many mismatches are put in words.
inline constexpr std::size_t kWordedMismatches = 10;

/// Sends packets `first` to `last` - 1 of the run through `nic`, whose active tables hold the plan's policy, until all
/// are out. `done` counts decided packets as they come. Throws model::ModelError if a packet does not come to an end.
SessionFigures run_session(model::Nic& nic, const SessionPlan& plan, std::uint64_t first, std::uint64_t last,
                           std::atomic<std::uint64_t>& done);

}  // namespace portcullis::sim
