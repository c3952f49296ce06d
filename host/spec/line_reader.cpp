// Tables in plain lines: cells between pipes or tabs, and scraped tables that have one cell a line.
//
// In a scraped table blank cells are missing and cells may have several lines, so the lines are shared out to columns
// as a whole: the assignment of lines to cells that costs least, where a port in the port column costs nothing, a
// sentence costs little among the notes and much among the roles, and a missing port costs most. Linear in the number
// of lines.
#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "spec/cell_grammar.h"
#include "spec/document_model.h"
#include "spec/vocabulary.h"

namespace portcullis::spec {

namespace {

/// Places of the separators of a line: pipes that no backslash escapes, or tabs.
std::vector<std::size_t> separators(std::string_view line, char separator) {
  std::vector<std::size_t> places;
  for (std::size_t at = line.find(separator); at != std::string_view::npos; at = line.find(separator, at + 1)) {
    if (at == 0 || separator == '\t' || line[at - 1] != '\\') {
      places.push_back(at);
    }
  }
  return places;
}

struct SplitLine {
  std::vector<std::pair<std::size_t, std::size_t>> cells;  // begin, end within the line
  bool outer_first = false;                                // a separator before the first cell
};

SplitLine split_line(std::string_view line, char separator) {
  SplitLine split;
  const std::vector<std::size_t> places = separators(line, separator);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i == 0 && is_blank(line.substr(0, places[0])) && separator == '|') {
      split.outer_first = true;
    } else {
      split.cells.emplace_back(begin, places[i]);
    }
    begin = places[i] + 1;
    if (split.cells.size() > kMostColumns) {
      return split;
    }
  }
  if (!is_blank(line.substr(begin)) || separator == '\t') {
    split.cells.emplace_back(begin, line.size());
  }
  return split;
}

bool is_rule(std::string_view line) {
  return line.find_first_of("-=") != std::string_view::npos &&
         line.find_first_not_of("-=+|: \t") == std::string_view::npos;
}

Row row_of(const SourceText& source, std::size_t line_index, const SplitLine& split) {
  const std::string_view line = source.line(line_index);
  Row row;
  row.offset =
      static_cast<std::uint32_t>(source.line_start(line_index) + std::min(line.find_first_not_of(" \t"), line.size()));
  for (const auto& [begin, end] : split.cells) {
    Cell cell;
    const std::string_view words = line.substr(begin, end - begin);
    cell.text = plain_inline(words);
    cell.offset = static_cast<std::uint32_t>(source.line_start(line_index) + begin +
                                             std::min(words.find_first_not_of(" \t"), words.size()));
    const std::string bare = collapse(words);
    cell.strong = bare.size() > 4 && bare.starts_with("**") && bare.ends_with("**");
    row.cells.push_back(std::move(cell));
  }
  return row;
}

/// True if the cells head a port table without doubt: all known, a port among them.
bool heads_port_table(const Vocabulary& vocabulary, const Row& row) {
  bool port = false;
  std::size_t filled = 0;
  for (const Cell& cell : row.cells) {
    if (cell.text.find_first_of("0123456789") != std::string::npos) {
      return false;  // the usual case, without a look at the words
    }
  }
  for (const Cell& cell : row.cells) {
    if (is_blank(cell.text)) {
      continue;
    }
    ++filled;
    if (cell.text.size() > 80) {
      return false;
    }
    const HeaderMeaning meaning = vocabulary.header(cell.text);
    if (meaning.column == Column::none) {
      return false;
    }
    port = port || meaning.column == Column::port || meaning.column == Column::client_port;
  }
  return port && filled >= 2;
}

