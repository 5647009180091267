// Who reads a result. What a student must not see is taken out here, once, before any report or export is made of it,
// so that no writer of reports can forget to.
#pragma once

#include "grader/record/result.hpp"

namespace kiln::grader {

enum class Audience {
  instructor,  ///< everything
  student,     ///< hidden tests by name alone, no hidden seed, none of the judge's own words
};

/// A copy of `result` that holds only what `audience` may see. For a student: a hidden failure keeps its name and loses
/// kind and message; a sanitizer's finding under a hidden test keeps place and kind, and loses values and report; why a
/// sanitizer could not run stays with the instructor; the receipt loses its seed; a judge_error's detail becomes a
/// sentence that says whose fault it is.
SubmissionResult seen_by(Audience audience, SubmissionResult result);

}  // namespace kiln::grader
