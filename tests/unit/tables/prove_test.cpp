#include "tables/prove.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "bank_lookup.h"
#include "random_policy.h"
#include "tables/compile.h"
#include "tables/crc32c.h"

namespace portcullis::tables {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

void store(Bytes& bytes, std::size_t at, std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void mend(Bytes& bytes) {
  const test::BankLookup bank(bytes);
  for (const auto& [tag, section] : bank.sections()) {
    store(bytes, section.crc_at, crc32c(std::span(bytes).subspan(section.offset, section.length)), 4);
  }
  store(bytes, 28, crc32c(std::span(bytes).subspan(32, 7 * 24), crc32c(std::span(bytes).first(28))), 4);
}

// Whether the parser can make this key of a frame, said once more in the words of docs/design.md.
bool can_be_met(const policy::Key& key) {
  const unsigned tags = key.dscp_tags >> 6U;
  const auto type = static_cast<policy::EtherClass>(key.context >> 3U & 7U);
  const unsigned fragment = key.context >> 6U;
  if (tags > 2 || (tags == 0 && key.vlan != 0) || key.vlan > 4095 || fragment > 2) return false;
  const bool no_ports = key.source_port == 0x10000 && key.destination_port == 0x10000;
  if (type != policy::EtherClass::ipv4 && type != policy::EtherClass::ipv6) {
    return key.source == 0 && key.destination == 0 && key.protocol == 0 && key.tcp_flags == 0xFF && no_ports &&
           fragment == 0 && (key.dscp_tags & 0x3FU) == 0;
  }
  const bool ipv4 = type == policy::EtherClass::ipv4;
  if (policy::is_ipv4(key.source) != ipv4 || policy::is_ipv4(key.destination) != ipv4) return false;
  if (fragment == 2) return no_ports && key.tcp_flags == 0xFF;
  if (key.protocol != 6 && key.tcp_flags != 0xFF) return false;
  switch (key.protocol) {
    case 6:
    case 17:
    case 132:
      return key.source_port <= 65535 && key.destination_port <= 65535;
    case 1:
    case 58:
      return key.source_port <= 255 && key.destination_port <= 255;
    case 0:
    case 43:
    case 44:
    case 60:
      return ipv4 && no_ports;
    default:
      return no_ports;
  }
}

Geometry wide() { return Geometry::large(); }

// What the mutated bank does with a key, by a lookup that shares nothing with the proof.
policy::Action action_in(const test::BankLookup& bank, const policy::Key& key, bool& permit) {
  const std::uint64_t word = bank.action(bank.first_match(key));
  permit = (word >> 32U & 1U) != 0 || (bank.action(std::nullopt) >> 63U & 1U) != 0;
  return policy::Action::from_word(word);
}

bool differs(const policy::Policy& policy, const test::BankLookup& bank, const policy::Key& key) {
  bool permit = false;
  const policy::Action action = action_in(bank, key, permit);
  const Verdict expected = decide(policy, key);
  return expected.permit != permit || expected.action != action;
}

TEST(Prove, WhatWasCompiledIsProved) {
  test::RandomPolicy random(test::seed(20));
  for (int round = 0; round < 50; ++round) {
    const policy::Policy policy = random.policy(random.below(80));
    const Proof proof = prove(policy, encode(compile(policy, wide()).image), "x.pti");
    ASSERT_EQ(proof.result, ProofResult::proved) << proof.text;
    EXPECT_THAT(proof.differences, IsEmpty());
  }
}

struct Mutation {
  Bytes bytes;
  std::string what;
};

// One bit of the used area, anywhere: boundaries, bitmap rows, action words, the default action word.
Mutation mutate(const Bytes& good, test::RandomPolicy& random) {
  const test::BankLookup bank(good);
  Mutation mutation{good, {}};
  const auto flip = [&mutation](std::size_t at, std::size_t bit, std::string what) {
    mutation.bytes[at + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    mutation.what = std::move(what) + ", bit " + std::to_string(bit);
  };
  for (;;) {
    switch (random.below(5)) {
      case 0: {
        const std::size_t table = random.below(5);
        if (bank.boundary_count(table) == 0) break;
        const std::size_t i = random.below(bank.boundary_count(table));
        flip(bank.boundary_at(table, i), random.below(policy::kTableKeyBits[table]),
             "boundary " + std::to_string(i + 1) + " of table " + std::to_string(table));
        mend(mutation.bytes);
        return mutation;
      }
      case 1:
      case 2: {
        const std::size_t table = random.below(9);
        const std::size_t row = random.below(bank.rows(table));
        const std::size_t rule = random.below(bank.entries());
        flip(bank.bit_at(table, row, rule), rule % 8,
             "rule " + std::to_string(rule) + " in row " + std::to_string(row) + " of table " + std::to_string(table));
        mend(mutation.bytes);
        return mutation;
      }
      case 3: {
        const std::size_t rule = random.below(bank.entries());
        flip(bank.action_at(rule), random.below(64), "action " + std::to_string(rule));
        mend(mutation.bytes);
        return mutation;
      }
      default:
        flip(bank.default_action_at(), random.below(2) == 0 ? 63 : random.below(64), "default action");
        mend(mutation.bytes);
        return mutation;
    }
  }
}

TEST(Prove, EveryWrongBitIsFoundAndAnsweredWithAPacketThatDiffers) {
  test::RandomPolicy random(test::seed(21));
  std::size_t with_packet = 0;
  std::size_t without_effect = 0;
  constexpr int kPolicies = 25;
  constexpr int kBitsEach = 40;
  for (int round = 0; round < kPolicies; ++round) {
    const policy::Policy policy = random.policy(2 + random.below(round % 5 == 0 ? 150 : 30));
    const Bytes good = encode(compile(policy, wide()).image);
    for (int i = 0; i < kBitsEach; ++i) {
      const Mutation mutation = mutate(good, random);
      const Proof proof = prove(policy, mutation.bytes, "x.pti");
      const test::BankLookup bank(mutation.bytes);
      ASSERT_FALSE(proof.proved()) << mutation.what;
      ASSERT_NE(proof.result, ProofResult::gave_up) << mutation.what << "\n" << proof.text;
      if (proof.key) {
        ++with_packet;
        ASSERT_EQ(proof.result, ProofResult::differs);
        ASSERT_TRUE(can_be_met(*proof.key)) << mutation.what << "\n" << proof.text;
        ASSERT_TRUE(differs(policy, bank, *proof.key)) << mutation.what << "\n" << proof.text;
        ASSERT_EQ(proof.by_policy, decide(policy, *proof.key));
        ASSERT_EQ(proof.by_image.entry, bank.first_match(*proof.key));
      } else {
        ++without_effect;
        ASSERT_THAT(proof.text, HasSubstr("no verdict changes"));
        for (int k = 0; k < 300; ++k) {
          const policy::Key key = random.key();
          if (can_be_met(key)) {
            ASSERT_FALSE(differs(policy, bank, key)) << mutation.what << "\n" << describe(key);
          }
        }
        if (proof.counted_elsewhere) {
          ASSERT_TRUE(can_be_met(*proof.counted_elsewhere));
          ASSERT_NE(bank.first_match(*proof.counted_elsewhere), first_match(policy, *proof.counted_elsewhere));
        }
      }
    }
  }
  EXPECT_EQ(with_packet + without_effect, std::size_t{kPolicies} * kBitsEach);
  std::cout << with_packet << " bits change a verdict, " << without_effect << " do not\n";
  EXPECT_GT(with_packet, 100U);
}

// On a key space small enough to try every key, "no verdict changes" is checked against all of them.
TEST(Prove, NoVerdictChangesIsTrueForEveryKeyOfASmallSpace) {
  std::mt19937_64 generator(test::seed(22));
  std::size_t unchanged = 0;
  std::size_t changed = 0;
  for (int round = 0; round < 60; ++round) {
    policy::Policy policy;
    for (int i = 0; i < 8; ++i) {
      policy::Entry entry;
      entry.match = policy::Match::any();
      const auto ports = [&generator] {
        const auto a = static_cast<std::uint32_t>(generator() % 8);
        const auto b = static_cast<std::uint32_t>(generator() % 8);
        return policy::IntervalSet<std::uint32_t>{{std::min(a, b), std::max(a, b)}};
      };
      entry.match.source_port = ports();
      entry.match.destination_port = ports();
      if (generator() % 2 == 0) entry.match.protocol.reset().set(generator() % 2 == 0 ? 6 : 17);
      entry.action.permit = generator() % 2 == 0;
      policy.entries.push_back(entry);
    }
    policy::Policy other = policy;
    policy::Entry& victim = other.entries[generator() % other.entries.size()];
    switch (generator() % 4) {
      case 0:
        victim.match.destination_port = {{0, static_cast<std::uint32_t>(generator() % 8)}};
        break;
      case 1:
        victim.action.permit = !victim.action.permit;
        break;
      case 2:
        other.entries.erase(other.entries.begin() + static_cast<std::ptrdiff_t>(generator() % other.entries.size()));
        break;
      default:
        std::swap(other.entries[0], other.entries[generator() % other.entries.size()]);
        break;
    }
    const Proof proof = prove(policy, encode(compile(other, wide()).image), "x.pti");
    bool any = false;
    for (const unsigned protocol : {6U, 17U, 132U}) {
      for (std::uint32_t from = 0; from < 9; ++from) {
        for (std::uint32_t to = 0; to < 9; ++to) {
          policy::Key key;
          key.protocol = static_cast<std::uint8_t>(protocol);
          key.source_port = from;
          key.destination_port = to;
          any = any || decide(policy, key).permit != decide(other, key).permit;
        }
      }
    }
    EXPECT_EQ(proof.result == ProofResult::differs, any) << proof.text;
    (any ? changed : unchanged) += 1;
  }
  EXPECT_GT(changed, 5U);
  EXPECT_GT(unchanged, 5U);
}

policy::Policy two_services() {
  policy::Policy policy;
  for (const std::uint32_t port : {443U, 25U}) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.protocol.reset().set(6);
    entry.match.destination_port = {{port, port}};
    entry.action.permit = true;
    entry.from.document = "ports.md";
    entry.from.line = port;
    entry.from.rule = "ports.md:" + std::to_string(port);
    policy.entries.push_back(entry);
  }
  return policy;
}

TEST(Prove, AnswerNamesPacketVerdictsAndLines) {
  const policy::Policy policy = two_services();
  policy::Policy other = policy;
  other.entries[0].match.destination_port = {{444, 444}};
  const Proof proof = prove(policy, encode(compile(other, Geometry::edge()).image), "x.pti");
  EXPECT_EQ(proof.result, ProofResult::differs);
  ASSERT_EQ(proof.differences.size(), 1U);
  EXPECT_EQ(proof.differences[0].entry, 0U);
  EXPECT_EQ(proof.differences[0].what, "destination port");
  EXPECT_THAT(proof.text, HasSubstr("entry 0 (ports.md:443) differs: destination port"));
  EXPECT_THAT(proof.text, HasSubstr("packet: "));
  EXPECT_TRUE(proof.text.find("site:  permit (entry 0: ports.md:443)") != std::string::npos ||
              proof.text.find("image: permit (entry 0: ports.md:443)") != std::string::npos)
      << proof.text;
}

TEST(Prove, MissingAndAdditionalEntriesAreFound) {
  const policy::Policy policy = two_services();
  for (const bool more : {false, true}) {
    policy::Policy other = policy;
    if (more) {
      policy::Entry entry = policy.entries[0];
      entry.action.permit = false;
      other.entries.insert(other.entries.begin(), entry);
    } else {
      other.entries.erase(other.entries.begin());
    }
    const Proof proof = prove(policy, encode(compile(other, Geometry::edge()).image), "x.pti");
    EXPECT_EQ(proof.result, ProofResult::differs);
    ASSERT_TRUE(proof.key);
    EXPECT_EQ(proof.key->destination_port, 443U);
    EXPECT_THAT(proof.text,
                HasSubstr(more ? "the site has 2 entries, the image 3" : "the site has 2 entries, the image 1"));
  }
}

TEST(Prove, AnotherOriginChangesNoVerdict) {
  const policy::Policy policy = two_services();
  policy::Policy other = policy;
  other.entries[1].from.line = 26;
  const Proof proof = prove(policy, encode(compile(other, Geometry::edge()).image), "x.pti");
  EXPECT_EQ(proof.result, ProofResult::without_effect);
  EXPECT_THAT(proof.text, HasSubstr("entry 1 (ports.md:25) differs, but no verdict changes: origin"));
}

TEST(Prove, SiteMayBeNamedByAnotherPath) {
  policy::Policy policy = two_services();
  policy.entries[0].from.document = "sites/edge/site.yaml";
  const std::vector<std::uint8_t> bytes = encode(compile(policy, Geometry::edge()).image);
  policy.entries[0].from.document = "site.yaml";
  EXPECT_TRUE(prove(policy, bytes, "x.pti").proved());
  policy.entries[0].from.document = "other.yaml";
  EXPECT_EQ(prove(policy, bytes, "x.pti").result, ProofResult::without_effect);
}

TEST(Prove, WrongProbeIsFoundThoughNoVerdictChanges) {
  const policy::Policy policy = two_services();
  const TableImage good = compile(policy, Geometry::edge()).image;
  for (std::size_t i = 0; i < good.probes.size(); ++i) {
    TableImage image = good;
    image.probes[i].action ^= std::uint64_t{1} << 32U;
    const Proof proof = prove(policy, encode(image), "x.pti");
    EXPECT_EQ(proof.result, ProofResult::without_effect);
    EXPECT_THAT(proof.text, HasSubstr("probe " + std::to_string(i) + " expects "));
    EXPECT_THAT(proof.text, HasSubstr("no verdict changes"));
  }
}

TEST(Prove, DifferenceThatNoPacketCanShowChangesNoVerdict) {
  const policy::Policy policy = two_services();
  policy::Policy other = policy;
  other.entries[0].match.dscp_tags.reset(0xC0);  // three tags
  const Proof proof = prove(policy, encode(compile(other, Geometry::edge()).image), "x.pti");
  EXPECT_EQ(proof.result, ProofResult::without_effect);
}

TEST(Prove, SearchThatRunsOutSaysSo) {
  test::RandomPolicy random(3);
  const policy::Policy policy = random.policy(60);
  policy::Policy other = policy;
  other.default_action.permit = !other.default_action.permit;
  const Proof proof = prove(policy, encode(compile(other, wide()).image), "x.pti", 5);
  EXPECT_EQ(proof.result, ProofResult::gave_up);
  EXPECT_FALSE(proof.key);
  EXPECT_THAT(proof.text, HasSubstr("whether a verdict changes is not known"));
}

TEST(Prove, DamagedImageIsRefused) {
  Bytes bytes = encode(compile(two_services(), Geometry::edge()).image);
  bytes[bytes.size() / 2] ^= 1U;
  EXPECT_THROW(prove(two_services(), bytes, "x.pti"), ImageError);
}

TEST(Prove, PacketsAreDescribedAsPeopleNameThem) {
  policy::Key key;
  key.source = policy::from_ipv4(0x0A000001);
  key.destination = policy::from_ipv4(0xC0000201);
  key.source_port = 1024;
  key.destination_port = 443;
  key.protocol = 6;
  key.tcp_flags = 2;
  key.context = policy::make_context(3, policy::EtherClass::ipv4, policy::Fragment::whole);
  EXPECT_EQ(describe(key), "ipv4 tcp 10.0.0.1:1024 -> 192.0.2.1:443, flags 0x02, ingress 3");
  key.context = policy::make_context(0, policy::EtherClass::arp, policy::Fragment::whole);
  key.dscp_tags = policy::make_dscp_tags(0, 1);
  key.vlan = 7;
  EXPECT_EQ(describe(key), "arp frame, VLAN 7 (1 tags), ingress 0");
}

}  // namespace
}  // namespace portcullis::tables