void read_separated_tables(const SourceText& source, std::vector<bool>& free_lines, char separator,
                           DocumentModel& model) {
  const Vocabulary& vocabulary = Vocabulary::built_in();
  const auto has_separator = [&](std::size_t i) {
    const std::string_view line = source.line(i);
    return free_lines[i] && line.find(separator) != std::string_view::npos &&
           (separator == '|' || !is_blank(line.substr(0, line.find(separator))) || line.size() > 1);
  };
  for (std::size_t i = 0; i < source.line_count();) {
    if (!has_separator(i)) {
      ++i;
      continue;
    }
    // Some tables have a blank line between any two rows; their header shows it.
    const bool spaced = separator == '|' && i + 2 < source.line_count() && is_blank(source.line(i + 1)) &&
                        has_separator(i + 2) &&
                        heads_port_table(vocabulary, row_of(source, i, split_line(source.line(i), separator)));
    const auto between_rows = [&](std::size_t line) {
      return spaced && line + 1 < source.line_count() && is_blank(source.line(line)) && has_separator(line + 1);
    };
    std::size_t end = i;
    while (end < source.line_count() && free_lines[end] &&
           (has_separator(end) || (end > i && (is_rule(source.line(end)) || between_rows(end))))) {
      ++end;
    }
    if (end - i < 2) {
      i = end;
      continue;
    }
    Block block;
    bool header_outer = false;
    const auto finish = [&] {
      if (block.table.rows.size() > 1) {
        block.kind = Block::Kind::table;
        block.offset = block.table.offset = block.table.rows.front().offset;
        model.blocks.push_back(std::move(block));
      }
      block = {};
    };
    for (std::size_t line = i; line < end; ++line) {
      if (spaced && is_blank(source.line(line))) {
        continue;
      }
      if (is_rule(source.line(line))) {
        free_lines[line] = false;
        continue;
      }
      SplitLine split = split_line(source.line(line), separator);
      if (split.cells.size() > kMostColumns) {
        split.cells.resize(kMostColumns);
        model.problems.push_back({static_cast<std::uint32_t>(source.line_start(line)), shorten(source.line(line), 40),
                                  "the row has more than 64 cells: the others are left out"});
      }
      Row row = row_of(source, line, split);
      const bool starts_table = block.table.rows.empty() || heads_port_table(vocabulary, row);
      if (starts_table) {
        if (!block.table.rows.empty()) {
          finish();
        }
        header_outer = split.outer_first;
        row.header = true;
      } else if (split.outer_first && !header_outer && row.cells.size() < block.table.rows.front().cells.size()) {
        // The header has no outer pipes, so the pipe in front of this row closes a blank first cell.
        Cell blank;
        blank.offset = row.offset;
        row.cells.insert(row.cells.begin(), std::move(blank));
      }
      block.table.rows.push_back(std::move(row));
    }
    const bool keep = block.table.rows.size() > 1;
    finish();
    if (keep) {
      for (std::size_t line = i; line < end; ++line) {
        free_lines[line] = false;
      }
    }
    i = end;
  }
}

// ---- one cell a line ------------------------------------------------------------------------------------------------

/// What a line looks like, as far as its cost in a column depends on it.
struct LineTraits {
  bool port = false;
  bool any = false;
  bool none = false;
  bool protocol = false;       // protocols and nothing else
  bool protocol_note = false;  // protocols, a dash, words
  bool direction = false;
  bool sentence = false;
  bool box = false;
  unsigned frequency = 0;
};

/// Lines longer than this are not looked at as ports or protocols (bytes).
constexpr std::size_t kLongestShortLine = 120;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

