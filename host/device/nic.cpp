#include "device/nic.h"

#include <fmt/format.h>

#include "device/registers.h"

namespace portcullis::device {

namespace {

constexpr unsigned kPolls = 1'000'000;
constexpr std::uint32_t kMajor = 1;

}  // namespace

Nic::Nic(Device& device) : device_(device) {
  const std::uint32_t magic = transport().read32(PCL_NIC_MAGIC);
  if (magic != PCL_NIC_MAGIC_VALUE_RESET) {
    throw DeviceError(magic == 0
                          ? std::string("the device is a filter without host queues; a NIC is needed here")
                          : fmt::format("NIC_MAGIC reads 0x{:08x} instead of 0x{:08x}: the device is gone, or no "
                                        "Portcullis NIC",
                                        magic, PCL_NIC_MAGIC_VALUE_RESET));
  }
  const std::uint32_t version = transport().read32(PCL_NIC_VERSION);
  if (version >> PCL_NIC_VERSION_MAJOR_SHIFT != kMajor) {
    throw DeviceError(fmt::format("the NIC's registers have version {}.{}, this software knows {}.x",
                                  version >> PCL_NIC_VERSION_MAJOR_SHIFT, version & PCL_NIC_VERSION_MINOR_MASK,
                                  kMajor));
  }
  queues_ = transport().read32(PCL_NIC_QUEUES);
  max_frame_ = transport().read32(PCL_NIC_MAX_FRAME);
  clock_hz_ = transport().read32(PCL_NIC_CLOCK_HZ);
  row_slot_ = transport().read32(PCL_NIC_ROW_SLOT);
  if (queues_ == 0 || queues_ > PCL_RECEIVE_COUNT || max_frame_ < 1518 || clock_hz_ == 0 || row_slot_ == 0 ||
      row_slot_ == kAllOnes) {
    throw DeviceError(
        fmt::format("the NIC says it has {} queues, frames of {} bytes, {} Hz and row slots of {} bytes: "
                    "that cannot be",
                    queues_, max_frame_, clock_hz_, row_slot_));
  }
}

std::uint64_t Nic::read64(std::uint32_t low) {
  // A carry between the two reads shows in the high word.
  std::uint32_t high = transport().read32(low + 4);
  for (;;) {
    const std::uint32_t value = transport().read32(low);
    const std::uint32_t again = transport().read32(low + 4);
    if (again == kAllOnes && value == kAllOnes) throw DeviceGone();
    if (again == high) return std::uint64_t{high} << 32U | value;
    high = again;
  }
}

std::uint64_t Nic::time() { return read64(PCL_NIC_TIME_LO); }

void Nic::check_port(unsigned port) const {
  if (port >= ports()) throw DeviceError(fmt::format("the NIC has {} wire ports; there is no port {}", ports(), port));
}

void Nic::stop_all() {
  transport().write32(PCL_NIC_CONTROL, PCL_NIC_CONTROL_STOP_MASK);
  for (unsigned i = 0;; ++i) {
    if ((answered(transport().read32(PCL_NIC_STATUS)) & PCL_NIC_STATUS_ACTIVE_MASK) == 0) return;
    if (i == kPolls) {
      throw DeviceError("the NIC's queues do not stop: host memory does not answer, or the device is gone; reset it");
    }
  }
}

void Nic::set_filter(unsigned port, const PortFilter& filter) {
  check_port(port);
  transport().write32(PCL_PORT_CONTROL + port * PCL_PORT_STRIDE,
                      (filter.receive ? PCL_PORT_CONTROL_RECEIVE_MASK : 0) |
                          (filter.promiscuous ? PCL_PORT_CONTROL_PROMISCUOUS_MASK : 0) |
                          (filter.allmulticast ? PCL_PORT_CONTROL_ALLMULTICAST_MASK : 0) |
                          (filter.broadcast ? PCL_PORT_CONTROL_BROADCAST_MASK : 0) |
                          (filter.rss ? PCL_PORT_CONTROL_RSS_MASK : 0));
}

bool Nic::link(unsigned port) {
  check_port(port);
  const std::uint32_t status = transport().read32(PCL_PORT_STATUS + port * PCL_PORT_STRIDE);
  return status != kAllOnes && (status & PCL_PORT_STATUS_LINK_MASK) != 0;
}

std::uint32_t Nic::speed(unsigned port) {
  check_port(port);
  return transport().read32(PCL_PORT_SPEED + port * PCL_PORT_STRIDE);
}

void Nic::set_max_frame(unsigned port, unsigned bytes) {
  check_port(port);
  if (bytes > max_frame_)
    throw DeviceError(fmt::format("frames of {} bytes are too long: at most {}", bytes, max_frame_));
  transport().write32(PCL_PORT_MAX_FRAME + port * PCL_PORT_STRIDE, bytes);
}

void Nic::set_address(unsigned port, unsigned entry, std::optional<MacAddress> address) {
  check_port(port);
  if (entry >= kMacAddresses) throw DeviceError(fmt::format("a port has {} MAC addresses", kMacAddresses));
  const std::uint32_t low = PCL_PORT_ADDRESS_LO + port * PCL_PORT_STRIDE + entry * PCL_PORT_ADDRESS_LO_STRIDE;
  const std::uint32_t high = PCL_PORT_ADDRESS_HI + port * PCL_PORT_STRIDE + entry * PCL_PORT_ADDRESS_HI_STRIDE;
  transport().write32(high, 0);
  if (!address) return;
  const MacAddress& a = *address;
  const auto word = [&](unsigned first, unsigned bytes) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint32_t{a[first + i]} << (8 * i);
    return value;
  };
  transport().write32(low, word(0, 4));
  transport().write32(high, word(4, 2) | PCL_PORT_ADDRESS_HI_VALID_MASK);
}

