// kiln: one program for students, instructors and authors. The command line; the work is in commands/.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "grader/commands/commands.hpp"
#include "grader/course/load.hpp"
#include "grader/export/formats.hpp"
#include "grader/intake/intake.hpp"
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

/// Numbers without a sign: CLI11 would wrap a negative one.
std::string no_sign(const std::string& text) {
  return text.starts_with('-') ? "expected a number such as 42 or 0x2a, found \"" + text + "\"" : "";
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

struct Commands {
  std::string word, doctor_json;
  int level = 1;
  std::vector<std::string> arguments, signatures;
  CheckOptions check;
  LintOptions lint;
  GradeOptions grade;
  RejudgeOptions rejudge;
  BookOptions book;
  ExportCall export_call;
};

void add_learning(CLI::App& cli, Commands& commands) {
  cli.add_subcommand("list", "the modules, their exercises, points and titles");
  auto* status = cli.add_subcommand("status", "where am I: what is written, and who answers each kernel");
  status->add_option("module", commands.word, "a module; without it, all");

  auto* check = cli.add_subcommand("check", "build, test and measure, and explain what failed and what to do next");
  CheckOptions& options = commands.check;
  check->add_option("what", options.word, "an exercise (matmul) or a module (01, tensor, 01_tensor); without it, all");
  check->add_option("--test", options.test, "run this test alone");
  check->add_option("--seed", options.seed, "draw the cases from this seed, as a failure names it")->check(no_sign);
  check->add_option("--case", options.only_case, "run this case of each test alone");
  check->add_flag("--no-speed", options.no_speed, "tests only");
  check->add_flag("--in-process", options.in_process,
                  "run the tests and the kernels in one process, for gdb and valgrind");
  check->add_flag("--sanitize", options.sanitize, "the same under AddressSanitizer and UndefinedBehaviorSanitizer");
  check->add_option("--json", options.json, "write the result to this file too");
  check->add_flag("--meson", options.meson, "exit with 77 where all is still a stub, as `meson test` wants it");

  auto* hint = cli.add_subcommand("hint", "a nudge for an exercise; --level 2 the idea, --level 3 almost the code");
  hint->add_option("exercise", commands.word)->required();
  hint->add_option("--level", commands.level, "1, 2 or 3")->check(CLI::Range(1, 3));
  cli.add_subcommand("reset", "put an exercise's stub back; your file is kept beside it")
      ->add_option("exercise", commands.word)
      ->required();
  auto* bench = cli.add_subcommand("bench", "Google Benchmark: your kernel beside the reference's, over many sizes");
  bench->add_option("what", commands.word, "an exercise or a module")->required();
  bench->allow_extras();
  bench->footer("What follows is passed to Google Benchmark: --benchmark_min_time=0.1");
  auto* milestone =
      cli.add_subcommand("milestone", "run a whole network on your kernels, and the reference's for the rest");
  milestone->add_option("name", commands.word, "such as perceptron; without it, lists them");
  milestone->allow_extras();
  milestone->footer(
      "What follows is the milestone's own: --backend NAME, --override KERNEL=reference, --seed N, --epochs N, "
      "--checkpoint FILE, --json FILE.\n"
      "Exit status: 0 the goal was reached, 1 it was missed, 2 the call was wrong, 130 stopped by Ctrl-C.");
  cli.add_subcommand("doctor", "is this machine fit to learn on, and to grade on")
      ->add_option("--json", commands.doctor_json, "write what was found to this file too");
}

void add_sanitize(CLI::App* command, SanitizerStage& stage) {
  command
      ->add_option("--sanitize", stage,
                   "test once more under AddressSanitizer and UndefinedBehaviorSanitizer, and ThreadSanitizer where "
                   "threads are allowed. off (default); report: what they find is told, and costs nothing; fail: a test "
                   "under which they find something counts as failed")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, SanitizerStage>{
              {"off", SanitizerStage::off}, {"report", SanitizerStage::report}, {"fail", SanitizerStage::fail}},
          CLI::ignore_case));
}

