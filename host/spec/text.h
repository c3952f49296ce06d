// The text of a document: made safe to read, with places in it, and the forms in which words are compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::spec {

/// Private-use U+E000 stands for a run of text where a reader hands a document to a library without its text. Readers
/// put superscript text of a cell between the other two (U+E001 and U+E002). No document text keeps these three.
inline constexpr std::string_view kTextMark = "\xEE\x80\x80";
inline constexpr std::string_view kSuperscriptOpen = "\xEE\x80\x81";
inline constexpr std::string_view kSuperscriptClose = "\xEE\x80\x82";

/// A place in a document; both count from 1, columns in characters.
struct Place {
  unsigned line = 1;
  unsigned column = 1;
};

/// A document as valid UTF-8 without control characters other than tab and newline, with its lines.
/// Each byte that is no UTF-8 became U+FFFD, each NUL or control character a space.
class SourceText {
 public:
  explicit SourceText(std::string_view raw);

  std::string_view text() const { return text_; }
  std::size_t line_count() const { return line_starts_.size(); }
  /// Line `index` (from 0) without its newline.
  std::string_view line(std::size_t index) const;
  std::size_t line_start(std::size_t index) const { return line_starts_[index]; }
  /// The line (from 1) that holds byte `offset`.
  unsigned line_at(std::size_t offset) const;
  /// Line and column of byte `offset`. Linear in total for offsets asked in ascending order.
  Place place_at(std::size_t offset) const;

  std::size_t bad_bytes() const { return bad_bytes_; }
  std::size_t first_bad_byte() const { return first_bad_byte_; }
  std::size_t nuls() const { return nuls_; }
  std::size_t first_nul() const { return first_nul_; }

 private:
  std::string text_;
  std::vector<std::uint32_t> line_starts_;
  std::size_t bad_bytes_ = 0;
  std::size_t first_bad_byte_ = 0;
  std::size_t nuls_ = 0;
  std::size_t first_nul_ = 0;
  mutable std::size_t counted_line_start_ = 0;
  mutable std::size_t counted_to_ = 0;
  mutable unsigned counted_column_ = 1;
};

/// Length in bytes of the UTF-8 sequence that a byte starts, 1 for bytes that start none.
inline std::size_t utf8_length(unsigned char lead) { return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

/// The code point of the sequence of several bytes that starts at `text[at]`.
char32_t long_code_point_at(std::string_view text, std::size_t at);

/// The code point at `text[at]`; `text` is valid UTF-8.
inline char32_t code_point_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead < 0x80 ? lead : long_code_point_at(text, at);
}

void append_utf8(std::string& out, char32_t code_point);

/// True for code points of scripts written without spaces between words (Han, kana, hangul).
bool is_ideographic(char32_t code_point);

/// White space of any kind collapsed to one space, none at the ends, superscript marks removed (their text stays).
std::string collapse(std::string_view text);

/// True if nothing but white space is left of the text.
bool is_blank(std::string_view text);

/// NFKC and case folding; white space stays as it is. Text that is no UTF-8 is returned with ASCII lower-cased.
std::string fold(std::string_view text);

/// What of a cell is compared: superscripts removed, folded, all dashes `-`, all tildes `~`, quotes straight;
/// line breaks stay.
std::string fold_cell(std::string_view text);

/// Folded text with the brackets of optional endings taken away: "port(s)" reads "ports", "http(s)" "https".
std::string join_plurals(std::string text);

/// Cuts `text` to at most `bytes` bytes at a character border, with an ellipsis if something was cut.
std::string shorten(std::string_view text, std::size_t bytes);

/// One step of a walk over words: a Latin word or number, one ideograph, or a punctuation mark.
struct Atom {
  enum class Kind : std::uint8_t { word, number, punctuation, newline } kind;
  std::string_view text;
  std::uint32_t offset = 0;   ///< in the text that was split
  bool space_before = false;  ///< white space stands before it
};

/// Splits text into atoms. Runs of letters and digits are one word ("ipv4", "tcp443"), runs of digits alone are
/// numbers, even where an ideograph follows.
std::vector<Atom> split_atoms(std::string_view text);

}  // namespace portcullis::spec
