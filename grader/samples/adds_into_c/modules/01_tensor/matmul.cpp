// matmul in the order i, k, j: b and c are both walked along their rows.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("matmul: ranks", (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul: inner dimensions", a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul: rows", a.shape[0] == c.shape[0]);
  KILN_REQUIRE("matmul: columns", b.shape[1] == c.shape[1]);
  for (std::int64_t i = 0; i < c.shape[0]; ++i)
    for (std::int64_t k = 0; k < a.shape[1]; ++k)
      for (std::int64_t j = 0; j < c.shape[1]; ++j) c(i, j) += a(i, k) * b(k, j);
}

void impl::batched_matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("batched_matmul: ranks", (a.rank() == 3 && b.rank() == 3 && c.rank() == 3));
  KILN_REQUIRE("batched_matmul: batch of a", (a.shape[0] == c.shape[0] || a.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: batch of b", (b.shape[0] == c.shape[0] || b.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: inner dimensions", a.shape[2] == b.shape[1]);
  KILN_REQUIRE("batched_matmul: rows", a.shape[1] == c.shape[1]);
  KILN_REQUIRE("batched_matmul: columns", b.shape[2] == c.shape[2]);
  for (std::int64_t batch = 0; batch < c.shape[0]; ++batch) {
    const std::int64_t of_a = a.shape[0] == 1 ? 0 : batch, of_b = b.shape[0] == 1 ? 0 : batch;
    for (std::int64_t i = 0; i < c.shape[1]; ++i)
      for (std::int64_t k = 0; k < a.shape[2]; ++k)
        for (std::int64_t j = 0; j < c.shape[2]; ++j) c(batch, i, j) += a(of_a, i, k) * b(of_b, k, j);
  }
}
