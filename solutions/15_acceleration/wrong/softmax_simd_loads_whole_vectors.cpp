// Wrong: the last vector of a row is loaded whole, beyond the row's end.
#include <cmath>
#include <memory>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

using Vector = xsimd::batch<float>;
constexpr std::int64_t kLanes = Vector::size;
/// Vectors that run side by side: a maximum or a sum waits for its last one, four of them take turns.
constexpr std::int64_t kAtOnce = 4;

/// The first `count` floats of `from`, and `rest` in the lanes behind them: a row's end is a vector like any other.
Vector load_some(const float* from, std::int64_t count, float rest) {
  float lanes[kLanes];
  Vector::load_unaligned(from).store_unaligned(lanes);
  for (std::int64_t lane = count; lane < kLanes; ++lane) lanes[lane] = rest;
  return Vector::load_unaligned(lanes);
}

void store_some(const Vector& vector, float* to, std::int64_t count) {
  float lanes[kLanes];
  vector.store_unaligned(lanes);
  for (std::int64_t lane = 0; lane < count; ++lane) to[lane] = lanes[lane];
}

/// The larger one in each lane. A NaN on the right is dropped here; exp meets it again.
Vector larger(const Vector& left, const Vector& right) { return xsimd::select(right > left, right, left); }

/// exp, down to the subnormals: xsimd's gives 0 below -87.3. There exp(x) is exp(x + 40) exp(-40), and adding 40 to
/// such a number is exact.
Vector exp_to_the_end(const Vector& x) {
  constexpr float kShift = 40, kExpOfMinusShift = 4.248354255291589e-18f;
  const auto low = x < Vector(-87.0f);
  const Vector usual = xsimd::exp(x);
  if (!xsimd::any(low)) return usual;
  return xsimd::select(low, xsimd::exp(x + Vector(kShift)) * Vector(kExpOfMinusShift), usual);
}

/// The row's maximum, or 0 where that is -inf, since -inf - -inf is NaN and -inf - 0 is not.
float shift_of(const float* row, std::int64_t n) {
  Vector best[kAtOnce] = {Vector(-INFINITY), Vector(-INFINITY), Vector(-INFINITY), Vector(-INFINITY)};
  std::int64_t j = 0;
  for (; j + kAtOnce * kLanes <= n; j += kAtOnce * kLanes)
    for (std::int64_t v = 0; v < kAtOnce; ++v) best[v] = larger(best[v], Vector::load_unaligned(row + j + v * kLanes));
  for (; j < n; j += kLanes)
    best[0] = larger(best[0], j + kLanes <= n ? Vector::load_unaligned(row + j) : load_some(row + j, n - j, -INFINITY));
  float lanes[kLanes], most = -INFINITY;
  larger(larger(best[0], best[1]), larger(best[2], best[3])).store_unaligned(lanes);
  for (const float lane : lanes) most = lane > most ? lane : most;
  return most == -INFINITY ? 0 : most;
}

/// out[j] = exp(in[j] - shift); returns their sum. Each element is read before it is written: `out` may be `in`.
float exp_row(const float* in, float* out, std::int64_t n, float shift) {
  Vector sums[kAtOnce] = {Vector(0.0f), Vector(0.0f), Vector(0.0f), Vector(0.0f)};
  const Vector most(shift);
  std::int64_t j = 0;
  for (; j + kAtOnce * kLanes <= n; j += kAtOnce * kLanes)
    for (std::int64_t v = 0; v < kAtOnce; ++v) {
      const Vector e = exp_to_the_end(Vector::load_unaligned(in + j + v * kLanes) - most);
      e.store_unaligned(out + j + v * kLanes);
      sums[v] += e;
    }
  for (; j < n; j += kLanes) {
    // exp(-inf) is 0: lanes behind the row's end add nothing.
    const bool whole = j + kLanes <= n;
    const Vector e =
        exp_to_the_end((whole ? Vector::load_unaligned(in + j) : load_some(in + j, n - j, -INFINITY)) - most);
    if (whole)
      e.store_unaligned(out + j);
    else
      store_some(e, out + j, n - j);
    sums[0] += e;
  }
  return xsimd::hadd((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// One row whose elements are neighbours.
void softmax_row(const float* in, float* out, std::int64_t n) {
  const float sum = exp_row(in, out, n, shift_of(in, n));
  // The largest term is exp(0) = 1. So the sum is 0 only where every element is -inf; a NaN or inf makes it NaN.
  const float factor = sum == 0 ? 0 : 1 / sum;
  const Vector factors(factor);
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) (Vector::load_unaligned(out + j) * factors).store_unaligned(out + j);
  for (; j < n; ++j) out[j] *= factor;
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

}  // namespace

// Example: in (2, 3) has two rows; (1000, 1001, 1002) -> (0.0900, 0.2447, 0.6652).
void impl::softmax_simd(ConstView in, View out) {
  KILN_REQUIRE("softmax_simd: in and out have one shape", in.shape == out.shape);
  KILN_REQUIRE("softmax_simd: in has rows, and so at least one dimension", in.rank() > 0);
  KILN_REQUIRE("softmax_simd: out is in itself, or overlaps it nowhere", (same_view(in, out) || !overlap(in, out)));
  if (out.size() == 0) return;
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step_in = in.strides[last], step_out = out.strides[last];
  const bool dense = n == 1 || (step_in == 1 && step_out == 1);
  const std::unique_ptr<float[]> copy(dense ? nullptr : new float[static_cast<std::size_t>(n)]);
  for_each_row(in.shape, in.strides, out.strides, [&](std::int64_t at_in, std::int64_t at_out) {
    if (dense) {
      softmax_row(in.data + at_in, out.data + at_out, n);
      return;
    }
    for (std::int64_t j = 0; j < n; ++j) copy[j] = in.data[at_in + j * step_in];
    softmax_row(copy.get(), copy.get(), n);
    for (std::int64_t j = 0; j < n; ++j) out.data[at_out + j * step_out] = copy[j];
  });
}
