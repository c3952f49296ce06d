#include "spec/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "spec/text.h"

namespace portcullis::spec {

namespace {

void append_field(std::string& out, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') {
      out += '"';
    }
    out += c;
  }
  out += '"';
}

std::string joined(const std::vector<PortRange>& ranges) {
  std::string text;
  for (const PortRange& range : ranges) {
    text += text.empty() ? "" : ",";
    text += to_string(range);
  }
  return text;
}

std::string joined(const std::vector<IcmpMessage>& messages) {
  std::string text;
  for (const IcmpMessage& message : messages) {
    text += text.empty() ? "" : ",";
    text += (message.code < 0 ? fmt::format("{}", message.type) : fmt::format("{}/{}", message.type, message.code));
  }
  return text;
}

nlohmann::ordered_json json_of(const PortRange& range) { return {{"first", range.first}, {"last", range.last}}; }

}  // namespace

std::string csv_header() {
  return "document,line,table,role,service,protocol,first_port,last_port,direction,source,destination,notes,"
         "icmp_type,icmp_code,source_ports,peer,action";
}

std::string to_csv_rows(const Extraction& extraction) {
  std::string out;
  for (const PortRow& row : extraction.rows) {
    std::string before;
    append_field(before, row.document);
    before += fmt::format(",{},{},", row.line, row.table);
    append_field(before, row.role);
    before += ',';
    append_field(before, row.service);
    before += ',';
    std::string between = fmt::format(",{},", to_string(row.direction));
    append_field(between, row.source);
    between += ',';
    append_field(between, row.destination);
    between += ',';
    append_field(between, row.notes);
    between += ',';
    std::string after = ",";
    append_field(after, joined(row.source_ports));
    after += ',';
    append_field(after, row.peer);
    after += ',';
    append_field(after, row.action);
    after += '\n';
    for (const PortUse& use : row.uses) {
      const auto line = [&](std::string_view ports, std::string_view icmp) {
        out += before;
        append_field(out, use.protocol.name);
        out += ',';
        out += ports;
        out += between;
        out += icmp;
        out += after;
      };
      for (const PortRange& range : use.ports) {
        line(fmt::format("{},{}", range.first, range.last), ",");
      }
      for (const IcmpMessage& message : use.icmp) {
        line(",",
             message.code < 0 ? fmt::format("{},", message.type) : fmt::format("{},{}", message.type, message.code));
      }
      if (use.ports.empty() && use.icmp.empty()) {
        line(",", ",");
      }
    }
  }
  return out;
}

std::string to_csv(const Extraction& extraction) { return csv_header() + "\n" + to_csv_rows(extraction); }

std::string to_json(const Extraction& extraction) {
  using Json = nlohmann::ordered_json;
  Json root;
  root["tables"] = Json::array();
  for (const PortTable& table : extraction.tables) {
    root["tables"].push_back({{"number", table.number},
                              {"line", table.line},
                              {"title", table.title},
                              {"has_action_column", table.has_action_column},
                              {"other_action", table.other_action}});
  }
  root["rows"] = Json::array();
  for (const PortRow& row : extraction.rows) {
    Json entry;
    entry["document"] = row.document;
    entry["line"] = row.line;
    entry["table"] = row.table;
    entry["table_title"] = row.table_title;
    entry["role"] = row.role;
    entry["service"] = row.service;
    entry["uses"] = Json::array();
    for (const PortUse& use : row.uses) {
      Json one;
      one["protocol"] = use.protocol.name;
      one["number"] = use.protocol.number;
      one["ports"] = Json::array();
      for (const PortRange& range : use.ports) {
        one["ports"].push_back(json_of(range));
      }
      if (!use.icmp.empty()) {
        one["icmp"] = Json::array();
        for (const IcmpMessage& message : use.icmp) {
          Json code = nullptr;
          if (message.code >= 0) {
            code = message.code;
          }
          one["icmp"].push_back({{"type", message.type}, {"code", code}});
        }
      }
      entry["uses"].push_back(std::move(one));
    }
    entry["source_ports"] = Json::array();
    for (const PortRange& range : row.source_ports) {
      entry["source_ports"].push_back(json_of(range));
    }
    entry["direction"] = to_string(row.direction);
    entry["source"] = row.source;
    entry["destination"] = row.destination;
    entry["peer"] = row.peer;
    entry["action"] = row.action;
    entry["notes"] = row.notes;
    entry["text"] = row.text;
    root["rows"].push_back(std::move(entry));
  }
  root["findings"] = Json::array();
  for (const Finding& finding : extraction.findings) {
    root["findings"].push_back({{"document", finding.document},
                                {"line", finding.line},
                                {"column", finding.column},
                                {"table", finding.table},
                                {"text", finding.text},
                                {"reason", finding.reason},
                                {"row_lost", finding.row_lost}});
  }
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_text(const Extraction& extraction) {
  std::string out;
  unsigned table = 0;
  std::string_view document;
  for (const PortRow& row : extraction.rows) {
    if (row.table != table || row.document != document) {
      table = row.table;
      document = row.document;
      out += fmt::format("{}{}: table {}{}\n", out.empty() ? "" : "\n", row.document, row.table,
                         row.table_title.empty() ? std::string() : fmt::format(": {}", row.table_title));
    }
    for (const PortUse& use : row.uses) {
      const std::string ports = !use.icmp.empty()   ? fmt::format("type {}", joined(use.icmp))
                                : use.ports.empty() ? "-"
                                                    : joined(use.ports);
      std::string ends;
      if (row.direction != Direction::unstated) {
        ends += fmt::format(" [{}]", to_string(row.direction));
      }
      if (!row.source.empty() || !row.destination.empty()) {
        ends += fmt::format(" {} -> {}", row.source.empty() ? "?" : row.source,
                            row.destination.empty() ? "?" : row.destination);
      }
      if (!row.peer.empty()) {
        ends += fmt::format(" peer {}", row.peer);
      }
      if (!row.action.empty()) {
        ends += fmt::format(" action {}", row.action);
      }
      out += fmt::format("{:>6}  {:<7} {:<23} {}{}{}\n", row.line, use.protocol.name, ports,
                         row.role.empty() ? "-" : row.role,
                         row.service.empty() ? std::string() : fmt::format(" / {}", row.service), ends);
    }
  }
  return out;
}

std::string to_string(const Finding& finding) {
  std::string out = finding.document;
  if (finding.line > 0) {
    out += fmt::format(":{}", finding.line);
    if (finding.column > 0) {
      out += fmt::format(":{}", finding.column);
    }
  }
  out += ": ";
  if (!finding.text.empty()) {
    out += collapse(finding.text) + ": ";
  }
  return out + finding.reason;
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::to:
      return "to";
    case Direction::from:
      return "from";
    case Direction::both:
      return "both";
    case Direction::unstated:
      break;
  }
  return "";
}

std::string to_string(const PortRange& range) {
  return range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{}-{}", range.first, range.last);
}

}  // namespace portcullis::spec
