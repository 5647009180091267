// The oracles of module 01: each formula once, element by element, in double.
// Speed is of no interest here; an index per element keeps them independent of the kernels' walks.
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kiln::oracle {
namespace {

using testing::Array64;
using testing::exact;
using testing::for_each_index;
using testing::to_array64;

/// The extent of dimension `back`, counted from 1 at the end; 1 where the shape has no such dimension.
std::int64_t extent_from_end(const Shape& shape, int back) {
  return back <= shape.rank() ? shape[shape.rank() - back] : 1;
}

/// The element of `operand` that broadcasting puts at `index` of a shape with as many dimensions or more.
double broadcast_at(const Array64& operand, const Shape& index) {
  Shape own = Shape::filled(operand.shape.rank(), 0);
  for (int back = 1; back <= own.rank(); ++back)
    if (extent_from_end(operand.shape, back) != 1) own[own.rank() - back] = index[index.rank() - back];
  return operand.at(own);
}

template <class Operation>
Expected elementwise(ConstView a, ConstView b, Operation op) {
  const Array64 left = to_array64(a), right = to_array64(b);
  Array64 out(broadcast(a.shape, b.shape).value());
  // Two floats' sum, product or quotient in double rounds to float as if it had been rounded only once (Figueroa, "When
  // is double rounding innocuous?", 1995: 53 >= 2 * 24 + 2).
  for_each_index(out.shape, [&](const Shape& index) {
    out.at(index) = static_cast<float>(op(broadcast_at(left, index), broadcast_at(right, index)));
  });
  return exact(out);
}

int from_front(int axis, int rank) { return axis < 0 ? axis + rank : axis; }

Shape reduced_shape(const Shape& in, int axis, bool keepdims) {
  Shape out;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) out.push_back(in[d]);
    if (d == axis && keepdims) out.push_back(1);
  }
  return out;
}

/// The index of `out` that an index of `in` is reduced into.
Shape reduced_index(const Shape& index, int axis, bool keepdims) {
  Shape out;
  for (int d = 0; d < index.rank(); ++d) {
    if (d != axis) out.push_back(index[d]);
    if (d == axis && keepdims) out.push_back(0);
  }
  return out;
}

/// value += a b and magnitude += |a| |b|; all dense: a (m, inner), b (inner, n), value and magnitude (m, n).
void add_products(const double* a, const double* b, std::int64_t m, std::int64_t inner, std::int64_t n, double* value,
                  double* magnitude) {
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t k = 0; k < inner; ++k) {
        const double product = a[i * inner + k] * b[k * n + j];
        value[i * n + j] += product;
        magnitude[i * n + j] += std::abs(product);
      }
}

}  // namespace

Expected fill(const Shape& shape, float value) { return exact(Array64(shape, value)); }

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape out = Shape::filled(std::max(a.rank(), b.rank()), 0);
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t left = extent_from_end(a, back), right = extent_from_end(b, back);
    if (left == right || right == 1)
      out[out.rank() - back] = left;
    else if (left == 1)
      out[out.rank() - back] = right;
    else
      return std::nullopt;
  }
  return out;
}

Expected copy(ConstView in) { return exact(to_array64(in)); }

Expected add(ConstView a, ConstView b) {
  return elementwise(a, b, [](double x, double y) { return x + y; });
}
Expected sub(ConstView a, ConstView b) {
  return elementwise(a, b, [](double x, double y) { return x - y; });
}
Expected mul(ConstView a, ConstView b) {
  return elementwise(a, b, [](double x, double y) { return x * y; });
}
Expected div(ConstView a, ConstView b) {
  return elementwise(a, b, [](double x, double y) { return x / y; });
}

Expected sum(ConstView in, int axis, bool keepdims) {
  axis = from_front(axis, in.rank());
  const Array64 values = to_array64(in);
  const Shape shape = reduced_shape(in.shape, axis, keepdims);
  Expected out{Array64(shape), Array64(shape), std::max(1.0, static_cast<double>(in.shape[axis]))};
  for_each_index(in.shape, [&](const Shape& index) {
    const Shape to = reduced_index(index, axis, keepdims);
    out.value.at(to) += values.at(index);
    out.magnitude.at(to) += std::abs(values.at(index));
  });
  return out;
}

Expected mean(ConstView in, int axis, bool keepdims) {
  Expected out = sum(in, axis, keepdims);
  const auto count = static_cast<double>(in.shape[from_front(axis, in.rank())]);
  for (double& value : out.value.values) value /= count;
  for (double& magnitude : out.magnitude.values) magnitude /= count;
  out.terms += 1;
  return out;
}

Expected max(ConstView in, int axis, bool keepdims) {
  axis = from_front(axis, in.rank());
  const Array64 values = to_array64(in);
  Array64 out(reduced_shape(in.shape, axis, keepdims), -std::numeric_limits<double>::infinity());
  for_each_index(in.shape, [&](const Shape& index) {
    double& best = out.at(reduced_index(index, axis, keepdims));
    const double value = values.at(index);
    if (std::isnan(value) || value > best) best = value;
  });
  return exact(out);
}

Expected matmul(ConstView a, ConstView b) {
  const Array64 left = to_array64(a), right = to_array64(b);
  const std::int64_t m = a.shape[0], inner = a.shape[1], n = b.shape[1];
  Expected out{Array64({m, n}), Array64({m, n}), std::max(1.0, static_cast<double>(inner))};
  add_products(left.values.data(), right.values.data(), m, inner, n, out.value.values.data(),
               out.magnitude.values.data());
  return out;
}

Expected batched_matmul(ConstView a, ConstView b, std::int64_t batch) {
  const Array64 left = to_array64(a), right = to_array64(b);
  const std::int64_t m = a.shape[1], inner = a.shape[2], n = b.shape[2];
  Expected out{Array64({batch, m, n}), Array64({batch, m, n}), std::max(1.0, static_cast<double>(inner))};
  for (std::int64_t i = 0; i < batch; ++i)
    add_products(left.values.data() + (a.shape[0] == 1 ? 0 : i) * m * inner,
                 right.values.data() + (b.shape[0] == 1 ? 0 : i) * inner * n, m, inner, n,
                 out.value.values.data() + i * m * n, out.magnitude.values.data() + i * m * n);
  return out;
}

}  // namespace kiln::oracle
