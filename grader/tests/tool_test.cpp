// The toolchain's box as a whole: what it is bounded by, and that nothing of it survives.
#include "grader/build/tool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/seccomp.hpp"

namespace kiln::grader {
namespace {

using std::chrono::milliseconds;

class Tool : public testing::Test {
 protected:
  void SetUp() override {
    static const Layers layers = probe_layers();
    if (!layers.fit_to_grade()) GTEST_SKIP() << layers.refusal();
  }
  static ToolRun shell(const std::string& shell, const std::string& script, const BuildLimits& limits) {
    return run_tool({.command = {shell, "-c", script}}, Toolchain{}, limits);
  }
  /// Runs a script in the box with a pipe that each of its processes holds, until it ends or `limit` is over. Returns
  /// once the pipe has ended, which it never does where one of them survives.
  static ProcessResult until_all_are_gone(const std::string& script, milliseconds limit = milliseconds(0)) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    const Filter filter = make_filter(FilterKind::toolchain);
    ToolchainBox box{.bubblewrap = find_program("bwrap"), .command = {"/bin/bash", "-c", script}};
    box.filter = filter.file.get();
    box.scratch_bytes = 1 << 20;
    ProcessResult result = run(command_line(box), {.wall_limit = limit, .keep = {box.filter, writing.get()}});
    writing.reset();
    char byte;
    EXPECT_EQ(read(reading.get(), &byte, 1), 0);
    return result;
  }
};

constexpr const char* kFlee = "(setsid setsid sleep 1000 <&0 &); (trap '' HUP TERM INT; sleep 1000 <&0 &); ";

TEST_F(Tool, what_left_its_session_ends_with_the_box) {
  EXPECT_TRUE(until_all_are_gone(std::string(kFlee) + "exit 0").ok());
}

TEST_F(Tool, what_left_its_session_ends_at_the_wall_limit) {
  EXPECT_TRUE(until_all_are_gone(std::string(kFlee) + "sleep 1000", milliseconds(200)).timed_out());
}

TEST_F(Tool, its_temporary_folder_has_a_size) {
  const ProcessResult result = until_all_are_gone("printf '%*s' 3000000 '' > /tmp/file");
  EXPECT_NE(result.output.find("No space left on device"), std::string::npos) << result.output;
  EXPECT_TRUE(until_all_are_gone("printf '%*s' 500000 '' > /tmp/file").ok());
}

TEST_F(Tool, memory_of_all_its_processes_is_bounded) {
  // Each stays below the limit of a process.
  const std::string hog = "(printf -v held '%*s' 40000000 ''; sleep 1000; :) <&0 & ";
  const ToolRun run = shell("/bin/bash", hog + hog + hog + hog + "wait -n; exit 1", {.memory_bytes = 120u << 20});
  EXPECT_EQ(run.problem, BuildProblem::memory) << run.words;
}

TEST_F(Tool, processes_are_bounded) {
  // Not bash, which waits for better times where it cannot fork.
  std::string pipeline = "sleep 1000";
  for (int i = 1; i < 60; ++i) pipeline += " | sleep 1000";
  const ToolRun run = shell("/bin/sh", pipeline, {.tasks = 40});
  EXPECT_EQ(run.problem, BuildProblem::compiler) << run.words;
  EXPECT_TRUE(run.words.find("more processes than it may") != std::string::npos ||
              run.words.find("Cannot fork") != std::string::npos)
      << run.words;
}

TEST_F(Tool, an_ordinary_compile_stays_within) {
  const ToolRun run = shell("/bin/bash", "for i in {1..20}; do sleep 0 <&0 & done; wait; echo done", {});
  EXPECT_EQ(run.problem, BuildProblem::none);
  EXPECT_EQ(run.words, "done\n");
}

}  // namespace
}  // namespace kiln::grader
