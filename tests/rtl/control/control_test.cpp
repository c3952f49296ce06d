// pcl_control against what rtl/portcullis.rdl says about each register: reset values, access, errors, the load
// sequencer, test lookups, counters, statistics; and that the bus is answered whatever happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "control_bench.h"
#include "device/registers.h"

namespace portcullis::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::uint64_t seed() {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint64_t value = text != nullptr ? std::strtoull(text, nullptr, 0) : std::random_device{}();
  ::testing::Test::RecordProperty("seed", std::to_string(value));
  std::cout << "PORTCULLIS_SEED=" << value << "\n";
  return value;
}

std::uint16_t at(unsigned address) { return static_cast<std::uint16_t>(address); }

/// Last index of a target, and its first; nothing for a target that does not exist (docs/design.md, "Loading").
struct Extent {
  unsigned first, last;
};
std::optional<Extent> extent(unsigned target) {
  const std::array<unsigned, 5> intervals = {kAddressIntervals, kAddressIntervals, kPortIntervals, kPortIntervals,
                                             kVlanIntervals};
  if (target <= 4) return Extent{1, intervals[target] - 1};
  if (target >= 0x08 && target <= 0x0C) return Extent{0, intervals[target - 0x08] - 1};
  if (target >= 0x0D && target <= 0x10) return Extent{0, 255};
  if (target == 0x18) return Extent{0, kRules - 1};
  if (target == 0x19) return Extent{0, 0};
  return std::nullopt;
}

class Control : public ::testing::Test {
 protected:
  ControlBench bench;

  std::uint32_t status() { return bench.read(PCL_STATUS); }
  std::uint32_t errors() { return bench.read(PCL_ERRORS); }
  void wait_while(std::uint32_t bit) {
    for (int i = 0; i < 1000; ++i)
      if ((status() & bit) == 0) return;
    FAIL() << "status bit " << bit << " stays";
  }
  void stage(const std::array<std::uint32_t, kRowWords>& words) {
    for (unsigned w = 0; w < kRowWords; ++w) bench.write(at(PCL_LOAD_DATA + 4 * w), words[w]);
  }
  void commit(unsigned target, unsigned index, unsigned count) {
    bench.write(PCL_LOAD_TARGET, target);
    bench.write(PCL_LOAD_INDEX, index);
    bench.write(PCL_LOAD_COUNT, count);
    bench.write(PCL_LOAD_COMMIT, 1);
  }
};

struct Expected {
  unsigned address;
  std::uint32_t reset;
  std::uint32_t writable;  ///< bits that keep what is written
};

/// Every register, by the descriptions in the .rdl. What is not here reads 0 and ignores writes.
std::vector<Expected> register_table() {
  std::vector<Expected> table = {
      {0x0000, 0x50434C53, 0},
      {0x0004, 0x00010003, 0},
      {0x0008, 0, 0xFFFFFFFF},
      {0x0040, kRules, 0},
      {0x0044, 128, 0},
      {0x0048, kAddressIntervals, 0},
      {0x004C, kAddressIntervals, 0},
      {0x0050, kPortIntervals, 0},
      {0x0054, kPortIntervals, 0},
      {0x0058, kVlanIntervals, 0},
      {0x0068, kPorts, 0},
      {0x006C, 256, 0},
      {0x0070, 19, 0},
      {0x0074, 160, 0},
      {0x0078, 4, 0},
      {0x007C, kRowWords, 0},
      {0x0080, kCauses, 0},
      {0x00B0, 1, 0},
      {0x00C0, 0, 0},
      {0x00C4, 0, 0},
      {0x00C8, 0, 0},
      {0x0100, 0, 0x3F},
      {0x0104, 0, 0xFFFF},
      {0x0108, 1, 0xFFFF},
      {0x0420, 0x10000, 0x1FFFF},
      {0x0424, 0x10000, 0x1FFFF},
      {0x0428, 0, 0xFFF},
      {0x042C, 0x0000FF00, 0xFFFFFFFF},
      {0x0500, 1, 0},
      {0x0504, 0, 0},
      {0x0508, 2, 0},
      {0x0600, 0, 1},
  };
  for (unsigned w = 0; w < kRowWords; ++w) table.push_back({0x0200 + 4 * w, 0, 0xFFFFFFFF});
  for (unsigned w = 0; w < 8; ++w) table.push_back({0x0400 + 4 * w, 0, 0xFFFFFFFF});
  return table;
}

