// The card's sockets, used by an initiator that is written against the TLM-2.0 standard alone (IEEE 1666-2011, clauses
// 10 to 14), without its convenience sockets; and the card against the C++ model, clock by clock.
#include "platform/card.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <iostream>
#include <random>
#include <systemc>
#include <tlm>
#include <vector>

#include "device/device.h"
#include "device/loader.h"
#include "device/registers.h"
#include "platform/host.h"
#include "platform/memory.h"
#include "platform/pcie_link.h"
#include "run/processor_time.h"
#include "tables/compile.h"
#include "traffic/generate.h"

namespace portcullis::test {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

/// Runs `work` in a process; sockets are the standard's own.
template <unsigned Width>
class Initiator final : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<Width> socket;

  Initiator(const sc_core::sc_module_name& name, std::function<void(Initiator&)> work)
      : sc_module(name), socket("socket"), work_(std::move(work)) {
    socket.bind(*this);
    SC_HAS_PROCESS(Initiator);
    SC_THREAD(run);
    this->set_stack_size(1U << 20U);
  }

  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, void* data, unsigned length,
                                  unsigned char* enables = nullptr) {
    tlm::tlm_generic_payload payload;
    fill(payload, command, address, data, length, enables);
    sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    wait(delay);
    return payload.get_response_status();
  }

  /// The same in the four phases of the base protocol.
  tlm::tlm_response_status access_in_phases(tlm::tlm_command command, std::uint64_t address, void* data,
                                            unsigned length) {
    tlm::tlm_generic_payload payload;
    fill(payload, command, address, data, length, nullptr);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = sc_core::SC_ZERO_TIME;
    over_ = false;
    const tlm::tlm_sync_enum status = socket->nb_transport_fw(payload, phase, delay);
    if (status == tlm::TLM_COMPLETED) {
      wait(delay);
    } else {
      while (!over_) wait(answered_);
    }
    return payload.get_response_status();
  }

  std::uint32_t read(std::uint64_t address) {
    std::uint32_t value = 0;
    EXPECT_EQ(access(tlm::TLM_READ_COMMAND, address, &value, 4), tlm::TLM_OK_RESPONSE);
    return value;
  }
  void write(std::uint64_t address, std::uint32_t value) {
    EXPECT_EQ(access(tlm::TLM_WRITE_COMMAND, address, &value, 4), tlm::TLM_OK_RESPONSE);
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_time& delay) override {
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    over_ = true;
    answered_.notify(delay);
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

 private:
  static void fill(tlm::tlm_generic_payload& payload, tlm::tlm_command command, std::uint64_t address, void* data,
                   unsigned length, unsigned char* enables) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_byte_enable_ptr(enables);
    payload.set_byte_enable_length(enables == nullptr ? 0 : length);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  void run() {
    work_(*this);
    sc_core::sc_stop();
  }

  std::function<void(Initiator&)> work_;
  sc_core::sc_event answered_;
  bool over_ = false;
};

constexpr std::uint64_t kBase = 0x8'0000'0000;

/// A card whose DMA goes to memory, without a link between.
struct Bench {
  platform::Card card{"card"};
  platform::Memory memory{"memory", kBase, 1U << 20U, sc_time(10, SC_NS)};
  Initiator<32> software;

  explicit Bench(std::function<void(Initiator<32>&)> work) : software("software", std::move(work)) {
    card.dma.socket.bind(memory.socket);
    software.socket.bind(card.registers);
  }
};

