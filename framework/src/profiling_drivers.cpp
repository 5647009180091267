// The drivers of module 14: a timer, scopes and a recorder, each on a clock and a counter that move as a script says.
// They run where the kernels run, so they trust no answer: what a kernel did is written down, and judged elsewhere.
#include <algorithm>

#include "kiln/kernels/profiling.hpp"

namespace kiln {

namespace {

constexpr std::size_t kMostActions = 100'000;

void require_kernel(bool is_there, const char* name) {
  if (!is_there) throw Error(ErrorKind::missing, std::string(name) + " has no definition: write it in its file");
}

void require_no_less_than_0(const char* what, std::int64_t number) {
  KILN_REQUIRE(std::string(what) + " is negative", number >= 0);
}

// ---- timer

struct TaskFailed {};      ///< what the script's task throws
struct TooManyActions {};  ///< what ends a kernel that would go on for ever

class TimerDrive final : public Task, public Clock {
 public:
  TimerDrive(const TimerScript& script, TimerTrace& trace) : script_(script), trace_(trace) {}

  void run() override {
    note(TimerAction::run);
    const std::int64_t number = runs_++;
    if (number == script_.throws_at) throw TaskFailed();
    const auto last = static_cast<std::int64_t>(script_.run_ns.size()) - 1;
    if (last >= 0) now_ += script_.run_ns[static_cast<std::size_t>(std::min(number, last))];
  }
  std::int64_t now() override {
    note(TimerAction::read);
    return now_ += script_.read_ns;
  }

 private:
  void note(TimerAction action) {
    if (trace_.actions.size() >= kMostActions) throw TooManyActions();
    trace_.actions.push_back(action);
  }

  const TimerScript& script_;
  TimerTrace& trace_;
  std::int64_t now_ = 0, runs_ = 0;
};

// ---- scopes

class ScopeDrive final : public Clock, public MemoryCounter {
 public:
  ScopeDrive(const ScopeKernels& kernels, const ScopeScript& script) : kernels_(kernels), script_(script) {}

  ScopeTrace run() {
    for (std::size_t i = 0; i < script_.steps.size(); ++i) {
      try {
        take(script_.steps[i]);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_argument) throw;
        trace_.refused_at = static_cast<std::int64_t>(i);
        break;
      }
    }
    trace_.left_open = static_cast<std::int64_t>(stack_.open.size());
    return std::move(trace_);
  }

  std::int64_t now() override { return now_ += script_.read_ns; }
  std::int64_t current_bytes() override {
    ask();
    return current_;
  }
  std::int64_t peak_bytes() override {
    ask();
    return peak_;
  }
  void reset_peak() override {
    ask();
    peak_ = current_;
  }

 private:
  /// What a question to the counter costs.
  void ask() {
    now_ += script_.counter_ns;
    allocate(script_.counter_bytes);
  }
  void allocate(std::int64_t bytes) {
    current_ += bytes;
    peak_ = std::max(peak_, current_);
  }
  void take(const ScopeStep& step) {
    switch (step.action) {
      case ScopeAction::begin: return kernels_.begin(stack_, step.name, *this, *this);
      case ScopeAction::end: return trace_.figures.push_back(kernels_.end(stack_, *this, *this));
      case ScopeAction::work: now_ += step.amount; return;
      case ScopeAction::allocate: allocate(step.amount); return;
      case ScopeAction::free: current_ -= step.amount; return;
    }
  }

  const ScopeKernels& kernels_;
  const ScopeScript& script_;
  ScopeTrace trace_;
  ScopeStack stack_;
  std::int64_t now_ = 0, current_ = 0, peak_ = 0;
};

}  // namespace

TimerTrace drive_timer(const TimerKernels& kernels, const TimerScript& script) {
  require_kernel(kernels.time_runs != nullptr, "time_runs");
  require_kernel(kernels.calibrate_repeats != nullptr, "calibrate_repeats");
  require_no_less_than_0("drive_timer: read_ns", script.read_ns);
  require_no_less_than_0("drive_timer: samples", script.samples);
  for (const std::int64_t ns : script.run_ns) require_no_less_than_0("drive_timer: one of run_ns", ns);
  KILN_REQUIRE("drive_timer: too many samples", script.samples <= static_cast<std::int64_t>(kMostActions));
  TimerTrace trace;
  trace.seconds.assign(static_cast<std::size_t>(script.samples), -1.0);
  TimerDrive drive(script, trace);
  try {
    if (script.most != 0)
      trace.repeats = kernels.calibrate_repeats(drive, drive, script.least_ns, script.most);
    else
      kernels.time_runs(drive, drive, script.options, trace.seconds);
  } catch (const TaskFailed&) {
    trace.threw = true;
  } catch (const TooManyActions&) {
    trace.problem = "after " + std::to_string(kMostActions) + " runs and readings there was no end";
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_argument) throw;
    trace.refused = error.what();
  }
  return trace;
}

ScopeTrace drive_scopes(const ScopeKernels& kernels, const ScopeScript& script) {
  require_kernel(kernels.begin != nullptr, "scope_begin");
  require_kernel(kernels.end != nullptr, "scope_end");
  require_no_less_than_0("drive_scopes: read_ns", script.read_ns);
  require_no_less_than_0("drive_scopes: counter_ns", script.counter_ns);
  require_no_less_than_0("drive_scopes: counter_bytes", script.counter_bytes);
  std::int64_t in_use = 0;
  for (const ScopeStep& step : script.steps) {
    require_no_less_than_0("drive_scopes: a step's amount", step.amount);
    if (step.action == ScopeAction::allocate) in_use += step.amount;
    if (step.action == ScopeAction::free) in_use -= step.amount;
    require_no_less_than_0("drive_scopes: what is in use", in_use);
  }
  return ScopeDrive(kernels, script).run();
}

RecorderTrace drive_recorder(const RecorderKernels& kernels, std::span<const std::int64_t> steps,
                             std::span<std::int64_t> events, std::span<std::int64_t> times) {
  require_kernel(kernels.begin != nullptr, "record_begin");
  require_kernel(kernels.end != nullptr, "record_end");
  KILN_REQUIRE("drive_recorder: events and times differ in size", events.size() == times.size());
  TraceBuffer buffer{.events = events, .times = times};
  std::int64_t now = 0;
  RecorderTrace trace;
  try {
    for (; now < static_cast<std::int64_t>(steps.size()); ++now) {
      const std::int64_t step = steps[static_cast<std::size_t>(now)];
      if (step == -1)
        kernels.end(buffer, now);
      else
        kernels.begin(buffer, step, now);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_argument) throw;
    trace.refused_at = now;
  }
  return {buffer.count, buffer.open, buffer.dropped, buffer.dropped_open, trace.refused_at};
}

}  // namespace kiln
