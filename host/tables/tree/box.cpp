#include "tables/tree/box.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portcullis::tables::tree {
namespace {

constexpr Address kAllOnes = ~Address{0};

Address ones(unsigned bits) { return bits >= 128 ? kAllOnes : (Address{1} << bits) - 1; }

/// The range of an address field as the trees see it, and whether it asks for IPv4.
std::optional<Range> address_range(const policy::IntervalSet<Address>& set, unsigned bits, bool& ipv4_only) {
  if (set.size() != 1) return std::nullopt;
  const Range whole = set.intervals().front();
  ipv4_only = false;
  if (bits == 128) return is_prefix(whole, 128) ? std::optional(whole) : std::nullopt;
  if (whole.first == 0 && whole.last == kAllOnes) return Range{0, ones(32)};
  if (!policy::is_ipv4(whole.first) || !policy::is_ipv4(whole.last)) return std::nullopt;
  ipv4_only = true;
  const Range low{whole.first & ones(32), whole.last & ones(32)};
  return is_prefix(low, 32) ? std::optional(low) : std::nullopt;
}

std::optional<Range> protocol_range(const policy::Chunk& chunk) {
  if (chunk.all()) return Range{0, 255};
  if (chunk.count() != 1) return std::nullopt;
  const Address value = chunk._Find_first();
  return Range{value, value};
}

}  // namespace

Address last_value(const Shape& shape, unsigned field) {
  if (field < 2) return ones(shape.address_bits);
  return field < 4 ? Address{policy::kNoPort} : Address{255};
}

bool is_prefix(const Range& range, unsigned bits) {
  const Address span = range.last - range.first;
  return range.first <= range.last && range.last <= ones(bits) && (span & (span + 1)) == 0 && (range.first & span) == 0;
}

Sorted sort_rules(const policy::Policy& policy, const Shape& shape, std::vector<Predicate> predicates) {
  Sorted sorted;
  sorted.predicates = std::move(predicates);
  sorted.boxes.resize(policy.entries.size());
  for (std::size_t rule = 0; rule < policy.entries.size(); ++rule) {
    const policy::Match& match = policy.entries[rule].match;
    if (match.empty()) continue;
    const auto to_slice = [&](std::string reason) {
      sorted.unions.push_back(static_cast<std::uint32_t>(rule));
      sorted.reasons.push_back(std::move(reason));
    };
    Box box;
    std::array<bool, 2> ipv4{};
    const auto source = address_range(match.source, shape.address_bits, ipv4[0]);
    const auto destination = address_range(match.destination, shape.address_bits, ipv4[1]);
    const auto protocol = protocol_range(match.protocol);
    if (!source || !destination) {
      to_slice(shape.address_bits == 128 ? "addresses that are not one prefix"
                                         : "addresses that are not one IPv4 prefix");
      continue;
    }
    if (match.source_port.size() != 1 || match.destination_port.size() != 1) {
      to_slice("a list of ports");
      continue;
    }
    if (!protocol) {
      to_slice("a list of protocols");
      continue;
    }
    if (match.vlan != policy::Match::any().vlan) {
      to_slice("a VLAN");
      continue;
    }
    const auto port_range = [](const policy::Interval<std::uint32_t>& ports) { return Range{ports.first, ports.last}; };
    const Range source_port = port_range(match.source_port.intervals().front());
    const Range destination_port = port_range(match.destination_port.intervals().front());
    if (source_port.first > 0xFFFF || destination_port.first > 0xFFFF) {
      to_slice("only packets without ports");
      continue;
    }
    Predicate predicate{match.tcp_flags, match.dscp_tags, match.context, {}};
    for (unsigned f = 0; f < 4; ++f) predicate.family[f] = (!ipv4[0] || (f & 1U) != 0) && (!ipv4[1] || (f & 2U) != 0);
    auto known = std::find(sorted.predicates.begin(), sorted.predicates.end(), predicate);
    if (known == sorted.predicates.end()) {
      if (sorted.predicates.size() == shape.never()) {
        to_slice(fmt::format("flags, DSCP, tags, ingress port or class of packets beyond the first {} combinations",
                             shape.never()));
        continue;
      }
      known = sorted.predicates.insert(known, predicate);
    }
    box.range = {*source, *destination, source_port, destination_port, *protocol};
    box.predicate = static_cast<unsigned>(known - sorted.predicates.begin());
    sorted.boxes[rule] = box;
  }
  return sorted;
}

TreeKey tree_key(const policy::Key& key, const std::vector<Predicate>& predicates, const Shape& shape) {
  TreeKey out;
  out.value = {key.source & ones(shape.address_bits), key.destination & ones(shape.address_bits), key.source_port,
               key.destination_port, key.protocol};
  const unsigned family = (policy::is_ipv4(key.destination) ? 2U : 0U) + (policy::is_ipv4(key.source) ? 1U : 0U);
  for (std::size_t p = 0; p < predicates.size(); ++p) {
    const Predicate& predicate = predicates[p];
    const bool holds = predicate.tcp_flags[key.tcp_flags] && predicate.dscp_tags[key.dscp_tags] &&
                       predicate.context[key.context] && predicate.family[family];
    out.predicates |= std::uint64_t{holds} << p;
  }
  return out;
}

bool contains(const Box& box, const TreeKey& key) {
  for (unsigned f = 0; f < kFields; ++f) {
    if (key.value[f] < box.range[f].first || key.value[f] > box.range[f].last) return false;
  }
  return ((key.predicates >> box.predicate) & 1U) != 0;
}

}  // namespace portcullis::tables::tree
