// `run` as a library: files, figures, rates, jobs, and that it notices what is wrong.
#include "run/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "random_policy.h"
#include "tables/compile.h"
#include "tables/reference.h"
#include "traffic/frame.h"
#include "traffic/pcap.h"

namespace portcullis::integration {
namespace {

using testing::HasSubstr;

std::filesystem::path scratch(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string unique = std::string("portcullis-") + test->name() + "-" + name;
  std::replace(unique.begin(), unique.end(), '/', '-');
  return std::filesystem::path(testing::TempDir()) / unique;
}

std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

sim::Subject subject_of(policy::Policy policy) {
  sim::Subject subject;
  subject.image = tables::compile(policy, tables::Geometry::edge()).image;
  subject.policy = std::move(policy);
  subject.name = "test policy";
  return subject;
}

policy::Provenance from(policy::Cause cause, const std::string& rule, const std::string& document, unsigned line) {
  policy::Provenance provenance;
  provenance.cause = cause;
  provenance.rule = rule;
  provenance.document = document;
  provenance.line = line;
  return provenance;
}

/// Web servers by a document row, telnet blocked by hand, ARP by a built-in entry.
policy::Policy web_policy() {
  policy::Policy policy;
  policy::Entry arp;
  arp.match = policy::Match::any();
  arp.match.context.reset();
  for (unsigned ingress = 0; ingress < 8; ++ingress) {
    arp.match.context.set(policy::make_context(ingress, policy::EtherClass::arp, policy::Fragment::whole));
  }
  arp.action.permit = true;
  arp.from = from(policy::Cause::essential, "arp", "", 0);
  policy.entries.push_back(arp);
  policy::Entry telnet;
  telnet.match = policy::Match::any();
  telnet.match.destination_port = {{23, 23}};
  telnet.match.protocol.reset();
  telnet.match.protocol.set(6);
  telnet.from = from(policy::Cause::rule, "block-telnet", "site.yaml", 9);
  policy.entries.push_back(telnet);
  policy::Entry web;
  web.match = policy::Match::any();
  web.match.destination = {{policy::from_ipv4(0xC0000200), policy::from_ipv4(0xC00002FF)}};
  web.match.destination_port = {{1, 79}, {80, 80}, {443, 443}};
  web.match.protocol.reset();
  web.match.protocol.set(6);
  web.action.permit = true;
  web.from = from(policy::Cause::rule, "ports, old.md:12", "ports, old.md", 12);
  policy.entries.push_back(web);
  return policy;
}

traffic::Frame tcp_to(std::uint32_t address, std::uint16_t port) {
  traffic::Frame frame;
  frame.from = policy::from_ipv4(0xC6336401);
  frame.to = policy::from_ipv4(address);
  frame.protocol = traffic::kTcp;
  frame.source_port = 40000;
  frame.destination_port = port;
  return frame;
}

/// Columns 1 to n of a CSV line without quotes.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Run, VerdictsAndPermittedPacketsOfACapture) {
  const auto in = scratch("in.pcap");
  const auto csv = scratch("verdicts.csv");
  const auto out = scratch("out.pcap");
  std::vector<std::vector<std::uint8_t>> frames;
  frames.push_back(traffic::build(tcp_to(0xC0000201, 80)));   // 54 bytes: row 12
  frames.push_back(traffic::build(tcp_to(0xC0000201, 23)));   // the hand-written rule
  frames.push_back(traffic::build(tcp_to(0xC0000201, 444)));  // default
  traffic::Frame malformed = tcp_to(0xC0000201, 80);
  malformed.ip_version = 5;
  frames.push_back(traffic::build(malformed));
  traffic::Frame arp;
  arp.ether_type = traffic::kEtherArp;
  arp.payload = 28;
  frames.push_back(traffic::build(arp));
  traffic::Frame big = tcp_to(0xC00002FF, 443);
  big.payload = 1400;
  frames.push_back(traffic::build(big));
  {
    traffic::PcapWriter writer(in);
    for (const auto& frame : frames) writer.write(0, frame);
    writer.close();
  }
  sim::RunOptions options;
  options.pcap = in;
  options.verdicts = csv;
  options.out_pcap = out;
  options.ingress = 1;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.offered, 6U);
  EXPECT_EQ(result.permits, 3U);
  EXPECT_EQ(result.drops, 3U);
  EXPECT_EQ(result.padded, 5U);
  EXPECT_EQ(result.malformed[2], 1U);