TEST_F(Control, EveryAddressReadsItsResetValue) {
  std::map<unsigned, std::uint32_t> expected;
  for (const Expected& r : register_table()) expected[r.address] = r.reset;
  for (unsigned address = 0; address < 0x0640; address += 4) {
    const auto it = expected.find(address);
    EXPECT_EQ(bench.read(at(address)), it == expected.end() ? 0 : it->second) << std::hex << "0x" << address;
  }
}

TEST_F(Control, ReservedRangesReadZeroAndIgnoreWrites) {
  for (unsigned address : {0x0640U, 0x0FFCU, 0x1000U, 0x2000U, 0x3000U, 0x4000U, 0x8000U, 0xFFFCU}) {
    bench.write(at(address), 0xFFFFFFFF);
    EXPECT_EQ(bench.read(at(address)), 0U) << std::hex << address;
  }
  EXPECT_EQ(bench.read(PCL_MAGIC), 0x50434C53U);
  EXPECT_EQ(errors(), 0U);
}

TEST_F(Control, EveryRegisterKeepsExactlyItsWritableBits) {
  for (const Expected& r : register_table()) {
    if (r.address >= 0x0500 && r.address < 0x0600) continue;  // FORWARD_TO has a test of its own
    for (std::uint32_t value : {0xFFFFFFFFU, 0U, 0xA5A5A5A5U}) {
      if (r.address == 0x00C0) continue;  // commands
      bench.write(at(r.address), value);
      EXPECT_EQ(bench.read(at(r.address)), (value & r.writable) | (r.reset & ~r.writable)) << std::hex << r.address;
    }
  }
  EXPECT_EQ(errors(), 0U);
  EXPECT_THAT(bench.rows, IsEmpty());
}

TEST_F(Control, BytesWithoutStrobeKeepTheirValue) {
  for (unsigned address : {PCL_SCRATCH, PCL_LOAD_DATA, PCL_TEST_SOURCE_0}) {
    bench.write(at(address), 0x11223344);
    bench.write(at(address), 0xAABBCCDD, 0b0101);
    EXPECT_EQ(bench.read(at(address)), 0x11BB33DDU) << std::hex << address;
  }
}

TEST_F(Control, MisalignedAddressMeansTheWordItLiesIn) {
  bench.write(PCL_SCRATCH + 2, 0x12345678);
  EXPECT_EQ(bench.read(PCL_SCRATCH + 3), 0x12345678U);
}

TEST_F(Control, CommitWritesTheStagedRow) {
  const std::array<std::uint32_t, kRowWords> data = {1, 2, 3, 4, 0x80000000};
  stage(data);
  commit(0x0A, 7, 1);
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  EXPECT_THAT(bench.rows, ElementsAre(Row{0x0A, 7, data}));
  EXPECT_EQ(bench.read(PCL_LOAD_INDEX), 8U);
  EXPECT_EQ(errors(), 0U);
}

TEST_F(Control, CommitRepeatsTheRowOverConsecutiveIndicesOneAClock) {
  stage({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0});
  const std::uint64_t before = bench.clock();
  commit(0x0D, 3, 253);
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  ASSERT_EQ(bench.rows.size(), 253U);
  for (unsigned i = 0; i < 253; ++i) {
    EXPECT_EQ(bench.rows[i].index, 3 + i);
    EXPECT_EQ(bench.rows[i].target, 0x0DU);
  }
  EXPECT_EQ(bench.read(PCL_LOAD_INDEX), 256U);
  EXPECT_LT(bench.clock() - before, 253U + 60U);
}

TEST_F(Control, EveryTargetTakesItsIndicesAndNoOthers) {
  for (unsigned target = 0; target < 64; ++target) {
    const std::optional<Extent> allowed = extent(target);
    for (unsigned index : {0U, 1U, 6U, 7U, 8U, 15U, 16U, 31U, 32U, 159U, 160U, 255U, 256U, 65535U}) {
      bench.rows.clear();
      commit(target, index, 1);
      wait_while(PCL_STATUS_LOAD_BUSY_MASK);
      const bool good = allowed && index >= allowed->first && index <= allowed->last;
      EXPECT_EQ(bench.rows.size(), good ? 1U : 0U) << "target " << target << " index " << index;
      EXPECT_EQ(bench.read(PCL_LOAD_INDEX), good ? index + 1 : index);
      const std::uint32_t expected = good ? 0U : !allowed ? PCL_ERRORS_LOAD_TARGET_MASK : PCL_ERRORS_LOAD_INDEX_MASK;
      EXPECT_EQ(errors(), expected) << "target " << target << " index " << index;
      bench.write(PCL_ERRORS, 0xFFFFFFFF);
    }
  }
}

