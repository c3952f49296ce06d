// What the commands share: reading a site with its findings, and choosing a geometry.
#pragma once

#include <filesystem>
#include <string>

#include "policy/build.h"
#include "tables/compile.h"

namespace portcullis::cli {

/// Reads a site and its documents; findings go to standard error.
policy::SitePolicy load_site(const std::filesystem::path& site);

/// Compiles for the named geometry (edge, large, or a geometry file); without a name for the smallest built-in one that
/// holds the policy. Throws tables::DoesNotFit.
tables::Compiled compile_for(const policy::Policy& policy, const std::string& geometry,
                             std::vector<tables::SourceFile> sources);

/// Text of a file as it is hashed into an image's sources. Throws std::runtime_error.
std::string read_text(const std::filesystem::path& file);

/// "10.1 %" and the like.
std::string percent(std::size_t part, std::size_t whole);

}  // namespace portcullis::cli
