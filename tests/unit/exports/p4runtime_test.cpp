// P4Runtime: the entries, read back from the JSON as a switch would, decide like the reference matcher.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "exports/export.h"
#include "policies.h"
#include "tables/reference.h"

namespace portcullis::exports {
namespace {

using nlohmann::json;

std::string decode(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  unsigned value = 0;
  EXPECT_EQ(text.size() % 4, 0U);
  for (const char c : text) {
    if (c == '=') break;
    value = (value << 6U) | static_cast<unsigned>(digits.find(c));
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(static_cast<unsigned char>((value >> bits) & 0xFFU));
    }
  }
  return out;
}

policy::Address number(const json& text) {
  const std::string bytes = decode(text.get<std::string>());
  EXPECT_FALSE(bytes.empty());
  EXPECT_TRUE(bytes.size() == 1 || bytes[0] != 0) << "not the shortest form";
  policy::Address value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<unsigned char>(c);
  return value;
}

policy::Address field(const policy::Key& key, const std::string& name) {
  if (name == "source_address") return key.source;
  if (name == "destination_address") return key.destination;
  if (name == "source_port") return key.source_port;
  if (name == "destination_port") return key.destination_port;
  if (name == "vlan") return key.vlan;
  if (name == "protocol") return key.protocol;
  if (name == "tcp_flags") return key.tcp_flags;
  if (name == "dscp_tags") return key.dscp_tags;
  EXPECT_EQ(name, "context");
  return key.context;
}

struct Condition {
  std::string field;
  bool range = false;
  policy::Address a = 0;  ///< low, or value
  policy::Address b = 0;  ///< high, or mask
};
struct TableEntry {
  std::vector<Condition> conditions;
  std::uint64_t word = 0;  ///< action word
  int priority = 0;
  std::size_t number = 0;  ///< from the metadata
};

TEST(P4RuntimeExport, EntriesDecideLikeTheReference) {
  const std::uint64_t seed = integration::test_seed(2);
  for (Named& named : policies(4, seed, false)) {
    SCOPED_TRACE(named.name);
    policy::Policy& policy = named.policy;
    // Lists multiply here, and the policies are random ones full of lists.
    if (named.name.starts_with("random") && policy.entries.size() > 8) policy.entries.resize(8);
    Exported exported;
    try {
      exported = to_p4runtime(policy, {});
    } catch (const ExportError& error) {
      EXPECT_NE(std::string(error.what()).find("table entries"), std::string::npos);
      continue;
    }
    const json root = json::parse(exported.text);
    std::map<int, json> fields;
    for (const json& f : root["p4info"]["tables"][0]["matchFields"]) fields[f["id"]] = f;
    ASSERT_EQ(fields.size(), policy::kTables);

    std::vector<TableEntry> entries;
    TableEntry otherwise;
    std::set<std::string> seen;
    for (const json& update : root["write"]["updates"]) {
      const json& e = update["entity"]["tableEntry"];
      EXPECT_EQ(e["tableId"], root["p4info"]["tables"][0]["preamble"]["id"]);
      TableEntry entry;
      std::map<std::string, std::uint64_t> values;
      for (const json& p : e["action"]["action"]["params"]) {
        const json& described = root["p4info"]["actions"][0]["params"].at(p["paramId"].get<std::size_t>() - 1);
        const policy::Address value = number(p["value"]);
        EXPECT_EQ(value >> described["bitwidth"].get<unsigned>(), 0U);
        values[described["name"]] = static_cast<std::uint64_t>(value);
      }
      // The action word of docs/design.md.
      entry.word = values["mark"] | values["permit"] << 32U | values["mark_valid"] << 33U | values["redirect"] << 34U |
                   values["to_queue"] << 35U | values["target"] << 36U | values["mirror"] << 48U;
      if (e.value("isDefaultAction", false)) {
        EXPECT_EQ(update["type"], "MODIFY");
        otherwise = entry;
        continue;
      }
      EXPECT_EQ(update["type"], "INSERT");
      entry.priority = e["priority"];
      EXPECT_GT(entry.priority, 0);
      EXPECT_TRUE(seen.insert(e["match"].dump() + std::to_string(entry.priority)).second) << "the same entry twice";
      entry.number = std::stoul(decode(e["metadata"]));
      for (const json& m : e["match"]) {
        const json& described = fields.at(m["fieldId"]);
        Condition condition;
        condition.field = described["name"];
        condition.range = m.contains("range");
        EXPECT_EQ(described["matchType"], condition.range ? "RANGE" : "TERNARY");
        condition.a = number(condition.range ? m["range"]["low"] : m["ternary"]["value"]);
        condition.b = number(condition.range ? m["range"]["high"] : m["ternary"]["mask"]);
        if (condition.range) {
          EXPECT_LE(condition.a, condition.b);
        } else {
          EXPECT_NE(condition.b, 0U) << "a mask of 0 must be left out";
          EXPECT_EQ(condition.a & ~condition.b, 0U);
        }
        entry.conditions.push_back(std::move(condition));
      }
      entries.push_back(std::move(entry));
    }
    EXPECT_EQ(entries.size(), exported.items);
    std::stable_sort(entries.begin(), entries.end(),
                     [](const TableEntry& a, const TableEntry& b) { return a.priority > b.priority; });

    std::vector<policy::Key> keys = packets_for(policy, seed, 2000);
    std::shuffle(keys.begin(), keys.end(), traffic::Random(seed));
    const std::size_t most = 5'000'000 / std::max<std::size_t>(entries.size(), 1000);
    if (keys.size() > most) keys.resize(most);
    for (const policy::Key& key : keys) {
      const auto found = std::find_if(entries.begin(), entries.end(), [&key](const TableEntry& entry) {
        return std::all_of(entry.conditions.begin(), entry.conditions.end(), [&key](const Condition& c) {
          const policy::Address value = field(key, c.field);
          return c.range ? c.a <= value && value <= c.b : (value & c.b) == c.a;
        });
      });
      const auto expected = tables::first_match(policy, key);
      ASSERT_EQ(found != entries.end(), expected.has_value());
      if (expected) {
        ASSERT_EQ(found->number, *expected);
        ASSERT_EQ(found->word, policy.entries[*expected].action.to_word());
      } else {
        ASSERT_EQ(otherwise.word, policy.default_action.to_word());
      }
    }
  }
}

}  // namespace
}  // namespace portcullis::exports
