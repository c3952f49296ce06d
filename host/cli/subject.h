// What the commands share: reading a site with its findings, and choosing a geometry.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/build.h"
#include "tables/compile.h"
#include "tables/tree/compile.h"

namespace portcullis::cli {

/// Reads a site and its documents; findings go to standard error.
policy::SitePolicy load_site(const std::filesystem::path& site);

/// What a file that a command was given is.
enum class InputKind { site, document, classbench };
/// A site file has the key `portcullis` at the start of a line, or is named .yaml or .yml; a ClassBench filter set
/// starts with "@"; all else is a document. Throws std::runtime_error where the file cannot be read.
InputKind kind_of_input(const std::filesystem::path& file);

/// Text of a file as it is hashed into an image's sources. Throws std::runtime_error.
std::string read_text(const std::filesystem::path& file);

/// Refuses to write a result over a file that the command reads. Throws std::runtime_error.
void keep_inputs(const std::vector<std::filesystem::path>& inputs, const std::vector<std::filesystem::path>& outputs);

/// Writes text to a file, or to standard output for "-". Throws std::runtime_error.
void write_text(const std::string& file, const std::string& text);

/// The same figures as JSON.
std::string to_json(const tables::Report& report);
/// Those of trees. `policy` is what was compiled: it names the rules that went to the slice, and why.
std::string to_json(const tables::tree::ScaleReport& report, const tables::tree::Shape& shape,
                    const policy::Policy& policy);

/// What is worth knowing of a compilation, a line each: entries, rows, how full each table is, what a TCAM would need.
std::string to_text(const tables::Report& report);

}  // namespace portcullis::cli
