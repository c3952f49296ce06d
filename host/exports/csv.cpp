// The entries of a policy as CSV.
#include <fmt/format.h>

#include <array>

#include "exports/export.h"
#include "exports/words.h"
#include "policy/fields.h"
#include "tables/tcam.h"

namespace portcullis::exports {
namespace {

using policy::EtherClass;
using policy::Fragment;
using policy::IntervalSet;
using policy::Match;

constexpr unsigned kStates = 3;
constexpr unsigned kClasses = 8;
constexpr unsigned kTagCounts = 4;  // the chunk can tell 0 to 3; frames have 0 to 2
constexpr std::array<std::string_view, kStates + 1> kStateNames = {"whole", "first", "later", "3"};

/// RFC 4180.
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string address_cell(const IntervalSet<policy::Address>& set) {
  if (set == policy::any_address()) return "any";
  const IntervalSet<policy::Address> mapped{{policy::kMappedPrefix, policy::kMappedPrefix | 0xFFFF'FFFFU}};
  std::string out;
  // An interval may reach over the border of the families.
  for (const auto& part : {intersect(set, mapped), subtract(set, mapped)}) {
    for (const auto& interval : part.intervals()) {
      if (!out.empty()) out += ' ';
      out += address_words(interval);
    }
  }
  return out;
}

std::string port_cell(const IntervalSet<std::uint32_t>& set) {
  if (set == policy::any_port()) return "any";
  std::string out = set_words(intersect(set, IntervalSet<std::uint32_t>{{0, policy::kNoPort - 1}}), " ");
  if (set.contains(policy::kNoPort)) out += out.empty() ? "none" : " none";
  return out;
}

std::string protocol_cell(const policy::Chunk& protocols) {
  if (protocols.all()) return "any";
  std::string out;
  const IntervalSet<std::uint32_t> values = values_of(protocols);
  for (const auto& run : values.intervals()) {
    if (!out.empty()) out += ' ';
    out += run.first == run.last ? policy::protocol_name(static_cast<std::uint8_t>(run.first)) : range_words(run);
  }
  return out;
}

std::string flags_cell(const policy::Chunk& flags) {
  if (flags.all()) return "any";
  std::string out;
  for (const tables::TernaryWord& word : tables::ternary_words(flags)) {
    out += fmt::format("{}{:#04x}/{:#04x}", out.empty() ? "" : " ", word.value, word.mask);
  }
  return out;
}

std::string number_cell(const IntervalSet<std::uint32_t>& set, std::uint32_t last) {
  return set == IntervalSet<std::uint32_t>{{0, last}} ? "any" : set_words(set, " ");
}

/// A chunk of two fields as a union of products: for each distinct set of the low field, the values of the high field
/// that have it.
struct Product {
  std::uint32_t high = 0;  ///< bits
  policy::Chunk low;
};
std::vector<Product> products(const policy::Chunk& chunk, unsigned low_bits) {
  std::vector<Product> out;
  const unsigned lows = 1U << low_bits;
  for (unsigned high = 0; high < 256U / lows; ++high) {
    policy::Chunk low;
    for (unsigned value = 0; value < lows; ++value) low[value] = chunk[(high << low_bits) | value];
    if (low.none()) continue;
    bool known = false;
    for (Product& product : out) {
      if (product.low != low) continue;
      product.high |= 1U << high;
      known = true;
    }
    if (!known) out.push_back({1U << high, low});
  }
  return out;
}

/// dscp, tags.
std::vector<std::string> dscp_cells(const policy::Chunk& chunk) {
  std::vector<std::string> out;
  for (const Product& product : products(chunk, 6)) {
    policy::Chunk tags;
    for (unsigned count = 0; count < kTagCounts; ++count) tags[count] = (product.high & (1U << count)) != 0;
    out.push_back(fmt::format("{},{}", number_cell(values_of(product.low), 63), number_cell(values_of(tags), 3)));
  }
  return out;
}

/// ingress, ethertype, fragment.
std::vector<std::string> context_cells(const policy::Chunk& chunk) {
  std::vector<std::string> out;
  for (const Product& outer : products(chunk, 6)) {  // high: fragment states
    std::string states;
    for (unsigned state = 0; state <= kStates; ++state) {
      if ((outer.high & (1U << state)) != 0) {
        states += fmt::format("{}{}", states.empty() ? "" : " ", kStateNames[state]);
      }
    }
    if (outer.high == 0xF) states = "any";
    policy::Chunk low;
    for (unsigned value = 0; value < 64; ++value) low[value] = outer.low[value];
    for (const Product& inner : products(low, 3)) {  // high: EtherType classes; low: ingress
      std::string types;
      for (unsigned type = 0; type < kClasses; ++type) {
        if ((inner.high & (1U << type)) != 0) {
          types += fmt::format("{}{}", types.empty() ? "" : " ", policy::to_string(static_cast<EtherClass>(type)));
        }
      }
      if (inner.high == 0xFF) types = "any";
      out.push_back(fmt::format("{},{},{}", number_cell(values_of(inner.low), 7), types, states));
    }
  }
  return out;
}

}  // namespace

Exported to_csv(const policy::Policy& policy, const Options&) {
  Exported out;
  out.entries = policy.entries.size();
  out.unit = "lines";
  out.text =
      "entry,action,mark,queue,redirect,mirror,source,destination,source_port,destination_port,protocol,tcp_flags,vlan,"
      "dscp,tags,ingress,ethertype,fragment,cause,rule,document,line,role,service,reply,text\n";
  const auto action_cells = [](const policy::Action& action) {
    return fmt::format("{},{},{},{},{}", action.permit ? "permit" : "drop",
                       action.mark ? std::to_string(*action.mark) : "",
                       action.queue ? std::to_string(*action.queue) : "",
                       action.wire ? std::to_string(*action.wire) : "", action.mirror ? "yes" : "");
  };
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const policy::Entry& entry = policy.entries[i];
    const Match& match = entry.match;
    const policy::Provenance& from = entry.from;
    const IntervalSet<std::uint16_t> every_vlan{{0, policy::kMaxVlan}};
    const std::string head =
        fmt::format("{},{},{},{},{},{},{},{},{}", i, action_cells(entry.action), address_cell(match.source),
                    address_cell(match.destination), port_cell(match.source_port), port_cell(match.destination_port),
                    protocol_cell(match.protocol), flags_cell(match.tcp_flags),
                    match.vlan == every_vlan ? "any" : set_words(match.vlan, " "));
    const std::string tail =
        fmt::format("{},{},{},{},{},{},{},{}", policy::to_string(from.cause), quoted(from.rule), quoted(from.document),
                    from.line == 0 ? "" : std::to_string(from.line), quoted(from.role), quoted(from.service),
                    from.reply ? "yes" : "", quoted(from.text));
    for (const std::string& dscp : dscp_cells(match.dscp_tags)) {
      for (const std::string& context : context_cells(match.context)) {
        out.text += fmt::format("{},{},{},{}\n", head, dscp, context, tail);
        ++out.items;
      }
    }
  }
  out.text += fmt::format("default,{},any,any,any,any,any,any,any,any,any,any,any,any,default,,,,,,,\n",
                          action_cells(policy.default_action));
  if (policy.monitor) {
    out.remarks.push_back("mode monitor: the actions are those of the rules; nothing is dropped while it lasts");
  }
  return out;
}

}  // namespace portcullis::exports
