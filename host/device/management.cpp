#include "device/management.h"

#include <fmt/format.h>

#include <algorithm>

#include "device/registers.h"

namespace portcullis::device {
namespace {

/// MANAGEMENT_VERSION.MAJOR that this code knows.
constexpr std::uint32_t kMajor = 1;

std::uint32_t field(std::uint32_t word, std::uint32_t mask, std::uint32_t shift) { return (word & mask) >> shift; }

}  // namespace

std::string ManagementState::problem() const {
  if (held) return "the management processor is held in reset; start it with firmware";
  switch (boot) {
    case Boot::running:
      return trapped ? "the firmware has crashed; the watchdog will start it again" : std::string();
    case Boot::starting:
      return "the management processor is starting; try again";
    case Boot::no_firmware:
      return "the management processor has no firmware in its memory; start it with firmware";
    case Boot::crc_wrong:
      return "the boot ROM refused the firmware, because its CRC is wrong; start it with sound firmware";
  }
  return fmt::format("the management processor is in an unknown state ({})", static_cast<unsigned>(boot));
}

std::optional<Management> Management::find(Transport& transport, Options options) {
  const std::uint32_t magic = transport.read32(PCL_MANAGEMENT_MAGIC);
  if (magic == 0) return std::nullopt;
  if (answered(magic) != PCL_MANAGEMENT_MAGIC_VALUE_RESET)
    throw DeviceError(
        fmt::format("register MANAGEMENT_MAGIC reads 0x{:08x}; it is 0x{:08x}, or 0 without a management processor",
                    magic, PCL_MANAGEMENT_MAGIC_VALUE_RESET));
  const std::uint32_t version = transport.read32(PCL_MANAGEMENT_VERSION);
  const std::uint32_t major = field(version, PCL_MANAGEMENT_VERSION_MAJOR_MASK, PCL_MANAGEMENT_VERSION_MAJOR_SHIFT);
  if (major != kMajor)
    throw DeviceError(fmt::format(
        "the management processor has registers of version {}, this program knows {}; use a matching program", major,
        kMajor));
  Management management(transport, options);
  management.buffer_bytes_ = transport.read32(PCL_MANAGEMENT_BUFFER_BYTES);
  management.memory_bytes_ = transport.read32(PCL_MANAGEMENT_MEMORY_BYTES);
  if (management.buffer_bytes_ < 64 || management.buffer_bytes_ > PCL_MAILBOX_REQUEST_DATA_COUNT * 4)
    throw DeviceError(fmt::format("register MANAGEMENT_BUFFER_BYTES reads {}; it is 64 to {}", management.buffer_bytes_,
                                  PCL_MAILBOX_REQUEST_DATA_COUNT * 4));
  return management;
}

ManagementState Management::state() {
  const std::uint32_t word = answered(transport_->read32(PCL_MANAGEMENT_STATUS));
  ManagementState state;
  state.boot = static_cast<Boot>(field(word, PCL_MANAGEMENT_STATUS_BOOT_MASK, PCL_MANAGEMENT_STATUS_BOOT_SHIFT));
  state.held = (word & PCL_MANAGEMENT_STATUS_HELD_MASK) != 0;
  state.trapped = (word & PCL_MANAGEMENT_STATUS_TRAPPED_MASK) != 0;
  state.watchdog_resets =
      field(word, PCL_MANAGEMENT_STATUS_WATCHDOG_RESETS_MASK, PCL_MANAGEMENT_STATUS_WATCHDOG_RESETS_SHIFT);
  state.heartbeat = transport_->read32(PCL_MANAGEMENT_HEARTBEAT);
  return state;
}

ManagementWork Management::work() {
  const std::uint32_t busy = transport_->read32(PCL_MANAGEMENT_BUSY);
  return {transport_->read32(PCL_MANAGEMENT_CLOCKS), busy};
}

void Management::hold(bool held) {
  transport_->write32(PCL_MANAGEMENT_CONTROL, held ? PCL_MANAGEMENT_CONTROL_HOLD_MASK : 0);
}

void Management::write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  if (address % 4 != 0 || address > memory_bytes_ || bytes.size() > memory_bytes_ - address)
    throw DeviceError(
        fmt::format("{} bytes at 0x{:x} do not fit into the {} bytes of the management processor's memory",
                    bytes.size(), address, memory_bytes_));
  transport_->write32(PCL_MANAGEMENT_MEMORY_ADDRESS, address);
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(4, bytes.size() - at); ++i)
      word |= std::uint32_t{bytes[at + i]} << (8 * i);
    transport_->write32(PCL_MANAGEMENT_MEMORY_DATA, word);
  }
}

ManagementState Management::wait_for_boot() {
  ManagementState now;
  for (unsigned poll = 0; poll < options_.polls; ++poll) {
    now = state();
    if (now.boot != Boot::starting) break;
  }
  return now;
}

void Management::start(std::span<const std::uint8_t> firmware) {
  hold(true);
  write_memory(0, firmware);
  hold(false);
  const ManagementState now = wait_for_boot();
  if (now.boot != Boot::running) throw DeviceError("the firmware did not start: " + now.problem());
}

LockOwner Management::owner() {
  const std::uint32_t word = answered(transport_->read32(PCL_LOCK_OWNER));
  return {static_cast<std::uint16_t>(field(word, PCL_LOCK_OWNER_ID_MASK, PCL_LOCK_OWNER_ID_SHIFT)),
          (word & PCL_LOCK_OWNER_FIRMWARE_MASK) != 0};
}

std::uint64_t Management::lock_left() {
  return std::uint64_t{
             field(answered(transport_->read32(PCL_LOCK_LEFT)), PCL_LOCK_LEFT_VALUE_MASK, PCL_LOCK_LEFT_VALUE_SHIFT)} *
         transport_->read32(PCL_LOCK_UNIT);
}

bool Management::claim(std::uint16_t id, std::uint64_t clocks) {
  if (id == 0) throw DeviceError("the owner lock cannot be claimed for number 0, which means nobody");
  const std::uint64_t unit = std::max<std::uint32_t>(1, transport_->read32(PCL_LOCK_UNIT));
  constexpr std::uint64_t kLongest = PCL_LOCK_CLAIM_LEASE_MASK >> PCL_LOCK_CLAIM_LEASE_SHIFT;
  const std::uint64_t lease = std::clamp<std::uint64_t>((clocks + unit - 1) / unit, 1, kLongest);
  transport_->write32(PCL_LOCK_CLAIM, std::uint32_t{id} << PCL_LOCK_CLAIM_ID_SHIFT | static_cast<std::uint32_t>(lease)
                                                                                         << PCL_LOCK_CLAIM_LEASE_SHIFT);
  const LockOwner now = owner();
  return now.id == id && !now.firmware;
}

void Management::release(std::uint16_t id) {
  transport_->write32(PCL_LOCK_CLAIM, std::uint32_t{id} << PCL_LOCK_CLAIM_ID_SHIFT);
}

}  // namespace portcullis::device
