// A report of `lint` as text, JSON, SARIF 2.1.0 and JUnit XML.
#pragma once

#include <string>
#include <string_view>

#include "policy/lint/finding.h"

namespace portcullis::policy::lint {

/// "file:line:column: severity: sentence [rule]" per finding, as compilers print them. With colours of ANSI terminals
/// if asked for.
std::string to_text(const Report& report, bool colour = false);
/// "2 errors, 1 warning, 0 notes, 1 silenced".
std::string summary(const Report& report);
/// An object with `findings`, `silenced` and `summary`; two spaces of indentation.
std::string to_json(const Report& report);
/// SARIF 2.1.0 (OASIS Standard, 27 March 2020), one run; silenced findings are results with a suppression. Paths are
/// relative as they were given, so that code-review pages find the files; columns count characters.
std::string to_sarif(const Report& report, std::string_view version);
/// JUnit XML: a suite per file; a failed case per finding, a skipped one per silenced finding, and a passed one per
/// rule that found nothing there.
std::string to_junit(const Report& report);

}  // namespace portcullis::policy::lint
