// Wrong: the mean of the squares less the square of the mean loses all digits where the mean is large.
#include <cmath>
#include <memory>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

using Vector = xsimd::batch<float>;
constexpr std::int64_t kLanes = Vector::size;
/// Vectors that run side by side: a sum waits for its last addition, four of them take turns.
constexpr std::int64_t kAtOnce = 4;

/// The sum of body(vector of the row) over a row of neighbours, as a sum in each lane; what body gives for the row's
/// end, which is no whole vector, is left to the caller, from index `end` on.
template <class Body>
float sum_over(const float* row, std::int64_t n, std::int64_t& end, Body body) {
  Vector sums[kAtOnce] = {Vector(0.0f), Vector(0.0f), Vector(0.0f), Vector(0.0f)};
  std::int64_t j = 0;
  for (; j + kAtOnce * kLanes <= n; j += kAtOnce * kLanes)
    for (std::int64_t v = 0; v < kAtOnce; ++v) sums[v] += body(Vector::load_unaligned(row + j + v * kLanes));
  for (; j + kLanes <= n; j += kLanes) sums[0] += body(Vector::load_unaligned(row + j));
  end = j;
  return xsimd::hadd((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

struct Statistics {
  float mean, rest, scale;  ///< normalised = ((in - mean) - rest) * scale
};

/// Mean and variance in two walks. The first mean is rounded, and the more so the larger it is; the mean of the
/// distances from it says by how much, and is small, so that it keeps its digits (Chan, Golub and LeVeque, "Algorithms
/// for computing the sample variance", 1983).
Statistics statistics_of(const float* row, std::int64_t n, float epsilon) {
  const auto count = static_cast<float>(n);
  std::int64_t j = 0;
  float sum = sum_over(row, n, j, [](const Vector& x) { return x; });
  for (; j < n; ++j) sum += row[j];
  const float mean = sum / count;

  const Vector middle(mean);
  float distance = sum_over(row, n, j, [&](const Vector& x) { return x - middle; });
  for (; j < n; ++j) distance += row[j] - mean;
  const float rest = distance / count;

  float squares = sum_over(row, n, j, [](const Vector& x) { return x * x; });
  for (; j < n; ++j) {
    squares += row[j] * row[j];
  }
  return {mean, rest, 1 / std::sqrt(squares / count - mean * mean + epsilon)};
}

/// One row whose elements are neighbours, as are those of weight and bias. Each element is read before it is written.
void normalise(const float* in, const float* weight, const float* bias, float epsilon, float* out, std::int64_t n) {
  const Statistics s = statistics_of(in, n, epsilon);
  const Vector mean(s.mean), rest(s.rest), scale(s.scale);
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    const Vector normal = ((Vector::load_unaligned(in + j) - mean) - rest) * scale;
    xsimd::fma(normal, Vector::load_unaligned(weight + j), Vector::load_unaligned(bias + j)).store_unaligned(out + j);
  }
  for (; j < n; ++j) out[j] = ((in[j] - s.mean) - s.rest) * s.scale * weight[j] + bias[j];
}

/// Calls body(offset in a, offset in b) for every row along the last dimension; the rank is at least 1, and no extent
/// is 0.
template <class Body>
void for_each_row(const Shape& shape, const Strides& a, const Strides& b, Body body) {
  const int last = shape.rank() - 1;
  const std::int64_t rows = shape.elements() / shape[last];
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_a = 0, at_b = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    body(at_a, at_b);
    for (int d = last - 1; d >= 0; --d) {
      at_a += a[d];
      at_b += b[d];
      if (++index[d] < shape[d]) break;
      at_a -= index[d] * a[d];
      at_b -= index[d] * b[d];
      index[d] = 0;
    }
  }
}

/// The numbers of a vector view as neighbours: themselves, or a copy in `room`.
const float* as_neighbours(const ConstView& numbers, float* room) {
  if (numbers.strides[0] == 1) return numbers.data;
  for (std::int64_t j = 0; j < numbers.shape[0]; ++j) room[j] = numbers(j);
  return room;
}

}  // namespace

// Example: in (1, 4) of (1, 3, 1, 3), weight all 1, bias all 0, a tiny epsilon -> (-1, 1, -1, 1): mean 2, variance 1.
void impl::layer_norm_simd(ConstView in, ConstView weight, ConstView bias, float epsilon, View out) {
  KILN_REQUIRE("layer_norm_simd: in has rows, and so at least one dimension", in.rank() > 0);
  KILN_REQUIRE("layer_norm_simd: in and out have one shape", in.shape == out.shape);
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step_in = in.strides[last], step_out = out.strides[last];
  KILN_REQUIRE("layer_norm_simd: a row has at least one feature", n >= 1);
  KILN_REQUIRE("layer_norm_simd: weight is (features)", weight.shape == Shape{n});
  KILN_REQUIRE("layer_norm_simd: bias is (features)", bias.shape == Shape{n});
  KILN_REQUIRE("layer_norm_simd: epsilon is positive", epsilon > 0);
  KILN_REQUIRE("layer_norm_simd: out is in itself, or overlaps it nowhere", (same_view(in, out) || !overlap(in, out)));
  KILN_REQUIRE("layer_norm_simd: out overlaps weight or bias: write to other memory",
               (overlap(out, weight) || overlap(out, bias)) == false);
  if (out.size() == 0) return;
  const bool dense = n == 1 || (step_in == 1 && step_out == 1);
  const bool all_dense = dense && weight.strides[0] == 1 && bias.strides[0] == 1;
  const std::unique_ptr<float[]> room(all_dense ? nullptr : new float[static_cast<std::size_t>(3 * n)]);
  const float* weights = as_neighbours(weight, room.get());
  const float* biases = as_neighbours(bias, room.get() + n);
  for_each_row(in.shape, in.strides, out.strides, [&](std::int64_t at_in, std::int64_t at_out) {
    if (dense) {
      normalise(in.data + at_in, weights, biases, epsilon, out.data + at_out, n);
      return;
    }
    float* const copy = room.get() + 2 * n;
    for (std::int64_t j = 0; j < n; ++j) copy[j] = in.data[at_in + j * step_in];
    normalise(copy, weights, biases, epsilon, copy, n);
    for (std::int64_t j = 0; j < n; ++j) out.data[at_out + j * step_out] = copy[j];
  });
}
