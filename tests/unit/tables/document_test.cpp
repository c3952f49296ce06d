// docs/table-image.md: its example is the image of the policy that it describes.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "bank_lookup.h"
#include "tables/compile.h"

namespace portcullis::tables {
namespace {

std::vector<std::uint8_t> example() {
  Geometry geometry;
  geometry.name = "tiny";
  geometry.rules = 8;
  geometry.intervals = {4, 4, 4, 4, 4};
  policy::Policy policy;
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.destination = {{policy::from_ipv4(0xC0000200), policy::from_ipv4(0xC00002FF)}};
  entry.match.destination_port = {{443, 443}};
  entry.match.protocol.reset().set(6);
  entry.action.permit = true;
  entry.from.rule = "ports.md:7";
  entry.from.document = "ports.md";
  entry.from.line = 7;
  entry.from.role = "Web";
  entry.from.service = "HTTPS";
  entry.from.text = "| Web | HTTPS | TCP | 443 |";
  policy.entries.push_back(entry);
  return encode(compile(policy, geometry, {SourceFile::of("site.yaml", "portcullis: 1\n")}).image);
}

// A line of a hexdump: an offset of eight digits, two spaces, bytes of two digits; the rest, from a bar on, is for
// people.
struct DumpLine {
  std::size_t offset = 0;
  std::vector<unsigned> bytes;
};

std::optional<DumpLine> parse_dump(const std::string& line) {
  constexpr const char* kDigits = "0123456789abcdef";
  if (line.find_first_not_of(kDigits) != 8 || line.compare(8, 2, "  ") != 0) return std::nullopt;
  DumpLine out;
  out.offset = std::stoul(line.substr(0, 8), nullptr, 16);
  std::istringstream words(line.substr(10, line.find('|') - 10));
  for (std::string word; words >> word;) {
    if (word.size() != 2 || word.find_first_not_of(kDigits) != std::string::npos) return std::nullopt;
    out.bytes.push_back(static_cast<unsigned>(std::stoul(word, nullptr, 16)));
  }
  return out;
}

TEST(TableImageDocument, ExampleIsTheImageOfItsPolicy) {
  const std::vector<std::uint8_t> bytes = example();
  std::ifstream in(PORTCULLIS_SOURCE_DIR "/docs/table-image.md");
  ASSERT_TRUE(in);
  std::set<std::size_t> shown;
  for (std::string line; std::getline(in, line);) {
    const auto dump = parse_dump(line);
    if (!dump) continue;
    for (std::size_t i = 0; i < dump->bytes.size(); ++i) {
      const std::size_t at = dump->offset + i;
      ASSERT_LT(at, bytes.size()) << line;
      ASSERT_EQ(unsigned{bytes[at]}, dump->bytes[i]) << "byte " << at << " in: " << line;
      shown.insert(at);
    }
  }
  // Header, directory, and the first bytes of each section are there.
  for (std::size_t at = 0; at < 200; ++at) EXPECT_TRUE(shown.contains(at)) << at;
  const test::BankLookup bank(bytes);
  for (const auto& [tag, section] : bank.sections()) {
    for (std::size_t i = 0; i < 16; ++i)
      EXPECT_TRUE(shown.contains(section.offset + i)) << tag << " " << section.offset + i;
  }
  EXPECT_TRUE(shown.contains(bytes.size() - 1));
}

}  // namespace
}  // namespace portcullis::tables
