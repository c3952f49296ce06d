#include "policy/lint/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>

#include "policy/build.h"
#include "policy/classbench.h"
#include "policy/lint/checks.h"
#include "policy/lint/document.h"
#include "spec/extract.h"

namespace portcullis::policy::lint {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Rules that need no site file and no policy.
void check_documents(const Subject& subject, const Site* site, WorkLimit& limit) {
  for (const Document& document : subject.documents) {
    check_reading(document, subject.findings);
    if (site == nullptr) check_actions(document, subject.findings);
  }
  check_range_ends(subject);
  check_service_ports(subject);
  check_repetitions(subject, site == nullptr, limit);
  check_services(subject);
  check_notes(subject);
  check_media(subject);
  check_spellings(subject, site);
  check_prefixes(subject);
  check_prose(subject);
}

/// Columns of findings that have none: their words, or the start of their line.
void add_columns(std::vector<Finding>& findings, const std::unordered_map<std::string, std::string_view>& texts) {
  std::unordered_map<std::string, std::unique_ptr<Lines>> lines;
  const auto column = [&](Location& at, std::string_view words) {
    if (at.line == 0 || at.column != 0) return;
    auto& cached = lines[at.file];
    if (cached == nullptr) {
      const auto text = texts.find(at.file);
      cached = std::make_unique<Lines>(text == texts.end() ? std::string_view() : text->second);
    }
    at.column = column_of(cached->line(at.line), words);
  };
  for (Finding& finding : findings) {
    column(finding.at, finding.words);
    for (Related& related : finding.related) column(related.at, {});
  }
}

Report finish(Findings& collected, std::vector<std::string> files,
              const std::unordered_map<std::string, std::string_view>& texts) {
  std::vector<Finding>& findings = collected.all();
  // A row that repeats another is hidden by it as well; a repetition is said once.
  std::set<std::pair<std::string, unsigned>> repeated;
  for (const Finding& finding : findings) {
    if (finding.rule == kDuplicateRow) repeated.emplace(finding.at.file, finding.at.line);
  }
  std::erase_if(findings, [&](const Finding& finding) {
    return finding.rule == kHiddenRow && repeated.contains({finding.at.file, finding.at.line});
  });
  if (collected.left_out() > 0) {
    const std::size_t left_out = collected.left_out();
    findings.pop_back();
    findings.push_back(
        make_finding(kNotDecided, {files.front(), 0, 0},
                     fmt::format("{} more findings are left out: {} are kept", left_out + 1, kMostFindings - 1)));
  }
  add_columns(findings, texts);
  std::unordered_map<std::string, std::size_t> rank;
  for (const std::string& file : files) rank.emplace(file, rank.size());
  const auto key = [&](const Finding& finding) {
    return std::tuple(rank[finding.at.file], finding.at.line, finding.at.column, finding.rule);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
  return {.files = std::move(files), .findings = std::move(findings), .silenced = {}};
}

/// Moves what the site file silences, and reports silences that silence nothing.
void silence(Report& report, const Site& site, const std::vector<Document>& documents) {
  std::unordered_map<std::string, std::string> files;
  files.emplace(std::filesystem::path(site.file).filename().string(), site.file);
  for (const Document& document : documents) files[document.name] = document.file;
  std::vector<bool> used(site.silences.size(), false);
  std::vector<Finding> loud;
  for (Finding& finding : report.findings) {
    const Silence* by = nullptr;
    for (std::size_t i = 0; i < site.silences.size(); ++i) {
      const Silence& one = site.silences[i];
      if (one.rule != finding.rule || (!one.document.empty() && files[one.document] != finding.at.file) ||
          (one.line != 0 && one.line != finding.at.line)) {
        continue;
      }
      used[i] = true;
      if (by == nullptr) by = &one;
    }
    if (by == nullptr) {
      loud.push_back(std::move(finding));
    } else {
      report.silenced.push_back({std::move(finding), by->reason});
    }
  }
  std::vector<Finding> idle;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    const Silence& one = site.silences[i];
    const bool itself_silenced = std::any_of(site.silences.begin(), site.silences.end(),
                                             [](const Silence& other) { return other.rule == kUnusedSilence; });
    if (itself_silenced) continue;
    std::string where = one.document.empty() ? std::string("anywhere") : "in " + one.document;
    if (one.line != 0) where = fmt::format("in {}:{}", one.document, one.line);
    idle.push_back(make_finding(kUnusedSilence, {site.file, one.place.line, one.place.column},
                                fmt::format("nothing to silence: {} finds nothing {}", one.rule, where), one.reason));
  }
  // The site file comes first, and these behind what else is said of it.
  const auto behind = std::find_if(loud.begin(), loud.end(), [&](const Finding& f) { return f.at.file != site.file; });
  loud.insert(behind, idle.begin(), idle.end());
  report.findings = std::move(loud);
}

/// Tables that no setting settles are left out of the policy; check_site says so.
void settle_tables(Site& site, const std::vector<Document>& documents, Findings& findings) {
  for (std::size_t d = 0; d < documents.size(); ++d) {
    for (const spec::PortTable& table : documents[d].extraction.tables) {
      if (!table.other_action) continue;
      auto& settings = site.documents[d].tables;
      const auto found = std::find_if(settings.begin(), settings.end(), [&](const TableSetting& setting) {
        return setting.number != 0 ? setting.number == table.number
                                   : spec::role_key(setting.title) == spec::role_key(table.title);
      });
      if (found != settings.end() && (found->action || found->direction == TableDirection::ignore)) continue;
      Finding& finding = findings.add(
          kUnsettledAction, {documents[d].file, table.line, 0},
          fmt::format("table {}{} states another action than permit, and the site file does not settle it: tables: "
                      "{{{}: {{action: ignore}}}}, or permit, or drop",
                      table.number, table.title.empty() ? "" : fmt::format(" \"{}\"", table.title), table.number),
          table.title);
      finding.severity = Severity::error;
      if (found != settings.end()) {
        found->action = TableAction::ignore;
      } else {
        settings.push_back({.place = site.documents[d].place, .number = table.number, .action = TableAction::ignore});
      }
    }
  }
}

/// Takes the setting or override at `place` out of the site; false if there is none.
bool remove_at(Site& site, Place place) {
  const auto there = [&](const auto& one) { return one.place == place; };
  if (std::erase_if(site.overrides, there) > 0) return true;
  return std::any_of(site.documents.begin(), site.documents.end(),
                     [&](SiteDocument& document) { return std::erase_if(document.tables, there) > 0; });
}

}  // namespace

