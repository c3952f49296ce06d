#include "tables/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bank_lookup.h"
#include "random_policy.h"
#include "tables/compile.h"
#include "tables/crc32c.h"

namespace portcullis::tables {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

Geometry tiny() {
  Geometry geometry;
  geometry.name = "tiny";
  geometry.rules = 70;  // two words a row, the second one partly used
  geometry.intervals = {64, 64, 64, 64, 64};
  return geometry;
}

TableImage sample() {
  test::RandomPolicy random(7);
  return compile(random.policy(6), tiny(),
                 {SourceFile::of("site.yaml", "portcullis: 1\n"), SourceFile::of("ports.md", "")})
      .image;
}

std::string refusal(const Bytes& bytes) {
  try {
    decode(bytes, "x.pti");
  } catch (const ImageError& error) {
    return error.what();
  }
  return "accepted";
}

void store(Bytes& bytes, std::size_t at, std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t load(const Bytes& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8U | bytes[at + i];
  return value;
}

void mend_header(Bytes& bytes) {
  store(bytes, 28, crc32c(std::span(bytes).subspan(32, 7 * 24), crc32c(std::span(bytes).first(28))), 4);
}

// Makes the checksums right again, so that what stands behind them is looked at.
void mend(Bytes& bytes) {
  for (std::size_t entry = 32; entry < 32 + 7 * 24; entry += 24) {
    store(bytes, entry + 4, crc32c(std::span(bytes).subspan(load(bytes, entry + 8), load(bytes, entry + 16))), 4);
  }
  mend_header(bytes);
}

TEST(Image, ComesBackAsItWasWritten) {
  test::RandomPolicy random(test::seed(8));
  for (int round = 0; round < 20; ++round) {
    const TableImage image = compile(random.policy(random.below(30)), tiny(), {SourceFile::of("a", "b")}).image;
    const Bytes bytes = encode(image);
    EXPECT_EQ(decode(bytes, "x.pti"), image);
    EXPECT_EQ(encode(decode(bytes, "x.pti")), bytes);
  }
}

TEST(Image, EqualPoliciesGiveEqualBytes) { EXPECT_EQ(encode(sample()), encode(sample())); }

TEST(Image, EveryChangedByteIsRefused) {
  const Bytes good = encode(sample());
  Bytes bytes = good;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned change : {0x01U, 0x80U, 0xFFU}) {
      bytes[i] = static_cast<std::uint8_t>(good[i] ^ change);
      ASSERT_THROW(decode(bytes, "x.pti"), ImageError) << "byte " << i;
    }
    bytes[i] = good[i];
  }
}

TEST(Image, EveryTruncationAndEveryAdditionIsRefused) {
  const Bytes good = encode(sample());
  for (std::size_t length = 0; length < good.size(); ++length) {
    ASSERT_THROW(decode(std::span(good).first(length), "x.pti"), ImageError) << length;
  }
  Bytes longer = good;
  for (int i = 0; i < 20; ++i) {
    longer.push_back(0);
    ASSERT_THROW(decode(longer, "x.pti"), ImageError);
  }
}

TEST(Image, RefusalsSayFileSectionOffsetAndWhatToDo) {
  const Bytes good = encode(sample());
  EXPECT_THAT(refusal({}), HasSubstr("x.pti: header at byte 0: not a table image: give a file that"));
  EXPECT_THAT(refusal({'P', 'K', 3, 4}), HasSubstr("not a table image"));
  Bytes bytes = good;
  bytes[8] = 9;
  EXPECT_THAT(refusal(bytes), HasSubstr("version 9.0 is not 1.0"));
  bytes = good;
  bytes.pop_back();
  EXPECT_THAT(refusal(bytes), HasSubstr("it was cut or added to"));
  bytes = good;
  const test::BankLookup bank(good);
  const auto bits = bank.sections().at("BITS");
  bytes[bits.offset + 100] ^= 1U;
  EXPECT_EQ(refusal(bytes), "x.pti: section BITS at byte " + std::to_string(bits.offset) +
                                ": wrong checksum, the file is damaged; compile the site again");
  bytes = good;
  store(bytes, bank.boundary_at(3, 0), 0x30000, 4);
  mend(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("boundary 1 of destination port is wider than 17 bits"));
  bytes = good;
  store(bytes, bank.boundary_at(3, 0), 0x10000, 4);
  mend(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("boundary 2 of destination port is below the one before it"));
  EXPECT_NO_THROW(decode(bytes, "x.pti", BoundaryOrder::any));
  bytes = good;
  bytes[bank.bit_at(5, 6, 64)] = 0x10;
  mend(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("row 6 of protocol has a bit of a rule without entry (6 entries)"));
  bytes = good;
  store(bytes, bank.sections().at("GEOM").offset, 71, 4);
  mend(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("section GEOM"));
}

// Counts far beyond the file must be refused before memory is asked for.
TEST(Image, HugeCountsAreRefused) {
  const Bytes good = encode(sample());
  const test::BankLookup bank(good);
  for (const auto& [tag, section] : bank.sections()) {
    for (std::size_t at = section.offset; at + 4 <= section.offset + section.length && at < section.offset + 64;
         at += 4) {
      Bytes bytes = good;
      store(bytes, at, 0xFFFF'FFFFU, 4);
      mend(bytes);
      const std::string why = refusal(bytes);
      if (why != "accepted") {
        EXPECT_THAT(why, HasSubstr("x.pti: section"));
      }
    }
  }
  for (std::size_t at = 32; at < 32 + 7 * 24; at += 8) {
    Bytes bytes = good;
    store(bytes, at, ~std::uint64_t{0}, 8);
    mend_header(bytes);
    EXPECT_THROW(decode(bytes, "x.pti"), ImageError);
  }
}

// With the checksums mended, decode either refuses or gives an image that is written as the same bytes: nothing is
// misread in silence.
TEST(Image, DamageBehindMendedChecksumsIsRefusedOrKept) {
  const Bytes good = encode(sample());
  std::mt19937_64 random(test::seed(9));
  int accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    Bytes bytes = good;
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < changes; ++i) {
      bytes[200 + random() % (bytes.size() - 200)] = static_cast<std::uint8_t>(random());
    }
    mend(bytes);
    try {
      const TableImage image = decode(bytes, "x.pti");
      ASSERT_EQ(encode(image), bytes);
      ++accepted;
    } catch (const ImageError&) {
    }
  }
  EXPECT_GT(accepted, 100);
}

TEST(Image, FilesAreWrittenWholeAndReadBack) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "portcullis-image-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const TableImage image = sample();
  write_image(folder / "a.pti", image);
  write_image(folder / "a.pti", image);
  EXPECT_EQ(read_image(folder / "a.pti"), image);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_THROW(write_image(folder / "missing" / "a.pti", image), ImageError);
  EXPECT_THROW(read_image(folder / "b.pti"), ImageError);
  EXPECT_THROW(read_image(folder), ImageError);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace portcullis::tables
