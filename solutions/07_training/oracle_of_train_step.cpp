// The oracle of train_step: forward, backward and step over elements. A rounding adds at most eps times what was added
// up; an error that a number already has is carried on by the derivative of what is made of it.
#include "oracle_of_train_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kiln::oracle {
namespace {

constexpr double kEps = std::numeric_limits<float>::epsilon();
/// What is lost below the smallest floats, in units of eps.
constexpr double kLeast = 16 * static_cast<double>(std::numeric_limits<float>::denorm_min()) / kEps;
/// Of the bounds, which are of first order: the tolerance factor of module.toml.
constexpr double kFactor = 2;

/// A tensor and how far floats may be from it.
struct Followed {
  Array64 value, error;

  explicit Followed(const Shape& shape) : value(shape), error(shape) {}
  explicit Followed(const Array64& known) : value(known), error(known.shape) {}
};

/// A gradient that is still summed up: the errors of what was added, and how large that was.
struct Sum {
  Array64 value, carried, magnitude;
  double places = 0;  ///< at how many places of the network the tensor stands

  explicit Sum(const Shape& shape) : value(shape), carried(shape), magnitude(shape) {}
};

/// in weight^T + bias, with `in` (batch, in_features).
Followed linear(const Followed& in, const Array64& weight, const Array64& bias) {
  Followed out(Shape{in.value.shape[0], weight.shape[0]});
  for (std::int64_t i = 0; i < out.value.shape[0]; ++i)
    for (std::int64_t o = 0; o < out.value.shape[1]; ++o) {
      double sum = bias(o), magnitude = std::abs(bias(o)), carried = 0;
      for (std::int64_t k = 0; k < weight.shape[1]; ++k) {
        sum += in.value(i, k) * weight(o, k);
        magnitude += std::abs(in.value(i, k) * weight(o, k));
        carried += in.error(i, k) * std::abs(weight(o, k));
      }
      out.value(i, o) = sum;
      out.error(i, o) = carried + static_cast<double>(weight.shape[1] + 1) * magnitude + kLeast;
    }
  return out;
}

/// Whether a relu's input is certainly above 0 (1), certainly not (-1), or too near to be told in floats (0).
int side(const Followed& in, std::size_t i) {
  const double doubt = kFactor * kEps * in.error.values[i];
  if (in.value.values[i] > doubt) return 1;
  return in.value.values[i] < -doubt || doubt == 0 ? -1 : 0;
}

Followed relu(const Followed& in) {
  Followed out = in;
  for (std::size_t i = 0; i < out.value.values.size(); ++i) {
    out.value.values[i] = std::max(in.value.values[i], 0.0);
    if (side(in, i) < 0) out.error.values[i] = 0;
  }
  return out;
}

/// What of grad_out flows on through a relu of `in`; all of it is in doubt where the side is.
void mask(const Followed& in, Followed& grad_out) {
  for (std::size_t i = 0; i < in.value.values.size(); ++i) {
    if (side(in, i) == 0) grad_out.error.values[i] += std::abs(grad_out.value.values[i]) / kEps;
    if (in.value.values[i] <= 0) grad_out.value.values[i] = 0;
    if (side(in, i) < 0) grad_out.error.values[i] = 0;
  }
}

/// The mean cross-entropy and its gradient by the logits.
struct Loss {
  Bounded mean;
  Followed gradient;
};

Loss cross_entropy(const Followed& logits, const std::vector<std::int32_t>& labels) {
  const std::int64_t rows = logits.value.shape[0], classes = logits.value.shape[1];
  const auto n = static_cast<double>(rows), roundings = static_cast<double>(classes) + 8;
  Loss loss{{}, Followed(logits.value.shape)};
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t label = labels[static_cast<std::size_t>(i)];
    double best = logits.value(i, 0), sum = 0, spread = 0;
    for (std::int64_t j = 1; j < classes; ++j) best = std::max(best, logits.value(i, j));
    for (std::int64_t j = 0; j < classes; ++j) sum += std::exp(logits.value(i, j) - best);
    const auto probability = [&](std::int64_t j) { return std::exp(logits.value(i, j) - best) / sum; };
    for (std::int64_t j = 0; j < classes; ++j) spread += probability(j) * logits.error(i, j);

    const double log_sum = best + std::log(sum);
    loss.mean.value += (log_sum - logits.value(i, label)) / n;
    loss.mean.error += (logits.error(i, label) + spread +
                        (n + roundings) * (std::abs(log_sum) + std::abs(logits.value(i, label)) + 1)) /
                       n;

    // Logits that lie far apart lose digits where they are subtracted, and exp makes a relative error of that.
    for (std::int64_t j = 0; j < classes; ++j) {
      const double p = probability(j), one = j == label ? 1 : 0, distance = best - logits.value(i, j);
      loss.gradient.value(i, j) = (p - one) / n;
      loss.gradient.error(i, j) =
          (p * (logits.error(i, j) + spread) + roundings * (p * (1 + distance) + one)) / n + kLeast;
    }
  }
  loss.mean.error *= kFactor * kEps;
  return loss;
}

