// HTML: a tag filter, which keeps what makes up tables and headings, and gumbo, which knows how browsers build tables.
//
// The filter drops everything that does not matter to a table before gumbo sees it: gumbo then never meets deep nesting
// (it destroys its tree recursively) nor the open formatting elements that make HTML parsers take quadratic time. Large
// tables are handed over in slices, so that memory stays in proportion. Text without references goes past gumbo, which
// reads a character at a time: one mark stands for a run of it.
#include <gumbo.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <unordered_map>

#include "spec/document_model.h"

namespace portcullis::spec {

namespace {

/// Tables nested deeper than this are read as part of the table around them.
constexpr int kDeepestTable = 16;
/// A table is handed to gumbo in slices of about this many bytes.
constexpr std::size_t kSlice = std::size_t{128} << 10;

enum class Tag : std::uint8_t {
  other,
  table,
  caption,
  row_group,
  thead,
  tr,
  cell,
  heading,
  line_break,
  block,
  superscript,
  strong,
  raw,  // script, style: content is no text
};

struct TagName {
  std::string_view name;
  Tag tag;
};

constexpr std::array kTags{
    TagName{"table", Tag::table},     TagName{"caption", Tag::caption},  TagName{"thead", Tag::thead},
    TagName{"tbody", Tag::row_group}, TagName{"tfoot", Tag::row_group},  TagName{"tr", Tag::tr},
    TagName{"td", Tag::cell},         TagName{"th", Tag::cell},          TagName{"h1", Tag::heading},
    TagName{"h2", Tag::heading},      TagName{"h3", Tag::heading},       TagName{"h4", Tag::heading},
    TagName{"h5", Tag::heading},      TagName{"h6", Tag::heading},       TagName{"br", Tag::line_break},
    TagName{"hr", Tag::line_break},   TagName{"p", Tag::block},          TagName{"div", Tag::block},
    TagName{"li", Tag::block},        TagName{"ul", Tag::block},         TagName{"ol", Tag::block},
    TagName{"dl", Tag::block},        TagName{"dt", Tag::block},         TagName{"dd", Tag::block},
    TagName{"pre", Tag::block},       TagName{"blockquote", Tag::block}, TagName{"section", Tag::block},
    TagName{"article", Tag::block},   TagName{"center", Tag::block},     TagName{"body", Tag::block},
    TagName{"sup", Tag::superscript}, TagName{"b", Tag::strong},         TagName{"strong", Tag::strong},
    TagName{"script", Tag::raw},      TagName{"style", Tag::raw},        TagName{"title", Tag::raw},
    TagName{"noscript", Tag::raw},    TagName{"template", Tag::raw},     TagName{"textarea", Tag::raw},
    TagName{"xmp", Tag::raw},         TagName{"option", Tag::other},
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_lower(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(), [](char a, char b) { return lower(a) == b; });
}

Tag tag_of(std::string_view name) {
  for (const TagName& known : kTags) {
    if (equal_lower(name, known.name)) {
      return known.tag;
    }
  }
  return Tag::other;
}

/// A tag in the source.
struct TagToken {
  std::string_view name;
  bool closes = false;
  std::string_view attributes;
  std::size_t end = 0;  // behind its '>'
};

/// Finds tags; remembers what does not occur any more, so that broken input costs no repeated searches.
class TagScanner {
 public:
  explicit TagScanner(std::string_view text) : text_(text) {}

  /// The tag that starts with the '<' at `at`; nothing if it starts none.
  std::optional<TagToken> tag_at(std::size_t at) {
    std::size_t i = at + 1;
    TagToken token;
    if (i < text_.size() && text_[i] == '/') {
      token.closes = true;
      ++i;
    }
    const std::size_t name_begin = i;
    if (i >= text_.size() || !is_letter(text_[i])) {
      return std::nullopt;
    }
    while (i < text_.size() &&
           (is_letter(text_[i]) || (text_[i] >= '0' && text_[i] <= '9') || text_[i] == ':' || text_[i] == '-')) {
      ++i;
    }
    token.name = text_.substr(name_begin, i - name_begin);
    const std::size_t attributes_begin = i;
    const std::size_t nearest = find('>', i, no_tag_end_);
    if (nearest == std::string_view::npos) {
      return std::nullopt;
    }
    // A '>' in quotes ends no tag; but quotes that lead nowhere are not followed for ever.
    const std::size_t limit = std::min(text_.size(), i + kLongestTag);
    bool in_reach = broken_quotes_ < kMostBrokenQuotes;
    while (in_reach && i < limit && text_[i] != '>') {
      if ((text_[i] == '"' || text_[i] == '\'') && text_[i - 1] == '=') {
        const std::size_t quote = find(text_[i], i + 1, text_[i] == '"' ? no_double_ : no_single_);
        if (quote != std::string_view::npos) {
          i = quote;
        }
      }
      ++i;
    }
    if (!in_reach || i >= limit) {
      broken_quotes_ += in_reach && nearest < limit ? 1 : 0;
      i = nearest;
    }
    token.attributes = text_.substr(attributes_begin, i - attributes_begin);
    token.end = i + 1;
    return token;
  }

