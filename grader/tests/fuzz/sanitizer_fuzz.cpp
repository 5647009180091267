// What a worker with sanitizers printed: a report, and whatever the kernel prints to pass for one. What becomes of it
// is read by students: it lies in their own file, is short, and shows no path of the box or the host.
#include "grader/judge/sanitizer_report.hpp"
#include "grader/tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln::grader;
  using kiln::fuzz::demand;
  const auto [kind, finding] = read_sanitizer_report({reinterpret_cast<const char*>(data), size}, "fill.cpp");
  demand(finding.text.size() <= 4200 && finding.what.size() <= 4200 && finding.function.size() <= 4200,
         "a finding is short");
  if (kind != SanitizerReport::Kind::finding) return 0;
  demand(finding.file == "fill.cpp" && finding.line >= 0, "a finding lies in the submission's file");
  demand(!finding.sanitizer.empty() && !finding.what.empty(), "a finding says what was found");
  for (const std::string& words : {finding.text, finding.what, finding.function})
    demand(words.find("/kiln/work") == words.npos && words.find("/usr/") == words.npos, "no path is shown");
  (void)kind_of(finding);
  return 0;
}
