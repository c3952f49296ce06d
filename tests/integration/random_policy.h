// Random policies for whole-system tests: entries as products of unions over a pool of intervals, so that they overlap,
// hide and touch one another, and fit the geometry `edge`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "traffic/generate.h"

namespace portcullis::integration {

/// PORTCULLIS_SEED, or `otherwise`; printed, so that a failure can be repeated.
inline std::uint64_t test_seed(std::uint64_t otherwise) {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  return seed;
}

class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint64_t seed) : random_(seed) {}

  policy::Policy make() {
    using policy::Address;
    addresses_.clear();
    ports_.clear();
    vlans_.clear();
    for (int i = 0; i < 30; ++i) {
      const unsigned length = 8 + below(25);
      const auto base = static_cast<std::uint32_t>(random_());
      const std::uint32_t mask = ~std::uint32_t{0} << (32 - length);
      addresses_.push_back({policy::from_ipv4(base & mask), policy::from_ipv4(base | ~mask)});
      const unsigned length6 = 16 + below(113);
      const Address base6 = policy::make_address(0x2001'0db8'0000'0000 | (random_() & 0xFFFF'FFFF), random_());
      const Address mask6 = ~Address{0} << (128 - length6);
      addresses_.push_back({base6 & mask6, base6 | ~mask6});
    }
    addresses_.push_back({policy::kMappedPrefix, policy::from_ipv4(~std::uint32_t{0})});
    addresses_.push_back({0, ~Address{0}});
    for (int i = 0; i < 60; ++i) {
      const auto first = static_cast<std::uint32_t>(random_() & 0xFFFF);
      ports_.push_back({first, std::min<std::uint32_t>(0xFFFF, first + (one_in(2) ? 0 : below(2000)))});
    }
    ports_.push_back({0, 0xFFFF});
    ports_.push_back({0, policy::kNoPort});
    for (int i = 0; i < 20; ++i) {
      const auto first = static_cast<std::uint16_t>(random_() & policy::kMaxVlan);
      vlans_.push_back({first, static_cast<std::uint16_t>(std::min<unsigned>(policy::kMaxVlan, first + below(100)))});
    }

    policy::Policy policy;
    const unsigned entries = 1 + below(one_in(4) ? 500 : 150);
    for (unsigned i = 0; i < entries; ++i) {
      policy::Entry entry{make_match(), make_action(), {}};
      entry.from.rule = "random-" + std::to_string(i);
      policy.entries.push_back(std::move(entry));
    }
    policy.default_action = one_in(2) ? policy::Action{} : make_action();
    policy.monitor = one_in(4);
    return policy;
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool one_in(unsigned n) { return below(n) == 0; }

  template <typename T>
  policy::IntervalSet<T> some_of(const std::vector<policy::Interval<T>>& pool) {
    std::vector<policy::Interval<T>> chosen;
    const unsigned count = 1 + below(4);
    for (unsigned i = 0; i < count; ++i) chosen.push_back(pool[random_() % pool.size()]);
    return policy::IntervalSet<T>(std::move(chosen));
  }

  policy::Chunk noise(unsigned one_in_n) {
    policy::Chunk chunk;
    for (unsigned i = 0; i < 256; ++i) chunk[i] = !one_in(one_in_n);
    return chunk;
  }

  policy::Match make_match() {
    policy::Match match = policy::Match::any();
    if (!one_in(3)) match.source = some_of(addresses_);
    if (!one_in(3)) match.destination = some_of(addresses_);
    if (one_in(3)) match.source_port = some_of(ports_);
    if (!one_in(3)) match.destination_port = some_of(ports_);
    if (one_in(6)) match.vlan = some_of(vlans_);
    if (!one_in(4)) {
      match.protocol.reset();
      for (const unsigned protocol : {6U, 17U, 1U, 58U, 132U, 47U}) match.protocol[protocol] = one_in(2);
      if (one_in(4)) match.protocol |= noise(3);
    }
    if (one_in(5)) match.tcp_flags = noise(3);
    if (one_in(6)) match.dscp_tags = noise(3);
    if (one_in(5)) match.context = noise(3);
    return match;
  }

  policy::Action make_action() {
    policy::Action action;
    action.permit = !one_in(3);
    action.mirror = one_in(10);
    if (one_in(4)) action.mark = static_cast<std::uint32_t>(random_());
    if (one_in(8)) {
      action.queue = static_cast<std::uint16_t>(below(4096));
    } else if (one_in(8)) {
      action.wire = static_cast<std::uint16_t>(below(2));
    }
    return action;
  }

  traffic::Random random_;
  std::vector<policy::Interval<policy::Address>> addresses_;
  std::vector<policy::Interval<std::uint32_t>> ports_;
  std::vector<policy::Interval<std::uint16_t>> vlans_;
};

}  // namespace portcullis::integration
