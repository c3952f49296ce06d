// ClassBench sets, complete, through the engine's key port: against a first-match search over the filter file, read
// here line by line.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "policy/classbench.h"
#include "run/run.h"
#include "tables/compile.h"

namespace portcullis::integration {
namespace {

struct Filter {
  std::uint32_t source, source_mask, destination, destination_mask;
  unsigned source_first, source_last, destination_first, destination_last;
  unsigned protocol, protocol_mask;
};

std::vector<Filter> read_filters(const std::filesystem::path& file) {
  std::vector<Filter> filters;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    unsigned a[4], b[4], length_a, length_b;
    Filter f{};
    const int fields =
        std::sscanf(line.c_str(), "@%u.%u.%u.%u/%u %u.%u.%u.%u/%u %u : %u %u : %u %x/%x", &a[0], &a[1], &a[2], &a[3],
                    &length_a, &b[0], &b[1], &b[2], &b[3], &length_b, &f.source_first, &f.source_last,
                    &f.destination_first, &f.destination_last, &f.protocol, &f.protocol_mask);
    if (fields != 16) continue;
    const auto mask = [](unsigned length) { return length == 0 ? 0U : ~0U << (32 - length); };
    f.source = a[0] << 24U | a[1] << 16U | a[2] << 8U | a[3];
    f.destination = b[0] << 24U | b[1] << 16U | b[2] << 8U | b[3];
    f.source_mask = mask(length_a);
    f.destination_mask = mask(length_b);
    filters.push_back(f);
  }
  return filters;
}

int first_match(const std::vector<Filter>& filters, std::uint32_t source, std::uint32_t destination,
                unsigned source_port, unsigned destination_port, unsigned protocol) {
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const Filter& f = filters[i];
    if (((source ^ f.source) & f.source_mask) == 0 && ((destination ^ f.destination) & f.destination_mask) == 0 &&
        source_port >= f.source_first && source_port <= f.source_last && destination_port >= f.destination_first &&
        destination_port <= f.destination_last && ((protocol ^ f.protocol) & f.protocol_mask) == 0) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

class Classbench : public testing::TestWithParam<const char*> {};

TEST_P(Classbench, EveryHeaderOfTheTraceMeetsItsFirstMatch) {
  const std::filesystem::path set = std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench" / GetParam();
  if (!std::filesystem::exists(set)) GTEST_SKIP() << set << " is not there";
  const std::vector<Filter> filters = read_filters(set);
  ASSERT_GT(filters.size(), 500U);
  const tables::TableImage image = tables::compile(policy::read_classbench(set), tables::Geometry::large()).image;

  // Headers inside filters and beside them: each filter's corners, combined, and their outer neighbours.
  std::string text;
  std::vector<int> expected;
  std::uint64_t state = 88172645463325252U;  // xorshift64, seeded as in its paper
  const auto draw = [&state] {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state;
  };
  for (const Filter& f : filters) {
    for (unsigned i = 0; i < 30; ++i) {
      const auto corner = [&draw](std::uint64_t first, std::uint64_t last, std::uint64_t limit) {
        switch (draw() % 6) {
          case 0:
            return first;
          case 1:
            return last;
          case 2:
            return first == 0 ? first : first - 1;
          case 3:
            return last == limit ? last : last + 1;
          default:
            return first + draw() % (last - first + 1);
        }
      };
      const auto source =
          static_cast<std::uint32_t>(corner(f.source & f.source_mask, f.source | ~f.source_mask, 0xFFFFFFFF));
      const auto destination = static_cast<std::uint32_t>(
          corner(f.destination & f.destination_mask, f.destination | ~f.destination_mask, 0xFFFFFFFF));
      const auto source_port = static_cast<unsigned>(corner(f.source_first, f.source_last, 0xFFFF));
      const auto destination_port = static_cast<unsigned>(corner(f.destination_first, f.destination_last, 0xFFFF));
      const auto protocol = static_cast<unsigned>(draw() % 4 == 0 ? draw() % 256 : f.protocol);
      text += std::to_string(source) + '\t' + std::to_string(destination) + '\t' + std::to_string(source_port) + '\t' +
              std::to_string(destination_port) + '\t' + std::to_string(protocol) + "\t0\t0\n";
      expected.push_back(first_match(filters, source, destination, source_port, destination_port, protocol));
    }
  }
  std::istringstream trace(text);
  const std::vector<int> rules = sim::classify_rtl(image, trace, "trace");
  ASSERT_EQ(rules.size(), expected.size());
  for (std::size_t i = 0; i < rules.size(); ++i) ASSERT_EQ(rules[i], expected[i]) << "header " << i;

  // The trace that comes with the set.
  const std::filesystem::path own = set.string() + "_trace";
  if (!std::filesystem::exists(own)) return;
  std::ifstream in(own);
  const std::vector<int> traced = sim::classify_rtl(image, in, own.string());
  in.clear();
  in.seekg(0);
  std::size_t header = 0;
  for (std::string line; std::getline(in, line); ++header) {
    unsigned long long f[5];
    ASSERT_EQ(std::sscanf(line.c_str(), "%llu %llu %llu %llu %llu", &f[0], &f[1], &f[2], &f[3], &f[4]), 5) << line;
    ASSERT_LT(header, traced.size());
    ASSERT_EQ(traced[header],
              first_match(filters, static_cast<std::uint32_t>(f[0]), static_cast<std::uint32_t>(f[1]),
                          static_cast<unsigned>(f[2]), static_cast<unsigned>(f[3]), static_cast<unsigned>(f[4])))
        << "header " << header;
  }
  EXPECT_EQ(header, traced.size());
}

INSTANTIATE_TEST_SUITE_P(OneThousand, Classbench, testing::Values("acl1_1k", "fw1_1k", "ipc1_1k"));

}  // namespace
}  // namespace portcullis::integration