LineTraits traits_of(const Vocabulary& vocabulary, const std::string& line) {
  LineTraits traits;
  std::size_t characters = 0;
  std::size_t wide = 0;
  for (std::size_t at = 0; at < line.size(); at += utf8_length(static_cast<unsigned char>(line[at]))) {
    ++characters;
    wide += is_ideographic(code_point_at(line, at)) ? 1 : 0;
  }
  const bool stop = line.ends_with('.') || line.ends_with('!') || line.ends_with('?') || line.ends_with(".)") ||
                    line.ends_with("\u3002");
  traits.sentence = stop || characters + wide > 60;
  traits.box = vocabulary.box_label(line);
  const bool digits = line.find_first_of("0123456789") != std::string::npos || !is_ascii(line);
  if (line.size() <= kLongestShortLine && (digits || line.size() <= 30) && !(stop && line.size() > 40)) {
    const PortCell ports = read_port_cell(vocabulary, line);
    traits.none = ports.none;
    traits.any = ports.any;
    const bool has_ranges =
        std::any_of(ports.groups.begin(), ports.groups.end(), [](const PortGroup& g) { return !g.ranges.empty(); });
    traits.port = has_ranges && ports.remark.empty() && ports.problems.empty();
    if (!traits.port) {
      // A mistyped port ("70000", "90-80") still stands where a port stands.
      traits.port = line.size() <= 24 && line[0] >= '0' && line[0] <= '9' &&
                    line.find_first_not_of("0123456789-,/;:*~ \t") == std::string::npos;
    }
    traits.direction = vocabulary.direction(line) != Direction::unstated && line.size() < 30;
  }
  if (!traits.port && line.size() <= 400 && (!stop || line.size() <= 40 || line.find("- ") != std::string::npos)) {
    std::string head = line;
    const std::size_t dash = std::min({head.find(" - "), head.find(" \u2013 "), head.find(" \u2014 ")});
    if (dash != std::string::npos) {
      head.resize(dash);
    }
    if (head.size() <= kLongestShortLine && (dash == std::string::npos || dash < 40)) {
      std::string outside;
      int depth = 0;
      for (const char c : fold_cell(head)) {
        depth += c == '(' ? 1 : 0;
        if (depth == 0) outside += c;
        depth -= c == ')' && depth > 0 ? 1 : 0;
      }
      const ProtocolCell protocols = read_protocol_cell(vocabulary, outside);
      const bool clean = !protocols.protocols.empty() && protocols.problems.empty() && protocols.note.empty();
      traits.protocol = clean && dash == std::string::npos;
      traits.protocol_note = clean && dash != std::string::npos && protocols.by_name;
    }
  }
  return traits;
}

constexpr int kNever = 1'000'000'000;

/// A scraped table is read to this many lines; more are reported.
constexpr std::size_t kMostScrapedLines = 4'000'000;

/// How many lines are remembered with what they head.
constexpr std::size_t kMostRememberedLines = 1 << 16;

/// Header cells of a scraped table; longer headers are none.
constexpr std::size_t kMostScrapedColumns = 24;

/// Cost of a line that begins a cell of a column.
int start_cost(Column column, const LineTraits& line) {
  if (line.box) {
    return 30;
  }
  switch (column) {
    case Column::port:
    case Column::source_port:
    case Column::client_port:
    case Column::first_port:
    case Column::last_port:
      return line.port ? 0 : line.any ? 1 : line.none ? 4 : 40;
    case Column::protocol:
    case Column::transport:
      return line.protocol ? 0 : line.protocol_note ? 1 : line.none ? 4 : 25;
    case Column::direction:
      return line.direction ? 0 : 20;
    case Column::notes:
      return (line.port ? 10 : 0) + (line.protocol ? 8 : 0) + (line.sentence ? 0 : 2) + (line.frequency > 2 ? 3 : 0);
    default:
      return (line.port ? 20 : 0) + (line.protocol ? 8 : 0) + (line.sentence ? 6 : 0) + (line.frequency > 1 ? 0 : 1);
  }
}

/// Cost of a line that goes on with the cell of the line before.
int continuation_cost(Column column, const LineTraits& line) {
  if (line.box) {
    return 30;
  }
  switch (column) {
    case Column::port:
    case Column::source_port:
    case Column::client_port:
    case Column::first_port:
    case Column::last_port:
      return line.port ? 2 : 40;
    case Column::protocol:
    case Column::transport:
      return line.protocol ? 1 : 25;
    case Column::direction:
      return 20;
    case Column::notes:
      return (line.port ? 10 : 0) + (line.protocol ? 8 : 0) + (line.sentence ? 1 : 4) + (line.frequency > 2 ? 3 : 0);
    default:
      return 3 + (line.port ? 20 : 0) + (line.protocol ? 8 : 0) + (line.sentence ? 6 : 0) +
             (line.frequency > 1 ? 3 : 0);
  }
}

