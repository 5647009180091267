// The result model: what the judge found, in one place, from which every report and export is made.
// Verdicts are one vocabulary; the judge's own faults are never mixed up with the submission's.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::grader {

enum class Verdict {
  pass,           ///< right and at full speed
  slow,           ///< right, below full speed
  fail,           ///< some test found a wrong result
  not_attempted,  ///< still the stub, or the file is missing
  compile_error,  ///< the exercise's file does not compile or breaks the contract
  crash,          ///< the kernel killed its worker, or ended it
  timeout,        ///< the kernel used up its time
  memory,         ///< the kernel asked for more memory than it may have
  violation,      ///< the kernel asked for what the sandbox forbids
  judge_error,    ///< our fault: retried, reported apart, never a zero
};

/// Every verdict, from the least serious to the most: pass, slow, not_attempted, fail, compile_error, memory, timeout,
/// crash, violation, judge_error. The order answers "what should be looked at first": what was tried and went wrong
/// before what was left out, what breaks the rules before what is wrong, and our own fault first of all, because
/// until it is cured the score is not known.
inline constexpr Verdict kVerdictsBySeriousness[] = {
    Verdict::pass,   Verdict::slow,    Verdict::not_attempted, Verdict::fail,      Verdict::compile_error,
    Verdict::memory, Verdict::timeout, Verdict::crash,         Verdict::violation, Verdict::judge_error};

/// The verdict's name as written above, and back; nothing for a name that is none of them.
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_from(std::string_view name);

/// The verdict's place in kVerdictsBySeriousness.
int seriousness(Verdict verdict);
/// The most serious of `verdicts`; nothing where there are none.
std::optional<Verdict> most_serious(std::span<const Verdict> verdicts);

/// One test that did not pass.
struct TestFailure {
  std::string name;     ///< "matmul.random_shapes"
  std::string kind;     ///< ErrorKind's name, or "fail" for a wrong value
  std::string message;  ///< what, where, expected, actual
  bool hidden = false;  ///< its message must not be shown to students, only its name
};

/// What a sanitizer found in a submission's own code.
struct Finding {
  std::string sanitizer;  ///< "address", "undefined" or "thread"
  std::string what;       ///< "heap-buffer-overflow: READ of size 4"
  std::string file;       ///< "matmul.cpp"
  int line = 0;           ///< 0 where it is not known
  std::string function;   ///< "matmul"; "" where it is not known
  std::string text;       ///< the report, without addresses and paths of the box or the host
  bool hidden = false;    ///< found under a hidden test: values and text must not be shown to students
};

/// In ExerciseResult::sanitizers, before the reason.
inline constexpr std::string_view kCouldNotRun = "could not run";

/// A finding's kind, without sizes and values: "heap-buffer-overflow", "signed integer overflow",
/// "index N out of bounds for type 'int [N]'".
std::string kind_of(const Finding& finding);

/// A step of module.toml: reaching `ratio` is worth `points` in all.
struct SpeedStep {
  double ratio = 0, points = 0;
};

/// One measured speed case: the reference's time over the submission's, 1 is as fast as the reference.
struct SpeedResult {
  std::string name;
  double ratio = 0, low = 0, high = 0;  ///< median of paired ratios and its 95 % bootstrap interval
  double points = 0, max = 0;           ///< of this case's steps
  bool settled = true;                  ///< false: the interval straddled a step to the end; the higher step was given
  bool measured = true;                 ///< false: too noisy, measure again; `note` says why
  std::string note;
  double student_seconds = 0, reference_seconds = 0;  ///< median of one call
  std::vector<double> samples;                        ///< the paired ratios, in order
  std::vector<SpeedStep> steps;                       ///< that it was judged against, ascending
};

struct ExerciseResult {
  std::string id;
  Verdict verdict = Verdict::judge_error;
  double points = 0, max = 0;
  int passed = 0, failed = 0;  ///< tests, visible and hidden
  std::vector<TestFailure> failures;
  std::vector<SpeedResult> speed;
  std::vector<Finding> findings;
  std::string sanitizers;  ///< that ran: "address, undefined"; or why they could not; "" where nobody asked for them
  std::string detail;      ///< compiler's words, the violation, or the judge's fault; "" where none
};

struct ModuleResult {
  std::string id;
  double score = 0, max = 0;
  std::vector<ExerciseResult> exercises;
};

/// How the result came about, so that every point can be defended.
struct Receipt {
  std::string course;    ///< course version
  std::string compiler;  ///< name and version
  std::string flags;
  std::string cpu;
  std::string sandbox;  ///< layers in force
  std::string seed;     ///< of the hidden tests, in hexadecimal
  std::string started;  ///< ISO 8601, UTC
  double seconds = 0;
};

struct SubmissionResult {
  std::string submission;
  double score = 0, max = 0;
  Verdict verdict = Verdict::judge_error;  ///< the most serious of its exercises'
  std::string problem;                     ///< why it could not be taken in, "" where it could
  std::vector<std::string> notes;          ///< files ignored, listed files missing
  std::vector<ModuleResult> modules;
  Receipt receipt;
};

/// The exercise's speed in one figure: the geometric mean of its measured cases; with one case, that case. The interval
/// is the geometric mean of the cases' ends, which is at least as wide as the mean's own.
/// Nothing where no case was measured with finite ratios above 0.
struct OverallSpeed {
  double ratio = 0, low = 0, high = 0;
};
std::optional<OverallSpeed> overall_speed(const ExerciseResult& exercise);

/// Sets each module's score and max from its exercises, the submission's from its modules, and the submission's verdict
/// to the most serious. Where there are no exercises, max and verdict stay as they are.
void add_up(ModuleResult& module);
void add_up(SubmissionResult& submission);

/// How many submissions have each verdict; only verdicts that occur.
std::map<Verdict, int> count_verdicts(std::span<const SubmissionResult> submissions);

/// Points as people write them: at most two decimals, none where they are 0: 7.5, 10, 3.33; "?" where not finite.
std::string format_points(double points);

}  // namespace kiln::grader
