// Sets of packets on which two lists of rules differ, against every key of a small space, one by one.
#include "policy/regions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "policy/diff.h"
#include "policy/product.h"
#include "tables/reference.h"

namespace portcullis::policy {
namespace {

std::uint64_t test_seed(std::uint64_t otherwise) {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  return seed;
}

// Values of each field from which rules and keys are made: every interval of a rule starts and ends within one value
// of these, so that each class of values has a key here.
struct Pools {
  std::vector<Address> addresses = {0, from_ipv4(0x0A00'0000), from_ipv4(0x0A00'00FF), from_ipv4(0x0A00'0100),
                                    make_address(0x2001'0db8'0000'0000, 1)};
  std::vector<std::uint32_t> source_ports = {0, 8, 1024, kNoPort};
  std::vector<std::uint32_t> destination_ports = {0, 80, 443, kNoPort};
  std::vector<std::uint16_t> vlans = {0, 5};
  std::vector<std::uint8_t> protocols = {0, 1, 6, 17, 47};
  std::vector<std::uint8_t> flags = {0x02, 0x10, kNoFlags};
  std::vector<std::uint8_t> dscp_tags = {0, make_dscp_tags(46, 0), make_dscp_tags(0, 1)};
  std::vector<std::uint8_t> contexts = {
      make_context(0, EtherClass::ipv4, Fragment::whole), make_context(1, EtherClass::ipv4, Fragment::whole),
      make_context(0, EtherClass::ipv4, Fragment::later), make_context(0, EtherClass::ipv6, Fragment::whole),
      make_context(0, EtherClass::arp, Fragment::whole)};
};

class RandomRules {
 public:
  explicit RandomRules(std::uint64_t seed) : random_(seed) {}

  Policy make() {
    Policy policy;
    const unsigned count = 1 + below(7);
    for (unsigned i = 0; i < count; ++i) policy.entries.push_back({make_match(), make_action(), {}});
    policy.default_action = make_action();
    policy.monitor = below(6) == 0;
    return policy;
  }
  /// The same policy with one entry changed, put in or left out: what people compare.
  Policy edit(Policy policy) {
    const std::size_t at = below(static_cast<unsigned>(policy.entries.size()));
    switch (below(4)) {
      case 0:
        policy.entries.erase(policy.entries.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        policy.entries[at].match = make_match();
        break;
      case 2:
        policy.entries[at].action = make_action();
        break;
      default:
        policy.entries.insert(policy.entries.begin() + static_cast<std::ptrdiff_t>(at),
                              {make_match(), make_action(), {}});
    }
    return policy;
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  template <typename T>
  IntervalSet<T> some(const std::vector<T>& pool, T largest) {
    std::vector<Interval<T>> intervals;
    for (std::size_t i = 0; i < pool.size(); ++i) {
      if (below(2) == 0) continue;
      // Up to just before the next value of the pool, or the value alone.
      const T last = i + 1 < pool.size() ? static_cast<T>(pool[i + 1] - 1) : largest;
      intervals.push_back({pool[i], below(2) == 0 ? pool[i] : last});
    }
    return IntervalSet<T>(std::move(intervals));
  }
  Chunk some(const std::vector<std::uint8_t>& pool) {
    Chunk chunk;
    for (const std::uint8_t value : pool) chunk[value] = below(3) != 0;
    return chunk;
  }
  Match make_match() {
    Match match = Match::any();
    auto addresses = pools_.addresses;
    std::sort(addresses.begin(), addresses.end());
    if (below(3) != 0) match.source = some(addresses, ~Address{0});
    if (below(3) != 0) match.destination = some(addresses, ~Address{0});
    if (below(3) == 0) match.source_port = some(pools_.source_ports, kNoPort);
    if (below(3) != 0) match.destination_port = some(pools_.destination_ports, kNoPort);
    if (below(5) == 0) match.vlan = some(pools_.vlans, kMaxVlan);
    if (below(2) == 0) match.protocol = some(pools_.protocols);
    if (below(5) == 0) match.tcp_flags = some(pools_.flags);
    if (below(6) == 0) match.dscp_tags = some(pools_.dscp_tags);
    if (below(3) == 0) match.context = some(pools_.contexts);
    return match;
  }
  Action make_action() {
    Action action;
    action.permit = below(2) == 0;
    action.mirror = below(8) == 0;
    if (below(5) == 0) action.mark = below(3);
    return action;
  }

  Pools pools_;
  std::mt19937_64 random_;
};

// What a packet meets, written anew: what one could see of it outside.
std::string visible(const tables::Verdict& verdict) {
  std::string out = verdict.permit ? (verdict.would_drop ? "reported" : "permit") : "drop";
  if (verdict.action.mirror) out += " mirror";
  if (verdict.action.mark && (verdict.action.permit || verdict.action.mirror)) {
    out += " mark " + std::to_string(*verdict.action.mark);
  }
  return out;
}

bool can_be_met(const Key& key) {
  return std::any_of(presentable().begin(), presentable().end(),
                     [&](const Match& region) { return region.contains(key); });
}

template <typename F>
void for_each_key(F&& f) {
  const Pools pools;
  Key key;
  for (key.context = 0; const auto context : pools.contexts) {
    key.context = context;
    for (const auto protocol : pools.protocols) {
      key.protocol = protocol;
      for (const auto source : pools.addresses) {
        key.source = source;
        for (const auto destination : pools.addresses) {
          key.destination = destination;
          for (const auto source_port : pools.source_ports) {
            key.source_port = source_port;
            for (const auto destination_port : pools.destination_ports) {
              key.destination_port = destination_port;
              for (const auto flags : pools.flags) {
                key.tcp_flags = flags;
                for (const auto dscp_tags : pools.dscp_tags) {
                  key.dscp_tags = dscp_tags;
                  for (const auto vlan : pools.vlans) {
                    key.vlan = vlan;
                    if (can_be_met(key)) f(key);
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

void expect_exact(const Policy& a, const Policy& b) {
  const PolicyDiff difference = diff(a, b);
  ASSERT_TRUE(difference.decided);
  std::size_t wrong = 0;
  std::size_t keys = 0;
  for_each_key([&](const Key& key) {
    ++keys;
    const tables::Verdict in_a = tables::decide(a, key);
    const tables::Verdict in_b = tables::decide(b, key);
    std::optional<ChangeKind> expected;
    if (visible(in_a) != visible(in_b)) {
      expected = in_a.permit == in_b.permit ? ChangeKind::other
                 : in_a.permit              ? ChangeKind::permit_to_drop
                                            : ChangeKind::drop_to_permit;
    }
    for (const Change& change : difference.changes) {
      const bool inside = change.box.contains(key);
      if (inside && expected != change.kind) ++wrong;
      if (!inside) continue;
      // The entries that decided are among those named, on both sides.
      const auto named = [](const Deciders& deciders, const tables::Verdict& verdict) {
        return verdict.entry ? std::find(deciders.entries.begin(), deciders.entries.end(), *verdict.entry) !=
                                   deciders.entries.end()
                             : deciders.fallback;
      };
      if (!named(change.before, in_a) || !named(change.after, in_b)) ++wrong;
    }
    const bool held = std::any_of(difference.changes.begin(), difference.changes.end(),
                                  [&](const Change& change) { return change.box.contains(key); });
    if (expected.has_value() != held) ++wrong;
  });
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(keys, 3000U);
  for (const Change& change : difference.changes) {
    EXPECT_TRUE(can_be_met(change.example));
    EXPECT_TRUE(change.box.contains(change.example));
    EXPECT_NE(visible(tables::decide(a, change.example)), visible(tables::decide(b, change.example)));
  }
}

TEST(Regions, HoldExactlyTheKeysOfRandomPoliciesThatDiffer) {
  RandomRules random(test_seed(20261121));
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    const Policy a = random.make();
    expect_exact(a, random.make());
    if (HasFatalFailure() || HasNonfatalFailure()) return;
    expect_exact(a, random.edit(a));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST(Regions, APolicyDiffersNowhereFromItself) {
  RandomRules random(test_seed(7));
  for (int round = 0; round < 20; ++round) {
    const Policy a = random.make();
    EXPECT_TRUE(diff(a, a).none());
  }
}

TEST(Regions, RunningOutOfWorkIsSaidAndNothingIsClaimed) {
  RandomRules random(test_seed(11));
  const Policy a = random.make();
  Policy b = a;
  b.default_action.permit = !b.default_action.permit;
  const PolicyDiff difference = diff(a, b, 1);
  EXPECT_FALSE(difference.decided);
  EXPECT_FALSE(difference.none());
  EXPECT_FALSE(difference.undecided.empty());
  // Every key that differs is in a set that is listed or in one that is left open.
  for_each_key([&](const Key& key) {
    if (visible(tables::decide(a, key)) == visible(tables::decide(b, key))) return;
    const bool held = std::any_of(difference.changes.begin(), difference.changes.end(),
                                  [&](const Change& c) { return c.box.contains(key); }) ||
                      std::any_of(difference.undecided.begin(), difference.undecided.end(),
                                  [&](const Match& box) { return box.contains(key); });
    ASSERT_TRUE(held);
  });
}

}  // namespace
}  // namespace portcullis::policy