void add_teaching(CLI::App& cli, Commands& commands) {
  auto* lay_out =
      cli.add_subcommand("new", "lay out an exercise (MODULE EXERCISE) or a module (NN_name) for its author");
  lay_out->add_option("name", commands.arguments, "02_activations swish, or 07_training")->required()->expected(1, 2);
  lay_out->add_option("--signature", commands.signatures,
                      "a kernel of the exercise (default: \"void EXERCISE(ConstView in, View out)\")");

  auto* lint =
      cli.add_subcommand("lint", "prove the course: stubs score 0, solutions full marks, wrong variants are caught");
  lint->add_option("module", commands.lint.word, "a module; without it, all");
  lint->add_flag("--no-speed", commands.lint.no_speed, "leave the speed steps out");

  auto* grade = cli.add_subcommand("grade", "judge submissions: folders, archives, or folders of these");
  GradeOptions& options = commands.grade;
  grade->add_option("path", options.paths, "submissions");
  grade->add_option("--module", options.module, "grade this module alone");
  grade->add_option("--jobs", options.jobs, "submissions built and tested side by side (default: one a processor)")
      ->check(CLI::Range(1, 256));
  grade->add_option("--json", options.json, "write the results to this file");
  grade->add_option("--out", options.out, "write reports and the gradebook to this folder (default: kiln-grades)");
  grade->add_option("--book", options.book, "keep the gradebook in this file or folder instead");
  grade->add_option("--handed-in", options.handed_in,
                    "a CSV file with the columns submission and time (default: the newest of a submission's files)");
  grade->add_flag("--resume", options.resume, "go on with the run in --out that was broken off; needs no path");
  grade->add_flag("--no-cache", options.no_cache, "judge again what the gradebook knows already");
  grade->add_option("--seed", options.seed, "of the hidden tests (default: the gradebook's own; the receipt names it)")
      ->check(no_sign);
  add_sanitize(grade, options.sanitize);
  grade->add_flag("--unsafe", options.unsafe,
                  "grade although layers of the sandbox are missing: only work that you trust");
  grade->footer(std::string(intake_rule()) +
                "\n\nExit status: 0 everything was judged, 2 the call was wrong, 3 the judge failed.");
}

void add_rejudge(CLI::App& cli, RejudgeOptions& options) {
  auto* rejudge = cli.add_subcommand("rejudge", "judge again what the gradebook has, and see old against new");
  rejudge->add_option("--book", options.book, "the gradebook, or its folder (default: kiln-grades)");
  rejudge->add_option("--module", options.module, "this module alone");
  rejudge
      ->add_option("--select", options.select,
                   "latest: of each submission the latest attempt (default); failed: of these, where an exercise failed "
                   "or the judge did; all: every attempt")
      ->check(CLI::IsMember({"latest", "failed", "all"}));
  rejudge->add_option("--submission", options.submissions, "these submissions alone");
  rejudge->add_option("--jobs", options.jobs, "files tested side by side (default: one a processor)")
      ->check(CLI::Range(1, 256));
  rejudge->add_option("--seed", options.seed, "of the hidden tests (default: the gradebook's own)")->check(no_sign);
  rejudge->add_option("--json", options.json, "write old and new to this file");
  add_sanitize(rejudge, options.sanitize);
  auto* apply = rejudge->add_option("--apply", options.apply, "let the results of this set count");
  rejudge->add_option("--drop", options.drop, "forget the results of this set")->excludes(apply);
  rejudge->add_flag("--list", options.list, "the sets that there are");
  rejudge->add_flag("--resume", options.resume, "go on with the set that was broken off");
  rejudge->add_flag("--unsafe", options.unsafe, "although layers of the sandbox are missing: only work that you trust");
  rejudge->footer(
      "The texts come from the gradebook: what was handed in need not be there any more. New results are a set beside "
      "the old ones, and count once it is applied.\n\n"
      "Exit status: 0 all was judged, 2 the call was wrong, 3 the judge failed.");
}

