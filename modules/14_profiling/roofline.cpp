// roofline: what a kernel could reach on this machine, what it reaches, and which roof is in its way.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check roofline`.
// Stuck? `kiln hint roofline`.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: 100 GFLOP/s and 25 GB/s meet at 4 FLOPs a byte.
double impl::ridge_intensity(Roof roof) {
  STUB();
}

// Example: under that roof an intensity of 2 leaves 50 GFLOP/s, one of 8 leaves 100.
double impl::attainable_flops(double intensity, Roof roof) {
  STUB();
}

// Example: 1e9 FLOPs and 12e9 bytes in 1 s under that roof: intensity 1/12, attainable 2.08 GFLOP/s, achieved 1; the
// bytes alone need 0.48 s, so the share is 0.48, and the bound is memory.
RooflinePoint impl::roofline(std::int64_t flops, std::int64_t bytes, double seconds, Roof roof) {
  STUB();
}
