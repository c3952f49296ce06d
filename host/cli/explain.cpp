// `portcullis explain`: why a packet meets its verdict; the same for a capture; who can reach whom.
#include "policy/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "cli/answer_json.h"
#include "cli/command.h"
#include "cli/subject.h"
#include "cli/terminal.h"
#include "policy/fields.h"
#include "policy/packet.h"
#include "policy/product.h"
#include "policy/words.h"
#include "traffic/pcap.h"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using policy::FieldError;

enum class Format { text, json };

struct Options {
  std::string site;
  std::string source, destination, protocol, source_port, destination_port, tcp_flags, vlan, icmp, dscp, ingress;
  std::string pcap;
  std::string reach;  ///< --who-can-reach
  std::string open;   ///< --what-is-open
  Format format = Format::text;
};

constexpr std::string Options::*kPacketOptions[] = {
    &Options::source,    &Options::destination, &Options::protocol, &Options::source_port, &Options::destination_port,
    &Options::tcp_flags, &Options::vlan,        &Options::icmp,     &Options::dscp,        &Options::ingress};

/// What the options ask for: the packets that have all that was given.
struct Question {
  policy::Match match = policy::Match::any();
  bool ip = false;  ///< something of IP was given
};

void print(const Json& json) { std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n'; }

template <typename F>
auto option(std::string_view name, F&& parse) {
  try {
    return parse();
  } catch (const FieldError& error) {
    throw std::runtime_error(fmt::format("{}: {}", name, error.what()));
  }
}

/// The flags of one packet: a byte ("0x12", "18"), "none", names ("syn", "syn,ack") or letters as tcpdump and Scapy
/// print them ("SA"); or what site files have for several values: "+syn-ack", "established", "0x02/0x12".
policy::Chunk flags_of(const std::string& text) {
  policy::Chunk chunk;
  if (text == "none") return chunk.set(0);
  if (text.find('/') == std::string::npos && text.find_first_of("0123456789") == 0) {
    std::size_t end = 0;
    unsigned long value = 256;
    try {
      value = std::stoul(text, &end, 0);
    } catch (const std::exception&) {
      end = 0;
    }
    if (end != text.size() || value > 255) {
      throw FieldError(
          fmt::format("\"{}\" is no flags byte: write 0x00 to 0xff, or names as syn, +syn-ack, established", text));
    }
    return chunk.set(value);
  }
  constexpr std::string_view kLetters = "FSRPAUEC";
  unsigned long value = 0;
  if (text.find_first_not_of(kLetters) == std::string::npos && text != "ECE") {
    for (const char letter : text) value |= 1UL << kLetters.find(letter);
    return chunk.set(value);
  }
  const std::string word = CLI::detail::to_lower(text);
  const bool several = word == "established" || word == "initial" || word == "any";
  if (several || text.find_first_of("+-/") != std::string::npos) return policy::parse_tcp_flags(text);
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, ',');) {
    const policy::Chunk with = policy::parse_tcp_flags(name);
    std::size_t flag = 0;  // the smallest byte with the flag has that flag alone
    while (!with[flag]) ++flag;
    value |= flag;
  }
  return chunk.set(value);
}

