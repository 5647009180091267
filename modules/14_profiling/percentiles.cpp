// percentiles: what a hundred timings say, in six numbers.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check percentiles`.
// Stuck? `kiln hint percentiles`.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: percentile({40, 10, 20, 30}, 50) is 25, half-way between the second and the third; of 95 it is 38.5.
double impl::percentile(std::span<const double> values, double percent) {
  STUB();
}

TimingSummary impl::timing_summary(std::span<const double> samples) {
  STUB();
}
