#include "cli/subject.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "spec/report.h"

namespace portcullis::cli {

policy::SitePolicy load_site(const std::filesystem::path& site) {
  policy::SitePolicy loaded = policy::load_policy(site);
  for (const spec::Finding& finding : loaded.findings) std::cerr << spec::to_string(finding) << '\n';
  return loaded;
}

tables::Compiled compile_for(const policy::Policy& policy, const std::string& geometry,
                             std::vector<tables::SourceFile> sources) {
  if (!geometry.empty()) {
    return tables::compile(policy, tables::Geometry::from_name_or_file(geometry), std::move(sources));
  }
  try {
    return tables::compile(policy, tables::Geometry::edge(), sources);
  } catch (const tables::DoesNotFit&) {
    return tables::compile(policy, tables::Geometry::large(), std::move(sources));
  }
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    throw std::runtime_error(fmt::format("{}: cannot be read: {}", file.string(),
                                         std::error_code(errno, std::generic_category()).message()));
  }
  return std::move(text).str();
}

std::string percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace portcullis::cli
