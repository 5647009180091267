// mean_squared_error: how far predictions lie from their targets, as one number.
// Contract: kiln/kernels/losses.hpp. Lesson: modules/04_losses/README.md, step 1.
#include "kiln/kernels/losses.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Sum of squared differences of two dense rows. In double, so that no length loses digits: a sum of 2^28 doubles errs
/// less than the one rounding to float in the end. One running sum would wait 4 cycles for each addition; kLanes sums
/// side by side fill four vector registers of 4 doubles, and none waits for another.
double dense_sum(const float* prediction, const float* target, std::int64_t n) {
  constexpr std::int64_t kLanes = 16;
  double lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const double difference = static_cast<double>(prediction[i + lane]) - target[i + lane];
      lanes[lane] += difference * difference;
    }
  double sum = 0;
  for (double lane : lanes) sum += lane;
  for (; i < n; ++i) {
    const double difference = static_cast<double>(prediction[i]) - target[i];
    sum += difference * difference;
  }
  return sum;
}

double strided_sum(const float* prediction, std::int64_t step, const float* target, std::int64_t target_step,
                   std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double difference = static_cast<double>(prediction[i * step]) - target[i * target_step];
    sum += difference * difference;
  }
  return sum;
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

double sum_of_squares(ConstView prediction, ConstView target) {
  // One long row where both are dense, and where there is one element.
  if (prediction.is_contiguous() && target.is_contiguous())
    return dense_sum(prediction.data, target.data, prediction.size());
  double sum = 0;
  const int last = prediction.rank() - 1;
  const std::int64_t n = prediction.shape[last], step = prediction.strides[last], target_step = target.strides[last];
  for_each_row(prediction.shape, prediction.strides, target.strides, [&](std::int64_t at, std::int64_t at_target) {
    const float *row = prediction.data + at, *target_row = target.data + at_target;
    sum += step == 1 && target_step == 1 ? dense_sum(row, target_row, n)
                                         : strided_sum(row, step, target_row, target_step, n);
  });
  return sum;
}

}  // namespace
// END SOLUTION

// Example: prediction (2, 3) and target (2, 3) -> loss (); the sum of six squares, divided by 6.
void impl::mean_squared_error(ConstView prediction, ConstView target, View loss) {
  // BEGIN SOLUTION
  KILN_REQUIRE("mean_squared_error: prediction and target have one shape", prediction.shape == target.shape);
  KILN_REQUIRE("mean_squared_error: the mean of nothing; prediction has no element", prediction.size() > 0);
  KILN_REQUIRE("mean_squared_error: loss is a scalar", loss.shape == Shape{});
  *loss.data = static_cast<float>(sum_of_squares(prediction, target) / static_cast<double>(prediction.size()));
  // END SOLUTION
}
