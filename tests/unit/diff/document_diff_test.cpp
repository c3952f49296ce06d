// Documents against each other: the editions and translations of the shared folder against what a person read in them,
// and small documents in which one can see what differs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "spec/diff.h"
#include "spec/extract.h"

namespace portcullis::spec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "kind line-before line-after".
std::vector<std::string> rows_of(const DocumentDiff& diff) {
  std::vector<std::string> out;
  for (const RowChange& change : diff.changes) {
    out.push_back(std::string(to_string(change.kind)) + ' ' + std::to_string(change.before.line) + ' ' +
                  std::to_string(change.after.line));
  }
  return out;
}

/// The same, and what changed.
std::vector<std::string> told(const std::string& before, const std::string& after) {
  const DocumentDiff result = diff(extract("a.md", before), extract("b.md", after));
  std::vector<std::string> out = rows_of(result);
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const std::string& what : result.changes[i].what) out[i] += "; " + what;
  }
  return out;
}

std::string table(const std::string& header, const std::vector<std::string>& rows) {
  std::string out = header + "\n|";
  for (std::size_t i = 1; i < static_cast<std::size_t>(std::count(header.begin(), header.end(), '|')); ++i) {
    out += "---|";
  }
  out += '\n';
  for (const std::string& row : rows) out += row + '\n';
  return out;
}

// The shared documents.

struct Expected {
  std::vector<std::string> rows;
  std::vector<std::string> fields;  ///< of changed rows: "ports", "role"
};

Expected expected(const fs::path& file) {
  Expected out;
  std::ifstream list(file);
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string kind, before, after, field;
    words >> kind >> before >> after >> field;
    out.rows.push_back(kind + ' ' + before + ' ' + after);
    if (!field.empty()) out.fields.push_back(field);
  }
  return out;
}

/// The seed whose name begins with the number; empty if it is not there.
fs::path seed(const std::string& number) {
  std::error_code missing;
  for (const auto& file : fs::directory_iterator(fs::path(PORTCULLIS_SHARED_DIR) / "seeds", missing)) {
    if (file.path().filename().string().starts_with(number)) return file.path();
  }
  return {};
}

class Editions : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string pair = GetParam();
    const fs::path before = seed(pair.substr(0, 3));
    const fs::path after = seed(pair.substr(4));
    if (before.empty() || after.empty()) GTEST_SKIP() << "the shared documents are not here";
    before_ = extract_file(before, "before");
    after_ = extract_file(after, "after");
    expected_ = expected(fs::path(PORTCULLIS_SOURCE_DIR) / "tests/data/diff" / (pair + ".txt"));
  }
  Extraction before_, after_;
  Expected expected_;
};

TEST_P(Editions, DifferAsAPersonReadsThem) {
  const DocumentDiff result = diff(before_, after_);
  EXPECT_THAT(rows_of(result), ::testing::UnorderedElementsAreArray(expected_.rows));
  std::vector<std::string> fields;
  for (const RowChange& change : result.changes) {
    for (const std::string& what : change.what) fields.push_back(what.substr(0, what.find_first_of(": ")));
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAreArray(expected_.fields));
}

TEST_P(Editions, DifferByTheSameRowsTheOtherWayRound) {
  std::vector<std::string> swapped;
  for (const std::string& row : expected_.rows) {
    std::istringstream words(row);
    std::string kind, before, after;
    words >> kind >> before >> after;
    kind = kind == "added" ? "gone" : kind == "gone" ? "added" : kind;
    swapped.push_back(kind + ' ' + after + ' ' + before);
  }
  EXPECT_THAT(rows_of(diff(after_, before_)), ::testing::UnorderedElementsAreArray(swapped));
}

INSTANTIATE_TEST_SUITE_P(Shared, Editions,
                         ::testing::Values("000-002", "000-003", "000-004", "001-000", "001-002", "001-003", "001-004",
                                           "003-002", "003-004", "004-002"),
                         [](const auto& info) {
                           std::string name = info.param;
                           name[3] = '_';
                           return name;
                         });