TEST_F(Control, CommitBeyondTheTableWritesTheRowsThatExistAndStopsThere) {
  commit(0x0C, 5, 60000);
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  ASSERT_EQ(bench.rows.size(), 3U);
  EXPECT_EQ(bench.rows[2].index, 7U);
  EXPECT_EQ(bench.read(PCL_LOAD_INDEX), 8U);
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_INDEX_MASK);
}

TEST_F(Control, CommitOfNoRowsIsAnError) {
  commit(0x18, 0, 0);
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  EXPECT_THAT(bench.rows, IsEmpty());
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_INDEX_MASK);
}

TEST_F(Control, ErrorsStayUntilOneIsWrittenToThem) {
  commit(0x3F, 0, 1);
  commit(0x18, 0, 0);
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_TARGET_MASK | PCL_ERRORS_LOAD_INDEX_MASK);
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_TARGET_MASK | PCL_ERRORS_LOAD_INDEX_MASK);
  bench.write(PCL_ERRORS, 0);
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_TARGET_MASK | PCL_ERRORS_LOAD_INDEX_MASK);
  bench.write(PCL_ERRORS, PCL_ERRORS_LOAD_TARGET_MASK);
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_INDEX_MASK);
  bench.write(PCL_ERRORS, PCL_ERRORS_LOAD_INDEX_MASK);
  EXPECT_EQ(errors(), 0U);
}

TEST_F(Control, RowWaitsForTheEngineWhileTheBusAnswers) {
  bench.engine_dead = true;
  stage({9, 8, 7, 6, 5});
  commit(0x08, 0, 2);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(status() & PCL_STATUS_LOAD_BUSY_MASK, PCL_STATUS_LOAD_BUSY_MASK);
  EXPECT_THAT(bench.rows, IsEmpty());
  // Writes to the block meanwhile change nothing and are told.
  bench.write(PCL_LOAD_DATA, 0xBAD);
  EXPECT_EQ(errors(), PCL_ERRORS_LOAD_OVERRUN_MASK);
  for (unsigned address : {PCL_LOAD_TARGET, PCL_LOAD_INDEX, PCL_LOAD_COUNT, PCL_LOAD_COMMIT}) {
    bench.write(PCL_ERRORS, 0xFFFFFFFF);
    bench.write(at(address), 1);
    EXPECT_EQ(errors(), PCL_ERRORS_LOAD_OVERRUN_MASK) << std::hex << address;
  }
  bench.engine_dead = false;
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  EXPECT_THAT(bench.rows, ElementsAre(Row{0x08, 0, {9, 8, 7, 6, 5}}, Row{0x08, 1, {9, 8, 7, 6, 5}}));
  EXPECT_EQ(bench.read(PCL_LOAD_INDEX), 2U);
}

TEST_F(Control, FlipExchangesTheBanksOnce) {
  EXPECT_EQ(status() & PCL_STATUS_ACTIVE_BANK_MASK, 0U);
  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  EXPECT_EQ(status() & PCL_STATUS_ACTIVE_BANK_MASK, 1U);
  bench.write(PCL_CONTROL, 0);
  EXPECT_EQ(bench.flips, 1U);
  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  EXPECT_EQ(bench.flips, 2U);
  EXPECT_EQ(errors(), 0U);
}

