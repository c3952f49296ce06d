// The options of a command as data, for man pages and completion.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace portcullis::cli {

struct OptionInfo {
  bool positional = false;
  bool required = false;
  bool takes_value = false;
  std::string names;               ///< "-o, --output", or the positional's name
  std::vector<std::string> flags;  ///< "-o", "--output"
  std::string value;               ///< what stands for its value
  std::string description;
  std::string default_text;
  std::vector<std::string> choices;  ///< the only values, if they are listed
};

/// In the order in which they were added, those of option groups included.
std::vector<OptionInfo> options_of(const CLI::App& app);
/// The commands that `--help` shows.
std::vector<const CLI::App*> visible_commands(const CLI::App& root);

}  // namespace portcullis::cli
