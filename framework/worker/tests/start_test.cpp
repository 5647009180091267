// Starts: static initialisers that misbehave, programs that are no worker, and what a failed start leaves behind.
#include <filesystem>

#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Start : public SessionTest {
 protected:
  void early(const std::string& what) {
    options.launch.arguments.insert(options.launch.arguments.end(), {"--early", what});
  }
  void run(const std::string& program, std::vector<std::string> arguments = {}) {
    options.launch.worker = program;
    options.launch.arguments = std::move(arguments);
  }
};

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

TEST_F(Start, a_static_initialiser_that_exits) {
  early("exit");
  EXPECT_ERROR(session().start(), exited,
               "a static initialiser (it ran before any kernel was called) ended its process");
}

TEST_F(Start, a_static_initialiser_that_crashes) {
  early("crash");
  EXPECT_ERROR(session().start(), crash,
               "a static initialiser (it ran before any kernel was called) wrote through a null");
}

TEST_F(Start, a_static_initialiser_without_end) {
  early("endless");
  options.start_limit = std::chrono::milliseconds(250);
  EXPECT_ERROR(session().start(), timeout, "a static initialiser");
}

TEST_F(Start, a_static_initialiser_that_greets_for_ever) {
  early("greet");
  EXPECT_ERROR(session().start(), protocol, "something else than a greeting");
}

TEST_F(Start, a_session_outlives_a_failed_start) {
  early("exit");
  for (int i = 1; i <= 3; ++i) {
    EXPECT_ERROR(session().start(), exited, "");
    EXPECT_EQ(session().starts(), i);
  }
}

TEST_F(Start, programs_that_are_no_worker) {
  run("/bin/true");
  EXPECT_ERROR(session().start(), judge, "the worker could not be started (status 0)");
}

TEST_F(Start, a_program_that_echoes_its_empty_input) {
  run("/bin/cat");
  EXPECT_ERROR(session().start(), judge, "the worker could not be started");
}

TEST_F(Start, a_launcher_that_fails_is_quoted) {
  run("/bin/sh", {"-c", "echo no namespaces here; exit 7"});
  EXPECT_ERROR(session().start(), judge, "(status 7); it said: no namespaces here");
}

TEST_F(Start, a_launcher_that_hangs_is_the_judges_trouble) {
  run("/bin/sh", {"-c", "read line <&3"});
  options.start_limit = kShort;
  EXPECT_ERROR(session().start(), judge, "start did not finish within 40 ms");
}

TEST_F(Start, a_file_that_is_not_there_leaves_nothing_behind) {
  run("/no/such/worker");
  session();
  const auto before = open_descriptors();
  for (int i = 0; i < 3; ++i) EXPECT_ERROR(session().start(), judge, "cannot run /no/such/worker: No such file");
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Start, workers_leave_no_descriptors_behind) {
  session().start();
  const auto before = open_descriptors();
  for (int i = 2; i < 5; ++i) {
    session().restart();
    expect_works(i);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Start, an_unknown_implementation_is_named) {
  options.launch.arguments = {"--implementation", "nobody"};
  EXPECT_THROW(session().start(), Error);
  EXPECT_NE(session().output().find("no implementation named nobody"), std::string::npos) << session().output();
}

TEST_F(Start, a_call_without_a_session) {
  Session::set_current(nullptr);
  EXPECT_ERROR(probe().nothing(), judge, "no worker session");
}

}  // namespace
}  // namespace kiln::worker
