// matmul_parallel: one product, cut into pieces of c that threads work out side by side.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check matmul_parallel`.
// Stuck? `kiln hint matmul_parallel`.
#include <algorithm>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/parallel.hpp"

using namespace kiln;

// Example: (512, 512) on two threads is four pieces of (256, 256), each a matmul_packed of its own.
void impl::matmul_parallel(float alpha, ConstView a, ConstView b, float beta, View c) {
  STUB();
}
