// The grammar of port and protocol cells, and headers, on arbitrary text.
#include <cstdlib>

#include "spec/cell_grammar.h"
#include "spec/extract.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis::spec;
  const Vocabulary& vocabulary = Vocabulary::built_in();
  const SourceText source({reinterpret_cast<const char*>(data), size});
  const std::string_view cell = source.text();
  for (const PortGroup& group : read_port_cell(vocabulary, cell).groups) {
    for (const PortRange& range : group.ranges) {
      if (range.first > range.last) {
        std::abort();
      }
    }
  }
  static_cast<void>(read_protocol_cell(vocabulary, cell));
  static_cast<void>(vocabulary.header(cell));
  static_cast<void>(vocabulary.split_header(cell));
  static_cast<void>(vocabulary.direction(cell));
  static_cast<void>(vocabulary.generic_heading(cell));
  return 0;
}
