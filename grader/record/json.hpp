// Results as JSON, and back: the schema of `kiln grade --json`.
// Promises: never throws; keys come in one fixed order; every finite number returns exactly; whole numbers are written
// without a fraction. NaN and infinities are written as null and read as NaN. Bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grader/record/result.hpp"

namespace kiln::grader {

/// An array with one object a submission; ends with a newline. `indent` spaces a level, or one line where negative.
std::string to_json(std::span<const SubmissionResult> submissions, int indent = 2);
/// One submission's object alone.
std::string to_json(const SubmissionResult& submission, int indent = 2);

/// One exercise's object and one receipt's, in one line each.
std::string to_json(const ExerciseResult& exercise);
std::string to_json(const Receipt& receipt);

/// Back; nothing where the text is no such object, and a receipt of nothing where it is no receipt.
std::optional<ExerciseResult> exercise_from_json(std::string_view text);
Receipt receipt_from(std::string_view text);

struct ParsedResults {
  std::vector<SubmissionResult> submissions;
  std::string problem;  ///< "" where all was read; else what was wrong and where, and `submissions` is empty
};

/// Reads what to_json wrote, an array or one object. Unknown keys are ignored. The keys of the schema are demanded
/// (submission, score, max, verdict, modules; id, verdict, points, max, tests of an exercise); others may be missing.
ParsedResults from_json(std::string_view text);

}  // namespace kiln::grader
