#include "spec/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "spec/document_model.h"
#include "spec/table_meaning.h"

namespace portcullis::spec {

namespace {

/// Files larger than this are refused: offsets in a document are 32 bit, and no port document comes near.
constexpr std::uintmax_t kMostBytes = std::uintmax_t{256} << 20;

bool is_delimiter_row(std::string_view line) {
  return line.find('|') != std::string_view::npos && line.find('-') != std::string_view::npos &&
         line.find_first_not_of("|-: \t>") == std::string_view::npos;
}

}  // namespace

Form form_of(const SourceText& source) {
  std::string head = fold(source.text().substr(0, 4096));
  const std::size_t first = head.find_first_not_of(" \t\n");
  head.erase(0, std::min(first, head.size()));
  for (const std::string_view start : {"<!doctype html", "<html", "<?xml", "<head", "<body"}) {
    if (head.starts_with(start)) {
      return Form::html;
    }
  }
  if (head.starts_with("<!--") &&
      (head.find("<html") != std::string::npos || head.find("<!doctype") != std::string::npos)) {
    return Form::html;
  }
  if (head.starts_with("---")) {
    return Form::markdown;
  }
  for (std::size_t i = 0; i < source.line_count(); ++i) {
    std::string_view line = source.line(i);
    line.remove_prefix(std::min(line.find_first_not_of(" \t>"), line.size()));
    const std::size_t marks = line.find_first_not_of('#');
    if (marks != std::string_view::npos && marks >= 1 && marks <= 6 && line[marks] == ' ') {
      return Form::markdown;
    }
    if (is_delimiter_row(line)) {
      return Form::markdown;
    }
    for (std::size_t at = line.find('<'); at != std::string_view::npos; at = line.find('<', at + 1)) {
      if (at + 6 <= line.size() && fold(line.substr(at, 6)) == "<table") {
        return Form::markdown;
      }
    }
  }
  return Form::text;
}

Extraction extract(std::string_view name, std::string_view content) {
  if (content.size() > kMostBytes) {
    Extraction refused;
    refused.findings.push_back({std::string(name), 0, 0, 0, "", "the document is larger than 256 MiB: split it", true});
    return refused;
  }
  const SourceText source(content);
  switch (form_of(source)) {
    case Form::html:
      return understand(name, source, read_html(source));
    case Form::markdown:
      return understand(name, source, read_markdown(source));
    case Form::text:
      break;
  }
  return understand(name, source, read_plain_text(source));
}

Extraction extract_file(const std::filesystem::path& file, std::string_view name) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (error || !std::filesystem::exists(status)) {
    throw DocumentError(
        fmt::format("{}: cannot be read: {}", name, error ? error.message() : std::string("no such file")));
  }
  if (std::filesystem::is_directory(status)) {
    throw DocumentError(fmt::format("{}: is a folder: name the documents in it", name));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw DocumentError(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
  }
  std::string content;
  char buffer[1 << 16];
  while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0) {
    content.append(buffer, static_cast<std::size_t>(stream.gcount()));
    if (content.size() > kMostBytes) {
      throw DocumentError(fmt::format("{}: is larger than 256 MiB: split it", name));
    }
  }
  if (stream.bad()) {
    throw DocumentError(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
  }
  return extract(name, content);
}

}  // namespace portcullis::spec
