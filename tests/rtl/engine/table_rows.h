// The bitmap rows of a Verilated match engine, check bits included, as they stand in its memories: read, and turned
// over bit by bit. The model is made with public_rows.vlt and with memories whose rows are `rows`
// (rtl/prim/pcl_ram_1r1w.sv), and is the only one of its context.
#pragma once

#include <verilated.h>
#include <verilated_syms.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace portcullis::rtl_test {

/// Where a bitmap row stands.
struct Place {
  unsigned bank = 0;
  unsigned table = 0;
  unsigned row = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

class TableRows {
 public:
  static constexpr unsigned kTables = 9;

  /// Throws std::runtime_error if tables or scrubber are not found.
  explicit TableRows(VerilatedContext& context) {
    const VerilatedScopeNameMap* const scopes = context.scopeNameMap();
    for (const auto& [name, scope] : *scopes) {
      const std::string text = name;
      if (text.ends_with("u_scrubber")) {
        place_ = scope->varFind("place_q");
      }
      const std::size_t at = text.find("g_table");
      if (at == std::string::npos || !text.ends_with("u_ram")) {
        continue;
      }
      const std::vector<unsigned> numbers = numbers_of(text.substr(at));
      VerilatedVar* const rows = scope->varFind("rows");
      if (text.find("g_slice", at) == std::string::npos || numbers.size() != 2 || rows == nullptr) {
        continue;  // of a range table
      }
      slices_.at(numbers[0])[numbers[1]] = rows;
    }
    if (place_ == nullptr || slices_[0].empty() || slices_[kTables - 1].empty()) {
      throw std::runtime_error(
          "the model has no scrubber, or no public rows: it was made without SCRUB=1 or public_rows.vlt");
    }
  }

  unsigned row_bits() const {
    unsigned bits = 0;
    for (const auto& [number, rows] : slices_[0]) {
      bits += width(*rows);
    }
    return bits;
  }
  /// Rows of a bank of the table.
  unsigned rows(unsigned table) const {
    return static_cast<unsigned>(slices_[table].begin()->second->unpacked().elements() / 2);
  }

  void flip(const Place& place, unsigned bit) const {
    for (const auto& [number, rows] : slices_[place.table]) {
      if (bit < width(*rows)) {
        std::uint8_t& byte = bytes(*rows, place)[bit / 8];
        byte = static_cast<std::uint8_t>(byte ^ (1U << (bit % 8)));
        return;
      }
      bit -= width(*rows);
    }
    throw std::out_of_range("a row has no bit " + std::to_string(bit) + " beyond its last");
  }
  bool bit(const Place& place, unsigned bit) const {
    for (const auto& [number, rows] : slices_[place.table]) {
      if (bit < width(*rows)) {
        return ((bytes(*rows, place)[bit / 8] >> (bit % 8)) & 1) != 0;
      }
      bit -= width(*rows);
    }
    throw std::out_of_range("a row has no bit " + std::to_string(bit) + " beyond its last");
  }
  std::vector<bool> row(const Place& place) const {
    std::vector<bool> result;
    for (unsigned b = 0; b < row_bits(); ++b) {
      result.push_back(bit(place, b));
    }
    return result;
  }
  /// All of both banks.
  std::map<Place, std::vector<bool>> all() const {
    std::map<Place, std::vector<bool>> result;
    for (unsigned table = 0; table < kTables; ++table) {
      for (unsigned number = 0; number < 2 * rows(table); ++number) {
        const Place place{number / rows(table), table, number % rows(table)};
        result.emplace(place, row(place));
      }
    }
    return result;
  }

  /// Which row the scrubber reads, or wants to.
  Place scrubbed() const {
    const std::uint32_t packed = *static_cast<const std::uint32_t*>(place_->datap());
    return {packed >> 16U, (packed >> 12U) & 0xFU, packed & 0xFFFU};
  }

 private:
  static std::vector<unsigned> numbers_of(const std::string& text) {
    std::vector<unsigned> numbers;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '[') {
        numbers.push_back(static_cast<unsigned>(std::stoul(text.substr(i + 1))));
      }
    }
    return numbers;
  }
  static unsigned width(const VerilatedVar& rows) { return static_cast<unsigned>(rows.packed().elements()); }
  std::uint8_t* bytes(VerilatedVar& rows, const Place& place) const {
    const std::size_t size = rows.entSize();
    return static_cast<std::uint8_t*>(rows.datap()) + size * (place.bank * this->rows(place.table) + place.row);
  }

  std::array<std::map<unsigned, VerilatedVar*>, kTables> slices_;
  VerilatedVar* place_ = nullptr;
};

}  // namespace portcullis::rtl_test
