// Wrong: rounds each product to bfloat16, 8 bits of mantissa, to look fast.
#include <bit>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

float to_bfloat16(float value) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & 0xffff0000u); }

void multiply(ConstView a, ConstView b, View c) {
  for (std::int64_t i = 0; i < c.shape[0]; ++i) {
    for (std::int64_t j = 0; j < c.shape[1]; ++j) c(i, j) = 0;
    for (std::int64_t k = 0; k < a.shape[1]; ++k)
      for (std::int64_t j = 0; j < c.shape[1]; ++j) c(i, j) += to_bfloat16(a(i, k) * b(k, j));
  }
}

/// Matrix i of a batch; of a batch of 1 always the same one.
template <class AnyView>
AnyView matrix(const AnyView& batch, std::int64_t i) {
  const std::int64_t offset = batch.shape[0] == 1 ? 0 : i * batch.strides[0];
  return {batch.data + offset, {batch.shape[1], batch.shape[2]}, {batch.strides[1], batch.strides[2]}};
}

}  // namespace

void impl::matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("all three are matrices", (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("the inner extents differ", a.shape[1] == b.shape[0]);
  KILN_REQUIRE("the output does not fit", c.shape == Shape{a.shape[0], b.shape[1]});
  multiply(a, b, c);
}

void impl::batched_matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("all three are batches", (a.rank() == 3 && b.rank() == 3 && c.rank() == 3));
  KILN_REQUIRE("a's batch", (a.shape[0] == c.shape[0] || a.shape[0] == 1));
  KILN_REQUIRE("b's batch", (b.shape[0] == c.shape[0] || b.shape[0] == 1));
  KILN_REQUIRE("the inner extents differ", a.shape[2] == b.shape[1]);
  KILN_REQUIRE("the output does not fit", c.shape == Shape{c.shape[0], a.shape[1], b.shape[2]});
  for (std::int64_t i = 0; i < c.shape[0]; ++i) multiply(matrix(a, i), matrix(b, i), matrix(c, i));
}
