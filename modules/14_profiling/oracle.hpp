// What module 14's kernels should answer, worked out the long way: by counting instead of sorting, by looking at every
// moment instead of keeping books. What a trace or a report got wrong is said in words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kiln/kernels/profiling.hpp"

namespace kiln::oracle {

/// Whether two numbers agree but for roundings: sums of up to 120 terms of one sign, and a few products and quotients.
/// Infinities are equal to themselves.
bool close(double a, double b);

/// How far a percentile of these values may be off: a place among n values is rounded, by up to n eps, and where it
/// lies decides by how much of the gap between two values the result differs.
double percentile_slack(std::span<const double> values);

double percentile(std::span<const double> values, double percent);
TimingSummary timing_summary(std::span<const double> samples);

/// Of a script that is legal.
TimerTrace timer_trace(const TimerScript& script);
/// "read, 3 runs, read"
std::string describe(std::span<const TimerAction> actions);
/// What is wrong with a trace of the script; "" where nothing is.
std::string complaint_about_timer(const TimerScript& script, const TimerTrace& trace);

/// Nothing where an int64 is too small. The shapes fit the operation.
std::optional<WorkCost> operation_cost(Work work, const std::vector<Shape>& inputs, const Shape& out,
                                       const Shape& window);

/// Of events that are legal.
MemoryReport memory_trace(const std::vector<MemoryEvent>& events);
std::string complaint_about_memory(const std::vector<MemoryEvent>& events, const MemoryReport& report);

/// Of numbers that are legal.
RooflinePoint roofline(std::int64_t flops, std::int64_t bytes, double seconds, Roof roof);
/// What is wrong with a point; "" where nothing is.
std::string complaint_about_point(const RooflinePoint& actual, const RooflinePoint& expected);

/// Of a script in which each end has a begin.
ScopeTrace scope_trace(const ScopeScript& script);
std::string complaint_about_scopes(const ScopeScript& script, const ScopeTrace& trace);

struct Recorded {
  std::vector<std::int64_t> events, times;
  RecorderTrace trace;
};
/// Of steps in which each end has a begin, with room for `size` events.
Recorded record(std::span<const std::int64_t> steps, std::size_t size);
/// `events` and `times` held -1,000 everywhere.
std::string complaint_about_record(std::span<const std::int64_t> steps, const RecorderTrace& trace,
                                   std::span<const std::int64_t> events, std::span<const std::int64_t> times);

struct Aggregated {
  std::vector<std::int64_t> calls, total_ns, self_ns;
};
/// Of a trace that is legal.
Aggregated aggregate(std::span<const std::int64_t> events, std::span<const std::int64_t> times, std::size_t kernels);
std::string complaint_about_aggregate(const Aggregated& expected, std::span<const std::int64_t> calls,
                                      std::span<const std::int64_t> total_ns, std::span<const std::int64_t> self_ns);

BottleneckReport bottleneck_report(const std::vector<KernelWork>& kernels, std::span<const std::int64_t> events,
                                   std::span<const std::int64_t> times, Roof roof);
std::string complaint_about_report(const BottleneckReport& actual, const BottleneckReport& expected);

}  // namespace kiln::oracle
