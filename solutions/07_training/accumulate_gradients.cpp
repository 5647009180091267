// accumulate_gradients: one part of a batch that does not fit into memory, added with the weight that it deserves.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 5.
#include <string>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

void check(const std::vector<ConstView>& gradients, std::int64_t examples, std::int64_t total,
           const std::vector<View>& sums) {
  KILN_REQUIRE("accumulate_gradients: every gradient has a sum", gradients.size() == sums.size());
  KILN_REQUIRE("accumulate_gradients: the number of examples must not be negative", examples >= 0);
  KILN_REQUIRE("accumulate_gradients: the batch has an example at least", total >= 1);
  KILN_REQUIRE("accumulate_gradients: a part is no larger than the batch", examples <= total);
  for (std::size_t i = 0; i < sums.size(); ++i)
    KILN_REQUIRE("accumulate_gradients: gradient " + std::to_string(i) + " must have the shape of its sum",
                 gradients[i].shape == sums[i].shape);
}

/// One row of n elements. Steps of 1 that the compiler sees become vector code.
void add_row(const float* from, std::int64_t step_from, float factor, std::int64_t n, float* to, std::int64_t step_to) {
  if (step_from == 1 && step_to == 1) {
    for (std::int64_t i = 0; i < n; ++i) to[i] += from[i] * factor;
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i * step_to] += from[i * step_from] * factor;
  }
}

void add_all(const ConstView& gradient, float factor, const View& sum) {
  if (sum.size() == 0) return;
  if (gradient.is_contiguous() && sum.is_contiguous())
    return add_row(gradient.data, 1, factor, sum.size(), sum.data, 1);

  // Walk the rows of the last dimension; the outer index counts like an odometer, with two offsets beside it.
  const Shape& shape = sum.shape;
  const int last = shape.rank() - 1;
  const std::int64_t columns = shape[last], rows = sum.size() / columns;
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_gradient = 0, at_sum = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    add_row(gradient.data + at_gradient, gradient.strides[last], factor, columns, sum.data + at_sum, sum.strides[last]);
    for (int d = last - 1; d >= 0; --d) {
      at_gradient += gradient.strides[d];
      at_sum += sum.strides[d];
      if (++index[d] < shape[d]) break;
      at_gradient -= shape[d] * gradient.strides[d];
      at_sum -= shape[d] * sum.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: gradients {{4}}, sums {{1}}, 3 examples of 6 in total: the sum becomes 1 + 4 * 0.5 = 3.
void impl::accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples, std::int64_t total,
                                const std::vector<View>& sums) {
  // BEGIN SOLUTION
  check(gradients, examples, total, sums);
  const auto factor = static_cast<float>(static_cast<double>(examples) / static_cast<double>(total));
  for (std::size_t i = 0; i < sums.size(); ++i) add_all(gradients[i], factor, sums[i]);
  // END SOLUTION
}