TEST_F(Control, FlipIsIgnoredAndToldWhileTheShadowBankIsNotReady) {
  bench.engine_busy = true;
  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  EXPECT_EQ(status() & PCL_STATUS_BUSY_MASK, PCL_STATUS_BUSY_MASK);
  EXPECT_EQ(errors(), PCL_ERRORS_FLIP_IGNORED_MASK);
  bench.engine_busy = false;
  bench.write(PCL_ERRORS, 0xFFFFFFFF);

  bench.engine_dead = true;
  commit(0x08, 0, 1);
  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  EXPECT_EQ(errors(), PCL_ERRORS_FLIP_IGNORED_MASK);
  bench.engine_dead = false;
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  bench.write(PCL_ERRORS, 0xFFFFFFFF);

  bench.engine_clearing = true;
  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  EXPECT_EQ(errors(), PCL_ERRORS_FLIP_IGNORED_MASK);
  bench.engine_clearing = false;
  bench.write(PCL_ERRORS, 0xFFFFFFFF);

  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK | PCL_CONTROL_CLEAR_COUNTERS_MASK);
  EXPECT_EQ(errors(), PCL_ERRORS_FLIP_IGNORED_MASK);
  EXPECT_EQ(bench.flips, 0U);
  EXPECT_EQ(bench.clears, 1U);
}

TEST_F(Control, EngineThatIgnoresAFlipIsSeen) {
  bench.model().flip_ignored_i = 1;
  bench.tick();
  bench.model().flip_ignored_i = 0;
  EXPECT_EQ(errors(), PCL_ERRORS_FLIP_IGNORED_MASK);
}

TEST_F(Control, ClearingWaitsForTheLastPacketOfTheBank) {
  bench.engine_busy = true;
  bench.write(PCL_CONTROL, PCL_CONTROL_CLEAR_COUNTERS_MASK);
  EXPECT_EQ(status() & PCL_STATUS_CLEARING_MASK, PCL_STATUS_CLEARING_MASK);
  bench.write(PCL_CONTROL, PCL_CONTROL_CLEAR_COUNTERS_MASK);
  EXPECT_EQ(bench.clears, 0U);
  bench.engine_busy = false;
  wait_while(PCL_STATUS_CLEARING_MASK);
  EXPECT_EQ(bench.clears, 1U);
  bench.engine_clearing = true;
  EXPECT_EQ(status() & PCL_STATUS_CLEARING_MASK, PCL_STATUS_CLEARING_MASK);
  bench.engine_clearing = false;
  EXPECT_EQ(status() & PCL_STATUS_CLEARING_MASK, 0U);
}

/// Bits [high:low] of the key as the engine got it.
std::uint32_t bits(const std::array<std::uint32_t, 11>& key, unsigned high, unsigned low) {
  std::uint32_t value = 0;
  for (unsigned bit = high + 1; bit-- > low;) value = value << 1U | ((key[bit / 32] >> (bit % 32)) & 1U);
  return value;
}

TEST_F(Control, TestLookupCarriesEveryFieldAndAnswers) {
  for (unsigned w = 0; w < 4; ++w) {
    bench.write(at(PCL_TEST_SOURCE_0 + 4 * w), 0xA0000000 + w);
    bench.write(at(PCL_TEST_DESTINATION_0 + 4 * w), 0xB0000000 + w);
  }
  bench.write(PCL_TEST_SOURCE_PORT, 0x12345);
  bench.write(PCL_TEST_DESTINATION_PORT, 0x0ABCD);
  bench.write(PCL_TEST_VLAN, 0x765);
  bench.write(PCL_TEST_CHUNKS, 0xD4C3B2A1);
  EXPECT_EQ(bench.read(PCL_TEST_RESULT) & PCL_TEST_RESULT_DONE_MASK, 0U);
  bench.test_latency = 60;
  bench.write(PCL_TEST_START, 1);
  EXPECT_EQ(status() & PCL_STATUS_TEST_BUSY_MASK, PCL_STATUS_TEST_BUSY_MASK);
  bench.write(PCL_TEST_VLAN, 1);
  EXPECT_EQ(errors(), PCL_ERRORS_TEST_OVERRUN_MASK);
  bench.model().test_hit_i = 1;
  bench.model().test_rule_i = 129;
  bench.model().test_action_i = 0x8765432112345678ULL;
  wait_while(PCL_STATUS_TEST_BUSY_MASK);
  ASSERT_EQ(bench.test_keys.size(), 1U);
  const auto& key = bench.test_keys[0];
  for (unsigned w = 0; w < 4; ++w) {
    EXPECT_EQ(bits(key, 32 * w + 31, 32 * w), 0xA0000000 + w);
    EXPECT_EQ(bits(key, 128 + 32 * w + 31, 128 + 32 * w), 0xB0000000 + w);
  }
  EXPECT_EQ(bits(key, 272, 256), 0x12345U);
  EXPECT_EQ(bits(key, 289, 273), 0x0ABCDU);
  EXPECT_EQ(bits(key, 301, 290), 0x765U);
  EXPECT_EQ(bits(key, 309, 302), 0xA1U);  // protocol
  EXPECT_EQ(bits(key, 317, 310), 0xB2U);  // TCP flags
  EXPECT_EQ(bits(key, 325, 318), 0xC3U);  // DSCP and tags
  EXPECT_EQ(bits(key, 333, 326), 0xD4U);  // context
  EXPECT_EQ(bench.read(PCL_TEST_RESULT), PCL_TEST_RESULT_DONE_MASK | PCL_TEST_RESULT_HIT_MASK | 129U << 16U);
  EXPECT_EQ(bench.read(PCL_TEST_ACTION_LO), 0x12345678U);
  EXPECT_EQ(bench.read(PCL_TEST_ACTION_HI), 0x87654321U);
  EXPECT_EQ(bench.read(PCL_TEST_VLAN), 0x765U);
  bench.model().test_agrees_i = 0;
  EXPECT_EQ(bench.read(PCL_TEST_RESULT),
            PCL_TEST_RESULT_DONE_MASK | PCL_TEST_RESULT_HIT_MASK | PCL_TEST_RESULT_LANES_DIFFER_MASK | 129U << 16U);
}

