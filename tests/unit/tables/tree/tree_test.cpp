// Kick-out trees: what the builder makes of rule sets keeps its limits and its proof, and a walk over the bits of the
// bank answers as comparing every rule does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <numeric>

#include "../random_policy.h"
#include "rule_sets.h"
#include "tables/prove.h"
#include "tables/tree/compile.h"
#include "tables/tree/image_file.h"
#include "tables/tree/live.h"
#include "tables/tree/recompile.h"
#include "tables/tree/recover.h"
#include "tables/tree/split.h"
#include "tables/tree/walk.h"

namespace portcullis::tables::tree {
namespace {

using test::BruteForce;
using test::Kind;
using test::RuleSets;

/// Compiles, proves, and compares `headers` headers.
void expect_answers_of(const policy::Policy& policy, const Shape& shape, RuleSets& sets, std::size_t headers) {
  const ScaleCompiled compiled = compile_scale(policy, shape);
  ASSERT_EQ(prove_scale(policy, compiled.image), "");
  const BruteForce oracle(policy);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < headers; ++i) {
    const policy::Key key = sets.header(policy);
    const auto expected = oracle.first_match(key);
    ASSERT_EQ(lookup(compiled.image, key), expected) << describe(key);
    hits += expected ? 1U : 0U;
  }
  EXPECT_GT(hits, headers / 10);
}

TEST(KickOutTrees, RandomSetsAnswerAsBruteForce) {
  RuleSets sets(test::seed(901));
  for (const Kind kind : {Kind::access_list, Kind::firewall, Kind::ip_chain}) {
    for (const std::size_t rules : {1, 7, 60, 1000}) {
      SCOPED_TRACE(rules);
      expect_answers_of(sets.random(kind, rules), Shape::scale(), sets, 4000);
    }
  }
}

TEST(KickOutTrees, RandomSetsOfTenThousandAnswerAsBruteForce) {
  RuleSets sets(test::seed(902));
  for (const Kind kind : {Kind::access_list, Kind::firewall, Kind::ip_chain}) {
    expect_answers_of(sets.random(kind, 10000), Shape::scale(), sets, 2000);
  }
}

TEST(KickOutTrees, TenThousandRulesKeepTheGoals) {
  RuleSets sets(test::seed(903));
  for (const Kind kind : {Kind::access_list, Kind::firewall, Kind::ip_chain}) {
    const policy::Policy policy = sets.random(kind, 10000);
    const std::clock_t start = std::clock();
    const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
    EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC) << "processor time";
    const ScaleReport& report = compiled.report;
    EXPECT_LE(report.copies, 1.05);
    EXPECT_LE(static_cast<double>(report.provisioned.all()) / 10240, 256);
    EXPECT_LT(report.used.all(), report.provisioned.all());
    std::cout << report.to_string(Shape::scale()) << report.seconds << " s\n";
  }
}

TEST(KickOutTrees, EqualSeedsGiveEqualBits) {
  RuleSets sets(test::seed(904));
  const policy::Policy policy = sets.random(Kind::ip_chain, 3000);
  BuildOptions options;
  const ScaleCompiled one = compile_scale(policy, Shape::scale(), options);
  EXPECT_EQ(compile_scale(policy, Shape::scale(), options).image.trees, one.image.trees);
  options.seed = 77;
  EXPECT_NE(compile_scale(policy, Shape::scale(), options).image.trees, one.image.trees);
}

TEST(KickOutTrees, HostileSetsAnswerAsBruteForce) {
  RuleSets sets(test::seed(905));
  const Shape shape = Shape::scale();
  expect_answers_of(sets.all_alike(shape.overlap_bound()), shape, sets, 2000);
  expect_answers_of(sets.all_overlap(40), shape, sets, 4000);
  expect_answers_of(sets.nested_prefixes(1, true), shape, sets, 4000);
  expect_answers_of(sets.nested_prefixes(6, false), shape, sets, 4000);
  expect_answers_of(sets.ends(200), shape, sets, 8000);
}

