// hidden-rule and never-matches against brute force: filters over a few values of each field, every key looked up.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>
#include <set>

#include "policy/classbench.h"
#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

class LintPolicy : public Workspace {};

std::uint64_t seed() {
  const char* given = std::getenv("PORTCULLIS_SEED");
  return given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
}

TEST_F(LintPolicy, HiddenFiltersAreExactlyThoseThatNoKeyMeetsFirst) {
  const std::uint64_t start = seed();
  SCOPED_TRACE(fmt::format("PORTCULLIS_SEED={}", start));
  std::mt19937_64 random(start);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  unsigned hidden_in_all = 0;
  for (unsigned set = 0; set < 60; ++set) {
    std::string text;
    constexpr unsigned kFilters = 14;
    for (unsigned i = 0; i < kFilters; ++i) {
      // Prefixes of the last two bits of an address, port ranges within 0 to 3, protocol 6, 17 or any.
      const unsigned s = below(3);
      const unsigned d = below(3);
      const auto ports = [&] {
        const unsigned a = below(4);
        const unsigned b = below(4);
        return fmt::format("{} : {}", std::min(a, b), std::max(a, b));
      };
      const char* protocols[] = {"0x06/0xFF", "0x11/0xFF", "0x00/0x00"};
      text += fmt::format("@10.0.0.{}/{}\t10.0.0.{}/{}\t{}\t{}\t{}\n", below(4) & ~((1U << s) - 1U) & 3U, 32 - s,
                          below(4) & ~((1U << d) - 1U) & 3U, 32 - d, ports(), ports(), protocols[below(3)]);
    }
    const auto file = write("filters", text);
    // Every key there is, by the text of the filters alone.
    const Policy policy = read_classbench(file);
    std::set<unsigned> first;
    Key key;
    key.tcp_flags = 0;
    key.context = make_context(0, EtherClass::ipv4, Fragment::whole);
    for (unsigned n = 0; n < 4U * 4U * 4U * 4U * 3U; ++n) {
      key.source = from_ipv4(0x0A00'0000U + n % 4);
      key.destination = from_ipv4(0x0A00'0000U + n / 4 % 4);
      key.source_port = n / 16 % 4;
      key.destination_port = n / 64 % 4;
      constexpr std::uint8_t kProtocols[] = {6, 17, 47};
      key.protocol = kProtocols[n / 256];
      for (unsigned rule = 0; rule < policy.entries.size(); ++rule) {
        if (policy.entries[rule].match.contains(key)) {
          first.insert(rule + 1);
          break;
        }
      }
    }
    std::vector<std::string> expected;
    for (unsigned rule = 1; rule <= kFilters; ++rule) {
      if (!first.contains(rule)) expected.push_back(fmt::format("hidden-rule:{}", rule));
    }
    hidden_in_all += static_cast<unsigned>(expected.size());
    EXPECT_EQ(rules_and_lines(lint_classbench(file)), expected) << text;
  }
  EXPECT_GT(hidden_in_all, 30U) << "the sets hide too little to tell";
}

constexpr std::string_view kPorts =
    "| Server role | Port | Protocol |\n|---|---|---|\n| Web Servers | 443, 8443 | TCP |\n| Mail Servers | 443 | TCP "
    "|\n";

TEST_F(LintPolicy, RowsAreHiddenByOverlappingRolesOfTheSite) {
  const std::string site =
      "portcullis: 1\ndocuments: [ports.md]\nroles:\n  Web Servers: 192.0.2.0/24\n  Mail Servers: ";
  const Report hidden = lint_with_site(kPorts, site + "192.0.2.7\n");
  EXPECT_EQ(rules_and_lines(hidden), std::vector<std::string>{"hidden-row:4"});
  ASSERT_EQ(hidden.findings[0].related.size(), 1U);
  EXPECT_EQ(hidden.findings[0].related[0].at.line, 3U);
  EXPECT_THAT(rules_and_lines(lint_with_site(kPorts, site + "[192.0.2.7, 198.51.100.1]\n")), ::testing::IsEmpty());
}

TEST_F(LintPolicy, RowsAreOverruledByAUnionOfRulesOnly) {
  const std::string site =
      "portcullis: 1\ndocuments: [ports.md]\nroles:\n  Web Servers: 192.0.2.0/24\n  Mail Servers: 198.51.100.0/24\n"
      "rules:\n  - {name: lower, action: drop, destination: 192.0.2.0/25, protocol: tcp, destination_port: 400-9000}\n";
  const std::string upper =
      "  - {name: upper, action: permit, mark: 7, destination: 192.0.2.128/25, protocol: tcp, destination_port: "
      "1-9000}\n";
  EXPECT_THAT(rules_and_lines(lint_with_site(kPorts, site)), ::testing::IsEmpty());
  const Report report = lint_with_site(kPorts, site + upper);
  EXPECT_EQ(rules_and_lines(report), std::vector<std::string>{"overruled-row:3"});
  EXPECT_THAT(report.findings[0].message, ::testing::HasSubstr("rule lower"));
  EXPECT_THAT(report.findings[0].message, ::testing::HasSubstr("rule upper"));
}

TEST_F(LintPolicy, OverridesAreReadAsTheRowsPorts) {
  const std::string document =
      "| Server role | Port | Protocol |\n|---|---|---|\n| Web Servers | 57501-65335 | UDP |\n";
  const std::string site = "portcullis: 1\ndocuments: [ports.md]\nroles:\n  Web Servers: 192.0.2.0/24\n";
  EXPECT_EQ(rules_and_lines(lint_with_site(document, site)), std::vector<std::string>{"odd-range-end:3"});
  EXPECT_THAT(rules_and_lines(lint_with_site(
                  document, site + "overrides: [{document: ports.md, line: 3, port: 57501-65535, reason: typing}]\n")),
              ::testing::IsEmpty());
}

}  // namespace
}  // namespace portcullis::policy::lint
