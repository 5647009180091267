// What flows back through sum, mean and max over one axis: a reduced tensor is one that is stretched along the axis.
#include <string>

#include "elementwise.hpp"
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

/// Checks axis and shapes; returns the axis counted from the front.
int checked_axis(const char* kernel, const Shape& in, int axis, bool keepdims, const Shape& grad_out) {
  KILN_REQUIRE(std::string(kernel) + ": the axis counts from -rank", axis >= -in.rank());
  KILN_REQUIRE(std::string(kernel) + ": the axis ends before the rank", axis < in.rank());
  if (axis < 0) axis += in.rank();
  Shape expected;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) expected.push_back(in[d]);
    if (d == axis && keepdims) expected.push_back(1);
  }
  KILN_REQUIRE(std::string(kernel) + ": grad_out's shape does not fit grad_in's " + to_string(in),
               grad_out == expected);
  return axis;
}

/// A reduced tensor in the shape that it had before: with a stride of 0 along the axis.
ConstView stretched(const ConstView& reduced, const Shape& shape, int axis, bool keepdims) {
  ConstView result{reduced.data, shape, Strides::filled(shape.rank(), 0)};
  for (int d = 0, own = 0; d < shape.rank(); ++d) {
    if (d != axis) result.strides[d] = reduced.strides[own];
    if (d != axis || keepdims) ++own;
  }
  return result;
}

/// 1 where x is the maximum, and 0 elsewhere; a NaN is where the maximum is NaN, though no comparison says so.
Vector is_maximum(Vector x, Vector maximum) {
  const Vector one(1.0f), zero(0.0f);
  const Vector both_nan = xsimd::select(xsimd::isnan(maximum), xsimd::select(xsimd::isnan(x), one, zero), zero);
  return xsimd::select(x == maximum, one, both_nan);
}

/// Results that are worked on together, and where their rows begin: `grad` and `out` are theirs.
struct Results {
  const float *grad, *in, *out;
  float* grad_in;
  std::int64_t step_grad, step_in, step_out, step_to;  ///< from one result to the next
  std::int64_t along_in, along_to, n;                  ///< along the axis

  /// Counts who is the maximum, and adds a share of the gradient to each of them.
  void share(std::int64_t count) const {
    alignas(64) float ties[impl::kBlock] = {}, parts[impl::kBlock];
    for (std::int64_t i = 0; i < n; ++i)
      impl::map_row<3, 1>({in + i * along_in, out, ties}, {ties}, {step_in, step_out, 1, 1}, count,
                          [](const Vector* x, Vector* y) { y[0] = x[2] + is_maximum(x[0], x[1]); });
    impl::map_row<2, 1>({grad, ties}, {parts}, {step_grad, 1, 1}, count,
                        [](const Vector* x, Vector* y) { y[0] = x[0] / x[1]; });
    for (std::int64_t i = 0; i < n; ++i) {
      float* const to = grad_in + i * along_to;
      impl::map_row<4, 1>({in + i * along_in, out, parts, to}, {to}, {step_in, step_out, 1, step_to, step_to}, count,
                          [](const Vector* x, Vector* y) {
                            const Vector added = x[3] + x[2];
                            y[0] = xsimd::select(is_maximum(x[0], x[1]) == Vector(1.0f), added, x[3]);
                          });
    }
  }

  /// The same for one result, whose elements lie in a row.
  void share_row() const {
    float ties = 0;
    for (std::int64_t i = 0; i < n; i += impl::kBlock) {
      alignas(64) float found[impl::kBlock];
      const std::int64_t count = std::min(impl::kBlock, n - i);
      impl::map_row<2, 1>({in + i * along_in, out}, {found}, {along_in, 0, 1}, count,
                          [](const Vector* x, Vector* y) { y[0] = is_maximum(x[0], x[1]); });
      float of_block = 0;
      for (std::int64_t j = 0; j < count; ++j) of_block += found[j];
      ties += of_block;
    }
    const float part = *grad / ties;
    impl::map_row<4, 1>({in, out, &part, grad_in}, {grad_in}, {along_in, 0, 0, along_to, along_to}, n,
                        [](const Vector* x, Vector* y) {
                          const Vector added = x[3] + x[2];
                          y[0] = xsimd::select(is_maximum(x[0], x[1]) == Vector(1.0f), added, x[3]);
                        });
  }
};

}  // namespace

void impl::sum_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  axis = checked_axis("sum_backward", grad_in.shape, axis, keepdims, grad_out.shape);
  map<2, 1>({stretched(grad_out, grad_in.shape, axis, keepdims), grad_in}, {grad_in},
            [](const Vector* x, Vector* y) { y[0] = x[1] + x[0]; });
}

void impl::mean_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  axis = checked_axis("mean_backward", grad_in.shape, axis, keepdims, grad_out.shape);
  const Vector count(static_cast<float>(grad_in.shape[axis]));
  map<2, 1>({stretched(grad_out, grad_in.shape, axis, keepdims), grad_in}, {grad_in},
            [=](const Vector* x, Vector* y) { y[0] = x[1] + x[0] / count; });
}

void impl::max_backward(ConstView grad_out, ConstView in, ConstView out, int axis, bool keepdims, View grad_in) {
  KILN_REQUIRE("max_backward: grad_in has in's shape", grad_in.shape == in.shape);
  axis = checked_axis("max_backward", in.shape, axis, keepdims, grad_out.shape);
  KILN_REQUIRE("max_backward: grad_out has out's shape", grad_out.shape == out.shape);
  if (in.size() == 0) return;
  const std::array<Strides, 4> strides{stretched(grad_out, in.shape, axis, keepdims).strides, in.strides,
                                       stretched(out, in.shape, axis, keepdims).strides, grad_in.strides};
  Walk<4> walk = walk_of(in.shape, strides, axis);
  walk.merge(1);
  const std::int64_t n = in.shape[axis];
  Results results{grad_out.data,         in.data, out.data, grad_in.data, 0, 0, 0, 0, in.strides[axis],
                  grad_in.strides[axis], n};
  const auto moved = [&](std::int64_t grad_at, std::int64_t in_at, std::int64_t out_at, std::int64_t to_at) {
    Results there = results;
    there.grad += grad_at;
    there.in += in_at;
    there.out += out_at;
    there.grad_in += to_at;
    return there;
  };
  if (in.strides[axis] == 1 || walk.rank == 0)
    return walk.run_parallel(n, [&](const Offsets<4>& at) { moved(at[0], at[1], at[2], at[3]).share_row(); });

  // Blocks of results along the dimension that is innermost in `in`.
  const int last = walk.rank - 1;
  const Offsets<4> step = walk.at(last);
  const std::int64_t columns = walk.shape[last];
  results.step_grad = step[0];
  results.step_in = step[1];
  results.step_out = step[2];
  results.step_to = step[3];
  Walk<5> blocks;
  for (int d = 0; d < last; ++d)
    blocks.add(walk.shape[d], {walk.at(d)[0], walk.at(d)[1], walk.at(d)[2], walk.at(d)[3], 0});
  blocks.add((columns + kBlock - 1) / kBlock,
             {kBlock * step[0], kBlock * step[1], kBlock * step[2], kBlock * step[3], kBlock});
  blocks.run_parallel(n * std::min(columns, kBlock), [&](const Offsets<5>& at) {
    moved(at[0], at[1], at[2], at[3]).share(std::min(kBlock, columns - at[4]));
  });
}
