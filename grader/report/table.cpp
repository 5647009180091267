// Choosing columns, filling grids, wording footers.
#include "grader/report/table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "grader/report/columns.hpp"
#include "grader/report/grid.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

enum class Layout { full, marks, plain };

constexpr int kMostNameColumns = 32, kFewestNameColumns = 12;

/// What score, verdict and gaps leave over, at the least a recognisable beginning.
int name_columns(const Terminal& terminal) {
  return terminal.width == 0 ? kMostNameColumns : std::clamp(terminal.width - 28, kFewestNameColumns, kMostNameColumns);
}

std::string mark_and_points(Verdict verdict, const std::string& points, int width, const Terminal& terminal) {
  return std::string(mark_of(verdict, terminal.unicode)) + ' ' + pad(points, width, Align::right);
}

void add_header(std::vector<Cell>& cells, const Column& column, int number, Layout layout, const Terminal& terminal) {
  if (layout == Layout::plain) return;
  cells.push_back({layout == Layout::full ? terminal.safe(column.title) : std::to_string(number)});
  if (layout == Layout::full && column.timed) cells.push_back({"speed", Style::plain, Align::right});
}

void add_cells(std::vector<Cell>& cells, const Column& column, const SubmissionResult& submission, Layout layout,
               const Terminal& terminal) {
  if (layout == Layout::plain) return;
  const ColumnValue value = value_in(column, submission);
  if (!value.present) {
    cells.push_back({});
  } else if (layout == Layout::full) {
    cells.push_back(
        {mark_and_points(value.verdict, value.points, column.points_width, terminal), style_of(value.verdict)});
  } else {
    cells.push_back({std::string(mark_of(value.verdict, terminal.unicode)), style_of(value.verdict)});
  }
  if (layout == Layout::full && column.timed) {
    cells.push_back({value.ratio ? format_ratio(*value.ratio) : "", Style::dim, Align::right});
  }
}

Grid class_grid(std::span<const SubmissionResult> submissions, const std::vector<Column>& columns, Layout layout,
                const Terminal& terminal) {
  Grid grid;
  std::vector<Cell> header{{"submission"}, {"score", Style::plain, Align::right}, {"verdict"}};
  for (std::size_t i = 0; i < columns.size(); ++i)
    add_header(header, columns[i], static_cast<int>(i) + 1, layout, terminal);
  grid.header(std::move(header));
  for (const SubmissionResult& submission : submissions) {
    const std::string score = fmt::format("{}/{}", format_points(submission.score), format_points(submission.max));
    std::vector<Cell> cells{
        {fit(terminal.safe(submission.submission), name_columns(terminal), !terminal.unicode), Style::bold},
        {score, Style::plain, Align::right},
        {label_of(submission.verdict), style_of(submission.verdict)}};
    for (const Column& column : columns) add_cells(cells, column, submission, layout, terminal);
    grid.row(std::move(cells));
  }
  return grid;
}

std::string counts_line(std::span<const SubmissionResult> submissions, const Terminal& terminal) {
  const auto counts = count_verdicts(submissions);
  std::string text = fmt::format("{} submission{}{}", submissions.size(), submissions.size() == 1 ? "" : "s",
                                 submissions.empty() ? "" : ": ");
  int column = display_width(text);
  bool first = true;
  for (const Verdict verdict : kVerdictsBySeriousness) {
    if (!counts.contains(verdict)) continue;
    const std::string item =
        fmt::format("{} {} {}", mark_of(verdict, terminal.unicode), counts.at(verdict), label_of(verdict));
    // Wrapped by hand: paint has no width.
    const bool full = column + display_width(item) + 3 > terminal.text_width();
    if (!first) text += full ? ",\n  " : ", ";
    column = (full ? 2 : column + 2) + display_width(item);
    text += terminal.paint(style_of(verdict), item);
    first = false;
  }
  return text + '\n';
}

