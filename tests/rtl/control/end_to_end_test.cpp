// Device and Loader on the Verilated filter: images come into force through real registers, under traffic and without,
// and counters and statistics are exact. The oracle is the reference parser and matcher.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "device/loader.h"
#include "device/registers.h"
#include "model/nic.h"
#include "policy/packet.h"
#include "tables/compile.h"
#include "tables/reference.h"
#include "traffic/generate.h"

namespace portcullis::test {
namespace {

using device::Bank;
using device::Device;
using device::Loader;
using device::LoadRefused;
using device::PortStatistics;
using device::Tally;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::uint64_t seed() {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t value = text != nullptr ? std::strtoull(text, nullptr, 0) : std::random_device{}();
  std::cout << "PORTCULLIS_SEED=" << value << "\n";
  return value;
}

/// Web and name servers, a blocked host, ping, a marked range; `shift` moves ports, so that two policies differ.
policy::Policy services(std::uint32_t shift) {
  policy::Policy policy;
  const auto add = [&](const std::function<void(policy::Entry&)>& fill) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    fill(entry);
    policy.entries.push_back(entry);
  };
  const auto protocol = [](policy::Entry& entry, std::initializer_list<unsigned> numbers) {
    entry.match.protocol.reset();
    for (const unsigned number : numbers) entry.match.protocol.set(number);
  };
  const policy::IntervalSet<policy::Address> servers = {
      {policy::from_ipv4(0xC0000200), policy::from_ipv4(0xC00002FF)},
      {policy::make_address(0x20010DB800000001, 0), policy::make_address(0x20010DB800000001, ~std::uint64_t{0})}};
  add([&](policy::Entry& entry) {
    entry.match.source = {{policy::from_ipv4(0xC6336407), policy::from_ipv4(0xC6336407)}};
  });
  add([&](policy::Entry& entry) {
    entry.match.destination = servers;
    entry.match.destination_port = {{80 + shift, 80 + shift}, {443, 443}, {8000, 8999 + shift}};
    protocol(entry, {6});
    entry.action.permit = true;
  });
  add([&](policy::Entry& entry) {
    entry.match.destination = servers;
    entry.match.destination_port = {{53, 53 + shift}};
    protocol(entry, {6, 17});
    entry.action.permit = true;
    entry.action.mark = 46;
  });
  add([&](policy::Entry& entry) {
    entry.match.source_port = {{8, 8}};
    protocol(entry, {1});
    entry.action.permit = shift == 0;
  });
  policy.rows = 4;
  return policy;
}

/// Packets made from a policy, again and again at both ports; each verdict is compared with that of the policy of its
/// bank.
class Traffic final : public model::NicListener {
 public:
  Traffic(model::Nic& nic, traffic::PacketSet packets) : nic_(nic), packets_(std::move(packets)) {
    nic_.set_listener(this);
  }
  ~Traffic() override { nic_.set_listener(nullptr); }

  /// What a bank enforces; without a policy any verdict of it is a mismatch.
  std::array<const policy::Policy*, 2> policies{};
  bool sending = false;

  std::uint64_t verdicts = 0;
  std::uint64_t mismatches = 0;
  std::string first_mismatch;
  std::vector<bool> banks;  ///< of the verdicts, changes only
  /// Exact counters by bank: rules and causes; statistics by port.
  std::array<std::vector<Tally>, 2> rules{std::vector<Tally>(1024), std::vector<Tally>(1024)};
  std::array<std::array<Tally, device::kCauses>, 2> causes{};
  std::array<PortStatistics, model::kWirePorts> statistics{};

  void send_all_of(std::size_t packets) {
    const std::uint64_t until = verdicts + packets;
    sending = true;
    while (verdicts < until) nic_.clock();
    drain();
  }
  void drain() {
    sending = false;
    while (!under_way_[0].empty() || !under_way_[1].empty() || !nic_.wire(0).empty() || !nic_.wire(1).empty())
      nic_.clock();
    for (int i = 0; i < 200; ++i) nic_.clock();
  }