int blank_cost(Column column) {
  switch (column) {
    case Column::port:
      return 30;
    case Column::protocol:
    case Column::transport:
      return 10;
    case Column::role:
      return 6;
    case Column::notes:
      return 1;
    default:
      return 3;
  }
}

/// Cost of a line that is in no cell: advertising between rows.
int noise_cost(const LineTraits& line) { return line.port ? 30 : line.protocol ? 12 : line.sentence ? 7 : 5; }

class ScrapedTableReader {
 public:
  ScrapedTableReader(const SourceText& source, std::vector<bool>& free_lines, DocumentModel& model)
      : source_(source), free_lines_(free_lines), model_(model), vocabulary_(Vocabulary::built_in()) {}

  void read();

 private:
  struct Line {
    std::size_t index;  // in the source
    std::string text;
  };
  struct Header {
    std::size_t first;  // index into lines_
    std::size_t end;
    std::vector<std::string> cells;
  };

  void find_headers();
  /// As Vocabulary::whole_header; remembers short lines, which repeat.
  Column whole_header(const std::string& line) {
    if (line.empty() || (line[0] >= '0' && line[0] <= '9')) {
      return Column::none;
    }
    const auto known = whole_headers_.find(line);
    if (known != whole_headers_.end()) {
      return known->second;
    }
    const Column column = vocabulary_.whole_header(line);
    if (whole_headers_.size() < kMostRememberedLines) {
      whole_headers_.emplace(line, column);
    }
    return column;
  }
  /// Reads the rows between a header and `end`.
  void read_rows(const Header& header, std::size_t end);

  const SourceText& source_;
  std::vector<bool>& free_lines_;
  DocumentModel& model_;
  const Vocabulary& vocabulary_;
  std::vector<Line> lines_;  // the free ones with words
  std::vector<Header> headers_;
  std::unordered_map<std::string, Column> whole_headers_;
};

void ScrapedTableReader::find_headers() {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::string& line = lines_[i].text;
    if (line.size() > 200) {
      continue;
    }
    std::vector<std::string> cells = vocabulary_.split_header(line);
    if (!cells.empty()) {
      headers_.push_back({i, i + 1, std::move(cells)});
      continue;
    }
    // Header cells on lines of their own.
    bool port = false;
    bool protocol = false;
    std::size_t end = i;
    while (end < lines_.size() && end - i < 16 && lines_[end].text.size() <= 60) {
      const Column column = whole_header(lines_[end].text);
      if (column == Column::none) {
        break;
      }
      port = port || column == Column::port || column == Column::client_port;
      protocol = protocol || column == Column::protocol || column == Column::transport;
      ++end;
    }
    if (port && (end - i >= 3 || (end - i == 2 && protocol))) {
      Header header{i, end, {}};
      for (std::size_t l = i; l < end; ++l) {
        header.cells.push_back(lines_[l].text);
      }
      headers_.push_back(std::move(header));
      i = end - 1;
    }
  }
}

