// Frame to key: the reference parser, straight from docs/design.md ("The parser's rules"), one byte at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/key.h"

namespace portcullis::policy {

/// Why a frame is dropped before any rule. The numbers are those of the hardware's cause counters.
enum class Malformed : std::uint8_t {
  none,
  truncated,
  version,
  bad_length,
  chain_too_deep,
  short_first_fragment,
  tcp_offset_one,
  mapped_address,
  short_layer4
};
std::string_view to_string(Malformed cause);

/// What the parser makes of a frame. `key` holds what was read before the cause was met; only a key without a cause is
/// looked up.
struct ParsedFrame {
  Key key;
  Malformed cause = Malformed::none;
};

/// Bytes of IPv6 header chain followed: extension headers, and bytes of the frame in which every header read must lie.
inline constexpr unsigned kMaxExtensionHeaders = 4;
inline constexpr unsigned kHeaderWindow = 160;
/// Frames shorter than this (IEEE 802.3, 4A.4.2: minFrameSize without FCS) are padded with zeros before they enter.
inline constexpr unsigned kMinFrame = 60;

/// Parses a frame without FCS, as it enters the filter at port `ingress` (0 to kMaxIngressPorts - 1).
ParsedFrame parse_frame(std::span<const std::uint8_t> frame, unsigned ingress);

}  // namespace portcullis::policy