  /// Position of `what` from `from` on.
  std::size_t find(char what, std::size_t from, bool& none_left) {
    if (none_left) {
      return std::string_view::npos;
    }
    const std::size_t found = text_.find(what, from);
    none_left = found == std::string_view::npos;
    return found;
  }

  std::size_t comment_end(std::size_t from) {
    if (no_comment_end_) {
      return std::string_view::npos;
    }
    const std::size_t found = text_.find("-->", from);
    no_comment_end_ = found == std::string_view::npos;
    return found;
  }

  /// Behind the closing tag of a raw element; npos if it is never closed.
  std::size_t raw_end(std::string_view name, std::size_t from) {
    for (std::size_t at = from; !no_closing_; ++at) {
      at = text_.find("</", at);
      if (at == std::string_view::npos) {
        no_closing_ = true;
        break;
      }
      if (equal_lower(text_.substr(at + 2, name.size()), name)) {
        const std::size_t close = text_.find('>', at);
        return close == std::string_view::npos ? text_.size() : close + 1;
      }
    }
    return std::string_view::npos;
  }

 private:
  /// Tags are followed through their quotes so far (bytes).
  static constexpr std::size_t kLongestTag = 65536;
  /// After so many tags whose quotes are broken, quotes are not followed any more.
  static constexpr std::size_t kMostBrokenQuotes = 100;

  std::string_view text_;
  std::size_t broken_quotes_ = 0;
  bool no_tag_end_ = false;
  bool no_double_ = false;
  bool no_single_ = false;
  bool no_comment_end_ = false;
  bool no_closing_ = false;
};

unsigned span_attribute(std::string_view attributes, std::string_view name, unsigned most) {
  for (std::size_t at = 0; at + name.size() < attributes.size(); ++at) {
    if (at > 0 && !is_white(attributes[at - 1])) {
      continue;
    }
    if (!equal_lower(attributes.substr(at, name.size()), name)) {
      continue;
    }
    std::size_t i = at + name.size();
    while (i < attributes.size() &&
           (is_white(attributes[i]) || attributes[i] == '=' || attributes[i] == '"' || attributes[i] == '\'')) {
      ++i;
    }
    unsigned value = 0;
    bool digits = false;
    while (i < attributes.size() && attributes[i] >= '0' && attributes[i] <= '9') {
      value = std::min(value * 10 + static_cast<unsigned>(attributes[i] - '0'), 1000000U);
      digits = true;
      ++i;
    }
    if (!digits) {
      return 1;
    }
    // A rowspan of 0 reaches to the end of the row group; the end of the table stands for that.
    return value == 0 ? (name == "rowspan" ? most : 1) : std::min(value, most);
  }
  return 1;
}

/// The fenced code blocks of Markdown, as byte ranges.
std::vector<std::pair<std::size_t, std::size_t>> fenced_code(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  std::string_view fence;
  std::size_t fence_begin = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    line.remove_prefix(std::min(line.find_first_not_of(" \t>"), line.size()));
    if (line.starts_with("```") || line.starts_with("~~~")) {
      const std::size_t length = std::min(line.find_first_not_of(line[0]), line.size());
      if (fence.empty()) {
        fence = line.substr(0, length);
        fence_begin = begin;
      } else if (line[0] == fence[0] && length >= fence.size() &&
                 line.find_first_not_of(" \t", length) == std::string_view::npos) {
        ranges.emplace_back(fence_begin, end);
        fence = {};
      }
    }
    begin = end + 1;
  }
  return ranges;  // a fence that is never closed hides nothing
}

/// What a filtered piece of the document is, for gumbo and beside it.
struct Slice {
  /// A place in `html` and what it stands for in the source.
  struct Place {
    std::uint32_t at;
    std::uint32_t source;
  };
  /// A run of text, whose mark stands at `at` in `html`.
  struct Run {
    std::uint32_t at;
    std::string_view text;
  };
  std::string html;
  std::vector<Place> places;
  std::vector<Run> runs;
};

/// Reads gumbo's tree of one slice into blocks. The tree is walked without recursion.
class FragmentReader {
 public:
  FragmentReader(const Slice& slice, std::vector<Block>& blocks) : slice_(slice), blocks_(blocks) {}

