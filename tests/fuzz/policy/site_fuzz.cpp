// Site files, ClassBench filters and traces: any bytes are read or refused with an error whose place lies in the text.
// Sites that are read are built with rows at hand, so that settings and overrides are tried too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/build.h"
#include "policy/classbench.h"
#include "policy/site.h"

namespace {

using namespace portcullis;

spec::Extraction some_rows() {
  spec::Extraction extraction;
  extraction.tables.resize(2);
  extraction.tables[0].number = 1;
  extraction.tables[0].title = "A";
  extraction.tables[1].number = 2;
  extraction.tables[1].other_action = true;
  for (unsigned line = 1; line < 5; ++line) {
    spec::PortRow row;
    row.line = line;
    row.table = 1 + line % 2;
    row.role = line < 3 ? "A" : "B";
    row.peer = line == 4 ? "10.0.0.0/8, A" : "";
    row.uses = {{{6, "tcp"}, {{80, 90}, {443, 443}}, {}}, {{1, "icmp"}, {}, {{8, -1}, {3, 4}}}};
    extraction.rows.push_back(row);
  }
  return extraction;
}

void read_site(std::string_view text) {
  try {
    const policy::Site site = policy::parse_site("site.yaml", text);
    static const spec::Extraction rows = some_rows();
    // A site of a few bytes may hold thousands of documents; a few are enough to reach all of the code.
    if (site.documents.size() > 4) return;
    const policy::Policy built = policy::build_policy(site, std::vector<spec::Extraction>(site.documents.size(), rows));
    for (const policy::Entry& entry : built.entries) {
      if (entry.match.empty()) std::abort();
    }
  } catch (const policy::SiteError& error) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    if (error.place().line > lines) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_site(text);
  try {
    policy::parse_classbench("filters", text);
  } catch (const policy::ClassbenchError&) {
  }
  try {
    policy::parse_trace("trace", text);
  } catch (const policy::ClassbenchError&) {
  }
  return 0;
}
