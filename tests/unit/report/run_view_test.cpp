// The run's part of the page: figures of `run --json` and of `run --verdicts`, and what is neither.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dom.h"
#include "subject.h"

namespace portcullis::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::json run_of(bool monitor) {
  nlohmann::json run = nlohmann::json::parse(R"({
    "geometry": "edge",
    "packets": {"offered": 1300, "lost": 2, "made_from_rules": true},
    "verdicts": {"permit": 900, "drop": 398, "would_drop": 0,
      "by_cause": {"rule": 850, "default": 390, "malformed": 8, "essential": 50, "fragment": 0},
      "malformed": {"truncated": 8, "version": 0}},
    "mismatches": 0, "counter_differences": 0,
    "line": {"ports": 2, "clock_mhz": 250.0, "achieved_mpps": 14.5, "theoretical_mpps": 14.881},
    "latency": {"histogram_clocks": [[43, 1200], [44, 90], [50, 8]]},
    "busiest": [{"entry": 0, "rule": "web", "packets": 800, "bytes": 64000}]})");
  if (monitor) {
    run["verdicts"]["would_drop"] = 17;
    run["would_drop"] = nlohmann::json::parse(R"([
      {"destination": "192.0.2.7", "service": "tcp/444", "nearest_rule": "ports.md:3", "differs_in": "destination port",
       "source": "Clients", "role": "Web Servers", "packets": 12, "bytes": 768,
       "permit_line": "- {name: permit-tcp-444, action: permit, source: Clients, destination: Web Servers, protocol: tcp, destination_port: 444}"},
      {"destination": "192.0.2.9", "service": "", "nearest_rule": "", "differs_in": "malformed: truncated", "source": "",
       "role": "", "packets": 5, "bytes": 300, "permit_line": ""}])");
  }
  return run;
}

Input with_run(const Subject& subject, const std::string& json) {
  Input input = subject.input();
  input.run_json = json;
  input.run_name = "run.json";
  return input;
}

/// Name and number of each line of the tables of bars with this caption.
std::vector<std::string> bars(const Element& section, const std::string& caption) {
  std::vector<std::string> out;
  for (const Element& table : section.classed("bars")) {
    const std::vector<Element> captions = table.tagged("caption");
    if (captions.empty() || captions[0].text().find(caption) == std::string::npos) continue;
    for (const Element& row : table.tagged("tr")) {
      out.push_back(row.tagged("th").at(0).text() + " = " + row.tagged("td").at(0).text());
    }
  }
  return out;
}

TEST(RunView, ShowsVerdictCountsAndTheLatencyHistogram) {
  const Subject subject = example("kubernetes");
  const Dom dom(to_html(with_run(subject, run_of(false).dump())));
  const Element section = dom.by_id("run");
  EXPECT_THAT(bars(section, "Verdicts"),
              testing::ElementsAre("permitted = 900", "dropped = 398", "decided by: default = 390",
                                   "decided by: essential = 50", "decided by: malformed = 8", "decided by: rule = 850",
                                   "malformed: truncated = 8"));
  EXPECT_THAT(bars(section, "Latency"),
              testing::ElementsAre("43 clocks, 172 ns = 1,200", "44 clocks, 176 ns = 90", "50 clocks, 200 ns = 8"));
  EXPECT_THAT(bars(section, "Entries met most often"), testing::ElementsAre("0 web = 800"));
  EXPECT_THAT(section.text(), HasSubstr("1,300 packets made from the rules on 2 ports"));
  EXPECT_THAT(section.text(), HasSubstr("2 lost"));
  EXPECT_EQ(section.tagged("strong").at(0).attribute("class"), "good");
}

TEST(RunView, SaysWhenTheModelDiffersFromTheReference) {
  const Subject subject = example("kubernetes");
  nlohmann::json run = run_of(false);
  run["mismatches"] = 3;
  const Dom dom(to_html(with_run(subject, run.dump())));
  EXPECT_EQ(dom.by_id("run").tagged("strong").at(0).attribute("class"), "bad");
  EXPECT_THAT(dom.by_id("run").text(), HasSubstr("3 verdicts and 0 counters differ"));
}

