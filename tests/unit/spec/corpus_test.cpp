// The real documents, row for row, against what a person read in them (tests/data/expected).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "flat_rows.h"
#include "rows.h"

namespace portcullis::spec {
namespace {

namespace fs = std::filesystem;

struct Document {
  const char* folder;
  const char* name;
  /// Rows of each port table, wholly blank ones aside.
  std::vector<std::size_t> table_rows;
};

/// What the documents hold, as tests/data/expected/README.md says.
const Document kDocuments[] = {
    {"seeds", "000_ff03159a3088ef5f.txt", {52, 20, 6, 12}},            // HTML tables in Markdown
    {"seeds", "001_d75c033d91b4a9c9.txt", {36, 12}},                   // text with pipes, no outer pipe in front
    {"seeds", "002_a388ee4b1cae19fa.txt", {53, 20, 6, 12, 15}},        // Markdown pipe tables
    {"seeds", "003_ddd0817d5ec44fed.txt", {52, 20, 6, 12}},            // scraped, one cell a line, advertising
    {"seeds", "004_8cb6e8632014cfcd.txt", {52, 20, 6, 12}},            // HTML tables, simplified Chinese
    {"documents", "ata-prerequisites.md", {11, 12, 6}},                // application and transport in two columns
    {"documents", "kubespray-port-requirements.md", {7, 3, 6, 9, 3}},  // roles in headings
    {"documents",
     "edge-environmental-requirements.zh-TW.md",
     {6, 6, 1, 2, 14, 11, 9, 8, 8, 5}},  // four tables of DNS records first
};

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
    if (!line.empty()) {
      lines.push_back(line);
    }
  }
  if (!lines.empty()) {
    lines.erase(lines.begin());  // the header
  }
  return lines;
}

class Corpus : public testing::TestWithParam<Document> {
 protected:
  void SetUp() override {
    file_ = fs::path(PORTCULLIS_SHARED_DIR) / GetParam().folder / GetParam().name;
    if (!fs::exists(file_)) {
      GTEST_SKIP() << file_ << " is not there (PORTCULLIS_SHARED)";
    }
  }
  fs::path expected(const std::string& ending) const {
    return fs::path(PORTCULLIS_SOURCE_DIR) / "tests/data/expected" / (std::string(GetParam().name) + ending);
  }
  fs::path file_;
};

TEST_P(Corpus, RowsAreThoseThatAPersonReads) {
  EXPECT_EQ(flat_rows(extract_file(file_, GetParam().name)), lines_of(expected(".csv")));
}

TEST_P(Corpus, FindingsAreOnTheLinesThatAPersonCannotUnderstand) {
  std::set<unsigned> needed;
  std::set<unsigned> allowed;
  for (const std::string& line : lines_of(expected(".findings.csv"))) {
    const auto number = static_cast<unsigned>(std::stoul(line));
    allowed.insert(number);
    if (!line.ends_with(",none")) {
      needed.insert(number);
    }
  }
  std::set<unsigned> found;
  for (const Finding& finding : extract_file(file_, GetParam().name).findings) {
    found.insert(finding.line);
    EXPECT_FALSE(finding.text.empty()) << to_string(finding);
    EXPECT_FALSE(finding.reason.empty()) << to_string(finding);
  }
  EXPECT_TRUE(std::includes(found.begin(), found.end(), needed.begin(), needed.end())) << testing::PrintToString(found);
  EXPECT_TRUE(std::includes(allowed.begin(), allowed.end(), found.begin(), found.end()))
      << testing::PrintToString(found);
}

TEST_P(Corpus, EveryRowOfATableIsARowOrAFinding) {
  const Extraction extraction = extract_file(file_, GetParam().name);
  std::map<unsigned, std::set<unsigned>> lines;
  for (const PortRow& row : extraction.rows) {
    lines[row.table].insert(row.line);
  }
  for (const Finding& finding : extraction.findings) {
    if (finding.table != 0) {
      lines[finding.table].insert(finding.line);
    }
  }
  std::vector<std::size_t> counts;
  for (const PortTable& table : extraction.tables) {
    counts.push_back(lines[table.number].size());
  }
  EXPECT_EQ(counts, GetParam().table_rows);
}

INSTANTIATE_TEST_SUITE_P(Documents, Corpus, testing::ValuesIn(kDocuments), [](const auto& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

TEST(CorpusDetails, RolesOfTheScrapedDocumentAreThoseOfItsHtmlOriginal) {
  const fs::path html = fs::path(PORTCULLIS_SHARED_DIR) / "seeds/000_ff03159a3088ef5f.txt";
  const fs::path scraped = fs::path(PORTCULLIS_SHARED_DIR) / "seeds/003_ddd0817d5ec44fed.txt";
  if (!fs::exists(html)) {
    GTEST_SKIP() << html << " is not there (PORTCULLIS_SHARED)";
  }
  const auto roles = [](const fs::path& file) {
    std::vector<std::string> lines;
    for (const PortRow& row : extract_file(file, "x").rows) {
      lines.push_back(row.role + " / " + row.service);
    }
    return lines;
  };
  EXPECT_EQ(roles(scraped), roles(html));
}

TEST(CorpusDetails, ExamplesOfTheProjectAreUnderstoodInFull) {
  const fs::path folder = fs::path(PORTCULLIS_SOURCE_DIR) / "tests/data/expected/examples";
  std::size_t compared = 0;
  if (fs::exists(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const fs::path example = fs::path(PORTCULLIS_SOURCE_DIR) / "examples" / entry.path().stem();
      if (entry.path().extension() != ".csv" || !fs::is_directory(example)) {
        continue;
      }
      for (const fs::directory_entry& document : fs::directory_iterator(example)) {
        if (document.path().stem() == "ports") {
          const Extraction extraction = extract_file(document.path(), document.path().filename().string());
          EXPECT_EQ(flat_rows(extraction), lines_of(entry.path())) << document.path();
          EXPECT_THAT(findings_of(extraction), testing::IsEmpty()) << document.path();
          ++compared;
        }
      }
    }
  }
  if (compared == 0) {
    GTEST_SKIP() << "no examples";
  }
}

}  // namespace
}  // namespace portcullis::spec
