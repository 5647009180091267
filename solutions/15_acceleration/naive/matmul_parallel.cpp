// matmul_parallel on the caller's thread: right, and as slow as one thread is.
#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

void impl::matmul_parallel(float alpha, ConstView a, ConstView b, float beta, View c) {
  kernels<AccelerationSlots>().matmul_packed(alpha, a, b, beta, c);
}
