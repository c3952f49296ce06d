// What the firmware's tests run on: the same cases (load_cases.cpp) meet the firmware compiled for this machine
// (host_rig.h) and the image on its processor, Verilated (tests/rtl/management/core_rig.cpp).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../tables/random_policy.h"
#include "device/firmware.h"
#include "device/mailbox_protocol.h"
#include "policy/key.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "tables/reference.h"

namespace portcullis::test {

class FirmwareRig {
 public:
  struct Answer {
    bool hit = false;
    std::uint64_t rule = 0;               ///< 0 without a hit
    std::optional<std::uint64_t> action;  ///< where it can be seen
    std::optional<bool> permit;           ///< where it can be seen; after monitor mode
  };

  virtual ~FirmwareRig() = default;
  /// The processor, whose firmware runs.
  virtual device::Management& management() = 0;
  virtual device::Mailbox::Options mailbox() const = 0;
  /// Of the device; its name is "small".
  virtual tables::Geometry geometry() const = 0;
  /// What packets meet now.
  virtual Answer lookup(const policy::Key& key) = 0;
  /// 0 at first.
  virtual unsigned active_bank() = 0;
  /// Time passes in which the host says nothing.
  virtual void pass(std::chrono::milliseconds time) = 0;
  /// As by its watchdog; the firmware runs again when it returns.
  virtual void reset_processor() = 0;
  /// Of the whole device, as by its reset pin; the firmware that stands in memory runs again when it returns.
  virtual void reset_device() = 0;
  /// Every clock costs something: fewer rounds will do.
  virtual bool simulated() const = 0;
};

/// Of the program that the cases are linked into.
std::unique_ptr<FirmwareRig> make_firmware_rig();

/// The status that `call` is refused with; PCL_DONE if it is not.
template <typename Call>
std::uint8_t refusal(Call&& call) {
  try {
    call();
    return PCL_DONE;
  } catch (const device::FirmwareRefused& refused) {
    return refused.status();
  }
}

class FirmwareLoad : public ::testing::Test {
 protected:
  FirmwareLoad() : FirmwareLoad(make_firmware_rig()) {}
  explicit FirmwareLoad(std::unique_ptr<FirmwareRig> on) : rig(std::move(on)) {}

  RandomPolicy random{seed(11)};
  std::unique_ptr<FirmwareRig> rig;
  device::Management& management = rig->management();
  device::Firmware firmware{management, rig->mailbox()};
  const tables::Geometry geometry = rig->geometry();

  policy::Policy make(std::size_t entries) {
    for (;;) {
      policy::Policy policy = random.policy(entries);
      try {
        tables::compile(policy, geometry);
        return policy;
      } catch (const tables::DoesNotFit&) {
      }
    }
  }
  std::vector<std::uint8_t> image_of(const policy::Policy& policy) const {
    return tables::encode(tables::compile(policy, geometry).image);
  }
  void expect_in_force(const policy::Policy& policy, int keys = 100) {
    for (int i = 0; i < keys; ++i) {
      const policy::Key key = random.key();
      const FirmwareRig::Answer answer = rig->lookup(key);
      const std::optional<std::size_t> expected = tables::first_match(policy, key);
      ASSERT_EQ(answer.hit, expected.has_value());
      ASSERT_EQ(answer.rule, expected.value_or(0));
      const policy::Action& action = expected ? policy.entries[*expected].action : policy.default_action;
      const std::uint64_t monitor = !expected && policy.monitor ? tables::kMonitorBit : 0;
      ASSERT_EQ(answer.action.value_or(action.to_word() | monitor), action.to_word() | monitor);
      ASSERT_EQ(answer.permit.value_or(action.permit || policy.monitor), action.permit || policy.monitor);
    }
  }
  static device::FirmwareLoadOptions discarding() {
    device::FirmwareLoadOptions options;
    options.discard_counters = true;
    return options;
  }

  /// Begins a load and sends the first `bytes` of it in pieces of `size`.
  std::uint32_t send(std::span<const std::uint8_t> image, std::size_t bytes, std::size_t size) {
    device::FirmwareLoadOptions options = discarding();
    options.nonce = 1;
    const std::uint32_t load = firmware.begin(image.size(), options);
    for (std::size_t at = 0; at < bytes; at += size) {
      firmware.piece(load, static_cast<std::uint32_t>(at), image.subspan(at, std::min(size, bytes - at)));
    }
    return load;
  }
};

}  // namespace portcullis::test
