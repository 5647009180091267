// book show: the class as a table, or one student (book_student.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "grader/book/class_book.hpp"
#include "grader/book/erase.hpp"
#include "grader/commands/book.hpp"
#include "grader/commands/book_student.hpp"
#include "grader/export/export.hpp"
#include "grader/report/grid.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

/// "21.5 L2 o?": points, late days that cost something, an override, something that waits for the judge.
std::string cell_of(const ModuleGrade& grade) {
  const bool nothing = grade.attempts == 0 && grade.overrides.empty();
  std::string text = nothing ? "-" : format_points(grade.points);
  if (grade.late_days > grade.free_late_days) text += fmt::format(" L{}", grade.late_days - grade.free_late_days);
  if (!grade.overrides.empty()) text += " o";
  if (grade.pending) text += " ?";
  return text;
}

Grid class_grid(const Grades& grades, const Terminal& terminal) {
  constexpr int kMostName = 28;
  const auto short_text = [&](const std::string& text) {
    return fit(terminal.safe(text), kMostName, !terminal.unicode);
  };
  Grid grid;
  std::vector<Cell> header{{"student"}, {"name"}, {"group"}};
  for (const GradedModule& module : grades.modules)
    header.push_back({fmt::format("{} /{}", module.id, format_points(module.max))});
  header.push_back({"points", Style::plain, Align::right});
  grid.header(std::move(header));
  for (const StudentGrade& student : grades.students) {
    std::vector<Cell> cells{{short_text(student.id), student.on_roster ? Style::bold : Style::warn},
                            {short_text(student.name)},
                            {short_text(student.group)}};
    for (const ModuleGrade& grade : student.modules) {
      const bool changed = grade.penalty > 0 || !grade.overrides.empty();
      cells.push_back({cell_of(grade), changed ? Style::accent : Style::plain});
    }
    cells.push_back(
        {fmt::format("{}/{}", format_points(student.points), format_points(student.max)), Style::plain, Align::right});
    grid.row(std::move(cells));
  }
  return grid;
}

void print_list(const char* title, const std::vector<std::string>& lines, const Terminal& terminal) {
  if (lines.empty()) return;
  fmt::print("\n{}\n", terminal.paint(Style::bold, title));
  for (const std::string& line : lines)
    for (const std::string& part : wrap(terminal.safe(line), terminal.text_width())) fmt::print("{}\n", part);
}

void print_class(const Grades& grades, int erased, const Terminal& terminal) {
  fmt::print("{}", class_grid(grades, terminal).render(terminal));
  fmt::print("{}\n", terminal.paint(Style::dim,
                                    "- nothing handed in, L2 two late days that cost points, o overridden, ? waits or "
                                    "could not be taken in"));
  std::vector<std::string> waiting;
  for (const Pending& pending : grades.pending)
    waiting.push_back(fmt::format("{}{}{}: {}{}", pending.submission, pending.module.empty() ? "" : ", ",
                                  pending.module, pending.reason, pending.ours ? " (the judge's own fault)" : ""));
  print_list("without a grade", waiting, terminal);
  print_list("to look at", grades.problems, terminal);
  fmt::print("\n{} student{}{}\n", grades.students.size(), grades.students.size() == 1 ? "" : "s",
             erased == 0 ? "" : fmt::format(", {} erased", erased));
}

bool write_json(const App& app, const std::string& file, const std::string& text) {
  const auto problem = file.empty() ? std::nullopt : write_atomically(file, text);
  if (problem) complain(app, *problem);
  return !problem;
}

}  // namespace

int show_book(const App& app, const BookOptions& options) {
  auto store = open_book(app, options, false);
  if (!store) return kBadCall;
  const auto inputs = inputs_of(*store, app.course);
  if (!inputs) {
    complain(app, inputs.error());
    return kBadCall;
  }
  const Grades grades = compute_grades(*inputs);
  if (options.student.empty()) {
    print_class(grades, erased_students(*store), app.out);
    return write_json(app, options.json, export_json(grades).files.at(0).text) ? kWell : kBadCall;
  }
  const auto student = std::ranges::find(grades.students, options.student, &StudentGrade::id);
  if (student == grades.students.end()) {
    complain(app, fmt::format("neither roster nor submissions name a student \"{}\"; `kiln book show` lists all",
                              options.student));
    return kBadCall;
  }
  const StudentRecord record = record_of(*store, *inputs, *student);
  print_record(record, inputs->policy, app.out);
  return write_json(app, options.json, to_json(record)) ? kWell : kBadCall;
}

}  // namespace kiln::grader
