// CSV: read back by a reader of its own, every entry must be the entry that was written.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "exports/export.h"
#include "policies.h"
#include "policy/fields.h"

namespace portcullis::exports {
namespace {

using policy::Interval;
using policy::IntervalSet;

std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        row.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        row.back() += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      rows.push_back(std::move(row));
      row.assign(1, "");
    } else {
      row.back() += c;
    }
  }
  EXPECT_TRUE(row.size() == 1 && row[0].empty()) << "the last line has no end";
  return rows;
}

std::vector<std::string> words(const std::string& cell) {
  std::istringstream in(cell);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// Values 0 to `last` as bits.
std::vector<bool> numbers(const std::string& cell, unsigned last) {
  std::vector<bool> out(last + 1, cell == "any");
  if (cell == "any") return out;
  for (const std::string& word : words(cell)) {
    const std::size_t dash = word.find('-');
    const auto first = static_cast<unsigned>(std::stoul(word));
    const auto end = dash == std::string::npos ? first : static_cast<unsigned>(std::stoul(word.substr(dash + 1)));
    for (unsigned value = first; value <= end; ++value) out.at(value) = true;
  }
  return out;
}

IntervalSet<policy::Address> addresses(const std::string& cell) {
  if (cell == "any") return {{0, ~policy::Address{0}}};
  IntervalSet<policy::Address> out;
  const IntervalSet<policy::Address> mapped{{policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU}};
  for (const std::string& word : words(cell)) {
    const std::size_t dash = word.find('-');
    if (dash == std::string::npos) {
      // "::/0" of a site file leaves the mapped block out; here the families are listed apart, so that is right too.
      out = unite(out, policy::parse_prefix(word));
    } else {
      out = unite(out, IntervalSet<policy::Address>{{policy::parse_address(word.substr(0, dash)),
                                                     policy::parse_address(word.substr(dash + 1))}});
    }
  }
  return out;
}

IntervalSet<std::uint32_t> ports(const std::string& cell) {
  if (cell == "any") return {{0, policy::kNoPort}};
  IntervalSet<std::uint32_t> out;
  for (const std::string& word : words(cell)) {
    if (word == "none") {
      out = unite(out, IntervalSet<std::uint32_t>{{policy::kNoPort, policy::kNoPort}});
      continue;
    }
    const std::size_t dash = word.find('-');
    const auto first = static_cast<std::uint32_t>(std::stoul(word));
    out = unite(
        out, IntervalSet<std::uint32_t>{{first, dash == std::string::npos
                                                    ? first
                                                    : static_cast<std::uint32_t>(std::stoul(word.substr(dash + 1)))}});
  }
  return out;
}

policy::Chunk protocols(const std::string& cell) {
  policy::Chunk out;
  if (cell == "any") return out.set();
  for (const std::string& word : words(cell)) {
    if (word.find_first_not_of("0123456789-") == std::string::npos) {
      const std::vector<bool> bits = numbers(word, 255);
      for (unsigned value = 0; value < 256; ++value) {
        if (bits[value]) out.set(value);
      }
    } else {
      out.set(*policy::parse_protocol(word));
    }
  }
  return out;
}

policy::Chunk flags(const std::string& cell) {
  policy::Chunk out;
  if (cell == "any") return out.set();
  for (const std::string& word : words(cell)) {
    const unsigned long value = std::stoul(word, nullptr, 0);
    const unsigned long mask = std::stoul(word.substr(word.find('/') + 1), nullptr, 0);
    for (unsigned long v = 0; v < 256; ++v) {
      if ((v & mask) == value) out.set(v);
    }
  }
  return out;
}

std::vector<bool> named(const std::string& cell, const std::vector<std::string>& names) {
  std::vector<bool> out(names.size(), cell == "any");
  for (const std::string& word : words(cell)) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == word) out[i] = true;
    }
  }
  return out;
}

TEST(CsvExport, EveryEntryReadsBackAsItWas) {
  for (const Named& named_policy : policies(10, integration::test_seed(1), false)) {
    SCOPED_TRACE(named_policy.name);
    const policy::Policy& policy = named_policy.policy;
    const auto rows = read_csv(to_csv(policy, {}).text);
    ASSERT_FALSE(rows.empty());
    std::map<std::string, std::size_t> column;
    for (std::size_t i = 0; i < rows[0].size(); ++i) column[rows[0][i]] = i;
    std::vector<policy::Match> read(policy.entries.size());
    for (std::size_t i = 1; i < rows.size(); ++i) {
      const auto cell = [&](const std::string& name) { return rows[i].at(column.at(name)); };
      ASSERT_EQ(rows[i].size(), rows[0].size()) << "line " << i + 1;
      if (cell("entry") == "default") {
        EXPECT_EQ(i, rows.size() - 1);
        EXPECT_EQ(cell("action"), policy.default_action.permit ? "permit" : "drop");
        continue;
      }
      const std::size_t number = std::stoul(cell("entry"));
      const policy::Entry& entry = policy.entries.at(number);
      EXPECT_EQ(cell("action"), entry.action.permit ? "permit" : "drop");
      EXPECT_EQ(cell("mark"), entry.action.mark ? std::to_string(*entry.action.mark) : "");
      EXPECT_EQ(cell("queue"), entry.action.queue ? std::to_string(*entry.action.queue) : "");
      EXPECT_EQ(cell("redirect"), entry.action.wire ? std::to_string(*entry.action.wire) : "");
      EXPECT_EQ(cell("rule"), entry.from.rule);
      EXPECT_EQ(cell("text"), entry.from.text);
      EXPECT_EQ(cell("line"), entry.from.line == 0 ? "" : std::to_string(entry.from.line));
      policy::Match& match = read[number];
      match.source = addresses(cell("source"));
      match.destination = addresses(cell("destination"));
      match.source_port = ports(cell("source_port"));
      match.destination_port = ports(cell("destination_port"));
      match.protocol = protocols(cell("protocol"));
      match.tcp_flags = flags(cell("tcp_flags"));
      std::vector<Interval<std::uint16_t>> vlans;
      const std::vector<bool> vlan = numbers(cell("vlan"), policy::kMaxVlan);
      for (unsigned v = 0; v <= policy::kMaxVlan; ++v) {
        if (vlan[v]) vlans.push_back({static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(v)});
      }
      match.vlan = IntervalSet<std::uint16_t>(std::move(vlans));
      const std::vector<bool> dscp = numbers(cell("dscp"), 63);
      const std::vector<bool> tags = numbers(cell("tags"), 3);
      const std::vector<bool> ingress = numbers(cell("ingress"), 7);
      const std::vector<bool> type =
          named(cell("ethertype"), {"other", "ipv4", "ipv6", "arp", "lldp", "eapol", "ptp", "slow"});
      const std::vector<bool> state = named(cell("fragment"), {"whole", "first", "later", "3"});
      for (unsigned value = 0; value < 256; ++value) {
        if (dscp[value & 63U] && tags[value >> 6U]) match.dscp_tags.set(value);
        if (ingress[value & 7U] && type[(value >> 3U) & 7U] && state[value >> 6U]) match.context.set(value);
      }
    }
    for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], policy.entries[i].match) << "entry " << i;
  }
}

}  // namespace
}  // namespace portcullis::exports
