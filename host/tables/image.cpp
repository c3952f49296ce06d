// Image files: docs/table-image.md as code. Numbers are little-endian.
#include "tables/image.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <system_error>
#include <type_traits>
#include <utility>

#include "tables/crc32c.h"

namespace portcullis::tables {
namespace {

using policy::Address;
using policy::kRangeTables;
using policy::kTableNames;
using policy::kTables;

// A byte above 127 and both kinds of line end, as in PNG (RFC 2083, section 3.1): what a text-mode transfer spoils.
constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'P', 'T', 'I', '\r', '\n', 0x1A, '\n'};
constexpr std::uint16_t kMajor = 1;
constexpr std::uint16_t kMinor = 0;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kDirectoryEntryBytes = 24;
constexpr std::size_t kHeaderCrcAt = 28;
constexpr std::size_t kProbeBytes = 64;
constexpr std::size_t kAlignment = 8;
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxText = std::size_t{1} << 20U;

enum Section : unsigned { kGeometry, kBoundaries, kBitmaps, kActions, kEntries, kProbes, kSources, kSections };
constexpr std::array<std::string_view, kSections> kTags = {"GEOM", "BNDS", "BITS", "ACTS", "ENTR", "PROB", "SRCS"};

// Bytes of a boundary: tables 0 and 1 hold addresses.
constexpr unsigned boundary_bytes(unsigned table) { return table < 2 ? 16 : 4; }
constexpr Address key_last(unsigned table) {
  const unsigned bits = policy::kTableKeyBits[table];
  return bits == 128 ? ~Address{0} : (Address{1} << bits) - 1;
}

class Writer {
 public:
  template <typename T>
  void number(T value, unsigned bytes = sizeof(T)) {
    for (unsigned i = 0; i < bytes; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void count(std::size_t value) { number(static_cast<std::uint32_t>(value)); }
  void string(const std::string& text) {
    count(text.size());
    out_.insert(out_.end(), text.begin(), text.end());
  }
  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  std::vector<std::uint8_t> out_;
};

// Reads one section. Every read is checked against the section's end; counts are checked against the bytes that are
// left before anything is allocated for them.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::size_t start, const std::string& file, std::string_view section)
      : bytes_(bytes), start_(start), file_(file), section_(section) {}

  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    throw ImageError(
        fmt::format("{}: section {} at byte {}: {}; compile the site again", file_, section_, start_ + at, what));
  }
  [[noreturn]] void fail(const std::string& what) const { fail(at_, what); }

  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

  template <typename T>
  T number(unsigned bytes = sizeof(T)) {
    if (left() < bytes) fail(fmt::format("{} bytes expected, {} left", bytes, left()));
    T value = 0;
    for (unsigned i = 0; i < bytes; ++i) value = static_cast<T>(value | (static_cast<T>(bytes_[at_ + i]) << (8 * i)));
    at_ += bytes;
    return value;
  }
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  void zero(unsigned bytes) {
    const std::size_t at = at_;
    if (number<std::uint64_t>(bytes) != 0) fail(at, "reserved bytes are not zero: written by a newer version");
  }

