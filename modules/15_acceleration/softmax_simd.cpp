// softmax_simd: softmax with a vector of the row's elements at a time.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 6.
//
// Write what stands below as STUB(); then run `kiln check softmax_simd`.
// Stuck? `kiln hint softmax_simd`.
#include <cmath>
#include <memory>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// Example: in (2, 3) has two rows; (1000, 1001, 1002) -> (0.0900, 0.2447, 0.6652).
void impl::softmax_simd(ConstView in, View out) {
  STUB();
}
