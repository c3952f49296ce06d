#include "spec/table_meaning.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "spec/cell_grammar.h"
#include "spec/extract.h"
#include "spec/vocabulary.h"

namespace portcullis::spec {

namespace {

/// Header rows are looked for among the first rows of a table.
constexpr std::size_t kHeaderRows = 4;
/// How many rows are looked at to tell what a column holds.
constexpr std::size_t kSampledRows = 40;
/// A table with at most so many rows may be one that lies on its side.
constexpr std::size_t kMostTransposedRows = 24;
/// Cells that were read once are kept for the next row that says the same.
constexpr std::size_t kMostCachedCells = 1 << 16;

/// The cells of one row, one per column, spans resolved; null where the row has none.
struct GridRow {
  const Row* row = nullptr;
  std::vector<const Cell*> cells;
  std::size_t own_cells = 0;  ///< cells that start in this row
  std::string_view text(std::size_t column) const {
    return column < cells.size() && cells[column] != nullptr ? std::string_view(cells[column]->text)
                                                             : std::string_view();
  }
};

/// Goes through the rows of a table and lays out their cells over the columns, cells of rowspans included.
class GridWalk {
 public:
  GridWalk(const Table& table, std::size_t width) : table_(table), spans_(width) {}

  std::optional<GridRow> next() {
    if (at_ >= table_.rows.size()) {
      return std::nullopt;
    }
    GridRow grid;
    grid.row = &table_.rows[at_++];
    grid.cells.assign(spans_.size(), nullptr);
    std::size_t column = 0;
    const auto covered = [&] {
      while (column < spans_.size() && spans_[column].first > 0) {
        grid.cells[column] = spans_[column].second;
        --spans_[column].first;
        ++column;
      }
    };
    for (const Cell& cell : grid.row->cells) {
      covered();
      if (column >= spans_.size()) {
        break;
      }
      ++grid.own_cells;
      const std::size_t end = std::min(column + std::max<std::size_t>(cell.colspan, 1), spans_.size());
      for (; column < end && spans_[column].first == 0; ++column) {
        grid.cells[column] = &cell;
        spans_[column] = {cell.rowspan > 1 ? cell.rowspan - 1U : 0U, &cell};
      }
    }
    while (column < spans_.size()) {
      covered();
      ++column;
    }
    return grid;
  }

 private:
  const Table& table_;
  std::size_t at_ = 0;
  std::vector<std::pair<unsigned, const Cell*>> spans_;
};

std::size_t width_of(const Table& table) {
  std::size_t width = 0;
  for (std::size_t r = 0; r < std::min(table.rows.size(), kHeaderRows + 4); ++r) {
    std::size_t row_width = 0;
    for (const Cell& cell : table.rows[r].cells) {
      row_width += std::max<std::size_t>(cell.colspan, 1);
    }
    width = std::max(width, row_width);
  }
  return std::min(width, kMostColumns);
}

/// The table turned on its side: its first column becomes the header row.
Table transposed(const Table& table, std::size_t width) {
  Table turned;
  turned.offset = table.offset;
  turned.caption = table.caption;
  turned.rows.resize(width);
  GridWalk walk(table, width);
  while (const std::optional<GridRow> grid = walk.next()) {
    for (std::size_t c = 0; c < width; ++c) {
      Cell cell;
      if (grid->cells[c] != nullptr) {
        cell = *grid->cells[c];
        cell.rowspan = cell.colspan = 1;
      } else {
        cell.offset = grid->row->offset;
      }
      turned.rows[c].cells.push_back(std::move(cell));
    }
  }
  for (Row& row : turned.rows) {
    row.offset = row.cells.empty() ? table.offset : row.cells.front().offset;
  }
  if (!turned.rows.empty()) {
    turned.rows.front().header = true;
  }
  return turned;
}

struct PortColumn {
  std::size_t index = 0;
  std::vector<std::int16_t> protocols = {};
  Direction direction = Direction::unstated;
  bool with_protocol = false;  ///< as in HeaderMeaning
};

/// What the columns of one table are.
struct Columns {
  std::vector<PortColumn> ports;
  std::vector<std::pair<std::size_t, std::int16_t>> flags;  // columns that say whether a protocol is used
  std::optional<std::size_t> first_port, last_port, source_port, protocol, role, service, direction, source,
      destination, peer, action;
  std::vector<std::size_t> extra_service;
  std::vector<std::size_t> notes;
  std::vector<std::string> headers;

  bool is_port_table() const { return !ports.empty() || (first_port && last_port); }
};

/// A table has at most so many port columns; what follows them is read as notes.
constexpr std::size_t kMostPortColumns = 12;
/// With more findings than this a document is given up: what follows is not read, which is a finding too.
constexpr std::size_t kMostFindings = 100'000;

/// Lets a map of strings be searched by a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

struct Problem {
  const Cell* cell;  // null: the row
  std::string text;
  std::string reason;
};

class DocumentReader {
 public:
  DocumentReader(std::string_view name, const SourceText& source, const DocumentModel& model)
      : name_(name), source_(source), model_(model), vocabulary_(Vocabulary::built_in()) {}

  Extraction read();

 private:
  struct HeadingLine {
    int level;
    std::string text;
  };
  /// Where a table stands and what was said above it.
  struct Context {
    std::string title;
    std::string heading_role;
    Direction direction = Direction::unstated;
    std::optional<std::int16_t> protocol;
  };
  struct TableState {
    Columns columns;
    Context context;
    std::string section;
    Direction section_direction = Direction::unstated;
    std::string role;       // of the row before
    std::string port_text;  // for "ditto"
    std::string protocol_text;
    PortTable* table = nullptr;
  };