// What is no difference.

constexpr const char* kHeader = "| Server role | Service | Port | Protocol | Notes |";

TEST(DocumentDiff, WordingOrderAndGroupingAreNoDifference) {
  const std::string before = table(kHeader, {"| Web Servers | Web pages | 80, 443 | TCP | Used by clients. |",
                                             "| Web Servers | Name service | 53 | TCP/UDP | |",
                                             "| Mail Servers | Transfer | 25 | TCP | From anywhere |"});
  EXPECT_THAT(told(before, before), IsEmpty());
  EXPECT_THAT(told(before, table("| Role | Service name | Ports | Transport protocol | Comment |",
                                 {"| Mail server | SMTP | 25 | TCP | |", "| Web server | DNS | 53 | UDP | |",
                                  "| Web server | DNS | 53 | TCP | |", "| Web server | HTTPS | 443 | HTTPS | |",
                                  "| Web server | HTTP | 80 | HTTP | |"})),
              IsEmpty());
}

TEST(DocumentDiff, FormsAreNoDifference) {
  const std::string before = table(kHeader, {"| Web | pages | 80, 443 | TCP | |", "| Web | time | 123 | UDP | |"});
  const std::string html =
      "<table><tr><th>Server role</th><th>Service</th><th>Port</th><th>Protocol</th><th>Notes</th></tr>\n"
      "<tr><td rowspan=2>Web</td><td>pages</td><td>80<br>443</td><td>TCP</td><td></td></tr>\n"
      "<tr><td>time</td><td>123</td><td>UDP</td><td></td></tr></table>\n";
  EXPECT_THAT(told(before, html), IsEmpty());
}

TEST(DocumentDiff, ATranslationDiffersByWhatWasChangedInIt) {
  const std::string english = table(kHeader, {"| Front End Servers | Front-End service | 5061 | TCP (TLS) | |",
                                              "| Front End Servers | Conferencing | 49152-57500 | UDP | Audio |",
                                              "| Mediation Servers | Mediation | 5070 | TCP | |"});
  const std::string header = "| 服务器角色 | 服务名称 | 端口 | 协议 | 说明 |";
  const std::string first = "| 前端服务器 | 前端服务 | 5061 | TCP (TLS) | |";
  const std::string third = "| 中介服务器 | 中介服务 | 5070 | TCP | |";
  EXPECT_THAT(told(english, table(header, {first, "| 前端服务器 | 会议 | 49152－57500 | UDP | 音频 |", third})),
              IsEmpty());
  EXPECT_THAT(told(english, table(header, {first, "| 前端服务器 | 会议 | 49152-57501 | UDP | 音频 |", third})),
              ElementsAre("changed 4 4; ports: udp 49152-57500 -> udp 49152-57501"));
  EXPECT_THAT(told(english, table(header, {first, third})), ElementsAre("gone 4 0"));
}

TEST(DocumentDiff, ATranslationMayCallARoleByTwoNames) {
  const std::string english = table(kHeader, {"| Front End Servers | Front-End service | 5060 | TCP | |",
                                              "| Front End Servers | Conferencing | 5063 | TCP | |",
                                              "| Mediation Servers | Mediation | 5070 | TCP | |"});
  EXPECT_THAT(
      told(english, table("| 服务器角色 | 服务名称 | 端口 | 协议 | 说明 |",
                          {"| Front-End 服务器 | 前端服务 | 5060 | TCP | |", "| 前端服务器 | 会议 | 5063 | TCP | |",
                           "| 中介服务器 | 中介服务 | 5070 | TCP | |"})),
      IsEmpty());
}

TEST(DocumentDiff, NamesOfEndsInAnotherLanguageAreNoDifference) {
  const std::string english = table("| Source | Destination | Port | Protocol |",
                                    {"| Clients | Web servers | 443 | TCP |",
                                     "| Web servers | Databases | 1433 | TCP |", "| Any | Web servers | 80 | TCP |"});
  const std::string header = "| 源 | 目标 | 端口 | 协议 |";
  EXPECT_THAT(
      told(english, table(header, {"| 客户端 | Web 服务器 | 443 | TCP |", "| Web 服务器 | 数据库 | 1433 | TCP |",
                                   "| 任何 | Web 服务器 | 80 | TCP |"})),
      IsEmpty());
}

