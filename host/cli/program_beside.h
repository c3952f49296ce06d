// Programs beside this one: what would make this program's build long, or load libraries that it does without.
#pragma once

#include <string>
#include <vector>

namespace portcullis::cli {

/// Goes on as the program `name` in the folder of this one. Throws std::runtime_error if it is not there, with `how` it
/// is built.
[[noreturn]] void become(const std::string& name, std::vector<std::string> arguments, const std::string& how);

/// This command line behind the word `command`.
std::vector<std::string> words_behind(const std::string& command);

}  // namespace portcullis::cli
