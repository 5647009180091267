// The definitions in double. Tolerances: an element that is a sum of t rounded terms strays by about sqrt(t) eps times
// the size of what is summed, since roundings go either way (Higham and Mary, "A new approach to probabilistic rounding
// error analysis", 2019); kFactor leaves room, for a convolution by Winograd's algorithm too. What goes element by
// element may be wrong by kFactor eps of the input's or output's size.
#include "peers/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "peers/problems.hpp"

namespace kiln::peers {
namespace {

constexpr double kEps = std::numeric_limits<float>::epsilon();
constexpr double kFactor = 8;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

double mean_square(const float* data, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(data[i]) * data[i];
  return sum / static_cast<double>(count);
}

/// Of sums of `terms` products of one element of each operand.
double product_tolerance(const Problem& problem, const Operands& on, std::int64_t terms) {
  const double size =
      std::sqrt(mean_square(on.in[0], elements(problem.in[0])) * mean_square(on.in[1], elements(problem.in[1])));
  const auto count = static_cast<double>(terms);
  return kFactor * kEps * std::sqrt(count) * count * size;
}

void sgemm(const Problem& problem, const Operands& on, Truth& result) {
  const std::int64_t m = problem.out[0], n = problem.out[1], k = problem.in[0][1];
  for (std::int64_t i = 0; i < m; ++i) {
    double* row = &result.value[at(i * n)];
    for (std::int64_t t = 0; t < k; ++t) {
      const double a = on.in[0][i * k + t];
      const float* b = on.in[1] + t * n;
      for (std::int64_t j = 0; j < n; ++j) row[j] += a * b[j];
    }
  }
  std::ranges::fill(result.tolerance, product_tolerance(problem, on, k));
}

/// Adds one tap's share to a plane of the output.
void add_tap(const float* plane, const Extents& in, std::int64_t dy, std::int64_t dx, double weight, const Extents& out,
             double* to) {
  for (std::int64_t y = std::max<std::int64_t>(0, -dy); y < std::min(out[2], in[2] - dy); ++y) {
    const float* from = plane + (y + dy) * in[3] + dx;
    double* row = to + y * out[3];
    for (std::int64_t x = std::max<std::int64_t>(0, -dx); x < std::min(out[3], in[3] - dx); ++x)
      row[x] += weight * from[x];
  }
}

void conv2d(const Problem& problem, const Operands& on, Truth& result) {
  const Extents &in = problem.in[0], &weight = problem.in[1], &out = problem.out;
  const std::int64_t kernel = weight[2], taps = kernel * kernel;
  for (std::int64_t n = 0; n < out[0]; ++n)
    for (std::int64_t o = 0; o < out[1]; ++o)
      for (std::int64_t c = 0; c < in[1]; ++c)
        for (std::int64_t t = 0; t < taps; ++t)
          add_tap(on.in[0] + (n * in[1] + c) * in[2] * in[3], in, t / kernel - problem.padding,
                  t % kernel - problem.padding, on.in[1][(o * in[1] + c) * taps + t], out,
                  &result.value[at((n * out[1] + o) * out[2] * out[3])]);
  std::ranges::fill(result.tolerance, product_tolerance(problem, on, in[1] * taps));
}

void softmax(const Problem& problem, const Operands& on, Truth& result) {
  const std::int64_t rows = problem.out[0], features = problem.out[1];
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = on.in[0] + r * features;
    const double most = *std::max_element(row, row + features);
    double sum = 0;
    for (std::int64_t i = 0; i < features; ++i) sum += std::exp(row[i] - most);
    for (std::int64_t i = 0; i < features; ++i) {
      const double value = std::exp(row[i] - most) / sum;
      result.value[at(r * features + i)] = value;
      // The difference from the maximum is rounded, and exp shows it.
      result.tolerance[at(r * features + i)] =
          kFactor * kEps * value * (std::sqrt(static_cast<double>(features)) + most - row[i]);
    }
  }
}

void layer_norm(const Problem& problem, const Operands& on, Truth& result) {
  const std::int64_t rows = problem.out[0], features = problem.out[1];
  const auto count = static_cast<double>(features);
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = on.in[0] + r * features;
    const double mean = std::accumulate(row, row + features, 0.0) / count;
    double variance = 0;
    for (std::int64_t i = 0; i < features; ++i) variance += (row[i] - mean) * (row[i] - mean);
    const double deviation = std::sqrt(variance / count + static_cast<double>(kEpsilon));
    for (std::int64_t i = 0; i < features; ++i) {
      const double scaled = (row[i] - mean) / deviation * on.in[1][i];
      result.value[at(r * features + i)] = scaled + on.in[2][i];
      // The row's statistics are sums, and element and mean lose what their difference is smaller.
      const double size = std::abs(scaled) + std::abs(on.in[2][i]) +
                          std::abs(on.in[1][i]) * (std::abs(row[i]) + std::abs(mean)) / deviation;
      result.tolerance[at(r * features + i)] = kFactor * kEps * size * std::sqrt(count) / 4;
    }
  }
}

