// pcl_parser: frames whose result a person has read from the rules, then random frames against the reference parser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "VParser128.h"
#include "VParser512.h"
#include "VParser64.h"
#include "frame_generator.h"
#include "parser_bench.h"

namespace portcullis::test {
namespace {

using policy::EtherClass;
using policy::Fragment;
using policy::Key;
using policy::kNoFlags;
using policy::kNoPort;
using policy::make_address;
using policy::make_context;
using policy::make_dscp_tags;
using policy::Malformed;

constexpr unsigned kIngress = 5;
constexpr unsigned kLatency = 17;  // pcl_parser_pkg::Latency

/// Bytes from hexadecimal digits; blanks do not count, and `x..N` repeats the digit pair x so that it occurs N times.
Frame hex(std::string_view text) {
  Frame out;
  int high = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if (c == '.') {
      const std::size_t end = text.find(' ', i);
      const int count = std::stoi(std::string(text.substr(i + 2, end - i - 2)));
      out.insert(out.end(), static_cast<std::size_t>(count - 1), out.back());
      i = end == std::string_view::npos ? text.size() : end;
      continue;
    }
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(16 * high + digit));
      high = -1;
    }
  }
  return out;
}

Frame padded(Frame frame, std::size_t size = 60) {
  if (frame.size() < size) frame.resize(size);
  return frame;
}

template <typename Bench>
class Parser : public testing::Test {
 protected:
  ParserResult parse(const Frame& frame) {
    const std::vector<ParserResult> results = bench_.run(std::span(&frame, 1));
    EXPECT_EQ(results.size(), 1U);
    if (results.empty()) return {};
    EXPECT_EQ(results[0].length, frame.size());
    return results[0];
  }
  Malformed cause(std::string_view text) { return parse(hex(text)).cause; }

  Bench bench_;
};

using Benches = testing::Types<ParserBench<VParser64, 64>, ParserBench<VParser128, 128>, ParserBench<VParser512, 512>>;
TYPED_TEST_SUITE(Parser, Benches);

const std::string kMacs = "0200 0000 0001 0200 0000 0002 ";
// 192.0.2.1 to 198.51.100.2; documentation prefixes of RFC 5737 and RFC 3849.
const std::string kIpv4Addresses = "c000 0201 c633 6402 ";
const std::string kIpv6Addresses = "2001 0db8 00..10 0001 2001 0db8 00..10 0002 ";
const policy::Address kSource4 = policy::from_ipv4(0xC0000201), kDestination4 = policy::from_ipv4(0xC6336402);
const policy::Address kSource6 = make_address(0x20010db800000000, 1),
                      kDestination6 = make_address(0x20010db800000000, 2);

void expect_key(const ParserResult& result, const Key& expected) {
  EXPECT_EQ(result.cause, Malformed::none) << policy::to_string(result.cause);
  EXPECT_TRUE(result.key.source == expected.source);
  EXPECT_TRUE(result.key.destination == expected.destination);
  EXPECT_EQ(result.key.source_port, expected.source_port);
  EXPECT_EQ(result.key.destination_port, expected.destination_port);
  EXPECT_EQ(result.key.vlan, expected.vlan);
  EXPECT_EQ(result.key.protocol, expected.protocol);
  EXPECT_EQ(result.key.tcp_flags, expected.tcp_flags);
  EXPECT_EQ(result.key.dscp_tags, expected.dscp_tags);
  EXPECT_EQ(result.key.context, expected.context);
}

// Hand-made frames ---------------------------------------------------------------------------------------------------

TYPED_TEST(Parser, ReadsUdpOverIpv4BehindPadding) {
  // DSCP 46, total length 28, UDP 5060 to 16384, length 8, then padding.
  const Frame frame =
      padded(hex(kMacs + "0800 45b8 001c 0000 4000 4011 0000 " + kIpv4Addresses + "13c4 4000 0008 0000"));
  expect_key(this->parse(frame), {kSource4, kDestination4, 5060, 16384, 0, 17, kNoFlags, make_dscp_tags(46, 0),
                                  make_context(kIngress, EtherClass::ipv4, Fragment::whole)});
}

TYPED_TEST(Parser, ReadsTcpFlagsBehindIpv4Options) {
  // IHL 7, TCP 443 to 50000, data offset 5, flags CWR and SYN.
  const Frame frame = hex(kMacs + "0800 4700 0030 0000 4000 4006 0000 " + kIpv4Addresses + "0101 0101 0101 0101 " +
                          "01bb c350 0000 0001 0000 0000 5082 ffff 0000 0000");
  expect_key(this->parse(frame), {kSource4, kDestination4, 443, 50000, 0, 6, 0x82, make_dscp_tags(0, 0),
                                  make_context(kIngress, EtherClass::ipv4, Fragment::whole)});
}