TEST(KickOutTrees, WideAddressesAnswerAsBruteForce) {
  RuleSets sets(test::seed(906));
  expect_answers_of(sets.random(Kind::firewall, 500), Shape::scale_ipv6(), sets, 4000);
  // IPv6 prefixes, and rules of both families.
  policy::Policy policy = sets.random(Kind::access_list, 600);
  for (std::size_t i = 0; i < policy.entries.size(); i += 2) {
    policy::Match& match = policy.entries[i].match;
    const unsigned bits = static_cast<unsigned>(sets.below(129));
    const policy::Address host = bits == 0     ? ~policy::Address{0}
                                 : bits == 128 ? 0
                                               : (policy::Address{1} << (128 - bits)) - 1;
    const policy::Address address = policy::make_address(0x20010DB8'00000000U + sets.below(3), sets.below(1000));
    match.source = {{address & ~host, address | host}};
    match.context.set();
    if (i % 20 == 0) match.destination = policy::Match::any().destination;
  }
  expect_answers_of(policy, Shape::scale_ipv6(), sets, 8000);
}

TEST(KickOutTrees, RulesWithListsAndOtherFieldsGoToTheSlice) {
  RuleSets sets(test::seed(907));
  policy::Policy policy = sets.random(Kind::access_list, 400);
  const auto match = [&](std::size_t rule) -> policy::Match& { return policy.entries[rule].match; };
  match(10).destination_port = {{80, 80}, {443, 443}};
  match(20).source = {{policy::from_ipv4(0x0A000001), policy::from_ipv4(0x0A000006)}};
  match(30).protocol.set(17).set(6);
  match(40).vlan = {{7, 7}};
  match(50).source_port = {{policy::kNoPort, policy::kNoPort}};
  match(60).source = {
      {policy::make_address(0x20010DB8'00000000U, 0), policy::make_address(0x20010DB8'00000000U, 0xFFFF)}};
  match(70).protocol.reset();  // matches nothing
  const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
  EXPECT_EQ(compiled.report.unions, 6U);
  EXPECT_EQ(compiled.report.empty, 1U);
  EXPECT_THAT(compiled.report.union_reasons,
              testing::ElementsAre("a list of ports", "addresses that are not one IPv4 prefix", "a list of protocols",
                                   "a VLAN", "only packets without ports", "addresses that are not one IPv4 prefix"));
  match(70).protocol.set(99);
  expect_answers_of(policy, Shape::scale(), sets, 8000);
}

TEST(KickOutTrees, FlagsClassesAndFamiliesArePredicates) {
  RuleSets sets(test::seed(908));
  policy::Policy policy = sets.random(Kind::firewall, 500);
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    policy::Match& match = policy.entries[i].match;
    if (i % 3 == 0) match.tcp_flags = policy::Chunk().set(0x12).set(0x10);
    if (i % 5 == 0) match.context.set();
    if (i % 7 == 0) match.source = policy::Match::any().source;
  }
  const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
  EXPECT_EQ(compiled.report.unions, 0U);
  EXPECT_EQ(compiled.report.predicates, 8U);
  const BruteForce oracle(policy);
  for (int i = 0; i < 20000; ++i) {
    policy::Key key = sets.header(policy);
    key.tcp_flags = sets.below(2) == 0 ? 0x12 : static_cast<std::uint8_t>(sets.below(256));
    if (sets.below(4) == 0) key.source = policy::make_address(sets.below(2), 5);
    ASSERT_EQ(lookup(compiled.image, key), oracle.first_match(key)) << describe(key);
  }
}

