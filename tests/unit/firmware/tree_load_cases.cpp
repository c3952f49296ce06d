// Images of trees through the mailbox: the cases that the firmware meets on this machine and again on its processor
// (tree_rig.h). The oracle is brute force over the policy.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tables/crc32c.h"
#include "tree_rig.h"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;
using State = device::BankPolicy::State;

void put(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint32_t word(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes.at(at + i)} << (8 * i);
  return value;
}

std::vector<std::uint8_t> with_right_checksum(std::vector<std::uint8_t> bytes) {
  put(bytes, 12, tables::crc32c(std::span(bytes).subspan(16)));
  return bytes;
}

TEST_F(TreeLoad, PoliciesComeIntoForceOneAfterAnother) {
  for (const std::size_t rules : {1U, 200U, 40U, 0U}) {
    if (rig->simulated() && rules == 40) continue;
    const TreePolicy policy = make_trees(rules);
    const device::FirmwareLoadReport report = firmware.load(policy.bytes, discarding());
    EXPECT_EQ(report.active_bank, rig->active_bank());
    EXPECT_GE(report.probes, rules == 200 ? 30U : 0U);
    if (rules > 0)
      expect_trees(policy);
    else
      EXPECT_FALSE(rig->lookup(policy::Key()).hit);
    const device::FirmwareStatus status = firmware.status();
    const device::BankPolicy& bank = status.banks[status.active_bank];
    EXPECT_EQ(bank.state, State::used);
    EXPECT_EQ(bank.entries, policy.policy.entries.size());
    EXPECT_EQ(bank.image_crc, word(policy.bytes, 12));
  }
}

TEST_F(TreeLoad, RollbackGoesBackAndForthAndOutlivesAReset) {
  const TreePolicy first = make_trees(50), second = make_trees(60);
  firmware.load(first.bytes, discarding());
  firmware.load(second.bytes, discarding());
  firmware.rollback();
  expect_trees(first, 40);
  rig->reset_device();
  expect_trees(first, 40);
  firmware.rollback();
  expect_trees(second, 40);
}

TEST_F(TreeLoad, PiecesOfAnySizeGiveTheSameTrees) {
  const TreePolicy policy = make_trees(rig->simulated() ? 20 : 60);
  for (const std::size_t size : {1U, 3U, 7U, 64U, 1001U, 1016U}) {
    if (rig->simulated() && size != 1001) continue;
    const std::uint32_t load = send(policy.bytes, policy.bytes.size(), size);
    firmware.end(load);
    firmware.activate(load);
    expect_trees(policy, 40);
  }
}

TEST_F(TreeLoad, AnImageCutAtAnyByteIsRefusedAndTheOldPolicyStays) {
  const TreePolicy old = make_trees(30), next = make_trees(40);
  firmware.load(old.bytes, discarding());
  const unsigned bank = rig->active_bank();
  const std::size_t step = rig->simulated() ? next.bytes.size() / 3 : 97;
  for (std::size_t cut = 1; cut < next.bytes.size(); cut += !rig->simulated() && cut < 200 ? 1 : step) {
    const std::uint32_t load = send(next.bytes, cut, 500);
    ASSERT_EQ(refusal([&] { firmware.end(load); }), PCL_ERROR_IMAGE_LENGTH) << "cut at " << cut;
    ASSERT_EQ(refusal([&] { firmware.activate(load); }), PCL_ERROR_NO_LOAD);
    ASSERT_EQ(rig->active_bank(), bank);
  }
  expect_trees(old, 40);
  firmware.load(next.bytes, discarding());
  expect_trees(next, 40);
}

TEST_F(TreeLoad, AnImageWithAnyBitTurnedOverIsRefused) {
  const TreePolicy old = make_trees(30), next = make_trees(40);
  firmware.load(old.bytes, discarding());
  const unsigned bank = rig->active_bank();
  std::vector<std::uint8_t> image = next.bytes;
  for (std::size_t i = 0; i < 600; i += rig->simulated() ? 200 : 1) {
    const std::size_t at = i < 100 ? i : sets.below(image.size());
    const auto bit = static_cast<std::uint8_t>(1U << sets.below(8));
    image[at] ^= bit;
    EXPECT_NE(refusal([&] { firmware.load(image, discarding()); }), PCL_DONE) << "byte " << at << ", bit " << +bit;
    image[at] ^= bit;
    ASSERT_EQ(rig->active_bank(), bank);
  }
  expect_trees(old, 40);
}