void Nic::set_rss_key(unsigned port, std::span<const std::uint8_t, kRssKey> key) {
  check_port(port);
  for (unsigned i = 0; i < kRssKey / 4; ++i) {
    std::uint32_t word = 0;
    for (unsigned byte = 0; byte < 4; ++byte) word |= std::uint32_t{key[4 * i + byte]} << (8 * byte);
    transport().write32(PCL_PORT_RSS_KEY + port * PCL_PORT_STRIDE + i * PCL_PORT_RSS_KEY_STRIDE, word);
  }
}

void Nic::set_rss_types(unsigned port, std::uint32_t types) {
  check_port(port);
  transport().write32(PCL_PORT_RSS_TYPES + port * PCL_PORT_STRIDE, types);
}

void Nic::set_rss_table(unsigned port, unsigned entry, unsigned queue) {
  check_port(port);
  transport().write32(PCL_PORT_RSS_TABLE + port * PCL_PORT_STRIDE + entry * PCL_PORT_RSS_TABLE_STRIDE, queue);
}

PortCounters Nic::port_counters(unsigned port) {
  check_port(port);
  const std::uint32_t at = port * PCL_PORT_COUNTERS_STRIDE;
  PortCounters counters;
  counters.frames = read64(PCL_PORT_COUNTERS_FRAMES_LO + at);
  counters.delivered = read64(PCL_PORT_COUNTERS_DELIVERED_LO + at);
  counters.delivered_bytes = read64(PCL_PORT_COUNTERS_DELIVERED_BYTES_LO + at);
  counters.no_buffer = read64(PCL_PORT_COUNTERS_NO_BUFFER_LO + at);
  counters.disabled = read64(PCL_PORT_COUNTERS_DISABLED_LO + at);
  counters.address = read64(PCL_PORT_COUNTERS_ADDRESS_LO + at);
  counters.length = read64(PCL_PORT_COUNTERS_LENGTH_LO + at);
  counters.no_queue = read64(PCL_PORT_COUNTERS_NO_QUEUE_LO + at);
  counters.stopped = read64(PCL_PORT_COUNTERS_STOPPED_LO + at);
  counters.no_descriptor = read64(PCL_PORT_COUNTERS_NO_DESCRIPTOR_LO + at);
  counters.transmitted = read64(PCL_PORT_COUNTERS_TRANSMITTED_LO + at);
  counters.transmitted_bytes = read64(PCL_PORT_COUNTERS_TRANSMITTED_BYTES_LO + at);
  return counters;
}

QueueCounters Nic::queue_counters(unsigned queue) {
  if (queue >= queues_) throw DeviceError(fmt::format("the NIC has {} queues; there is no queue {}", queues_, queue));
  const std::uint32_t at = queue * PCL_QUEUE_COUNTERS_STRIDE;
  QueueCounters counters;
  counters.received = read64(PCL_QUEUE_COUNTERS_RECEIVED_LO + at);
  counters.received_bytes = read64(PCL_QUEUE_COUNTERS_RECEIVED_BYTES_LO + at);
  counters.no_descriptor = read64(PCL_QUEUE_COUNTERS_NO_DESCRIPTOR_LO + at);
  counters.stopped = read64(PCL_QUEUE_COUNTERS_STOPPED_LO + at);
  counters.transmitted = read64(PCL_QUEUE_COUNTERS_TRANSMITTED_LO + at);
  counters.transmitted_bytes = read64(PCL_QUEUE_COUNTERS_TRANSMITTED_BYTES_LO + at);
  return counters;
}

}  // namespace portcullis::device
