// The oracles of products, activations and losses: each derivative once, element by element, in double.
// Speed is of no interest here; an index an element keeps them independent of the kernels' walks.
#include "oracle_of_layers.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace kiln::oracle {
namespace {

using testing::for_each_index;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// What stands there before anything is added.
Expected start(const Array64& before, double terms) {
  Expected out{before, before, terms};
  for (double& magnitude : out.magnitude.values) magnitude = std::abs(magnitude);
  return out;
}

/// before(i, j) + sum over k < inner of left(i, k) * right(k, j). An element sees a rounding for each product and each
/// addition, the last one to what stood there.
Expected add_products(const Array64& before, std::int64_t inner,
                      const std::function<double(std::int64_t, std::int64_t)>& left,
                      const std::function<double(std::int64_t, std::int64_t)>& right) {
  Expected out = start(before, static_cast<double>(inner) + 1);
  for (std::int64_t i = 0; i < before.shape[0]; ++i)
    for (std::int64_t j = 0; j < before.shape[1]; ++j)
      for (std::int64_t k = 0; k < inner; ++k) {
        const double product = left(i, k) * right(k, j);
        out.value(i, j) += product;
        out.magnitude(i, j) += std::abs(product);
      }
  return out;
}

/// A term that is added to an element, and how large its parts are.
struct Term {
  double value = 0, magnitude = 0;
};

/// before[index] + term(gradient, what is kept), element by element.
Expected add_terms(const Array64& grad_out, const Array64& kept, const Array64& before, double roundings,
                   const std::function<Term(double, double)>& term) {
  Expected out = start(before, roundings + 1);
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    const Term added = term(grad_out.values[i], kept.values[i]);
    out.value.values[i] += added.value;
    out.magnitude.values[i] += added.magnitude;
  }
  return out;
}

/// Calls body(first, one past the last) for every row, as numbers of elements in row-major order.
void for_each_row(const Shape& shape, const std::function<void(std::size_t, std::size_t)>& body) {
  const auto n = static_cast<std::size_t>(shape[shape.rank() - 1]);
  const auto elements = static_cast<std::size_t>(shape.elements());
  for (std::size_t first = 0; first < elements; first += n) body(first, first + n);
}

/// Of a tanh that is rounded to float nothing is left to go wrong where it is 1: that is so from 9.1 on.
constexpr double kSaturated = 10;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// softmax(logits[i])[j] = 1 / (sum over k of exp(logits[i, k] - logits[i, j])).
double probability(const Array64& logits, std::int64_t i, std::int64_t j) {
  double sum = 0;
  bool possible = false;
  for (std::int64_t k = 0; k < logits.shape[1]; ++k) {
    const double other = logits(i, k);
    if (std::isnan(other) || (std::isinf(other) && other > 0)) return kNothing;
    if (std::isinf(other)) continue;
    possible = true;
    sum += std::exp(other - logits(i, j));
  }
  if (!possible) return kNothing;
  return std::isinf(logits(i, j)) ? 0.0 : 1 / sum;
}

double largest(const Array64& logits, std::int64_t i) {
  double best = -std::numeric_limits<double>::infinity();
  for (std::int64_t k = 0; k < logits.shape[1]; ++k) best = std::fmax(best, logits(i, k));
  return best;
}

}  // namespace

Expected matmul_backward_a(const Array64& grad_c, const Array64& b, const Array64& before) {
  return add_products(
      before, b.shape[1], [&](auto i, auto j) { return grad_c(i, j); }, [&](auto j, auto k) { return b(k, j); });
}

Expected matmul_backward_b(const Array64& a, const Array64& grad_c, const Array64& before) {
  return add_products(
      before, a.shape[0], [&](auto k, auto i) { return a(i, k); }, [&](auto i, auto j) { return grad_c(i, j); });
}

// In weight^T the weight stands where b stood, transposed.
Expected linear_backward_in(const Array64& grad_out, const Array64& weight, const Array64& before) {
  return add_products(
      before, weight.shape[0], [&](auto i, auto o) { return grad_out(i, o); },
      [&](auto o, auto f) { return weight(o, f); });
}

Expected linear_backward_weight(const Array64& grad_out, const Array64& in, const Array64& before) {
  return add_products(
      before, in.shape[0], [&](auto o, auto i) { return grad_out(i, o); }, [&](auto i, auto f) { return in(i, f); });
}

Expected linear_backward_bias(const Array64& grad_out, const Array64& before) {
  Expected out = start(before, static_cast<double>(grad_out.shape[0]) + 1);
  for_each_index(grad_out.shape, [&](const Shape& index) {
    out.value(index[1]) += grad_out.at(index);
    out.magnitude(index[1]) += std::abs(grad_out.at(index));
  });
  return out;
}

Expected relu_backward(const Array64& grad_out, const Array64& in, const Array64& before) {
  Expected out = add_terms(grad_out, in, before, 0, [](double grad, double x) {
    if (std::isnan(x)) return Term{x, 0};
    return Term{x > 0 ? grad : 0.0, 0};
  });
  // Two floats' sum in double rounds to float as if it had been rounded only once.
  for (double& value : out.value.values) value = static_cast<float>(value);
  return testing::exact(out.value);
}

