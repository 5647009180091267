// relu: what is negative becomes 0, everything else stays.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 1.
#include "kiln/kernels/activations.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Asked this way round, and not `x > 0 ? x : 0`: no comparison with NaN is true, so NaN stays.
float rectified(float x) { return x < 0 ? 0 : x; }

/// One row of n elements. Steps that the compiler knows to be 1 become vector code.
void relu_row(const float* in, std::int64_t step_in, float* out, std::int64_t step_out, std::int64_t n) {
  if (step_in == 1 && step_out == 1) {
    for (std::int64_t j = 0; j < n; ++j) out[j] = rectified(in[j]);
  } else {
    for (std::int64_t j = 0; j < n; ++j) out[j * step_out] = rectified(in[j * step_in]);
  }
}

}  // namespace
// END SOLUTION

// Example: in (2, 3) with strides (1, 2), out (2, 3) with strides (3, 1); element (1, 0) is read at 1, written at 3.
void impl::relu(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("relu: in and out have one shape", in.shape == out.shape);
  if (out.size() == 0) return;

  // Where both are dense, the whole tensor is one row. A scalar is dense, so the rank is at least 1 below.
  if (in.is_contiguous() && out.is_contiguous()) return relu_row(in.data, 1, out.data, 1, out.size());

  // Walk the rows of the last dimension; the outer index counts like an odometer, with two offsets beside it.
  const int last = out.rank() - 1;
  const std::int64_t columns = out.shape[last], rows = out.size() / columns;
  Shape index = Shape::filled(out.rank(), 0);
  std::int64_t at_in = 0, at_out = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    relu_row(in.data + at_in, in.strides[last], out.data + at_out, out.strides[last], columns);
    for (int d = last - 1; d >= 0; --d) {
      at_in += in.strides[d];
      at_out += out.strides[d];
      if (++index[d] < out.shape[d]) break;
      at_in -= index[d] * in.strides[d];
      at_out -= index[d] * out.strides[d];
      index[d] = 0;
    }
  }
  // END SOLUTION
}
