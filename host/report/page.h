// Style and script of the page (page.css, page.js), as they stand between their tags.
#pragma once

#include <string_view>

namespace portcullis::report {

std::string_view page_style();
std::string_view page_script();
/// SHA-256 of the script in hexadecimal digits.
std::string_view page_script_sha256();

}  // namespace portcullis::report
