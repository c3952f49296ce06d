#include "device/ownership.h"

#include <fmt/format.h>

#include <exception>
#include <random>

#include "device/registers.h"

namespace portcullis::device {
namespace {

/// A number whose halves are neither 0 nor all ones.
std::uint32_t random_name() {
  std::random_device chance;
  std::uniform_int_distribution<std::uint32_t> half(1, 0xFFFE);
  return half(chance) << 16U | half(chance);
}

std::uint16_t lock_id(std::uint32_t name) { return static_cast<std::uint16_t>(name); }

}  // namespace

Ownership::Ownership(Transport& transport, Options options)
    : transport_(transport), options_(options), management_(Management::find(transport)), name_(random_name()) {
  if (management_) {
    take();
  } else {
    transport_.write32(PCL_SCRATCH, name_);
  }
}

Ownership::~Ownership() {
  if (!management_ || lost_) return;
  try {
    management_->release(lock_id(name_));
  } catch (const std::exception&) {
    // The device is gone; its lease ends by itself.
  }
}

void Ownership::take() {
  std::uint64_t left = ~std::uint64_t{0};
  for (unsigned poll = 0; poll < options_.polls; ++poll) {
    const LockOwner owner = management_->owner();
    if (owner.firmware) {
      throw DeviceError(
          "the management firmware holds the owner lock of the device's tables: a policy is being loaded through the "
          "mailbox; try again when that is done");
    }
    if (owner.id == 0) {
      if (management_->claim(lock_id(name_), options_.lease)) return;
      continue;  // somebody was faster
    }
    const std::uint64_t now = management_->lock_left();
    if (now > left) {
      throw DeviceError(
          fmt::format("the device is in use: a program with number 0x{:04x} holds the owner lock of its tables and "
                      "renews it; stop that program first",
                      owner.id));
    }
    left = now;
  }
  throw DeviceError(
      fmt::format("the owner lock of the device's tables did not come free within {} reads, nor was it "
                  "renewed; does the device's clock stand still?",
                  options_.polls));
}

void Ownership::lend(const std::function<void()>& operation) {
  confirm();
  if (management_) management_->release(lock_id(name_));
  const auto take_again = [&] {
    if (!management_) return;
    lost_ = true;  // unless it can be taken
    take();
    lost_ = false;
  };
  try {
    operation();
  } catch (...) {
    try {
      take_again();
    } catch (const DeviceError&) {
      // Told by the next confirm(); what went wrong first is what is to be known.
    }
    throw;
  }
  take_again();
}

void Ownership::confirm() {
  if (!lost_) {
    if (management_) {
      // A claim after the lease was over would succeed too, but others may have been there in between.
      const LockOwner owner = management_->owner();
      lost_ = owner.firmware || owner.id != lock_id(name_) || !management_->claim(lock_id(name_), options_.lease);
    } else {
      lost_ = answered(transport_.read32(PCL_SCRATCH)) != name_;
    }
  }
  if (!lost_) return;
  throw DeviceError(management_
                        ? "the owner lock of the device's tables was not renewed in time and is lost; other software "
                          "may have changed the tables: open the device anew"
                        : "another program has begun to use the device and may have changed its tables: stop one of "
                          "the two and open the device anew");
}

}  // namespace portcullis::device
