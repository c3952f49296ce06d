#include "traffic/pcap.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <utility>

namespace portcullis::traffic {
namespace {

constexpr std::uint64_t kNanoseconds = 1'000'000'000;

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

}  // namespace

Capture read_pcap(const std::filesystem::path& file, unsigned ingress) {
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  const Handle handle(
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, message.data()));
  if (!handle) throw PcapError(fmt::format("{}: not readable as pcap or pcapng: {}", file.string(), message.data()));
  const int link = pcap_datalink(handle.get());
  if (link != DLT_EN10MB) {
    const char* name = pcap_datalink_val_to_name(link);
    throw PcapError(
        fmt::format("{}: link type {} ({}) is not Ethernet; capture on an Ethernet interface (not on \"any\")",
                    file.string(), link, name != nullptr ? name : "unknown"));
  }

  Capture capture;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int status = 0;
  while ((status = pcap_next_ex(handle.get(), &header, &bytes)) == 1) {
    const std::size_t number = capture.packets.size();
    if (header->len > kMaxFrame || header->caplen > kMaxFrame) {
      throw PcapError(
          fmt::format("{}: packet {} has {} bytes, more than the {} of the longest frame the filter takes; was it "
                      "captured in front of segmentation or receive offload (ethtool -K DEVICE tso off gro off)?",
                      file.string(), number, std::max(header->len, header->caplen), kMaxFrame));
    }
    if (header->caplen < header->len) ++capture.snapped;
    if (header->len < policy::kMinFrame) ++capture.padded;
    // With this precision the field for microseconds holds nanoseconds.
    const auto time =
        static_cast<std::uint64_t>(header->ts.tv_sec) * kNanoseconds + static_cast<std::uint64_t>(header->ts.tv_usec);
    const std::size_t original = std::max(header->len, header->caplen);
    capture.packets.add(std::span(bytes, header->caplen), ingress, original, time);
  }
  if (status != PCAP_ERROR_BREAK) {
    throw PcapError(fmt::format("{}: damaged behind packet {}: {}", file.string(), capture.packets.size(),
                                pcap_geterr(handle.get())));
  }
  return capture;
}

struct PcapWriter::State {
  std::filesystem::path file;
  Handle handle;
  pcap_dumper_t* dumper = nullptr;

  ~State() {
    if (dumper != nullptr) pcap_dump_close(dumper);
  }
};

PcapWriter::PcapWriter(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  constexpr int kSnapLength = 262144;  // libpcap's own largest for Ethernet
  state_->file = file;
  state_->handle.reset(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO));
  state_->dumper = pcap_dump_open(state_->handle.get(), file.c_str());
  if (state_->dumper == nullptr) {
    throw PcapError(fmt::format("{}: cannot be written: {}", file.string(), pcap_geterr(state_->handle.get())));
  }
}
PcapWriter::~PcapWriter() = default;
PcapWriter::PcapWriter(PcapWriter&&) noexcept = default;
PcapWriter& PcapWriter::operator=(PcapWriter&&) noexcept = default;

void PcapWriter::write(std::uint64_t time_ns, std::span<const std::uint8_t> frame) {
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<decltype(header.ts.tv_sec)>(time_ns / kNanoseconds);
  header.ts.tv_usec = static_cast<decltype(header.ts.tv_usec)>(time_ns % kNanoseconds);
  header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
  pcap_dump(reinterpret_cast<u_char*>(state_->dumper), &header, frame.data());
}

void PcapWriter::close() {
  // pcap_dump() reports no errors; the stream it writes to remembers them.
  const bool failed = pcap_dump_flush(state_->dumper) != 0 || std::ferror(pcap_dump_file(state_->dumper)) != 0;
  pcap_dump_close(std::exchange(state_->dumper, nullptr));
  if (failed) throw PcapError(fmt::format("{}: not all of it could be written", state_->file.string()));
}

}  // namespace portcullis::traffic