  void read(const GumboNode* root) {
    struct Step {
      const GumboNode* node;
      unsigned next_child;
    };
    std::vector<Step> path{{root, 0}};
    enter(root);
    while (!path.empty()) {
      Step& step = path.back();
      const GumboVector* children = children_of(step.node);
      if (children == nullptr || step.next_child >= children->length) {
        leave(step.node);
        path.pop_back();
        continue;
      }
      const auto* child = static_cast<const GumboNode*>(children->data[step.next_child++]);
      enter(child);
      path.push_back({child, 0});
    }
  }

 private:
  struct Open {
    std::size_t block;  // index of its table block
    bool in_head = false;
    bool row_open = false;
    bool cell_open = false;
    bool caption_open = false;
  };

  static const GumboVector* children_of(const GumboNode* node) {
    return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE ? &node->v.element.children
           : node->type == GUMBO_NODE_DOCUMENT                                   ? &node->v.document.children
                                                                                 : nullptr;
  }

  std::uint32_t source_offset(const GumboNode* node) const {
    const auto found = std::ranges::upper_bound(slice_.places, node->v.element.start_pos.offset, {}, &Slice::Place::at);
    return found == slice_.places.begin() ? 0 : std::prev(found)->source;
  }

  /// The text of a node, each mark in it replaced by the run that it stands for.
  std::string_view words_of(const GumboText& text) {
    const std::string_view read = text.text;
    std::size_t mark = read.find(kTextMark);
    if (mark == std::string_view::npos) {
      return read;
    }
    words_.clear();
    auto run = std::ranges::lower_bound(slice_.runs, text.start_pos.offset, {}, &Slice::Run::at);
    const std::size_t end = text.start_pos.offset + text.original_text.length;
    std::size_t from = 0;
    for (; mark != std::string_view::npos; mark = read.find(kTextMark, from)) {
      words_ += read.substr(from, mark - from);
      from = mark + kTextMark.size();
      // A reference to the mark's own number ("&#xE000;") stands for nothing.
      if (run != slice_.runs.end() && run->at < end) {
        std::ranges::replace_copy_if(run->text, std::back_inserter(words_), is_white, ' ');
        ++run;
      }
    }
    words_ += read.substr(from);
    return words_;
  }

  Table& table() { return blocks_[open_.back().block].table; }

  void start_row(std::uint32_t offset) {
    Row row;
    row.offset = offset;
    row.header = open_.back().in_head;
    table().rows.push_back(std::move(row));
    open_.back().row_open = true;
  }

  void enter(const GumboNode* node) {
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA) {
      text(words_of(node->v.text));
      return;
    }
    if (node->type != GUMBO_NODE_ELEMENT) {
      return;
    }
    switch (node->v.element.tag) {
      case GUMBO_TAG_TABLE: {
        if (!open_.empty() && open_.back().cell_open) {
          table().rows.back().cells.back().holds_table = true;
        }
        Block block;
        block.kind = Block::Kind::table;
        block.offset = source_offset(node);
        block.table.offset = block.offset;
        blocks_.push_back(std::move(block));
        open_.push_back({blocks_.size() - 1});
        break;
      }
      case GUMBO_TAG_CAPTION:
        if (!open_.empty()) open_.back().caption_open = true;
        break;
      case GUMBO_TAG_THEAD:
        if (!open_.empty()) open_.back().in_head = true;
        break;
      case GUMBO_TAG_TR:
        if (!open_.empty()) start_row(source_offset(node));
        break;
      case GUMBO_TAG_TD:
      case GUMBO_TAG_TH:
        if (!open_.empty()) {
          const std::uint32_t offset = source_offset(node);
          if (!open_.back().row_open) {
            start_row(offset);
          }
          Row& row = table().rows.back();
          if (row.cells.empty() && row.offset == 0) {
            row.offset = offset;
          }
          Cell cell;
          cell.offset = offset;
          cell.header = node->v.element.tag == GUMBO_TAG_TH;
          cell.rowspan = static_cast<std::uint16_t>(span(node, "rowspan", kMostRowspan));
          cell.colspan = static_cast<std::uint16_t>(span(node, "colspan", kMostColumns));
          row.cells.push_back(std::move(cell));
          open_.back().cell_open = true;
        }
        break;
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
      case GUMBO_TAG_H3:
      case GUMBO_TAG_H4:
      case GUMBO_TAG_H5:
      case GUMBO_TAG_H6:
        if (open_.empty()) {
          Block block;
          block.kind = Block::Kind::heading;
          block.level = 1 + static_cast<int>(node->v.element.tag) - static_cast<int>(GUMBO_TAG_H1);
          block.offset = source_offset(node);
          blocks_.push_back(std::move(block));
          heading_ = blocks_.size() - 1;
        }
        break;
      default:
        break;
    }
  }