  const std::vector<std::string> lines = lines_of(read(csv));
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0], "packet,time_ns,length,ingress,verdict,entry,rule,document,line,cause");
  const auto without_time = [](const std::string& line) {
    const std::size_t first = line.find(',');
    return line.substr(0, first) + line.substr(line.find(',', first + 1));
  };
  EXPECT_EQ(without_time(lines[1]), "0,54,1,permit,2,\"ports, old.md:12\",\"ports, old.md\",12,rule");
  EXPECT_EQ(without_time(lines[2]), "1,54,1,drop,1,block-telnet,site.yaml,9,rule");
  EXPECT_EQ(without_time(lines[3]), "2,54,1,drop,,,,,default");
  EXPECT_EQ(without_time(lines[4]), "3,54,1,drop,,,,,malformed");
  EXPECT_EQ(without_time(lines[5]), "4,42,1,permit,0,arp,,,essential");
  EXPECT_EQ(without_time(lines[6]), "5,1454,1,permit,2,\"ports, old.md:12\",\"ports, old.md\",12,rule");

  const traffic::Capture left = traffic::read_pcap(out, 0);
  ASSERT_EQ(left.packets.size(), 3U);
  std::uint64_t last = 0;
  const std::array<std::size_t, 3> permitted = {0, 4, 5};
  for (std::size_t i = 0; i < 3; ++i) {
    auto expected = frames[permitted[i]];
    expected.resize(std::max<std::size_t>(expected.size(), 60));
    EXPECT_TRUE(std::ranges::equal(left.packets.frame(i), expected)) << i;
    EXPECT_GT(left.packets[i].time_ns, last);
    last = left.packets[i].time_ns;
  }
  // At 10 Gbit/s the last of these frames has been on the wire for 5 * 84 + 8 + 1454 byte times of 0.8 ns; its first
  // beat leaves after that.
  EXPECT_GT(last, static_cast<std::uint64_t>((5 * 84 + 8 + 1454) * 0.8));
  EXPECT_LT(last, static_cast<std::uint64_t>((5 * 84 + 8 + 1454) * 0.8) + 500);
  for (const auto& file : {in, csv, out}) std::filesystem::remove(file);
}