TEST(KickOutTrees, CombinationsBeyondThePredicatesGoToTheSlice) {
  RuleSets sets(test::seed(909));
  policy::Policy policy = sets.random(Kind::access_list, 60);
  Shape shape = Shape::scale();
  shape.slice.intervals = {256, 256, 256, 256, 16};
  for (unsigned i = 0; i < 40; ++i) policy.entries[i].match.dscp_tags = policy::Chunk().set(i);
  const ScaleCompiled compiled = compile_scale(policy, shape);
  EXPECT_EQ(compiled.report.predicates, 15U);
  EXPECT_EQ(compiled.report.unions, 45U);  // the first 15 rules have a predicate each
}

TEST(KickOutTrees, TooManyRulesUnderOneHeaderAreRefusedWithThatHeader) {
  RuleSets sets(test::seed(910));
  policy::Policy policy = sets.random(Kind::ip_chain, 2000);
  const policy::Policy everywhere = sets.all_alike(Shape::scale().overlap_bound() + 1);
  policy.entries.insert(policy.entries.begin() + 900, everywhere.entries.begin(), everywhere.entries.end());
  BuildOptions options;
  options.seconds = 0.1;
  try {
    compile_scale(policy, Shape::scale(), options);
    FAIL() << "289 rules that match everything fit";
  } catch (const DoesNotFitTrees& refusal) {
    EXPECT_GE(refusal.overlap().rules.size(), 289U);
    for (const std::uint32_t rule : refusal.overlap().rules)
      ASSERT_TRUE(policy.entries.at(rule).match.contains(refusal.overlap().key)) << rule;
    EXPECT_THAT(refusal.what(), testing::HasSubstr("rules meet in"));
    EXPECT_THAT(refusal.what(),
                testing::HasSubstr("no header may meet more than 288 (4 trees x 8, and 256 in the slice)"));
  }
}

TEST(KickOutTrees, ListsThatTheSliceHasNoRoomForAreSplit) {
  RuleSets sets(test::seed(922));
  policy::Policy policy = sets.random(Kind::access_list, 600);
  for (std::size_t i = 0; i < 400; ++i) {
    policy::Match& match = policy.entries[i].match;
    match.destination_port = {{80, 80}, {440, 445}, {1000 + static_cast<unsigned>(i), 1001 + static_cast<unsigned>(i)}};
    if (i % 3 == 0) match.protocol.set(6).set(17);
    if (i % 5 == 0)
      match.source = {{match.source.intervals().front().first, match.source.intervals().front().first + 5}};
  }
  const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
  EXPECT_GT(compiled.report.split.size(), 200U);
  EXPECT_GT(compiled.report.rules, 1000U);
  expect_answers_of(policy, Shape::scale(), sets, 8000);
  // Origins that are wrong are found.
  ScaleImage image = compiled.image;
  image.origins.back() -= 1;
  EXPECT_NE(prove_scale(policy, image), "");
  EXPECT_EQ(prove_scale(policy, decode_scale(encode_scale(compiled.image), "x.pti")), "");
}

TEST(KickOutTrees, PartsOfAListAreDisjointAndTogetherTheList) {
  RuleSets sets(test::seed(923));
  for (int i = 0; i < 50; ++i) {
    policy::Match match = sets.random(Kind::firewall, 1).entries.front().match;
    const auto low = static_cast<std::uint32_t>(sets.below(1U << 31U));
    match.source = {{policy::from_ipv4(low), policy::from_ipv4(low + static_cast<std::uint32_t>(sets.below(5000)))}};
    match.destination_port = {{0, 5}, {7, 7}, {60000, policy::kNoPort}};
    match.protocol.set(6).set(17);
    const std::vector<policy::Match> parts = split(match);
    ASSERT_EQ(parts.size(), count_parts(match));
    policy::Policy whole;
    whole.entries.resize(1);
    whole.entries[0].match = match;
    for (int h = 0; h < 300; ++h) {
      const policy::Key key = sets.header(whole);
      const auto holding = std::count_if(parts.begin(), parts.end(), [&](const auto& p) { return p.contains(key); });
      ASSERT_EQ(holding, match.contains(key) ? 1 : 0) << describe(key);
    }
  }
}

