// Frames in the order in which they are sent, ready for a wire: padded, without FCS, in one block of memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/packet.h"

namespace portcullis::traffic {

/// Bytes of the longest frame that the filter takes, without FCS: MAX_FRAME of rtl/nic/pcl_filter.sv.
inline constexpr std::size_t kMaxFrame = 9728;

struct Packet {
  std::uint64_t offset = 0;    ///< of its first byte in the block
  std::uint32_t length = 0;    ///< bytes in the block, policy::kMinFrame to kMaxFrame
  std::uint32_t original = 0;  ///< bytes before padding, as a pcap's own length says
  std::uint64_t time_ns = 0;   ///< when it was captured, since 1970; 0 for made packets
  std::uint8_t ingress = 0;    ///< wire port at which it enters
};

class PacketSet {
 public:
  std::size_t size() const { return packets_.size(); }
  bool empty() const { return packets_.empty(); }
  const Packet& operator[](std::size_t i) const { return packets_[i]; }
  const std::vector<Packet>& packets() const { return packets_; }
  std::span<const std::uint8_t> frame(std::size_t i) const {
    return std::span(bytes_).subspan(packets_[i].offset, packets_[i].length);
  }

  /// Appends `frame`, restored with zeros to `original` bytes if it is shorter (0: it is whole) and then padded with
  /// zeros to policy::kMinFrame as a MAC does.
  void add(std::span<const std::uint8_t> frame, unsigned ingress, std::size_t original = 0, std::uint64_t time_ns = 0) {
    Packet packet;
    packet.offset = bytes_.size();
    packet.original = static_cast<std::uint32_t>(original == 0 ? frame.size() : original);
    packet.length = packet.original < policy::kMinFrame ? policy::kMinFrame : packet.original;
    packet.time_ns = time_ns;
    packet.ingress = static_cast<std::uint8_t>(ingress);
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    bytes_.resize(packet.offset + packet.length);
    packets_.push_back(packet);
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<Packet> packets_;
};

}  // namespace portcullis::traffic
