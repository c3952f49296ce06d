// Markdown: md4c for the grammar. md4c gives no line numbers, but the text it hands out points into the source, so
// every table finds its place: the rows of a pipe table stand on consecutive lines, the delimiter row on the second.
#include <md4c.h>

#include <algorithm>
#include <optional>

#include "spec/document_model.h"

namespace portcullis::spec {

namespace {

bool starts_break(std::string_view tag) {
  const auto is = [&](std::string_view name) {
    if (tag.size() <= name.size()) {
      return false;
    }
    for (std::size_t i = 0; i < name.size(); ++i) {
      if ((tag[i] | 0x20) != name[i]) {
        return false;
      }
    }
    const char next = tag[name.size()];
    return next == '>' || next == ' ' || next == '/' || next == '\n' || next == '\t';
  };
  const std::size_t from = tag.starts_with("</") ? 2 : 1;
  if (tag.size() <= from) {
    return false;
  }
  tag.remove_prefix(from);
  return is("br") || is("li") || is("ul") || is("ol") || is("p") || is("div") || is("hr");
}

/// The words that an inline HTML tag leaves in a text.
std::string_view tag_text(std::string_view tag) {
  if (tag.size() >= 5 && (tag.substr(0, 4) == "<sup" || tag.substr(0, 4) == "<SUP")) {
    return kSuperscriptOpen;
  }
  if (tag.size() >= 6 && (tag.substr(0, 5) == "</sup" || tag.substr(0, 5) == "</SUP")) {
    return kSuperscriptClose;
  }
  return starts_break(tag) ? "\n" : "";
}

class MarkdownReader {
 public:
  MarkdownReader(const SourceText& source, const std::string& masked) : source_(source) {
    // md4c 0.4.8 drops empty cells ("a||b"): a space goes between such pipes, and places are counted back.
    masked_.reserve(masked.size());
    for (std::size_t i = 0; i < masked.size(); ++i) {
      if (masked[i] == '|' && i > 0 && masked[i - 1] == '|') {
        added_.push_back(masked_.size());
        masked_ += ' ';
      }
      masked_ += masked[i];
    }
  }

  void read(DocumentModel& model);

  /// Lines (from 0) that belong to tables and headings.
  std::vector<bool> used_lines;

 private:
  static int on_enter_block(MD_BLOCKTYPE type, void* detail, void* self) {
    return static_cast<MarkdownReader*>(self)->enter_block(type, detail);
  }
  static int on_leave_block(MD_BLOCKTYPE type, void* /*detail*/, void* self) {
    return static_cast<MarkdownReader*>(self)->leave_block(type);
  }
  static int on_enter_span(MD_SPANTYPE type, void* /*detail*/, void* self) {
    static_cast<MarkdownReader*>(self)->strong_depth_ += type == MD_SPAN_STRONG ? 1 : 0;
    return 0;
  }
  static int on_leave_span(MD_SPANTYPE type, void* /*detail*/, void* self) {
    static_cast<MarkdownReader*>(self)->strong_depth_ -= type == MD_SPAN_STRONG ? 1 : 0;
    return 0;
  }
  static int on_text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
    return static_cast<MarkdownReader*>(self)->text(type, {text, size});
  }

  int enter_block(MD_BLOCKTYPE type, void* detail);
  int leave_block(MD_BLOCKTYPE type);
  int text(MD_TEXTTYPE type, std::string_view words);
  void finish_table();
  /// Place in the source of a place in the text that md4c reads.
  std::size_t source_offset(std::size_t at) const {
    return at - static_cast<std::size_t>(std::lower_bound(added_.begin(), added_.end(), at) - added_.begin());
  }

  const SourceText& source_;
  std::string masked_;
  std::vector<std::size_t> added_;  // spaces in masked_ that the source does not have
  DocumentModel* model_ = nullptr;
  Block block_;
  bool in_block_ = false;
  bool in_cell_ = false;
  bool in_table_ = false;
  bool has_plain_text_ = false;
  int strong_depth_ = 0;
  std::size_t cells_ = 0;
  std::optional<std::size_t> first_offset_;  // of the open block's text
  std::optional<std::size_t> table_line_;    // line of the open table's header row, from 0
};

int MarkdownReader::enter_block(MD_BLOCKTYPE type, void* detail) {
  switch (type) {
    case MD_BLOCK_H:
    case MD_BLOCK_P:
      block_ = {};
      block_.kind = type == MD_BLOCK_H ? Block::Kind::heading : Block::Kind::paragraph;
      block_.level = type == MD_BLOCK_H ? static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level) : 0;
      in_block_ = true;
      has_plain_text_ = false;
      first_offset_.reset();
      break;
    case MD_BLOCK_TABLE:
      block_ = {};
      block_.kind = Block::Kind::table;
      in_table_ = true;
      table_line_.reset();
      break;
    case MD_BLOCK_TR:
      block_.table.rows.emplace_back();
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      if (++cells_ > kMostCells) {
        model_->problems.push_back(
            {0, "|",
             "the tables of the document have more than 12,000,000 cells (each row is as wide as "
             "its table): what follows is left out"});
        return 1;
      }
      in_cell_ = true;
      has_plain_text_ = false;
      first_offset_.reset();
      if (block_.table.rows.back().cells.size() < kMostColumns) {
        block_.table.rows.back().cells.emplace_back();
        block_.table.rows.back().cells.back().header = type == MD_BLOCK_TH;
      } else {
        in_cell_ = false;
      }
      break;
    default:
      break;
  }
  return 0;
}

