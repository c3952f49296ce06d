// What the fuzz targets of the firmware's stream parsers share: the edits of an image that an input stands for, the
// registers that a parser writes, and an image that is handed over in pieces.
//
// Input: byte 0, bit 0: make all checksums right again; byte 1: size of a piece; then edits of a sound image, two bytes
// of place, one that says what (even: overwrite; odd, and 0 behind it: cut here), one of value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <vector>

#include "core_registers.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "image_parser.h"
#include "platform.h"

namespace portcullis::fuzz {

/// The registers that the parser's writes go to.
inline std::map<std::uint32_t, std::uint32_t> registers;

inline void check(bool holds) {
  if (!holds) std::abort();
}

/// Of LOAD_COMMIT: no row goes to a target or an index that does not exist.
void commit();

/// A parser writes rows, test lookups, and nothing else.
inline void write(std::uint32_t address, std::uint32_t value, unsigned row_words) {
  check((address >= PCL_LOAD_TARGET && address <= PCL_LOAD_COMMIT) ||
        (address >= PCL_LOAD_DATA && address < PCL_LOAD_DATA + 4 * row_words) ||
        (address >= PCL_TEST_SOURCE_0 && address <= PCL_TEST_START));
  registers[address] = value;
  if (address == PCL_LOAD_COMMIT) commit();
}

inline std::vector<std::uint8_t> edited(const std::vector<std::uint8_t>& sound, std::span<const std::uint8_t> input) {
  std::vector<std::uint8_t> image = sound;
  for (std::size_t at = 2; at + 4 <= input.size(); at += 4) {
    const std::size_t place = (input[at] | input[at + 1] << 8) % sound.size();
    if (input[at + 2] % 2 == 0) {
      if (place < image.size()) image[place] = input[at + 3];
    } else if (input[at + 3] == 0 && place > 0 && place < image.size()) {
      image.resize(place);
    }
  }
  return image;
}

/// `take(bytes, count)` is the parser's for a piece, `end()` for the image's end; gives the status that it ends with.
template <typename Take, typename End>
std::uint8_t parse(const std::vector<std::uint8_t>& image, std::size_t piece, Take&& take, End&& end) {
  for (std::size_t at = 0; at < image.size(); at += piece) {
    // A buffer of its own, so that nothing is read behind it.
    const std::vector<std::uint8_t> bytes(
        image.begin() + static_cast<std::ptrdiff_t>(at),
        image.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, image.size())));
    if (const std::uint8_t status = take(bytes.data(), static_cast<std::uint32_t>(bytes.size())); status != PCL_DONE)
      return status;
  }
  return end();
}

}  // namespace portcullis::fuzz