void ScrapedTableReader::read_rows(const Header& header, std::size_t end) {
  std::vector<Column> columns;
  for (const std::string& cell : header.cells) {
    columns.push_back(vocabulary_.header(cell).column);
  }
  if (std::find(columns.begin(), columns.end(), Column::port) == columns.end()) {
    std::replace(columns.begin(), columns.end(), Column::client_port, Column::port);
  }
  const std::size_t width = columns.size();
  const std::size_t begin = header.end;
  if (width > kMostScrapedColumns) {
    return;
  }
  if (end - begin > kMostScrapedLines) {
    end = begin + kMostScrapedLines;
    model_.problems.push_back({static_cast<std::uint32_t>(source_.line_start(lines_[end].index)),
                               shorten(lines_[end].text, 40),
                               "the table has more than 4,000,000 lines: the others are left out"});
  }
  const std::size_t count = end - begin;
  std::vector<LineTraits> traits(count);
  std::unordered_map<std::string_view, std::size_t> seen;  // where a line stood first
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& line = lines_[begin + i].text;
    const auto [first, fresh] = seen.try_emplace(line, i);
    traits[i] = fresh ? traits_of(vocabulary_, line) : traits[first->second];
    ++traits[first->second].frequency;
  }
  for (std::size_t i = 0; i < count; ++i) {
    traits[i].frequency = traits[seen[lines_[begin + i].text]].frequency;
  }
  std::vector<int> blanks(width + 1, 0);  // cost of leaving blank the columns before this one
  for (std::size_t c = 0; c < width; ++c) {
    blanks[c + 1] = blanks[c] + blank_cost(columns[c]);
  }
  // States: the line's column; or, width further on, "in no cell, and the last filled column is this one"; then "before
  // the first row" and "behind the last". The way into each state is kept for each line.
  enum Step : std::uint8_t { kSame, kRight, kNewRow, kNoise, kEnd };
  const auto way_of = [](std::size_t from, Step step) { return static_cast<std::uint16_t>(from << 3 | step); };
  const std::size_t before = 2 * width;
  const std::size_t behind = before + 1;
  const std::size_t states = behind + 1;
  const auto left_blank = [&](std::size_t state) { return blanks[width] - blanks[state % width + 1]; };
  std::vector<int> cost(states, kNever);
  cost[before] = 0;
  std::vector<std::uint16_t> ways(count * states, way_of(0, kEnd));
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<int> next(states, kNever);
    const auto reach = [&](std::size_t state, int value, std::size_t from, Step step) {
      if (value < next[state]) {
        next[state] = value;
        ways[i * states + state] = way_of(from, step);
      }
    };
    const LineTraits& line = traits[i];
    // The cheapest way to be at the end of a row.
    std::size_t row_end = before;
    int row_end_cost = cost[before];
    for (std::size_t state = 0; state < before; ++state) {
      if (cost[state] + left_blank(state) < row_end_cost) {
        row_end_cost = cost[state] + left_blank(state);
        row_end = state;
      }
    }
    for (std::size_t c = 0; c < width; ++c) {
      const int start = start_cost(columns[c], line);
      reach(c, cost[c] + continuation_cost(columns[c], line), c, kSame);
      for (std::size_t from = 0; from < c; ++from) {
        const int skipped = blanks[c] - blanks[from + 1];
        reach(c, cost[from] + skipped + start, from, kRight);
        reach(c, cost[width + from] + skipped + start, width + from, kRight);
      }
      reach(c, row_end_cost + blanks[c] + start, row_end, kNewRow);
      reach(width + c, cost[c] + noise_cost(line), c, kNoise);
      reach(width + c, cost[width + c] + noise_cost(line), width + c, kNoise);
    }
    reach(before, cost[before] + noise_cost(line), before, kNoise);
    const int stray = line.port ? 15 : line.protocol ? 10 : 0;
    reach(behind, cost[behind] + stray, behind, kEnd);
    if (row_end != before) {
      reach(behind, row_end_cost + stray, row_end, kEnd);
    }
    // Only differences matter; kept small, they cannot overflow however long the table is.
    const int least = *std::min_element(next.begin(), next.end());
    for (std::size_t s = 0; s < states; ++s) {
      cost[s] = next[s] >= kNever / 2 ? kNever : next[s] - least;
    }
  }
  std::size_t state = behind;
  int best = cost[behind];
  for (std::size_t s = 0; s < before; ++s) {
    if (cost[s] + left_blank(s) < best) {
      best = cost[s] + left_blank(s);
      state = s;
    }
  }
  if (best >= kNever || count == 0) {
    return;
  }
  struct Assignment {
    std::size_t column;
    Step step;
  };
  std::vector<Assignment> assignments(count);
  for (std::size_t i = count; i-- > 0;) {
    const std::uint16_t way = ways[i * states + state];
    assignments[i] = {state, static_cast<Step>(way & 7)};
    state = way >> 3;
  }
  Block block;
  block.kind = Block::Kind::table;
  Row head;
  head.header = true;
  head.offset = static_cast<std::uint32_t>(source_.line_start(lines_[header.first].index));
  for (const std::string& cell : header.cells) {
    Cell named;
    named.text = cell;
    named.offset = head.offset;
    named.header = true;
    head.cells.push_back(std::move(named));
  }
  block.offset = block.table.offset = head.offset;
  block.table.rows.push_back(std::move(head));
  std::size_t ports = 0;
  std::size_t last_used = header.first;
  for (std::size_t i = 0; i < count; ++i) {
    const Assignment& to = assignments[i];
    if (to.step == kNoise || to.step == kEnd) {
      continue;
    }
    const Line& line = lines_[begin + i];
    const std::size_t start = source_.line_start(line.index);
    const auto offset = static_cast<std::uint32_t>(
        start + std::min(source_.line(line.index).find_first_not_of(" \t"), source_.line(line.index).size()));
    if (to.step == kNewRow) {
      Row row;
      row.offset = offset;
      row.cells.resize(width);
      for (Cell& cell : row.cells) {
        cell.offset = offset;
      }
      block.table.rows.push_back(std::move(row));
    }
    Cell& cell = block.table.rows.back().cells[to.column];
    if (cell.text.empty()) {
      cell.offset = offset;
      cell.text = line.text;
    } else {
      cell.text += '\n' + line.text;
    }
    ports += columns[to.column] == Column::port && traits[i].port ? 1 : 0;
    last_used = begin + i;
  }
  if (ports == 0) {
    return;  // the words of a header, but no table
  }
  for (std::size_t i = header.first; i <= last_used; ++i) {
    free_lines_[lines_[i].index] = false;
  }
  model_.blocks.push_back(std::move(block));
}

