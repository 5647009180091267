// matmul_packed: c = alpha a b + beta c, from panels in the order in which a kernel of vector registers reads them.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check matmul_packed`.
// Stuck? `kiln hint matmul_packed`.
#include <algorithm>
#include <new>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// Example: alpha 2, a (2, 3), b (3, 4), beta 0 -> c (2, 4) is twice the product, whatever stood in c.
void impl::matmul_packed(float alpha, ConstView a, ConstView b, float beta, View c) {
  STUB();
}
