// The page of a site: that it holds the policy, and that it needs nothing but itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "dom.h"
#include "report/html.h"
#include "subject.h"

namespace portcullis::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kDocument =
    "| Server role | Service | Port | Protocol | Source |\n"         // line 1
    "|---|---|---|---|---|\n"                                        // 2
    "| Web Servers | web | 80, 443 | TCP | Clients |\n"              // 3
    "| Web Servers | telephony | 5060-5061 | TCP/UDP | Clients |\n"  // 4
    "| Name Servers | names | 53 | UDP | Web Servers |\n"            // 5
    "| Name Servers | echo | | ICMP type 8 | Clients |\n"            // 6
    "| Name Servers | lost | 70000 | TCP | Clients |\n";             // 7: no such port
const std::string kSite =
    "portcullis: 1\n"                                 // line 1
    "documents: [{file: ports.md}]\n"                 // 2
    "roles:\n"                                        // 3
    "  Web Servers: [192.0.2.0/26, 2001:db8::/64]\n"  // 4
    "  Name Servers: 192.0.2.64/28\n"                 // 5
    "  Clients: 198.51.100.0/24\n"                    // 6
    "rules:\n"                                        // 7
    "  - {name: no-web, action: drop, source: Clients, destination: Web Servers, protocol: tcp, "
    "destination_port: [80, 443]}\n"  // 8
    "  - {name: half-voice, action: drop, source: Clients, destination: Web Servers, protocol: udp}\n";

class Page : public ::testing::Test {
 protected:
  static Input with_findings(const Subject& subject) {
    Input input = subject.input();
    for (const spec::Finding& f : subject.site.findings) {
      input.findings.push_back({"warning", "not-understood", subject.sources[1].name, f.line, f.reason});
    }
    return input;
  }
};

/// Texts of the cells of a row.
std::vector<std::string> cells(const Element& row) {
  std::vector<std::string> out;
  for (const Element& cell : row.children()) out.push_back(cell.text());
  return out;
}

TEST_F(Page, HasTheRowsOfEveryRoleInThePolicysOrderWithTheirLines) {
  const Subject subject = subject_of(kDocument, kSite);
  const Dom dom(to_html(subject.input()));
  std::map<std::string, std::vector<std::string>> roles;
  for (const Element& role : dom.root().classed("role")) {
    for (const Element& row : role.classed("row")) {
      const std::vector<std::string> c = cells(row);
      roles[role.classed("role-name").at(0).text()].push_back(c[0] + " " + c[1] + " " + c[2] + " " + c[3] + " " + c[4] +
                                                              " > " + c[5] + " @" + c[6]);
    }
  }
  EXPECT_THAT(roles["Web Servers"],
              ElementsAre("permit web tcp 80, 443 Clients > Web Servers @ports.md:3",
                          "permit telephony tcp, udp 5060-5061 Clients > Web Servers @ports.md:4"));
  EXPECT_THAT(roles["Name Servers"], ElementsAre("permit names udp 53 Web Servers > Name Servers @ports.md:5",
                                                 "permit echo icmp type 8 Clients > Name Servers @ports.md:6"));
  ASSERT_EQ(roles["Rules written by hand"].size(), 2U);
  EXPECT_THAT(roles["Rules written by hand"][0], HasSubstr("drop no-web tcp 80, 443 Clients > Web Servers @"));
  EXPECT_THAT(roles["Rules written by hand"][0], HasSubstr("site.yaml:8"));
  EXPECT_EQ(roles["Essential to every link"].size(), 4U);
}

// Every entry of the policy is a row, or is counted as a reply beside one.
TEST_F(Page, AccountsForEveryEntryOfTheExamples) {
  for (const char* name : {"campus-voice", "kubernetes", "first-days"}) {
    const Subject subject = example(name);
    const Dom dom(to_html(subject.input()));
    std::size_t replies = 0;
    std::set<std::size_t> numbers;
    for (const Element& row : dom.root().all([](const Element& e) { return e.attribute("id").starts_with("e"); })) {
      const std::size_t number = std::stoul(row.attribute("id").substr(1));
      EXPECT_TRUE(numbers.insert(number).second) << name << ": entry " << number << " twice";
      const policy::Entry& entry = subject.site.policy.entries.at(number);
      EXPECT_FALSE(entry.from.reply);
      EXPECT_EQ(row.attribute("data-verdict"), entry.action.permit ? "permit" : "drop");
      const std::string last = cells(row).back();
      const std::size_t plus = last.find('+');
      if (plus != std::string::npos) replies += std::stoul(last.substr(plus + 1));
    }
    EXPECT_EQ(numbers.size() + replies, subject.site.policy.entries.size()) << name;
  }
}