// What is one.

TEST(DocumentDiff, ChangedCellsAreNamed) {
  const std::string header = "| Role | Direction | Source | Port | Protocol | Action |";
  const auto with = [&](const std::string& row) {
    return table(header, {"| Web | Inbound | Clients | 443 | TCP | Allow |", row,
                          "| Web | Inbound | Clients | 22 | TCP | Allow |"});
  };
  const std::string before = with("| Web | Inbound | Partners | 8080 | TCP | Allow |");
  EXPECT_THAT(told(before, with("| Web | Inbound | Partners | 8080 | TCP | Permit |")), IsEmpty());
  EXPECT_THAT(told(before, with("| Web | Inbound | Partners | 8081 | TCP | Allow |")),
              ElementsAre("changed 4 4; ports: tcp 8080 -> tcp 8081"));
  EXPECT_THAT(told(before, with("| Web | Inbound | Partners | 8080 | UDP | Allow |")),
              ElementsAre("changed 4 4; ports: tcp 8080 -> udp 8080"));
  EXPECT_THAT(told(before, with("| Web | Inbound | Partners | 8080 | TCP | Deny |")),
              ElementsAre("changed 4 4; action: Allow -> Deny"));
  EXPECT_THAT(told(before, with("| Web | Outbound | Partners | 8080 | TCP | Allow |")),
              ElementsAre("changed 4 4; direction: to -> from"));
  EXPECT_THAT(told(before, with("| Web | Inbound | Any | 8080 | TCP | Allow |")),
              ElementsAre("changed 4 4; source: Partners -> Any"));
  EXPECT_THAT(told(before, with("| Web | Inbound | Clients | 8080 | TCP | Allow |")),
              ElementsAre("changed 4 4; source: Partners -> Clients"));
  EXPECT_THAT(told(before, with("| Web | Inbound | 192.0.2.0/24 | 8080 | TCP | Allow |")),
              ElementsAre("changed 4 4; source: Partners -> 192.0.2.0/24"));
}

TEST(DocumentDiff, ModelsInARoleAreNoWording) {
  const std::string before = table("| Component | Port | Protocol |", {"| Phone CX500, Phone 6721ip | 67/68 | DHCP |"});
  EXPECT_THAT(told(before, table("| Component | Port | Protocol |", {"| 6721ip phone, CX500 phone | 67/68 | DHCP |"})),
              IsEmpty());
  EXPECT_THAT(
      told(before, table("| Component | Port | Protocol |", {"| Phone CX500, Phone CX600, 6721ip | 67/68 | DHCP |"})),
      ElementsAre("changed 3 3; role now names cx600"));
}

TEST(DocumentDiff, ARowThatMovesToAnotherRoleIsGoneAndAdded) {
  const std::string web = "| Web Servers | pages | 443 | TCP | |";
  const std::string mail = "| Mail Servers | transfer | 25 | TCP | |";
  EXPECT_THAT(told(table(kHeader, {web, "| Web Servers | admin | 22 | TCP | |", mail}),
                   table(kHeader, {web, mail, "| Mail Servers | admin | 22 | TCP | |"})),
              ElementsAre("gone 4 0", "added 0 5"));
}

TEST(DocumentDiff, OneOfTwoEqualRowsThatGoesIsGone) {
  const std::string row = "| Web Servers | pages | 443 | TCP | |";
  EXPECT_THAT(told(table(kHeader, {row, row}), table(kHeader, {row})).size(), 1U);
}

TEST(DocumentDiff, RowsThatAreNotUnderstoodAreComparedAsTheyStand) {
  const std::string row = "| Web Servers | pages | 443 | TCP | |";
  const std::string lost = "| Web Servers | pages | 8443 | whatever | |";
  EXPECT_THAT(told(table(kHeader, {row, lost}), table(kHeader, {lost, row})), IsEmpty());
  EXPECT_THAT(told(table(kHeader, {row}), table(kHeader, {row, lost})), ElementsAre("added 0 4"));
}

