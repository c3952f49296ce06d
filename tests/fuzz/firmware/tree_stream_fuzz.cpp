// The firmware's parser of streamed images of trees: whatever is done to an image, in pieces of any size, no row goes
// to a target or an index that does not exist, what it accepts the host's reader accepts too, and it accepts the sound
// image.
//
// Input: stream.h.
#include <cstdint>
#include <span>
#include <vector>

#include "stream.h"
#include "tables/crc32c.h"
#include "tables/tree/image_file.h"
#include "tree_parser.h"

using namespace portcullis;
using fuzz::check;
using fuzz::registers;

namespace {

const tables::tree::Shape kShape = tables::tree::Shape::scale_small();

std::vector<std::uint8_t> sound_image() {
  policy::Policy policy;
  for (std::uint32_t i = 0; i < 40; ++i) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.source = {{policy::from_ipv4(0x0A000000 + 256 * i), policy::from_ipv4(0x0A0000FF + 256 * i)}};
    entry.match.destination = {{policy::from_ipv4(0xC0000200 + i), policy::from_ipv4(0xC0000200 + i)}};
    if (i % 8 == 0) entry.match.vlan = {{7, 7}};
    entry.action.permit = true;
    policy.entries.push_back(entry);
  }
  return tables::tree::encode_scale(tables::tree::compile_scale(policy, kShape).image);
}

void forge(std::vector<std::uint8_t>& image) {
  if (image.size() < 16) return;
  const std::uint32_t crc = tables::crc32c(std::span(image).subspan(16));
  for (unsigned i = 0; i < 4; ++i) image[12 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

}  // namespace

void fuzz::commit() {
  const std::uint32_t target = registers[PCL_LOAD_TARGET];
  const std::uint32_t first = registers[PCL_LOAD_INDEX];
  const std::uint32_t end = first + registers[PCL_LOAD_COUNT];
  const tables::Geometry& slice = kShape.slice;
  check(registers[PCL_LOAD_COUNT] != 0);
  if (target < RANGE_TABLES) {
    check(first >= 1 && end <= slice.intervals[target]);
  } else if (target >= TARGET_BITMAP && target < TARGET_BITMAP + TABLES) {
    check(end <= (target - TARGET_BITMAP < RANGE_TABLES ? slice.intervals[target - TARGET_BITMAP] : 256));
  } else if (target == TARGET_ACTION) {
    check(end <= kShape.numbers());
  } else if (target == TARGET_DEFAULT) {
    check(first == 0 && end == 1);
  } else if (target >= TARGET_ENTRY && target < TARGET_ENTRY + kShape.trees.size()) {
    check(end <= kShape.trees[target - TARGET_ENTRY].entries);
  } else if (target >= TARGET_RECORD && target < TARGET_RECORD + kShape.trees.size()) {
    const tables::tree::TreeShape& tree = kShape.trees[target - TARGET_RECORD];
    const std::uint32_t level = first >> 12U;
    check(level <= tree.levels && end <= (level << 12U) + kShape.level_rows(tree, level));
  } else {
    check(target >= TARGET_PREDICATE && target < TARGET_PREDICATE + PREDICATE_TABLES);
    check(end <= (target == TARGET_PREDICATE + PREDICATE_TABLES - 1 ? 4 : 256));
  }
  registers[PCL_LOAD_INDEX] = end;
}

extern "C" {

uint32_t register_read(uint32_t address) {
  switch (address) {
    case PCL_GEOMETRY_RULES:
      return kShape.slice.rules;
    case PCL_GEOMETRY_ADDRESS_BITS:
      return 128;
    case PCL_GEOMETRY_ROW_WORDS:
      return 5;
    case PCL_GEOMETRY_TREE_RULES:
      return kShape.rules;
    case PCL_GEOMETRY_TREES:
      return static_cast<std::uint32_t>(kShape.trees.size()) | kShape.leaf << 8U | kShape.predicate_bits << 16U |
             kShape.address_bits << 24U;
    case PCL_TEST_RESULT:
      return PCL_TEST_RESULT_DONE_MASK;
    default:
      break;
  }
  if (address >= PCL_GEOMETRY_TREE_0 && address < PCL_GEOMETRY_TREE_0 + 4 * kShape.trees.size()) {
    const tables::tree::TreeShape& tree = kShape.trees[(address - PCL_GEOMETRY_TREE_0) / 4];
    std::uint32_t log2 = 0;
    while (1U << log2 < tree.rows) ++log2;
    return tree.entries | tree.levels << 20U | log2 << 24U;
  }
  if (address >= PCL_GEOMETRY_SOURCE_INTERVALS && address <= PCL_GEOMETRY_VLAN_INTERVALS)
    return kShape.slice.intervals[(address - PCL_GEOMETRY_SOURCE_INTERVALS) / 4];
  return 0;
}

void register_write(uint32_t address, uint32_t value) { fuzz::write(address, value, 5); }

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::uint8_t> sound = sound_image();
  if (size < 2) return 0;
  std::vector<std::uint8_t> image = fuzz::edited(sound, {data, size});
  if ((data[0] & 1) != 0) forge(image);

  static image_parser slice;
  static tree_parser parser;
  static image_outcome outcome;
  registers.clear();
  outcome = {};
  bank_forget_registers();
  tree_parser_begin(&parser, static_cast<uint32_t>(image.size()), &slice, &outcome);
  const std::uint8_t status = fuzz::parse(
      image, 1 + 4 * data[1],
      [](const uint8_t* bytes, uint32_t count) { return tree_parser_take(&parser, bytes, count); },
      [] { return tree_parser_end(&parser); });

  bool read = true;
  try {
    tables::tree::decode_scale(image, "image");
  } catch (const tables::ImageError&) {
    read = false;
  }
  check(read || status != PCL_DONE);
  check(image != sound || status == PCL_DONE);
  return 0;
}
}
