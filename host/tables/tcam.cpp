// Prefix expansion and ternary covers.
#include "tables/tcam.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

namespace portcullis::tables {
namespace {

using policy::Address;
using policy::Chunk;
using policy::EtherClass;
using policy::Interval;
using policy::IntervalSet;
using policy::Match;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr unsigned kTcp = 6;

unsigned width(Address value) {
  const auto high = static_cast<std::uint64_t>(value >> 64U);
  const auto low = static_cast<std::uint64_t>(value);
  return static_cast<unsigned>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(low));
}

unsigned trailing_zeros(Address value) {
  const auto high = static_cast<std::uint64_t>(value >> 64U);
  const auto low = static_cast<std::uint64_t>(value);
  return static_cast<unsigned>(low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(high));
}

template <typename T>
IntervalSet<Address> widen(const IntervalSet<T>& set) {
  std::vector<Interval<Address>> out;
  for (const auto& i : set.intervals()) out.push_back({i.first, i.last});
  return IntervalSet<Address>(std::move(out));
}

// A TCAM's port field has 16 bits; what has no port is told apart by its protocol, at the price of a word unless any
// port will do.
std::uint64_t port_words(const IntervalSet<std::uint32_t>& ports) {
  const IntervalSet<std::uint32_t> real = intersect(ports, IntervalSet<std::uint32_t>{{0, policy::kNoPort - 1}});
  const std::uint64_t words = prefix_count(widen(real));
  const bool any = real.contains(0) && real.intervals().front().last == policy::kNoPort - 1;
  return words + (ports.contains(policy::kNoPort) && !any ? 1 : 0);
}

Chunk of_class(const Chunk& context, bool (*wanted)(EtherClass)) {
  Chunk out;
  for (unsigned value = 0; value < 256; ++value) {
    if (context[value] && wanted(static_cast<EtherClass>((value >> 3U) & 7U))) out.set(value);
  }
  return out;
}

std::vector<TernaryWord> make_ternary_words(const Chunk& chunk) {
  if (chunk.none()) return {};
  if (chunk.all()) return {{}};
  // inside[mask][value]: the whole cube is in the chunk. A cube with one bit less compared is the union of two smaller
  // ones.
  std::vector<std::array<bool, 256>> inside(256);
  for (unsigned value = 0; value < 256; ++value) inside[0xFF][value] = chunk[value];
  for (unsigned mask = 0xFF; mask-- > 0;) {
    const unsigned freed = 1U << static_cast<unsigned>(std::countr_one(mask));  // the lowest bit not compared
    for (unsigned value = 0; value < 256; ++value) {
      if ((value & ~mask) != 0) continue;
      inside[mask][value] = inside[mask | freed][value] && inside[mask | freed][value | freed];
    }
  }
  struct Prime {
    Chunk cube;
    TernaryWord word;
  };
  std::vector<Prime> primes;
  for (unsigned mask = 0; mask < 256; ++mask) {
    for (unsigned value = 0; value < 256; ++value) {
      if ((value & ~mask) != 0 || !inside[mask][value]) continue;
      bool prime = true;
      for (unsigned bit = 1; bit < 256; bit <<= 1U) {
        if ((mask & bit) != 0 && inside[mask & ~bit][value & ~bit]) prime = false;
      }
      if (!prime) continue;
      Chunk cube;
      for (unsigned v = 0; v < 256; ++v) {
        if ((v & mask) == value) cube.set(v);
      }
      primes.push_back({cube, {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(mask)}});
    }
  }
  std::vector<TernaryWord> words;
  Chunk left = chunk;
  for (unsigned value = 0; value < 256; ++value) {
    if (!left[value]) continue;
    const auto holds = [value](const Prime& prime) { return prime.cube[value]; };
    const auto first = std::find_if(primes.begin(), primes.end(), holds);
    if (std::find_if(std::next(first), primes.end(), holds) == primes.end()) {
      left &= ~first->cube;
      words.push_back(first->word);
    }
  }
  while (left.any()) {
    const auto best = std::max_element(primes.begin(), primes.end(), [&left](const Prime& a, const Prime& b) {
      return (a.cube & left).count() < (b.cube & left).count();
    });
    left &= ~best->cube;
    words.push_back(best->word);
  }
  return words;
}

}  // namespace

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) { return a > kMost - b ? kMost : a + b; }
std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) { return a != 0 && b > kMost / a ? kMost : a * b; }