  void before_clock(std::uint64_t clock) override {
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      if (!sending || !nic_.wire(port).free(clock)) continue;
      const std::size_t packet = next_++ % packets_.size();
      if (nic_.wire(port).put(packets_.frame(packet))) on_wire_[port].push_back(packet);
    }
  }
  void frame_taken(unsigned ingress) override {
    under_way_[ingress].push_back(on_wire_[ingress].front());
    on_wire_[ingress].pop_front();
  }
  void decided(const model::Report& report) override {
    ASSERT_FALSE(under_way_[report.ingress].empty());
    const std::span<const std::uint8_t> frame = packets_.frame(under_way_[report.ingress].front());
    under_way_[report.ingress].pop_front();
    ++verdicts;
    if (banks.empty() || banks.back() != report.bank) banks.push_back(report.bank);
    const Tally one{1, frame.size()};
    const policy::Policy* policy = policies[report.bank ? 1 : 0];
    PortStatistics& port = statistics[report.ingress];
    ++port.frames;
    port.bytes += frame.size();
    ++(report.permit ? port.forwarded : port.dropped);
    if (policy != nullptr) {
      const tables::Verdict expected = tables::decide(*policy, policy::parse_frame(frame, report.ingress));
      if (expected.entry)
        rules[report.bank ? 1 : 0][*expected.entry] += one;
      else
        causes[report.bank ? 1 : 0][static_cast<unsigned>(expected.malformed)] += one;
      if (report.permit == expected.permit && report.hit == expected.entry.has_value() &&
          (!report.hit || report.rule == *expected.entry) && report.cause == static_cast<unsigned>(expected.malformed))
        return;
    }
    if (mismatches++ == 0)
      first_mismatch = "verdict " + std::to_string(verdicts) + " bank " + std::to_string(report.bank) + " rule " +
                       std::to_string(report.rule);
  }
  void left(unsigned, const model::StreamSink&, const model::EgressMetadata&) override {}

 private:
  model::Nic& nic_;
  traffic::PacketSet packets_;
  std::size_t next_ = 0;
  std::array<std::deque<std::size_t>, model::kWirePorts> on_wire_, under_way_;
};

class Filter : public ::testing::Test {
 protected:
  model::Nic nic{model::make_filter_model(model::ModelGeometry::edge)};
  Device device{nic};
  Loader loader{device};
  const policy::Policy first = services(0), second = services(17);

  tables::TableImage image(const policy::Policy& policy) { return tables::compile(policy, device.geometry()).image; }
  traffic::PacketSet packets() { return traffic::make_traffic(first, model::kWirePorts, seed()).packets; }

  void expect_counters(Bank bank, const Traffic& traffic, unsigned number) {
    const device::Counters counters = device.counters(bank, 8);
    for (unsigned rule = 0; rule < 8; ++rule)
      EXPECT_EQ(counters.rules[rule], traffic.rules[number][rule]) << "bank " << number << " rule " << rule;
    for (unsigned cause = 0; cause < device::kCauses; ++cause)
      EXPECT_EQ(counters.causes[cause], traffic.causes[number][cause]) << "bank " << number << " cause " << cause;
  }
};

TEST_F(Filter, SaysWhatItWasBuiltWith) {
  EXPECT_EQ(device.geometry(), tables::Geometry::edge());
  EXPECT_EQ(device.ports(), model::kWirePorts);
  EXPECT_EQ(device.data_width(), 512U);
  EXPECT_LE(device.latency(), 24U);
  EXPECT_EQ(device.header_bytes(), policy::kHeaderWindow);
  EXPECT_EQ(device.extension_headers(), policy::kMaxExtensionHeaders);
}

