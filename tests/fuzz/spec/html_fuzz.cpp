// The HTML reader and what comes behind it, on arbitrary bytes.
#include "check_extraction.h"
#include "spec/document_model.h"
#include "spec/table_meaning.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis::spec;
  const SourceText source({reinterpret_cast<const char*>(data), size});
  check_extraction(understand("fuzz", source, read_html(source)), source);
  return 0;
}
