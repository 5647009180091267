// The HTML page of one submission, from top to bottom.
#include <fmt/core.h>

#include "grader/report/html.hpp"
#include "grader/report/submission_report.hpp"
#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

constexpr std::size_t kMessageLines = 80, kMessageBytes = 12000;

std::string pre(std::string_view raw) {
  return "<pre>" + escape_html(clip(printable(raw, {.keep_lines = true}), kMessageLines, kMessageBytes)) + "</pre>\n";
}

std::string anchor_of(const ModuleResult& module, const ExerciseResult& exercise) {
  return escape_html(module.id + "." + exercise.id);
}

std::string out_of(double score, double max) { return format_points(score) + " / " + format_points(max); }

std::string head(const SubmissionResult& result, Audience audience) {
  std::string html = fmt::format(
      "<header>\n<p class=\"eyebrow\">Kiln {} &middot; {}</p>\n<h1>{}</h1>\n", escape_html(result.receipt.course),
      audience == Audience::instructor ? "instructor&#39;s copy, with hidden tests and seed" : "student&#39;s copy",
      escape_html(result.submission));
  html +=
      fmt::format("<div class=\"score\"><strong>{}</strong>{}{}</div>\n</header>\n", out_of(result.score, result.max),
                  score_bar(result.score, result.max), verdict_chip(result.verdict));
  html += fmt::format("<p class=\"soft lead\">{}.</p>\n", escape_html(meaning_of(result.verdict)));
  if (!result.problem.empty()) {
    html += fmt::format("<p class=\"note bad\"><strong>Not taken in.</strong> {}</p>\n", escape_html(result.problem));
  }
  if (const int errors = count_judge_errors(result); errors > 0) {
    html += fmt::format(
        "<p class=\"note\"><strong>This score is not final.</strong> The grader itself failed on {} exercise{}; "
        "that costs no points, and it will be judged again.</p>\n",
        errors, errors == 1 ? "" : "s");
  }
  return html;
}

std::string speed_cell(const ExerciseResult& exercise) {
  if (const auto speed = overall_speed(exercise)) return format_ratio(speed->ratio);
  return exercise.speed.empty() ? "" : "not measured";
}

std::string tests_cell(const ExerciseResult& exercise) {
  const int all = exercise.passed + exercise.failed;
  return all == 0 ? "" : fmt::format("{} of {}", exercise.passed, all);
}

std::string table_of(const ModuleResult& module) {
  std::string html = fmt::format(
      "<div class=\"scroll\"><table>\n<caption>{}: what each exercise earned. Speed is the reference&#39;s time over "
      "this submission&#39;s: 1x is as fast.</caption>\n"
      "<thead><tr><th scope=\"col\">exercise</th><th scope=\"col\">verdict</th><th scope=\"col\" "
      "class=\"num\">points</th>"
      "<th scope=\"col\" class=\"num\">tests passed</th><th scope=\"col\" "
      "class=\"num\">speed</th></tr></thead>\n<tbody>\n",
      escape_html(module.id));
  for (const ExerciseResult& exercise : module.exercises) {
    html += fmt::format(
        "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th><td>{}</td><td class=\"num\">{} / {}</td>"
        "<td class=\"num\">{}</td><td class=\"num\">{}</td></tr>\n",
        anchor_of(module, exercise), escape_html(exercise.id), verdict_chip(exercise.verdict), points_of(exercise),
        format_points(exercise.max), tests_cell(exercise), speed_cell(exercise));
  }
  return html +
         fmt::format(
             "</tbody>\n<tfoot><tr><th scope=\"row\">sum</th><td></td><td class=\"num\">{}</td><td></td><td></td>"
             "</tr></tfoot>\n</table></div>\n",
             out_of(module.score, module.max));
}

std::string failures_of(const ExerciseResult& exercise) {
  std::string html;
  for (const TestFailure& failure : exercise.failures) {
    html += "<h4><code>" + escape_html(failure.name) + "</code>";
    if (!failure.kind.empty() && failure.kind != "fail")
      html += "<span class=\"tag\">" + escape_html(failure.kind) + "</span>";
    if (failure.hidden) html += "<span class=\"tag\">hidden test</span>";
    html += "</h4>\n";
    if (!failure.message.empty()) {
      html += pre(failure.message);
    } else if (failure.hidden) {
      html += "<p class=\"soft\">Hidden tests are shown by name only.</p>\n";
    }
  }
  return html;
}

