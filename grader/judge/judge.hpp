// The judge: from a submission's files to its results, one exercise at a time.
// Every exercise becomes a worker of its own, so that no file can spoil another's exercise: compile, check symbols,
// link, run the tests, and, apart from all other work, measure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grader/build/compile.hpp"
#include "grader/course/course.hpp"
#include "grader/judge/installation.hpp"
#include "grader/judge/test_run.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

/// What comes of what the sanitizers find.
enum class SanitizerStage {
  off,     ///< they are not run
  report,  ///< it is told, and changes nothing
  fail,    ///< a test under which they find something counts as failed
};

/// "off", "report", "fail", and back.
std::string_view to_string(SanitizerStage stage);
std::optional<SanitizerStage> sanitizer_stage_from(std::string_view name);

struct JudgeOptions {
  bool hidden = false;     ///< run the hidden tests too, under `seed`
  std::uint64_t seed = 0;  ///< of the hidden tests; of the visible ones where there are no hidden; 0: their own
  bool sandboxed = true;   ///< false: build and run without a box, only what the caller trusts
  int cpu = -1;            ///< for tests
  unsigned jobs = 1;       ///< files compiled at a time
  SanitizerStage sanitize = SanitizerStage::off;
  std::string test;  ///< run this one test of the exercise ("random_shapes"), "" for all
  int only_case = -1;
  std::string rerun;           ///< "kiln check": the command that failures name
  std::string implementation;  ///< run this implementation of a prebuilt worker
};

/// One exercise on its way through the judge.
struct Job {
  const Exercise* exercise = nullptr;
  std::string source;            ///< the file's text
  std::filesystem::path worker;  ///< once it is linked
  ExerciseResult result;
  bool done = false;  ///< nothing more to judge: its verdict stands
};

/// A job with its result's id and maximum.
Job make_job(const Exercise& exercise, std::string source);

class Judge {
 public:
  Judge(const Installation& installation, const Module& module);

  /// Compiles and links each job in `directory`; what does not build gets its verdict.
  void build(std::vector<Job>& jobs, const std::filesystem::path& directory, const JudgeOptions& options) const;
  /// The state of the exercise's own kernels, listed without running any; what cannot be listed is missing.
  std::vector<SlotState> list_slots(const Job& job, const std::filesystem::path& directory,
                                    const JudgeOptions& options) const;
  /// Runs a job's tests. Asked again up to twice where the judge itself failed.
  void test(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const;
  /// Measures a job whose tests all passed. Nothing else should run meanwhile.
  void measure(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const;

  /// Runs a job's tests again in workers with sanitizers, and adds what they find in the submission's file, at most
  /// once a place. For a job that was tested, before or after it was measured; where the verdict is not pass, slow,
  /// fail or crash it does nothing. What goes wrong here on our side stands in `sanitizers`, and costs nothing.
  void sanitize(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const;

  const ModuleParts& parts() const { return parts_; }

 private:
  void link(Job& job, const CompileResult& compiled, const std::filesystem::path& directory,
            const BuildLimits& limits) const;
  bool never_starts(const Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const;
  void test_once(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const;

  const Installation& installation_;
  const Module& module_;
  const ModuleParts& parts_;
};

/// The processor's model, as the kernel names it; "unknown" where it does not.
std::string cpu_name();

/// What the results of this machine and build are worth knowing for.
Receipt make_receipt(const Installation& installation, const std::string& sandbox, std::uint64_t seed);

}  // namespace kiln::grader
