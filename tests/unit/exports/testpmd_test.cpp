// testpmd: the flows, read back by a reader that knows rte_flow's rules and nothing of ours, decide on real frames like
// the reference matcher.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "exports/export.h"
#include "policies.h"
#include "policy/fields.h"
#include "tables/prove.h"
#include "tables/reference.h"
#include "traffic/frame.h"

namespace portcullis::exports {
namespace {

using Number = policy::Address;

/// A header of a frame: the name of its item, and its fields.
struct Layer {
  std::string item;
  std::map<std::string, Number> fields;
};

/// A frame's headers as rte_flow names them (DPDK programmer's guide, "Generic flow API").
std::vector<Layer> dissect(const std::vector<std::uint8_t>& frame) {
  const auto number = [&frame](std::size_t at, std::size_t bytes) {
    Number value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = (value << 8U) | frame.at(at + i);
    return value;
  };
  std::vector<Layer> layers;
  Number type = number(12, 2);
  std::size_t at = 14;
  const auto is_tag = [](Number t) { return t == 0x8100 || t == 0x88A8; };
  layers.push_back({"eth", {{"type", type}, {"has_vlan", is_tag(type)}}});
  while (is_tag(type) && layers.size() < 3) {
    const Number vid = number(at, 2) & 0xFFFU;
    type = number(at + 2, 2);
    at += 4;
    layers.push_back({"vlan", {{"vid", vid}, {"inner_type", type}, {"has_more_vlan", is_tag(type)}}});
  }
  Number protocol = 0;
  bool later = false;
  if (type == 0x0800) {
    const Number fragment = number(at + 6, 2);
    protocol = number(at + 9, 1);
    layers.push_back({"ipv4",
                      {{"tos", number(at + 1, 1)},
                       {"fragment_offset", fragment},
                       {"proto", protocol},
                       {"src", policy::from_ipv4(static_cast<std::uint32_t>(number(at + 12, 4)))},
                       {"dst", policy::from_ipv4(static_cast<std::uint32_t>(number(at + 16, 4)))}}});
    later = (fragment & 0x1FFFU) != 0;
    at += static_cast<std::size_t>(number(at, 1) & 15U) * 4;
  } else if (type == 0x86DD) {
    protocol = number(at + 6, 1);
    layers.push_back({"ipv6",
                      {{"tc", (number(at, 2) >> 4U) & 0xFFU},
                       {"proto", protocol},
                       {"has_frag_ext", protocol == 44},
                       {"src", number(at + 8, 16)},
                       {"dst", number(at + 24, 16)}}});
    at += 40;
    if (protocol == 44) {
      protocol = number(at, 1);
      layers.push_back({"ipv6_frag_ext", {{"next_hdr", protocol}, {"frag_data", number(at + 2, 2)}}});
      later = (number(at + 2, 2) & 0xFFF8U) != 0;
      at += 8;
    }
  } else {
    return layers;
  }
  if (later) return layers;
  if (protocol == 6) {
    layers.push_back({"tcp", {{"src", number(at, 2)}, {"dst", number(at + 2, 2)}, {"flags", number(at + 13, 1)}}});
  } else if (protocol == 17 || protocol == 132) {
    layers.push_back({protocol == 17 ? "udp" : "sctp", {{"src", number(at, 2)}, {"dst", number(at + 2, 2)}}});
  } else if (protocol == 1 || protocol == 58) {
    layers.push_back({protocol == 1 ? "icmp" : "icmp6", {{"type", number(at, 1)}, {"code", number(at + 1, 1)}}});
  }
  return layers;
}

/// What an item asks of one field: spec, last (or spec), mask.
struct Field {
  std::string name;
  Number spec = 0;
  Number last = 0;
  Number mask = 0;
  bool has_spec = false;
  bool has_mask = false;
};
struct Item {
  std::string name;
  std::vector<Field> fields;
};
struct Flow {
  unsigned port = 0;
  unsigned priority = 0;
  std::vector<Item> items;
  bool permit = false;
  bool has_count = false;
  std::size_t entry = 0;
  std::optional<std::uint32_t> mark;
  std::optional<std::uint16_t> queue;
};

Number value_of(const std::string& text) {
  if (text.find_first_of(".:") != std::string::npos) return policy::parse_address(text);
  return std::stoul(text, nullptr, 0);
}

/// A mask of an IPv4 field compares the 32 bits that an IPv4 address has.
Number mask_of(const std::string& text) {
  return text.find('.') != std::string::npos ? value_of(text) & 0xFFFF'FFFFU : value_of(text);
}

Flow read_flow(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  std::size_t at = 0;
  const auto next = [&]() -> const std::string& { return words.at(at++); };
  const auto demand = [&](const std::string& word) { EXPECT_EQ(next(), word) << line; };
  Flow flow;
  demand("flow");
  demand("create");
  flow.port = static_cast<unsigned>(std::stoul(next()));
  demand("group");
  demand("0");
  demand("priority");
  flow.priority = static_cast<unsigned>(std::stoul(next()));
  demand("ingress");
  demand("pattern");
  for (std::string item = next(); item != "end"; item = next()) {
    Item read{item, {}};
    while (words.at(at) != "/") {
      const std::string field = next();
      const std::string what = next();
      const std::string operand = next();
      auto place =
          std::find_if(read.fields.begin(), read.fields.end(), [&](const Field& f) { return f.name == field; });
      if (place == read.fields.end()) place = read.fields.insert(read.fields.end(), Field{field});
      const Number value = what == "mask" ? mask_of(operand) : value_of(operand);
      if (what == "is") {
        place->spec = place->last = value;
        place->mask = ~Number{0};
        place->has_spec = place->has_mask = true;
      } else if (what == "spec") {
        place->spec = place->last = value;
        place->has_spec = true;
      } else if (what == "last") {
        EXPECT_GT(value, place->spec) << "no range: " << line;
        place->last = value;
      } else if (what == "prefix") {
        const unsigned width = policy::is_ipv4(place->spec) ? 32 : 128;
        const Number ones = width == 32 ? Number{0xFFFF'FFFFU} : ~Number{0};
        place->mask = value == 0 ? 0 : ones & (ones << (width - static_cast<unsigned>(value)));
        place->has_mask = true;
      } else {
        EXPECT_EQ(what, "mask") << line;
        place->mask = value;
        place->has_mask = true;
      }
    }
    demand("/");
    for (const Field& field : read.fields) {
      EXPECT_TRUE(field.has_spec && field.has_mask) << field.name << ": " << line;
      EXPECT_EQ(field.spec & 0xFFFF'FFFFU & ~field.mask, 0U) << "bits outside the mask: " << line;
    }
    flow.items.push_back(std::move(read));
  }
  demand("actions");
  for (std::string action = next(); action != "end"; action = next()) {
    if (action == "count") {
      demand("identifier");
      flow.entry = std::stoul(next());
      flow.has_count = true;
    } else if (action == "mark") {
      demand("id");
      flow.mark = static_cast<std::uint32_t>(std::stoul(next()));
    } else if (action == "queue") {
      demand("index");
      flow.queue = static_cast<std::uint16_t>(std::stoul(next()));
      flow.permit = true;
    } else {
      EXPECT_EQ(action, "drop") << line;
    }
    demand("/");
  }
  EXPECT_EQ(at, words.size()) << line;
  return flow;
}

bool holds(const Item& item, const Layer& layer) {
  return std::all_of(item.fields.begin(), item.fields.end(), [&layer](const Field& field) {
    const auto value = layer.fields.find(field.name);
    EXPECT_NE(value, layer.fields.end()) << layer.item << " has no " << field.name;
    if (value == layer.fields.end()) return false;
    const Number masked = value->second & field.mask;
    return (field.spec & field.mask) <= masked && masked <= (field.last & field.mask);
  });
}

/// Items name headers from Ethernet inwards, one behind the other; tags may be passed over (without has_vlan or type,
/// "both tagged and untagged packets will match").
bool matches(const Flow& flow, const std::vector<Layer>& layers) {
  std::size_t layer = 0;
  for (const Item& item : flow.items) {
    while (item.name != "vlan" && layer < layers.size() && layers[layer].item == "vlan") ++layer;
    if (layer >= layers.size() || layers[layer].item != item.name || !holds(item, layers[layer])) return false;
    ++layer;
  }
  return true;
}

std::vector<Flow> read_flows(const std::string& text) {
  std::vector<Flow> flows;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') flows.push_back(read_flow(line));
  }
  std::stable_sort(flows.begin(), flows.end(), [](const Flow& a, const Flow& b) { return a.priority < b.priority; });
  return flows;
}

TEST(TestpmdExport, FlowsDecideOnFramesLikeTheReference) {
  const std::uint64_t seed = integration::test_seed(3);
  Options options;
  options.ports = 2;
  for (Named& named : policies(6, seed, true)) {
    SCOPED_TRACE(named.name);
    policy::Policy& policy = named.policy;
    if (policy.entries.size() > 10 && named.name.starts_with("random")) policy.entries.resize(10);
    const Exported exported = to_testpmd(policy, options);
    const std::vector<Flow> flows = read_flows(exported.text);
    std::size_t guards = 0;
    for (const Flow& flow : flows) guards += flow.has_count ? 0U : 1U;
    EXPECT_EQ(guards, 12U);
    EXPECT_EQ(exported.items, flows.size() - guards);

    std::vector<policy::Key> keys = packets_for(policy, seed, 3000);
    std::shuffle(keys.begin(), keys.end(), traffic::Random(seed));
    const std::size_t most = 3'000'000 / std::max<std::size_t>(flows.size(), 2000);
    if (keys.size() > most) keys.resize(most);
    for (const policy::Key& key : keys) {
      const auto frame = traffic::frame_presenting(key);
      ASSERT_TRUE(frame);
      const std::vector<Layer> layers = dissect(traffic::build(*frame));
      const auto found = std::find_if(flows.begin(), flows.end(), [&](const Flow& flow) {
        return flow.port == (key.context & 7U) && matches(flow, layers);
      });
      ASSERT_NE(found, flows.end());
      const tables::Verdict verdict = tables::decide(policy, key);
      ASSERT_EQ(found->entry, verdict.entry.value_or(policy.entries.size())) << tables::describe(key);
      ASSERT_EQ(found->permit, verdict.permit);
      ASSERT_EQ(found->mark, verdict.action.mark);
    }
  }
}

TEST(TestpmdExport, RefusesWhatNoActionSays) {
  policy::Policy policy = example("kubernetes");
  policy.entries[4].action.mirror = true;
  try {
    to_testpmd(policy, {});
    FAIL() << "a mirror was exported";
  } catch (const ExportError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("entry 4"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("mirrors"));
  }
  policy.entries[4].action.mirror = false;
  policy.entries[4].action.permit = true;
  policy.entries[4].action.queue = 7;
  EXPECT_THAT(to_testpmd(policy, {}).text, ::testing::HasSubstr("count identifier 4 / queue index 7 / end"));
}

}  // namespace
}  // namespace portcullis::exports