  void read_table(const Table& table);
  Context context_of(const Table& table) const;
  std::optional<Columns> columns_of(const std::vector<GridRow>& head, std::size_t header_row, std::size_t header_depth,
                                    const Table& table, std::size_t width);
  bool is_section(const GridRow& row, std::size_t width) const;
  void read_row(TableState& state, const GridRow& row);
  void read_uses(TableState& state, const GridRow& grid, const std::vector<PortColumn>& port_columns, PortRow row);
  void add_uses(std::vector<PortUse>& uses, const std::vector<std::int16_t>& protocols, const PortGroup& group,
                std::string_view port_text, const ProtocolCell* stated, std::vector<Problem>& problems,
                const Cell* cell);
  PortUse& use_of(std::vector<PortUse>& uses, std::int16_t protocol) const;
  const PortCell& ports_of(std::string_view text);
  const ProtocolCell& protocols_of(std::string_view text);
  void report(const GridRow& row, const Problem& problem, bool lost);
  void finding(std::size_t offset, unsigned table, std::string text, std::string reason, bool lost);

  std::string name_;
  const SourceText& source_;
  const DocumentModel& model_;
  const Vocabulary& vocabulary_;
  Extraction result_;
  std::vector<HeadingLine> headings_;
  std::string line_before_;  // the paragraph right before a table
  bool document_has_headings_ = false;
  bool given_up_ = false;  // too many findings: the rest is not read
  std::unordered_map<std::string, PortCell, TextHash, std::equal_to<>> port_cells_;
  std::unordered_map<std::string, ProtocolCell, TextHash, std::equal_to<>> protocol_cells_;
};

const PortCell& DocumentReader::ports_of(std::string_view text) {
  const auto known = port_cells_.find(text);
  if (known != port_cells_.end()) {
    return known->second;
  }
  return port_cells_.emplace(std::string(text), read_port_cell(vocabulary_, text)).first->second;
}

const ProtocolCell& DocumentReader::protocols_of(std::string_view text) {
  const auto known = protocol_cells_.find(text);
  if (known != protocol_cells_.end()) {
    return known->second;
  }
  return protocol_cells_.emplace(std::string(text), read_protocol_cell(vocabulary_, text)).first->second;
}

void DocumentReader::finding(std::size_t offset, unsigned table, std::string text, std::string reason, bool lost) {
  Finding finding;
  finding.document = name_;
  const Place place = source_.place_at(offset);
  finding.line = place.line;
  finding.column = place.column;
  finding.table = table;
  finding.text = shorten(text, 200);
  finding.reason = std::move(reason);
  finding.row_lost = lost;
  result_.findings.push_back(std::move(finding));
}

std::string row_text(const GridRow& grid) {
  std::string text;
  const Cell* before = nullptr;
  for (const Cell* cell : grid.cells) {
    if (cell != nullptr && cell == before) {
      continue;
    }
    text += (before == nullptr && text.empty() ? "" : " | ") + (cell == nullptr ? std::string() : collapse(cell->text));
    before = cell;
  }
  return text;
}

void DocumentReader::report(const GridRow& grid, const Problem& problem, bool lost) {
  // A finding is about its row: it stands at the row's line, at the cell's column if the cell is on that line.
  const std::size_t row_offset = grid.row->offset;
  const bool same_line = problem.cell != nullptr && problem.cell->offset >= row_offset &&
                         source_.line_at(problem.cell->offset) == source_.line_at(row_offset);
  finding(same_line ? problem.cell->offset : row_offset, static_cast<unsigned>(result_.tables.size()),
          problem.text.empty() ? row_text(grid) : problem.text, problem.reason, lost);
}

DocumentReader::Context DocumentReader::context_of(const Table& table) const {
  Context context;
  std::vector<std::string> lines;  // from the nearest on
  if (!table.caption.empty()) {
    lines.push_back(table.caption);
  }
  if (!document_has_headings_ && !line_before_.empty()) {
    lines.push_back(line_before_);
  }
  for (auto heading = headings_.rbegin(); heading != headings_.rend(); ++heading) {
    lines.push_back(heading->text);
  }
  if (lines.empty()) {
    return context;
  }
  context.title = lines.front();
  const auto telling = std::find_if(lines.begin(), lines.end(),
                                    [&](const std::string& line) { return !vocabulary_.generic_heading(line); });
  context.heading_role = telling != lines.end() ? *telling : context.title;
  context.direction = vocabulary_.heading_direction(context.title);
  context.protocol = vocabulary_.heading_protocol(context.title);
  return context;
}

bool is_header_like(const GridRow& row) {
  bool any = false;
  for (const Cell* cell : row.cells) {
    if (cell != nullptr && !is_blank(cell->text)) {
      any = true;
      if (!cell->header) {
        return false;
      }
    }
  }
  return any;
}

std::optional<Columns> DocumentReader::columns_of(const std::vector<GridRow>& head, std::size_t header_row,
                                                  std::size_t header_depth, const Table& table, std::size_t width) {
  Columns columns;
  std::vector<HeaderMeaning> meanings(width);
  for (std::size_t c = 0; c < width; ++c) {
    std::string text;
    const Cell* before = nullptr;
    for (std::size_t r = header_row; r < header_row + header_depth; ++r) {
      const Cell* cell = head[r].cells[c];
      if (cell != nullptr && cell != before) {
        text += (text.empty() ? "" : " ") + cell->text;
      }
      before = cell;
    }
    meanings[c] = vocabulary_.header(text);
    if (meanings[c].column == Column::port && header_depth > 1 && before != nullptr) {
      // "First" and "Last" below "Ports"
      const Column lower = vocabulary_.whole_header(before->text);
      if (lower == Column::first_port || lower == Column::last_port) {
        meanings[c].column = lower;
      }
    }
    columns.headers.push_back(collapse(text));
  }
  // A sample of the body, to tell columns apart that their headers do not.
  std::vector<GridRow> sample;
  GridWalk walk(table, width);
  for (std::size_t r = 0; sample.size() < kSampledRows; ++r) {
    std::optional<GridRow> row = walk.next();
    if (!row) {
      break;
    }
    if (r >= header_row + header_depth) {
      sample.push_back(std::move(*row));
    }
  }
  const auto count = [&](std::size_t c, const auto& accept) {
    return std::count_if(sample.begin(), sample.end(),
                         [&](const GridRow& row) { return !is_blank(row.text(c)) && accept(row.text(c)); });
  };
  std::optional<std::size_t> transport;
  std::vector<std::size_t> protocols;
  std::vector<std::size_t> client_ports;
  for (std::size_t c = 0; c < width; ++c) {
    const HeaderMeaning& meaning = meanings[c];
    const auto take = [&](std::optional<std::size_t>& column) {
      if (column) {
        columns.notes.push_back(c);
      } else {
        column = c;
      }
    };
    switch (meaning.column) {
      case Column::port:
        columns.ports.push_back({c, meaning.protocols, meaning.direction, meaning.with_protocol});
        break;
      case Column::client_port:
        client_ports.push_back(c);
        break;
      case Column::source_port:
        take(columns.source_port);
        break;
      case Column::first_port:
        take(columns.first_port);
        break;
      case Column::last_port:
        take(columns.last_port);
        break;
      case Column::transport:
        if (transport) {
          protocols.push_back(c);
        } else {
          transport = c;
        }
        break;
      case Column::protocol:
        protocols.push_back(c);
        break;
      case Column::protocol_flag:
        columns.flags.emplace_back(c, meaning.protocols.front());
        break;
      case Column::role:
        take(columns.role);
        break;
      case Column::service:
        if (columns.service) {
          columns.extra_service.push_back(c);
        } else {
          columns.service = c;
        }
        break;
      case Column::direction:
        take(columns.direction);
        break;
      case Column::source:
        take(columns.source);
        break;
      case Column::destination:
        take(columns.destination);
        break;
      case Column::peer:
        take(columns.peer);
        break;
      case Column::action:
        take(columns.action);
        break;
      case Column::notes:
      case Column::none:
      case Column::ignored:
        columns.notes.push_back(c);
        break;
    }
  }
  if (!(columns.first_port && columns.last_port) && (columns.first_port || columns.last_port)) {
    // One of the two alone is a port column like others.
    const std::size_t c = columns.first_port ? *columns.first_port : *columns.last_port;
    if (columns.ports.empty() && meanings[c].column != Column::none) {
      columns.ports.push_back({c, meanings[c].protocols, meanings[c].direction});
    } else {
      columns.notes.push_back(c);
    }
    columns.first_port.reset();
    columns.last_port.reset();
  }
  for (const std::size_t c : client_ports) {
    if (columns.is_port_table() && !columns.source_port) {
      columns.source_port = c;
    } else {
      columns.ports.push_back({c, meanings[c].protocols, meanings[c].direction});
    }
  }
  while (columns.ports.size() > kMostPortColumns) {
    columns.notes.push_back(columns.ports.back().index);
    columns.ports.pop_back();
  }
  // Protocols as column headings: they hold ports, or marks where another column has the ports.
  if (!columns.flags.empty()) {
    std::vector<std::pair<std::size_t, std::int16_t>> flags;
    for (const auto& [c, protocol] : columns.flags) {
      const auto ports =
          count(c, [&](std::string_view text) { return !read_port_cell(vocabulary_, text).groups.empty(); });
      const auto marks =
          count(c, [&](std::string_view text) { return vocabulary_.says_yes(text) || vocabulary_.says_no(text); });
      if (ports > 0 && (ports >= marks || columns.ports.empty())) {
        columns.ports.push_back({c, {protocol}, meanings[c].direction});
      } else {
        flags.emplace_back(c, protocol);
      }
    }
    columns.flags = std::move(flags);
  }
  // Of several protocol columns the one that names IP protocols counts; the others name applications.
  if (transport) {
    columns.protocol = transport;
  } else if (!protocols.empty()) {
    const auto named = [&](std::size_t c) {
      return count(c, [&](std::string_view text) { return read_protocol_cell(vocabulary_, text).by_name; });
    };
    columns.protocol = *std::max_element(protocols.begin(), protocols.end(),
                                         [&](std::size_t a, std::size_t b) { return named(a) < named(b); });
  }
  for (const std::size_t c : protocols) {
    if (columns.protocol != c) {
      if (columns.service) {
        columns.extra_service.push_back(c);
      } else {
        columns.service = c;
      }
    }
  }
  if (!columns.role && !columns.service && !columns.is_port_table()) {
    return std::nullopt;
  }
  if (!columns.service && !columns.notes.empty()) {
    // A column with a header that is not known, left of the ports: what the row is about.
    const std::size_t c = columns.notes.front();
    const bool left = columns.ports.empty() || c < columns.ports.front().index;
    if (left && meanings[c].column == Column::none && !is_blank(columns.headers[c])) {
      columns.service = c;
      columns.notes.erase(columns.notes.begin());
    }
  }
  std::sort(columns.notes.begin(), columns.notes.end());
  if (!columns.is_port_table()) {
    return std::nullopt;
  }
  return columns;
}

bool DocumentReader::is_section(const GridRow& row, std::size_t width) const {
  const Cell* only = nullptr;
  for (const Cell* cell : row.cells) {
    if (cell == nullptr || is_blank(cell->text)) {
      continue;
    }
    if (only != nullptr && cell != only) {
      return false;
    }
    only = cell;
  }
  if (only == nullptr || only->rowspan > 1 || width < 2) {
    return false;
  }
  return only->colspan > 1 || only->header || only->strong;
}

void DocumentReader::read_table(const Table& table) {
  if (given_up_) {
    return;
  }
  const std::size_t width = width_of(table);
  if (width == 0 || table.rows.empty()) {
    return;
  }
  std::vector<GridRow> head;
  {
    GridWalk walk(table, width);
    while (head.size() < kHeaderRows + 1) {
      std::optional<GridRow> row = walk.next();
      if (!row) {
        break;
      }
      head.push_back(std::move(*row));
    }
  }
  std::optional<Columns> columns;
  std::size_t header_row = 0;
  std::size_t header_depth = 1;
  for (; header_row < std::min(head.size(), kHeaderRows); ++header_row) {
    const GridRow& row = head[header_row];
    header_depth = 1;
    // A title spans the table; what holds another table lays out a page.
    std::size_t named = 0;
    bool lays_out = false;
    const Cell* left = nullptr;
    for (const Cell* cell : row.cells) {
      named += cell != nullptr && cell != left && !is_blank(cell->text) ? 1 : 0;
      lays_out = lays_out || (cell != nullptr && cell->holds_table);
      left = cell;
    }
    if (lays_out) {
      break;
    }
    if (named < 2 && width > 1) {
      continue;
    }
    // A second header row: below cells that span columns, or in a <thead> or <th> cells of its own.
    if (header_row + 1 < head.size()) {
      const GridRow& below = head[header_row + 1];
      const bool spans = std::any_of(row.row->cells.begin(), row.row->cells.end(),
                                     [&](const Cell& cell) { return cell.colspan > 1 && cell.colspan < width; });
      bool words = true;
      bool fresh = false;
      for (std::size_t c = 0; c < width; ++c) {
        const Cell* cell = below.cells[c];
        if (cell == nullptr || cell == row.cells[c] || is_blank(cell->text)) {
          continue;
        }
        fresh = true;
        words = words && (vocabulary_.header(cell->text).column != Column::none || cell->header);
      }
      const bool both_headers = is_header_like(row) && is_header_like(below) && below.own_cells > 1;
      if (fresh && words && ((spans && row.own_cells > 1) || both_headers) && !is_section(row, width)) {
        header_depth = 2;
      }
    }
    columns = columns_of(head, header_row, header_depth, table, width);
    if (!columns && header_depth == 2) {
      header_depth = 1;
      columns = columns_of(head, header_row, header_depth, table, width);
    }
    if (columns) {
      break;
    }
    break;  // only a title may stand above the header
  }
  if (!columns) {
    if (table.rows.size() <= kMostTransposedRows && table.rows.size() >= 2 && width >= 2) {
      bool port = false;
      std::size_t known = 0;
      GridWalk walk(table, width);
      while (const std::optional<GridRow> row = walk.next()) {
        const HeaderMeaning meaning = vocabulary_.header(row->text(0));
        const bool has_ports = width > 1 && !read_port_cell(vocabulary_, row->text(1)).groups.empty();
        port = port || (meaning.column == Column::port && meaning.exact && has_ports);
        known += meaning.column != Column::none && meaning.exact ? 1 : 0;
      }
      if (port && known >= 2 && known * 2 >= table.rows.size()) {
        const Table turned = transposed(table, width);
        if (turned.rows.size() > 1 && turned.rows.front().cells.size() == table.rows.size()) {
          read_table(turned);
        }
      }
    }
    return;
  }
  if (table.rows.size() <= header_row + header_depth) {
    return;  // a header without rows
  }
  TableState state;
  state.columns = std::move(*columns);
  state.context = context_of(table);
  PortTable entry;
  entry.number = static_cast<unsigned>(result_.tables.size() + 1);
  entry.line = source_.line_at(head[header_row].row->offset);
  entry.title = state.context.title;
  entry.has_action_column = state.columns.action.has_value();
  result_.tables.push_back(std::move(entry));
  state.table = &result_.tables.back();
  for (std::size_t r = 0; r < header_row; ++r) {
    state.section = collapse(row_text(head[r]));
  }
  const std::size_t rows_before = result_.rows.size();
  const std::size_t findings_before = result_.findings.size();
  const std::vector<std::string> headers = state.columns.headers;
  GridWalk walk(table, width);
  for (std::size_t r = 0;; ++r) {
    const std::optional<GridRow> row = walk.next();
    if (!row) {
      break;
    }
    if (r < header_row + header_depth) {
      continue;
    }
    if (result_.findings.size() >= kMostFindings) {
      given_up_ = true;
      return;
    }
    const bool blank = std::all_of(row->cells.begin(), row->cells.end(),
                                   [](const Cell* cell) { return cell == nullptr || is_blank(cell->text); });
    if (blank) {
      continue;
    }
    if (is_section(*row, width)) {
      for (const Cell* cell : row->cells) {
        if (cell != nullptr && !is_blank(cell->text)) {
          state.section = collapse(cell->text);
          break;
        }
      }
      state.section_direction = vocabulary_.heading_direction(state.section);
      state.role.clear();
      continue;
    }
    // The header again, as long tables repeat it.
    bool repeats = true;
    for (std::size_t c = 0; c < width && repeats; ++c) {
      repeats = collapse(row->text(c)) == headers[c];
    }
    if (repeats) {
      continue;
    }
    if (is_header_like(*row) && row->own_cells > 1) {
      const std::vector<GridRow> again{*row};
      if (std::optional<Columns> other = columns_of(again, 0, 1, table, width)) {
        state.columns = std::move(*other);
        continue;
      }
    }
    read_row(state, *row);
  }
  if (result_.rows.size() == rows_before && result_.findings.size() == findings_before) {
    finding(head[header_row].row->offset, state.table->number, row_text(head[header_row]),
            "the table has a port column and no row with a port", false);
  }
}

PortUse& DocumentReader::use_of(std::vector<PortUse>& uses, std::int16_t protocol) const {
  for (PortUse& use : uses) {
    if (use.protocol.number == protocol) {
      return use;
    }
  }
  PortUse use;
  use.protocol.number = protocol;
  if (protocol == Protocol::kAny) {
    use.protocol.name = "any";
  } else {
    const ProtocolInfo* info = vocabulary_.protocol(protocol);
    use.protocol.name = info != nullptr ? info->name : std::to_string(protocol);
  }
  uses.push_back(std::move(use));
  return uses.back();
}

bool covers_all(const std::vector<PortRange>& ranges) {
  return ranges.size() == 1 && ranges[0].first <= 1 && ranges[0].last == 65535;
}

void DocumentReader::add_uses(std::vector<PortUse>& uses, const std::vector<std::int16_t>& protocols,
                              const PortGroup& group, std::string_view port_text, const ProtocolCell* stated,
                              std::vector<Problem>& problems, const Cell* cell) {
  const bool with_ports = std::any_of(protocols.begin(), protocols.end(), [&](std::int16_t p) {
    const ProtocolInfo* info = vocabulary_.protocol(p);
    return p == Protocol::kAny || (info != nullptr && info->has_ports);
  });
  for (const std::int16_t protocol : protocols) {
    const ProtocolInfo* info = vocabulary_.protocol(protocol);
    PortUse& use = use_of(uses, protocol);
    if (protocol == Protocol::kAny) {
      if (!covers_all(group.ranges)) {
        use.ports.insert(use.ports.end(), group.ranges.begin(), group.ranges.end());
      }
      continue;
    }
    if (info != nullptr && info->has_ports) {
      use.ports.insert(use.ports.end(), group.ranges.begin(), group.ranges.end());
      continue;
    }
    if (info != nullptr && info->icmp != 0) {
      std::vector<IcmpMessage> messages = group.icmp;
      if (messages.empty() && stated != nullptr) {
        messages = stated->icmp;
      }
      if (messages.empty() && !with_ports && !group.ranges.empty() && !covers_all(group.ranges)) {
        messages = read_icmp_messages(vocabulary_, port_text, info->icmp, true);
        if (messages.empty()) {
          problems.push_back({cell, collapse(port_text), "icmp has no ports, and these are no types and codes"});
        }
      }
      use.icmp.insert(use.icmp.end(), messages.begin(), messages.end());
      continue;
    }
    const bool own_number =
        group.ranges.size() == 1 && group.ranges[0].first == group.ranges[0].last && group.ranges[0].first == protocol;
    if (!with_ports && !group.ranges.empty() && !own_number && !covers_all(group.ranges)) {
      problems.push_back(
          {cell, collapse(port_text), fmt::format("{} has no ports: they were left out", use.protocol.name)});
    }
  }
}

void DocumentReader::read_uses(TableState& state, const GridRow& grid, const std::vector<PortColumn>& port_columns,
                               PortRow row) {
  const Columns& columns = state.columns;
  std::vector<Problem> problems;
  std::vector<PortUse> uses;

  // The protocol column.
  const Cell* protocol_cell = columns.protocol ? grid.cells[*columns.protocol] : nullptr;
  ProtocolCell stated;
  if (columns.protocol) {
    std::string text(grid.text(*columns.protocol));
    stated = protocols_of(text);
    if (stated.as_above) {
      text = state.protocol_text;
      stated = protocols_of(text);
    } else {
      state.protocol_text = text;
    }
    if (stated.protocols.empty() && columns.service && !stated.blank && !stated.none) {
      // An ICMP message by its name, where the service column says that it is one of ICMP.
      for (const std::int16_t protocol : protocols_of(grid.text(*columns.service)).protocols) {
        const ProtocolInfo* info = vocabulary_.protocol(protocol);
        if (info == nullptr || info->icmp == 0) {
          continue;
        }
        stated.icmp = read_icmp_messages(vocabulary_, text, info->icmp, false);
        if (!stated.icmp.empty()) {
          stated.protocols = {protocol};
          stated.by_name = true;
          stated.problems.clear();
        }
      }
    }
    for (const CellProblem& problem : stated.problems) {
      problems.push_back({protocol_cell, problem.text,
                          stated.protocols.empty() ? fmt::format("the protocol cell {}", problem.reason)
                                                   : fmt::format("this part of the protocol cell {}", problem.reason)});
    }
  }
  // Protocols that the row has from elsewhere, for ports without one of their own.
  std::vector<std::int16_t> fallback = stated.protocols;
  for (const auto& [c, protocol] : columns.flags) {
    if (vocabulary_.says_yes(grid.text(c)) && !columns.protocol) {
      fallback.push_back(protocol);
    } else if (!vocabulary_.says_no(grid.text(c)) && !vocabulary_.says_yes(grid.text(c))) {
      problems.push_back(
          {grid.cells[c], collapse(grid.text(c)), fmt::format("does not say whether {} is used", columns.headers[c])});
    }
  }
  if (fallback.empty() && !columns.protocol && columns.flags.empty()) {
    for (const std::optional<std::size_t>& c : {columns.service, columns.role}) {
      if (c && fallback.empty()) {
        const ProtocolCell& named = protocols_of(grid.text(*c));
        if (named.problems.empty() && named.note.empty() && (c == columns.service || named.by_name)) {
          fallback = named.protocols;
        }
      }
    }
    if (fallback.empty() && state.context.protocol) {
      fallback = {*state.context.protocol};
    }
  }

  struct Source {
    const Cell* cell;
    std::string text;
    const PortColumn* column;
  };
  std::vector<Source> sources;
  if (columns.first_port && columns.last_port) {
    const std::string first = collapse(grid.text(*columns.first_port));
    const std::string last = collapse(grid.text(*columns.last_port));
    const PortCell& end = ports_of(last);
    static const PortColumn whole;
    sources.push_back(
        {grid.cells[*columns.first_port], end.blank || end.none || first == last ? first : first + "-" + last, &whole});
  }
  for (const PortColumn& column : port_columns) {
    std::string text(grid.text(column.index));
    if (ports_of(text).as_above) {
      text = state.port_text;
    } else {
      state.port_text = text;
    }
    sources.push_back({grid.cells[column.index], std::move(text), &column});
  }

  bool ports_missing = true;
  bool ports_none = false;
  bool protocol_missing = false;
  std::string remark;
  for (const Source& source : sources) {
    const PortCell& cell = ports_of(source.text);
    for (const CellProblem& problem : cell.problems) {
      problems.push_back({source.cell, problem.text, problem.reason});
    }
    if (!cell.remark.empty()) {
      remark += (remark.empty() ? "" : "; ") + cell.remark;
    }
    ports_none = ports_none || cell.none;
    std::vector<PortGroup> groups = cell.groups;
    if (groups.empty() && cell.any) {
      PortGroup all;
      all.ranges = {{0, 65535}};
      groups.push_back(all);
    }
    if (groups.empty() && !cell.blank && !cell.none) {
      for (const std::int16_t protocol : fallback) {
        const ProtocolInfo* info = vocabulary_.protocol(protocol);
        if (info != nullptr && info->icmp != 0) {
          PortGroup named;
          named.icmp = read_icmp_messages(vocabulary_, source.text, info->icmp, false);
          if (!named.icmp.empty()) {
            groups.push_back(std::move(named));  // "echo request"
          }
        }
      }
    }
    if (groups.empty()) {
      if (!cell.blank && !cell.none && cell.problems.empty()) {
        problems.push_back({source.cell, collapse(source.text), "the port cell names no port"});
      }
      continue;
    }
    // "IP" as the protocol and its number where ports stand.
    if (stated.protocols.size() == 1 && stated.protocols[0] == Protocol::kAny && groups.size() == 1 &&
        groups[0].ranges.size() == 1 && groups[0].ranges[0].first == groups[0].ranges[0].last && columns.protocol &&
        (vocabulary_.whole(collapse(fold_cell(grid.text(*columns.protocol)))) & kIpTerm) != 0) {
      const ProtocolInfo* info = vocabulary_.protocol(static_cast<std::int16_t>(groups[0].ranges[0].first & 0x7FFF));
      if (info != nullptr && !info->has_ports) {
        groups[0] = {};
        groups[0].protocols = {info->number};
        groups[0].by_name = true;
      }
    }
    ports_missing = false;
    // Cells with as many lines of protocols as of ports are read line by line.
    if (stated.lines.size() > 1 &&
        std::any_of(stated.lines.begin(), stated.lines.end(), [&](const auto& l) { return l != stated.lines[0]; })) {
      std::vector<std::string> lines;
      for (std::size_t begin = 0; begin <= source.text.size();) {
        const std::size_t end = std::min(source.text.find('\n', begin), source.text.size());
        if (!is_blank(std::string_view(source.text).substr(begin, end - begin))) {
          lines.push_back(source.text.substr(begin, end - begin));
        }
        begin = end + 1;
      }
      const bool plain =
          lines.size() == stated.lines.size() && std::all_of(lines.begin(), lines.end(), [&](const std::string& line) {
            const PortCell& part = ports_of(line);
            return part.groups.size() == 1 && part.groups[0].protocols.empty() && part.problems.empty();
          });
      if (plain) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
          add_uses(uses, stated.lines[i], ports_of(lines[i]).groups[0], lines[i], &stated, problems, source.cell);
        }
        continue;
      }
    }
    for (const PortGroup& group : groups) {
      std::vector<std::int16_t> protocols;
      if (group.by_name) {
        protocols = group.protocols;
        const bool contradicted =
            stated.by_name && std::any_of(protocols.begin(), protocols.end(), [&](std::int16_t p) {
              return std::find(stated.protocols.begin(), stated.protocols.end(), p) == stated.protocols.end() &&
                     std::find(stated.protocols.begin(), stated.protocols.end(), Protocol::kAny) ==
                         stated.protocols.end();
            });
        if (contradicted) {
          problems.push_back(
              {source.cell, collapse(source.text),
               "the port cell names another protocol than the protocol column; the port cell was followed"});
        }
        if (group.ranges.empty() && group.protocols.size() == 1 && source.text.size() < 40) {
          const ProtocolInfo* info = vocabulary_.protocol(group.protocols[0]);
          if (info != nullptr && info->has_ports) {
            problems.push_back({source.cell, collapse(source.text), "the port cell names a protocol and no port"});
            continue;
          }
        }
      } else if (!source.column->protocols.empty() && !columns.protocol) {
        protocols = source.column->protocols;
      } else if (!fallback.empty() && (columns.protocol || group.protocols.empty() || !columns.flags.empty())) {
        protocols = fallback;
      } else if (!group.protocols.empty() && !columns.protocol) {
        protocols = group.protocols;
      } else if (cell.any && source.column->with_protocol && !columns.protocol) {
        protocols = {Protocol::kAny};  // "all" where protocols and ports share a column
      } else if (!source.column->protocols.empty() && stated.blank) {
        protocols = source.column->protocols;
      } else {
        protocol_missing = true;
        continue;
      }
      if (group.ranges.empty() && group.icmp.empty() && !group.by_name) {
        problems.push_back({source.cell, collapse(source.text), "the port cell names no port"});
        continue;
      }
      add_uses(uses, protocols, group, source.text, &stated, problems, source.cell);
    }
  }
  if (ports_missing) {
    // Protocols without ports need none.
    const PortGroup nothing;
    std::vector<std::int16_t> without;
    std::vector<std::string> needing;
    for (const std::int16_t protocol : fallback) {
      const ProtocolInfo* info = vocabulary_.protocol(protocol);
      if (info != nullptr && !info->has_ports) {
        without.push_back(protocol);
      } else {
        needing.push_back(info != nullptr ? info->name : "any");
      }
    }
    add_uses(uses, without, nothing, "", &stated, problems, nullptr);
    const Cell* cell = sources.empty() ? nullptr : sources.front().cell;
    const bool said = std::any_of(problems.begin(), problems.end(),
                                  [&](const Problem& p) { return p.cell == cell && cell != nullptr; });
    if (fallback.empty() && (columns.protocol ? stated.blank || stated.none : true) && !said) {
      problems.push_back({cell, "",
                          ports_none || columns.protocol ? "the row names neither a protocol nor a port"
                                                         : "the row names no protocol and no port"});
    } else if (!needing.empty() && !said) {
      problems.push_back(
          {cell, "",
           ports_none ? fmt::format("the port cell says that there is none, but {} needs ports", needing.front())
                      : fmt::format("the port cell is blank: {} needs a port, a range or \"any\"", needing.front())});
    }
  }
  if (protocol_missing) {
    const bool said = std::any_of(problems.begin(), problems.end(), [&](const Problem& p) {
      return p.cell == protocol_cell && protocol_cell != nullptr;
    });
    if (!said) {
      problems.push_back({protocol_cell, "",
                          !columns.protocol ? "the row names no protocol, and its table has no protocol column"
                          : stated.blank || stated.none
                              ? "the protocol cell is blank: a protocol such as tcp or udp is needed"
                              : "the protocol cell names no IP protocol"});
    }
  }
  // A protocol may have been named whose ports were not understood.
  std::erase_if(uses, [&](const PortUse& use) {
    const ProtocolInfo* info = vocabulary_.protocol(use.protocol.number);
    return info != nullptr && info->has_ports && use.ports.empty();
  });