/// The marks in the exercises' columns that the line of counts does not explain.
std::string marks_line(std::span<const SubmissionResult> submissions, const Terminal& terminal) {
  const auto counts = count_verdicts(submissions);
  std::set<Verdict> seen;
  for (const SubmissionResult& submission : submissions)
    for (const ModuleResult& module : submission.modules)
      for (const ExerciseResult& exercise : module.exercises) seen.insert(exercise.verdict);
  std::string line;
  for (const Verdict verdict : kVerdictsBySeriousness) {
    if (!seen.contains(verdict) || counts.contains(verdict)) continue;
    line +=
        fmt::format("{}{} {}", line.empty() ? "marks: " : ", ", mark_of(verdict, terminal.unicode), label_of(verdict));
  }
  return line.empty() ? line : terminal.paint(Style::dim, line) + '\n';
}

std::string numbers_legend(const std::vector<Column>& columns, const Terminal& terminal) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i)
    line += fmt::format("{}{} {}", i == 0 ? "" : ", ", i + 1, terminal.safe(columns[i].title));
  std::string text;
  for (const std::string& part : wrap(line, terminal.text_width())) text += terminal.paint(Style::dim, part) + '\n';
  return text;
}

std::string problems(std::span<const SubmissionResult> submissions, const Terminal& terminal) {
  std::string text;
  int judge_errors = 0;
  for (const SubmissionResult& submission : submissions) {
    judge_errors += submission.verdict == Verdict::judge_error;
    if (submission.problem.empty()) continue;
    const std::string line = terminal.safe(submission.submission) + ": " + terminal.safe(submission.problem);
    for (const std::string& part : wrap(line, terminal.text_width())) text += part + '\n';
  }
  if (!text.empty()) text = terminal.paint(Style::bold, "not taken in") + '\n' + text;
  if (judge_errors == 0) return text;
  const std::string warning = fmt::format(
      "{} not fully judged because the grader itself failed; such a score is not final, judge it again", judge_errors);
  for (const std::string& part : wrap(warning, terminal.text_width()))
    text += terminal.paint(Style::accent, part) + '\n';
  return text;
}

std::string tests_of(const ExerciseResult& exercise) {
  const int all = exercise.passed + exercise.failed;
  return all == 0 ? "" : fmt::format("{}/{}", exercise.passed, all);
}

std::string speed_of(const ExerciseResult& exercise) {
  if (const auto speed = overall_speed(exercise)) {
    return fmt::format("{} ({} to {})", format_ratio(speed->ratio), format_ratio(speed->low),
                       format_ratio(speed->high));
  }
  return exercise.speed.empty() ? "" : "measure again";
}

}  // namespace

std::string class_table(std::span<const SubmissionResult> submissions, const Terminal& terminal) {
  const auto columns = columns_of(submissions);
  Layout layout = Layout::full;
  Grid grid = class_grid(submissions, columns, layout, terminal);
  for (const Layout narrower : {Layout::marks, Layout::plain}) {
    if (terminal.width == 0 || grid.width() <= terminal.width) break;
    layout = narrower;
    grid = class_grid(submissions, columns, layout, terminal);
  }
  std::string text = grid.render(terminal);
  if (layout == Layout::marks) text += numbers_legend(columns, terminal);
  text += '\n' + counts_line(submissions, terminal);
  if (layout != Layout::plain) text += marks_line(submissions, terminal);
  return text + problems(submissions, terminal);
}

std::string module_table(const ModuleResult& module, const Terminal& terminal) {
  Grid grid;
  grid.header({{""},
               {terminal.safe(module.id)},
               {"verdict"},
               {"points", Style::plain, Align::right},
               {"tests", Style::plain, Align::right},
               {"speed"}});
  for (const ExerciseResult& exercise : module.exercises) {
    const Style style = style_of(exercise.verdict);
    grid.row({{std::string(mark_of(exercise.verdict, terminal.unicode)), style},
              {terminal.safe(exercise.id), Style::bold},
              {label_of(exercise.verdict), style},
              {points_of(exercise) + "/" + format_points(exercise.max), Style::plain, Align::right},
              {tests_of(exercise), Style::plain, Align::right},
              {speed_of(exercise)}});
  }
  grid.row({{""},
            {"total", Style::bold},
            {""},
            {format_points(module.score) + "/" + format_points(module.max), Style::bold, Align::right}});
  return grid.render(terminal);
}

}  // namespace kiln::grader
