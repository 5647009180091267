// softmax: a row of any numbers becomes a row of positive numbers whose sum is 1.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 5.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// The larger one. NaN on the right is dropped here; exp meets it again.
float larger(float left, float right) { return right > left ? right : left; }

/// How many results run side by side. Every call of exp sends a running sum to memory and back, and the next addition
/// waits for it; four sums take turns.
constexpr std::int64_t kLanes = 4;

/// What to subtract from a row so that exp does not overflow: its maximum, or 0 where that is -inf, since -inf - -inf
/// is NaN and -inf - 0 is not.
float shift_of(const float* row, std::int64_t step, std::int64_t n) {
  float lanes[kLanes] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = larger(lanes[lane], row[(j + lane) * step]);
  float best = larger(larger(lanes[0], lanes[1]), larger(lanes[2], lanes[3]));
  for (; j < n; ++j) best = larger(best, row[j * step]);
  return best == -INFINITY ? 0 : best;
}

/// out[j] = exp(in[j] - shift); returns their sum. In double: beside exp that costs nothing, and a long row loses no
/// digits. Each element is read before it is written, so that `out` may be `in`.
double exp_row(const float* in, std::int64_t step_in, float* out, std::int64_t step_out, std::int64_t n, float shift) {
  double lanes[kLanes] = {};
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const float e = std::exp(in[(j + lane) * step_in] - shift);
      out[(j + lane) * step_out] = e;
      lanes[lane] += e;
    }
  double sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
  for (; j < n; ++j) {
    const float e = std::exp(in[j * step_in] - shift);
    out[j * step_out] = e;
    sum += e;
  }
  return sum;
}

void scale_row(float* row, std::int64_t step, std::int64_t n, float factor) {
  if (step == 1) {
    for (std::int64_t j = 0; j < n; ++j) row[j] *= factor;
  } else {
    for (std::int64_t j = 0; j < n; ++j) row[j * step] *= factor;
  }
}

/// Calls body(offset in a, offset in b) for every row along the last dimension; the rank is at least 1, and no extent
/// is 0.
template <class Body>
void for_each_row(const Shape& shape, const Strides& a, const Strides& b, Body body) {
  const int last = shape.rank() - 1;
  const std::int64_t rows = shape.elements() / shape[last];
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_a = 0, at_b = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    body(at_a, at_b);
    for (int d = last - 1; d >= 0; --d) {
      at_a += a[d];
      at_b += b[d];
      if (++index[d] < shape[d]) break;
      at_a -= index[d] * a[d];
      at_b -= index[d] * b[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: in (2, 3) has two rows; (1000, 1001, 1002) -> (0.0900, 0.2447, 0.6652).
void impl::softmax(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("softmax: in and out have one shape", in.shape == out.shape);
  KILN_REQUIRE("softmax: in has rows, and so at least one dimension", in.rank() > 0);
  if (out.size() == 0) return;
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step_in = in.strides[last], step_out = out.strides[last];
  for_each_row(in.shape, in.strides, out.strides, [&](std::int64_t at_in, std::int64_t at_out) {
    const float* row = in.data + at_in;
    const double sum = exp_row(row, step_in, out.data + at_out, step_out, n, shift_of(row, step_in, n));
    // The largest term is exp(0) = 1. So the sum is 0 only where every element is -inf; a NaN or inf makes it NaN.
    scale_row(out.data + at_out, step_out, n, sum == 0 ? 0 : static_cast<float>(1 / sum));
  });
  // END SOLUTION
}
