// matmul_blocked: c = a b, block by block, so that what is read again is still in the cache.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check matmul_blocked`.
// Stuck? `kiln hint matmul_blocked`.
#include <algorithm>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// Example: a (100, 300), b (300, 200), block 64 -> c (100, 200) from 2 x 4 blocks, each the sum of 5 products.
void impl::matmul_blocked(ConstView a, ConstView b, std::int64_t block, View c) {
  STUB();
}
