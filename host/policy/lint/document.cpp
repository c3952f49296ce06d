#include "policy/lint/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/fields.h"
#include "policy/row_ends.h"
#include "spec/extract.h"
#include "spec/report.h"
#include "spec/text.h"
#include "spec/vocabulary.h"

namespace portcullis::policy::lint {
namespace {

/// Starts the name that stands for the role of a table that names none.
constexpr char kUnnamed = '\n';
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;

/// The parts of a list of names: between commas, semicolons and words for "and".
std::vector<std::string> parts_of(std::string_view cell) {
  constexpr std::size_t kLongestList = 2000;
  if (cell.size() > kLongestList) return {};
  const spec::Vocabulary& vocabulary = spec::Vocabulary::built_in();
  const std::string folded = spec::fold_cell(cell);
  const std::vector<spec::Atom> atoms = spec::split_atoms(folded);
  std::vector<std::string> parts;
  std::size_t start = 0;
  const auto cut = [&](std::size_t end, std::size_t next) {
    parts.push_back(spec::collapse(std::string_view(folded).substr(start, end - start)));
    start = next;
  };
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    std::size_t length = atoms[i].text == "," || atoms[i].text == ";" || atoms[i].text == "、" ? 1 : 0;
    if (length == 0 && i > 0) {
      const spec::TermMatch term = vocabulary.term(atoms, i);
      // A letter alone ("A and B", "e", "y") is a word for "and" in some language and a name in others.
      if ((term.kinds & spec::kAndTerm) != 0 && atoms[i].text.size() > 1) length = term.atoms;
    }
    if (length == 0) continue;
    const std::size_t next = i + length;
    cut(atoms[i].offset, next < atoms.size() ? atoms[next].offset : folded.size());
    i = next - 1;
  }
  if (parts.empty()) return {};
  cut(folded.size(), folded.size());
  if (std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); })) return {};
  return parts;
}

std::string key_of(std::string_view text) { return spec::collapse(spec::fold_cell(text)); }

IntervalSet<std::uint32_t> port_set(const std::vector<spec::PortRange>& ranges) {
  std::vector<Interval<std::uint32_t>> intervals;
  for (const spec::PortRange& range : ranges) intervals.push_back({range.first, range.last});
  return as_port_field(IntervalSet<std::uint32_t>(std::move(intervals)));
}

}  // namespace

void Names::use(const std::string& cell, const Location& at) {
  if (cell.empty() || cell.starts_with(kUnnamed) || says_any(cell)) return;
  const auto [found, is_new] = by_key_.emplace(spec::role_key(cell), spellings_.size());
  if (is_new) spellings_.push_back({cell, at, 0});
  ++spellings_[found->second].uses;
}

std::size_t Names::number_of(const std::string& name) {
  return numbers_.emplace(spec::role_key(name), numbers_.size() + 1).first->second;
}

IntervalSet<Address> Names::set_of(const std::string& cell) {
  if (cell.empty() || says_any(cell)) return any_address();
  const auto [place, is_new] = sets_.try_emplace(cell);
  if (!is_new) return place->second;
  std::vector<std::string> names = parts_of(cell);
  // "Research and Development" is one role, unless one of its parts is a role elsewhere.
  if (std::none_of(names.begin(), names.end(),
                   [&](const std::string& name) { return by_key_.contains(spec::role_key(name)); })) {
    names = {cell};
  }
  std::vector<Interval<Address>> numbers;
  for (const std::string& name : names) {
    if (says_any(name)) return place->second = any_address();
    const Address number = number_of(name);
    numbers.push_back({number, number});
  }
  return place->second = IntervalSet<Address>(std::move(numbers));
}

