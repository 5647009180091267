// matmul: products of matrices, one and a batch of them, with clear loops in cache order.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 6.
//
// Write what stands below as STUB(); then run `kiln check matmul`.
// Stuck? `kiln hint matmul`.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: a (2, 3), b (3, 4) -> c (2, 4); c(i, j) = sum over k of a(i, k) * b(k, j).
void impl::matmul(ConstView a, ConstView b, View c) {
  STUB();
}

// Example: a (8, 2, 3), b (1, 3, 4) -> c (8, 2, 4); the one matrix of b serves all eight of a.
void impl::batched_matmul(ConstView a, ConstView b, View c) {
  STUB();
}
