// Results as JSON, read back: what was read, written and read again is the same, and nothing is thrown. What students
// see is fit for a terminal and a page whatever stands in it.
#include "grader/record/audience.hpp"
#include "grader/record/json.hpp"
#include "grader/tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln::grader;
  using kiln::fuzz::demand;
  const ParsedResults parsed = from_json({reinterpret_cast<const char*>(data), size});
  demand(parsed.problem.empty() || parsed.submissions.empty(), "a problem stands alone");
  const std::string written = to_json(parsed.submissions);
  const ParsedResults again = from_json(written);
  demand(again.problem.empty(), "what was written can be read");
  demand(to_json(again.submissions) == written, "what was read is what was written");
  for (const SubmissionResult& result : parsed.submissions) {
    const SubmissionResult told = seen_by(Audience::student, result);
    demand(told.receipt.seed.empty(), "a student sees no seed");
    for (const ModuleResult& module : told.modules)
      for (const ExerciseResult& exercise : module.exercises)
        for (const TestFailure& failure : exercise.failures)
          demand(!failure.hidden || failure.message.empty(), "a student sees no hidden test's message");
    for (const ModuleResult& module : told.modules)
      for (const ExerciseResult& exercise : module.exercises)
        for (const Finding& finding : exercise.findings)
          demand(!finding.hidden || finding.text.empty(), "a student sees no values of a hidden test");
  }
  return 0;
}