int MarkdownReader::leave_block(MD_BLOCKTYPE type) {
  switch (type) {
    case MD_BLOCK_H:
    case MD_BLOCK_P:
      in_block_ = false;
      block_.text = collapse(block_.text);
      if (first_offset_) {
        block_.offset = static_cast<std::uint32_t>(*first_offset_);
        if (type == MD_BLOCK_H) {
          used_lines[source_.line_at(*first_offset_) - 1] = true;
        } else if (!has_plain_text_ && !block_.text.empty()) {
          block_.kind = Block::Kind::strong_line;
        }
      }
      if (!block_.text.empty()) {
        model_->blocks.push_back(std::move(block_));
      }
      break;
    case MD_BLOCK_TABLE:
      in_table_ = false;
      finish_table();
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      if (in_cell_) {
        Cell& cell = block_.table.rows.back().cells.back();
        cell.strong = !has_plain_text_ && !is_blank(cell.text);
        if (first_offset_) {
          cell.offset = static_cast<std::uint32_t>(*first_offset_);
          if (!table_line_) {
            const std::size_t line = source_.line_at(*first_offset_) - 1;
            const std::size_t row = block_.table.rows.size() - 1;
            table_line_ = row == 0 ? line : line - row - 1;  // the delimiter row is no row
          }
        }
      }
      in_cell_ = false;
      break;
    default:
      break;
  }
  return 0;
}

int MarkdownReader::text(MD_TEXTTYPE type, std::string_view words) {
  if (!in_cell_ && !in_block_) {
    return 0;
  }
  const bool in_source =
      words.data() >= masked_.data() && words.data() + words.size() <= masked_.data() + masked_.size();
  if (in_source && !first_offset_ && !words.empty()) {
    first_offset_ = source_offset(static_cast<std::size_t>(words.data() - masked_.data()));
  }
  std::string& out = in_cell_ ? block_.table.rows.back().cells.back().text : block_.text;
  switch (type) {
    case MD_TEXT_BR:
      out += '\n';
      break;
    case MD_TEXT_SOFTBR:
      out += in_cell_ ? '\n' : ' ';
      break;
    case MD_TEXT_ENTITY: {
      const std::string decoded = decode_entity(words);
      out += decoded;
      has_plain_text_ = has_plain_text_ || (strong_depth_ == 0 && !is_blank(decoded));
      break;
    }
    case MD_TEXT_HTML:
      out += tag_text(words);
      break;
    default:
      out += words;
      has_plain_text_ = has_plain_text_ || (strong_depth_ == 0 && !is_blank(words));
      break;
  }
  return 0;
}

void MarkdownReader::finish_table() {
  if (!table_line_ || block_.table.rows.empty()) {
    return;  // a table without a word in it
  }
  for (std::size_t r = 0; r < block_.table.rows.size(); ++r) {
    Row& row = block_.table.rows[r];
    row.header = r == 0;
    const std::size_t line = *table_line_ + (r == 0 ? 0 : r + 1);
    if (line >= source_.line_count()) {
      break;
    }
    const std::string_view words = source_.line(line);
    const std::size_t first = std::min(words.find_first_not_of(" \t>"), words.size());
    row.offset = static_cast<std::uint32_t>(source_.line_start(line) + first);
    used_lines[line] = true;
    for (Cell& cell : row.cells) {
      if (cell.offset == 0) {
        cell.offset = row.offset;
      }
    }
  }
  if (*table_line_ + 1 < used_lines.size()) {
    used_lines[*table_line_ + 1] = true;
  }
  block_.offset = block_.table.rows.front().offset;
  block_.table.offset = block_.offset;
  model_->blocks.push_back(std::move(block_));
}

