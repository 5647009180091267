// Programs over all of a course's kernels, the student's among them: milestones, profiles, journeys.
#pragma once

#include <string>
#include <vector>

#include "grader/commands/app.hpp"

namespace kiln::grader {

/// Compiles what the student has written, links it with `parts` and runs the program on this terminal. Its exit status
/// where that is one of kiln's; kFailed, told on stderr, where it was killed; kJudgeFailed where it cannot be linked.
/// `what` names the program in messages: "milestone".
int link_and_run(const App& app, const MilestoneParts& parts, const std::vector<std::string>& arguments,
                 const char* what);

}  // namespace kiln::grader
