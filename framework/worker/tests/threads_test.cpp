// Threads that a kernel leaves behind, and answers that come before the work: what is read stands still, and what is
// spent counts.
#include "kiln/parallel.hpp"
#include "worker/remote.hpp"
#include "worker/tests/fixture.hpp"

namespace kiln::worker {

namespace {

using Misbehave = Thunk<ProbeSlots, &ProbeSlots::misbehave>;

/// Enough to take far longer than judge and worker need to change turns.
constexpr std::int64_t kWork = 20'000'000;

class Threads : public SessionTest {
 protected:
  Threads() { options.threads = 2; }

  /// An output that lies in the arena, where the worker could write it at any time.
  View kept() {
    return {reinterpret_cast<float*>(session().keep(Arena::read_write, 4 * sizeof(float))), Shape{4}, Strides{1}};
  }
  /// Whether the first element stays as it is while it is looked at for long.
  static bool stands_still(View out) {
    const volatile float* first = out.data;
    const float before = *first;
    for (std::int64_t i = 0; i < kWork; ++i)
      if (*first != before) return false;
    return true;
  }
  /// Whether a thread moves on while calls run.
  static bool moves_during_calls(View out) {
    const volatile float* first = out.data;
    const float before = *first;
    for (int i = 0; i < 100000; ++i) {
      probe().nothing();
      if (*first != before) return true;
    }
    return false;
  }
};

TEST_F(Threads, stand_still_between_calls) {
  session();
  const View out = kept();
  probe().misbehave(Fault::count_on, view_of(in_memory), out, 0);
  EXPECT_TRUE(stands_still(out));
  EXPECT_TRUE(moves_during_calls(out)) << "the worker was never let go on";
  EXPECT_TRUE(stands_still(out));
  EXPECT_EQ(session().starts(), 1);
}

TEST_F(Threads, loops_use_one_where_nothing_is_said) {
  EXPECT_EQ(misbehave(Fault::count_threads), 1) << "to start another one may be forbidden";
}

TEST_F(Threads, loops_use_no_more_than_there_are_cores) {
  options.launch.arguments.insert(options.launch.arguments.end(), {"--threads", "1000"});
  EXPECT_EQ(misbehave(Fault::count_threads), thread_count());
}

TEST_F(Threads, stand_still_after_a_call_that_threw) {
  session();
  const View out = kept();
  probe().misbehave(Fault::count_on, view_of(in_memory), out, 0);
  EXPECT_ERROR(misbehave(Fault::throw_standard), exception, "standard words");
  EXPECT_TRUE(stands_still(out));
  EXPECT_TRUE(moves_during_calls(out));
}

TEST_F(Threads, stand_still_where_the_first_has_ended) {
  session();
  const View out = kept();
  probe().misbehave(Fault::count_on_alone, view_of(in_memory), out, 0);
  EXPECT_TRUE(stands_still(out));
}

TEST_F(Threads, that_finish_later_have_filled_nothing) {
  EXPECT_EQ(misbehave(Fault::fill_later, 100 * kWork), 0);
  EXPECT_EQ(out_memory, iota(4));
  expect_works(1);
  EXPECT_EQ(out_memory, iota(4));
}

TEST_F(Threads, are_ended_with_their_worker) {
  session();
  const View out = kept();
  probe().misbehave(Fault::count_on, view_of(in_memory), out, 0);
  session().restart();
  EXPECT_TRUE(stands_still(out));
  expect_works(2);
}

/// CPU time of one timed request.
double cpu_of(Session& session, Fault fault, View memory) {
  Writer writer;
  Misbehave::write_set(writer, {fault, memory, memory, kWork});
  Timing timing;
  session.transact_timed(Misbehave::kIndex, 1, writer, timing);
  return timing.cpu_seconds;
}

class EarlyReply : public Threads {};

TEST_F(EarlyReply, pays_for_its_work_with_the_next_request) {
  options.threads = 1;
  cpu_of(session(), Fault::burn, kept());
  const double honest = cpu_of(session(), Fault::burn, kept());
  session().restart();
  const View out = kept();
  cpu_of(session(), Fault::reply_early, out);
  // Leave it the time to finish its work unwatched.
  stands_still(out);
  stands_still(out);
  EXPECT_GT(cpu_of(session(), Fault::reply_early, out), honest / 4);
}

TEST_F(EarlyReply, is_stopped_where_threads_are_allowed) {
  cpu_of(session(), Fault::burn, kept());
  const double honest = cpu_of(session(), Fault::burn, kept());
  session().restart();
  const View out = kept();
  cpu_of(session(), Fault::reply_early, out);
  EXPECT_GT(cpu_of(session(), Fault::reply_early, out), honest / 4);
}

}  // namespace
}  // namespace kiln::worker