  // A count of things of at least `each` bytes.
  std::size_t count(std::size_t each, std::size_t most, std::string_view things) {
    const std::size_t at = at_;
    const std::size_t value = u32();
    if (value > most) fail(at, fmt::format("{} {}, at most {} are possible", value, things, most));
    if (value > left() / each) fail(at, fmt::format("{} {} do not fit in the {} bytes left", value, things, left()));
    return value;
  }
  std::string string(std::size_t most) {
    const std::size_t length = count(1, most, "bytes of text");
    std::string text(reinterpret_cast<const char*>(bytes_.data() + at_), length);
    at_ += length;
    return text;
  }
  void finish() const {
    if (left() != 0) fail(fmt::format("{} bytes too many", left()));
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t start_;
  std::size_t at_ = 0;
  const std::string& file_;
  std::string_view section_;
};

std::vector<std::uint8_t> encode_section(const TableImage& image, unsigned section) {
  Writer out;
  switch (section) {
    case kGeometry:
      out.number<std::uint32_t>(image.geometry.rules);
      out.number<std::uint32_t>(image.geometry.address_bits);
      for (const unsigned intervals : image.geometry.intervals) out.number<std::uint32_t>(intervals);
      out.string(image.geometry.name);
      break;
    case kBoundaries:
      for (unsigned table = 0; table < kRangeTables; ++table) {
        out.count(image.boundaries[table].size());
        out.count(boundary_bytes(table));
        for (const Address boundary : image.boundaries[table]) out.number(boundary, boundary_bytes(table));
      }
      break;
    case kBitmaps:
      for (unsigned table = 0; table < kTables; ++table) {
        out.count(image.rows(table));
        out.count(image.geometry.words_per_row());
        for (const std::uint64_t word : image.bitmaps[table]) out.number(word);
      }
      break;
    case kActions:
      out.count(image.actions.size());
      out.count(0);
      out.number(image.default_action);
      for (const std::uint64_t word : image.actions) out.number(word);
      break;
    case kEntries:
      out.count(image.entries.size());
      for (const EntryInfo& entry : image.entries) {
        out.number(static_cast<std::uint8_t>(entry.cause));
        out.number(static_cast<std::uint8_t>(entry.reply ? 1 : 0));
        out.number<std::uint16_t>(0);
        out.number<std::uint32_t>(entry.line);
        for (const std::string* text : {&entry.rule, &entry.document, &entry.role, &entry.service, &entry.text}) {
          out.string(*text);
        }
      }
      break;
    case kProbes:
      out.count(image.probes.size());
      out.count(kProbeBytes);
      for (const Probe& probe : image.probes) {
        out.number(probe.key.source);
        out.number(probe.key.destination);
        out.number(probe.key.source_port);
        out.number(probe.key.destination_port);
        out.number(probe.key.vlan);
        out.number(probe.key.protocol);
        out.number(probe.key.tcp_flags);
        out.number(probe.key.dscp_tags);
        out.number(probe.key.context);
        out.number(static_cast<std::uint8_t>(probe.hit ? 1 : 0));
        out.number<std::uint8_t>(0);
        out.number(probe.rule);
        out.number<std::uint32_t>(0);
        out.number(probe.action);
      }
      break;
    default:
      out.count(image.sources.size());
      for (const SourceFile& source : image.sources) {
        out.number(source.size);
        out.number(source.crc);
        out.string(source.name);
      }
      break;
  }
  return out.take();
}

void decode_geometry(Reader& in, TableImage& image) {
  Geometry& geometry = image.geometry;
  geometry.rules = in.u32();
  geometry.address_bits = in.u32();
  for (unsigned& intervals : geometry.intervals) intervals = in.u32();
  if (const std::string problem = geometry.problem(); !problem.empty()) in.fail(0, problem);
  geometry.name = in.string(kMaxName);
}

void decode_boundaries(Reader& in, TableImage& image, BoundaryOrder order) {
  for (unsigned table = 0; table < kRangeTables; ++table) {
    const unsigned bytes = boundary_bytes(table);
    const std::size_t at = in.at();
    const std::size_t count = in.count(bytes, image.geometry.boundaries(table), "boundaries");
    if (in.u32() != bytes)
      in.fail(at + 4, fmt::format("boundaries of {} must have {} bytes", kTableNames[table], bytes));
    if (count > in.left() / bytes) in.fail(at, fmt::format("{} boundaries, {} bytes left", count, in.left()));
    std::vector<Address>& boundaries = image.boundaries[table];
    boundaries.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t here = in.at();
      const auto boundary = in.number<Address>(bytes);
      if (boundary > key_last(table)) {
        in.fail(here, fmt::format("boundary {} of {} is wider than {} bits", i + 1, kTableNames[table],
                                  policy::kTableKeyBits[table]));
      }
      if (order == BoundaryOrder::ascending && i != 0 && boundary < boundaries.back()) {
        in.fail(here, fmt::format("boundary {} of {} is below the one before it", i + 1, kTableNames[table]));
      }
      boundaries.push_back(boundary);
    }
  }
}

void decode_bitmaps(Reader& in, TableImage& image) {
  const std::size_t words = image.geometry.words_per_row();
  for (unsigned table = 0; table < kTables; ++table) {
    const std::size_t at = in.at();
    const std::size_t rows = in.u32();
    if (rows != image.rows(table)) {
      in.fail(at, fmt::format("{} rows of {}, its boundaries make {}", rows, kTableNames[table], image.rows(table)));
    }
    if (in.u32() != words) in.fail(at + 4, fmt::format("a row of {} rules has {} words", image.geometry.rules, words));
    if (rows > in.left() / (8 * words)) {
      in.fail(at, fmt::format("{} rows of {} do not fit in the {} bytes left", rows, kTableNames[table], in.left()));
    }
    image.bitmaps[table].reserve(rows * words);
    for (std::size_t i = 0; i < rows * words; ++i) image.bitmaps[table].push_back(in.u64());
  }
}

void decode_actions(Reader& in, TableImage& image) {
  const std::size_t count = in.count(8, image.geometry.rules, "entries");
  in.zero(4);
  image.default_action = in.u64();
  if (count > in.left() / 8) in.fail(0, fmt::format("{} entries, {} bytes left", count, in.left()));
  image.actions.reserve(count);
  for (std::size_t i = 0; i < count; ++i) image.actions.push_back(in.u64());
}

void decode_entries(Reader& in, TableImage& image) {
  constexpr std::size_t kLeast = 8 + 5 * 4;
  const std::size_t count = in.count(kLeast, image.geometry.rules, "entries");
  if (count != image.actions.size()) {
    in.fail(0, fmt::format("{} entries, section ACTS has {}", count, image.actions.size()));
  }
  image.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = in.at();
    EntryInfo entry;
    const unsigned cause = in.u8();
    if (cause > static_cast<unsigned>(policy::Cause::non_ip)) in.fail(at, fmt::format("unknown cause {}", cause));
    entry.cause = static_cast<policy::Cause>(cause);
    const unsigned flags = in.u8();
    if (flags > 1) in.fail(at + 1, fmt::format("unknown flags {}", flags));
    entry.reply = flags == 1;
    in.zero(2);
    entry.line = in.u32();
    for (std::string* text : {&entry.rule, &entry.document, &entry.role, &entry.service, &entry.text}) {
      *text = in.string(kMaxText);
    }
    image.entries.push_back(std::move(entry));
  }
}

