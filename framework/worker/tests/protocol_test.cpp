// A worker that lies: every broken answer becomes its own error within the limit, and the next call works.
#include <sys/resource.h>

#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Protocol : public SessionTest {
 protected:
  /// The next worker does `act` once; those after it are honest.
  void hire(const std::string& act) {
    options.launch.worker = hostile_worker();
    options.launch.arguments = {act, probe_worker(), "--implementation", "probe"};
    session();
  }
  void TearDown() override { expect_works(2); }
};

/// The most memory that this process ever held, in KiB.
long peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(Protocol, another_contract) {
  hire("wrong-fingerprint");
  EXPECT_ERROR(probe().nothing(), protocol, "another contract");
}
TEST_F(Protocol, a_greeting_cut_short) {
  hire("short-hello");
  EXPECT_ERROR(probe().nothing(), protocol, "ends too early");
}
TEST_F(Protocol, a_greeting_that_is_none) {
  hire("greets-with-a-result");
  EXPECT_ERROR(probe().nothing(), protocol, "something else than a greeting");
}
TEST_F(Protocol, prose_for_a_greeting) {
  hire("garbage-greeting");
  EXPECT_ERROR(probe().nothing(), protocol, "no frame");
}
TEST_F(Protocol, silence_for_a_greeting) {
  options.start_limit = std::chrono::milliseconds(200);
  hire("silent-greeting");
  EXPECT_ERROR(probe().nothing(), timeout, "did not finish within 200 ms");
}

TEST_F(Protocol, prose_for_an_answer) {
  hire("garbage");
  EXPECT_ERROR(probe().nothing(), protocol, "no frame");
}
TEST_F(Protocol, silence_for_an_answer) {
  options.time_limit = kShort;
  hire("silence");
  EXPECT_ERROR(probe().nothing(), timeout, "did not return within 40 ms");
  session().set_time_limit(std::chrono::milliseconds(2000));
}
TEST_F(Protocol, a_frame_of_endless_length) {
  const long before = peak_memory();
  hire("length:0x4000000000000000");
  EXPECT_ERROR(probe().nothing(), protocol, "no frame");
  EXPECT_LT(peak_memory() - before, 64 << 10);
}
TEST_F(Protocol, a_long_frame_that_never_comes) {
  const long before = peak_memory();
  options.time_limit = kShort;
  hire("length:0x4000000");
  EXPECT_ERROR(probe().nothing(), timeout, "did not return");
  EXPECT_LT(peak_memory() - before, 64 << 10);
  session().set_time_limit(std::chrono::milliseconds(2000));
}
TEST_F(Protocol, a_frame_cut_short_by_the_end) {
  hire("truncated:5");
  EXPECT_ERROR(probe().nothing(), exited, "exit status 5");
}
TEST_F(Protocol, an_answer_that_drips) {
  options.time_limit = kShort;
  hire("drips:1000000");
  EXPECT_ERROR(probe().nothing(), timeout, "did not return within 40 ms");
  session().set_time_limit(std::chrono::milliseconds(2000));
}
TEST_F(Protocol, a_line_that_is_hung_up) {
  hire("closes");
  EXPECT_ERROR(probe().nothing(), protocol, "nothing closed the worker's line and went on running");
}
TEST_F(Protocol, frames_that_only_the_judge_sends) {
  hire("wrong-kind:3");
  EXPECT_ERROR(probe().nothing(), protocol, "something else than a result");
}
TEST_F(Protocol, frames_that_nobody_sends) {
  hire("wrong-kind:4000000000");
  EXPECT_ERROR(probe().nothing(), protocol, "something else than a result");
}

TEST_F(Protocol, counts_that_promise_too_much) {
  const long before = peak_memory();
  hire("number:0x1000000000000000");
  EXPECT_ERROR(probe().join("", ""), protocol,
               "the worker's result of join cannot be read: the worker's answer promises");
  EXPECT_LT(peak_memory() - before, 64 << 10);
}
TEST_F(Protocol, counts_of_vectors_that_promise_too_much) {
  const long before = peak_memory();
  hire("number-and-more:8");
  EXPECT_ERROR(probe().echo_lists({}), protocol, "ends too early");
  EXPECT_LT(peak_memory() - before, 64 << 10);
}
TEST_F(Protocol, a_result_too_short) {
  hire("number:1");
  EXPECT_ERROR(probe().shape_and_strides(view_of(in_memory)), protocol, "ends too early");
}
TEST_F(Protocol, a_result_too_long) {
  hire("number-and-more:42");
  EXPECT_ERROR(misbehave(Fault::none, 42), protocol, "longer than it should be");
}
TEST_F(Protocol, a_result_where_there_is_none) {
  hire("number:42");
  EXPECT_ERROR(probe().nothing(), protocol, "longer than it should be");
}
TEST_F(Protocol, shapes_of_impossible_rank) {
  hire("shape:7");
  EXPECT_ERROR(probe().echo_shape({}), protocol, "rank 7");
}
TEST_F(Protocol, shapes_of_negative_rank) {
  hire("shape:-1");
  EXPECT_ERROR(probe().echo_shape({}), protocol, "rank -1");
}

TEST_F(Protocol, errors_that_are_the_judges) {
  hire("error:12");
  EXPECT_ERROR(probe().nothing(), protocol, "not its own to report");
}
TEST_F(Protocol, errors_of_time) {
  hire("error:8");
  EXPECT_ERROR(probe().nothing(), protocol, "not its own to report");
}
TEST_F(Protocol, errors_of_no_kind) {
  hire("error:4000000000");
  EXPECT_ERROR(probe().nothing(), protocol, "not its own to report");
}
TEST_F(Protocol, an_error_without_words) {
  hire("short-error");
  EXPECT_ERROR(probe().nothing(), protocol, "ends too early");
}
TEST_F(Protocol, a_crash_without_words) {
  hire("short-crash");
  EXPECT_ERROR(probe().nothing(), protocol, "damaged crash report");
}
TEST_F(Protocol, a_crash_at_the_end_of_the_world) {
  hire("crash:11");
  EXPECT_ERROR(misbehave(Fault::none), crash, "misbehave");
}
TEST_F(Protocol, a_crash_of_no_signal) {
  hire("crash:-7");
  EXPECT_ERROR(misbehave(Fault::none), crash, "signal -7");
}
TEST_F(Protocol, a_violation_of_no_system_call) {
  hire("crash:31");
  EXPECT_ERROR(misbehave(Fault::none), violation, "system call -1");
}

TEST_F(Protocol, an_answer_before_the_question) {
  hire("answers-unasked");
  EXPECT_ERROR(misbehave(Fault::none, 42), protocol, "answered before misbehave was called");
}
TEST_F(Protocol, a_second_answer_is_not_taken_for_the_next_one) {
  hire("floods:42");
  EXPECT_EQ(misbehave(Fault::none, 42), 42);
  EXPECT_ERROR(misbehave(Fault::none, 43), protocol, "answered before misbehave was called");
}
TEST_F(Protocol, a_worker_that_never_listens) {
  options.time_limit = kShort;
  hire("never-reads");
  EXPECT_ERROR(probe().join(std::string(8 << 20, 'x'), ""), timeout, "join did not return within 40 ms");
  session().set_time_limit(std::chrono::milliseconds(2000));
}

}  // namespace
}  // namespace kiln::worker
