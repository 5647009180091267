// matmul_dispatched: whichever way to a product pays at its size.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 8.
//
// Write what stands below as STUB(); then run `kiln check matmul_dispatched`.
// Stuck? `kiln hint matmul_dispatched`.
#include <cstdint>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: choose_matmul(16, 16, 16, 8) -> loops; (17, 16, 16, 8) -> packed; (256, 256, 64, 8) -> parallel.
MatmulPath impl::choose_matmul(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t threads) {
  STUB();
}

// Example: a (8, 8), b (8, 8), threads 2 -> c by the loops of module 01; of (512, 512) each by matmul_parallel.
void impl::matmul_dispatched(ConstView a, ConstView b, std::int64_t threads, View c) {
  STUB();
}