void decode_probes(Reader& in, TableImage& image) {
  const std::size_t at = in.at();
  const std::size_t count = in.count(kProbeBytes, kMaxImageBytes / kProbeBytes, "probes");
  if (in.u32() != kProbeBytes) in.fail(at + 4, fmt::format("a probe has {} bytes", kProbeBytes));
  if (count > in.left() / kProbeBytes) in.fail(at, fmt::format("{} probes, {} bytes left", count, in.left()));
  image.probes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t here = in.at();
    Probe probe;
    probe.key.source = in.number<Address>();
    probe.key.destination = in.number<Address>();
    probe.key.source_port = in.u32();
    probe.key.destination_port = in.u32();
    probe.key.vlan = in.u16();
    probe.key.protocol = in.u8();
    probe.key.tcp_flags = in.u8();
    probe.key.dscp_tags = in.u8();
    probe.key.context = in.u8();
    const unsigned hit = in.u8();
    in.zero(1);
    probe.rule = in.u32();
    in.zero(4);
    probe.action = in.u64();
    if (probe.key.source_port > policy::kNoPort || probe.key.destination_port > policy::kNoPort ||
        probe.key.vlan > policy::kMaxVlan) {
      in.fail(here,
              fmt::format("probe {} has a port above {} or a VLAN ID above {}", i, policy::kNoPort, policy::kMaxVlan));
    }
    if (hit > 1 || probe.rule >= std::max<std::size_t>(hit == 1 ? image.actions.size() : 1, 1) ||
        (hit == 1 && image.actions.empty())) {
      in.fail(here, fmt::format("probe {} expects rule {}, which has no entry", i, probe.rule));
    }
    probe.hit = hit == 1;
    image.probes.push_back(probe);
  }
}

void decode_sources(Reader& in, TableImage& image) {
  const std::size_t count = in.count(16, kMaxImageBytes, "files");
  image.sources.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    SourceFile source;
    source.size = in.u64();
    source.crc = in.u32();
    source.name = in.string(kMaxName);
    image.sources.push_back(std::move(source));
  }
}

