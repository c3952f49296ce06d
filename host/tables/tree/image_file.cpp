#include "tables/tree/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "tables/crc32c.h"

namespace portcullis::tables::tree {
namespace {

constexpr std::string_view kMagic = "PCLSCALE";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kBody = 16;  ///< magic, version, checksum

class Writer {
 public:
  void number(std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void text(std::string_view value) {
    number(value.size(), 4);
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void bytes(std::span<const std::uint8_t> value) {
    number(value.size(), 4);
    out_.insert(out_.end(), value.begin(), value.end());
  }
  /// Rows up to the last that is not zero.
  void memory(const BitMemory& memory) {
    std::size_t used = memory.rows();
    while (used > 0 && memory.zero(used - 1)) --used;
    number(used, 4);
    for (std::size_t row = 0; row < used; ++row) {
      for (const std::uint64_t word : memory.words(row)) number(word, 8);
    }
  }
  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  std::vector<std::uint8_t> out_;
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  std::uint64_t number(unsigned bytes) {
    need(bytes);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{bytes_[at_ + i]} << (8 * i);
    at_ += bytes;
    return value;
  }
  std::uint32_t word() { return static_cast<std::uint32_t>(number(4)); }
  std::span<const std::uint8_t> bytes() {
    const std::size_t length = word();
    need(length);
    const auto out = bytes_.subspan(at_, length);
    at_ += length;
    return out;
  }
  std::string text() {
    const auto raw = bytes();
    return {raw.begin(), raw.end()};
  }
  /// A count of things of at least `least` bytes each, which must all be there.
  std::size_t count(std::size_t least) {
    const std::size_t n = word();
    if (n > (bytes_.size() - at_) / least) fail("more elements are announced than there are bytes");
    return n;
  }
  BitMemory memory(std::size_t rows, unsigned width) {
    BitMemory out(rows, width);
    const std::size_t used = word();
    if (used > rows) fail(fmt::format("{} rows in a memory of {}", used, rows));
    for (std::size_t row = 0; row < used; ++row) {
      for (unsigned low = 0; low < width; low += 64) {
        const std::uint64_t value = number(8);
        const unsigned bits = std::min(64U, width - low);
        if (bits < 64 && (value >> bits) != 0) fail("bits behind the end of a row");
        out.set(row, low, bits, value);
      }
    }
    if (used > 0 && out.zero(used - 1)) fail("a memory whose last row is zero");
    return out;
  }
  void end() const {
    if (at_ != bytes_.size()) fail("bytes behind the end");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw ImageError(fmt::format("{}: byte {}: {}; compile the policy again", file_, at_, what));
  }

 private:
  void need(std::size_t bytes) const {
    if (bytes_.size() - at_ < bytes) fail("the file ends too early");
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& file_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_scale_image(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

std::vector<std::uint8_t> encode_scale(const ScaleImage& image) {
  const Shape& shape = image.trees.shape;
  Writer body;
  for (const unsigned value :
       {shape.rules, shape.address_bits, shape.leaf, shape.predicate_bits, static_cast<unsigned>(shape.trees.size())})
    body.number(value, 4);
  for (const TreeShape& tree : shape.trees) {
    for (const unsigned value : {tree.entries, tree.levels, tree.rows}) body.number(value, 4);
  }
  for (const PackedTree& tree : image.trees.trees) {
    for (const BitMemory& level : tree.levels) body.memory(level);
    body.memory(tree.entries);
  }
  for (const BitMemory& table : image.trees.predicates) body.memory(table);
  body.number(image.default_action, 8);
  body.number(image.actions.size(), 4);
  for (const std::uint64_t action : image.actions) body.number(action, 8);
  body.number(image.entries.size(), 4);
  for (const EntryInfo& from : image.entries) {
    body.number(static_cast<std::uint8_t>(from.cause), 1);
    body.number(from.reply ? 1 : 0, 1);
    body.number(from.line, 4);
    for (const std::string* text : {&from.rule, &from.document, &from.role, &from.service, &from.text})
      body.text(*text);
  }
  body.number(image.slice_rules.size(), 4);
  for (const std::uint32_t rule : image.slice_rules) body.number(rule, 4);
  body.number(image.origins.size(), 4);
  for (const std::uint32_t origin : image.origins) body.number(origin, 4);
  body.bytes(encode(image.slice));
  const std::vector<std::uint8_t> content = body.take();

  std::vector<std::uint8_t> out(kMagic.begin(), kMagic.end());
  Writer head;
  head.number(kVersion, 4);
  head.number(crc32c(content), 4);
  const std::vector<std::uint8_t> numbers = head.take();
  out.insert(out.end(), numbers.begin(), numbers.end());
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

ScaleImage decode_scale(std::span<const std::uint8_t> bytes, const std::string& file) {
  if (!is_scale_image(bytes))
    throw ImageError(file +
                     ": no image of a tree engine: give a file that `portcullis compile --geometry scale` wrote");
  Reader head(bytes.subspan(kMagic.size()), file);
  if (const std::uint32_t version = head.word(); version != kVersion)
    throw ImageError(fmt::format("{}: version {}, but this program reads version {}; compile the policy again", file,
                                 version, kVersion));
  if (head.word() != crc32c(bytes.subspan(kBody)))
    throw ImageError(file + ": the checksum is wrong: the file is damaged; compile the policy again");
  Reader body(bytes.subspan(kBody), file);
  ScaleImage image;
  Shape shape;
  shape.rules = body.word();
  shape.address_bits = body.word();
  shape.leaf = body.word();
  shape.predicate_bits = body.word();
  shape.slice = Shape::scale().slice;
  const std::uint32_t trees = body.word();
  if (trees > kMaxTrees) body.fail(fmt::format("{} trees", trees));
  for (std::uint32_t t = 0; t < trees; ++t) {
    TreeShape tree;
    tree.entries = body.word();
    tree.levels = body.word();
    tree.rows = body.word();
    shape.trees.push_back(tree);
  }
  if (const std::string problem = shape.problem(); !problem.empty()) body.fail(problem);
  image.trees.shape = shape;
  for (const TreeShape& tree : shape.trees) {
    PackedTree& packed = image.trees.trees.emplace_back();
    for (unsigned level = 0; level <= tree.levels; ++level)
      packed.levels.push_back(body.memory(shape.level_rows(tree, level), shape.record_bits(tree)));
    packed.entries = body.memory(tree.entries, shape.entry_bits());
  }
  for (unsigned table = 0; table < kPredicateTables; ++table)
    image.trees.predicates[table] = body.memory(kPredicateRows[table], shape.predicates());
  image.default_action = body.number(8);
  image.actions.resize(body.count(8));
  for (std::uint64_t& action : image.actions) action = body.number(8);
  image.entries.resize(body.count(26));
  for (EntryInfo& from : image.entries) {
    const std::uint64_t cause = body.number(1);
    if (cause > static_cast<std::uint64_t>(policy::Cause::non_ip)) body.fail(fmt::format("cause {}", cause));
    from.cause = static_cast<policy::Cause>(cause);
    const std::uint64_t reply = body.number(1);
    if (reply > 1) body.fail(fmt::format("{} for a reply", reply));
    from.reply = reply != 0;
    from.line = body.word();
    for (std::string* text : {&from.rule, &from.document, &from.role, &from.service, &from.text}) *text = body.text();
  }
  image.slice_rules.resize(body.count(4));
  for (std::uint32_t& rule : image.slice_rules) rule = body.word();
  image.origins.resize(body.count(4));
  for (std::uint32_t& origin : image.origins) origin = body.word();
  image.slice = decode(body.bytes(), file + ", slice");
  body.end();
  if (image.entries.size() != image.actions.size() || image.origins.size() != image.actions.size() ||
      image.slice.actions.size() != image.slice_rules.size())
    body.fail("actions, entries and rules of the slice do not agree in number");
  image.trees.shape.slice = image.slice.geometry;
  if (const std::string problem = image.trees.shape.problem(); !problem.empty()) body.fail(problem);
  return image;
}

}  // namespace portcullis::tables::tree
