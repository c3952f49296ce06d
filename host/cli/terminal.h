// Colours: on a terminal, and never where NO_COLOR is set (https://no-color.org), TERM is "dumb", or output goes to a
// pipe or a file.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::cli {

enum class Stream { out, err };
enum class Colour { red, green, yellow, bold };

/// True if `stream` may have colours.
bool has_colours(Stream stream);
/// `text` in that colour if `stream` may have colours, otherwise as it is.
std::string painted(Stream stream, Colour colour, std::string_view text);

}  // namespace portcullis::cli
