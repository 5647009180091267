// Wrong: the loops of module 01 do not look whether c lies on an input.
#include <cstdint>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

/// Multiply-adds up to which loops are faster than packing, and from which on threads are worth their waking.
constexpr std::int64_t kMostForLoops = 4096;
constexpr std::int64_t kLeastForThreads = std::int64_t{1} << 22;

/// m * n * k, or the largest integer where that is larger.
std::int64_t work_of(std::int64_t m, std::int64_t n, std::int64_t k) {
  std::int64_t area = 0, work = 0;
  return __builtin_mul_overflow(m, n, &area) || __builtin_mul_overflow(area, k, &work) ? INT64_MAX : work;
}

}  // namespace

// Example: choose_matmul(16, 16, 16, 8) -> loops; (17, 16, 16, 8) -> packed; (256, 256, 64, 8) -> parallel.
MatmulPath impl::choose_matmul(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t threads) {
  KILN_REQUIRE("choose_matmul: no extent is negative", (m >= 0 && n >= 0 && k >= 0));
  KILN_REQUIRE("choose_matmul: at least the caller's own thread is there", threads >= 1);
  if (m == 0 || n == 0 || k == 0) return MatmulPath::loops;
  const std::int64_t work = work_of(m, n, k);
  if (work <= kMostForLoops) return MatmulPath::loops;
  return threads > 1 && work >= kLeastForThreads ? MatmulPath::parallel : MatmulPath::packed;
}

// Example: a (8, 8), b (8, 8), threads 2 -> c by the loops of module 01; of (512, 512) each by matmul_parallel.
void impl::matmul_dispatched(ConstView a, ConstView b, std::int64_t threads, View c) {
  KILN_REQUIRE(
      "matmul_dispatched: a, b and c are matrices, a " + to_string(a) + ", b " + to_string(b) + ", c " + to_string(c),
      (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul_dispatched: a's columns meet b's rows, a " + to_string(a) + ", b " + to_string(b),
               a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul_dispatched: c has a's rows and b's columns", c.shape == Shape{a.shape[0], b.shape[1]});
  const AccelerationSlots& family = kernels<AccelerationSlots>();
  switch (impl::choose_matmul(a.shape[0], b.shape[1], a.shape[1], threads)) {
    case MatmulPath::loops: kernels<TensorSlots>().matmul(a, b, c); break;
    case MatmulPath::packed: family.matmul_packed(1, a, b, 0, c); break;
    case MatmulPath::parallel: family.matmul_parallel(1, a, b, 0, c); break;
  }
}
