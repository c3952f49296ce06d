#include "cli/program_beside.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace portcullis::cli {

void become(const std::string& name, std::vector<std::string> arguments, const std::string& how) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  if (!std::filesystem::exists(program)) throw std::runtime_error(program.string() + ": not there; " + how);
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::cout.flush();
  execv(program.c_str(), pointers.data());
  throw std::runtime_error(program.string() + ": " + std::strerror(errno));
}

std::vector<std::string> words_behind(const std::string& command) {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  const auto found = std::find(words.begin(), words.end(), command);
  return {found == words.end() ? found : found + 1, words.end()};
}

}  // namespace portcullis::cli
