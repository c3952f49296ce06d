// What the tests of pcl_nic share: a bench with a loaded policy, ports that accept, and frames with numbers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>

#include NIC_HEADER  // the model that this program is built for, with its parameters in NIC_...
#include "nic_driver.h"
#include "port_policy.h"

namespace portcullis::test {

inline std::uint32_t seed_from_environment() {
  const char* text = std::getenv("PORTCULLIS_SEED");
  const std::uint32_t seed = text != nullptr ? static_cast<std::uint32_t>(std::stoul(text)) : std::random_device{}();
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  return seed;
}

using Bench = NicBench<NIC_MODEL, NIC_PORTS, NIC_WIDTH, NIC_QUEUES>;
using Receive = ReceiveQueue<Bench>;
using Transmit = TransmitQueue<Bench>;

/// Counters of PORT_COUNTERS that a frame for the host can end in.
inline constexpr std::array<unsigned, 8> kFates = {PCL_PORT_COUNTERS_DELIVERED_LO, PCL_PORT_COUNTERS_NO_BUFFER_LO,
                                                   PCL_PORT_COUNTERS_DISABLED_LO,  PCL_PORT_COUNTERS_ADDRESS_LO,
                                                   PCL_PORT_COUNTERS_LENGTH_LO,    PCL_PORT_COUNTERS_NO_QUEUE_LO,
                                                   PCL_PORT_COUNTERS_STOPPED_LO,   PCL_PORT_COUNTERS_NO_DESCRIPTOR_LO};

class Nic : public testing::Test {
 protected:
  static constexpr unsigned kIntervals = 16;

  Nic() {
    for (unsigned p = 0; p < Bench::kPorts; ++p)
      bench_->write(port_reg(PCL_PORT_CONTROL, p), 0b01011);  // receive, promiscuous, broadcast
  }

  static unsigned port_reg(unsigned address, unsigned port) { return address + port * PCL_PORT_STRIDE; }
  std::uint64_t port_counter(unsigned address, unsigned port) {
    return bench_->read64(address + port * PCL_PORT_COUNTERS_STRIDE);
  }
  std::uint64_t queue_counter(unsigned address, unsigned queue) {
    return bench_->read64(address + queue * PCL_QUEUE_COUNTERS_STRIDE);
  }
  std::uint64_t frames_accounted(unsigned port) {
    std::uint64_t sum = 0;
    for (const unsigned fate : kFates) sum += port_counter(fate, port);
    return sum;
  }

  /// Through registers, equal rows with one commit.
  void load(const Actions& actions, std::uint64_t default_action = kDrop) {
    const std::vector<TableRow> rows = policy_rows(actions, default_action, kIntervals);
    for (std::size_t i = 0; i < rows.size();) {
      std::size_t end = i + 1;
      while (end < rows.size() && rows[end].target == rows[i].target && rows[end].low_words == rows[i].low_words) ++end;
      for (unsigned w = 0; w < 4; ++w) bench_->write(PCL_LOAD_DATA + 4 * w, rows[i].low_words[w]);
      bench_->write(PCL_LOAD_TARGET, rows[i].target);
      bench_->write(PCL_LOAD_INDEX, rows[i].index);
      bench_->write(PCL_LOAD_COUNT, static_cast<std::uint32_t>(end - i));
      bench_->write(PCL_LOAD_COMMIT, 1);
      while (bench_->read(PCL_STATUS) & PCL_STATUS_LOAD_BUSY_MASK) {
      }
      i = end;
    }
    EXPECT_EQ(bench_->read(PCL_ERRORS), 0U);
    bench_->write(PCL_CONTROL, PCL_CONTROL_FLIP_MASK);
  }
  void load_all(std::uint64_t action) {
    Actions actions;
    actions.fill(action);
    load(actions, action);
  }
  void set_endpoint(unsigned port) { bench_->write(PCL_FORWARD_TO_0 + 4 * port, Bench::kPorts); }

  Frame udp(std::size_t size, unsigned port, unsigned ingress = 0) {
    return udp_frame(size, port, ingress, number_++, random_);
  }
  Frame noise(std::size_t size) {
    Frame frame(size);
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random_());
    return frame;
  }

  std::mt19937 random_{1};
  std::uint32_t number_ = 0;
  std::unique_ptr<Bench> bench_ = std::make_unique<Bench>();
};

}  // namespace portcullis::test
