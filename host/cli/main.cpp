// `portcullis`: from port documents to verdicts.
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string_view>

#include "cli/command.h"
#include "cli/manual.h"
#include "cli/terminal.h"

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

/// Commands whose standard output tells a person about the file that they write, or about their exit code.
constexpr const char* kSummaries[] = {"compile", "prove", "run", "report"};

void add_quiet(CLI::App& app) {
  for (const char* name : kSummaries) {
    CLI::App* command = app.get_subcommand(name);
    command->add_flag_callback(
        "-q,--quiet",
        [command] {
          const CLI::Option* json = command->get_option_no_throw("--json");
          if (json != nullptr && json->count() > 0 && json->results().back() == "-") return;  // asked for
          if (std::freopen("/dev/null", "w", stdout) == nullptr) throw std::runtime_error("/dev/null cannot be opened");
        },
        "print no summary on standard output: the exit code and the files say it");
  }
}

void complain(std::string_view message) {
  std::cerr << portcullis::cli::painted(portcullis::cli::Stream::err, portcullis::cli::Colour::red, "portcullis:")
            << ' ' << message << '\n';
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
  portcullis::cli::add_load(app, exit);
  portcullis::cli::add_device(app, exit);
  portcullis::cli::add_run(app, exit);
  portcullis::cli::add_diff(app, exit);
  portcullis::cli::add_explain(app, exit);
  portcullis::cli::add_test(app, exit);
  portcullis::cli::add_bench(app, exit);
  portcullis::cli::add_campaign(app, exit);
  portcullis::cli::add_export(app, exit);
  portcullis::cli::add_report(app, exit);
  add_quiet(app);
  portcullis::cli::add_completion(app);
  portcullis::cli::add_manual(app);
  try {
    app.parse(argc, argv);
    return finish(exit);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    app.exit(error, std::cout, std::cerr);
    return asked_for_help ? finish(Exit::as_asked) : static_cast<int>(Exit::impossible);
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return static_cast<int>(Exit::impossible);
}
