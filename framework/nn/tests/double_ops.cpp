// Formulas in double; none shares a line with a kernel.
#include "double_ops.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace kiln::nn {
namespace {

using testing::for_each_index;

double broadcast_at(const Array64& a, const Shape& index) {
  Shape own;
  for (int d = 0; d < a.shape.rank(); ++d)
    own.push_back(a.shape[d] == 1 ? 0 : index[index.rank() - a.shape.rank() + d]);
  return a.at(own);
}

Array64 scalar64(double value) { return Array64(Shape{}, value); }

}  // namespace

Array64 map64(const Array64& in, const std::function<double(double)>& f) {
  Array64 out = in;
  for (double& value : out.values) value = f(value);
  return out;
}

Array64 zip64(const Array64& a, const Array64& b, const std::function<double(double, double)>& f) {
  const int rank = std::max(a.shape.rank(), b.shape.rank());
  Shape shape;
  for (int d = 0; d < rank; ++d) {
    const int in_a = d - (rank - a.shape.rank()), in_b = d - (rank - b.shape.rank());
    const std::int64_t of_a = in_a < 0 ? 1 : a.shape[in_a], of_b = in_b < 0 ? 1 : b.shape[in_b];
    shape.push_back(of_a == 1 ? of_b : of_a);
  }
  Array64 out(shape);
  for_each_index(shape, [&](const Shape& index) { out.at(index) = f(broadcast_at(a, index), broadcast_at(b, index)); });
  return out;
}

Array64 reduce64(const Array64& in, int axis, bool keepdims,
                 const std::function<double(const std::vector<double>&)>& f) {
  Shape kept = in.shape, dropped;
  kept[axis] = 1;
  for (int d = 0; d < in.shape.rank(); ++d)
    if (d != axis) dropped.push_back(in.shape[d]);
  Array64 out(kept);
  for_each_index(kept, [&](const Shape& index) {
    std::vector<double> run;
    Shape at = index;
    for (at[axis] = 0; at[axis] < in.shape[axis]; ++at[axis]) run.push_back(in.at(at));
    out.at(index) = f(run);
  });
  if (!keepdims) out.shape = dropped;
  return out;
}

Array64 rows64(const Array64& in, const std::function<std::vector<double>(const std::vector<double>&)>& f) {
  Array64 out(in.shape);
  const auto length = static_cast<std::ptrdiff_t>(in.shape[in.shape.rank() - 1]);
  auto to = out.values.begin();
  for (auto from = in.values.begin(); from != in.values.end(); from += length)
    to = std::ranges::copy(f({from, from + length}), to).out;
  return out;
}

Array64 matmul64(const Array64& a, const Array64& b) {
  Array64 c({a.shape[0], b.shape[1]});
  for (std::int64_t i = 0; i < a.shape[0]; ++i)
    for (std::int64_t j = 0; j < b.shape[1]; ++j)
      for (std::int64_t k = 0; k < a.shape[1]; ++k) c(i, j) += a(i, k) * b(k, j);
  return c;
}

Array64 batched_matmul64(const Array64& a, const Array64& b) {
  const std::int64_t batch = a.shape[0] == 1 ? b.shape[0] : a.shape[0];
  Array64 c({batch, a.shape[1], b.shape[2]});
  for_each_index(c.shape, [&](const Shape& at) {
    for (std::int64_t k = 0; k < a.shape[2]; ++k)
      c.at(at) += a(a.shape[0] == 1 ? 0 : at[0], at[1], k) * b(b.shape[0] == 1 ? 0 : at[0], k, at[2]);
  });
  return c;
}

Array64 transpose64(const Array64& in, int first, int second) {
  Shape shape = in.shape;
  std::swap(shape[first], shape[second]);
  Array64 out(shape);
  for_each_index(shape, [&](const Shape& index) {
    Shape from = index;
    std::swap(from[first], from[second]);
    out.at(index) = in.at(from);
  });
  return out;
}

Array64 reshape64(const Array64& in, const Shape& shape) {
  Array64 out = in;
  out.shape = shape;
  return out;
}

double sum64(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

std::vector<double> softmax64(const std::vector<double>& row) {
  std::vector<double> out = log_softmax64(row);
  for (double& value : out) value = std::exp(value);
  return out;
}

std::vector<double> log_softmax64(const std::vector<double>& row) {
  double sum = 0;
  for (const double value : row) sum += std::exp(value);
  std::vector<double> out = row;
  for (double& value : out) value -= std::log(sum);
  return out;
}

double gelu64(double x) { return x * 0.5 * (1 + std::erf(x / std::numbers::sqrt2)); }
double gelu_tanh64(double x) {
  return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}
double sigmoid64(double x) { return 1 / (1 + std::exp(-x)); }

Array64 mean_squared_error64(const Array64& prediction, const Array64& target) {
  double sum = 0;
  for (std::size_t i = 0; i < prediction.values.size(); ++i)
    sum += (prediction.values[i] - target.values[i]) * (prediction.values[i] - target.values[i]);
  return scalar64(sum / static_cast<double>(prediction.values.size()));
}

Array64 binary_cross_entropy64(const Array64& logits, const Array64& target) {
  double sum = 0;
  for (std::size_t i = 0; i < logits.values.size(); ++i) {
    const double p = sigmoid64(logits.values[i]), t = target.values[i];
    sum -= t * std::log(p) + (1 - t) * std::log(1 - p);
  }
  return scalar64(sum / static_cast<double>(logits.values.size()));
}

Array64 cross_entropy64(const Array64& logits, const std::vector<std::int32_t>& labels, std::int32_t ignore_index) {
  const Array64 log_probability = rows64(logits, log_softmax64);
  double sum = 0, rows = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    sum -= log_probability(static_cast<std::int64_t>(i), labels[i]);
    ++rows;
  }
  return scalar64(sum / rows);
}

}  // namespace kiln::nn
