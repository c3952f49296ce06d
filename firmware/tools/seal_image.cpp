// Puts the CRC-32C behind a firmware image, as the boot ROM checks it: seal_image IN OUT HEX.
// IN is the image without its last word, which the header's length counts already (firmware/include/memory_map.h). HEX
// is the same as OUT, a word of hex digits a line, for memories that begin with it
// (rtl/management/pcl_management_memory.sv).
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

void write(const std::string& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out << bytes;
  out.close();
  if (!out) throw std::runtime_error(file + ": cannot be written");
}

void seal(const std::string& from, const std::string& to, const std::string& hex) {
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
  write(to, {image.begin(), image.end()});
  std::string words;
  for (std::size_t at = 0; at < image.size(); at += 4) words += fmt::format("{:08x}\n", word_at(image, at));
  write(hex, words);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: seal_image IN OUT HEX\n";
    return 2;
  }
  try {
    seal(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::cerr << "seal_image: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
