// elementwise_backward: what flows back through subtraction, multiplication and division with broadcasting.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 3.
#include <algorithm>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// All four are one walk: each element of grad_out gives a term, the gradient times the local derivative, and the term
// is added to the element of the operand's gradient that broadcasting had put there. Write the walk once, as a template
// over the term.

// BEGIN SOLUTION
namespace {

/// Whether `a` and `b` broadcast to exactly `out`.
bool broadcast_fits(const Shape& a, const Shape& b, const Shape& out) {
  if (out.rank() != std::max(a.rank(), b.rank())) return false;
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t of_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t of_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1) return false;
    if (out[out.rank() - back] != (of_a == 1 ? of_b : of_a)) return false;
  }
  return true;
}

void check(const char* kernel, const Shape& grad_out, const Shape& other, const Shape& grad_in) {
  KILN_REQUIRE(std::string(kernel) + ": the operands' " + to_string(grad_in) + " and " + to_string(other) +
                   " do not broadcast to grad_out's " + to_string(grad_out),
               broadcast_fits(grad_in, other, grad_out));
}

/// The operand's strides as seen in `shape`: 0 in every dimension in which it is stretched or which it lacks.
Strides broadcast_strides(const ConstView& operand, const Shape& shape) {
  Strides strides = Shape::filled(shape.rank(), 0);
  const int missing = shape.rank() - operand.rank();
  for (int d = missing; d < shape.rank(); ++d)
    if (operand.shape[d - missing] != 1) strides[d] = operand.strides[d - missing];
  return strides;
}

/// The sum of term(0) ... term(n - 1), in kLanes partial sums that do not wait for each other.
template <class Term>
float sum_terms(std::int64_t n, Term term) {
  constexpr std::int64_t kLanes = 32;
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
    for (std::int64_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  float sum = lanes[0];
  for (; i < n; ++i) sum += term(i);
  return sum;
}

/// in[j * step_in] += op(grad[j * step_grad], x[j * step_x], y[j * step_y]) for j < n. Where the compiler knows that
/// the steps are 1, it makes vector code.
template <class Operation>
void add_row(const float* grad, std::int64_t step_grad, const float* x, std::int64_t step_x, const float* y,
             std::int64_t step_y, float* in, std::int64_t step_in, std::int64_t n, Operation op) {
  const bool dense = step_grad == 1 && step_x == 1 && step_y == 1;
  if (dense && step_in == 1) {
    for (std::int64_t j = 0; j < n; ++j) in[j] += op(grad[j], x[j], y[j]);
  } else if (dense && step_in == 0) {
    *in += sum_terms(n, [=](std::int64_t j) { return op(grad[j], x[j], y[j]); });
  } else {
    for (std::int64_t j = 0; j < n; ++j) in[j * step_in] += op(grad[j * step_grad], x[j * step_x], y[j * step_y]);
  }
}

/// grad_in += op(grad_out, x, y), summed over every dimension in which grad_in is stretched. Shapes fit.
template <class Operation>
void accumulate(ConstView grad_out, ConstView x, ConstView y, View grad_in, Operation op) {
  const Shape& shape = grad_out.shape;
  if (grad_out.size() == 0) return;

  // Where nothing is stretched and all is dense, the whole tensor is one row. A scalar is, too.
  const bool one_shape = x.shape == shape && y.shape == shape && grad_in.shape == shape;
  if (one_shape && grad_out.is_contiguous() && x.is_contiguous() && y.is_contiguous() && grad_in.is_contiguous())
    return add_row(grad_out.data, 1, x.data, 1, y.data, 1, grad_in.data, 1, grad_out.size(), op);

  // Walk the rows of grad_out; the outer index counts like an odometer, with four offsets beside it.
  const Strides strides_x = broadcast_strides(x, shape), strides_y = broadcast_strides(y, shape);
  const Strides strides_in = broadcast_strides(grad_in, shape);
  const int last = shape.rank() - 1;
  const std::int64_t rows = grad_out.size() / shape[last];
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_grad = 0, at_x = 0, at_y = 0, at_in = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    add_row(grad_out.data + at_grad, grad_out.strides[last], x.data + at_x, strides_x[last], y.data + at_y,
            strides_y[last], grad_in.data + at_in, strides_in[last], shape[last], op);
    for (int d = last - 1; d >= 0; --d) {
      at_grad += grad_out.strides[d];
      at_x += strides_x[d];
      at_y += strides_y[d];
      at_in += strides_in[d];
      if (++index[d] < shape[d]) break;
      at_grad -= index[d] * grad_out.strides[d];
      at_x -= index[d] * strides_x[d];
      at_y -= index[d] * strides_y[d];
      at_in -= index[d] * strides_in[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: out = a - b with a (2, 3), b (3): every row of -grad_out is added to grad_b.
void impl::sub_backward_b(ConstView grad_out, View grad_b) {
  // BEGIN SOLUTION
  check("sub_backward_b", grad_out.shape, grad_out.shape, grad_b.shape);
  accumulate(grad_out, grad_out, grad_out, grad_b, [](float grad, float, float) { return -grad; });
  // END SOLUTION
}

// Example: out = x * y at x = 2, y = 5 with grad_out = 10: grad_x grows by 10 * 5, grad_y by 10 * 2.
void impl::mul_backward(ConstView grad_out, ConstView other, View grad_in) {
  // BEGIN SOLUTION
  check("mul_backward", grad_out.shape, other.shape, grad_in.shape);
  accumulate(grad_out, other, other, grad_in, [](float grad, float factor, float) { return grad * factor; });
  // END SOLUTION
}

void impl::div_backward_a(ConstView grad_out, ConstView b, View grad_a) {
  // BEGIN SOLUTION
  check("div_backward_a", grad_out.shape, b.shape, grad_a.shape);
  accumulate(grad_out, b, b, grad_a, [](float grad, float divisor, float) { return grad / divisor; });
  // END SOLUTION
}

void impl::div_backward_b(ConstView grad_out, ConstView a, ConstView b, View grad_b) {
  // BEGIN SOLUTION
  KILN_REQUIRE("div_backward_b: grad_b has b's shape", grad_b.shape == b.shape);
  check("div_backward_b", grad_out.shape, a.shape, grad_b.shape);
  // b * b would overflow from 2e19 on, and vanish below 1e-23, where the result need not.
  accumulate(grad_out, a, b, grad_b,
             [](float grad, float x, float divisor) { return -(grad / divisor) * (x / divisor); });
  // END SOLUTION
}
