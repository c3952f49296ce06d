// The files of a run: verdicts as CSV, permitted packets as a capture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "policy/policy.h"
#include "run/session.h"
#include "traffic/packets.h"

namespace portcullis::sim {

/// One line per record, in packet order, behind the header
/// packet,time_ns,length,ingress,verdict,entry,rule,document,line,cause and, in monitor mode, would (what enforcing
/// would have done). `length` is the packet's own, before padding. Entry and what follows are empty without an entry,
/// document and line also where a built-in entry decided. A lost packet has the verdict drop and the cause lost. Throws
/// RunError.
void write_verdicts(const std::filesystem::path& file, const policy::Policy& policy, const traffic::PacketSet& packets,
                    const std::vector<VerdictRecord>& verdicts, double ns_per_clock);

/// The permitted packets at the times they left, as the set holds them. Throws traffic::PcapError.
void write_permitted(const std::filesystem::path& file, const traffic::PacketSet& packets,
                     const std::vector<EgressRecord>& egress, double ns_per_clock);

}  // namespace portcullis::sim