TEST_F(TreeLoad, RefusesImagesOfAnotherShapeAndNamesTheNumber) {
  const TreePolicy policy = make_trees(10);
  for (std::size_t at = 16; at < 16 + 20 + 24; at += 4) {
    std::vector<std::uint8_t> other = policy.bytes;
    put(other, at, word(other, at) + 8);
    other = with_right_checksum(other);
    try {
      firmware.load(other, discarding());
      FAIL() << "taken in spite of byte " << at;
    } catch (const device::FirmwareRefused& refused) {
      EXPECT_EQ(refused.status(), PCL_ERROR_IMAGE_GEOMETRY);
      EXPECT_THAT(refused.what(), HasSubstr("at byte " + std::to_string(at) + " of the image"));
    }
  }
}

TEST_F(TreeLoad, AnImageOfTheBitmapEngineIsRefusedWithASentence) {
  const TreePolicy old = make_trees(20);
  firmware.load(old.bytes, discarding());
  const policy::Policy policy = random.policy(3);
  for (const tables::Geometry& geometry : {shape.slice, tables::Geometry::edge()}) {
    try {
      firmware.load(tables::encode(tables::compile(policy, geometry).image), discarding());
      FAIL() << "an image for a device without trees came into force";
    } catch (const device::FirmwareRefused& refused) {
      EXPECT_EQ(refused.status(), PCL_ERROR_TREES);
      EXPECT_THAT(refused.what(), HasSubstr("for a device without trees"));
    }
  }
  expect_trees(old, 40);
}

TEST_F(FirmwareLoad, AnImageOfTreesIsRefusedWithASentenceWhereThereAreNone) {
  RuleSets sets(3);
  const TreePolicy policy(sets.random(Kind::access_list, 10), tables::tree::Shape::scale_small());
  try {
    firmware.load(policy.bytes, discarding());
    FAIL() << "an image of trees came into force";
  } catch (const device::FirmwareRefused& refused) {
    EXPECT_EQ(refused.status(), PCL_ERROR_NO_TREES);
    EXPECT_THAT(refused.what(), HasSubstr("this one has none"));
  }
}

TEST_F(TreeLoad, AProcessorThatIsResetHalfWayLeavesTheOldPolicy) {
  const TreePolicy old = make_trees(30), next = make_trees(40);
  firmware.load(old.bytes, discarding());
  send(next.bytes, next.bytes.size() / 2, 500);
  rig->reset_processor();
  expect_trees(old, 40);
  EXPECT_EQ(refusal([&] { firmware.rollback(); }), PCL_ERROR_NO_ROLLBACK);
  firmware.load(next.bytes, discarding());
  expect_trees(next, 40);
}

/// Images that are wrong, with right checksums.
class ForgedTrees : public TreeLoad {
 protected:
  TreePolicy sound = make_trees(40);
  std::uint8_t status(const tables::tree::ScaleImage& image) {
    return refusal([&] { firmware.load(tables::tree::encode_scale(image), discarding()); });
  }
  template <typename Change>
  std::uint8_t changed(Change&& change) {
    tables::tree::ScaleImage image = sound.image;
    change(image);
    return status(image);
  }
};