void add(Sum& sum, std::size_t i, double term, double carried) {
  sum.value.values[i] += term;
  sum.magnitude.values[i] += std::abs(term);
  sum.carried.values[i] += carried;
}

/// grad_weight += grad_out^T in, grad_bias += grad_out summed over the batch.
void add_layer(const Followed& grad_out, const Followed& in, Sum& weight, Sum& bias) {
  const std::int64_t columns = in.value.shape[1];
  for (std::int64_t i = 0; i < grad_out.value.shape[0]; ++i)
    for (std::int64_t o = 0; o < grad_out.value.shape[1]; ++o) {
      const double grad = grad_out.value(i, o), error = grad_out.error(i, o);
      add(bias, static_cast<std::size_t>(o), grad, error);
      for (std::int64_t k = 0; k < columns; ++k)
        add(weight, static_cast<std::size_t>(o * columns + k), grad * in.value(i, k),
            error * std::abs(in.value(i, k)) + std::abs(grad) * in.error(i, k) + kLeast);
    }
}

/// grad_out weight.
Followed backward_in(const Followed& grad_out, const Array64& weight) {
  Followed grad_in(Shape{grad_out.value.shape[0], weight.shape[1]});
  for (std::int64_t i = 0; i < grad_in.value.shape[0]; ++i)
    for (std::int64_t k = 0; k < grad_in.value.shape[1]; ++k)
      for (std::int64_t o = 0; o < weight.shape[0]; ++o) {
        const double term = grad_out.value(i, o) * weight(o, k);
        grad_in.value(i, k) += term;
        grad_in.error(i, k) += grad_out.error(i, o) * std::abs(weight(o, k)) +
                               static_cast<double>(weight.shape[0] + 1) * std::abs(term) + kLeast;
      }
  return grad_in;
}

/// The gradient of each tensor, at its first place; others' stay zeros. Also the loss.
std::vector<Followed> gradients_of(const TrainStep& from, Bounded& mean) {
  // in[l] goes into layer l, before[l] comes out of it: what the relu behind it gets.
  const std::size_t layers = from.parameters.size() / 2;
  std::vector<Followed> in{Followed(from.x)}, before;
  for (std::size_t l = 0; l < layers; ++l) {
    before.push_back(linear(in[l], from.parameters[2 * l], from.parameters[2 * l + 1]));
    in.push_back(relu(before[l]));
  }
  const Loss loss = cross_entropy(before.back(), from.labels);
  mean = loss.mean;

  std::vector<Sum> sums;
  for (const Array64& parameter : from.parameters) sums.emplace_back(parameter.shape);
  for (const std::size_t tensor : from.tensor_of) ++sums[tensor].places;
  Followed grad = loss.gradient;
  for (std::size_t l = layers; l-- > 0;) {
    add_layer(grad, in[l], sums[from.tensor_of[2 * l]], sums[from.tensor_of[2 * l + 1]]);
    if (l == 0) break;
    grad = backward_in(grad, from.parameters[2 * l]);
    mask(before[l - 1], grad);
  }

  // As many products and sums as there are examples, at each place; in parts, of an example each at worst, a factor,
  // a product and a sum for each of them besides.
  std::vector<Followed> gradients;
  for (const Sum& sum : sums) {
    gradients.emplace_back(sum.value);
    const double roundings = sum.places * (2 * static_cast<double>(from.labels.size()) + 4);
    for (std::size_t i = 0; i < sum.value.values.size(); ++i)
      gradients.back().error.values[i] = sum.carried.values[i] + roundings * sum.magnitude.values[i];
  }
  return gradients;
}

