// reduce_backward: what flows back through sum, mean and max over one axis.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 4.
#include <array>
#include <cmath>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// A sum hands its gradient to each of its terms: broadcasting along the axis. The mean hands on an n-th of it. The
// maximum hands it to whoever was the maximum, and ties share.

// BEGIN SOLUTION
namespace {

/// Checks axis and shapes; returns the axis counted from the front.
int checked_axis(const char* kernel, const Shape& in, int axis, bool keepdims, const Shape& grad_out) {
  KILN_REQUIRE(std::string(kernel) + ": the axis counts from -rank", axis >= -in.rank());
  KILN_REQUIRE(std::string(kernel) + ": the axis ends before the rank", axis < in.rank());
  if (axis < 0) axis += in.rank();
  Shape expected;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) expected.push_back(in[d]);
    if (d == axis && keepdims) expected.push_back(1);
  }
  KILN_REQUIRE(std::string(kernel) + ": grad_out's shape does not fit grad_in's " + to_string(in),
               grad_out == expected);
  return axis;
}

/// The strides of a reduced tensor as seen from the dimensions before the reduction: 0 along the axis.
Strides strides_along(const ConstView& reduced, int rank, int axis, bool keepdims) {
  Strides strides = Shape::filled(rank, 0);
  int own = 0;
  for (int d = 0; d < rank; ++d) {
    if (d != axis) strides[d] = reduced.strides[own];
    if (d != axis || keepdims) ++own;
  }
  return strides;
}

/// Calls body(offsets, one by each of `strides`) for every row along the last dimension, in row-major order.
template <std::size_t N, class Body>
void for_each_row(const Shape& shape, const std::array<Strides, N>& strides, Body body) {
  if (shape.elements() == 0) return;
  const int last = shape.rank() - 1;
  const std::int64_t rows = shape.elements() / shape[last];
  Shape index = Shape::filled(shape.rank(), 0);
  std::array<std::int64_t, N> at{};
  for (std::int64_t row = 0; row < rows; ++row) {
    body(at);
    for (int d = last - 1; d >= 0; --d) {
      // Where the dimension is full, go back by the steps that led here, and carry.
      const bool full = ++index[d] == shape[d];
      for (std::size_t i = 0; i < N; ++i) at[i] += full ? -(shape[d] - 1) * strides[i][d] : strides[i][d];
      if (!full) break;
      index[d] = 0;
    }
  }
}

/// in[j * step_in] += grad[j * step_grad] / divisor for j < n.
void add_row(const float* grad, std::int64_t step_grad, float divisor, float* in, std::int64_t step_in,
             std::int64_t n) {
  if (step_grad == 1 && step_in == 1) {
    // Across the rows: a row of gradients is added to each row.
    for (std::int64_t j = 0; j < n; ++j) in[j] += grad[j] / divisor;
  } else if (step_grad == 0 && step_in == 1) {
    // Along the rows: one gradient for the whole row.
    const float share = *grad / divisor;
    for (std::int64_t j = 0; j < n; ++j) in[j] += share;
  } else {
    for (std::int64_t j = 0; j < n; ++j) in[j * step_in] += grad[j * step_grad] / divisor;
  }
}

/// grad_in[..., i, ...] += grad_out[...] / divisor
void spread(ConstView grad_out, int axis, bool keepdims, float divisor, View grad_in) {
  const Strides from = strides_along(grad_out, grad_in.rank(), axis, keepdims);
  const int last = grad_in.rank() - 1;
  for_each_row(grad_in.shape, std::array{from, grad_in.strides}, [&](const std::array<std::int64_t, 2>& at) {
    add_row(grad_out.data + at[0], from[last], divisor, grad_in.data + at[1], grad_in.strides[last],
            grad_in.shape[last]);
  });
}

/// Whether x is the maximum; a NaN is where the maximum is NaN, though no comparison says so.
bool is_maximum(float x, float maximum) { return x == maximum || (std::isnan(x) && std::isnan(maximum)); }

/// One result: those of n elements along the axis that are the maximum share its gradient.
void share(float grad, const float* in, std::int64_t step, float maximum, float* grad_in, std::int64_t step_grad,
           std::int64_t n) {
  std::int64_t ties = 0;
  for (std::int64_t i = 0; i < n; ++i) ties += is_maximum(in[i * step], maximum);
  const float part = grad / static_cast<float>(ties);
  for (std::int64_t i = 0; i < n; ++i)
    if (is_maximum(in[i * step], maximum)) grad_in[i * step_grad] += part;
}

}  // namespace
// END SOLUTION

// Example: grad_in (2, 3), axis 1, grad_out (2) = {10, 20}: 10 is added to row 0, 20 to row 1.
void impl::sum_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  // BEGIN SOLUTION
  axis = checked_axis("sum_backward", grad_in.shape, axis, keepdims, grad_out.shape);
  spread(grad_out, axis, keepdims, 1.0f, grad_in);
  // END SOLUTION
}

void impl::mean_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  // BEGIN SOLUTION
  axis = checked_axis("mean_backward", grad_in.shape, axis, keepdims, grad_out.shape);
  spread(grad_out, axis, keepdims, static_cast<float>(grad_in.shape[axis]), grad_in);
  // END SOLUTION
}

// Example: in = {3, 7, 7, 1}, out = 7, grad_out = 10: grad_in grows by {0, 5, 5, 0}.
void impl::max_backward(ConstView grad_out, ConstView in, ConstView out, int axis, bool keepdims, View grad_in) {
  // BEGIN SOLUTION
  KILN_REQUIRE("max_backward: grad_in has in's shape", grad_in.shape == in.shape);
  axis = checked_axis("max_backward", in.shape, axis, keepdims, grad_out.shape);
  KILN_REQUIRE("max_backward: grad_out has out's shape", grad_out.shape == out.shape);
  if (in.size() == 0) return;

  // Walk the results: the input's dimensions, with extent 1 along the axis.
  Shape results = in.shape;
  results[axis] = 1;
  const std::array strides{strides_along(grad_out, in.rank(), axis, keepdims), in.strides,
                           strides_along(out, in.rank(), axis, keepdims), grad_in.strides};
  const std::int64_t n = in.shape[axis];
  const int last = in.rank() - 1;
  for_each_row(results, strides, [&](const std::array<std::int64_t, 4>& at) {
    for (std::int64_t j = 0; j < results[last]; ++j)
      share(grad_out.data[at[0] + j * strides[0][last]], in.data + at[1] + j * strides[1][last], in.strides[axis],
            out.data[at[2] + j * strides[2][last]], grad_in.data + at[3] + j * strides[3][last], grad_in.strides[axis],
            n);
  });
  // END SOLUTION
}