/// `size(x, y)`: what the error of y = f(x) is relative to.
template <class Function, class Size>
void elementwise(const Operands& on, Truth& result, Function f, Size size) {
  for (std::size_t i = 0; i < result.value.size(); ++i) {
    const double x = on.in[0][i], y = f(x);
    result.value[i] = y;
    result.tolerance[i] = kFactor * kEps * size(x, y);
  }
}

void add(const Operands& on, Truth& result) {
  for (std::size_t i = 0; i < result.value.size(); ++i) {
    result.value[i] = static_cast<double>(on.in[0][i]) + on.in[1][i];
    result.tolerance[i] = kEps * std::abs(result.value[i]);
  }
}

void sum(const Problem& problem, const Operands& on, Truth& result) {
  const std::int64_t rows = problem.in[0][0], features = problem.in[0][1];
  const bool first = problem.kind == Kind::sum_first;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < features; ++i) {
      const float value = on.in[0][r * features + i];
      result.value[at(first ? i : r)] += value;
      result.tolerance[at(first ? i : r)] += std::abs(static_cast<double>(value));
    }
  for (double& each : result.tolerance)
    each *= kFactor * kEps * std::sqrt(static_cast<double>(first ? rows : features));
}

void max_pool(const Problem& problem, const Operands& on, Truth& result) {
  const std::int64_t width = problem.in[0][3], out_width = problem.out[3], plane = problem.out[2] * out_width;
  result.winners.resize(result.value.size());
  for (std::int64_t i = 0; i < elements(problem.out); ++i) {
    const std::int64_t y = i % plane / out_width, x = i % out_width;
    const float* image = on.in[0] + i / plane * problem.in[0][2] * width;
    std::int64_t best = 2 * y * width + 2 * x;
    for (const std::int64_t step : {std::int64_t{1}, width, width + 1})
      if (const std::int64_t other = 2 * y * width + 2 * x + step; image[other] > image[best]) best = other;
    result.value[at(i)] = image[best];
    result.winners[at(i)] = best;
  }
}

}  // namespace

Truth truth(const Problem& problem, const Operands& on) {
  Truth result;
  result.value.resize(at(elements(problem.out)));
  result.tolerance.resize(result.value.size());
  const auto input = [](double x, double) { return std::abs(x); };
  switch (problem.kind) {
    case Kind::sgemm: sgemm(problem, on, result); break;
    case Kind::conv2d: conv2d(problem, on, result); break;
    case Kind::softmax: softmax(problem, on, result); break;
    case Kind::layer_norm: layer_norm(problem, on, result); break;
    case Kind::gelu:
      elementwise(
          on, result, [](double x) { return x * (1 + std::erf(x / std::sqrt(2.0))) / 2; }, input);
      break;
    case Kind::gelu_tanh:
      elementwise(
          on, result,
          [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }, input);
      break;
    case Kind::tanh:
      elementwise(
          on, result, [](double x) { return std::tanh(x); }, [](double, double y) { return std::abs(y); });
      break;
    case Kind::relu:
      elementwise(
          on, result, [](double x) { return std::max(x, 0.0); }, [](double, double) { return 0; });
      break;
    case Kind::add: add(on, result); break;
    case Kind::sum_first:
    case Kind::sum_last: sum(problem, on, result); break;
    case Kind::max_pool: max_pool(problem, on, result); break;
    case Kind::mlp:
    case Kind::cnn: break;
  }
  return result;
}

std::string disagreement(const Problem& problem, const Truth& truth, const Operands& on) {
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = 0; i < truth.value.size(); ++i) {
    // Not <=: NaN is wrong.
    if (std::abs(on.out[i] - truth.value[i]) <= truth.tolerance[i]) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong > 0)
    return std::to_string(wrong) + " of " + std::to_string(truth.value.size()) + " elements, first number " +
           std::to_string(first) + ": expected " + std::to_string(truth.value[first]) + " within " +
           std::to_string(truth.tolerance[first] * 1e6) + "e-6, got " + std::to_string(on.out[first]);
  const bool written = std::any_of(on.winners, on.winners + truth.winners.size(), [](auto each) { return each != -1; });
  for (std::size_t i = 0; written && i < truth.winners.size(); ++i)
    if (on.winners[i] != truth.winners[i])
      return problem.name + ": winner number " + std::to_string(i) + ": expected " + std::to_string(truth.winners[i]) +
             ", got " + std::to_string(on.winners[i]);
  return "";
}

}  // namespace kiln::peers
