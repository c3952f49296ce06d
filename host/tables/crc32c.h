// CRC-32C (Castagnoli), the checksum of an image's sections.
#pragma once

#include <cstdint>
#include <span>

namespace portcullis::tables {

/// CRC-32C as in RFC 3720, section 12.1 (polynomial 0x1EDC6F41, reflected; initial value and final exclusive-or all
/// ones). `before` is the checksum of the bytes that precede these, so that crc32c(b, crc32c(a)) is the checksum of a
/// followed by b.
std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t before = 0);

}  // namespace portcullis::tables
