// Extractions in a short form that tests can write down: "12 tcp 80,443", one entry per row and protocol.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/extract.h"
#include "spec/report.h"

namespace portcullis::spec {

inline std::string brief(const PortUse& use) {
  std::string text = use.protocol.name;
  std::string list;
  for (const PortRange& range : use.ports) {
    list += list.empty() ? "" : ",";
    list += to_string(range);
  }
  for (const IcmpMessage& message : use.icmp) {
    list += list.empty() ? "" : ",";
    list += "type " + std::to_string(message.type);
    if (message.code >= 0) {
      list += "/";
      list += std::to_string(message.code);
    }
  }
  if (!list.empty()) {
    text += " ";
    text += list;
  }
  return text;
}

/// "line protocol ports" of every row and protocol of a document.
inline std::vector<std::string> rows_of(const Extraction& extraction) {
  std::vector<std::string> rows;
  for (const PortRow& row : extraction.rows) {
    for (const PortUse& use : row.uses) {
      rows.push_back(std::to_string(row.line) + " " + brief(use));
    }
  }
  return rows;
}

inline std::vector<std::string> rows_of(std::string_view document) { return rows_of(extract("document", document)); }

/// "line: role / service [direction] source -> destination peer" of every row, what is blank left out.
inline std::vector<std::string> ends_of(const Extraction& extraction) {
  std::vector<std::string> rows;
  for (const PortRow& row : extraction.rows) {
    std::string text = std::to_string(row.line) + ": " + row.role;
    if (!row.service.empty()) {
      text += " / " + row.service;
    }
    if (row.direction != Direction::unstated) {
      text += " [" + std::string(to_string(row.direction)) + "]";
    }
    if (!row.source.empty() || !row.destination.empty()) {
      text += " " + row.source + " -> " + row.destination;
    }
    if (!row.peer.empty()) {
      text += " with " + row.peer;
    }
    rows.push_back(text);
  }
  return rows;
}

inline std::vector<std::string> findings_of(const Extraction& extraction) {
  std::vector<std::string> findings;
  for (const Finding& finding : extraction.findings) {
    findings.push_back(to_string(finding));
  }
  return findings;
}

}  // namespace portcullis::spec