  static unsigned span(const GumboNode* node, const char* name, unsigned most) {
    const GumboAttribute* attribute = gumbo_get_attribute(&node->v.element.attributes, name);
    if (attribute == nullptr) {
      return 1;
    }
    return std::clamp(static_cast<unsigned>(std::strtoul(attribute->value, nullptr, 10)), 1U, most);
  }

  void leave(const GumboNode* node) {
    if (node->type != GUMBO_NODE_ELEMENT) {
      return;
    }
    switch (node->v.element.tag) {
      case GUMBO_TAG_TABLE:
        if (!open_.empty()) open_.pop_back();
        break;
      case GUMBO_TAG_CAPTION:
        if (!open_.empty()) open_.back().caption_open = false;
        break;
      case GUMBO_TAG_THEAD:
        if (!open_.empty()) open_.back().in_head = false;
        break;
      case GUMBO_TAG_TR:
        if (!open_.empty()) open_.back().row_open = false;
        break;
      case GUMBO_TAG_TD:
      case GUMBO_TAG_TH:
        if (!open_.empty()) open_.back().cell_open = false;
        break;
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
      case GUMBO_TAG_H3:
      case GUMBO_TAG_H4:
      case GUMBO_TAG_H5:
      case GUMBO_TAG_H6:
        heading_.reset();
        break;
      default:
        break;
    }
  }

  void text(std::string_view words) {
    // Text of a table inside a cell belongs to that cell too.
    for (const Open& open : open_) {
      Table& table = blocks_[open.block].table;
      if (open.cell_open) {
        table.rows.back().cells.back().text += words;
      } else if (open.caption_open) {
        table.caption += words;
      }
    }
    if (open_.empty() && heading_) {
      blocks_[*heading_].text += words;
    } else if (open_.empty()) {
      paragraph(words);
    }
  }

  void paragraph(std::string_view words) {
    for (std::size_t begin = 0; begin <= words.size();) {
      const std::size_t end = std::min(words.find('\n', begin), words.size());
      const std::string line = collapse(words.substr(begin, end - begin));
      if (!line.empty()) {
        Block block;
        block.kind = Block::Kind::paragraph;
        block.text = line;
        blocks_.push_back(std::move(block));
      }
      begin = end + 1;
    }
  }

  const Slice& slice_;
  std::vector<Block>& blocks_;
  std::string words_;
  std::vector<Open> open_;
  std::optional<std::size_t> heading_;
};

/// Filters HTML down to its tables and headings and has gumbo read it, a slice at a time.
class HtmlReader {
 public:
  /// `embedded`: HTML in Markdown, of which only tables and headings count.
  HtmlReader(const SourceText& source, bool embedded) : text_(source.text()), embedded_(embedded), scanner_(text_) {}

  EmbeddedHtml read();

 private:
  void place(std::size_t source) {
    slice_.places.push_back({static_cast<std::uint32_t>(slice_.html.size()), static_cast<std::uint32_t>(source)});
  }
  bool slice_is_full() const { return slice_.html.size() >= kSlice; }
  void text(std::size_t begin, std::size_t end);
  void tag(const TagToken& token, std::size_t at);
  void flush();
  bool in_text() const { return in_cell_ || in_caption_ || in_heading_; }
  void take(std::size_t begin, std::size_t end) {
    if (!result_.taken.empty() && result_.taken.back().second >= begin) {
      result_.taken.back().second = std::max(result_.taken.back().second, end);
    } else {
      result_.taken.emplace_back(begin, end);
    }
  }