std::vector<Row> rows_of(const std::vector<Document>& documents, Names& names) {
  std::vector<Row> rows;
  for (const Document& document : documents) {
    std::map<unsigned, const spec::PortTable*> tables;
    for (const spec::PortTable& table : document.extraction.tables) tables[table.number] = &table;
    for (const spec::PortRow& port_row : document.extraction.rows) {
      const auto found = document.settings.find(port_row.table);
      const TableSetting* setting = found == document.settings.end() ? nullptr : found->second;
      if (setting != nullptr &&
          (setting->direction == TableDirection::ignore || setting->action == TableAction::ignore)) {
        continue;
      }
      Row row;
      row.row = &port_row;
      row.document = &document;
      row.uses = port_row.uses;
      if (const auto change = document.overrides.find(port_row.line); change != document.overrides.end()) {
        for (spec::PortUse& use : row.uses) {
          if (!use.ports.empty()) use.ports = change->second->ports;
        }
      }
      row.role = setting != nullptr && !setting->role.empty() ? setting->role : port_row.role;
      row.service_key = key_of(port_row.service);
      row.notes_key = key_of(port_row.notes);
      const RowEnds ends = row_ends(port_row, setting, row.role);
      const std::string unnamed = fmt::format("{}{}\n{}", kUnnamed, document.name, port_row.table);
      row.source = ends.source.empty() && ends.source_named ? unnamed : ends.source;
      row.destination = ends.destination.empty() && ends.destination_named ? unnamed : ends.destination;
      row.both = ends.both;
      row.one_way_stated = ends.one_way_stated;
      const bool settled = setting != nullptr && setting->action;
      const auto table = tables.find(port_row.table);
      const bool other_action = table != tables.end() && table->second->other_action;
      row.counts = settled ? setting->action == TableAction::permit : !other_action;
      if (port_row.source_ports_unknown) row.counts = false;
      names.use(row.source, row.at());
      names.use(row.destination, row.at());
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<Match> boxes_of(const Row& row, Names& names) {
  std::vector<Match> boxes;
  Match ends = Match::any();
  ends.source = names.set_of(row.source);
  ends.destination = names.set_of(row.destination);
  for (const spec::PortUse& use : row.uses) {
    Match box = ends;
    const bool any = use.protocol.number == spec::Protocol::kAny;
    if (!any) {
      if (use.protocol.number < 0 || use.protocol.number > 255) continue;
      box.protocol.reset();
      box.protocol.set(static_cast<std::size_t>(use.protocol.number));
    }
    if (use.protocol.number == kIcmp || use.protocol.number == kIcmpv6) {
      for (const IcmpFields& fields : icmp_fields(use.icmp)) {
        box.source_port = fields.types;
        box.destination_port = fields.codes;
        boxes.push_back(box);
      }
      continue;
    }
    if (!use.ports.empty()) box.destination_port = port_set(use.ports);
    if (!row.row->source_ports.empty()) box.source_port = port_set(row.row->source_ports);
    boxes.push_back(std::move(box));
  }
  if (row.both) {
    const std::size_t forward = boxes.size();
    for (std::size_t i = 0; i < forward; ++i) {
      Match back = boxes[i];
      std::swap(back.source, back.destination);
      boxes.push_back(std::move(back));
    }
  }
  return boxes;
}

unsigned column_of(std::string_view line, std::string_view words) {
  std::size_t offset = words.empty() ? std::string_view::npos : line.find(words);
  if (offset == std::string_view::npos) offset = line.find_first_not_of(" \t\r");
  if (offset == std::string_view::npos) return 1;
  const auto characters = std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(offset),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return static_cast<unsigned>(characters) + 1;
}

Lines::Lines(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts_.push_back(at + 1);
  }
}

std::string_view Lines::line(std::size_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  const std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  std::string_view line = text_.substr(start, end - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string describe(const spec::PortUse& use) {
  std::vector<std::string> values;
  for (const spec::PortRange& range : use.ports) values.push_back(spec::to_string(range));
  for (const spec::IcmpMessage& message : use.icmp) {
    values.push_back(message.code < 0 ? fmt::format("{}", message.type)
                                      : fmt::format("{}/{}", message.type, message.code));
  }
  if (values.empty()) return use.protocol.name;
  return fmt::format("{} {}{}", use.protocol.name, use.icmp.empty() ? "" : "type ", fmt::join(values, ","));
}

std::string describe(const std::vector<spec::PortUse>& uses) {
  std::vector<std::string> parts;
  for (const spec::PortUse& use : uses) parts.push_back(describe(use));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string place(const Row& row, const Document* within) {
  return row.document == within ? fmt::format("line {}", row.row->line)
                                : fmt::format("{}:{}", row.document->file, row.row->line);
}

}  // namespace portcullis::policy::lint
