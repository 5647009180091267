// Wrong: the sigmoid is taken once more of what came out of it.
#include <cmath>
#include <numbers>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

/// The offset of an element, numbered in row-major order.
std::int64_t offset(std::int64_t element, const Shape& shape, const Strides& strides) {
  std::int64_t result = 0;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    result += element % shape[d] * strides[d];
    element /= shape[d];
  }
  return result;
}

float at(ConstView view, std::int64_t element) { return view.data[offset(element, view.shape, view.strides)]; }

void require_shapes(ConstView grad_out, ConstView kept, View grad_in) {
  KILN_REQUIRE("the shapes differ", grad_out.shape == kept.shape);
  KILN_REQUIRE("the gradient's shape differs", grad_out.shape == grad_in.shape);
}

template <class Term>
void add_terms(ConstView grad_out, ConstView kept, View grad_in, Term term) {
  require_shapes(grad_out, kept, grad_in);
  for (std::int64_t i = 0; i < grad_in.size(); ++i)
    grad_in.data[offset(i, grad_in.shape, grad_in.strides)] += term(at(grad_out, i), at(kept, i));
}

/// Adds term(gradient, kept, sum over the row of part(gradient, kept)).
template <class Part, class Term>
void add_to_rows(ConstView grad_out, ConstView kept, View grad_in, Part part, Term term) {
  require_shapes(grad_out, kept, grad_in);
  KILN_REQUIRE("a scalar has no rows", grad_in.rank() > 0);
  const std::int64_t n = grad_in.shape[grad_in.rank() - 1];
  for (std::int64_t first = 0; first < grad_in.size(); first += n) {
    float sum = 0;
    for (std::int64_t i = first; i < first + n; ++i) sum += part(at(grad_out, i), at(kept, i));
    for (std::int64_t i = first; i < first + n; ++i)
      grad_in.data[offset(i, grad_in.shape, grad_in.strides)] += term(at(grad_out, i), at(kept, i), sum);
  }
}

}  // namespace

void impl::relu_backward(ConstView grad_out, ConstView in, View grad_in) {
  add_terms(grad_out, in, grad_in, [](float grad, float x) {
    if (std::isnan(x)) return x;
    return x > 0 ? grad : 0.0f;
  });
}

void impl::sigmoid_backward(ConstView grad_out, ConstView out, View grad_in) {
  add_terms(grad_out, out, grad_in, [](float grad, float y) {
    const float s = 1 / (1 + std::exp(-y));
    return grad * s * (1 - s);
  });
}

void impl::tanh_backward(ConstView grad_out, ConstView out, View grad_in) {
  add_terms(grad_out, out, grad_in, [](float grad, float y) { return grad * (1 - y * y); });
}

void impl::gelu_backward(ConstView grad_out, ConstView in, View grad_in) {
  add_terms(grad_out, in, grad_in, [](float grad, float x) {
    if (std::isinf(x)) return x > 0 ? grad : 0.0f;
    const float pi = std::numbers::pi_v<float>;
    const float distribution = (1 + std::erf(x / std::sqrt(2.0f))) / 2;
    return grad * (distribution + x * std::exp(-x * x / 2) / std::sqrt(2 * pi));
  });
}

void impl::gelu_tanh_backward(ConstView grad_out, ConstView in, View grad_in) {
  add_terms(grad_out, in, grad_in, [](float grad, float x) {
    if (std::abs(x) > 10) return x > 0 ? grad : 0.0f;
    const float scale = std::sqrt(2 / std::numbers::pi_v<float>);
    const float t = std::tanh(scale * (x + 0.044715f * std::pow(x, 3.0f)));
    return grad * ((1 + t) / 2 + x / 2 * (1 - t * t) * scale * (1 + 3 * 0.044715f * x * x));
  });
}

void impl::softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  add_to_rows(
      grad_out, out, grad_in, [](float grad, float y) { return grad * y; },
      [](float grad, float y, float sum) { return y * (grad - sum); });
}

void impl::log_softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  add_to_rows(
      grad_out, out, grad_in, [](float grad, float) { return grad; },
      [](float grad, float y, float sum) { return grad - std::exp(y) * sum; });
}
