// Random policies whose entries overlap, hide and touch each other, and keys at and around their edges.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace portcullis::test {

/// The seed of a randomised test: PORTCULLIS_SEED, or `usual`. Printed, so that a failure can be repeated.
inline std::uint64_t seed(std::uint64_t usual) {
  const char* given = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 0) : usual;
  std::cout << "PORTCULLIS_SEED=" << value << '\n';
  return value;
}

class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint64_t seed) : random_(seed) {
    // Few distinct edges per field, so that entries meet at them.
    for (int i = 0; i < 12; ++i) {
      addresses_.push_back(policy::from_ipv4(0x0A000000U + static_cast<std::uint32_t>(below(1000))));
      addresses_.push_back(policy::make_address(0x20010DB8'00000000U + below(4), below(50)));
      ports_.push_back(static_cast<std::uint32_t>(below(2) == 0 ? below(65536) : 400 + below(60)));
      vlans_.push_back(static_cast<std::uint16_t>(below(40)));
    }
    for (const policy::Address edge :
         {policy::Address{0}, policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU, ~policy::Address{0}}) {
      addresses_.push_back(edge);
    }
    for (const std::uint32_t edge : {0U, 255U, 65535U, policy::kNoPort}) ports_.push_back(edge);
    for (const unsigned edge : {0U, 4095U}) vlans_.push_back(static_cast<std::uint16_t>(edge));
  }

  std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }

  policy::Policy policy(std::size_t entries) {
    policy::Policy out;
    for (std::size_t i = 0; i < entries; ++i) {
      policy::Entry entry;
      entry.match = match();
      entry.action = action();
      entry.from.rule = "ports.md:" + std::to_string(i + 3);
      entry.from.document = "ports.md";
      entry.from.line = static_cast<unsigned>(i + 3);
      entry.from.role = "Servers";
      entry.from.service = "service " + std::to_string(i);
      entry.from.text = "| Servers | " + std::to_string(i) + " | \xE7\xAB\xAF\xE5\x8F\xA3 |";
      entry.from.reply = below(3) == 0;
      out.entries.push_back(entry);
    }
    out.default_action.permit = below(4) == 0;
    out.monitor = below(8) == 0;
    out.rows = static_cast<unsigned>(entries);
    return out;
  }

  policy::Match match() {
    policy::Match match = policy::Match::any();
    if (below(3) != 0) match.source = ranges(addresses_, ~policy::Address{0});
    if (below(3) != 0) match.destination = ranges(addresses_, ~policy::Address{0});
    if (below(2) == 0) match.source_port = ranges(ports_, policy::kNoPort);
    if (below(4) != 0) match.destination_port = ranges(ports_, policy::kNoPort);
    if (below(3) == 0) match.vlan = ranges(vlans_, policy::kMaxVlan);
    if (below(3) != 0) match.protocol = chunk({1, 6, 17, 47, 58, 132});
    if (below(3) == 0) match.tcp_flags = chunk({2, 16, 18, 4, 255});
    if (below(4) == 0) match.dscp_tags = chunk({0, 46, 64, 110, 128});
    if (below(2) == 0) match.context = chunk({8, 16, 9, 72, 136, 24, 0});
    return match;
  }

  policy::Action action() {
    policy::Action action;
    action.permit = below(3) != 0;
    action.mirror = below(6) == 0;
    if (below(5) == 0) action.mark = static_cast<std::uint32_t>(below(100));
    if (below(8) == 0) {
      action.queue = static_cast<std::uint16_t>(below(4096));
    } else if (below(8) == 0) {
      action.wire = static_cast<std::uint16_t>(below(8));
    }
    return action;
  }

  /// A key at or beside the edges that the entries use; one in eight is anywhere.
  policy::Key key() {
    policy::Key key;
    if (below(8) == 0) {
      key.source = policy::make_address(random_(), random_());
      key.destination = policy::make_address(random_(), random_());
      key.source_port = static_cast<std::uint32_t>(below(policy::kNoPort + 1));
      key.destination_port = static_cast<std::uint32_t>(below(policy::kNoPort + 1));
      key.vlan = static_cast<std::uint16_t>(below(4096));
      key.protocol = static_cast<std::uint8_t>(below(256));
      key.tcp_flags = static_cast<std::uint8_t>(below(256));
      key.dscp_tags = static_cast<std::uint8_t>(below(256));
      key.context = static_cast<std::uint8_t>(below(256));
      return key;
    }
    key.source = beside(addresses_, ~policy::Address{0});
    key.destination = beside(addresses_, ~policy::Address{0});
    key.source_port = beside(ports_, policy::kNoPort);
    key.destination_port = beside(ports_, policy::kNoPort);
    key.vlan = beside(vlans_, policy::kMaxVlan);
    key.protocol = pick<std::uint8_t>({0, 1, 6, 6, 17, 17, 47, 58, 132});
    key.tcp_flags = pick<std::uint8_t>({2, 16, 18, 4, 255, 255});
    key.dscp_tags = pick<std::uint8_t>({0, 0, 46, 64, 110, 128});
    key.context = pick<std::uint8_t>({8, 8, 16, 16, 9, 72, 136, 24, 0});
    return key;
  }

 private:
  template <typename T>
  T pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <typename T>
  T beside(const std::vector<T>& edges, T last) {
    const T edge = pick(edges);
    switch (below(3)) {
      case 0:
        return edge == 0 ? edge : static_cast<T>(edge - 1);
      case 1:
        return edge == last ? edge : static_cast<T>(edge + 1);
      default:
        return edge;
    }
  }
  template <typename T>
  policy::IntervalSet<T> ranges(const std::vector<T>& edges, T) {
    std::vector<policy::Interval<T>> list;
    const std::uint64_t count = 1 + below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      const T a = pick(edges);
      const T b = below(2) == 0 ? a : pick(edges);
      list.push_back({std::min(a, b), std::max(a, b)});
    }
    return policy::IntervalSet<T>(std::move(list));
  }
  policy::Chunk chunk(const std::vector<unsigned>& usual) {
    policy::Chunk out;
    const std::uint64_t count = 1 + below(3);
    for (std::uint64_t i = 0; i < count; ++i) out.set(below(5) == 0 ? below(256) : usual[below(usual.size())]);
    return below(6) == 0 ? ~out : out;
  }

  std::mt19937_64 random_;
  std::vector<policy::Address> addresses_;
  std::vector<std::uint32_t> ports_;
  std::vector<std::uint16_t> vlans_;
};

}  // namespace portcullis::test
