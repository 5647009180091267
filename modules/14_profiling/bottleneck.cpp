// bottleneck: which kernel to look at first, what is in its way, and how much there is to gain. Composition.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 9.
//
// Write what stands below as STUB(); then run `kiln check bottleneck`.
// Stuck? `kiln hint bottleneck`.
#include <algorithm>
#include <limits>
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: matmul was the innermost for 8 ms and relu for 2 ms: two lines, matmul first with a share of 0.8; without it
// the whole would be 5 times as fast.
BottleneckReport impl::bottleneck_report(const std::vector<KernelWork>& kernels, std::span<const std::int64_t> events,
                                         std::span<const std::int64_t> times, Roof roof) {
  STUB();
}
