#include "traffic/benchmark.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "traffic/frame.h"
#include "traffic/generate.h"
#include "traffic/line_rate.h"

namespace portcullis::traffic {
namespace {

constexpr unsigned kPrefixes = 32;
constexpr unsigned kEthernet = 14, kIpv4 = 20, kIpv6 = 40, kUdpHeader = 8;
constexpr std::uint32_t kSource4 = 0xC6130000;                    // 198.19.0.0/16
constexpr std::uint32_t kDestination4 = 0xC6120000;               // 198.18.0.0/16
constexpr std::uint64_t kSource6 = 0x2001'0002'0000'8000;         // 2001:2:0:8000::/49
constexpr std::uint64_t kDestination6 = 0x2001'0002'0000'0000;    // 2001:2::/49
constexpr unsigned kRangeWidth = 16;                              // ports of each of a rule's two ranges
constexpr std::uint32_t kFirstPorts = 1024, kSecondPorts = 8192;  // where the ranges of the first rule begin

unsigned ip_header(Family family) { return family == Family::ipv4 ? kIpv4 : kIpv6; }

std::uint32_t first_port(unsigned rule, bool second_range) {
  return (second_range ? kSecondPorts : kFirstPorts) + rule / kPrefixes * 2 * kRangeWidth;
}

}  // namespace

unsigned least_udp_frame(Family family) {
  return std::max(kEthernet + ip_header(family) + kUdpHeader, unsigned{policy::kMinFrame}) + kFcs;
}

FrameSizes internet_mix(Family family) {
  FrameSizes sizes;
  // Spread evenly, so that the mixture is the same over any stretch of twelve frames.
  constexpr unsigned kMiddle = 594, kLarge = 1518;
  const unsigned small = least_udp_frame(family);
  sizes = {small, kMiddle, small, small, kMiddle, small, kLarge, small, kMiddle, small, kMiddle, small};
  return sizes;
}

policy::Policy benchmark_policy(unsigned rules, bool second) {
  if (rules < 1 || rules > kMostBenchmarkRules) {
    throw std::invalid_argument(std::to_string(rules) + " rules: benchmarks have 1 to " +
                                std::to_string(kMostBenchmarkRules));
  }
  policy::Policy policy;
  for (unsigned rule = 0; rule < rules; ++rule) {
    const std::uint32_t prefix = rule % kPrefixes;
    policy::Entry entry;
    entry.match = policy::Match::any();
    const policy::Address source4 = policy::from_ipv4(kSource4), source6 = policy::make_address(kSource6, 0);
    entry.match.source = {{source4, source4 | 0xFFFF},
                          {source6, policy::make_address(kSource6 | 0x7FFF, ~std::uint64_t{0})}};
    const policy::Address destination4 = policy::from_ipv4(kDestination4 | prefix << 8U);
    entry.match.destination = {{destination4, destination4 | 0xFF},
                               {policy::make_address(kDestination6 + prefix, 0),
                                policy::make_address(kDestination6 + prefix, ~std::uint64_t{0})}};
    const std::uint32_t low = first_port(rule, false), high = first_port(rule, true);
    entry.match.destination_port = {
        {low, low + kRangeWidth - 1}, {high, high + kRangeWidth - 1}, {policy::kNoPort, policy::kNoPort}};
    entry.match.protocol.reset();
    entry.match.protocol.set(kUdp).set(kNoNextHeader);
    entry.action.permit = true;
    entry.action.mark = (second ? 0x10000U : 0U) + rule;
    entry.from.rule = "benchmark-" + std::to_string(rule);
    policy.entries.push_back(entry);
  }
  if (second) std::reverse(policy.entries.begin(), policy.entries.end());
  return policy;
}

PacketSet benchmark_frames(Family family, unsigned rules, const FrameSizes& sizes, unsigned ports, std::size_t count,
                           std::uint64_t seed) {
  for (const unsigned size : sizes) {
    if (size < policy::kMinFrame + kFcs || size > kMaxFrame + kFcs) {
      throw std::invalid_argument(std::to_string(size) + " bytes: a frame has " +
                                  std::to_string(policy::kMinFrame + kFcs) + " to " + std::to_string(kMaxFrame + kFcs) +
                                  ", FCS included");
    }
  }
  PacketSet packets;
  Random random(seed);
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  for (std::size_t i = 0; i < count * ports; ++i) {
    const auto ingress = static_cast<unsigned>(i % ports);
    const unsigned size = sizes[i / ports % sizes.size()];
    const unsigned rule = below(rules);
    const std::uint32_t prefix = below(kUnruled) == 0 ? kPrefixes + below(kPrefixes) : rule % kPrefixes;
    Frame frame;
    frame.protocol = kUdp;
    frame.source_port = static_cast<std::uint16_t>(0xC000 + below(0x4000));
    frame.destination_port = static_cast<std::uint16_t>(first_port(rule, below(2) == 0) + below(kRangeWidth));
    if (family == Family::ipv4) {
      frame.from = policy::from_ipv4(kSource4 | below(0x10000));
      frame.to = policy::from_ipv4(kDestination4 | prefix << 8U | below(0x100));
    } else {
      frame.ether_type = kEtherIpv6;
      frame.from = policy::make_address(kSource6 | below(0x8000), random());
      frame.to = policy::make_address(kDestination6 + prefix, random());
    }
    const unsigned header = kEthernet + ip_header(family);
    if (size >= header + kUdpHeader + kFcs) {
      frame.payload = size - header - kUdpHeader - kFcs;
    } else {
      frame.protocol = kNoNextHeader;
      frame.payload = size - header - kFcs;
    }
    packets.add(build(frame), ingress);
  }
  return packets;
}

}  // namespace portcullis::traffic