void MarkdownReader::read(DocumentModel& model) {
  model_ = &model;
  used_lines.assign(source_.line_count(), false);
  MD_PARSER parser = {};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_NOINDENTEDCODEBLOCKS | MD_FLAG_NOHTMLBLOCKS;
  parser.enter_block = on_enter_block;
  parser.leave_block = on_leave_block;
  parser.enter_span = on_enter_span;
  parser.leave_span = on_leave_span;
  parser.text = on_text;
  md_parse(masked_.data(), static_cast<MD_SIZE>(masked_.size()), &parser, this);
}

/// Lines of YAML front matter at the top of a document: 0 if it has none.
std::size_t front_matter_lines(const SourceText& source) {
  if (collapse(source.line(0)) != "---") {
    return 0;
  }
  for (std::size_t i = 1; i < source.line_count(); ++i) {
    const std::string_view line = source.line(i);
    if (line.starts_with("---") || line.starts_with("...")) {
      return i + 1;
    }
    if (line.starts_with("#") && i == 1) {
      continue;
    }
  }
  return 0;
}

}  // namespace

std::string plain_inline(std::string_view markdown) {
  std::string out;
  for (std::size_t at = 0; at < markdown.size();) {
    const char c = markdown[at];
    if (c == '\\' && at + 1 < markdown.size() &&
        std::string_view("\\`*_{}[]()#+-.!|<>~&").find(markdown[at + 1]) != std::string_view::npos) {
      out += markdown[at + 1];
      at += 2;
    } else if (c == '`' || (c == '*' && at + 1 < markdown.size() && markdown[at + 1] == '*')) {
      at += c == '`' ? 1 : 2;
    } else if (c == '<') {
      const std::size_t end = markdown.substr(at, 1000).find('>');
      const char next = at + 1 < markdown.size() ? markdown[at + 1] : ' ';
      const bool tag = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '/';
      if (end == std::string_view::npos || !tag) {
        out += c;
        ++at;
      } else {
        out += tag_text(markdown.substr(at, end + 1));
        at += end + 1;
      }
    } else if (c == '&') {
      const std::size_t end = markdown.substr(at, 34).find(';');
      const char next = at + 1 < markdown.size() ? markdown[at + 1] : ' ';
      if (end == std::string_view::npos ||
          !(next == '#' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))) {
        out += c;
        ++at;
      } else {
        out += decode_entity(markdown.substr(at, end + 1));
        at += end + 1;
      }
    } else {
      out += c;
      ++at;
    }
  }
  return out;
}

DocumentModel read_markdown(const SourceText& source) {
  EmbeddedHtml html = read_embedded_html(source);
  std::string masked(source.text());
  const auto mask = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < std::min(end, masked.size()); ++i) {
      if (masked[i] != '\n') {
        masked[i] = ' ';
      }
    }
  };
  std::vector<bool> free_lines(source.line_count(), true);
  for (const auto& [begin, end] : html.taken) {
    mask(begin, end);
    for (std::size_t line = source.line_at(begin) - 1; line < source.line_at(end > begin ? end - 1 : begin); ++line) {
      free_lines[line] = false;
    }
  }
  for (const auto& [begin, end] : html.code) {
    std::fill(free_lines.begin() + static_cast<std::ptrdiff_t>(source.line_at(begin) - 1),
              free_lines.begin() + static_cast<std::ptrdiff_t>(source.line_at(end > begin ? end - 1 : begin)), false);
  }
  const std::size_t front = front_matter_lines(source);
  if (front > 0) {
    mask(0, front < source.line_count() ? source.line_start(front) : masked.size());
    std::fill_n(free_lines.begin(), front, false);
  }
  DocumentModel model;
  MarkdownReader reader(source, masked);
  reader.read(model);
  for (std::size_t i = 0; i < free_lines.size(); ++i) {
    free_lines[i] = free_lines[i] && !reader.used_lines[i];
  }
  // Markdown inside HTML cells (a blank line lets it in) leaves its marks there.
  for (Block& block : html.model.blocks) {
    for (Row& row : block.table.rows) {
      for (Cell& cell : row.cells) {
        if (cell.text.find_first_of("*`\\") != std::string::npos) {
          cell.text = plain_inline(cell.text);
        }
      }
    }
    model.blocks.push_back(std::move(block));
  }
  model.problems.insert(model.problems.end(), html.model.problems.begin(), html.model.problems.end());
  read_line_tables(source, free_lines, model);
  std::stable_sort(model.blocks.begin(), model.blocks.end(),
                   [](const Block& a, const Block& b) { return a.offset < b.offset; });
  return model;
}

}  // namespace portcullis::spec
