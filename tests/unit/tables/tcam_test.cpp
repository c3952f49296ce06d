#include "tables/tcam.h"

#include <gtest/gtest.h>

#include <limits>

#include "random_policy.h"

namespace portcullis::tables {
namespace {

using policy::Address;
using policy::Chunk;
using policy::IntervalSet;
using policy::Match;

// The least number of prefixes of a `bits`-wide field whose union is `set`: a block is one prefix if it is all in, else
// its halves add up.
std::uint64_t least_prefixes(unsigned set, unsigned first, unsigned size) {
  const unsigned block = ((1U << size) - 1) << first;
  if ((set & block) == 0) return 0;
  if ((set & block) == block) return 1;
  return least_prefixes(set, first, size / 2) + least_prefixes(set, first + size / 2, size / 2);
}

TEST(Tcam, PrefixesOfEverySubsetOfFourBits) {
  for (unsigned set = 0; set < 65536; ++set) {
    std::vector<policy::Interval<Address>> values;
    for (unsigned v = 0; v < 16; ++v) {
      if ((set >> v & 1U) != 0) values.push_back({v, v});
    }
    ASSERT_EQ(prefix_count(IntervalSet<Address>(values)), least_prefixes(set, 0, 16)) << set;
  }
}

TEST(Tcam, KnownPrefixCounts) {
  EXPECT_EQ(prefix_count({{0, ~Address{0}}}), 1U);
  EXPECT_EQ(prefix_count({{1, ~Address{0} - 1}}), 254U);  // 2 (bits - 1), the worst case
  EXPECT_EQ(prefix_count({{1, 65534}}), 30U);
  EXPECT_EQ(prefix_count({{1024, 65535}}), 6U);
  EXPECT_EQ(prefix_count({}), 0U);
}

// The fewest ternary words of the three lowest bits whose union is `set` (8 bits), by trying all sets of words.
unsigned least_words(unsigned set) {
  std::vector<unsigned> cubes;
  for (unsigned mask = 0; mask < 8; ++mask) {
    for (unsigned value = 0; value < 8; ++value) {
      unsigned cube = 0;
      for (unsigned v = 0; v < 8; ++v) {
        if ((v & mask) == (value & mask)) cube |= 1U << v;
      }
      if ((cube & ~set) == 0) cubes.push_back(cube);
    }
  }
  std::vector<unsigned> least(256, 99);
  least[0] = 0;
  for (unsigned covered = 0; covered < 256; ++covered) {
    for (const unsigned cube : cubes) least[covered | cube] = std::min(least[covered | cube], least[covered] + 1);
  }
  return least[set];
}

TEST(Tcam, TernaryWordsOfEverySubsetOfThreeBitsAreTheFewest) {
  for (unsigned set = 0; set < 256; ++set) {
    Chunk chunk;
    for (unsigned v = 0; v < 256; ++v) chunk[v] = (set >> (v & 7U) & 1U) != 0;  // five bits do not matter
    // Greedy after the essential words: never fewer than possible, and at most one more.
    EXPECT_GE(ternary_count(chunk), least_words(set)) << set;
    EXPECT_LE(ternary_count(chunk), least_words(set) + 1) << set;
  }
  Chunk ack_or_rst;
  for (unsigned v = 0; v < 256; ++v) ack_or_rst[v] = (v & 0x14U) != 0;
  EXPECT_EQ(ternary_count(ack_or_rst), 2U);
  EXPECT_EQ(ternary_count(Chunk().set()), 1U);
}

Match http() {
  Match match = Match::any();
  match.protocol.reset().set(6);
  return match;
}

TEST(Tcam, EntryIsTheProductOfItsFields) {
  EXPECT_EQ(tcam_entries(Match::any()), 1U);
  Match match = http();
  match.destination_port = {{80, 80}, {443, 443}, {1024, 65535}};
  EXPECT_EQ(tcam_entries(match), 8U);
  match.destination = {{policy::from_ipv4(0x0A000000), policy::from_ipv4(0x0A0000FF)},
                       {policy::from_ipv4(0x0A000200), policy::from_ipv4(0x0A0002FF)}};
  EXPECT_EQ(tcam_entries(match), 16U);
  match.protocol.set(17);
  EXPECT_EQ(tcam_entries(match), 32U);
  match.source_port = {{0, 0xFFFF}};
  EXPECT_EQ(tcam_entries(match), 32U);
  match.vlan = {{1, 4094}};
  EXPECT_EQ(tcam_entries(match), 32U * 22U);
}

TEST(Tcam, FlagsAreComparedForTcpOnly) {
  Match match = Match::any();
  match.protocol.reset().set(6).set(17);
  for (unsigned v = 0; v < 256; ++v) match.tcp_flags[v] = (v & 0x14U) != 0;
  EXPECT_EQ(tcam_entries(match), 3U);  // TCP with ACK, TCP with RST, UDP
}

TEST(Tcam, FamiliesApartWhenThatIsLess) {
  Match match = http();
  match.context.reset();
  for (unsigned ingress = 0; ingress < 8; ++ingress) {
    match.context.set(policy::make_context(ingress, policy::EtherClass::ipv6, policy::Fragment::whole));
  }
  // ::/0 is everything but the mapped block, which no IPv6 packet has.
  const IntervalSet<Address> mapped{{policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU}};
  match.source = subtract(match.source, mapped);
  EXPECT_EQ(tcam_entries(match), 1U);
}

TEST(Tcam, NeverMoreThanThePlainProduct) {
  test::RandomPolicy random(test::seed(4));
  for (int i = 0; i < 300; ++i) {
    const Match match = random.match();
    std::uint64_t plain = 1;
    const auto times = [&plain](std::uint64_t n) { plain = saturating_multiply(plain, n); };
    times(prefix_count(match.source));
    times(prefix_count(match.destination));
    for (const auto* ports : {&match.source_port, &match.destination_port}) {
      std::vector<policy::Interval<Address>> wide;
      for (const auto& p : ports->intervals()) wide.push_back({p.first, p.last});
      times(std::max<std::uint64_t>(1, prefix_count(IntervalSet<Address>(wide))));
    }
    std::vector<policy::Interval<Address>> wide;
    for (const auto& v : match.vlan.intervals()) wide.push_back({v.first, v.last});
    times(prefix_count(IntervalSet<Address>(wide)));
    for (const Chunk* chunk : {&match.protocol, &match.tcp_flags, &match.dscp_tags, &match.context}) {
      times(ternary_count(*chunk));
    }
    EXPECT_LE(tcam_entries(match), plain);
  }
}

TEST(Tcam, StopsAtTheLargestNumber) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(saturating_multiply(kMost / 2, 3), kMost);
  EXPECT_EQ(saturating_add(kMost - 1, 5), kMost);
  Match match = http();
  match.source = match.destination = {{1, 0xFFFF'FFFEU}};  // IPv6
  match.source_port = match.destination_port = {{1, 65534}};
  match.vlan = {{1, 4094}};
  for (Chunk* chunk : {&match.protocol, &match.tcp_flags, &match.dscp_tags, &match.context}) {
    // Values of odd parity: no two are neighbours, so each needs a word of its own.
    for (unsigned v = 0; v < 256; ++v) (*chunk)[v] = __builtin_parity(v) == 1;
  }
  EXPECT_EQ(ternary_count(match.protocol), 128U);
  // Of the 128 contexts 16 are of IPv6.
  EXPECT_EQ(tcam_entries(match), std::uint64_t{62} * 62 * 30 * 30 * 22 * 128 * 128 * 128 * 16);
}

}  // namespace
}  // namespace portcullis::tables
