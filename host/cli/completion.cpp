// `portcullis completion`: bash and zsh.
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>

#include "cli/manual.h"
#include "cli/options.h"

namespace portcullis::cli {
namespace {

/// The words between the first braces of a type name such as "{a,b}" or "value in {a->0,b->1} OR {0,1}".
std::vector<std::string> choices_in(const std::string& type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  std::vector<std::string> out;
  if (open == std::string::npos || close == std::string::npos) return out;
  std::string word;
  for (std::size_t at = open + 1; at <= close; ++at) {
    const char c = type[at];
    if (c == ',' || at == close) {
      out.push_back(word.substr(0, word.find("->")));
      word.clear();
    } else {
      word += c;
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

/// Text inside single quotes of a shell, in zsh's [description].
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::vector<const CLI::App*> visible_commands(const CLI::App& root) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* command : root.get_subcommands([](const CLI::App* a) { return !a->get_name().empty(); })) {
    if (!command->get_group().empty()) out.push_back(command);
  }
  return out;
}

std::vector<OptionInfo> options_of(const CLI::App& app) {
  std::vector<OptionInfo> out;
  const auto add = [&app, &out](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options()) {
      if (&from != &app && option == from.get_help_ptr()) continue;  // a group's --help is the command's
      OptionInfo info;
      info.positional = option->get_lnames().empty() && option->get_snames().empty();
      info.required = option->get_required() || (info.positional && from.get_name().empty());
      info.takes_value = option->get_items_expected_max() > 0;
      for (const std::string& name : option->get_snames()) info.flags.push_back("-" + name);
      for (const std::string& name : option->get_lnames()) info.flags.push_back("--" + name);
      info.names = info.positional ? option->get_name(true) : joined(info.flags, ", ");
      info.choices = choices_in(option->get_type_name());
      info.value = info.choices.empty() ? "value" : joined(info.choices, "|");
      info.description = option->get_description();
      info.default_text = option->get_default_str();
      out.push_back(std::move(info));
    }
  };
  add(app);
  // Option groups are commands without a name.
  for (const CLI::App* group : app.get_subcommands([](const CLI::App* a) { return a->get_name().empty(); }))
    add(*group);
  return out;
}

std::string bash_completion(const CLI::App& root) {
  const std::string name = root.get_name();
  std::vector<std::string> commands;
  std::string cases;
  for (const CLI::App* command : visible_commands(root)) {
    commands.push_back(command->get_name());
    std::vector<std::string> flags;
    std::string values;
    std::vector<std::string> words;
    for (const OptionInfo& option : options_of(*command)) {
      flags.insert(flags.end(), option.flags.begin(), option.flags.end());
      if (option.positional) {
        words.insert(words.end(), option.choices.begin(), option.choices.end());
      } else if (!option.choices.empty()) {
        values += fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                              joined(option.flags, "|"), joined(option.choices, " "));
      } else if (option.takes_value) {
        values += fmt::format("        {}) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n",
                              joined(option.flags, "|"));
      }
    }
    cases += fmt::format(
        "    {})\n      options='{}'\n      words='{}'\n      case \"$before\" in\n{}      esac\n      ;;\n",
        command->get_name(), joined(flags, " "), joined(words, " "), values);
  }
  return fmt::format(
      "# bash completion for {0}, made by `{0} completion bash`\n"
      "_{0}() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n"
      "  local command=\"${{COMP_WORDS[1]}}\" options= words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '{1} --help --version' -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$command\" in\n{2}  esac\n"
      "  if [[ \"$current\" == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
      "  elif [ -n \"$words\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _{0} {0}\n",
      name, joined(commands, " "), cases);
}

std::string zsh_completion(const CLI::App& root) {
  const std::string name = root.get_name();
  std::string descriptions;
  std::string cases;
  for (const CLI::App* command : visible_commands(root)) {
    descriptions += fmt::format("    '{}:{}'\n", command->get_name(), zsh_text(command->get_description()));
    cases += fmt::format("    {})\n      _arguments -S", command->get_name());
    bool rest = false;
    for (const OptionInfo& option : options_of(*command)) {
      const std::string action = option.choices.empty() ? "_files" : fmt::format("({})", joined(option.choices, " "));
      if (option.positional) {
        cases += fmt::format(" \\\n        '*:{}:{}'", zsh_text(option.names), action);
        if (rest) cases.resize(cases.rfind(" \\\n"));  // one rule for all positionals
        rest = true;
        continue;
      }
      for (const std::string& flag : option.flags) {
        cases += fmt::format(" \\\n        '{}[{}]{}'", flag, zsh_text(option.description),
                             option.takes_value ? fmt::format(":{}:{}", zsh_text(flag), action) : std::string());
      }
    }
    cases += "\n      ;;\n";
  }
  return fmt::format(
      "#compdef {0}\n# zsh completion for {0}, made by `{0} completion zsh`\n"
      "_{0}() {{\n"
      "  local -a commands\n"
      "  commands=(\n{1}  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe -t commands command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n{2}  esac\n"
      "}}\n"
      "_{0} \"$@\"\n",
      name, descriptions, cases);
}

void add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print shell completion: source <(portcullis completion bash)");
  command->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&app, shell] { std::cout << (*shell == "zsh" ? zsh_completion(app) : bash_completion(app)); });
}

}  // namespace portcullis::cli
