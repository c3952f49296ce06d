// The card with a management processor: software gives it its firmware and loads a policy through its mailbox, while
// every frame is where the reference has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "firmware/image.h"
#include "model/managed_nic.h"
#include "platform/platform.h"
#include "run/expected.h"
#include "tables/compile.h"
#include "traffic/generate.h"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ManagedPlatform : public testing::Test {
 protected:
  ManagedPlatform() {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.destination_port = {{4000, 4999}};
    entry.action.permit = true;
    policy_.entries.push_back(entry);
    image_ = tables::compile(policy_, tables::Geometry::edge()).image;
    packets_ = traffic::make_traffic(policy_, model::kWirePorts, 5, 400).packets;
    traffic_.packets = &packets_;
    traffic_.fates.resize(packets_.size());
    const std::vector<sim::Expected> expected = sim::expect(policy_, packets_, 1);
    for (std::size_t i = 0; i < packets_.size(); ++i)
      traffic_.fates[i].copies[1U - packets_[i].ingress] = expected[i].permit ? 1 : 0;
    const std::string_view firmware = firmware::image();
    options_.nic = model::make_managed_nic;
    options_.firmware.assign(firmware.begin(), firmware.end());
    options_.console = [this](char character) { console_.push_back(character); };
    options_.load = platform::LoadWay::mailbox;
    for (platform::PortOptions& port : options_.ports) port.rate = 1'000'000'000;
  }
  platform::Result run() { return platform::Platform(options_, image_, traffic_).run(); }

  policy::Policy policy_;
  tables::TableImage image_;
  traffic::PacketSet packets_;
  platform::Traffic traffic_;
  platform::Options options_;
  std::string console_;
};

double share(const platform::ProcessorLoad& load) { return static_cast<double>(load.busy) / load.clocks; }

TEST_F(ManagedPlatform, BootsItsFirmwareAndLoadsThroughTheMailbox) {
  const platform::Result result = run();
  EXPECT_TRUE(result.good());
  EXPECT_EQ(result.unexpected + result.missing, 0U);
  EXPECT_EQ(result.ports[0].frames + result.ports[1].frames, packets_.size());
  EXPECT_GT(result.wire_to_wire.size(), 20U);
  EXPECT_TRUE(result.booted);
  // A register write for every word of the image at least.
  EXPECT_GT(result.register_writes, options_.firmware.size() / 4);
  EXPECT_EQ(result.load.pieces, (tables::encode(image_).size() + 1015) / 1016);
  EXPECT_GT(result.load.self_test, sc_core::SC_ZERO_TIME);
  EXPECT_GT(result.load.staging, result.load.flip);
  EXPECT_THAT(console_, HasSubstr("portcullis: management firmware\n"));
  EXPECT_THAT(console_, HasSubstr("load ready 1 "));
  EXPECT_THAT(console_, HasSubstr("activated 1 "));
  // It works while it loads but for the way of the pieces, and has nothing to do while frames pass.
  EXPECT_GT(share(result.load_load), 0.5);
  EXPECT_LE(share(result.load_load), 1);
  EXPECT_LT(share(result.traffic_load), 0.01);
  EXPECT_GE(result.traffic_load.clocks, result.clocks / 2);
}

TEST_F(ManagedPlatform, AHostThatDiesInTheMiddleOfAMailboxLoadDisturbsNoFrameAndItsNextProgramLoads) {
  options_.reloads = 1;
  options_.crash_at = 2;
  const platform::Result result = run();
  EXPECT_TRUE(result.crashed);
  EXPECT_EQ(result.unexpected + result.missing, 0U);
  EXPECT_GT(result.ports[0].frames + result.ports[1].frames, packets_.size());
  ASSERT_EQ(result.reloads.size(), 1U) << "of the next program";
  EXPECT_EQ(result.reloads[0].pieces, result.load.pieces);
  EXPECT_THAT(console_, HasSubstr("load timed out 2 2032\n"));
  EXPECT_THAT(console_, HasSubstr("activated 3 "));
  EXPECT_THAT(console_, Not(HasSubstr("activated 2 ")));
}

TEST_F(ManagedPlatform, AConsoleAsSlowAsASerialLineHoldsUpTheBoot) {
  options_.load = platform::LoadWay::dma;
  constexpr unsigned kCharacter = 1000;
  options_.console_clocks = kCharacter;
  const platform::Result result = run();
  EXPECT_EQ(result.unexpected + result.missing, 0U);
  EXPECT_THAT(console_, HasSubstr("portcullis: management firmware\n"));
  EXPECT_GT(result.boot / platform::Card::period(), 32.0 * kCharacter);
}

TEST_F(ManagedPlatform, RefusesAMailboxWithoutFirmware) {
  options_.firmware.clear();
  EXPECT_THROW(run(), std::invalid_argument);
}

}  // namespace
}  // namespace portcullis::test
