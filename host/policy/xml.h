// Text in XML, for the JUnit reports.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::policy {

/// Text as content or as a value between double quotes: its markup escaped, a line break as "&#10;". It must be valid
/// UTF-8 without other control characters, as all text of documents and site files is.
std::string xml_escaped(std::string_view text);

}  // namespace portcullis::policy
