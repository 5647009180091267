// kiln: one program for students, instructors and authors. From a command line to the command that does the work.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "grader/command_line/command_line.hpp"
#include "grader/course/load.hpp"
#include "grader/sandbox/stop.hpp"

namespace kiln::grader {

namespace {

/// Loads what every command needs; tells what is wrong and gives nothing where it cannot.
std::optional<App> open_app() {
  auto installation = load_installation();
  if (!installation) {
    fmt::print(stderr, "kiln: {}\n", installation.error());
    return std::nullopt;
  }
  auto course = load_course(installation->source_root);
  if (!course) {
    fmt::print(stderr, "{}\n", to_string(course.error()));
    return std::nullopt;
  }
  return App{std::move(*installation), std::move(*course), terminal_of(1)};
}

/// Names the word that is no command: CLI11 says only that one is missing.
bool knows_command(const CLI::App& cli, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return true;
  std::vector<std::string> names;
  for (const CLI::App* command : cli.get_subcommands({})) names.push_back(command->get_name());
  const std::string word = argv[1];
  if (std::find(names.begin(), names.end(), word) != names.end()) return true;
  fmt::print(stderr, "kiln: there is no command \"{}\"; there are: {}\n", word, fmt::join(names, ", "));
  return false;
}

int lay_out(const App& app, const Commands& commands) {
  std::vector<std::string> arguments = commands.arguments;
  for (const std::string& signature : commands.signatures) arguments.push_back("--signature=" + signature);
  return lay_out_new(app, arguments);
}

int dispatch(const CLI::App& cli, const Commands& commands) {
  const auto app = open_app();
  if (!app) return kJudgeFailed;
  const std::string name = cli.get_subcommands().front()->get_name();
  if (name == "list") return list_course(*app);
  if (name == "status") return show_status(*app, commands.word);
  if (name == "check") return check(*app, commands.check);
  if (name == "hint") return show_hint(*app, commands.word, commands.level);
  if (name == "reset") return reset(*app, commands.word);
  if (name == "bench") return bench(*app, commands.word, cli.get_subcommands().front()->remaining());
  if (name == "milestone") return run_milestone(*app, commands.word, cli.get_subcommands().front()->remaining());
  if (name == "journey") return journey(*app, commands.word, cli.get_subcommands().front()->remaining());
  if (name == "profile") return profile_milestone(*app, commands.word, cli.get_subcommands().front()->remaining());
  if (name == "doctor") return doctor(*app, commands.doctor_json);
  if (name == "new") return lay_out(*app, commands);
  if (name == "lint") return lint(*app, commands.lint);
  if (name == "rejudge") return rejudge(*app, commands.rejudge);
  if (name == "book") {
    BookOptions options = commands.book;
    options.what = cli.get_subcommands().front()->get_subcommands().front()->get_name();
    return book(*app, options);
  }
  if (name == "export") return export_book(*app, commands.export_call);
  return grade(*app, commands.grade);
}

int run_kiln(int argc, char** argv) {
  CLI::App cli{"Kiln: write the kernels of a machine-learning framework, module by module."};
  cli.require_subcommand(1);
  cli.footer(
      "kiln COMMAND --help tells more.\n"
      "Exit status: 0 all well, 1 something failed its test or step, 2 the call was wrong, 3 the judge itself failed.");
  Commands commands;
  add_learning(cli, commands);
  add_teaching(cli, commands);
  add_gradebook(cli, commands);
  if (!knows_command(cli, argc, argv)) return kBadCall;
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? kWell : kBadCall;
  }
  stop_on_signals();
  return dispatch(cli, commands);
}

}  // namespace
}  // namespace kiln::grader

int main(int argc, char** argv) {
  try {
    return kiln::grader::run_kiln(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kiln: the judge itself failed: %s\n", error.what());
    return kiln::grader::kJudgeFailed;
  }
}
