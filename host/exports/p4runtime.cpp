// The policy as P4Runtime table entries (P4Runtime Specification 1.3.0): what a P4 program with one table over the
// filter's key would be given.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "exports/export.h"
#include "exports/words.h"
#include "tables/tcam.h"

namespace portcullis::exports {
namespace {

using Json = nlohmann::ordered_json;
using policy::Address;
using policy::IntervalSet;
using policy::Table;

// IDs: the upper byte tells the kind (P4Runtime 1.3.0, section 6.3), the rest is ours.
constexpr std::uint32_t kTableId = 0x0200'0001;
constexpr std::uint32_t kActionId = 0x0100'0001;
constexpr std::uint32_t kCounterId = 0x1300'0001;

constexpr std::array<std::string_view, policy::kTables> kFieldNames = {
    "source_address", "destination_address", "source_port", "destination_port", "vlan",
    "protocol",       "tcp_flags",           "dscp_tags",   "context"};
/// The chunks of TCP flags, DSCP and tags, and context are compared as value and mask; all else as ranges.
constexpr unsigned kFirstTernary = static_cast<unsigned>(Table::tcp_flags);

struct Parameter {
  std::string_view name;
  unsigned bits;
};
constexpr std::array<Parameter, 7> kParameters = {
    {{"permit", 1}, {"mirror", 1}, {"mark_valid", 1}, {"mark", 32}, {"redirect", 1}, {"to_queue", 1}, {"target", 12}}};

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8U) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i <= bytes.size() ? kDigits[(group >> (18U - 6U * i)) & 63U] : '=';
    }
  }
  return out;
}

/// The shortest big-endian bytes of a value, at least one (P4Runtime 1.3.0, section 8.4).
std::string bytes_of(Address value) {
  std::string bytes;
  do {
    bytes.insert(bytes.begin(), static_cast<char>(static_cast<unsigned char>(value & 0xFFU)));
    value >>= 8U;
  } while (value != 0);
  return base64(bytes);
}

/// The conditions on one field of which one must hold; none: not asked.
template <typename T>
std::vector<Json> ranges(Table table, const IntervalSet<T>& set, Address last) {
  std::vector<Json> out;
  if (set.size() == 1 && set.intervals().front().first == 0 && set.intervals().front().last == last) return out;
  for (const auto& interval : set.intervals()) {
    out.push_back({{"fieldId", static_cast<unsigned>(table) + 1},
                   {"range", {{"low", bytes_of(interval.first)}, {"high", bytes_of(interval.last)}}}});
  }
  return out;
}

std::vector<Json> ternary(Table table, const policy::Chunk& chunk) {
  std::vector<Json> out;
  if (chunk.all()) return out;
  for (const tables::TernaryWord& word : tables::ternary_words(chunk)) {
    out.push_back({{"fieldId", static_cast<unsigned>(table) + 1},
                   {"ternary", {{"value", bytes_of(word.value)}, {"mask", bytes_of(word.mask)}}}});
  }
  return out;
}

Json action_json(const policy::Action& action) {
  const std::array<std::uint32_t, kParameters.size()> values = {
      action.permit ? 1U : 0U,
      action.mirror ? 1U : 0U,
      action.mark ? 1U : 0U,
      action.mark.value_or(0),
      action.queue || action.wire ? 1U : 0U,
      action.queue ? 1U : 0U,
      action.queue ? *action.queue : static_cast<std::uint32_t>(action.wire.value_or(0))};
  Json parameters = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    parameters.push_back({{"paramId", i + 1}, {"value", bytes_of(values[i])}});
  }
  return {{"action", {{"actionId", kActionId}, {"params", std::move(parameters)}}}};
}

