#include "tables/tree/recover.h"

#include <fmt/format.h>

#include "tables/recover.h"

namespace portcullis::tables::tree {
namespace {

using Addresses = policy::IntervalSet<Address>;

constexpr Address kLast = ~Address{0};

policy::Chunk values_of(const PackedTrees& trees, PredicateTable table, unsigned predicate) {
  policy::Chunk values;
  for (unsigned value = 0; value < 256; ++value)
    values[value] = trees.predicates[static_cast<unsigned>(table)].get(value, predicate, 1) != 0;
  return values;
}

/// The addresses of a prefix that IPv4 (bit 0) and other families (bit 1) may present; none where 32 bits would be
/// compared with those of other families.
std::optional<Addresses> addresses(const Range& range, unsigned families, unsigned bits) {
  const Address ipv4 = policy::from_ipv4(0);
  if (bits == 128) {
    if (families == 3) return Addresses{{range.first, range.last}};
    if (families == 1 && range.first >= ipv4 && range.last <= policy::from_ipv4(0xFFFF'FFFF))
      return Addresses{{range.first, range.last}};
  }
  const bool all = range.first == 0 && range.last == (bits == 128 ? kLast : Address{0xFFFF'FFFF});
  if (families == 3 && all) return Addresses{{0, kLast}};
  if (families == 2 && all) return Addresses{{0, ipv4 - 1}, {policy::from_ipv4(0xFFFF'FFFF) + 1, kLast}};
  if (families == 1 && all) return Addresses{{ipv4, policy::from_ipv4(0xFFFF'FFFF)}};
  if (families == 1 && bits == 32) return Addresses{{ipv4 + range.first, ipv4 + range.last}};
  return std::nullopt;
}

/// The match of an entry; none if its families are no product, or it compares bits that they do not have.
std::optional<policy::Match> match_of(const PackedTrees& trees, const Entry& entry) {
  const std::optional<Box> box = box_of(entry, trees.shape);
  if (!box) return std::nullopt;
  policy::Match match;
  match.tcp_flags = values_of(trees, PredicateTable::tcp_flags, entry.predicate);
  match.dscp_tags = values_of(trees, PredicateTable::dscp_tags, entry.predicate);
  match.context = values_of(trees, PredicateTable::context, entry.predicate);
  unsigned source = 0;
  unsigned destination = 0;
  unsigned pairs = 0;
  const BitMemory& family = trees.predicates[static_cast<unsigned>(PredicateTable::family)];
  for (unsigned row = 0; row < 4; ++row) {
    if (family.get(row, entry.predicate, 1) == 0) continue;
    ++pairs;
    source |= (row & 1U) != 0 ? 1U : 2U;
    destination |= (row & 2U) != 0 ? 1U : 2U;
  }
  if (pairs == 0) return match;  // matches nothing
  if (pairs != (source == 3 ? 2U : 1U) * (destination == 3 ? 2U : 1U)) return std::nullopt;
  const auto sources = addresses(box->range[0], source, trees.shape.address_bits);
  const auto destinations = addresses(box->range[1], destination, trees.shape.address_bits);
  if (!sources || !destinations) return std::nullopt;
  match.source = *sources;
  match.destination = *destinations;
  match.source_port = {
      {static_cast<std::uint32_t>(box->range[2].first), static_cast<std::uint32_t>(box->range[2].last)}};
  match.destination_port = {
      {static_cast<std::uint32_t>(box->range[3].first), static_cast<std::uint32_t>(box->range[3].last)}};
  match.vlan = {{0, policy::kMaxVlan}};
  for (Address value = box->range[4].first; value <= box->range[4].last; ++value)
    match.protocol.set(static_cast<std::size_t>(value));
  return match;
}

}  // namespace

policy::Policy recover_scale(const ScaleImage& image, const std::string& file) {
  policy::Policy out;
  out.default_action = policy::Action::from_word(image.default_action & ~kMonitorBit);
  out.monitor = (image.default_action & kMonitorBit) != 0;
  for (std::size_t rule = 0; rule < image.actions.size(); ++rule) {
    policy::Entry& entry = out.entries.emplace_back();
    entry.action = policy::Action::from_word(image.actions[rule]);
    if (rule < image.entries.size()) entry.from = image.entries[rule];
  }
  const PackedTrees& trees = image.trees;
  for (unsigned t = 0; t < trees.trees.size(); ++t) {
    for (std::size_t e = 0; e < trees.trees[t].entries.rows(); ++e) {
      if (trees.trees[t].entries.zero(e)) continue;
      const Entry entry = read_entry(trees, t, e);
      auto match = match_of(trees, entry);
      if (!match || entry.rule >= out.entries.size())
        throw ImageError(
            fmt::format("{}: tree {}, entry {}: its bits are no rule; compile the policy again", file, t, e));
      out.entries[entry.rule].match = std::move(*match);
    }
  }
  const policy::Policy slice = recover(image.slice);
  for (std::size_t i = 0; i < image.slice_rules.size(); ++i) {
    if (image.slice_rules[i] >= out.entries.size() || i >= slice.entries.size())
      throw ImageError(fmt::format("{}: slice entry {} is of no rule; compile the policy again", file, i));
    out.entries[image.slice_rules[i]].match = slice.entries[i].match;
  }
  return out;
}

}  // namespace portcullis::tables::tree
