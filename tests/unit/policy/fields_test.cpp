// Words of site files to sets of values, field by field.
#include "policy/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::policy {
namespace {

using testing::HasSubstr;

using Ports = IntervalSet<std::uint32_t>;
using Addresses = IntervalSet<Address>;

template <typename Parse>
std::string error_of(Parse parse) {
  try {
    parse();
  } catch (const FieldError& error) {
    return error.what();
  }
  return "no error";
}
std::string prefix_error(std::string_view text) {
  return error_of([&] { parse_prefix(text); });
}

TEST(Prefix, Ipv4LiesInTheMappedBlock) {
  EXPECT_EQ(parse_prefix("192.0.2.0/26"), (Addresses{{from_ipv4(0xC0000200), from_ipv4(0xC000023F)}}));
  EXPECT_EQ(parse_prefix("10.1.2.3"), (Addresses{{from_ipv4(0x0A010203), from_ipv4(0x0A010203)}}));
  EXPECT_EQ(parse_prefix("0.0.0.0/0"),
            (Addresses{{make_address(0, 0xFFFF'0000'0000), make_address(0, 0xFFFF'FFFF'FFFF)}}));
}

TEST(Prefix, Ipv6NeverHoldsTheMappedBlock) {
  const Address low_end = make_address(0, 0xFFFE'FFFF'FFFF);
  const Address high_end = make_address(0, 0x1'0000'0000'0000);
  EXPECT_EQ(parse_prefix("::/0"), (Addresses{{0, low_end}, {high_end, ~Address{0}}}));
  EXPECT_EQ(parse_prefix("::/8"), (Addresses{{0, low_end}, {high_end, (Address{1} << 120) - 1}}));
  EXPECT_EQ(
      parse_prefix("2001:db8::/32"),
      (Addresses{{make_address(0x2001'0db8'0000'0000, 0), make_address(0x2001'0db8'FFFF'FFFF, ~std::uint64_t{0})}}));
  EXPECT_EQ(parse_prefix("::1"), (Addresses{{1, 1}}));
  EXPECT_THAT(prefix_error("::ffff:10.0.0.0/104"), HasSubstr("IPv4 addresses written as IPv6"));
}

TEST(Prefix, RangesOfAddressesAreKept) {
  EXPECT_EQ(parse_prefix("10.0.0.1-10.0.0.9"), (Addresses{{from_ipv4(0x0A000001), from_ipv4(0x0A000009)}}));
  EXPECT_EQ(parse_prefix("2001:db8::5 - 2001:db8::9"),
            (Addresses{{make_address(0x2001'0db8'0000'0000, 5), make_address(0x2001'0db8'0000'0000, 9)}}));
  EXPECT_THAT(prefix_error("10.0.0.9-10.0.0.1"), HasSubstr("reversed"));
}

TEST(Prefix, ErrorsNameThePrefixAndTheWayOut) {
  EXPECT_EQ(prefix_error("10.1.0.0/33"), "prefix 10.1.0.0/33: length must be 0 to 32");
  EXPECT_EQ(prefix_error("2001:db8::/129"), "prefix 2001:db8::/129: length must be 0 to 128");
  EXPECT_EQ(
      prefix_error("192.0.2.17/28"),
      "prefix 192.0.2.17/28 has bits set behind its length: write 192.0.2.16/28, or 192.0.2.17/32 for the one address");
  EXPECT_EQ(prefix_error("2001:db8::1/64"),
            "prefix 2001:db8::1/64 has bits set behind its length: write 2001:db8::/64, or 2001:db8::1/128 for the one "
            "address");
  for (std::string_view bad :
       {"", "/", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/0x8", "10.0.0/8", "10.0.0.256/32", "1.2.3.4/8/8",
        "2001:db8:::/32", "12345::/16", "a.b.c.d", "10.0.0.0 /8", "010.0.0.0/8"}) {
    EXPECT_NE(prefix_error(bad), "no error") << bad;
  }
}

TEST(Address, PrintsAsPeopleWriteIt) {
  EXPECT_EQ(to_string(from_ipv4(0xC0000201)), "192.0.2.1");
  EXPECT_EQ(to_string(make_address(0x2001'0db8'0000'0000, 1)), "2001:db8::1");
  EXPECT_EQ(to_string(parse_address("fe80::1")), "fe80::1");
}

TEST(Numbers, SinglesRangesAndLists) {
  EXPECT_EQ(parse_numbers("443", "port", 65535), (Ports{{443, 443}}));
  EXPECT_EQ(parse_numbers("1000-2000", "port", 65535), (Ports{{1000, 2000}}));
  EXPECT_EQ(parse_numbers(" 80, 443 , 5060 - 5061", "port", 65535), (Ports{{80, 80}, {443, 443}, {5060, 5061}}));
  EXPECT_EQ(parse_numbers("1000–2000", "port", 65535), (Ports{{1000, 2000}}));
  EXPECT_EQ(parse_numbers("any", "port", 65535), (Ports{{0, 65535}}));
}

TEST(Numbers, ErrorsSayWhatIsAllowed) {
  const auto error = [](std::string_view text) { return error_of([&] { parse_numbers(text, "port", 65535); }); };
  EXPECT_EQ(error("70000"), "port 70000 is too large: 0 to 65535 is allowed");
  EXPECT_EQ(error("99999999999999999999"), "port \"99999999999999999999\": a number or a range like 10-20 is expected");
  EXPECT_EQ(error("500-400"), "port range 500-400 is reversed: write 400-500");
  for (std::string_view bad : {"", ",", "80,", "http", "-1", "1-2-3", "80 443", "8.0", "-"})
    EXPECT_NE(error(bad), "no error") << bad;
}

TEST(PortField, EveryPortAsksForNone) {
  EXPECT_EQ(as_port_field({{0, 65535}}), (Ports{{0, 0x10000}}));
  EXPECT_EQ(as_port_field({{0, 65534}}), (Ports{{0, 65534}}));
  EXPECT_EQ(as_port_field({{1, 65535}}), (Ports{{1, 65535}}));
}

TEST(Protocol, NamesAndNumbers) {
  EXPECT_EQ(parse_protocol("tcp"), 6);
  EXPECT_EQ(parse_protocol("UDP"), 17);
  EXPECT_EQ(parse_protocol("icmpv6"), 58);
  EXPECT_EQ(parse_protocol("ipip"), 4);
  EXPECT_EQ(parse_protocol("vrrp"), 112);
  EXPECT_EQ(parse_protocol("255"), 255);
  EXPECT_EQ(parse_protocol("any"), std::nullopt);
  EXPECT_THAT(error_of([] { parse_protocol("upd"); }), HasSubstr("did you mean udp?"));
  EXPECT_THAT(error_of([] { parse_protocol("256"); }), HasSubstr("256"));
  EXPECT_EQ(protocol_name(132), "sctp");
  EXPECT_EQ(protocol_name(200), "200");
}

/// The flags bytes that a text matches, told by a predicate over SYN (2), ACK (16), RST (4) and FIN (1).
template <typename Predicate>
void expect_flags(std::string_view text, Predicate predicate) {
  const Chunk chunk = parse_tcp_flags(text);
  for (unsigned flags = 0; flags < 256; ++flags) {
    EXPECT_EQ(chunk[flags], predicate((flags & 2) != 0, (flags & 16) != 0, (flags & 4) != 0, (flags & 1) != 0))
        << text << " " << flags;
  }
}

TEST(TcpFlags, MeanWhatTheySay) {
  expect_flags("syn", [](bool syn, bool, bool, bool) { return syn; });
  expect_flags("+syn-ack", [](bool syn, bool ack, bool, bool) { return syn && !ack; });
  expect_flags("initial", [](bool syn, bool ack, bool, bool) { return syn && !ack; });
  expect_flags("established", [](bool, bool ack, bool rst, bool) { return ack || rst; });
  expect_flags("+SYN +ACK", [](bool syn, bool ack, bool, bool) { return syn && ack; });
  expect_flags("-fin-rst", [](bool, bool, bool rst, bool fin) { return !fin && !rst; });
  expect_flags("0x02/0x12", [](bool syn, bool ack, bool, bool) { return syn && !ack; });
  expect_flags("any", [](bool, bool, bool, bool) { return true; });
  EXPECT_TRUE(established_flags()[kNoFlags]);
}

TEST(TcpFlags, TheAmbiguousIsRefused) {
  for (std::string_view bad :
       {"syn-ack", "syn/ack", "", "+", "sin", "+syn-syn", "0x12/0x02", "0x100/0x100", "syn ack", "+syn,-ack"}) {
    EXPECT_NE(error_of([&] { parse_tcp_flags(bad); }), "no error") << bad;
  }
  EXPECT_THAT(error_of([] { parse_tcp_flags("syn-ack"); }), HasSubstr("+syn-ack"));
}

TEST(Dscp, NamesAndNumbers) {
  EXPECT_EQ(parse_dscp("EF"), (Ports{{46, 46}}));
  EXPECT_EQ(parse_dscp("af41"), (Ports{{34, 34}}));
  EXPECT_EQ(parse_dscp("8-15"), (Ports{{8, 15}}));
  EXPECT_NE(error_of([] { parse_dscp("64"); }), "no error");
  EXPECT_NE(error_of([] { parse_dscp("gold"); }), "no error");
}

TEST(EtherClassName, NamesAndNumbers) {
  EXPECT_EQ(parse_ether_class("arp"), EtherClass::arp);
  EXPECT_EQ(parse_ether_class("0x88CC"), EtherClass::lldp);
  EXPECT_EQ(parse_ether_class("other"), EtherClass::other);
  EXPECT_NE(error_of([] { parse_ether_class("0x8847"); }), "no error");
  EXPECT_NE(error_of([] { parse_ether_class("0"); }), "no error");
}

using Messages = std::vector<spec::IcmpMessage>;

TEST(Icmp, NumbersCodesAndNames) {
  EXPECT_EQ(parse_icmp("8", 1), (Messages{{8, -1}}));
  EXPECT_EQ(parse_icmp("3/4", 1), (Messages{{3, 4}}));
  EXPECT_EQ(parse_icmp("133-135", 58), (Messages{{133, -1}, {134, -1}, {135, -1}}));
  EXPECT_EQ(parse_icmp("echo-request", 1), (Messages{{8, -1}}));
  EXPECT_EQ(parse_icmp("echo-request", 58), (Messages{{128, -1}}));
  EXPECT_EQ(parse_icmp("packet-too-big", 1), (Messages{{3, 4}}));
  EXPECT_NE(error_of([] { parse_icmp("neighbor-solicitation", 1); }), "no error");
  EXPECT_NE(error_of([] { parse_icmp("256", 1); }), "no error");
  EXPECT_NE(error_of([] { parse_icmp("ping", 1); }), "no error");
}

TEST(Icmp, TypesWithTheSameCodesAreOneProduct) {
  const auto fields = icmp_fields({{8, -1}, {3, 4}, {0, -1}, {3, 3}, {12, 3}, {12, 4}});
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].types, (Ports{{0, 0}, {8, 8}}));
  EXPECT_EQ(fields[0].codes, (Ports{{0, 0x10000}}));
  EXPECT_EQ(fields[1].types, (Ports{{3, 3}, {12, 12}}));
  EXPECT_EQ(fields[1].codes, (Ports{{3, 4}}));
  ASSERT_EQ(icmp_fields({}).size(), 1U);
  EXPECT_EQ(icmp_fields({})[0].types, any_port());
}

TEST(Context, HoldsClassAndIngressInAnyFragmentState) {
  const Chunk chunk = context_chunk({EtherClass::ipv4, EtherClass::arp}, 0b101);
  for (unsigned ingress = 0; ingress < 8; ++ingress) {
    for (unsigned type = 0; type < 8; ++type) {
      for (unsigned fragment = 0; fragment < 3; ++fragment) {
        const bool expected = (ingress == 0 || ingress == 2) && (type == 1 || type == 3);
        EXPECT_EQ(chunk[ingress | type << 3 | fragment << 6], expected);
      }
    }
  }
}

}  // namespace
}  // namespace portcullis::policy