std::string speeds_of(const ExerciseResult& exercise) {
  std::string html;
  for (const SpeedResult& speed : exercise.speed) {
    html += fmt::format("<h4>speed: {}</h4>\n<figure>{}\n<figcaption>{}", escape_html(speed.name), speed_chart(speed),
                        escape_html(speed_sentence(speed)));
    if (speed.measured && speed.student_seconds > 0) {
      html += fmt::format(" One call: {}, the reference {}.", format_seconds(speed.student_seconds),
                          format_seconds(speed.reference_seconds));
    }
    html += "</figcaption></figure>\n";
    if (speed.samples.empty()) continue;
    html += fmt::format("<details><summary>{} raw ratios, in order</summary><pre>", speed.samples.size());
    for (const double sample : speed.samples) html += fmt::format("{:.4g} ", sample);
    html += "</pre></details>\n";
  }
  return html;
}

std::string findings_of(const ExerciseResult& exercise) {
  if (exercise.sanitizers.empty()) return {};
  std::string html = "<p class=\"soft\">" + escape_html(sanitizers_sentence(exercise)) + ".</p>\n";
  for (const Finding& finding : exercise.findings) {
    html += "<h4><code>" + escape_html(finding_sentence(finding)) + "</code></h4>\n";
    if (!finding.text.empty()) html += pre(finding.text);
  }
  return html;
}

std::string next_of(const ExerciseResult& exercise) {
  std::string html;
  for (const NextStep& step : next_steps(exercise)) {
    html += "<li>";
    if (!step.command.empty()) html += "<code>" + escape_html(step.command) + "</code> ";
    html += escape_html(step.why) + "</li>\n";
  }
  return html.empty() ? html : "<h4>What to do next</h4>\n<ul class=\"plain\">\n" + html + "</ul>\n";
}

std::string article_of(const ModuleResult& module, const ExerciseResult& exercise, Audience audience) {
  std::string summary = escape_html(meaning_of(exercise.verdict));
  if (const int all = exercise.passed + exercise.failed; all > 0)
    summary += fmt::format("; {} of {} tests passed", exercise.passed, all);
  std::string html = fmt::format(
      "<article id=\"{}\">\n<header><h3>{}</h3>{}<span class=\"soft\">{}</span><span class=\"num\">{} / "
      "{}</span></header>\n",
      anchor_of(module, exercise), escape_html(exercise.id), verdict_chip(exercise.verdict), summary,
      points_of(exercise), format_points(exercise.max));
  if (!exercise.detail.empty()) html += pre(exercise.detail);
  html += failures_of(exercise) + findings_of(exercise) + speeds_of(exercise);
  if (audience == Audience::student) html += next_of(exercise);
  return html + "</article>\n";
}

std::string notes_of(const SubmissionResult& result) {
  if (result.notes.empty()) return {};
  std::string html = "<section>\n<h2>Notes on the files</h2>\n<ul class=\"plain\">\n";
  for (const std::string& note : result.notes) html += "<li>" + escape_html(note) + "</li>\n";
  return html + "</ul>\n</section>\n";
}

std::string receipt_of(const Receipt& receipt) {
  std::string rows;
  const auto add = [&](const char* term, const std::string& value) {
    if (!value.empty()) rows += fmt::format("<dt>{}</dt><dd><code>{}</code></dd>\n", term, escape_html(value));
  };
  add("course", receipt.course);
  add("compiler", receipt.compiler);
  add("flags", receipt.flags);
  add("CPU", receipt.cpu);
  add("sandbox", receipt.sandbox);
  add("seed of the hidden tests", receipt.seed);
  add("started", receipt.started);
  if (receipt.seconds > 0) add("took", format_seconds(receipt.seconds));
  return rows.empty() ? rows : "<section>\n<h2>Receipt</h2>\n<dl>\n" + rows + "</dl>\n</section>\n";
}

}  // namespace

std::string html_report(const SubmissionResult& result, Audience audience) {
  const SubmissionResult seen = seen_by(audience, result);
  std::string body = head(seen, audience) + "<main>\n";
  for (const ModuleResult& module : seen.modules) {
    body += fmt::format("<section>\n<h2>{}</h2>\n", escape_html(module.id)) + table_of(module);
    for (const ExerciseResult& exercise : module.exercises) body += article_of(module, exercise, audience);
    body += "</section>\n";
  }
  body += notes_of(seen) + receipt_of(seen.receipt) + "</main>\n";
  return html_page(seen.submission + " - " + out_of(seen.score, seen.max), body);
}

}  // namespace kiln::grader