Question question_of(const Options& options, const policy::Site& site) {
  Question out;
  policy::Match& match = out.match;
  const auto numbers = [&](std::string_view name, const std::string& text, std::string_view what,
                           std::uint32_t largest) {
    return option(name, [&] { return policy::parse_numbers(text, what, largest); });
  };
  policy::Chunk protocols;
  protocols.set();
  if (!options.protocol.empty()) {
    const auto number = option("--protocol", [&] { return policy::parse_protocol(options.protocol); });
    if (number) {
      protocols.reset();
      protocols.set(*number);
    }
    out.ip = true;
  }
  const auto only = [&](std::string_view name, std::initializer_list<unsigned> allowed, std::string_view what) {
    policy::Chunk some;
    for (const unsigned protocol : allowed) some.set(protocol);
    protocols &= some;
    if (protocols.none()) {
      throw std::runtime_error(fmt::format("{} with protocol {}: it goes with {}", name, options.protocol, what));
    }
    out.ip = true;
  };
  if (!options.source.empty()) {
    match.source = option("--src", [&] { return policy::addresses_of(site, options.source); });
    out.ip = true;
  }
  if (!options.destination.empty()) {
    match.destination = option("--dst", [&] { return policy::addresses_of(site, options.destination); });
    out.ip = true;
  }
  // ICMP presents type and code where others have ports.
  const bool messages = !options.protocol.empty() && (protocols[1] || protocols[58]) && protocols.count() == 1;
  const auto ports = [&](std::string_view name, const std::string& text) {
    if (!messages) only(name, {6, 17, 132}, "tcp, udp and sctp");
    return messages ? numbers(name, text, "ICMP type or code", 255) : numbers(name, text, "port", 65535);
  };
  if (!options.source_port.empty()) match.source_port = ports("--src-port", options.source_port);
  if (!options.destination_port.empty()) match.destination_port = ports("--dst-port", options.destination_port);
  if (!options.tcp_flags.empty()) {
    only("--tcp-flags", {6}, "tcp");
    match.tcp_flags = option("--tcp-flags", [&] { return flags_of(options.tcp_flags); });
  }
  if (!options.icmp.empty()) {
    only("--icmp", {1, 58}, "icmp and icmpv6");
    if (!options.source_port.empty() || !options.destination_port.empty()) {
      throw std::runtime_error("--icmp beside ports, which are type and code of ICMP: leave one of them out");
    }
    const auto fields = option("--icmp", [&] {
      return policy::icmp_fields(policy::parse_icmp(options.icmp, protocols[1] ? std::uint8_t{1} : std::uint8_t{58}));
    });
    match.source_port = fields.front().types;
    match.destination_port = fields.front().codes;
    if (options.protocol.empty()) {
      protocols.reset();
      protocols.set(1);
    }
  }
  match.protocol = protocols;
  if (!options.dscp.empty()) {
    const auto set = option("--dscp", [&] { return policy::parse_dscp(options.dscp); });
    for (unsigned value = 0; value < 256; ++value) match.dscp_tags[value] = set.contains(value & 0x3FU);
    out.ip = true;
  }
  if (!options.vlan.empty()) {
    std::vector<policy::Interval<std::uint16_t>> ids;
    const auto set = numbers("--vlan", options.vlan, "vlan", policy::kMaxVlan);
    for (const auto& i : set.intervals()) {
      ids.push_back({static_cast<std::uint16_t>(i.first), static_cast<std::uint16_t>(i.last)});
    }
    match.vlan = policy::IntervalSet<std::uint16_t>(std::move(ids));
  }
  if (!options.ingress.empty()) {
    const auto set = numbers("--ingress", options.ingress, "ingress", policy::kMaxIngressPorts - 1);
    for (unsigned value = 0; value < 256; ++value) match.context[value] = set.contains(value & 7U);
  }
  if (out.ip) {
    match.context &= policy::context_chunk({policy::EtherClass::ipv4, policy::EtherClass::ipv6});
  }
  return out;
}

/// The packet that is explained where not all was given, and what was assumed of it.
struct Assumed {
  policy::Key key;
  std::vector<std::string> fields;
};

Assumed assume(const Options& options, const policy::Match& question) {
  policy::Match match = question;
  Assumed out;
  const auto narrow = [&](policy::Match wanted) {
    policy::Match both = intersect(match, wanted);
    if (policy::as_presented(both).empty()) return;
    match = std::move(both);
  };
  policy::Match wanted = policy::Match::any();
  // Whole, untagged packets at port 0, TCP unless something else was said.
  wanted.context = policy::context_chunk({policy::EtherClass::ipv4, policy::EtherClass::ipv6});
  for (unsigned v = 64; v < 256; ++v) wanted.context.reset(v);
  narrow(wanted);
  wanted = policy::Match::any();
  for (unsigned v = 0; v < 256; ++v) wanted.context[v] = (v & 7U) == 0;
  narrow(wanted);
  if (options.ingress.empty()) out.fields.push_back("ingress 0");
  wanted = policy::Match::any();
  wanted.dscp_tags.reset();
  wanted.dscp_tags.set(0);
  narrow(wanted);
  if (options.vlan.empty()) out.fields.push_back("no VLAN tag");
  wanted = policy::Match::any();
  wanted.protocol.reset();
  wanted.protocol.set(6);
  narrow(wanted);
  if (policy::as_presented(match).empty()) {
    throw std::runtime_error(
        "no packet has all that was given: check that both addresses are of one family, and ports and flags go with "
        "the "
        "protocol");
  }
  out.key = policy::example_packet(match);
  // An address that was given whole is taken as it is.
  const auto exact = [](const policy::IntervalSet<policy::Address>& set, policy::Address& address) {
    if (set.size() == 1 && set.intervals().front().first == set.intervals().front().last) {
      address = set.intervals().front().first;
    }
  };
  exact(match.source, out.key.source);
  exact(match.destination, out.key.destination);
  if (options.protocol.empty() && options.icmp.empty()) {
    out.fields.push_back("protocol " + policy::protocol_name(out.key.protocol));
  }
  if (options.source.empty()) out.fields.push_back("source " + policy::to_string(out.key.source));
  if (options.destination.empty()) out.fields.push_back("destination " + policy::to_string(out.key.destination));
  if (policy::has_ports(out.key.protocol)) {
    if (options.source_port.empty()) out.fields.push_back(fmt::format("source port {}", out.key.source_port));
    if (options.destination_port.empty()) {
      out.fields.push_back(fmt::format("destination port {}", out.key.destination_port));
    }
  }
  if (out.key.protocol == 6 && options.tcp_flags.empty()) out.fields.push_back("SYN alone set");
  return out;
}

