#include "policy/fields.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "spec/text.h"

namespace portcullis::policy {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kSctp = 132;

constexpr Address kTop = ~Address{0};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Decimal, or hexadecimal with 0x. Nothing else in the text; nullopt also if it does not fit.
std::optional<std::uint64_t> number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Where "first-last" parts, an en dash included; npos if it does not.
struct Dash {
  std::size_t at;
  std::size_t size;
};
Dash find_dash(std::string_view text) {
  constexpr std::string_view kEnDash = "\xE2\x80\x93";
  if (const std::size_t at = text.find(kEnDash); at != std::string_view::npos) return {at, kEnDash.size()};
  return {text.find('-'), 1};
}

struct ParsedAddress {
  Address value;
  bool ipv4;
};
std::optional<ParsedAddress> read_address(std::string_view text) {
  const std::string word(text);
  if (word.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  if (word.find(':') == std::string::npos) {
    if (inet_pton(AF_INET, word.c_str(), bytes.data()) != 1) return std::nullopt;
    return ParsedAddress{
        from_ipv4(static_cast<std::uint32_t>(bytes[0] << 24U | bytes[1] << 16U | bytes[2] << 8U | bytes[3])), true};
  }
  if (inet_pton(AF_INET6, word.c_str(), bytes.data()) != 1) return std::nullopt;
  Address value = 0;
  for (const std::uint8_t byte : bytes) value = (value << 8U) | byte;
  return ParsedAddress{value, false};
}

const IntervalSet<Address>& mapped_block() {
  static const IntervalSet<Address> block{{kMappedPrefix, kMappedPrefix | 0xFFFF'FFFFU}};
  return block;
}

/// What an IPv6 interval holds: everything in it but the IPv4 block.
IntervalSet<Address> ipv6_part(Address first, Address last, std::string_view text) {
  IntervalSet<Address> part = subtract(IntervalSet<Address>{{first, last}}, mapped_block());
  if (part.empty()) {
    throw FieldError(fmt::format(
        "prefix {}: IPv4 addresses written as IPv6, which no packet on the wire carries: write a.b.c.d/length",
        shown(text)));
  }
  return part;
}

struct Name {
  std::string_view name;
  std::uint8_t number;
};

// IANA "Assigned Internet Protocol Numbers", keywords in lower case; the first name of a number is the one printed.
constexpr Name kProtocols[] = {{"icmp", 1},   {"igmp", 2},     {"ipip", 4},      {"ipencap", 4},     {"ipv4", 4},
                               {"tcp", 6},    {"egp", 8},      {"igp", 9},       {"udp", 17},        {"rdp", 27},
                               {"dccp", 33},  {"ipv6", 41},    {"rsvp", 46},     {"gre", 47},        {"esp", 50},
                               {"ah", 51},    {"icmpv6", 58},  {"icmp6", 58},    {"ipv6-icmp", 58},  {"eigrp", 88},
                               {"ospf", 89},  {"etherip", 97}, {"pim", 103},     {"vrrp", 112},      {"l2tp", 115},
                               {"isis", 124}, {"sctp", 132},   {"udplite", 136}, {"mpls-in-ip", 137}};

// IANA "Differentiated Services Field Codepoints"; be is its older name for CS0, va RFC 5865's VOICE-ADMIT.
constexpr Name kDscps[] = {{"be", 0},    {"default", 0}, {"le", 1},    {"cs0", 0},   {"cs1", 8},
                           {"af11", 10}, {"af12", 12},   {"af13", 14}, {"cs2", 16},  {"af21", 18},
                           {"af22", 20}, {"af23", 22},   {"cs3", 24},  {"af31", 26}, {"af32", 28},
                           {"af33", 30}, {"cs4", 32},    {"af41", 34}, {"af42", 36}, {"af43", 38},
                           {"cs5", 40},  {"va", 44},     {"ef", 46},   {"cs6", 48},  {"cs7", 56}};

constexpr std::array<std::string_view, 8> kFlagNames = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};

struct ClassName {
  std::string_view name;
  EtherClass type;
  unsigned ether_type;
};
constexpr ClassName kClasses[] = {{"other", EtherClass::other, 0},    {"ipv4", EtherClass::ipv4, 0x0800},
                                  {"ipv6", EtherClass::ipv6, 0x86DD}, {"arp", EtherClass::arp, 0x0806},
                                  {"lldp", EtherClass::lldp, 0x88CC}, {"eapol", EtherClass::eapol, 0x888E},
                                  {"ptp", EtherClass::ptp, 0x88F7},   {"slow", EtherClass::slow, 0x8809}};

// IANA "ICMP Parameters" and "ICMPv6 Parameters". -1: the family has no such message.
struct IcmpName {
  std::string_view name;
  int type4;
  int code4;
  int type6;
  int code6;
};
constexpr IcmpName kIcmpNames[] = {{"echo-request", 8, -1, 128, -1},
                                   {"echo-reply", 0, -1, 129, -1},
                                   {"destination-unreachable", 3, -1, 1, -1},
                                   {"fragmentation-needed", 3, 4, 2, -1},
                                   {"packet-too-big", 3, 4, 2, -1},
                                   {"time-exceeded", 11, -1, 3, -1},
                                   {"parameter-problem", 12, -1, 4, -1},
                                   {"redirect", 5, -1, 137, -1},
                                   {"router-advertisement", 9, -1, 134, -1},
                                   {"router-solicitation", 10, -1, 133, -1},
                                   {"neighbor-solicitation", -1, -1, 135, -1},
                                   {"neighbor-advertisement", -1, -1, 136, -1},
                                   {"timestamp-request", 13, -1, -1, -1},
                                   {"timestamp-reply", 14, -1, -1, -1}};

template <typename Table>
std::string names_of(const Table& table) {
  std::string out;
  for (const auto& entry : table) out += (out.empty() ? "" : ", ") + std::string(entry.name);
  return out;
}

Chunk flags_matching(unsigned value, unsigned mask) {
  Chunk chunk;
  for (unsigned flags = 0; flags < 256; ++flags) chunk[flags] = (flags & mask) == value;
  return chunk;
}

}  // namespace

IntervalSet<Address> any_address() { return {{0, kTop}}; }

Address parse_address(std::string_view text) {
  const auto address = read_address(trim(text));
  if (!address) throw FieldError(fmt::format("\"{}\" is no address: write 192.0.2.1 or 2001:db8::1", shown(text)));
  return address->value;
}

IntervalSet<Address> parse_prefix(std::string_view text) {
  const std::string_view word = trim(text);
  if (const Dash dash = find_dash(word); dash.at != std::string_view::npos) {
    const auto first = read_address(trim(word.substr(0, dash.at)));
    const auto last = read_address(trim(word.substr(dash.at + dash.size)));
    if (first && last && first->ipv4 == last->ipv4) {
      if (first->value > last->value) {
        throw FieldError(fmt::format("address range {} is reversed: write the smaller address first", shown(word)));
      }
      return first->ipv4 ? IntervalSet<Address>{{first->value, last->value}}
                         : ipv6_part(first->value, last->value, word);
    }
  }
  const std::size_t slash = word.find('/');
  const auto address = read_address(word.substr(0, slash));
  if (!address) {
    throw FieldError(
        fmt::format("prefix {}: not an IPv4 or IPv6 address: write 192.0.2.0/24 or 2001:db8::/32", shown(word)));
  }
  const unsigned width = address->ipv4 ? 32 : 128;
  unsigned length = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = word.substr(slash + 1);
    const auto given = digits.starts_with("0x") ? std::nullopt : number(digits);
    if (!given || *given > width)
      throw FieldError(fmt::format("prefix {}: length must be 0 to {}", shown(word), width));
    length = static_cast<unsigned>(*given);
  }
  const unsigned host_bits = width - length;
  const Address host_mask = host_bits == 128 ? kTop : (Address{1} << host_bits) - 1;
  const Address first = address->value & ~host_mask;
  auto network =
      address->ipv4 ? IntervalSet<Address>{{first, first | host_mask}} : ipv6_part(first, first | host_mask, word);
  if (first != address->value) {
    throw HostBitsError(
        fmt::format("prefix {} has bits set behind its length: write {}/{}, or {}/{} for the one address", word,
                    to_string(first), length, word.substr(0, slash), width),
        std::move(network));
  }
  return network;
}

std::string to_string(Address address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(address >> (8 * (15 - i)));
  if (is_ipv4(address)) {
    inet_ntop(AF_INET, bytes.data() + 12, buffer.data(), buffer.size());
  } else {
    inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
  }
  return buffer.data();
}

IntervalSet<std::uint32_t> parse_numbers(std::string_view text, std::string_view what, std::uint32_t largest) {
  std::vector<Interval<std::uint32_t>> intervals;
  const auto one = [&](std::string_view word) {
    const auto value = number(trim(word));
    if (!value)
      throw FieldError(fmt::format("{} \"{}\": a number or a range like 10-20 is expected", what, shown(text)));
    if (*value > largest)
      throw FieldError(fmt::format("{} {} is too large: 0 to {} is allowed", what, shown(word), largest));
    return static_cast<std::uint32_t>(*value);
  };
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = trim(rest.substr(0, comma));
    const Dash dash = find_dash(word);
    if (lower(word) == "any") {
      intervals.push_back({0, largest});
    } else if (dash.at == std::string_view::npos || dash.at == 0) {
      const std::uint32_t value = one(word);
      intervals.push_back({value, value});
    } else {
      const std::uint32_t first = one(word.substr(0, dash.at));
      const std::uint32_t last = one(word.substr(dash.at + dash.size));
      if (first > last) {
        throw FieldError(fmt::format("{} range {} is reversed: write {}-{}", what, shown(word), last, first));
      }
      intervals.push_back({first, last});
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return IntervalSet<std::uint32_t>(std::move(intervals));
}

IntervalSet<std::uint32_t> any_port() { return {{0, kNoPort}}; }

IntervalSet<std::uint32_t> as_port_field(const IntervalSet<std::uint32_t>& ports) {
  return ports == IntervalSet<std::uint32_t>{{0, kNoPort - 1}} ? any_port() : ports;
}

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
  const std::string word = lower(trim(text));
  if (word == "any" || word == "ip") return std::nullopt;
  for (const Name& known : kProtocols) {
    if (known.name == word) return known.number;
  }
  const auto value = number(word);
  if (value && *value <= 255) return static_cast<std::uint8_t>(*value);
  std::vector<std::string_view> names;
  for (const Name& known : kProtocols) names.push_back(known.name);
  const std::string_view meant = closest(word, names);
  throw FieldError(fmt::format(
      "\"{}\" is no protocol: {}", shown(text),
      meant.empty() ? "write a name (tcp, udp, sctp, icmp, icmpv6, esp, ah, gre, ...), a number 0 to 255, or any"
                    : fmt::format("did you mean {}?", meant)));
}

std::string protocol_name(std::uint8_t protocol) {
  for (const Name& known : kProtocols) {
    if (known.number == protocol) return std::string(known.name);
  }
  return std::to_string(protocol);
}

bool has_ports(std::uint8_t protocol) { return protocol == kTcp || protocol == kUdp || protocol == kSctp; }

Chunk established_flags() { return ~flags_matching(0, 0x14); }

Chunk parse_tcp_flags(std::string_view text) {
  const std::string word = lower(trim(text));
  const auto fail = [&](std::string_view reason) -> FieldError {
    return FieldError(fmt::format(
        "TCP flags \"{}\": {}: write established, initial, a flag (fin, syn, rst, psh, ack, urg, ece, cwr), "
        "or flags with signs like +syn-ack",
        shown(text), reason));
  };
  if (word == "established") return established_flags();
  if (word == "initial") return flags_matching(0x02, 0x12);
  if (word == "any") return Chunk{}.set();
  if (const std::size_t slash = word.find('/'); slash != std::string::npos && word.starts_with("0x")) {
    const auto value = number(std::string_view(word).substr(0, slash));
    const auto mask = number(std::string_view(word).substr(slash + 1));
    if (!value || !mask || *value > 0xFF || *mask > 0xFF) throw fail("value and mask must be 0x00 to 0xff");
    if ((*value & ~*mask) != 0) throw fail("the value has bits that the mask leaves out");
    return flags_matching(static_cast<unsigned>(*value), static_cast<unsigned>(*mask));
  }
  const auto flag_bit = [&](std::string_view name) {
    const auto found = std::find(kFlagNames.begin(), kFlagNames.end(), name);
    if (found == kFlagNames.end()) throw fail(fmt::format("no flag is called \"{}\"", shown(name)));
    return 1U << static_cast<unsigned>(found - kFlagNames.begin());
  };
  if (word.empty()) throw fail("empty");
  if (word.front() != '+' && word.front() != '-') {
    // "syn-ack" and "syn/ack" mean one thing to one reader and the opposite to another.
    if (word.find_first_of("+-/") != std::string::npos) throw fail("which flags are set and which clear is not clear");
    const unsigned bit = flag_bit(word);
    return flags_matching(bit, bit);
  }
  unsigned set = 0;
  unsigned clear = 0;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t end = std::min(word.find_first_of("+-", at + 1), word.size());
    (word[at] == '+' ? set : clear) |= flag_bit(trim(std::string_view(word).substr(at + 1, end - at - 1)));
    at = end;
  }
  if ((set & clear) != 0) throw fail("a flag is asked to be set and clear");
  return flags_matching(set, set | clear);
}

