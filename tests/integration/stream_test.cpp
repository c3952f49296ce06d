// Frames of all sizes under random rests of both ends: what leaves is what entered, in the order of its port.
#include <gtest/gtest.h>

#include "device/loader.h"
#include "model/nic.h"
#include "random_policy.h"
#include "run/session.h"
#include "tables/compile.h"

namespace portcullis::integration {
namespace {

/// Everything passes; a third is redirected to a wire or a queue, some is mirrored, so that frames of both ports meet
/// at an egress.
policy::Policy passing_policy() {
  policy::Policy policy;
  const auto entry = [&policy](std::uint32_t port, const policy::Action& action) {
    policy::Entry e;
    e.match = policy::Match::any();
    e.match.destination_port = {{port, port}};
    e.action = action;
    policy.entries.push_back(e);
  };
  entry(1, {.permit = true, .wire = 0});
  entry(2, {.permit = true, .queue = 77});
  entry(3, {.permit = true, .mirror = true, .mark = 5});
  entry(4, {.permit = false, .mirror = true});
  policy.default_action.permit = true;
  return policy;
}

TEST(Stream, EveryLengthArrivesUnchangedUnderRandomStalls) {
  const std::uint64_t seed = test_seed(5);
  traffic::Random random(seed);
  traffic::PacketSet packets;
  const auto add = [&](unsigned length) {
    traffic::Frame frame;
    frame.from = policy::from_ipv4(static_cast<std::uint32_t>(random()));
    frame.to = policy::from_ipv4(static_cast<std::uint32_t>(random()));
    frame.destination_port = static_cast<std::uint16_t>(random() % 6);
    frame.payload = length - 42;
    packets.add(traffic::build(frame), static_cast<unsigned>(random() % 2));
  };
  for (unsigned length = 60; length < 60 + 3 * model::kBeatBytes; ++length)
    add(length);  // all ends of tkeep, one to four beats
  for (unsigned i = 0; i < 300; ++i) add(60 + static_cast<unsigned>(random() % (traffic::kMaxFrame - 59)));
  add(traffic::kMaxFrame);

  const policy::Policy policy = passing_policy();
  model::Nic nic(model::make_filter_model(model::ModelGeometry::edge));
  device::Device device(nic);
  device::Loader(device).load(tables::compile(policy, tables::Geometry::edge()).image);
  const std::vector<sim::Expected> expected = sim::expect(policy, packets, 1);
  sim::SessionPlan plan;
  plan.policy = &policy;
  plan.packets = &packets;
  plan.expected = &expected;
  plan.forward_to = {1, 0};
  plan.keep_egress = true;
  for (const unsigned stalls : {0U, 15U, 60U}) {
    nic.set_stalls(stalls / 2, stalls, seed);
    std::atomic<std::uint64_t> done{0};
    const sim::SessionFigures figures = sim::run_session(nic, plan, 0, packets.size(), done);
    EXPECT_EQ(figures.mismatches, 0U) << stalls << " % stalls: " << figures.first_mismatches.front();
    EXPECT_EQ(figures.accepted, packets.size());
    EXPECT_EQ(figures.egress.size(), figures.permits);
    EXPECT_GT(figures.permits, 100U);
    EXPECT_GT(figures.drops, 10U);
    EXPECT_EQ(done.load(), packets.size());
  }
}

}  // namespace
}  // namespace portcullis::integration
