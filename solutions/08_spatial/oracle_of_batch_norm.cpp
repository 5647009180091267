// The oracles of batch normalisation: a channel is a list of numbers, whatever the rank of the images.
// Errors are in units of float's eps, twice the rounding of one operation; they stand in `magnitude`, so terms is 1.
#include "oracle_of_batch_norm.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace kiln::oracle {
namespace {

using testing::for_each_index;

constexpr double kEps = std::numeric_limits<float>::epsilon();

/// A number and how far a kernel's may be from it.
struct Number {
  double value = 0, error = 0;
};

/// The elements of channel c, in row-major order.
std::vector<double> channel_of(const Array64& images, std::int64_t c) {
  std::vector<double> channel;
  for_each_index(images.shape, [&](const Shape& at) {
    if (at[1] == c) channel.push_back(images.at(at));
  });
  return channel;
}

double sum_over(const std::vector<double>& channel, const std::function<double(double)>& term) {
  double sum = 0;
  for (const double x : channel) sum += term(x);
  return sum;
}
double magnitude(double x) { return std::abs(x); }

void set(Expected& expected, const Shape& at, const Number& number) {
  expected.value.at(at) = number.value;
  expected.magnitude.at(at) = number.error;
}
Expected empty(const Shape& shape) { return {Array64(shape), Array64(shape), 1}; }

/// (1 - momentum) * running + momentum * seen: at most three roundings of each term.
Number moved(double running, double momentum, const Number& seen) {
  const double stays = (1 - momentum) * running, comes = momentum * seen.value;
  return {stays + comes, 3 * (std::abs(stays) + std::abs(comes)) + momentum * seen.error};
}

/// before[at] + term, where the term errs by at most `error`.
void add(Expected& expected, const Shape& at, double term, double error) {
  expected.value.at(at) += term;
  expected.magnitude.at(at) += std::abs(expected.value.at(at)) + error;
}
Expected start(const Array64& before) { return {before, Array64(before.shape), 1}; }

}  // namespace

BatchNorm batch_norm_train(const Array64& in, const Array64& weight, const Array64& bias, double momentum,
                           double epsilon, const Array64& running_mean, const Array64& running_variance) {
  const Shape channels = weight.shape;
  BatchNorm result{empty(in.shape), empty(channels), empty(channels), empty(channels), empty(channels)};
  std::vector<double> sizes(static_cast<std::size_t>(channels[0]));
  for (std::int64_t c = 0; c < channels[0]; ++c) {
    const std::vector<double> channel = channel_of(in, c);
    const double count = static_cast<double>(channel.size());

    // A good sum errs by a unit of what is added; a mean that is off by d makes the variance larger by d * d.
    const double size = sizes[static_cast<std::size_t>(c)] = sum_over(channel, magnitude) / count;
    const Number mean{sum_over(channel, [](double x) { return x; }) / count, size};
    const double squares = sum_over(channel, [&](double x) { return (x - mean.value) * (x - mean.value); });
    const Number variance{squares / count, 4 * squares / count + kEps * size * size};
    const Number unbiased{squares / (count - 1), variance.error * count / (count - 1)};

    // scale: the sum, the root and the quotient are rounded; an error of the variance arrives by the derivative.
    const double scale = 1 / std::sqrt(variance.value + epsilon);
    set(result.mean, {c}, mean);
    set(result.scale, {c}, {scale, scale * (3 + variance.error / (variance.value + epsilon) / 2)});
    set(result.running_mean, {c}, moved(running_mean(c), momentum, mean));
    set(result.running_variance, {c}, moved(running_variance(c), momentum, unbiased));
  }

  // out: the difference, of whatever size its operands are, then two products and a sum.
  for_each_index(in.shape, [&](const Shape& at) {
    const std::int64_t c = at[1];
    const double scale = result.scale.value(c), mean = result.mean.value(c), centred = in.at(at) - mean;
    const double size = std::abs(in.at(at)) + std::abs(mean) + sizes[static_cast<std::size_t>(c)];
    const double out = centred * scale * weight(c) + bias(c);
    const double error = (size + 3 * std::abs(centred)) * scale + std::abs(centred) * result.scale.magnitude(c);
    set(result.out, at, {out, error * std::abs(weight(c)) + std::abs(bias(c)) + std::abs(out)});
  });
  return result;
}

Expected batch_norm_eval(const Array64& in, const Array64& weight, const Array64& bias, const Array64& running_mean,
                         const Array64& running_variance, double epsilon) {
  // A difference, a sum under the root, the root, a quotient, a product and a sum: six roundings.
  Expected expected = empty(in.shape);
  for_each_index(in.shape, [&](const Shape& at) {
    const std::int64_t c = at[1];
    const double factor = weight(c) / std::sqrt(running_variance(c) + epsilon);
    const double size = (std::abs(in.at(at)) + std::abs(running_mean(c))) * std::abs(factor) + std::abs(bias(c));
    set(expected, at, {(in.at(at) - running_mean(c)) * factor + bias(c), 6 * size});
  });
  return expected;
}

Expected batch_norm_backward_in(const Array64& grad_out, const Array64& in, const Array64& weight, const Array64& mean,
                                const Array64& scale, const Array64& before) {
  Expected expected = start(before);
  for (std::int64_t c = 0; c < weight.shape[0]; ++c) {
    const std::vector<double> gradients = channel_of(grad_out, c);
    std::vector<double> normalised = channel_of(in, c), products;
    for (double& x : normalised) x = (x - mean(c)) * scale(c);
    for (std::size_t i = 0; i < gradients.size(); ++i) products.push_back(gradients[i] * normalised[i]);
    const double count = static_cast<double>(gradients.size());
    const double share = sum_over(gradients, [](double x) { return x; }) / count;
    const double slope = sum_over(products, [](double x) { return x; }) / count;
    const double share_size = sum_over(gradients, magnitude) / count,
                 slope_size = sum_over(products, magnitude) / count;

    // Sums of floats see count roundings; a handful more stand in the rest of the formula.
    std::size_t next = 0;
    for_each_index(in.shape, [&](const Shape& at) {
      if (at[1] != c) return;
      const double x = normalised[next], factor = weight(c) * scale(c);
      const double size = std::abs(gradients[next]) + share_size + std::abs(x) * slope_size;
      add(expected, at, factor * (gradients[next] - share - x * slope), std::abs(factor) * (count + 8) * size);
      ++next;
    });
  }
  return expected;
}

Expected batch_norm_backward_weight(const Array64& grad_out, const Array64& in, const Array64& mean,
                                    const Array64& scale, const Array64& before) {
  // A term is a difference and two products, and count of them are added.
  Expected expected = start(before);
  for (std::int64_t c = 0; c < before.shape[0]; ++c) {
    const std::vector<double> gradients = channel_of(grad_out, c), channel = channel_of(in, c);
    double sum = 0, size = 0;
    for (std::size_t i = 0; i < channel.size(); ++i) {
      const double term = gradients[i] * (channel[i] - mean(c)) * scale(c);
      sum += term;
      size += std::abs(term);
    }
    add(expected, {c}, sum, (static_cast<double>(channel.size()) + 3) * size);
  }
  return expected;
}

Expected batch_norm_backward_bias(const Array64& grad_out, const Array64& before) {
  Expected expected = start(before);
  for (std::int64_t c = 0; c < before.shape[0]; ++c) {
    const std::vector<double> gradients = channel_of(grad_out, c);
    add(expected, {c}, sum_over(gradients, [](double x) { return x; }),
        static_cast<double>(gradients.size()) * sum_over(gradients, magnitude));
  }
  return expected;
}

}  // namespace kiln::oracle
