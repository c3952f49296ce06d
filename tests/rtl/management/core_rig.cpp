// The firmware on its processor before a match engine, Verilated, for the cases that it meets on this machine too.
#include <string_view>

#include "device/device.h"
#include "firmware/image.h"
#include "managed_device.h"
#include "unit/firmware/tree_rig.h"

namespace portcullis::test {
namespace {

template <class Managed>
class CoreRig final : public FirmwareRig {
 public:
  explicit CoreRig(tables::Geometry geometry) : geometry_(std::move(geometry)) {
    const std::string_view image = firmware::image();
    management_.start(std::vector<std::uint8_t>(image.begin(), image.end()));
  }
  device::Management& management() override { return management_; }
  device::Mailbox::Options mailbox() const override { return {}; }
  tables::Geometry geometry() const override { return geometry_; }
  Answer lookup(const policy::Key& key) override {
    constexpr unsigned kThrough = 80;  // clocks, more than a lookup takes
    Answer answer;
    managed_.set_lookup(&key);
    managed_.run(kThrough);
    managed_.on_verdict = [&](const Verdict& verdict) {
      answer = {.hit = verdict.hit,
                .rule = verdict.hit ? verdict.rule : 0U,
                .action = std::nullopt,
                .permit = verdict.permit};
    };
    managed_.run(2);
    managed_.on_verdict = nullptr;
    managed_.set_lookup(nullptr);
    return answer;
  }
  unsigned active_bank() override { return device::Device(managed_).active_bank(); }
  void pass(std::chrono::milliseconds time) override {
    constexpr std::uint64_t kClocks = 250'000;  // a millisecond
    managed_.run(static_cast<std::uint64_t>(time.count()) * kClocks);
  }
  void reset_processor() override {
    management_.hold(true);
    management_.hold(false);
    while (management_.state().boot != device::Boot::running) managed_.run(1000);
  }
  void reset_device() override {
    managed_.reset();
    while (management_.state().boot != device::Boot::running) managed_.run(1000);
  }
  bool simulated() const override { return true; }

 private:
  tables::Geometry geometry_;
  Managed managed_;
  device::Management management_ = *device::Management::find(managed_);
};

}  // namespace

std::unique_ptr<FirmwareRig> make_firmware_rig() {
  return std::make_unique<CoreRig<ManagedDevice>>(
      tables::Geometry{"small", kRules, 128, {kIntervals, kIntervals, kIntervals, kIntervals, kIntervals}});
}

std::unique_ptr<FirmwareRig> make_tree_rig() {
  return std::make_unique<CoreRig<ManagedTrees>>(tables::tree::Shape::scale_small().slice);
}

}  // namespace portcullis::test
