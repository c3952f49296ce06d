// A policy exchanged through the registers while frames run: each verdict is the old policy's up to one packet and the
// new one's from there on, nothing is lost and nothing stands still.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "device/loader.h"
#include "model/nic.h"
#include "random_policy.h"
#include "run/expected.h"
#include "tables/compile.h"

namespace portcullis::integration {
namespace {

/// The first entry decides everything, with a mark that tells the policies apart; behind it enough entries to make
/// loading last.
policy::Policy marked_policy(std::uint32_t mark, bool permit, unsigned entries) {
  policy::Policy policy = RandomPolicy(mark).make();
  policy.entries.resize(std::min<std::size_t>(policy.entries.size(), entries));
  for (policy::Entry& entry : policy.entries) {
    entry.action = {.permit = permit, .mark = mark};
  }
  policy.default_action = {.permit = !permit, .mark = mark};
  policy.monitor = false;
  return policy;
}

/// Sends a set of packets over and over at ingress 0 and keeps every verdict.
class EndlessTraffic final : public model::NicListener {
 public:
  struct Seen {
    std::uint64_t clock;
    model::Report report;
  };

  EndlessTraffic(model::Nic& nic, const traffic::PacketSet& packets) : nic_(nic), packets_(packets) {
    nic_.set_listener(this);
  }
  ~EndlessTraffic() override { nic_.set_listener(nullptr); }

  void before_clock(std::uint64_t clock) override {
    while (sending_ && nic_.wire(0).free(clock)) {
      if (!nic_.wire(0).put(packets_.frame(sent_ % packets_.size()))) ++lost_;
      ++sent_;
    }
  }
  void frame_taken(unsigned) override { ++taken_; }
  void decided(const model::Report& report) override { seen_.push_back({nic_.now(), report}); }
  void left(unsigned egress, const model::StreamSink& sink, const model::EgressMetadata& metadata) override {
    EXPECT_EQ(egress, 1U);
    EXPECT_TRUE(sink.well_formed());
    EXPECT_TRUE(metadata.permit);
    while (next_leaving_ < seen_.size() && !seen_[next_leaving_].report.permit) ++next_leaving_;
    ASSERT_LT(next_leaving_, seen_.size());
    EXPECT_TRUE(std::ranges::equal(sink.frame(), packets_.frame(next_leaving_ % packets_.size())));
    EXPECT_EQ(metadata.mark, static_cast<std::uint32_t>(seen_[next_leaving_].report.action));
    ++next_leaving_;
  }

  /// Stops sending and waits for the last frame.
  void finish() {
    sending_ = false;
    for (int i = 0; i < 100'000 && (taken_ + lost_ < sent_ || seen_.size() < taken_); ++i) nic_.clock();
    for (int i = 0; i < 1000; ++i) nic_.clock();
  }

  const std::vector<Seen>& seen() const { return seen_; }
  std::uint64_t taken() const { return taken_; }
  std::uint64_t lost() const { return lost_; }
  bool all_left() const {
    return std::none_of(seen_.begin() + static_cast<std::ptrdiff_t>(next_leaving_), seen_.end(),
                        [](const Seen& s) { return s.report.permit; });
  }

 private:
  model::Nic& nic_;
  const traffic::PacketSet& packets_;
  std::vector<Seen> seen_;
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t lost_ = 0;
  std::size_t next_leaving_ = 0;
  bool sending_ = true;
};

struct Conditions {
  const char* name;
  std::uint64_t rate;  ///< bits per second at 250 MHz; 0: a frame a clock
  unsigned source_stalls;
  unsigned sink_stalls;
};

class HitlessUpdate : public testing::TestWithParam<Conditions> {};

TEST_P(HitlessUpdate, EveryVerdictIsTheOldPolicysUpToOnePacketAndTheNewOnesFromThereOn) {
  const Conditions& conditions = GetParam();
  const std::uint64_t seed = test_seed(7);
  const std::array<policy::Policy, 2> policies = {marked_policy(1, true, 60), marked_policy(2, false, 40)};
  const std::array<tables::TableImage, 2> images = {tables::compile(policies[0], tables::Geometry::edge()).image,
                                                    tables::compile(policies[1], tables::Geometry::edge()).image};
  traffic::PacketSet packets;
  traffic::Random random(seed);
  const traffic::RandomKeys keys(policies[0], 1);
  while (packets.size() < 500) {
    const auto frame = traffic::build(*traffic::frame_presenting(keys.next(random)));
    if (frame.size() <= policy::kMinFrame) packets.add(frame, 0);
  }
  const std::array<std::vector<sim::Expected>, 2> expected = {sim::expect(policies[0], packets, 1),
                                                              sim::expect(policies[1], packets, 1)};

  model::Nic nic(model::make_filter_model(model::ModelGeometry::edge));
  device::Device device(nic);
  device::Loader loader(device);
  loader.load(images[0]);
  if (conditions.rate != 0) nic.set_rate(traffic::ByteClock(conditions.rate, 250'000'000));
  nic.set_stalls(conditions.source_stalls, conditions.sink_stalls, seed);
  EndlessTraffic traffic(nic, packets);
  for (int i = 0; i < 2000; ++i) nic.clock();
  const std::size_t before = traffic.seen().size();
  ASSERT_GT(before, 100U);

  loader.load(images[1]);  // clocks pass and frames with them

  for (int i = 0; i < 2000; ++i) nic.clock();
  traffic.finish();
  const auto& seen = traffic.seen();
  EXPECT_EQ(traffic.lost(), 0U);
  EXPECT_EQ(seen.size(), traffic.taken());
  EXPECT_TRUE(traffic.all_left());
  EXPECT_GT(seen.size(), before + 1000);

  // Which policy each verdict is of: the mark says so, whatever the frame; malformed frames were not sent.
  std::size_t first_new = 0;
  while (first_new < seen.size() && static_cast<std::uint32_t>(seen[first_new].report.action) == 1) ++first_new;
  ASSERT_GT(first_new, before);
  ASSERT_LT(first_new, seen.size()) << "the new policy never decided";
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const model::Report& report = seen[i].report;
    const bool is_new = i >= first_new;
    const sim::Expected& right = expected[is_new ? 1 : 0][i % packets.size()];
    ASSERT_EQ(report.action, right.action) << "packet " << i << ", the new policy begins at " << first_new;
    ASSERT_EQ(report.permit, right.permit) << "packet " << i;
    ASSERT_EQ(report.hit, right.entry >= 0) << "packet " << i;
    if (report.hit) {
      ASSERT_EQ(report.rule, static_cast<unsigned>(right.entry)) << "packet " << i;
    }
    ASSERT_EQ(report.bank, is_new != seen.front().report.bank) << "packet " << i;
  }
  if (conditions.rate == 0 && conditions.source_stalls == 0 && conditions.sink_stalls == 0) {
    // A frame a clock, and so a verdict a clock, across the flip.
    for (std::size_t i = first_new - 50; i < first_new + 50; ++i) {
      EXPECT_EQ(seen[i].clock + 1, seen[i + 1].clock)
          << "a stall at packet " << i << ", the new policy begins at " << first_new;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Traffic, HitlessUpdate,
                         testing::Values(Conditions{"BackToBack", 0, 0, 0},
                                         Conditions{"At100GbitPerSecond", 100'000'000'000, 0, 0},
                                         Conditions{"WithRandomBackpressure", 0, 20, 40}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace portcullis::integration
