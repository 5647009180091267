// roofline: what a kernel could reach on this machine, what it reaches, and which roof is in its way.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 5.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

void require_positive(const char* message, double value) {
  KILN_REQUIRE(message, value > 0);
  KILN_REQUIRE(message, std::isfinite(value));
}

void require_roof(const Roof& roof) {
  require_positive("roofline: FLOP/s of the roof are not positive and finite", roof.flops);
  require_positive("roofline: bytes/s of the roof are not positive and finite", roof.bytes);
}

}  // namespace
// END SOLUTION

// Example: 100 GFLOP/s and 25 GB/s meet at 4 FLOPs a byte.
double impl::ridge_intensity(Roof roof) {
  // BEGIN SOLUTION
  require_roof(roof);
  return roof.flops / roof.bytes;
  // END SOLUTION
}

// Example: under that roof an intensity of 2 leaves 50 GFLOP/s, one of 8 leaves 100.
double impl::attainable_flops(double intensity, Roof roof) {
  // BEGIN SOLUTION
  require_roof(roof);
  KILN_REQUIRE("attainable_flops: intensity is negative, or NaN", intensity >= 0);
  return std::min(roof.flops, intensity * roof.bytes);
  // END SOLUTION
}

// Example: 1e9 FLOPs and 12e9 bytes in 1 s under that roof: intensity 1/12, attainable 2.08 GFLOP/s, achieved 1; the
// bytes alone need 0.48 s, so the share is 0.48, and the bound is memory.
RooflinePoint impl::roofline(std::int64_t flops, std::int64_t bytes, double seconds, Roof roof) {
  // BEGIN SOLUTION
  const double ridge = impl::ridge_intensity(roof);
  KILN_REQUIRE("roofline: flops is negative", flops >= 0);
  KILN_REQUIRE("roofline: bytes is negative", bytes >= 0);
  require_positive("roofline: seconds are not positive and finite", seconds);
  RooflinePoint point;
  if (flops == 0 && bytes == 0) return point;
  const auto work = static_cast<double>(flops), traffic = static_cast<double>(bytes);
  point.intensity = bytes == 0 ? std::numeric_limits<double>::infinity() : work / traffic;
  point.attainable = impl::attainable_flops(point.intensity, roof);
  point.achieved = work / seconds;
  // The least time, not a ratio of rates: it holds without FLOPs too.
  point.share = std::max(work / roof.flops, traffic / roof.bytes) / seconds;
  point.bound = point.intensity < ridge ? Bound::memory : Bound::compute;
  return point;
  // END SOLUTION
}