TEST(KickOutTrees, TooManyListsAreRefusedWithTheirNumber) {
  RuleSets sets(test::seed(911));
  policy::Policy policy = sets.random(Kind::access_list, 500);
  for (std::size_t i = 0; i < 257; ++i) policy.entries[i].match.vlan = {{7, 7}};
  try {
    compile_scale(policy, Shape::scale());
    FAIL() << "257 rules with a VLAN fit into a slice of 256 rules";
  } catch (const DoesNotFitTrees& refusal) {
    EXPECT_THAT(refusal.what(), testing::StartsWith("257 rules are no single prefixes and ranges"));
  }
}

TEST(KickOutTrees, ManyIpv6PrefixesAreRefusedInTreesOfIpv4AndTheMessageSaysWhatHoldsThem) {
  RuleSets sets(test::seed(924));
  policy::Policy policy = sets.random(Kind::access_list, 400);
  for (std::size_t i = 0; i < 300; ++i) {
    const policy::Address first = policy::make_address(0x20010DB8'00000000U + i, 0);
    policy.entries[i].match.source = {{first, first + 0xFFFF}};
    policy.entries[i].match.context.set();
  }
  try {
    compile_scale(policy, Shape::scale());
    FAIL() << "300 IPv6 prefixes fit into a slice of 63 boundaries";
  } catch (const DoesNotFitTrees& refusal) {
    EXPECT_THAT(refusal.what(), testing::HasSubstr("which trees of 128-bit addresses hold (scale-ipv6)"));
  }
  expect_answers_of(policy, Shape::scale_ipv6(), sets, 2000);
}

TEST(KickOutTrees, ShapesBeyondTheirLimitsAreRefused) {
  const policy::Policy policy = RuleSets(1).random(Kind::access_list, 5);
  Shape shape = Shape::scale();
  shape.leaf = 7;
  EXPECT_THROW(compile_scale(policy, shape), GeometryError);
  shape = Shape::scale();
  shape.trees[1].levels = kMaxLevels + 1;
  EXPECT_THROW(compile_scale(policy, shape), GeometryError);
}

/// Rule number, place and bit of a random bit of a bank.
void flip_some_bit(PackedTrees& image, RuleSets& sets) {
  const std::size_t what = sets.below(20);
  if (what == 0) {
    BitMemory& memory = image.predicates[sets.below(kPredicateTables)];
    return memory.flip(sets.below(memory.rows()), static_cast<unsigned>(sets.below(memory.width())));
  }
  PackedTree& tree = image.trees[sets.below(image.trees.size())];
  BitMemory& memory = what < 10 ? tree.entries : tree.levels[sets.below(tree.levels.size())];
  // Half of the flips hit rows in use.
  std::size_t row = sets.below(memory.rows());
  for (int i = 0; i < 50 && what % 2 == 0 && memory.zero(row); ++i) row = sets.below(memory.rows());
  memory.flip(row, static_cast<unsigned>(sets.below(memory.width())));
}

/// Applies mutations one at a time. Each is found, or changes no answer on headers at all ends of the rules.
void expect_mutations_found(const policy::Policy& policy, const Shape& shape, RuleSets& sets, int mutations) {
  const ScaleCompiled compiled = compile_scale(policy, shape);
  ASSERT_EQ(prove_scale(policy, compiled.image), "");
  const BruteForce oracle(policy);
  int found = 0;
  for (int i = 0; i < mutations; ++i) {
    ScaleImage image = compiled.image;
    flip_some_bit(image.trees, sets);
    if (!prove_scale(policy, image).empty()) {
      ++found;
      continue;
    }
    // What is still proved must still be right.
    for (int h = 0; h < 3000; ++h) {
      const policy::Key key = sets.header(policy);
      ASSERT_EQ(lookup(image, key), oracle.first_match(key)) << "mutation " << i << ": " << describe(key);
    }
  }
  std::cout << found << " of " << mutations << " mutations found, the others proved to change nothing\n";
  EXPECT_GT(found, mutations * 8 / 10);
}

TEST(TreeProof, FindsMutationsOrTheyChangeNothing) {
  RuleSets sets(test::seed(912));
  Shape shape = Shape::scale();
  shape.trees = {{256, 8, 128}, {128, 7, 64}, {64, 6, 32}};
  for (const Kind kind : {Kind::access_list, Kind::firewall}) {
    expect_mutations_found(sets.random(kind, 250), shape, sets, 1000);
  }
}

TEST(TreeProof, FindsMutationsInAFullBank) {
  RuleSets sets(test::seed(913));
  expect_mutations_found(sets.random(Kind::access_list, 10000), Shape::scale(), sets, 40);
}

TEST(TreeProof, FindsARuleThatIsMissingInOneLeaf) {
  RuleSets sets(test::seed(914));
  const policy::Policy policy = sets.random(Kind::firewall, 800);
  const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
  ASSERT_GT(compiled.report.copies, 1.0);
  // Take the last copy of each rule out of force, one at a time.
  const BitMemory& entries = compiled.image.trees.trees[0].entries;
  const Shape& shape = compiled.image.trees.shape;
  int copies = 0;
  for (std::size_t row = 0; row < compiled.report.tree_entries[0]; ++row) {
    ScaleImage image = compiled.image;
    image.trees.trees[0].entries.set(row, shape.rule_bits(), shape.predicate_bits, shape.never());
    const Entry entry = read_entry(compiled.image.trees, 0, row);
    const std::string fault = prove_scale(policy, image);
    ASSERT_NE(fault, "") << row;
    if (fault.find("stands in") != std::string::npos && fault.find("but its box meets") != std::string::npos) {
      ++copies;
      EXPECT_NE(fault.find("rule " + std::to_string(entry.rule)), std::string::npos) << fault;
    }
  }
  EXPECT_GT(copies, 0);
  EXPECT_EQ(entries.rows(), 7168U);
}

TEST(TreeProof, FindsASliceThatDoesNotHoldItsRules) {
  RuleSets sets(test::seed(915));
  policy::Policy policy = sets.random(Kind::access_list, 100);
  policy.entries[40].match.destination_port = {{80, 80}, {443, 443}};
  const ScaleCompiled compiled = compile_scale(policy, Shape::scale());
  ScaleImage image = compiled.image;
  image.slice_rules = {41};
  EXPECT_NE(prove_scale(policy, image), "");
  image = compiled.image;
  image.slice.actions[0] += std::uint64_t{1} << kBeforeShift;
  EXPECT_EQ(prove_scale(policy, image), "slice entry 0: another action or order than that of rule 40");
  image = compiled.image;
  image.slice.boundaries[3][0] += 1;
  EXPECT_EQ(prove_scale(policy, image), "slice entry 0: matches other headers than rule 40");
  image = compiled.image;
  image.actions[7] ^= 1;
  EXPECT_EQ(prove_scale(policy, image), "rule 7: another action");
}

TEST(ScaleImageFile, HoldsWhatWasCompiled) {
  RuleSets sets(test::seed(916));
  policy::Policy policy = sets.random(Kind::firewall, 300);
  for (std::size_t i = 0; i < 300; i += 50) policy.entries[i].match.destination_port = {{80, 80}, {443, 443}};
  const ScaleCompiled compiled = compile_scale(policy, Shape::scale(1024));
  const std::vector<std::uint8_t> bytes = encode_scale(compiled.image);
  EXPECT_TRUE(is_scale_image(bytes));
  const ScaleImage back = decode_scale(bytes, "x.pti");
  EXPECT_EQ(encode_scale(back), bytes);
  EXPECT_EQ(back.trees, compiled.image.trees);
  EXPECT_EQ(prove_scale(policy, back), "");
  EXPECT_EQ(back.entries.at(7).rule, "rule 7");
}

TEST(ScaleImageFile, TheRulesComeBackFromTheBits) {
  RuleSets sets(test::seed(922));
  for (const bool wide : {false, true}) {
    policy::Policy policy = sets.random(Kind::firewall, 200);
    for (std::size_t i = 0; i < 200; ++i) {
      policy::Match& match = policy.entries[i].match;
      if (i % 50 == 0) match.destination_port = {{80, 80}, {443, 443}};
      if (i % 30 == 3) match.tcp_flags = policy::Chunk().set(2).set(18);
      if (i % 40 == 4) match.source = match.destination = policy::Match::any().source;
      if (wide && i % 25 == 7)
        match.source = {
            {policy::make_address(0x20010DB8'00000000U, 0), policy::make_address(0x20010DB8'FFFFFFFFU, ~0ULL)}};
    }
    policy.monitor = wide;
    const ScaleImage image = compile_scale(policy, wide ? Shape::scale_ipv6(1024) : Shape::scale(1024)).image;
    const policy::Policy expected = *expand(policy, image.origins);
    const policy::Policy back = recover_scale(image, "x.pti");
    ASSERT_EQ(back.entries.size(), expected.entries.size());
    for (std::size_t rule = 0; rule < back.entries.size(); ++rule) {
      EXPECT_EQ(back.entries[rule].match, expected.entries[rule].match) << "rule " << rule;
      EXPECT_EQ(back.entries[rule].action, expected.entries[rule].action) << "rule " << rule;
    }
    EXPECT_EQ(back.monitor, policy.monitor);
  }
}

TEST(ScaleImageFile, DamageIsRefused) {
  RuleSets sets(test::seed(917));
  const ScaleCompiled compiled = compile_scale(sets.random(Kind::access_list, 100), Shape::scale(1024));
  const std::vector<std::uint8_t> bytes = encode_scale(compiled.image);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::uint8_t> damaged = bytes;
    damaged[sets.below(damaged.size())] ^= static_cast<std::uint8_t>(1U << sets.below(8));
    EXPECT_THROW(decode_scale(damaged, "x.pti"), ImageError);
    damaged = bytes;
    damaged.resize(sets.below(damaged.size()));
    EXPECT_THROW(decode_scale(damaged, "x.pti"), ImageError);
  }
}