Expected sigmoid_backward(const Array64& grad_out, const Array64& out, const Array64& before) {
  return add_terms(grad_out, out, before, 3, [](double grad, double y) {
    const double term = grad * y * (1 - y);
    return Term{term, std::abs(term)};
  });
}

// Rounding y^2 beside the 1 costs an eps of 1 + y^2, whatever is left of them.
Expected tanh_backward(const Array64& grad_out, const Array64& out, const Array64& before) {
  return add_terms(grad_out, out, before, 3, [](double grad, double y) {
    return Term{grad * (1 - y * y), std::abs(grad) * (1 + y * y)};
  });
}

Expected gelu_backward(const Array64& grad_out, const Array64& in, const Array64& before) {
  return add_terms(grad_out, in, before, 3, [](double grad, double x) {
    const double distribution = 0.5 * std::erfc(-x / std::numbers::sqrt2);
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double tail = std::isinf(x) ? 0.0 : x * density;
    // 1 beside an erf that may be -1.
    return Term{grad * (distribution + tail), std::abs(grad) * (1 + std::abs(tail))};
  });
}

Expected gelu_tanh_backward(const Array64& grad_out, const Array64& in, const Array64& before) {
  return add_terms(grad_out, in, before, 2, [](double grad, double x) {
    const double scale = std::sqrt(2 / std::numbers::pi), u = scale * (x + 0.044715 * x * x * x);
    if (std::abs(u) > kSaturated) return Term{x > 0 ? grad : 0.0, std::abs(grad)};
    const double slope = scale * (1 + 3 * 0.044715 * x * x), sech = 1 / std::cosh(u);
    const double factor = 0.5 * (1 + std::tanh(u)) + 0.5 * x * slope * sech * sech;
    return Term{grad * factor, std::abs(grad) * (1 + std::abs(x * slope))};
  });
}

Expected softmax_backward(const Array64& grad_out, const Array64& out, const Array64& before) {
  Expected expected = start(before, static_cast<double>(out.shape[out.shape.rank() - 1]) + 3);
  for_each_row(before.shape, [&](std::size_t first, std::size_t end) {
    // The Jacobian, element by element: d out[j] / d in[i] = out[j] ((i == j) - out[i]).
    for (std::size_t i = first; i < end; ++i)
      for (std::size_t j = first; j < end; ++j) {
        const double share = grad_out.values[j] * out.values[j];
        expected.value.values[i] += share * ((i == j ? 1.0 : 0.0) - out.values[i]);
        expected.magnitude.values[i] += std::abs(share) * ((i == j ? 1.0 : 0.0) + std::abs(out.values[i]));
      }
  });
  return expected;
}

Expected log_softmax_backward(const Array64& grad_out, const Array64& out, const Array64& before) {
  Expected expected = start(before, static_cast<double>(out.shape[out.shape.rank() - 1]) + 3);
  for_each_row(before.shape, [&](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i)
      for (std::size_t j = first; j < end; ++j) {
        const double softmax = std::exp(out.values[i]), one = i == j ? 1.0 : 0.0;
        expected.value.values[i] += grad_out.values[j] * (one - softmax);
        expected.magnitude.values[i] += std::abs(grad_out.values[j]) * (one + softmax);
      }
  });
  return expected;
}

Expected mean_squared_error_backward(const Array64& grad_loss, const Array64& prediction, const Array64& target,
                                     const Array64& before) {
  const double share = grad_loss.values[0] / static_cast<double>(prediction.values.size());
  return add_terms(prediction, target, before, 4, [&](double predicted, double wanted) {
    const double term = share * 2 * (predicted - wanted);
    return Term{term, std::abs(term)};
  });
}

Expected binary_cross_entropy_backward(const Array64& grad_loss, const Array64& logits, const Array64& target,
                                       const Array64& before) {
  const double share = grad_loss.values[0] / static_cast<double>(logits.values.size());
  return add_terms(logits, target, before, 6, [&](double logit, double wanted) {
    return Term{share * (sigmoid(logit) - wanted), std::abs(share) * (sigmoid(logit) + wanted)};
  });
}

Expected cross_entropy_backward(const Array64& grad_loss, const Array64& logits, std::span<const std::int32_t> labels,
                                std::int32_t ignore_index, const Array64& before) {
  double count = 0;
  for (const std::int32_t label : labels) count += label == ignore_index ? 0 : 1;
  const double share = grad_loss.values[0] / count;
  Expected out = start(before, static_cast<double>(logits.shape[1]) + 6);
  for (std::int64_t i = 0; i < logits.shape[0]; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) continue;
    const double best = largest(logits, i);
    for (std::int64_t j = 0; j < logits.shape[1]; ++j) {
      const double softmax = probability(logits, i, j), one = j == label ? 1.0 : 0.0;
      // Logits that lie far apart lose digits where they are subtracted, and exp makes a relative error of that.
      const double distance = softmax == 0 ? 0.0 : best - logits(i, j);
      out.value(i, j) += share * (softmax - one);
      out.magnitude(i, j) += std::abs(share) * (softmax * (1 + distance) + one);
    }
  }
  return out;
}

}  // namespace kiln::oracle