void ScrapedTableReader::read() {
  for (std::size_t i = 0; i < source_.line_count(); ++i) {
    if (free_lines_[i] && !is_blank(source_.line(i))) {
      const std::string_view line = source_.line(i);
      lines_.push_back({i, line.size() > 4000 ? std::string(shorten(line, 4000)) : collapse(plain_inline(line))});
    }
  }
  find_headers();
  for (std::size_t h = 0; h < headers_.size(); ++h) {
    std::size_t end = h + 1 < headers_.size() ? headers_[h + 1].first : lines_.size();
    // A table of another kind between the lines ends this one.
    for (std::size_t i = headers_[h].end; i < end; ++i) {
      bool gap = false;
      for (std::size_t l = lines_[i - 1].index + 1; l < lines_[i].index && !gap; ++l) {
        gap = !free_lines_[l];
      }
      if (gap) {
        end = i;
      }
    }
    read_rows(headers_[h], end);
  }
}

}  // namespace

void read_line_tables(const SourceText& source, const std::vector<bool>& free_lines, DocumentModel& model) {
  std::vector<bool> lines = free_lines;
  read_separated_tables(source, lines, '|', model);
  read_separated_tables(source, lines, '\t', model);
  ScrapedTableReader(source, lines, model).read();
}

DocumentModel read_plain_text(const SourceText& source) {
  DocumentModel model;
  const std::vector<bool> all(source.line_count(), true);
  read_line_tables(source, all, model);
  std::stable_sort(model.blocks.begin(), model.blocks.end(),
                   [](const Block& a, const Block& b) { return a.offset < b.offset; });
  // The line before a table may be its title.
  std::vector<Block> titled;
  for (Block& table : model.blocks) {
    for (std::size_t line = source.line_at(table.offset) - 1; line-- > 0;) {
      if (!is_blank(source.line(line))) {
        Block title;
        title.offset = static_cast<std::uint32_t>(source.line_start(line));
        title.text = collapse(plain_inline(source.line(line).substr(0, 400)));
        titled.push_back(std::move(title));
        break;
      }
    }
    titled.push_back(std::move(table));
  }
  model.blocks = std::move(titled);
  return model;
}

}  // namespace portcullis::spec
