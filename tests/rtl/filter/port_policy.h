// A policy that a test can reckon in its head, as table rows: the rule is the UDP destination port divided by 1000, up
// to rule 14; what has no port meets rule 15.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "filter_bench.h"

namespace portcullis::test {

/// Action word (docs/design.md, "Loading").
inline constexpr std::uint64_t kDrop = 0;
inline constexpr std::uint64_t kPermit = 1ULL << 32;
inline constexpr std::uint64_t kMirror = 1ULL << 48;
inline constexpr std::uint64_t kMonitor = 1ULL << 63;
constexpr std::uint64_t mark(std::uint32_t value) { return (1ULL << 33) | value; }
constexpr std::uint64_t to_wire(unsigned port) {
  return kPermit | (1ULL << 34) | (static_cast<std::uint64_t>(port) << 36);
}
constexpr std::uint64_t to_queue(unsigned queue) {
  return kPermit | (1ULL << 34) | (1ULL << 35) | (static_cast<std::uint64_t>(queue) << 36);
}

inline constexpr unsigned kPolicyRules = 16;
using Actions = std::array<std::uint64_t, kPolicyRules>;
constexpr unsigned rule_of_port(unsigned port) { return std::min(port / 1000, 14U); }
constexpr unsigned kRuleWithoutPort = 15;

inline TableRow action_row(unsigned target, unsigned index, std::uint64_t word) {
  return {target, index, {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32U), 0, 0}, 0};
}

/// Rows of the policy for an engine with these intervals per address, port and VLAN table. `rules`: the rules that are
/// there at all.
inline std::vector<TableRow> policy_rows(const Actions& actions, std::uint64_t default_action, unsigned intervals,
                                         std::uint32_t rules = 0xFFFF) {
  constexpr std::uint32_t ones = 0xFFFFFFFF;
  constexpr unsigned destination_port = 3;
  std::vector<TableRow> rows;
  for (unsigned table = 0; table < 5; ++table) {
    for (unsigned i = 1; i < intervals; ++i) {
      TableRow row{table, i, {ones, ones, ones, ones}, 0};
      if (table == destination_port && i < kPolicyRules) row.low_words = {i < 15 ? 1000 * i : 0x10000U, 0, 0, 0};
      rows.push_back(row);
    }
  }
  for (unsigned table = 0; table < 9; ++table) {
    for (unsigned i = 0; i < (table < 5 ? intervals : 256); ++i) {
      const std::uint32_t bits = table == destination_port ? 1U << std::min(i, 15U) : 0xFFFFU;
      rows.push_back({8 + table, i, {bits & rules, 0, 0, 0}, 0});
    }
  }
  for (unsigned rule = 0; rule < kPolicyRules; ++rule) rows.push_back(action_row(0x18, rule, actions[rule]));
  rows.push_back(action_row(0x19, 0, default_action));
  return rows;
}

/// UDP over IPv4 to `port`, `size` bytes (at least 60) without FCS; ingress and number stand in its first payload
/// bytes.
inline Frame udp_frame(std::size_t size, unsigned port, unsigned ingress, std::uint32_t number, std::mt19937& random) {
  Frame frame(size);
  for (std::size_t i = 0; i < size; i += 4) {
    const auto noise = static_cast<std::uint32_t>(random());
    for (std::size_t b = 0; b < 4 && i + b < size; ++b) frame[i + b] = static_cast<std::uint8_t>(noise >> (8 * b));
  }
  const auto put = [&](std::size_t at, std::size_t value) {
    frame[at] = static_cast<std::uint8_t>(value >> 8U);
    frame[at + 1] = static_cast<std::uint8_t>(value);
  };
  put(12, 0x0800);
  put(14, 0x4500);
  put(16, size - 14);
  put(20, 0x4000);
  put(22, 0x4011);
  put(36, port);
  put(38, size - 34);
  frame[42] = static_cast<std::uint8_t>(ingress);
  put(43, number >> 16U);
  put(45, number & 0xFFFFU);
  return frame;
}

}  // namespace portcullis::test