std::string verdict_words(const policy::Policy& policy, const policy::Explanation& why) {
  const policy::Action& action = why.entry ? policy.entries[*why.entry].action : policy.default_action;
  return policy::action_in_words(action, policy.monitor);
}

std::string place_words(const policy::Policy& policy, std::size_t entry) {
  const policy::Provenance& from = policy.entries[entry].from;
  std::string out = policy::origin_in_words(from);
  if (!from.role.empty() || !from.service.empty()) {
    out += fmt::format("  {}{}{}", from.role, from.role.empty() || from.service.empty() ? "" : ", ", from.service);
  }
  return out;
}

void explain_packet(const Options& options, const policy::SitePolicy& loaded) {
  const policy::Policy& policy = loaded.policy;
  const Question question = question_of(options, loaded.site);
  const Assumed assumed = assume(options, question.match);
  const policy::Explanation why = policy::explain(policy, assumed.key);
  // What was assumed may decide: then the answer says so.
  const policy::VerdictRegions others = policy::packets_with_verdict(policy, question.match, !why.permit);
  const policy::AddressNames names = policy::AddressNames::of(loaded.site);
  const bool permit = why.permit || policy.monitor;
  if (options.format == Format::json) {
    Json out;
    out["packet"] = packet_json(assumed.key);
    out["assumed"] = assumed.fields;
    out["verdict"] = permit ? "permit" : "drop";
    out["would_drop"] = policy.monitor && !why.permit;
    out["decided_by"] = entry_json(policy, why.entry);
    out["hides"] = Json::array();
    for (const std::size_t entry : why.hidden) out["hides"].push_back(entry_json(policy, entry));
    out["nearest"] = Json::array();
    for (const policy::NearMiss& near : why.nearest) {
      Json one = entry_json(policy, near.entry);
      one["misses"] = near.misses;
      out["nearest"].push_back(std::move(one));
    }
    out["other_verdict_for"] = Json::array();
    for (const auto& set : others.sets) out["other_verdict_for"].push_back(box_json(set.box, names));
    print(out);
    return;
  }
  fmt::print("packet   {}\n", policy::packet_in_words(assumed.key));
  if (!assumed.fields.empty()) fmt::print("assumed  {}\n", fmt::join(assumed.fields, ", "));
  fmt::print("verdict  {}\n",
             painted(Stream::out, why.permit ? Colour::green : Colour::red, verdict_words(policy, why)));
  if (why.entry) {
    fmt::print("rule     {}  (entry {})\n", place_words(policy, *why.entry), *why.entry);
    if (const std::string& text = policy.entries[*why.entry].from.text; !text.empty())
      fmt::print("text     {}\n", text);
  } else {
    fmt::print("rule     none matches: default action of {}\n", loaded.site.file);
  }
  std::string_view label = "nearest";
  for (const policy::NearMiss& near : why.nearest) {
    fmt::print("{:<8} {}\n           misses by {}\n", label, place_words(policy, near.entry),
               fmt::join(near.misses, "; "));
    label = "";
  }
  label = "hides";
  for (const std::size_t entry : why.hidden) {
    fmt::print("{:<8} {}: {}\n", label, place_words(policy, entry),
               policy::action_in_words(policy.entries[entry].action, policy.monitor));
    label = "";
  }
  if (!others.sets.empty()) {
    fmt::print("but      {} with other values of what was not given exactly, such as {}\n",
               why.permit ? "drop" : "permit", policy::packet_in_words(others.sets.front().example));
  }
}

