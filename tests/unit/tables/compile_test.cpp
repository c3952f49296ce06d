#include "tables/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "bank_lookup.h"
#include "random_policy.h"
#include "tables/recover.h"
#include "tables/reference.h"

namespace portcullis::tables {
namespace {

using ::testing::HasSubstr;

Geometry wide() {
  Geometry geometry = Geometry::large();
  geometry.name = "wide";
  return geometry;
}

policy::Policy web_policy() {
  policy::Policy policy;
  policy::Entry web;
  web.match = policy::Match::any();
  web.match.destination_port = {{80, 80}, {443, 443}};
  web.match.protocol.reset().set(6);
  web.action.permit = true;
  web.from.document = "ports.md";
  web.from.rule = "ports.md:7";
  web.from.line = 7;
  policy.entries = {web};
  policy.rows = 1;
  return policy;
}

TEST(Compile, BoundariesAreTheEndsOfTheSets) {
  const Compiled compiled = compile(web_policy(), Geometry::edge());
  const TableImage& image = compiled.image;
  using Boundaries = std::vector<policy::Address>;
  EXPECT_EQ(image.boundaries[0], Boundaries{});
  EXPECT_EQ(image.boundaries[3], (Boundaries{80, 81, 443, 444}));
  EXPECT_EQ(image.bitmaps[3].size(), 5U * 8U);
  EXPECT_EQ(image.row(3, 0)[0], 0U);
  EXPECT_EQ(image.row(3, 1)[0], 1U);
  EXPECT_EQ(image.row(3, 2)[0], 0U);
  EXPECT_EQ(image.row(3, 3)[0], 1U);
  EXPECT_EQ(image.row(3, 4)[0], 0U);
  EXPECT_EQ(image.actions, std::vector<std::uint64_t>{std::uint64_t{1} << 32U});
  EXPECT_EQ(compiled.report.tables[3].used, 5U);
  EXPECT_EQ(compiled.report.tables[3].capacity, 256U);
  EXPECT_EQ(compiled.report.tables[5].used, 2U);  // TCP, and the rest
  EXPECT_EQ(compiled.report.entries, 1U);
  EXPECT_EQ(compiled.report.tcam_entries, 2U);
  EXPECT_EQ(compiled.report.hidden, 0U);
}

TEST(Compile, AnySetNeedsNoBoundaryAndAnEmptyPolicyCompiles) {
  policy::Policy policy;
  policy.monitor = true;
  const TableImage image = compile(policy, Geometry::edge()).image;
  for (const auto& boundaries : image.boundaries) EXPECT_TRUE(boundaries.empty());
  EXPECT_EQ(image.default_action, kMonitorBit);
  EXPECT_TRUE(image.monitor());
}

// A port set may be written as reaching to 0x1FFFF by somebody who thinks of 17 bits; what lies above 0x10000 is never
// presented.
TEST(Compile, ValuesThatNoPacketPresentsCostNothing) {
  policy::Policy policy = web_policy();
  policy.entries[0].match.destination_port = {{443, 0x1FFFF}};
  EXPECT_EQ(compile(policy, Geometry::edge()).image.boundaries[3], std::vector<policy::Address>{443});
}

TEST(Compile, ImageLookupEqualsReferenceOnRandomPolicies) {
  test::RandomPolicy random(test::seed(1));
  std::size_t hits = 0;
  std::size_t lookups = 0;
  for (int round = 0; round < 60; ++round) {
    const policy::Policy policy = random.policy(1 + random.below(round % 10 == 0 ? 300 : 40));
    const Compiled compiled = compile(policy, wide());
    const test::BankLookup bank(encode(compiled.image));
    for (int i = 0; i < 1000; ++i) {
      const policy::Key key = random.key();
      const auto expected = first_match(policy, key);
      ASSERT_EQ(bank.first_match(key), expected) << "round " << round << ", key " << i;
      const policy::Action action = expected ? policy.entries[*expected].action : policy.default_action;
      ASSERT_EQ(policy::Action::from_word(bank.action(expected)), action);
      hits += expected ? 1U : 0U;
      ++lookups;
    }
  }
  // Neither all hits nor all misses: otherwise the comparison says little.
  EXPECT_GT(hits, lookups / 10);
  EXPECT_LT(hits, lookups * 99 / 100);
}

TEST(Compile, RecoveredPolicyIsTheCompiledOne) {
  test::RandomPolicy random(test::seed(2));
  for (int round = 0; round < 40; ++round) {
    const policy::Policy policy = random.policy(1 + random.below(60));
    const policy::Policy back = recover(compile(policy, wide()).image);
    ASSERT_EQ(back.entries.size(), policy.entries.size());
    for (std::size_t i = 0; i < back.entries.size(); ++i) {
      EXPECT_EQ(back.entries[i].match, policy.entries[i].match);
      EXPECT_EQ(back.entries[i].action, policy.entries[i].action);
      EXPECT_EQ(back.entries[i].from, policy.entries[i].from);
    }
    EXPECT_EQ(back.default_action, policy.default_action);
    EXPECT_EQ(back.monitor, policy.monitor);
  }
}

TEST(Compile, AdjacentRowsDiffer) {
  test::RandomPolicy random(test::seed(3));
  for (int round = 0; round < 20; ++round) {
    const TableImage image = compile(random.policy(50), wide()).image;
    for (unsigned table = 0; table < policy::kRangeTables; ++table) {
      for (std::size_t row = 1; row < image.rows(table); ++row) {
        ASSERT_LT(row == 1 ? 0 : image.boundaries[table][row - 2], image.boundaries[table][row - 1]);
        const auto a = image.row(table, row - 1);
        const auto b = image.row(table, row);
        ASSERT_FALSE(std::equal(a.begin(), a.end(), b.begin())) << "table " << table << ", row " << row;
      }
    }
  }
}

TEST(Compile, ProbesHoldTheReferenceAnswerAndCoverEntriesAndEdges) {
  test::RandomPolicy random(test::seed(5));
  for (int round = 0; round < 20; ++round) {
    const policy::Policy policy = random.policy(1 + random.below(40));
    const Compiled compiled = compile(policy, wide());
    std::set<std::size_t> met;
    std::array<std::set<policy::Address>, policy::kRangeTables> seen;
    std::array<std::set<unsigned>, policy::kTables> chunks;
    for (const Probe& probe : compiled.image.probes) {
      const auto expected = first_match(policy, probe.key);
      ASSERT_EQ(probe.hit, expected.has_value());
      ASSERT_EQ(probe.rule, expected.value_or(0));
      ASSERT_EQ(probe.action, expected ? compiled.image.actions[*expected] : compiled.image.default_action);
      if (expected) met.insert(*expected);
      seen[0].insert(probe.key.source);
      seen[1].insert(probe.key.destination);
      seen[2].insert(probe.key.source_port);
      seen[3].insert(probe.key.destination_port);
      seen[4].insert(probe.key.vlan);
      chunks[5].insert(probe.key.protocol);
      chunks[6].insert(probe.key.tcp_flags);
      chunks[7].insert(probe.key.dscp_tags);
      chunks[8].insert(probe.key.context);
    }
    EXPECT_GE(met.size() + compiled.report.hidden + compiled.report.undecided, policy.entries.size());
    EXPECT_EQ(compiled.report.undecided, 0U);
    for (unsigned table = 0; table < policy::kRangeTables; ++table) {
      for (const policy::Address boundary : compiled.image.boundaries[table]) {
        EXPECT_TRUE(seen[table].contains(boundary));
        EXPECT_TRUE(seen[table].contains(boundary - 1));
      }
    }
    for (unsigned table = policy::kRangeTables; table < policy::kTables; ++table) {
      std::set<std::vector<std::uint64_t>> rows;
      std::set<std::vector<std::uint64_t>> probed;
      for (unsigned value = 0; value < 256; ++value) {
        const auto row = compiled.image.row(table, value);
        rows.insert({row.begin(), row.end()});
        if (chunks[table].contains(value)) probed.insert({row.begin(), row.end()});
      }
      EXPECT_EQ(rows, probed);
    }
  }
}

// Hidden by two entries together, neither of which hides it alone.
TEST(Compile, EntriesHiddenByOthersAreCounted) {
  policy::Policy policy = web_policy();
  policy.entries.push_back(policy.entries[0]);
  policy.entries.push_back(policy.entries[0]);
  policy.entries[0].match.destination_port = {{80, 80}};
  policy.entries[1].match.destination_port = {{400, 500}};
  const Compiled compiled = compile(policy, Geometry::edge());
  EXPECT_EQ(compiled.report.hidden, 1U);
  EXPECT_EQ(compiled.report.undecided, 0U);
}

TEST(Compile, WhatDoesNotFitIsRefusedWithNumbersAndRows) {
  policy::Policy policy = web_policy();
  for (unsigned line = 10; line < 13; ++line) {
    policy::Entry entry = policy.entries[0];
    entry.from.line = line;
    entry.from.rule = "ports.md:" + std::to_string(line);
    std::vector<policy::Interval<std::uint32_t>> ports;
    for (std::uint32_t i = 0; i < line; ++i) ports.push_back({1000 * line + 2 * i, 1000 * line + 2 * i});
    ports.push_back({443, 443});
    entry.match.destination_port = policy::IntervalSet<std::uint32_t>(ports);
    policy.entries.push_back(entry);
  }
  Geometry geometry = Geometry::edge();
  geometry.rules = 3;
  geometry.intervals[3] = 71;  // 4 boundaries of the first row, 2 x 33 of the others
  EXPECT_NO_THROW({
    geometry.rules = 4;
    compile(policy, geometry);
  });
  geometry.rules = 3;
  geometry.intervals[3] = 70;
  try {
    compile(policy, geometry);
    FAIL() << "compiled";
  } catch (const DoesNotFit& refusal) {
    ASSERT_EQ(refusal.shortages().size(), 2U);
    const Shortage& ports = refusal.shortages()[0];
    EXPECT_EQ(ports.table, "destination port intervals");
    EXPECT_EQ(ports.needed, 71U);
    EXPECT_EQ(ports.capacity, 70U);
    ASSERT_EQ(ports.costly.size(), 4U);
    EXPECT_EQ(ports.costly[0].place, "ports.md:12");
    EXPECT_EQ(ports.costly[0].alone, 24U);
    EXPECT_EQ(ports.costly[0].asked, 26U);  // 443 is asked for by others too
    EXPECT_EQ(refusal.shortages()[1].table, "rules");
    EXPECT_EQ(refusal.shortages()[1].needed, 4U);
    EXPECT_THAT(refusal.what(),
                HasSubstr("destination port intervals: needs 71, has 70\n    ports.md:12: 26, 24 of them"));
    EXPECT_THAT(refusal.what(), HasSubstr("rules: needs 4, has 3"));
  }
}

TEST(Compile, EveryTableRefusesOneIntervalTooFew) {
  test::RandomPolicy random(test::seed(6));
  const policy::Policy policy = random.policy(40);
  const TableImage image = compile(policy, wide()).image;
  Geometry exact = wide();
  exact.rules = 40;
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    exact.intervals[table] = static_cast<unsigned>(image.rows(table));
  }
  EXPECT_NO_THROW(compile(policy, exact));
  for (unsigned table = 0; table < policy::kRangeTables; ++table) {
    Geometry small = exact;
    --small.intervals[table];
    EXPECT_THROW(compile(policy, small), DoesNotFit) << table;
  }
  Geometry small = exact;
  --small.rules;
  EXPECT_THROW(compile(policy, small), DoesNotFit);
}

TEST(Compile, GeometryOutsideItsLimitsIsRefused) {
  Geometry geometry = Geometry::edge();
  geometry.address_bits = 32;
  EXPECT_THROW(compile(web_policy(), geometry), GeometryError);
}

}  // namespace
}  // namespace portcullis::tables
