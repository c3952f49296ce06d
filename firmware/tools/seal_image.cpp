// Puts the CRC-32C behind a firmware image, as the boot ROM checks it: seal_image IN OUT.
// IN is the image without its last word, which the header's length counts already (firmware/include/memory_map.h).
#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "memory_map.h"
#include "tables/crc32c.h"

namespace {

std::uint32_t word_at(const std::vector<std::uint8_t>& bytes, std::size_t offset) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < 4; ++i) word |= std::uint32_t{bytes[offset + i]} << (8 * i);
  return word;
}

void seal(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  if (!in) throw std::runtime_error(from + ": cannot be opened");
  std::vector<std::uint8_t> image{std::istreambuf_iterator<char>(in), {}};
  if (image.size() < IMAGE_HEADER_BYTES || word_at(image, IMAGE_MAGIC_OFFSET) != IMAGE_MAGIC)
    throw std::runtime_error(from + ": does not begin with the header of a firmware image; see start.S");
  if (word_at(image, IMAGE_LENGTH_OFFSET) != image.size() + 4)
    throw std::runtime_error(fmt::format("{}: has {} bytes, but its header says {} with the CRC; see link.ld", from,
                                         image.size(), word_at(image, IMAGE_LENGTH_OFFSET)));
  const std::uint32_t crc = portcullis::tables::crc32c(image);
  for (unsigned i = 0; i < 4; ++i) image.push_back(static_cast<std::uint8_t>(crc >> (8 * i)));
  std::ofstream out(to, std::ios::binary);
  out.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  out.close();
  if (!out) throw std::runtime_error(to + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: seal_image IN OUT\n";
    return 2;
  }
  try {
    seal(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "seal_image: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
