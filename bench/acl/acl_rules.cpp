#include "acl_rules.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "tables/tcam.h"

namespace portcullis::bench {
namespace {

struct Prefix {
  std::uint32_t address = 0;
  std::uint32_t length = 0;
};

/// The fewest prefixes whose union is the set's IPv4 part.
std::vector<Prefix> prefixes(const policy::IntervalSet<policy::Address>& set) {
  std::vector<Prefix> out;
  for (const auto& interval : set.intervals()) {
    std::uint64_t first = static_cast<std::uint32_t>(interval.first);
    const std::uint64_t last = static_cast<std::uint32_t>(interval.last);
    while (first <= last) {
      unsigned bits = first == 0 ? 32 : static_cast<unsigned>(std::countr_zero(first));
      while (first + (std::uint64_t{1} << bits) - 1 > last) --bits;
      out.push_back({static_cast<std::uint32_t>(first), 32 - bits});
      first += std::uint64_t{1} << bits;
    }
  }
  return out;
}

rte_acl_field field(std::uint32_t value, std::uint32_t mask_or_last) {
  rte_acl_field f{};
  f.value.u32 = value;
  f.mask_range.u32 = mask_or_last;
  return f;
}
rte_acl_field field16(std::uint32_t first, std::uint32_t last) {
  rte_acl_field f{};
  f.value.u16 = static_cast<std::uint16_t>(first);
  f.mask_range.u16 = static_cast<std::uint16_t>(last);
  return f;
}
rte_acl_field field8(std::uint8_t value, std::uint8_t mask) {
  rte_acl_field f{};
  f.value.u8 = value;
  f.mask_range.u8 = mask;
  return f;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> big_endian(std::uint32_t value) {
  std::array<std::uint8_t, Size> bytes{};
  for (std::size_t i = 0; i < Size; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * (Size - 1 - i)));
  return bytes;
}

}  // namespace

rte_acl_config acl_config() {
  rte_acl_config config{};
  config.num_categories = 1;
  config.num_fields = kFields;
  const auto define = [&config](unsigned index, std::uint8_t type, std::uint8_t size, std::uint8_t input,
                                std::size_t offset) {
    config.defs[index] = {.type = type,
                          .size = size,
                          .field_index = static_cast<std::uint8_t>(index),
                          .input_index = input,
                          .offset = static_cast<std::uint32_t>(offset)};
  };
  define(0, RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, offsetof(AclKey, protocol));
  define(1, RTE_ACL_FIELD_TYPE_MASK, 4, 1, offsetof(AclKey, source));
  define(2, RTE_ACL_FIELD_TYPE_MASK, 4, 2, offsetof(AclKey, destination));
  define(3, RTE_ACL_FIELD_TYPE_RANGE, 2, 3, offsetof(AclKey, source_port));
  define(4, RTE_ACL_FIELD_TYPE_RANGE, 2, 3, offsetof(AclKey, destination_port));
  return config;
}

policy::Policy five_tuples(const policy::Policy& policy) {
  const policy::IntervalSet<policy::Address> ipv4{{policy::kMappedPrefix, policy::from_ipv4(~std::uint32_t{0})}};
  const policy::IntervalSet<std::uint32_t> ports{{0, 0xFFFF}};
  policy::Policy out;
  for (const policy::Entry& entry : policy.entries) {
    policy::Entry kept;
    kept.match = policy::Match::any();
    kept.match.source = intersect(entry.match.source, ipv4);
    kept.match.destination = intersect(entry.match.destination, ipv4);
    kept.match.source_port = intersect(entry.match.source_port, ports);
    kept.match.destination_port = intersect(entry.match.destination_port, ports);
    kept.match.protocol = entry.match.protocol;
    kept.action.permit = entry.action.permit;
    kept.from = entry.from;
    if (!kept.match.empty()) out.entries.push_back(std::move(kept));
  }
  return out;
}

std::optional<std::vector<AclRule>> acl_rules(const policy::Policy& policy, std::size_t most) {
  std::vector<AclRule> rules;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const policy::Match& match = policy.entries[i].match;
    const std::vector<Prefix> sources = prefixes(match.source), destinations = prefixes(match.destination);
    for (const tables::TernaryWord& protocol : tables::ternary_words(match.protocol)) {
      for (const Prefix& source : sources) {
        for (const Prefix& destination : destinations) {
          for (const auto& source_port : match.source_port.intervals()) {
            for (const auto& destination_port : match.destination_port.intervals()) {
              if (rules.size() == most) return std::nullopt;
              AclRule rule{};
              rule.data.category_mask = 1;
              rule.data.priority = RTE_ACL_MAX_PRIORITY - static_cast<std::int32_t>(i);
              rule.data.userdata = static_cast<std::uint32_t>(i + 1);
              rule.field[0] = field8(protocol.value, protocol.mask);
              rule.field[1] = field(source.address, source.length);
              rule.field[2] = field(destination.address, destination.length);
              rule.field[3] = field16(source_port.first, source_port.last);
              rule.field[4] = field16(destination_port.first, destination_port.last);
              rules.push_back(rule);
            }
          }
        }
      }
    }
  }
  return rules;
}

AclKey acl_key(const policy::Key& key) {
  AclKey out;
  out.protocol = key.protocol;
  out.source = big_endian<4>(static_cast<std::uint32_t>(key.source));
  out.destination = big_endian<4>(static_cast<std::uint32_t>(key.destination));
  out.source_port = big_endian<2>(key.source_port);
  out.destination_port = big_endian<2>(key.destination_port);
  return out;
}

}  // namespace portcullis::bench
