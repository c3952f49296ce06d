#include "spec/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "spec/extract.h"

namespace portcullis::spec {

namespace {

/// Bytes of a well-formed UTF-8 sequence at `at`, 0 if there is none (RFC 3629: no surrogates, no overlong forms).
std::size_t valid_sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) {
    return 1;
  }
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (at + length > text.size() || byte(at + 1) < low || byte(at + 1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  return length;
}

bool is_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200D) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2060 || c == 0x3000 || c == 0xFEFF ||
         c == 0xAD;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return out;
}

bool is_superscript(char32_t c) {
  return c == 0xB9 || c == 0xB2 || c == 0xB3 || (c >= 0x2070 && c <= 0x207F) || (c >= 0x2460 && c <= 0x2473);
}

}  // namespace

SourceText::SourceText(std::string_view raw) {
  if (raw.starts_with("\xEF\xBB\xBF")) {
    raw.remove_prefix(3);
  }
  text_.reserve(raw.size());
  line_starts_.push_back(0);
  std::size_t at = 0;
  while (at < raw.size()) {
    const char c = raw[at];
    if (c == '\n' || (c == '\r' && !(at + 1 < raw.size() && raw[at + 1] == '\n'))) {
      text_ += '\n';
      line_starts_.push_back(static_cast<std::uint32_t>(text_.size()));
      ++at;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x80) {
      if (c == '\0') {
        if (nuls_++ == 0) {
          first_nul_ = text_.size();
        }
      }
      const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
      text_ += control ? ' ' : c;
      ++at;
      continue;
    }
    const std::size_t length = valid_sequence(raw, at);
    if (length == 0) {
      if (bad_bytes_++ == 0) {
        first_bad_byte_ = text_.size();
      }
      text_ += "\xEF\xBF\xBD";
      ++at;
      continue;
    }
    const std::string_view sequence = raw.substr(at, length);
    const bool mark = sequence == kTextMark || sequence == kSuperscriptOpen || sequence == kSuperscriptClose;
    text_ += mark ? std::string_view("\xEF\xBF\xBD") : sequence;
    at += length;
  }
}

std::string_view SourceText::line(std::size_t index) const {
  const std::size_t start = line_starts_[index];
  const std::size_t end = index + 1 < line_starts_.size() ? line_starts_[index + 1] - 1 : text_.size();
  return std::string_view(text_).substr(start, end - start);
}

unsigned SourceText::line_at(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<unsigned>(after - line_starts_.begin());
}

Place SourceText::place_at(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const unsigned line = line_at(offset);
  const std::size_t start = line_starts_[line - 1];
  if (counted_line_start_ != start || counted_to_ > offset || counted_to_ < start) {
    counted_line_start_ = start;
    counted_to_ = start;
    counted_column_ = 1;
  }
  for (; counted_to_ < offset; ++counted_to_) {
    if ((static_cast<unsigned char>(text_[counted_to_]) & 0xC0) != 0x80) {
      ++counted_column_;
    }
  }
  return {line, counted_column_};
}

char32_t long_code_point_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = std::min(utf8_length(lead), text.size() - at);
  char32_t code = static_cast<char32_t>(lead) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return code;
}

void append_utf8(std::string& out, char32_t code_point) {
  utf8proc_uint8_t buffer[4];
  const utf8proc_ssize_t length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), buffer);
  out.append(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 0)));
}

bool is_ideographic(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

std::string collapse(std::string_view text) {
  // Most text has nothing to collapse.
  bool after_space = true;
  bool plain = true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80 || c < ' ' || (c == ' ' && after_space)) {
      plain = false;
      break;
    }
    after_space = c == ' ';
  }
  if (plain && !(after_space && !text.empty())) {
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size());
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const char ascii = text[at];
    if (static_cast<unsigned char>(ascii) < 0x80) {
      ++at;
      if (ascii == ' ' || (ascii >= '\t' && ascii <= '\r')) {
        space = true;
        continue;
      }
      if (space && !out.empty()) {
        out += ' ';
      }
      space = false;
      out += ascii;
      continue;
    }
    const std::size_t length = utf8_length(static_cast<unsigned char>(text[at]));
    const std::string_view sequence = text.substr(at, length);
    at += length;
    if (sequence == kSuperscriptOpen || sequence == kSuperscriptClose) {
      continue;
    }
    if (is_space(code_point_at(sequence, 0))) {
      space = true;
      continue;
    }
    if (space && !out.empty()) {
      out += ' ';
    }
    space = false;
    out += sequence;
  }
  return out;
}

