// Capture files: round trip, formats written byte by byte, errors, and tshark's reading of what is written.
#include "traffic/pcap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "traffic/frame.h"

namespace portcullis::traffic {
namespace {

std::filesystem::path scratch(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return std::filesystem::path(testing::TempDir()) / (std::string("portcullis-") + test->name() + "-" + name);
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string u32(std::uint32_t value) {
  return {static_cast<char>(value), static_cast<char>(value >> 8U), static_cast<char>(value >> 16U),
          static_cast<char>(value >> 24U)};
}
std::string u16(std::uint16_t value) { return {static_cast<char>(value), static_cast<char>(value >> 8U)}; }

/// Classic pcap in microseconds, little-endian: draft-ietf-opsawg-pcap, 4.
std::string pcap_header(std::uint32_t link) {
  return u32(0xA1B2C3D4) + u16(2) + u16(4) + u32(0) + u32(0) + u32(65535) + u32(link);
}

TEST(Pcap, RoundTripKeepsBytesOrderAndNanoseconds) {
  const auto file = scratch("round.pcap");
  std::vector<std::vector<std::uint8_t>> frames;
  for (unsigned i = 0; i < 50; ++i) {
    Frame frame;
    frame.from = policy::from_ipv4(i);
    frame.payload = i * 30;
    frames.push_back(build(frame));
    frames.back().resize(std::max<std::size_t>(frames.back().size(), policy::kMinFrame));
  }
  PcapWriter writer(file);
  for (unsigned i = 0; i < 50; ++i) writer.write(3'000'000'000ULL + i, frames[i]);
  writer.close();

  const Capture capture = read_pcap(file, 1);
  ASSERT_EQ(capture.packets.size(), 50U);
  EXPECT_EQ(capture.snapped, 0U);
  EXPECT_EQ(capture.padded, 0U);
  for (unsigned i = 0; i < 50; ++i) {
    EXPECT_THAT(capture.packets.frame(i), testing::ElementsAreArray(frames[i]));
    EXPECT_EQ(capture.packets[i].time_ns, 3'000'000'000ULL + i);
    EXPECT_EQ(capture.packets[i].ingress, 1);
  }
  std::filesystem::remove(file);
}

TEST(Pcap, ShortFramesArePaddedAndCutOnesRestoredWithZeros) {
  const auto file = scratch("short.pcap");
  write_bytes(file, pcap_header(1) + u32(10) + u32(5) + u32(20) + u32(20) + std::string(20, 'a') +  // 20 bytes, whole
                        u32(11) + u32(6) + u32(64) + u32(1500) + std::string(64, 'b'));             // 64 of 1500 bytes
  const Capture capture = read_pcap(file, 0);
  ASSERT_EQ(capture.packets.size(), 2U);
  EXPECT_EQ(capture.padded, 1U);
  EXPECT_EQ(capture.snapped, 1U);
  EXPECT_EQ(capture.packets[0].original, 20U);
  EXPECT_EQ(capture.packets[0].length, 60U);
  EXPECT_EQ(capture.packets[0].time_ns, 10'000'005'000ULL);
  EXPECT_EQ(capture.packets.frame(0)[19], 'a');
  EXPECT_EQ(capture.packets.frame(0)[20], 0);
  EXPECT_EQ(capture.packets[1].length, 1500U);
  EXPECT_EQ(capture.packets.frame(1)[63], 'b');
  EXPECT_EQ(capture.packets.frame(1)[64], 0);
  EXPECT_EQ(capture.packets.frame(1)[1499], 0);
  std::filesystem::remove(file);
}

TEST(Pcap, PcapngIsReadWithItsOwnTimeResolution) {
  const auto file = scratch("in.pcapng");
  // Section header, interface description (Ethernet, if_tsresol 9), one enhanced packet: draft-ietf-opsawg-pcapng, 4.
  const std::string section =
      u32(0x0A0D0D0A) + u32(28) + u32(0x1A2B3C4D) + u16(1) + u16(0) + u32(~0U) + u32(~0U) + u32(28);
  const std::string interface = u32(1) + u32(32) + u16(1) + u16(0) + u32(0) + u16(9) + u16(1) +
                                std::string("\x09\0\0\0", 4) + u16(0) + u16(0) + u32(32);
  const std::string packet = u32(6) + u32(32 + 64) + u32(0) + u32(1) + u32(705'032'705) + u32(64) + u32(64) +
                             std::string(64, 'c') + u32(32 + 64);
  write_bytes(file, section + interface + packet);
  const Capture capture = read_pcap(file, 0);
  ASSERT_EQ(capture.packets.size(), 1U);
  EXPECT_EQ(capture.packets[0].length, 64U);
  EXPECT_EQ(capture.packets[0].time_ns, (1ULL << 32U) + 705'032'705U);  // 5.000000001 s
  std::filesystem::remove(file);
}

TEST(Pcap, AnotherLinkTypeIsRefusedByName) {
  const auto file = scratch("raw.pcap");
  write_bytes(file, pcap_header(113));  // LINKTYPE_LINUX_SLL
  try {
    read_pcap(file, 0);
    FAIL() << "no error";
  } catch (const PcapError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("LINUX_SLL"));
    EXPECT_THAT(error.what(), testing::HasSubstr(file.string()));
  }
  std::filesystem::remove(file);
}

TEST(Pcap, DamageIsAnErrorThatSaysWhere) {
  const auto file = scratch("bad.pcap");
  write_bytes(file,
              pcap_header(1) + u32(1) + u32(0) + u32(64) + u32(64) + std::string(64, 'a') + u32(1) + u32(0) + u32(64));
  try {
    read_pcap(file, 0);
    FAIL() << "no error";
  } catch (const PcapError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("damaged behind packet 1"));
  }
  write_bytes(file, "no capture at all, only words");
  EXPECT_THROW(read_pcap(file, 0), PcapError);
  write_bytes(file, pcap_header(1) + u32(1) + u32(0) + u32(64) + u32(65000) + std::string(64, 'a'));
  try {
    read_pcap(file, 0);
    FAIL() << "no error";
  } catch (const PcapError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("65000 bytes"));
  }
  std::filesystem::remove(file);
  EXPECT_THROW(read_pcap(file, 0), PcapError);
  EXPECT_THROW(PcapWriter("/nonexistent/out.pcap"), PcapError);
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  pclose(pipe);
  return out;
}

TEST(Pcap, TsharkFindsTheFieldsAndNoWrongChecksum) {
  if (output_of("tshark --version").empty()) GTEST_SKIP() << "tshark is not installed";
  const auto file = scratch("out.pcap");
  PcapWriter writer(file);
  unsigned written = 0;
  for (const bool v4 : {true, false}) {
    for (const std::uint8_t protocol : {kTcp, kUdp, kSctp, kIcmp, kIcmp6}) {
      if (protocol == (v4 ? kIcmp6 : kIcmp)) continue;
      for (const unsigned payload : {0U, 1U, 37U}) {
        Frame frame;
        frame.ether_type = v4 ? kEtherIpv4 : kEtherIpv6;
        frame.tags = {{.vid = 100}};
        frame.from = v4 ? policy::from_ipv4(0xC0000201) : policy::make_address(0x20010db800000000, 1);
        frame.to = v4 ? policy::from_ipv4(0xC6336402) : policy::make_address(0x20010db800000000, 2);
        frame.protocol = protocol;
        frame.ipv4_options = 4;
        if (!v4) frame.extensions = {{.type = kHopByHop}, {.type = kDestinationOptions, .length = 24}};
        const bool icmp = protocol == kIcmp || protocol == kIcmp6;
        frame.source_port = icmp ? 8 : 4321;
        frame.destination_port = icmp ? 0 : 443;
        frame.payload = payload;
        writer.write(written++, build(frame));
      }
    }
  }
  writer.close();
  const std::string checks =
      "tshark -r " + file.string() +
      " -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o sctp.checksum:CRC-32C ";
  EXPECT_EQ(
      output_of(checks + "-Y 'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || "
                         "sctp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0'"),
      "");
  const std::string fields = output_of(
      checks +
      "-T fields -e frame.number -e vlan.id -e ip.src -e ipv6.dst -e tcp.dstport -Y 'tcp && frame.number < 20'");
  EXPECT_THAT(fields, testing::HasSubstr("1\t100\t192.0.2.1\t\t443\n"));
  EXPECT_THAT(fields, testing::HasSubstr("13\t100\t\t2001:db8::2\t443\n"));
  const std::string good =
      output_of(checks +
                "-T fields -e frame.number -Y 'tcp.checksum.status == 1 || udp.checksum.status == 1 || "
                "sctp.checksum.status == 1 || icmp.checksum.status == 1 || icmpv6.checksum.status == 1'");
  EXPECT_EQ(static_cast<unsigned>(std::count(good.begin(), good.end(), '\n')), written);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace portcullis::traffic