// A bit of a rule without an entry would decide with whatever action the slot happens to hold.
void refuse_bits_without_entry(const TableImage& image, std::size_t start, const std::string& file) {
  const std::size_t words = image.geometry.words_per_row();
  const std::size_t entries = image.actions.size();
  std::size_t at = start;
  for (unsigned table = 0; table < kTables; ++table) {
    at += 8;
    for (std::size_t i = 0; i < image.bitmaps[table].size(); ++i, at += 8) {
      const std::size_t rule = i % words * 64;
      const std::size_t used = entries <= rule ? 0 : std::min<std::size_t>(entries - rule, 64);
      if (used < 64 && (image.bitmaps[table][i] >> used) != 0) {
        throw ImageError(
            fmt::format("{}: section BITS at byte {}: row {} of {} has a bit of a rule without entry ({} entries); "
                        "compile the site again",
                        file, at, i / words, kTableNames[table], entries));
      }
    }
  }
}

std::uint64_t little(std::span<const std::uint8_t> bytes, std::size_t at, unsigned count) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

}  // namespace

std::uint32_t header_crc(std::span<const std::uint8_t> bytes) {
  return crc32c(bytes.subspan(kHeaderBytes, kSections * kDirectoryEntryBytes), crc32c(bytes.first(kHeaderCrcAt)));
}