IntervalSet<std::uint32_t> parse_dscp(std::string_view text) {
  const std::string word = lower(trim(text));
  for (const Name& known : kDscps) {
    if (known.name == word) return {{known.number, known.number}};
  }
  if (!word.empty() && (word.front() < '0' || word.front() > '9') && word != "any") {
    throw FieldError(fmt::format("DSCP \"{}\": write 0 to 63 or a name: {}", shown(text), names_of(kDscps)));
  }
  return parse_numbers(word, "DSCP", 63);
}

EtherClass parse_ether_class(std::string_view text) {
  const std::string word = lower(trim(text));
  const auto value = number(word);
  for (const ClassName& known : kClasses) {
    if (known.name == word || (value && *value != 0 && *value == known.ether_type)) return known.type;
  }
  throw FieldError(fmt::format("EtherType \"{}\": frames are told apart as {}", shown(text), names_of(kClasses)));
}

std::string_view to_string(EtherClass type) {
  for (const ClassName& known : kClasses) {
    if (known.type == type) return known.name;
  }
  return "other";
}

std::vector<spec::IcmpMessage> parse_icmp(std::string_view text, std::uint8_t protocol) {
  const std::string word = lower(trim(text));
  const bool version6 = protocol == kIcmpv6;
  for (const IcmpName& known : kIcmpNames) {
    if (known.name != word) continue;
    const int type = version6 ? known.type6 : known.type4;
    if (type < 0) throw FieldError(fmt::format("{} has no message \"{}\"", version6 ? "icmpv6" : "icmp", word));
    return {{static_cast<std::uint8_t>(type), static_cast<std::int16_t>(version6 ? known.code6 : known.code4)}};
  }
  if (word.empty() || word.front() < '0' || word.front() > '9') {
    throw FieldError(fmt::format("ICMP message \"{}\": write a type (8), type/code (3/4), or a name: {}", shown(text),
                                 names_of(kIcmpNames)));
  }
  std::vector<spec::IcmpMessage> messages;
  const std::size_t slash = word.find('/');
  const auto types = parse_numbers(std::string_view(word).substr(0, slash), "ICMP type", 255);
  for (const auto& interval : types.intervals()) {
    for (std::uint32_t type = interval.first; type <= interval.last; ++type) {
      if (slash == std::string::npos) {
        messages.push_back({static_cast<std::uint8_t>(type), -1});
        continue;
      }
      const auto codes = parse_numbers(std::string_view(word).substr(slash + 1), "ICMP code", 255);
      for (const auto& code_interval : codes.intervals()) {
        for (std::uint32_t code = code_interval.first; code <= code_interval.last; ++code) {
          messages.push_back({static_cast<std::uint8_t>(type), static_cast<std::int16_t>(code)});
        }
      }
    }
  }
  return messages;
}

