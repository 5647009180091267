// unbroadcast: the gradient of an operand that was broadcast, summed over every dimension in which it was repeated.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 1.
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Whether `in` broadcasts to exactly `out`: aligned at the end, an extent is the output's or 1, or is missing.
bool broadcasts_to(const Shape& in, const Shape& out) {
  const int missing = out.rank() - in.rank();
  if (missing < 0) return false;
  for (int d = missing; d < out.rank(); ++d)
    if (in[d - missing] != out[d] && in[d - missing] != 1) return false;
  return true;
}

/// The strides of `in` as seen in `shape`: 0 wherever it is repeated, so that walking there stays on one element.
Strides broadcast_strides(const ConstView& in, const Shape& shape) {
  Strides strides = Shape::filled(shape.rank(), 0);
  const int missing = shape.rank() - in.rank();
  for (int d = missing; d < shape.rank(); ++d)
    if (in.shape[d - missing] != 1) strides[d] = in.strides[d - missing];
  return strides;
}

/// The sum of n neighbours. kLanes partial sums side by side: one running sum would wait 4 cycles for each addition.
float sum_row(const float* from, std::int64_t n) {
  constexpr std::int64_t kLanes = 32;
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += from[i + lane];
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
    for (std::int64_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  float sum = lanes[0];
  for (; i < n; ++i) sum += from[i];
  return sum;
}

/// One row: to[j * step_to] += from[j * step_from] for j < n.
void add_row(const float* from, std::int64_t step_from, float* to, std::int64_t step_to, std::int64_t n) {
  if (step_from == 1 && step_to == 1) {
    // Not repeated along the row: rows are added to a row, in vector code.
    for (std::int64_t j = 0; j < n; ++j) to[j] += from[j];
  } else if (step_from == 1 && step_to == 0) {
    // Repeated along the row: the whole row belongs to one element.
    *to += sum_row(from, n);
  } else {
    for (std::int64_t j = 0; j < n; ++j) to[j * step_to] += from[j * step_from];
  }
}

}  // namespace
// END SOLUTION

// Example: grad_out (2, 3) = {1, 2, 3; 4, 5, 6}. Into grad_in (3) go 5, 7, 9, into (2, 1) go 6, 15, into () goes 21:
// each is added to what stands there.
void impl::unbroadcast(ConstView grad_out, View grad_in) {
  // BEGIN SOLUTION
  KILN_REQUIRE("unbroadcast: grad_in's " + to_string(grad_in.shape) + " does not broadcast to grad_out's " +
                   to_string(grad_out.shape),
               broadcasts_to(grad_in.shape, grad_out.shape));
  if (grad_out.size() == 0) return;

  // Dense and of one shape: the whole tensor is one row. A scalar is always this.
  if (grad_in.shape == grad_out.shape && grad_in.is_contiguous() && grad_out.is_contiguous())
    return add_row(grad_out.data, 1, grad_in.data, 1, grad_out.size());

  // Walk grad_out in its own order, row by row. The stride of 0 gathers what belongs to one element: broadcasting,
  // backwards.
  const Shape& shape = grad_out.shape;
  const Strides strides = broadcast_strides(grad_in, shape);
  const int last = shape.rank() - 1;
  const std::int64_t rows = grad_out.size() / shape[last];
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t from = 0, to = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    add_row(grad_out.data + from, grad_out.strides[last], grad_in.data + to, strides[last], shape[last]);
    for (int d = last - 1; d >= 0; --d) {
      from += grad_out.strides[d];
      to += strides[d];
      if (++index[d] < shape[d]) break;
      from -= index[d] * grad_out.strides[d];
      to -= index[d] * strides[d];
      index[d] = 0;
    }
  }
  // END SOLUTION
}
