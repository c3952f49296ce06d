// The firmware's parser of streamed table images against the host's reader: both accept the same images, whatever is
// done to them, in pieces of any size; and no row goes to a target or an index that does not exist.
//
// Input: stream.h.
#include <cstdint>
#include <span>
#include <vector>

#include "stream.h"
#include "tables/compile.h"
#include "tables/crc32c.h"
#include "tables/image.h"

using namespace portcullis;
using fuzz::check;
using fuzz::registers;

namespace {

const tables::Geometry kGeometry{"small", 64, 128, {16, 16, 16, 16, 16}};

std::vector<std::uint8_t> sound_image() {
  policy::Policy policy;
  for (std::uint32_t i = 0; i < 3; ++i) {
    policy::Entry entry;
    entry.match = policy::Match::any();
    entry.match.source = {{policy::from_ipv4(0x0A000000 + 256 * i), policy::from_ipv4(0x0A0000FF + 256 * i)}};
    entry.match.destination_port = {{80 + i, 90 + i}};
    entry.action.permit = true;
    entry.from.rule = "rule";
    entry.from.text = "text of a row";
    policy.entries.push_back(entry);
  }
  policy.rows = 3;
  return tables::encode(tables::compile(policy, kGeometry).image);
}

std::uint32_t word(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
  return value;
}

void put(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void forge(std::vector<std::uint8_t>& image) {
  if (image.size() < 200) return;
  put(image, 16, static_cast<std::uint32_t>(image.size()));
  const std::span<const std::uint8_t> bytes(image);
  for (unsigned section = 0; section < 7; ++section) {
    const std::size_t entry = 32 + 24 * section;
    const std::size_t offset = word(bytes, entry + 8), length = word(bytes, entry + 16);
    if (offset > image.size() || length > image.size() - offset) continue;
    put(image, entry + 4, tables::crc32c(bytes.subspan(offset, length)));
  }
  put(image, 28, tables::crc32c(bytes.subspan(32, 168), tables::crc32c(bytes.first(28))));
}

}  // namespace

void fuzz::commit() {
  const std::uint32_t target = registers[PCL_LOAD_TARGET];
  const std::uint32_t first = registers[PCL_LOAD_INDEX];
  const std::uint32_t end = first + registers[PCL_LOAD_COUNT];
  check(registers[PCL_LOAD_COUNT] != 0);
  if (target < RANGE_TABLES) {
    check(first >= 1 && end <= kGeometry.intervals[target]);
  } else if (target >= TARGET_BITMAP && target < TARGET_BITMAP + TABLES) {
    check(end <= (target - TARGET_BITMAP < RANGE_TABLES ? kGeometry.intervals[target - TARGET_BITMAP] : 256));
  } else if (target == TARGET_ACTION) {
    check(end <= kGeometry.rules);
  } else {
    check(target == TARGET_DEFAULT && first == 0 && end == 1);
  }
  registers[PCL_LOAD_INDEX] = end;
}

extern "C" {

uint32_t register_read(uint32_t address) {
  switch (address) {
    case PCL_GEOMETRY_RULES:
      return kGeometry.rules;
    case PCL_GEOMETRY_ADDRESS_BITS:
      return 128;
    case PCL_GEOMETRY_ROW_WORDS:
      return 4;
    case PCL_TEST_RESULT:
      return PCL_TEST_RESULT_DONE_MASK;
    default:
      if (address >= PCL_GEOMETRY_SOURCE_INTERVALS && address <= PCL_GEOMETRY_VLAN_INTERVALS)
        return kGeometry.intervals[(address - PCL_GEOMETRY_SOURCE_INTERVALS) / 4];
      return 0;
  }
}

void register_write(uint32_t address, uint32_t value) { fuzz::write(address, value, 4); }

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::uint8_t> sound = sound_image();
  if (size < 2) return 0;
  std::vector<std::uint8_t> image = fuzz::edited(sound, {data, size});
  if ((data[0] & 1) != 0) forge(image);

  static image_parser parser;
  static image_outcome outcome;
  outcome = {};
  registers.clear();
  bank_forget_registers();
  image_parser_begin(&parser, static_cast<uint32_t>(image.size()), &outcome);
  const std::uint8_t status = fuzz::parse(
      image, 1 + 4 * data[1],
      [](const uint8_t* bytes, uint32_t count) { return image_parser_take(&parser, bytes, count); },
      [] { return image_parser_end(&parser); });

  bool read = true;
  try {
    read = tables::decode(image, "image").geometry.signature() == kGeometry.signature();
  } catch (const tables::ImageError&) {
    read = false;
  }
  check(read == (status == PCL_DONE));
  return 0;
}
}
