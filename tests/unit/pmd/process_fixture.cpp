#include "process_fixture.h"

#include <rte_ethdev.h>
#include <rte_flow.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "device/loader.h"
#include "device/registers.h"
#include "pmd/port.h"
#include "pmd/rte_pmd_portcullis.h"
#include "run/expected.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "traffic/frame.h"
#include "traffic/generate.h"

namespace portcullis::test {
namespace {

constexpr const char* kName = "card";
constexpr std::uint16_t kFirst = 2000, kLast = 2999;

std::vector<std::uint8_t> encoded(const policy::Policy& policy) {
  return tables::encode(tables::compile(policy, tables::Geometry::edge()).image);
}

}  // namespace

policy::Policy random_policy(std::uint64_t seed) {
  traffic::Random random(seed);
  const auto below = [&](unsigned n) { return static_cast<std::uint32_t>(random() % n); };
  policy::Policy policy;
  for (unsigned i = 0; i < 30; ++i) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    const std::uint32_t network = 0x0A000000U + 0x1000U * below(4);
    entry.match.source = {{policy::from_ipv4(network), policy::from_ipv4(network + 0x1000 * below(2) + 0xFFF)}};
    const std::uint32_t port = 4000 + 100 * below(6);
    entry.match.destination_port = {{port, port + 50 + 100 * below(2)}};
    entry.match.protocol.reset();
    entry.match.protocol.set(below(2) != 0 ? traffic::kUdp : traffic::kTcp);
    entry.action.permit = below(3) != 0;
    policy.entries.push_back(entry);
  }
  policy::Entry last;
  last.match = policy::Match::any();
  last.match.destination_port = {{kFirst - 100, kLast + 100}};
  last.action.permit = true;
  policy.entries.push_back(last);
  return policy;
}

policy::Policy with_rule(policy::Policy policy) {
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.destination = {{policy::from_ipv4(0), policy::from_ipv4(0xFFFFFFFF)}};
  entry.match.destination_port = {{kFirst, kLast}};
  entry.match.protocol.reset();
  entry.match.protocol.set(traffic::kUdp);
  policy.entries.insert(policy.entries.begin(), entry);
  return policy;
}

Application::Application(std::unique_ptr<RemoteNic> nic, const policy::Policy* policy) {
  if (policy == nullptr) {
    attach(std::move(nic), nullptr);
    return;
  }
  const tables::TableImage image = tables::compile(*policy, tables::Geometry::edge()).image;
  attach(std::move(nic), &image);
}

Application::Application(std::unique_ptr<RemoteNic> nic, const tables::TableImage& image) {
  attach(std::move(nic), &image);
}

void Application::attach(std::unique_ptr<RemoteNic> nic, const tables::TableImage* image) {
  static rte_driver driver{.next = {}, .name = "net_portcullis", .alias = nullptr};
  static rte_device device{};
  device.name = kName;
  device.driver = &driver;
  std::string file;
  if (image != nullptr) {
    file = testing::TempDir() + "portcullis_process_" + std::to_string(getpid()) + ".pti";
    tables::write_image(file, *image);
  }
  try {
    pmd::create_ports(std::make_shared<pmd::Adapter>(kName, std::move(nic), file), &device);
  } catch (...) {
    if (!file.empty()) ::unlink(file.c_str());
    throw;
  }
  if (!file.empty()) ::unlink(file.c_str());
  if (rte_eth_dev_get_port_by_name(kName, &port_) != 0) throw std::runtime_error("there is no port");
}

Application::~Application() { pmd::destroy_ports(kName); }

bool Application::add_rule() {
  const rte_flow_attr attributes{.group = 0, .priority = 0, .ingress = 1, .egress = 0, .transfer = 0, .reserved = 0};
  rte_flow_item_udp first{}, last{}, mask{};
  first.hdr.dst_port = rte_cpu_to_be_16(kFirst);
  last.hdr.dst_port = rte_cpu_to_be_16(kLast);
  mask.hdr.dst_port = 0xFFFF;
  const std::array<rte_flow_item, 4> items = {{{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                               {RTE_FLOW_ITEM_TYPE_IPV4, nullptr, nullptr, nullptr},
                                               {RTE_FLOW_ITEM_TYPE_UDP, &first, &last, &mask},
                                               {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}}};
  const std::array<rte_flow_action, 2> actions = {
      {{RTE_FLOW_ACTION_TYPE_DROP, nullptr}, {RTE_FLOW_ACTION_TYPE_END, nullptr}}};
  rte_flow_error error{};
  return rte_flow_create(port_, &attributes, items.data(), actions.data(), &error) != nullptr;
}

int Application::load(const policy::Policy& policy) {
  const std::vector<std::uint8_t> image = encoded(policy);
  return rte_pmd_portcullis_load(port_, image.data(), image.size());
}

ProcessTest::ProcessTest(std::unique_ptr<model::VerilatedNic> nic, const std::vector<policy::Policy>& policies)
    : nic_(std::move(nic)) {
  traffic::Random random(1);
  for (const policy::Policy& policy : policies) {
    const traffic::RandomKeys keys(policy, 1);
    for (unsigned made = 0; made < 100;) {
      const auto frame = traffic::frame_presenting(keys.next(random));
      if (!frame) continue;
      frames_.add(traffic::build(*frame), 0);
      ++made;
    }
  }
  // At the borders of what Application::add_rule drops.
  for (const int port : {kFirst - 1, kFirst + 0, kFirst + 1, kLast + 0, kLast + 1}) {
    traffic::Frame frame;
    frame.from = policy::from_ipv4(0xC0000201);
    frame.to = policy::from_ipv4(0xC0000202);
    frame.protocol = traffic::kUdp;
    frame.source_port = 1;
    frame.destination_port = static_cast<std::uint16_t>(port);
    frames_.add(traffic::build(frame), 0);
  }
  nic_.set_departure(1,
                     [this](std::span<const std::uint8_t> frame) { left_.emplace_back(frame.begin(), frame.end()); });
}

void ProcessTest::load(const policy::Policy& policy) {
  device::Device device(nic_);
  device::Loader(device).load(tables::compile(policy, device.geometry()).image);
}

void ProcessTest::expect_in_force(const policy::Policy& policy, const std::string& when) {
  nic_.write32(PCL_FORWARD_TO_0, 1);
  left_.clear();
  std::vector<std::vector<std::uint8_t>> expected;
  const std::vector<sim::Expected> verdicts = sim::expect(policy, frames_, 1);
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const auto frame = frames_.frame(i);
    if (verdicts[i].permit) {
      expected.emplace_back(frame.begin(), frame.end());
      expected.back().resize(std::max<std::size_t>(frame.size(), policy::kMinFrame));
    }
    while (!nic_.wire(0).put(frame)) nic_.clock();
  }
  while (!nic_.settled()) nic_.clock();
  ASSERT_GT(expected.size(), 2U) << when;
  ASSERT_LT(expected.size() + 5, frames_.size()) << when;
  EXPECT_EQ(left_, expected) << when;
}

NicServer::Told ProcessTest::serve(std::initializer_list<Program*> programs) {
  return server_.serve(std::span<Program* const>(programs.begin(), programs.size()));
}

void ProcessTest::kill(Program& program) {
  program.kill();
  server_.forget(program);
}

}  // namespace portcullis::test