TEST_F(Filter, LoadThroughRegistersComesIntoForceAndCountsExactly) {
  const device::LoadReport report = loader.load(image(first));
  EXPECT_GT(report.probes, 20U);
  Traffic traffic(nic, packets());
  traffic.policies[report.active_bank] = &first;
  traffic.send_all_of(5000);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  expect_counters(Bank::active, traffic, report.active_bank);
  EXPECT_EQ(device.counters(Bank::active, 512).total().packets, traffic.verdicts);
  for (unsigned port = 0; port < model::kWirePorts; ++port)
    EXPECT_EQ(device.statistics(port), traffic.statistics[port]);

  // The next policy counts from zero; the retired bank keeps its numbers until it is loaded again.
  const device::LoadReport next = loader.load(image(second));
  EXPECT_NE(next.active_bank, report.active_bank);
  traffic.policies[next.active_bank] = &second;
  traffic.send_all_of(3000);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  expect_counters(Bank::active, traffic, next.active_bank);
  expect_counters(Bank::shadow, traffic, report.active_bank);
}

TEST_F(Filter, LoadUnderTrafficSwapsThePoliciesBetweenTwoPackets) {
  unsigned bank = loader.load(image(first)).active_bank;
  nic.set_rate(traffic::ByteClock(10'000'000'000, 250'000'000));
  Traffic traffic(nic, packets());
  traffic.policies[bank] = &first;
  traffic.sending = true;
  for (int swap = 0; swap < 4; ++swap) {
    const policy::Policy& next = swap % 2 == 0 ? second : first;
    traffic.policies[1 - bank] = &next;
    EXPECT_EQ(loader.load(image(next)).active_bank, 1 - bank);
    bank = 1 - bank;
    for (int i = 0; i < 2000; ++i) nic.clock();
  }
  traffic.drain();
  EXPECT_GT(traffic.verdicts, 1000U);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  EXPECT_EQ(traffic.banks.size(), 5U) << "a bank was seen again after its flip";
  for (unsigned port = 0; port < model::kWirePorts; ++port)
    EXPECT_EQ(device.statistics(port), traffic.statistics[port]);
}

/// Hands accesses on, but flips a bit of one word of LOAD_DATA, as a bad bus would.
class BadBus final : public device::Transport {
 public:
  explicit BadBus(device::Transport& below) : below_(below) {}
  std::optional<std::uint64_t> corrupts;  ///< which write to LOAD_DATA from now on
  std::uint64_t seen = 0;
  std::uint32_t read32(std::uint32_t offset) override { return below_.read32(offset); }
  void write32(std::uint32_t offset, std::uint32_t value) override {
    if (offset >= PCL_LOAD_DATA && offset < PCL_LOAD_DATA + 4 * PCL_LOAD_DATA_COUNT) {
      ++seen;
      if (corrupts && (*corrupts)-- == 0) {
        value ^= 1;
        corrupts.reset();
      }
    }
    below_.write32(offset, value);
  }

 private:
  device::Transport& below_;
};

TEST_F(Filter, LoadWithADamagedRowIsRefusedAndTheOldPolicyStays) {
  BadBus bus(nic);
  Device behind(bus);
  Loader own(behind);
  const std::uint64_t before = bus.seen;
  unsigned bank = own.load(image(first)).active_bank;
  const std::uint64_t words = bus.seen - before;
  Traffic traffic(nic, packets());
  traffic.policies[bank] = &first;
  std::mt19937_64 random(seed());
  unsigned refused = 0;
  for (int round = 0; round < 10; ++round) {
    // The first write is the low word of the first boundary, the last the default action: both matter.
    bus.corrupts = round == 0 ? 0 : round == 1 ? words - 1 : random() % words;
    try {
      own.load(image(first));
      // A bit that no packet of the probes meets, or the upper half of a row that holds no rule: the banks were
      // exchanged.
      bank = behind.active_bank();
      ASSERT_GT(round, 1) << "damage that matters was not found";
      own.load(image(first));
      bank = behind.active_bank();
      traffic.policies = {};
      traffic.policies[bank] = &first;
    } catch (const LoadRefused& error) {
      ++refused;
      EXPECT_FALSE(error.failures().empty());
      EXPECT_EQ(behind.active_bank(), bank);
    }
    traffic.send_all_of(500);
    ASSERT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
  }
  EXPECT_GE(refused, 2U);
  std::cout << refused << " of 10 damaged loads refused\n";
}

TEST_F(Filter, RowWidePortTakesTheSameSequence) {
  loader.load(image(second));
  const tables::TableImage wanted = image(first);
  device.wait_for_shadow();
  for (const device::RowWrite& row : device::load_sequence(wanted))
    for (unsigned i = 0; i < row.count; ++i) nic.load_row(row.target, row.index + i, row.words);
  device.check_errors("after the rows");
  EXPECT_THAT(loader.self_test(wanted), IsEmpty());
  EXPECT_FALSE(loader.self_test(image(second)).empty());
  Traffic traffic(nic, packets());
  traffic.policies[device.active_bank()] = &first;
  traffic.send_all_of(1000);
  EXPECT_GT(traffic.mismatches, 0U) << "packets cannot tell the two policies apart";
  traffic.mismatches = 0;
  device.flip();
  traffic.policies[device.active_bank()] = &first;
  traffic.send_all_of(1000);
  EXPECT_EQ(traffic.mismatches, 0U) << traffic.first_mismatch;
}

TEST_F(Filter, RowsOutsideTheTablesAreRefusedOnTheRowWidePortToo) {
  const std::vector<std::uint32_t> row(16, 0xFFFFFFFF);
  nic.load_row(0x07, 0, row);
  EXPECT_EQ(nic.read32(PCL_ERRORS), PCL_ERRORS_LOAD_TARGET_MASK);
  device.clear_errors();
  nic.load_row(0x08, 256, row);
  EXPECT_EQ(nic.read32(PCL_ERRORS), PCL_ERRORS_LOAD_INDEX_MASK);
}

TEST_F(Filter, ForwardToSendsPermittedFramesToTheChosenEgress) {
  policy::Policy open;
  open.default_action.permit = true;
  loader.load(image(open));
  EXPECT_EQ(device.forward_to(0), 1U);
  EXPECT_EQ(device.forward_to(1), 0U);
  class Where final : public model::NicListener {
   public:
    std::array<unsigned, model::kWirePorts + 1> seen{};
    void before_clock(std::uint64_t) override {}
    void frame_taken(unsigned) override {}
    void decided(const model::Report&) override {}
    void left(unsigned egress, const model::StreamSink&, const model::EgressMetadata&) override { ++seen[egress]; }
  } where;
  nic.set_listener(&where);
  const std::vector<std::uint8_t> frame(60, 0);
  for (unsigned egress = 0; egress <= model::kWirePorts; ++egress) {
    where.seen = {};
    device.set_forward_to(0, egress);
    nic.wire(0).put(frame);
    for (int i = 0; i < 200; ++i) nic.clock();
    for (unsigned e = 0; e <= model::kWirePorts; ++e)
      EXPECT_EQ(where.seen[e], e == egress ? 1U : 0U) << "egress " << egress;
  }
  nic.set_listener(nullptr);
}

TEST(LargeFilter, LoadsAnImageOfItsGeometryAndRefusesASmallerOne) {
  model::Nic nic(model::make_filter_model(model::ModelGeometry::large));
  Device device(nic);
  EXPECT_EQ(device.geometry(), tables::Geometry::large());
  Loader loader(device);
  const policy::Policy policy = services(0);
  EXPECT_THAT([&] { loader.load(tables::compile(policy, tables::Geometry::edge()).image); },
              ::testing::ThrowsMessage<LoadRefused>(HasSubstr("the image is for another geometry")));
  const device::LoadReport report = loader.load(tables::compile(policy, tables::Geometry::large()).image);
  std::cout << report.rows << " rows by " << report.commits << " commits and " << report.words << " words, "
            << report.probes << " probes: " << nic.now() << " clocks\n";
  EXPECT_EQ(device.active_bank(), report.active_bank);
}

}  // namespace
}  // namespace portcullis::test
