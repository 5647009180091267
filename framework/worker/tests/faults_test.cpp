// Faults of a kernel: each is a failed call with its own kind and words, and the next call works.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

class Faults : public SessionTest {};

TEST_F(Faults, null_pointers) {
  EXPECT_ERROR(misbehave(Fault::null_read), crash, "misbehave read through a null pointer (address 4) (SIGSEGV)");
  EXPECT_ERROR(misbehave(Fault::null_write), crash, "misbehave wrote through a null pointer (address 4) (SIGSEGV)");
  expect_works(3);
}

TEST_F(Faults, a_recursion_without_end) {
  EXPECT_ERROR(misbehave(Fault::overflow_stack), crash, "ran out of stack");
  expect_works(2);
}

TEST_F(Faults, signals_of_the_process_itself) {
  EXPECT_ERROR(misbehave(Fault::abort), crash, "misbehave aborted (SIGABRT)");
  EXPECT_ERROR(misbehave(Fault::divide_by_zero, 5), crash, "divided an integer by zero");
  EXPECT_ERROR(misbehave(Fault::illegal_instruction), crash, "SIGILL");
  EXPECT_ERROR(misbehave(Fault::raise, SIGTERM), crash, "was ended by signal 15");
  EXPECT_ERROR(misbehave(Fault::raise, SIGKILL), memory, "misbehave was killed");
  EXPECT_ERROR(misbehave(Fault::raise, SIGXCPU), timeout, "CPU time");
  expect_works(7);
}

// An exception costs the call, not the worker.
TEST_F(Faults, exceptions) {
  auto error = [](ErrorKind kind) { return static_cast<std::int64_t>(kind); };
  EXPECT_ERROR(misbehave(Fault::throw_error, error(ErrorKind::stub)), stub, "words of the kernel");
  EXPECT_ERROR(misbehave(Fault::throw_error, error(ErrorKind::broken_promise)), broken_promise,
               "misbehave threw an exception: words of the kernel");
  EXPECT_ERROR(misbehave(Fault::throw_error, error(ErrorKind::invalid_argument)), invalid_argument, "");
  EXPECT_ERROR(misbehave(Fault::throw_standard), exception, "misbehave threw an exception: standard words");
  EXPECT_ERROR(misbehave(Fault::throw_number), exception, "no std::exception");
  EXPECT_ERROR(misbehave(Fault::allocate_too_much), memory, "asked for more memory than it may have");
  expect_works(1);
}

// What only the judge may say of a kernel, the kernel cannot say of itself.
TEST_F(Faults, a_kernel_cannot_blame_the_judge) {
  int starts = 1;
  for (const ErrorKind kind : {ErrorKind::judge, ErrorKind::timeout, ErrorKind::crash, ErrorKind::violation,
                               ErrorKind::out_of_bounds, ErrorKind::exited, ErrorKind::protocol}) {
    EXPECT_ERROR(misbehave(Fault::throw_error, static_cast<std::int64_t>(kind)), protocol, "not its own to report");
    expect_works(++starts);
  }
}

TEST_F(Faults, long_words_are_cut) {
  try {
    misbehave(Fault::throw_long, 100 << 20);
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::exception);
    EXPECT_LT(std::string(error.what()).size(), kMaxErrorBytes + 100);
  }
  expect_works(1);
}

TEST_F(Faults, stubs_and_missing_kernels) {
  session();
  EXPECT_ERROR(probe().unfinished(view_of(out_memory)), stub, "unfinished is not written yet");
  EXPECT_ERROR(probe().absent(view_of(out_memory)), missing, "absent has no definition");
  expect_works(1);
}

TEST_F(Faults, loops_and_sleeps_without_end) {
  options.time_limit = kShort;
  EXPECT_ERROR(misbehave(Fault::endless), timeout, "misbehave did not return within 40 ms");
  EXPECT_ERROR(misbehave(Fault::sleep), timeout, "misbehave did not return within 40 ms");
  session().set_time_limit(std::chrono::milliseconds(2000));
  expect_works(3);
}

TEST_F(Faults, handlers_of_faults_are_the_workers_own) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP}) {
    EXPECT_EQ(misbehave(Fault::ask, signal), 0);
    EXPECT_ERROR(misbehave(Fault::swallow, signal), violation, "misbehave called rt_sigaction");
  }
  for (const int signal : {SIGPIPE, SIGUSR1, SIGTERM, SIGALRM}) EXPECT_EQ(misbehave(Fault::swallow, signal), 0);
  expect_works(8);
}

// Two limits of time in all: a call that stays below the limit is answered, but not again and again.
TEST_F(Faults, calls_that_each_come_near_their_limit) {
  options.time_limit = std::chrono::milliseconds(50);
  options.most_waits = 2;
  int answered = 0;
  const auto all = [&] {
    for (; answered < 100; ++answered) misbehave(Fault::nap, 30);
  };
  EXPECT_ERROR(all(), timeout, "the calls took more than 100 ms altogether, the last of them misbehave");
  EXPECT_GT(answered, 0);
  EXPECT_LE(answered, 3);
}

TEST_F(Faults, the_end_of_the_process) {
  EXPECT_ERROR(misbehave(Fault::exit, 0), exited, "misbehave ended its process (exit status 0)");
  EXPECT_ERROR(misbehave(Fault::exit, 3), exited, "exit status 3");
  EXPECT_ERROR(misbehave(Fault::quick_exit, 0), exited, "exit status 0");
  expect_works(4);
}

// The child holds the line open, so only the time limit tells that the kernel is gone.
TEST_F(Faults, children_end_with_their_worker) {
  const auto child = static_cast<pid_t>(misbehave(Fault::fork));
  ASSERT_GT(child, 0);
  const int handle = static_cast<int>(syscall(434 /* pidfd_open */, child, 0));
  ASSERT_GE(handle, 0);
  session().set_time_limit(kShort);
  EXPECT_ERROR(misbehave(Fault::quick_exit, 0), timeout, "did not return");
  pollfd ended{handle, POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 10000), 1) << "the child outlived its worker";
  close(handle);
}

TEST_F(Faults, printed_words_are_kept) {
  EXPECT_EQ(misbehave(Fault::print), 22);
  EXPECT_EQ(session().output(), "printed by the kernel\n");
  EXPECT_ERROR(misbehave(Fault::abort), crash, "");
  EXPECT_EQ(session().output(), "printed by the kernel\n");
  expect_works(2);
  EXPECT_EQ(session().output(), "");
}

TEST_F(Faults, a_flood_of_words_is_cut) {
  EXPECT_EQ(misbehave(Fault::flood, 64 << 20), static_cast<std::int64_t>(kMostPrinted));
  EXPECT_EQ(session().output().size(), 4096u);
  expect_works(1);
}

}  // namespace
}  // namespace kiln::worker
