// Runs a module's test program on one worker and reads its report.
// What the program says is ours: it is the judge. What goes wrong in here is the judge's fault, never the submission's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "grader/course/course.hpp"
#include "grader/judge/installation.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

struct TestOutcome {
  std::string name;  ///< "matmul.random_shapes"
  bool passed = false;
  std::string kind;  ///< of a failure; "stub" and "missing" where there is nothing to judge yet
  std::string message;
  std::string output;  ///< what the worker printed last that died in this test
};

/// A kernel of a worker: "written", "stub" or "missing".
struct SlotState {
  std::string name, state;
};

struct TestReport {
  std::string judge_problem;     ///< why there is no report; "" where there is one
  std::vector<SlotState> slots;  ///< of the whole family; empty where the worker did not start
  std::vector<TestOutcome> tests;
  std::vector<SpeedResult> speed;
  std::string speed_problem;  ///< how a kernel failed while it was timed, in words
  std::string speed_kind;     ///< ErrorKind's name of that, or "fail" for a wrong output
  std::string output;         ///< what the kernels printed last
};

struct TestRequest {
  std::string program;  ///< tests or hidden tests
  std::string worker;
  std::string implementation;  ///< "" : the one it has
  std::string filter;          ///< GoogleTest's, "matmul.*"
  std::uint64_t seed = 0;      ///< 0: the program's own
  int only_case = -1;
  int cpu = -1;
  int memory_mb = 512;
  int time_limit_ms = 2000;
  int threads = 1;  ///< that a kernel may use
  bool sandboxed = true;
  bool sanitized = false;           ///< the worker is linked with sanitizers
  std::string rerun;                ///< the command that failures name
  const Exercise* speed = nullptr;  ///< measure this exercise's speed cases instead of running tests
};

/// Runs it in a process of its own, its worker in the sandbox. `directory` takes the report's file.
TestReport run_tests(const TestRequest& request, const Installation& installation, const ModuleParts& parts,
                     const std::filesystem::path& directory);

}  // namespace kiln::grader
