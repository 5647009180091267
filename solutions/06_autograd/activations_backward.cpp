// activations_backward: what flows back through relu, sigmoid, tanh, the two gelus, softmax and log_softmax.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 6.
#include <cmath>
#include <numbers>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Five kernels go element by element, two row by row. Write each walk once, as a template over what happens in it.

// BEGIN SOLUTION
namespace {

void require_one_shape(const char* kernel, const ConstView& grad_out, const ConstView& kept, const View& grad_in) {
  KILN_REQUIRE(std::string(kernel) + ": grad_out and what is kept of the forward pass have one shape",
               grad_out.shape == kept.shape);
  KILN_REQUIRE(std::string(kernel) + ": grad_out and grad_in have one shape", grad_out.shape == grad_in.shape);
}

/// Where a row of the three views starts.
struct Row {
  const float* grad;
  const float* kept;  ///< in or out, whichever the derivative needs
  float* to;
};

/// Calls body(row) for every row along the last dimension; the rank is 1 at least.
template <class Body>
void for_each_row(const ConstView& grad_out, const ConstView& kept, const View& grad_in, Body body) {
  if (grad_in.size() == 0) return;
  const int last = grad_in.rank() - 1;
  const std::int64_t rows = grad_in.size() / grad_in.shape[last];
  Shape index = Shape::filled(grad_in.rank(), 0);
  Row row{grad_out.data, kept.data, grad_in.data};
  for (std::int64_t i = 0; i < rows; ++i) {
    body(row);
    for (int d = last - 1; d >= 0; --d) {
      row.grad += grad_out.strides[d];
      row.kept += kept.strides[d];
      row.to += grad_in.strides[d];
      if (++index[d] < grad_in.shape[d]) break;
      row.grad -= index[d] * grad_out.strides[d];
      row.kept -= index[d] * kept.strides[d];
      row.to -= index[d] * grad_in.strides[d];
      index[d] = 0;
    }
  }
}

/// grad_in += term(grad_out, kept), element by element.
template <class Term>
void add_terms(const char* kernel, ConstView grad_out, ConstView kept, View grad_in, Term term) {
  require_one_shape(kernel, grad_out, kept, grad_in);
  // Dense views are one row, which the compiler turns into vector code where the term allows it; a scalar is dense.
  if (grad_out.is_contiguous() && kept.is_contiguous() && grad_in.is_contiguous()) {
    const std::int64_t n = grad_in.size();
    for (std::int64_t i = 0; i < n; ++i) grad_in.data[i] += term(grad_out.data[i], kept.data[i]);
    return;
  }
  const int last = grad_in.rank() - 1;
  for_each_row(grad_out, kept, grad_in, [&](const Row& row) {
    for (std::int64_t j = 0; j < grad_in.shape[last]; ++j)
      row.to[j * grad_in.strides[last]] += term(row.grad[j * grad_out.strides[last]], row.kept[j * kept.strides[last]]);
  });
}

/// Phi(x) + x phi(x). x phi(x) would be inf * 0 at the infinities; elsewhere exp outruns x.
float gelu_slope(float x) {
  if (std::isinf(x)) return x > 0.0f ? 1.0f : 0.0f;
  const float distribution = 0.5f * std::erfc(-x / std::numbers::sqrt2_v<float>);
  const float density = std::exp(-0.5f * x * x) / std::sqrt(2.0f * std::numbers::pi_v<float>);
  return distribution + x * density;
}

/// The derivative of x / 2 (1 + tanh(u)) with u = c (x + a x^3): (1 + tanh(u)) / 2 + x / 2 (1 - tanh(u)^2) u'.
float gelu_tanh_slope(float x) {
  constexpr float kCubic = 0.044715f;
  // From |x| = 6 on tanh(u) is 1 or -1 in floats. Without this, u' would overflow far out, and inf * 0 is NaN.
  if (std::abs(x) > 10.0f) return x > 0.0f ? 1.0f : 0.0f;
  const float scale = std::sqrt(2.0f / std::numbers::pi_v<float>);
  const float t = std::tanh(scale * (x + kCubic * x * x * x));
  const float slope_of_u = scale * (1.0f + 3.0f * kCubic * x * x);
  return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * slope_of_u;
}

}  // namespace
// END SOLUTION

