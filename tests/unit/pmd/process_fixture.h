// A NIC whose programs come and go: what is in force is seen from what leaves by its wires, against the reference.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "remote_nic.h"
#include "tables/image.h"
#include "traffic/packets.h"

namespace portcullis::test {

/// Permits and drops, by chance of `seed`; without anything that sends packets elsewhere.
policy::Policy random_policy(std::uint64_t seed);
/// `policy` behind the flow rule of Application::add_rule.
policy::Policy with_rule(policy::Policy policy);

/// A program over the driver, as it runs in a process of its own.
class Application {
 public:
  /// Attaches to the NIC; `policy` is in force afterwards, or everything is permitted. Throws what the driver throws.
  Application(std::unique_ptr<RemoteNic> nic, const policy::Policy* policy);
  Application(std::unique_ptr<RemoteNic> nic, const tables::TableImage& image);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// Drops UDP over IPv4 to ports 2000 to 2999, before the policy. False: the driver refuses.
  bool add_rule();
  /// 0, or what the driver gives.
  int load(const policy::Policy& policy);

 private:
  void attach(std::unique_ptr<RemoteNic> nic, const tables::TableImage* image);

  std::uint16_t port_ = 0;
};

class ProcessTest : public testing::Test {
 protected:
  /// `policies`: whose border cases are among the frames that are sent.
  ProcessTest(std::unique_ptr<model::VerilatedNic> nic, const std::vector<policy::Policy>& policies);

  /// Loads a policy as a program without DPDK does.
  void load(const policy::Policy& policy);
  /// What comes in by wire 0 leaves by wire 1 as `policy` says, to the byte.
  void expect_in_force(const policy::Policy& policy, const std::string& when);
  /// Serves until one of the programs tells something.
  NicServer::Told serve(std::initializer_list<Program*> programs);
  /// It is dead from here on, and its memory out of reach.
  void kill(Program& program);

  model::NicModel nic_;
  NicServer server_{nic_};

 private:
  traffic::PacketSet frames_;
  std::vector<std::vector<std::uint8_t>> left_;
};

}  // namespace portcullis::test
