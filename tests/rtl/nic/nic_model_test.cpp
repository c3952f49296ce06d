// NicModel, the NIC as software sees it: registers through Transport, host memory, wires; and how fast a policy is
// loaded from host memory.
#include "model/nic_model.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <random>
#include <vector>

#include "device/device.h"
#include "device/load_sequence.h"
#include "device/loader.h"
#include "device/registers.h"
#include "tables/compile.h"

namespace portcullis::test {
namespace {

using Frame = std::vector<std::uint8_t>;

/// `entries` entries that permit UDP from a network to ranges of ports, all different.
policy::Policy many_services(unsigned entries) {
  policy::Policy policy;
  std::mt19937 random(7);
  for (unsigned i = 0; i < entries; ++i) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    const std::uint32_t network = 0x0A000000U + (i % 100) * 0x100U;
    entry.match.source = {{policy::from_ipv4(network), policy::from_ipv4(network + 0xFF)}};
    const std::uint32_t port = 1000 + (i % 120) * 500;
    entry.match.destination_port = {{port, port + 99 + i % 2}};
    entry.match.protocol.reset();
    entry.match.protocol.set(17);
    entry.action.permit = true;
    entry.action.mark = i;
    policy.entries.push_back(entry);
  }
  return policy;
}

/// Rings and buffers in one piece of memory at a bus address that is not the host's.
class NicModelTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kBase = 0x40'0000'0000;
  NicModelTest() : bytes_(8U << 20U) { nic_.memory().add(kBase, bytes_); }
  std::uint64_t allocate(std::size_t size) {
    const std::uint64_t address = kBase + used_;
    used_ += (size + 63) / 64 * 64;
    return address;
  }
  std::uint8_t* at(std::uint64_t address) { return bytes_.data() + (address - kBase); }
  void store64(std::uint64_t address, std::uint64_t value) { std::memcpy(at(address), &value, 8); }
  std::uint64_t load64(std::uint64_t address) {
    std::uint64_t value;
    std::memcpy(&value, at(address), 8);
    return value;
  }
  void write64(std::uint32_t address, std::uint64_t value) {
    nic_.write32(address, static_cast<std::uint32_t>(value));
    nic_.write32(address + 4, static_cast<std::uint32_t>(value >> 32U));
  }
  /// Loads the shadow bank through the table-load queue.
  void load_by_dma(const tables::TableImage& image) {
    constexpr unsigned log2 = 11;
    const std::uint64_t ring = allocate(16U << log2), head = allocate(8);
    const std::size_t slot = nic_.read32(PCL_NIC_ROW_SLOT);
    nic_.write32(PCL_TABLE_QUEUE_RING_SIZE, log2);
    write64(PCL_TABLE_QUEUE_RING_BASE_LO, ring);
    write64(PCL_TABLE_QUEUE_HEAD_ADDRESS_LO, head);
    nic_.write32(PCL_TABLE_QUEUE_CONTROL, 1);
    const std::vector<device::RowWrite> rows = device::load_sequence(image);
    std::uint64_t tail = 0;
    for (std::size_t i = 0; i < rows.size();) {
      std::size_t end = i + 1;
      // Rows that are written once and stand behind one another are a descriptor.
      while (end < rows.size() && rows[i].count == 1 && rows[end].count == 1 && rows[end].target == rows[i].target &&
             rows[end].index == rows[end - 1].index + 1)
        ++end;
      const std::uint64_t area = allocate((end - i) * slot);
      for (std::size_t r = i; r < end; ++r)
        std::memcpy(at(area + (r - i) * slot), rows[r].words.data(), 4 * rows[r].words.size());
      const std::uint64_t count = rows[i].count > 1 ? rows[i].count : end - i;
      store64(ring + 16 * tail, area);
      store64(ring + 16 * tail + 8, rows[i].index | count << 16U | std::uint64_t{rows[i].target} << 32U |
                                        std::uint64_t{rows[i].count > 1} << 40U);
      ++tail;
      i = end;
    }
    nic_.write32(PCL_TABLE_QUEUE_TAIL, static_cast<std::uint32_t>(tail));
    descriptors_ = tail;
    while (load64(head) != tail) {
      nic_.clock();
      ASSERT_FALSE(nic_.settled()) << "the table load stopped at descriptor " << load64(head) << " of " << tail;
    }
    nic_.write32(PCL_TABLE_QUEUE_CONTROL, 0);
  }

