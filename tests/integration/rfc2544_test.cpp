// The measurement after RFC 2544 against arithmetic: what a bus of a beat a clock and an engine of a lookup a clock
// carry; and its check of every verdict against a filter that lies.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "run/bench_rfc2544.h"
#include "run/run.h"
#include "traffic/line_rate.h"

namespace portcullis::integration {
namespace {

sim::Rfc2544Options one_case(unsigned size) {
  sim::Rfc2544Options options;
  options.sizes = {size};
  options.families = {traffic::Family::ipv4};
  options.rules = {64};
  return options;
}

TEST(Rfc2544, ThroughputOfFramesOfTwoBeatsIsTheBusClockOverTwo) {
  const sim::Rfc2544 bench = sim::bench_rfc2544(one_case(69));
  ASSERT_TRUE(bench.ok());
  const sim::Rfc2544Case& c = bench.cases.at(0);
  // 65 bytes are two beats of 512 bits: 125 Mpps at 250 MHz, of 140.4 Mpps that 100 Gbit/s carry.
  const double line = 100e9 / 8 / 89;
  EXPECT_NEAR(c.line_frames_per_second, line, 1);
  EXPECT_NEAR(static_cast<double>(c.throughput), 125e6 / line * 1e6, sim::kResolution);
  EXPECT_DOUBLE_EQ(c.clocks_per_frame, 2);
  ASSERT_FALSE(c.loss.empty());
  EXPECT_NEAR(c.loss[0].second, 1 - 125e6 / line, 0.003);
  EXPECT_FALSE(c.burst_at_least);
  EXPECT_GT(c.burst, 1000U);
  EXPECT_EQ(c.loss.back().second, 0);
}

TEST(Rfc2544, SmallestFramesHoldTheLineWhilePoliciesAreExchangedAndCountersRead) {
  sim::Rfc2544Options options = one_case(64);
  options.activities = {sim::Activity::both};
  const sim::Rfc2544 bench = sim::bench_rfc2544(options);
  ASSERT_TRUE(bench.ok()) << bench.cases.at(0).first_mismatches.at(0);
  const sim::Rfc2544Case& c = bench.cases.at(0);
  EXPECT_EQ(c.throughput, traffic::kFullLoad);
  EXPECT_TRUE(c.burst_at_least);
  EXPECT_GE(c.exchanges, 2U);
  EXPECT_GE(c.counter_reads, 1U);
  // The slot of a test lookup is closed: a frame that comes just then waits for a clock, and no longer.
  EXPECT_LE(c.latency.max, c.latency.min + 1);
  const auto json = nlohmann::json::parse(sim::to_json(bench));
  EXPECT_EQ(json["cases"][0]["throughput_ppm"], 1'000'000);
  EXPECT_EQ(json["seed"], 1);
}

TEST(Rfc2544, LeastClockIsOneThatCarriesTheLine) {
  sim::Rfc2544Options options = one_case(1518);
  options.least_clock = true;
  const sim::Rfc2544 bench = sim::bench_rfc2544(options);
  ASSERT_TRUE(bench.ok());
  // 24 beats for 1538 byte times of 0.08 ns: 195.06 MHz.
  EXPECT_EQ(bench.cases.at(0).least_clock_mhz, 196U);
}

/// A filter whose report of every 1000th verdict has one bit of its action turned over.
class LyingFilter final : public model::FilterModel {
 public:
  explicit LyingFilter(std::unique_ptr<model::FilterModel> filter) : filter_(std::move(filter)) {
    pins_ = filter_->pins();
    truth_ = pins_.report;
    pins_.report = words_.data();
  }
  void settle() override { filter_->settle(); }
  void edge() override {
    filter_->edge();
    std::copy_n(truth_, words_.size(), words_.begin());
    if (*pins_.report_valid != 0 && ++verdicts_ % 1000 == 0) words_[0] ^= 1U << 20U;
  }
  void trace(const std::filesystem::path& fst, std::uint64_t period_ps) override { filter_->trace(fst, period_ps); }

 private:
  std::unique_ptr<model::FilterModel> filter_;
  const std::uint32_t* truth_;
  std::array<std::uint32_t, 4> words_{};
  std::uint64_t verdicts_ = 0;
};

TEST(Rfc2544, WrongVerdictsAreFoundAndNoFigureIsPrinted) {
  sim::Rfc2544Options options = one_case(64);
  options.make_filter = [] {
    return std::make_unique<LyingFilter>(model::make_filter_model(model::ModelGeometry::edge));
  };
  const sim::Rfc2544 bench = sim::bench_rfc2544(options);
  EXPECT_FALSE(bench.ok());
  const sim::Rfc2544Case& c = bench.cases.at(0);
  EXPECT_GE(c.mismatches, c.frames / 1000);
  EXPECT_NE(sim::to_text(bench).find("no figures"), std::string::npos);
}

TEST(Rfc2544, RefusesWhatTheModelCannotServe) {
  const auto refused = [](auto change) {
    sim::Rfc2544Options options = one_case(64);
    change(options);
    EXPECT_THROW(sim::bench_rfc2544(options), sim::RunError);
  };
  refused([](auto& o) { o.ports = {3}; });
  refused([](auto& o) { o.rules = {513}; });
  refused([](auto& o) { o.sizes = {63}; });
  refused([](auto& o) { o.rates = {0}; });
  refused([](auto& o) { o.clocks_mhz = {2000}; });
}

}  // namespace
}  // namespace portcullis::integration