// Counted by hand: web is dropped in front for clients; telephony is left by TCP.
TEST_F(Page, TheMatrixCountsRowsThroughWhichAPacketReallyPasses) {
  const Subject subject = subject_of(kDocument, kSite);
  const Dom dom(to_html(subject.input()));
  std::map<std::string, std::vector<std::string>> rows;
  for (const Element& row : dom.by_id("matrix").tagged("tr")) {
    const std::vector<Element> name = row.tagged("bdi");
    if (name.empty()) continue;
    for (const Element& cell : row.tagged("td")) rows[name[0].text()].push_back(cell.text());
  }
  EXPECT_THAT(rows["Web Servers"], ElementsAre("·", "1", "·"));
  EXPECT_THAT(rows["Name Servers"], ElementsAre("·", "·", "·"));
  EXPECT_THAT(rows["Clients"], ElementsAre("1", "1", "·"));
  const auto filled = dom.by_id("matrix").all([](const Element& e) { return e.attribute("title").starts_with("Cli"); });
  ASSERT_GE(filled.size(), 3U);
  EXPECT_THAT(filled[1].attribute("title"), HasSubstr("telephony (ports.md:4)"));
}

/// First and last x of the rectangles below an element.
std::pair<double, double> extent(const Element& mark, std::size_t number) {
  const Element rect = mark.tagged("rect").at(number);
  const double x = std::stod(rect.attribute("x"));
  return {x, x + std::stod(rect.attribute("width"))};
}

TEST_F(Page, TheMapsMarksStandWhereTheirPortsAreOnALogarithmicAxis) {
  const std::string document =
      "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n"
      "| A | low | 1 | TCP |\n| A | ten | 10 | TCP |\n| A | hundred | 100-999 | TCP |\n| A | high | 10000-65535 | UDP "
      "|\n"
      "| A | both | 1000 | TCP/UDP |\n| A | tunnel | | ESP |\n";
  const Subject subject = subject_of(document, "portcullis: 1\ndocuments: [{file: ports.md}]\nroles: {A: 192.0.2.1}\n");
  const Dom dom(to_html(subject.input()));
  const std::vector<Element> marks = dom.by_id("map").classed("mark");
  ASSERT_EQ(marks.size(), 6U);
  const double one = extent(marks[0], 0).first;
  const double decade = extent(marks[1], 0).first - one;
  EXPECT_GT(decade, 100);
  EXPECT_NEAR(extent(marks[2], 0).first, one + 2 * decade, 0.3);
  EXPECT_NEAR(extent(marks[2], 0).second, one + 3 * decade, 0.3);
  EXPECT_NEAR(extent(marks[3], 0).first, one + 4 * decade, 0.5);
  EXPECT_NEAR(extent(marks[3], 0).second, one + 4.8165 * decade, 0.5) << "log10(65536)";
  // TCP above UDP, and a row of both over both lanes.
  const auto y = [&](std::size_t i) { return std::stod(marks[i].tagged("rect").at(0).attribute("y")); };
  const auto height = [&](std::size_t i) { return std::stod(marks[i].tagged("rect").at(0).attribute("height")); };
  EXPECT_LE(y(1) + height(1), y(3));
  EXPECT_EQ(y(4), y(1));
  EXPECT_NEAR(y(4) + height(4), y(3) + height(3), 0.01);
  EXPECT_EQ(marks[5].tagged("circle").size(), 1U) << "ESP has no ports";
}