TEST(Run, RandomPoliciesMeetTheReference) {
  const std::uint64_t seed = test_seed(3);
  RandomPolicy policies(seed);
  for (unsigned i = 0; i < 5; ++i) {
    sim::RunOptions options;
    options.rate = 0;
    options.packets = 20'000;
    options.seed = seed + i;
    const sim::RunResult result = sim::run(subject_of(policies.make()), options);
    ASSERT_EQ(result.accepted, 20'000U);
    ASSERT_TRUE(result.ok()) << "policy " << i << '\n' << sim::to_text(result);
  }
}

// Two ports fill their buffers at two frames a clock, and are decided at one.
TEST(Run, WithoutALineNoMoreIsAchievedThanTheTheoryAllows) {
  for (const unsigned ports : {1U, 2U}) {
    for (const std::uint64_t packets : {8U, 200U, 5000U}) {
      sim::RunOptions options;
      options.rate = 0;
      options.ports = ports;
      options.packets = packets;
      const sim::RunResult result = sim::run(subject_of(web_policy()), options);
      ASSERT_TRUE(result.ok()) << sim::to_text(result);
      EXPECT_LE(result.achieved_mpps, result.theoretical_mpps * (1 + 1e-9)) << packets << " packets, " << ports;
      EXPECT_LE(result.small_achieved_mpps, result.small_theoretical_mpps * (1 + 1e-9)) << ports << " ports";
      EXPECT_GT(result.small_achieved_mpps, result.small_theoretical_mpps * 0.99) << ports << " ports";
      EXPECT_GT(result.achieved_mpps, result.theoretical_mpps * (packets < 1000 ? 0.5 : 0.95))
          << packets << " packets, " << ports;
    }
  }
}

TEST(Run, AWrongReferenceIsNoticedWithPacketAndEntries) {
  sim::Subject subject = subject_of(web_policy());
  subject.policy.entries[2].match.destination_port = {{80, 81}, {443, 443}};  // the image was made without
  sim::RunOptions options;
  options.packets = 2000;
  const sim::RunResult result = sim::run(subject, options);
  EXPECT_GT(result.mismatches, 0U);
  EXPECT_GT(result.counter_differences, 0U);
  EXPECT_EQ(result.exit_code(), 1);
  ASSERT_FALSE(result.first_mismatches.empty());
  EXPECT_THAT(result.first_mismatches, testing::Contains(HasSubstr("entry 2 (ports, old.md:12)")));
  EXPECT_THAT(sim::to_text(result), HasSubstr("<-- the filter and the policy differ"));
}

TEST(Run, AnEmptyCaptureIsNoError) {
  const auto in = scratch("in.pcap");
  const auto csv = scratch("verdicts.csv");
  traffic::PcapWriter(in).close();
  sim::RunOptions options;
  options.pcap = in;
  options.verdicts = csv;
  options.jobs = 2;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  EXPECT_EQ(result.offered, 0U);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_EQ(read(csv), "packet,time_ns,length,ingress,verdict,entry,rule,document,line,cause\n");
  std::filesystem::remove(in);
  std::filesystem::remove(csv);
}

TEST(Run, LeftOutRowsMakeTheAnswerNo) {
  sim::Subject subject = subject_of(web_policy());
  subject.left_out_rows.push_back("ports.md:7: no protocol");
  sim::RunOptions options;
  options.packets = 100;
  const sim::RunResult result = sim::run(subject, options);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_THAT(sim::to_text(result), HasSubstr("ports.md:7: no protocol"));
}

TEST(Run, MonitorModeGroupsWhatWouldHaveBeenDropped) {
  const auto in = scratch("in.pcap");
  const auto csv = scratch("verdicts.csv");
  {
    traffic::PcapWriter writer(in);
    for (int i = 0; i < 3; ++i) writer.write(0, traffic::build(tcp_to(0xC0000201, 444)));
    writer.write(0, traffic::build(tcp_to(0xC0000201, 443)));
    writer.write(0, traffic::build(tcp_to(0xC0000201, 23)));
    writer.close();
  }
  policy::Policy policy = web_policy();
  policy.monitor = true;
  sim::RunOptions options;
  options.pcap = in;
  options.verdicts = csv;
  const sim::RunResult result = sim::run(subject_of(policy), options);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_EQ(result.permits, 5U);
  EXPECT_EQ(result.drops, 0U);
  EXPECT_EQ(result.would_drops, 4U);
  ASSERT_EQ(result.would_drop.size(), 2U);
  EXPECT_EQ(result.would_drop[0].destination, "192.0.2.1");
  EXPECT_EQ(result.would_drop[0].service, "tcp/444");
  EXPECT_EQ(result.would_drop[0].nearest_rule, "ports, old.md:12");
  EXPECT_EQ(result.would_drop[0].differs_in, "destination port");
  EXPECT_EQ(result.would_drop[0].tally.packets, 3U);
  EXPECT_EQ(result.would_drop[0].tally.bytes, 180U);
  EXPECT_EQ(result.would_drop[1].service, "tcp/23");
  EXPECT_EQ(result.would_drop[1].differs_in, "an earlier rule drops it");
  const std::vector<std::string> lines = lines_of(read(csv));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_TRUE(lines[0].ends_with(",cause,would"));
  EXPECT_TRUE(lines[1].ends_with(",permit,,,,,default,drop")) << lines[1];
  EXPECT_TRUE(lines[4].ends_with(",12,rule,permit")) << lines[4];
  std::filesystem::remove(in);
  std::filesystem::remove(csv);
}

// Frames of every kind that a site drops; with the lines of all groups in the site file, only what is malformed is
// left.
TEST(Run, MonitorModesLinesPermitWhatWouldHaveBeenDropped) {
  const auto in = scratch("in.pcap");
  const auto ports = scratch("ports.md");
  const auto site = scratch("site.yaml");
  std::ofstream(ports) << "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n| Web | web | 443 | TCP |\n";
  const auto write_site = [&](const std::string& keys, const std::string& rules) {
    std::ofstream(site) << "portcullis: 1\ndocuments: [{file: " << ports.filename().string() << "}]\nmode: monitor\n"
                        << "essential: []\nroles:\n  Web: [192.0.2.0/26, 2001:db8::/64]\n"
                        << "  \"Voice: \\\"old\\\"\": 192.0.2.64/26\n  Clients: 198.51.100.0/24\n  World: any\n"
                        << keys << "rules:\n"
                        << rules << "  - {name: no-telnet, action: drop, protocol: tcp, destination_port: 23}\n";
  };
  write_site("", "");
  std::size_t frames = 0;
  {
    traffic::PcapWriter writer(in);
    const auto write = [&](const traffic::Frame& frame) {
      writer.write(0, traffic::build(frame));
      ++frames;
    };
    for (const std::uint32_t to : {0xC0000201U, 0xC0000203U, 0xC0000241U, 0xCB007101U}) {
      for (const std::uint16_t port : std::initializer_list<std::uint16_t>{23, 444, 0}) write(tcp_to(to, port));
      traffic::Frame frame = tcp_to(to, 500);
      for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{17, 132, 1, 47, 50, 51, 255}) {
        frame.protocol = protocol;
        frame.source_port = protocol == 1 ? 8 : 40000;
        frame.destination_port = protocol == 1 ? 0 : 500;
        write(frame);
      }
      frame.protocol = traffic::kUdp;
      frame.from = policy::from_ipv4(0x0A000000U + to % 7);
      write(frame);
      frame.tags.push_back({100, 0, traffic::kEtherVlan});
      write(frame);
      frame.tags.clear();
      frame.fragment_offset = 100;
      write(frame);
    }
    for (std::uint32_t host = 1; host < 20; ++host) {  // more sources than a line names
      traffic::Frame frame = tcp_to(0xC0000201U, 8443);
      frame.from = policy::from_ipv4(0x0A000100U + host);
      write(frame);
    }
    traffic::Frame six = tcp_to(0, 636);
    six.ether_type = traffic::kEtherIpv6;
    six.from = (policy::Address{0x20010db800000009U} << 64U) + 5;
    six.to = (policy::Address{0x20010db800000000U} << 64U) + 7;
    write(six);
    six.protocol = traffic::kIcmp6;
    six.source_port = 135;
    six.destination_port = 0;
    write(six);
    for (const std::uint16_t type :
         {traffic::kEtherArp, traffic::kEtherLldp, traffic::kEtherEapol, traffic::kEtherPtp, std::uint16_t{0x1234}}) {
      traffic::Frame other;
      other.ether_type = type;
      other.payload = 46;
      write(other);
    }
    traffic::Frame malformed = tcp_to(0xC0000201, 443);
    malformed.ip_version = 5;
    write(malformed);
    writer.close();
  }
  sim::RunOptions options;
  options.pcap = in;
  const sim::RunResult before = sim::run(sim::load_subject(site, "edge"), options);
  EXPECT_EQ(before.would_drops, frames);
  std::set<std::string> keys;
  std::set<std::string> rules;
  std::uint64_t grouped = 0;
  for (const sim::WouldDrop& group : before.would_drop) {
    grouped += group.tally.packets;
    if (group.permit_line.empty()) {
      EXPECT_THAT(group.differs_in, HasSubstr("malformed"));
    } else if (group.permit_line.starts_with("- ")) {
      rules.insert("  " + group.permit_line + "\n");
    } else {
      keys.insert(group.permit_line + "\n");
    }
  }
  EXPECT_EQ(grouped, frames);
  EXPECT_THAT(rules,
              testing::Contains("  - {name: permit-tcp-444-to-Web, action: permit, source: Clients, destination: "
                                "Web, protocol: tcp, destination_port: 444}\n"));
  const auto joined = [](const std::set<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
  };
  write_site(joined(keys), joined(rules));
  const sim::RunResult after = sim::run(sim::load_subject(site, "edge"), options);
  EXPECT_TRUE(after.ok());
  EXPECT_EQ(after.would_drops, 1U) << sim::to_text(after);
  ASSERT_EQ(after.would_drop.size(), 1U);
  EXPECT_THAT(after.would_drop[0].differs_in, HasSubstr("malformed"));
  for (const auto& file : {in, ports, site}) std::filesystem::remove(file);
}

