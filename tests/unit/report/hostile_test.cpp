// Text of documents, site files and runs that wants to be more than text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "dom.h"
#include "subject.h"

namespace portcullis::report {
namespace {

const std::vector<std::string> kHostile = {
    "<script>alert(1)</script>",
    "</title></style></script><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "' autofocus onfocus='alert(1)",
    "<!--<svg onload=alert(1)>",
    "]]><iframe srcdoc='x'></iframe>",
    "</bdi></table></details></section><form action=https://example.org>",
    "javascript:alert(1)",
    "\xE2\x80\xAEmorf\xE2\x80\xAC",
    std::string("a\x01\x1b[31m\x7f") + "b",
    "\xff\xfe broken",
};

std::map<std::string, std::size_t> elements(const Dom& dom) {
  std::map<std::string, std::size_t> out;
  for (const Element& e : dom.root().all([](const Element&) { return true; })) ++out[e.tag()];
  return out;
}

/// Every string that comes from a document, a site file or a run.
Input poison(Subject& subject, const std::string& text) {
  for (policy::Entry& entry : subject.site.policy.entries) {
    if (entry.from.cause != policy::Cause::rule) continue;
    if (!entry.from.role.empty()) entry.from.role = text + entry.from.role;
    entry.from.service = text;
    entry.from.rule = text;
    entry.from.text = text;
    entry.from.document = text;
  }
  for (policy::Role& role : subject.site.site.roles) role.name = text + role.name;
  for (policy::SiteDocument& document : subject.site.site.documents) document.name = text;
  for (policy::SplitRow& split : subject.compiled.report.splits) split.document = split.reason = text;
  subject.proof.text = text;
  subject.compiled.report.geometry.name = text;
  Input input = subject.input();
  input.sources = {{"ports.md", text + "\n" + text}};
  input.findings = {{"warning", text, "ports.md", 1, text}, {"error", text, text, 0, text}};
  input.expectations = {{text, true, text}, {text, false, text}};
  nlohmann::json run = {
      {"geometry", text},
      {"packets", {{"offered", 1}, {"lost", 0}}},
      {"verdicts", {{"permit", 1}, {"drop", 0}, {"by_cause", {{text, 1}}}, {"malformed", {{text, 1}}}}},
      {"mismatches", 0},
      {"line", {{"ports", 1}, {"clock_mhz", 250.0}, {"achieved_mpps", 1.0}, {"theoretical_mpps", 1.0}}},
      {"latency", {{"histogram_clocks", {{43, 1}}}}},
      {"busiest", {{{"entry", 1}, {"rule", text}, {"packets", 1}}}},
      {"would_drop",
       {{{"destination", text},
         {"service", text},
         {"nearest_rule", text},
         {"differs_in", text},
         {"source", text},
         {"role", text},
         {"permit_line", text},
         {"packets", 1}}}}};
  input.run_json = run.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  input.run_name = text;
  return input;
}

TEST(HostileText, AddsNoElementAndNoAttributeToThePage) {
  Subject harmless = example("campus-voice");
  const auto wanted = elements(Dom(to_html(poison(harmless, "harmless"))));
  std::set<std::string> attributes;
  for (const std::string& text : kHostile) {
    Subject subject = example("campus-voice");
    const Dom dom(to_html(poison(subject, text)));
    EXPECT_EQ(elements(dom), wanted) << text;
    for (const Element& e : dom.root().all([](const Element&) { return true; })) {
      for (const auto& [name, value] : e.attributes()) {
        EXPECT_FALSE(name.starts_with("on")) << name << "=" << value;
        attributes.insert(name);
        if (name == "href") {
          EXPECT_TRUE(value.starts_with('#') || value == "data:,") << value;
        }
      }
    }
    EXPECT_EQ(dom.html().find("\xE2\x80\xAE"), std::string::npos) << "a right-to-left override is left";
  }
  EXPECT_FALSE(attributes.contains("srcdoc"));
  EXPECT_FALSE(attributes.contains("autofocus"));
}

TEST(HostileText, IsShownAsItIsWritten) {
  const std::string text = "<b onclick=\"x\">&amp;</b>'";
  Subject subject = example("kubernetes");
  const Dom dom(to_html(poison(subject, text)));
  std::size_t services = 0;
  for (const Element& row : dom.by_id("policy").classed("row")) {
    if (row.tagged("th").at(0).text() == text) ++services;
  }
  EXPECT_GT(services, 5U);
  EXPECT_THAT(dom.by_id("findings").classed("excerpt").at(0).text(), ::testing::HasSubstr(text));
}

TEST(HostileText, FromADocumentOnDiskIsText) {
  const std::string document =
      "| Server role | Service | Port | Protocol | Notes |\n|---|---|---|---|---|\n"
      "| Web | &lt;script&gt;alert(1)&lt;/script&gt; | 80 | TCP | \" onclick=\"alert(1) |\n"
      "| Web | <img src=x onerror=alert(2)> | 81 | TCP | x |\n| Web | lost | 99999 | TCP | <script>alert(3)</script> "
      "|\n";
  const Subject subject =
      subject_of(document, "portcullis: 1\ndocuments: [{file: ports.md}]\nroles: {Web: 192.0.2.1}\n");
  Input input = subject.input();
  for (const spec::Finding& f : subject.site.findings) {
    input.findings.push_back({"warning", "", subject.sources[1].name, f.line, f.reason});
  }
  const Dom dom(to_html(input));
  EXPECT_EQ(dom.root().tagged("script").size(), 1U);
  EXPECT_TRUE(dom.root().tagged("img").empty());
  EXPECT_THAT(dom.by_id("policy").text(), ::testing::HasSubstr("<script>alert(1)</script>"));
  EXPECT_THAT(dom.by_id("findings").text(), ::testing::HasSubstr("<script>alert(3)</script>"));
}

TEST(HostileText, OfAMegabyteIsCut) {
  Subject subject = example("kubernetes");
  const std::string page = to_html(poison(subject, std::string(1 << 20, 'x')));
  EXPECT_LT(page.size(), 2U << 20U);
}

}  // namespace
}  // namespace portcullis::report