/// A line of the table of a capture: what decided, and how much it decided.
struct Tally {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  policy::Key example;
};

void explain_pcap(const Options& options, const policy::SitePolicy& loaded) {
  const policy::Policy& policy = loaded.policy;
  unsigned ingress = 0;
  if (!options.ingress.empty()) {
    const auto set = option(
        "--ingress", [&] { return policy::parse_numbers(options.ingress, "ingress", policy::kMaxIngressPorts - 1); });
    ingress = set.intervals().front().first;
  }
  const traffic::Capture capture = traffic::read_pcap(options.pcap, ingress);
  std::map<std::size_t, Tally> by_entry;  // the default action behind all entries
  std::map<policy::Malformed, Tally> malformed;
  for (std::size_t i = 0; i < capture.packets.size(); ++i) {
    const policy::ParsedFrame frame = policy::parse_frame(capture.packets.frame(i), ingress);
    Tally* tally = nullptr;
    if (frame.cause != policy::Malformed::none) {
      tally = &malformed[frame.cause];
    } else {
      std::size_t entry = 0;
      while (entry < policy.entries.size() && !policy.entries[entry].match.contains(frame.key)) ++entry;
      tally = &by_entry[entry];
      if (tally->packets == 0) tally->example = frame.key;
    }
    ++tally->packets;
    tally->bytes += capture.packets[i].original;
  }
  if (options.format == Format::json) {
    Json out;
    out["packets"] = capture.packets.size();
    out["rules"] = Json::array();
    for (const auto& [entry, tally] : by_entry) {
      Json one = entry_json(policy, entry < policy.entries.size() ? std::optional(entry) : std::nullopt);
      one["packets"] = tally.packets;
      one["bytes"] = tally.bytes;
      one["example"] = packet_json(tally.example);
      out["rules"].push_back(std::move(one));
    }
    out["malformed"] = Json::array();
    for (const auto& [cause, tally] : malformed) {
      out["malformed"].push_back(
          {{"cause", policy::to_string(cause)}, {"packets", tally.packets}, {"bytes", tally.bytes}});
    }
    print(out);
    return;
  }
  struct Line {
    std::string verdict, rule, example;
    Tally tally;
  };
  std::vector<Line> lines;
  for (const auto& [entry, tally] : by_entry) {
    const bool is_default = entry == policy.entries.size();
    lines.push_back(
        {policy::action_in_words(is_default ? policy.default_action : policy.entries[entry].action, policy.monitor),
         is_default ? "default action" : place_words(policy, entry), policy::packet_in_words(tally.example), tally});
  }
  for (const auto& [cause, tally] : malformed) {
    lines.push_back({policy.monitor ? "permit, would drop" : "drop",
                     fmt::format("malformed: {}", policy::to_string(cause)), "", tally});
  }
  std::size_t verdict_width = 7;
  std::size_t rule_width = 4;
  for (const Line& line : lines) {
    verdict_width = std::max(verdict_width, line.verdict.size());
    rule_width = std::max(rule_width, std::min<std::size_t>(line.rule.size(), 60));
  }
  fmt::print("{:>10} {:>12}  {:<{}}  {:<{}}  {}\n", "packets", "bytes", "verdict", verdict_width, "rule", rule_width,
             "first packet");
  for (const Line& line : lines) {
    fmt::print("{:>10} {:>12}  {:<{}}  {:<{}}  {}\n", line.tally.packets, line.tally.bytes, line.verdict, verdict_width,
               line.rule, rule_width, line.example);
  }
  fmt::print("{:>10} packets in {}\n", capture.packets.size(), options.pcap);
}

std::vector<std::string> row_lines(const policy::Policy& policy, const policy::Deciders& by) {
  std::vector<std::string> out;
  for (const std::size_t entry : by.entries) {
    std::string line = policy::origin_in_words(policy.entries[entry].from);
    if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(std::move(line));
  }
  if (by.fallback) out.emplace_back("default action");
  return out;
}

Json sets_json(const policy::Policy& policy, const std::vector<policy::VerdictRegions::Set>& sets,
               const policy::AddressNames& names) {
  Json out = Json::array();
  for (const auto& set : sets) {
    Json one;
    one["packets"] = box_json(set.box, names);
    one["by"] = deciders_json(policy, set.by);
    one["example"] = packet_json(set.example);
    out.push_back(std::move(one));
  }
  return out;
}

