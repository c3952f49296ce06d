// ClassBench filter sets: they fit `large`, and image, proof and reference agree on them.
#include "policy/classbench.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>

#include "bank_lookup.h"
#include "random_policy.h"
#include "tables/compile.h"
#include "tables/prove.h"
#include "tables/recover.h"
#include "tables/reference.h"

namespace portcullis::tables {
namespace {

class Classbench : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench" / GetParam();
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << file_ << " is not there";
    policy_ = policy::read_classbench(file_);
  }

  // A header within filter `i`, at its ends more often than not.
  policy::Key header_in(const policy::Match& match) {
    const auto some = [this](const auto& set) {
      const auto& interval = set.intervals()[random_() % set.size()];
      const auto span = interval.last - interval.first;
      switch (random_() % 3) {
        case 0:
          return interval.first;
        case 1:
          return interval.last;
        default:
          return static_cast<decltype(interval.first)>(interval.first + (span == 0 ? 0 : random_() % span));
      }
    };
    policy::Key key;
    key.source = some(match.source);
    key.destination = some(match.destination);
    key.source_port = some(match.source_port);
    key.destination_port = some(match.destination_port);
    do {
      key.protocol = static_cast<std::uint8_t>(random_());
    } while (!match.protocol[key.protocol]);
    key.context = policy::make_context(0, policy::EtherClass::ipv4, policy::Fragment::whole);
    return key;
  }

  std::filesystem::path file_;
  policy::Policy policy_;
  std::mt19937_64 random_{test::seed(30)};
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_P(Classbench, FitsLargeAndLookupEqualsReference) {
  const auto start = std::chrono::steady_clock::now();
  const Compiled compiled = compile(policy_, Geometry::large());
  const double compiling = seconds_since(start);
  const std::vector<std::uint8_t> bytes = encode(compiled.image);
  const double writing = seconds_since(start) - compiling;
  const test::BankLookup bank(bytes);
  const policy::Policy back = recover(decode(bytes, "x.pti"));
  std::size_t misses = 0;
  for (int i = 0; i < 20000; ++i) {
    policy::Key key = header_in(policy_.entries[random_() % policy_.entries.size()].match);
    // Every other header leaves its filter in one field.
    if (i % 4 == 1 && key.destination_port < policy::kNoPort) ++key.destination_port;
    if (i % 4 == 3) --key.source;
    const auto expected = first_match(policy_, key);
    ASSERT_EQ(bank.first_match(key), expected) << describe(key);
    ASSERT_EQ(first_match(back, key), expected) << describe(key);
    misses += expected ? 0U : 1U;
  }
  const auto proving = std::chrono::steady_clock::now();
  const Proof proof = prove(policy_, bytes, "x.pti");
  EXPECT_TRUE(proof.proved()) << proof.text;
  const Report& report = compiled.report;
  EXPECT_EQ(report.undecided, 0U);
  std::cout << GetParam() << ": " << report.entries << " entries, compile " << compiling * 1e3 << " ms, encode "
            << writing * 1e3 << " ms, prove " << seconds_since(proving) * 1e3 << " ms, " << report.probes << " probes, "
            << report.hidden << " hidden, " << report.undecided << " undecided, TCAM " << report.tcam_entries << " ("
            << report.tcam_per_entry << " per entry), " << bytes.size() << " bytes, " << misses << " misses\n";
  for (const Occupancy& table : report.tables)
    std::cout << "  " << table.table << " " << table.used << "/" << table.capacity;
  std::cout << '\n';
}

// The sets end in filters that permit everything, so that hardly any bit would change a verdict; with every other
// filter dropping, most do.
TEST_P(Classbench, WrongBitsAreFound) {
  for (std::size_t i = 1; i < policy_.entries.size(); i += 2) policy_.entries[i].action.permit = false;
  const Compiled compiled = compile(policy_, Geometry::large());
  const std::vector<std::uint8_t> good = encode(compiled.image);
  const auto start = std::chrono::steady_clock::now();
  double slowest = 0;
  std::size_t packets = 0;
  constexpr int kBits = 200;
  for (int i = 0; i < kBits; ++i) {
    TableImage image = compiled.image;
    const auto rule = static_cast<std::size_t>(random_() % image.actions.size());
    switch (i % 4) {
      case 0:
        image.actions[rule] ^= std::uint64_t{1} << 32U;
        break;
      case 1: {
        auto& boundaries = image.boundaries[random_() % 2];
        boundaries[random_() % boundaries.size()] ^= 1U << random_() % 32;
        break;
      }
      default: {
        const std::size_t table = random_() % policy::kTables;
        const std::size_t row = random_() % image.rows(static_cast<unsigned>(table));
        image.bitmaps[table][row * image.geometry.words_per_row() + rule / 64] ^= std::uint64_t{1} << (rule % 64);
        break;
      }
    }
    const std::vector<std::uint8_t> bytes = encode(image);
    const auto before = std::chrono::steady_clock::now();
    const Proof proof = prove(policy_, bytes, "x.pti");
    slowest = std::max(slowest, seconds_since(before));
    ASSERT_FALSE(proof.proved());
    ASSERT_NE(proof.result, ProofResult::gave_up) << proof.text;
    if (!proof.key) continue;
    ++packets;
    const test::BankLookup bank(bytes);
    const std::uint64_t word = bank.action(bank.first_match(*proof.key));
    EXPECT_NE(decide(policy_, *proof.key).permit, (word >> 32U & 1U) != 0) << proof.text;
  }
  std::cout << GetParam() << ": " << kBits << " bits, " << packets << " change a verdict, slowest proof " << slowest
            << " s, all " << seconds_since(start) << " s\n";
  EXPECT_GT(packets, std::size_t{kBits} / 4);
}

INSTANTIATE_TEST_SUITE_P(Sets, Classbench, ::testing::Values("acl1_1k", "fw1_1k", "ipc1_1k"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace portcullis::tables
