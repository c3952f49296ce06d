#include "run/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

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

std::string destination_text(const policy::Key& key) {
  const auto type = static_cast<policy::EtherClass>((key.context >> 3U) & 7U);
  const bool ip = type == policy::EtherClass::ipv4 || type == policy::EtherClass::ipv6;
  return ip ? address_text(key.destination) : ether_class_text(type);
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

std::vector<WouldDrop> group_would_drops(const policy::Policy& policy, const traffic::PacketSet& packets,
                                         std::span<const std::uint32_t> counts) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Tally> groups;
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
    Tally& tally = groups[{destination_text(frame.key), service_text(frame.key), rule, differs}];
    tally.packets += counts[i];
    tally.bytes += std::uint64_t{counts[i]} * packets[i].length;
  }
  std::vector<WouldDrop> out;
  for (const auto& [group, tally] : groups) {
    out.push_back({std::get<0>(group), std::get<1>(group), std::get<2>(group), std::get<3>(group), tally});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const WouldDrop& a, const WouldDrop& b) { return a.tally.packets > b.tally.packets; });
  return out;
}

}  // namespace portcullis::sim