TYPED_TEST(Parser, PresentsTheOuterTagOfTwo) {
  const Frame frame =
      hex(kMacs + "88a8 6abc 8100 0123 0800 4500 001c 0000 0000 4001 0000 " + kIpv4Addresses + "0304 0000 0000 0000");
  expect_key(this->parse(frame), {kSource4, kDestination4, 3, 4, 0xABC, 1, kNoFlags, make_dscp_tags(0, 2),
                                  make_context(kIngress, EtherClass::ipv4, Fragment::whole)});
}

TYPED_TEST(Parser, TakesAThirdTagForAnUnknownEtherType) {
  const Frame frame = padded(hex(kMacs + "8100 0001 8100 0002 8100 0003 0800 4500"));
  expect_key(this->parse(frame), {0, 0, kNoPort, kNoPort, 1, 0, kNoFlags, make_dscp_tags(0, 2),
                                  make_context(kIngress, EtherClass::other, Fragment::whole)});
}

TYPED_TEST(Parser, TellsEtherTypesApart) {
  const std::array<std::pair<std::string, EtherClass>, 6> types = {{{"0806", EtherClass::arp},
                                                                    {"88cc", EtherClass::lldp},
                                                                    {"888e", EtherClass::eapol},
                                                                    {"88f7", EtherClass::ptp},
                                                                    {"8809", EtherClass::slow},
                                                                    {"8847", EtherClass::other}}};
  for (const auto& [type, ether_class] : types) {
    SCOPED_TRACE(type);
    Key untagged;
    untagged.context = make_context(kIngress, ether_class, Fragment::whole);
    expect_key(this->parse(padded(hex(kMacs + type))), untagged);
    Key tagged = untagged;
    tagged.vlan = 7;
    tagged.dscp_tags = make_dscp_tags(0, 1);
    expect_key(this->parse(padded(hex(kMacs + "8100 0007 " + type))), tagged);
  }
}

TYPED_TEST(Parser, ReadsSctpOverIpv6) {
  // Traffic class 0xb8: DSCP 46. Payload 12.
  const Frame frame = hex(kMacs + "86dd 6b8f ffff 000c 8440 " + kIpv6Addresses + "8e3c 8e3d 0000 0000 0000 0000");
  expect_key(this->parse(frame), {kSource6, kDestination6, 36412, 36413, 0, 132, kNoFlags, make_dscp_tags(46, 0),
                                  make_context(kIngress, EtherClass::ipv6, Fragment::whole)});
}

TYPED_TEST(Parser, PresentsTypeAndCodeOfIcmpv6) {
  const Frame frame = hex(kMacs + "86dd 6000 0000 0004 3aff " + kIpv6Addresses + "8701 0000");
  expect_key(this->parse(frame), {kSource6, kDestination6, 135, 1, 0, 58, kNoFlags, 0,
                                  make_context(kIngress, EtherClass::ipv6, Fragment::whole)});
}

TYPED_TEST(Parser, WalksFourExtensionHeadersAndTakesAnAtomicFragmentForAWhole) {
  // Hop-by-hop (16 bytes), destination options, routing, fragment at offset 0 without M, UDP 53 to 1024.
  const Frame frame = hex(kMacs + "86dd 6000 0000 0030 0040 " + kIpv6Addresses + "3c01 00..14 " + "2b00 00..6 " +
                          "2c00 00..6 " + "1100 0000 1234 5678 " + "0035 0400 0008 0000");
  expect_key(this->parse(frame), {kSource6, kDestination6, 53, 1024, 0, 17, kNoFlags, 0,
                                  make_context(kIngress, EtherClass::ipv6, Fragment::whole)});
}

TYPED_TEST(Parser, RefusesAFifthExtensionHeader) {
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0030 0040 " + kIpv6Addresses +
                        "3c00 00..6 3c00 00..6 3c00 00..6 3c00 00..6 " + "1100 00..6 0035 0400 0008 0000"),
            Malformed::chain_too_deep);
}

TYPED_TEST(Parser, PresentsNoPortsForALaterIpv6Fragment) {
  // Offset 3, M set, next header UDP.
  const Frame frame =
      hex(kMacs + "86dd 6000 0000 0010 2c40 " + kIpv6Addresses + "1100 0019 0000 0001 0035 0400 0008 0000");
  expect_key(this->parse(frame), {kSource6, kDestination6, kNoPort, kNoPort, 0, 17, kNoFlags, 0,
                                  make_context(kIngress, EtherClass::ipv6, Fragment::later)});
}

