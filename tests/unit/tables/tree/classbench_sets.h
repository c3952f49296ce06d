// The ClassBench filter sets that tests take: files of the shared folder's classbench/, or of the folder that the
// environment's PORTCULLIS_CLASSBENCH names.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace portcullis::test {

inline std::filesystem::path classbench_folder() {
  const char* named = std::getenv("PORTCULLIS_CLASSBENCH");
  return named != nullptr ? std::filesystem::path(named) : std::filesystem::path(PORTCULLIS_SHARED_DIR) / "classbench";
}

/// All files of the folder, so that further sets are tested by being there; one that is not there where there is none.
inline std::vector<std::filesystem::path> classbench_sets() {
  const std::filesystem::path folder = classbench_folder();
  if (!std::filesystem::is_directory(folder)) return {folder / "acl1_10k"};
  std::vector<std::filesystem::path> out;
  for (const auto& file : std::filesystem::directory_iterator(folder)) out.push_back(file.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// A set's name as GoogleTest takes it.
inline std::string name_of_set(const std::filesystem::path& file) {
  std::string name = file.filename().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

}  // namespace portcullis::test
