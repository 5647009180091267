// The words that every report shares: what a verdict means, its mark, what to do next, a speed in a sentence.
// Plain text without colour or escapes; whoever prints it makes it safe for its medium.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grader/record/result.hpp"
#include "grader/report/terminal.hpp"

namespace kiln::grader {

/// One column wide; colour is never the only sign.
std::string_view mark_of(Verdict verdict, bool unicode);
Style style_of(Verdict verdict);
/// "compile error" for compile_error.
std::string label_of(Verdict verdict);
/// "right, below full speed".
std::string_view meaning_of(Verdict verdict);

/// A command of `kiln` worth trying next and what it is good for.
struct NextStep {
  std::string command;  ///< "kiln hint matmul"; "" where no command helps
  std::string why;
};
/// What a student does next about one exercise; empty for full marks.
std::vector<NextStep> next_steps(const ExerciseResult& exercise);

/// A ratio with two significant decimals and a times sign: "0.31x", "1.2x"; "?" where not finite.
std::string format_ratio(double ratio);
/// Seconds with a fitting unit: "1.20 ms", "35.0 us".
std::string format_seconds(double seconds);

/// The step that gives the points of a measured case, and the one above it.
std::optional<SpeedStep> reached_step(const SpeedResult& speed);
std::optional<SpeedStep> next_step_of(const SpeedResult& speed);
/// "0.31x the reference's speed (95 % interval 0.29x to 0.33x), 1.5 of 4 points. Reached the step at 0.30x. ...".
std::string speed_sentence(const SpeedResult& speed);

/// "matmul.cpp:12 in dot: heap-buffer-overflow: READ of size 4 (address sanitizer)".
std::string finding_sentence(const Finding& finding);
/// What the sanitizers came to, in a sentence; "" where nobody asked for them.
std::string sanitizers_sentence(const ExerciseResult& exercise);

/// Points of an exercise for a table: "?" where our own fault hides them.
std::string points_of(const ExerciseResult& exercise);
/// How many exercises the judge could not judge.
int count_judge_errors(const SubmissionResult& submission);

}  // namespace kiln::grader
