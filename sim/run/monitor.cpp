#include "run/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>

#include "policy/fields.h"
#include "run/expected.h"
#include "run/packet_text.h"

namespace portcullis::sim {
namespace {

using policy::Table;

std::vector<Table> fields_that_differ(const policy::Match& match, const policy::Key& key) {
  std::vector<Table> fields;
  const auto check = [&](bool holds, Table table) {
    if (!holds) fields.push_back(table);
  };
  check(match.source.contains(key.source), Table::source);
  check(match.destination.contains(key.destination), Table::destination);
  check(match.source_port.contains(key.source_port), Table::source_port);
  check(match.destination_port.contains(key.destination_port), Table::destination_port);
  check(match.vlan.contains(key.vlan), Table::vlan);
  check(match.protocol[key.protocol], Table::protocol);
  check(match.tcp_flags[key.tcp_flags], Table::tcp_flags);
  check(match.dscp_tags[key.dscp_tags], Table::dscp_tags);
  check(match.context[key.context], Table::context);
  return fields;
}

policy::EtherClass ether_class_of(const policy::Key& key) {
  return static_cast<policy::EtherClass>((key.context >> 3U) & 7U);
}

bool is_ip(const policy::Key& key) {
  const policy::EtherClass type = ether_class_of(key);
  return type == policy::EtherClass::ipv4 || type == policy::EtherClass::ipv6;
}

std::string destination_text(const policy::Key& key) {
  return is_ip(key) ? address_text(key.destination) : ether_class_text(ether_class_of(key));
}

/// The role with the fewest addresses that holds this one; a role that is `any` says nothing.
const NamedRole* role_of(const std::vector<NamedRole>& roles, policy::Address address) {
  const auto size = [](const NamedRole& role) {
    policy::Address sum = 0;
    for (const auto& i : role.addresses.intervals()) {
      const policy::Address span = i.last - i.first;
      sum = sum > ~span ? ~policy::Address{0} : sum + span;
    }
    return sum;
  };
  const NamedRole* smallest = nullptr;
  for (const NamedRole& role : roles) {
    if (role.addresses == policy::any_address()) continue;
    if (role.addresses.contains(address) && (smallest == nullptr || size(role) < size(*smallest))) smallest = &role;
  }
  return smallest;
}

/// A plain YAML scalar where that is safe inside braces, otherwise one in double quotes.
std::string yaml_text(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.()/-";
  const bool letter = !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0;
  if (letter && text.back() != ' ' && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string yaml_list(const std::set<std::string>& items) {
  std::vector<std::string> words;
  for (const std::string& item : items) words.push_back(yaml_text(item));
  return words.size() == 1 ? words.front() : fmt::format("[{}]", fmt::join(words, ", "));
}

/// More sources than these are `any` in the line that would permit them.
constexpr std::size_t kMostSources = 12;

/// The item of `rules:` that permits packets like this from `sources`; placed before the documents' rows.
std::string permit_line(const policy::Key& key, const std::set<std::string>& sources, const std::string& destination) {
  if (!is_ip(key)) {
    return fmt::format("- {{name: permit-{0}, action: permit, ethertype: {0}}}",
                       policy::to_string(ether_class_of(key)));
  }
  const bool has_layer4 = (key.context >> 6U) != static_cast<unsigned>(policy::Fragment::later);
  if (!has_layer4 && (policy::has_ports(key.protocol) || key.protocol == 1 || key.protocol == 58)) {
    return "fragments: permit";  // a key of the site file: later fragments have no ports to name
  }
  const std::string protocol = policy::protocol_name(key.protocol);
  std::string service = protocol;
  std::string condition = fmt::format("protocol: {}", protocol);
  if (policy::has_ports(key.protocol)) {
    service += fmt::format("-{}", key.destination_port);
    condition += fmt::format(", destination_port: {}", key.destination_port);
  } else if (key.protocol == 1 || key.protocol == 58) {
    service += fmt::format("-{}-{}", key.source_port, key.destination_port);
    condition += fmt::format(", icmp: {}/{}", key.source_port, key.destination_port);
  }
  const std::string name = fmt::format("permit-{}-to-{}", service, destination);
  return fmt::format("- {{name: {}, action: permit, source: {}, destination: {}, {}}}", yaml_text(name),
                     sources.size() > kMostSources ? "any" : yaml_list(sources), yaml_text(destination), condition);
}

/// The first few, and how many there are if that is not all.
std::string first_of(const std::set<std::string>& items) {
  constexpr std::size_t kShown = 3;
  std::string out;
  std::size_t count = 0;
  for (const std::string& item : items) {
    if (count++ == kShown) return fmt::format("{}, ... ({})", out, items.size());
    out += fmt::format("{}{}", out.empty() ? "" : ", ", item);
  }
  return out;
}

}  // namespace

std::optional<NearestRule> nearest_permit(const policy::Policy& policy, const policy::Key& key) {
  std::optional<NearestRule> nearest;
  std::tuple<std::size_t, bool, bool> distance;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const policy::Entry& entry = policy.entries[i];
    // Built-in entries name no service; that a packet is nearly an ARP frame helps nobody.
    if (!entry.action.permit || entry.from.cause != policy::Cause::rule) continue;
    std::vector<Table> fields = fields_that_differ(entry.match, key);
    const std::tuple candidate{fields.size(), !entry.match.destination.contains(key.destination), entry.from.reply};
    if (!nearest || candidate < distance) {
      nearest = NearestRule{i, std::move(fields)};
      distance = candidate;
    }
  }
  return nearest;
}

std::vector<WouldDrop> group_would_drops(const Subject& subject, const traffic::PacketSet& packets,
                                         std::span<const std::uint32_t> counts) {
  struct Group {
    Tally tally;
    std::set<std::string> destinations;
    std::set<std::string> sources;
    policy::Key first;
    bool malformed = false;
  };
  const policy::Policy& policy = subject.policy;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Group> groups;
  // Of a destination and a service, whatever rule is nearest: one line permits them all.
  std::map<std::pair<std::string, std::string>, std::set<std::string>> sources_of_line;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const policy::ParsedFrame frame = parse(packets, i);
    std::string rule;
    std::string differs;
    if (frame.cause != policy::Malformed::none) {
      differs = fmt::format("malformed: {}", policy::to_string(frame.cause));
    } else if (const auto nearest = nearest_permit(policy, frame.key)) {
      rule = policy.entries[nearest->entry].from.rule;
      for (const Table field : nearest->fields) {
        differs += fmt::format("{}{}", differs.empty() ? "" : ", ", policy::kTableNames[static_cast<unsigned>(field)]);
      }
      // Nothing differs: an entry before the permitting one drops it.
      if (nearest->fields.empty()) differs = "an earlier rule drops it";
    }
    const std::string service = service_text(frame.key);
    const std::string address = destination_text(frame.key);
    const NamedRole* role = is_ip(frame.key) ? role_of(subject.roles, frame.key.destination) : nullptr;
    const std::string destination = role != nullptr ? role->name : address;
    Group& group = groups[{destination, service, rule, differs}];
    if (group.tally.packets == 0) group.first = frame.key;
    group.malformed = frame.cause != policy::Malformed::none;
    group.tally.packets += counts[i];
    group.tally.bytes += std::uint64_t{counts[i]} * packets[i].length;
    group.destinations.insert(address);
    const NamedRole* from = is_ip(frame.key) ? role_of(subject.roles, frame.key.source) : nullptr;
    const std::string source = from != nullptr ? from->name : address_text(frame.key.source);
    group.sources.insert(source);
    if (!group.malformed) sources_of_line[{destination, service}].insert(source);
  }
  std::vector<WouldDrop> out;
  for (const auto& [names, group] : groups) {
    const auto& [destination, service, rule, differs] = names;
    WouldDrop item;
    item.destination = first_of(group.destinations);
    item.service = service;
    item.nearest_rule = rule;
    item.differs_in = differs;
    item.tally = group.tally;
    if (is_ip(group.first)) {
      item.source = first_of(group.sources);
      if (!group.destinations.contains(destination)) item.role = destination;
    }
    if (!group.malformed) {
      item.permit_line = permit_line(group.first, sources_of_line[{destination, service}], destination);
    }
    out.push_back(std::move(item));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const WouldDrop& a, const WouldDrop& b) { return a.tally.packets > b.tally.packets; });
  return out;
}

}  // namespace portcullis::sim
