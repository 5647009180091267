// aggregate: a trace of begins and ends becomes calls, total time and self time of each kernel, in one walk.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 8.
//
// Write what stands below as STUB(); then run `kiln check aggregate`.
// Stuck? `kiln hint aggregate`.
#include <algorithm>
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: events {0, 1, -1, 1, -1, -1} at times {0, 10, 30, 40, 45, 50}, two kernels:
//   calls {1, 2}, total_ns {50, 25}, self_ns {25, 25}.
void impl::aggregate(std::span<const std::int64_t> events, std::span<const std::int64_t> times,
                     std::span<std::int64_t> calls, std::span<std::int64_t> total_ns, std::span<std::int64_t> self_ns) {
  STUB();
}