TEST(KickOutTrees, OtherShapesHoldAsManyRulesAsTheySay) {
  RuleSets sets(test::seed(918));
  for (const unsigned rules : {1024U, 2048U, 5120U, 20480U}) {
    for (const Kind kind : {Kind::access_list, Kind::ip_chain}) {
      expect_answers_of(sets.random(kind, rules - 24), Shape::scale(rules), sets, 1000);
    }
  }
}

EntryPointer shared(const policy::Entry& entry) { return std::make_shared<const policy::Entry>(entry); }

TEST(LiveRules, AddedAndRemovedRulesKeepTheOrder) {
  RuleSets sets(test::seed(919));
  policy::Policy policy = sets.random(Kind::firewall, 600);
  for (std::size_t i = 0; i < 600; i += 60) policy.entries[i].match.destination_port = {{80, 80}, {443, 443}};
  LiveRules live(policy, compile_scale(policy, Shape::scale()).image);
  std::vector<std::uint32_t> numbers;
  for (int step = 0; step < 60; ++step) {
    if (step % 3 == 2) {
      live.policy(&numbers);
      live.remove(numbers[sets.below(numbers.size())]);
    } else {
      // A copy of some rule somewhere else, wider in one field: it hides rules, or is hidden.
      policy::Entry entry = policy.entries[sets.below(policy.entries.size())];
      if (sets.below(2) == 0) entry.match.destination = policy.entries[0].match.destination;
      const Change change = live.add(shared(entry), static_cast<std::uint32_t>(sets.below(601)));
      EXPECT_TRUE(change.flip_slice);
    }
    const policy::Policy now = live.policy(&numbers);
    const BruteForce oracle(now);
    for (int i = 0; i < 300; ++i) {
      const policy::Key key = sets.header(now);
      const auto first = oracle.first_match(key);
      const auto expected = first ? std::optional(numbers[*first]) : std::nullopt;
      ASSERT_EQ(lookup(live.image(), key), expected) << "step " << step << ": " << describe(key);
    }
  }
  // What has gathered folds into new trees, and into those that are there.
  const policy::Policy now = live.policy();
  EXPECT_EQ(prove_scale(now, compile_scale(now, Shape::scale()).image), "");
  const auto recompiled = recompile(live.gathered(), {}, 256);
  ASSERT_TRUE(recompiled);
  EXPECT_EQ(prove_scale(now, recompiled->image), "");
}