SourceFile SourceFile::of(std::string name, std::string_view bytes) {
  SourceFile source;
  source.name = std::move(name);
  source.size = bytes.size();
  source.crc = crc32c({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return source;
}

std::vector<std::uint8_t> encode(const TableImage& image) {
  std::array<std::vector<std::uint8_t>, kSections> sections;
  std::array<std::uint64_t, kSections> offsets{};
  std::uint64_t length = kHeaderBytes + kSections * kDirectoryEntryBytes;
  for (unsigned section = 0; section < kSections; ++section) {
    sections[section] = encode_section(image, section);
    length = (length + kAlignment - 1) / kAlignment * kAlignment;
    offsets[section] = length;
    length += sections[section].size();
  }

  Writer head;
  for (const std::uint8_t byte : kMagic) head.number(byte);
  head.number(kMajor);
  head.number(kMinor);
  head.count(kSections);
  head.number(length);
  head.number(image.geometry.signature());
  head.number<std::uint32_t>(0);
  for (unsigned section = 0; section < kSections; ++section) {
    for (const char letter : kTags[section]) head.number(static_cast<std::uint8_t>(letter));
    head.number(crc32c(sections[section]));
    head.number(offsets[section]);
    head.number(static_cast<std::uint64_t>(sections[section].size()));
  }
  std::vector<std::uint8_t> out = head.take();
  const std::uint32_t crc = header_crc(out);
  for (unsigned i = 0; i < 4; ++i) out[kHeaderCrcAt + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  out.reserve(length);
  for (unsigned section = 0; section < kSections; ++section) {
    out.resize(offsets[section]);
    out.insert(out.end(), sections[section].begin(), sections[section].end());
  }
  return out;
}

TableImage decode(std::span<const std::uint8_t> bytes, const std::string& file, BoundaryOrder order) {
  constexpr std::size_t kHead = kHeaderBytes + kSections * kDirectoryEntryBytes;
  const auto fail = [&file](std::size_t at, const std::string& what) {
    throw ImageError(fmt::format("{}: header at byte {}: {}", file, at, what));
  };
  if (bytes.size() > kMaxImageBytes) fail(0, fmt::format("{} bytes are more than any image has", bytes.size()));
  const std::size_t shown = std::min(bytes.size(), kMagic.size());
  if (bytes.empty() ||
      !std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(shown), bytes.begin())) {
    fail(0, "not a table image: give a file that `portcullis compile` wrote");
  }
  if (bytes.size() < kHead) {
    fail(bytes.size(), fmt::format("the file ends within its first {} bytes: compile the site again", kHead));
  }
  const auto major = little(bytes, 8, 2);
  const auto minor = little(bytes, 10, 2);
  if (major != kMajor || minor != kMinor) {
    fail(8, fmt::format("version {}.{} is not {}.{}, the one that is understood here: compile the site again with this "
                        "portcullis",
                        major, minor, kMajor, kMinor));
  }
  if (little(bytes, 12, 4) != kSections) {
    fail(12, fmt::format("{} sections instead of {}: compile the site again", little(bytes, 12, 4), +kSections));
  }
  if (little(bytes, 16, 8) != bytes.size()) {
    fail(16, fmt::format("the image has {} bytes, the file {}: it was cut or added to; compile the site again",
                         little(bytes, 16, 8), bytes.size()));
  }
  if (little(bytes, kHeaderCrcAt, 4) != header_crc(bytes)) {
    fail(kHeaderCrcAt, "wrong checksum of header and directory: the file is damaged; compile the site again");
  }

  TableImage image;
  std::size_t end = kHead;
  std::size_t bitmaps_at = 0;
  for (unsigned section = 0; section < kSections; ++section) {
    const std::size_t entry = kHeaderBytes + section * kDirectoryEntryBytes;
    const std::string_view tag(reinterpret_cast<const char*>(bytes.data()) + entry, 4);
    if (tag != kTags[section])
      fail(entry, fmt::format("section {} is not {}: compile the site again", section, kTags[section]));
    const std::uint64_t offset = little(bytes, entry + 8, 8);
    const std::uint64_t length = little(bytes, entry + 16, 8);
    const std::size_t aligned = (end + kAlignment - 1) / kAlignment * kAlignment;
    if (offset != aligned || aligned > bytes.size() || length > bytes.size() - aligned) {
      fail(entry + 8,
           fmt::format("section {} ({} bytes at {}) is not within the file behind the one before it: compile the "
                       "site again",
                       kTags[section], length, offset));
    }
    for (; end < aligned; ++end) {
      if (bytes[end] != 0) fail(end, "padding that is not zero: the file is damaged; compile the site again");
    }
    const auto body = bytes.subspan(aligned, length);
    Reader in(body, aligned, file, kTags[section]);
    if (crc32c(body) != little(bytes, entry + 4, 4)) in.fail("wrong checksum, the file is damaged");
    switch (section) {
      case kGeometry:
        decode_geometry(in, image);
        if (image.geometry.signature() != little(bytes, 24, 4)) {
          in.fail(0, fmt::format("the numbers have signature {:08x}, the header says {:08x}",
                                 image.geometry.signature(), little(bytes, 24, 4)));
        }
        break;
      case kBoundaries:
        decode_boundaries(in, image, order);
        break;
      case kBitmaps:
        bitmaps_at = aligned;
        decode_bitmaps(in, image);
        break;
      case kActions:
        decode_actions(in, image);
        break;
      case kEntries:
        decode_entries(in, image);
        break;
      case kProbes:
        decode_probes(in, image);
        break;
      default:
        decode_sources(in, image);
        break;
    }
    in.finish();
    end = aligned + length;
  }
  if (end != bytes.size()) {
    fail(end, fmt::format("{} bytes behind the last section: compile the site again", bytes.size() - end));
  }
  refuse_bits_without_entry(image, bitmaps_at, file);
  return image;
}

void write_image(const std::filesystem::path& path, const TableImage& image) { write_image_bytes(path, encode(image)); }

void write_image_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  std::error_code status_error;
  const auto kind = std::filesystem::status(path, status_error).type();
  // A device or a pipe is written to, never replaced.
  const bool replace = kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
  // The process number keeps two compilers that write the same image from writing into each other's file.
  std::filesystem::path beside = path;
  if (replace) beside += fmt::format(".{}.part", ::getpid());
  const auto fail = [&](const std::string& why) {
    std::error_code ignored;
    if (replace) std::filesystem::remove(beside, ignored);
    throw ImageError(fmt::format("{}: cannot be written: {}; check the folder and its free space", path.string(), why));
  };
  {
    errno = 0;
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) fail(std::generic_category().message(errno));
  }
  if (!replace) return;
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  if (error) fail(error.message());
}

std::vector<std::uint8_t> read_image_bytes(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw ImageError(fmt::format("{}: is a folder: give a file that `portcullis compile` wrote", name));
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw ImageError(fmt::format("{}: cannot be read: {}; give a file that `portcullis compile` wrote", name,
                                 std::generic_category().message(errno)));
  }
  // In pieces, since the size of what is no plain file is not known.
  std::vector<std::uint8_t> bytes;
  std::vector<char> piece(std::size_t{1} << 20U);
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + in.gcount());
    if (bytes.size() > kMaxImageBytes) {
      throw ImageError(fmt::format("{}: more than {} bytes, no image is that large", name, kMaxImageBytes));
    }
  }
  if (in.bad()) throw ImageError(fmt::format("{}: cannot be read to its end; check the disk", name));
  return bytes;
}

TableImage read_image(const std::filesystem::path& path) { return decode(read_image_bytes(path), path.string()); }

}  // namespace portcullis::tables