  // Source ports.
  if (columns.source_port) {
    const std::string_view text = grid.text(*columns.source_port);
    const PortCell& cell = ports_of(text);
    bool understood = cell.any || cell.blank || cell.none;
    for (const PortGroup& group : cell.groups) {
      understood = true;
      if (!covers_all(group.ranges)) {
        row.source_ports.insert(row.source_ports.end(), group.ranges.begin(), group.ranges.end());
      }
    }
    row.source_ports_unknown = !understood;
    if (!understood || !cell.problems.empty()) {
      problems.push_back({grid.cells[*columns.source_port], collapse(text),
                          "the source ports are not understood: a port, a range or \"any\" is needed"});
    }
  }

  const bool lost = uses.empty();
  for (const Problem& problem : problems) {
    report(grid, problem, lost);
  }
  if (lost) {
    if (problems.empty()) {
      report(grid, {nullptr, "", "the row names no protocol and no port"}, true);
    }
    return;
  }
  const auto add_note = [&](const std::string& note) {
    if (!note.empty()) {
      row.notes += (row.notes.empty() ? "" : "; ") + note;
    }
  };
  add_note(stated.note);
  add_note(remark);
  row.uses = std::move(uses);
  result_.rows.push_back(std::move(row));
}

void DocumentReader::read_row(TableState& state, const GridRow& grid) {
  // Between rows nobody holds on to what is cached.
  if (port_cells_.size() > kMostCachedCells) {
    port_cells_.clear();
  }
  if (protocol_cells_.size() > kMostCachedCells) {
    protocol_cells_.clear();
  }
  const Columns& columns = state.columns;
  PortRow row;
  row.document = name_;
  row.line = source_.line_at(grid.row->offset);
  row.table = state.table->number;
  row.table_title = state.context.title;
  row.text = row_text(grid);
  const auto text = [&](const std::optional<std::size_t>& c) { return c ? collapse(grid.text(*c)) : std::string(); };
  const auto as_above = [&](const std::string& words) {
    return words == "\"" || words == "\u3003" || words == "''" ||
           (vocabulary_.whole(fold_cell(words)) & kAsAboveTerm) != 0;
  };
  if (columns.role) {
    row.role = text(columns.role);
    if (row.role.empty() || as_above(row.role)) {
      row.role = !state.role.empty() ? state.role : !state.section.empty() ? state.section : state.context.heading_role;
    }
    state.role = row.role;
  } else if (!(columns.source && columns.destination)) {
    row.role = !state.section.empty() ? state.section : state.context.heading_role;
  }
  row.service = text(columns.service);
  for (const std::size_t c : columns.extra_service) {
    const std::string more = collapse(grid.text(c));
    if (!more.empty()) {
      row.service += (row.service.empty() ? "" : "; ") + more;
    }
  }
  for (const std::size_t c : columns.notes) {
    const std::string note = collapse(grid.text(c));
    if (!note.empty()) {
      row.notes += (row.notes.empty() ? "" : "; ") + note;
    }
  }
  row.source = text(columns.source);
  row.destination = text(columns.destination);
  row.peer = text(columns.peer);
  row.action = text(columns.action);
  if (columns.action && !row.action.empty() && !vocabulary_.permits(row.action)) {
    state.table->other_action = true;
  }
  Direction direction =
      state.section_direction != Direction::unstated ? state.section_direction : state.context.direction;
  if (columns.direction) {
    const std::string words = text(columns.direction);
    direction = vocabulary_.direction(words);
    if (direction == Direction::unstated && !words.empty()) {
      report(grid,
             {grid.cells[*columns.direction], words, "the direction is not understood: inbound, outbound or both"},
             false);
      row.notes += (row.notes.empty() ? "" : "; ") + words;
    }
  }
  row.direction = direction;
  // Port columns of different directions ("Inbound ports", "Outbound ports") are rows of their own.
  std::vector<PortColumn> all = columns.ports;
  std::vector<Direction> directions;
  for (const PortColumn& column : all) {
    if (std::find(directions.begin(), directions.end(), column.direction) == directions.end()) {
      directions.push_back(column.direction);
    }
  }
  if (directions.size() < 2) {
    if (direction == Direction::unstated && !directions.empty()) {
      row.direction = directions.front();
    }
    read_uses(state, grid, all, std::move(row));
    return;
  }
  bool any = false;
  for (const Direction each : directions) {
    std::vector<PortColumn> part;
    std::copy_if(all.begin(), all.end(), std::back_inserter(part),
                 [&](const PortColumn& c) { return c.direction == each; });
    const bool filled = std::any_of(part.begin(), part.end(), [&](const PortColumn& c) {
      const PortCell& cell = ports_of(grid.text(c.index));
      return !cell.blank && !cell.none;
    });
    if (filled) {
      PortRow copy = row;
      if (each != Direction::unstated) {
        copy.direction = each;
      }
      read_uses(state, grid, part, std::move(copy));
      any = true;
    }
  }
  if (!any) {
    read_uses(state, grid, all, std::move(row));
  }
}

