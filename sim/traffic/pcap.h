// Capture files: pcap and pcapng in, pcap with nanoseconds out (libpcap does both).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>

#include "traffic/packets.h"

namespace portcullis::traffic {

/// A capture that cannot be read or written; the message names the file and says what to change.
class PcapError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Capture {
  PacketSet packets;
  std::uint64_t snapped = 0;  ///< packets of which the capture holds only the beginning; the rest is zeros
  std::uint64_t padded = 0;   ///< packets shorter than policy::kMinFrame
};

/// Reads `file` (pcap or pcapng, link type Ethernet), every packet entering at `ingress`. Throws PcapError: another
/// link type, a damaged file, a packet longer than kMaxFrame.
Capture read_pcap(const std::filesystem::path& file, unsigned ingress);

/// Writes Ethernet frames without FCS, times in nanoseconds. Throws PcapError; close() tells whether all was written.
class PcapWriter {
 public:
  explicit PcapWriter(const std::filesystem::path& file);
  ~PcapWriter();
  PcapWriter(PcapWriter&&) noexcept;
  PcapWriter& operator=(PcapWriter&&) noexcept;

  void write(std::uint64_t time_ns, std::span<const std::uint8_t> frame);
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portcullis::traffic
