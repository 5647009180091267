#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

void
add_scaled_row(float scale, const float* row, float* out, std::int64_t n)
{
  for (std::int64_t j = 0; j < n; ++j)
    out[j] += scale * row[j];
}

void
multiply(ConstView a, ConstView b, View c)
{
  const std::int64_t m = c.shape[0], n = c.shape[1], inner = a.shape[1];
  const std::int64_t step_b = b.strides[1], step_c = c.strides[1];
  for (std::int64_t i = 0; i < m; ++i) {
    float* row_c = c.data + i * c.strides[0];
    for (std::int64_t j = 0; j < n; ++j)
      row_c[j * step_c] = 0.0f;
    for (std::int64_t k = 0; k < inner; ++k) {
      const float scale = a.data[i * a.strides[0] + k * a.strides[1]];
      const float* row_b = b.data + k * b.strides[0];
      if (step_b == 1 && step_c == 1) {
        add_scaled_row(scale, row_b, row_c, n);
      } else {
        for (std::int64_t j = 0; j < n; ++j)
          row_c[j * step_c] += scale * row_b[j * step_b];
      }
    }
  }
}

template<class AnyView>
AnyView
matrix(const AnyView& batch, std::int64_t i)
{
  const std::int64_t offset = batch.shape[0] == 1 ? 0 : i * batch.strides[0];
  return { batch.data + offset,
           { batch.shape[1], batch.shape[2] },
           { batch.strides[1], batch.strides[2] } };
}

} // namespace

void
impl::matmul(ConstView a, ConstView b, View c)
{
  KILN_REQUIRE("matmul: a is a matrix", a.rank() == 2);
  KILN_REQUIRE("matmul: b is a matrix", b.rank() == 2);
  KILN_REQUIRE("matmul: c is a matrix", c.rank() == 2);
  KILN_REQUIRE("matmul: a's columns meet b's rows, a " + to_string(a) + ", b " + to_string(b),
               a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul: c has a's rows and b's columns",
               c.shape == Shape{ a.shape[0], b.shape[1] });
  multiply(a, b, c);
}

void
impl::batched_matmul(ConstView a, ConstView b, View c)
{
  KILN_REQUIRE("batched_matmul: a is a batch of matrices", a.rank() == 3);
  KILN_REQUIRE("batched_matmul: b is a batch of matrices", b.rank() == 3);
  KILN_REQUIRE("batched_matmul: c is a batch of matrices", c.rank() == 3);
  const std::int64_t batch = c.shape[0];
  KILN_REQUIRE("batched_matmul: a's batch is c's, or 1", (a.shape[0] == batch || a.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: b's batch is c's, or 1", (b.shape[0] == batch || b.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: a's columns meet b's rows, a " + to_string(a) + ", b " +
                 to_string(b),
               a.shape[2] == b.shape[1]);
  KILN_REQUIRE("batched_matmul: c has a's rows and b's columns",
               c.shape == Shape{ batch, a.shape[1], b.shape[2] });
  for (std::int64_t i = 0; i < batch; ++i)
    multiply(matrix(a, i), matrix(b, i), matrix(c, i));
}
