// The reader of plain text on arbitrary bytes below a header with pipes; the first byte chooses pipes or tabs.
#include <algorithm>

#include "check_extraction.h"
#include "spec/document_model.h"
#include "spec/table_meaning.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis::spec;
  std::string document = "Server role | Service name | Port | Protocol | Notes |\n";
  if (size > 0) {
    document.append(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 4 == 0) {
      std::replace(document.begin(), document.end(), '|', '\t');
    }
  }
  const SourceText source(document);
  check_extraction(understand("fuzz", source, read_plain_text(source)), source);
  return 0;
}
