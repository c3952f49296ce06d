// Port tables out of documents: Markdown, HTML, HTML inside Markdown, " | " text, one cell a line.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "spec/port_row.h"

namespace portcullis::spec {

/// The file could not be read at all (missing, a directory, too large). The message names the file and the reason.
class DocumentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the port tables of a document held in memory. The form (Markdown, HTML, text, ...) is found from the content.
/// `name` becomes PortRow::document as it is. Never throws on content: what is not understood is a finding.
Extraction extract(std::string_view name, std::string_view content);

/// Reads a file and extracts it. Throws DocumentError.
Extraction extract_file(const std::filesystem::path& file, std::string_view name);

/// Role names are equal if their keys are: NFKC, case folding, white space collapsed (DESIGN: role names).
std::string role_key(std::string_view role);

}  // namespace portcullis::spec