// Rounds of changes, each recompiled from the trees of the round before: proved, in order, and with the rules' numbers.
void expect_recompiled(policy::Policy policy, const Shape& shape, RuleSets& sets, std::size_t changes) {
  const std::vector<policy::Entry> source = policy.entries;
  LiveRules live(policy, compile_scale(policy, shape).image);
  for (int round = 0; round < 12; ++round) {
    std::vector<std::uint32_t> numbers;
    for (std::size_t i = 0; i < changes; ++i) {
      live.policy(&numbers);
      if (sets.below(2) == 0) {
        live.remove(numbers[sets.below(numbers.size())]);
        continue;
      }
      policy::Entry entry = source[sets.below(source.size())];
      if (sets.below(3) == 0) entry.match.source = source[sets.below(source.size())].match.source;
      if (sets.below(5) == 0) entry.match.tcp_flags = policy::Chunk().set(sets.below(256));
      if (sets.below(9) == 0) entry.match.source_port = {};  // matches nothing
      const std::size_t place = sets.below(numbers.size() + 1);
      live.add_before(shared(entry), place == numbers.size() ? std::nullopt : std::optional(numbers[place]));
    }
    const policy::Policy now = live.policy(&numbers);
    const std::optional<Recompiled> next = recompile(live.gathered(), {}, shape.slice.rules);
    ASSERT_TRUE(next) << "round " << round;
    ASSERT_EQ(next->numbers, numbers);
    ASSERT_EQ(next->rules.size(), now.entries.size());
    for (std::size_t rule = 0; rule < now.entries.size(); ++rule)
      ASSERT_EQ(next->rules[rule]->match, now.entries[rule].match) << "rule " << rule;
    ASSERT_EQ(prove_scale(now, next->image), "") << "round " << round;
    const BruteForce oracle(now);
    policy::Policy met = now;
    std::erase_if(met.entries, [](const policy::Entry& entry) { return entry.match.empty(); });
    for (int i = 0; i < 300; ++i) {
      const policy::Key key = sets.header(met);
      ASSERT_EQ(lookup(next->image, key), oracle.first_match(key)) << "round " << round << ": " << describe(key);
    }
    policy::Policy head = now;
    head.entries.clear();
    live = LiveRules(head, next->rules, next->image);
  }
}

