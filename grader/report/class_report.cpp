// The index page and the writing of all reports.
#include "grader/report/class_report.hpp"

#include <fmt/core.h>

#include <cmath>

#include "grader/report/columns.hpp"
#include "grader/report/files.hpp"
#include "grader/report/html.hpp"
#include "grader/report/submission_report.hpp"
#include "grader/report/words.hpp"
#include "kiln/whole_file.hpp"
#include "speed/statistics.hpp"

namespace kiln::grader {
namespace {

std::string counts_of(std::span<const SubmissionResult> submissions) {
  const auto counts = count_verdicts(submissions);
  std::string html = "<ul class=\"chips\" aria-label=\"verdicts\">\n";
  for (const Verdict verdict : kVerdictsBySeriousness) {
    if (!counts.contains(verdict)) continue;
    html += fmt::format("<li><span class=\"chip {}\"><span aria-hidden=\"true\">{}</span> {} {}</span></li>\n",
                        to_string(verdict), mark_of(verdict, true), counts.at(verdict), label_of(verdict));
  }
  return html + "</ul>\n";
}

/// The median of final scores; the judge's own failures are no scores.
std::string summary_of(std::span<const SubmissionResult> submissions) {
  std::vector<double> scores;
  for (const SubmissionResult& submission : submissions)
    if (submission.verdict != Verdict::judge_error && std::isfinite(submission.score))
      scores.push_back(submission.score);
  std::string html =
      fmt::format("<p class=\"soft\">{} submission{}", submissions.size(), submissions.size() == 1 ? "" : "s");
  if (!scores.empty()) html += fmt::format(", median score {}", format_points(speed::median(scores)));
  return html + ".</p>\n";
}

std::string header_of(const std::vector<Column>& columns) {
  std::string html =
      "<thead><tr><th scope=\"col\">submission</th><th scope=\"col\" class=\"num\">score</th>"
      "<th scope=\"col\">verdict</th>";
  for (const Column& column : columns) html += "<th scope=\"col\">" + escape_html(column.title) + "</th>";
  return html + "<th scope=\"col\">student&#39;s copy</th></tr></thead>\n";
}

std::string cell_of(const ColumnValue& value) {
  if (!value.present) return "<td></td>";
  std::string html = "<td>" + verdict_chip(value.verdict, true) + " " + value.points;
  if (value.ratio) html += " <span class=\"soft\">" + format_ratio(*value.ratio) + "</span>";
  return html + "</td>";
}

std::string row_of(const SubmissionResult& submission, const std::string& file, const std::vector<Column>& columns) {
  std::string html = fmt::format("<tr><th scope=\"row\"><a href=\"instructor/{}.html\">{}</a></th>", file,
                                 submission.submission.empty() ? "(no name)" : escape_html(submission.submission));
  html += fmt::format("<td class=\"num\">{} / {}{}</td><td>{}", format_points(submission.score),
                      format_points(submission.max), score_bar(submission.score, submission.max),
                      verdict_chip(submission.verdict));
  // What could not be taken in has nothing in the columns: its reason stands there instead.
  const bool reason_only = submission.modules.empty() && !submission.problem.empty();
  if (reason_only && columns.empty()) {
    html += " " + escape_html(submission.problem) + "</td>";
  } else if (reason_only) {
    html +=
        fmt::format("</td><td colspan=\"{}\" class=\"soft\">{}</td>", columns.size(), escape_html(submission.problem));
  } else {
    html += "</td>";
    for (const Column& column : columns) html += cell_of(value_in(column, submission));
  }
  return html +
         fmt::format("<td><a href=\"student/{0}.html\">page</a> <a href=\"student/{0}.md\">text</a></td></tr>\n", file);
}

}  // namespace

std::string html_index(std::span<const SubmissionResult> submissions, std::span<const std::string> files) {
  const auto columns = columns_of(submissions);
  const std::string course = submissions.empty() ? "" : submissions[0].receipt.course;
  std::string body = fmt::format(
      "<header>\n<p class=\"eyebrow\">Kiln {} &middot; instructor&#39;s copy</p>\n"
      "<h1>Results of the class</h1>\n",
      escape_html(course));
  body += summary_of(submissions) + counts_of(submissions) + "</header>\n<main>\n";
  body +=
      "<div class=\"scroll\"><table class=\"dense\">\n<caption>Mark, points and, where an exercise is timed, the "
      "reference&#39;s time over the submission&#39;s. A name leads to the full report.</caption>\n";
  body += header_of(columns) + "<tbody>\n";
  for (std::size_t i = 0; i < submissions.size() && i < files.size(); ++i)
    body += row_of(submissions[i], files[i], columns);
  body += "</tbody>\n</table></div>\n</main>\n";
  return html_page("Results of the class", body, PageWidth::table);
}

SubmissionResult in_short(SubmissionResult result) {
  result.notes.clear();
  for (ModuleResult& module : result.modules) {
    for (ExerciseResult& exercise : module.exercises) {
      exercise.failures.clear();
      exercise.detail.clear();
      for (SpeedResult& speed : exercise.speed) {
        speed.samples.clear();
        speed.samples.shrink_to_fit();
      }
    }
  }
  return result;
}

ClassReports::ClassReports(std::filesystem::path folder, std::span<const std::string> names)
    : folder_(std::move(folder)) {
  const std::vector<std::string> files = distinct_file_names(names);
  for (std::size_t i = 0; i < files.size(); ++i) files_[names[i]] = files[i];
}

void ClassReports::write_file(const std::filesystem::path& path, const std::string& content) {
  if (auto problem = write_atomically(path, content)) written_.problems.push_back(std::move(*problem));
}

void ClassReports::write(const SubmissionResult& submission) {
  for (const Audience audience : {Audience::instructor, Audience::student}) {
    const auto base = folder_ / (audience == Audience::instructor ? "instructor" : "student") /
                      files_.at(submission.submission);
    write_file(base.string() + ".html", html_report(submission, audience));
    write_file(base.string() + ".md", markdown_report(submission, audience));
  }
}

WrittenReports ClassReports::finish(std::span<const SubmissionResult> submissions) {
  std::vector<std::string> files;
  for (const SubmissionResult& submission : submissions) files.push_back(files_.at(submission.submission));
  written_.index = folder_ / "index.html";
  write_file(written_.index, html_index(submissions, files));
  return std::move(written_);
}

WrittenReports write_reports(const std::filesystem::path& folder, std::span<const SubmissionResult> submissions) {
  std::vector<std::string> names;
  for (const SubmissionResult& submission : submissions) names.push_back(submission.submission);
  ClassReports reports(folder, names);
  for (const SubmissionResult& submission : submissions) reports.write(submission);
  return reports.finish(submissions);
}

}  // namespace kiln::grader