TEST_F(Control, EveryWriteToTheTestBlockUnderWayIsAnOverrun) {
  bench.engine_dead = true;
  bench.write(PCL_TEST_START, 1);
  for (unsigned address = PCL_TEST_SOURCE_0; address <= PCL_TEST_START; address += 4) {
    bench.write(PCL_ERRORS, 0xFFFFFFFF);
    const std::uint32_t before = bench.read(at(address));
    bench.write(at(address), ~before);
    EXPECT_EQ(errors(), PCL_ERRORS_TEST_OVERRUN_MASK) << std::hex << address;
    EXPECT_EQ(bench.read(at(address)), before) << std::hex << address;
  }
  bench.engine_dead = false;
  wait_while(PCL_STATUS_TEST_BUSY_MASK);
  EXPECT_EQ(bench.test_keys.size(), 1U);
}

TEST_F(Control, CountersAreReadByRequest) {
  for (std::uint32_t request : {0U, 159U, 0x20000U | 17U, 0x10000U, 0x30000U | 8U}) {
    bench.write(PCL_COUNTER_REQUEST, request);
    wait_while(PCL_STATUS_COUNTER_BUSY_MASK);
    EXPECT_EQ(bench.read(PCL_COUNTER_RESULT), 1U);
    EXPECT_EQ(bench.read(PCL_COUNTER_PACKETS_LO), 0x22220000U + request);
    EXPECT_EQ(bench.read(PCL_COUNTER_PACKETS_HI), 0x11110000U);
    EXPECT_EQ(bench.read(PCL_COUNTER_BYTES_LO), 0x44440000U + request);
    EXPECT_EQ(bench.read(PCL_COUNTER_BYTES_HI), 0x33330000U);
  }
  EXPECT_THAT(bench.counter_requests, ElementsAre(0U, 159U, 0x20011U, 0x10000U, 0x30008U));
  EXPECT_EQ(errors(), 0U);
}

TEST_F(Control, CounterThatDoesNotExistIsNotAsked) {
  bench.write(PCL_COUNTER_REQUEST, 1);
  wait_while(PCL_STATUS_COUNTER_BUSY_MASK);
  bench.counter_requests.clear();
  for (std::uint32_t request : {160U, 0xFFFFU, 0x10009U, 0x3FFFFU}) {
    bench.write(PCL_COUNTER_REQUEST, request);
    wait_while(PCL_STATUS_COUNTER_BUSY_MASK);
    EXPECT_EQ(bench.read(PCL_COUNTER_RESULT), 0U);
    EXPECT_EQ(errors(), PCL_ERRORS_COUNTER_INDEX_MASK);
    bench.write(PCL_ERRORS, 0xFFFFFFFF);
  }
  EXPECT_THAT(bench.counter_requests, IsEmpty());
}