Extraction DocumentReader::read() {
  if (source_.bad_bytes() > 0) {
    finding(
        source_.first_bad_byte(), 0, "",
        fmt::format("{} bytes of the document are no UTF-8, this is the first; save it as UTF-8", source_.bad_bytes()),
        false);
  }
  if (source_.nuls() > 0) {
    finding(source_.first_nul(), 0, "",
            fmt::format("the document holds {} NUL bytes, this is the first; is it a text file?", source_.nuls()),
            false);
  }
  for (const Block& block : model_.blocks) {
    document_has_headings_ =
        document_has_headings_ || block.kind == Block::Kind::heading || block.kind == Block::Kind::strong_line;
  }
  for (const ReadingProblem& problem : model_.problems) {
    finding(problem.offset, 0, problem.text, problem.reason, true);
  }
  for (const Block& block : model_.blocks) {
    switch (block.kind) {
      case Block::Kind::heading:
      case Block::Kind::strong_line: {
        const int level = block.kind == Block::Kind::heading ? block.level : 7;
        if (block.text.empty() || block.text.size() > 400 || (level == 7 && vocabulary_.box_label(block.text))) {
          break;
        }
        while (!headings_.empty() && headings_.back().level >= level) {
          headings_.pop_back();
        }
        headings_.push_back({level, block.text});
        line_before_.clear();
        break;
      }
      case Block::Kind::paragraph: {
        const bool sentence = block.text.size() > 120 || block.text.ends_with('.') || block.text.ends_with('!') ||
                              block.text.ends_with('?') || block.text.ends_with("\u3002");
        line_before_ = sentence ? std::string() : block.text;
        break;
      }
      case Block::Kind::table:
        read_table(block.table);
        line_before_.clear();
        break;
    }
  }
  if (result_.tables.empty()) {
    Finding nothing;
    nothing.document = name_;
    nothing.reason =
        "the document has no port table: a table with a header such as \"Port\" or \"Port range\" is needed";
    result_.findings.push_back(std::move(nothing));
  }
  if (given_up_) {
    Finding rest;
    rest.document = name_;
    rest.reason = "the document has more than 100,000 findings: the rest of it was not read";
    result_.findings.push_back(std::move(rest));
  }
  std::stable_sort(result_.findings.begin(), result_.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
  return std::move(result_);
}

}  // namespace

Extraction understand(std::string_view name, const SourceText& source, const DocumentModel& model) {
  return DocumentReader(name, source, model).read();
}

}  // namespace portcullis::spec