TEST(DocumentDiff, MoreRowsThanCanBeComparedWithEachOtherAreStillMatched) {
  std::vector<std::string> rows;
  for (int i = 0; i < 1500; ++i) {
    rows.push_back("| Web Servers | pages " + std::to_string(i) + " | 443 | TCP | |");
  }
  std::vector<std::string> turned(rows.rbegin(), rows.rend());
  EXPECT_THAT(told(table(kHeader, rows), table(kHeader, turned)), IsEmpty());
  turned.pop_back();
  turned.push_back("| Web Servers | pages | 8443 | TCP | |");
  EXPECT_THAT(told(table(kHeader, rows), table(kHeader, turned)), ::testing::SizeIs(::testing::Le(2)));
}

/// Tables with random rows, of which some are then deleted, added, or given another port; the rest is reworded and
/// shuffled within its role. Every port is used once, so what a row became is beyond doubt.
TEST(DocumentDiff, RandomEditsAreFoundAndNothingElse) {
  const char* given = std::getenv("PORTCULLIS_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 20'100'805U;
  std::cout << "PORTCULLIS_SEED=" << seed << '\n';
  std::mt19937 random(seed);
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  const std::vector<std::string> roles = {"Web Servers", "Mail Gateways", "Database Hosts", "Telephones"};
  for (int round = 0; round < 200; ++round) {
    struct Row {
      std::string service;
      unsigned first, last;
      bool tcp, udp;
      std::string text(const std::string& role, bool reworded) const {
        const std::string ports = first == last ? std::to_string(first)
                                  : reworded    ? std::to_string(first) + " to " + std::to_string(last)
                                                : std::to_string(first) + "-" + std::to_string(last);
        const std::string protocol = tcp && udp ? (reworded ? "UDP and TCP" : "TCP/UDP") : tcp ? "TCP" : "UDP";
        return "| " + role + " | " + service + " | " + ports + " | " + protocol + " | " +
               (reworded ? "in other words" : "as it was") + " |";
      }
    };
    unsigned next = 2000;
    unsigned number = 0;
    const auto new_row = [&] {
      const unsigned first = next;
      const unsigned last = below(3) == 0 ? first + below(20) : first;
      next += 40;
      const unsigned protocols = 1 + below(3);
      return Row{"service" + std::to_string(number++), first, last, (protocols & 1U) != 0, (protocols & 2U) != 0};
    };
    std::vector<std::string> before, after;
    std::set<std::string> expected;
    struct Placed {
      std::string text, kind;
      std::size_t from;
    };
    for (const std::string& role : roles) {
      std::vector<Placed> mine;
      const unsigned count = 4 + below(6);
      for (unsigned i = 0; i < count; ++i) {
        const Row row = new_row();
        before.push_back(row.text(role, false));
        const std::size_t line = before.size() + 2;
        const unsigned edit = below(12);
        if (edit == 0) {
          expected.insert("gone " + std::to_string(line) + " 0");
          continue;
        }
        Row other = row;
        if (edit == 1) other.last += 1 + below(10);
        mine.push_back({other.text(role, true), edit == 1 ? "changed" : "", line});
        if (edit == 2) mine.push_back({new_row().text(role, true), "added", 0});
      }
      std::shuffle(mine.begin(), mine.end(), random);
      for (const Placed& placed : mine) {
        after.push_back(placed.text);
        if (!placed.kind.empty()) {
          expected.insert(placed.kind + ' ' + std::to_string(placed.from) + ' ' + std::to_string(after.size() + 2));
        }
      }
    }
    const std::vector<std::string> found =
        rows_of(diff(extract("a.md", table(kHeader, before)), extract("b.md", table(kHeader, after))));
    ASSERT_THAT(found, ::testing::UnorderedElementsAreArray(expected)) << "round " << round;
  }
}

}  // namespace
}  // namespace portcullis::spec