TEST_F(Control, SecondCounterRequestUnderWayIsIgnored) {
  bench.engine_dead = true;
  bench.write(PCL_COUNTER_REQUEST, 5);
  bench.write(PCL_COUNTER_REQUEST, 6);
  EXPECT_EQ(errors(), PCL_ERRORS_COUNTER_OVERRUN_MASK);
  bench.engine_dead = false;
  wait_while(PCL_STATUS_COUNTER_BUSY_MASK);
  EXPECT_THAT(bench.counter_requests, ElementsAre(5U));
  EXPECT_EQ(bench.read(PCL_COUNTER_PACKETS_LO), 0x22220005U);
}

TEST_F(Control, ForwardToTakesEgressesThatExist) {
  const std::array<unsigned, kPorts> reset = {1, 0, 2};
  auto forward = [&](unsigned port) { return (bench.model().forward_to_o >> (2 * port)) & 3U; };
  for (unsigned port = 0; port < kPorts; ++port) EXPECT_EQ(forward(port), reset[port]);
  for (unsigned port = 0; port < 8; ++port)
    for (unsigned egress = 0; egress < 16; ++egress) {
      const std::uint16_t address = at(PCL_FORWARD_TO_0 + 4 * port);
      const std::uint32_t before = bench.read(address);
      bench.write(address, egress);
      const bool good = port < kPorts && egress <= kPorts;
      EXPECT_EQ(bench.read(address), good ? egress : before) << port << " " << egress;
      if (port < kPorts) {
        EXPECT_EQ(forward(port), good ? egress : before);
      }
      EXPECT_EQ(errors(), good ? 0U : PCL_ERRORS_FORWARD_TO_MASK);
      bench.write(PCL_ERRORS, 0xFFFFFFFF);
    }
}

TEST_F(Control, StatisticsAreExactForEveryMixOfPulses) {
  std::mt19937_64 random(seed());
  std::array<std::array<std::uint64_t, 6>, kPorts> expected{};
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 500; ++i) {
      pcl_control_small& m = bench.model();
      const auto dense = static_cast<unsigned>(random());
      m.stat_frame_i = dense & 7U;
      m.stat_bad_i = (dense >> 3U) & 7U;
      m.stat_dropped_i = (dense >> 6U) & 7U;
      m.stat_forwarded_i = (dense >> 9U) & 7U;
      m.stat_mirrored_i = (dense >> 12U) & 7U;
      m.stat_length_i = random() & ((1ULL << (kPorts * kLengthBits)) - 1);
      for (unsigned p = 0; p < kPorts; ++p) {
        const auto bit = [&](unsigned word) -> std::uint64_t { return (word >> p) & 1U; };
        expected[p][0] += bit(m.stat_frame_i);
        expected[p][1] += bit(m.stat_frame_i) * ((m.stat_length_i >> (p * kLengthBits)) & ((1U << kLengthBits) - 1));
        expected[p][2] += bit(m.stat_frame_i) & bit(m.stat_bad_i);
        expected[p][3] += bit(m.stat_dropped_i);
        expected[p][4] += bit(m.stat_forwarded_i);
        expected[p][5] += bit(m.stat_mirrored_i);
      }
      bench.tick();
    }
    pcl_control_small& m = bench.model();
    m.stat_frame_i = m.stat_bad_i = m.stat_dropped_i = m.stat_forwarded_i = m.stat_mirrored_i = 0;
    for (unsigned p = 0; p < kPorts; ++p) {
      bench.write(PCL_STATISTICS_SNAPSHOT, p);
      for (unsigned s = 0; s < 6; ++s) {
        const std::uint64_t low = bench.read(at(PCL_STATISTICS_FRAMES_LO + 8 * s));
        const std::uint64_t high = bench.read(at(PCL_STATISTICS_FRAMES_HI + 8 * s));
        EXPECT_EQ(low | high << 32U, expected[p][s]) << "port " << p << " statistic " << s;
      }
    }
  }
}

TEST_F(Control, BytesCarryIntoTheUpperHalf) {
  // 2^32 bytes of the longest frames take 262,161 clocks.
  pcl_control_small& m = bench.model();
  std::uint64_t expected = 0;
  m.stat_frame_i = 1;
  m.stat_length_i = 16383;
  while (expected < (1ULL << 32U) + 100'000) {
    bench.tick();
    expected += 16383;
  }
  // The snapshot is taken while frames still come: both halves are of one clock.
  bench.write(PCL_STATISTICS_SNAPSHOT, 0);
  m.stat_frame_i = 0;
  const std::uint64_t low = bench.read(PCL_STATISTICS_BYTES_LO), high = bench.read(PCL_STATISTICS_BYTES_HI);
  const std::uint64_t frames = bench.read(PCL_STATISTICS_FRAMES_LO);
  EXPECT_EQ(high, 1U);
  EXPECT_EQ(low | high << 32U, frames * 16383);
}

