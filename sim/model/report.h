// What the filter says about a decision: at its report port, and beside each frame that leaves.
#pragma once

#include <cstdint>

namespace portcullis::model {

/// A verdict, in the order of decision. Bit layout: filter_report_t in rtl/nic/pcl_filter_pkg.sv.
struct Report {
  std::uint8_t ingress = 0;
  bool permit = false;      ///< the frame leaves (monitor mode included)
  bool would_drop = false;  ///< monitor mode only
  bool hit = false;         ///< some rule matched
  std::uint16_t rule = 0;   ///< which; only with hit
  std::uint8_t cause = 0;   ///< policy::Malformed
  bool bank = false;
  std::uint64_t action = 0;  ///< action word of the rule, or the default action
  std::uint16_t length = 0;  ///< bytes without FCS
};

/// Metadata of a frame on an egress. Bit layout: filter_user_t in rtl/nic/pcl_filter_pkg.sv.
struct EgressMetadata {
  bool permit = false;
  bool would_drop = false;
  bool hit = false;
  bool mirror_copy = false;  ///< the host's copy, not the frame itself
  bool queue_valid = false;
  std::uint16_t queue = 0;
  bool mark_valid = false;
  std::uint32_t mark = 0;
  std::uint16_t rule = 0;
  std::uint8_t cause = 0;
  std::uint8_t ingress = 0;
  std::uint16_t length = 0;
};

/// Bits of a report; a filter with several lanes has one of each, lane 0 in the lowest bits.
inline constexpr unsigned kReportBits = 105;

Report unpack_report(const std::uint32_t* words, unsigned lane = 0);
/// Of egress `egress` out of the concatenation of all.
EgressMetadata unpack_metadata(const std::uint32_t* words, unsigned egress);

}  // namespace portcullis::model