TEST_F(Page, EveryMarkOfTheMapIsALinkToItsRowAndSpeaksIt) {
  const Subject subject = example("campus-voice");
  const Dom dom(to_html(subject.input()));
  const std::vector<Element> marks = dom.by_id("map").classed("mark");
  EXPECT_GT(marks.size(), 80U);
  for (const Element& mark : marks) {
    EXPECT_EQ(mark.tag(), "a");
    const Element row = dom.by_id(mark.attribute("href").substr(1));
    EXPECT_EQ(row.attribute("data-verdict"), mark.has_class("permit") ? "permit" : "drop");
    EXPECT_THAT(mark.attribute("aria-label"), HasSubstr(cells(row)[1].substr(0, 20)));
  }
}

TEST_F(Page, NeedsNothingButItself) {
  const Subject subject = example("campus-voice");
  const Dom dom(to_html(subject.input()));
  for (const Element& e : dom.root().all([](const Element&) { return true; })) {
    for (const auto& [name, value] : e.attributes()) {
      EXPECT_NE(name, "src");
      EXPECT_NE(name, "style") << "the page's policy of content has no room for inline styles of rows";
      if (name == "href" && e.tag() == "a") {
        EXPECT_TRUE(value.starts_with('#')) << value;
      }
      if (name == "href" && e.tag() == "link") {
        EXPECT_EQ(value, "data:,");
      }
    }
  }
  const std::string style = dom.root().tagged("style").at(0).text();
  EXPECT_THAT(style, Not(HasSubstr("@import")));
  EXPECT_THAT(style, Not(HasSubstr("http")));
}

TEST_F(Page, ItsScriptIsTheOnlyOneThatItAllows) {
  const Subject subject = example("kubernetes");
  const Dom dom(to_html(subject.input()));
  const std::vector<Element> scripts = dom.root().tagged("script");
  ASSERT_EQ(scripts.size(), 1U);
  const std::string file = std::string(PORTCULLIS_BINARY_DIR) + "/report_test/script.js";
  std::ofstream(file, std::ios::binary) << scripts[0].text();
  ASSERT_EQ(std::system(("sha256sum <'" + file + "' >'" + file + ".sum'").c_str()), 0);
  std::string sum;
  std::ifstream(file + ".sum") >> sum;
  std::string allowed;
  for (const Element& meta : dom.root().tagged("meta")) {
    if (meta.attribute("http-equiv") == "Content-Security-Policy") allowed = meta.attribute("content");
  }
  EXPECT_THAT(allowed, HasSubstr("default-src 'none'"));
  EXPECT_THAT(allowed, HasSubstr("script-src 'sha256-" + base64_of_hex(sum) + "'"));
}

TEST_F(Page, IdsAreOneOfAKindAndEveryLinkAndLabelFindsItsOwn) {
  const Subject subject = example("campus-voice");
  const Dom dom(to_html(subject.input()));
  std::set<std::string> ids;
  const auto everything = dom.root().all([](const Element&) { return true; });
  for (const Element& e : everything) {
    const std::string id = e.attribute("id");
    if (!id.empty()) {
      EXPECT_TRUE(ids.insert(id).second) << id << " twice";
    }
  }
  for (const Element& e : everything) {
    const std::string link = e.attribute("href");
    if (link.starts_with('#')) {
      EXPECT_TRUE(ids.contains(link.substr(1))) << link;
    }
    const std::string label = e.attribute("aria-labelledby");
    if (!label.empty()) {
      EXPECT_TRUE(ids.contains(label)) << label;
    }
  }
}

TEST_F(Page, AFindingStandsBesideTheTextOfItsLine) {
  const Subject subject = subject_of(kDocument, kSite);
  ASSERT_EQ(subject.site.findings.size(), 1U);
  const Dom dom(to_html(with_findings(subject)));
  const std::vector<Element> findings = dom.by_id("findings").classed("finding");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].text(), HasSubstr("ports.md:7"));
  EXPECT_THAT(findings[0].text(), HasSubstr("not-understood"));
  EXPECT_EQ(findings[0].classed("excerpt").at(0).text(), "7| Name Servers | lost | 70000 | TCP | Clients |");
}

