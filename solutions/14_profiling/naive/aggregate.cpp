// aggregate, as a beginner writes it: for each begin the trace is walked to its end, with what lies within.
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

void check(std::span<const std::int64_t> events, std::span<const std::int64_t> times, std::size_t kernels) {
  std::int64_t open = 0, last = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    KILN_REQUIRE("aggregate: an event is below -1", events[i] >= -1);
    KILN_REQUIRE("aggregate: an event is no kernel", events[i] < static_cast<std::int64_t>(kernels));
    KILN_REQUIRE("aggregate: time goes backwards", times[i] >= last);
    last = times[i];
    open += events[i] >= 0 ? 1 : -1;
    KILN_REQUIRE("aggregate: an end has no begin", open >= 0);
  }
  KILN_REQUIRE("aggregate: a begin has no end", open == 0);
}

std::size_t end_of(std::span<const std::int64_t> events, std::size_t begin) {
  std::int64_t open = 0;
  for (std::size_t i = begin;; ++i) {
    open += events[i] >= 0 ? 1 : -1;
    if (open == 0) return i;
  }
}

/// Whether a call of the same kernel lies around this one.
bool lies_in_itself(std::span<const std::int64_t> events, std::size_t begin) {
  std::int64_t closed = 0;
  for (std::size_t i = begin; i-- > 0;) {
    if (events[i] == -1)
      ++closed;
    else if (closed > 0)
      --closed;
    else if (events[i] == events[begin])
      return true;
  }
  return false;
}

}  // namespace

void impl::aggregate(std::span<const std::int64_t> events, std::span<const std::int64_t> times,
                     std::span<std::int64_t> calls, std::span<std::int64_t> total_ns, std::span<std::int64_t> self_ns) {
  KILN_REQUIRE("aggregate: events and times differ in size", events.size() == times.size());
  KILN_REQUIRE("aggregate: calls and total_ns differ in size", calls.size() == total_ns.size());
  KILN_REQUIRE("aggregate: calls and self_ns differ in size", calls.size() == self_ns.size());
  check(events, times, calls.size());
  for (std::size_t k = 0; k < calls.size(); ++k) calls[k] = total_ns[k] = self_ns[k] = 0;
  for (std::size_t begin = 0; begin < events.size(); ++begin) {
    if (events[begin] == -1) continue;
    const auto k = static_cast<std::size_t>(events[begin]);
    const std::size_t end = end_of(events, begin);
    ++calls[k];
    if (!lies_in_itself(events, begin)) total_ns[k] += times[end] - times[begin];
    self_ns[k] += times[end] - times[begin];
    for (std::size_t i = begin + 1; i < end; i = end_of(events, i) + 1)
      self_ns[k] -= times[end_of(events, i)] - times[i];
  }
}