// Example: in {-1, 0, 2}, grad_out {5, 6, 7}, grad_in {1, 1, 1} -> {1, 1, 8}.
void impl::relu_backward(ConstView grad_out, ConstView in, View grad_in) {
  // BEGIN SOLUTION
  // A choice, and no product: 0 times an infinite gradient would be NaN.
  add_terms("relu_backward", grad_out, in, grad_in, [](float grad, float x) {
    const float passed = x > 0.0f ? grad : 0.0f;
    return std::isnan(x) ? x : passed;
  });
  // END SOLUTION
}

void impl::sigmoid_backward(ConstView grad_out, ConstView out, View grad_in) {
  // BEGIN SOLUTION
  add_terms("sigmoid_backward", grad_out, out, grad_in, [](float grad, float y) { return grad * y * (1.0f - y); });
  // END SOLUTION
}

void impl::tanh_backward(ConstView grad_out, ConstView out, View grad_in) {
  // BEGIN SOLUTION
  add_terms("tanh_backward", grad_out, out, grad_in, [](float grad, float y) { return grad * (1.0f - y * y); });
  // END SOLUTION
}

void impl::gelu_backward(ConstView grad_out, ConstView in, View grad_in) {
  // BEGIN SOLUTION
  add_terms("gelu_backward", grad_out, in, grad_in, [](float grad, float x) { return grad * gelu_slope(x); });
  // END SOLUTION
}

void impl::gelu_tanh_backward(ConstView grad_out, ConstView in, View grad_in) {
  // BEGIN SOLUTION
  add_terms("gelu_tanh_backward", grad_out, in, grad_in, [](float grad, float x) { return grad * gelu_tanh_slope(x); });
  // END SOLUTION
}

// Example: a row of out {0.5, 0.25, 0.25} with grad_out {1, 0, 0}: the sum is 0.5, grad_in += {0.25, -0.125, -0.125}.
void impl::softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  // BEGIN SOLUTION
  require_one_shape("softmax_backward", grad_out, out, grad_in);
  KILN_REQUIRE("softmax_backward: a scalar has no rows", grad_in.rank() > 0);
  const int last = grad_in.rank() - 1;
  const std::int64_t n = grad_in.shape[last], step_grad = grad_out.strides[last], step_out = out.strides[last];
  for_each_row(grad_out, out, grad_in, [&](const Row& row) {
    // Every input has a hand in every output of its row. The sum is what all of them share.
    float shared = 0.0f;
    for (std::int64_t j = 0; j < n; ++j) shared += row.grad[j * step_grad] * row.kept[j * step_out];
    for (std::int64_t j = 0; j < n; ++j)
      row.to[j * grad_in.strides[last]] += row.kept[j * step_out] * (row.grad[j * step_grad] - shared);
  });
  // END SOLUTION
}

void impl::log_softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  // BEGIN SOLUTION
  require_one_shape("log_softmax_backward", grad_out, out, grad_in);
  KILN_REQUIRE("log_softmax_backward: a scalar has no rows", grad_in.rank() > 0);
  const int last = grad_in.rank() - 1;
  const std::int64_t n = grad_in.shape[last], step_grad = grad_out.strides[last], step_out = out.strides[last];
  for_each_row(grad_out, out, grad_in, [&](const Row& row) {
    float sum = 0.0f;
    for (std::int64_t j = 0; j < n; ++j) sum += row.grad[j * step_grad];
    // exp(out) is the softmax; where it vanishes (out = -200), what flows in passes as it is.
    for (std::int64_t j = 0; j < n; ++j)
      row.to[j * grad_in.strides[last]] += row.grad[j * step_grad] - std::exp(row.kept[j * step_out]) * sum;
  });
  // END SOLUTION
}