TEST_F(Page, TheTablesOccupancyIsTheCompilations) {
  const Subject subject = example("campus-voice");
  const Dom dom(to_html(subject.input()));
  const std::vector<Element> bars = dom.by_id("tables").classed("bars").at(0).tagged("tr");
  ASSERT_EQ(bars.size(), 2 + subject.compiled.report.tables.size());
  for (std::size_t i = 0; i < subject.compiled.report.tables.size(); ++i) {
    const tables::Occupancy& table = subject.compiled.report.tables[i];
    const std::vector<std::string> c = cells(bars[i + 2]);
    EXPECT_EQ(c[0], table.table);
    EXPECT_EQ(c[1], grouped(table.used));
    EXPECT_EQ(c[2], grouped(table.capacity));
  }
}

TEST_F(Page, TheProofIsSaidAndSoIsItsFailure) {
  const Subject subject = subject_of(kDocument, kSite);
  EXPECT_THAT(Dom(to_html(subject.input())).by_id("proof").tagged("p").at(0).attribute("class"), "good");
  Subject other = subject_of(kDocument, kSite);
  std::vector<policy::Entry>& entries = other.site.policy.entries;
  entries.back().action.permit = !entries.back().action.permit;
  other.proof = tables::prove(other.site.policy, tables::encode(other.compiled.image), "x.pti");
  ASSERT_FALSE(other.proof.proved());
  const Dom dom(to_html(other.input()));
  EXPECT_EQ(dom.by_id("proof").tagged("p").at(0).attribute("class"), "bad");
  EXPECT_THAT(dom.root().classed("cards").at(0).text(), HasSubstr("not proved"));
}

TEST_F(Page, TreesHaveTheirOwnTablesAndProof) {
  const Subject subject = example("campus-voice");
  const tables::tree::Shape shape = tables::tree::Shape::scale_ipv6();
  const tables::tree::ScaleCompiled trees = tables::tree::compile_scale(subject.site.policy, shape);
  Input input = subject.input();
  input.compiled = nullptr;
  input.proof = nullptr;
  input.trees = &trees;
  const Dom dom(to_html(input));
  EXPECT_THAT(dom.by_id("tables").text(), HasSubstr(shape.to_string()));
  std::map<std::string, std::vector<std::string>> rows;
  for (const Element& bar : dom.by_id("tables").classed("bars").at(0).tagged("tr")) {
    const std::vector<std::string> c = cells(bar);
    if (c.size() > 2) rows[c[0]] = c;
  }
  EXPECT_EQ(rows["rules of the slice"].at(1), grouped(trees.image.slice_rules.size()));
  EXPECT_EQ(rows["rules of the slice"].at(2), grouped(shape.slice.rules));
  std::size_t entries = 0;
  for (unsigned t = 0; t < shape.trees.size(); ++t) {
    EXPECT_EQ(rows["entries of tree " + std::to_string(t)].at(2), grouped(shape.trees[t].entries));
    entries += trees.report.tree_entries[t];
  }
  EXPECT_GE(entries + trees.image.slice_rules.size() + trees.report.empty, subject.site.policy.entries.size());
  EXPECT_EQ(dom.by_id("proof").tagged("p").at(0).attribute("class"), "good");
  // The same figures as for any other engine.
  EXPECT_THAT(dom.root().classed("cards").at(0).text(), HasSubstr(grouped(subject.compiled.report.tcam_entries)));

  input.trees_fault = "rule 3 stands in no tree";
  const Dom refuted(to_html(input));
  EXPECT_EQ(refuted.by_id("proof").tagged("p").at(0).attribute("class"), "bad");
  EXPECT_THAT(refuted.by_id("proof").text(), HasSubstr("rule 3 stands in no tree"));
}

TEST_F(Page, PolicyTestsAreShownWithWhatCame) {
  const Subject subject = subject_of(kDocument, kSite);
  Input input = subject.input();
  input.expectations = {{"phones reach the gateway", true, "permit"}, {"nobody telnets", false, "drop, but permit"}};
  const Dom dom(to_html(input));
  const std::string text = dom.by_id("proof").text();
  EXPECT_THAT(text, HasSubstr("nobody telnets"));
  EXPECT_THAT(text, HasSubstr("drop, but permit"));
  EXPECT_EQ(dom.by_id("proof").all([](const Element& e) { return e.tag() == "td" && e.has_class("bad"); }).size(), 1U);
  EXPECT_THAT(dom.root().classed("cards").at(0).text(), HasSubstr("1 of 2"));
}

}  // namespace
}  // namespace portcullis::report