  std::string_view text_;
  bool embedded_;
  TagScanner scanner_;
  EmbeddedHtml result_;
  Slice slice_;
  std::vector<std::byte> tree_memory_ = std::vector<std::byte>(std::size_t{8} << 20);
  int table_depth_ = 0;
  int refused_tables_ = 0;
  bool in_head_ = false;
  bool in_cell_ = false;
  bool in_caption_ = false;
  bool in_heading_ = false;
  bool continued_ = false;  // the slice goes on with a table that an earlier slice began
  std::vector<bool> outer_in_cell_;
  std::size_t taken_from_ = 0;
  std::size_t cells_ = 0;
};

void HtmlReader::flush() {
  if (slice_.html.empty()) {
    return;
  }
  // The tree lives until the slice is read: memory for it is taken in one piece and given back in one.
  std::pmr::monotonic_buffer_resource memory(tree_memory_.data(), tree_memory_.size());
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  options.userdata = &memory;
  options.allocator = [](void* from, std::size_t bytes) {
    return static_cast<std::pmr::memory_resource*>(from)->allocate(bytes);
  };
  options.deallocator = [](void*, void*) {};
  const GumboOutput* output = gumbo_parse_with_options(&options, slice_.html.data(), slice_.html.size());
  std::vector<Block> blocks;
  FragmentReader(slice_, blocks).read(output->document);
  std::vector<Block>& all = result_.model.blocks;
  std::size_t first = 0;
  if (continued_) {
    // The first table of this slice goes on with the last one of the slices before.
    const auto next =
        std::find_if(blocks.begin(), blocks.end(), [](const Block& b) { return b.kind == Block::Kind::table; });
    const auto last =
        std::find_if(all.rbegin(), all.rend(), [](const Block& b) { return b.kind == Block::Kind::table; });
    if (next != blocks.end() && last != all.rend()) {
      std::move(next->table.rows.begin(), next->table.rows.end(), std::back_inserter(last->table.rows));
      first = static_cast<std::size_t>(next - blocks.begin()) + 1;
    }
  }
  for (std::size_t i = first; i < blocks.size(); ++i) {
    all.push_back(std::move(blocks[i]));
  }
  slice_.html.clear();
  slice_.places.clear();
  slice_.runs.clear();
  continued_ = false;
}

void HtmlReader::text(std::size_t begin, std::size_t end) {
  if (table_depth_ > 0 ? !in_text() : (embedded_ && !in_heading_)) {
    return;
  }
  const std::string_view run = text_.substr(begin, end - begin);
  if (run.empty()) {
    return;
  }
  if (run.find('&') == std::string_view::npos) {
    slice_.runs.push_back({static_cast<std::uint32_t>(slice_.html.size()), run});
    slice_.html += kTextMark;
    return;
  }
  for (const char c : run) {
    if (c == '<') {
      slice_.html += "&lt;";
    } else {
      slice_.html += is_white(c) ? ' ' : c;
    }
  }
}

