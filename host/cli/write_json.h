// Raw figures of a measurement into a file.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>

namespace portcullis::cli {

/// Nothing for an empty path. Throws std::runtime_error if the file could not be written.
inline void write_json(const std::string& path, const std::string& json) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << json << '\n';
  if (!file.flush()) throw std::runtime_error(path + ": could not be written");
}

}  // namespace portcullis::cli
