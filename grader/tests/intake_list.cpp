// What intake makes of a folder of submissions, for tests of what writes such folders: intake-list MODULE DIR FILE...
// One line a submission: its name and the files that were taken, or "refused" and why. Notes are indented below it.
#include <cstdio>

#include "grader/intake/intake.hpp"

int main(int argc, char** argv) {
  using namespace kiln::grader;
  if (argc < 4) return 2;
  std::vector<WantedFile> wanted;
  for (int i = 3; i < argc; ++i) wanted.push_back({argv[1], argv[i]});
  const Intake intake = take_in({argv[2]}, wanted);
  for (const CallError& error : intake.call_errors) std::printf("%s\n", to_string(error).c_str());
  for (const std::string& note : intake.notes) std::printf("%s\n", note.c_str());
  for (const Submission& submission : intake.submissions) {
    std::printf("%s", submission.name.c_str());
    for (const auto& [path, contents] : submission.files) std::printf(" %s", path.c_str());
    std::printf("%s\n", submission.problem.empty() ? "" : (" refused: " + submission.problem).c_str());
    for (const std::string& note : submission.notes) std::printf("  %s\n", note.c_str());
  }
  return 0;
}
