// Man pages and shell completion, made from the very options that `--help` shows.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace portcullis::cli {

/// The man page (roff, section 1) of the whole command, or of one of its subcommands.
std::string man_page(const CLI::App& root, const CLI::App& app);
std::string bash_completion(const CLI::App& root);
std::string zsh_completion(const CLI::App& root);

/// `completion SHELL`, and `manual`, which is not shown in `--help`. Must be added behind all other commands.
void add_completion(CLI::App& app);
void add_manual(CLI::App& app);

}  // namespace portcullis::cli