TEST(Recompile, TreesThatAreKeptAreProvedForWhatHasChanged) {
  RuleSets sets(test::seed(922));
  for (const Kind kind : {Kind::access_list, Kind::firewall, Kind::ip_chain}) {
    policy::Policy policy = sets.random(kind, 150);
    policy.entries[20].match.destination_port = {{80, 80}, {443, 443}};  // in the slice from the beginning
    expect_recompiled(policy, Shape::scale_small(), sets, 12);
    expect_recompiled(sets.random(kind, 3000), Shape::scale(), sets, 24);
  }
  expect_recompiled(sets.random(Kind::access_list, 400), Shape::scale_ipv6(1024), sets, 24);
}

TEST(Recompile, SaysWhereOnlyTreesFromNothingMayHelp) {
  RuleSets sets(test::seed(923));
  const policy::Policy policy = sets.random(Kind::access_list, 100);
  LiveRules live(policy, compile_scale(policy, Shape::scale_small()).image);
  // Rules that are all alike: 8 for each leaf that meets them, however it is divided.
  const policy::Entry everything = sets.all_alike(1).entries.front();
  for (int i = 0; i < 30; ++i) live.add(shared(everything), 100);
  EXPECT_FALSE(recompile(live.gathered(), {}, 8));
  const auto some = recompile(live.gathered(), {}, 30);
  ASSERT_TRUE(some);
  EXPECT_EQ(prove_scale(live.policy(), some->image), "");
  // More rules than there are numbers.
  const policy::Policy full = sets.random(Kind::access_list, Shape::scale_small().rules);
  LiveRules more(full, compile_scale(full, Shape::scale_small()).image);
  more.add(shared(full.entries[0]), 0);
  EXPECT_FALSE(recompile(more.gathered(), {}, 64));
}