TYPED_TEST(Parser, ReadsPortsOfAFirstFragmentWhoseUdpLengthExceedsIt) {
  const Frame frame =
      hex(kMacs + "86dd 6000 0000 0010 2c40 " + kIpv6Addresses + "1100 0001 0000 0001 0035 0400 0100 0000");
  expect_key(this->parse(frame), {kSource6, kDestination6, 53, 1024, 0, 17, kNoFlags, 0,
                                  make_context(kIngress, EtherClass::ipv6, Fragment::first)});
}

TYPED_TEST(Parser, PresentsNoPortsForAProtocolWithoutThem) {
  // GRE; and an IPv4 protocol number 0 is a protocol, not an extension header.
  for (const auto& [digits, number] : {std::pair<std::string, std::uint8_t>{"2f", 47}, {"00", 0}}) {
    const Frame frame = padded(hex(kMacs + "0800 4500 0014 0000 0000 40" + digits + " 0000 " + kIpv4Addresses));
    expect_key(this->parse(frame), {kSource4, kDestination4, kNoPort, kNoPort, 0, number, kNoFlags, 0,
                                    make_context(kIngress, EtherClass::ipv4, Fragment::whole)});
  }
}

TYPED_TEST(Parser, NamesTheCauseOfAMalformedFrame) {
  const std::string udp = "0035 0400 0008 0000";
  EXPECT_EQ(this->cause("0200 0000 0001 0200 0000 0002 08"), Malformed::truncated);
  EXPECT_EQ(this->cause(kMacs + "8100 0001 08"), Malformed::truncated) << "within a tag";
  EXPECT_EQ(this->cause(kMacs + "8100 0001 88a8 0001 08"), Malformed::truncated) << "within the second tag";
  EXPECT_EQ(this->cause(kMacs + "0800 4500 0014 0000 0000 402f 0000 c000 0201 c633 64"), Malformed::truncated);
  EXPECT_EQ(this->cause(kMacs + "0800 4500 001d 0000 0000 4011 0000 " + kIpv4Addresses + udp), Malformed::truncated);
  EXPECT_EQ(this->cause(kMacs + "0800 5500 001c 0000 0000 4011 0000 " + kIpv4Addresses + udp), Malformed::version);
  EXPECT_EQ(this->cause(kMacs + "0800 4400 001c 0000 0000 4011 0000 " + kIpv4Addresses + udp), Malformed::bad_length);
  EXPECT_EQ(this->cause(kMacs + "0800 4500 0013 0000 0000 4011 0000 " + kIpv4Addresses + udp), Malformed::bad_length);
  EXPECT_EQ(this->cause(kMacs + "0800 4500 001b 0000 0000 4011 0000 " + kIpv4Addresses + udp), Malformed::short_layer4);
  EXPECT_EQ(this->cause(kMacs + "0800 4500 001b 0000 2000 4011 0000 " + kIpv4Addresses + udp),
            Malformed::short_first_fragment);
  EXPECT_EQ(this->cause(kMacs + "0800 4500 001c 0000 0001 4006 0000 " + kIpv4Addresses + udp),
            Malformed::tcp_offset_one);
  EXPECT_EQ(this->cause(kMacs + "0800 4500 001c 0000 0000 4011 0000 " + kIpv4Addresses + "0035 0400 0009 0000"),
            Malformed::bad_length);
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0009 1140 " + kIpv6Addresses + udp), Malformed::truncated);
  EXPECT_EQ(this->cause(kMacs + "86dd 4000 0000 0008 1140 " + kIpv6Addresses + udp), Malformed::version);
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0008 1140 00..10 ffff c000 0201 2001 0db8 00..11 02 " + udp),
            Malformed::mapped_address);
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0008 0040 " + kIpv6Addresses + "1101 0000 0000 0000"),
            Malformed::bad_length)
      << "extension header longer than the payload";
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0010 2c40 " + kIpv6Addresses + "0600 0009 0000 0001 " + udp),
            Malformed::tcp_offset_one);
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0018 2c40 " + kIpv6Addresses +
                        "2c00 0000 0000 0001 1100 0000 0000 0001 " + udp),
            Malformed::chain_too_deep)
      << "second fragment header";
}

TYPED_TEST(Parser, RefusesLayer4BeyondTheWindow) {
  // Destination options of 80 bytes: TCP starts at 134 and its 20 bytes end at 154. With 8 bytes more they end at 162.
  const std::string tcp = "01bb c350 0000 0001 0000 0000 5010 ffff 0000 0000";
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 0064 3c40 " + kIpv6Addresses + "0609 00..78 " + tcp), Malformed::none);
  EXPECT_EQ(this->cause(kMacs + "86dd 6000 0000 006c 3c40 " + kIpv6Addresses + "060a 00..86 " + tcp),
            Malformed::chain_too_deep);
}