TEST(Card, AForeignInitiatorReadsAndWritesRegistersInBothStyles) {
  bool ran = false;
  Bench bench([&](Initiator<32>& software) {
    EXPECT_EQ(software.read(PCL_MAGIC), PCL_MAGIC_VALUE_RESET);
    EXPECT_EQ(software.read(PCL_NIC_MAGIC), PCL_NIC_MAGIC_VALUE_RESET);
    software.write(PCL_SCRATCH, 0x12345678);
    std::uint32_t value = 0;
    EXPECT_EQ(software.access_in_phases(tlm::TLM_READ_COMMAND, PCL_SCRATCH, &value, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(value, 0x12345678U);
    value = 0x9ABCDEF0;
    EXPECT_EQ(software.access_in_phases(tlm::TLM_WRITE_COMMAND, PCL_SCRATCH, &value, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(software.read(PCL_SCRATCH), 0x9ABCDEF0U);
    std::uint32_t words[2] = {0, 0};
    EXPECT_EQ(software.access(tlm::TLM_READ_COMMAND, PCL_MAGIC, words, 8), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(words[0], PCL_MAGIC_VALUE_RESET);
    EXPECT_EQ(words[1], software.read(PCL_VERSION));
    // Time passes: a register access takes clocks.
    const sc_time begin = sc_core::sc_time_stamp();
    software.read(PCL_MAGIC);
    EXPECT_GE(sc_core::sc_time_stamp() - begin, platform::Card::period());
    ran = true;
  });
  sc_core::sc_start();
  EXPECT_TRUE(ran);
}

TEST(Card, AccessesThatMakeNoSenseAreAnsweredAsTheStandardHasIt) {
  Bench bench([&](Initiator<32>& software) {
    std::uint32_t value = 0;
    EXPECT_EQ(software.access(tlm::TLM_READ_COMMAND, PCL_MAGIC + 2, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(software.access(tlm::TLM_READ_COMMAND, platform::kRegisterBytes, &value, 4),
              tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(software.access(tlm::TLM_READ_COMMAND, PCL_MAGIC, &value, 2), tlm::TLM_BURST_ERROR_RESPONSE);
    unsigned char enables[4] = {TLM_BYTE_ENABLED, TLM_BYTE_DISABLED, TLM_BYTE_DISABLED, TLM_BYTE_DISABLED};
    EXPECT_EQ(software.access(tlm::TLM_WRITE_COMMAND, PCL_SCRATCH, &value, 4, enables),
              tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    EXPECT_EQ(software.access(tlm::TLM_IGNORE_COMMAND, PCL_SCRATCH, &value, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(software.read(PCL_MAGIC), PCL_MAGIC_VALUE_RESET);
  });
  sc_core::sc_start();
}

TEST(Memory, AForeignInitiatorUsesItByTransportDmiAndDebug) {
  platform::Memory memory("memory", kBase, 4096, sc_time(10, SC_NS));
  Initiator<512> software("software", [&](Initiator<512>& self) {
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8}, back[8] = {};
    const sc_time begin = sc_core::sc_time_stamp();
    EXPECT_EQ(self.access(tlm::TLM_WRITE_COMMAND, kBase + 100, bytes, 8), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(sc_core::sc_time_stamp() - begin, sc_time(10, SC_NS));
    unsigned char enables[8] = {TLM_BYTE_ENABLED, 0, 0, 0, 0, 0, 0, TLM_BYTE_ENABLED};
    unsigned char others[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    EXPECT_EQ(self.access(tlm::TLM_WRITE_COMMAND, kBase + 100, others, 8, enables), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(self.access(tlm::TLM_READ_COMMAND, kBase + 100, back, 8), tlm::TLM_OK_RESPONSE);
    const unsigned char wanted[8] = {0x11, 2, 3, 4, 5, 6, 7, 0x88};
    EXPECT_EQ(std::memcmp(back, wanted, 8), 0);
    EXPECT_EQ(self.access(tlm::TLM_READ_COMMAND, kBase + 4090, back, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(self.access(tlm::TLM_READ_COMMAND, kBase - 1, back, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(kBase + 100);
    tlm::tlm_dmi dmi;
    ASSERT_TRUE(self.socket->get_direct_mem_ptr(payload, dmi));
    ASSERT_TRUE(dmi.is_read_write_allowed());
    EXPECT_EQ(dmi.get_start_address(), kBase);
    EXPECT_EQ(dmi.get_end_address(), kBase + 4095);
    EXPECT_EQ(std::memcmp(dmi.get_dmi_ptr() + 100, wanted, 8), 0);
    payload.set_data_ptr(back);
    payload.set_data_length(8);
    payload.set_streaming_width(8);
    EXPECT_EQ(self.socket->transport_dbg(payload), 8U);
    payload.set_address(kBase + 4096);
    EXPECT_EQ(self.socket->transport_dbg(payload), 0U);
    EXPECT_FALSE(self.socket->get_direct_mem_ptr(payload, dmi));
  });
  software.socket.bind(memory.socket);
  sc_core::sc_start();
}

/// Registers of the card by a foreign initiator, as device/ wants them.
class ForeignTransport final : public device::Transport {
 public:
  explicit ForeignTransport(Initiator<32>& initiator) : initiator_(initiator) {}
  std::uint32_t read32(std::uint32_t offset) override { return initiator_.read(offset); }
  void write32(std::uint32_t offset, std::uint32_t value) override { initiator_.write(offset, value); }

 private:
  Initiator<32>& initiator_;
};

policy::Policy some_services() {
  policy::Policy policy;
  for (unsigned i = 0; i < 40; ++i) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    const std::uint32_t network = 0x0A000000U + i * 0x100U;
    entry.match.source = {{policy::from_ipv4(network), policy::from_ipv4(network + 0xFF)}};
    entry.match.destination_port = {{1000 + i * 100, 1049 + i * 100}};
    entry.action.permit = i % 3 != 0;
    policy.entries.push_back(entry);
  }
  return policy;
}

struct Departure {
  unsigned port;
  std::uint64_t clock;  // since the traffic began
  std::vector<std::uint8_t> frame;
  friend bool operator==(const Departure&, const Departure&) = default;
};

/// The frames that come to each port, in turn.
class Arrivals {
 public:
  explicit Arrivals(const traffic::PacketSet& packets) : packets_(packets) {
    for (std::size_t i = 0; i < packets.size(); ++i) of_port_[packets[i].ingress].push_back(i);
  }
  std::optional<std::span<const std::uint8_t>> front(unsigned port) const {
    if (!open || next_[port] == of_port_[port].size()) return std::nullopt;
    return packets_.frame(of_port_[port][next_[port]]);
  }
  void take(unsigned port) { ++next_[port]; }
  bool over() const { return next_[0] == of_port_[0].size() && next_[1] == of_port_[1].size(); }

  bool open = false;

 private:
  const traffic::PacketSet& packets_;
  std::vector<std::size_t> of_port_[2];
  std::size_t next_[2] = {};
};

/// Loads the policy through registers, then runs the traffic at 100 Gbit/s: what leaves, and when; and the clocks that
/// the load took.
TEST(Card, DecidesAndTimesEveryFrameAsTheModelDoes) {
  const policy::Policy policy = some_services();
  const tables::TableImage image = tables::compile(policy, tables::Geometry::edge()).image;
  const traffic::PacketSet packets = traffic::make_traffic(policy, 2, 3, 4000).packets;
  constexpr std::uint64_t kRate = 100'000'000'000;
  const traffic::ByteClock rate(kRate, model::ClockedNic::kClockHz);

  std::vector<Departure> by_model;
  std::uint64_t model_load = 0, model_clocks = 0;
  const double model_start = sim::processor_seconds();
  {
    model::NicModel nic;
    device::Device device(nic);
    device::Loader(device).load(image);
    model_load = nic.now();
    Arrivals arrivals(packets);
    arrivals.open = true;
    const std::uint64_t start = nic.now();
    for (unsigned port = 0; port < 2; ++port) {
      nic.set_rate(port, rate);
      nic.set_departure(port, [&, port](std::span<const std::uint8_t> frame) {
        by_model.push_back({port, nic.now() - start, {frame.begin(), frame.end()}});
      });
    }
    while (!arrivals.over() || !nic.settled()) {
      for (unsigned port = 0; port < 2; ++port) {
        const auto frame = nic.wire(port).free(nic.now()) ? arrivals.front(port) : std::nullopt;
        if (!frame) continue;
        nic.wire(port).put(*frame);
        arrivals.take(port);
      }
      nic.clock();
    }
    model_clocks = nic.now();
  }
  const double model_seconds = sim::processor_seconds() - model_start;

  std::vector<Departure> by_card;
  std::uint64_t card_load = 0;
  Arrivals arrivals(packets);
  platform::Card* card = nullptr;
  Bench bench([&](Initiator<32>& software) {
    ForeignTransport transport(software);
    model::ClockedNic& nic = card->nic();
    const std::uint64_t first = nic.now();
    device::Device device(transport);
    device::Loader(device).load(image);
    card_load = nic.now() - first;
    const std::uint64_t start = nic.now();
    for (unsigned port = 0; port < 2; ++port) {
      card->set_port(port, {.rate = kRate});
      card->set_departure(port, [&, port, start](std::span<const std::uint8_t> frame) {
        by_card.push_back({port, nic.now() - start, {frame.begin(), frame.end()}});
      });
    }
    arrivals.open = true;
    while (!arrivals.over() || !nic.settled()) sc_core::wait(100, SC_NS);
  });
  card = &bench.card;
  for (unsigned port = 0; port < 2; ++port) {
    card->set_arrivals(
        port, [&, port] { return arrivals.front(port); },
        [&, port](std::span<const std::uint8_t>, bool) { arrivals.take(port); });
  }
  const double card_start = sim::processor_seconds();
  sc_core::sc_start();
  const double card_seconds = sim::processor_seconds() - card_start;

  ASSERT_GT(by_model.size(), 200U);
  EXPECT_EQ(by_card.size(), by_model.size());
  EXPECT_TRUE(by_card == by_model);
  EXPECT_EQ(card_load, model_load) << "clocks of a policy through registers";
  // For whoever reads the log; nothing depends on it.
  std::cout << "clocks per second of a core: model "
            << static_cast<std::uint64_t>(static_cast<double>(model_clocks) / model_seconds) << ", SystemC "
            << static_cast<std::uint64_t>(static_cast<double>(card->nic().now()) / card_seconds) << '\n';
}

TEST(PcieLink, TakesItsLatencyTwiceForAReadAndOnceForAWrite) {
  platform::Card card("card");
  platform::Memory memory("memory", kBase, 4096, sc_core::SC_ZERO_TIME);
  platform::PcieOptions options;
  options.latency = sc_time(1000, SC_NS);
  options.bandwidth = 8e9;  // a byte a nanosecond
  options.overhead = 20;
  platform::PcieLink link("link", options);
  Initiator<32> software("software", [&](Initiator<32>& self) {
    sc_time begin = sc_core::sc_time_stamp();
    self.read(PCL_MAGIC);
    const sc_time read = sc_core::sc_time_stamp() - begin;
    // 20 bytes there, 24 back, 1000 ns each way, and what the card takes: some clocks.
    EXPECT_GE(read, sc_time(2044, SC_NS));
    EXPECT_LT(read, sc_time(2044 + 100, SC_NS));
    begin = sc_core::sc_time_stamp();
    self.write(PCL_SCRATCH, 5);
    EXPECT_EQ(sc_core::sc_time_stamp() - begin, sc_time(24, SC_NS)) << "a posted write is over when it is sent";
    EXPECT_EQ(self.read(PCL_SCRATCH), 5U) << "a read arrives behind the writes before it";
    EXPECT_EQ(link.downstream().packets, 3U);
    EXPECT_EQ(link.downstream().data, 4U);
    EXPECT_EQ(link.downstream().total, 20U + 24U + 20U);
    EXPECT_EQ(link.upstream().total, 24U + 24U);
    sc_core::wait(30, sc_core::SC_US);
  });
  bool copied = false;
  Initiator<512> dma("dma", [&](Initiator<512>& self) {
    sc_core::wait(10, sc_core::SC_US);  // behind the registers, whose packets share the link
    std::vector<unsigned char> bytes(600, 7), back(600);
    sc_time begin = sc_core::sc_time_stamp();
    EXPECT_EQ(self.access(tlm::TLM_WRITE_COMMAND, kBase, bytes.data(), 600), tlm::TLM_OK_RESPONSE);
    // Three packets; the blocking call returns when the write has arrived.
    EXPECT_EQ(sc_core::sc_time_stamp() - begin, sc_time(660 + 1000, SC_NS));
    begin = sc_core::sc_time_stamp();
    EXPECT_EQ(self.access(tlm::TLM_READ_COMMAND, kBase, back.data(), 600), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(sc_core::sc_time_stamp() - begin, sc_time(20 + 1000 + 660 + 1000, SC_NS));
    EXPECT_EQ(back, bytes);
    EXPECT_EQ(self.access(tlm::TLM_READ_COMMAND, kBase + 4096, back.data(), 64), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    copied = true;
    sc_core::wait(100, sc_core::SC_US);
  });
  Initiator<512> idle("idle", [](Initiator<512>&) { sc_core::wait(1, sc_core::SC_MS); });
  platform::Memory elsewhere("elsewhere", 0, 64, sc_core::SC_ZERO_TIME);
  struct Messages : sc_core::sc_module {
    tlm_utils::simple_target_socket<Messages, 32> socket{"socket"};
    explicit Messages(const sc_core::sc_module_name& name) : sc_module(name) {
      socket.register_b_transport(this, &Messages::take);
    }
    void take(tlm::tlm_generic_payload& payload, sc_time&) { payload.set_response_status(tlm::TLM_OK_RESPONSE); }
  } messages("messages");
  card.dma.socket.bind(elsewhere.socket);
  idle.socket.bind(elsewhere.socket);
  dma.socket.bind(link.from_card);
  link.to_memory.bind(memory.socket);
  link.to_host.bind(messages.socket);
  software.socket.bind(link.from_host);
  link.to_card.bind(card.registers);
  sc_core::sc_start();
  EXPECT_TRUE(copied);
}

TEST(Host, AnInterruptLineReachesItAsAMessageBehindTheLink) {
  platform::Card card("card");
  platform::Memory memory("memory", kBase, 1U << 20U, sc_time(10, SC_NS));
  platform::PcieOptions options;
  options.latency = sc_time(300, SC_NS);
  platform::PcieLink link("link", options);
  bool ran = false;
  platform::Host host("host", platform::Timing::loosely, sc_time(5, SC_NS), [&](platform::Host& self) {
    constexpr unsigned kEvents = model::kNicQueues;  // the line of events
    self.write32(PCL_EVENT_ENABLE, self.read32(PCL_EVENT_ENABLE) | 1U);
    self.read32(PCL_EVENT_ENABLE);
    self.write32(PCL_EVENT_CAUSE, self.read32(PCL_EVENT_CAUSE));
    self.read32(PCL_EVENT_CAUSE);
    const std::uint64_t before = self.interrupts(kEvents);
    const sc_time begin = sc_core::sc_time_stamp();
    card.nic().set_link(0, false, 0);
    self.wait_for_interrupt(sc_time(10, sc_core::SC_US));
    EXPECT_EQ(self.interrupts(kEvents), before + 1);
    EXPECT_EQ(self.interrupts(0), 0U);
    EXPECT_GE(sc_core::sc_time_stamp() - begin, options.latency);
    EXPECT_LT(sc_core::sc_time_stamp() - begin, sc_time(1, sc_core::SC_US));
    EXPECT_NE(self.read32(PCL_EVENT_CAUSE) & 1U, 0U) << "the link of port 0";
    ran = true;
    sc_core::sc_stop();
  });
  card.dma.socket.bind(link.from_card);
  link.to_memory.bind(memory.socket);
  link.to_host.bind(host.messages);
  host.registers.bind(link.from_host);
  link.to_card.bind(card.registers);
  host.memory.bind(memory.socket);
  sc_core::sc_start();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace portcullis::test
