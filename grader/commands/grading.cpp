// The ground of grading, and the last lines of a batch.
#include "grader/commands/grading.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "grader/commands/commands.hpp"
#include "grader/report/progress.hpp"
#include "grader/sandbox/layers.hpp"

namespace kiln::grader {

std::optional<Ground> grading_ground(bool unsafe) {
  const Layers layers = probe_layers();
  if (!layers.fit_to_grade() && !unsafe) {
    fmt::print(stderr, "{}\nTo grade work that you trust all the same: --unsafe.\n", layers.refusal());
    return std::nullopt;
  }
  Ground ground{layers.summary(), {}};
  ground.judge.hidden = true;
  ground.judge.rerun = "kiln check";
  ground.judge.sandboxed = layers.fit_to_grade();
  return ground;
}

std::vector<const Module*> modules_to_grade(const App& app, const std::string& word, int& status) {
  std::vector<const Module*> modules;
  status = kBadCall;
  for (const Selection& selection : select(app, word)) {
    status = kJudgeFailed;
    if (!can_judge(app, *selection.module)) return {};
    if (app.installation.modules.at(selection.module->id).hidden_tests.empty()) {
      fmt::print(stderr, "kiln: {} has no hidden tests here: grading needs the instructor's tree, with solutions/.\n",
                 selection.module->id);
      return {};
    }
    modules.push_back(selection.module);
  }
  return modules;
}

void print_counts(const BatchCounts& counts, std::size_t submissions) {
  fmt::print("{} submission{}, {} different files: {} judged, {} known already", submissions,
             submissions == 1 ? "" : "s", counts.files, counts.judged, counts.known);
  if (counts.repeated > 0) fmt::print(", {} judged again after a fault of the machine's", counts.repeated);
  fmt::print("; {}", format_duration(counts.seconds));
  if (counts.judged > 0 && counts.seconds > 0)
    fmt::print(", {:.0f} submissions an hour", 3600 * static_cast<double>(submissions) / counts.seconds);
  fmt::print("\n");
  if (counts.faults > 0)
    fmt::print(stderr,
               "kiln: {} files could not be judged, through no fault of theirs; they are not in the book. The same "
               "call again tries them once more.\n",
               counts.faults);
}

}  // namespace kiln::grader
