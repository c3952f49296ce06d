// What the tables of a document mean: which are port tables, what their columns are, what each row says.
#pragma once

#include <string_view>

#include "spec/document_model.h"
#include "spec/port_row.h"

namespace portcullis::spec {

/// Reads the port tables of a document that a reader took apart. `name` becomes the document of rows and findings.
Extraction understand(std::string_view name, const SourceText& source, const DocumentModel& model);

}  // namespace portcullis::spec
