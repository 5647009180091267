// The drivers of module 14: what they refuse, what ends them, and what they let out.
#include <gtest/gtest.h>

#include <functional>

#include "kiln/kernels/profiling.hpp"

namespace kiln {
namespace {

void run_nothing(Task&, Clock&, TimerOptions, std::span<double>) {}
void run_for_ever(Task& task, Clock&, TimerOptions, std::span<double>) {
  for (;;) task.run();
}
void run_into_an_error(Task&, Clock&, TimerOptions, std::span<double>) {
  throw Error(ErrorKind::stub, "not written yet");
}
std::int64_t calibrate_for_ever(Task&, Clock& clock, std::int64_t, std::int64_t) {
  while (clock.now() >= 0) {
  }
  return 0;
}
void begin_scope(ScopeStack&, std::string_view, Clock&, MemoryCounter&) {}
ScopeFigures end_scope(ScopeStack&, Clock& clock, MemoryCounter& counter) {
  ScopeFigures figures;
  figures.time_ms = static_cast<double>(clock.now());
  figures.peak_memory_mb = static_cast<double>(counter.peak_bytes());
  counter.reset_peak();
  figures.current_memory_mb = static_cast<double>(counter.peak_bytes());
  return figures;
}
void begin_record(TraceBuffer&, std::int64_t, std::int64_t) {}
void end_record(TraceBuffer& buffer, std::int64_t now) { buffer.count = now; }

void expect_kind(ErrorKind kind, const std::function<void()>& call) {
  try {
    call();
    FAIL() << "there was no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
  }
}

TEST(ProfilingDrivers, say_which_kernel_is_missing) {
  std::int64_t room[2] = {};
  expect_kind(ErrorKind::missing, [] { drive_timer({nullptr, calibrate_for_ever}, {}); });
  expect_kind(ErrorKind::missing, [] { drive_timer({run_nothing, nullptr}, {}); });
  expect_kind(ErrorKind::missing, [] { drive_scopes({nullptr, end_scope}, {}); });
  expect_kind(ErrorKind::missing, [] { drive_scopes({begin_scope, nullptr}, {}); });
  expect_kind(ErrorKind::missing, [&] { drive_recorder({nullptr, end_record}, {}, room, room); });
  expect_kind(ErrorKind::missing, [&] { drive_recorder({begin_record, nullptr}, {}, room, room); });
}

TEST(ProfilingDrivers, end_what_would_not_end) {
  TimerScript script;
  EXPECT_NE(drive_timer({run_for_ever, calibrate_for_ever}, script).problem, "");
  script.most = 1;
  EXPECT_NE(drive_timer({run_for_ever, calibrate_for_ever}, script).problem, "");
  script.most = 0;
  EXPECT_EQ(drive_timer({run_nothing, calibrate_for_ever}, script).problem, "");
}

TEST(ProfilingDrivers, let_other_errors_out) {
  expect_kind(ErrorKind::stub, [] { drive_timer({run_into_an_error, calibrate_for_ever}, {}); });
}

TEST(ProfilingDrivers, refuse_scripts_that_cannot_be) {
  const TimerKernels timer{run_nothing, calibrate_for_ever};
  TimerScript script;
  script.run_ns = {5, -1};
  expect_kind(ErrorKind::invalid_argument, [&] { drive_timer(timer, script); });
  script = {};
  script.read_ns = -1;
  expect_kind(ErrorKind::invalid_argument, [&] { drive_timer(timer, script); });
  script = {};
  script.samples = 100'001;
  expect_kind(ErrorKind::invalid_argument, [&] { drive_timer(timer, script); });
  const ScopeKernels scopes{begin_scope, end_scope};
  expect_kind(ErrorKind::invalid_argument, [&] { drive_scopes(scopes, {{{ScopeAction::work, -1, ""}}}); });
  expect_kind(ErrorKind::invalid_argument, [&] {
    drive_scopes(scopes, {{{ScopeAction::allocate, 4, ""}, {ScopeAction::free, 5, ""}}});
  });
  std::int64_t two[2] = {}, three[3] = {};
  expect_kind(ErrorKind::invalid_argument, [&] { drive_recorder({begin_record, end_record}, {}, two, three); });
}

TEST(ProfilingDrivers, move_clock_and_counter_as_the_script_says) {
  ScopeScript script{{{ScopeAction::work, 7, ""},
                      {ScopeAction::allocate, 5, ""},
                      {ScopeAction::free, 3, ""},
                      {ScopeAction::end, 0, ""},
                      {ScopeAction::end, 0, ""}}};
  script.read_ns = 10;
  script.counter_ns = 100;
  const ScopeTrace trace = drive_scopes({begin_scope, end_scope}, script);
  ASSERT_EQ(trace.figures.size(), 2u);
  EXPECT_EQ(trace.figures[0].time_ms, 17);
  EXPECT_EQ(trace.figures[0].peak_memory_mb, 5);
  EXPECT_EQ(trace.figures[0].current_memory_mb, 2);
  EXPECT_EQ(trace.figures[1].time_ms, 17 + 300 + 10);
}

TEST(ProfilingDrivers, step_the_recorder_a_nanosecond_at_a_time) {
  std::int64_t events[4] = {}, times[4] = {};
  const std::int64_t steps[] = {0, -1, 3, -1};
  EXPECT_EQ(drive_recorder({begin_record, end_record}, steps, events, times).count, 3);
}

}  // namespace
}  // namespace kiln
