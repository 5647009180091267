// log_softmax: the logarithms of a softmax, without the softmax.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 6.
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

/// Sum of exp(row[j] - shift). In double: beside exp that costs nothing, and a long row loses no digits.
double sum_of_exp(const float* row, std::int64_t step, std::int64_t n, float shift) {
  double lanes[kLanes] = {};
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += std::exp(row[(j + lane) * step] - shift);
  double sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
  for (; j < n; ++j) sum += std::exp(row[j * step] - shift);
  return sum;
}

/// out[j] = (in[j] - shift) - log_sum, in this order: shift + log_sum would round to the spacing of large logits.
void subtract_row(const float* in, std::int64_t step_in, float* out, std::int64_t step_out, std::int64_t n, float shift,
                  float log_sum) {
  if (step_in == 1 && step_out == 1) {
    for (std::int64_t j = 0; j < n; ++j) out[j] = in[j] - shift - log_sum;
  } else {
    for (std::int64_t j = 0; j < n; ++j) out[j * step_out] = in[j * step_in] - shift - log_sum;
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

// Example: in (2, 3) has two rows; (1000, 1001, 1002) -> (-2.4076, -1.4076, -0.4076).
void impl::log_softmax(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("log_softmax: in and out have one shape", in.shape == out.shape);
  KILN_REQUIRE("log_softmax: in has rows, and so at least one dimension", in.rank() > 0);
  if (out.size() == 0) return;
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step_in = in.strides[last], step_out = out.strides[last];
  for_each_row(in.shape, in.strides, out.strides, [&](std::int64_t at_in, std::int64_t at_out) {
    const float* row = in.data + at_in;
    const float shift = shift_of(row, step_in, n);
    // The sum is 0 only where every element is -inf, and these stay what they are. A NaN or inf makes it NaN.
    const double sum = sum_of_exp(row, step_in, n, shift);
    const float log_sum = sum == 0 ? 0 : static_cast<float>(std::log(sum));
    subtract_row(row, step_in, out.data + at_out, step_out, n, shift, log_sum);
  });
  // END SOLUTION
}
