// The commands of `portcullis`. Each adds itself to the command line and sets the exit code when it has run:
// 0 done and as asked, 1 done and the answer is "no", 2 could not be done (docs of each command in `portcullis
// --help`).
#pragma once

#include <CLI/CLI.hpp>

namespace portcullis::cli {

/// How a command ended. What could not be done at all is an exception, which `main` turns into 2.
enum class Exit : int { as_asked = 0, answer_is_no = 1, impossible = 2 };

void add_extract(CLI::App& app, Exit& exit);
void add_lint(CLI::App& app, Exit& exit);
void add_compile(CLI::App& app, Exit& exit);
void add_prove(CLI::App& app, Exit& exit);
void add_classify(CLI::App& app, Exit& exit);
void add_load(CLI::App& app, Exit& exit);
void add_device(CLI::App& app, Exit& exit);
void add_run(CLI::App& app, Exit& exit);
void add_diff(CLI::App& app, Exit& exit);
void add_explain(CLI::App& app, Exit& exit);
void add_test(CLI::App& app, Exit& exit);
void add_bench(CLI::App& app, Exit& exit);
void add_campaign(CLI::App& app, Exit& exit);
void add_export(CLI::App& app, Exit& exit);
void add_report(CLI::App& app, Exit& exit);

}  // namespace portcullis::cli
