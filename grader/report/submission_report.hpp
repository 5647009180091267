// The readable report of one submission: a self-contained HTML page and its twin in Markdown.
// Both go through seen_by(), so a student's copy holds hidden tests by name alone and no seed.
#pragma once

#include <string>

#include "grader/record/audience.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

/// Score, verdict, the table of exercises; of each its tests, the compiler's messages and its speed; notes of the
/// intake; the receipt. No external resource, everything escaped.
std::string html_report(const SubmissionResult& result, Audience audience);

/// The same as Markdown that reads well as plain text. Strangers' text stands in code fences or is escaped.
std::string markdown_report(const SubmissionResult& result, Audience audience);

}  // namespace kiln::grader
