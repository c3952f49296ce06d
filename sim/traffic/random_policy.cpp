#include "traffic/random_policy.h"

#include <algorithm>
#include <string>

namespace portcullis::traffic {
namespace {

/// All intervals that begin and end at these values, or one before.
template <typename T>
std::vector<policy::Interval<T>> between(std::vector<T> edges) {
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<policy::Interval<T>> intervals;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    for (std::size_t j = i; j < edges.size(); ++j) {
      intervals.push_back({edges[i], edges[j]});
      if (j > i) intervals.push_back({edges[i], static_cast<T>(edges[j] - 1)});
    }
  }
  return intervals;
}

}  // namespace

policy::Policy RandomPolicy::make() {
  addresses_.clear();
  ports_.clear();
  vlans_.clear();
  if (pool_ == Pool::spread) {
    fill_spread();
  } else {
    fill_dense();
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

void RandomPolicy::fill_spread() {
  using policy::Address;
  for (int i = 0; i < 30; ++i) {
    const unsigned length = 8 + below(25);
    const auto base = static_cast<std::uint32_t>(random_());
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - length);
    addresses_.push_back({policy::from_ipv4(base & mask), policy::from_ipv4(base | ~mask)});
    const unsigned length6 = 16 + below(113);
    const std::uint64_t high6 = 0x2001'0db8'0000'0000 | (random_() & 0xFFFF'FFFF);
    const Address base6 = policy::make_address(high6, random_());
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
}

void RandomPolicy::fill_dense() {
  std::vector<policy::Address> addresses{0, policy::kMappedPrefix, policy::from_ipv4(~std::uint32_t{0}),
                                         ~policy::Address{0}};
  std::vector<std::uint32_t> ports{0, 255, 0xFFFF, policy::kNoPort};
  std::vector<std::uint16_t> vlans{0, 1, policy::kMaxVlan};
  for (int i = 0; i < 12; ++i) {
    addresses.push_back(policy::from_ipv4(0x0A000000 + below(1000)));
    const std::uint64_t high6 = 0x2001'0db8'0000'0000 + below(4);
    addresses.push_back(policy::make_address(high6, below(50)));
    ports.push_back(one_in(2) ? below(0x10000) : 400 + below(60));
    vlans.push_back(static_cast<std::uint16_t>(below(40)));
  }
  addresses_ = between(std::move(addresses));
  ports_ = between(std::move(ports));
  vlans_ = between(std::move(vlans));
}

template <typename T>
policy::IntervalSet<T> RandomPolicy::some_of(const std::vector<policy::Interval<T>>& pool) {
  std::vector<policy::Interval<T>> chosen;
  const unsigned count = 1 + below(4);
  for (unsigned i = 0; i < count; ++i) chosen.push_back(pool[random_() % pool.size()]);
  return policy::IntervalSet<T>(std::move(chosen));
}

policy::Chunk RandomPolicy::noise(unsigned one_in_n) {
  policy::Chunk chunk;
  for (unsigned i = 0; i < 256; ++i) chunk[i] = !one_in(one_in_n);
  return chunk;
}

policy::Match RandomPolicy::make_match() {
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

policy::Action RandomPolicy::make_action() {
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

}  // namespace portcullis::traffic
