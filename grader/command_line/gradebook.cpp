// The commands of the gradebook.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "grader/command_line/command_line.hpp"
#include "grader/export/formats.hpp"

namespace kiln::grader {

namespace {

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

}  // namespace

void add_gradebook(CLI::App& cli, Commands& commands) {
  add_book(cli, commands.book);
  add_export(cli, commands.export_call);
}

}  // namespace kiln::grader