void query(const Options& options, const policy::SitePolicy& loaded, Exit& exit) {
  const policy::Policy& policy = loaded.policy;
  Options with = options;
  with.destination = options.reach.empty() ? options.open : options.reach;
  Question question = question_of(with, loaded.site);
  question.match.context &= policy::context_chunk({policy::EtherClass::ipv4, policy::EtherClass::ipv6});
  const policy::Permitted answer = policy::permitted_packets(policy, question.match);
  const policy::AddressNames names = policy::AddressNames::of(loaded.site);
  const bool nobody = answer.by_rows.empty() && answer.answers.empty();
  if (nobody || !answer.decided) exit = Exit::answer_is_no;
  if (options.format == Format::json) {
    Json out;
    out["question"] = box_json(question.match, names);
    out["decided"] = answer.decided;
    out["monitor"] = policy.monitor;
    out["permitted"] = sets_json(policy, answer.by_rows, names);
    out["answers"] = sets_json(policy, answer.answers, names);
    print(out);
    return;
  }
  const auto list = [&](const std::vector<policy::VerdictRegions::Set>& sets) {
    for (const auto& set : sets) {
      fmt::print("  {}\n    by {}\n", policy::in_words(set.box, names), fmt::join(row_lines(policy, set.by), ", "));
    }
  };
  if (nobody && answer.decided) {
    fmt::print("nobody: no packet of {} is permitted\n", policy::in_words(question.match, names));
  } else {
    fmt::print("permitted of {}:\n", policy::in_words(question.match, names));
    list(answer.by_rows);
    if (answer.by_rows.empty()) fmt::print("  nothing by rows and rules\n");
    if (!answer.answers.empty()) fmt::print("\nand because they may be answers to what it asked for:\n");
    list(answer.answers);
  }
  if (policy.monitor) fmt::print("\nthe site is in monitor mode: everything else passes as well, and is reported\n");
  if (!answer.decided) fmt::print("not decided within the limit: there may be more\n");
}

void explain_command(const Options& options, Exit& exit) {
  const policy::SitePolicy loaded = load_site(options.site);
  if (!options.pcap.empty()) {
    explain_pcap(options, loaded);
  } else if (!options.reach.empty() || !options.open.empty()) {
    query(options, loaded, exit);
  } else if (std::all_of(std::begin(kPacketOptions), std::end(kPacketOptions),
                         [&](auto option) { return (options.*option).empty(); })) {
    throw std::runtime_error(
        "explain what? Give a packet (--src 10.0.0.1 --dst 192.0.2.1 --protocol tcp --dst-port 443), a capture "
        "(--pcap) "
        "or a question (--who-can-reach, --what-is-open)");
  } else {
    explain_packet(options, loaded);
  }
}

}  // namespace

void add_explain(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "explain", "Why a packet meets its verdict; what decides the packets of a capture; who can reach whom");
  command->add_option("SITE", options->site, "site file")->required();
  command->add_option("--src", options->source, "source: an address, a prefix, or a role of the site");
  command->add_option("--dst", options->destination, "destination, likewise");
  command->add_option("--protocol", options->protocol, "tcp, udp, icmp, ..., or a number");
  command->add_option("--src-port", options->source_port, "source port; of ICMP the type");
  command->add_option("--dst-port", options->destination_port, "destination port; of ICMP the code");
  command->add_option("--tcp-flags", options->tcp_flags,
                      "flags: syn, \"syn,ack\", SA, none, 0x12, established, +syn-ack");
  command->add_option("--icmp", options->icmp, "ICMP type, or type/code");
  command->add_option("--vlan", options->vlan, "VLAN ID of the outer tag");
  command->add_option("--dscp", options->dscp, "DSCP, a number or a name");
  command->add_option("--ingress", options->ingress, "wire port at which the packet enters, 0 to 7");
  auto* pcap = command->add_option("--pcap", options->pcap, "explain every packet of a capture, as a table by rule");
  auto* reach = command->add_option("--who-can-reach", options->reach,
                                    "what is permitted to this role or prefix, as the other options narrow it down");
  auto* open = command->add_option("--what-is-open", options->open, "all that is permitted to this role or prefix");
  reach->excludes(pcap);
  open->excludes(pcap);
  open->excludes(reach);
  static const std::map<std::string, Format> formats = {{"text", Format::text}, {"json", Format::json}};
  command->add_option("--format", options->format, "text (default) or json")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  command->callback([options, &exit] { explain_command(*options, exit); });
}

}  // namespace portcullis::cli