std::uint64_t prefix_count(const IntervalSet<Address>& set) {
  std::uint64_t count = 0;
  for (const auto& interval : set.intervals()) {
    // From the left, always the largest block that is aligned here and does not reach past the end.
    Address first = interval.first;
    for (;;) {
      ++count;
      const Address rest = interval.last - first;  // one less than the values left
      if (rest == ~Address{0}) break;              // all 2^128 of them
      const Address block = Address{1} << std::min(trailing_zeros(first), width(rest + 1) - 1);
      if (block - 1 == rest) break;
      first += block;
    }
  }
  return count;
}

std::vector<TernaryWord> ternary_words(const Chunk& chunk) {
  // A policy has few distinct chunks, and a cover takes far longer to find than to look up.
  thread_local std::unordered_map<Chunk, std::vector<TernaryWord>> known;
  const auto found = known.find(chunk);
  if (found != known.end()) return found->second;
  std::vector<TernaryWord> words = make_ternary_words(chunk);
  if (known.size() > 4096) known.clear();
  known.emplace(chunk, words);
  return words;
}

std::uint64_t ternary_count(const Chunk& chunk) { return ternary_words(chunk).size(); }

std::uint64_t tcam_entries(const Match& match) {
  if (match.empty()) return 0;
  // TCP flags are compared where the protocol is TCP; what is not TCP needs no look at them.
  std::uint64_t protocol_words = saturating_multiply(ternary_count(match.protocol), ternary_count(match.tcp_flags));
  if (match.tcp_flags[policy::kNoFlags]) {
    Chunk others = match.protocol;
    others.reset(kTcp);
    const std::uint64_t apart =
        saturating_add(match.protocol[kTcp] ? ternary_count(match.tcp_flags) : 0, ternary_count(others));
    protocol_words = std::min(protocol_words, apart);
  }
  std::uint64_t common = protocol_words;
  for (const std::uint64_t words : {port_words(match.source_port), port_words(match.destination_port),
                                    prefix_count(widen(match.vlan)), ternary_count(match.dscp_tags)}) {
    common = saturating_multiply(common, words);
  }

  const IntervalSet<Address> mapped{{policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU}};
  const auto ipv4_words = [&mapped](const IntervalSet<Address>& set) {
    std::vector<Interval<Address>> low;
    const IntervalSet<Address> inside = intersect(set, mapped);
    for (const auto& i : inside.intervals()) {
      low.push_back({i.first - policy::kMappedPrefix, i.last - policy::kMappedPrefix});
    }
    return prefix_count(IntervalSet<Address>(std::move(low)));
  };
  // No IPv6 packet has a mapped address, so the block may be taken in or left out.
  const auto ipv6_words = [&mapped](const IntervalSet<Address>& set) {
    const IntervalSet<Address> out = subtract(set, mapped);
    return out.empty() ? 0 : std::min(prefix_count(out), prefix_count(unite(out, mapped)));
  };
  const Chunk ipv4 = of_class(match.context, [](EtherClass type) { return type == EtherClass::ipv4; });
  const Chunk ipv6 = of_class(match.context, [](EtherClass type) { return type == EtherClass::ipv6; });
  const Chunk rest = match.context & ~ipv4 & ~ipv6;
  const auto product = [](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return saturating_multiply(saturating_multiply(a, b), c);
  };
  const std::uint64_t together =
      product(prefix_count(match.source), prefix_count(match.destination), ternary_count(match.context));
  std::uint64_t apart = product(ipv4_words(match.source), ipv4_words(match.destination), ternary_count(ipv4));
  apart = saturating_add(apart, product(ipv6_words(match.source), ipv6_words(match.destination), ternary_count(ipv6)));
  if (match.source.contains(0) && match.destination.contains(0)) apart = saturating_add(apart, ternary_count(rest));
  return saturating_multiply(common, std::min(together, apart));
}

}  // namespace portcullis::tables