Json p4info(std::size_t entries) {
  Json fields = Json::array();
  for (unsigned table = 0; table < policy::kTables; ++table) {
    fields.push_back({{"id", table + 1},
                      {"name", kFieldNames[table]},
                      {"bitwidth", policy::kTableKeyBits[table]},
                      {"matchType", table < kFirstTernary ? "RANGE" : "TERNARY"}});
  }
  Json parameters = Json::array();
  for (std::size_t i = 0; i < kParameters.size(); ++i) {
    parameters.push_back({{"id", i + 1}, {"name", kParameters[i].name}, {"bitwidth", kParameters[i].bits}});
  }
  const auto preamble = [](std::uint32_t id, std::string_view alias) {
    return Json{{"id", id}, {"name", fmt::format("portcullis.{}", alias)}, {"alias", alias}};
  };
  return {{"pkgInfo", {{"name", "portcullis"}, {"arch", "portcullis"}}},
          {"tables", Json::array({{{"preamble", preamble(kTableId, "policy")},
                                   {"matchFields", std::move(fields)},
                                   {"actionRefs", Json::array({{{"id", kActionId}}})},
                                   {"directResourceIds", Json::array({kCounterId})},
                                   {"size", std::to_string(entries)}}})},
          {"actions", Json::array({{{"preamble", preamble(kActionId, "verdict")}, {"params", std::move(parameters)}}})},
          {"directCounters", Json::array({{{"preamble", preamble(kCounterId, "policy_counter")},
                                           {"spec", {{"unit", "BOTH"}}},
                                           {"directTableId", kTableId}}})}};
}

}  // namespace

Exported to_p4runtime(const policy::Policy& policy, const Options&) {
  Exported out;
  out.entries = policy.entries.size();
  out.unit = "table entries";
  Json updates = Json::array();
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const policy::Entry& entry = policy.entries[i];
    const policy::Match& match = entry.match;
    const std::array<std::vector<Json>, policy::kTables> fields = {
        ranges(Table::source, match.source, ~Address{0}),
        ranges(Table::destination, match.destination, ~Address{0}),
        ranges(Table::source_port, match.source_port, policy::kNoPort),
        ranges(Table::destination_port, match.destination_port, policy::kNoPort),
        ranges(Table::vlan, match.vlan, policy::kMaxVlan),
        ranges(Table::protocol, values_of(match.protocol), 0xFF),
        ternary(Table::tcp_flags, match.tcp_flags),
        ternary(Table::dscp_tags, match.dscp_tags),
        ternary(Table::context, match.context)};
    const Json action = action_json(entry.action);
    // A controller gets this back with the entry: where it came from.
    const std::string metadata = base64(fmt::format("{} {}", i, origin_words(entry.from, 200)));
    // Higher numbers win. Pieces of one entry share a priority and an action, so which of them matches does not matter.
    const std::size_t priority = policy.entries.size() - i;
    std::array<std::size_t, policy::kTables> at{};
    for (bool more = !match.empty(); more;) {
      Json conditions = Json::array();
      for (unsigned table = 0; table < policy::kTables; ++table) {
        if (!fields[table].empty()) conditions.push_back(fields[table][at[table]]);
      }
      updates.push_back({{"type", "INSERT"},
                         {"entity",
                          {{"tableEntry",
                            {{"tableId", kTableId},
                             {"match", std::move(conditions)},
                             {"action", action},
                             {"priority", priority},
                             {"metadata", metadata}}}}}});
      if (++out.items > kMostItems) {
        throw ExportError(
            fmt::format("more than {} table entries at {}: one match field holds one range, so lists "
                        "multiply: use --format nftables or csv",
                        kMostItems, entry_words(policy, i)));
      }
      // Counts through the conditions of all fields.
      more = false;
      for (unsigned table = 0; table < policy::kTables && !more; ++table) {
        if (fields[table].empty()) continue;
        more = ++at[table] < fields[table].size();
        if (!more) at[table] = 0;
      }
    }
  }
  updates.push_back(
      {{"type", "MODIFY"},
       {"entity",
        {{"tableEntry",
          {{"tableId", kTableId}, {"action", action_json(policy.default_action)}, {"isDefaultAction", true}}}}}});
  const auto dumped = [](const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
  };
  // An update a line, so that two exports can be compared line by line.
  out.text = "{\"p4info\":\n" + dumped(p4info(out.items), 1) + ",\n\"write\": {\"updates\": [\n";
  for (std::size_t i = 0; i < updates.size(); ++i) {
    out.text += dumped(updates[i], -1) + (i + 1 < updates.size() ? ",\n" : "\n");
  }
  out.text += "]}}\n";
  if (policy.monitor) {
    out.remarks.emplace_back("mode monitor: the actions are those of the rules; nothing is dropped while it lasts");
  }
  return out;
}

}  // namespace portcullis::exports
