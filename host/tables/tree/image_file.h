// The image of a tree engine as a file (docs/scale.md, "The image file").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tables/tree/compile.h"

namespace portcullis::tables::tree {

/// True if the bytes begin as an image of a tree engine does; that of a bitmap engine (tables/image.h) begins
/// otherwise.
bool is_scale_image(std::span<const std::uint8_t> bytes);

/// Equal images give equal bytes.
std::vector<std::uint8_t> encode_scale(const ScaleImage& image);
/// Reads what encode_scale wrote. `file` is for messages. Safe on hostile bytes: throws ImageError.
ScaleImage decode_scale(std::span<const std::uint8_t> bytes, const std::string& file);

}  // namespace portcullis::tables::tree