// Streams ------------------------------------------------------------------------------------------------------------

TYPED_TEST(Parser, LeavesNoResultForAFrameMarkedBad) {
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 5; ++i) frames.push_back(Frame(61 + i, static_cast<std::uint8_t>(i)));
  const std::vector<ParserResult> results = this->bench_.run(frames, {}, {false, true, true, false, true});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].length, 61U);
  EXPECT_EQ(results[1].length, 64U);
}

TYPED_TEST(Parser, HoldsResultsWhileTheSinkIsNotReady) {
  FrameGenerator generator(3);
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 500; ++i) frames.push_back(generator.next());
  const std::vector<ParserResult> results = this->bench_.run(frames, {0, 95});
  ASSERT_EQ(results.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(results[i].length, frames[i].size());
}

TYPED_TEST(Parser, AnswersAFixedNumberOfClocksAfterTheLastBeatAtFullRate) {
  FrameGenerator generator(4);
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 2000; ++i) {
    frames.push_back(generator.well_formed());
    if (i >= 500) frames.back().resize(64);
  }
  const std::vector<ParserResult> results = this->bench_.run(frames);
  ASSERT_EQ(results.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(results[i].clock - this->bench_.last_beats()[i], kLatency);
  // Nothing waited: the frames of 64 bytes took a clock for each of their beats.
  constexpr std::uint64_t beats = 64 / TypeParam::kBytes;
  EXPECT_EQ(this->bench_.last_beats()[1999] - this->bench_.last_beats()[499], 1500 * beats);
}

// Against the reference parser
// -----------------------------------------------------------------------------------------

std::uint32_t seed_from_environment() {
  const char* text = std::getenv("PORTCULLIS_SEED");
  return text != nullptr ? static_cast<std::uint32_t>(std::stoul(text)) : std::random_device{}();
}

std::string dump(const Frame& frame) {
  std::string out;
  for (std::size_t i = 0; i < frame.size() && i < 180; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[frame[i] >> 4U];
    out += digits[frame[i] & 15U];
    if (i % 2 == 1) out += ' ';
  }
  return out;
}

void expect_as_reference(const std::vector<Frame>& frames, const std::vector<ParserResult>& results,
                         std::array<unsigned, 9>& causes) {
  ASSERT_EQ(results.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const policy::ParsedFrame expected = policy::parse_frame(frames[i], kIngress);
    ++causes[static_cast<std::size_t>(expected.cause)];
    ASSERT_EQ(results[i].length, frames[i].size());
    ASSERT_EQ(results[i].cause, expected.cause)
        << policy::to_string(results[i].cause) << ", reference " << policy::to_string(expected.cause) << ", frame of "
        << frames[i].size() << " bytes: " << dump(frames[i]);
    if (expected.cause == Malformed::none) {
      expect_key(results[i], expected.key);
      ASSERT_TRUE(results[i].key == expected.key) << dump(frames[i]);
    }
  }
}

TYPED_TEST(Parser, AgreesWithTheReferenceOnRandomFrames) {
  const std::uint32_t seed = seed_from_environment();
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  FrameGenerator generator(seed);
  std::array<unsigned, 9> causes{};
  for (const Stalls stalls : {Stalls{0, 0}, Stalls{30, 0}, Stalls{0, 50}, Stalls{20, 20}}) {
    for (int batch = 0; batch < 40; ++batch) {
      std::vector<Frame> frames;
      for (int i = 0; i < 1000; ++i) frames.push_back(generator.next());
      const std::vector<ParserResult> results = this->bench_.run(frames, stalls);
      expect_as_reference(frames, results, causes);
      if (this->HasFatalFailure()) return;
    }
  }
  // The generator reaches every cause; without that the comparison would say little.
  EXPECT_THAT(causes, testing::Each(testing::Gt(50U)));
}

TYPED_TEST(Parser, AgreesWithTheReferenceOnEveryPrefixOfAFrame) {
  const std::uint32_t seed = seed_from_environment();
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  FrameGenerator generator(seed);
  std::array<unsigned, 9> causes{};
  for (int i = 0; i < 100; ++i) {
    const Frame whole = generator.well_formed();
    std::vector<Frame> frames;
    for (std::size_t size = 1; size <= whole.size() && size <= 260; ++size) {
      frames.emplace_back(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    }
    const std::vector<ParserResult> results = this->bench_.run(frames);
    expect_as_reference(frames, results, causes);
    if (this->HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace portcullis::test
