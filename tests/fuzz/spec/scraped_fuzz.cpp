// The reader of scraped text on arbitrary bytes below one of several headers, which the first byte chooses.
#include <array>

#include "check_extraction.h"
#include "spec/document_model.h"
#include "spec/table_meaning.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis::spec;
  constexpr std::array headers{"Server roleService namePortProtocolNotes\n", "ComponentPortProtocol\n",
                               "ProtocolPortDescription\n", "", "服务器角色端口协议说明\n"};
  std::string document;
  if (size > 0) {
    document = headers[data[0] % headers.size()];
    document.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  }
  const SourceText source(document);
  check_extraction(understand("fuzz", source, read_plain_text(source)), source);
  return 0;
}
