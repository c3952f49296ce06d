// docs/table-image.md: its example is the image of the policy that it describes.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

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

TEST(TableImageDocument, ExampleIsTheImageOfItsPolicy) {
  const std::vector<std::uint8_t> bytes = example();
  std::ifstream in(PORTCULLIS_SOURCE_DIR "/docs/table-image.md");
  ASSERT_TRUE(in);
  const std::regex dump("^([0-9a-f]{8}  )((?:[0-9a-f]{2} {0,2}){1,16})(?:[|].*)?$");
  std::string line;
  std::set<std::size_t> shown;
  while (std::getline(in, line)) {
    std::smatch parts;
    if (!std::regex_match(line, parts, dump)) continue;
    std::size_t at = std::stoul(parts[1].str(), nullptr, 16);
    std::istringstream values(parts[2].str());
    unsigned value = 0;
    while (values >> std::hex >> value) {
      ASSERT_LT(at, bytes.size()) << line;
      ASSERT_EQ(unsigned{bytes[at]}, value) << "byte " << at << " in: " << line;
      shown.insert(at++);
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