TEST_F(ForgedTrees, WhatOnePassShowsIsRefused) {
  using tables::tree::ScaleImage;
  ASSERT_EQ(status(sound.image), PCL_DONE);
  const unsigned pair_at = 3 + shape.address_bits;
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.trees[0].levels[0].set(0, 0, 3, 6); }), PCL_ERROR_IMAGE_TREES)
      << "a field that is none";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.trees[0].levels[0].set(0, pair_at, 1, 1); }),
            PCL_ERROR_IMAGE_TREES)
      << "a child of nobody";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.trees[0].levels[1].set(0, 0, 3, 0); }), PCL_ERROR_IMAGE_TREES)
      << "a node made a leaf";
  EXPECT_EQ(changed([&](ScaleImage& image) {
              image.trees.trees[0].levels[3].set(7, 0, 3, 1);  // whatever stood there
            }),
            PCL_ERROR_IMAGE_TREES);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.trees[1].entries.set(95, 3, 5, 9); }), PCL_ERROR_IMAGE_TREES)
      << "an entry of no leaf";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.trees[0].entries.set(0, 0, shape.rule_bits(), 200); }),
            PCL_ERROR_IMAGE_ACTIONS)
      << "a rule without an action";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.trees[0].entries.set(0, 0, shape.rule_bits(), 300); }),
            PCL_ERROR_IMAGE_TREES)
      << "a number of the slice's";
  EXPECT_EQ(changed([&](ScaleImage& image) {
              image.trees.trees[0].entries.set(0, shape.entry_bits() - shape.address_bits - 1, 33, 0);
            }),
            PCL_ERROR_IMAGE_TREES)
      << "no prefix";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.trees.predicates[0].set(5, shape.never(), 1, 1); }),
            PCL_ERROR_IMAGE_TREES)
      << "the predicate that never holds does";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.actions.resize(300); }), PCL_ERROR_IMAGE_ACTIONS);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.entries.pop_back(); }), PCL_ERROR_IMAGE_ENTRIES);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.origins.pop_back(); }), PCL_ERROR_IMAGE_ENTRIES);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.slice_rules.at(0) = 40; }), PCL_ERROR_IMAGE_ENTRIES);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.slice_rules.pop_back(); }), PCL_ERROR_IMAGE_ENTRIES);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.slice_rules.resize(65); }), PCL_ERROR_IMAGE_ENTRIES);
  EXPECT_EQ(changed([&](ScaleImage& image) { image.slice.probes.resize(1); }), PCL_ERROR_IMAGE_PROBES)
      << "the slice alone is never asked";
  EXPECT_EQ(changed([&](ScaleImage& image) { image.slice.geometry.intervals[2] = 32; }), PCL_ERROR_IMAGE_GEOMETRY);
  expect_trees(sound, 40);
}

TEST_F(ForgedTrees, BytesThatNoWriterWritesAreRefusedByTheHostToo) {
  // Where two images differ, behind the checksum, is the place of what they differ in.
  const auto with = [&](auto&& change, std::uint64_t value, std::size_t count) {
    tables::tree::ScaleImage other = sound.image;
    change(other);
    std::vector<std::uint8_t> bytes = tables::tree::encode_scale(sound.image);
    const std::vector<std::uint8_t> differs = tables::tree::encode_scale(other);
    std::size_t place = 16;
    while (bytes.at(place) == differs.at(place)) ++place;
    for (std::size_t i = 0; i < count; ++i) bytes.at(place + i) = static_cast<std::uint8_t>(value >> (8 * i));
    bytes = with_right_checksum(std::move(bytes));
    EXPECT_THROW(tables::tree::decode_scale(bytes, "forged.pti"), tables::ImageError);
    return refusal([&] { firmware.load(bytes, discarding()); });
  };
  const std::uint64_t family = static_cast<std::uint64_t>(sound.image.trees.predicates[3].get(3, 0, 8));
  ASSERT_NE(family, 0U);
  EXPECT_EQ(with([](auto& image) { image.trees.predicates[3].flip(3, 5); }, 0, 8), PCL_ERROR_IMAGE_TREES)
      << "a row of zeros at the end of a memory";
  EXPECT_EQ(with([](auto& image) { image.entries.at(0).reply = !image.entries.at(0).reply; }, 2, 1),
            PCL_ERROR_IMAGE_ENTRIES)
      << "neither a reply nor none";
}

TEST_F(ForgedTrees, ATreeThatLeadsAstrayIsFoundByItsRules) {
  // Thresholds of root nodes that send every key to one side: the structure is sound, but rules are not found.
  ASSERT_EQ(status(sound.image), PCL_DONE);
  const unsigned bank = rig->active_bank();
  for (const std::uint32_t threshold : {0U, 0xFFFFFFFFU}) {
    EXPECT_EQ(changed([&](tables::tree::ScaleImage& image) {
                image.trees.trees[0].levels[0].set(0, 3, shape.address_bits, threshold);
              }),
              PCL_ERROR_PROBES);
  }
  // A wrong action goes with right checksums: nothing in the image says otherwise.
  EXPECT_EQ(rig->active_bank(), bank);
  expect_trees(sound, 40);
}

TEST_F(TreeLoad, CountersOfAllNumbersAreAnswered) {
  const TreePolicy policy = make_trees(20);
  firmware.load(policy.bytes, discarding());
  EXPECT_EQ(firmware.counters(rig->active_bank(), shape.numbers()).counters.rules.size(), shape.numbers());
  EXPECT_EQ(refusal([&] { firmware.counters(rig->active_bank(), shape.numbers() + 1); }), PCL_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace portcullis::test
