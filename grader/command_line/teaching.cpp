// The commands of authors and of those who grade.
#include <CLI/CLI.hpp>

#include "grader/command_line/command_line.hpp"
#include "grader/intake/intake.hpp"

namespace kiln::grader {

namespace {

void add_sanitize(CLI::App* command, SanitizerStage& stage) {
  command
      ->add_option_function<std::string>(
          "--sanitize", [&stage](const std::string& name) { stage = sanitizer_stage_from(name).value_or(stage); },
          "test once more under AddressSanitizer and UndefinedBehaviorSanitizer, and ThreadSanitizer where "
          "threads are allowed. off (default); report: what they find is told, and costs nothing; fail: a test "
          "under which they find something counts as failed")
      ->check(CLI::IsMember({"off", "report", "fail"}));
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

}  // namespace

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
  add_rejudge(cli, commands.rejudge);
}

}  // namespace kiln::grader
