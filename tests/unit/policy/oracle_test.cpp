// Random rows against a reading of the contract that knows no sets and no products: one packet, one row, plain
// questions.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "policy/build.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kSite = R"(portcullis: 1
documents: [ports.md]
roles: {Servers: [192.0.2.0/28, 2001:db8:1::/64], Clients: 10.0.0.0/8, World: any, Elsewhere: none}
peers: [10.0.0.0/8, 203.0.113.0/24]
)";

struct Packet {
  Address source;
  Address destination;
  unsigned protocol;
  bool has_ports;  // or type and code
  unsigned source_port;
  unsigned destination_port;
  unsigned flags;
};

bool within(Address address, Address prefix, unsigned length) {
  return length == 0 || (address >> (128 - length)) == (prefix >> (128 - length));
}
bool is_server(Address a) {
  return within(a, from_ipv4(0xC0000200), 96 + 28) || within(a, make_address(0x2001'0db8'0001'0000, 0), 64);
}
bool is_client(Address a) { return within(a, from_ipv4(0x0A000000), 96 + 8); }
bool is_peer(Address a) { return is_client(a) || within(a, from_ipv4(0xCB007100), 96 + 24); }
bool is_at(const std::string& role, Address a) {
  if (role == "Servers") return is_server(a);
  if (role == "Clients") return is_client(a);
  if (role.empty()) return is_peer(a);
  return role == "World";
}

bool in_ranges(const std::vector<spec::PortRange>& ranges, unsigned port) {
  for (const spec::PortRange& range : ranges) {
    if (port >= range.first && port <= range.last) return true;
  }
  return false;
}
bool all_ports(const std::vector<spec::PortRange>& ranges) {
  for (unsigned port = 0; port < 65536; ++port) {
    if (!in_ranges(ranges, port)) return false;
  }
  return true;
}

/// Does `here` -> `there` meet one use of the row, the service being at `there`?
bool use_admits(const spec::PortRow& row, const spec::PortUse& use, const Packet& p) {
  if (p.protocol != static_cast<unsigned>(use.protocol.number)) return false;
  if (p.protocol == 1) {
    if (use.icmp.empty()) return true;
    for (const spec::IcmpMessage& message : use.icmp) {
      if (p.has_ports && p.source_port == message.type &&
          (message.code < 0 || p.destination_port == static_cast<unsigned>(message.code))) {
        return true;
      }
    }
    return false;
  }
  if (use.ports.empty()) return true;  // ESP
  if (!p.has_ports) return all_ports(use.ports) && (row.source_ports.empty() || all_ports(row.source_ports));
  return in_ranges(use.ports, p.destination_port) &&
         (row.source_ports.empty() || in_ranges(row.source_ports, p.source_port));
}

/// Is the packet an answer to what the use admits in the other direction?
bool use_admits_reply(const spec::PortRow& row, const spec::PortUse& use, const Packet& p) {
  if (p.protocol == 6 && (p.flags & 0x14) == 0) return false;
  Packet asked = p;
  if (p.protocol == 1) {
    if (use_admits(row, use, asked)) return true;
    constexpr std::pair<unsigned, unsigned> kAnswers[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};
    for (const auto& [request, reply] : kAnswers) {
      asked.source_port = request;
      if (p.has_ports && p.source_port == reply && use_admits(row, use, asked)) return true;
    }
    return false;
  }
  std::swap(asked.source_port, asked.destination_port);
  return use_admits(row, use, asked);
}

bool row_admits(const spec::PortRow& row, const Packet& p) {
  for (const bool reversed : {false, true}) {
    if (row.direction != spec::Direction::both && reversed != (row.direction == spec::Direction::from)) continue;
    const std::string& initiator = reversed ? row.role : row.peer;
    const std::string& listener = reversed ? row.peer : row.role;
    for (const spec::PortUse& use : row.uses) {
      if (is_at(initiator, p.source) && is_at(listener, p.destination) && use_admits(row, use, p)) return true;
      if (is_at(initiator, p.destination) && is_at(listener, p.source) && use_admits_reply(row, use, p)) return true;
    }
  }
  return false;
}

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  template <typename T, std::size_t N>
  const T& one_of(const T (&values)[N]) {
    return values[below(N)];
  }
  std::uint16_t port() {
    constexpr std::uint16_t kPorts[] = {0, 1, 22, 79, 80, 81, 442, 443, 444, 1023, 1024, 65534, 65535};
    return one_of(kPorts);
  }
  std::vector<spec::PortRange> ports() {
    if (below(6) == 0) return {{0, 65535}};
    std::vector<spec::PortRange> out;
    for (unsigned n = 1 + below(3); n > 0; --n) {
      const std::uint16_t a = port();
      const std::uint16_t b = below(2) == 0 ? a : port();
      out.push_back({std::min(a, b), std::max(a, b)});
    }
    return out;
  }
  spec::PortRow row() {
    const std::string roles[] = {"Servers", "Clients", "World", "Elsewhere"};
    const std::string peers[] = {"", "Servers", "Clients", "World", "Elsewhere"};
    constexpr spec::Direction kDirections[] = {spec::Direction::unstated, spec::Direction::to, spec::Direction::from,
                                               spec::Direction::both};
    spec::PortRow row;
    row.document = "ports.md";
    row.line = 5;
    row.table = 1;
    row.role = one_of(roles);
    row.peer = one_of(peers);
    row.direction = one_of(kDirections);
    const std::vector<spec::PortRange> shared = ports();
    for (const auto& [number, name] : {std::pair{6, "tcp"}, std::pair{17, "udp"}, std::pair{132, "sctp"}}) {
      if (below(2) == 0) {
        row.uses.push_back({{static_cast<std::int16_t>(number), name}, below(4) == 0 ? ports() : shared, {}});
      }
    }
    if (below(3) == 0) row.uses.push_back({{50, "esp"}, {}, {}});
    if (below(3) == 0) {
      row.uses.push_back({{1, "icmp"}, {}, {}});
      for (unsigned n = below(3); n > 0; --n) {
        constexpr std::uint8_t kTypes[] = {0, 3, 8, 13};
        row.uses.back().icmp.push_back({one_of(kTypes), static_cast<std::int16_t>(static_cast<int>(below(3)) - 1)});
      }
    }
    if (below(4) == 0) row.source_ports = ports();
    return row;
  }
  Packet packet() {
    constexpr Address kAddresses[] = {from_ipv4(0xC0000200),
                                      from_ipv4(0xC000020F),
                                      from_ipv4(0xC0000210),
                                      from_ipv4(0x0A000000),
                                      from_ipv4(0x0B000000),
                                      from_ipv4(0xCB0071FF),
                                      make_address(0x2001'0db8'0001'0000, 1),
                                      make_address(0x2001'0db8'0001'0001, 1)};
    constexpr unsigned kProtocols[] = {6, 6, 17, 132, 50, 1, 1, 2};
    constexpr unsigned kFlags[] = {0x02, 0x12, 0x10, 0x04, 0x01, 0x00};
    Packet p{};
    p.source = one_of(kAddresses);
    p.destination = one_of(kAddresses);
    p.protocol = one_of(kProtocols);
    p.has_ports = p.protocol != 50 && p.protocol != 2 && below(8) != 0;  // else a later fragment
    const bool icmp = p.protocol == 1;
    constexpr unsigned kTypes[] = {0, 3, 8, 13, 14};
    p.source_port = icmp ? one_of(kTypes) : port();
    p.destination_port = icmp ? below(3) : port();
    p.flags = p.has_ports && p.protocol == 6 ? one_of(kFlags) : 0xFF;
    return p;
  }

 private:
  std::mt19937 random_;
};

TEST(RandomRows, AdmitWhatThePlainReadingAdmits) {
  const char* given = std::getenv("PORTCULLIS_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 20240229U;
  SCOPED_TRACE("PORTCULLIS_SEED=" + std::to_string(seed));
  Draw draw(seed);
  const Site site = parse_site("site.yaml", kSite);
  unsigned admitted = 0;
  for (int round = 0; round < 1000; ++round) {
    spec::Extraction extraction;
    extraction.tables.resize(1);
    extraction.tables[0].number = 1;
    extraction.rows.push_back(draw.row());
    const spec::PortRow& row = extraction.rows[0];
    const Policy policy = build_policy(site, {extraction});
    for (int n = 0; n < 200; ++n) {
      const Packet p = draw.packet();
      const bool v4 = is_ipv4(p.source);
      const Key key{.source = p.source,
                    .destination = p.destination,
                    .source_port = p.has_ports ? p.source_port : 0x10000,
                    .destination_port = p.has_ports ? p.destination_port : 0x10000,
                    .vlan = 0,
                    .protocol = static_cast<std::uint8_t>(p.protocol),
                    .tcp_flags = static_cast<std::uint8_t>(p.flags),
                    .dscp_tags = 0,
                    .context = make_context(
                        0, v4 ? EtherClass::ipv4 : EtherClass::ipv6,
                        p.has_ports || p.protocol == 50 || p.protocol == 2 ? Fragment::whole : Fragment::later)};
      const bool nobody = row.role == "Elsewhere" || row.peer == "Elsewhere";
      bool permitted = false;
      for (const Entry& entry : policy.entries) {
        if (entry.from.cause == Cause::rule && entry.match.contains(key)) permitted = entry.action.permit;
      }
      const bool expected = !nobody && row_admits(row, p);
      admitted += expected ? 1U : 0U;
      ASSERT_EQ(permitted, expected) << "round " << round << ", packet " << n << ", protocol " << p.protocol
                                     << ", ports " << p.source_port << " to " << p.destination_port << ", flags "
                                     << p.flags;
    }
  }
  EXPECT_GT(admitted, 5000U) << "too few packets were admitted to say anything";
}

}  // namespace
}  // namespace portcullis::policy