TEST(Run, TheLatencyHistogramHoldsEveryPacketBetweenTheLeastAndTheMost) {
  sim::RunOptions options;
  options.packets = 500;
  options.rate = 100'000'000'000;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  std::uint64_t packets = 0;
  double sum = 0;
  std::uint64_t least = 0;
  for (std::size_t clocks = 0; clocks < result.latency_histogram.size(); ++clocks) {
    packets += result.latency_histogram[clocks];
    sum += static_cast<double>(clocks * result.latency_histogram[clocks]);
    if (least == 0 && result.latency_histogram[clocks] != 0) least = clocks;
  }
  EXPECT_EQ(packets, result.accepted);
  EXPECT_EQ(least, result.latency_min);
  EXPECT_EQ(result.latency_histogram.size(), result.latency_max + 1);
  EXPECT_NEAR(sum / static_cast<double>(packets), result.latency_mean, 1e-6);
}

struct Rate {
  std::uint64_t bits_per_second;
  unsigned ports;
};

class LineRate : public testing::TestWithParam<Rate> {};

TEST_P(LineRate, SmallestFramesAreAllTakenAtTheStatedClock) {
  sim::RunOptions options;
  options.rate = GetParam().bits_per_second;
  options.ports = GetParam().ports;
  options.packets = 1000;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_EQ(result.small_lost, 0U);
  const double line = static_cast<double>(GetParam().bits_per_second) / (84 * 8) / 1e6 * GetParam().ports;
  EXPECT_NEAR(result.small_theoretical_mpps, line, line * 1e-6);
  EXPECT_NEAR(result.small_achieved_mpps, line, line * 1e-3);
  EXPECT_GE(result.clock_mhz, 250);
  EXPECT_GT(result.latency_min, 0U);
  EXPECT_LE(result.latency_min, result.latency_max);
}

