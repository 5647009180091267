// sum, mean and max over one axis: along dense rows, across them, and in blocks where nothing lies side by side.
#include <cmath>

#include "kiln/kernels/tensor.hpp"
#include "rows.hpp"

using namespace kiln;

namespace {

using namespace impl::simd;

struct Add {
  static constexpr float kStart = 0;
  static Vector of(Vector left, Vector right) { return left + right; }
  static float of(float left, float right) { return left + right; }
};
/// The larger one; a NaN on either side wins. The processor's maximum answers with the right side where one is NaN.
struct Larger {
  static constexpr float kStart = -kInfinity;
  static Vector of(Vector left, Vector right) {
    return xsimd::select(xsimd::isnan(right), right, xsimd::max(right, left));
  }
  static float of(float left, float right) { return std::isnan(right) || right > left ? right : left; }
};

/// Reduces n neighbours. Four results side by side: none waits for another.
template <class Combine>
float reduce_dense(const float* in, std::int64_t n) {
  if (n < kLanes) {
    float result = Combine::kStart;
    for (std::int64_t i = 0; i < n; ++i) result = Combine::of(result, in[i]);
    return result;
  }
  Vector results[4];
  for (Vector& result : results) result = Vector(Combine::kStart);
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes)
    for (int k = 0; k < 4; ++k) results[k] = Combine::of(results[k], load(in + i + k * kLanes));
  for (; i + kLanes <= n; i += kLanes) results[0] = Combine::of(results[0], load(in + i));
  if (i < n) results[1] = Combine::of(results[1], load_part(in + i, n - i, Combine::kStart));
  return impl::fold(Combine::of(Combine::of(results[0], results[1]), Combine::of(results[2], results[3])),
                    [](Vector left, Vector right) { return Combine::of(left, right); });
}

/// Reduces n elements, `step` apart. Long rows are cut, by their length alone, for all threads.
template <class Combine>
float reduce_row(const float* in, std::int64_t step, std::int64_t n) {
  const auto reduce_some = [&](std::int64_t first, std::int64_t last) {
    float result = Combine::kStart;
    impl::for_each_block(in + first * step, step, last - first,
                         [&](const float* block, std::int64_t, std::int64_t count) {
                           result = Combine::of(result, reduce_dense<Combine>(block, count));
                         });
    return result;
  };
  if (n <= 2 * impl::kPiece) return reduce_some(0, n);
  constexpr std::int64_t kMostPieces = 64;
  const std::int64_t piece = std::max(impl::kPiece, (n + kMostPieces - 1) / kMostPieces);
  float results[kMostPieces];
  parallel_for(0, n, piece,
               [&](std::int64_t first, std::int64_t last) { results[first / piece] = reduce_some(first, last); });
  return reduce_dense<Combine>(results, (n + piece - 1) / piece);
}

/// Columns that are reduced at once: their results stay in the first-level cache.
constexpr std::int64_t kColumns = 1024;

/// results[j] = the reduction of in[i * step + j] over i < n, for count <= kColumns neighbours j. Eight rows are
/// combined before a result is touched, and in pairs, so that a sum errs less.
template <class Combine>
void reduce_columns(const float* in, std::int64_t step, std::int64_t n, float* results, std::int64_t count) {
  std::fill_n(results, count, Combine::kStart);
  std::int64_t i = 0;
  const auto take = [&](auto rows) {
    const float* const from = in + i * step;
    const auto take_some = [&](std::int64_t j, std::int64_t lanes) {
      Vector pairs[rows];
      for (int row = 0; row < rows; ++row) pairs[row] = impl::load_some(from + row * step, j, lanes);
      for (int half = rows / 2; half > 0; half /= 2)
        for (int row = 0; row < half; ++row) pairs[row] = Combine::of(pairs[row], pairs[row + half]);
      impl::store_some(results, j, Combine::of(impl::load_some(results, j, lanes), pairs[0]), lanes);
    };
    std::int64_t j = 0;
    for (; j + kLanes <= count; j += kLanes) take_some(j, kLanes);
    if (j < count) take_some(j, count - j);
    i += rows;
  };
  while (i + 8 <= n) take(std::integral_constant<int, 8>());
  while (i < n) take(std::integral_constant<int, 1>());
}

/// Checks axis and shapes; returns the axis counted from the front.
int checked_axis(const char* kernel, const ConstView& in, int axis, bool keepdims, const View& out) {
  KILN_REQUIRE(std::string(kernel) + ": the axis counts from -rank", axis >= -in.rank());
  KILN_REQUIRE(std::string(kernel) + ": the axis ends before the rank", axis < in.rank());
  if (axis < 0) axis += in.rank();
  Shape expected;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) expected.push_back(in.shape[d]);
    if (d == axis && keepdims) expected.push_back(1);
  }
  KILN_REQUIRE(std::string(kernel) + ": the output's shape does not fit the input's " + to_string(in.shape),
               out.shape == expected);
  return axis;
}

/// The results' dimensions, with steps in `in` and in `out`.
impl::Walk<2> results_of(const ConstView& in, int axis, bool keepdims, const View& out) {
  impl::Walk<2> walk;
  for (int d = 0, of_out = 0; d < in.rank(); ++d) {
    if (d != axis) walk.add(in.shape[d], {in.strides[d], out.strides[of_out]});
    if (d != axis || keepdims) ++of_out;
  }
  walk.merge(0);
  return walk;
}

/// Each result is finish(what `Combine` makes of the elements along the axis).
template <class Combine, class Finish>
void reduce(const ConstView& in, int axis, bool keepdims, const View& out, Finish finish) {
  if (out.size() == 0) return;
  impl::Walk<2> results = results_of(in, axis, keepdims, out);
  const std::int64_t n = in.shape[axis], step = in.strides[axis];
  const int last = results.rank - 1;
  if (step == 1 || last < 0 || results.at(last)[0] != 1)
    return results.run_parallel(std::max<std::int64_t>(n, 1), [&](const impl::Offsets<2>& at) {
      out.data[at[1]] = finish(reduce_row<Combine>(in.data + at[0], step, n));
    });

  // The results' innermost dimension is dense in `in`: whole rows of it are combined.
  const std::int64_t columns = results.shape[last], step_out = results.at(last)[1];
  impl::Walk<3> blocks;
  for (int d = 0; d < last; ++d) blocks.add(results.shape[d], {results.at(d)[0], results.at(d)[1], 0});
  blocks.add((columns + kColumns - 1) / kColumns, {kColumns, kColumns * step_out, kColumns});
  blocks.run_parallel(n * std::min(columns, kColumns), [&](const impl::Offsets<3>& at) {
    alignas(64) float buffer[kColumns];
    const std::int64_t count = std::min(kColumns, columns - at[2]);
    reduce_columns<Combine>(in.data + at[0], step, n, buffer, count);
    for (std::int64_t j = 0; j < count; ++j) out.data[at[1] + j * step_out] = finish(buffer[j]);
  });
}

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) {
  axis = checked_axis("sum", in, axis, keepdims, out);
  reduce<Add>(in, axis, keepdims, out, [](float sum) { return sum; });
}

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  axis = checked_axis("mean", in, axis, keepdims, out);
  // None gives 0 / 0, which is NaN.
  const float count = static_cast<float>(in.shape[axis]);
  reduce<Add>(in, axis, keepdims, out, [count](float sum) { return sum / count; });
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  axis = checked_axis("max", in, axis, keepdims, out);
  KILN_REQUIRE("max: nothing has no largest element; the axis is empty", in.shape[axis] > 0);
  reduce<Larger>(in, axis, keepdims, out, [](float largest) { return largest; });
}