void HtmlReader::tag(const TagToken& token, std::size_t at) {
  const Tag kind = tag_of(token.name);
  switch (kind) {
    case Tag::table:
      if (!token.closes) {
        if (table_depth_ >= kDeepestTable) {
          if (refused_tables_++ == 0) {
            result_.model.problems.push_back({static_cast<std::uint32_t>(at), "<table>",
                                              "tables are nested more than 16 deep: the inner ones are read as text"});
          }
          break;
        }
        if (table_depth_ == 0) {
          in_heading_ = false;
          taken_from_ = at;
        }
        outer_in_cell_.push_back(in_cell_);
        in_cell_ = false;
        ++table_depth_;
        place(at);
        slice_.html += "<table>";
      } else if (refused_tables_ > 0) {
        --refused_tables_;
      } else if (table_depth_ > 0) {
        slice_.html += "</table>";
        --table_depth_;
        in_cell_ = outer_in_cell_.back();
        outer_in_cell_.pop_back();
        in_caption_ = false;
        in_head_ = false;
        if (table_depth_ == 0) {
          take(taken_from_, token.end);
          if (slice_is_full()) {
            flush();
          }
        }
      }
      break;
    case Tag::caption:
      if (table_depth_ > 0 && refused_tables_ == 0) {
        slice_.html += token.closes ? "</caption>" : "<caption>";
        in_caption_ = !token.closes;
        in_cell_ = false;
      }
      break;
    case Tag::thead:
    case Tag::row_group:
      if (table_depth_ > 0 && refused_tables_ == 0) {
        slice_.html += token.closes ? "</" : "<";
        slice_.html += kind == Tag::thead ? "thead>" : "tbody>";
        if (table_depth_ == 1) {
          in_head_ = kind == Tag::thead && !token.closes;
        }
        in_cell_ = in_caption_ = false;
      }
      break;
    case Tag::tr:
      if (table_depth_ == 0 || refused_tables_ > 0) {
        break;
      }
      in_cell_ = in_caption_ = false;
      if (token.closes) {
        slice_.html += "</tr>";
        break;
      }
      if (table_depth_ == 1 && slice_is_full()) {
        slice_.html += "</table>";
        flush();
        continued_ = true;
        place(at);
        slice_.html += in_head_ ? "<table><thead>" : "<table><tbody>";
      }
      place(at);
      slice_.html += "<tr>";
      break;
    case Tag::cell:
      if (table_depth_ == 0 || refused_tables_ > 0) {
        break;
      }
      in_caption_ = false;
      if (token.closes) {
        slice_.html += equal_lower(token.name, "th") ? "</th>" : "</td>";
        in_cell_ = false;
        break;
      }
      if (++cells_ > kMostCells) {
        if (cells_ == kMostCells + 1) {
          result_.model.problems.push_back({static_cast<std::uint32_t>(at), "<td>",
                                            "the document has more than 12,000,000 cells: the others are left out"});
        }
        in_cell_ = false;
        break;
      }
      place(at);
      slice_.html += equal_lower(token.name, "th") ? "<th" : "<td";
      if (const unsigned rows = span_attribute(token.attributes, "rowspan", kMostRowspan); rows > 1) {
        slice_.html += " rowspan=" + std::to_string(rows);
      }
      if (const unsigned columns = span_attribute(token.attributes, "colspan", kMostColumns); columns > 1) {
        slice_.html += " colspan=" + std::to_string(columns);
      }
      slice_.html += '>';
      in_cell_ = true;
      break;
    case Tag::heading:
      if (table_depth_ > 0) {
        if (in_text()) slice_.html += '\n';
        break;
      }
      if (!token.closes) {
        place(at);
        slice_.html += '<';
        slice_.html += token.name;
        slice_.html += '>';
        in_heading_ = true;
        taken_from_ = at;
      } else if (in_heading_) {
        slice_.html += "</";
        slice_.html += token.name;
        slice_.html += '>';
        in_heading_ = false;
        take(taken_from_, token.end);
      }
      break;
    case Tag::line_break:
    case Tag::block:
      if (in_text() || (table_depth_ == 0 && !embedded_)) {
        slice_.html += '\n';
        if (table_depth_ == 0 && kind == Tag::block && slice_is_full() && !in_heading_) {
          flush();
        }
      }
      break;
    case Tag::superscript:
      if (in_text()) {
        slice_.html += token.closes ? kSuperscriptClose : kSuperscriptOpen;
      }
      break;
    case Tag::strong:
    case Tag::raw:
    case Tag::other:
      break;
  }
}

