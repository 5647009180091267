// run(): ends, limits, captured output, killing of groups, stops, descriptors.
#include "grader/sandbox/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <iterator>

#include "grader/sandbox/capture.hpp"
#include "grader/sandbox/stop.hpp"

namespace kiln::grader {
namespace {

using End = ProcessResult::End;
using std::chrono::milliseconds;

ProcessResult shell(const std::string& script, const ProcessOptions& options = {}) {
  return run({"/bin/sh", "-c", script}, options);
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

TEST(Capture, keeps_everything_up_to_the_limit) {
  Capture capture(10);
  capture.append("01234");
  capture.append("56789");
  EXPECT_FALSE(capture.truncated());
  EXPECT_EQ(capture.text(), "0123456789");
}

TEST(Capture, keeps_head_and_tail_and_counts_the_rest) {
  Capture capture(4);
  for (int i = 0; i < 1000; ++i) capture.append("abcdefghij");
  EXPECT_TRUE(capture.truncated());
  EXPECT_EQ(capture.text(), "ab\n[... 9996 bytes cut ...]\nij");
}

TEST(Process, reports_the_exit_status) {
  const ProcessResult result = shell("exit 3");
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.code, 3);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.describe(), "exited with status 3");
}

TEST(Process, reports_the_signal) {
  const ProcessResult result = shell("kill -SEGV $$");
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(result.code, SIGSEGV);
}

TEST(Process, captures_both_streams_and_gives_no_input) {
  const ProcessResult result = shell("echo out; echo err >&2; cat");
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.output, "out\nerr\n");
}

TEST(Process, keeps_what_is_written_last_before_death) {
  const ProcessResult result = shell("echo words; kill -KILL $$");
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(result.output, "words\n");
}

TEST(Process, drains_a_flood) {
  const ProcessResult result = shell("echo first; head -c 20000000 /dev/zero; echo last", {.output_limit = 1000});
  EXPECT_TRUE(result.ok()) << result.describe();
  EXPECT_TRUE(result.truncated);
  EXPECT_TRUE(result.output.starts_with("first\n"));
  EXPECT_TRUE(result.output.ends_with("last\n"));
  EXPECT_LT(result.output.size(), 1100u);
}

TEST(Process, outlives_a_child_that_closes_its_output) {
  const ProcessResult result = shell("exec >&- 2>&-; exit 4");
  EXPECT_EQ(result.code, 4);
}

TEST(Process, kills_the_whole_group_at_the_wall_limit) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const ProcessResult result = shell("sleep 1000 & sleep 1000", {.wall_limit = milliseconds(100), .keep = {ends[1]}});
  EXPECT_TRUE(result.timed_out());
  close(ends[1]);
  // The pipe ends once every process that inherited it is dead.
  pollfd watched{ends[0], POLLIN, 0};
  ASSERT_EQ(poll(&watched, 1, 20000), 1) << "a grandchild lives on";
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);
  close(ends[0]);
}

TEST(Process, does_not_wait_for_what_a_dead_child_left_behind) {
  const ProcessResult result = shell("sleep 1000 & exit 5", {.wall_limit = milliseconds(20000)});
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.code, 5);
}

TEST(Process, enforces_the_limit_of_cpu_time) {
  ProcessOptions options{.wall_limit = milliseconds(60000)};
  options.limits.cpu_seconds = 1;
  const ProcessResult result = shell("while :; do :; done", options);
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(result.code, SIGXCPU);
  EXPECT_GT(result.cpu_seconds, 0.5);
}

TEST(Process, says_why_it_could_not_start) {
  const ProcessResult missing = run({"/no/such/program"});
  EXPECT_EQ(missing.end, End::not_started);
  EXPECT_EQ(missing.code, ENOENT);
  EXPECT_NE(missing.output.find("/no/such/program"), std::string::npos);
  const ProcessResult nowhere = shell("true", {.directory = "/no/such/directory"});
  EXPECT_EQ(nowhere.end, End::not_started);
  EXPECT_NE(nowhere.output.find("/no/such/directory"), std::string::npos);
  EXPECT_EQ(run({}).end, End::not_started);
  EXPECT_EQ(run({"/etc/passwd"}).end, End::not_started);
}

TEST(Process, starts_where_and_with_what_it_is_told) {
  const ProcessResult result = run({"/bin/sh", "-c", "pwd; echo $KILN_TEST $HOME"},
                                   {.directory = "/usr", .environment = std::vector<std::string>{"KILN_TEST=here"}});
  EXPECT_EQ(result.output, "/usr\nhere\n");
}

TEST(Process, passes_on_only_the_descriptors_that_are_named) {
  // One of them is not close-on-exec, as if our own parent had left it open.
  const int kept = open("/dev/null", O_RDONLY | O_CLOEXEC), other = open("/dev/null", O_RDONLY);
  const std::string script =
      "test -e /proc/self/fd/" + std::to_string(kept) + " && ! test -e /proc/self/fd/" + std::to_string(other);
  EXPECT_TRUE(shell(script, {.keep = {kept}}).ok());
  close(kept);
  close(other);
}

TEST(Process, leaks_no_descriptor_and_mixes_no_output_between_threads) {
  shell("true");
  const std::ptrdiff_t before = open_descriptors();
  std::vector<std::future<ProcessResult>> results;
  for (int i = 0; i < 16; ++i)
    results.push_back(std::async(std::launch::async, [i] { return shell("echo " + std::to_string(i)); }));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)].get().output, std::to_string(i) + "\n");
  run({"/no/such/program"});
  run({"/etc/passwd"});
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Process, a_stop_ends_the_running_and_the_later) {
  auto running = std::async(std::launch::async, [] { return shell("sleep 1000"); });
  request_stop();
  EXPECT_EQ(running.get().end, End::cancelled);
  EXPECT_EQ(shell("true").end, End::cancelled);
  clear_stop();
  EXPECT_TRUE(shell("true").ok());
}

TEST(Process, an_interrupt_is_a_stop) {
  stop_on_signals();
  // The child interrupts its parent, so the stop arrives while run() waits.
  const ProcessResult result = shell("kill -INT $PPID; sleep 1000");
  EXPECT_EQ(result.end, End::cancelled);
  clear_stop();
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
}

TEST(Process, finds_programs_as_a_shell_does) {
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_EQ(find_program("/bin/no-such-program"), "");
  EXPECT_EQ(find_program("no-such-program"), "");
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
}

}  // namespace
}  // namespace kiln::grader
