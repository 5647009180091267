// The watcher: boxes that have too much are killed, others are not. A box is the toolchain's here, run by hand.
#include "grader/sandbox/watcher.hpp"

#include <gtest/gtest.h>

#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/profile.hpp"
#include "grader/sandbox/seccomp.hpp"

namespace kiln::grader {
namespace {

using std::chrono::seconds;

class Watched : public testing::Test {
 protected:
  void SetUp() override {
    static const Layers layers = probe_layers();
    if (!layers.fit_to_grade()) GTEST_SKIP() << layers.refusal();
  }
  /// The script in a box, started by `prefix` (a shell that takes the box's command as arguments) or by run() itself.
  ProcessResult box(const std::string& script, const GroupLimits& limits, const std::string& prefix = "") {
    const Filter filter = make_filter(FilterKind::toolchain);
    ToolchainBox box{.bubblewrap = find_program("bwrap"), .command = {"/bin/bash", "-c", script}};
    box.filter = filter.file.get();
    std::vector<std::string> command = command_line(box);
    // A box reads its filter to the end; each that the prefix starts needs an open file of its own.
    const std::string number = std::to_string(box.filter), reopen = "exec " + number + "</proc/self/fd/" + number;
    if (!prefix.empty()) command.insert(command.begin(), {"/bin/bash", "-c", prefix, reopen});
    return run(command, {.wall_limit = seconds(60), .watch = limits, .keep = {box.filter}});
  }
};

TEST_F(Watched, too_many_processes_end_the_box) {
  const ProcessResult result = box("for i in 1 2 3 4 5 6; do sleep 1000 & done; wait", {.tasks = 5});
  EXPECT_EQ(result.exceeded, Exceeded::tasks);
  EXPECT_EQ(result.end, ProcessResult::End::exited) << "bubblewrap tells that its first process was killed";
}

TEST_F(Watched, processes_that_left_their_session_count) {
  const ProcessResult result =
      box("for i in 1 2 3 4 5 6; do (setsid setsid sleep 1000 &) ; done; while :; do sleep 1; done", {.tasks = 6});
  EXPECT_EQ(result.exceeded, Exceeded::tasks);
}

TEST_F(Watched, too_much_memory_of_all_together_ends_the_box) {
  const std::string hog = "(printf -v held '%*s' 40000000 ''; sleep 1000; :) & ";
  const ProcessResult result = box(hog + hog + hog + "wait", {.memory_bytes = 100u << 20});
  EXPECT_EQ(result.exceeded, Exceeded::memory);
}

// Enough to do that a box is looked at several times.
constexpr const char* kBusy = "for i in {1..300}; do /bin/true; done; ";

TEST_F(Watched, a_box_within_its_limits_goes_on) {
  const ProcessResult result = box(std::string("printf -v held '%*s' 40000000 ''; ") + kBusy + "echo ${#held}",
                                   {.memory_bytes = 200u << 20, .tasks = 4});
  EXPECT_EQ(result.exceeded, Exceeded::nothing);
  EXPECT_EQ(result.output, "40000000\n");
}

TEST_F(Watched, each_box_is_bounded_alone) {
  // Two boxes at once, each with up to five processes: together they have more than one may.
  const std::string twice = "(eval \"$0\"; exec \"$@\") & (eval \"$0\"; exec \"$@\") & wait";
  const ProcessResult result =
      box(std::string("sleep 1000 <&0 & sleep 1000 <&0 & ") + kBusy + "echo well; exit 0", {.tasks = 5}, twice);
  EXPECT_EQ(result.exceeded, Exceeded::nothing);
  EXPECT_EQ(result.output, "well\nwell\n");
}

TEST_F(Watched, a_box_is_found_below_the_program_that_made_it) {
  const ProcessResult result = box("for i in 1 2 3 4 5 6; do sleep 1000 & done; wait", {.tasks = 5}, "\"$@\"; exit 7");
  EXPECT_EQ(result.exceeded, Exceeded::tasks);
  EXPECT_EQ(result.code, 7) << "the program itself goes on";
}

TEST_F(Watched, other_boxes_are_left_alone) {
  Watcher watcher(1 << 22, {.memory_bytes = 1, .tasks = 1});
  EXPECT_EQ(watcher.look(), Exceeded::nothing);
}

}  // namespace
}  // namespace kiln::grader