bool is_blank(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_space(code_point_at(text, at))) {
      return false;
    }
    at += utf8_length(static_cast<unsigned char>(text[at]));
  }
  return true;
}

std::string fold(std::string_view text) {
  if (is_ascii(text)) {
    return lower_ascii(text);
  }
  utf8proc_uint8_t* folded = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &folded,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(folded, &std::free);
  if (length < 0) {
    return lower_ascii(text);
  }
  return {reinterpret_cast<const char*>(folded), static_cast<std::size_t>(length)};
}

std::string fold_cell(std::string_view text) {
  if (is_ascii(text)) {
    return lower_ascii(text);
  }
  std::string kept;
  kept.reserve(text.size());
  bool superscript = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(static_cast<unsigned char>(text[at]));
    const std::string_view sequence = text.substr(at, length);
    at += length;
    if (sequence == kSuperscriptOpen || sequence == kSuperscriptClose) {
      superscript = sequence == kSuperscriptOpen;
      continue;
    }
    const char32_t c = code_point_at(sequence, 0);
    if (superscript || is_superscript(c) || c == 0x200B || c == 0x200C || c == 0x200D || c == 0x2060 || c == 0xAD ||
        c == 0xFEFF) {
      continue;
    }
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE58 || c == 0xFE63 || c == 0xFF0D) {
      kept += '-';
    } else if (c == 0x301C || c == 0xFF5E || c == 0x223C || c == 0x02DC) {
      kept += '~';
    } else if (c == 0x3001 || c == 0xFF64) {
      kept += ',';
    } else if (c == 0x3002) {
      kept += '.';
    } else {
      kept += sequence;
    }
  }
  return fold(kept);
}

std::string join_plurals(std::string text) {
  for (const std::string_view plural :
       {std::string_view("(s)"), std::string_view("(es)"), std::string_view("(en)"), std::string_view("(n)")}) {
    for (std::size_t at = text.find(plural); at != std::string::npos; at = text.find(plural, at)) {
      if (at > 0 && text[at - 1] >= 'a' && text[at - 1] <= 'z') {
        text.erase(at + plural.size() - 1, 1);
        text.erase(at, 1);
      } else {
        ++at;
      }
    }
  }
  return text;
}

std::string shorten(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) {
    return std::string(text);
  }
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

std::vector<Atom> split_atoms(std::string_view text) {
  std::vector<Atom> atoms;
  bool space = false;
  std::size_t at = 0;
  const auto is_letter = [](char32_t c) {
    if (c < 0x80) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    if (is_ideographic(c)) {
      return false;
    }
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
  };
  atoms.reserve(8);
  while (at < text.size()) {
    const char32_t c = code_point_at(text, at);
    const std::size_t length = utf8_length(static_cast<unsigned char>(text[at]));
    if (c == '\n') {
      atoms.push_back({Atom::Kind::newline, text.substr(at, 1), static_cast<std::uint32_t>(at), space});
      space = false;
      at += 1;
      continue;
    }
    if (is_space(c)) {
      space = true;
      at += length;
      continue;
    }
    std::size_t end = at;
    bool letters = false;
    while (end < text.size()) {
      const char32_t next = code_point_at(text, end);
      if (is_letter(next)) {
        letters = true;
      } else if (!(next >= '0' && next <= '9')) {
        break;
      }
      end += utf8_length(static_cast<unsigned char>(text[end]));
    }
    Atom::Kind kind = Atom::Kind::punctuation;
    if (end > at) {
      kind = letters ? Atom::Kind::word : Atom::Kind::number;
    } else {
      end = at + length;
      if (is_ideographic(c)) {
        kind = Atom::Kind::word;
      }
    }
    atoms.push_back({kind, text.substr(at, end - at), static_cast<std::uint32_t>(at), space});
    space = false;
    at = end;
  }
  return atoms;
}

std::string role_key(std::string_view role) { return collapse(fold(collapse(role))); }

}  // namespace portcullis::spec
