// Text of documents in exports: it never ends a line, a comment or a string of the format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "exports/export.h"
#include "exports/words.h"
#include "policies.h"

namespace portcullis::exports {
namespace {

const std::string kHostile =
    "\"; flush ruleset; #\n}\n\tdrop\\\" </script>\r\n\x01\xff\xE2\x80\xAE"
    "evil\xE2\x80\xAC\xF0\x9F\x98\x80";

policy::Policy hostile_policy() {
  policy::Policy policy = example("kubernetes");
  for (policy::Entry& entry : policy.entries) {
    entry.from.rule = kHostile;
    entry.from.role = kHostile + std::string(1 << 20, 'x');
    entry.from.service = kHostile;
    entry.from.text = kHostile;
  }
  return policy;
}

TEST(HostileText, OneLineHasNothingThatEndsALineOrAString) {
  const std::string line = one_line(kHostile, 200);
  EXPECT_EQ(line.find_first_of("\"\\\n\r\t\x01"), std::string::npos) << line;
  EXPECT_EQ(line.find("\xE2\x80\xAE"), std::string::npos) << "a right-to-left override is left";
  EXPECT_THAT(line, ::testing::HasSubstr("evil\xF0\x9F\x98\x80"));
  EXPECT_LE(one_line(std::string(10'000, 'x'), 120).size(), 123U);
}

TEST(HostileText, NftablesHasItInStringsAndCommentsOnly) {
  Options options;
  options.subject = kHostile;
  options.names.push_back({kHostile, policy::IntervalSet<policy::Address>{
                                         {policy::from_ipv4(0x0A140000U), policy::from_ipv4(0x0A14000FU)}}});
  std::istringstream in(to_nftables(hostile_policy(), options).text);
  std::size_t mentions = 0;
  for (std::string line; std::getline(in, line);) {
    std::string code;
    bool in_string = false;
    for (const char c : line) {
      if (c == '#' && !in_string) break;
      if (c == '"') in_string = !in_string;
      if (!in_string) code += c;
    }
    EXPECT_FALSE(in_string) << "a string that does not end: " << line;
    EXPECT_THAT(code, ::testing::Not(::testing::HasSubstr("flush "))) << line;
    mentions += line.find("flush") != std::string::npos ? 1U : 0U;
  }
  EXPECT_GT(mentions, 0U);
}

TEST(HostileText, TestpmdCommandsAreThoseOfTheHarmlessPolicy) {
  const auto commands = [](const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line[0] != '#') lines.push_back(line);
    }
    return lines;
  };
  EXPECT_EQ(commands(to_testpmd(hostile_policy(), {}).text), commands(to_testpmd(example("kubernetes"), {}).text));
}

TEST(HostileText, P4RuntimeIsValidJson) {
  EXPECT_TRUE(nlohmann::json::accept(to_p4runtime(hostile_policy(), {}).text));
}

}  // namespace
}  // namespace portcullis::exports
