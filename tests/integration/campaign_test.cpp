// A campaign's result depends on its parameters alone: not on the order of its shards, nor on how often one was run or
// interrupted.
#include "run/campaign.h"

#include <gtest/gtest.h>

#include <fstream>

#include "run/run.h"

namespace portcullis::integration {
namespace {

class Campaign : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("campaign-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// A result that no run made, different for each shard.
  sim::ShardResult made_up(unsigned shard) const {
    sim::ShardResult result;
    result.plan = plan_;
    result.shard = shard;
    result.figures.cases = 1;
    result.figures.packets = 1000 + shard;
    result.figures.packets_by_cause["rule"] = 1000;
    result.figures.packets_by_cause[shard % 2 == 0 ? "default" : "malformed"] = shard;
    result.seconds = shard * 0.1;
    return result;
  }
  std::filesystem::path file(unsigned shard) const { return folder_ / sim::shard_file_name(plan_, shard); }

  sim::CampaignPlan plan_{.seed = 5, .packets = 100'000, .shards = 6};
  std::filesystem::path folder_;
};

TEST_F(Campaign, AShardGivesTheSameResultEveryTimeAndMeetsTheReference) {
  const sim::CampaignPlan plan{.seed = 11, .packets = 6000, .shards = 3};
  const sim::ShardResult first = sim::run_shard(plan, 1), again = sim::run_shard(plan, 1);
  EXPECT_TRUE(first.figures.ok()) << sim::to_text(first);
  EXPECT_EQ(first.figures, again.figures);
  EXPECT_EQ(first.figures.packets + first.figures.lost, 2000U);
  EXPECT_NE(first.figures, sim::run_shard(plan, 2).figures);
  EXPECT_EQ(sim::run_shard(plan, 1, 0).figures, first.figures) << "one case, and the shard has but one";
  EXPECT_THROW(sim::run_shard(plan, 1, 1), sim::RunError);
}

TEST_F(Campaign, PacketsAreSharedOutWithoutRest) {
  const sim::CampaignPlan plan{.seed = 3, .packets = 700, .shards = 4};
  std::uint64_t packets = 0;
  for (unsigned shard = 0; shard < 4; ++shard) {
    const sim::ShardResult result = sim::run_shard(plan, shard);
    packets += result.figures.packets + result.figures.lost;
  }
  EXPECT_EQ(packets, 700U);
}

TEST_F(Campaign, OrderAndRepetitionOfShardsChangeNothing) {
  for (const unsigned shard : {4U, 0U, 2U, 5U, 1U, 3U}) sim::write_shard(folder_, made_up(shard));
  const std::string once = sim::to_json(sim::merge_campaign({folder_}));
  sim::ShardResult slower = made_up(2);
  slower.seconds = 99;
  sim::write_shard(folder_ / "elsewhere", slower);
  const sim::CampaignSummary twice = sim::merge_campaign({folder_ / "elsewhere", folder_, file(3)});
  EXPECT_EQ(twice.repeated, 2U);
  EXPECT_EQ(sim::to_json(twice), once);
  EXPECT_TRUE(twice.complete());
  EXPECT_EQ(twice.figures.packets, 6015U);
  EXPECT_EQ(twice.figures.packets_by_cause.at("malformed"), 9U);
}

TEST_F(Campaign, LostShardsAreListedAndThoseThatAreThereCount) {
  for (const unsigned shard : {0U, 4U}) sim::write_shard(folder_, made_up(shard));
  const sim::CampaignSummary summary = sim::merge_campaign({folder_});
  EXPECT_FALSE(summary.complete());
  EXPECT_EQ(summary.missing, (std::vector<unsigned>{1, 2, 3, 5}));
  EXPECT_EQ(summary.figures.packets, 2004U);
  EXPECT_NE(sim::to_text(summary).find("4 shards: 1-3,5"), std::string::npos);
}

TEST_F(Campaign, TwoResultsOfAShardThatDifferAreAnError) {
  sim::write_shard(folder_, made_up(1));
  sim::ShardResult other = made_up(1);
  ++other.figures.permits;
  sim::write_shard(folder_ / "elsewhere", other);
  EXPECT_THROW(sim::merge_campaign({folder_, folder_ / "elsewhere"}), sim::RunError);
}

TEST_F(Campaign, ResultsOfAnotherCampaignAreAnError) {
  sim::write_shard(folder_, made_up(1));
  sim::CampaignPlan other = plan_;
  ++other.seed;
  EXPECT_THROW(sim::read_shard(file(1), other, 1), sim::RunError);
  plan_ = other;
  sim::write_shard(folder_, made_up(2));
  EXPECT_THROW(sim::merge_campaign({folder_}), sim::RunError);
  EXPECT_THROW(sim::merge_campaign({folder_ / "nothing-here"}), sim::RunError);
}

TEST_F(Campaign, DamagedFilesAreToBeRunAgain) {
  sim::write_shard(folder_, made_up(1));
  sim::write_shard(folder_, made_up(2));
  const auto size = std::filesystem::file_size(file(2));
  std::filesystem::resize_file(file(2), size / 2);
  EXPECT_TRUE(sim::read_shard(file(1), plan_, 1).has_value());
  EXPECT_FALSE(sim::read_shard(file(2), plan_, 2).has_value());
  EXPECT_FALSE(sim::read_shard(file(3), plan_, 3).has_value());
  const sim::CampaignSummary summary = sim::merge_campaign({folder_});
  EXPECT_EQ(summary.damaged.size(), 1U);
  EXPECT_EQ(summary.missing, (std::vector<unsigned>{0, 2, 3, 4, 5}));
}

TEST_F(Campaign, AFailureCarriesTheCommandThatRepeatsIt) {
  sim::ShardResult bad = made_up(3);
  bad.figures.mismatches = 1;
  bad.failures = {"packet 7: model: permit; reference: drop\n  repeat: " + sim::repeat_command(plan_, 3, 2)};
  sim::write_shard(folder_, bad);
  const sim::CampaignSummary summary = sim::merge_campaign({folder_});
  EXPECT_FALSE(summary.figures.ok());
  EXPECT_NE(sim::to_text(summary).find("portcullis campaign --seed 5 --packets 100000 --shards 6 --shard 3 --case 2"),
            std::string::npos);
}

TEST_F(Campaign, PlansThatCannotBeAreErrors) {
  EXPECT_THROW(sim::run_shard({.seed = 1, .packets = 10, .shards = 0}, 0), sim::RunError);
  EXPECT_THROW(sim::run_shard({.seed = 1, .packets = 10, .shards = 11}, 0), sim::RunError);
  EXPECT_THROW(sim::run_shard({.seed = 1, .packets = 10, .shards = 2}, 2), sim::RunError);
}

}  // namespace
}  // namespace portcullis::integration
