#include "report/html.h"

#include <fmt/format.h>

#include "spec/text.h"

namespace portcullis::report {
namespace {

/// Characters that turn the reading direction (UAX #9) or have no width.
bool is_invisible(char32_t c) {
  return c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

/// HTML has no reference or character for these (HTML standard, 13.1.4.4: noncharacters).
bool is_noncharacter(char32_t c) { return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFEU) == 0xFFFE; }

}  // namespace

std::string escape(std::string_view text, std::size_t bytes) {
  const bool cut = text.size() > bytes;
  // A character has at most four bytes, so a cut inside one is mended below.
  const spec::SourceText source(spec::shorten(text.substr(0, cut ? bytes + 4 : bytes), bytes));
  const std::string_view clean = source.text();
  std::string out;
  out.reserve(clean.size() + 16);
  for (std::size_t at = 0; at < clean.size();) {
    const char32_t c = spec::code_point_at(clean, at);
    const std::size_t length = spec::utf8_length(static_cast<unsigned char>(clean[at]));
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      out += ' ';
    } else if (is_invisible(c)) {
      out += fmt::format("[U+{:04X}]", static_cast<std::uint32_t>(c));
    } else if (is_noncharacter(c)) {
      out += "\xEF\xBF\xBD";
    } else {
      out += clean.substr(at, length);
    }
    at += length;
  }
  return out;
}

std::string isolated(std::string_view text, std::size_t bytes) { return "<bdi>" + escape(text, bytes) + "</bdi>"; }

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string base64_of_hex(std::string_view hex) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto nibble = [&](std::size_t at) -> std::uint32_t {
    if (at >= hex.size()) return 0;
    const char c = hex[at];
    return static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  std::string out;
  for (std::size_t at = 0; at < hex.size(); at += 6) {  // three bytes
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 6; ++i) group = (group << 4U) | nibble(at + i);
    const std::size_t bytes = (std::min<std::size_t>(hex.size() - at, 6) + 1) / 2;
    for (std::size_t i = 0; i < 4; ++i) out += i <= bytes ? kDigits[(group >> (18U - 6U * i)) & 63U] : '=';
  }
  return out;
}

}  // namespace portcullis::report
