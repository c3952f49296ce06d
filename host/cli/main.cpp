// `portcullis`: from port documents to verdicts.
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

#include "cli/command.h"

namespace {

int finish(portcullis::cli::Exit exit) {
  // Results that did not reach their reader (a full disk, say) are no results.
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0) {
    std::cerr << "portcullis: standard output could not be written\n";
    return static_cast<int>(portcullis::cli::Exit::impossible);
  }
  return static_cast<int>(exit);
}

}  // namespace

int main(int argc, char** argv) {
  using portcullis::cli::Exit;
  CLI::App app{
      "Compiles port documents into match tables, and filters packets with them in a cycle-accurate model of the NIC.",
      "portcullis"};
  app.set_version_flag("--version", "portcullis " PORTCULLIS_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit code: 0 done and as asked; 1 done, and the answer is no (findings, differences, not proved); 2 could not "
      "be done.");
  Exit exit = Exit::as_asked;
  portcullis::cli::add_extract(app, exit);
  portcullis::cli::add_lint(app, exit);
  portcullis::cli::add_compile(app, exit);
  portcullis::cli::add_prove(app, exit);
  portcullis::cli::add_classify(app, exit);
  portcullis::cli::add_run(app, exit);
  portcullis::cli::add_diff(app, exit);
  portcullis::cli::add_explain(app, exit);
  portcullis::cli::add_test(app, exit);
  portcullis::cli::add_bench(app, exit);
  portcullis::cli::add_export(app, exit);
  portcullis::cli::add_report(app, exit);
  try {
    app.parse(argc, argv);
    return finish(exit);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    app.exit(error, std::cout, std::cerr);
    return asked_for_help ? finish(Exit::as_asked) : static_cast<int>(Exit::impossible);
  } catch (const std::bad_alloc&) {
    std::cerr << "portcullis: out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << "portcullis: " << error.what() << '\n';
  }
  return static_cast<int>(Exit::impossible);
}