/// A norm strays by the norm of the errors at most. Where it is near to max_norm, a factor of nearly 1 may be missing.
Bounded clip(std::vector<Followed>& gradients, double max_norm) {
  double squares = 0, squares_of_errors = 0, elements = 0;
  for (const Followed& gradient : gradients)
    for (std::size_t i = 0; i < gradient.value.values.size(); ++i, ++elements) {
      squares += gradient.value.values[i] * gradient.value.values[i];
      squares_of_errors += gradient.error.values[i] * gradient.error.values[i];
    }
  const double norm = std::sqrt(squares), error = std::sqrt(squares_of_errors);
  if (norm > 0 && norm + kFactor * kEps * error > max_norm) {
    const double factor = std::min(1.0, max_norm / norm), strays = error / norm + 2;
    for (Followed& gradient : gradients)
      for (std::size_t i = 0; i < gradient.value.values.size(); ++i) {
        gradient.value.values[i] *= factor;
        gradient.error.values[i] = factor * gradient.error.values[i] + strays * std::abs(gradient.value.values[i]);
      }
  }
  return {norm, kFactor * kEps * error + (elements + 4) * std::numeric_limits<double>::epsilon() / 2 * norm};
}

/// A number, the sum of the magnitudes that it was made of, and how far floats may be from it, in units of eps.
struct Number {
  double value, magnitude, error;
};

/// weight * a + b: two products at most, and a sum.
Number blend(double weight, const Number& a, const Number& b) {
  const double magnitude = weight * a.magnitude + b.magnitude;
  return {weight * a.value + b.value, magnitude, weight * a.error + b.error + 3 * magnitude};
}

/// sgd_step of one tensor.
void step(const Followed& gradient, const SgdOptions& options, double rate, Expected& parameter, Expected& velocity) {
  const auto known = [](double value) { return Number{value, std::abs(value), 0}; };
  for (std::size_t i = 0; i < gradient.value.values.size(); ++i) {
    double& p = parameter.value.values[i];
    Number g = known(gradient.value.values[i]);
    g.error = gradient.error.values[i];
    g = blend(options.weight_decay, known(p), g);
    Number change = g;
    if (options.momentum > 0) {
      const Number v = blend(options.momentum, known(velocity.value.values[i]), g);
      change = options.nesterov ? blend(options.momentum, v, g) : v;
      velocity.value.values[i] = v.value;
      velocity.magnitude.values[i] = v.error + kLeast;
    }
    // The rate was rounded, then a product and a sum.
    parameter.magnitude.values[i] = rate * change.error + std::abs(p) + 4 * rate * change.magnitude + kLeast;
    p -= rate * change.value;
  }
}

}  // namespace

TrainStep::TrainStep(ConstView x_view, std::span<const std::int32_t> all_labels, std::int64_t number,
                     const TrainOptions& with, const std::vector<View>& parameter_views,
                     const std::vector<View>& velocity_views)
    : x(testing::to_array64(x_view)), labels(all_labels.begin(), all_labels.end()), step(number), options(with) {
  for (std::size_t i = 0; i < parameter_views.size(); ++i) {
    parameters.push_back(testing::to_array64(parameter_views[i]));
    velocities.push_back(testing::to_array64(velocity_views[i]));
    tensor_of.push_back(i);
    for (std::size_t j = i; j-- > 0;)
      if (parameter_views[j].data == parameter_views[i].data && parameters[i].values.size() > 0) tensor_of[i] = j;
  }
}

Trained train_step(const TrainStep& from) {
  Trained to;
  std::vector<Followed> gradients = gradients_of(from, to.loss);
  to.gradient_norm = clip(gradients, from.options.max_norm);
  to.learning_rate = learning_rate(from.step, from.options.schedule);
  for (std::size_t i = 0; i < from.parameters.size(); ++i) {
    const std::size_t tensor = from.tensor_of[i];
    to.parameters.push_back({from.parameters[i], Array64(from.parameters[i].shape), 1});
    to.velocities.push_back({from.velocities[i], Array64(from.velocities[i].shape), 1});
    if (tensor == i)
      step(gradients[i], from.options.sgd, to.learning_rate.value, to.parameters[i], to.velocities[i]);
    else
      to.parameters[i] = to.parameters[tensor];
  }
  return to;
}

}  // namespace kiln::oracle
