// A reader and a lookup of image files that know nothing but docs/table-image.md: bytes in, deciding rule out. Shares
// no code with host/tables.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/key.h"

namespace portcullis::test {

class BankLookup {
 public:
  struct Section {
    std::size_t offset = 0;
    std::size_t length = 0;
    std::size_t crc_at = 0;  ///< where the directory holds the section's checksum
  };

  explicit BankLookup(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {
    for (std::size_t i = 0; i < 7; ++i) {
      const std::size_t entry = 32 + 24 * i;
      const std::string tag(bytes_.begin() + static_cast<std::ptrdiff_t>(entry),
                            bytes_.begin() + static_cast<std::ptrdiff_t>(entry) + 4);
      sections_[tag] = {number(entry + 8, 8), number(entry + 16, 8), entry + 4};
    }
    rules_ = number(sections_["GEOM"].offset, 4);
    std::size_t at = sections_["BNDS"].offset;
    for (std::size_t table = 0; table < 5; ++table) {
      counts_[table] = number(at, 4);
      widths_[table] = number(at + 4, 4);
      boundaries_at_[table] = at + 8;
      at += 8 + counts_[table] * widths_[table];
    }
    at = sections_["BITS"].offset;
    for (std::size_t table = 0; table < 9; ++table) {
      rows_[table] = number(at, 4);
      words_ = number(at + 4, 4);
      bits_at_[table] = at + 8;
      at += 8 + rows_[table] * words_ * 8;
    }
    entries_ = number(sections_["ACTS"].offset, 4);
  }

  const std::map<std::string, Section>& sections() const { return sections_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::size_t entries() const { return entries_; }
  std::size_t boundary_count(std::size_t table) const { return counts_.at(table); }
  std::size_t boundary_at(std::size_t table, std::size_t i) const {
    return boundaries_at_.at(table) + i * widths_.at(table);
  }
  std::size_t rows(std::size_t table) const { return rows_.at(table); }
  /// Offset of the byte that holds a rule's bit.
  std::size_t bit_at(std::size_t table, std::size_t row, std::size_t rule) const {
    return bits_at_.at(table) + row * words_ * 8 + rule / 8;
  }
  std::size_t action_at(std::size_t rule) const { return sections_.at("ACTS").offset + 16 + 8 * rule; }
  std::size_t default_action_at() const { return sections_.at("ACTS").offset + 8; }
  std::uint64_t action(std::optional<std::size_t> rule) const {
    return number(rule ? action_at(*rule) : default_action_at(), 8);
  }

  /// The row of a range table that a key addresses: the count of boundaries that are not above it, whatever their
  /// order.
  std::size_t row_of(std::size_t table, policy::Address key) const {
    std::size_t row = 0;
    for (std::size_t i = 0; i < counts_[table]; ++i) {
      const std::size_t at = boundary_at(table, i);
      policy::Address boundary = number(at, widths_[table] < 8 ? widths_[table] : 8);
      if (widths_[table] == 16) boundary |= policy::Address{number(at + 8, 8)} << 64U;
      if (boundary <= key) ++row;
    }
    return row;
  }

  std::optional<std::size_t> first_match(const policy::Key& key) const {
    const std::array<std::size_t, 9> row = {row_of(0, key.source),
                                            row_of(1, key.destination),
                                            row_of(2, key.source_port),
                                            row_of(3, key.destination_port),
                                            row_of(4, key.vlan),
                                            key.protocol,
                                            key.tcp_flags,
                                            key.dscp_tags,
                                            key.context};
    for (std::size_t rule = 0; rule < rules_; ++rule) {
      bool all = true;
      for (std::size_t table = 0; all && table < 9; ++table) {
        all = (bytes_[bit_at(table, row[table], rule)] >> (rule % 8) & 1U) != 0;
      }
      if (all) return rule;
    }
    return std::nullopt;
  }

  std::uint64_t number(std::size_t at, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8U | bytes_.at(at + i);
    return value;
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::map<std::string, Section> sections_;
  std::size_t rules_ = 0, words_ = 0, entries_ = 0;
  std::array<std::size_t, 5> counts_{}, widths_{}, boundaries_at_{};
  std::array<std::size_t, 9> rows_{}, bits_at_{};
};

}  // namespace portcullis::test