void add_book(CLI::App& cli, BookOptions& options) {
  auto* book = cli.add_subcommand("book", "the gradebook of a class: grades, roster, policy, overrides, erasure");
  book->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    auto* command = book->add_subcommand(name, help);
    command->add_option("--book", options.book, "the gradebook, or the folder that it lies in (default: kiln-grades)");
    return command;
  };
  const auto add_author = [&](CLI::App* command) {
    command->add_option("--author", options.author, "who decides this")->required();
    command->add_option("--reason", options.reason, "why; it stays in the book beside the points")->required();
  };
  auto* show = add("show", "the grades of the class; of one student all that the book knows");
  show->add_option("student", options.student, "a student's id");
  show->add_option("--json", options.json, "write them to this file too");
  add("roster", "put a roster (CSV) into the book")->add_option("file", options.file)->required();
  add("policy", "put a policy (TOML) into the book")->add_option("file", options.file)->required();
  auto* override = add("override", "points in place of the judge's, which stay beside them");
  override->add_option("student", options.student, "a student's or a group's id")->required();
  override->add_option("module", options.module, "01, or 01/matmul for one exercise")->required();
  override->add_option("points", options.points)->required();
  add_author(override);
  auto* withdraw = add("withdraw", "take an override back; it stays in the book as withdrawn");
  withdraw->add_option("override", options.id, "its number, as `kiln book show STUDENT` tells")->required();
  add_author(withdraw);
  auto* erase = add("erase", "erase all that the book holds of a student; says first what that is");
  erase->add_option("student", options.student, "a student's id")->required();
  erase->add_flag("--yes", options.yes, "do it");
}

void add_export(CLI::App& cli, ExportCall& call) {
  auto* command = cli.add_subcommand("export", "the gradebook as other programs read it: Gradescope, Canvas, tables");
  std::string formats;
  for (const FormatInfo& format : export_formats()) formats += fmt::format("\n  {:<11} {}", format.name, format.help);
  command->add_option("--format", call.format, "gradescope, canvas, junit, csv or json")->required();
  command->add_option("--book", call.book, "the gradebook, or its folder (default: kiln-grades)");
  command->add_option("--out", call.out,
                      "write to this file or folder (default: standard output; of gradescope, the folder gradescope "
                      "beside the gradebook)");
  command->add_option("--student", call.student, "this student alone");
  command->add_option("--module", call.module, "this module alone");
  command->add_option("--audience", call.audience,
                      "instructor: all; student: no hidden test's message, no seed, no author of an override "
                      "(default: instructor; of gradescope and junit, student)");
  command->add_option("--visibility", call.visibility,
                      "gradescope: when students see it: visible, after_due_date, after_published or hidden");
  command->add_option("--hidden-tests", call.hidden_tests,
                      "gradescope: the same for the names of failed hidden tests (default: after_published)");
  command->add_flag("--no-leaderboard", call.no_leaderboard, "gradescope: no ranking by speed");
  command->add_option("--assignment", call.assignments,
                      "canvas: a module's assignment there, as in 01_tensor=\"Homework 1 (4711)\" (default: the "
                      "roster's column of that name, else the module's id)");
  command->add_flag("--missing-as-zero", call.missing_as_zero, "canvas: 0 where nothing was handed in");
  command->add_flag("--wide", call.wide, "csv: one line a student");
  command->footer(
      "Formats:" + formats +
      "\n\nGrades are computed anew from the gradebook: results, roster, policy and overrides."
      "\nExit status: 0 exported, 2 the call was wrong or there is no gradebook, 3 it could not be written.");
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
  add_rejudge(cli, commands.rejudge);
  add_book(cli, commands.book);
  add_export(cli, commands.export_call);
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
