// The table image: everything that is written into one bank of a match engine, and where it came from; its file format
// is docs/table-image.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "policy/key.h"
#include "policy/policy.h"
#include "tables/geometry.h"

namespace portcullis::tables {

/// Bit 63 of the default action word: everything passes, what would have been dropped is flagged (docs/design.md,
/// "Loading").
inline constexpr std::uint64_t kMonitorBit = std::uint64_t{1} << 63U;

/// Where an entry came from; the entry's number is its place in TableImage::entries.
using EntryInfo = policy::Provenance;

/// A header and the answer that a sound engine gives once the image is loaded.
struct Probe {
  policy::Key key;
  bool hit = false;          ///< some rule matches
  std::uint32_t rule = 0;    ///< the rule that decides; 0 without a hit
  std::uint64_t action = 0;  ///< its action word; the default action word without a hit
  friend bool operator==(const Probe&, const Probe&) = default;
};

/// A file that the policy was made of: told apart by size and CRC-32C of its bytes.
struct SourceFile {
  std::string name;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  friend bool operator==(const SourceFile&, const SourceFile&) = default;

  static SourceFile of(std::string name, std::string_view bytes);
};

/// What is loaded into a bank. Every row that is not mentioned here is never addressed, except row I-1 of a range
/// table, which the loader fills with the last used row; boundaries behind the last used one are all ones.
struct TableImage {
  Geometry geometry;
  /// Used boundaries of each range table, ascending; element 0 is boundary number 1. At most intervals - 1.
  std::array<std::vector<policy::Address>, policy::kRangeTables> boundaries;
  /// Bitmap rows of each table, row after row, geometry.words_per_row() words a row, rule 0 in bit 0 of a row's first
  /// word. Range tables: boundaries + 1 rows. Chunk tables: 256 rows. Bits of rules without an entry are 0.
  std::array<std::vector<std::uint64_t>, policy::kTables> bitmaps;
  /// Action word of each entry.
  std::vector<std::uint64_t> actions;
  std::uint64_t default_action = 0;
  /// As many as actions.
  std::vector<EntryInfo> entries;
  std::vector<Probe> probes;
  std::vector<SourceFile> sources;

  /// Rows in use of table `table` (0 to 8).
  std::size_t rows(unsigned table) const { return table < policy::kRangeTables ? boundaries[table].size() + 1 : 256; }
  /// One bitmap row; `row` < rows(table).
  std::span<const std::uint64_t> row(unsigned table, std::size_t row) const {
    const std::size_t words = geometry.words_per_row();
    return std::span<const std::uint64_t>(bitmaps.at(table)).subspan(row * words, words);
  }
  bool monitor() const { return (default_action & kMonitorBit) != 0; }

  friend bool operator==(const TableImage&, const TableImage&) = default;
};

/// An image that cannot be read. The message says file, section, byte offset, what is wrong and what to do.
class ImageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Images larger than this are refused before they are read: the largest geometry's tables stay below it by far.
inline constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 32U;

/// What decode demands of a range table's boundaries. An engine needs them ascending. The proof reads any order, so
/// that it can answer a wrong bit with a packet: the interval of a key is the count of boundaries that are not above
/// it.
enum class BoundaryOrder { ascending, any };

/// The image as the bytes of a file. Equal images give equal bytes.
std::vector<std::uint8_t> encode(const TableImage& image);
/// Reads what encode wrote. `file` is for messages. Safe on hostile bytes: throws ImageError.
TableImage decode(std::span<const std::uint8_t> bytes, const std::string& file,
                  BoundaryOrder order = BoundaryOrder::ascending);
/// Checksum of the header and the directory of an image that decode took: what tells images apart in a device.
std::uint32_t header_crc(std::span<const std::uint8_t> bytes);

/// Writes through a temporary file beside `path`, so that a reader never sees half an image. Throws ImageError.
void write_image(const std::filesystem::path& path, const TableImage& image);
/// The same for the bytes of an image.
void write_image_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
/// Throws ImageError.
TableImage read_image(const std::filesystem::path& path);
/// The bytes of an image file, undecoded. Throws ImageError if it cannot be read or is too large.
std::vector<std::uint8_t> read_image_bytes(const std::filesystem::path& path);

}  // namespace portcullis::tables