TEST(LiveRules, ARuleGoesRightBeforeAnyOther) {
  RuleSets sets(test::seed(921));
  policy::Policy policy = sets.random(Kind::access_list, 40);
  policy.entries[20].match.destination_port = {{80, 80}, {443, 443}};  // in the slice from the beginning
  LiveRules live(policy, compile_scale(policy, Shape::scale_small()).image);
  std::vector<std::uint32_t> order(40);
  std::iota(order.begin(), order.end(), 0U);
  for (int step = 0; step < 20; ++step) {
    const std::size_t place = sets.below(order.size() + 1);
    const auto before = place == order.size() ? std::nullopt : std::optional(order[place]);
    std::uint32_t number = 0;
    live.add_before(shared(policy.entries[sets.below(40)]), before, &number);
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(place), number);
    std::vector<std::uint32_t> numbers;
    const policy::Policy now = live.policy(&numbers);
    ASSERT_EQ(numbers, order) << "step " << step;
    const BruteForce oracle(now);
    for (int i = 0; i < 100; ++i) {
      const policy::Key key = sets.header(now);
      const auto first = oracle.first_match(key);
      ASSERT_EQ(lookup(live.image(), key), first ? std::optional(numbers[*first]) : std::nullopt) << describe(key);
    }
  }
  live.remove(3);
  EXPECT_THROW(live.add_before(shared(policy.entries[0]), 3), std::out_of_range);
}

TEST(LiveRules, AnEmptySliceHasRoomForItsCapacity) {
  for (const Shape& shape : {Shape::scale(), Shape::scale_small()}) {
    const LiveRules live(policy::Policy(), compile_scale(policy::Policy(), shape).image);
    EXPECT_EQ(live.room(), LiveRules::capacity(shape.slice));
    EXPECT_GT(live.room(), 0U);
    EXPECT_LE(live.room(), shape.slice.rules);
  }
}

TEST(LiveRules, AFullSliceIsRefusedAndNothingChanges) {
  RuleSets sets(test::seed(920));
  const policy::Policy policy = sets.random(Kind::access_list, 100);
  LiveRules live(policy, compile_scale(policy, Shape::scale()).image);
  const policy::Entry everything = sets.all_alike(1).entries.front();
  const std::size_t room = live.free();
  for (std::size_t i = 0; i < room; ++i) live.add(shared(everything), 100);
  EXPECT_EQ(live.free(), 0U);
  EXPECT_THROW(live.add(shared(everything), 0), SliceIsFull);
  EXPECT_EQ(live.policy().entries.size(), 100 + room);
  EXPECT_THROW(live.remove(5000), std::out_of_range);
  live.remove(7);
  EXPECT_THROW(live.remove(7), std::out_of_range);
}

}  // namespace
}  // namespace portcullis::tables::tree
