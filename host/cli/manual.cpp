// `portcullis manual`: writes the man pages, for `cmake --install`.
#include "cli/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "cli/options.h"

namespace portcullis::cli {
namespace {

/// Text for roff: no macro, no escape.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\(rs";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'' && (out.empty() || out.back() == '\n')) {
      out += "\\(aq";
    } else if (c == '.' && (out.empty() || out.back() == '\n')) {
      out += "\\&.";
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string synopsis(const std::string& name, const CLI::App& app) {
  std::string out = fmt::format(".B {}\n", roff(name));
  if (!app.get_subcommands([](const CLI::App*) { return true; }).empty() && app.get_parent() == nullptr) {
    return out + ".I command\n[options]\n";
  }
  out += "[options]\n";
  for (const OptionInfo& option : options_of(app)) {
    if (!option.positional) continue;
    out += fmt::format(".RI {}{}{}\n", option.required ? "" : "[ ", roff(option.names), option.required ? "" : " ]");
  }
  return out;
}

std::string option_list(const CLI::App& app) {
  std::string out;
  for (const OptionInfo& option : options_of(app)) {
    out += ".TP\n";
    if (option.positional) {
      out += fmt::format(".I {}\n", roff(option.names));
    } else if (option.takes_value) {
      out += fmt::format(".BI \"{} \" {}\n", roff(option.names), roff(option.value));
    } else {
      out += fmt::format(".B {}\n", roff(option.names));
    }
    std::string description = option.description;
    if (!option.default_text.empty()) description += fmt::format(" (default: {})", option.default_text);
    out += roff(description) + '\n';
  }
  return out;
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(file.string() + ": could not be written");
}

}  // namespace

std::string man_page(const CLI::App& root, const CLI::App& app) {
  const bool whole = &root == &app;
  const std::string page = whole ? root.get_name() : fmt::format("{}-{}", root.get_name(), app.get_name());
  const std::string call = whole ? root.get_name() : fmt::format("{} {}", root.get_name(), app.get_name());
  std::string out =
      fmt::format(".TH {} 1 \"\" \"portcullis {}\" \"Portcullis\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}", upper(page),
                  PORTCULLIS_VERSION, roff(page), roff(app.get_description()), synopsis(call, app));
  out += fmt::format(".SH DESCRIPTION\n{}\n", roff(app.get_description()));
  if (whole) {
    out += ".SH COMMANDS\n";
    for (const CLI::App* command : visible_commands(root)) {
      out += fmt::format(".TP\n.B {}\n{}\n", roff(command->get_name()), roff(command->get_description()));
    }
  }
  out += ".SH OPTIONS\n" + option_list(app);
  out +=
      ".SH EXIT STATUS\n.TP\n.B 0\ndone and as asked\n.TP\n.B 1\ndone, and the answer is no: findings, differences, "
      "not "
      "proved, a failed check\n.TP\n.B 2\ncould not be done: usage, unreadable or invalid input\n";
  out += ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nnot empty: no colours, on a terminal either\n";
  out += ".SH SEE ALSO\n";
  std::string others;
  for (const CLI::App* command : visible_commands(root)) {
    if (command == &app) continue;
    others += fmt::format("{}.BR {} (1)", others.empty() ? "" : " ,\n",
                          roff(fmt::format("{}-{}", root.get_name(), command->get_name())));
  }
  if (!whole) others = fmt::format(".BR {} (1)", roff(root.get_name()));
  return out + others + '\n';
}

void add_manual(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("manual", "Write man pages and completions for installation")->group("");
  command->add_option("FOLDER", *folder, "where to write man1/, bash/ and zsh/")->required();
  command->callback([&app, folder] {
    const std::filesystem::path root = *folder;
    for (const char* part : {"man1", "bash", "zsh"}) std::filesystem::create_directories(root / part);
    write(root / "man1" / fmt::format("{}.1", app.get_name()), man_page(app, app));
    for (const CLI::App* sub : visible_commands(app)) {
      write(root / "man1" / fmt::format("{}-{}.1", app.get_name(), sub->get_name()), man_page(app, *sub));
    }
    write(root / "bash" / app.get_name(), bash_completion(app));
    write(root / "zsh" / ("_" + app.get_name()), zsh_completion(app));
  });
}

}  // namespace portcullis::cli