INSTANTIATE_TEST_SUITE_P(TenToAHundred, LineRate,
                         testing::Values(Rate{10'000'000'000, 2}, Rate{25'000'000'000, 2}, Rate{40'000'000'000, 2},
                                         Rate{100'000'000'000, 1}, Rate{100'000'000'000, 2}),
                         [](const auto& info) {
                           return std::to_string(info.param.bits_per_second / 1'000'000'000) + "GbitPerSecond" +
                                  std::to_string(info.param.ports) + "Ports";
                         });

TEST(Run, ALineThatIsTooFastLosesFramesAndSaysSo) {
  sim::RunOptions options;
  options.rate = 100'000'000'000;
  options.clock_mhz = 100;
  options.packets = 5000;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  EXPECT_GT(result.lost, 0U);
  EXPECT_EQ(result.offered, result.accepted + result.lost);
  EXPECT_EQ(result.mismatches, 0U);
  EXPECT_EQ(result.counter_differences, 0U);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_THAT(sim::to_text(result), HasSubstr("frames were lost"));
}

TEST(Run, JobsGiveTheSameVerdicts) {
  const auto one = scratch("one.csv");
  const auto three = scratch("three.csv");
  sim::Subject subject = subject_of(web_policy());
  sim::RunOptions options;
  options.packets = 3000;
  options.verdicts = one;
  const sim::RunResult alone = sim::run(subject, options);
  options.jobs = 3;
  options.verdicts = three;
  const sim::RunResult shared = sim::run(subject, options);
  EXPECT_TRUE(alone.ok()) << sim::to_text(alone);
  EXPECT_TRUE(shared.ok()) << sim::to_text(shared);
  EXPECT_EQ(alone.permits, shared.permits);
  EXPECT_EQ(alone.accepted, shared.accepted);
  EXPECT_EQ(alone.verdicts_by_cause, shared.verdicts_by_cause);
  const auto without_time = [](const std::string& text) {
    std::vector<std::string> lines = lines_of(text);
    for (std::string& line : lines) {
      const std::size_t first = line.find(',');
      line.erase(first, line.find(',', first + 1) - first);
    }
    return lines;
  };
  EXPECT_EQ(without_time(read(one)), without_time(read(three)));
  std::filesystem::remove(one);
  std::filesystem::remove(three);
}

TEST(Run, PassingOverIdleTimeChangesNothing) {
  // At 50 Mbit/s a frame comes every 3,360 clocks; at 51.2 a clock's worth of bytes never fits the period. Both against
  // the times that the arithmetic gives: verdicts follow the last beat by the same latency as at full speed.
  const auto csv = scratch("verdicts.csv");
  sim::RunOptions options;
  options.packets = 64;
  options.rate = 50'000'000;
  options.ports = 1;
  options.verdicts = csv;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_GT(result.skipped_clocks, result.clocks / 2);
  const std::vector<std::string> lines = lines_of(read(csv));
  ASSERT_EQ(lines.size(), 65U);
  double byte_time = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    unsigned packet = 0, length = 0;
    unsigned long long time = 0;
    ASSERT_EQ(std::sscanf(lines[i].c_str(), "%u,%llu,%u", &packet, &time, &length), 3);
    length = std::max(length, 60U);
    const double arrived = (byte_time + 8 + length) * 160;  // 160 ns a byte
    const double taken_clock = std::ceil(arrived / 4);
    const double latency = static_cast<double>(time) / 4 - taken_clock;
    EXPECT_GE(latency, static_cast<double>(result.latency_min)) << lines[i];
    EXPECT_LE(latency, static_cast<double>(result.latency_max)) << lines[i];
    byte_time += length + 24;
  }
  EXPECT_EQ(result.latency_min, result.latency_max);
  std::filesystem::remove(csv);
}

TEST(Run, WaveformsAreWrittenOnDemand) {
  const auto fst = scratch("waves.fst");
  sim::RunOptions options;
  options.packets = 100;
  options.trace_fst = fst;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  EXPECT_TRUE(result.ok());
  EXPECT_GT(std::filesystem::file_size(fst), 1000U);
  options.jobs = 2;
  EXPECT_THROW(sim::run(subject_of(web_policy()), options), sim::RunError);
  std::filesystem::remove(fst);
}

TEST(Run, GeometryLargeRunsToo) {
  sim::Subject subject;
  subject.policy = web_policy();
  subject.image = tables::compile(subject.policy, tables::Geometry::large()).image;
  sim::RunOptions options;
  options.packets = 1000;
  const sim::RunResult result = sim::run(subject, options);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_EQ(result.geometry, "large");
}

TEST(Run, AnImageRunsAgainstItsOwnEntries) {
  const auto file = scratch("image.pti");
  tables::write_image(file, subject_of(web_policy()).image);
  const sim::Subject subject = sim::load_subject(file);
  EXPECT_EQ(subject.policy.entries.at(2).from.document, "ports, old.md");
  sim::RunOptions options;
  options.packets = 1000;
  const sim::RunResult result = sim::run(subject, options);
  EXPECT_TRUE(result.ok()) << sim::to_text(result);
  EXPECT_GT(result.permits, 0U);
  std::filesystem::remove(file);
}

TEST(Run, JsonHoldsTheFigures) {
  sim::RunOptions options;
  options.packets = 500;
  const sim::RunResult result = sim::run(subject_of(web_policy()), options);
  const auto json = nlohmann::json::parse(sim::to_json(result));
  EXPECT_EQ(json["packets"]["offered"], 500);
  EXPECT_EQ(json["mismatches"], 0);
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["verdicts"]["permit"].get<std::uint64_t>() + json["verdicts"]["drop"].get<std::uint64_t>(), 500U);
}

