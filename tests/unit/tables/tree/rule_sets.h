// Rule sets for the tests of the tree engine: random ones with the shape of ClassBench's access lists, firewalls and IP
// chains, hostile ones, headers at and around the ends of their rules, and a brute-force matcher.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace portcullis::test {

/// What kind of rules a random set has.
enum class Kind { access_list, firewall, ip_chain };

/// Makes rule sets and headers; the same numbers for the same seed on every machine.
class RuleSets {
 public:
  explicit RuleSets(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  /// Rules from few networks, as real sets have them: hosts and small prefixes under some large ones.
  policy::Policy random(Kind kind, std::size_t rules) {
    networks_.clear();
    for (std::size_t i = 0; i < 4 + rules / 200; ++i) {
      networks_.push_back({static_cast<std::uint32_t>(random_()), static_cast<unsigned>(14 + below(8))});
    }
    prefixes_.clear();
    for (std::size_t i = 0; i < 4 + rules / 6; ++i) prefixes_.push_back(new_prefix(kind));
    policy::Policy out;
    for (std::size_t i = 0; i < rules; ++i) {
      const Ends source = kind == Kind::firewall && below(30) == 0 ? kAny : address();
      const Ends destination = kind == Kind::firewall && below(30) == 0 ? kAny : address();
      out.entries.push_back(
          entry(source, destination, kind == Kind::access_list ? kPorts : port(kind), port(kind), protocol(kind), i));
    }
    return out;
  }

  /// An access list whose rules have marks that count on from `next_mark`, so that a verdict tells every rule from
  /// every other, and permit or drop.
  policy::Policy marked(std::size_t rules, std::uint32_t& next_mark) {
    policy::Policy out = random(Kind::access_list, rules);
    for (policy::Entry& entry : out.entries) {
      entry.action = {};
      entry.action.permit = below(2) == 0;
      entry.action.mark = next_mark++;
    }
    return out;
  }

  /// `rules` rules that all match everything.
  policy::Policy all_alike(std::size_t rules) {
    policy::Policy out;
    for (std::size_t i = 0; i < rules; ++i) out.entries.push_back(entry(kAny, kAny, kPorts, kPorts, std::nullopt, i));
    return out;
  }

  /// Rules that differ and all hold one header: prefixes and ranges that grow around it.
  policy::Policy all_overlap(std::size_t rules) {
    policy::Policy out;
    for (std::size_t i = 0; i < rules; ++i) {
      const auto spread = static_cast<std::uint32_t>(i);
      out.entries.push_back(entry(prefix(0xC0000201U, 32 - static_cast<unsigned>(i % 33)),
                                  prefix(0xC6336401U, 32 - static_cast<unsigned>((i / 3) % 33)),
                                  {30000 - spread, 30000 + spread}, {443 - std::min(spread, 443U), 443 + spread},
                                  i % 2 == 0 ? std::nullopt : std::optional<unsigned>(6), i));
    }
    return out;
  }

  /// Chains of nested prefixes, the longest first or last, around several addresses.
  policy::Policy nested_prefixes(std::size_t chains, bool longest_first) {
    policy::Policy out;
    for (std::size_t chain = 0; chain < chains; ++chain) {
      const auto source = static_cast<std::uint32_t>(random_());
      const auto destination = static_cast<std::uint32_t>(random_());
      for (unsigned i = 0; i <= 32; ++i) {
        const unsigned length = longest_first ? 32 - i : i;
        out.entries.push_back(entry(prefix(source, length), prefix(destination, 32 - length / 4), kPorts, kPorts,
                                    std::nullopt, out.entries.size()));
      }
    }
    return out;
  }

  /// Ranges that end at 0 and at 65535, and addresses and protocols at both ends of their fields.
  policy::Policy ends(std::size_t rules) {
    const std::array<Ends, 9> ports = {
        {{0, 0}, {65535, 65535}, {0, 65535}, {0, 65534}, {1, 65535}, {65534, 65535}, {0, 1}, {1, 1}, {1024, 65535}}};
    const std::array<std::uint32_t, 4> addresses = {0, 0xFFFF'FFFFU, 0x7FFF'FFFFU, 0x8000'0000U};
    const std::array<unsigned, 4> protocols = {0, 255, 127, 128};
    policy::Policy out;
    for (std::size_t i = 0; i < rules; ++i) {
      const Ends source =
          prefix(addresses[below(4)], 32 - static_cast<unsigned>(below(4)) * static_cast<unsigned>(below(11)));
      const Ends destination = prefix(addresses[below(4)], 32 - static_cast<unsigned>(below(4)));
      out.entries.push_back(entry(source, destination, ports[below(9)], ports[below(9)],
                                  below(4) == 0 ? std::nullopt : std::optional(protocols[below(4)]), i));
    }
    return out;
  }

  /// A header whose fields lie at, beside or between the ends of rules: of one rule, or of several.
  policy::Key header(const policy::Policy& policy) {
    const auto some = [&]() -> const policy::Match& { return policy.entries[below(policy.entries.size())].match; };
    const policy::Match& one = some();
    const bool mix = below(4) == 0;
    const auto from = [&]() -> const policy::Match& { return mix ? some() : one; };
    policy::Key key;
    key.source = address_in(from().source);
    key.destination = address_in(from().destination);
    key.source_port = port_in(from().source_port);
    key.destination_port = port_in(from().destination_port);
    const policy::Chunk& protocols = from().protocol;
    key.protocol = static_cast<std::uint8_t>(protocols.all() || below(16) == 0 ? below(256) : protocols._Find_first());
    key.context = policy::make_context(0, policy::EtherClass::ipv4, policy::Fragment::whole);
    if (below(32) == 0) key.context = static_cast<std::uint8_t>(below(256));
    if (below(64) == 0) key.source = policy::make_address(below(4), random_());
    return key;
  }

 private:
  using Ends = policy::Interval<std::uint32_t>;
  struct Network {
    std::uint32_t address;
    unsigned length;
  };
  static constexpr Ends kAny{0, 0xFFFF'FFFFU};
  static constexpr Ends kPorts{0, 65535};

  static Ends prefix(std::uint32_t address, unsigned length) {
    const std::uint32_t host = length == 0 ? 0xFFFF'FFFFU : length == 32 ? 0 : (1U << (32 - length)) - 1;
    return {address & ~host, address | host};
  }

  /// One of the set's prefixes; some come up far more often than others.
  Ends address() { return prefixes_[below(1 + below(1 + below(prefixes_.size())))]; }

  Ends new_prefix(Kind kind) {
    const Network& network = networks_[below(networks_.size())];
    const std::uint32_t host_bits = static_cast<std::uint32_t>(below(2) == 0 ? below(64) : random_());
    const std::uint32_t address =
        (network.address & ~((1U << (32 - network.length)) - 1)) | (host_bits & ((1U << (32 - network.length)) - 1));
    const std::uint64_t dice = below(100);
    const unsigned longest = kind == Kind::firewall ? 28 : 32;
    if (dice < 70) return prefix(address, longest);
    if (dice < 90) return prefix(address, static_cast<unsigned>(24 + below(8)));
    if (dice < 98) return prefix(address, static_cast<unsigned>(network.length + below(8)));
    return prefix(address, static_cast<unsigned>(8 + below(8)));
  }

  Ends port(Kind kind) {
    const std::uint64_t dice = below(100);
    if (dice < (kind == Kind::access_list ? 5 : 30)) return kPorts;
    if (dice < 40) return {1024, 65535};
    if (dice < 50) {
      // Few ranges, as real sets have.
      const auto number = static_cast<std::uint32_t>(below(12));
      return {1000 + 4500 * number, 1000 + 4500 * number + 1000 * (number % 3) + 100 * number};
    }
    const auto exact = static_cast<std::uint32_t>(below(20) == 0 ? below(65536) : 20 + below(100));
    return {exact, exact};
  }

  std::optional<unsigned> protocol(Kind kind) {
    const std::uint64_t dice = below(100);
    if (dice < 60) return 6;
    if (dice < 90) return 17;
    return dice < (kind == Kind::access_list ? 99U : 95U) ? std::optional(1U) : std::nullopt;
  }

  policy::Entry entry(Ends source, Ends destination, Ends source_port, Ends destination_port,
                      std::optional<unsigned> protocol, std::size_t number) {
    policy::Entry out;
    const auto ports = [](Ends e) {
      return policy::Interval{e.first, e.last == 65535 && e.first == 0 ? policy::kNoPort : e.last};
    };
    out.match = policy::Match::any();
    out.match.source = {{policy::from_ipv4(source.first), policy::from_ipv4(source.last)}};
    out.match.destination = {{policy::from_ipv4(destination.first), policy::from_ipv4(destination.last)}};
    out.match.source_port = {ports(source_port)};
    out.match.destination_port = {ports(destination_port)};
    if (protocol) out.match.protocol = policy::Chunk().set(*protocol);
    out.match.context = policy::Chunk().set(policy::make_context(0, policy::EtherClass::ipv4, policy::Fragment::whole));
    out.action.permit = number % 2 == 0;
    out.action.mark = static_cast<std::uint32_t>(number);
    out.from.rule = "rule " + std::to_string(number);
    return out;
  }

  policy::Address address_in(const policy::IntervalSet<policy::Address>& set) {
    const auto& range = set.intervals()[below(set.size())];
    const policy::Address span = range.last - range.first;
    switch (below(6)) {
      case 0:
        return range.first;
      case 1:
        return range.last;
      case 2:
        return range.first - (below(8) == 0 ? 1 : 0);
      case 3:
        return range.last + (below(8) == 0 ? 1 : 0);
      default:
        return range.first + (span == ~policy::Address{0} ? random_() : random_() % (span + 1));
    }
  }

  std::uint32_t port_in(const policy::IntervalSet<std::uint32_t>& set) {
    const auto& range = set.intervals()[below(set.size())];
    switch (below(6)) {
      case 0:
        return range.first;
      case 1:
        return range.last;
      case 2:
        return range.first == 0 ? 0 : range.first - 1;
      case 3:
        return range.last >= policy::kNoPort ? policy::kNoPort : range.last + 1;
      default:
        return range.first + static_cast<std::uint32_t>(below(range.last - range.first + 1));
    }
  }

  std::mt19937_64 random_;
  std::vector<Network> networks_;
  std::vector<Ends> prefixes_;
};

/// Every rule compared with the key, in order: flat, so that millions of headers are affordable, and without a line of
/// host/tables.
class BruteForce {
 public:
  explicit BruteForce(const policy::Policy& policy) : policy_(policy) {
    for (const policy::Entry& entry : policy.entries) {
      Row row;
      const policy::Match& match = entry.match;
      row.simple = match.source.size() == 1 && match.destination.size() == 1 && match.source_port.size() == 1 &&
                   match.destination_port.size() == 1;
      if (row.simple) {
        row.source = match.source.intervals().front();
        row.destination = match.destination.intervals().front();
        row.source_port = match.source_port.intervals().front();
        row.destination_port = match.destination_port.intervals().front();
      }
      rows_.push_back(row);
    }
  }

  std::optional<std::uint32_t> first_match(const policy::Key& key) const {
    for (std::uint32_t rule = 0; rule < rows_.size(); ++rule) {
      const Row& row = rows_[rule];
      if (row.simple &&
          (key.source < row.source.first || key.source > row.source.last || key.destination < row.destination.first ||
           key.destination > row.destination.last || key.source_port < row.source_port.first ||
           key.source_port > row.source_port.last || key.destination_port < row.destination_port.first ||
           key.destination_port > row.destination_port.last)) {
        continue;
      }
      if (policy_.entries[rule].match.contains(key)) return rule;
    }
    return std::nullopt;
  }

 private:
  struct Row {
    bool simple = false;
    policy::Interval<policy::Address> source, destination;
    policy::Interval<std::uint32_t> source_port, destination_port;
  };
  const policy::Policy& policy_;
  std::vector<Row> rows_;
};

}  // namespace portcullis::test
