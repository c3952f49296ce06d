// What every reader makes of a document: headings, paragraphs and tables, in order, with their places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spec/text.h"

namespace portcullis::spec {

/// Tables are read to this width; a table that is wider is reported.
inline constexpr std::size_t kMostColumns = 64;
/// A document is read to this many cells; more are reported and left out.
inline constexpr std::size_t kMostCells = 12'000'000;
/// Rowspans reach at most as far as HTML allows (HTML standard, 4.9.11).
inline constexpr unsigned kMostRowspan = 65534;

/// A cell as it stands in the document. Line breaks, list items and paragraphs of the cell are separated by '\n'.
struct Cell {
  std::string text;
  std::uint32_t offset = 0;  ///< of the cell in the source text
  std::uint16_t rowspan = 1;
  std::uint16_t colspan = 1;
  bool header = false;       ///< a <th>
  bool strong = false;       ///< all of it is in bold type
  bool holds_table = false;  ///< another table stands in it
};

struct Row {
  std::uint32_t offset = 0;
  bool header = false;  ///< stands in a <thead>
  std::vector<Cell> cells;
};

struct Table {
  std::uint32_t offset = 0;
  std::string caption;
  std::vector<Row> rows;
};

struct Block {
  enum class Kind : std::uint8_t {
    heading,
    strong_line,  ///< a paragraph in bold type, which often heads a table
    paragraph,
    table,
  } kind = Kind::paragraph;
  std::uint32_t offset = 0;
  int level = 0;  ///< of a heading, 1 to 6
  std::string text;
  Table table;
};

/// Something a reader could not take in, for the findings.
struct ReadingProblem {
  std::uint32_t offset = 0;
  std::string text;
  std::string reason;
};

struct DocumentModel {
  std::vector<Block> blocks;
  std::vector<ReadingProblem> problems;
};

/// Form of a document, which decides on the reader.
enum class Form : std::uint8_t { markdown, html, text };

/// The form of a document, from its content.
Form form_of(const SourceText& source);

/// A whole HTML document.
DocumentModel read_html(const SourceText& source);

/// Tables and headings of HTML that stand inside Markdown, and where their text is, so that it is not read twice.
struct EmbeddedHtml {
  DocumentModel model;
  /// Byte ranges [begin, end) of the source that hold HTML tables, headings and comments.
  std::vector<std::pair<std::size_t, std::size_t>> taken;
  /// Byte ranges [begin, end) of fenced code blocks, which show tables and hold none.
  std::vector<std::pair<std::size_t, std::size_t>> code;
};
EmbeddedHtml read_embedded_html(const SourceText& source);

/// Markdown with HTML inside; pipe tables without a delimiter row and scraped tables in it are found as well.
DocumentModel read_markdown(const SourceText& source);

/// Plain text: rows with pipes or tabs, or one cell a line.
DocumentModel read_plain_text(const SourceText& source);

/// Tables among the lines [begin, end) of the source for which `free_lines` is true: rows with pipes or tabs between
/// their cells, and tables with one cell a line under a header whose cells run together.
void read_line_tables(const SourceText& source, const std::vector<bool>& free_lines, DocumentModel& model);

/// Text of a Markdown inline fragment without its marks: emphasis, code, links, escapes, entities, HTML tags.
std::string plain_inline(std::string_view markdown);

/// The text that an HTML character reference ("&sup1;", "&#8211;") stands for; the reference itself if it is none.
std::string decode_entity(std::string_view reference);

}  // namespace portcullis::spec
