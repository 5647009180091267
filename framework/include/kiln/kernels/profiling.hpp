// Module 14, profiling: where the time and the memory of a program go, and how far that is from what the machine can
// do. Time is in seconds where it is a double and in nanoseconds where it is an integer; memory is in bytes, and MB are
// 1,048,576 of them. Error(invalid_argument) where an argument is not as described; nothing was written then. Kernels
// may allocate unless they say otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kiln/kernels/contract.hpp"
#include "kiln/meter.hpp"

namespace kiln {

/// Of samples, in their unit.
struct TimingSummary {
  std::int64_t runs = 0;
  double mean = 0, min = 0, max = 0;
  double p50 = 0, p95 = 0, p99 = 0;  ///< percentiles; p50 is the median
};

struct TimerOptions {
  std::int64_t warmup = 3;   ///< runs before the first sample, whose time nobody takes
  std::int64_t runs = 100;   ///< samples
  std::int64_t repeats = 1;  ///< runs of the task a sample
};

/// What a driver does with a timer: the task takes as long as is written here, on a clock that moves only for it and
/// for its own readings.
struct TimerScript {
  TimerOptions options;
  std::int64_t samples = 0;          ///< room in `seconds`
  std::vector<std::int64_t> run_ns;  ///< how long each run takes, the last one for all further runs; empty: 0
  std::int64_t read_ns = 0;          ///< the clock moves on by as much, then is read
  std::int64_t throws_at = -1;       ///< the run, counted from 0, that throws; -1: none
  std::int64_t least_ns = 0;         ///< where `most` is not 0, calibrate_repeats(least_ns, most) is called
  std::int64_t most = 0;             ///< instead of time_runs
};

enum class TimerAction : std::int32_t { read, run };

struct TimerTrace {
  std::vector<TimerAction> actions;  ///< in the order in which they happened
  std::vector<double> seconds;       ///< what time_runs wrote, -1 where it wrote nothing
  std::int64_t repeats = 0;          ///< what calibrate_repeats returned
  bool threw = false;                ///< the task's exception left the kernel
  std::string refused;               ///< the words of an Error(invalid_argument), which ends the script
  std::string problem;               ///< why the driver ended it; "" where all is well
};

/// What is counted. "element" is one of the output's unless said otherwise.
enum class Work : std::int32_t {
  leaf,         ///< no operation: an input or a parameter; costs nothing, and reads no inputs
  copy,         ///< of one input of as many elements: no FLOP
  elementwise,  ///< of one or more inputs that broadcast to the output: 1 FLOP an element for each input but the first,
                ///< and 1 an element where there is only one
  reduce,       ///< of one input of any shape, to no more elements unless it has none: 1 FLOP an element of the input
  softmax,     ///< over the last dimension, shapes as of copy, rank 1 at least: 5 FLOP an element (maximum, difference,
               ///< exp, sum, quotient)
  batch_norm,  ///< (n, c, ...) with mean, variance, weight and bias, each (c): 4 FLOP an element
  layer_norm,  ///< (..., features) with weight and bias, each (features): 7 FLOP an element
  matmul,      ///< (..., m, k) times (..., k, n) gives (..., m, n), the same leading extents: 2 k FLOP an element
  linear,  ///< (batch, in) times (out, in) transposed, and perhaps a bias (out): 2 in FLOP an element, 1 more with it
  conv2d,  ///< (n, c, h, w) with (o, c, kh, kw), and perhaps a bias (o), gives (n, o, oh, ow): 2 c kh kw FLOP an
           ///< element, 1 more with bias. What meets the padding counts as well. h and w have no say.
  pool,    ///< (n, c, h, w) gives (n, c, oh, ow), by windows (kh, kw): kh kw FLOP an element. h and w have no say.
};

/// FLOPs (a multiplication and an addition are two; exp, a root and a comparison are one each), and the least bytes
/// that must move: every operand of float32 elements is read once, the output is written once.
struct WorkCost {
  std::int64_t flops = 0, bytes = 0;
};

/// A node of a graph: what is done, with which nodes' values, and the shape of what comes out.
struct WorkNode {
  Work work = Work::leaf;
  std::vector<std::int64_t> inputs;  ///< numbers of earlier nodes, in the order of the operation's operands
  Shape shape;                       ///< of the output
  Shape window;                      ///< of pool: (kh, kw); () elsewhere
};

struct GraphCost {
  std::vector<WorkCost> nodes;
  WorkCost total;
};

/// Somebody took memory or gave it back.
struct MemoryEvent {
  bool allocates = true;
  std::int64_t id = 0;     ///< of the block; free again once it was given back
  std::int64_t bytes = 0;  ///< of an allocation; of no matter otherwise
  std::string who;         ///< asked for it
};

struct MemoryBlock {
  std::int64_t id = 0, bytes = 0;
  std::string who;  ///< allocated it
};

struct MemoryReport {
  std::int64_t current = 0;          ///< in use after the last event
  std::int64_t peak = 0;             ///< the most that ever was: the high-water mark
  std::int64_t peak_event = -1;      ///< the event, counted from 0, that first reached it; -1 where peak is 0
  std::vector<MemoryBlock> at_peak;  ///< in use right after that event, in the order in which they were allocated
  std::vector<MemoryBlock> leaks;    ///< never given back, in the same order
};

/// What the machine can do.
struct Roof {
  double flops = 0;  ///< a second
  double bytes = 0;  ///< a second, from and to memory
};

/// Which roof is in the way.
enum class Bound : std::int32_t {
  none,     ///< neither: no FLOP is done and no byte moved
  memory,   ///< the intensity lies below the ridge
  compute,  ///< it lies at the ridge or above
};

struct RooflinePoint {
  double intensity = 0;   ///< FLOPs a byte; infinite where no byte is moved, 0 where no FLOP is done
  double attainable = 0;  ///< FLOP/s under the roof at this intensity
  double achieved = 0;    ///< FLOP/s that were reached
  double share = 0;       ///< of the roof: the least time that the machine needs, divided by the time that was taken
  Bound bound = Bound::none;
};

/// Of a scope that has ended.
struct ScopeFigures {
  std::string name;
  std::int64_t depth = 0;        ///< how many scopes it lay in
  double time_ms = 0;            ///< from begin to end
  double peak_memory_mb = 0;     ///< the most in use at any moment between begin and end, inner scopes included
  double current_memory_mb = 0;  ///< in use at the end
};

/// A scope that has begun. What the members hold in between is the kernels' own affair.
struct OpenScope {
  std::string name;
  std::int64_t begin_ns = 0;
  std::int64_t peak_bytes = 0;
};

struct ScopeStack {
  std::vector<OpenScope> open;  ///< outermost first
};

enum class ScopeAction : std::int32_t {
  begin,     ///< a scope of that name
  end,       ///< the innermost one
  work,      ///< time passes
  allocate,  ///< memory is taken
  free,      ///< memory is given back
};

struct ScopeStep {
  ScopeAction action{};
  std::int64_t amount = 0;  ///< ns of work, bytes of allocate and free
  std::string name;         ///< of begin
};

/// What a driver does with scopes. Each call of the clock or of the counter takes time, too.
struct ScopeScript {
  std::vector<ScopeStep> steps;
  std::int64_t read_ns = 0;        ///< the clock moves on by as much, then is read
  std::int64_t counter_ns = 0;     ///< the same of the counter's calls
  std::int64_t counter_bytes = 0;  ///< and each of these leaves as much more in use, as other work of the process may
};

struct ScopeTrace {
  std::vector<ScopeFigures> figures;  ///< as scopes ended
  std::int64_t left_open = 0;         ///< scopes on the stack after the last step
  std::int64_t refused_at =
      -1;  ///< the step, counted from 0, that threw Error(invalid_argument), which ends the script
};

/// Room for a trace, and how much of it is used. events[i] is the number of a kernel that begins, or -1 where the
/// innermost one ends; times[i] is when.
struct TraceBuffer {
  std::span<std::int64_t> events, times;  ///< as long as each other
  std::int64_t count = 0;                 ///< events that were recorded
  std::int64_t open = 0;                  ///< recorded begins whose end is still to come
  std::int64_t dropped = 0;               ///< begins for which there was no room
  std::int64_t dropped_open = 0;          ///< of these, whose end is still to come
};

/// What a driver found in the buffer after its last step.
struct RecorderTrace {
  std::int64_t count = 0, open = 0, dropped = 0, dropped_open = 0;
  std::int64_t refused_at =
      -1;  ///< the step, counted from 0, that threw Error(invalid_argument), which ends the script
};

/// What all calls of a kernel together have to do.
struct KernelWork {
  std::string name;
  std::int64_t flops = 0, bytes = 0;
};

/// What to try first on the kernel that costs most.
enum class NextStep : std::int32_t {
  nothing,        ///< no time was spent
  call_less,      ///< bound by nothing: its time is calls and bookkeeping. Merge it with its neighbour, or leave it out
  use_the_lanes,  ///< compute-bound, below half of the roof: vectors, blocks in the caches, threads (module 15)
  compute_less,   ///< compute-bound, half of the roof or more: another algorithm, or fewer bits (modules 16 and 17)
  walk_in_order,  ///< memory-bound, below half of the roof: neighbours first, whole lines, no second walk
  move_less,      ///< memory-bound, half of the roof or more: fuse with its neighbours, or fewer bits
};

struct BottleneckLine {
  std::string name;
  std::int64_t calls = 0;
  double seconds = 0;        ///< self time of all calls
  double share_of_time = 0;  ///< of all self time
  RooflinePoint point;
};

struct BottleneckReport {
  std::vector<BottleneckLine> lines;  ///< the dearest first
  double seconds = 0;                 ///< all self time
  std::string bottleneck;             ///< the first line's name; "" where no time was spent
  double most_speedup = 1;            ///< of the whole, if the bottleneck took no time at all; infinite where it is all
  NextStep next = NextStep::nothing;
};

namespace KILN_IMPL {

// ---- percentiles.cpp

/// The value below which `percent` of the values lie, between neighbours by a straight line: with the n values in
/// ascending order, x[0] to x[n - 1], and h = (n - 1) * percent / 100, it is x[i] + (h - i) * (x[i + 1] - x[i]) for i =
/// floor(h), and x[n - 1] for h = n - 1 (Hyndman and Fan, "Sample quantiles in statistical packages", 1996, definition
/// 7; NumPy's default). The caller's values stay in their order.
/// Error(invalid_argument) where there is none, one is NaN or infinite, or percent is outside [0, 100] (or NaN).
KILN_DECLARE double percentile(std::span<const double> values, double percent);

/// Errors as of percentile.
KILN_DECLARE TimingSummary timing_summary(std::span<const double> samples);

// ---- timer.cpp
// These kernels call the caller's code and read his clock, so the judge runs them under drive_timer (below).

/// Runs the task `warmup` times; then, `runs` times: reads the clock, runs the task `repeats` times, reads the clock.
/// seconds[i] is the time between the i-th pair of readings divided by `repeats`. Between two readings of a pair
/// nothing else happens, and the clock is read at no other time. What the task throws leaves the kernel.
/// Error(invalid_argument) where warmup is negative, runs or repeats is below 1, or seconds.size() is not runs: before
/// the task is run.
KILN_DECLARE void time_runs(Task& task, Clock& clock, TimerOptions options, std::span<double> seconds);

/// How many runs a sample needs so that it lasts `least_ns`: tries 1, 2, 4, ... runs between two readings, as long as
/// they are at most `most`, and returns the first number that took least_ns or longer, or `most` where none did.
/// Error(invalid_argument) where least_ns or most is below 1.
KILN_DECLARE std::int64_t calibrate_repeats(Task& task, Clock& clock, std::int64_t least_ns, std::int64_t most);

// ---- operation_cost.cpp

/// FLOPs and least bytes of one operation, as `Work` counts them; `inputs` are the operands' shapes. Anything with an
/// extent of 0 in its output costs no FLOP but what the table says of the input's elements; its operands' bytes count
/// as ever. Error(invalid_argument) where the number of operands, a rank or an extent does not fit the operation, an
/// extent is negative, or window is not what the operation needs; where FLOPs or bytes overflow an int64, the text
/// holds the word overflow.
KILN_DECLARE WorkCost operation_cost(Work work, const std::vector<Shape>& inputs, Shape out, Shape window);

/// The cost of each node, and of all together. An operand that stands twice counts twice.
/// Error(invalid_argument), with the node's number in its text, where a node reads one that is not earlier, or as of
/// operation_cost; and where the total overflows, with the word overflow.
KILN_DECLARE GraphCost graph_cost(const std::vector<WorkNode>& nodes);

// ---- memory_trace.cpp

/// Follows the events from the first to the last, nothing being in use before. Takes time in proportion to the events
/// (times a logarithm, at most), however many blocks are in use.
/// Error(invalid_argument), with the event's number (from 0), the block's id and who asks in its text, where an id is
/// allocated that is in use (the text holds "in use"), given back twice ("double free", and who had allocated it last),
/// or given back without ever having been allocated ("unknown"); where bytes are negative; and where what is in use
/// overflows an int64 ("overflow").
KILN_DECLARE MemoryReport memory_trace(const std::vector<MemoryEvent>& events);

// ---- roofline.cpp
// Williams, Waterman and Patterson, "Roofline: an insightful visual performance model", 2009.
// Error(invalid_argument) in all three where a number of the roof is not positive, or not finite.

/// The intensity at which both roofs meet: flops / bytes of the roof.
KILN_DECLARE double ridge_intensity(Roof roof);

/// FLOP/s that the roof leaves at this intensity: the lesser of roof.flops and intensity * roof.bytes.
/// Error(invalid_argument) where intensity is negative or NaN; infinity is one.
KILN_DECLARE double attainable_flops(double intensity, Roof roof);

/// Where a kernel stands that did `flops`, moved `bytes` and took `seconds`. The share may be more than 1, where data
/// came from a cache: it says so, and is not cut off. Without FLOPs it is the share of the bandwidth. Without FLOPs and
/// bytes all is 0, and the bound none.
/// Error(invalid_argument) where flops or bytes is negative, or seconds is not positive, or not finite.
KILN_DECLARE RooflinePoint roofline(std::int64_t flops, std::int64_t bytes, double seconds, Roof roof);

// ---- profile_scope.cpp
// The judge runs them under drive_scopes (below). What they do themselves must not be measured: begin reads the clock
// last, end reads it first.

/// A scope begins inside those that are open. The counter has one peak for all: whoever resets it owes what it said to
/// the scopes that are open.
KILN_DECLARE void scope_begin(ScopeStack& stack, std::string_view name, Clock& clock, MemoryCounter& counter);
/// The innermost scope ends. What is in use is asked before the peak: the process goes on in between, and a peak is
/// never less than what is in use. Error(invalid_argument) where none is open.
KILN_DECLARE ScopeFigures scope_end(ScopeStack& stack, Clock& clock, MemoryCounter& counter);

// ---- recorder.cpp
// What runs beside everything that is profiled, so it neither allocates nor walks over what was recorded: a call takes
// the same few instructions, however long the trace is. The judge runs them under drive_recorder (below).

/// A kernel begins. It is recorded where the buffer has room for it, for its end, and for the ends of all that are
/// open; otherwise it is dropped, so that a full buffer still holds whole pairs. Nothing is recorded inside a dropped
/// one. Error(invalid_argument) where kernel is negative.
KILN_DECLARE void record_begin(TraceBuffer& buffer, std::int64_t kernel, std::int64_t now);
/// The innermost kernel ends, dropped or not. Error(invalid_argument) where none is open.
KILN_DECLARE void record_end(TraceBuffer& buffer, std::int64_t now);

// ---- aggregate.cpp

/// What a trace says of each kernel k in [0, calls.size()), in one walk: how often it began; for how long it was open,
/// inner kernels included (where it is open within itself, that time counts once); and for how long it was the
/// innermost one. `events` and `times` are as of TraceBuffer, and overlap no output.
/// Error(invalid_argument) where events and times, or calls, total_ns and self_ns, differ in size; an event is below -1
/// or no kernel; the first time is negative, or one is earlier than the one before it; an end has no begin, or a begin
/// no end.
KILN_DECLARE void aggregate(std::span<const std::int64_t> events, std::span<const std::int64_t> times,
                            std::span<std::int64_t> calls, std::span<std::int64_t> total_ns,
                            std::span<std::int64_t> self_ns);

// ---- bottleneck.cpp

/// The kernels that were called, by self time, the dearest first; of those that took equally long the one that stands
/// first in `kernels`. Number k in `events` is kernels[k]. A line's point is that of its self time under the roof;
/// where that time is 0, all of the point is 0 and the bound none. most_speedup is Amdahl's limit, 1 / (1 -
/// share_of_time). Composition: calls aggregate and roofline of this family. Errors as of aggregate; where a kernel's
/// flops or bytes is negative; and where the roof is as roofline refuses it, even if nothing was called.
KILN_DECLARE BottleneckReport bottleneck_report(const std::vector<KernelWork>& kernels,
                                                std::span<const std::int64_t> events,
                                                std::span<const std::int64_t> times, Roof roof);

}  // namespace KILN_IMPL

/// Kernels of one implementation, for their drivers.
struct TimerKernels {
  decltype(impl::time_runs)* time_runs;
  decltype(impl::calibrate_repeats)* calibrate_repeats;
};
struct ScopeKernels {
  decltype(impl::scope_begin)* begin;
  decltype(impl::scope_end)* end;
};
struct RecorderKernels {
  decltype(impl::record_begin)* begin;
  decltype(impl::record_end)* end;
};

/// Runs a timer on a task and a clock that do as the script says. Ends with a problem after 100,000 runs or readings.
/// Error(missing) where a kernel is null; what a kernel throws but an Error(invalid_argument) leaves here. A negative
/// time in the script is Error(invalid_argument), and so are more than 100,000 samples.
TimerTrace drive_timer(const TimerKernels& kernels, const TimerScript& script);

/// Runs scopes as the script says, on a clock and a counter of its own. Errors as of drive_timer; the script gives no
/// more back than it took.
ScopeTrace drive_scopes(const ScopeKernels& kernels, const ScopeScript& script);

/// Records as `steps` say, a step a nanosecond: a number of a kernel begins it, -1 ends the innermost one. The buffer
/// is (events, times), as long as each other. Errors as of drive_timer.
RecorderTrace drive_recorder(const RecorderKernels& kernels, std::span<const std::int64_t> steps,
                             std::span<std::int64_t> events, std::span<std::int64_t> times);

namespace KILN_IMPL {
/// The drivers, on this implementation's kernels: what the judge calls instead of them.
inline TimerTrace drive_timer(const TimerScript& script) {
  return kiln::drive_timer(TimerKernels{time_runs, calibrate_repeats}, script);
}
inline ScopeTrace drive_scopes(const ScopeScript& script) {
  return kiln::drive_scopes(ScopeKernels{scope_begin, scope_end}, script);
}
inline RecorderTrace drive_recorder(std::span<const std::int64_t> steps, std::span<std::int64_t> events,
                                    std::span<std::int64_t> times) {
  return kiln::drive_recorder(RecorderKernels{record_begin, record_end}, steps, events, times);
}
}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct ProfilingSlots {
  decltype(impl::percentile)* percentile;
  decltype(impl::timing_summary)* timing_summary;
  decltype(impl::time_runs)* time_runs;
  decltype(impl::calibrate_repeats)* calibrate_repeats;
  decltype(impl::operation_cost)* operation_cost;
  decltype(impl::graph_cost)* graph_cost;
  decltype(impl::memory_trace)* memory_trace;
  decltype(impl::ridge_intensity)* ridge_intensity;
  decltype(impl::attainable_flops)* attainable_flops;
  decltype(impl::roofline)* roofline;
  decltype(impl::scope_begin)* scope_begin;
  decltype(impl::scope_end)* scope_end;
  decltype(impl::record_begin)* record_begin;
  decltype(impl::record_end)* record_end;
  decltype(impl::aggregate)* aggregate;
  decltype(impl::bottleneck_report)* bottleneck_report;
  decltype(impl::drive_timer)* drive_timer;
  decltype(impl::drive_scopes)* drive_scopes;
  decltype(impl::drive_recorder)* drive_recorder;

  static constexpr const char* kFamily = "profiling";
  static constexpr auto list() {
    return std::tuple{
        slot<&ProfilingSlots::percentile>("percentile", "values", "percent"),
        slot<&ProfilingSlots::timing_summary>("timing_summary", "samples"),
        driven_slot<&ProfilingSlots::time_runs>("time_runs", "task", "clock", "options", "seconds"),
        driven_slot<&ProfilingSlots::calibrate_repeats>("calibrate_repeats", "task", "clock", "least_ns", "most"),
        slot<&ProfilingSlots::operation_cost>("operation_cost", "work", "inputs", "out", "window"),
        slot<&ProfilingSlots::graph_cost>("graph_cost", "nodes"),
        slot<&ProfilingSlots::memory_trace>("memory_trace", "events"),
        slot<&ProfilingSlots::ridge_intensity>("ridge_intensity", "roof"),
        slot<&ProfilingSlots::attainable_flops>("attainable_flops", "intensity", "roof"),
        slot<&ProfilingSlots::roofline>("roofline", "flops", "bytes", "seconds", "roof"),
        driven_slot<&ProfilingSlots::scope_begin>("scope_begin", "stack", "name", "clock", "counter"),
        driven_slot<&ProfilingSlots::scope_end>("scope_end", "stack", "clock", "counter"),
        driven_slot<&ProfilingSlots::record_begin>("record_begin", "buffer", "kernel", "now"),
        driven_slot<&ProfilingSlots::record_end>("record_end", "buffer", "now"),
        slot<&ProfilingSlots::aggregate>("aggregate", "events", "times", "calls", "total_ns", "self_ns"),
        slot<&ProfilingSlots::bottleneck_report>("bottleneck_report", "kernels", "events", "times", "roof"),
        driver_slot<&ProfilingSlots::drive_timer>("drive_timer", "script"),
        driver_slot<&ProfilingSlots::drive_scopes>("drive_scopes", "script"),
        driver_slot<&ProfilingSlots::drive_recorder>("drive_recorder", "steps", "events", "times"),
    };
  }
};

static_assert(sizeof(ProfilingSlots) == kSlotCount<ProfilingSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline ProfilingSlots table(const ProfilingSlots*) {
  return {
      .percentile = percentile,
      .timing_summary = timing_summary,
      .time_runs = time_runs,
      .calibrate_repeats = calibrate_repeats,
      .operation_cost = operation_cost,
      .graph_cost = graph_cost,
      .memory_trace = memory_trace,
      .ridge_intensity = ridge_intensity,
      .attainable_flops = attainable_flops,
      .roofline = roofline,
      .scope_begin = scope_begin,
      .scope_end = scope_end,
      .record_begin = record_begin,
      .record_end = record_end,
      .aggregate = aggregate,
      .bottleneck_report = bottleneck_report,
      .drive_timer = drive_timer,
      .drive_scopes = drive_scopes,
      .drive_recorder = drive_recorder,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