TEST(RunOptions, ContradictionsAreErrors) {
  const sim::Subject subject = subject_of(web_policy());
  const auto refused = [&subject](auto change) {
    sim::RunOptions options;
    options.packets = 10;
    change(options);
    EXPECT_THROW(sim::run(subject, options), sim::RunError);
  };
  refused([](sim::RunOptions& o) { o.ports = 3; });
  refused([](sim::RunOptions& o) { o.ports = 0; });
  refused([](sim::RunOptions& o) { o.ports = 1, o.ingress = 1; });
  refused([](sim::RunOptions& o) { o.packets = 0; });
  refused([](sim::RunOptions& o) { o.jobs = 0; });
  refused([](sim::RunOptions& o) { o.clock_mhz = 5000; });
  refused([](sim::RunOptions& o) { o.verdicts = "/nonexistent/verdicts.csv"; });
}

TEST(ParseRate, ReadsRatesAndRefusesTheRest) {
  EXPECT_EQ(sim::parse_rate("10G"), 10'000'000'000U);
  EXPECT_EQ(sim::parse_rate("2.5G"), 2'500'000'000U);
  EXPECT_EQ(sim::parse_rate("100M"), 100'000'000U);
  EXPECT_EQ(sim::parse_rate("400000000"), 400'000'000U);
  EXPECT_EQ(sim::parse_rate("25Gbit/s"), 25'000'000'000U);
  EXPECT_EQ(sim::parse_rate("max"), 0U);
  for (const char* wrong : {"", "G", "10X", "-1G", "0", "nan", "1e30G", "10GG"})
    EXPECT_THROW(sim::parse_rate(wrong), sim::RunError) << wrong;
}

}  // namespace
}  // namespace portcullis::integration