std::vector<IcmpFields> icmp_fields(const std::vector<spec::IcmpMessage>& messages) {
  if (messages.empty()) return {{any_port(), any_port()}};
  std::vector<Interval<std::uint32_t>> codes_of[256];
  for (const spec::IcmpMessage& message : messages) {
    const auto code = static_cast<std::uint32_t>(message.code);
    codes_of[message.type].push_back(message.code < 0 ? Interval<std::uint32_t>{0, kNoPort}
                                                      : Interval<std::uint32_t>{code, code});
  }
  std::vector<IcmpFields> fields;
  for (std::uint32_t type = 0; type < 256; ++type) {
    if (codes_of[type].empty()) continue;
    const IntervalSet<std::uint32_t> codes(codes_of[type]);
    const IntervalSet<std::uint32_t> types{{type, type}};
    const auto same = std::find_if(fields.begin(), fields.end(), [&](const IcmpFields& f) { return f.codes == codes; });
    if (same == fields.end()) {
      fields.push_back({types, codes});
    } else {
      same->types = unite(same->types, types);
    }
  }
  return fields;
}

Chunk context_chunk(const std::vector<EtherClass>& classes, std::uint8_t ingress) {
  Chunk chunk;
  for (unsigned value = 0; value < 256; ++value) {
    const auto type = static_cast<EtherClass>((value >> 3U) & 7U);
    chunk[value] =
        ((ingress >> (value & 7U)) & 1U) != 0 && std::find(classes.begin(), classes.end(), type) != classes.end();
  }
  return chunk;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  return spec::collapse(spec::shorten(text, kLongest));
}

std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = 3;
  for (const std::string_view candidate : candidates) {
    if (word.size() > 64 || candidate.size() > 64) continue;
    // Damerau's distance: letters added, removed, changed, or exchanged with a neighbour.
    std::vector<std::vector<std::size_t>> d(word.size() + 1, std::vector<std::size_t>(candidate.size() + 1));
    for (std::size_t i = 0; i <= word.size(); ++i) {
      for (std::size_t j = 0; j <= candidate.size(); ++j) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        const bool same = word[i - 1] == candidate[j - 1];
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0U : 1U)});
        if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1]) {
          d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    const std::size_t distance = d[word.size()][candidate.size()];
    if (distance < best_distance && distance < word.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace portcullis::policy
