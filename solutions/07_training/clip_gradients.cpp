// clip_gradients: the length of a whole gradient, and an upper bound on it.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 3.
#include <cmath>
#include <limits>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// Two passes at most: one that reads and sums, and one that writes, only where the gradient is too long. Give both a
// loop over a dense row, in which the compiler sees that neighbours lie side by side.

// BEGIN SOLUTION
namespace {

/// Running sums side by side. An addition takes about 4 cycles and two of 4 doubles can begin in each, so 8 vectors, 32
/// sums, keep the adders busy; with a single sum each element would wait 4 cycles for the one before it. Turning 4
/// floats into doubles takes an instruction a cycle, and this is what a dense row costs in the end.
constexpr std::int64_t kLanes = 32;

double squares_of_dense_row(const float* row, std::int64_t n) {
  double lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = row[i + lane];
      lanes[lane] += value * value;
    }
  }
  double sum = 0;
  for (; i < n; ++i) sum += static_cast<double>(row[i]) * row[i];
  for (const double lane : lanes) sum += lane;
  return sum;
}

double squares_of_row(const float* row, std::int64_t n, std::int64_t step) {
  if (step == 1) return squares_of_dense_row(row, n);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(row[i * step]) * row[i * step];
  return sum;
}

void scale_row(float* row, std::int64_t n, std::int64_t step, float factor) {
  if (step == 1) {
    for (std::int64_t i = 0; i < n; ++i) row[i] *= factor;
  } else {
    for (std::int64_t i = 0; i < n; ++i) row[i * step] *= factor;
  }
}

/// body(first element, elements, step) for each row of the last dimension; a dense tensor is one row.
template <class Body>
void for_each_row(const View& tensor, Body body) {
  if (tensor.size() == 0) return;
  if (tensor.is_contiguous()) return body(tensor.data, tensor.size(), std::int64_t{1});
  const int last = tensor.rank() - 1;
  const std::int64_t columns = tensor.shape[last], rows = tensor.size() / columns;
  Shape index = Shape::filled(tensor.rank(), 0);
  std::int64_t at = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    body(tensor.data + at, columns, tensor.strides[last]);
    for (int d = last - 1; d >= 0; --d) {
      at += tensor.strides[d];
      if (++index[d] < tensor.shape[d]) break;
      at -= tensor.shape[d] * tensor.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: gradients {3} and {0, 4}, max_norm 1: the norm is 5, the gradients become {0.6} and {0, 0.8}; returns 5.
double impl::clip_gradients(const std::vector<View>& gradients, double max_norm) {
  // BEGIN SOLUTION
  // No comparison with NaN is true, so NaN is refused as well.
  KILN_REQUIRE("clip_gradients: max_norm must be above 0", max_norm > 0);

  // Add up the squares of all tensors: a double holds the square of any float, exactly.
  double sum = 0;
  for (const View& gradient : gradients)
    for_each_row(gradient,
                 [&sum](const float* row, std::int64_t n, std::int64_t step) { sum += squares_of_row(row, n, step); });
  const double norm = std::sqrt(sum);

  // Scale what is too long, all tensors by one factor; inf and NaN are the caller's to deal with.
  if (!(norm > max_norm && norm < std::numeric_limits<double>::infinity())) return norm;
  const auto factor = static_cast<float>(max_norm / norm);
  for (const View& gradient : gradients)
    for_each_row(gradient,
                 [factor](float* row, std::int64_t n, std::int64_t step) { scale_row(row, n, step, factor); });
  return norm;
  // END SOLUTION
}
