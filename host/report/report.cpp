// The page as a whole.
#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html.h"
#include "report/page.h"
#include "report/views.h"
#include "spec/extract.h"
#include "spec/text.h"
#include "tables/tcam.h"

namespace portcullis::report {
namespace {

constexpr std::size_t kMostFindings = 2000;
constexpr std::size_t kMostSplits = 500;

std::string percent(std::size_t part, std::size_t whole) {
  return fmt::format("{:.1f} %", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string card(std::string_view name, const std::string& value, const std::string& detail,
                 std::string_view kind = "") {
  return fmt::format(
      "<li class=\"card {}\"><span class=\"card-name\">{}</span><strong>{}</strong><span>{}</span></li>\n", kind, name,
      value, detail);
}

/// What the page says of the hardware, whatever its match engine.
struct Hardware {
  std::string name;
  std::string description;  ///< a sentence without its end
  std::size_t entries = 0;
  std::size_t capacity = 0;
  std::uint64_t tcam_entries = 0;
  std::vector<tables::Occupancy> tables;
  bool proved = false;
  std::string proof;     ///< sentences
  std::string compared;  ///< a sentence: what was compared with what
};

Hardware hardware_of(const tables::Report& report, const tables::Proof& proof) {
  Hardware out{report.geometry.name,
               report.geometry.to_string(),
               report.entries,
               report.geometry.rules,
               report.tcam_entries,
               {report.rules},
               proof.proved(),
               proof.text,
               {}};
  out.tables.insert(out.tables.end(), report.tables.begin(), report.tables.end());
  out.compared = fmt::format(
      "The image's bits were read back and compared with the policy: {} sets of values. {} entries no packet can meet "
      "first.",
      grouped(proof.intervals), grouped(report.hidden));
  return out;
}

Hardware hardware_of(const tables::tree::ScaleCompiled& trees, const std::string& fault, const policy::Policy& policy) {
  const tables::tree::Shape& shape = trees.image.trees.shape;
  Hardware out;
  out.name = shape.name();
  out.description = shape.to_string();
  out.entries = trees.report.rules;
  out.capacity = shape.rules;
  for (const policy::Entry& entry : policy.entries)
    out.tcam_entries = tables::saturating_add(out.tcam_entries, tables::tcam_entries(entry.match));
  out.tables.push_back({"rules", trees.report.rules, shape.rules});
  for (std::size_t t = 0; t < shape.trees.size(); ++t)
    out.tables.push_back(
        {fmt::format("entries of tree {}", t), trees.report.tree_entries.at(t), shape.trees[t].entries});
  out.tables.push_back({"predicates", trees.report.predicates, shape.predicates() - 1});
  out.tables.push_back({"rules of the slice", trees.image.slice_rules.size(), shape.slice.rules});
  constexpr std::string_view kFields[] = {"source address", "destination address", "source port", "destination port",
                                          "VLAN"};
  for (unsigned table = 0; table < policy::kRangeTables; ++table)
    out.tables.push_back({fmt::format("slice: boundaries of {}", kFields[table]),
                          trees.report.slice_boundaries.at(table), shape.slice.boundaries(table)});
  out.proved = fault.empty();
  out.proof = fault.empty() ? "proved: trees and slice hold the policy, each rule where every packet that it matches "
                              "finds it"
                            : "not proved: " + fault;
  out.compared = fmt::format(
      "The image's bits were read back: the structure of the trees, the slice's sets of values, the order between the "
      "two, and the actions. A header meets {} rules at least somewhere, as far as the search went.",
      grouped(trees.report.overlap));
  return out;
}

std::string occupancy_html(const std::vector<tables::Occupancy>& tables) {
  std::string out =
      "<div class=\"scroll\"><table class=\"bars\"><caption class=\"visually-hidden\">Rows in use of each "
      "table</caption><thead>"
      "<tr><th scope=\"col\">Table</th><th scope=\"col\" class=\"number\">Used</th><th scope=\"col\" "
      "class=\"number\">Of</th>"
      "<th scope=\"col\" class=\"number\">Share</th><th scope=\"col\"><span class=\"visually-hidden\">Share as a "
      "bar</span></th></tr></thead><tbody>\n";
  const auto line = [&out](std::string_view name, std::size_t used, std::size_t capacity) {
    const double share = capacity == 0 ? 0 : static_cast<double>(used) / static_cast<double>(capacity);
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td>"
        "<td><svg class=\"bar {}\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
        "width=\"{:.1f}\" "
        "height=\"8\"/></svg></td></tr>\n",
        escape(name), grouped(used), grouped(capacity), percent(used, capacity), share > 0.9 ? "drop" : "permit",
        share * 100);
  };
  for (const tables::Occupancy& table : tables) line(table.table, table.used, table.capacity);
  return out + "</tbody></table></div>\n";
}

/// The lines of a file, for what stands beside a finding.
class Lines {
 public:
  explicit Lines(const std::vector<SourceText>& sources) {
    for (const SourceText& source : sources) texts_.emplace_back(source.name, spec::SourceText(source.text));
  }
  std::string at(const std::string& file, unsigned line) const {
    if (line == 0) return {};
    for (const auto& [name, text] : texts_) {
      if (name == file && line <= text.line_count()) return std::string(text.line(line - 1).substr(0, 4 * kCellBytes));
    }
    return {};
  }

 private:
  std::vector<std::pair<std::string, spec::SourceText>> texts_;
};

std::string findings_html(const Input& input) {
  const Lines lines(input.sources);
  std::string out;
  if (input.findings.empty()) return out + "<p class=\"good\">Nothing was found.</p>\n";
  out += "<ul class=\"findings\">\n";
  for (std::size_t i = 0; i < input.findings.size() && i < kMostFindings; ++i) {
    const Finding& f = input.findings[i];
    const std::string text = lines.at(f.file, f.line);
    out += fmt::format(
        "<li class=\"finding {0}\" data-severity=\"{0}\"><p><span class=\"severity\">{0}</span> <span "
        "class=\"place\">{1}</span> "
        "{2}{3}</p>{4}</li>\n",
        escape(f.severity), isolated(f.line == 0 ? f.file : fmt::format("{}:{}", f.file, f.line)),
        isolated(f.message, 1200), f.rule.empty() ? "" : fmt::format(" <span class=\"tag\">{}</span>", escape(f.rule)),
        text.empty()
            ? ""
            : fmt::format("<pre class=\"excerpt\"><span class=\"line\">{}</span>{}</pre>", f.line, isolated(text)));
  }
  out += "</ul>\n";
  if (input.findings.size() > kMostFindings) {
    out += fmt::format("<p>{} findings more are left out here.</p>\n", grouped(input.findings.size() - kMostFindings));
  }
  return out;
}

std::string splits_html(const std::vector<policy::SplitRow>& splits) {
  if (splits.empty()) return "<p>Every row is one entry.</p>\n";
  std::string out =
      "<div class=\"scroll\"><table class=\"rows\"><thead><tr><th scope=\"col\">Stands at</th><th scope=\"col\" "
      "class=\"number\">Entries</th><th scope=\"col\">Why</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < splits.size() && i < kMostSplits; ++i) {
    const policy::SplitRow& split = splits[i];
    out += fmt::format("<tr class=\"row\"><th scope=\"row\">{}</th><td class=\"number\">{}</td><td>{}</td></tr>\n",
                       isolated(fmt::format("{}:{}", split.document, split.line)), split.entries,
                       isolated(split.reason, 800));
  }
  out += "</tbody></table></div>\n";
  if (splits.size() > kMostSplits) {
    out += fmt::format("<p>{} rows more are left out here.</p>\n", grouped(splits.size() - kMostSplits));
  }
  return out;
}

std::string expectations_html(const Input& input) {
  if (!input.expectations) return {};
  std::string out =
      "<h3>Policy tests</h3>\n<div class=\"scroll\"><table class=\"rows\"><thead><tr><th scope=\"col\">Result</th>"
      "<th scope=\"col\">Packet</th><th scope=\"col\">Expected and found</th></tr></thead><tbody>\n";
  for (const Expectation& e : *input.expectations) {
    out += fmt::format("<tr class=\"row\"><td class=\"{0}\">{1}</td><th scope=\"row\">{2}</th><td>{3}</td></tr>\n",
                       e.met ? "good" : "bad", e.met ? "met" : "not met", isolated(e.name), isolated(e.detail, 800));
  }
  return out + "</tbody></table></div>\n";
}

std::string cards_html(const Input& input, const Hardware& hardware) {
  const policy::Policy& policy = input.site->policy;
  const policy::Site& site = input.site->site;
  std::string out = "<ul class=\"cards\">\n";
  out += card("Policy", site.monitor ? "monitor" : "enforce",
              fmt::format("default {}{}", site.default_permit ? "permit" : "drop",
                          site.monitor ? "; nothing is dropped yet" : ""));
  out += card("Document rows", grouped(policy.rows),
              fmt::format("{} of them without an entry", grouped(policy.rows_without_entry)));
  out += card("Hardware entries", grouped(hardware.entries),
              fmt::format("{} of geometry {}", percent(hardware.entries, hardware.capacity), escape(hardware.name)));
  const std::size_t entries = policy.entries.size();
  out +=
      card("A plain TCAM", grouped(hardware.tcam_entries),
           fmt::format("entries, {:.1f} times as many",
                       entries == 0 ? 0.0 : static_cast<double>(hardware.tcam_entries) / static_cast<double>(entries)));
  out += hardware.proved ? card("Proof", "proved", "equal for every packet", "good")
                         : card("Proof", "not proved", "see below", "bad");
  out += card("Findings", grouped(input.findings.size()), input.findings.empty() ? "nothing was found" : "see below",
              input.findings.empty() ? "good" : "doubt");
  if (input.expectations) {
    const auto met = std::count_if(input.expectations->begin(), input.expectations->end(),
                                   [](const Expectation& e) { return e.met; });
    const bool all = static_cast<std::size_t>(met) == input.expectations->size();
    out += card("Policy tests", fmt::format("{} of {}", met, input.expectations->size()), "met", all ? "good" : "bad");
  }
  return out + "</ul>\n";
}

}  // namespace

std::string to_html(const Input& input) {
  const policy::SitePolicy& site = *input.site;
  const Hardware hardware = input.trees != nullptr ? hardware_of(*input.trees, input.trees_fault, site.policy)
                                                   : hardware_of(input.compiled->report, *input.proof);
  const std::vector<Row> rows = rows_of(site);
  const std::string run = run_html(input);
  std::string documents;
  for (const policy::SiteDocument& document : site.site.documents) {
    documents += (documents.empty() ? "" : ", ") + isolated(document.name, 120);
  }
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src "
      "'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light "
      "dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{} - Portcullis "
      "report</title>\n<style>{}</style>\n</head>\n<body>\n",
      base64_of_hex(page_script_sha256()), escape(site.site.file, 120), page_style());
  out += fmt::format(
      "<a class=\"skip\" href=\"#policy\">Skip to the policy</a>\n<header><p class=\"brand\">Portcullis "
      "report</p><h1>{}</h1>"
      "<p class=\"documents\">{}</p></header>\n",
      isolated(site.site.file, 200), documents.empty() ? "no documents" : "from " + documents);
  out +=
      "<nav aria-label=\"Sections\"><ul><li><a href=\"#map\">Port map</a></li><li><a href=\"#matrix\">Who reaches "
      "whom</a></li>"
      "<li><a href=\"#policy\">Policy by role</a></li><li><a href=\"#tables\">Tables</a></li><li><a "
      "href=\"#findings\">Findings</a></li><li><a href=\"#proof\">Proof</a></li><li><a href=\"#run\">Run</a></li></ul>"
      "<button type=\"button\" id=\"theme\" hidden>Dark or light</button></nav>\n<main>\n";
  out += cards_html(input, hardware);
  out +=
      "<form id=\"filter\" role=\"search\" hidden><label>Search <input id=\"words\" type=\"search\" "
      "autocomplete=\"off\" "
      "placeholder=\"a role, a service, a line\"></label><label>Port <input id=\"port\" type=\"number\" min=\"0\" "
      "max=\"65535\" "
      "inputmode=\"numeric\" placeholder=\"any\"></label><label>Verdict <select id=\"verdict\"><option "
      "value=\"\">both</option><option>permit</option><option>drop</option></select></label><button "
      "type=\"reset\">Clear</button><output id=\"shown\" aria-live=\"polite\"></output></form>\n";
  out += "<section id=\"map\" aria-labelledby=\"map-title\"><h2 id=\"map-title\">Port map</h2>\n" +
         port_map_html(site, rows) + "</section>\n";
  out +=
      "<section id=\"matrix\" aria-labelledby=\"matrix-title\"><h2 id=\"matrix-title\">Who reaches whom</h2>\n<p>The "
      "number of "
      "rows through which some packet from the role of the line reaches the role of the column; rules that drop in "
      "front of them "
      "are taken into account, replies are left out. Roles may overlap.</p>\n" +
      matrix_html(site) + "</section>\n";
  out +=
      "<section id=\"policy\" aria-labelledby=\"policy-title\"><h2 id=\"policy-title\">Policy by role</h2>\n<p>In the "
      "order of "
      "the entries within a role: the first that matches decides.</p>\n" +
      policy_html(site, rows) + "<p id=\"nothing\" hidden>No row matches the filter.</p></section>\n";
  out += "<section id=\"tables\" aria-labelledby=\"tables-title\"><h2 id=\"tables-title\">Hardware tables</h2>\n<p>" +
         escape(hardware.description) + "</p>\n" + occupancy_html(hardware.tables) +
         "<h3>Rows that are not one entry</h3>\n" +
         splits_html(input.compiled != nullptr ? input.compiled->report.splits : site.policy.splits) + "</section>\n";
  out += "<section id=\"findings\" aria-labelledby=\"findings-title\"><h2 id=\"findings-title\">Findings</h2>\n" +
         findings_html(input) + "</section>\n";
  out += fmt::format(
      "<section id=\"proof\" aria-labelledby=\"proof-title\"><h2 id=\"proof-title\">Proof</h2>\n<p "
      "class=\"{}\">{}</p>\n<p>{}</p>\n{}</section>\n",
      hardware.proved ? "good" : "bad", escape(hardware.proof, 4000), hardware.compared, expectations_html(input));
  out += "<section id=\"run\" aria-labelledby=\"run-title\"><h2 id=\"run-title\">Run</h2>\n" + run + "</section>\n";
  out += fmt::format(
      "</main>\n<footer><p>Everything above comes from {} and its documents. Text of documents longer than {} bytes "
      "is cut.</p></footer>\n<script>{}</script>\n</body>\n</html>\n",
      isolated(site.site.file, 200), kCellBytes, page_script());
  return out;
}

}  // namespace portcullis::report
