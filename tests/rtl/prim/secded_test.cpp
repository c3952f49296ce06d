// The SEC-DED code of the tables' rows: every single wrong bit is mended, every pair is noticed and taken for nothing
// else, at the widths of 64, 128 and 512 rules, and for 1,024 with pairs at random. What is expected is counted from
// the bits that were turned over; of the code itself the test knows nothing.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "VSecded1024.h"
#include "VSecded128.h"
#include "VSecded512.h"
#include "VSecded64.h"

namespace portcullis::test {
namespace {

template <class Top, unsigned kData, unsigned kCheck, bool kAllPairs>
struct Width {
  using Model = Top;
  static constexpr unsigned data = kData;
  static constexpr unsigned code = kData + kCheck;
  static constexpr bool all_pairs = kAllPairs;
};
using Widths = testing::Types<Width<VSecded64, 64, 8, true>, Width<VSecded128, 128, 9, true>,
                              Width<VSecded512, 512, 11, true>, Width<VSecded1024, 1024, 12, false>>;

template <class W>
class Secded : public testing::Test {
 protected:
  static constexpr unsigned kLatency = 7;

  /// A word of random data with these bits wrong goes in, and what is said of the one seven clocks before is checked.
  void put(const std::vector<unsigned>& wrong) {
    std::vector<std::uint32_t> code((W::code + 31) / 32);
    for (const unsigned bit : wrong) code[bit / 32] |= std::uint32_t{1} << (bit % 32);
    for (unsigned word = 0; word < W::data / 32; ++word)
      set(model_->data_i, word, static_cast<std::uint32_t>(random_()));
    for (unsigned word = 0; word < code.size(); ++word) set(model_->wrong_i, word, code[word]);
    under_way_.push_back(wrong.size());
    model_->clk_i = 0;
    model_->eval();
    if (under_way_.size() > kLatency) {
      const std::size_t count = under_way_.front();
      under_way_.pop_front();
      ASSERT_EQ(model_->fault_o, count > 0) << count << " wrong bits, word " << checked_;
      ASSERT_EQ(count > 0 && model_->single_o, count == 1) << count << " wrong bits, word " << checked_;
      if (count <= 1) {
        ASSERT_TRUE(model_->corrected_o) << "word " << checked_;
      }
      ++checked_;
    }
    model_->clk_i = 1;
    model_->eval();
  }
  void drain() {
    for (unsigned clock = 0; clock < kLatency; ++clock) put({});
  }

  template <class Port>
  static void set(Port& port, unsigned word, std::uint32_t value) {
    if constexpr (std::is_integral_v<Port>) {
      const unsigned shift = 32 * word;
      port = static_cast<Port>((port & ~(Port{0xFFFFFFFFU} << shift)) | (static_cast<Port>(value) << shift));
    } else {
      port[word] = value;
    }
  }

  VerilatedContext context_;
  std::unique_ptr<typename W::Model> model_ = std::make_unique<typename W::Model>(&context_);
  std::mt19937_64 random_{20261122};
  std::deque<std::size_t> under_way_;
  std::uint64_t checked_ = 0;
};
TYPED_TEST_SUITE(Secded, Widths);

TYPED_TEST(Secded, MendsEverySingleBitAndSaysNothingOfSoundWords) {
  for (int round = 0; round < 4; ++round) {
    for (unsigned bit = 0; bit < TypeParam::code; ++bit) {
      this->put({});
      this->put({bit});
      ASSERT_FALSE(this->HasFatalFailure());
    }
  }
  this->drain();
  EXPECT_GE(this->checked_, 8 * TypeParam::code);
}

TYPED_TEST(Secded, NoticesPairsAndTakesThemForNothingElse) {
  if constexpr (TypeParam::all_pairs) {
    for (unsigned first = 0; first < TypeParam::code; ++first) {
      for (unsigned second = 0; second < first; ++second) {
        this->put({first, second});
        ASSERT_FALSE(this->HasFatalFailure());
      }
    }
  } else {
    for (int i = 0; i < 20000; ++i) {
      const auto first = static_cast<unsigned>(this->random_() % TypeParam::code);
      const auto second =
          static_cast<unsigned>((first + 1 + this->random_() % (TypeParam::code - 1)) % TypeParam::code);
      this->put({first, second});
      ASSERT_FALSE(this->HasFatalFailure());
    }
  }
  this->drain();
}

/// A memory full of zeros is a table of sound rows.
TYPED_TEST(Secded, GivesAWordOfZerosCheckBitsOfZeros) {
  for (unsigned word = 0; word < TypeParam::data / 32; ++word) this->set(this->model_->data_i, word, 0);
  for (int clock = 0; clock < 3; ++clock) {
    this->model_->clk_i = 0;
    this->model_->eval();
    this->model_->clk_i = 1;
    this->model_->eval();
  }
  EXPECT_EQ(this->model_->check_o, 0U);
}

}  // namespace
}  // namespace portcullis::test
