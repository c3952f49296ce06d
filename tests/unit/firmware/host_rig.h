// The firmware compiled for this machine, before a device written from the register descriptions.
#pragma once

#include "../device/key_words.h"
#include "fake_management.h"
#include "fake_tree_device.h"
#include "firmware_rig.h"

namespace portcullis::test {

template <class Fake>
class RigOn : public FirmwareRig {
 public:
  template <class... Arguments>
  explicit RigOn(tables::Geometry geometry, Arguments&&... arguments)
      : fake(std::forward<Arguments>(arguments)...), geometry_(std::move(geometry)) {}

  Fake fake;
  FakeManagement managed{fake};

  device::Management& management() override { return management_; }
  device::Mailbox::Options mailbox() const override { return {.polls = 1000, .tries = 4}; }
  tables::Geometry geometry() const override { return geometry_; }
  Answer lookup(const policy::Key& key) override {
    const auto answer = static_cast<FakeDevice&>(fake).lookup(words(key));
    return {.hit = answer.hit, .rule = answer.rule, .action = answer.action, .permit = std::nullopt};
  }
  unsigned active_bank() override { return fake.active_bank(); }
  void pass(std::chrono::milliseconds time) override {
    managed.turn(static_cast<unsigned>(time.count()) * FakeManagement::kClockHz / 1000 / FakeManagement::kTurn);
  }
  void reset_processor() override { managed.start(1); }
  void reset_device() override { managed.start(0); }  // which changes nothing in tables and banks
  bool simulated() const override { return false; }

 private:
  tables::Geometry geometry_;
  device::Management management_ = *device::Management::find(managed, {.polls = 100});
};

struct HostRig : RigOn<FakeDevice> {
  HostRig() : RigOn(tables::Geometry{"small", 64, 128, {64, 64, 32, 32, 16}}) {}
};

}  // namespace portcullis::test
