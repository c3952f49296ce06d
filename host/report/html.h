// Text as HTML. Everything that comes from a document, a site file or a run goes through here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis::report {

/// Text longer than this is cut in a cell, with an ellipsis.
inline constexpr std::size_t kCellBytes = 400;

/// Text for content and for attribute values in double quotes: `& < > " '` as references, what is no UTF-8 as U+FFFD,
/// control characters as spaces, and the marks that turn the reading direction shown by name ("[U+202E]"), so that a
/// line reads as the filter reads it. Cut to `bytes` bytes of the source.
std::string escape(std::string_view text, std::size_t bytes = kCellBytes);

/// escape() inside <bdi>, so that right-to-left text does not reorder what stands beside it.
std::string isolated(std::string_view text, std::size_t bytes = kCellBytes);

/// "1,234,567".
std::string grouped(std::uint64_t number);

/// The bytes that hexadecimal digits stand for, in base 64.
std::string base64_of_hex(std::string_view hex);

}  // namespace portcullis::report
