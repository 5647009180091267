// Wrong: the time since the last event is the innermost one's also where another begins.
#include <algorithm>
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

struct Figures {
  std::int64_t calls = 0, total = 0, self = 0;
  std::int64_t open = 0;     ///< how many of its calls are open
  std::int64_t entered = 0;  ///< when the outermost of them began
};

}  // namespace

// Example: events {0, 1, -1, 1, -1, -1} at times {0, 10, 30, 40, 45, 50}, two kernels:
//   calls {1, 2}, total_ns {50, 25}, self_ns {25, 25}.
void impl::aggregate(std::span<const std::int64_t> events, std::span<const std::int64_t> times,
                     std::span<std::int64_t> calls, std::span<std::int64_t> total_ns, std::span<std::int64_t> self_ns) {
  KILN_REQUIRE("aggregate: events and times differ in size", events.size() == times.size());
  KILN_REQUIRE("aggregate: calls and total_ns differ in size", calls.size() == total_ns.size());
  KILN_REQUIRE("aggregate: calls and self_ns differ in size", calls.size() == self_ns.size());
  std::vector<Figures> kernels(calls.size());
  std::vector<std::int64_t> stack;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::int64_t event = events[i], now = times[i];
    KILN_REQUIRE("aggregate: a time is negative, or earlier than the one before it", now >= last);
    // Whoever was innermost until now gets the time.
    if (!stack.empty() && event == -1) kernels[static_cast<std::size_t>(stack.back())].self += now - last;
    last = now;
    if (event == -1) {
      KILN_REQUIRE("aggregate: an end has no begin", !stack.empty());
      Figures& ended = kernels[static_cast<std::size_t>(stack.back())];
      if (--ended.open == 0) ended.total += now - ended.entered;
      stack.pop_back();
      continue;
    }
    KILN_REQUIRE("aggregate: an event is below -1", event >= 0);
    KILN_REQUIRE("aggregate: an event is no kernel", event < static_cast<std::int64_t>(kernels.size()));
    Figures& begun = kernels[static_cast<std::size_t>(event)];
    ++begun.calls;
    if (begun.open++ == 0) begun.entered = now;
    stack.push_back(event);
  }
  KILN_REQUIRE("aggregate: a begin has no end", stack.empty());
  // All is well: write.
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    calls[k] = kernels[k].calls;
    total_ns[k] = kernels[k].total;
    self_ns[k] = kernels[k].self;
  }
}
