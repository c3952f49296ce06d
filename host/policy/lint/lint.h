// `lint`: what is wrong or doubtful in documents, in a site with its documents, and in a ClassBench filter set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/lint/finding.h"

namespace portcullis::policy::lint {

struct Options {
  /// Comparisons of two products that may be spent on what hides what; beyond, not-decided says so.
  std::uint64_t work = 100'000'000;
};

/// Documents alone. Roles stand for themselves: two rows meet if they name the same roles. Throws spec::DocumentError
/// for a file that cannot be read.
Report lint_documents(const std::vector<std::filesystem::path>& files, const Options& options = {});

/// A site and its documents: the rules of documents, and those of the policy, exact for every packet. Throws SiteError
/// for a site file that cannot be read or has mistakes in its form; what does not fit between site and documents is a
/// finding.
Report lint_site(const std::filesystem::path& file, const Options& options = {});

/// A ClassBench filter set. Throws ClassbenchError.
Report lint_classbench(const std::filesystem::path& file, const Options& options = {});

/// True for a site file: by its ending (.yaml, .yml), or because it begins with the key `portcullis`.
bool is_site_file(const std::filesystem::path& file);

}  // namespace portcullis::policy::lint