TEST(RunView, MonitorModeListsWhatWouldBeDroppedWithTheLineThatPermitsIt) {
  const Subject subject = example("first-days");
  const Dom dom(to_html(with_run(subject, run_of(true).dump())));
  const std::vector<Element> rows = dom.by_id("run").classed("would").at(0).classed("row");
  ASSERT_EQ(rows.size(), 2U);
  for (const char* part : {"12", "Clients", "Web Servers (192.0.2.7)", "tcp/444", "ports.md:3", "destination port"}) {
    EXPECT_THAT(rows[0].text(), HasSubstr(part));
  }
  EXPECT_EQ(rows[0].tagged("code").at(0).text(), run_of(true)["would_drop"][0]["permit_line"]);
  EXPECT_TRUE(rows[1].tagged("code").empty());
  EXPECT_THAT(rows[1].text(), HasSubstr("no rule permits malformed packets"));
}

TEST(RunView, ManyLatenciesShareBarsAndNoPacketIsLost) {
  const Subject subject = example("kubernetes");
  nlohmann::json run = run_of(false);
  auto& histogram = run["latency"]["histogram_clocks"];
  histogram.clear();
  for (int clocks = 40; clocks < 1040; ++clocks) histogram.push_back({clocks, 1});
  const Dom dom(to_html(with_run(subject, run.dump())));
  const std::vector<std::string> lines = bars(dom.by_id("run"), "Latency");
  EXPECT_LE(lines.size(), 60U);
  unsigned sum = 0;
  for (const std::string& line : lines) sum += static_cast<unsigned>(std::stoul(line.substr(line.rfind(' '))));
  EXPECT_EQ(sum, 1000U);
}

TEST(RunView, VerdictsOfSinglePacketsAreCounted) {
  const Subject subject = example("kubernetes");
  Input input = subject.input();
  input.run_name = "verdicts.csv";
  input.verdicts_csv =
      "packet,time_ns,length,ingress,verdict,entry,rule,document,line,cause\n"
      "0,1,60,0,permit,3,\"ports, \"\"old\"\".md:12\",\"ports, old.md\",12,rule\n"
      "1,2,60,0,drop,,,,,default\n2,3,60,0,permit,3,\"ports, \"\"old\"\".md:12\",\"ports, old.md\",12,rule\n";
  const Dom dom(to_html(input));
  EXPECT_THAT(bars(dom.by_id("run"), "Verdicts"),
              testing::ElementsAre("permitted = 2", "dropped = 1", "decided by: default = 1", "decided by: rule = 2"));
  EXPECT_THAT(bars(dom.by_id("run"), "Rules met"), testing::ElementsAre("ports, \"old\".md:12 = 2"));
}

TEST(RunView, WithoutARunThePageSaysHowToGetOne) {
  const Subject subject = example("kubernetes");
  EXPECT_THAT(Dom(to_html(subject.input())).by_id("run").text(), HasSubstr("--with-run"));
}

TEST(RunView, OtherFilesAreRefusedByNameWithAWayOut) {
  const Subject subject = example("kubernetes");
  const auto message = [&](const Input& input) -> std::string {
    try {
      to_html(input);
    } catch (const RunFormatError& error) {
      return error.what();
    }
    return "no error";
  };
  for (const std::string json : {"{}", "[1,2]", "no json", "{\"packets\": 3}", "{\"packets\":{\"offered\":\"x\"}}"}) {
    EXPECT_THAT(message(with_run(subject, json)), HasSubstr("run.json: is not what `portcullis run --json` writes"))
        << json;
  }
  nlohmann::json run = run_of(false);
  run["latency"]["histogram_clocks"] = {{"a", 1}};
  EXPECT_THAT(message(with_run(subject, run.dump())), HasSubstr("run.json"));
  Input input = subject.input();
  input.run_name = "verdicts.csv";
  input.verdicts_csv = "packet,other\n1,2\n";
  EXPECT_THAT(message(input), HasSubstr("verdicts.csv: has not the columns"));
  input.verdicts_csv = "packet,verdict,rule,cause\n1,permit,\"a\nb";
  EXPECT_THAT(message(input), HasSubstr("ends in the middle of a line"));
}

}  // namespace
}  // namespace portcullis::report
