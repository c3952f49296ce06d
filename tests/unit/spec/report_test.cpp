// Extractions as CSV, JSON and text.
#include "spec/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "spec/extract.h"

namespace portcullis::spec {
namespace {

const char kDocument[] =
    "## Gate\n\n| Service | Port | Protocol | Direction | Notes |\n|---|---|---|---|---|\n"
    "| A, \"b\" | 80, 90-91 | TCP/UDP | Inbound | line<br>break |\n| ping | type 8 | ICMP | Both | |\n| tunnel | - | "
    "GRE | Outbound | |\n| bad | | TCP | | |\n";

TEST(Csv, HasOneLinePerRowProtocolAndRangeAndQuotesAsRfc4180) {
  EXPECT_EQ(to_csv(extract("a,b.md", kDocument)),
            "document,line,table,role,service,protocol,first_port,last_port,direction,source,destination,notes,"
            "icmp_type,icmp_code,source_ports,peer,action\n"
            "\"a,b.md\",5,1,Gate,\"A, \"\"b\"\"\",tcp,80,80,to,,,line break,,,,,\n"
            "\"a,b.md\",5,1,Gate,\"A, \"\"b\"\"\",tcp,90,91,to,,,line break,,,,,\n"
            "\"a,b.md\",5,1,Gate,\"A, \"\"b\"\"\",udp,80,80,to,,,line break,,,,,\n"
            "\"a,b.md\",5,1,Gate,\"A, \"\"b\"\"\",udp,90,91,to,,,line break,,,,,\n"
            "\"a,b.md\",6,1,Gate,ping,icmp,,,both,,,,8,,,,\n"
            "\"a,b.md\",7,1,Gate,tunnel,gre,,,from,,,,,,,,\n");
}

TEST(Json, HoldsTablesRowsAndFindings) {
  const auto json = nlohmann::json::parse(to_json(extract("d", kDocument)));
  EXPECT_EQ(json["tables"].size(), 1U);
  EXPECT_EQ(json["rows"].size(), 3U);
  EXPECT_EQ(json["rows"][0]["uses"][1]["ports"][1]["last"], 91);
  EXPECT_EQ(json["rows"][1]["uses"][0]["icmp"][0]["type"], 8);
  EXPECT_TRUE(json["rows"][1]["uses"][0]["icmp"][0]["code"].is_null());
  ASSERT_EQ(json["findings"].size(), 1U);
  EXPECT_EQ(json["findings"][0]["line"], 8);
  EXPECT_EQ(json["findings"][0]["row_lost"], true);
}

TEST(Text, ShowsRowsBelowTheTitleOfTheirTable) {
  const std::string text = to_text(extract("d", kDocument));
  EXPECT_THAT(text, testing::StartsWith("d: table 1: Gate\n"));
  EXPECT_THAT(text, testing::HasSubstr("80,90-91"));
  EXPECT_THAT(text, testing::HasSubstr("type 8"));
}

TEST(Findings, AreSentencesWithAPlace) {
  const Extraction read = extract("ports.md", kDocument);
  ASSERT_EQ(read.findings.size(), 1U);
  EXPECT_THAT(to_string(read.findings[0]), testing::StartsWith("ports.md:8:"));
  EXPECT_EQ(to_string(extract("empty.md", "").findings.at(0)).substr(0, 32), "empty.md: the document has no po");
}

}  // namespace
}  // namespace portcullis::spec