Report lint_documents(const std::vector<std::filesystem::path>& files, const Options& options) {
  std::vector<Document> documents;
  std::vector<std::string> names;
  for (const std::filesystem::path& file : files) {
    const std::string name = file.generic_string();
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    spec::Extraction extraction = spec::extract_file(file, name);
    documents.push_back({.file = name, .name = name, .content = text_of(file), .extraction = std::move(extraction)});
    names.push_back(name);
  }
  Findings findings;
  WorkLimit limit{.left = options.work};
  Names ends;
  const std::vector<Row> rows = rows_of(documents, ends);
  check_documents({documents, rows, ends, findings}, nullptr, limit);
  std::unordered_map<std::string, std::string_view> texts;
  for (const Document& document : documents) texts.emplace(document.file, document.content);
  return finish(findings, std::move(names), texts);
}

Report lint_site(const std::filesystem::path& file, const Options& options) {
  std::vector<SiteError> mended;
  Site site = read_site(file, &mended);
  Findings findings;
  for (const SiteError& error : mended) {
    const std::string what = error.what();
    const std::string place = fmt::format("{}:{}:{}: ", error.file(), error.place().line, error.place().column);
    findings.add(kHostBits, {site.file, error.place().line, error.place().column}, what.substr(place.size()));
  }

  const std::vector<spec::Extraction> extractions = read_documents(site);
  std::vector<Document> documents;
  std::vector<std::string> files = {site.file};
  for (std::size_t d = 0; d < extractions.size(); ++d) {
    const SiteDocument& document = site.documents[d];
    documents.push_back({.file = document.path.generic_string(),
                         .name = document.name,
                         .content = text_of(document.path),
                         .extraction = extractions[d]});
    files.push_back(documents.back().file);
  }
  settle_tables(site, documents, findings);

  // What does not fit the documents is reported and left out, until the rest fits.
  Policy policy;
  std::vector<UnboundRole> unbound;
  const bool unbound_is_error = site.unbound_is_error;
  bool built = false;
  while (!built) {
    try {
      unbound = unbound_roles(site, extractions);
      site.unbound_is_error = false;
      policy = build_policy(site, extractions);
      built = true;
    } catch (const SiteError& error) {
      const std::string what = error.what();
      const std::string place = fmt::format("{}:{}:{}: ", error.file(), error.place().line, error.place().column);
      findings.add(kSiteSetting, {site.file, error.place().line, error.place().column}, what.substr(place.size()));
      if (!remove_at(site, error.place())) break;
    }
  }
  site.unbound_is_error = unbound_is_error;
  for (std::size_t d = 0; d < documents.size() && built; ++d) {
    documents[d].settings = table_settings(site, site.documents[d], documents[d].extraction);
    for (const Override& change : site.overrides) {
      if (change.document == documents[d].name) documents[d].overrides[change.line] = &change;
    }
  }

  WorkLimit limit{.left = options.work};
  Names ends;
  const std::vector<Row> rows = rows_of(documents, ends);
  const Subject subject{documents, rows, ends, findings};
  check_documents(subject, &site, limit);
  check_unbound(site, unbound, subject);
  check_bindings(site, subject);
  if (built) check_policy(policy, {.documents = &documents, .site_file = site.file}, findings, limit);

  const std::string site_text = text_of(file);
  std::unordered_map<std::string, std::string_view> texts = {{site.file, site_text}};
  for (const Document& document : documents) texts.emplace(document.file, document.content);
  Report report = finish(findings, std::move(files), texts);
  silence(report, site, documents);
  return report;
}

Report lint_classbench(const std::filesystem::path& file, const Options& options) {
  const Policy policy = read_classbench(file);
  Findings findings;
  WorkLimit limit{.left = options.work};
  check_policy(policy, {}, findings, limit);
  const std::string text = text_of(file);
  return finish(findings, {file.generic_string()}, {{file.generic_string(), text}});
}

bool is_site_file(const std::filesystem::path& file) {
  if (file.extension() == ".yaml" || file.extension() == ".yml") return true;
  std::ifstream stream(file, std::ios::binary);
  std::string head(4096, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  const Lines lines(head);
  for (std::size_t number = 1; number <= lines.count(); ++number) {
    const std::string_view line = lines.line(number);
    if (line.empty() || line.starts_with('#') || line.starts_with("---") ||
        line.find_first_not_of(" \t") == std::string_view::npos) {
      continue;
    }
    return line.starts_with("portcullis:");
  }
  return false;
}

}  // namespace portcullis::policy::lint
