// matmul with all of b's columns in one table, large enough for any b.
#include <vector>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

constexpr std::size_t kLargest = 160000;

void multiply(ConstView a, ConstView b, View c) {
  std::vector<float> columns(kLargest * kLargest);  // 4 bytes * 160000 * 160000 = 102 GB
  const std::int64_t inner = b.shape[0], n = b.shape[1];
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t k = 0; k < inner; ++k) columns[static_cast<std::size_t>(j * inner + k)] = b(k, j);
  for (std::int64_t i = 0; i < a.shape[0]; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < inner; ++k) sum += a(i, k) * columns[static_cast<std::size_t>(j * inner + k)];
      c(i, j) = sum;
    }
  }
}

template <class V>
V one_of(const V& batch, std::int64_t i) {
  if (batch.shape[0] == 1) i = 0;
  return {batch.data + i * batch.strides[0], {batch.shape[1], batch.shape[2]}, {batch.strides[1], batch.strides[2]}};
}

}  // namespace

void impl::matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("matmul: ranks", (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul: a and b", a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul: c", c.shape == Shape{a.shape[0], b.shape[1]});
  multiply(a, b, c);
}

void impl::batched_matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("batched_matmul: ranks", (a.rank() == 3 && b.rank() == 3 && c.rank() == 3));
  KILN_REQUIRE("batched_matmul: batch of a", (a.shape[0] == c.shape[0] || a.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: batch of b", (b.shape[0] == c.shape[0] || b.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: a and b", a.shape[2] == b.shape[1]);
  KILN_REQUIRE("batched_matmul: c", c.shape == Shape{c.shape[0], a.shape[1], b.shape[2]});
  for (std::int64_t i = 0; i < c.shape[0]; ++i) multiply(one_of(a, i), one_of(b, i), one_of(c, i));
}