TEST_F(Control, SnapshotWhileTheCarryIsUnderWayIsWhole) {
  // Start just below a carry and take snapshots at every phase of it.
  for (unsigned phase = 0; phase < 12; ++phase) {
    ControlBench fresh;
    pcl_control_small& m = fresh.model();
    m.stat_frame_i = 1;
    m.stat_length_i = 16383;
    for (unsigned i = 0; i < 262'155 + phase - 6; ++i) fresh.tick();
    fresh.write(PCL_STATISTICS_SNAPSHOT, 0);
    const std::uint64_t low = fresh.read(PCL_STATISTICS_BYTES_LO), high = fresh.read(PCL_STATISTICS_BYTES_HI);
    EXPECT_EQ(low | high << 32U, std::uint64_t{fresh.read(PCL_STATISTICS_FRAMES_LO)} * 16383) << "phase " << phase;
  }
}

TEST_F(Control, StatisticsOfAPortThatDoesNotExistAreZero) {
  bench.model().stat_frame_i = 7;
  for (int i = 0; i < 10; ++i) bench.tick();
  bench.model().stat_frame_i = 0;
  bench.write(PCL_STATISTICS_SNAPSHOT, 2);
  EXPECT_EQ(bench.read(PCL_STATISTICS_FRAMES_LO), 10U);
  bench.write(PCL_STATISTICS_SNAPSHOT, 3);
  EXPECT_EQ(bench.read(PCL_STATISTICS_FRAMES_LO), 0U);
  EXPECT_EQ(errors(), PCL_ERRORS_STATISTICS_PORT_MASK);
}

TEST_F(Control, RowWidePortPassesRowsThatExistAndDiscardsOthers) {
  std::mt19937_64 random(seed());
  pcl_control_small& m = bench.model();
  bench.load_ready = [&] { return (random() & 1U) != 0; };
  std::vector<Row> expected;
  std::uint32_t expected_errors = 0;
  for (int i = 0; i < 5000; ++i) {
    Row row{static_cast<unsigned>(random() % 28), static_cast<unsigned>(random() % 40), {}};
    for (auto& word : row.data) word = static_cast<std::uint32_t>(random());
    m.row_valid_i = 1;
    m.row_target_i = static_cast<std::uint8_t>(row.target);
    m.row_index_i = static_cast<std::uint16_t>(row.index);
    for (unsigned w = 0; w < kRowWords; ++w) m.row_data_i[w] = row.data[w];
    const std::optional<Extent> allowed = extent(row.target);
    if (!allowed)
      expected_errors |= PCL_ERRORS_LOAD_TARGET_MASK;
    else if (row.index < allowed->first || row.index > allowed->last)
      expected_errors |= PCL_ERRORS_LOAD_INDEX_MASK;
    else
      expected.push_back(row);
    for (bool taken = false; !taken;) {
      m.load_ready_i = bench.load_ready();
      const bool ready = m.load_ready_i;
      bench.load_ready = [=] { return ready; };
      m.clk_i = 0;
      m.eval();
      taken = m.row_ready_o;
      bench.tick();
      bench.load_ready = [&] { return (random() & 1U) != 0; };
    }
    m.row_valid_i = 0;
  }
  EXPECT_EQ(bench.rows, expected);
  bench.load_ready = [] { return true; };
  EXPECT_EQ(errors(), expected_errors);
}

TEST_F(Control, RandomCommitsGiveTheRowsThatTheirRegistersSay) {
  std::mt19937_64 random(seed());
  bench.load_ready = [&] { return random() % 3 != 0; };
  std::array<std::uint32_t, kRowWords> staged{};
  unsigned target = 0, index = 0, count = 1;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Access> accesses;
    for (unsigned w = 0; w < kRowWords; ++w)
      if (random() % 4 == 0) {
        staged[w] = static_cast<std::uint32_t>(random());
        accesses.push_back({true, at(PCL_LOAD_DATA + 4 * w), staged[w], 0xF});
      }
    if (random() % 2 == 0)
      accesses.push_back({true, PCL_LOAD_TARGET, target = static_cast<unsigned>(random() % 27), 0xF});
    if (random() % 2 == 0)
      accesses.push_back({true, PCL_LOAD_INDEX, index = static_cast<unsigned>(random() % 40), 0xF});
    if (random() % 2 == 0)
      accesses.push_back({true, PCL_LOAD_COUNT, count = static_cast<unsigned>(random() % 20), 0xF});
    accesses.push_back({true, PCL_LOAD_COMMIT, 1, 0xF});
    bench.rows.clear();
    bench.run(accesses, [&] { return random() % 3 == 0; });
    wait_while(PCL_STATUS_LOAD_BUSY_MASK);

    std::vector<Row> expected;
    std::uint32_t expected_errors = 0;
    const std::optional<Extent> allowed = extent(target);
    if (!allowed)
      expected_errors = PCL_ERRORS_LOAD_TARGET_MASK;
    else if (count == 0)
      expected_errors = PCL_ERRORS_LOAD_INDEX_MASK;
    for (unsigned i = 0; allowed && i < count; ++i) {
      if (index < allowed->first || index > allowed->last) {
        expected_errors = PCL_ERRORS_LOAD_INDEX_MASK;
        break;
      }
      expected.push_back({target, index++, staged});
    }
    ASSERT_EQ(bench.rows, expected) << "round " << round;
    ASSERT_EQ(errors(), expected_errors) << "round " << round;
    ASSERT_EQ(bench.read(PCL_LOAD_INDEX), index) << "round " << round;
    bench.write(PCL_ERRORS, 0xFFFFFFFF);
  }
}