EmbeddedHtml HtmlReader::read() {
  if (embedded_) {
    result_.code = fenced_code(text_);
  }
  const std::vector<std::pair<std::size_t, std::size_t>>& code = result_.code;
  std::size_t next_code = 0;
  for (std::size_t at = 0; at < text_.size();) {
    const std::size_t open = std::min(text_.find('<', at), text_.size());
    text(at, open);
    at = open;
    if (at >= text_.size()) {
      break;
    }
    while (next_code < code.size() && code[next_code].second <= at) {
      ++next_code;
    }
    if (table_depth_ == 0 && next_code < code.size() && code[next_code].first <= at) {
      at = code[next_code].second;  // HTML in a code block is an example, not a table
      continue;
    }
    if (embedded_ && at > 0 && text_[at - 1] == '`') {
      ++at;
      continue;
    }
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("<!--")) {
      const std::size_t end = scanner_.comment_end(at + 4);
      if (end == std::string_view::npos) {
        text(at, at + 1);
        ++at;
        continue;
      }
      if (table_depth_ == 0) {
        take(at, end + 3);
      }
      at = end + 3;
      continue;
    }
    if (rest.starts_with("<!") || rest.starts_with("<?")) {
      const std::size_t end = text_.substr(at, 1024).find('>');
      if (end == std::string_view::npos) {
        ++at;
      } else {
        at += end + 1;
      }
      continue;
    }
    const std::optional<TagToken> token = scanner_.tag_at(at);
    if (!token) {
      text(at, at + 1);
      ++at;
      continue;
    }
    if (!token->closes && tag_of(token->name) == Tag::raw) {
      const std::size_t end = scanner_.raw_end(token->name, token->end);
      at = end == std::string_view::npos ? token->end : end;
      continue;
    }
    tag(*token, at);
    at = token->end;
  }
  if (table_depth_ > 0) {
    take(taken_from_, text_.size());
    result_.model.problems.push_back({static_cast<std::uint32_t>(taken_from_), "<table>",
                                      "the table is never closed: it was read to the end of the document"});
  }
  flush();
  for (Block& block : result_.model.blocks) {
    if (block.kind == Block::Kind::heading) {
      block.text = collapse(block.text);
    } else if (block.kind == Block::Kind::table) {
      block.table.caption = collapse(block.table.caption);
    }
  }
  return std::move(result_);
}

}  // namespace

DocumentModel read_html(const SourceText& source) { return HtmlReader(source, false).read().model; }

EmbeddedHtml read_embedded_html(const SourceText& source) { return HtmlReader(source, true).read(); }

namespace {

/// The text of a reference by name, as gumbo decodes it.
std::string decode_named(std::string_view reference) {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  GumboOutput* output = gumbo_parse_with_options(&options, reference.data(), reference.size());
  std::string text(reference);
  // document > html > head, body > text
  const GumboVector& children = output->root->v.element.children;
  for (unsigned i = 0; i < children.length; ++i) {
    const auto* child = static_cast<const GumboNode*>(children.data[i]);
    if (child->type == GUMBO_NODE_ELEMENT && child->v.element.tag == GUMBO_TAG_BODY &&
        child->v.element.children.length > 0) {
      const auto* first = static_cast<const GumboNode*>(child->v.element.children.data[0]);
      if (first->type == GUMBO_NODE_TEXT || first->type == GUMBO_NODE_WHITESPACE) {
        text = first->v.text.text;
      }
    }
  }
  gumbo_destroy_output(&options, output);
  return text;
}

}  // namespace

std::string decode_entity(std::string_view reference) {
  if (reference.starts_with("&#") && reference.size() > 3) {
    const bool hex = reference[2] == 'x' || reference[2] == 'X';
    char32_t code = 0;
    for (const char c : reference.substr(hex ? 3 : 2)) {
      const char digit = lower(c);
      if (c == ';') {
        break;
      }
      if (digit >= '0' && digit <= '9') {
        code = code * (hex ? 16 : 10) + static_cast<char32_t>(digit - '0');
      } else if (hex && digit >= 'a' && digit <= 'f') {
        code = code * 16 + static_cast<char32_t>(digit - 'a' + 10);
      } else {
        return std::string(reference);
      }
      code = std::min<char32_t>(code, 0x110000);
    }
    // Numbers 128 to 159 mean windows-1252 (HTML standard, 13.2.5.80), so "&#150;" is a dash: gumbo knows them.
    if (code < 0x80 || code > 0x9F) {
      // What is no character, and the marks of superscript text, becomes a replacement character; controls are blanks.
      const bool valid = code < 0x110000 && !(code >= 0xD800 && code <= 0xDFFF) && code != 0xE001 && code != 0xE002;
      std::string text;
      append_utf8(text, !valid ? 0xFFFD : code < 0x20 || code == 0x7F ? U' ' : code);
      return text;
    }
  }
  // HTML knows 2,231 names; a document that has more different ones makes them up.
  constexpr std::size_t kMostNames = 2500;
  constexpr std::size_t kLongestName = 40;
  thread_local std::unordered_map<std::string, std::string> names;
  if (const auto known = names.find(std::string(reference)); known != names.end()) {
    return known->second;
  }
  if (names.size() >= kMostNames || reference.size() > kLongestName) {
    return std::string(reference);
  }
  return names.emplace(std::string(reference), decode_named(reference)).first->second;
}

}  // namespace portcullis::spec
