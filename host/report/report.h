// `portcullis report`: one self-contained HTML page about a site (docs/report.md).
//
// The page is written here in full; its script only filters, so that it reads, prints and is spoken without it. Every
// text that is not ours is escaped (html.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/build.h"
#include "tables/compile.h"
#include "tables/prove.h"
#include "tables/tree/compile.h"

namespace portcullis::report {

/// Something that is wrong or doubtful, from whatever looked for it.
struct Finding {
  std::string severity;  ///< error, warning, note
  std::string rule;      ///< its id; empty for rows that were not understood
  std::string file;      ///< as the site file names the document, or the site file
  unsigned line = 0;     ///< 0: about the file as a whole
  std::string message;   ///< a sentence
};

/// A packet of the site file with the verdict that it should have.
struct Expectation {
  std::string name;  ///< the packet, or what the test is called
  bool met = false;
  std::string detail;  ///< what was expected and what came
};

/// A file's name and its text, for the lines beside the findings.
struct SourceText {
  std::string name;
  std::string text;
};

struct Input {
  const policy::SitePolicy* site = nullptr;
  const tables::Compiled* compiled = nullptr;  ///< for a bitmap engine, with its proof
  const tables::Proof* proof = nullptr;
  const tables::tree::ScaleCompiled* trees = nullptr;  ///< or for trees (docs/scale.md)
  std::string trees_fault;                             ///< what prove_scale said of it; empty: proved
  std::vector<SourceText> sources;
  std::vector<Finding> findings;
  std::optional<std::vector<Expectation>> expectations;  ///< absent: the site file has none
  std::string run_json;                                  ///< what `run --json` wrote; empty: no run
  std::string verdicts_csv;                              ///< or what `run --verdicts` wrote
  std::string run_name;                                  ///< where the run's figures came from, for the page
};

/// The results of a run that the page cannot read. The message names the file and says what it must be.
class RunFormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The page, UTF-8. Throws RunFormatError.
std::string to_html(const Input& input);

}  // namespace portcullis::report