TEST_F(Control, StormOfRandomAccessesIsAnsweredAndLeavesTheDeviceWorking) {
  std::mt19937_64 random(seed());
  bench.load_ready = [&] { return random() % 8 == 0; };
  bench.test_ready = [&] { return random() % 8 == 0; };
  const std::vector<std::uint16_t> hot = {
      PCL_CONTROL,     PCL_STATUS,     PCL_ERRORS,          PCL_LOAD_TARGET,  PCL_LOAD_INDEX,          PCL_LOAD_COUNT,
      PCL_LOAD_COMMIT, PCL_TEST_START, PCL_COUNTER_REQUEST, PCL_FORWARD_TO_0, PCL_STATISTICS_SNAPSHOT, PCL_LOAD_DATA};
  for (int round = 0; round < 2000; ++round) {
    if (random() % 4 == 0) bench.engine_busy = random() % 2;
    if (random() % 4 == 0) bench.engine_clearing = random() % 4 == 0;
    if (random() % 16 == 0) bench.engine_dead = random() % 2;
    std::vector<Access> accesses;
    for (int i = 0; i < 20; ++i) {
      const auto word = static_cast<std::uint32_t>(random());
      accesses.push_back({random() % 2 == 0,
                          random() % 2 == 0 ? hot[random() % hot.size()] : static_cast<std::uint16_t>(random()),
                          random() % 2 == 0 ? word : word & 0x1F, static_cast<std::uint8_t>(random() & 0xF)});
    }
    const bool slow = random() % 2 == 0;
    ASSERT_NO_THROW(bench.run(accesses, [&] { return slow && random() % 2 == 0; })) << "round " << round;
  }
  for (const Row& row : bench.rows) {
    const std::optional<Extent> allowed = extent(row.target);
    ASSERT_TRUE(allowed && row.index >= allowed->first && row.index <= allowed->last) << row.target << " " << row.index;
  }
  // Everything settles and works again.
  bench.engine_busy = bench.engine_clearing = bench.engine_dead = false;
  bench.load_ready = bench.test_ready = [] { return true; };
  // A commit of the storm may have up to 256 rows to go.
  for (int i = 0; i < 400; ++i) bench.tick();
  EXPECT_EQ(status() & ~PCL_STATUS_ACTIVE_BANK_MASK, 0U);
  bench.rows.clear();
  stage({5, 4, 3, 2, 1});
  commit(0x19, 0, 1);
  wait_while(PCL_STATUS_LOAD_BUSY_MASK);
  EXPECT_THAT(bench.rows, ElementsAre(Row{0x19, 0, {5, 4, 3, 2, 1}}));
  const unsigned flips = bench.flips;
  bench.write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  bench.tick();
  EXPECT_EQ(bench.flips, flips + 1);
}

}  // namespace
}  // namespace portcullis::test
