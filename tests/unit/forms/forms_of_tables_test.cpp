// Every form of port table in tests/data/forms, and the documents of the examples, against what a person read in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../spec/flat_rows.h"
#include "spec/extract.h"
#include "spec/report.h"

namespace portcullis::spec {
namespace {

namespace fs = std::filesystem;

/// A document and the files that say what it holds; a path that does not exist says nothing.
struct Form {
  std::string name;
  fs::path document;
  fs::path rows;
  fs::path findings;
  fs::path columns;
};

void PrintTo(const Form& form, std::ostream* out) { *out << form.document; }

std::vector<Form> all_forms() {
  const fs::path data = fs::path(PORTCULLIS_SOURCE_DIR) / "tests/data";
  std::vector<Form> forms;
  for (const auto& entry : fs::directory_iterator(data / "forms")) {
    const fs::path& file = entry.path();
    const std::string stem = file.stem().string();
    if (stem.starts_with("form-") && file.extension() != ".csv") {
      forms.push_back({stem.substr(5), file, data / "forms" / (stem + ".expected.csv"),
                       data / "forms" / (stem + ".findings.csv"), data / "forms" / (stem + ".columns.csv")});
    }
  }
  for (const auto& entry : fs::directory_iterator(data / "expected/examples")) {
    const std::string name = entry.path().stem().string();
    for (const char* document : {"ports.md", "ports.txt"}) {
      const fs::path file = fs::path(PORTCULLIS_SOURCE_DIR) / "examples" / name / document;
      if (fs::exists(file)) {
        forms.push_back({"example-" + name, file, entry.path(), {}, {}});
      }
    }
  }
  std::sort(forms.begin(), forms.end(), [](const Form& a, const Form& b) { return a.name < b.name; });
  return forms;
}

/// The lines of a CSV file behind its header; none if there is no such file.
std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    lines.push_back(line);
  }
  return lines;
}

std::string column_of(const PortRow& row, const std::string& column) {
  const std::map<std::string, std::string> values{{"role", row.role},
                                                  {"service", row.service},
                                                  {"notes", row.notes},
                                                  {"source", row.source},
                                                  {"destination", row.destination},
                                                  {"direction", std::string(to_string(row.direction))},
                                                  {"table", std::to_string(row.table)}};
  return values.at(column);
}

class FormsOfTables : public testing::TestWithParam<Form> {};

TEST_P(FormsOfTables, AreReadAsAPersonReadsThem) {
  ASSERT_TRUE(fs::exists(GetParam().rows)) << GetParam().rows;
  const Extraction extraction = extract_file(GetParam().document, GetParam().name);
  EXPECT_EQ(flat_rows(extraction), lines_of(GetParam().rows));
  // Findings stand where a person cannot understand the row, and nowhere else.
  std::set<unsigned> expected;
  for (const std::string& line : lines_of(GetParam().findings)) {
    expected.insert(static_cast<unsigned>(std::stoul(line)));
  }
  std::set<unsigned> found;
  std::string said;
  for (const Finding& finding : extraction.findings) {
    found.insert(finding.line);
    said += to_string(finding) + "\n";
  }
  EXPECT_EQ(found, expected) << said;
  // Roles, directions and others, where the form is about them.
  for (const std::string& line : lines_of(GetParam().columns)) {
    const std::size_t first = line.find(',');
    const std::size_t second = line.find(',', first + 1);
    const std::string column = line.substr(first + 1, second - first - 1);
    std::set<std::string> values;
    for (const PortRow& row : extraction.rows) {
      if (row.line == std::stoul(line)) {
        values.insert(column_of(row, column));
      }
    }
    EXPECT_THAT(values, testing::ElementsAre(line.substr(second + 1))) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FormsOfTables, testing::ValuesIn(all_forms()), [](const auto& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

}  // namespace
}  // namespace portcullis::spec