  std::vector<std::uint8_t> bytes_;
  std::size_t used_ = 0;
  std::uint64_t descriptors_ = 0;
  model::NicModel nic_;
};

Frame udp(std::uint32_t source, unsigned port) {
  Frame frame(60);
  const auto put16 = [&](std::size_t offset, unsigned value) {
    frame[offset] = static_cast<std::uint8_t>(value >> 8U);
    frame[offset + 1] = static_cast<std::uint8_t>(value);
  };
  put16(12, 0x0800);
  put16(14, 0x4500);
  put16(16, 46);
  put16(22, 0x4011);
  put16(26, source >> 16U);
  put16(28, source & 0xFFFF);
  put16(36, port);
  put16(38, 26);
  return frame;
}

TEST_F(NicModelTest, FiveHundredRulesLoadFromHostMemoryAndDecideTheNextPacket) {
  device::Device device(nic_);
  const tables::TableImage image = tables::compile(many_services(500), device.geometry()).image;
  const auto wall = std::chrono::steady_clock::now();
  const std::uint64_t clocks = nic_.now();
  load_by_dma(image);
  device.flip();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - wall;
  std::cout << "500 rules: " << took.count() << " ms, " << nic_.now() - clocks << " clocks, " << descriptors_
            << " descriptors\n";
  RecordProperty("milliseconds", std::to_string(took.count()));
  device.check_errors("while 500 rules were loaded");

  // The policy that was loaded is the one in force: a frame's mark is its entry's.
  nic_.write32(PCL_FORWARD_TO_0, model::kWirePorts);
  nic_.write32(PCL_PORT_CONTROL, 3);
  const std::uint64_t ring = allocate(16 * 8), completions = allocate(32 * 8);
  nic_.write32(PCL_RECEIVE_RING_SIZE, 3);
  write64(PCL_RECEIVE_RING_BASE_LO, ring);
  write64(PCL_RECEIVE_COMPLETION_BASE_LO, completions);
  nic_.write32(PCL_RECEIVE_BUFFER_SIZE, 2048);
  nic_.write32(PCL_RECEIVE_CONTROL, 1);
  for (unsigned i = 0; i < 7; ++i) store64(ring + 16 * i, allocate(2048));
  nic_.write32(PCL_RECEIVE_TAIL, 7);
  const unsigned wanted = 257;  // network 57, port 1000 + 17 * 500
  const Frame frame = udp(0x0A000000U + (wanted % 100) * 0x100U + 5, 1000 + (wanted % 120) * 500 + 100);
  ASSERT_TRUE(nic_.wire(0).put(frame));
  while (!nic_.settled()) nic_.clock();
  EXPECT_EQ(load64(completions + 24) >> 63U, 1U);
  EXPECT_EQ(load64(completions) >> 32U, wanted) << "the mark";
  EXPECT_EQ(std::memcmp(at(load64(ring)), frame.data(), frame.size()), 0);
}

TEST_F(NicModelTest, LoaderWorksThroughTheNicAsThroughTheBareFilter) {
  device::Device device(nic_);
  EXPECT_EQ(device.geometry().name, "edge");
  const tables::TableImage image = tables::compile(many_services(20), device.geometry()).image;
  EXPECT_GT(device::Loader(device).load(image).rows, 0U);
  std::vector<Frame> out;
  nic_.set_departure(1, [&](std::span<const std::uint8_t> frame) { out.emplace_back(frame.begin(), frame.end()); });
  const Frame passes = udp(0x0A000305, 1000 + 3 * 500), dropped = udp(0x0A000405, 1000 + 3 * 500);
  ASSERT_TRUE(nic_.wire(0).put(dropped));
  ASSERT_TRUE(nic_.wire(0).put(passes));
  while (!nic_.settled()) nic_.clock();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0], passes);
}

TEST_F(NicModelTest, SimulationSpeedOfTheIdleNic) {
  constexpr unsigned clocks = 50'000;
  const auto wall = std::chrono::steady_clock::now();
  nic_.run(clocks);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - wall;
  std::cout << "idle: " << clocks / took.count() << " clocks/s of wall time\n";
  EXPECT_TRUE(nic_.settled());
}

}  // namespace
}  // namespace portcullis::test
